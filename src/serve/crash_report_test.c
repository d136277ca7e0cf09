#include "serve/crash_report.h"

#include "base/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static int home;
static char here[] = "/tmp/chancery-crash-XXXXXX";

static void enter(void)
{
	memcpy(here + strlen(here) - 6, "XXXXXX", 6);
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT(mkdtemp(here) && chdir(here) == 0 && mkdir("run", 0750) == 0);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

static void leave(void)
{
	ASSERT(fchdir(home) == 0);
	close(home);
	nftw(here, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool note(struct crash *crash, const char *text)
{
	struct log_line line;
	ASSERT(log_line_read(str_of(text), &line));
	return crash_note(crash, &line);
}

static struct crash a_panic(int64_t offset)
{
	char frame[128];
	struct crash crash = {0};
	note(&crash,
	     "{\"event\":\"panicked\",\"pid\":7,\"file\":\"core.c\",\"line\":62,\"why\":\"ASSERT(a == \\\"b\\\")\"}");
	note(&crash, "{\"event\":\"crashed\",\"pid\":7,\"signal\":6,\"doing\":\"people.enrol\"}");
	snprintf(frame, sizeof frame, "{\"event\":\"crash_frame\",\"pid\":7,\"module\":\"chancery\",\"offset\":%lld}",
		 (long long)offset);
	note(&crash, frame);
	note(&crash, "{\"event\":\"crash_told\",\"pid\":7}");
	return crash;
}

static struct crash_report a_report(const struct crash *crash, int64_t wall_ms)
{
	return (struct crash_report){.child = "driver line-1",
				     .program = "chancery 0.1",
				     .build = "5d1c",
				     .ended = "signal 6",
				     .crash = crash,
				     .wall_ms = wall_ms,
				     .lived_ms = 5322,
				     .recent = STR("{one}\n{two}\n")};
}

TEST(what_a_dying_process_says_is_gathered)
{
	struct crash crash = a_panic(4096);
	CHECK(crash.whole);
	CHECK_INT(crash.signal, 6);
	CHECK_INT(crash.n_frames, 1);
	CHECK_STR(str_of(crash.panic), STR("core.c:62: ASSERT(a == \"b\")"));
	CHECK(!note(&crash, "{\"event\":\"line_lost\"}"));
	CHECK(note(&crash, "{\"event\":\"crashed\",\"pid\":8,\"signal\":11,\"doing\":\"fold\"}"));
	CHECK_INT(crash.pid, 8);
	CHECK_INT(crash.n_frames, 0);
	CHECK_STR(str_of(crash.panic), STR(""));
}

TEST(more_frames_than_the_limit_are_left_out)
{
	struct crash crash = {0};
	for (int i = 0; i < CRASH_FRAMES_MAX + 1; i++)
		CHECK(note(&crash, "{\"event\":\"crash_frame\",\"pid\":7,\"module\":\"chancery\",\"offset\":1}"));
	CHECK_INT(crash.n_frames, CRASH_FRAMES_MAX);
}

TEST(a_report_says_who_what_where_and_what_was_logged)
{
	static uint8_t memory[CRASH_REPORT_BYTES_MAX];
	struct buf text = BUF(memory);
	struct crash crash = a_panic(4096);
	struct crash_memory before = {0};
	struct error error;
	enter();
	struct crash_report report = a_report(&crash, 1795508119123);
	CHECK_OK(crash_report_write(&report, &before, &error), &error);
	CHECK_STR(str_of(before.name), STR("2026-11-24T08-15-19.123Z-driver-line-1"));
	CHECK(crash_report_read(before.name, &text));
	CHECK_STR(buf_str(&text), STR("chancery crash report\n"
				      "at: 2026-11-24T08:15:19.123Z\n"
				      "child: driver line-1\n"
				      "program: chancery 0.1\n"
				      "build: 5d1c\n"
				      "ended: signal 6\n"
				      "panic: core.c:62: ASSERT(a == \"b\")\n"
				      "doing: people.enrol\n"
				      "lived: 5322 ms\n"
				      "frame: chancery +0x1000\n"
				      "log: {one}\n"
				      "log: {two}\n"));
	leave();
}

TEST(the_same_death_again_is_counted_and_another_one_is_another_report)
{
	static uint8_t memory[CRASH_REPORT_BYTES_MAX];
	static char names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES];
	struct buf text = BUF(memory);
	struct crash first = a_panic(4096), second = a_panic(4097);
	struct crash_memory before = {0};
	struct error error;
	enter();
	for (int i = 0; i < 3; i++) {
		struct crash_report report = a_report(&first, 1795508119123 + i * 1000);
		CHECK_OK(crash_report_write(&report, &before, &error), &error);
	}
	CHECK(crash_report_read(before.name, &text));
	CHECK(str_contains(buf_str(&text),
			   STR("at: 2026-11-24T08:15:19.123Z\nagain: 2 times\nnewest: 2026-11-24T08:15:21.123Z\n")));
	struct crash_report report = a_report(&second, 1795508129123);
	CHECK_OK(crash_report_write(&report, &before, &error), &error);
	CHECK_INT(crash_report_list(names), 2);
	leave();
}

TEST(so_many_reports_are_kept_and_the_oldest_go)
{
	static char names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES];
	struct error error;
	enter();
	CHECK_INT(crash_report_list(names), 0);
	for (int i = 0; i < CRASH_REPORTS_MAX + 1; i++) {
		struct crash crash = a_panic(i);
		struct crash_memory before = {0};
		struct crash_report report = a_report(&crash, 1795508119123 + i * 1000);
		CHECK_OK(crash_report_write(&report, &before, &error), &error);
		CHECK_INT(crash_report_list(names), i < CRASH_REPORTS_MAX ? i + 1 : CRASH_REPORTS_MAX);
	}
	CHECK_STR(str_of(names[0]), STR("2026-11-24T08-15-20.123Z-driver-line-1"));
	CHECK(access(CRASH_DIRECTORY "/2026-11-24T08-15-19.123Z-driver-line-1", F_OK) < 0);
	leave();
}

TEST(only_reports_are_read)
{
	static uint8_t memory[64];
	struct buf text = BUF(memory);
	enter();
	ASSERT(mkdir(CRASH_DIRECTORY, 0750) == 0 && symlink("/etc/passwd", CRASH_DIRECTORY "/2026") == 0);
	CHECK(!crash_report_read("2026", &text));
	CHECK(!crash_report_read("../keeper.lock", &text));
	CHECK(!crash_report_read("2026/../../keeper.lock", &text));
	CHECK(!crash_report_read("", &text));
	leave();
}
