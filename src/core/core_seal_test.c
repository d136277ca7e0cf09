/* Personal values in entries: whose they are, how long they are kept, and what is left when the keys are gone. */
#include "core/core.h"

#include "base/test.h"
#include "core/try.h"
#include "domain/people/people.h"
#include "rules/rulebook_text.h"
#include "schema/text.h"

enum { NOVEMBER = 12 * (2026 - 1970) + 11, ENTRIES_MAX = 64, HOUR_MS = 60 * 60 * 1000 };

extern const struct vocabulary access_request_vocabulary;

#define CARD(card) "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"" card "\"}"

static struct try try;
static struct str entries[ENTRIES_MAX]; /* all of them: what a journal would hold */
static size_t n_entries;

static void keep(void)
{
	ASSERT(n_entries < ENTRIES_MAX);
	entries[n_entries++] = try.result.entry;
}

static void command(const char *name, const char *body)
{
	CHECK_INT(try_command(&try, name, body), CORE_DONE);
	keep();
}

static void report(const char *name, const char *body)
{
	try_report(&try, name, body);
	keep();
}

static const struct rulebook *staff_may_enter(void)
{
	static const struct rulebook *book;
	if (!book)
		book = rulebook_of_text(&access_request_vocabulary,
					"name: test\nlayers: [mission]\n"
					"default: {outcome: refuse, reason: nobody said yes}\nrules:\n"
					"- {id: staff, title: t, layer: mission, outcome: permit, match: {a: "
					"{person.groups: staff, door.zone: Chancery}, condition: a}}\n");
	return book;
}

/* A mission of which every entry is kept; the furniture is that of try.h. */
static void begin(void)
{
	n_entries = 0;
	try_init(&try, staff_may_enter());
	keep();
	command("site.add_building", "{\"name\":\"Main building\"}");
	command("site.add_zone", "{\"name\":\"Street\",\"building\":1,\"grade\":1,\"kind\":\"outside\"}");
	command("site.add_zone", "{\"name\":\"Chancery\",\"building\":1,\"grade\":3,\"kind\":\"office\"}");
	command("doors.add_door", "{\"name\":\"Front door\",\"zone\":2,\"from_zone\":1,\"release\":5000}");
	command("doors.add_reader", "{\"door\":1,\"line\":\"line-1\",\"address\":0,\"output\":0,\"secure\":true}");
	command("people.enrol",
		"{\"name\":\"Ana Brook\",\"groups\":[\"staff\"],\"company\":\"Verdant\",\"clearance\":3}");
	command("people.enrol", "{\"name\":\"Odo Lim\",\"groups\":[\"visitor\"],\"clearance\":0}");
	command("people.issue_badge", "{\"person\":1,\"card\":\"80000000\",\"bits\":26,\"kind\":\"card\"}");
	command("people.issue_badge", "{\"person\":2,\"card\":\"40000000\",\"bits\":26,\"kind\":\"card\"}");
}

/* What the last entry's packets hold: "person:1 90d 683 [...]\n" each; the vault of tests does not encrypt. */
static struct str packets(void)
{
	struct buf b = arena_buf(&try.arena), out;
	static char text[4096];
	struct entry entry;
	struct json json = json_over(try.result.entry, &try.arena);
	(void)b;
	out = BUF(text);
	bool read = entry_read(&json, &entry);
	ASSERT(read);
	for (size_t i = 0; i < entry.sealed.n; i++) {
		const struct entry_packet *p = &entry.sealed.at[i];
		uint8_t bytes[1024];
		size_t n;
		struct str whose, values;
		bool decoded = base64_decode(p->data, bytes, sizeof bytes, &n) &&
			       str_cut((struct str){(const char *)bytes, n}, '|', &whose, &values);
		ASSERT(decoded);
		buf_put_str(&out, whose);
		buf_put_char(&out, ' ');
		buf_put_str(&out, p->keep.len ? p->keep : STR("-"));
		buf_put_char(&out, ' ');
		buf_put_i64(&out, p->month);
		buf_put_char(&out, ' ');
		buf_put_str(&out, values);
		buf_put_char(&out, '\n');
	}
	return buf_str(&out);
}

static void check_packets(const char *expected)
{
	CHECK_STR(packets(), str_of(expected));
}

/* Whose */

TEST(what_is_told_of_a_person_is_sealed_for_that_person_in_input_and_events)
{
	begin();
	command("people.enrol", "{\"name\":\"Uma Ray\",\"groups\":[],\"company\":\"Verdant\",\"clearance\":0}");
	check_packets("person:3 - 0 [\"Uma Ray\",\"Verdant\",\"Uma Ray\",\"Verdant\"]\n");
	CHECK(str_contains(try.result.entry,
			   STR("\"body\":{\"name\":[0,0],\"groups\":[],\"company\":[0,1],\"clearance\":0}")));
	CHECK(str_contains(try.result.entry,
			   STR("\"body\":{\"person\":3,\"name\":[0,2],\"groups\":[],\"company\":[0,3],")));
	CHECK(!str_contains(try.result.entry, STR("Uma")));
	command("people.issue_badge", "{\"person\":3,\"card\":\"01000000\",\"bits\":26,\"kind\":\"card\"}");
	check_packets("person:3 - 0 [\"01000000\",\"01000000\"]\n");
	try_release(&try);
}

