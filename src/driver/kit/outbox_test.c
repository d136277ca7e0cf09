#include "driver/kit/outbox.h"
#include "base/test.h"
#include "driver/kit/disk_test.h"

enum { PLACES = 3000 };

static struct outbox box;
static struct spool spool;
static struct disk_test disk;
static _Alignas(16) uint8_t scratch_memory[SPOOL_SCRATCH_BYTES + 4096];
static const uint8_t key[SEAL_KEY_BYTES] = {1};
static const struct spool_names one = {.boot = "boot one", .machine = "start 1"};

static const uint8_t *boot(const char *text)
{
	return (const uint8_t *)text;
}

/* A report whose entry is its number. */
static int64_t put_kept(bool keep)
{
	bool failed;
	struct outbox_report report = {.kind = OUTBOX_DONE, .entry = (uint64_t)box.next, .event = 7};
	int64_t number = outbox_put(&box, &report, keep, &failed, NULL);
	CHECK(!failed);
	return number;
}

static void put(void)
{
	put_kept(true);
}

static void fill(int n)
{
	outbox_init(&box, &one);
	for (int i = 0; i < n; i++)
		put();
}

/* Sends all that may be sent; the sequences one behind the other. */
static struct str sent(int64_t now_us)
{
	static char text[256];
	size_t n = 0;
	int64_t sequence;
	struct outbox_report report;
	text[0] = 0;
	for (; outbox_next(&box, now_us, &sequence, &report) == OUTBOX_NEXT; outbox_sent(&box)) {
		CHECK_INT(report.entry, sequence + box.names.base);
		n += (size_t)snprintf(text + n, sizeof text - n, "%lld ", (long long)sequence);
	}
	return str_of(text);
}

TEST(reports_are_numbered_from_one_and_sent_once)
{
	fill(3);
	CHECK_STR(sent(0), STR("1 2 3 "));
	CHECK_STR(sent(0), STR(""));
	put();
	CHECK_STR(sent(0), STR("4 "));
}

TEST(what_is_acknowledged_is_forgotten_and_the_rest_is_sent_again_to_the_next_core)
{
	fill(5);
	sent(0);
	outbox_ack(&box, 3);
	CHECK_INT(outbox_waiting(&box), 2);
	CHECK_INT(outbox_config(&box, boot("boot one"), 3, boot("boot two"), NULL), 0);
	CHECK_STR(sent(0), STR("4 5 "));
	CHECK_INT(outbox_config(&box, boot("boot one"), 5, boot("boot two"), NULL), 0);
	CHECK_STR(sent(0), STR(""));
	put();
	CHECK_STR(sent(0), STR("6 "));
	CHECK(memcmp(box.names.boot, "boot one", SPOOL_BOOT_BYTES) == 0);
}

TEST(a_busy_core_gets_the_same_again_later_and_in_order)
{
	fill(4);
	sent(0);
	outbox_busy(&box, 2, 500);
	outbox_busy(&box, 3, 600);
	put();
	CHECK_STR(sent(599), STR(""));
	CHECK_STR(sent(600), STR("2 3 4 5 "));
}

TEST(answers_to_what_does_not_wait_are_ignored)
{
	fill(3);
	sent(0);
	outbox_ack(&box, 2);
	outbox_ack(&box, 1);
	outbox_ack(&box, 99);
	outbox_busy(&box, 1, 1000);
	outbox_busy(&box, 99, 1000);
	CHECK_INT(box.first, 3);
	CHECK_INT(outbox_waiting(&box), 1);
	CHECK_INT(box.hold_until_us, 0);
}

TEST(an_acknowledgement_before_sending_skips_what_needs_no_sending)
{
	fill(3);
	outbox_ack(&box, 2);
	CHECK_STR(sent(0), STR("3 "));
}

TEST(the_ring_goes_round)
{
	outbox_init(&box, &one);
	for (int64_t i = 1; i <= 3 * OUTBOX_MEMORY; i++) {
		int64_t sequence = 0;
		struct outbox_report report;
		put();
		CHECK(outbox_next(&box, 0, &sequence, &report) == OUTBOX_NEXT && (int64_t)report.entry == i &&
		      sequence == i);
		outbox_sent(&box);
		if (i % 100 == 0)
			outbox_ack(&box, sequence);
	}
}

