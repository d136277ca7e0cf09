#include "base/log_line.h"
#include "base/test.h"

static uint8_t memory[LOG_KEPT_BYTES_MAX];

/* Values that try what a row can be given: too long, with quotes, controls, and bytes that are no character. */
static void hostile(const struct log_row *row, union log_value values[LOG_FIELDS_MAX])
{
	static char text[1024];
	static struct error error;
	memset(text, 'a', sizeof text - 1);
	memcpy(text, "quote\" back\\ line\nescape\033[2J \xff", 30);
	memset(error.where, '"', sizeof error.where - 1);
	memset(error.what, '\\', sizeof error.what - 1);
	memset(error.remedy, '\n', sizeof error.remedy - 1);
	for (size_t i = 0; row->fields[i].kind; i++) {
		if (row->fields[i].kind == LOG_KIND_NUMBER)
			values[i].number = -999999999999999999;
		else if (row->fields[i].kind == LOG_KIND_WHY)
			values[i].error = &error;
		else
			values[i].text = text;
	}
}

TEST(every_row_fits_a_line_and_is_read_again_whatever_it_was_given)
{
	for (int event = 0; event < LOG_EVENTS; event++) {
		union log_value values[LOG_FIELDS_MAX] = {0};
		struct buf b = {.at = memory, .size = LOG_LINE_BYTES_MAX};
		struct log_line line;
		hostile(&log_rows[event], values);
		log_put(&b, (enum log_event)event, values);
		CHECK(!b.over);
		CHECK(str_is_utf8(buf_str(&b)));
		CHECK(!memchr(b.at, '\n', b.len));
		CHECK(!memchr(b.at, '\033', b.len));
		CHECK(log_line_read(buf_str(&b), &line));
		CHECK_INT(line.event, event);
	}
}

TEST(a_sentence_names_fields_that_its_row_has)
{
	for (int event = 0; event < LOG_EVENTS; event++) {
		union log_value values[LOG_FIELDS_MAX] = {0};
		char words[LOG_KEPT_BYTES_MAX];
		struct buf b = BUF(memory), said = BUF(words);
		struct log_line line;
		log_put(&b, (enum log_event)event, values);
		CHECK(log_line_read(buf_str(&b), &line));
		log_line_put_words(&said, &line);
		struct str rest = str_of(log_rows[event].text), head, name;
		while (str_cut(rest, '{', &head, &rest) && str_cut(rest, '}', &name, &rest)) {
			bool found = false;
			for (size_t i = 0; log_rows[event].fields[i].kind; i++)
				found |= str_eq(name, str_of(log_rows[event].fields[i].name));
			CHECK(found);
		}
		CHECK(!memchr(said.at, '{', said.len));
	}
}

TEST(a_name_has_only_what_names_have)
{
	struct buf b = BUF(memory);
	log_put(&b, LOG_EVENT_child_left,
		&(struct log_child_left){.child = "driver line-1 <ana@example> (card: 4711)"});
	CHECK_STR(buf_str(&b),
		  STR("{\"event\":\"child_left\",\"child\":\"driver line-1 ?ana@example? ?card: 4711?\"}"));
}

TEST(a_text_is_cut_at_its_limit_and_at_no_half_character)
{
	char name[LOG_NAME_BYTES_MAX + 2];
	struct error error = {0};
	struct log_line line;
	for (size_t n = LOG_NAME_BYTES_MAX; n <= LOG_NAME_BYTES_MAX + 1; n++) {
		struct buf b = BUF(memory);
		memset(name, 'n', n);
		name[n] = 0;
		log_put(&b, LOG_EVENT_child_left, &(struct log_child_left){.child = name});
		CHECK(log_line_read(buf_str(&b), &line));
		CHECK_INT(log_line_text(&line, "child").len, LOG_NAME_BYTES_MAX);
	}
	memset(error.what, 'w', sizeof error.what - 1);
	memset(error.remedy, 'r', sizeof error.remedy - 1);
	memset(error.where, 'p', 100);
	memcpy(&error.remedy[LOG_ERROR_BYTES_MAX - (100 + 2 + 511 + 2) - 1], "é", 2);
	struct buf b = BUF(memory);
	log_put(&b, LOG_EVENT_failed, &(struct log_failed){.why = &error});
	CHECK(log_line_read(buf_str(&b), &line));
	CHECK_INT(log_line_text(&line, "why").len, LOG_ERROR_BYTES_MAX - 1);
}

