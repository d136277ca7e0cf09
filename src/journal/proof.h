/* proof.h: that an entry is in the tree, and that a tree only grew (RFC 6962, section 2.1; checked as RFC
 * 9162 says).
 *
 *     inclusion     entry number `index` is in the tree of `size` entries with this root
 *     consistency   the tree of size2 entries begins with all of the tree of size1
 *
 * Making a proof needs hashes of full tiles and of the right edge, from a source; checking one needs only the
 * two roots. Sizes of 0 are never proven: an empty tree begins every tree, and whoever has to say so says it
 * without a proof.
 */
#ifndef JOURNAL_PROOF_H
#define JOURNAL_PROOF_H

#include "journal/merkle.h"

enum { PROOF_HASHES_MAX = 64 }; /* more than a tree of 2^56 entries can need */

struct proof {
	size_t n;
	struct merkle_hash at[PROOF_HASHES_MAX];
};

/* Gives n neighbouring hashes of a level, which all lie in one tile and in the tree. */
struct proof_source {
	int (*hashes)(void *context, unsigned level, uint64_t first, unsigned n, struct merkle_hash *ret_hashes,
		      struct error *error);
	void *context;
};

/* The root of the first `size` >= 1 entries. */
int proof_root(const struct proof_source *source, uint64_t size, struct merkle_hash *ret_root, struct error *error);

/* index < size; 1 <= size1 <= size2. Other numbers are the caller's mistake. An error is the source's. */
int proof_of_inclusion(const struct proof_source *source, uint64_t index, uint64_t size, struct proof *ret_proof,
		       struct error *error);
int proof_of_consistency(const struct proof_source *source, uint64_t size1, uint64_t size2, struct proof *ret_proof,
			 struct error *error);

/* False for everything that is not exactly the proof, whatever the numbers are (RFC 9162, sections 2.1.3.2
 * and 2.1.4.2). */
bool proof_has_inclusion(const struct proof *proof, uint64_t index, uint64_t size, const struct merkle_hash *leaf,
			 const struct merkle_hash *root);
bool proof_has_consistency(const struct proof *proof, uint64_t size1, uint64_t size2, const struct merkle_hash *root1,
			   const struct merkle_hash *root2);

#endif
