/* What rulebooks, detections and correlations may have at most: each limit holds, and one more is told. */
#include "base/test.h"
#include "rules/compiled.h"
#include "rules/condition.h"
#include "rules/correlation.h"
#include "rules/detection_load.h"
#include "rules/expand.h"
#include "rules/rules_text.h"
#include "rules/rules_try.h"
#include "rules/sigma_read.h"

#include <stdarg.h>

enum { TEXT_BYTES = RULES_TEXT_BYTES_MAX + 64 };

static struct arena arena, text_memory;

/* Writes a text of which something has the size n. */
typedef void (*writer)(struct buf *b, size_t n);

struct limit {
	size_t max;
	writer write;
	const char *what; /* is said beyond it */
};

static void put(struct buf *b, const char *format, ...) PRINTF(2, 3);

static void put(struct buf *b, const char *format, ...)
{
	char piece[2000];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(piece, sizeof piece, format, args);
	va_end(args);
	ASSERT(n >= 0 && (size_t)n < sizeof piece);
	buf_put(b, piece, (size_t)n);
}

static void put_times(struct buf *b, size_t n, char c)
{
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, c);
}

/* n items with commas between them; the format has the number. */
static void put_list(struct buf *b, size_t n, const char *format)
{
	for (size_t i = 0; i < n; i++) {
		char item[300];
		snprintf(item, sizeof item, format, i);
		put(b, "%s%s", i ? "," : "", item);
	}
}

static void check_limits(const struct limit *limits, size_t n, int (*load)(struct str text, struct error *error))
{
	if (!arena.at) {
		arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20));
		text_memory = arena_map(TEXT_BYTES);
	}
	for (size_t i = 0; i < 2 * n; i++) {
		const struct limit *l = &limits[i / 2];
		bool beyond = i % 2;
		struct buf b = {.at = text_memory.at, .size = TEXT_BYTES};
		struct error error = {0};
		l->write(&b, l->max + beyond);
		ASSERT(!b.over);
		arena_clear(&arena);
		int code = load(buf_str(&b), &error);
		bool right = beyond ? code < 0 && strstr(error.what, l->what) && error.remedy[0] : code == 0;
		if (!test_count(right))
			test_fail(__FILE__, __LINE__, "\"%s\", %s: %d, %s: %s", l->what, beyond ? "beyond" : "at it",
				  code, error.where, error.what);
	}
}

/* ---- rulebooks ---- */

static int load_rulebook(struct str text, struct error *error)
{
	const struct rulebook *book;
	return rulebook_load_text(&book, &try_vocabulary, &arena, "f", text, error);
}

static void put_rule(struct buf *b, const char *match)
{
	put(b, "%srules:\n- {id: r, title: t, layer: low, outcome: permit, match: {%s", try_head, match);
}

static void regexes(struct buf *b, size_t n)
{
	put_rule(b, "condition: s, s: {name|re: [");
	put_list(b, n, "x%zu");
	put(b, "]}}}\n");
}

static void regex_bytes(struct buf *b, size_t n)
{
	put_rule(b, "condition: s, s: {name|re: ");
	put_times(b, n, 'x');
	put(b, "}}}\n");
}

static void selections(struct buf *b, size_t n)
{
	put_rule(b, "condition: 1 of s*, ");
	put_list(b, n, "s%zu: {level: 1}");
	put(b, "}}\n");
}

/* `or` is a node too. */
static void nodes(struct buf *b, size_t n)
{
	put_rule(b, "condition: s, s: [");
	put_list(b, n - 1, "{level: %zu}");
	put(b, "]}}\n");
}

static void circle(struct buf *b, size_t n)
{
	put(b, "%srules:\n", try_head);
	for (size_t i = 0; i < n; i++)
		put(b,
		    "- {id: r%zu, title: t, layer: low, outcome: %s, overrides: r%zu, match: {condition: s, s: {level: "
		    "1}}}\n",
		    i, i % 2 ? "refuse" : "permit", (i + 1) % n);
}

static void placeholders(struct buf *b, size_t n)
{
	put(b, "placeholders: {");
	put_list(b, n, "p%zu: x");
	put(b, "}\n");
	put_rule(b, "condition: s, s: {level: 1}}}\n");
}

static void placeholder_values(struct buf *b, size_t n)
{
	put(b, "placeholders: {p: [");
	put_list(b, n, "v%zu");
	put(b, "]}\n");
	put_rule(b, "condition: s, s: {name|expand: '%p%'}}}\n");
}

