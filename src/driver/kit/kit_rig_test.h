/* kit_rig_test.h: for tests only: a kit on a simulated disk and clock, and what it sends. */
#ifndef KIT_KIT_RIG_TEST_H
#define KIT_KIT_RIG_TEST_H

#include "base/test.h"
#include "driver/kit/disk_test.h"
#include "driver/kit/kit.h"
#include "grant/sample_test.h"

#include <stdarg.h>

enum { RIG_LINES_MAX = 256, RIG_LINE_BYTES = 1024, RIG_SETTINGS_BYTES = 64, RIG_NOW_MS = 1000000 };

static struct {
	struct kit kit;
	struct disk_test disk;
	int64_t now_us, clock_ms;
	uint64_t randoms;
	char machine[SPOOL_BOOT_BYTES + 1];
	bool deaf; /* the core takes no line */
	bool dies; /* with the disk: nothing is sent any more */
	size_t n_lines;
	char lines[RIG_LINES_MAX][RIG_LINE_BYTES]; /* what was sent, heartbeats left out */
	char heartbeat[RIG_LINE_BYTES];		   /* the last */
	size_t n_logs;
	char log[RIG_LINE_BYTES]; /* the last */
	struct kit_said said;
	char settings[RIG_SETTINGS_BYTES];
	struct grant_sample sample;
} rig;

static const uint8_t rig_key[SEAL_KEY_BYTES] = {7}, rig_seed[GRANT_SEED_BYTES] = {8};

static inline bool rig_send(void *context, struct str line)
{
	(void)context;
	if (rig.deaf || (rig.dies && rig.disk.down))
		return false;
	bool beats = str_starts(line, STR("{\"heartbeat\""));
	ASSERT(line.len < RIG_LINE_BYTES && (beats || rig.n_lines < RIG_LINES_MAX));
	char *to = beats ? rig.heartbeat : rig.lines[rig.n_lines++];
	memcpy(to, line.at, line.len);
	to[line.len] = 0;
	return true;
}

static inline void rig_entropy(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)media_random(&rig.randoms);
}

static inline void rig_log(enum log_event event, const void *fields)
{
	struct buf b = {.at = (uint8_t *)rig.log, .size = sizeof rig.log - 1};
	rig.n_logs++;
	log_put(&b, event, fields);
	rig.log[b.len] = 0;
}

/* A process starts: with a key where begun, else without. True when it found settings. */
static inline bool rig_start(bool begun)
{
	static const struct kit_outside outside = {.send = rig_send, .entropy = rig_entropy, .log = rig_log};
	struct str settings;
	disk_starts(&rig.disk);
	rig.n_lines = 0;
	rig.heartbeat[0] = 0;
	kit_init(&rig.kit, STR("trial"), &outside, (const uint8_t *)rig.machine, rig.clock_ms, rig.now_us);
	if (!begun)
		return false;
	struct kit_disk disk = {disk_file(&rig.disk, "state"), disk_file(&rig.disk, "spool"),
				disk_file(&rig.disk, "telemetry")};
	kit_open(&rig.kit, STR("line-1"), rig_key, &disk, rig.clock_ms, rig.now_us);
	bool found = kit_kept_settings(&rig.kit, &settings);
	if (found)
		snprintf(rig.settings, sizeof rig.settings, STR_FMT, STR_ARG(settings));
	kept_wipe(&rig.kit.kept);
	return found;
}

/* A mission with nothing on the disk. */
static inline void rig_begin(uint64_t seed)
{
	memset(&rig, 0, offsetof(typeof(rig), sample));
	memcpy(rig.machine, "start 1", SPOOL_BOOT_BYTES);
	rig.randoms = seed;
	rig.now_us = 50 * 1000 * 1000;
	rig.clock_ms = RIG_NOW_MS;
	disk_make(&rig.disk, seed);
}

static inline void rig_end(void)
{
	disk_release(&rig.disk);
}

/* Time passes, as long as nothing is due before. */
static inline void rig_wait_ms(int64_t ms)
{
	int64_t end_us = rig.now_us + ms * 1000;
	for (int64_t next_us; (next_us = kit_due(&rig.kit, rig.now_us)) < end_us;)
		rig.now_us = next_us > rig.now_us ? next_us : rig.now_us + 1;
	rig.clock_ms += ms;
	rig.now_us = end_us;
	kit_due(&rig.kit, rig.now_us);
}

PRINTF(1, 2) static inline void rig_say(const char *format, ...)
{
	static char text[LINE_BYTES_MAX];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n >= 0 && (size_t)n < sizeof text);
	kit_line(&rig.kit, (struct str){text, (size_t)n}, rig.now_us, &rig.said);
}

static inline void rig_say_due(const char *line)
{
	rig_say("%s", line);
	kit_due(&rig.kit, rig.now_us);
}

