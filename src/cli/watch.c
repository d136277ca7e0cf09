/* watch.c: the living mission: what happens, a line each, and beneath it how the mission is. */
#include "cli/cli.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/story.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 16384, STATUS_MS = 1000, RETRY_MS = 500, RECENT = 12 };

struct watch {
	struct asker stream, asker;
	char at[64]; /* the mark of the last entry that came */
	size_t at_len;
	struct ask_follow begin; /* where the stream begins before there is one */
	uint64_t granted, denied;
	bool has_foot; /* the last line on the screen is the status */
	enum language language;
	int64_t status_at_ms;
	struct answer_status status; /* numbers only: its texts are gone */
};

static volatile sig_atomic_t ending;

static void end(int signal_number)
{
	ending = signal_number;
}

static int64_t now_ms(void)
{
	return clock_elapsed_us() / 1000;
}

static void put_grouped(struct buf *b, int64_t number)
{
	char digits[24];
	int n = snprintf(digits, sizeof digits, "%lld", (long long)number);
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			buf_put_char(b, ',');
		buf_put_char(b, digits[i]);
	}
}

/* The foot */

static void lift_foot(struct watch *watch, struct buf *b)
{
	if (watch->has_foot)
		BUF_LIT(b, "\r\033[K");
	watch->has_foot = false;
}

static void put_foot(struct watch *watch, struct buf *b)
{
	const struct answer_status *s = &watch->status;
	if (!paint_is_on() || s->wall == 0)
		return;
	BUF_LIT(b, "  ");
	paint_put(b, PAINT_DIM);
	words_put_clock(b, s->wall);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "     ");
	put_grouped(b, s->size);
	BUF_LIT(b, " entries   ");
	paint_put(b, s->online == s->readers ? PAINT_GOOD : PAINT_CARE);
	buf_put_i64(b, s->online);
	BUF_LIT(b, "/");
	buf_put_i64(b, s->readers);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, " readers online   ✓ ");
	put_grouped(b, (int64_t)watch->granted);
	BUF_LIT(b, "  ✗ ");
	put_grouped(b, (int64_t)watch->denied);
	BUF_LIT(b, "   durable in ");
	buf_put_i64(b, s->commit_us / 1000);
	buf_put_char(b, '.');
	buf_put_i64(b, s->commit_us / 100 % 10);
	BUF_LIT(b, " ms");
	watch->has_foot = true;
}

/* The head, once */

static void put_head(struct buf *b, const struct answer_status *s)
{
	BUF_LIT(b, "\n  ");
	paint_put(b, PAINT_STRONG);
	buf_put_str(b, s->mission);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "\n  ");
	paint_put(b, PAINT_DIM);
	buf_put_i64(b, s->doors);
	BUF_LIT(b, " doors   ");
	buf_put_i64(b, s->people);
	BUF_LIT(b, " people   ");
	buf_put_i64(b, s->rules);
	BUF_LIT(b, " access rules   Ctrl-C ends; `chancery history door:1` tells why");
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "\n\n");
}

/* Answers */

static void show_entry(struct watch *watch, struct buf *b, const struct answer_entry *answer)
{
	struct story story;
	story_begin(&story, answer, watch->language, &watch->stream.memory);
	watch->at_len = answer->at.len;
	memcpy(watch->at, answer->at.at, answer->at.len);
	for (size_t i = 0; i < answer->events.n; i++) {
		watch->granted += str_eq(answer->events.at[i].name, STR("access.Granted"));
		watch->denied += str_eq(answer->events.at[i].name, STR("access.Denied"));
	}
	if (!story_is_shown(&story))
		return;
	lift_foot(watch, b);
	story_put_line(b, &story, cli_columns());
	BUF_LIT(b, "\n");
}

static bool ask_status(struct watch *watch)
{
	struct answer_line answer;
	struct error error;
	arena_clear(&watch->asker.memory);
	link_send(&watch->asker, &(struct ask_line){.kind = ASK_LINE_STATUS});
	if (asker_next(&watch->asker, &answer, &error) < 0 || answer.kind != ANSWER_LINE_STATUS)
		return false;
	watch->status = answer.status;
	watch->status_at_ms = now_ms() + STATUS_MS;
	return true;
}

