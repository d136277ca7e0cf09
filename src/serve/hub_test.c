#include "serve/hub.h"

#include "base/test.h"
#include "domain/access/access.h"
#include "domain/drivers/drivers.h"
#include "rules/rulebook_text.h"
#include "sim/disk.h"

#include <stdarg.h>

/* A hub on a disk in memory, a security officer, and the drivers of two lines with one reader each. Lines are written with ' for ". What a peer
 * was sent stays until heard() takes it. */

enum {
	LINES = 2,
	HEARD_MAX = 16384,
	ARENA_BYTES = 64 << 20,
	FURNISHED = 10,
	PENDING_MAX = ORDER_AT_MOST - TURN_EVENTS_MAX
};

static struct scene {
	struct disk *disk;
	struct hub *hub;
	int64_t clock_us;
	struct arena arena;
	struct {
		unsigned peer;
		struct str line;
	} heard[HEARD_MAX];
	size_t n_heard;
	bool deaf[HUB_PEERS_MAX];   /* its queue is full: nothing can be sent to it */
	bool slow[HUB_PEERS_MAX];   /* it has no room for one more piece of entries */
	unsigned officer, one, two; /* one and two: the drivers of line-1 and line-2 */
} s;

static int64_t elapsed_us(void *context)
{
	return ((struct scene *)context)->clock_us;
}

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	memset(ret_bytes, context != NULL, n);
}

static bool send_line(void *context, unsigned peer, struct str line)
{
	struct scene *scene = context;
	if (scene->deaf[peer])
		return false;
	ASSERT(scene->n_heard < HEARD_MAX);
	scene->heard[scene->n_heard].peer = peer;
	scene->heard[scene->n_heard++].line = arena_str(&scene->arena, line);
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	return !((struct scene *)context)->slow[peer];
}

/* The readers at addresses below 100 have a key. */
static bool reader_key(void *context, struct str line, int64_t address, uint8_t ret_key[16])
{
	memset(ret_key, (int)address, 16);
	return context && line.len > 0 && address < 100;
}

static const char *rules(void)
{
	return "name: house\n"
	       "layers: [mission]\n"
	       "default: {outcome: refuse, reason: nobody said yes}\n"
	       "rules:\n"
	       "  - id: staff\n"
	       "    title: Staff may enter\n"
	       "    layer: mission\n"
	       "    match: {staff: {person.groups: staff}, condition: staff}\n"
	       "    outcome: permit\n";
}

