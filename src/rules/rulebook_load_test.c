#include "base/test.h"
#include "rules/compiled.h"
#include "rules/rules_try.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;

/* Clears the arena: what was loaded before is gone. */
static int load(const char *text, const struct rulebook **ret_book, struct error *error)
{
	if (!arena.at)
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	*error = (struct error){0};
	return rulebook_load_text(ret_book, &try_vocabulary, &arena, "f", str_of(text), error);
}

struct row {
	const char *text, *where, *what;
};

static void check_mistakes(const char *before, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[4000];
		const struct rulebook *book;
		struct error error;
		snprintf(text, sizeof text, "%s%s", before, rows[i].text);
		int code = load(text, &book, &error);
		bool ok = code < 0 && code == (int)error.code && strcmp(error.where, rows[i].where) == 0 &&
			  strstr(error.what, rows[i].what) && error.remedy[0] && arena.used == 0;
		if (!test_count(ok))
			test_fail(__FILE__, __LINE__, "%s: %d, %s: %s (%s), expected %s: %s", rows[i].text, code,
				  error.where, error.what, error.remedy, rows[i].where, rows[i].what);
	}
}

TEST(mistakes_of_the_head_are_told)
{
	static const struct row rows[] = {
	    {"[]", "f:1:1", "the head of a rulebook must be a map"},
	    {"nam: x", "f:1:1", "has no \"nam\""},
	    {"layers: [a]", "f:1:1", "there is no `name` here"},
	    {"name: ''", "f:1:7", "`name` must be a text"},
	    {"name: 12345678901234567890123456789012345678901", "f:1:7", "has 41 bytes, more than 40"},
	    {"name: x\nvocabulary: access.Request", "f:2:13", "these rules are asked about try.Request"},
	    {"name: x", "f:1:1", "there is no `layers`"},
	    {"name: x\nlayers: a", "f:2:9", "must be a list of 1 to 8"},
	    {"name: x\nlayers: []", "f:2:9", "must be a list of 1 to 8"},
	    {"name: x\nlayers: [a, b, c, d, e, f, g, h, i]", "f:2:9", "must be a list of 1 to 8"},
	    {"name: x\nlayers: [a, b, a]", "f:2:16", "the layer \"a\" stands here twice"},
	    {"name: x\nlayers: [[a]]", "f:2:10", "`layers` must be a text"},
	    {"name: x\nlayers: [a]\n", "f:1:1", "there is no `default`"},
	    {"name: x\nlayers: [a]\ndefault: refuse", "f:3:10", "`default` must be a map"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: permit, reason: x}", "f:3:20", "the default can only refuse"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse}", "f:3:10", "there is no `reason`"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x, why: y}", "f:3:39",
	     "`default` has no \"why\""},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\nrules: {}", "f:4:8",
	     "`rules` must be a list"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\nunsettled: maybe", "f:4:12",
	     "settled by prohibition, or is a conflict"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\nplaceholders: [a]", "f:4:15",
	     "`placeholders` must be a map"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\nplaceholders: {a b: x}", "f:4:16",
	     "\"a b\" is no name for a placeholder"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\nplaceholders: {a: []}", "f:4:19",
	     "a placeholder stands for 1 to 1024 texts"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\ncovers: x", "f:4:9",
	     "`covers` must be a map of selections"},
	    {"name: x\nlayers: [a]\ndefault: {outcome: refuse, reason: x}\ncovers: {s: {nam: x}, condition: s}",
	     "f:4:14", "there is no field \"nam\""},
	    {"name: x\nname: y", "f:2:1", "stands twice"},
	    {"name: &a x", "f:1:", "an anchor"},
	};
	check_mistakes("", rows, ARRAY_LEN(rows) - 1);
}

/* The rule begins in line 5 and its members in column 4. */
#define BEFORE "name: try\nlayers: [high, low]\ndefault: {outcome: refuse, reason: x}\nrules:\n"
#define SAID   " - id: r\n   title: t\n   layer: low\n   outcome: permit\n"

