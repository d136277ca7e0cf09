/* main.c: the table of commands. */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/words.h"

#include "base/crash.h"
#include "base/log.h"
#include "driver/osdp/driver.h"
#include "serve/core_process.h"
#include "serve/init.h"
#include "serve/keeper.h"
#include "serve/version.h"

#include <locale.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

static int descriptor(const struct option_value *value)
{
	int64_t fd = -1;
	if (value->value)
		options_number(value, STDERR_FILENO + 1, INT32_MAX, &fd);
	return (int)fd;
}

static int run_serve(int argc, char **argv)
{
	char program[PATH_BYTES];
	struct option_value values[] = {{.name = "resume"}, {.name = "raw", .flag = true}};
	if (options_read(argc, argv, values, ARRAY_LEN(values)))
		options_usage();
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
	ASSERT(length > 0);
	program[length] = 0;
	return keeper_run(
	    &(struct keeper_options){.program = program, .resume = descriptor(&values[0]), .raw = values[1].value});
}

/* What every child of the keeper does first: says its errors, its panic and its end as lines of the log. */
static void begin_child(void)
{
	log_begin();
	crash_catch();
}

static int run_keeper_try(int argc, char **argv)
{
	struct option_value state = {.name = "state"};
	if (options_read(argc, argv, &state, 1) || !state.value)
		options_usage(); /* which starts it */
	begin_child();
	return keeper_try(descriptor(&state));
}

static int run_core(int argc, char **argv)
{
	if (options_read(argc, argv, NULL, 0))
		options_usage(); /* which starts it */
	begin_child();
	return core_process_run();
}

static int run_driver(int argc, char **argv)
{
	begin_child();
	if (argc == 2 && strcmp(argv[1], "osdp") == 0)
		return driver_osdp_main();
	struct error error;
	error_set(&error, ERROR_INPUT, "there is no such driver");
	error_remedy(&error, "Drivers of this program: osdp.");
	die(EXIT_USAGE, &error);
}

static const struct cli_command commands[] = {
    {"init", "init DIR --sample SAMPLE", "make a mission's directory, with new keys", cli_init, false},
    {"serve", "serve [--raw]", "run the mission: core, drivers, until interrupted", run_serve, true},
    {"import", "import FILE… [--passkey FILE]", "give the commands of YAML files, in order", cli_import, true},
    {"watch", "watch [--from ENTRY | --after MARK]", "the living mission", cli_watch, true},
    {"history", "history REF [--limit N] [--older MARK] [--after MARK] [--json]",
     "what happened to door:3, person:12, “Main gate” … and why", cli_history, true},
    {"status", "status", "what is wrong, what waits; record, drivers, readers", cli_status, true},
    {"pending", "pending [--json]", "what waits for approval or review by a second person", cli_pending, true},
    {"approve", "approve N [--passkey FILE]", "agree to a command that waits for you", cli_approve, true},
    {"decline", "decline N --why TEXT", "do not agree to it", cli_decline, true},
    {"undo", "undo ENTRY", "take back what a command did", cli_undo, true},
    {"look", "look REF --purpose TEXT [--limit N]", "open what is masked of person:12, for a quarter of an hour",
     cli_look, true},
    {"blob", "blob HASH --out FILE", "a file that an entry names, such as a picture", cli_blob, true},
    {"passkey",
     "passkey new FILE --label TEXT [--login NAME] [--enrol]\n"
     "passkey show FILE [--login NAME]",
     "a passkey for grave commands, kept in a file", cli_passkey, true},
    {"keys",
     "keys list [--door]\n"
     "keys check|combine|rekey [--door] [--by file|passphrase|shares] [--fd N]\n"
     "keys add-passphrase [--label TEXT] [--by file|passphrase|shares] [--fd N]\n"
     "keys add-shares --threshold K --shares N [--label TEXT] [--by file|passphrase|shares] [--fd N]\n"
     "keys remove --protector N [--by file|passphrase|shares] [--fd N]",
     "who opens the mission's keys, and who shall", cli_keys, true},
    {"unlock", "unlock [--by passphrase|shares] [--fd N]", "open the keys of the running mission", cli_unlock, true},
    {"destroy", "destroy [--yes NAME]", "wipe all keys, for ever", cli_destroy, true},
    {"doctor", "doctor [--json]", "what is wrong with this installation, and what to do", cli_doctor, true},
    {"log", "log [--level LEVEL] [--events]", "what the mission's processes say about themselves", cli_log, true},
    {"crashes", "crashes [REPORT]", "what is known of processes that died", cli_crashes, true},
    {"upgrade", "upgrade", "let the running mission become the program on disk", cli_upgrade, true},
    {"verify", "verify", "check the record as an auditor would", cli_verify, true},
    {"export", "export DIR [--vkey KEY]", "the record as tiles that any outside reader knows (C2SP)", cli_export, true},
    {"prove",
     "prove ENTRY [--out FILE] [--vkey KEY]\n"
     "prove --check FILE ENTRYFILE KEY [--witness KEY]…",
     "a file that proves one entry, or checks one", cli_prove, false},
    {"backup",
     "backup DIR [--keys] [--vkey KEY]\n"
     "backup --list-forgotten FILE [--vkey KEY]",
     "a verified copy of the mission, while it runs", cli_backup, true},
    {"replay", "replay [DIR] [--rules RULES] [--by file|passphrase|shares] [--fd N]",
     "decide all that is recorded once more, or by other rules", cli_replay, false},
    {"restore",
     "restore BACKUP DIR [--keys KEYS] [--tail EXPORT] [--forgotten FILE] [--checkpoint NOTE] "
     "[--incarnation N] [--by file|passphrase|shares] [--fd N]",
     "make a mission of a backup, under a new incarnation", cli_restore, false},
    {"cosign",
     "cosign --out FILE [--witness NAME]\n"
     "cosign --in FILE",
     "a checkpoint to a witness and back, by hand", cli_cosign, true},
    {"witness", "witness DIR [--listen ADDRESS]", "cosign the checkpoints of other missions", cli_witness, false},
    {"rules",
     "rules check [--rules DIR] [--all]\n"
     "rules explain RULE [--rules DIR]\n"
     "rules try FACT=VALUE… [--keep FACT,FACT] [--rules DIR]\n"
     "rules try --detection DIR --event FILE|- [--time FIELD]\n"
     "rules enact [DIR]",
     "what the rules say: all, one, or of a case; put them in force", cli_rules, false},
    {"core", NULL, "a child of serve", run_core, true},
    {"driver", NULL, "a child of serve", run_driver, true},
    {"keeper-try", NULL, "a child of serve", run_keeper_try, true},
};

