#include "serve/hub.h"

#include "base/test.h"
#include "base/traffic.h"
#include "domain/access/access.h"
#include "domain/drivers/drivers.h"
#include "rules/rulebook_text.h"
#include "sim/disk.h"
#include "sim/house.h"
#include "sim/premises.h"

/* A hub on a disk in memory, the simulator's house, a security officer, and the drivers of two lines: reader 2 is on line 0, reader 1 on line 1.
 * Lines are written with ' for ". What a peer was sent stays until heard() takes it. */

enum { HEARD_MAX = 16384, ARENA_BYTES = 64 << 20, FURNISHED = 1 + HOUSE_COMMANDS };

enum who { ZERO, ONE, OFFICER = HUB_DRIVERS_MAX, OTHER }; /* peers: the drivers of line-0 and line-1, two officers */
static const enum who all[] = {ZERO, ONE, OFFICER, OTHER};

static struct scene {
	struct premises *at; /* first: outside's context */
	struct premises premises;
	struct disk *disk;
	struct hub *hub;
	struct arena arena;
	struct {
		unsigned peer;
		struct str line;
	} heard[HEARD_MAX];
	size_t n_heard;
	bool deaf[HUB_PEERS_MAX]; /* its queue is full: nothing can be sent to it */
	bool slow[HUB_PEERS_MAX]; /* it has no room for one more piece of entries */
} s;

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint64_t number;
	memset(ret_bytes, context != NULL, n);
	number++;
	memcpy(ret_bytes, &number, sizeof number);
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

static void attach(enum who who)
{
	static const struct str roles[] = {{"security_officer", 16}};
	static const struct hub_person ana = {{"ana", 3}, 1000, roles, 1, 0, 0};
	unsigned peer = who <= ONE ? hub_attach_driver(s.hub, who) : hub_attach_asker(s.hub, &ana);
	ASSERT(peer == who);
}

static void close_hub(void)
{
	hub_close(s.hub);
	premises_close(&s.premises);
}

