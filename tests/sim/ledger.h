/* ledger.h: the mission as its record tells it: a second, small fold, written from the schemas and the design
 * alone, that holds each entry against what it knows from those before, and says (trace.h) what should not stand
 * there.
 *
 * It reads entries by looking (peek.h), their packets opened by whoever has the keys. Who said what, and who was
 * told what, is the matter of talk.h.
 *
 *     ledger.c            order, clocks, who an entry is from; events one by one
 *     ledger_people.c     people, badges, and who may pass
 *     ledger_orders.c     orders, desired states, what drivers answer
 *     ledger_tables.c     grant tables, lockdown
 *     ledger_oversight.c  roles, two persons, passkeys, looks, reviews
 *     ledger_record.c     rulebooks, forgetting, the clock, what was set aside
 */
#ifndef TESTS_SIM_LEDGER_H
#define TESTS_SIM_LEDGER_H

#include "sim/place.h"
#include "sim/see.h"

enum {
	LEDGER_PEOPLE_MAX = 256,
	LEDGER_BADGES_MAX = 256,
	LEDGER_READERS_MAX = 32,
	LEDGER_ORDERS_MAX = 16384,
	LEDGER_DESIRED_MAX = 64,
	LEDGER_PENDING_MAX = 1024,
	LEDGER_LOOKS_MAX = 1024,
	LEDGER_TABLES_MAX = 2048,
	LEDGER_STANDING_MAX = 512,
	LEDGER_DRIVERS_MAX = 8,
	LEDGER_PASSKEYS_MAX = 256,
	LEDGER_MONTHS_MAX = 128,
	LEDGER_FORGETTINGS_MAX = 512,
	LEDGER_RULEBOOKS_MAX = PLACE_RULEBOOKS,
	LEDGER_ENTRIES_MAX = 65536,
	LEDGER_DOSSIERS_MAX = 64, /* at_most of the trial's table */
	LEDGER_BOOTS_MAX = 1024,
	LEDGER_ORDER_MS = 3000,	   /* not_after of doors.Released and doors.Signalled */
	LEDGER_ANSWER_MS = 5000,   /* after which an order that nobody answered is over */
	LEDGER_PATIENCE_MS = 1500, /* after which a driver decides by its table */
	LEDGER_LOOK_MS = 15 * 60 * 1000,
};

struct ledger_person {
	uint64_t since; /* the entry that enrolled them */
	bool is_forgotten;
	bool is_guest_of_honour;
	enum place_group group;
};

struct ledger_badge {
	uint64_t person;
	uint32_t card; /* values.h */
	enum { LEDGER_ACTIVE, LEDGER_SUSPENDED, LEDGER_EXPIRED } state;
	int64_t until; /* 0: has none */
};

struct ledger_reader {
	uint64_t door;
	char line[16];
	uint32_t key; /* values.h; UINT32_MAX: has none */
};

enum ledger_order_state { LEDGER_OPEN, LEDGER_DONE, LEDGER_OVER };
struct ledger_order {
	uint64_t entry;
	unsigned event;
	enum ledger_order_state state;
	int64_t not_after;
	struct str line, name, body; /* in the ledger's memory */
	struct str boot;	     /* of the report that it answers; empty: none */
	int64_t answers;
};

struct ledger_desired {
	uint64_t entry;
	unsigned event;
	bool is_reached;
	int64_t reached; /* elapsed time */
	struct str line, key, name, body; /* key: "reader:3" */
};

/* What a grant table is made of: the mission as it is behind the first `size` entries. */
struct ledger_basis {
	bool is_wanted, is_there;
	uint64_t size;
	size_t n_badges, n_readers, in_force;
	const struct ledger_badge *badges;
	const struct ledger_person *people;
};

struct ledger_table {
	struct str line;
	int64_t number, until;
	bool is_confirmed;
	struct ledger_basis basis; /* where it is known */
};

struct ledger_standing {
	uint64_t door, person, since, revoked; /* entries; revoked: 0 not yet */
};

struct ledger_pending {
	uint64_t pending, entry;
	struct str command, login;
	int64_t until;
	bool is_open;
};

struct ledger_look {
	uint64_t look;
	struct str login, subjects; /* the array */
	bool is_open;
};

struct ledger_passkey {
	struct str login;
	bool is_removed;
};

struct ledger_month {
	struct str keep;
	int64_t month;
	bool is_forgotten, is_erased;
};

/* Rows of Forgetting: a person, or a month. */
struct ledger_forgetting {
	uint64_t entry;
	uint64_t person;
	size_t month; /* in months, when person is 0 */
	bool is_erased;
	uint64_t erased; /* the entry that says so */
};

