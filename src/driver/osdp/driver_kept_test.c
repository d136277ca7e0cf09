#include "driver/osdp/driver_rig_test.h"

#include "base/buf.h"
#include "driver/kit/process.h"
#include "driver/osdp/panel.h"
#include "grant/sample_test.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

/* The driver with `begin`: what it keeps in run/drivers/line-1/, and what it does when it is killed and no core
 * is there. */

#define BEGIN                                                                                                          \
	"{\"begin\":{\"contract\":1,\"driver\":\"line-1\","                                                            \
	"\"key\":\"4444444444444444444444444444444444444444444444444444444444444444\"}}"

static struct grant_sample sample;
static char boot[17];
static const uint8_t seed[GRANT_SEED_BYTES] = {5};
static const uint8_t card_bytes[4] = {0xAB, 0xCD, 0xEF, 0x40};

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status;
	(void)kind;
	(void)place;
	return remove(path);
}

/* A directory of its own, which becomes the current one. */
static void enter_mission(void)
{
	static char path[64];
	if (path[0])
		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	snprintf(path, sizeof path, "/tmp/chancery-kept-XXXXXX");
	ASSERT(mkdtemp(path) && chdir(path) == 0);
}

static void leave_mission(void)
{
	char path[256];
	ASSERT(getcwd(path, sizeof path) && chdir("/") == 0);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void say_full_config(const char *accepted, const char *device, int answer_ms)
{
	static char line[1024];
	char signer[65] = "";
	uint8_t public[GRANT_KEY_BYTES];
	struct buf hex = BUF(signer);
	ASSERT(sodium_init() >= 0);
	grant_public_key(seed, public);
	buf_put_hex(&hex, public, sizeof public);
	snprintf(
	    line, sizeof line,
	    "{\"config\":{\"contract\":1,\"driver\":\"line-1\",%s\"now\":%lld,\"table_key\":\"%.64s\",\"answer\":%d,"
	    "\"settings\":{\"baud\":115200,\"device\":\"%s\","
	    "\"readers\":[{\"address\":0,\"key\":\"%s\",\"output\":2,\"reader\":3}]}}}",
	    accepted, (long long)clock_wall_ms(), signer, answer_ms, device, KEY);
	say(line);
}

static void say_table(uint64_t number)
{
	static char text[8192];
	struct grant_head head = {.number = number,
				  .made = clock_wall_ms() - 1000,
				  .until = clock_wall_ms() + GRANT_VALID_MS,
				  .mission = STR("chancery/test"),
				  .driver = STR("line-1")};
	memset(sample.driver_key, 0x44, sizeof sample.driver_key);
	grant_sample_begin(&sample, &head);
	grant_sample_reader(&sample, 3, 1, 0);
	grant_sample_card(&sample, (struct str){(const char *)card_bytes, 4}, 26, head.made, head.until);
	grant_sample_end(&sample, seed);
	struct buf out = BUF(text);
	BUF_LIT(&out, "{\"table\":{\"number\":");
	buf_put_u64(&out, number);
	BUF_LIT(&out, ",\"part\":1,\"of\":1,\"data\":\"");
	buf_put_hex(&out, sample.bytes, sample.n);
	BUF_LIT(&out, "\"}}");
	buf_put_char(&out, 0);
	ASSERT(!out.over);
	say(text);
}

static void remember_boot(void)
{
	size_t hello = wait_for(0, "{\"hello\"", "");
	const char *at = hello < SAID_MAX ? strstr(rig.said[hello], "\"boot\":\"") : NULL;
	CHECK(at);
	snprintf(boot, sizeof boot, "%.16s", at ? at + 8 : "");
}

/* Online, with a table that opens door 1 for the card. */
static void start_kept(int answer_ms)
{
	enter_mission();
	start();
	say(BEGIN);
	say_full_config("", rig.device, answer_ms);
	CHECK(wait_for(0, "doors.reader_tamper", "\"tamper\":false") < SAID_MAX);
	remember_boot();
	say_table(5);
	CHECK(wait_for(0, "{\"confirmed\"", "\"number\":5") < SAID_MAX);
}

static void kill_process(void)
{
	int status;
	kill(rig.pid, SIGKILL);
	ASSERT(waitpid(rig.pid, &status, 0) == rig.pid);
	close(rig.to);
	close(rig.from);
	fake_restart(&rig.fake);
}

static bool wait_opened(unsigned times)
{
	for (int64_t end_us = clock_elapsed_us() + WAIT_MS * 1000; clock_elapsed_us() < end_us; turn(1))
		if (rig.fake.heard[FRAME_OUT] >= times)
			return true;
	return false;
}

TEST(a_card_that_the_core_does_not_answer_opens_by_the_table_and_the_late_order_does_not_open_again)
{
	start_kept(300);
	fake_card(&rig.fake, card_bytes, 26);
	size_t read = wait_for(0, "access.card_read", "\"sequence\":4");
	CHECK(read < SAID_MAX);
	CHECK(wait_opened(1));
	CHECK(wait_for(read, "access.card_decided", "\"read\":4") < SAID_MAX);
	say("{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":5000},\"entry\":812,\"event\":1,\"answers\":4,"
	    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}");
	CHECK(wait_for(read, "{\"expired\"", "\"entry\":812") < SAID_MAX);
	let_run(200);
	CHECK_INT(rig.fake.heard[FRAME_OUT], 1);
	CHECK_INT(end(), EXIT_OK);
	leave_mission();
}

