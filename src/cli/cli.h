/* cli.h: what the commands of `chancery` share: one file a command, one row each in main.c.
 *
 * A command gets the words behind its name. It speaks to a running mission over run/core.sock in the mission's directory, which is the current one
 * unless -C or CHANCERY_MISSION names it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/arena.h"
#include "base/error.h"
#include "base/lines.h"
#include "gen/codec.h"

struct cli_command {
	const char *name, *usage, *about;
	int (*run)(int argc, char **argv); /* returns an exit code */
	bool inside;			   /* needs the mission's directory as the current one */
};

int cli_ask(int argc, char **argv); /* `chancery people enrol …`: argv[0] is the domain */
int cli_backup(int argc, char **argv);
int cli_cosign(int argc, char **argv);
int cli_crashes(int argc, char **argv);
int cli_destroy(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_history(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_init(int argc, char **argv);
int cli_keys(int argc, char **argv);
int cli_log(int argc, char **argv);
int cli_prove(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_status(int argc, char **argv);
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

/* A connection to the core. One question at a time: send, then receive until the answer is whole. */
struct core_link {
	int fd;
	struct lines_in in;
	struct arena in_memory;
	struct arena memory; /* of answers, as lines and decoded; the caller clears it between them */
	bool unlocks;	     /* it may be answered that the keys are closed */
	bool searching;	     /* the core may look through the whole record before it answers: no patience ends */
};

/* Dies with a remedy when no mission runs here; core_link_try returns false instead. */
void core_link_open(struct core_link *link);
bool core_link_try(struct core_link *link);
void core_link_close(struct core_link *link);
void core_link_send(struct core_link *link, const struct ask_line *ask);
/* The next answer. ERROR_INPUT, with the core's own words, when it did not take the question; ERROR_GONE when it went away. */
int core_link_receive(struct core_link *link, struct answer_line *ret_answer, struct error *error);
/* Ends the process with the exit code that belongs to an error of core_link_receive. */
_Noreturn void core_link_die(const struct error *error);
/* How the mission is; ends the process when the core does not say so. Texts live until the link's memory is cleared. */
struct answer_status core_link_status(struct core_link *link);

/* Whether the next answer is here already. */
bool core_link_has_line(const struct core_link *link);

/* A long text on a terminal that may be narrow or none: columns, or 0 when standard output is no terminal. */
int cli_columns(void);
/* The language of LC_ALL, LC_MESSAGES, LANG when it is one of ours, else English. */
enum language cli_language(void);

/* Times are shown in the mission's zone from here on: the one in mission.yaml, in the current directory. */
void cli_use_mission_zone(void);

#endif
