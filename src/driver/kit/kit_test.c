#include "driver/kit/kit_rig_test.h"

#include "base/traffic.h"

/* A core of a script, a disk in memory, time as we say. */

#define SETTINGS "{\"device\":\"here\"}"

static void start_and_say_config(void)
{
	rig_begin(1);
	CHECK(!rig_start(true));
	rig_say_config(NULL, 0, SETTINGS);
}

TEST(nothing_is_sent_before_config_and_then_hello_comes_first)
{
	rig_begin(1);
	rig_start(true);
	rig_report(1, true);
	rig_wait_ms(10000);
	rig_say_due("{\"ack\":{\"sequence\":1}}");
	rig_say_order(7, 1000, 0);
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	CHECK_INT(rig.n_lines, 0);
	CHECK_STR(str_of(rig.heartbeat), STR(""));
	rig_say_config(NULL, 0, SETTINGS);
	CHECK_INT(rig.said.kind, KIT_SETTINGS);
	CHECK_STR(rig.said.settings, STR(SETTINGS));
	CHECK_INT(rig.n_lines, 2);
	CHECK(rig_find(0, "{\"hello\":{\"contract\":1,\"driver\":\"line-1\",\"kind\":\"trial\"", "\"next\":1") == 0);
	CHECK_STR(rig_all(), STR("{\"report\":{\"sequence\":1,\"ago\":10000,\"sent\":60000,\"name\":\"trial.happened\","
				 "\"body\":{\"n\":1}}}\n"));
	rig_end();
}

TEST(a_config_with_other_settings_ends_the_process_which_then_finds_them)
{
	start_and_say_config();
	rig_say_config(rig_boot(), 0, SETTINGS);
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig_say_config(rig_boot(), 0, "{\"device\":\"there\"}");
	CHECK_INT(rig.said.kind, KIT_LEAVE);
	CHECK(rig_start(true));
	CHECK_STR(str_of(rig.settings), STR("{\"device\":\"there\"}"));
	CHECK_INT(rig.kit.answer_us, 1500000);
	rig_say_config(NULL, 0, "{\"device\":\"there\"}");
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig_end();
}

TEST(a_config_for_another_driver_is_passed_over)
{
	rig_begin(1);
	rig_start(true);
	rig_say_due("{\"config\":{\"contract\":1,\"driver\":\"line-2\",\"now\":5,\"answer\":1500,\"settings\":{}}}");
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	CHECK_INT(rig.n_lines, 0);
	CHECK_STR(str_of(rig.log), STR("{\"event\":\"config_of_another\"}"));
	rig_end();
}

TEST(an_order_is_handed_on_once_also_to_the_next_process)
{
	start_and_say_config();
	rig_say_order(7, 1000, 0);
	CHECK_INT(rig.said.kind, KIT_ORDER);
	CHECK_INT(rig.said.order.entry, 7);
	CHECK_INT(rig.said.order.until_us, rig.now_us + 1000000);
	CHECK_INT(rig.said.order.answers, 0);
	rig_say_order(7, 1000, 0);
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig_start(true);
	rig_say_config(NULL, 0, SETTINGS);
	rig_say_order(7, 1000, 0);
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig_say_order(8, 1000, 0);
	CHECK_INT(rig.said.kind, KIT_ORDER);
	CHECK_STR(rig_all(), STR(""));
	rig_end();
}

TEST(an_order_that_comes_too_late_is_expired_and_not_handed_on)
{
	start_and_say_config();
	rig_say_order(7, 0, 0);
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	CHECK_STR(rig_all(), STR("{\"expired\":{\"sequence\":1,\"entry\":7,\"event\":1}}\n"));
	rig_say_order(8, 1, 0);
	CHECK_INT(rig.said.kind, KIT_ORDER);
	rig_end();
}

