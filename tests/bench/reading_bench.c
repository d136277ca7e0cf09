/* reading_bench.c: what those who read cost, with 300,000 entries: the index by ref made anew, the stream to somebody who follows, and pages of history of
 * a busy door. All of it is cut by the reader's rights, entry by entry.
 *
 *     reading_bench [ENTRIES]       300,000 without the word
 */
#include "bench/bench.h"
#include "bench/live.h"

#include <sys/socket.h>
#include <unistd.h>

enum { ENTRIES = 300000, PAGES = 200, PAGE_ENTRIES = 50, HEARD_BYTES = 1 << 20 };

static struct mission mission;
static char heard[HEARD_BYTES + 1];

static void make_index(uint64_t size)
{
	static struct bench_rounds steps;
	struct error error;
	double begin = bench_now(), before = begin;
	int more;
	do {
		more = hub_commit(mission.hub, &error);
		double now = bench_now();
		if (steps.n < BENCH_ROUNDS_MAX && mission_roll(16) == 0)
			bench_add(&steps, now - before);
		before = now;
	} while (more > 0);
	if (more < 0)
		die(EXIT_FAILED, &error);
	bench_tell("the index by ref made anew", (double)size * 1e9 / (bench_now() - begin), "/s", BENCH_NONE,
		   "%d entries at a time keep the core %.2f ms, %.2f ms p99", HUB_INDEX_ENTRIES,
		   bench_quantile(&steps, 0.5) / 1e6, bench_quantile(&steps, 0.99) / 1e6);
}

/* Until nothing comes any more: who follows does not see every entry, and is not told when there are no more. */
static void measure_stream(void)
{
	int fd = live_connect();
	struct timeval patience = {.tv_sec = 1};
	double bytes = 0, lines = 0, begin = bench_now(), end = begin;
	ssize_t got;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	live_say(fd, STR("{\"follow\":{\"from\":0}}"));
	while ((got = recv(fd, heard, HEARD_BYTES, 0)) > 0) {
		bytes += (double)got;
		end = bench_now();
		for (const char *at = heard; (at = memchr(at, '\n', (size_t)(heard + got - at))); at++)
			lines++;
	}
	ASSERT(got < 0 && lines > 0);
	bench_tell("the stream to somebody who follows", lines * 1e9 / (end - begin), "/s", BENCH_NONE,
		   "%.0f entries of %.0f bytes; a mission writes one or two a second", lines, bytes / lines);
	close(fd);
}

/* One page and the mark of the next. */
static void ask_page(int fd, char older[256])
{
	char line[512];
	size_t n = 0;
	snprintf(line, sizeof line, "{\"history\":{\"ref\":\"door:%d\",\"limit\":%d%s%s%s}}", MISSION_BUSY_DOOR,
		 PAGE_ENTRIES, older[0] ? ",\"older\":\"" : "", older, older[0] ? "\"" : "");
	live_say(fd, str_of(line));
	const char *end = NULL;
	while (!end) {
		ssize_t got = recv(fd, heard + n, HEARD_BYTES - n, 0);
		ASSERT(got > 0);
		n += (size_t)got;
		heard[n] = 0;
		end = heard[n - 1] == '\n' ? strstr(heard, "{\"end\":{\"older\":\"") : NULL;
	}
	int taken = sscanf(end, "{\"end\":{\"older\":\"%255[^\"]", older);
	ASSERT(taken == 1);
}

static void measure_history(uint64_t size)
{
	static struct bench_rounds newest, pages;
	int fd = live_connect();
	char older[256] = "";
	for (int i = 0; i < PAGES; i++) {
		char none[256] = "";
		double begin = bench_now();
		ask_page(fd, none);
		double between = bench_now();
		ask_page(fd, older);
		bench_add(&newest, between - begin);
		bench_add(&pages, bench_now() - between);
	}
	bench_tell("history of a busy door, the newest page", bench_quantile(&newest, 0.5) / 1e6, "ms", BENCH_NONE,
		   "%d entries of %llu; %.2f ms p99", PAGE_ENTRIES, (unsigned long long)size,
		   bench_quantile(&newest, 0.99) / 1e6);
	bench_tell("the same, older pages one after another", bench_quantile(&pages, 0.5) / 1e6, "ms", BENCH_NONE,
		   "%.2f ms p99", bench_quantile(&pages, 0.99) / 1e6);
	close(fd);
}

int main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : ENTRIES;
	struct live live;
	mission_make("reading_bench.mission");
	mission_open(&mission);
	mission_furnish(&mission);
	mission_attach(&mission);
	mission_fill(&mission, entries);
	uint64_t size = journal_size(hub_journal(mission.hub));
	make_index(size);
	mission_close(&mission);
	live_begin(&live);
	measure_history(size);
	measure_stream();
	live_end(&live);
	mission_remove();
	return EXIT_OK;
}
