/* waiting.c: `chancery pending`. */
#include "cli/waiting.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/words.h"
#include "gen/dispatch.h"

enum { TEXT_BYTES = 1 << 17 };

bool waiting_find(struct asker *link, uint64_t pending, struct answer_waiting *ret_row)
{
	bool found = false;
	link_send(link, &(struct ask_line){.kind = ASK_LINE_WAITING});
	for (struct answer_line answer = link_next(link); answer.kind == ANSWER_LINE_WAITING;
	     answer = link_next(link)) {
		if (answer.waiting.of != ANSWER_WAITING_OF_APPROVAL || (uint64_t)answer.waiting.number != pending)
			continue;
		*ret_row = answer.waiting;
		found = true;
	}
	return found;
}

void waiting_put(struct buf *b, const struct answer_waiting *row, int64_t now, struct arena *arena)
{
	struct saying saying = {cli_language(), row->names, arena, row->masked, row->erased};
	words_put_command(b, &saying, row->command, row->has_body ? row->body : (struct str){0});
	buf_put_str(b, row->of == ANSWER_WAITING_OF_APPROVAL ? STR(", asked by ") : STR(", done by "));
	words_put_shown(b, row->login);
	BUF_LIT(b, " ");
	words_put_span(b, now - row->wall);
	BUF_LIT(b, " ago");
}

static void put_ways(struct buf *b, const struct answer_waiting *row)
{
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, row->command);
	BUF_LIT(b, "\n     ");
	if (!row->may) {
		BUF_LIT(b, "not by you");
	} else if (row->of == ANSWER_WAITING_OF_APPROVAL) {
		BUF_LIT(b, "chancery approve ");
		buf_put_i64(b, row->number);
		if (type && type->grave)
			BUF_LIT(b, " --passkey FILE");
		BUF_LIT(b, "   or   chancery decline ");
		buf_put_i64(b, row->number);
		BUF_LIT(b, " --why TEXT");
	} else {
		BUF_LIT(b, "chancery oversight review --review ");
		buf_put_i64(b, row->number);
		BUF_LIT(b, " --finding proper");
	}
}

static void put_row(struct buf *b, const struct answer_waiting *row, int64_t now, struct arena *arena)
{
	char number[24];
	struct buf n = BUF(number);
	buf_put_i64(&n, row->number);
	BUF_LIT(b, "  ");
	words_put_padded(b, buf_str(&n), 3);
	waiting_put(b, row, now, arena);
	if (row->has_entry) {
		BUF_LIT(b, " (entry ");
		buf_put_i64(b, row->entry);
		BUF_LIT(b, ")");
	}
	BUF_LIT(b, "\n     ");
	if (!row->has_until) {
		paint_put(b, PAINT_BAD);
		BUF_LIT(b, "overdue: nobody has looked at it in time");
		paint_put(b, PAINT_PLAIN);
	} else {
		words_put_span(b, row->until - now);
		BUF_LIT(b, " left");
	}
	put_ways(b, row);
	BUF_LIT(b, "\n");
}

/* Of each kind a headline, before its first row. */
static void show(struct asker *link, int64_t now, bool as_json)
{
	static char memory[TEXT_BYTES];
	static const char *const heads[] = {[ANSWER_WAITING_OF_APPROVAL] = "Waits for approval by a second person:\n",
					    [ANSWER_WAITING_OF_REVIEW] = "Was done at once, and is to be reviewed:\n"};
	enum answer_waiting_of told = 0;
	struct buf b = BUF(memory);
	link_send(link, &(struct ask_line){.kind = ASK_LINE_WAITING});
	for (struct answer_line answer = link_next(link); answer.kind == ANSWER_LINE_WAITING;
	     answer = link_next(link)) {
		const struct answer_waiting *row = &answer.waiting;
		if (as_json) {
			answer_waiting_write(&b, row);
			BUF_LIT(&b, "\n");
		} else {
			if (told != row->of)
				buf_put_str(&b, str_of(heads[row->of]));
			put_row(&b, row, now, &link->memory);
		}
		told = row->of;
		paint_flush(&b);
		asker_forget(link);
	}
	if (told == 0 && !as_json)
		printf("Nothing waits for a second person.\n");
}

int cli_pending(int argc, char **argv)
{
	struct option_value json = {.name = "json", .flag = true};
	struct asker link;
	if (options_read(argc, argv, &json, 1))
		options_usage();
	link_open(&link);
	int64_t now = link_status(&link).wall;
	asker_forget(&link);
	show(&link, now, json.value != NULL);
	asker_release(&link);
	return EXIT_OK;
}