TEST(mistakes_of_a_rule_are_told)
{
	static const struct row rows[] = {
	    {" - r", "f:5:4", "a rule must be a map"},
	    {" - id: r\n   titel: t", "f:6:4", "a rule has no \"titel\""},
	    {" - title: r", "f:5:4", "there is no `id`"},
	    {" - id: a b", "f:5:8", "this is no id"},
	    {" - id: r", "f:5:4", "there is no `title`"},
	    {" - id: r\n   title: [t]", "f:6:11", "`title` must be a text"},
	    {" - id: r\n   title: t\n   layer: lo", "f:7:11", "there is no layer \"lo\""},
	    {" - id: r\n   title: t\n   layer: low\n   outcome: allow", "f:8:13", "there is no outcome \"allow\""},
	    {SAID "   cite: []", "f:9:10", "`cite` must be a list of texts"},
	    {SAID "   cite: [[a]]", "f:9:11", "`cite` must be a text"},
	    {SAID "   conditions: {a: b}", "f:9:16", "`conditions` must be a list of texts"},
	    {SAID "   date: 2026-13-01", "f:9:10", "this is no date"},
	    {SAID "   date: 2027-02-29", "f:9:10", "this is no date"},
	    {SAID, "f:5:4", "there is no `match`"},
	    {SAID "   match: {}", "f:9:11", "`match` must be a map of selections and a `condition`"},
	    {SAID "   match: {s: {name: x}}", "f:9:11", "`match` must be a map"},
	    {SAID "   match: {s: {name: x}, t: {name: y}}", "f:9:11", "there is no `condition`"},
	    {SAID "   match: {1s: {name: x}, condition: s}", "f:9:12", "\"1s\" is no name for a selection"},
	    {SAID "   match: {and: {name: x}, condition: s}", "f:9:12", "\"and\" is no name"},
	    {SAID "   match: {s: {}, condition: s}", "f:9:15", "must be a map of fields"},
	    {SAID "   match: {s: x, condition: s}", "f:9:15", "keywords are for detection rules"},
	    {SAID "   match: {s: [x, y], condition: s}", "f:9:15", "keywords are for detection rules"},
	    {SAID "   match: {s: [{name: x}, y], condition: s}", "f:9:15", "keywords are for detection rules"},
	    {SAID "   match: {s: [{name: x}, {}], condition: s}", "f:9:15", "keywords are for detection rules"},
	    {SAID "   match: {s: [], condition: s}", "f:9:15", "keywords are for detection rules"},
	    {SAID "   match: {s: {name: x}, condition: s or z}", "f:9:42", "there is no selection \"z\""},
	    {SAID "   match: {s: {name: x}, t: {name: x}, condition: s}", "f:9:51",
	     "the condition never looks at \"t\""},
	    {SAID "   match: {s: {name: x}, condition: s}\n   unless: {s: {name: y}, condition: t}", "f:10:38",
	     "there is no selection \"t\""},
	    {SAID "   match: {s: {name: x}, condition: s}\n   unless: {s: {name: x}, condition: s}", "f:5:8",
	     "can never speak"},
	    {SAID "   match: {s: {name: x}, condition: s}\n   overrides: q", "f:10:15", "there is no rule \"q\""},
	    {SAID "   match: {s: {name: x}, condition: s}\n   overrides: [r]", "f:10:16", "the rule overrides itself"},
	};
	check_mistakes(BEFORE, rows, ARRAY_LEN(rows));
}

