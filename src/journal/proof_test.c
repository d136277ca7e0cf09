#include "base/test.h"
#include "journal/merkle_naive.h"

enum {
	SIZE_MAX_TRIED = 270, /* every index and every pair of sizes up to here */
	SIZE_COMPARED = 100,  /* and hash for hash with the naive proof up to here */
};

static struct merkle_hash leaves[SIZE_MAX_TRIED], roots[SIZE_MAX_TRIED + 1], above[1];

static void make_tree(void)
{
	char memory[24];
	for (uint64_t i = 0; i < SIZE_MAX_TRIED; i++)
		leaves[i] = merkle_naive_leaf(merkle_naive_entry(&memory, i));
	for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++)
		roots[size] = merkle_naive_root(leaves, size);
	above[0] = roots[MERKLE_TILE_HASHES];
}

static int get_hashes(void *context, unsigned level, uint64_t first, unsigned n, struct merkle_hash *ret_hashes,
		      struct error *error)
{
	(void)context, (void)error;
	ASSERT(level <= 1 && first / MERKLE_TILE_HASHES == (first + n - 1) / MERKLE_TILE_HASHES);
	ASSERT(first + n <= (level == 0 ? ARRAY_LEN(leaves) : ARRAY_LEN(above)));
	memcpy(ret_hashes, (level == 0 ? leaves : above) + first, n * sizeof *ret_hashes);
	return 0;
}

static const struct proof_source source = {get_hashes, NULL};

static bool same_proof(const struct proof *a, const struct proof *b)
{
	return a->n == b->n && memcmp(a->at, b->at, a->n * sizeof a->at[0]) == 0;
}

/* The proof, changed in one way: a bit of hash i, the last hash gone, or one hash too many. False when there
 * is no such way left. */
static bool break_proof(struct proof *proof, size_t way)
{
	if (way < proof->n)
		proof->at[way].at[way % MERKLE_HASH_BYTES] ^= 1;
	else if (way == proof->n)
		proof->at[proof->n++] = leaves[0];
	else if (way == proof->n + 1 && proof->n > 0)
		proof->n--;
	else
		return false;
	return true;
}

TEST(roots_from_tiles_are_the_naive_roots)
{
	make_tree();
	for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++) {
		struct merkle_hash root;
		CHECK_INT(proof_root(&source, size, &root, NULL), 0);
		CHECK(merkle_eq(&root, &roots[size]));
	}
}

static void try_inclusion(uint64_t index, uint64_t size)
{
	struct proof proof, naive = {0};
	struct merkle_hash other = leaves[index];
	CHECK_INT(proof_of_inclusion(&source, index, size, &proof, NULL), 0);
	CHECK(proof_has_inclusion(&proof, index, size, &leaves[index], &roots[size]));
	if (size <= SIZE_COMPARED) {
		merkle_naive_path(&naive, index, leaves, size);
		CHECK(same_proof(&proof, &naive));
	}
	other.at[7] ^= 0x80;
	CHECK(!proof_has_inclusion(&proof, index, size, &other, &roots[size]));
	CHECK(!proof_has_inclusion(&proof, index, size, &leaves[index], &other));
	CHECK(!proof_has_inclusion(&proof, size, size, &leaves[index], &roots[size]));
	if (size > 1)
		CHECK(!proof_has_inclusion(&proof, index > 0 ? index - 1 : 1, size, &leaves[index], &roots[size]));
	for (size_t way = 0;; way++) {
		struct proof broken = proof;
		if (!break_proof(&broken, way))
			break;
		CHECK(!proof_has_inclusion(&broken, index, size, &leaves[index], &roots[size]));
	}
}

TEST(every_entry_of_every_tree_has_a_proof_and_no_changed_one)
{
	make_tree();
	for (uint64_t size = 1; size <= SIZE_MAX_TRIED; size++)
		for (uint64_t index = 0; index < size; index++)
			try_inclusion(index, size);
}