static void open_hub(void)
{
	static const struct hub_driver drivers[HOUSE_LINES] = {{{"line-0", 6}, {"osdp", 4}, {"dev-0", 5}, 9600},
							       {{"line-1", 6}, {"osdp", 4}, {"dev-1", 5}, 9600}};
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	static const uint8_t seed[32] = {7};
	static const struct rulebook *rulebook;
	if (!rulebook)
		rulebook = rulebook_of_text(&access_request_vocabulary, house_rules());
	struct hub_options options = {
	    .mission = STR("house"),
	    .journal = {.path = "journal.db", .vfs = "hub", .origin = STR("chancery/house"), .seed = seed},
	    .rulebooks = {rulebook},
	    .environment = {STR("test"), {zeros, 32}, {zeros, 32}, STR("UTC"), {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = HOUSE_LINES,
	    .outside = {.context = &s, .salt = salt, .send = send_line, .has_room = has_room, .tap = traffic_put}};
	struct error error;
	s.at = &s.premises;
	CHECK_OK(premises_open(&s.premises, s.disk, &error), &error);
	premises_fill(&s.premises, &options);
	int opened = hub_open(&s.hub, &options, &error);
	CHECK_OK(opened, &error);
	ASSERT(opened == 0);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		attach(all[i]);
}

static void say(enum who who, const char *text)
{
	char line[1024];
	size_t length = strlen(text);
	ASSERT(length < sizeof line);
	for (size_t i = 0; i < length; i++)
		line[i] = text[i] == '\'' ? '"' : text[i];
	hub_line(s.hub, who, (struct str){line, length});
}

static void commit(void)
{
	struct error error;
	int more;
	while ((more = hub_commit(s.hub, &error)) > 0)
		;
	CHECK_OK(more, &error);
}

/* With ' for ", and without marks of entries, which tell nothing. */
static void put_shown(struct buf *b, struct str line)
{
	static const char mark[] = "\"at\":\"";
	enum { MARK_BYTES = sizeof mark - 1 + CURSOR_TEXT_BYTES + 2 };
	for (size_t k = 0; k < line.len; k++) {
		if (line.len - k >= MARK_BYTES && memcmp(line.at + k, mark, sizeof mark - 1) == 0)
			k += MARK_BYTES;
		buf_put_char(b, line.at[k] == '"' ? '\'' : line.at[k]);
	}
}

/* What it was sent since it was last asked, a line feed between two lines. */
static struct str heard(enum who who)
{
	struct buf b = arena_buf(&s.arena);
	size_t kept = 0;
	for (size_t i = 0; i < s.n_heard; i++) {
		struct str line = s.heard[i].line;
		if (s.heard[i].peer != who) {
			s.heard[kept++] = s.heard[i];
			continue;
		}
		if (b.len > 0)
			buf_put_char(&b, '\n');
		put_shown(&b, line);
	}
	s.n_heard = kept;
	return arena_keep(&s.arena, &b);
}

/* Commits first. */
static struct str told(enum who who)
{
	commit();
	return heard(who);
}

#define CHECK_TOLD(who, expected)  CHECK_STR(told(who), str_of(expected))
#define CHECK_HEARD(who, expected) CHECK_STR(heard(who), str_of(expected))
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

static size_t entries(void)
{
	return hub_core(s.hub)->size - FURNISHED;
}

static size_t pending(void)
{
	return order_count(&hub_core(s.hub)->state);
}

#define HELLO(line, boot)                                                                                              \
	"{'hello':{'contract':1,'driver':'line-" line "','kind':'osdp','boot':'000000000000000" boot "','next':1}}"
#define REPORT(sequence, name, body) "{'report':{'sequence':" sequence ",'ago':0,'name':'" name "','body':{" body "}}}"
#define SHOW(sequence, reader, card)                                                                                   \
	REPORT(sequence, "access.card_read", "'reader':" reader ",'format':'wiegand','bits':26,'card':'" card "'")
#define TAMPER(sequence, reader, tamper)                                                                               \
	REPORT(sequence, "doors.reader_tamper", "'reader':" reader ",'tamper':" tamper ",'power':false")
#define GUARD			  "00000100" /* is granted; its order is event 1 of the entry */
#define UNKNOWN			  "ffffff00" /* is denied; its order is event 1 of the entry */
#define COMMAND(name, body)	  "{'command':{'name':'" name "','body':{" body "}}}"
#define ADD_BUILDING(name)	  COMMAND("site.add_building", "'name':'" name "'")
#define DONE(sequence, entry)	  "{'done':{'sequence':" sequence ",'entry':" entry ",'event':1}}"
#define ACK(sequence)		  "{'ack':{'sequence':" sequence "}}"
#define BAD(offset, what, remedy) "{'bad':{'offset':" offset ",'what':'" what "','remedy':'" remedy "'}}"
#define BUILT(entry, building)	  "{'done':{'entry':" entry ",'gives':{'building':" building "}}}"
#define ORDER_OF(entry, reader, now, answers)                                                                          \
	"{'order':{'entry':" entry ",'event':1,'name':'doors.Released','now':17954244" now                             \
	",'not_after':1795424403000," answers "'body':{'door':" reader ",'reader':" reader ",'release':5000}}}"
/* It answers report 1 of the driver's boot; or a report of an earlier boot. */
#define ORDER(entry, reader, now)	ORDER_OF(entry, reader, now, "'answers':1,")
#define ORDER_ALONE(entry, reader, now) ORDER_OF(entry, reader, now, "")

static void begin(void)
{
	s = (struct scene){
	    .disk = disk_new("hub", 1),
	    .premises = {.clock_us = INT64_C(1795424400000000), .free_bytes = UINT64_MAX},
	    .arena = arena_map(ARENA_BYTES)};
	open_hub(); /* 2026-11-23T09:00:00Z */
	for (size_t i = 0; i < HOUSE_COMMANDS; i++) {
		struct buf b = arena_buf(&s.arena);
		house_command(i, &b);
		hub_line(s.hub, OFFICER, buf_str(&b));
	}
	commit();
	s.premises.clock_us += HUB_CONFIG_QUIET_MS * 1000;
	commit();
	s.premises.clock_us -= HUB_CONFIG_QUIET_MS * 1000;
	say(ZERO, HELLO("0", "1"));
	say(ONE, HELLO("1", "1"));
	commit();
	forget();
	ASSERT(entries() == 0);
}

static void end(void)
{
	close_hub();
	disk_free(s.disk);
	arena_unmap(&s.arena);
}

/* The power fails, comes back, and the hub begins again; nobody has said hello. */
static void power_failure(void)
{
	disk_crash(s.disk, 3);
	close_hub();
	disk_restart(s.disk);
	forget();
	open_hub();
	commit();
}

/* A peer says `line`. Without `told`, the next line is of the same batch; otherwise the batch is committed and the peer is told exactly that. Without
 * `line`, it only was told that by the last commit. */
struct step {
	enum who who;
	const char *line, *told;
};

static void play(const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (steps[i].line)
			say(steps[i].who, steps[i].line);
		if (steps[i].line && steps[i].told)
			commit();
		if (steps[i].told)
			CHECK_HEARD(steps[i].who, steps[i].told);
	}
}

#define PLAY(...)                                                                                                      \
	do {                                                                                                           \
		static const struct step steps_[] = {__VA_ARGS__};                                                     \
		play(steps_, ARRAY_LEN(steps_));                                                                       \
	} while (0)

/* A test in a house of its own. */
#define HUB_TEST(name)                                                                                                 \
	static void hub_##name(void);                                                                                  \
	TEST(name)                                                                                                     \
	{                                                                                                              \
		begin();                                                                                               \
		hub_##name();                                                                                          \
		end();                                                                                                 \
	}                                                                                                              \
	static void hub_##name(void)

/* Drivers */

HUB_TEST(nothing_is_sent_before_the_commit)
{
	PLAY({ZERO, "{", NULL}, {ONE, SHOW("1", "1", GUARD), NULL}, {OFFICER, ADD_BUILDING("Annex"), NULL},
	     {OFFICER, "{'status':{}}", NULL}, {OFFICER, "{'history':{'ref':'door:1','limit':1}}", NULL},
	     {OTHER, "{'follow':{'from':0}}", NULL});
	CHECK_INT(s.n_heard, 0);
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED);
	commit();
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		CHECK(heard(all[i]).len > 0);
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED + 2);
}