static int open_hub(struct error *error)
{
	static const struct hub_driver drivers[LINES] = {{{"line-1", 6}, {"osdp", 4}, {"dev-1", 5}, 9600},
							 {{"line-2", 6}, {"osdp", 4}, {"dev-2", 5}, 9600}};
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	static const uint8_t seed[32] = {7};
	static const struct rulebook *rulebook;
	if (!rulebook)
		rulebook = rulebook_of_text(&access_request_vocabulary, rules());
	struct hub_options options = {
	    .mission = STR("house"),
	    .journal = {.path = "journal.db", .vfs = "hub", .origin = STR("chancery/house"), .seed = seed},
	    .rulebooks = {rulebook},
	    .environment = {.program = STR("test"),
			    .schema = {zeros, 32},
			    .access = {zeros, 32},
			    .zone = STR("UTC"),
			    .offsets = {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = LINES,
	    .outside = {&s, elapsed_us, salt, send_line, has_room, reader_key},
	    .wall = s.clock_us / 1000};
	return hub_open(&s.hub, &options, error);
}

static unsigned attach_officer(void)
{
	static const struct str roles[] = {{"security_officer", 16}};
	return hub_attach_asker(s.hub, STR("ana"), 1000, roles, 1);
}

static void say(unsigned peer, const char *format, ...) PRINTF(2, 3);

static void say(unsigned peer, const char *format, ...)
{
	char line[1024];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	ASSERT(length > 0 && (size_t)length < sizeof line);
	for (char *c = line; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	hub_line(s.hub, peer, (struct str){line, (size_t)length});
}

static void commit(void)
{
	struct error error;
	int more;
	while ((more = hub_commit(s.hub, &error)) > 0)
		;
	CHECK_OK(more, &error);
}

/* What this peer was sent since it was last asked, one line each. */
static struct str heard(unsigned peer)
{
	struct buf b = arena_buf(&s.arena);
	size_t kept = 0;
	for (size_t i = 0; i < s.n_heard; i++) {
		if (s.heard[i].peer != peer) {
			s.heard[kept++] = s.heard[i];
			continue;
		}
		for (size_t k = 0; k < s.heard[i].line.len; k++)
			buf_put_char(&b, s.heard[i].line.at[k] == '"' ? '\'' : s.heard[i].line.at[k]);
		buf_put_char(&b, '\n');
	}
	s.n_heard = kept;
	return arena_keep(&s.arena, &b);
}

#define CHECK_HEARD(peer, expected) CHECK_STR(heard(peer), str_of(expected))
#define CHECK_HAS(text, part)                                                                                          \
	do {                                                                                                           \
		struct str text_ = (text);                                                                             \
		if (!test_count(str_contains(text_, str_of(part))))                                                    \
			test_fail(__FILE__, __LINE__, "no %s in " STR_FMT, part, STR_ARG(text_));                      \
	} while (0)

static void forget(void)
{
	s.n_heard = 0;
	arena_clear(&s.arena);
}

static void tick_ms(int64_t ms)
{
	s.clock_us += ms * 1000;
}

static size_t entries(void)
{
	return hub_core(s.hub)->size;
}

static void say_hello(unsigned driver, unsigned boot)
{
	say(driver, "{'hello':{'contract':1,'driver':'line-%d','kind':'osdp','boot':'%016x','next':1}}",
	    driver == s.one ? 1 : 2, boot);
}

static const char staff[] = "80000000", unknown[] = "ff000000";

/* Staff's badge is granted, and its order is event 1 of the entry; an unknown card is denied, and signalled by event 1. */
static void show(unsigned driver, int sequence, const char *card)
{
	say(driver,
	    "{'report':{'sequence':%d,'ago':0,'name':'access.card_read','body':{'reader':%d,'format':'wiegand','bits':"
	    "26,"
	    "'card':'%s'}}}",
	    sequence, driver == s.one ? 1 : 2, card);
}

static void furnish(void)
{
	static const char *const commands[FURNISHED - 1][2] = {
	    {"site.add_building", "'name':'Main'"},
	    {"site.add_zone", "'name':'Street','building':1,'grade':1,'kind':'outside'"},
	    {"site.add_zone", "'name':'Inside','building':1,'grade':3,'kind':'office'"},
	    {"doors.add_door", "'name':'Front door','zone':2,'from_zone':1,'release':5000"},
	    {"doors.add_door", "'name':'Back door','zone':2,'from_zone':1,'release':3000"},
	    {"doors.add_reader", "'door':1,'line':'line-1','address':0,'output':0,'secure':true"},
	    {"doors.add_reader", "'door':2,'line':'line-2','address':0,'output':0,'secure':true"},
	    {"people.enrol", "'name':'Odo Lim','groups':['staff'],'clearance':3"},
	    {"people.issue_badge", "'person':1,'card':'80000000','bits':26,'kind':'card'"}};
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		say(s.officer, "{'command':{'name':'%s','body':{%s}}}", commands[i][0], commands[i][1]);
	commit();
	ASSERT(entries() == FURNISHED);
}

static void attach_drivers(void)
{
	s.one = hub_attach_driver(s.hub, 0);
	s.two = hub_attach_driver(s.hub, 1);
}

/* 2026-11-23T09:00:00Z, furnished, both drivers have said hello. */
static void begin(void)
{
	struct error error;
	s = (struct scene){.disk = disk_new("hub", 1), .clock_us = 1795424400000000, .arena = arena_map(ARENA_BYTES)};
	CHECK_OK(open_hub(&error), &error);
	s.officer = attach_officer();
	furnish();
	attach_drivers();
	say_hello(s.one, 1);
	say_hello(s.two, 1);
	commit();
	forget();
}

/* The power fails, comes back, and the hub begins again; nobody has said hello. */
static void power_failure(void)
{
	struct error error;
	disk_crash(s.disk, 3);
	hub_close(s.hub);
	disk_restart(s.disk);
	forget();
	CHECK_OK(open_hub(&error), &error);
	s.officer = attach_officer();
	attach_drivers();
	commit();
}

static void end(void)
{
	hub_close(s.hub);
	disk_free(s.disk);
	arena_unmap(&s.arena);
}

/* Drivers */

TEST(nothing_is_sent_before_the_commit)
{
	begin();
	show(s.one, 1, staff);
	say(s.two, "{");
	say(s.officer, "{'command':{'name':'site.add_building','body':{'name':'Annex'}}}");
	say(s.officer, "{'status':{}}");
	say(s.officer, "{'history':{'ref':'door:1','limit':1}}");
	say(s.officer, "{'follow':{'from':0}}");
	CHECK_INT(s.n_heard, 0);
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED);
	commit();
	CHECK(heard(s.one).len > 0 && heard(s.two).len > 0 && heard(s.officer).len > 0);
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED + 2);
	end();
}

TEST(a_batch_has_one_acknowledgement_for_each_driver_with_the_highest_sequence)
{
	begin();
	for (int i = 1; i <= 3; i++)
		say(s.one,
		    "{'report':{'sequence':%d,'ago':0,'name':'doors.reader_tamper','body':{'reader':1,'tamper':%s,"
		    "'power':false}}}",
		    i, i % 2 ? "true" : "false");
	say(s.two, "{'report':{'sequence':1,'ago':0,'name':'doors.reader_tamper','body':{'reader':2,'tamper':true,"
		   "'power':false}}}");
	commit();
	CHECK_HEARD(s.one, "{'ack':{'sequence':3}}\n");
	CHECK_HEARD(s.two, "{'ack':{'sequence':1}}\n");
	commit();
	CHECK_INT(s.n_heard, 0);
	end();
}

TEST(a_report_that_comes_again_is_acknowledged_again_and_entered_once)
{
	begin();
	show(s.one, 1, unknown);
	show(s.one, 1, unknown);
	commit();
	CHECK_HAS(heard(s.one), "{'ack':{'sequence':1}}");
	show(s.one, 1, unknown);
	commit();
	CHECK_HEARD(s.one, "{'ack':{'sequence':1}}\n");
	CHECK_INT(entries(), FURNISHED + 1);
	/* The driver began again: its reports are numbered from 1. */
	say_hello(s.one, 2);
	show(s.one, 1, unknown);
	CHECK_INT(entries(), FURNISHED + 2);
	end();
}

TEST(a_driver_is_told_what_is_wrong_with_its_line)
{
	static const struct {
		bool hello;
		const char *line, *told;
	} rows[] = {
	    {true, "{'done':{'sequence':2,'entry':1,'event':1}}",
	     "{'bad':{'offset':0,'what':'a report before this one is missing','remedy':'Send again from the last "
	     "acknowledged "
	     "one.'}}\n"},
	    {false, "{'done':{'sequence':1,'entry':1,'event':1}}",
	     "{'bad':{'offset':0,'what':'a report came before hello','remedy':'Answer config with hello first.'}}\n"},
	    {false, "{'hello':{'contract':1,'driver':'line-2','kind':'osdp','boot':'0000000000000001','next':1}}",
	     "{'bad':{'offset':0,'what':'hello names another driver','remedy':'Answer with the name that config "
	     "gave.'}}\n"},
	    {true, "{'heartbeat':{'frames':1}}",
	     "{'bad':{'offset':24,'what':'heartbeat: has no member `refused`','remedy':'See docs/adding.md for the "
	     "lines that a "
	     "driver may send.'}}\n"},
	    {true, "{'report':{'sequence':1,'ago':0,'name':'access.fly','body':{}}}",
	     "{'bad':{'offset':0,'what':'there is nothing of the name access.fly','remedy':'See the report\'s "
	     "declaration in "
	     "the schema reference.'}}\n"},
	    {true, "{'heartbeat':{'frames':1,'refused':0}}", ""},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		hub_detach(s.hub, s.one);
		s.one = hub_attach_driver(s.hub, 0);
		if (rows[i].hello)
			say_hello(s.one, 1);
		commit();
		forget();
		say(s.one, "%s", rows[i].line);
		commit();
		CHECK_HEARD(s.one, rows[i].told);
	}
	CHECK_INT(entries(), FURNISHED);
	end();
}

TEST(a_hello_that_names_another_driver_is_none)
{
	begin();
	hub_detach(s.hub, s.one);
	s.one = hub_attach_driver(s.hub, 0);
	say(s.one, "{'hello':{'contract':1,'driver':'line-2','kind':'osdp','boot':'0000000000000001','next':1}}");
	show(s.one, 1, staff);
	commit();
	CHECK_HAS(heard(s.one), "a report came before hello");
	CHECK_INT(entries(), FURNISHED);
	end();
}

#define ORDER_OF_ENTRY_10 "'not_after':1795424403000,'body':{'door':1,'reader':1,'release':5000}}}\n"

TEST(an_order_goes_to_its_driver_and_again_at_every_hello_until_it_is_answered)
{
	static const char order[] = "{'order':{'entry':10,'event':1,'name':'doors.Released','now':1795424400000,"
				    "" ORDER_OF_ENTRY_10;
	begin();
	show(s.one, 1, staff);
	commit();
	CHECK_HEARD(s.two, "");
	struct str first = heard(s.one);
	CHECK(str_starts(first, str_of(order)));
	CHECK(str_ends(first, STR("{'ack':{'sequence':1}}\n")));
	/* Again, with the time that it is now. */
	tick_ms(1000);
	for (int i = 0; i < 2; i++) {
		say_hello(s.one, 1);
		say_hello(s.two, 1);
		commit();
		CHECK_HEARD(s.one, "{'order':{'entry':10,'event':1,'name':'doors.Released','now':1795424401000,"
				   "" ORDER_OF_ENTRY_10);
		CHECK_HEARD(s.two, "");
	}
	say(s.one, "{'done':{'sequence':2,'entry':10,'event':1}}");
	say_hello(s.one, 1);
	commit();
	CHECK_HEARD(s.one, "{'ack':{'sequence':2}}\n");
	CHECK_INT(order_count(&hub_core(s.hub)->state), 0);
	end();
}

TEST(an_order_waits_for_a_driver_that_has_not_said_hello)
{
	begin();
	show(s.one, 1, staff);
	hub_detach(s.hub, s.one); /* before the commit */
	commit();
	CHECK_HEARD(s.one, "");
	s.one = hub_attach_driver(s.hub, 0);
	commit();
	CHECK(!str_contains(heard(s.one), STR("order")));
	say_hello(s.one, 1);
	commit();
	CHECK_HAS(heard(s.one), "{'order':{'entry':10,'event':1,");
	say(s.one, "{'expired':{'sequence':2,'entry':10,'event':1}}");
	say_hello(s.one, 1);
	commit();
	CHECK_HEARD(s.one, "{'ack':{'sequence':2}}\n");
	end();
}

TEST(an_order_that_nobody_answers_ends_by_itself)
{
	begin();
	CHECK(hub_due_us(s.hub) == INT64_MAX);
	show(s.one, 1, staff);
	commit();
	CHECK_INT(hub_due_us(s.hub), s.clock_us + (3000 + DRIVERS_ANSWER_MS_MAX) * 1000);
	s.clock_us = hub_due_us(s.hub);
	commit();
	CHECK_INT(entries(), FURNISHED + 2);
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED + 2);
	CHECK(hub_due_us(s.hub) == INT64_MAX);
	end();
}

