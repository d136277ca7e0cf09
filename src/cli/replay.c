/* replay.c: `chancery replay [DIR]`: every entry of a stopped mission or a backup decided once more (serve/replay.h). */
#include "cli/cli.h"
#include "cli/keyring_input.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "serve/replay_open.h"

#include <inttypes.h>
#include <unistd.h>

enum { RULES, BY, FD, OPTIONS };

static void put_side(const char *word, const struct replay_side *side)
{
	printf("    %-6s " STR_FMT " " STR_FMT, word, STR_ARG(side->what), STR_ARG(side->body));
	if (side->outcome.len > 0)
		printf("; " STR_FMT, STR_ARG(side->outcome));
	for (size_t i = 0; i < side->n_rules; i++)
		printf("%s" STR_FMT, i == 0 ? " by " : ", ", STR_ARG(side->rules[i]));
	printf("\n");
}

static void differs(void *context, const struct replay_difference *d)
{
	char text[64];
	struct buf time = BUF(text);
	(void)context;
	outside_put_time(&time, (uint64_t)d->wall / 1000);
	printf("entry %" PRIu64 ", " STR_FMT ": " STR_FMT, d->entry, STR_ARG(buf_str(&time)), STR_ARG(d->input));
	printf(d->who.len > 0 ? ", " STR_FMT "\n" : "\n", STR_ARG(d->who));
	put_side("was", &d->was);
	put_side("would", &d->would);
}

static void unlock(struct replay_mission *mission, const struct option_value *options)
{
	struct secret_input input = {.fd = -1};
	struct error error;
	int failed = keyring_input_open(&mission->keys, &input, options[BY].value, options[FD].value, &error);
	secret_input_close(&input);
	if (failed == 0)
		return;
	replay_close(mission);
	die(EXIT_FAILED, &error);
}

static int say(const struct replay_result *r, bool tries)
{
	printf("%" PRIu64 " entries, %" PRIu64 " decided again: %" PRIu64 " the same, %" PRIu64 " different, %" PRIu64
	       " not repeatable because values were erased.\n",
	       r->entries, r->decided, r->same, r->different, r->not_repeatable);
	if (tries)
		return EXIT_OK;
	printf("The state at the end is %016" PRIx64 "%s.\n", r->state_hash,
	       r->same_state ? ", decided and read" : " as it was read, and another one as it was decided");
	return r->different == 0 && r->same_state ? EXIT_OK : EXIT_RECORD;
}

int cli_replay(int argc, char **argv)
{
	static struct replay_mission mission;
	struct option_value options[OPTIONS] = {
	    [RULES] = {.name = "rules"}, [BY] = {.name = "by"}, [FD] = {.name = "fd"}};
	const char *directory = options_read(argc, argv, options, OPTIONS);
	struct replay_result result;
	struct error error;
	if (!keyring_input_knows(options[BY].value))
		options_usage();
	if (replay_read_rules(&mission, options[RULES].value, &error) < 0)
		die(EXIT_FAILED, &error);
	if (!directory)
		cli_enter_mission();
	else if (chdir(directory) < 0) {
		error_system(&error, "cannot enter %s", directory);
		die(EXIT_USAGE, &error);
	}
	if (replay_open(&mission, &error) < 0)
		die(EXIT_FAILED, &error);
	unlock(&mission, options);
	int failed = replay_mission_run(&mission, outside_progress, differs, &result, &error);
	replay_close(&mission);
	if (failed < 0)
		die(failed == ERROR_RECORD || failed == ERROR_CRYPTO ? EXIT_RECORD : EXIT_FAILED, &error);
	return say(&result, options[RULES].value != NULL);
}