/* The selection's fields begin in column 16 of line 9. */
TEST(mistakes_of_fields_and_values_are_told)
{
	static const struct row rows[] = {
	    {"nam: x", "f:9:16", "there is no field \"nam\" in try.Request"},
	    {"name|start: x", "f:9:16", "there is no modifier \"start\""},
	    {"name|gte: x", "f:9:16", "\"name\" is a text, and |gte is not for those"},
	    {"level|contains: 1", "f:9:16", "\"level\" is a number, and |contains is not for those"},
	    {"secure|gte: true", "f:9:16", "|gte is not for those"},
	    {"name|: x", "f:9:16", "there is no modifier \"\""},
	    {"name|contains|startswith: x", "f:9:16", "one modifier too many"},
	    {"name|all|all: [x, y]", "f:9:16", "one modifier too many"},
	    {"name|all: x", "f:9:26", "|all stands before a list of two or more"},
	    {"name|all: [x]", "f:9:26", "|all stands before a list of two or more"},
	    {"level|gte: [1, 2]", "f:9:27", "a list behind |gte"},
	    {"name: []", "f:9:22", "an empty list"},
	    {"name: {a: b}", "f:9:22", "a map where a value of \"name\" belongs"},
	    {"name: [[x]]", "f:9:23", "a list in a list"},
	    {"name: ", "f:9:", "\"name\" has no value"},
	    {"name|contains: ''", "f:9:31", "every text has the empty one"},
	    {"level: x", "f:9:23", "\"level\" is a number, and \"x\" is not"},
	    {"level: 1.5", "f:9:23", "is not"},
	    {"level: 01", "f:9:23", "is not"},
	    {"level: [1, 1234567890123456789]", "f:9:27", "is not"},
	    {"time: '7:00'", "f:9:22", "\"time\" is a time of day"},
	    {"time: '24:00'", "f:9:22", "is not"},
	    {"time: '07:60'", "f:9:22", "is not"},
	    {"time|gt: '23:59'", "f:9:25", "no time is after 23:59"},
	    {"time|lt: '00:00'", "f:9:25", "no time is before 00:00"},
	    {"date: 2026-11-31", "f:9:22", "\"date\" is a date"},
	    {"date: 0000-01-01", "f:9:22", "is not"},
	    {"secure: yes", "f:9:24", "\"secure\" is true or false"},
	    {"from: 192.0.2", "f:9:22", "\"from\" is an address"},
	    {"from: 192.0.2.0/24", "f:9:22", "is not"},
	    {"from|cidr: 192.0.2.0", "f:9:27", "is no network"},
	    {"from|cidr: 192.0.2.0/33", "f:9:27", "is no network"},
	    {"from|cidr: '2001:db8::/129'", "f:9:27", "is no network"},
	    {"from|cidr: 192.0.2.1/24", "f:9:27", "192.0.2.1 is not the first address of its network"},
	    {"level|gt: 3, level|lt: 4", "f:5:8", "can never speak"},
	    {"name|i: x", "f:9:16", "|i stands behind nothing that it belongs to"},
	    {"name|re|contains: x", "f:9:16", "|contains is one modifier too many"},
	    {"name|re|cased: x", "f:9:16", "|cased makes no sense beside |re"},
	    {"name|re|expand: x", "f:9:16", "|expand makes no sense beside |re"},
	    {"name|re: '('", "f:9:27", "this is no regular expression: missing closing parenthesis"},
	    {"name|re: 'a(?=b)'", "f:9:28", "rules with this expression cannot be compared: a group that looks around"},
	    {"name|re: ''", "f:9:25", "the empty expression matches every text"},
	    {"level|re: x", "f:9:16", "\"level\" is a number, and |re is not for those"},
	    {"groups|neq: x", "f:9:16", "\"groups\" is a set of texts, and |neq is not for those"},
	    {"name|all|neq: [x, y]", "f:9:16", "|neq makes no sense beside |all"},
	    {"level|gte|neq: 1", "f:9:16", "|neq makes no sense beside |gte"},
	    {"name|exists|contains: true", "f:9:16", "|contains is one modifier too many"},
	    {"name|exists: maybe", "f:9:29", "|exists is true or false"},
	    {"name|exists: [true, false]", "f:9:29", "a list behind |exists"},
	    {"name: [null, x]", "f:9:23", "null, that there is no value, in a list"},
	    {"name|contains: null", "f:9:31", "null, that there is no value, behind a modifier"},
	    {"name|fieldref: level", "f:9:31", "\"level\" is no other field that \"name\" can be compared with"},
	    {"name|fieldref: name", "f:9:31", "\"name\" is no other field"},
	    {"secure|fieldref: name", "f:9:33", "is no other field"},
	    {"name|gte|fieldref: zone", "f:9:16", "|gte is not for those"},
	    {"level|contains|fieldref: limit", "f:9:16", "|contains is not for those"},
	    {"name|base64: 'a*'", "f:9:29", "a star or question mark would be encoded"},
	    {"name|base64offset: abc", "f:9:16", "|base64offset alone can match nothing"},
	    {"name|wide: abc", "f:9:16", "|wide alone can match nothing"},
	    {"name|contains|base64: abc", "f:9:16", "|base64 behind |contains, where it comes too late"},
	    {"name|base64|wide: abc", "f:9:16", "|wide behind |base64, where it comes too late"},
	    {"name|base64offset|contains: a", "f:9:44", "so short a text leaves no trace"},
	    {"name|utf16|wide|base64: a", "f:9:16", "|wide is one modifier too many"},
	    {"name|base64|windash|contains: '-'", "f:9:16", "|windash behind |base64"},
	    {"name|windash|base64|contains: '-a-a-a-a'", "f:9:46", "more than three dashes"},
	    {"name|expand: '%nobody%'", "f:9:30", "there is no placeholder %nobody%"},
	    {"time|day: 7", "f:9:16", "\"time\" is a time of day, and |day is not for those"},
	    {"time|hour: 24", "f:9:27", "\"24\" is no such part of a date or time"},
	    {"date|week: 54", "f:9:27", "is no such part"},
	    {"date|month: 0", "f:9:28", "is no such part"},
	    {"date|month|gt: 12", "f:9:31", "no value is after 12"},
	    {"date|month|day: 1", "f:9:16", "|day is one modifier too many"},
	    {"level|hour: 1", "f:9:16", "|hour is not for those"},
	    {"date|month|contains: 1", "f:9:16", "|contains is not for those"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1000];
		struct row row = rows[i];
		snprintf(text, sizeof text, SAID "   match: {s: {%s}, condition: s}\n", rows[i].text);
		row.text = text;
		if (strcmp(row.where, "f:9:") == 0)
			row.where = "f:9:16";
		check_mistakes(BEFORE, &row, 1);
	}
}