static void try_consistency(uint64_t size1, uint64_t size2)
{
	struct proof proof, naive = {0};
	struct merkle_hash other = roots[size1];
	CHECK_INT(proof_of_consistency(&source, size1, size2, &proof, NULL), 0);
	CHECK(proof_has_consistency(&proof, size1, size2, &roots[size1], &roots[size2]));
	if (size2 <= SIZE_COMPARED) {
		merkle_naive_subproof(&naive, size1, leaves, size2, true);
		CHECK(same_proof(&proof, &naive));
	}
	other.at[31] ^= 1;
	CHECK(!proof_has_consistency(&proof, size1, size2, &other, &roots[size2]));
	CHECK(!proof_has_consistency(&proof, size1, size2, &roots[size1], &other));
	CHECK(!proof_has_consistency(&proof, 0, size2, &roots[size1], &roots[size2]));
	CHECK(size1 == size2 || !proof_has_consistency(&proof, size2, size1, &roots[size2], &roots[size1]));
	for (size_t way = 0;; way++) {
		struct proof broken = proof;
		if (!break_proof(&broken, way))
			break;
		CHECK(!proof_has_consistency(&broken, size1, size2, &roots[size1], &roots[size2]));
	}
}

TEST(every_tree_begins_every_later_one_and_no_other)
{
	make_tree();
	for (uint64_t size2 = 1; size2 <= SIZE_MAX_TRIED; size2++)
		for (uint64_t size1 = 1; size1 <= size2; size1++)
			try_consistency(size1, size2);
}

/* A proof has one length for its numbers: it must not pass for a tree four times as large or as small, whose
 * root it does lead to. */
TEST(a_proof_for_another_size_is_refused)
{
	struct proof proof;
	make_tree();
	for (uint64_t small = 1; 4 * small <= SIZE_MAX_TRIED; small++) {
		const struct merkle_hash *root = &roots[small], *root4 = &roots[4 * small];
		for (uint64_t i = 0; i < small; i++) {
			CHECK_INT(proof_of_inclusion(&source, i, small, &proof, NULL), 0);
			CHECK(!proof_has_inclusion(&proof, i, 4 * small, &leaves[i], root));
			CHECK_INT(proof_of_inclusion(&source, i, 4 * small, &proof, NULL), 0);
			CHECK(!proof_has_inclusion(&proof, i, small, &leaves[i], root4));
			CHECK_INT(proof_of_consistency(&source, i + 1, small, &proof, NULL), 0);
			CHECK(!proof_has_consistency(&proof, i + 1, 4 * small, &roots[i + 1], root));
			CHECK_INT(proof_of_consistency(&source, i + 1, 4 * small, &proof, NULL), 0);
			CHECK(!proof_has_consistency(&proof, i + 1, small, &roots[i + 1], root4));
		}
	}
}

/* The last entry of 2^k is reached from the left only, as the only entry of 1 would be if its proof could go
 * on. */
TEST(a_proof_that_goes_on_above_the_root_is_refused)
{
	struct proof proof;
	make_tree();
	for (uint64_t size = 2; size <= SIZE_MAX_TRIED; size *= 2) {
		CHECK_INT(proof_of_inclusion(&source, size - 1, size, &proof, NULL), 0);
		CHECK(!proof_has_inclusion(&proof, 0, 1, &leaves[size - 1], &roots[size]));
		CHECK(!proof_has_inclusion(&proof, size / 2 - 1, size / 2, &leaves[size - 1], &roots[size]));
	}
}

TEST(nothing_is_proven_of_the_empty_tree)
{
	struct proof none = {0};
	struct merkle_hash empty = merkle_empty();
	CHECK(!proof_has_consistency(&none, 0, 0, &empty, &empty));
	CHECK(!proof_has_consistency(&none, 0, 1, &empty, &roots[1]));
	CHECK(!proof_has_inclusion(&none, 0, 0, &empty, &empty));
}

TEST(a_proof_with_a_count_beyond_its_bounds_is_refused)
{
	static struct proof proof = {.n = PROOF_HASHES_MAX + 1};
	make_tree();
	CHECK(!proof_has_inclusion(&proof, 0, UINT64_MAX, &leaves[0], &roots[1]));
	CHECK(!proof_has_consistency(&proof, 1, UINT64_MAX, &roots[1], &roots[2]));
}

TEST(numbers_up_to_the_largest_end)
{
	static struct proof proof = {.n = PROOF_HASHES_MAX};
	make_tree();
	CHECK(!proof_has_inclusion(&proof, UINT64_MAX - 1, UINT64_MAX, &leaves[0], &roots[1]));
	CHECK(!proof_has_consistency(&proof, UINT64_MAX - 1, UINT64_MAX, &roots[1], &roots[2]));
}
