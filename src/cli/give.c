#include "cli/give.h"

#include "cli/cli.h"
#include "cli/paint.h"
#include "cli/words.h"
#include "gen/dispatch.h"

#include <time.h>

enum {
	TRIES_MAX = 5,
	BUSY_MS_MAX = 20 * 1000, /* longer than that nobody sits and waits */
	TEXT_BYTES = 4096,
	NAME_BYTES = 128,
};

struct passkey_file *give_passkey(const char *path, struct passkey_file *ret_passkey)
{
	struct error error;
	if (!path)
		return NULL;
	if (passkey_file_open(ret_passkey, path, &error) < 0)
		die(EXIT_USAGE, &error);
	return ret_passkey;
}

void give_end(struct giving *giving)
{
	if (giving->passkey)
		passkey_file_close(giving->passkey);
	giving->passkey = NULL;
}

/* On its way */

static int assert_it(struct giving *giving, struct str name, struct str body, struct assertion *ret_assertion,
		     struct error *error)
{
	struct answer_line answer;
	int failed =
	    asker_ask_one(giving->link, &(struct ask_line){.kind = ASK_LINE_NONCE}, ANSWER_LINE_NONCE, &answer, error);
	if (failed < 0)
		return failed;
	struct assertion_asked asked = {.name = name, .body = body, .nonce = answer.nonce.nonce};
	return passkey_file_assert(giving->passkey, &asked, ret_assertion, error);
}

/* A nonce is good once, so each try has its own. */
static int ask_once(struct giving *giving, struct ask_line *line, struct str name, struct str body,
		    struct answer_line *ret_answer, struct error *error)
{
	struct assertion assertion;
	int failed = 0;
	if (giving->passkey && line->kind != ASK_LINE_UNDO)
		failed = assert_it(giving, name, body, &assertion, error);
	if (failed == 0 && giving->passkey && line->kind == ASK_LINE_COMMAND) {
		line->command.has_assertion = true;
		line->command.assertion = assertion;
	} else if (failed == 0 && giving->passkey && line->kind == ASK_LINE_APPROVE) {
		line->approve.has_assertion = true;
		line->approve.assertion = assertion;
	}
	if (failed == 0)
		failed = asker_ask(giving->link, line, error);
	return failed == 0 ? asker_next(giving->link, ret_answer, error) : failed;
}

static bool waits_for_another_try(const struct answer_busy *busy, int *tries)
{
	char text[NAME_BYTES];
	struct buf b = BUF(text);
	words_put_span(&b, busy->retry_ms);
	if (busy->retry_ms > BUSY_MS_MAX || ++*tries == TRIES_MAX) {
		fprintf(stderr, "Asked too often: nothing was done. Ask again in " STR_FMT ".\n", STR_ARG(buf_str(&b)));
		return false;
	}
	fprintf(stderr, "Asked too often; trying again in " STR_FMT " …\n", STR_ARG(buf_str(&b)));
	nanosleep(&(struct timespec){.tv_sec = busy->retry_ms / 1000, .tv_nsec = busy->retry_ms % 1000 * 1000000},
		  NULL);
	return true;
}

static void print_refusal(const struct giving *giving, const struct answer_refused *refused)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	struct saying saying = {.language = cli_language(), .arena = &giving->link->memory};
	words_put_refusal(&b, &saying, refused->name, refused->takes);
	fprintf(stderr, "Refused: " STR_FMT, STR_ARG(buf_str(&b)));
	if (refused->has_entry)
		fprintf(stderr, " (entry %lld)", (long long)refused->entry);
	fputs("\n", stderr);
}

static enum exit_code give(struct giving *giving, struct ask_line *line, struct str name, struct str body,
			   struct answer_line *ret_answer)
{
	char text[NAME_BYTES];
	struct buf spoken = BUF(text);
	struct error error;
	int failed, tries = 0;
	do
		failed = ask_once(giving, line, name, body, ret_answer, &error);
	while (failed == 0 && ret_answer->kind == ANSWER_LINE_BUSY && waits_for_another_try(&ret_answer->busy, &tries));
	if (failed < 0) {
		words_put_spoken(&spoken, name);
		if (failed == ERROR_INPUT && name.len > 0)
			error_where(&error, STR_FMT, STR_ARG(buf_str(&spoken)));
		error_print(&error);
		return failed == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED;
	}
	if (ret_answer->kind == ANSWER_LINE_REFUSED)
		print_refusal(giving, &ret_answer->refused);
	return ret_answer->kind == ANSWER_LINE_DONE	 ? EXIT_OK
	       : ret_answer->kind == ANSWER_LINE_REFUSED ? EXIT_REFUSED
							 : EXIT_FAILED;
}

enum exit_code give_command(struct giving *giving, struct str name, struct str body, struct answer_line *ret_answer)
{
	struct ask_line line = {.kind = ASK_LINE_COMMAND, .command = {.name = name, .body = body}};
	return give(giving, &line, name, body, ret_answer);
}

enum exit_code give_approval(struct giving *giving, uint64_t pending, struct str name, struct str body,
			     struct answer_line *ret_answer)
{
	struct ask_line line = {.kind = ASK_LINE_APPROVE, .approve = {.pending = pending}};
	return give(giving, &line, name, body, ret_answer);
}

enum exit_code give_undo(struct giving *giving, int64_t entry, struct answer_line *ret_answer)
{
	struct ask_line line = {.kind = ASK_LINE_UNDO, .undo = {.entry = entry}};
	return give(giving, &line, (struct str){0}, (struct str){0}, ret_answer);
}

/* What became of it */

static void put_entry(struct buf *b, const struct answer_done *done)
{
	if (done->has_entry) {
		BUF_LIT(b, "entry ");
		buf_put_i64(b, done->entry);
	} else {
		BUF_LIT(b, "mark ");
		buf_put_str(b, done->at);
	}
}

static void put_pending(struct buf *b, struct str name, const struct answer_done *done)
{
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, name);
	BUF_LIT(b, "asked for, ");
	put_entry(b, done);
	BUF_LIT(b, "\nIt waits for a second person");
	if (type && type->n_approvers > 0) {
		BUF_LIT(b, ": a ");
		words_put_or(b, type->approvers, type->n_approvers);
		BUF_LIT(b, " other than you, within ");
		words_put_span(b, type->approve_within);
	}
	BUF_LIT(b, "\nThat person's words: chancery approve ");
	buf_put_u64(b, done->pending);
	if (type && type->grave)
		BUF_LIT(b, " --passkey FILE");
	BUF_LIT(b, "   or   chancery decline ");
	buf_put_u64(b, done->pending);
	BUF_LIT(b, " --why TEXT");
}

static void put_done(struct buf *b, struct giving *giving, struct str name, const struct answer_done *done)
{
	struct saying saying = {.language = cli_language(), .arena = &giving->link->memory};
	BUF_LIT(b, "done, ");
	put_entry(b, done);
	words_put_gives(b, &saying, name, done->gives);
}

void give_print_done(struct giving *giving, struct str name, const struct answer_done *done)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, name);
	if (done->has_pending)
		put_pending(&b, name, done);
	else
		put_done(&b, giving, name, done);
	if (type && type->life_safety)
		BUF_LIT(&b, "\nA second person is to review it within the hour: chancery pending");
	BUF_LIT(&b, "\n");
	paint_flush(&b);
}