HUB_TEST(a_batch_has_one_acknowledgement_for_each_driver_with_the_highest_sequence)
{
	PLAY({ONE, TAMPER("1", "1", "true"), NULL}, {ZERO, TAMPER("1", "2", "true"), NULL},
	     {ONE, TAMPER("2", "1", "false"), NULL}, {ONE, TAMPER("3", "1", "true"), ACK("3")}, {ZERO, NULL, ACK("1")},
	     {ONE, "{'heartbeat':{'frames':1,'refused':0}}", ""},
	     {ONE, "{'heartbeat':{'frames':2,'refused':0,'spooled':1,'table':7}}", ""});
	CHECK_INT(entries(), 4);
}

HUB_TEST(a_report_that_comes_again_is_acknowledged_again_and_entered_once)
{
	PLAY({ONE, TAMPER("1", "1", "true"), NULL}, {ONE, TAMPER("1", "1", "true"), ACK("1")},
	     {ONE, TAMPER("1", "1", "true"), ACK("1")}, {ONE, TAMPER("2", "1", "false"), ACK("2")},
	     {ONE, TAMPER("1", "1", "true"), ACK("1")},
	     {ONE, HELLO("1", "2"), ""}, /* the driver began again: its reports are numbered from 1 */
	     {ONE, TAMPER("1", "1", "true"), ACK("1")});
	CHECK_INT(entries(), 3);
}

/* Line 1 has half of the house's readers. */
HUB_TEST(a_driver_is_back_when_it_has_said_hello_and_as_much_as_it_has_devices)
{
	CHECK(!hub_driver_is_back(s.hub, ONE));
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")}, {ONE, TAMPER("2", "3", "true"), ACK("2")},
	     {ONE, TAMPER("3", "5", "true"), ACK("3")}, {ONE, TAMPER("3", "5", "true"), ACK("3")});
	CHECK(!hub_driver_is_back(s.hub, ONE));
	PLAY({ONE, TAMPER("4", "7", "true"), ACK("4")});
	CHECK(hub_driver_is_back(s.hub, ONE));
	CHECK(!hub_driver_is_back(s.hub, ZERO));
	PLAY({ONE, HELLO("1", "2"), ""});
	CHECK(!hub_driver_is_back(s.hub, ONE));
	hub_detach(s.hub, ONE);
	CHECK(!hub_driver_is_back(s.hub, ONE));
}