TEST(an_order_says_which_report_it_answers_by_the_report_s_number)
{
	start_and_say_config();
	int64_t first = rig_report(1, true), second = rig_report(2, true);
	rig_wait_ms(1);
	rig_say_due("{\"ack\":{\"sequence\":2}}");
	CHECK(second == first + 1);
	/* A core that has forgotten: the next report has another sequence, and keeps its number. */
	int64_t third = rig_report(3, true);
	rig_say_config(NULL, 0, SETTINGS);
	rig_say_order(9, 1000, 1);
	CHECK_INT(rig.said.order.answers, third);
	rig_end();
}

TEST(what_is_not_acknowledged_is_sent_to_the_next_core_with_its_number_and_age)
{
	start_and_say_config();
	rig_report(1, true);
	rig_report(2, true);
	rig_wait_ms(100);
	rig_say_due("{\"ack\":{\"sequence\":1}}");
	char boot[17];
	snprintf(boot, sizeof boot, "%s", rig_boot());
	rig.n_lines = 0;
	rig_wait_ms(900);
	rig_say_config(boot, 1, SETTINGS);
	CHECK(rig_find(0, "{\"hello\"", "\"next\":2") == 0 && strcmp(rig_boot(), boot) == 0);
	CHECK_STR(rig_all(), STR("{\"report\":{\"sequence\":2,\"ago\":1000,\"sent\":51000,\"name\":\"trial.happened\","
				 "\"body\":{\"n\":2}}}\n"));
	rig_end();
}

TEST(what_a_dead_process_left_is_sent_by_the_next_with_its_number_and_age)
{
	start_and_say_config();
	char boot[17];
	snprintf(boot, sizeof boot, "%s", rig_boot());
	rig_report(1, true);
	rig_report(2, false);
	rig_wait_ms(10);
	rig_start(true);
	rig_report(3, true);
	rig_wait_ms(990);
	rig_say_config(boot, 1, SETTINGS);
	CHECK_STR(str_of(rig_boot()), str_of(boot));
	CHECK_STR(rig_all(), STR("{\"report\":{\"sequence\":2,\"ago\":1000,\"sent\":51000,\"name\":\"trial.happened\","
				 "\"body\":{\"n\":2}}}\n"
				 "{\"report\":{\"sequence\":3,\"ago\":990,\"sent\":51000,\"name\":\"trial.happened\","
				 "\"body\":{\"n\":3}}}\n"));
	rig_end();
}

TEST(a_report_that_is_not_acknowledged_soon_is_synced_and_one_that_is_needs_no_sync)
{
	start_and_say_config();
	uint64_t syncs = rig.disk.syncs;
	rig_report(1, true);
	rig_wait_ms(50);
	rig_say_due("{\"ack\":{\"sequence\":1}}");
	rig_wait_ms(1000);
	CHECK_INT(rig.disk.syncs, (long long)syncs);
	rig_report(2, true);
	rig_wait_ms(99);
	CHECK_INT(rig.disk.syncs, (long long)syncs);
	rig_wait_ms(1);
	CHECK_INT(rig.disk.syncs, (long long)syncs + 1);
	CHECK_INT(rig.kit.spool.unsynced, 0);
	rig_report(3, false);
	rig_wait_ms(1000);
	CHECK_INT(rig.disk.syncs, (long long)syncs + 1);
	rig_end();
}

TEST(a_full_pipe_loses_nothing)
{
	start_and_say_config();
	rig.deaf = true;
	rig_report(1, true);
	rig_wait_ms(5000);
	rig.deaf = false;
	rig_wait_ms(20);
	CHECK_STR(rig_all(), STR("{\"report\":{\"sequence\":1,\"ago\":5000,\"sent\":55000,\"name\":\"trial.happened\","
				 "\"body\":{\"n\":1}}}\n"));
	rig_end();
}

/* As it lies on the disk. */
static void record_kept(void)
{
	struct str kept;
	struct error error;
	CHECK_OK(kept_read(&rig.kit.kept, KEPT_DESIRED, &kept, &error), &error);
	traffic_put(NULL, "DriverKept", kept);
}

