#include "driver/osdp/driver_rig_test.h"

TEST(the_driver_says_hello_and_reports_the_reader)
{
	start_online();
	CHECK(strstr(rig.said[0], "\"driver\":\"line-1\"") && strstr(rig.said[0], "\"kind\":\"osdp\""));
	CHECK(strstr(rig.said[1], "\"doors.reader_online\"") && strstr(rig.said[1], "\"sequence\":1"));
	CHECK(strstr(rig.said[1], "\"vendor\":\"0a0017\"") && strstr(rig.said[1], "\"firmware\":\"1.2.3\""));
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_card_is_reported_and_an_order_opens_the_door)
{
	start_online();
	show_card();
	size_t card = wait_for(0, "access.card_read", "\"sequence\":3");
	CHECK(card < SAID_MAX);
	CHECK(wait_for(card, "\"bits\":26", "\"card\":\"abcdef40\"") == card);
	CHECK(wait_for(card, "\"format\":\"wiegand\"", "\"reader\":3") == card);
	say("{\"ack\":{\"sequence\":3}}");
	say("{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":5000},\"entry\":812,\"event\":1,"
	    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}");
	size_t done = wait_for(card, "{\"done\"", "\"entry\":812");
	CHECK(wait_for(done, "\"event\":1", "\"sequence\":4") == done);
	const uint8_t out[] = {2, 5, 50, 0};
	CHECK(memcmp(rig.fake.out, out, sizeof out) == 0);
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_signal_is_given)
{
	start_online();
	say("{\"order\":{\"body\":{\"reader\":3,\"signal\":\"refused\"},\"entry\":7,\"event\":0,"
	    "\"name\":\"doors.Signalled\",\"not_after\":4000,\"now\":1000}}");
	CHECK(wait_for(0, "{\"done\"", "\"entry\":7") < SAID_MAX);
	CHECK_INT(rig.fake.led[5], 1);
	CHECK_INT(rig.fake.heard[FRAME_BUZ], 1);
	CHECK_INT(end(), EXIT_OK);
}

TEST(the_same_order_twice_is_done_once)
{
	start_online();
	const char *order = "{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":1000},\"entry\":9,\"event\":2,"
			    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}";
	say(order);
	CHECK(wait_for(0, "{\"done\"", "\"entry\":9") < SAID_MAX);
	say(order);
	let_run(300);
	CHECK_INT(rig.fake.heard[FRAME_OUT], 1);
	CHECK_INT(end(), EXIT_OK);
}

TEST(orders_that_cannot_be_done_are_expired)
{
	const char *orders[] = {
	    /* too late */
	    "{\"order\":{\"body\":{\"door\":1,\"reader\":3,\"release\":1000},\"entry\":10,\"event\":0,"
	    "\"name\":\"doors.Released\",\"not_after\":1000,\"now\":1000}}",
	    /* a reader of another line */
	    "{\"order\":{\"body\":{\"door\":1,\"reader\":4,\"release\":1000},\"entry\":11,\"event\":0,"
	    "\"name\":\"doors.Released\",\"not_after\":4000,\"now\":1000}}",
	    /* an order of another driver */
	    "{\"order\":{\"body\":{},\"entry\":12,\"event\":0,\"name\":\"lights.Lit\",\"not_after\":4000,"
	    "\"now\":1000}}",
	    /* a body that is not one */
	    "{\"order\":{\"body\":{\"reader\":3},\"entry\":13,\"event\":0,\"name\":\"doors.Released\","
	    "\"not_after\":4000,\"now\":1000}}",
	};
	start_online();
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		char entry[32];
		snprintf(entry, sizeof entry, "\"entry\":%zu,", 10 + i);
		say(orders[i]);
		CHECK(wait_for(0, "{\"expired\"", entry) < SAID_MAX);
	}
	CHECK_INT(rig.fake.heard[FRAME_OUT], 0);
	CHECK_INT(end(), EXIT_OK);
}