TEST(killed_and_started_again_without_a_core_the_doors_open_within_a_second)
{
	start_kept(300);
	kill_process();
	int64_t began_us = clock_elapsed_us();
	start_process();
	say(BEGIN);
	fake_card(&rig.fake, card_bytes, 26);
	CHECK(wait_opened(1));
	int64_t took_ms = (clock_elapsed_us() - began_us) / 1000;
	printf("  from the start of the process to OUT by the table, with a reader's handshake between: %lld ms\n",
	       (long long)took_ms);
	CHECK(took_ms < 1000);
	CHECK_INT(rig.n_said, 0);
	CHECK_INT(rig.heartbeats, 0);
	/* A core comes, which has taken the first two. */
	char accepted[96];
	snprintf(accepted, sizeof accepted, "\"accepted\":{\"boot\":\"%s\",\"sequence\":2},", boot);
	say_full_config(accepted, rig.device, 300);
	CHECK_INT(wait_for(0, "{\"hello\"", "\"next\":3"), 0);
	CHECK(strstr(rig.said[0], boot));
	size_t confirmed = wait_for(1, "{\"confirmed\"", "\"sequence\":3");
	CHECK_INT(confirmed, 1);
	CHECK(wait_for(1, "doors.reader_online", "\"sequence\":4") < SAID_MAX);
	CHECK(wait_for(1, "access.card_decided", "\"outcome\":\"granted\"") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
	leave_mission();
}

TEST(a_core_that_speaks_in_the_same_moment_is_heard)
{
	start_kept(300);
	kill_process();
	start_process();
	kill(rig.pid, SIGSTOP); /* so that both lines are there at its first look */
	say(BEGIN);
	say_full_config("", rig.device, 300);
	kill(rig.pid, SIGCONT);
	CHECK_INT(wait_for(0, "{\"hello\"", boot), 0);
	CHECK_INT(end(), EXIT_OK);
	leave_mission();
}

TEST(a_lockdown_outlives_the_process_and_needs_no_core)
{
	start_kept(300);
	say("{\"desired\":{\"entry\":20,\"event\":1,\"name\":\"doors.Held\",\"key\":\"driver:1\","
	    "\"body\":{\"driver\":1,\"readers\":1,\"addresses\":\"01000000000000000000000000000000\"}}}");
	CHECK(wait_for(0, "{\"done\"", "\"entry\":20") < SAID_MAX);
	kill_process();
	start_process();
	say(BEGIN);
	fake_card(&rig.fake, card_bytes, 26);
	for (int64_t end_us = clock_elapsed_us() + WAIT_MS * 1000;
	     clock_elapsed_us() < end_us && !rig.fake.heard[FRAME_BUZ];)
		turn(5);
	CHECK_INT(rig.fake.heard[FRAME_BUZ], 1);
	CHECK_INT(rig.fake.heard[FRAME_OUT], 0);
	CHECK_INT(end(), EXIT_OK);
	leave_mission();
}

TEST(a_device_that_is_not_there_any_more_waits_for_what_the_core_says_and_no_longer)
{
	enter_mission();
	start();
	say(BEGIN);
	say_full_config("", rig.device, 300);
	CHECK(wait_for(0, "doors.reader_online", "") < SAID_MAX);
	say_full_config("", "run/lines/not-there", 300);
	int status;
	CHECK_INT(waitpid(rig.pid, &status, 0), rig.pid);
	CHECK_INT(status, 0);
	close(rig.to);
	close(rig.from);
	fake_restart(&rig.fake);
	start_process(); /* finds the new name, which leads nowhere */
	say(BEGIN);
	poll(NULL, 0, 100);
	say_full_config("", rig.device, 300);
	CHECK(wait_for(0, "doors.reader_online", "") < SAID_MAX);
	kill_process();
	close(rig.terminal);
	int64_t began_us = clock_elapsed_us();
	start_process();
	say(BEGIN);
	CHECK_INT(waitpid(rig.pid, &status, 0), rig.pid);
	CHECK_INT(WEXITSTATUS(status), EXIT_DEVICE);
	CHECK((clock_elapsed_us() - began_us) / 1000 >= PROCESS_CORE_SPEAKS_MS);
	close(rig.to);
	close(rig.from);
	leave_mission();
}

/* Every byte of every file, and whether the text stands in one of them. */
static bool files_contain(const void *text, size_t n)
{
	static const char *const names[] = {"state", "spool", "telemetry"};
	static uint8_t bytes[8 << 20];
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[64];
		snprintf(path, sizeof path, "run/drivers/line-1/%s", names[i]);
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		ssize_t size = read(fd, bytes, sizeof bytes);
		CHECK(size > 0 && (size_t)size < sizeof bytes);
		found |= size > 0 && memmem(bytes, (size_t)size, text, n) != NULL;
		close(fd);
	}
	return found;
}