TEST(what_is_told_of_nobody_who_is_there_is_kept_for_its_time_from_the_entry_on)
{
	begin();
	try_command(&try, "people.issue_badge", "{\"person\":9,\"card\":\"01000000\",\"bits\":26,\"kind\":\"card\"}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_NO_PERSON"));
	check_packets("nobody:0 90d 683 [\"01000000\"]\n");
	CHECK_INT(NOVEMBER, 683);
	try_command(&try, "people.enrol", "{\"name\":\"Uma Ray\",\"groups\":[],\"clearance\":0,\"until\":1}");
	CHECK_STR(try.result.refusal, STR("PEOPLE_TIMES"));
	check_packets("nobody:0 90d 683 [\"Uma Ray\"]\n");
	report("access.card_read", CARD("ffffffc0"));
	CHECK_STR(try_events(&try), STR("access.Denied doors.Signalled"));
	check_packets("nobody:0 90d 683 [\"ffffffc0\"]\n");
	try_release(&try);
}

TEST(where_a_person_was_and_why_it_was_decided_so_is_kept_for_its_time_and_goes_with_the_person)
{
	begin();
	report("access.card_read", CARD("80000000"));
	CHECK_STR(try_events(&try), STR("access.Granted doors.Released"));
	check_packets("person:1 90d 683 [\"80000000\",1,1,[{\"name\":\"person.groups\",\"value\":[\"staff\"]}]]\n");
	CHECK(str_contains(try.result.entry,
			   STR("\"facts\":[{\"name\":\"door.zone\",\"value\":[\"Chancery\"]}],\"personal\":[0,3]}")));
	report("access.card_read", CARD("40000000"));
	CHECK_STR(try_events(&try), STR("access.Denied doors.Signalled"));
	check_packets("person:2 90d 683 [\"40000000\",2,2,[]]\n");
	try_release(&try);
}

TEST(a_month_of_each_time_to_be_kept_is_remembered_until_it_is_over)
{
	begin();
	CHECK_INT(retention_count(&try.core.state), 0); /* what is kept with its person has no month */
	report("access.card_read", CARD("80000000"));
	report("access.card_read", CARD("ffffffc0"));
	CHECK_INT(retention_count(&try.core.state), 1);
	const struct retention *row = retention_get(&try.core.state, 1);
	CHECK_STR(text_str(row->keep), STR("90d"));
	CHECK_INT(row->month, NOVEMBER);
	try.now += INT64_C(8) * 24 * HOUR_MS; /* December 1st */
	report("access.card_read", CARD("80000000"));
	CHECK_INT(retention_count(&try.core.state), 2);
	CHECK_INT(retention_get(&try.core.state, 2)->month, NOVEMBER + 1);
	try_release(&try);
}

TEST(packets_are_as_many_as_there_are_subjects_and_times_to_be_kept)
{
	begin();
	try_command(&try, "people.set_photo",
		    "{\"person\":2,\"photo\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}");
	check_packets("person:2 - 0 [\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","
		      "\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"]\n");
	try_command(&try, "site.add_building", "{\"name\":\"Shed\"}");
	CHECK(str_contains(try.result.entry, STR("\"sealed\":[],")));
	try_release(&try);
}

/* Forgetting */

static void forget(uint64_t person)
{
	char body[64];
	snprintf(body, sizeof body, "{\"person\":%llu,\"why\":\"asked_for\"}", (unsigned long long)person);
	try_as(&try, "test", "security_officer");
	try.was.asserted = true;
	command("people.forget", body);
	try.was.asserted = true;
	CHECK_INT(try_approve(&try, "second", "duty_officer", "people.forget", body), CORE_DONE);
	keep();
	try_as(&try, "test", "security_officer");
}

/* Everything that was entered, read by a core whose vault has no key of what was erased. */
static void check_refolded(struct core *ret_core, struct arena *memory)
{
	struct arena scratch = arena_map(64 << 20);
	*memory = arena_map(core_memory());
	core_init(ret_core, (struct rulebooks){staff_may_enter()}, &try.vault.vault, memory);
	for (size_t i = 0; i < n_entries; i++) {
		const char *what = "";
		if (!test_count(core_fold(ret_core, entries[i], &scratch, &what)))
			test_fail(__FILE__, __LINE__, "entry %zu: %s", i, what);
		arena_clear(&scratch);
	}
	arena_unmap(&scratch);
}