HUB_TEST(a_driver_is_told_what_is_wrong_with_its_line_and_no_entry_is_made)
{
	PLAY({ONE, TAMPER("2", "1", "true"),
	      BAD("0", "a report before this one is missing", "Send again from the last acknowledged one.")},
	     {ONE, "{'heartbeat':{'frames':1}}",
	      BAD("25", "heartbeat: has no member `refused`",
		  "See docs/adding.md for the lines that a driver may send.")},
	     {ONE, REPORT("1", "access.fly", ""),
	      BAD("59", "there is nothing of the name access.fly",
		  "See the report's declaration in the schema reference.")});
	PLAY({ONE, "{'confirmed':{'sequence':1,'number':1}}",
	      BAD("0", "no grant table was sent", "Confirm a table\'s number when its last part has come.")});
	hub_detach(s.hub, ONE);
	attach(ONE);
	commit();
	forget();
	PLAY(
	    {ONE, TAMPER("1", "1", "true"), BAD("0", "a report came before hello", "Answer config with hello first.")},
	    {ONE, HELLO("0", "1"), BAD("0", "hello names another driver", "Answer with the name that config gave.")},
	    {ONE, TAMPER("1", "1", "true"), BAD("0", "a report came before hello", "Answer config with hello first.")});
	CHECK_INT(entries(), 0);
}

HUB_TEST(an_order_goes_to_its_driver_and_again_at_every_hello_until_it_is_answered)
{
	PLAY({ONE, SHOW("1", "1", GUARD), ORDER("76", "1", "00000") "\n" ACK("1")}, {ZERO, NULL, ""});
	s.premises.clock_us += 1000000;
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "01000")}, {ZERO, HELLO("0", "1"), ""},
	     {ONE, HELLO("1", "2"), ORDER_ALONE("76", "1", "01000")}, /* a driver that began again, too */
	     {ONE, DONE("1", "76"), ACK("1")}, {ONE, HELLO("1", "2"), ""});
	CHECK_INT(pending(), 0);
}

HUB_TEST(an_order_waits_for_a_driver_that_has_not_said_hello)
{
	say(ONE, SHOW("1", "1", GUARD));
	hub_detach(s.hub, ONE); /* before the commit */
	commit();
	attach(ONE);
	CHECK(!str_contains(told(ONE), STR("order")));
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "00000")},
	     {ONE, "{'expired':{'sequence':2,'entry':76,'event':1}}", ACK("2")}, {ONE, HELLO("1", "1"), ""});
}

HUB_TEST(an_order_that_nobody_answers_ends_by_itself)
{
	CHECK(hub_due_us(s.hub) == INT64_MAX);
	say(ONE, SHOW("1", "1", GUARD));
	commit();
	CHECK_INT(hub_due_us(s.hub), s.premises.clock_us + (3000 + DRIVERS_ANSWER_MS_MAX) * 1000);
	s.premises.clock_us = hub_due_us(s.hub);
	commit();
	CHECK_INT(journal_size(hub_journal(s.hub)), FURNISHED + 2);
	CHECK_INT(pending(), 0);
	CHECK(hub_due_us(s.hub) == INT64_MAX);
}

HUB_TEST(a_refused_report_is_durable_and_told_with_the_name_of_the_refusal)
{
	PLAY({ONE, DONE("1", "3"), "{'refused':{'sequence':1,'name':'DRIVERS_NO_ORDER'}}"},
	     {ONE, SHOW("2", "2", GUARD), "{'refused':{'sequence':2,'name':'ACCESS_UNKNOWN_READER'}}"}, /* of line 0 */
	     {ZERO, SHOW("1", "2", GUARD), ORDER("78", "2", "00000") "\n" ACK("1")},
	     {ONE, DONE("3", "78"), "{'refused':{'sequence':3,'name':'DRIVERS_NO_ORDER'}}"}, /* of line 0 */
	     {ZERO, DONE("2", "78"), ACK("2")});
	CHECK_INT(entries(), 5);
}