TEST(a_refused_report_is_durable_and_told_with_the_name_of_the_refusal)
{
	begin();
	say(s.one, "{'done':{'sequence':1,'entry':3,'event':0}}");
	commit();
	CHECK_HEARD(s.one, "{'refused':{'sequence':1,'name':'DRIVERS_NO_ORDER'}}\n");
	CHECK_INT(entries(), FURNISHED + 1);
	/* Somebody else's reader; and somebody else's order. */
	say(s.one, "{'report':{'sequence':2,'ago':0,'name':'access.card_read','body':{'reader':2,'format':'wiegand',"
		   "'bits':26,'card':'80000000'}}}");
	show(s.two, 1, staff);
	say(s.one, "{'done':{'sequence':3,'entry':12,'event':1}}");
	commit();
	CHECK_HEARD(s.one, "{'refused':{'sequence':2,'name':'ACCESS_UNKNOWN_READER'}}\n"
			   "{'refused':{'sequence':3,'name':'DRIVERS_NO_ORDER'}}\n");
	CHECK_INT(order_count(&hub_core(s.hub)->state), 1);
	end();
}

/* Line 1 shows cards until `n` orders wait for their answers; returns its next sequence. */
static int fill_orders(int n)
{
	for (int i = 1; i <= n; i++) {
		show(s.one, i, unknown);
		if (hub_is_full(s.hub) || i == n) {
			commit();
			forget();
		}
	}
	CHECK_INT(order_count(&hub_core(s.hub)->state), n);
	return n + 1;
}