static void print_version(void)
{
	char build[VERSION_BUILD_BYTES];
	version_build(build);
	printf("%s\nbuild %s\n", version_program, build);
}

static void print_help(void)
{
	printf("usage: chancery [-C DIR] COMMAND …\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].usage)
			printf("  %-12s %s\n", commands[i].name, commands[i].about);
	printf("\nThe mission's own commands:\n\n");
	cli_print_commands();
	printf("\nchancery help COMMAND tells how one is called; of the mission's own, --help behind it.\n"
	       "DIR is the mission's directory, from which FILEs are named; without -C it is CHANCERY_MISSION or the "
	       "current one.\n");
}

_Noreturn static void wrong_command(const char *word)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "there is no command %s", word);
	error_remedy(&error, "`chancery help` lists the commands.");
	die(EXIT_USAGE, &error);
}

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int print_usage(const struct cli_command *command)
{
	struct str about = str_of(command->about);
	options_put_usage(stdout, command->usage);
	printf("\n%c" STR_FMT ".\n", about.at[0] - 'a' + 'A', STR_ARG(((struct str){about.at + 1, about.len - 1})));
	return EXIT_OK;
}

static int help(int argc, char **argv)
{
	const struct cli_command *command = argc > 2 ? find(argv[2]) : NULL;
	if (argc == 2)
		print_help();
	else if (command && command->usage)
		print_usage(command);
	else if (cli_is_domain(argv[2]))
		return argc > 3 ? cli_ask(3, (char *[]){argv[2], argv[3], "--help"}) : cli_ask(1, argv + 2);
	else
		wrong_command(argv[2]);
	return EXIT_OK;
}

static bool has_word(int argc, char **argv, const char *word)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	/* Who started a child of serve by hand is told of that. */
	const struct cli_command *told = command->usage ? command : find("serve");
	if (command->usage && has_word(argc - 1, argv + 1, "--help"))
		return print_usage(command);
	options_begin(told->usage);
	if (command->inside)
		cli_enter_mission();
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters, nothing else */
	/* The keeper starts its children by descriptor, and older kernels call them by its number. */
	prctl(PR_SET_NAME, "chancery");
	if (argc >= 3 && strcmp(argv[1], "-C") == 0) {
		setenv("CHANCERY_MISSION", argv[2], 1);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0)
		return help(argc < 2 ? 2 : argc, argv);
	if (strcmp(argv[1], "--version") == 0) {
		print_version();
		return EXIT_OK;
	}
	const struct cli_command *command = find(argv[1]);
	if (command)
		return run(command, argc - 1, argv + 1);
	if (!cli_is_domain(argv[1]))
		wrong_command(argv[1]);
	return cli_ask(argc - 1, argv + 1);
}