/* Line 1 shows cards until orders fill their table: 8129 of them. */
static void fill_orders(void)
{
	for (int i = 1; i <= ORDER_AT_MOST - TURN_EVENTS_MAX + 1; i++) {
		char line[256];
		snprintf(line, sizeof line, SHOW("%d", "1", UNKNOWN), i);
		say(ONE, line);
		if (hub_is_full(s.hub))
			commit();
	}
	commit();
	forget();
	CHECK_INT(pending(), 8129);
}

HUB_TEST(reports_wait_while_orders_fill_their_table_and_answers_to_orders_do_not)
{
	fill_orders();
	PLAY({ONE, SHOW("8130", "1", UNKNOWN), "{'busy':{'sequence':8130,'retry_ms':200}}"},
	     {ZERO, TAMPER("1", "2", "true"), "{'busy':{'sequence':1,'retry_ms':200}}"},
	     {ONE, DONE("8130", "76"), ACK("8130")}, {ZERO, TAMPER("1", "2", "true"), ACK("1")});
	CHECK_INT(entries(), 8129 + 2);
}

/* Settings */

#define ADD_READER(address)                                                                                            \
	COMMAND("doors.add_reader", "'door':1,'line':'line-1','address':" address ",'output':1,'secure':true")

HUB_TEST(a_driver_that_is_attached_is_sent_its_settings_and_what_is_durable)
{
	PLAY({ONE, TAMPER("1", "1", "true"), ACK("1")},
	     /* Has no key, is not polled. */
	     {OFFICER, ADD_READER("101"), "{'done':{'entry':77,'gives':{'reader':9}}}"});
	hub_detach(s.hub, ONE);
	attach(ONE);
	CHECK_INT(s.n_heard, 0);
	struct str config = told(ONE);
	CHECK_HAS(
	    config,
	    "{'config':{'contract':1,'driver':'line-1','accepted':{'boot':'0000000000000001','sequence':1},'now':");
	CHECK_HAS(config, "'answer':1500,'settings':{'device':'dev-1','baud':9600,'readers':[");
	CHECK_HAS(config, "{'reader':3,'address':3,'key':'03030303030303030303030303030303','output':0}");
	CHECK(!str_contains(config, STR("'reader':2")) && !str_contains(config, STR("'reader':9")));
}

HUB_TEST(settings_are_sent_again_once_readers_are_no_longer_being_added)
{
	static const char status[] = "{'heartbeat':{'frames':1,'refused':0}}";
	PLAY({OFFICER, ADD_READER("91"), NULL}, {ONE, status, ""});
	s.premises.clock_us += (HUB_CONFIG_QUIET_MS - 1) * 1000;
	PLAY({OFFICER, ADD_READER("92"), NULL}, {ONE, status, ""});
	CHECK_INT(hub_due_us(s.hub), s.premises.clock_us + HUB_CONFIG_QUIET_MS * 1000);
	s.premises.clock_us += (HUB_CONFIG_QUIET_MS - 1) * 1000;
	CHECK_TOLD(ONE, "");
	s.premises.clock_us += 1000;
	struct str config = told(ONE);
	CHECK(str_starts(config, STR("{'config':{'contract':1,'driver':'line-1','now':")));
	CHECK_HAS(config, "{'reader':9,'address':91,");
	CHECK_HAS(config, "{'reader':10,'address':92,");
	CHECK_HAS(heard(ZERO), "{'config':{'contract':1,'driver':'line-0'");
	CHECK(hub_due_us(s.hub) == INT64_MAX);
	say(ONE, SHOW("1", "1", GUARD));
	CHECK_HAS(told(ONE), "a report came before hello"); /* the driver begins again */
}

/* Askers */