TEST(reports_wait_while_orders_fill_their_table_and_answers_do_not)
{
	begin();
	int next = fill_orders(PENDING_MAX + 1);
	show(s.one, next, unknown);
	show(s.two, 1, unknown);
	commit();
	char busy[80];
	snprintf(busy, sizeof busy, "{'busy':{'sequence':%d,'retry_ms':%d}}\n", next, HUB_BUSY_RETRY_MS);
	CHECK_HEARD(s.one, busy);
	CHECK_HEARD(s.two, "{'busy':{'sequence':1,'retry_ms':200}}\n");
	CHECK_INT(entries(), FURNISHED + PENDING_MAX + 1);
	say(s.one, "{'done':{'sequence':%d,'entry':10,'event':1}}", next);
	show(s.two, 1, unknown);
	commit();
	CHECK_HAS(heard(s.one), "'ack'");
	CHECK_HAS(heard(s.two), "{'ack':{'sequence':1}}");
	end();
}

/* Settings */

#define READER_1 "{'reader':1,'address':0,'key':'00000000000000000000000000000000','output':0}"

static void add_reader(int address)
{
	say(s.officer,
	    "{'command':{'name':'doors.add_reader','body':{'door':1,'line':'line-1','address':%d,'output':1,"
	    "'secure':true}}}",
	    address);
	commit();
}