static void placeholder_name(struct buf *b, size_t n)
{
	put(b, "placeholders: {");
	put_times(b, n, 'p');
	put(b, ": x}\n");
	put_rule(b, "condition: s, s: {level: 1}}}\n");
}

/* 1024 is 32 times 32, and 1025 is 41 times 25. */
static void expanded(struct buf *b, size_t n)
{
	put(b, "placeholders: {p: [");
	put_list(b, n == 1024 ? 32 : 41, "v%zu");
	put(b, "], q: [");
	put_list(b, n == 1024 ? 32 : 25, "w%zu");
	put(b, "]}\n");
	put_rule(b, "condition: s, s: {name|expand: '%p%%q%'}}}\n");
}

static void placeholders_in_value(struct buf *b, size_t n)
{
	put(b, "placeholders: {p: x}\n");
	put_rule(b, "condition: s, s: {name|expand: '");
	for (size_t i = 0; i < n; i++)
		put(b, "%%p%%");
	put(b, "'}}}\n");
}

TEST(a_rulebook_has_limits)
{
	static const struct limit limits[] = {
	    {RULEBOOK_REGEXES_MAX, regexes, "more than 256 regular expressions"},
	    {REGEX_BYTES_MAX, regex_bytes, "an expression of more than 1024 bytes"},
	    {CONDITION_SELECTIONS_MAX, selections, "more than 64 selections"},
	    {RULE_NODES_MAX, nodes, "more than 1024"},
	    {PLACEHOLDERS_MAX, placeholders, "a map of up to 128 names"},
	    {PLACEHOLDER_VALUES_MAX, placeholder_values, "stands for 1 to 1024 texts"},
	    {PLACEHOLDER_NAME_BYTES_MAX, placeholder_name, "is no name for a placeholder"},
	    {EXPANDED_VALUES_MAX, expanded, "stands for more than 1024 texts"},
	    {4, placeholders_in_value, "more than 4 placeholders in one value"},
	};
	check_limits(limits, ARRAY_LEN(limits), load_rulebook);
}

/* A value is read to its end before it is too long for a pattern. */
TEST(what_placeholders_make_has_a_limit_of_its_own)
{
	struct buf b = {.at = text_memory.at, .size = TEXT_BYTES};
	struct error error;
	for (size_t n = 4096; n <= 4097; n++) {
		b.len = 0;
		put(&b, "placeholders: {p: ");
		put_times(&b, n, 'x');
		put(&b, "}\n");
		put_rule(&b, "condition: s, s: {name|expand: '%p%'}}}\n");
		arena_clear(&arena);
		CHECK_INT(load_rulebook(buf_str(&b), &error), ERROR_LIMIT);
		CHECK(strstr(error.what, n == 4096 ? "a text of more than 1024 bytes" : "longer than 4096 bytes"));
	}
}

/* Beyond the longest circle that is told, that there is one is all that is known. */
TEST(circles_are_followed_so_far)
{
	struct buf b = {.at = text_memory.at, .size = TEXT_BYTES};
	struct error error;
	for (size_t n = 16; n <= 18; n += 2) {
		b.len = 0;
		circle(&b, n);
		arena_clear(&arena);
		CHECK_INT(load_rulebook(buf_str(&b), &error), n == 16 ? ERROR_INPUT : ERROR_LIMIT);
		CHECK(strstr(error.what, n == 16 ? "round in a circle" : "too intricate to find circles"));
	}
}

/* ---- a rulebook's text ---- */

static int load_text(struct str text, struct error *error)
{
	const struct rulebook *book;
	return rulebook_load_json(&book, &try_vocabulary, &arena, "", text, error);
}

#define NAME "rulebook.yaml"
#define HEAD                                                                                                           \
	"{\"name\":\"x\",\"layers\":[\"l\"],\"default\":{\"outcome\":\"refuse\",\"reason\":\"x\"},\"placeholders\":{"

/* Of n bytes that are hashed: the name, a tab, the document and LF. */
static void hashed_bytes(struct buf *b, size_t n)
{
	put(b, "{\"files\":[{\"name\":\"" NAME "\",\"documents\":[");
	size_t begin = b->len, end = begin + n - strlen(NAME) - 2;
	put(b, HEAD);
	for (int i = 0; i < 4; i++) {
		put(b, "\"p%d\":\"", i);
		put_times(b, 1000000, 'x');
		put(b, "\",");
	}
	put(b, "\"p4\":\"");
	put_times(b, end - b->len - 3, 'x');
	put(b, "\"}}],\"places\":[]}]}");
}