TEST(whoever_is_forgotten_is_blank_at_once_and_stands_in_the_list_of_keys_to_be_destroyed)
{
	begin();
	forget(1);
	const struct person *row = person_get(&try.core.state, 1);
	CHECK(row->forgotten && row->name.len == 0 && !row->has_company && row->company.len == 0);
	CHECK(str_contains((struct str){row->name.at, sizeof row->name.at}, STR("Ana")) == false);
	CHECK_INT(badge_get(&try.core.state, 1)->card.len, 0);
	CHECK_STR(text_str(person_get(&try.core.state, 2)->name), STR("Odo Lim"));
	CHECK_INT(badge_get(&try.core.state, 2)->card.len, 4);
	const struct forgetting *list = forgetting_get(&try.core.state, 1);
	CHECK_STR(text_str(list->table), STR("person"));
	CHECK_INT(list->subject, 1);
	CHECK_INT(list->month, 0);
	CHECK_INT(forgetting_count(&try.core.state), 1);
	try_release(&try);
}

TEST(two_who_are_forgotten_have_no_card_and_are_not_confused_by_it)
{
	begin();
	forget(1);
	forget(2);
	CHECK_INT(badge_get(&try.core.state, 1)->card.len + badge_get(&try.core.state, 2)->card.len, 0);
	command("people.enrol", "{\"name\":\"Uma Ray\",\"groups\":[],\"clearance\":0}");
	command("people.issue_badge",
		"{\"person\":3,\"card\":\"80000000\",\"bits\":26,\"kind\":\"card\"}"); /* it is free again */
	CHECK_INT(badge_by_card(&try.core.state, STR("\x80\0\0\0"))->person, 3);
	try_release(&try);
}

TEST(when_the_keys_are_gone_the_record_still_makes_the_state_that_forgot)
{
	struct core later;
	struct arena memory;
	begin();
	report("access.card_read", CARD("80000000"));
	command("people.set_photo", "{\"person\":1,\"photo\":\"00112233445566778899aabbccddeeff"
				    "00112233445566778899aabbccddeeff\"}");
	report("access.card_read", CARD("40000000"));
	forget(1);
	report("access.card_read", CARD("80000000"));
	try_vault_erase_subject(&try.vault, "person", 1);
	check_refolded(&later, &memory);
	try_check_same(&later, &try.core);
	arena_unmap(&memory);
	try_vault_erase_month(&try.vault, "90d", NOVEMBER);
	check_refolded(&later, &memory);
	try_check_same(&later, &try.core);
	arena_unmap(&memory);
	try_release(&try);
}

/* Keys that were lost, not destroyed: nobody forgot, and rows are blank all the same. */
TEST(a_state_that_was_read_without_some_keys_is_one_to_decide_by)
{
	struct core later;
	struct arena memory;
	begin();
	report("access.card_read", CARD("80000000"));
	try_vault_erase_subject(&try.vault, "person", 1);
	check_refolded(&later, &memory);
	const struct person *row = person_get(&later.state, 1);
	CHECK(!row->forgotten && row->name.len == 0 && !row->has_company);
	CHECK_INT(badge_get(&later.state, 1)->card.len, 0);
	CHECK_STR(text_str(person_get(&later.state, 2)->name), STR("Odo Lim"));
	struct try blank = try;
	blank.core = later;
	blank.core.sealing.state = &blank.core.state;
	struct core_moment now = {.wall = try.now + HOUR_MS};
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_REPORT,
	    .name = STR("access.card_read"),
	    .body = STR(CARD("80000000")),
	    .from = {.kind = ENTRY_FROM_DRIVER, .driver = {.name = try.line, .boot = STR("12345678"), .sequence = 2}}};
	core_turn(&blank.core, &input, &now, &blank.arena, &blank.result);
	CHECK(str_contains(blank.result.entry, STR("\"why\":\"unknown_card\"")));
	arena_unmap(&memory);
	try_release(&try);
}

TEST(a_month_that_is_over_is_forgotten_by_itself_and_its_key_is_to_be_destroyed)
{
	begin();
	report("access.card_read", CARD("80000000"));
	int64_t ends = retention_get(&try.core.state, 1)->ends;
	try.now = ends - 1;
	while (try_timer(&try)) /* the order that nobody answered */
		keep();
	CHECK_INT(retention_count(&try.core.state), 1);
	try.now = ends;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("record.MonthForgotten"));
	CHECK_INT(retention_count(&try.core.state), 0);
	const struct forgetting *list = forgetting_get(&try.core.state, 1);
	CHECK_STR(text_str(list->keep), STR("90d"));
	CHECK_INT(list->month, NOVEMBER);
	CHECK_INT(list->table.len, 0);
	try_release(&try);
}