TEST(a_driver_that_is_attached_is_sent_its_settings_and_what_is_durable)
{
	begin();
	show(s.one, 1, staff);
	commit();
	add_reader(100); /* has no key, is not polled */
	hub_detach(s.hub, s.one);
	forget();
	s.one = hub_attach_driver(s.hub, 0);
	CHECK_INT(s.n_heard, 0);
	commit();
	CHECK_HEARD(s.one,
		    "{'config':{'contract':1,'driver':'line-1','accepted':{'boot':'0000000000000001','sequence':1},"
		    "'settings':{'device':'dev-1','baud':9600,'readers':[" READER_1 "]}}}\n");
	end();
}

TEST(settings_are_sent_again_once_readers_are_no_longer_being_added)
{
	begin();
	add_reader(1);
	tick_ms(HUB_CONFIG_QUIET_MS - 1);
	add_reader(2);
	CHECK_INT(hub_due_us(s.hub), s.clock_us + HUB_CONFIG_QUIET_MS * 1000);
	tick_ms(HUB_CONFIG_QUIET_MS - 1);
	commit();
	CHECK_HEARD(s.one, "");
	tick_ms(1);
	commit();
	CHECK_HEARD(
	    s.one,
	    "{'config':{'contract':1,'driver':'line-1','accepted':null,'settings':{'device':'dev-1','baud':9600,"
	    "'readers':[" READER_1 ",{'reader':3,'address':1,'key':'01010101010101010101010101010101','output':1}"
	    ",{'reader':4,'address':2,'key':'02020202020202020202020202020202','output':1}]}}}\n");
	CHECK_HAS(heard(s.two), "{'config':{'contract':1,'driver':'line-2'");
	CHECK(hub_due_us(s.hub) == INT64_MAX);
	/* The driver begins again, with hello. */
	show(s.one, 1, staff);
	commit();
	CHECK_HAS(heard(s.one), "a report came before hello");
	end();
}

/* Askers */

TEST(a_command_is_answered_with_its_entry_or_with_the_refusal_and_what_it_takes)
{
	static const struct {
		const char *command, *answer;
		bool enters;
	} rows[] = {
	    {"'name':'site.add_building','body':{'name':'Annex'}", "{'done':{'entry':10,'gives':{'building':2}}}\n",
	     true},
	    {"'name':'people.suspend_badge','body':{'badge':1,'why':'lost'}", "{'done':{'entry':11,'gives':{}}}\n",
	     true},
	    {"'name':'people.suspend_badge','body':{'badge':7,'why':'lost'}",
	     "{'refused':{'entry':12,'name':'PEOPLE_NO_BADGE','takes':{'badge':7}}}\n", true},
	    {"'name':'people.fly','body':{}",
	     "{'bad':{'offset':0,'what':'there is nothing of the name people.fly','remedy':'`chancery help` lists the "
	     "commands "
	     "and their members.'}}\n",
	     false},
	    {"'name':'drivers.done','body':{'entry':1,'event':1}",
	     "{'bad':{'offset':0,'what':'there is nothing of the name drivers.done','remedy':'`chancery help` lists "
	     "the commands "
	     "and their members.'}}\n",
	     false},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t before = entries();
		say(s.officer, "{'command':{%s}}", rows[i].command);
		commit();
		CHECK_HEARD(s.officer, rows[i].answer);
		CHECK_INT(entries() - before, rows[i].enters);
	}
	end();
}

