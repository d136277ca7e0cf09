/* merkle_naive.h: RFC 6962, section 2.1, word for word and without any thought of speed, for tests to compare
 * with. It shares no code with merkle.c, down to the library that hashes.
 */
#ifndef JOURNAL_MERKLE_NAIVE_H
#define JOURNAL_MERKLE_NAIVE_H

#include "journal/proof.h"

#include <sodium.h>

/* Entry i of the trees in tests: its number in decimal. */
static inline struct str merkle_naive_entry(char (*memory)[24], uint64_t i)
{
	int n = snprintf(*memory, sizeof *memory, "%llu", (unsigned long long)i);
	return (struct str){*memory, (size_t)n};
}

static inline struct merkle_hash merkle_naive_leaf(struct str entry)
{
	struct merkle_hash hash;
	crypto_hash_sha256_state state;
	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)"\0", 1);
	crypto_hash_sha256_update(&state, (const uint8_t *)entry.at, entry.len);
	crypto_hash_sha256_final(&state, hash.at);
	return hash;
}

/* MTH(D[n]) of the hashes of the leaves D[n]. */
static inline struct merkle_hash merkle_naive_root(const struct merkle_hash *d, uint64_t n)
{
	struct merkle_hash hash, left, right;
	crypto_hash_sha256_state state;
	crypto_hash_sha256_init(&state);
	if (n == 1)
		return d[0];
	if (n > 1) {
		uint64_t k = 1;
		while (k * 2 < n)
			k *= 2;
		left = merkle_naive_root(d, k);
		right = merkle_naive_root(d + k, n - k);
		crypto_hash_sha256_update(&state, (const uint8_t *)"\1", 1);
		crypto_hash_sha256_update(&state, left.at, sizeof left.at);
		crypto_hash_sha256_update(&state, right.at, sizeof right.at);
	}
	crypto_hash_sha256_final(&state, hash.at);
	return hash;
}

/* PATH(m, D[n]) */
static inline void merkle_naive_path(struct proof *proof, uint64_t m, const struct merkle_hash *d, uint64_t n)
{
	uint64_t k = 1;
	if (n == 1)
		return;
	while (k * 2 < n)
		k *= 2;
	if (m < k) {
		merkle_naive_path(proof, m, d, k);
		proof->at[proof->n++] = merkle_naive_root(d + k, n - k);
	} else {
		merkle_naive_path(proof, m - k, d + k, n - k);
		proof->at[proof->n++] = merkle_naive_root(d, k);
	}
}

/* SUBPROOF(m, D[n], b); PROOF(m, D[n]) is the one with b true. */
static inline void merkle_naive_subproof(struct proof *proof, uint64_t m, const struct merkle_hash *d, uint64_t n,
					 bool b)
{
	uint64_t k = 1;
	if (m == n) {
		if (!b)
			proof->at[proof->n++] = merkle_naive_root(d, n);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	if (m <= k) {
		merkle_naive_subproof(proof, m, d, k, b);
		proof->at[proof->n++] = merkle_naive_root(d + k, n - k);
	} else {
		merkle_naive_subproof(proof, m - k, d + k, n - k, false);
		proof->at[proof->n++] = merkle_naive_root(d, k);
	}
}

#endif
