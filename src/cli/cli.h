/* cli.h: what the commands of `chancery` share: one file a command, one row each in main.c.
 *
 * A command gets the words behind its name. It speaks to a running mission over run/core.sock in the mission's directory, which is the current one
 * unless -C or CHANCERY_MISSION names it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/error.h"
#include "gen/types.h"

struct cli_command {
	const char *name, *usage, *about;
	int (*run)(int argc, char **argv); /* returns an exit code */
	bool inside;			   /* needs the mission's directory as the current one */
};

int cli_approve(int argc, char **argv);
int cli_ask(int argc, char **argv); /* `chancery people enrol …`: argv[0] is the domain */
int cli_backup(int argc, char **argv);
int cli_blob(int argc, char **argv);
int cli_cosign(int argc, char **argv);
int cli_crashes(int argc, char **argv);
int cli_decline(int argc, char **argv);
int cli_destroy(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_history(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_init(int argc, char **argv);
int cli_keys(int argc, char **argv);
int cli_look(int argc, char **argv);
int cli_log(int argc, char **argv);
int cli_passkey(int argc, char **argv);
int cli_pending(int argc, char **argv);
int cli_prove(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_restore(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_undo(int argc, char **argv);
int cli_unlock(int argc, char **argv);
int cli_upgrade(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_watch(int argc, char **argv);
int cli_witness(int argc, char **argv);

/* Goes into the mission's directory, for commands that need it only sometimes; ends the process when there is none. */
void cli_enter_mission(void);
/* Becomes the program of that ending that is installed beside this one, with the words behind the command's name. */
_Noreturn void cli_become(const char *ending, char **argv);

/* True when a domain of that name has commands. */
bool cli_is_domain(const char *name);
/* Prints every domain's commands with a line each. */
void cli_print_commands(void);

/* A long text on a terminal that may be narrow or none: columns, or 0 when standard output is no terminal. */
int cli_columns(void);
/* The language of LC_ALL, LC_MESSAGES, LANG when it is one of ours, else English. */
enum language cli_language(void);

/* Times are shown in the mission's zone from here on: the one in mission.yaml, in the current directory. */
void cli_use_mission_zone(void);

#endif