TEST(a_role_that_may_not_is_refused_and_the_entry_says_who_asked)
{
	static const struct str reception[] = {{"reception", 9}};
	begin();
	unsigned peer = hub_attach_asker(s.hub, STR("odo"), 1001, reception, 1);
	say(peer, "{'command':{'name':'site.add_building','body':{'name':'Annex'}}}");
	say(s.officer, "{'follow':{'from':10}}");
	commit();
	CHECK_HEARD(
	    peer, "{'refused':{'entry':10,'name':'MISSION_ROLE','takes':{'command':'site.add_building','login':'odo'}}}"
		  "\n");
	struct str entry = heard(s.officer);
	CHECK_HAS(entry, "'from':{'operator':{'login':'odo'}}");
	CHECK_HAS(entry, "'checked':{'uid':1001,'roles':['reception']}");
	CHECK_HAS(entry, "'events':[]");
	end();
}

TEST(a_line_that_is_not_understood_is_answered_and_makes_no_entry)
{
	static const struct {
		const char *line, *what;
	} rows[] = {
	    {"{", "{'bad':{'offset':1,"},
	    {"null", "{'bad':{'offset':0,"},
	    {"{'status':{}} ?", "{'bad':{'offset':14,"},
	    {"\xff", "{'bad':{'offset':0,"},
	    {"{'fly':{}}", "'what':'has no member named"},
	    {"{'history':{'ref':'door:1','limit':0}}", "{'bad':{'offset':35,"},
	    {"{'history':{'ref':'Nobody','limit':1}}",
	     "'what':'that is neither a ref nor a name','remedy':'Write a table"},
	    {"{'history':{'ref':'fly:1','limit':1}}", "'what':'that is neither a ref nor a name'"},
	    {"{'command':{'name':'x','body':{}},'status':{}}", "'what':'"},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say(s.officer, "%s", rows[i].line);
		commit();
		struct str answer = heard(s.officer);
		CHECK(str_starts(answer, STR("{'bad':{'offset':")));
		CHECK(str_contains(answer, STR("','remedy':'")));
		CHECK_HAS(answer, rows[i].what);
	}
	hub_line_too_long(s.hub, s.officer);
	hub_line(s.hub, s.officer, STR("")); /* is no line */
	commit();
	CHECK_HEARD(s.officer,
		    "{'bad':{'offset':0,'what':'the line is longer than 65,535 bytes','remedy':'Send at most 65,535 "
		    "bytes a line.'}}\n");
	CHECK_INT(entries(), FURNISHED);
	end();
}

TEST(the_offset_of_a_mistake_counts_from_the_beginning_of_the_line_also_inside_a_body)
{
	static const char command[] = "{'command':{'name':'people.suspend_badge','body':{'badge':1,'why':'tired'}}}";
	static const char report[] =
	    "{'report':{'sequence':1,'ago':0,'name':'drivers.done','body':{'entry':-1,'event':1}}}";
	char expected[40];
	begin();
	say(s.officer, "%s", command);
	say(s.one, "%s", report);
	commit();
	snprintf(expected, sizeof expected, "{'bad':{'offset':%zu,", (size_t)(strstr(command, "'tired'") - command));
	CHECK_HAS(heard(s.officer), expected);
	snprintf(expected, sizeof expected, "{'bad':{'offset':%zu,", (size_t)(strstr(report, "-1") - report));
	CHECK_HAS(heard(s.one), expected);
	end();
}

/* The numbers of the entries that were sent, and the end, as "17 16 end older 16". */
static struct str numbers(struct str text)
{
	struct buf b = arena_buf(&s.arena);
	struct str line, number, rest;
	while (str_cut(text, '\n', &line, &text)) {
		if (b.len > 0)
			buf_put_char(&b, ' ');
		if (str_starts(line, STR("{'entry':"))) {
			const char *index = memmem(line.at, line.len, "'index':", 8);
			ASSERT(index);
			str_cut((struct str){index + 8, 20}, ',', &number, &rest);
			buf_put_str(&b, number);
		} else {
			buf_put_str(&b, line);
		}
	}
	return arena_keep(&s.arena, &b);
}

