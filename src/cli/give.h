/* give.h: a command on its way: with a passkey's word for it when one was given, asked again when it came too often, and
 * what became of it told to whoever gave it.
 */
#ifndef CLI_GIVE_H
#define CLI_GIVE_H

#include "cli/link.h"
#include "cli/passkey_file.h"

struct giving {
	struct asker *link;
	struct passkey_file *passkey; /* NULL: nobody asserts anything */
};

/* The passkey of an option, open; NULL when the option was not given. Ends the process when it is not good. */
struct passkey_file *give_passkey(const char *path, struct passkey_file *ret_passkey);

/* EXIT_OK: ret_answer is done. Else it was said on standard error why not: EXIT_REFUSED by the mission, EXIT_USAGE not
 * understood, EXIT_FAILED asked too often. Answers before are forgotten with asker_forget by the caller. */
enum exit_code give_command(struct giving *giving, struct str name, struct str body, struct answer_line *ret_answer);

/* A second person's agreement. `name` and `body` are what waits, as the passkey's word must be for it. */
enum exit_code give_approval(struct giving *giving, uint64_t pending, struct str name, struct str body,
			     struct answer_line *ret_answer);

enum exit_code give_undo(struct giving *giving, int64_t entry, struct answer_line *ret_answer);

/* What the command gave, and the entry, or what it waits for. */
void give_print_done(struct giving *giving, struct str name, const struct answer_done *done);

/* Wipes what was read of the passkey. */
void give_end(struct giving *giving);

#endif