HUB_TEST(a_command_is_answered_with_its_entry_or_with_the_refusal_and_what_it_takes)
{
	PLAY({OFFICER, ADD_BUILDING("Annex"), BUILT("76", "2")},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':1,'why':'lost'"), "{'done':{'entry':77,'gives':{}}}"},
	     {OFFICER, COMMAND("people.suspend_badge", "'badge':99,'why':'lost'"),
	      "{'refused':{'entry':78,'name':'PEOPLE_NO_BADGE','takes':{'badge':99}}}"},
	     {OFFICER, COMMAND("drivers.done", "'entry':1,'event':1"), /* a report, not a command */
	      BAD("41", "there is nothing of the name drivers.done",
		  "`chancery help` lists the commands and their members.")});
	CHECK_INT(entries(), 3);
}

HUB_TEST(a_role_that_may_not_is_refused_and_the_entry_says_who_asked)
{
	static const struct str reception[] = {{"reception", 9}};
	hub_detach(s.hub, OTHER);
	CHECK_INT(hub_attach_asker(s.hub, &(struct hub_person){STR("odo"), 1001, reception, 1, 0, 0}), OTHER);
	say(OTHER, ADD_BUILDING("Annex"));
	say(OFFICER, "{'follow':{'from':76}}");
	CHECK_TOLD(OTHER, "{'refused':{'entry':76,'name':'MISSION_ROLE','takes':{'command':'site.add_building',"
			  "'login':'odo'}}}");
	struct str entry = heard(OFFICER);
	CHECK_HAS(entry, "'from':{'operator':{'login':'odo'}},'checked':{'uid':1001,'roles':['reception']}");
	CHECK_HAS(entry, "'events':[]");
}

HUB_TEST(a_line_that_is_not_understood_is_answered_and_makes_no_entry)
{
	static const char *const rows[][2] = {
	    {"{", "'offset':1,'"},
	    {"null", "'offset':0,'"},
	    {"{'status':{}} ?", "'offset':14,'"},
	    {"\xff", "'offset':0,'"},
	    {"{'fly':{}}", "'offset':1,'what':'has no member called `fly`','remedy':'See src/schema/contract.yaml"},
	    {"{'history':{'ref':'door:1','limit':0}}", "'offset':35,'what':'history.limit: is less"},
	    {"{'history':{'ref':'Nobody','limit':1}}", "'that is neither a ref nor a name','remedy':'Write a table"},
	    {"{'history':{'ref':'fly:1','limit':1}}", "'that is neither a ref nor a name'"},
	    {"{'status':{},'follow':{'from':1}}", "'offset':22,'what':'has more than one member'"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say(OFFICER, rows[i][0]);
		struct str answer = told(OFFICER);
		CHECK(str_starts(answer, STR("{'bad':{'offset':")) && str_contains(answer, STR("','remedy':'")));
		CHECK_HAS(answer, rows[i][1]);
	}
	hub_line_too_long(s.hub, OFFICER);
	hub_line(s.hub, OFFICER, STR("")); /* is no line */
	CHECK_TOLD(OFFICER, BAD("0", "the line is longer than 65,535 bytes", "Send at most 65,535 bytes a line."));
	CHECK_INT(entries(), 0);
}

HUB_TEST(an_offset_counts_from_the_beginning_of_the_line_also_where_the_mistake_is_inside_a_body)
{
	say(OFFICER, COMMAND("people.suspend_badge", "'badge':1,'why':'tired'")); /* told at the value's end */
	say(ONE, REPORT("1", "drivers.done", "'entry':-1,'event':1"));		  /* at its beginning */
	CHECK_HAS(told(OFFICER), "{'bad':{'offset':73,");
	CHECK_HAS(heard(ONE), "{'bad':{'offset':70,");
}

/* The numbers of the entries that an asker was sent, and the end: "12 10 {'end':…}". */
static struct str numbers(struct str text)
{
	struct buf b = arena_buf(&s.arena);
	while (text.len > 0) {
		struct str line = text, number, rest;
		if (!str_cut(text, '\n', &line, &text))
			text.len = 0;
		const char *index = memmem(line.at, line.len, "'index':", 8);
		if (index && str_cut((struct str){index + 8, 20}, ',', &number, &rest))
			line = number;
		if (b.len > 0)
			buf_put_char(&b, ' ');
		buf_put_str(&b, line);
	}
	return arena_keep(&s.arena, &b);
}

HUB_TEST(history_is_what_mentions_a_ref_newest_first_and_says_where_older_entries_are)
{
	static const char *const rows[][2] = {
	    {"{'history':{'ref':'door:1','limit':10}}", "70 68 5 4 {'end':{}}"},
	    {"{'history':{'ref':'Door 1','limit':10}}", "70 68 5 4 {'end':{}}"},
	    {"{'history':{'ref':'Door 1','limit':2}}", "70 68 {'end':{'older':76}}"},
	    {"{'history':{'ref':'Door 1','before':76,'limit':2}}", "5 4 {'end':{'older':4}}"},
	    {"{'history':{'ref':'Door 1','before':4,'limit':2}}", "{'end':{}}"},
	    {"{'history':{'ref':'door:1','before':0,'limit':2}}", "{'end':{}}"},
	    {"{'history':{'ref':'door:1','before':999,'limit':1}}", "70 {'end':{'older':78}}"},
	    {"{'history':{'ref':'Person 1','limit':3}}", "69 68 21 {'end':{'older':21}}"},
	    {"{'history':{'ref':'door:99','limit':10}}", "{'end':{}}"},
	};
	say(ONE, SHOW("1", "1", GUARD));
	say(ZERO, SHOW("1", "2", GUARD));
	say(ONE, SHOW("2", "1", UNKNOWN));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		say(OFFICER, rows[i][0]);
		CHECK_STR(numbers(told(OFFICER)), str_of(rows[i][1]));
	}
	say(OFFICER, "{'history':{'ref':'door:2','limit':1}}");
	CHECK_HAS(told(OFFICER), "{'ref':'door:2','name':'Door 2'}");
}

