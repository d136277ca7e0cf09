#include "journal/proof.h"

/* The largest power of two below n >= 2: where RFC 6962 splits. */
static uint64_t split_of(uint64_t n)
{
	ASSERT(n >= 2);
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

/* The root of 2^bits entries from `first`, a multiple of that: a piece of one tile, of the highest level that
 * has it. */
static int piece_root(const struct proof_source *source, uint64_t first, unsigned bits, struct merkle_hash *ret_root,
		      struct error *error)
{
	struct merkle_hash hashes[MERKLE_TILE_HASHES / 2];
	unsigned level = bits / MERKLE_TILE_BITS, n = 1U << bits % MERKLE_TILE_BITS;
	int failed = source->hashes(source->context, level, first >> (MERKLE_TILE_BITS * level), n, hashes, error);
	if (failed < 0)
		return failed;
	*ret_root = merkle_root(hashes, n);
	return 0;
}

/* The root of n entries from `first`: their pieces, one for each bit of n, joined from the smallest, the
 * last. */
static int range_root(const struct proof_source *source, uint64_t first, uint64_t n, struct merkle_hash *ret_root,
		      struct error *error)
{
	ASSERT(n > 0);
	struct merkle_hash root, piece;
	uint64_t end = first + n;
	bool is_last = true;
	for (uint64_t left = n; left > 0; left &= left - 1) {
		unsigned bits = (unsigned)__builtin_ctzll(left);
		end -= UINT64_C(1) << bits;
		int failed = piece_root(source, end, bits, &piece, error);
		if (failed < 0)
			return failed;
		root = is_last ? piece : merkle_node(&piece, &root);
		is_last = false;
	}
	*ret_root = root;
	return 0;
}

int proof_root(const struct proof_source *source, uint64_t size, struct merkle_hash *ret_root, struct error *error)
{
	return range_root(source, 0, size, ret_root, error);
}

/* Proofs run from the leaves up, and are found from the root down. */
static void turn_over(struct proof *proof)
{
	for (size_t i = 0; i < proof->n / 2; i++) {
		struct merkle_hash other = proof->at[i];
		proof->at[i] = proof->at[proof->n - 1 - i];
		proof->at[proof->n - 1 - i] = other;
	}
}

static int add_range(struct proof *proof, const struct proof_source *source, uint64_t first, uint64_t n,
		     struct error *error)
{
	ASSERT(proof->n < PROOF_HASHES_MAX);
	return range_root(source, first, n, &proof->at[proof->n++], error);
}

/* RFC 6962, section 2.1.1: PATH(m, D[n]). */
int proof_of_inclusion(const struct proof_source *source, uint64_t index, uint64_t size, struct proof *ret_proof,
		       struct error *error)
{
	ASSERT(index < size);
	struct proof proof = {0};
	uint64_t first = 0, n = size;
	while (n > 1) {
		uint64_t k = split_of(n);
		bool is_left = index - first < k;
		int failed = is_left ? add_range(&proof, source, first + k, n - k, error)
				     : add_range(&proof, source, first, k, error);
		if (failed < 0)
			return failed;
		first += is_left ? 0 : k;
		n = is_left ? k : n - k;
	}
	turn_over(&proof);
	*ret_proof = proof;
	return 0;
}

/* RFC 6962, section 2.1.2: PROOF(m, D[n]). What is left when both sizes end in the same subtree is known to
 * who holds the old root, when that subtree is the whole old tree. */
int proof_of_consistency(const struct proof_source *source, uint64_t size1, uint64_t size2, struct proof *ret_proof,
			 struct error *error)
{
	ASSERT(size1 >= 1 && size1 <= size2);
	struct proof proof = {0};
	uint64_t first = 0, m = size1, n = size2;
	int failed = 0;
	while (m < n && failed == 0) {
		uint64_t k = split_of(n);
		bool is_left = m <= k;
		failed = is_left ? add_range(&proof, source, first + k, n - k, error)
				 : add_range(&proof, source, first, k, error);
		first += is_left ? 0 : k;
		m -= is_left ? 0 : k;
		n = is_left ? k : n - k;
	}
	if (failed == 0 && first > 0)
		failed = add_range(&proof, source, first, n, error);
	if (failed < 0)
		return failed;
	turn_over(&proof);
	*ret_proof = proof;
	return 0;
}

/* RFC 9162, section 2.1.3.2; fn and sn are its names for the node's and the last node's number on the level
 * reached. */
bool proof_has_inclusion(const struct proof *proof, uint64_t index, uint64_t size, const struct merkle_hash *leaf,
			 const struct merkle_hash *root)
{
	if (index >= size || proof->n > PROOF_HASHES_MAX)
		return false;
	uint64_t fn = index, sn = size - 1;
	struct merkle_hash r = *leaf;
	for (size_t i = 0; i < proof->n; i++) {
		const struct merkle_hash *p = &proof->at[i];
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			r = merkle_node(p, &r);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			r = merkle_node(&r, p);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && merkle_eq(&r, root);
}

/* RFC 9162, section 2.1.4.2, for 0 < size1 < size2. */
static bool grew(const struct proof *proof, uint64_t size1, uint64_t size2, const struct merkle_hash *root1,
		 const struct merkle_hash *root2)
{
	/* An old tree that is one whole subtree is itself the first hash, and is not sent. */
	bool is_whole = (size1 & (size1 - 1)) == 0;
	if (proof->n == 0)
		return false;
	uint64_t fn = size1 - 1, sn = size2 - 1;
	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	struct merkle_hash fr = is_whole ? *root1 : proof->at[0], sr = fr;
	for (size_t i = is_whole ? 0 : 1; i < proof->n; i++) {
		const struct merkle_hash *c = &proof->at[i];
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			fr = merkle_node(c, &fr);
			sr = merkle_node(c, &sr);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else {
			sr = merkle_node(&sr, c);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && merkle_eq(&fr, root1) && merkle_eq(&sr, root2);
}

bool proof_has_consistency(const struct proof *proof, uint64_t size1, uint64_t size2, const struct merkle_hash *root1,
			   const struct merkle_hash *root2)
{
	if (size1 == 0 || size1 > size2 || proof->n > PROOF_HASHES_MAX)
		return false;
	if (size1 == size2)
		return proof->n == 0 && merkle_eq(root1, root2);
	return grew(proof, size1, size2, root1, root2);
}
