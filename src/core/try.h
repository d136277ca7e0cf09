/* try.h: a core to try things on, for tests: JSON in, verdict and events out, and after each input the promise that core.h makes: the entry, folded into
 * a second core, gives the same state.
 *
 *     struct try try;
 *     try_init(&try, rulebook);
 *     try_command(&try, "site.add_building", "{\"name\":\"Gate house\"}");
 *     CHECK_STR(try.result.refusal, STR("SITE_NAME_TAKEN"));
 */
#ifndef CORE_TRY_H
#define CORE_TRY_H

#include "core/core.h"
#include "core/try_vault.h"

enum { TRY_SECRETS_MAX = 8 };

struct
try {
	struct core core, twin; /* twin: folded from the entries alone */
	struct try_vault vault; /* of both */
	struct arena core_memory, twin_memory;
	struct arena arena;
	struct core_result result; /* of the last input */
	int64_t now;		   /* ms; moves only when a test moves it */
	int64_t sequence;	   /* of the last report */
	struct str line;	   /* the driver that reports come from */
	struct str login, role;	   /* whose commands are given, and what they may */
	struct turn_checked was;   /* what was checked before the next command; cleared by it */
	struct str checked;	   /* the same as the entry is to have it: JSON; cleared as well */
	bool no_blobs;		   /* whatever a command names was never sent */
	struct try_secret {
		bool door;
		struct str value;
	} secrets[TRY_SECRETS_MAX]; /* taken out of commands; number n is the one at n - 1 */
	size_t n_secrets;
	size_t failures; /* of the twin; try_release checks that there were none */
};

void try_init(struct try *try, const struct rulebook *access);
/* Checks that both cores hold the same state, and gives everything back; try_give_back does not check. */
void try_release(struct try *try);
void try_give_back(struct try *try);

/* Checks that two cores hold the same state, row by row; says the first row that differs. */
void try_check_same(const struct core *a, const struct core *b);

enum core_verdict try_command(struct try *try, const char *name, const char *body);
enum core_verdict try_report(struct try *try, const char *name, const char *body);
enum core_verdict try_start(struct try *try, const char *name, const char *body);
/* Commands that are refused, each with its reason. */
struct try_refusal {
	const char *command, *body, *refusal;
};
void try_check_refusals(struct try *try, const struct try_refusal *rows, size_t n);
/* Somebody else gives the commands from now on. */
void try_as(struct try *try, const char *login, const char *role);
/* The command that waits since the last input, once more, by somebody else who agrees to it. */
enum core_verdict try_approve(struct try *try, const char *login, const char *role, const char *name, const char *body);
/* Runs the earliest timer that is due at try->now; false when none is. */
bool try_timer(struct try *try);

/* The names of the last entry's events, with a blank between: "access.Granted doors.Released". Holds until the next call. */
struct str try_events(const struct try *try);

/* A small embassy: buildings, zones 1 (outside) and 2 (chancery), doors 1 and 2 on line-1 with readers 1 and 2, persons 1 (staff, badge 1, card 80000000) and 2
 * (visitor, badge 2, card 40000000). */
void try_furnish(struct try *try);

#endif