HUB_TEST(history_is_sent_piece_by_piece_to_whoever_has_room)
{
	struct error error;
	fill_orders();
	s.slow[OFFICER] = true;
	say(OFFICER, "{'history':{'ref':'door:1','limit':200}}");
	CHECK_INT(hub_commit(s.hub, &error), 0);
	CHECK_INT(s.n_heard, 0);
	s.slow[OFFICER] = false;
	CHECK_INT(hub_commit(s.hub, &error), 1);
	CHECK_INT(s.n_heard, HUB_PIECE_ENTRIES);
	CHECK_INT(hub_commit(s.hub, &error), 0);
	CHECK_INT(s.n_heard, 200 + 1);
}

HUB_TEST(a_follower_gets_every_entry_from_its_number_on_as_it_becomes_durable)
{
	static const struct {
		const char *follow, *command, *numbers;
	} rows[] = {
	    {"{'follow':{'from':66}}", "{'status':{}}", "66 67"},
	    {NULL, ADD_BUILDING("Annex 1"), "76"},
	    {"{'follow':{'from':78}}", ADD_BUILDING("Annex 2"), ""},
	    {NULL, ADD_BUILDING("Annex 3"), "78"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].follow)
			say(OTHER, rows[i].follow);
		say(OFFICER, rows[i].command);
		CHECK_STR(numbers(told(OTHER)), str_of(rows[i].numbers));
	}
}

HUB_TEST(status_tells_the_numbers)
{
	PLAY({ONE, SHOW("1", "1", GUARD), NULL}, {ONE, "{'heartbeat':{'frames':77,'refused':0}}", NULL},
	     {ONE, "{", NULL});
	hub_detach(s.hub, ZERO);
	commit();
	s.premises.clock_us += 1000000;
	say(OFFICER, "{'status':{}}");
	struct str answer = told(OFFICER);
	CHECK_HAS(answer, "{'status':{'mission':'house','size':69,'wall':1795424401000,'root':'");
	CHECK_HAS(answer,
		  "'doors':8,'readers':8,'online':0,'people':24,'rules':2,'pending':1,'commit_us':0,'drivers':["
		  "{'name':'line-0','connected':false,'sequence':0,'frames':0,'bad':0},"
		  "{'name':'line-1','connected':true,'boot':'0000000000000001','sequence':1,'frames':77,'bad':1}],"
		  "'signed_size':69,'signing':true,'witnesses':[]}}");
}

