/* core.h: one input in, one entry out; and the state that all entries before it made. Pure.
 *
 *     core_turn   decide(state, input, now) → events, each applied as it is made → the entry's bytes
 *     core_fold   the entry's bytes → the same state, without deciding anything
 *
 * The core has no clock, no randomness and does no I/O: time and salt come with the input. What it returns must be durable before anyone
 * hears of it; if that fails the process ends, because the state is then ahead of the record.
 *
 * An input that is well-formed and authenticated becomes an entry, also when it is refused. One that is not (CORE_BAD) leaves no
 * trace here: its sender is told place and remedy.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "gen/codec.h"
#include "gen/dispatch.h"
#include "rules/rulebooks.h"
#include "schema/sealing.h"
#include "schema/turn.h"

enum {
	CORE_SALT_BYTES = 16,
	CORE_ENTRY_BYTES_MAX = 65535,
};

struct core {
	struct state state;
	struct rulebooks rulebooks;
	const struct vault *vault;
	struct sealing sealing; /* of the entry that is being written */
	uint64_t size;		/* entries so far; the next one's index */
	uint64_t env;		/* index of the newest InForce entry */
	int64_t incarnation;
	int64_t wall, elapsed; /* of the newest entry, ms */
};

struct core_moment {
	int64_t wall, elapsed; /* ms; the core keeps both from going back */
	uint8_t salt[CORE_SALT_BYTES];
};

struct core_input {
	enum entry_input_kind kind;
	struct str name, body; /* body: JSON, as it came */
	struct entry_from from;
	struct str checked;	 /* JSON of what was checked before, or empty */
	struct turn_checked was; /* the same, for the decision */
	const struct str *roles; /* of an operator */
	size_t n_roles;
	const struct json_packets *packets; /* of a body that stands in an entry; NULL: nothing in it is sealed */
	const struct json_secrets *secrets; /* takes the secrets out of the body; NULL where none can be */
	/* Whether what the body names as a blob is durable; NULL: none is. */
	bool (*has_blob)(void *context, struct str hash);
	void *context;
};

enum core_verdict { CORE_BAD, CORE_REFUSED, CORE_DONE };

struct core_order {
	size_t event; /* its number in the entry; those in the box are counted behind the others */
	struct str driver, name, body;
	int64_t not_after;
	struct subject device; /* of a desired one */
	int64_t answers;       /* the report of the driver's that it answers; 0 when it answers none of its own */
};

struct core_result {
	enum core_verdict verdict;
	struct str entry;	  /* DONE and REFUSED: canonical JSON, in the turn's arena */
	uint64_t index;		  /* of the entry */
	struct str refusal;	  /* REFUSED: name of the reason */
	struct str refusal_takes; /* REFUSED: JSON */
	uint64_t pending;	  /* DONE: the approval that it waits for now, or 0 */
	struct str gives;	  /* DONE: JSON of what a command gives, {} when it gives nothing */
	struct core_order orders[TURN_EVENTS_MAX];
	size_t n_orders;
	struct core_order desired[TURN_EVENTS_MAX]; /* `not_after` is 0: it has no end */
	size_t n_desired;
	char what[256]; /* BAD: what is wrong with the input, path first */
	size_t offset;	/* BAD: where in the body */
};

/* The state is made in `memory`, core_memory() bytes of it; it, the rulebooks and the vault outlive the core. */
size_t core_memory(void);
void core_init(struct core *core, struct rulebooks rulebooks, const struct vault *vault, struct arena *memory);

/* One input. What ret_result points to lives in `arena` and in the input. */
void core_turn(struct core *core, const struct core_input *input, const struct core_moment *moment, struct arena *arena,
	       struct core_result *ret_result);

/* Whether a timer is due at `wall`; if so runs the earliest one as core_turn would, else returns false. */
bool core_timer(struct core *core, const struct core_moment *moment, struct arena *arena,
		struct core_result *ret_result);

/* Which it would run. */
bool core_next_timer(const struct core *core, const struct core_moment *moment, struct str *ret_name,
		     uint64_t *ret_row);

/* When the earliest timer is due; INT64_MAX when none is set. */
int64_t core_due(const struct core *core);

/* An entry's packets, for reading its bodies (json.h), which must be done while entry and arena live. */
void core_packets(const struct vault *vault, const struct entry *entry, struct arena *arena,
		  struct json_packets *ret_packets);

/* The same, all open already. False when one was changed. */
bool core_open_packets(const struct vault *vault, const struct entry *entry, struct arena *arena,
		       struct json_packets *ret_packets);

/* The events in an entry's box for whoever has the compartment's key, as a list of entry events; none otherwise. */
struct entry_event_list core_unbox(const struct vault *vault, const struct entry *entry, struct arena *arena);

/* Reads an entry that the journal kept. False when it does not follow the last one, or its events are not what
 * docs/journal-format.md and the schema say; *ret_what is then why, and the core is of no use any more. `arena` is
 * scratch. */
bool core_fold(struct core *core, struct str body, struct arena *arena, const char **ret_what);
/* The same of an entry that was read already. */
bool core_fold_entry(struct core *core, const struct entry *entry, struct arena *arena, const char **ret_what);

#endif