TEST(an_error_is_said_with_place_and_remedy)
{
	struct error error = {
	    .code = ERROR_INPUT, .where = "mission.yaml:3:1", .what = "there is no member `x`", .remedy = "Delete it."};
	char words[256];
	struct buf b = BUF(memory), said = BUF(words);
	struct log_line line;
	log_put(&b, LOG_EVENT_failed, &(struct log_failed){.why = &error});
	CHECK(log_line_read(buf_str(&b), &line));
	log_line_put_words(&said, &line);
	CHECK_STR(buf_str(&said), STR("mission.yaml:3:1: there is no member `x`. Delete it."));
}

static const char *const none[] = {
    "",
    "{}",
    "Traceback (most recent call last): Ana Silva, card 4711",
    "{\"event\":\"badge\",\"card\":4711}",
    "{\"event\":\"line_lost\"",
    "{\"event\":\"line_lost\"} ",
    " {\"event\":\"line_lost\"}",
    "{\"event\":\"line_lost\",\"who\":\"core\"}",
    "{\"event\":\"child_left\",\"child\":4711}",
    "{\"event\":\"child_left\",\"child\":\"Ana (reception)\"}",
    "{\"event\":\"child_left\",\"child\":\"a\\u0041\"}",
    "{\"event\":\"child_left\",\"child\":\"a\\\"}",
    "{\"event\":\"child_left\",\"child\":\"\xff\"}",
    "{\"event\":\"child_left\",\"child\":\"a\tb\"}",
    "{\"event\":\"core_ready\",\"size\":\"12\"}",
    "{\"event\":\"core_ready\",\"size\":012}",
    "{\"event\":\"core_ready\",\"size\":1234567890123456789}",
    "{\"event\":\"journal_folding\",\"size\":1,\"folded\":1}",
    "{\"event\":\"panicked\",\"pid\":1,\"file\":\"caf\xc3\xa9.c\",\"line\":1,\"why\":\"\"}",
};

TEST(what_is_not_exactly_a_line_of_the_table_is_none)
{
	struct log_line line;
	CHECK(log_line_read(STR("{\"event\":\"line_lost\"}"), &line));
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		CHECK(!log_line_read(str_of(none[i]), &line));
}

TEST(a_name_in_a_line_may_be_as_long_as_the_limit_and_no_longer)
{
	for (int more = 0; more <= 1; more++) {
		struct buf b = BUF(memory);
		struct log_line line;
		BUF_LIT(&b, "{\"event\":\"child_left\",\"child\":\"");
		for (int i = 0; i < LOG_NAME_BYTES_MAX + more; i++)
			buf_put_char(&b, 'n');
		BUF_LIT(&b, "\"}");
		CHECK_INT(log_line_read(buf_str(&b), &line), more == 0);
	}
}

TEST(a_kept_line_has_time_level_and_name_in_front)
{
	char at[32];
	struct buf b = BUF(memory), time = BUF(at);
	struct str text = STR("{\"event\":\"core_ready\",\"size\":12}");
	struct log_line line;
	struct log_kept kept;
	log_put_time(&time, 1795508119123);
	CHECK_STR(buf_str(&time), STR("2026-11-24T08:15:19.123Z"));
	CHECK(log_line_read(text, &line));
	log_line_keep(&b, buf_str(&time), STR("core"), &line, text);
	CHECK_STR(buf_str(&b), STR("{\"at\":\"2026-11-24T08:15:19.123Z\",\"level\":\"notice\",\"who\":\"core\","
				   "\"event\":\"core_ready\",\"size\":12}"));
	CHECK(log_line_read_kept(buf_str(&b), &kept));
	CHECK_STR(kept.who, STR("core"));
	CHECK_INT(log_line_number(&kept.line, "size"), 12);
	memcpy(b.at + 45, "alert ", 6);
	CHECK(!log_line_read_kept(buf_str(&b), &kept));
}