/* White space behind the end counts. */
static void text_bytes(struct buf *b, size_t n)
{
	put(b, "{\"files\":[{\"name\":\"" NAME "\",\"documents\":[" HEAD "}}],\"places\":[]}]}");
	put_times(b, n - b->len, ' ');
}

TEST(the_text_of_a_rulebook_has_limits)
{
	static const struct limit limits[] = {
	    {RULEBOOK_BYTES_MAX, hashed_bytes, "says more than 4 MiB"},
	    {RULES_TEXT_BYTES_MAX, text_bytes, "is longer than 32 MiB"},
	};
	check_limits(limits, ARRAY_LEN(limits), load_text);
}

/* ---- detections ---- */

static int load_detection(struct str text, struct error *error)
{
	const struct detection *d;
	return detection_load_json(&d, &arena, "", text, error);
}

/* Files of one document each: rules that begin so, with the members and the detection that `write` gives. */
static void put_documents(struct buf *b, size_t n, const char *members, writer write, size_t size)
{
	put(b, "{\"files\":[");
	for (size_t i = 0; i < n; i++) {
		put(b, "%s{\"name\":\"f%05zu.yml\",\"documents\":[{\"title\":\"t\",\"logsource\":{\"product\":\"x\"},",
		    i ? "," : "", i);
		put(b, "%s\"detection\":{\"condition\":\"s\",\"s\":{", members);
		write(b, size);
		put(b, "}}}],\"places\":[]}");
	}
	put(b, "]}");
}

static void one_field(struct buf *b, size_t n)
{
	put(b, "\"a\":\"x%zu\"", n);
}

static void rules(struct buf *b, size_t n)
{
	put_documents(b, n, "", one_field, 0);
}

static void some_values(struct buf *b, size_t n)
{
	put(b, "\"a\":[");
	put_list(b, n, "\"x%zu\"");
	buf_put_char(b, ']');
}

/* Rules that are left out, so that there are more files than rules may be. */
static void files(struct buf *b, size_t n)
{
	put(b, "{\"files\":[");
	for (size_t i = 0; i < n; i++)
		put(b,
		    "%s{\"name\":\"f%05zu.yml\",\"documents\":[{\"title\":\"t\",\"status\":\"deprecated\","
		    "\"logsource\":{"
		    "\"product\":\"x\"},\"detection\":{\"condition\":\"s\",\"s\":{\"a\":\"x\"}}}],\"places\":[]}",
		    i ? "," : "", i);
	put(b, "]}");
}

/* Eight rules have all values between them, and a ninth one more. */
static void values(struct buf *b, size_t n)
{
	size_t files = n > DETECTION_VALUES_MAX ? 9 : 8;
	put(b, "{\"files\":[");
	for (size_t i = 0; i < files; i++) {
		put(b,
		    "%s{\"name\":\"f%zu.yml\",\"documents\":[{\"title\":\"t\",\"logsource\":{\"product\":\"x\"},"
		    "\"detection\":{\"condition\":\"s\",\"s\":{",
		    i ? "," : "", i);
		some_values(b, i < 8 ? DETECTION_VALUES_MAX / 8 : 1);
		put(b, "}}}],\"places\":[]}");
	}
	put(b, "]}");
}

static void field_values(struct buf *b, size_t n)
{
	put_documents(b, 1, "", some_values, n);
}

static void some_regexes(struct buf *b, size_t n)
{
	put(b, "\"a|re\":[");
	put_list(b, n, "\"x%zu\"");
	buf_put_char(b, ']');
}

static void detection_regexes(struct buf *b, size_t n)
{
	put_documents(b, 1, "", some_regexes, n);
}

static void some_fields(struct buf *b, size_t n)
{
	put_list(b, n, "\"a%zu\":\"x\"");
}

