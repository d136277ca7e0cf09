#include "base/lines.h"
#include "base/test.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static uint8_t memory[LINES_MEMORY_MIN];
static char long_line[LINE_BYTES_MAX + 2];

struct pair {
	int from, to;
};

static struct pair make_pipe(void)
{
	int ends[2];
	ASSERT(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
	ASSERT(fcntl(ends[1], F_SETPIPE_SZ, 4 * LINES_MEMORY_MIN) > 0);
	return (struct pair){ends[0], ends[1]};
}

static void close_pipe(struct pair pair)
{
	close(pair.from);
	close(pair.to);
}

static void say(struct pair pair, struct str bytes)
{
	CHECK_INT(write(pair.to, bytes.at, bytes.len), (long long)bytes.len);
}

static struct str many(size_t n)
{
	memset(long_line, 'x', n);
	return (struct str){long_line, n};
}

/* Reads until the pipe is empty; what was found as one letter each: l(ine), T(oo long). */
static const char *all(struct lines_in *in, struct str *ret_last)
{
	static char found[64];
	size_t n = 0;
	struct str line;
	do {
		for (enum lines_found f; (f = lines_in_next(in, &line)) != LINES_NONE && n < sizeof found - 1;) {
			found[n++] = f == LINES_LINE ? 'l' : 'T';
			if (f == LINES_LINE)
				*ret_last = line;
		}
	} while (lines_in_fill(in, NULL) > 0);
	found[n] = 0;
	return found;
}

TEST(lines_come_out_as_they_went_in)
{
	struct pair pair = make_pipe();
	struct lines_in in;
	lines_in_init(&in, pair.from, memory, sizeof memory);
	struct str line;
	CHECK_INT(lines_in_next(&in, &line), LINES_NONE);
	say(pair, STR("one\n\ntwo\nthr"));
	CHECK_INT(lines_in_fill(&in, NULL), 12);
	CHECK_INT(lines_in_next(&in, &line), LINES_LINE);
	CHECK_STR(line, STR("one"));
	CHECK_INT(lines_in_next(&in, &line), LINES_LINE);
	CHECK_STR(line, STR(""));
	CHECK_INT(lines_in_next(&in, &line), LINES_LINE);
	CHECK_STR(line, STR("two"));
	CHECK_INT(lines_in_next(&in, &line), LINES_NONE);
	say(pair, STR("ee\n"));
	CHECK_INT(lines_in_fill(&in, NULL), 3);
	CHECK_INT(lines_in_next(&in, &line), LINES_LINE);
	CHECK_STR(line, STR("three"));
	close_pipe(pair);
}

TEST(nothing_to_read_and_the_end_are_told_apart)
{
	struct pair pair = make_pipe();
	struct lines_in in;
	struct error error;
	lines_in_init(&in, pair.from, memory, sizeof memory);
	CHECK_INT(lines_in_fill(&in, &error), 0);
	say(pair, STR("rest without an end"));
	close(pair.to);
	CHECK_INT(lines_in_fill(&in, &error), 19);
	CHECK_INT(lines_in_fill(&in, &error), ERROR_GONE);
	struct str line;
	CHECK_INT(lines_in_next(&in, &line), LINES_NONE);
	close(pair.from);
}

TEST(a_line_of_the_limit_passes_and_one_byte_more_is_told_once)
{
	const struct {
		size_t bytes;
		const char *found;
	} rows[] = {{LINE_BYTES_MAX, "ll"}, {LINE_BYTES_MAX + 1, "Tl"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair pair = make_pipe();
		struct lines_in in;
		struct str last = {0};
		lines_in_init(&in, pair.from, memory, sizeof memory);
		say(pair, many(rows[i].bytes));
		say(pair, STR("\nnext\n"));
		CHECK_STR(str_of(all(&in, &last)), str_of(rows[i].found));
		CHECK_STR(last, STR("next"));
		close_pipe(pair);
	}
}

TEST(a_line_without_end_is_told_once_and_costs_no_memory)
{
	struct pair pair = make_pipe();
	struct lines_in in;
	struct str last = {0};
	lines_in_init(&in, pair.from, memory, sizeof memory);
	say(pair, many(LINE_BYTES_MAX + 1));
	CHECK_STR(str_of(all(&in, &last)), STR("T"));
	for (int i = 0; i < 5; i++) {
		say(pair, many(LINE_BYTES_MAX));
		CHECK_STR(str_of(all(&in, &last)), STR(""));
	}
	say(pair, STR("tail\nback\n"));
	CHECK_STR(str_of(all(&in, &last)), STR("l"));
	CHECK_STR(last, STR("back"));
	close_pipe(pair);
}

TEST(memory_larger_than_a_line_still_refuses_a_longer_line)
{
	static uint8_t twice[2 * LINES_MEMORY_MIN];
	struct pair pair = make_pipe();
	struct lines_in in;
	struct str last = {0};
	lines_in_init(&in, pair.from, twice, sizeof twice);
	say(pair, many(LINE_BYTES_MAX + 1));
	say(pair, STR("\nnext\n"));
	CHECK_STR(str_of(all(&in, &last)), STR("Tl"));
	close_pipe(pair);
}

TEST(what_is_put_is_written_with_its_end)
{
	struct pair pair = make_pipe();
	static uint8_t queue[LINES_MEMORY_MIN];
	struct lines_in in;
	struct lines_out out;
	struct str last = {0};
	lines_in_init(&in, pair.from, memory, sizeof memory);
	lines_out_init(&out, pair.to, queue, sizeof queue);
	CHECK_INT(lines_out_put(&out, STR("one"), NULL), 0);
	struct buf room = lines_out_begin(&out);
	BUF_LIT(&room, "two");
	CHECK_INT(lines_out_end(&out, &room, NULL), 0);
	CHECK_INT(lines_out_waiting(&out), 8);
	CHECK_INT(lines_out_flush(&out, NULL), 0);
	CHECK_INT(lines_out_waiting(&out), 0);
	CHECK_STR(str_of(all(&in, &last)), STR("ll"));
	CHECK_STR(last, STR("two"));
	close_pipe(pair);
}

TEST(a_full_queue_refuses_whole_lines_and_takes_them_again_when_it_has_room)
{
	struct pair pair = make_pipe();
	static uint8_t queue[LINES_MEMORY_MIN];
	struct lines_out out;
	struct error error;
	lines_out_init(&out, pair.to, queue, sizeof queue);
	CHECK_INT(lines_out_put(&out, many(LINE_BYTES_MAX + 1), &error), ERROR_LIMIT);
	CHECK_INT(lines_out_waiting(&out), 0);
	CHECK_INT(lines_out_put(&out, many(LINE_BYTES_MAX), &error), 0);
	CHECK_INT(lines_out_put(&out, STR(""), &error), ERROR_LIMIT);
	CHECK_INT(lines_out_flush(&out, &error), 0);
	CHECK_INT(lines_out_put(&out, STR("room again"), &error), 0);
	close_pipe(pair);
}

TEST(a_reader_that_is_slow_leaves_the_rest_waiting_and_one_that_left_is_told)
{
	struct pair pair = make_pipe();
	static uint8_t queue[LINES_MEMORY_MIN];
	struct lines_out out;
	lines_out_init(&out, pair.to, queue, sizeof queue);
	int left = 0;
	for (int i = 0; i < 10 && left == 0; i++) {
		CHECK_INT(lines_out_put(&out, many(LINE_BYTES_MAX), NULL), 0);
		left = lines_out_flush(&out, NULL);
	}
	CHECK_INT(left, 1);
	CHECK(lines_out_waiting(&out) > 0);
	signal(SIGPIPE, SIG_IGN);
	close(pair.from);
	CHECK_INT(lines_out_flush(&out, NULL), ERROR_GONE);
	close(pair.to);
}