TEST(mistakes_between_rules_are_told)
{
	static const struct row rows[] = {
	    {"- {id: a, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}}\n"
	     "- {id: a, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}}",
	     "f:6:8", "there is another rule \"a\" at f:5"},
	    {"- {id: a, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}, overrides: b}\n"
	     "- {id: b, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}}",
	     "f:5:98", "\"b\" has the same outcome"},
	    {"- {id: a, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}, overrides: b}\n"
	     "- {id: b, title: t, layer: high, outcome: refuse, match: {s: {name: x}, condition: s}}",
	     "f:5:98", "\"b\" stands in the higher layer high"},
	    {"- {id: a, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}, overrides: b}\n"
	     "- {id: b, title: t, layer: low, outcome: refuse, match: {s: {name: x}, condition: s}, overrides: [a]}",
	     "f:6:99", "\"a\" overrides this rule already"},
	};
	check_mistakes(BEFORE, rows, ARRAY_LEN(rows));
}

TEST(a_remedy_guesses_what_was_meant)
{
	static const char *const rows[][2] = {
	    {" - id: r\n   titel: t", "did you mean \"title\"?"},
	    {" - id: r\n   title: t\n   layer: hihg", "did you mean \"high\"?"},
	    {" - id: r\n   title: t\n   layer: middle", "it is one of: high, low"},
	    {SAID "   match: {s: {group: x}, condition: s}", "did you mean \"groups\"?"},
	    {SAID "   match: {s: {xyzzy: x}, condition: s}",
	     "its fields are: name, groups, level, time, date, from, secure, zone, limit"},
	    {SAID "   match: {s: {name|startwith: x}, condition: s}", "did you mean \"startswith\"?"},
	    {SAID "   match: {s: {secure|lt: x}, condition: s}", "it takes: exists, fieldref"},
	    {SAID "   match: {s: {name: x}, condition: s}\n   overrides: q\n"
		  " - {id: quite, title: t, layer: low, outcome: refuse, match: {s: {name: x}, condition: s}, "
		  "overrides: [other]}",
	     "the rules are: r, quite"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[2000];
		const struct rulebook *book;
		struct error error;
		snprintf(text, sizeof text, "%s%s", BEFORE, rows[i][0]);
		CHECK(load(text, &book, &error) < 0);
		CHECK_STR(str_of(error.remedy), str_of(rows[i][1]));
	}
}

TEST(a_rule_keeps_its_words)
{
	const struct rulebook *book;
	struct error error;
	CHECK_OK(load(BEFORE
		      " - {id: low-1, title: Låg, about: ab, layer: low, outcome: refuse, match: {s: {name: x}, "
		      "condition: s},\n"
		      "    reason: because, conditions: [b, a], cite: [c1, c2], date: 2026-11-23, overrides: [low-2]}\n"
		      " - {id: low-2, title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}, "
		      "cite: c, conditions: a}\n"
		      " - {id: high-1, title: t, layer: high, outcome: permit, match: {s: {name: x}, condition: s}}\n",
		      &book, &error),
		 &error);
	CHECK_STR(rulebook_name(book), STR("try"));
	CHECK_STR(rulebook_default_reason(book), STR("x"));
	CHECK_INT(rulebook_size(book), 3);
	/* Numbered by layers, then in the file's order. */
	CHECK_STR(rulebook_rule(book, 1)->id, STR("high-1"));
	CHECK_STR(rulebook_rule(book, 1)->about, STR(""));
	const struct rule_words *words = rulebook_rule(book, 2);
	CHECK_STR(words->id, STR("low-1"));
	CHECK_STR(words->title, STR("Låg"));
	CHECK_STR(words->about, STR("ab"));
	CHECK_STR(words->reason, STR("because"));
	CHECK_STR(words->layer, STR("low"));
	CHECK_INT(words->n_cites, 2);
	CHECK_STR(words->cites[1], STR("c2"));
	CHECK_STR(rulebook_condition(book, 0), STR("b"));
	CHECK_INT(book->rules[1].conditions, 3);
	CHECK_INT(book->rules[2].conditions, 2);
	CHECK_INT(book->rules[1].date, 20780);
	CHECK(set_has(book->rules[1].overrides, 2));
	CHECK(set_has(book->rules[0].outweighs, 1));
	CHECK(!set_has(book->rules[2].outweighs, 1));
}

/* n rules, the values of each from `values` on. */
static const char *many_rules(size_t n, size_t values)
{
	static char text[1 << 20];
	struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1};
	BUF_LIT(&b, BEFORE);
	for (size_t i = 0; i < n; i++) {
		char line[200];
		snprintf(line, sizeof line,
			 "- {id: r%zu, title: t, layer: low, outcome: permit, match: {condition: s, s: {level: [0", i);
		buf_put_str(&b, str_of(line));
		for (size_t k = 1; k < values; k++) {
			buf_put_char(&b, ',');
			buf_put_u64(&b, k);
		}
		BUF_LIT(&b, "]}}}\n");
	}
	ASSERT(!b.over);
	text[b.len] = 0;
	return text;
}