/* Peers that leave */

static const struct step pipelined[] = {{OFFICER, "{'status':{}}", NULL},
					{OTHER, ADD_BUILDING("Annex 1"), NULL},
					{OTHER, ADD_BUILDING("Annex 2"), NULL},
					{OTHER, ADD_BUILDING("Annex 3"), NULL}};
static const char answers[] = BUILT("76", "2") "\n" BUILT("77", "3") "\n" BUILT("78", "4");

HUB_TEST(what_was_parked_for_a_peer_that_left_reaches_nobody)
{
	say(OFFICER, "{'status':{}}");
	say(ONE, SHOW("1", "1", GUARD));
	hub_detach(s.hub, OFFICER);
	CHECK(!hub_is_attached(s.hub, OFFICER));
	attach(OFFICER); /* somebody else, in the same place */
	CHECK_TOLD(OFFICER, "");
	CHECK_HEARD(ONE, ORDER("76", "1", "00000") "\n" ACK("1"));
}

HUB_TEST(who_stays_hears_its_answers_in_order_when_another_leaves)
{
	play(pipelined, ARRAY_LEN(pipelined));
	hub_detach(s.hub, OFFICER);
	CHECK_TOLD(OTHER, answers);
}

HUB_TEST(a_peer_that_does_not_keep_up_is_let_go_and_the_others_hear_everything)
{
	s.deaf[OFFICER] = true;
	play(pipelined, ARRAY_LEN(pipelined));
	CHECK_TOLD(OTHER, answers);
	CHECK(!hub_is_attached(s.hub, OFFICER) && hub_is_attached(s.hub, OTHER));
	s.deaf[OTHER] = true;
	PLAY({OTHER, "{'follow':{'from':0}}", ""});
	CHECK(!hub_is_attached(s.hub, OTHER));
}

/* The disk */

HUB_TEST(a_commit_that_fails_is_final_and_tells_nobody_anything)
{
	struct error error;
	PLAY({OFFICER, "{'follow':{'from':0}}", NULL}, {OTHER, ADD_BUILDING("Annex"), NULL},
	     {ONE, SHOW("1", "1", GUARD), NULL}, {ZERO, "{", NULL});
	disk_fail_sync(s.disk, 1);
	CHECK_INT(hub_commit(s.hub, &error), ERROR_SYSTEM);
	say(ONE, HELLO("1", "1"));
	CHECK_INT(hub_commit(s.hub, &error), ERROR_SYSTEM); /* the disk is well again, the hub is not */
	CHECK_INT(s.n_heard, 0);
	power_failure();
	CHECK_INT(entries(), 0);
	forget();
	/* What was not told is sent again, and counted once. */
	PLAY({ONE, HELLO("1", "1"), ""}, {ONE, TAMPER("1", "1", "true"), ACK("1")});
	CHECK_INT(entries(), 1);
}

HUB_TEST(what_was_acknowledged_is_there_after_the_power_failed)
{
	PLAY({ONE, SHOW("1", "1", GUARD), ORDER("76", "1", "00000") "\n" ACK("1")},
	     {OFFICER, ADD_BUILDING("Annex"), BUILT("77", "2")}, {ONE, TAMPER("2", "1", "true"), ACK("2")},
	     {ONE, TAMPER("3", "1", "false"), NULL}); /* never committed */
	power_failure();
	CHECK_INT(entries(), 3);
	CHECK_HAS(heard(ONE), "'accepted':{'boot':'0000000000000001','sequence':2}");
	PLAY({ONE, HELLO("1", "1"), ORDER("76", "1", "00000")}, {ONE, TAMPER("2", "1", "true"), ACK("2")},
	     {ONE, TAMPER("3", "1", "false"), ACK("3")});
	CHECK_INT(entries(), 4);
}

/* Stands last: where this goes wrong the process ends. */
HUB_TEST(a_hello_repeats_all_the_orders_that_their_table_can_hold)
{
	fill_orders();
	say(ONE, HELLO("1", "1"));
	commit();
	CHECK_INT(s.n_heard, 8129);
}