TEST(a_desired_state_is_answered_once_kept_and_replaced)
{
	start_and_say_config();
	uint64_t syncs = rig.disk.syncs;
	rig_say_desired(4, "reader:3", "{\"held\":true}");
	CHECK_STR(rig_all(), STR("{\"done\":{\"sequence\":1,\"entry\":4,\"event\":0}}\n"));
	CHECK(rig.disk.syncs > syncs);
	rig_say_desired(4, "reader:3", "{\"held\":true}");
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig.disk.random = 5;
	disk_power_fails(&rig.disk);
	rig.machine[6] = '2';
	CHECK(rig_start(true));
	CHECK_INT(rig.kit.desired.n, 1);
	CHECK_STR(desired_line(&rig.kit.desired.at[0]).body, STR("{\"held\":true}"));
	rig_say_config(NULL, 0, SETTINGS);
	rig_say_desired(4, "reader:3", "{\"held\":true}");
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	rig_say_desired(6, "reader:3", "{\"held\":false}");
	CHECK(rig_sent("{\"done\"", "\"entry\":6"));
	CHECK_STR(desired_line(&rig.kit.desired.at[0]).body, STR("{\"held\":false}"));
	record_kept();
	rig_end();
}

TEST(a_table_is_confirmed_when_it_is_durable_and_the_next_process_decides_by_it)
{
	start_and_say_config();
	rig_make_table(5, "line-1", rig_seed);
	rig_say_table(5);
	CHECK_STR(rig_all(), STR("{\"confirmed\":{\"sequence\":1,\"number\":5}}\n"));
	record_kept();
	rig_wait_ms(KIT_HEARTBEAT_US / 1000);
	CHECK(strstr(rig.heartbeat, "\"table\":5"));
	rig_say_table(5); /* the core was started again, and asks */
	CHECK(rig_sent("{\"confirmed\":{\"sequence\":2,\"number\":5}}", ""));
	rig_wait_ms(200);
	disk_power_fails(&rig.disk);
	rig.machine[6] = '2';
	CHECK(rig_start(true));
	CHECK(tables_grant(&rig.kit.tables) && tables_grant(&rig.kit.tables)->number == 5);
	rig_end();
}

TEST(a_table_that_is_not_good_is_refused_and_reported_and_an_older_one_never_comes_back)
{
	static const uint8_t stranger[GRANT_SEED_BYTES] = {9};
	start_and_say_config();
	rig_make_table(5, "line-1", rig_seed);
	rig_say_table(5);
	rig_make_table(4, "line-1", rig_seed);
	rig_say_table(4);
	CHECK(rig_sent("access.table_refused", "\"body\":{\"number\":4,\"why\":\"number\"}"));
	rig_make_table(6, "line-2", rig_seed);
	rig_say_table(6);
	CHECK(rig_sent("access.table_refused", "\"body\":{\"number\":6,\"why\":\"driver\"}"));
	rig_make_table(6, "line-1", stranger);
	rig_say_table(6);
	CHECK(rig_sent("access.table_refused", "\"body\":{\"number\":6,\"why\":\"signature\"}"));
	rig_start(true);
	rig_say_config(NULL, 0, SETTINGS);
	rig_make_table(4, "line-1", rig_seed);
	rig_say_table(4);
	CHECK_INT(tables_grant(&rig.kit.tables)->number, 5);
	CHECK(rig_sent("access.table_refused", "\"why\":\"number\""));
	/* What comes too often is throttled, and counted. */
	for (int i = 0; i < 20; i++)
		rig_say_table(4);
	CHECK(rig.kit.throttled > 10);
	rig_wait_ms(KIT_HEARTBEAT_US / 1000);
	CHECK(strstr(rig.heartbeat, "\"throttled\":1"));
	rig_end();
}

