/* upgrade.c: asks the keeper to become the program that lies on the disk now, and waits until it has, or has not. */
#include "cli/cli.h"
#include "cli/options.h"
#include "serve/keeper.h"
#include "serve/keeper_look.h"
#include "serve/running.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

enum { ROUND_MS = 50, PATIENCE_MS = 15 * 60 * 1000, MEMORY_BYTES = 4 << 20 };

struct upgrade {
	int pid;
	int64_t
	    before; /* upgrades that the keeper had counted when it was asked; -1: it is of another version and writes a page that this one does not read */
	bool over;
	enum keeper_state_outcome outcome;
	char program[64];
};

static void look(struct upgrade *upgrade, struct arena *arena)
{
	struct keeper_state state;
	arena_clear(arena);
	if (keeper_look(arena, &state, NULL) < 0)
		return;
	upgrade->over = state.upgrades > upgrade->before && state.stage == KEEPER_STATE_STAGE_SETTLED &&
			state.outcome != KEEPER_STATE_OUTCOME_NOTHING;
	upgrade->outcome = state.outcome;
	snprintf(upgrade->program, sizeof upgrade->program, STR_FMT, STR_ARG(state.program));
}

static int64_t count(struct arena *arena)
{
	struct keeper_state state;
	return keeper_look(arena, &state, NULL) < 0 ? -1 : state.upgrades;
}

static void wait_for_end(struct upgrade *upgrade, struct arena *arena)
{
	for (int ms = 0; ms < PATIENCE_MS && !upgrade->over; ms += ROUND_MS) {
		poll(NULL, 0, ROUND_MS);
		if (running_keeper() != upgrade->pid)
			return;
		look(upgrade, arena);
	}
}

_Noreturn static void fail(const char *what, const char *remedy)
{
	struct error error;
	error_set(&error, ERROR_SYSTEM, "%s", what);
	error_remedy(&error, "%s", remedy);
	die(EXIT_FAILED, &error);
}

int cli_upgrade(int argc, char **argv)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	if (options_read(argc, argv, NULL, 0))
		options_usage();
	struct upgrade upgrade = {.pid = running_keeper(), .before = count(&arena)};
	if (upgrade.pid == 0)
		fail("no mission runs here", "There is nothing to upgrade: chancery serve starts the program on disk.");
	if (kill(upgrade.pid, SIGHUP) < 0)
		fail(errno == EPERM ? "the mission runs as another user" : "the keeper is gone",
		     "Ask as the mission's user, or as root: systemctl reload chancery@NAME");
	wait_for_end(&upgrade, &arena);
	arena_unmap(&arena);
	if (!upgrade.over)
		fail("the upgrade has not come to an end", "See chancery log, and chancery doctor.");
	if (upgrade.outcome != KEEPER_STATE_OUTCOME_DONE)
		fail(upgrade.outcome == KEEPER_STATE_OUTCOME_REFUSED	 ? "the program on disk did not take over"
		     : upgrade.outcome == KEEPER_STATE_OUTCOME_WENT_BACK ? "the program before it goes on"
									 : "its core does not become ready",
		     "chancery log says why.");
	printf("%s runs the mission.\n", upgrade.program);
	return EXIT_OK;
}
