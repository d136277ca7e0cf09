/* ledger_inner.h: what the ledger's files share. Nobody else includes it. */
#ifndef TESTS_SIM_LEDGER_INNER_H
#define TESTS_SIM_LEDGER_INNER_H

#include "sim/ledger.h"
#include "sim/peek.h"
#include "sim/trace.h"

/* An entry being taken. Texts are in clear. */
struct taken {
	struct ledger *ledger;
	uint64_t index;
	struct str text;
	struct str kind, name, input, checked;
	struct str line, boot, login; /* whom it is from; empty where it is not */
	int64_t sequence, ago, wall;
	bool is_refused, is_from_core;
	struct str refusal, takes;
	struct str events; /* the array */
	size_t n_events;
};

/* The i-th event of the entry; false when it has not so many. */
bool taken_event(const struct taken *t, size_t i, struct str *ret_name, struct str *ret_body);
/* Whether the i-th is called so. */
bool taken_has(const struct taken *t, size_t i, const char *name);

typedef void ledger_event_fn(const struct taken *t, unsigned event, struct str body);
struct ledger_event {
	const char *name;
	ledger_event_fn *take;
};
extern const struct ledger_event ledger_people_events[], ledger_orders_events[], ledger_oversight_events[],
    ledger_record_events[], ledger_tables_events[]; /* ended by a row without a name */

/* What an entry as a whole must be, before its events are taken. */
void ledger_people_decide(const struct taken *t);
void ledger_orders_decide(const struct taken *t);
void ledger_oversight_decide(const struct taken *t);
void ledger_record_decide(const struct taken *t);

/* A card that a grant table decided: `card` of values.h, or UINT32_MAX. */
void ledger_tables_check(const struct taken *t, struct str line, uint32_t card);
/* After each entry. */
void ledger_note_bases(struct ledger *ledger);

/* A driver's row, made where there is none. */
uint64_t ledger_driver(struct ledger *ledger, struct str line);
bool ledger_lies(const struct ledger *ledger, struct str line);

/* The copy lives as long as the record does. */
struct str ledger_keep(struct ledger *ledger, struct str text);

#endif
