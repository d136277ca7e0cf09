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
#include "schema/turn.h"

enum {
	CORE_SALT_BYTES = 16,
	CORE_ENTRY_BYTES_MAX = 65535,
};

struct core {
	struct state state;
	struct rulebooks rulebooks;
	uint64_t size; /* entries so far; the next one's index */
	uint64_t env;  /* index of the newest InForce entry */
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
	const struct str *roles; /* of an operator */
	size_t n_roles;
};

enum core_verdict { CORE_BAD, CORE_REFUSED, CORE_DONE };

struct core_order {
	size_t event; /* its number in the entry */
	struct str driver, name, body;
	int64_t not_after;
};

struct core_result {
	enum core_verdict verdict;
	struct str entry;	  /* DONE and REFUSED: canonical JSON, in the turn's arena */
	uint64_t index;		  /* of the entry */
	struct str refusal;	  /* REFUSED: name of the reason */
	struct str refusal_takes; /* REFUSED: JSON */
	struct str gives;	  /* DONE: JSON of what a command gives, {} when it gives nothing */
	struct core_order orders[TURN_EVENTS_MAX];
	size_t n_orders;
	char what[256]; /* BAD: what is wrong with the input, path first */
	size_t offset;	/* BAD: where in the body */
};

/* The state is made in `memory`, core_memory() bytes of it; it and the rulebooks outlive the core. */
size_t core_memory(void);
void core_init(struct core *core, struct rulebooks rulebooks, struct arena *memory);

/* One input. What ret_result points to lives in `arena` and in the input. */
void core_turn(struct core *core, const struct core_input *input, const struct core_moment *moment, struct arena *arena,
	       struct core_result *ret_result);

/* Whether a timer is due at `wall`; if so runs the earliest one as core_turn would, else returns false. */
bool core_timer(struct core *core, const struct core_moment *moment, struct arena *arena,
		struct core_result *ret_result);

/* When the earliest timer is due; INT64_MAX when none is set. */
int64_t core_due(const struct core *core);

/* Reads an entry that the journal kept. False when it is not what docs/journal-format.md and the schema say; *ret_what is then why. `arena` is
 * scratch. */
bool core_fold(struct core *core, struct str entry, struct arena *arena, const char **ret_what);

#endif