struct ledger_boot {
	struct str line, boot;
	int64_t sequence;
};

/* What is kept of an entry; texts in the ledger's memory, values in clear as far as they could be read when it was
 * new. */
struct ledger_entry {
	uint64_t hash[4]; /* of its leaf */
	int64_t wall;
	struct str text; /* as it stands in the record */
	struct str kind, name, login, line;
	struct str input, refusal, takes, events; /* in clear */
	size_t n_events;
	uint64_t concerns; /* a person; 0: nobody */
};

struct ledger {
	struct arena memory, scratch, tables;
	struct values *values;
	uint64_t size, env;
	uint64_t known; /* so many entries have been read before, and are the same */
	int64_t wall, elapsed, incarnation;
	bool clock_is_doubted, space_is_low, signing_has_stopped, is_held;
	uint64_t liars; /* bit i: line i may report anything */
	size_t n_people, n_badges, n_readers, n_orders, n_desired, n_pending, n_looks, n_months, n_forgettings, n_boots,
	    n_reviews, n_dossiers, n_passkeys, n_drivers, n_tables, n_standing, n_bases;
	struct ledger_person people[LEDGER_PEOPLE_MAX + 1]; /* by their numbers, as the next ones */
	struct ledger_badge badges[LEDGER_BADGES_MAX + 1];
	struct ledger_reader readers[LEDGER_READERS_MAX + 1];
	struct ledger_order *orders;
	struct ledger_desired desired[LEDGER_DESIRED_MAX];
	struct str drivers[LEDGER_DRIVERS_MAX + 1]; /* by their numbers */
	struct ledger_basis bases[4];
	struct ledger_table *tables_issued;
	struct ledger_standing standing[LEDGER_STANDING_MAX + 1];
	struct ledger_pending pending[LEDGER_PENDING_MAX];
	struct ledger_passkey passkeys[LEDGER_PASSKEYS_MAX + 1]; /* by their numbers */
	struct ledger_look looks[LEDGER_LOOKS_MAX];
	struct ledger_month months[LEDGER_MONTHS_MAX];
	struct ledger_forgetting forgettings[LEDGER_FORGETTINGS_MAX];
	struct ledger_boot boots[LEDGER_BOOTS_MAX];
	/* Rulebooks by the hash under which they are staged or in force; SIZE_MAX: one that nobody knows. */
	struct {
		char hash[65];
		size_t rulebook;
	} rulebooks[LEDGER_RULEBOOKS_MAX];
	size_t n_rulebooks, in_force;
	struct ledger_entry *entries;
	uint64_t granted, denied, baselines, erased;
	uint64_t set_aside, lockdowns, by_table;
};

void ledger_init(struct ledger *ledger, struct values *values);
void ledger_release(struct ledger *ledger);
/* The record is put back to its first `size` entries, and read anew. Rulebooks stay. */
void ledger_put_back(struct ledger *ledger, uint64_t size);

/* This hash is of that rulebook of place.h. */
void ledger_know_rulebook(struct ledger *ledger, const uint8_t hash[32], size_t rulebook);

/* The next entry; `packets[i]` is the array of packet i's values, empty where it is erased. */
void ledger_take(struct ledger *ledger, struct str text, const struct str *packets, size_t n_packets);

/* A grant table is being made from what the first so many entries say; and those that were wanted of a process that has
 * died, whose entries may come otherwise. */
void ledger_want_basis(struct ledger *ledger, uint64_t size);
void ledger_drop_bases(struct ledger *ledger);

/* NULL: none was issued. */
const struct ledger_table *ledger_table(const struct ledger *ledger, struct str line, int64_t number);
const struct ledger_table *ledger_newest_table(const struct ledger *ledger, struct str line);

const struct ledger_order *ledger_order(const struct ledger *ledger, uint64_t entry, unsigned event);
/* The row of a card that opens something, or would; 0: none. */
uint64_t ledger_badge_of(const struct ledger *ledger, uint32_t card);
bool ledger_look_is_open(const struct ledger *ledger, struct str login, struct str table, uint64_t id);
const struct ledger_pending *ledger_pending(const struct ledger *ledger, uint64_t pending);
/* Whether what is kept so long from that month is forgotten, and the keys are destroyed. */
const struct ledger_month *ledger_month(const struct ledger *ledger, struct str keep, int64_t month);

/* A text with markers, and the values where they belong, null where they are erased. It lies in the arena. */
struct str ledger_clear(struct str text, const struct str *packets, size_t n_packets, struct arena *arena);

#endif