TEST(what_does_not_fit_is_counted_and_what_need_not_be_kept_leaves_room_for_what_must)
{
	fill(OUTBOX_MEMORY / 4 * 3 - 1);
	CHECK(put_kept(false) > 0);
	CHECK_INT(put_kept(false), 0);
	CHECK_INT(box.dropped, 1);
	while (outbox_waiting(&box) < OUTBOX_MEMORY)
		CHECK(put_kept(true) > 0);
	CHECK_INT(put_kept(true), 0);
	CHECK_INT(box.dropped, 2);
	CHECK_INT(box.next, OUTBOX_MEMORY + 1);
	outbox_ack(&box, 1);
	CHECK_INT(put_kept(true), OUTBOX_MEMORY + 1);
}

TEST(a_report_comes_back_as_it_was_with_its_age)
{
	char name[OUTBOX_NAME_BYTES_MAX], body[OUTBOX_BODY_BYTES_MAX];
	struct outbox_report report = {.kind = OUTBOX_REPORT,
				       .name = {name, sizeof name},
				       .body = {body, sizeof body},
				       .wall_ms = 1000000,
				       .at_us = 5000000};
	struct outbox_report found;
	int64_t sequence;
	bool failed;
	memset(name, 'n', sizeof name);
	memset(body, 'b', sizeof body);
	outbox_init(&box, &one);
	CHECK_INT(outbox_put(&box, &report, true, &failed, NULL), 1);
	CHECK_INT(outbox_next(&box, 0, &sequence, &found), OUTBOX_NEXT);
	CHECK_INT(found.kind, OUTBOX_REPORT);
	CHECK_STR(found.name, report.name);
	CHECK_STR(found.body, report.body);
	CHECK_INT(outbox_ago_ms(&found, 77, 7500000), 2500);
	CHECK_INT(outbox_ago_ms(&found, 77, 4000000), 0);
	memcpy(box.names.machine, "start 2", SPOOL_BOOT_BYTES);
	CHECK_INT(outbox_next(&box, 0, &sequence, &found), OUTBOX_NEXT);
	CHECK_INT(outbox_ago_ms(&found, 1003000, 40), 3000);
	CHECK_INT(outbox_ago_ms(&found, 999999, 40), 0);
}

/* With a spool */

static void open_spool(const char *fresh_boot, const char *machine)
{
	struct spool_names names = {0};
	struct arena scratch = arena_over(scratch_memory, sizeof scratch_memory);
	bool is_new;
	memset(scratch_memory, 0, sizeof scratch_memory);
	memcpy(names.boot, fresh_boot, SPOOL_BOOT_BYTES);
	memcpy(names.machine, machine, SPOOL_BOOT_BYTES);
	disk_starts(&disk);
	CHECK_INT(spool_open(&spool, disk_file(&disk, "spool"), PLACES, key, &names, &scratch, &is_new, NULL), 0);
	outbox_init(&box, &names);
	outbox_use(&box, &spool);
}

static void begin_spooled(int n)
{
	disk_make(&disk, 1);
	open_spool("boot one", "start 1");
	for (int i = 0; i < n; i++)
		put();
}

TEST(a_process_that_finds_a_spool_goes_on_with_its_boot_and_numbers)
{
	begin_spooled(4);
	sent(0);
	open_spool("boot two", "start 1");
	CHECK_INT(outbox_config(&box, boot("boot one"), 2, boot("boot six"), NULL), 0);
	CHECK(memcmp(box.names.boot, "boot one", SPOOL_BOOT_BYTES) == 0);
	put();
	CHECK_STR(sent(0), STR("3 4 5 "));
	disk_release(&disk);
}

TEST(a_core_that_has_forgotten_what_it_acknowledged_gets_the_rest_under_a_new_boot)
{
	static const struct {
		const char *boot;
		int64_t sequence;
	} rows[] = {{"boot one", 1}, {"boot xyz", 9}, {NULL, 0}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fill(5);
		sent(0);
		outbox_ack(&box, 3);
		const uint8_t *said = rows[i].boot ? boot(rows[i].boot) : NULL;
		CHECK_INT(outbox_config(&box, said, rows[i].sequence, boot("boot two"), NULL), 0);
		CHECK(memcmp(box.names.boot, "boot two", SPOOL_BOOT_BYTES) == 0);
		CHECK_STR(sent(0), STR("1 2 "));
		CHECK_INT(box.first, 4);
	}
}

