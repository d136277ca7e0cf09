/* audit.h: what was promised to anybody, and whether the journal keeps it.
 */
#ifndef TESTS_SIM_AUDIT_H
#define TESTS_SIM_AUDIT_H

#include "gen/tables.h"
#include "journal/journal.h"
#include "schema/vault.h"

struct audit_promise {
	enum { AUDIT_ENTRY, AUDIT_ORDER, AUDIT_REPORT } kind;
	uint64_t entry, boot;
	size_t event;
	int64_t sequence;
	char name[40]; /* of the order's event, of the report's driver */
};

struct audit {
	struct audit_promise *promises;
	size_t n, size;
	uint64_t granted, denied; /* of the last look at the journal */
};

void audit_init(struct audit *audit);
void audit_release(struct audit *audit);

void audit_promise_entry(struct audit *audit, uint64_t entry);
void audit_promise_order(struct audit *audit, uint64_t entry, size_t event, struct str name);
void audit_promise_report(struct audit *audit, struct str driver, uint64_t boot, int64_t sequence);

/* Reads the whole journal and checks promises 1, 2, 4 and 5 of sim.h against it. `size`: what the hub says it folded. */
void audit_journal(struct audit *audit, struct journal *journal, const struct vault *vault, uint64_t size);

/* SHA-256 over the state's dump. */
void audit_state_hash(const struct state *state, uint8_t ret_hash[32]);

#endif