TEST(what_is_not_acknowledged_is_sent_again_with_its_number)
{
	char accepted[128], boot[17];
	start_online();
	const char *said_boot = strstr(rig.said[0], "\"boot\":\"");
	CHECK(said_boot);
	snprintf(boot, sizeof boot, "%.16s", said_boot ? said_boot + 8 : "");
	size_t before = rig.n_said;
	snprintf(accepted, sizeof accepted, "\"accepted\":{\"boot\":\"%s\",\"sequence\":1},", boot);
	say_config(accepted, KEY, rig.device);
	CHECK_INT(wait_for(before, "{\"hello\"", "\"next\":2"), (long long)before);
	CHECK(wait_for(before, "doors.reader_tamper", "\"sequence\":2") < SAID_MAX);
	say("{\"ack\":{\"sequence\":2}}");
	before = rig.n_said;
	snprintf(accepted, sizeof accepted, "\"accepted\":{\"boot\":\"%s\",\"sequence\":2},", boot);
	say_config(accepted, KEY, rig.device);
	CHECK_INT(wait_for(before, "{\"hello\"", "\"next\":3"), (long long)before);
	let_run(200);
	CHECK_INT(rig.n_said, (long long)before + 1);
	CHECK_INT(end(), EXIT_OK);
}

/* It would wait for report 1 of this boot for ever. */
TEST(a_core_that_has_forgotten_what_it_acknowledged_gets_what_comes_under_another_boot)
{
	start_online();
	say("{\"ack\":{\"sequence\":2}}");
	let_run(20);
	size_t before = rig.n_said;
	say_config("", KEY, rig.device);
	CHECK_INT(wait_for(before, "{\"hello\"", "\"next\":1"), (long long)before);
	CHECK(strncmp(strstr(rig.said[0], "\"boot\""), strstr(rig.said[before], "\"boot\""), 25) != 0);
	show_card();
	CHECK(wait_for(before, "access.card_read", "\"sequence\":1") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(a_busy_core_gets_the_report_again)
{
	start_online();
	size_t before = rig.n_said;
	say("{\"busy\":{\"retry_ms\":100,\"sequence\":2}}");
	CHECK(wait_for(before, "doors.reader_tamper", "\"sequence\":2") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(lines_that_are_not_understood_stop_nothing)
{
	static char long_line[LINE_BYTES_MAX + 10];
	start_online();
	memset(long_line, 'x', sizeof long_line - 1);
	say(long_line);
	say("");
	say("{\"ack\":{\"sequence\":\"two\"}}");
	say("{\"dance\":{}}");
	say("not even JSON \xff");
	say("{\"bad\":{\"offset\":1,\"remedy\":\"none\",\"what\":\"an invented fault\"}}");
	show_card();
	CHECK(wait_for(0, "access.card_read", "\"sequence\":3") < SAID_MAX);
	CHECK_INT(end(), EXIT_OK);
}

TEST(other_settings_end_the_driver_so_that_it_is_started_with_them)
{
	start_online();
	say_config("", "ffeeddccbbaa99887766554433221101", rig.device);
	int status;
	CHECK_INT(waitpid(rig.pid, &status, 0), rig.pid);
	CHECK_INT(status, 0);
	close(rig.to);
	close(rig.from);
	close(rig.terminal);
}

TEST(a_lost_line_is_reported_and_ends_the_driver)
{
	start_online();
	size_t before = rig.n_said;
	close(rig.terminal);
	rig.terminal = -1;
	CHECK(wait_for(before, "doors.reader_offline", "\"why\":\"line_lost\"") < SAID_MAX);
	CHECK_INT(end(), EXIT_DEVICE);
}

TEST(a_line_that_cannot_be_opened_and_settings_that_cannot_be_used_are_told_apart)
{
	start();
	say_config("", KEY, "run/lines/not-there");
	CHECK_INT(end(), EXIT_DEVICE);
	start();
	say_config("", "000102030405060708090a0b0c0d0e0f", rig.device);
	CHECK_INT(end(), EXIT_FAILED);
	start();
	say("{\"ack\":{\"sequence\":1}}"); /* left by an earlier core */
	CHECK_INT(end(), EXIT_OK);
	start();
	CHECK_INT(end(), EXIT_OK);
}

TEST(the_running_driver_is_locked_in_and_says_that_it_lives)
{
	char path[64], status[8192];
	start_online();
	snprintf(path, sizeof path, "/proc/%d/status", (int)rig.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, status, sizeof status - 1);
	close(fd);
	CHECK(n > 0);
	status[n > 0 ? n : 0] = 0;
	CHECK(strstr(status, "Seccomp:\t2"));
	CHECK(strstr(status, "NoNewPrivs:\t1"));
	let_run(2300);
	CHECK(rig.heartbeats >= 1);
	CHECK_INT(end(), EXIT_OK);
}