/* A map has so many keys at most; the fields of three rules are the same but for one. */
static void fields(struct buf *b, size_t n)
{
	put(b, "{\"files\":[");
	for (size_t done = 0, i = 0; done < n; i++) {
		size_t some = n - done < 1000 ? n - done : 1000;
		put(b,
		    "%s{\"name\":\"f%zu.yml\",\"documents\":[{\"title\":\"t\",\"logsource\":{\"product\":\"x\"},"
		    "\"detection\":{"
		    "\"condition\":\"s\",\"s\":{",
		    i ? "," : "", i);
		for (size_t k = 0; k < some; k++)
			put(b, "%s\"a%zu\":\"x\"", k ? "," : "", done + k);
		put(b, "}}}],\"places\":[]}");
		done += some;
	}
	put(b, "]}");
}

static void long_field(struct buf *b, size_t n)
{
	buf_put_char(b, '"');
	put_times(b, n, 'a');
	put(b, "\":\"x\"");
}

static void field_name(struct buf *b, size_t n)
{
	put_documents(b, 1, "", long_field, n);
}

static void tags(struct buf *b, size_t n)
{
	char members[4000];
	struct buf m = BUF(members);
	put(&m, "\"tags\":[");
	put_list(&m, n, "\"a.t%zu\"");
	put(&m, "],");
	buf_put_char(&m, 0);
	ASSERT(!m.over);
	put(b, "{\"files\":[{\"name\":\"f.yml\",\"documents\":[{\"title\":\"t\",\"logsource\":{\"product\":\"x\"},");
	buf_put_str(b, str_of(members));
	put(b, "\"detection\":{\"condition\":\"s\",\"s\":{\"a\":\"x\"}}}],\"places\":[]}]}");
}

static void put_text(struct buf *b, const char *member, size_t n)
{
	put(b, "{\"files\":[{\"name\":\"f.yml\",\"documents\":[{%s\"logsource\":{\"product\":\"x\"},\"%s\":\"",
	    strcmp(member, "title") == 0 ? "" : "\"title\":\"t\",", member);
	put_times(b, n, 'x');
	put(b, "\",\"detection\":{\"condition\":\"s\",\"s\":{\"a\":\"x\"}}}],\"places\":[]}]}");
}

static void title(struct buf *b, size_t n)
{
	put_text(b, "title", n);
}

static void description(struct buf *b, size_t n)
{
	put_text(b, "description", n);
}

TEST(detections_have_limits)
{
	static const struct limit limits[] = {
	    {DETECTION_RULES_MAX, rules, "more than 8192 rules"},
	    {RULES_FILES_MAX, files, "more files than it may have"},
	    {DETECTION_VALUES_MAX, values, "more than 262144 values"},
	    {UINT16_MAX, field_values, "more than 65535 values in one field"},
	    {DETECTION_REGEXES_MAX, detection_regexes, "more than 4096 regular expressions"},
	    {FIELD_NAMES_MAX, fields, "more than 4096 fields"},
	    {FIELD_NAME_BYTES_MAX, field_name, "a name of more than 256 bytes"},
	    {SIGMA_LIST_MAX, tags, "a list of at most 256 texts"},
	    {SIGMA_TITLE_BYTES_MAX, title, "`title` has 257 bytes, more than 256"},
	    {SIGMA_TEXT_BYTES_MAX, description, "`description` has 65536 bytes, more than 65535"},
	};
	check_limits(limits, ARRAY_LEN(limits), load_detection);
}

/* ---- correlations ---- */

/* n rules r0, r1 … and what `members` and the rest of the text say of them. */
static void put_rules(struct buf *b, size_t n)
{
	put(b, "{\"files\":[{\"name\":\"a.yml\",\"documents\":[");
	for (size_t i = 0; i < n; i++)
		put(b,
		    "{\"title\":\"t\",\"name\":\"r%zu\",\"logsource\":{\"product\":\"x\"},\"detection\":{\"condition\":"
		    "\"s\",\"s\":"
		    "{\"a\":\"x\"}}},",
		    i);
}

static void put_correlation(struct buf *b, size_t i, const char *members)
{
	put(b, "{\"title\":\"c%zu\",\"correlation\":{\"timespan\":\"1m\",%s", i, members);
}

static void correlations(struct buf *b, size_t n)
{
	put(b, "{\"files\":[");
	for (size_t i = 0; i < n; i++) {
		put(b, "{\"name\":\"c%05zu.yml\",\"documents\":[", i);
		put_correlation(b, i, "\"type\":\"temporal\",\"rules\":[\"r0\"]}}],\"places\":[]},");
	}
	put(b, "{\"name\":\"r.yml\",\"documents\":[{\"title\":\"t\",\"name\":\"r0\",\"logsource\":{\"product\":\"x\"},"
	       "\"detection\":{"
	       "\"condition\":\"s\",\"s\":{\"a\":\"x\"}}}],\"places\":[]}]}");
}