/* What waits in the stream; false when the core went away. What it does not take it would not take again either. */
static bool take_entries(struct watch *watch, struct buf *b)
{
	struct answer_line answer;
	struct error error;
	do {
		arena_clear(&watch->stream.memory);
		int failed = asker_next(&watch->stream, &answer, &error);
		if (failed == ERROR_INPUT)
			link_die(&error);
		if (failed < 0)
			return false;
		if (answer.kind == ANSWER_LINE_ENTRY)
			show_entry(watch, b, &answer.entry);
		if (b->len > b->size / 2)
			paint_flush(b);
	} while (asker_has_line(&watch->stream));
	return true;
}

static bool connect_links(struct watch *watch)
{
	struct error error;
	if (asker_connect(&watch->stream, &error) < 0)
		return false;
	if (asker_connect(&watch->asker, &error) < 0) {
		asker_release(&watch->stream);
		return false;
	}
	return true;
}

/* Until the core goes away or the user ends it. */
static void follow(struct watch *watch, struct buf *b)
{
	struct pollfd wait = {.fd = watch->stream.fd, .events = POLLIN};
	struct ask_follow follow = watch->begin;
	if (watch->at_len > 0)
		follow = (struct ask_follow){.has_after = true, .after = {watch->at, watch->at_len}};
	link_send(&watch->stream, &(struct ask_line){.kind = ASK_LINE_FOLLOW, .follow = follow});
	while (!ending) {
		int64_t left = watch->status_at_ms - now_ms();
		int ready = poll(&wait, 1, left > 0 ? (int)left : 0);
		if (ready > 0 && !take_entries(watch, b))
			return;
		if (now_ms() >= watch->status_at_ms && !ask_status(watch))
			return;
		lift_foot(watch, b);
		put_foot(watch, b);
		paint_flush(b);
	}
}

static void wait_for_core(struct watch *watch, struct buf *b)
{
	lift_foot(watch, b);
	paint_put(b, PAINT_CARE);
	BUF_LIT(b, "  The core is away; doors wait for it. Trying again …\n");
	paint_put(b, PAINT_PLAIN);
	paint_flush(b);
	while (!ending && !connect_links(watch))
		nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000L}, NULL);
}

/* The last few entries, where nothing else was said. */
static struct ask_follow begin_of(const struct option_value *from, const struct option_value *after)
{
	struct ask_follow begin = {.has_from = from->value != NULL, .has_after = after->value != NULL};
	if (begin.has_from && begin.has_after)
		options_usage();
	if (begin.has_from)
		options_number(from, 0, JSON_INT_MAX, &begin.from);
	else if (begin.has_after)
		begin.after = str_of(after->value);
	else
		begin = (struct ask_follow){.has_last = true, .last = RECENT};
	return begin;
}

int cli_watch(int argc, char **argv)
{
	static char memory[LINE_BYTES * 4];
	static struct watch watch;
	struct option_value values[] = {{.name = "from"}, {.name = "after"}};
	struct buf b = BUF(memory);
	if (options_read(argc, argv, values, ARRAY_LEN(values)))
		options_usage();
	struct sigaction action = {.sa_handler = end};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	watch.language = cli_language();
	cli_use_mission_zone();
	link_open(&watch.stream);
	link_open(&watch.asker);
	watch.status = link_status(&watch.asker);
	put_head(&b, &watch.status);
	watch.begin = begin_of(&values[0], &values[1]);
	for (;;) {
		follow(&watch, &b);
		asker_release(&watch.stream);
		asker_release(&watch.asker);
		if (ending)
			break;
		wait_for_core(&watch, &b);
		if (ending)
			break;
	}
	BUF_LIT(&b, "\n");
	paint_flush(&b);
	return EXIT_OK;
}
