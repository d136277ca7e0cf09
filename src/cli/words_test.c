#include "cli/words.h"

#include "base/test.h"
#include "schema/json.h"

#include <locale.h>

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static const struct word_member *member(const char *command, const char *name)
{
	const struct input_words *words = words_of_command(str_of(command));
	for (size_t i = 0; words && i < words->takes.n; i++)
		if (str_eq(words->takes.at[i].name, str_of(name)))
			return &words->takes.at[i];
	WRONG("no such member");
}

TEST(what_a_person_writes_becomes_json)
{
	static const struct {
		const char *command, *member, *written, *json; /* NULL: refused */
	} rows[] = {
	    {"people.enrol", "name", "Ana “Bo” \"Brook\"", "\"Ana “Bo” \\\"Brook\\\"\""},
	    {"people.enrol", "name", "\xff", NULL},
	    {"people.enrol", "groups", "staff,guard", "[\"staff\",\"guard\"]"},
	    {"people.enrol", "groups", "staff", "[\"staff\"]"},
	    {"people.enrol", "groups", "staff,king", NULL},
	    {"people.enrol", "clearance", "5", "5"},
	    {"people.enrol", "clearance", "6", NULL},
	    {"people.enrol", "clearance", "-1", NULL},
	    {"people.enrol", "clearance", "five", NULL},
	    {"people.enrol", "until", "1795424400000", "1795424400000"},
	    {"people.enrol", "until", "2026-11-23", "1795392000000"},
	    {"people.enrol", "until", "2026-11-23T09:00Z", "1795424400000"},
	    {"people.enrol", "until", "2026-11-23T09:00:01Z", "1795424401000"},
	    {"people.enrol", "until", "2026-11-23T09:00", NULL},
	    {"people.enrol", "until", "23.11.2026", NULL},
	    {"people.issue_badge", "person", "12", "12"},
	    {"people.issue_badge", "person", "person:12", "12"},
	    {"people.issue_badge", "person", "door:12", NULL},
	    {"people.issue_badge", "card", "80000000", "\"80000000\""},
	    {"people.issue_badge", "card", "8000000", NULL},
	    {"people.issue_badge", "card", "8000000G", NULL},
	    {"people.set_photo", "photo", "a1b2", NULL},
	    {"people.set_photo", "photo", HASH, "\"" HASH "\""},
	    {"people.set_photo", "photo", HASH "00", NULL},
	    {"doors.key_reader", "key", "00112233445566778899aabbccddeeff", "\"00112233445566778899aabbccddeeff\""},
	    {"doors.key_reader", "key", "00112233445566778899aabbccddee", NULL},
	    {"people.suspend_badge", "why", "lost", "\"lost\""},
	    {"people.suspend_badge", "why", "tired", NULL},
	    {"doors.add_door", "release", "5s", "5000"},
	    {"doors.add_door", "release", "1500ms", "1500"},
	    {"doors.add_door", "release", "3000", "3000"},
	    {"doors.add_door", "release", "70s", NULL},
	    {"doors.add_reader", "secure", "true", "true"},
	    {"doors.add_reader", "secure", "yes", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[128];
		struct buf b = BUF(text);
		struct error error = {0};
		int rc = words_put_value(&b, member(rows[i].command, rows[i].member), str_of(rows[i].written), &error);
		CHECK_INT(rc, rows[i].json ? 0 : ERROR_INPUT);
		if (rows[i].json)
			CHECK_STR(buf_str(&b), str_of(rows[i].json));
		else
			CHECK(error.what[0] && error.remedy[0]);
	}
}

static struct str said(enum language language, const char *event, const char *body)
{
	static char text[256];
	static uint8_t memory[1 << 16];
	static const struct answer_name names[] = {{{"door:3", 6}, {"Rose gate", 9}},
						   {{"person:7", 8}, {"Ana Brook", 9}}};
	struct arena arena = arena_over(memory, sizeof memory);
	struct saying saying = {
	    .language = language, .names = {ARRAY_LEN(names), names}, .arena = &arena, .erased = true};
	struct buf b = BUF(text);
	const struct event_words *words = words_of_event(str_of(event));
	words_put_sentence(&b, &saying, words->says[language], &words->fields, str_of(body));
	return buf_str(&b);
}

TEST(an_event_is_said_in_four_languages_with_the_names_of_what_it_mentions)
{
	static const char body[] = "{\"door\":3,\"reader\":3,\"person\":7,\"badge\":7}";
	CHECK_STR(said(LANGUAGE_EN, "access.Granted", body), STR("Ana Brook may pass Rose gate"));
	CHECK_STR(said(LANGUAGE_FR, "access.Granted", body), STR("Ana Brook peut passer Rose gate"));
	CHECK_STR(said(LANGUAGE_ES, "access.Granted", body), STR("Ana Brook puede pasar por Rose gate"));
	CHECK_STR(said(LANGUAGE_AR, "access.Granted", body), STR("يُسمح لـ Ana Brook بعبور Rose gate"));
}

TEST(values_are_said_as_people_say_them)
{
	CHECK_STR(said(LANGUAGE_EN, "doors.Released", "{\"door\":3,\"reader\":3,\"release\":5000}"),
		  STR("Rose gate is released for 5 s"));
	CHECK_STR(said(LANGUAGE_EN, "doors.Released", "{\"door\":9,\"reader\":3,\"release\":1500}"),
		  STR("№ 9 is released for 1500 ms"));
	CHECK_STR(said(LANGUAGE_EN, "access.Denied", "{\"door\":3,\"reader\":3,\"why\":\"unknown_card\"}"),
		  STR("somebody may not pass Rose gate: unknown card"));
	CHECK_STR(said(LANGUAGE_FR, "doors.TamperChanged", "{\"reader\":3,\"door\":3,\"tamper\":true,\"power\":false}"),
		  STR("Rose gate : sabotage oui, défaut d’alimentation non"));
}

TEST(a_body_that_does_not_fit_is_said_as_it_is)
{
	CHECK_STR(said(LANGUAGE_EN, "access.Granted", "{\"house\":3}"), STR("{\"house\":3}"));
	CHECK_STR(said(LANGUAGE_EN, "access.Granted", "?"), STR("?"));
}

TEST(what_a_reader_is_not_told_and_what_was_erased_are_told_apart)
{
	CHECK_STR(said(LANGUAGE_EN, "access.Granted", "{\"door\":3}"), STR("… may pass Rose gate"));
	CHECK_STR(said(LANGUAGE_EN, "people.Enrolled", "{\"name\":null}"), STR("(erased) enrolled"));
	CHECK_STR(said(LANGUAGE_FR, "people.Enrolled", "{\"name\":null}"), STR("(effacé) : inscription"));
	CHECK_STR(said(LANGUAGE_AR, "people.Enrolled", "{\"name\":null}"), STR("سُجّل (مُحي)"));
}

/* "people set-photo --person № 3 …", as somebody reads it for whom some of it is masked. */
static struct str commanded(const char *command, const char *body)
{
	static char text[256];
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct saying saying = {.arena = &arena, .masked = true};
	struct buf b = BUF(text);
	words_put_command(&b, &saying, str_of(command), str_of(body));
	return buf_str(&b);
}

TEST(a_command_is_told_as_it_is_typed_without_what_the_reader_is_not_told)
{
	CHECK_STR(commanded("people.suspend_badge", "{\"badge\":3,\"why\":\"lost\"}"),
		  STR("people suspend-badge --badge № 3 --why lost"));
	CHECK_STR(commanded("people.set_photo", "{\"person\":3,\"photo\":null}"),
		  STR("people set-photo --person № 3 --photo ▒▒▒"));
	CHECK_STR(commanded("people.set_photo", "{\"person\":3}"), STR("people set-photo --person № 3"));
	CHECK_STR(commanded("people.enrol", "{\"name\":null}"),
		  STR("people enrol --name somebody")); /* no look opens it */
	CHECK_STR(commanded("people.set_photo", ""), STR("people set-photo"));
	CHECK_STR(commanded("no.such", "{}"), STR("no such"));
}

static struct str gave(const char *command, const char *gives)
{
	static char text[256];
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct saying saying = {.arena = &arena};
	struct buf b = BUF(text);
	words_put_gives(&b, &saying, str_of(command), str_of(gives));
	return buf_str(&b);
}

TEST(what_a_command_gave_can_be_typed_again)
{
	CHECK_STR(gave("people.enrol", "{\"person\":12}"), STR(": person:12"));
	CHECK_STR(gave("people.suspend_badge", "{}"), STR(""));
	CHECK_STR(gave("people.enrol", "?"), STR(""));
	CHECK_STR(gave("no.such", "{}"), STR(""));
}

TEST(a_file_that_an_entry_names_is_told_with_how_to_read_it)
{
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	struct saying saying = {.arena = &arena};
	char text[256];
	struct buf b = BUF(text);
	words_put_files(&b, &saying, STR("people.set_photo"), STR("{\"person\":3,\"photo\":\"a1b2\"}"));
	CHECK_STR(buf_str(&b), STR("\n     photo   chancery blob a1b2 --out FILE"));
	buf_clear(&b);
	words_put_files(&b, &saying, STR("people.set_photo"), STR("{\"person\":3,\"photo\":null}"));
	words_put_files(&b, &saying, STR("people.enrol"), STR("{\"name\":\"Ana\"}"));
	words_put_files(&b, &saying, STR("people.enrol"), STR("?"));
	CHECK_STR(buf_str(&b), STR(""));
}

TEST(a_value_that_is_none_is_told_by_its_beginning_and_a_secret_not_at_all)
{
	char text[256], name[122];
	struct error error;
	struct buf b = BUF(text);
	memset(name, 'n', 121);
	CHECK_INT(words_put_value(&b, member("people.enrol", "name"), (struct str){name, 120}, &error), 0);
	CHECK_INT(words_put_value(&b, member("people.enrol", "name"), (struct str){name, 121}, &error), ERROR_INPUT);
	CHECK_STR(str_of(error.what), STR("“nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…” is not a value of name"));
	CHECK_STR(str_of(error.remedy), STR("Write a text of at most 120 bytes."));
	CHECK_INT(words_put_value(&b, member("doors.key_reader", "key"), STR("c0ffee"), &error), ERROR_INPUT);
	CHECK_STR(str_of(error.what), STR("“•••” is not a value of key"));
}

TEST(nothing_in_the_record_moves_the_cursor)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
	    {"Eve\033[2K\rforged", "Eve?[2K?forged"},
	    {"a\nb\tc", "a b c"},
	    {"x\xe2\x80\xaey", "x?y"}, /* U+202E, right to left from here on */
	    {"Zoë 日本", "Zoë 日本"},
	    {"", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[64];
		struct buf b = BUF(text);
		words_put_shown(&b, str_of(rows[i].text));
		CHECK_STR(buf_str(&b), str_of(rows[i].shown));
	}
}

TEST(times_are_told_in_the_zone_of_the_mission)
{
	char text[64];
	struct buf b = BUF(text);
	words_zone("Asia/Kathmandu");
	words_put_moment(&b, 1795424400000);
	CHECK_STR(buf_str(&b), STR("2026-11-23 14:45:00"));
	buf_clear(&b);
	words_zone("UTC");
	words_put_clock(&b, 1795424400000);
	CHECK_STR(buf_str(&b), STR("09:00:00"));
}

TEST(columns_are_counted_as_a_terminal_shows_them)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	CHECK_INT(words_width(STR("Ilídio")), 6);
	CHECK_INT(words_width(STR("日本")), 4);
	CHECK_INT(words_width(STR("")), 0);
	char text[32];
	struct buf b = BUF(text);
	words_put_padded(&b, STR("né"), 4);
	CHECK_STR(buf_str(&b), STR("né  "));
}