TEST(a_core_that_has_more_than_a_power_failure_left_gets_what_came_after_under_a_new_boot)
{
	begin_spooled(3);
	spool_sync(&spool, NULL);
	for (int i = 0; i < 3; i++)
		put();
	sent(0);
	media_drop(media_find(&disk.media, "spool")); /* what was not synced is lost, to the last byte */
	disk_power_fails(&disk);
	open_spool("boot two", "start 2");
	CHECK_INT(box.next, 4);
	put(); /* number 4 again, but another report */
	open_spool("boot six", "start 2");
	CHECK_INT(outbox_config(&box, boot("boot one"), 5, boot("boot new"), NULL), 0);
	CHECK(memcmp(box.names.boot, "boot new", SPOOL_BOOT_BYTES) == 0);
	CHECK_STR(sent(0), STR("1 "));
	open_spool("boot abc", "start 2");
	CHECK(memcmp(box.names.boot, "boot new", SPOOL_BOOT_BYTES) == 0);
	CHECK_INT(outbox_config(&box, boot("boot one"), 5, boot("boot def"), NULL), 0);
	CHECK_STR(sent(0), STR("1 "));
	disk_release(&disk);
}

TEST(a_core_that_has_no_more_than_was_left_settles_the_doubt)
{
	begin_spooled(3);
	spool_sync(&spool, NULL);
	disk_power_fails(&disk);
	open_spool("boot two", "start 2");
	put();
	CHECK_INT(outbox_config(&box, boot("boot one"), 3, boot("boot new"), NULL), 0);
	CHECK_STR(sent(0), STR("4 "));
	open_spool("boot six", "start 2");
	CHECK_INT(box.names.unsure, 0);
	CHECK_INT(outbox_config(&box, boot("boot one"), 4, boot("boot new"), NULL), 0);
	CHECK(memcmp(box.names.boot, "boot one", SPOOL_BOOT_BYTES) == 0);
	CHECK_INT(outbox_waiting(&box), 0);
	disk_release(&disk);
}

TEST(what_is_gone_from_the_disk_is_left_out_once_all_before_it_is_taken)
{
	int64_t sequence;
	struct outbox_report report;
	begin_spooled(5);
	struct media_bytes *bytes = &media_find(&disk.media, "spool")->now;
	for (int k = 2; k <= 3; k++)
		bytes->at[SPOOL_HEAD_BYTES + (k - 1) * SPOOL_RECORD_BYTES + 99] ^= 1;
	open_spool("boot two", "start 1");
	CHECK_INT(outbox_config(&box, NULL, 0, boot("boot six"), NULL), 0);
	CHECK_STR(sent(0), STR("1 "));
	CHECK_INT(outbox_next(&box, 0, &sequence, &report), OUTBOX_NONE);
	outbox_ack(&box, 1);
	CHECK_INT(outbox_next(&box, 0, &sequence, &report), OUTBOX_GAP);
	CHECK_INT(outbox_skip(&box, boot("boot new"), NULL), 0);
	CHECK_INT(box.dropped, 2);
	CHECK_STR(sent(0), STR("1 2 "));
	CHECK_INT(box.first, 4);
	disk_release(&disk);
}

TEST(a_failing_disk_leaves_the_newest_in_memory)
{
	bool failed;
	struct outbox_report report = {.kind = OUTBOX_DONE, .entry = 3};
	begin_spooled(2);
	disk.fail_at = 1;
	CHECK_INT(outbox_put(&box, &report, true, &failed, NULL), 3);
	CHECK(failed);
	CHECK(!outbox_forsake(&box, boot("boot new")));
	put();
	CHECK_STR(sent(0), STR("1 2 3 4 "));
	disk_release(&disk);
	begin_spooled(OUTBOX_MEMORY + 10);
	CHECK(outbox_forsake(&box, boot("boot new")));
	CHECK_INT(box.dropped, 10);
	CHECK_INT(box.first, 11);
	CHECK_INT(outbox_sequence(&box, 11), 1);
	disk_release(&disk);
}