TEST(an_older_table_that_somebody_puts_back_on_the_disk_does_not_decide)
{
	static uint8_t older[PAIR_FILE_BYTES(GRANT_BYTES_MAX)];
	start_and_say_config();
	rig_make_table(5, "line-1", rig_seed);
	rig_say_table(5);
	const struct media_bytes *bytes = &media_find(&rig.disk.media, "state")->now;
	size_t begin = rig.kit.kept.pairs[KEPT_TABLE].at, n = bytes->len - begin;
	memcpy(older, bytes->at + begin, n);
	rig_make_table(6, "line-1", rig_seed);
	rig_say_table(6);
	rig_make_table(7, "line-1", rig_seed);
	rig_say_table(7);
	/* The second slot holds 5 as it did then, the first, where 6 was, nothing. */
	static const uint8_t zeros[64];
	struct media_node *node = media_find(&rig.disk.media, "state");
	media_write(node, begin, older, n);
	media_write(node, begin, zeros, sizeof zeros);
	CHECK(rig_start(true));
	CHECK(!tables_grant(&rig.kit.tables));
	CHECK(strstr(rig.log, "table_not_usable"));
	rig_end();
}

TEST(time_is_the_core_s_and_without_one_never_earlier_than_what_was_written_down)
{
	start_and_say_config();
	rig.clock_ms -= 500000; /* somebody sets the machine's clock */
	CHECK_INT(kit_wall_ms(&rig.kit, rig.now_us + 2000000), RIG_NOW_MS + 2000);
	rig.clock_ms += 500000;
	rig_wait_ms(10 * 60 * 1000);
	rig.clock_ms = 3000;
	CHECK(rig_start(true));
	CHECK(kit_wall_ms(&rig.kit, rig.now_us) >= RIG_NOW_MS + 9 * 60 * 1000 + 50 * 1000);
	rig.clock_ms = RIG_NOW_MS * 3;
	CHECK(rig_start(true));
	CHECK_INT(kit_wall_ms(&rig.kit, rig.now_us), RIG_NOW_MS * 3);
	rig_end();
}

TEST(without_begin_nothing_is_kept_desired_states_count_as_long_as_the_process_lives_and_tables_do_not)
{
	rig_begin(1);
	CHECK(!rig_start(false));
	rig_say_config(NULL, 0, SETTINGS);
	rig_make_table(5, "line-1", rig_seed);
	rig_say_table(5);
	rig_say_desired(4, "reader:3", "{\"held\":true}");
	CHECK(rig_sent("{\"done\"", "\"entry\":4"));
	CHECK(!rig_sent("{\"confirmed\"", "") && rig_sent("access.table_refused", "\"why\":\"no_key\""));
	CHECK_INT(rig.disk.steps, 0);
	rig_wait_ms(KIT_HEARTBEAT_US / 1000);
	CHECK(!strstr(rig.heartbeat, "spooled"));
	rig_end();
}

TEST(settings_that_cannot_be_kept_do_not_make_the_driver_start_for_ever)
{
	start_and_say_config();
	rig.n_lines = 0;
	rig.disk.fail_at = 1;
	rig_say_config(NULL, 0, "{\"device\":\"there\"}");
	CHECK_INT(rig.said.kind, KIT_NOTHING);
	CHECK(rig_sent("{\"hello\"", ""));
	CHECK(strstr(rig.log, "settings_not_kept"));
	rig_end();
}

TEST(a_disk_that_fails_costs_what_is_kept_and_not_the_driver)
{
	for (uint64_t at = 1; at <= 12; at++) {
		start_and_say_config();
		rig.disk.fail_at = at;
		rig_report(1, true);
		rig_make_table(5, "line-1", rig_seed);
		rig_say_table(5);
		rig_say_desired(4, "reader:3", "{\"held\":true}");
		rig_say_order(7, 1000, 0);
		CHECK_INT(rig.said.kind, KIT_ORDER);
		rig_wait_ms(200);
		CHECK(rig_sent("trial.happened", "\"n\":1"));
		CHECK_INT(tables_grant(&rig.kit.tables)->number, 5);
		CHECK_INT(rig.kit.desired.n, 1);
		CHECK(rig.disk.down ? rig.n_logs > 1 : at > 9);
		/* Not told: what another process would not find. */
		if (rig.disk.down && at <= 3)
			CHECK(!rig_sent("{\"confirmed\"", "") && !rig_sent("{\"done\"", ""));
		rig_end();
	}
}