static void correlated_rules(struct buf *b, size_t n)
{
	put_rules(b, n);
	put_correlation(b, 0, "\"type\":\"temporal\",\"rules\":[");
	put_list(b, n, "\"r%zu\"");
	put(b, "]}}],\"places\":[]}]}");
}

static void group_fields(struct buf *b, size_t n)
{
	put_rules(b, 2);
	put_correlation(b, 0, "\"type\":\"temporal\",\"rules\":[\"r0\",\"r1\"],\"group-by\":[");
	put_list(b, n, "\"g%zu\"");
	put(b, "]}}],\"places\":[]}]}");
}

static void counted(struct buf *b, size_t n)
{
	put_rules(b, 1);
	put_correlation(b, 0, "\"type\":\"event_count\",\"rules\":[\"r0\"],");
	put(b, "\"condition\":{\"gte\":\"%zu\"}}}],\"places\":[]}]}", n);
}

static void days(struct buf *b, size_t n)
{
	put_rules(b, 1);
	put(b,
	    "{\"title\":\"c\",\"correlation\":{\"timespan\":\"%zud\",\"type\":\"temporal\",\"rules\":[\"r0\"]}}],"
	    "\"places\":"
	    "[]}]}",
	    n);
}

TEST(correlations_have_limits)
{
	static const struct limit limits[] = {
	    {CORRELATIONS_MAX, correlations, "more than 256 correlations"},
	    {CORRELATION_RULES_MAX, correlated_rules, "a list of 1 to 16 ids or names"},
	    {CORRELATION_FIELDS_MAX, group_fields, "a list of at most 8 fields"},
	    {CORRELATION_COUNT_MAX, counted, "no number that can be counted to here"},
	    {CORRELATION_SPAN_MS_MAX / 86400000, days, "this is no time span"},
	};
	check_limits(limits, ARRAY_LEN(limits), load_detection);
}

/* ---- events ---- */

TEST(a_path_in_an_event_has_a_limit)
{
	const struct detection *d;
	struct error error;
	struct buf b = {.at = text_memory.at, .size = TEXT_BYTES};
	struct arena memory = arena_map(2 * DETECTION_EVENT_MEMORY_BYTES);
	struct detection_event event;
	struct detection_unread unread;
	rules(&b, 1);
	arena_clear(&arena);
	CHECK_OK(detection_load_json(&d, &arena, "", buf_str(&b), &error), &error);
	detection_event_init(&event, d, &memory);
	for (size_t n = DETECTION_EVENT_PATH_BYTES_MAX; n <= DETECTION_EVENT_PATH_BYTES_MAX + 1; n++) {
		b.len = 0;
		put(&b, "{\"");
		put_times(&b, n / 2, 'o');
		put(&b, "\":{\"");
		put_times(&b, n - n / 2 - 1, 'i'); /* between the two stands a dot */
		put(&b, "\":1}}");
		CHECK_INT(detection_event_read(&event, buf_str(&b), &unread), n == DETECTION_EVENT_PATH_BYTES_MAX);
	}
	arena_unmap(&memory);
}

/* Of nine fields that matched eight are told. */
TEST(of_what_matched_so_much_is_told)
{
	const struct detection *d;
	struct error error;
	struct buf b = {.at = text_memory.at, .size = TEXT_BYTES};
	struct arena memory = arena_map(2 * DETECTION_EVENT_MEMORY_BYTES);
	struct detection_event event;
	struct detection_unread unread;
	struct detection_hit hit[1];
	static const struct detection_source any;
	put_documents(&b, 1, "", some_fields, HIT_MATCHED_MAX + 1);
	arena_clear(&arena);
	CHECK_OK(detection_load_json(&d, &arena, "", buf_str(&b), &error), &error);
	detection_event_init(&event, d, &memory);
	b.len = 0;
	buf_put_char(&b, '{');
	some_fields(&b, HIT_MATCHED_MAX + 1);
	buf_put_char(&b, '}');
	CHECK(detection_event_read(&event, buf_str(&b), &unread));
	CHECK_INT(detection_match(&event, &any, hit, 1), 1);
	CHECK_INT(hit[0].n_matched, HIT_MATCHED_MAX);
	arena_unmap(&memory);
}