/* The boot in the newest hello. */
static inline const char *rig_boot(void)
{
	static char boot[17];
	boot[0] = 0;
	for (size_t i = 0; i < rig.n_lines; i++) {
		const char *at = strstr(rig.lines[i], "\"boot\":\"");
		if (at)
			snprintf(boot, sizeof boot, "%.16s", at + 8);
	}
	return boot;
}

/* config; `accepted` of this boot, none where that is 0. */
static inline void rig_say_config(const char *boot, int64_t accepted, const char *settings)
{
	char taken[96] = "", signer[65];
	uint8_t public[GRANT_KEY_BYTES];
	struct buf hex = BUF(signer);
	grant_public_key(rig_seed, public);
	buf_put_hex(&hex, public, sizeof public);
	if (accepted > 0)
		snprintf(taken, sizeof taken, "\"accepted\":{\"boot\":\"%s\",\"sequence\":%lld},", boot,
			 (long long)accepted);
	rig_say(
	    "{\"config\":{\"contract\":1,\"driver\":\"line-1\",%s\"now\":%lld,\"table_key\":\"%.64s\",\"answer\":1500,"
	    "\"settings\":%s}}",
	    taken, (long long)rig.clock_ms, signer, settings);
	kit_due(&rig.kit, rig.now_us);
}

/* Number of the line that holds both parts, from `from` on; RIG_LINES_MAX when there is none. */
static inline size_t rig_find(size_t from, const char *part, const char *other)
{
	for (size_t i = from; i < rig.n_lines; i++)
		if (strstr(rig.lines[i], part) && strstr(rig.lines[i], other))
			return i;
	return RIG_LINES_MAX;
}

static inline bool rig_sent(const char *part, const char *other)
{
	return rig_find(0, part, other) < RIG_LINES_MAX;
}

/* Everything that was sent but hello, one line each. */
static inline struct str rig_all(void)
{
	static char text[RIG_LINES_MAX * 64];
	struct buf b = BUF(text);
	for (size_t i = 0; i < rig.n_lines; i++) {
		if (strstr(rig.lines[i], "{\"hello\""))
			continue;
		buf_put_str(&b, str_of(rig.lines[i]));
		buf_put_char(&b, '\n');
	}
	return buf_str(&b);
}

static inline int64_t rig_report(int number, bool keep)
{
	char body[32];
	snprintf(body, sizeof body, "{\"n\":%d}", number);
	return kit_report(&rig.kit, STR("trial.happened"), str_of(body), keep, rig.now_us);
}

/* A table for line-1 with reader 3 of door 1 and one card, said in parts of that many bytes. */
static inline void rig_make_table(uint64_t number, const char *driver, const uint8_t *seed)
{
	struct grant_head head = {.number = number,
				  .made = RIG_NOW_MS,
				  .until = RIG_NOW_MS + GRANT_VALID_MS,
				  .mission = STR("chancery/test"),
				  .driver = str_of(driver)};
	memcpy(rig.sample.driver_key, rig_key, sizeof rig.sample.driver_key);
	grant_sample_begin(&rig.sample, &head);
	grant_sample_reader(&rig.sample, 3, 1, 0);
	grant_sample_card(&rig.sample, STR("card"), 32, head.made, head.until);
	grant_sample_end(&rig.sample, seed);
}

static inline void rig_say_table(uint64_t number)
{
	enum { PART = 200 };
	int64_t of = (int64_t)(rig.sample.n + PART - 1) / PART;
	for (int64_t part = 1; part <= of; part++) {
		char text[2 * PART + 1] = "";
		struct buf hex = BUF(text);
		size_t from = (size_t)(part - 1) * PART;
		buf_put_hex(&hex, rig.sample.bytes + from, rig.sample.n - from < PART ? rig.sample.n - from : PART);
		rig_say("{\"table\":{\"number\":%llu,\"part\":%lld,\"of\":%lld,\"data\":\"%.*s\"}}",
			(unsigned long long)number, (long long)part, (long long)of, (int)hex.len, text);
	}
	kit_due(&rig.kit, rig.now_us);
}

static inline void rig_say_desired(int entry, const char *key, const char *body)
{
	rig_say("{\"desired\":{\"entry\":%d,\"event\":0,\"name\":\"doors.Held\",\"key\":\"%s\",\"body\":%s}}", entry,
		key, body);
	if (rig.said.kind == KIT_DESIRED)
		kit_desired(&rig.kit, &rig.said.desired, rig.now_us);
	kit_due(&rig.kit, rig.now_us);
}

/* An order that is good for `left_ms`. */
static inline void rig_say_order(int entry, int64_t left_ms, int answers)
{
	char answer[32] = "";
	if (answers > 0)
		snprintf(answer, sizeof answer, "\"answers\":%d,", answers);
	rig_say("{\"order\":{\"entry\":%d,\"event\":1,\"name\":\"trial.Ordered\",\"now\":5000,\"not_after\":%lld,%"
		"s\"body\":{}}}",
		entry, (long long)(5000 + left_ms), answer);
	kit_due(&rig.kit, rig.now_us);
}

#endif
