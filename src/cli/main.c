/* main.c: the table of commands. */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/words.h"

#include "driver/osdp/driver.h"
#include "serve/core_process.h"
#include "serve/init.h"
#include "serve/keeper.h"

#include <errno.h>
#include <locale.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static int run_serve(int argc, char **argv)
{
	char program[PATH_BYTES];
	if (options_read(argc, argv, NULL, 0, "serve"))
		options_usage("serve");
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	ASSERT(length > 0);
	program[length] = 0;
	return keeper_run(program);
}

static int run_core(int argc, char **argv)
{
	if (options_read(argc, argv, NULL, 0, "serve"))
		options_usage("serve"); /* which starts it */
	return core_process_run();
}

static int run_driver(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "osdp") == 0)
		return driver_osdp_main();
	struct error error;
	error_set(&error, ERROR_INPUT, "there is no such driver");
	error_remedy(&error, "Drivers of this program: osdp.");
	die(EXIT_USAGE, &error);
}

static const struct cli_command commands[] = {
    {"init", "init DIR --sample SAMPLE", "make a mission's directory, with new keys", cli_init, false},
    {"serve", "serve", "run the mission: core, drivers, until interrupted", run_serve, true},
    {"import", "import FILE…", "give the commands of YAML files, in order", cli_import, true},
    {"watch", "watch [--from N]", "the living mission", cli_watch, true},
    {"history", "history REF [--limit N] [--json]", "what happened to door:3, person:12, “Main gate” … and why",
     cli_history, true},
    {"status", "status", "size of the record, drivers, readers", cli_status, true},
    {"verify", "verify", "check the record as an auditor would", cli_verify, true},
    {"rules", "rules check|explain|try …", "what the rules say: all, one, or of a case", cli_rules, false},
    {"core", NULL, "a child of serve", run_core, true},
    {"driver", NULL, "a child of serve", run_driver, true},
};

static void print_help(void)
{
	printf("usage: chancery [-C DIR] COMMAND …\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		char text[64];
		struct buf usage = BUF(text);
		if (!commands[i].usage)
			continue;
		words_put_padded(&usage, str_of(commands[i].usage), 36);
		printf("  " STR_FMT " %s\n", STR_ARG(buf_str(&usage)), commands[i].about);
	}
	printf("\nThe mission's own commands:\n\n");
	cli_print_commands();
	printf("\nDIR is the mission's directory; without -C it is CHANCERY_MISSION or the current one.\n");
}

_Noreturn static void usage(const char *what, const char *word)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "%s%s", what, word);
	error_remedy(&error, "`chancery help` lists the commands.");
	die(EXIT_USAGE, &error);
}

static const char *mission_directory; /* as the command line or the environment names it */

void cli_enter(void)
{
	const char *directory = mission_directory ? mission_directory : ".";
	struct error error;
	if (chdir(directory) == 0 && access("mission.yaml", R_OK) == 0)
		return;
	error_set(&error, ERROR_INPUT, "there is no mission.yaml");
	error_where(&error, "%s", directory);
	error_remedy(&error,
		     "Name the mission's directory: chancery -C DIR …, or make one: chancery init DIR --sample sample");
	die(EXIT_USAGE, &error);
}

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	mission_directory = getenv("CHANCERY_MISSION");
	setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters, nothing else */
	if (argc >= 3 && strcmp(argv[1], "-C") == 0) {
		mission_directory = argv[2];
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
		print_help();
		return EXIT_OK;
	}
	const struct cli_command *command = find(argv[1]);
	bool asks = !command && cli_is_domain(argv[1]);
	if (!command && !asks)
		usage("there is no command ", argv[1]);
	if (asks || command->inside)
		cli_enter();
	return asks ? cli_ask(argc - 1, argv + 1) : command->run(argc - 1, argv + 1);
}