TEST(history_is_what_mentions_a_ref_newest_first_and_says_where_older_entries_are)
{
	static const struct {
		const char *ask, *answer;
	} rows[] = {
	    {"'ref':'door:1','limit':10", "12 10 6 4 {'end':{'older':null}}"},
	    {"'ref':'Front door','limit':10", "12 10 6 4 {'end':{'older':null}}"},
	    {"'ref':'Front door','limit':2", "12 10 {'end':{'older':10}}"},
	    {"'ref':'Front door','before':10,'limit':2", "6 4 {'end':{'older':4}}"},
	    {"'ref':'Front door','before':4,'limit':2", "{'end':{'older':null}}"},
	    {"'ref':'door:1','before':0,'limit':2", "{'end':{'older':null}}"},
	    {"'ref':'door:1','before':999,'limit':1", "12 {'end':{'older':12}}"},
	    {"'ref':'person:1','limit':10", "11 10 9 8 {'end':{'older':null}}"},
	    {"'ref':'Odo Lim','limit':10", "11 10 9 8 {'end':{'older':null}}"},
	    {"'ref':'door:99','limit':10", "{'end':{'older':null}}"},
	};
	begin();
	show(s.one, 1, staff);
	show(s.two, 1, staff);
	show(s.one, 2, unknown);
	commit();
	forget();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say(s.officer, "{'history':{%s}}", rows[i].ask);
		commit();
		CHECK_STR(numbers(heard(s.officer)), str_of(rows[i].answer));
	}
	say(s.officer, "{'history':{'ref':'door:2','limit':1}}");
	commit();
	CHECK_HAS(heard(s.officer), "{'ref':'door:2','name':'Back door'}");
	end();
}

TEST(history_is_sent_piece_by_piece_to_whoever_has_room)
{
	struct error error;
	begin();
	for (int i = 1; i <= 300; i++)
		show(s.one, i, unknown);
	commit();
	forget();
	s.slow[s.officer] = true;
	say(s.officer, "{'history':{'ref':'door:1','limit':10000}}");
	CHECK_INT(hub_commit(s.hub, &error), 0);
	CHECK_INT(s.n_heard, 0);
	s.slow[s.officer] = false;
	CHECK_INT(hub_commit(s.hub, &error), 1);
	CHECK_INT(s.n_heard, HUB_PIECE_ENTRIES);
	commit();
	CHECK_INT(s.n_heard, 300 + 2 + 1);
	end();
}

TEST(a_follower_gets_every_entry_from_its_number_on_as_it_becomes_durable)
{
	begin();
	say(s.officer, "{'follow':{'from':8}}");
	commit();
	CHECK_STR(numbers(heard(s.officer)), STR("8 9"));
	show(s.one, 1, staff);
	CHECK_HEARD(s.officer, "");
	commit();
	struct str line = heard(s.officer);
	CHECK_STR(numbers(line), STR("10"));
	CHECK_HAS(line, "{'ref':'door:1','name':'Front door'}");
	say(s.officer, "{'follow':{'from':12}}");
	show(s.one, 2, staff);
	commit();
	CHECK_HEARD(s.officer, "");
	show(s.one, 3, staff);
	commit();
	CHECK_STR(numbers(heard(s.officer)), STR("12"));
	end();
}

TEST(status_tells_the_numbers)
{
	static const char *const parts[] = {
	    "{'status':{'mission':'house','size':11,'wall':1795424401000,'root':'",
	    "'doors':2,'readers':2,'online':0,'people':1,'rules':1,'pending':1,'commit_us':0,'drivers':[",
	    "{'name':'line-1','connected':true,'boot':'0000000000000001','sequence':1,'frames':77,'bad':1}",
	    "{'name':'line-2','connected':false,'boot':null,'sequence':0,'frames':0,'bad':0}"};
	begin();
	show(s.one, 1, staff);
	say(s.one, "{'heartbeat':{'frames':77,'refused':0}}");
	say(s.one, "{");
	hub_detach(s.hub, s.two);
	commit();
	tick_ms(1000);
	say(s.officer, "{'status':{}}");
	commit();
	struct str answer = heard(s.officer);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		CHECK_HAS(answer, parts[i]);
	end();
}

/* Peers */

TEST(what_was_parked_for_a_peer_that_left_reaches_nobody)
{
	begin();
	say(s.officer, "{'status':{}}");
	hub_detach(s.hub, s.officer);
	CHECK(!hub_is_attached(s.hub, s.officer));
	unsigned next = attach_officer();
	CHECK_INT(next, s.officer); /* the same place */
	commit();
	CHECK_HEARD(next, "");
	end();
}