TEST(limits_hold_at_the_limit_and_not_beyond)
{
	const struct rulebook *book;
	struct error error;
	CHECK_OK(load(many_rules(RULEBOOK_RULES_MAX, 1), &book, &error), &error);
	CHECK_INT(rulebook_size(book), RULEBOOK_RULES_MAX);
	CHECK_INT(load(many_rules(RULEBOOK_RULES_MAX + 1, 1), &book, &error), ERROR_LIMIT);
	CHECK_STR(str_of(error.what), STR("more than 1024 rules in one rulebook"));
	CHECK_OK(load(many_rules(64, RULEBOOK_VALUES_MAX / 64), &book, &error), &error);
	CHECK(arena.used < RULEBOOK_MEMORY_BYTES_MAX / 2);
	CHECK_INT(load(many_rules(65, RULEBOOK_VALUES_MAX / 64), &book, &error), ERROR_LIMIT);
	CHECK_STR(str_of(error.what), STR("the rulebook has more than 16384 values"));
	CHECK_STR(str_of(error.where), STR("f:69:85"));
}

static int load_conditions(size_t n, struct error *error)
{
	static char text[4000];
	const struct rulebook *book;
	struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1};
	BUF_LIT(
	    &b, BEFORE
	    "- {id: r, title: t, layer: low, outcome: permit, match: {condition: s, s: {level: 1}}, conditions: [c0");
	for (size_t i = 1; i < 32 && i < n; i++) {
		BUF_LIT(&b, ", c");
		buf_put_u64(&b, i);
	}
	BUF_LIT(
	    &b,
	    "]}\n- {id: q, title: t, layer: low, outcome: permit, match: {condition: s, s: {level: 1}}, conditions: ");
	buf_put_str(&b, n > 32 ? STR("more}\n") : STR("c0}\n"));
	text[b.len] = 0;
	return load(text, &book, error);
}

