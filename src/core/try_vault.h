/* try_vault.h: a vault without keys, for tests: what is sealed lies open behind a mark, and is erased by saying so.
 *
 * Marks, months and the form of packets are those of docs/journal-format.md, so that all but the cipher is what it is in a mission. The real one is
 * src/keys/vault.h.
 */
#ifndef CORE_TRY_VAULT_H
#define CORE_TRY_VAULT_H

#include "schema/vault.h"

enum { TRY_VAULT_ERASED_MAX = 64 };

struct try_vault {
	struct vault vault;
	size_t n_erased;
	struct try_vault_erased {
		char table[VAULT_TABLE_BYTES_MAX];
		uint64_t id;
		char keep[VAULT_KEEP_BYTES_MAX + 1];
		int64_t month; /* 0: the subject */
	} erased[TRY_VAULT_ERASED_MAX];
};

void try_vault_init(struct try_vault *v);
void try_vault_erase_subject(struct try_vault *v, const char *table, uint64_t id);
void try_vault_erase_month(struct try_vault *v, const char *keep, int64_t month);

#endif