TEST(who_stays_hears_its_answers_in_order_when_another_leaves)
{
	begin();
	unsigned other = attach_officer();
	say(s.officer, "{'status':{}}");
	for (int i = 0; i < 3; i++)
		say(other, "{'command':{'name':'site.add_building','body':{'name':'Annex %d'}}}", i);
	hub_detach(s.hub, s.officer);
	commit();
	CHECK_HEARD(other,
		    "{'done':{'entry':10,'gives':{'building':2}}}\n{'done':{'entry':11,'gives':{'building':3}}}\n"
		    "{'done':{'entry':12,'gives':{'building':4}}}\n");
	end();
}

TEST(a_peer_that_does_not_keep_up_is_let_go_and_the_others_hear_everything)
{
	begin();
	unsigned other = attach_officer();
	s.deaf[s.officer] = true;
	say(s.officer, "{'status':{}}");
	for (int i = 0; i < 3; i++)
		say(other, "{'command':{'name':'site.add_building','body':{'name':'Annex %d'}}}", i);
	commit();
	CHECK(!hub_is_attached(s.hub, s.officer));
	CHECK_HEARD(other,
		    "{'done':{'entry':10,'gives':{'building':2}}}\n{'done':{'entry':11,'gives':{'building':3}}}\n"
		    "{'done':{'entry':12,'gives':{'building':4}}}\n");
	/* So also who follows. */
	s.deaf[other] = true;
	say(other, "{'follow':{'from':0}}");
	commit();
	CHECK(!hub_is_attached(s.hub, other) && hub_is_attached(s.hub, s.one));
	end();
}

TEST(there_is_a_place_for_so_many_peers_and_no_more)
{
	begin();
	for (unsigned i = 3; i < HUB_PEERS_MAX; i++)
		CHECK(attach_officer() < HUB_PEERS_MAX);
	CHECK_INT(attach_officer(), HUB_PEERS_MAX);
	CHECK_INT(hub_attach_driver(s.hub, 0), HUB_PEERS_MAX);
	hub_detach(s.hub, 70);
	CHECK_INT(attach_officer(), 70);
	end();
}

/* The disk */

TEST(a_commit_that_fails_is_final_and_tells_nobody_anything)
{
	struct error error;
	begin();
	say(s.officer, "{'follow':{'from':10}}");
	show(s.one, 1, staff);
	show(s.two, 1, unknown);
	say(s.officer, "{'command':{'name':'site.add_building','body':{'name':'Annex'}}}");
	say(s.two, "{");
	disk_fail_sync(s.disk, 1);
	CHECK_INT(hub_commit(s.hub, &error), ERROR_SYSTEM);
	CHECK_INT(s.n_heard, 0);
	/* The disk is well again; the hub is not. */
	say_hello(s.one, 1);
	CHECK_INT(hub_commit(s.hub, &error), ERROR_SYSTEM);
	CHECK_INT(s.n_heard, 0);
	/* What was told before is there; what was not told is sent again, and counted once. */
	power_failure();
	CHECK_INT(entries(), FURNISHED);
	say_hello(s.one, 1);
	show(s.one, 1, staff);
	commit();
	CHECK_HAS(heard(s.one), "{'ack':{'sequence':1}}");
	CHECK_INT(entries(), FURNISHED + 1);
	end();
}

TEST(what_was_acknowledged_is_there_after_the_power_failed)
{
	begin();
	show(s.one, 1, staff);
	show(s.one, 2, staff);
	say(s.officer, "{'command':{'name':'site.add_building','body':{'name':'Annex'}}}");
	commit();
	CHECK_HAS(heard(s.one), "{'ack':{'sequence':2}}");
	CHECK_HAS(heard(s.officer), "{'done':{'entry':12,");
	show(s.one, 3, staff); /* never committed */
	power_failure();
	CHECK_INT(entries(), FURNISHED + 3);
	CHECK_HAS(heard(s.one), "'accepted':{'boot':'0000000000000001','sequence':2}");
	say_hello(s.one, 1);
	show(s.one, 2, staff);
	commit();
	struct str told = heard(s.one);
	CHECK_HAS(told, "{'order':{'entry':10,'event':1,");
	CHECK_HAS(told, "{'order':{'entry':11,'event':1,");
	CHECK(str_ends(told, STR("{'ack':{'sequence':2}}\n")));
	CHECK_INT(entries(), FURNISHED + 3);
	end();
}

/* Stands last: where this goes wrong the process ends. */
TEST(a_hello_repeats_all_orders_that_their_table_can_hold)
{
	begin();
	fill_orders(PENDING_MAX + 1);
	say_hello(s.one, 1);
	commit();
	CHECK_INT(s.n_heard, PENDING_MAX + 1);
	end();
}