TEST(a_rulebook_has_32_different_conditions)
{
	struct error error;
	CHECK_OK(load_conditions(32, &error), &error);
	CHECK_INT(load_conditions(33, &error), ERROR_LIMIT);
}

TEST(ten_thousand_parentheses_are_a_mistake_like_any_other)
{
	static char text[32000];
	const struct rulebook *book;
	struct error error;
	struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1};
	BUF_LIT(&b, BEFORE SAID "   match: {s: {name: x}, condition: ");
	for (size_t i = 0; i < 10000; i++)
		buf_put_char(&b, '(');
	buf_put_char(&b, 's');
	for (size_t i = 0; i < 10000; i++)
		buf_put_char(&b, ')');
	BUF_LIT(&b, "}\n");
	text[b.len] = 0;
	CHECK_INT(load(text, &book, &error), ERROR_LIMIT);
	CHECK_STR(str_of(error.what), STR("more than 16 parentheses and nots inside each other"));
}

TEST(two_rules_that_cannot_be_compared_are_refused_unless_one_overrides_the_other)
{
	static char text[8000];
	const struct rulebook *book;
	struct error error;
	for (int overrides = 0; overrides < 2; overrides++) {
		struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1};
		BUF_LIT(&b, BEFORE);
		for (int i = 0; i < 2; i++) {
			char line[200];
			snprintf(line, sizeof line,
				 "- {id: r%d, title: t, layer: low, outcome: %s, %smatch: {s: {name|re|all: [x", i,
				 i ? "permit" : "refuse", i && overrides ? "overrides: r0, " : "");
			buf_put_str(&b, str_of(line));
			/* Each expression counts on its own, and together they have more states than are walked. */
			for (int k = 0; k < 8; k++) {
				snprintf(line, sizeof line, ", '%c%d.{%d}x'", i ? 'y' : 'z', k, 11 + k);
				buf_put_str(&b, str_of(line));
			}
			BUF_LIT(&b, "]}, condition: s}}\n");
		}
		text[b.len] = 0;
		CHECK_INT(load(text, &book, &error), overrides ? 0 : ERROR_LIMIT);
	}
}

/* ---- directories ---- */

static char directory[] = "/tmp/rulebook_load_test.XXXXXX";