TEST(the_files_are_private_and_give_away_neither_keys_nor_cards_nor_names)
{
	struct stat status;
	start_kept(300);
	fake_card(&rig.fake, card_bytes, 26);
	CHECK(wait_opened(1));
	CHECK_INT(end(), EXIT_OK); /* and what was in memory is written */
	CHECK(stat("run/drivers/line-1", &status) == 0 && (status.st_mode & 0777) == 0700);
	CHECK(stat("run/drivers/line-1/state", &status) == 0 && (status.st_mode & 0777) == 0600);
	CHECK(!files_contain(key, sizeof key));
	CHECK(!files_contain(KEY, sizeof KEY - 1));
	CHECK(!files_contain("abcdef40", 8));
	CHECK(!files_contain("card_decided", 12));
	CHECK(!files_contain("chancery/test", 13));
	CHECK(files_contain("chcyslt1", 8)); /* it does find what is there */
	leave_mission();
}

static struct {
	size_t n[PANEL_NOISE + 1], polls;
} frames;

static bool count_frame(void *context, const struct telemetry_record *record)
{
	enum { CODE_AT = 7 }; /* behind the head and the security block */
	(void)context;
	ASSERT(record->kind <= PANEL_NOISE && record->bytes.len > CODE_AT);
	frames.n[record->kind]++;
	frames.polls += record->kind == PANEL_SENT && (uint8_t)record->bytes.at[CODE_AT] == FRAME_POLL;
	return true;
}

TEST(the_frames_of_the_line_are_kept_but_for_polls)
{
	static struct telemetry telemetry;
	static const uint8_t noise[] = {0x53, 0x80, 0x0a, 0x00, 0x05, 0x40, 0x11, 0x22, 0x33, 0x44};
	struct file file;
	struct seal_keys keys;
	uint8_t driver_key[SEAL_KEY_BYTES];
	start_kept(300);
	fake_card(&rig.fake, card_bytes, 26);
	CHECK(wait_opened(1));
	ASSERT(write(rig.terminal, noise, sizeof noise) == sizeof noise);
	let_run(300);
	CHECK_INT(end(), EXIT_OK);
	memset(driver_key, 0x44, sizeof driver_key);
	seal_keys_of(driver_key, &keys);
	ASSERT(file_open("run/drivers/line-1/telemetry", 0600, &file, NULL) == 0);
	CHECK_INT(telemetry_open(&telemetry, file, KIT_TELEMETRY_BLOCKS, KIT_TELEMETRY_AGE_MS, keys.telemetry, NULL),
		  0);
	memset(&frames, 0, sizeof frames);
	CHECK_INT(telemetry_walk(&telemetry, 0, INT64_MAX, count_frame, NULL, NULL), 0);
	CHECK(frames.n[PANEL_SENT] > 5 && frames.n[PANEL_HEARD] > 5 && frames.n[PANEL_NOISE] > 0);
	CHECK_INT(frames.polls, 0);
	file_close(file);
	leave_mission();
}

TEST(a_name_that_is_no_directory_s_is_refused)
{
	enter_mission();
	start();
	say("{\"begin\":{\"contract\":1,\"driver\":\"../line-1\","
	    "\"key\":\"4444444444444444444444444444444444444444444444444444444444444444\"}}");
	CHECK_INT(end(), EXIT_FAILED);
	CHECK(access("run", F_OK) < 0);
	leave_mission();
}
