/* turn.h: one input being decided. Pure.
 *
 *     refuse(t, DOORS_NO_DOOR, .door = id)      before the first event; the input then makes none
 *     emit(t, doors_released, .door = id, …)    an event: applied at once, then its reactions run, in the order of the schema's files
 *     give(t, people_enrol, .person = id)       what a command's sender is told, beside that it was done
 *     concern(t, person, id)                    whom the input is about, where none of its members says so
 *
 * What an input may refuse with stands in its schema (`refuses:`), what a reaction may emit in `reacts_to:`; a decision emits events of its own
 * domain. Anything else is a programmer's error and ends the process. All that a turn makes lives in its arena.
 */
#ifndef SCHEMA_TURN_H
#define SCHEMA_TURN_H

#include "gen/codec.h"
#include "gen/tables.h"
#include "schema/vault.h"

/* As many as an entry holds (Entry.events in entry.yaml). */
enum { TURN_EVENTS_MAX = 64 };

struct rulebooks;
struct input_type;

struct turn_event {
	enum event kind;
	const void *body;
};

/* What was checked before the decision, beside who it is: it enters the record as `checked`, and a replay takes it as recorded. */
struct turn_checked {
	bool asserted; /* a passkey's assertion over this very command: */
	uint64_t passkey;
	int64_t counter;
	uint64_t pending;    /* the row of the approval that this command waited for; 0: it has not been asked for */
	struct str asked_by; /* the first person of an approved command */
	struct str staged; /* of what the command names as staged: empty when it is good, else what is wrong with it */
};

/* What may be emitted now: a decision's domain, or what a reaction declares. */
struct turn_may {
	const enum event *events;
	size_t n;
};

struct turn {
	struct state *state;
	struct arena *arena;
	int64_t now;	/* ms since the epoch, never less than in the turn before */
	uint64_t entry; /* the number that the entry will have */
	const struct rulebooks *rulebooks;
	struct str driver; /* who reports; empty in a command, timer or start */
	struct str login;  /* whose command it is; empty otherwise */
	int64_t ago;	   /* ms; how long before `now` it happened that is reported */
	struct turn_checked checked;
	struct subject concerned;

	struct turn_event events[TURN_EVENTS_MAX];
	size_t n_events;
	enum refusal refusal;
	const void *refusal_args;
	const struct entry_because *because; /* of a decision by rules, else NULL */
	struct str gives;		     /* JSON, or empty */

	struct turn_may may;
	const struct input_type *type;
};

#define emit(t, event_name, ...)                                                                                       \
	turn_emit((t), EVENT_##event_name, &(struct event_name){__VA_ARGS__}, sizeof(struct event_name))
#define refuse(t, code, ...) turn_refuse((t), (code), &(code##_takes){__VA_ARGS__}, sizeof(code##_takes))
#define give(t, command, ...)                                                                                          \
	do {                                                                                                           \
		struct buf give_buf = arena_buf((t)->arena);                                                           \
		command##_gives_write(&give_buf, &(struct command##_gives){__VA_ARGS__});                              \
		(t)->gives = arena_keep((t)->arena, &give_buf);                                                        \
	} while (0)

/* Names of tables are written as in refs: person. */
#define concern(t, table_name, row) ((t)->concerned = (struct subject){STR(#table_name), (row)})

/* Copies the body; what it points to must live as long as the arena. */
void turn_emit(struct turn *t, enum event kind, const void *body, size_t size);
void turn_refuse(struct turn *t, enum refusal code, const void *takes, size_t size);

#endif
