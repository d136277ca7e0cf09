/* approve.c: a second person's word, and taking something back. */
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/tables.h"
#include "cli/waiting.h"
#include "cli/words.h"

#include "schema/json.h"

enum { TEXT_BYTES = 1 << 16 };

_Noreturn static void nothing_waits(int64_t pending)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "nothing waits for approval as %lld", (long long)pending);
	error_remedy(&error, "chancery pending lists what does. Its time may be over: let the command be given again.");
	die(EXIT_FAILED, &error);
}

/* What is agreed to is shown before; a passkey speaks for nothing that its owner did not see. */
static void show(struct asker *link, const struct answer_waiting *row, bool asserted)
{
	static char memory[TEXT_BYTES];
	struct buf b = BUF(memory);
	struct error error;
	waiting_put(&b, row, link_status(link).wall, &link->memory);
	BUF_LIT(&b, "\n");
	paint_flush(&b);
	if (row->whole || !asserted)
		return;
	error_set(&error, ERROR_INPUT, "you do not see all of it, so your passkey cannot speak for it");
	error_remedy(&error, row->masked ? "Open what is masked first: chancery look REF --purpose TEXT"
					 : "Let somebody approve it who may see it whole.");
	die(EXIT_FAILED, &error);
}

int cli_approve(int argc, char **argv)
{
	struct option_value passkey_path = {.name = "passkey"};
	struct passkey_file passkey;
	struct answer_waiting row;
	struct answer_line answer;
	struct asker link;
	int64_t pending = options_operand(options_read(argc, argv, &passkey_path, 1), "N");
	link_open(&link);
	if (!waiting_find(&link, (uint64_t)pending, &row))
		nothing_waits(pending);
	show(&link, &row, passkey_path.value != NULL);
	struct giving giving = {&link, give_passkey(passkey_path.value, &passkey)};
	enum exit_code code =
	    give_approval(&giving, (uint64_t)pending, row.command, row.has_body ? row.body : (struct str){0}, &answer);
	give_end(&giving);
	if (code == EXIT_OK)
		give_print_done(&giving, row.command, &answer.done);
	if (code == EXIT_OK)
		tables_follow(&link, row.command, false);
	asker_release(&link);
	return (int)code;
}

int cli_decline(int argc, char **argv)
{
	static char memory[TEXT_BYTES];
	struct option_value why = {.name = "why"};
	struct buf body = BUF(memory);
	struct answer_line answer;
	struct asker link;
	int64_t pending = options_operand(options_read(argc, argv, &why, 1), "N");
	if (!why.value)
		options_usage();
	oversight_decline_write(&body, &(struct oversight_decline){(uint64_t)pending, str_of(why.value)});
	link_open(&link);
	struct giving giving = {.link = &link};
	enum exit_code code = give_command(&giving, STR("oversight.decline"), buf_str(&body), &answer);
	if (code == EXIT_OK)
		give_print_done(&giving, STR("oversight.decline"), &answer.done);
	asker_release(&link);
	return (int)code;
}

int cli_undo(int argc, char **argv)
{
	struct answer_line answer;
	struct asker link;
	int64_t entry = options_operand(options_read(argc, argv, NULL, 0), "ENTRY");
	link_open(&link);
	struct giving giving = {.link = &link};
	enum exit_code code = give_undo(&giving, entry, &answer);
	if (code == EXIT_OK)
		give_print_done(&giving, (struct str){0}, &answer.done);
	asker_release(&link);
	return (int)code;
}