static void put_file(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	ASSERT(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void remove_files(void)
{
	DIR *open = opendir(directory);
	ASSERT(open);
	for (struct dirent *entry; (entry = readdir(open));) {
		char path[600];
		snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
		if (entry->d_name[0] != '.' || strstr(entry->d_name, "hidden"))
			unlink(path);
	}
	closedir(open);
	rmdir(directory);
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
}

static const char head[] = "name: try\nlayers: [low]\ndefault: {outcome: refuse, reason: x}\n";
#define ONE(id) "- {id: " id ", title: t, layer: low, outcome: permit, match: {s: {name: x}, condition: s}}\n"

static int load_directory(const struct rulebook **ret_book, struct error *error)
{
	if (!arena.at)
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	*error = (struct error){0};
	return rulebook_load(ret_book, &try_vocabulary, &arena, directory, error);
}

TEST(files_are_read_in_the_order_of_their_names)
{
	const struct rulebook *book;
	struct error error;
	ASSERT(mkdtemp(directory));
	put_file("b.yaml", "rules:\n" ONE("b"));
	put_file("z.yaml", "rules:\n" ONE("z"));
	put_file("a.yaml", "rules:\n" ONE("a1") ONE("a2"));
	put_file("rulebook.yaml",
		 "name: try\nlayers: [low]\ndefault: {outcome: refuse, reason: x}\nrules:\n" ONE("own"));
	put_file("notes.txt", "not a rule");
	put_file(".hidden.yaml", "not a rule");
	CHECK_OK(load_directory(&book, &error), &error);
	static const char *const ids[] = {"a1", "a2", "b", "own", "z"};
	CHECK_INT(rulebook_size(book), ARRAY_LEN(ids));
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		CHECK_STR(rulebook_rule(book, (uint16_t)(i + 1))->id, str_of(ids[i]));
	remove_files();
}

/* What printf 'a.yaml\t{"rules":[]}\nrulebook.yaml\t{"name":"try",…}\n' | sha256sum says. */
TEST(the_hash_is_over_names_and_contents_and_not_over_comments)
{
	static const char *const expected = "c660a73542fd695375b644b9732ef9124e290cb2ed22bef3acb265ec71dd906f";
	static const char *const texts[] = {"rules: []\n", "# nobody\nrules:   [  ]\n", "rules:\n" ONE("a")};
	const struct rulebook *book;
	struct error error;
	char hex[2 * RULEBOOK_HASH_BYTES];
	ASSERT(mkdtemp(directory));
	put_file("rulebook.yaml", head);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buf b = BUF(hex);
		put_file("a.yaml", texts[i]);
		CHECK_OK(load_directory(&book, &error), &error);
		buf_put_hex(&b, rulebook_hash(book), RULEBOOK_HASH_BYTES);
		CHECK_INT(str_eq(buf_str(&b), str_of(expected)), i < 2);
	}
	remove_files();
}

TEST(mistakes_of_a_directory_name_the_file)
{
	static const struct {
		const char *file, *text, *where, *what;
	} rows[] = {
	    {"other.yaml", "rules: []\n", "", "there is no rulebook.yaml"},
	    {"rulebook.yaml", "name: try\n", "/rulebook.yaml:1:1", "there is no `layers` here"},
	    {"rulebook.yaml", head, NULL, NULL},
	    {"a.yaml", "rules:\n- x\n", "/a.yaml:2:3", "a rule must be a map"},
	    {"a.yaml", "name: x\n", "/a.yaml:1:1", "a file of rules has no \"name\""},
	    {"a.yaml", "{}\n", "/a.yaml:1:1", "there is no `rules`"},
	    {"a.yaml", "", "/a.yaml:1:1", "the file is empty"},
	    {"a.yaml", "rules: [\n", "/a.yaml:", "this is no YAML"},
	    {"a.yaml", "rules:\n" ONE("one"), NULL, NULL},
	    {"b.yaml", "rules:\n" ONE("one"), "/b.yaml:2:8", "there is another rule \"one\""},
	    {"b.yaml", "rules: []\n", NULL, NULL},
	    {"c.yml", "rules: []\n", "/c.yml", "a file of rules ends in .yaml"},
	};
	ASSERT(mkdtemp(directory));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rulebook *book;
		struct error error;
		put_file(rows[i].file, rows[i].text);
		int code = load_directory(&book, &error);
		bool ok = rows[i].what ? code < 0 && str_starts(str_of(error.where), str_of(directory)) &&
					     strstr(error.where, rows[i].where) && strstr(error.what, rows[i].what) &&
					     arena.used == 0
				       : code == 0 || i < 3;
		if (!test_count(ok))
			test_fail(__FILE__, __LINE__, "row %zu: %d, %s: %s", i, code, error.where, error.what);
	}
	remove_files();
}

TEST(a_directory_that_is_not_there_is_an_error)
{
	const struct rulebook *book;
	struct error error;
	CHECK_INT(load_directory(&book, &error), ERROR_SYSTEM);
	CHECK_STR(str_of(error.where), str_of(directory));
}
