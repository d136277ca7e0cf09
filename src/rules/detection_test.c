#include "rules/detection_load.h"
#include "base/test.h"
#include "rules/rules_text.h"

#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;

static int load(const char *text, const struct detection **ret_detection, struct error *error)
{
	if (!arena.at)
		arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20));
	arena_clear(&arena);
	*error = (struct error){0};
	return detection_load_text(ret_detection, &arena, "f", str_of(text), error);
}

/* The titles of the rules that match the event, with commas between them; what is wrong with the event behind a "!". */
static struct str hits_of(const struct detection *detection, const char *json, const struct detection_source *source)
{
	static char line[1000];
	static struct detection_hit hits[64];
	struct detection_event event;
	struct detection_unread unread;
	struct buf b = BUF(line);
	detection_event_init(&event, detection, &arena);
	if (!detection_event_read(&event, str_of(json), &unread)) {
		BUF_LIT(&b, "!");
		buf_put_str(&b, str_of(unread.what));
		return buf_str(&b);
	}
	size_t n = detection_match(&event, source, hits, ARRAY_LEN(hits));
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_put_char(&b, ',');
		buf_put_str(&b, detection_rule(detection, hits[i].rule)->title);
	}
	return buf_str(&b);
}

static const struct detection_source any;

static const struct detection *loaded(const char *text)
{
	const struct detection *detection = NULL;
	struct error error;
	if (load(text, &detection, &error) < 0)
		die(EXIT_FAILED, &error);
	return detection;
}

/* A rule of one selection. */
#define RULE(title, selection) "title: " title "\nlogsource: {}\ndetection:\n  s: " selection "\n  condition: s\n"

struct row {
	const char *selection, *event;
	bool matches;
};

static void check_rows(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[1000];
		snprintf(text, sizeof text, RULE("hit", "%s"), rows[i].selection);
		struct str found = hits_of(loaded(text), rows[i].event, &any);
		if (!test_count(str_eq(found, rows[i].matches ? STR("hit") : STR(""))))
			test_fail(__FILE__, __LINE__, "%s of %s: " STR_FMT, rows[i].selection, rows[i].event,
				  STR_ARG(found));
	}
}

TEST(fields_are_members_flat_nested_and_in_lists)
{
	static const struct row rows[] = {
	    {"{a: x}", "{\"a\":\"X\"}", true},
	    {"{a: x}", "{\"A\":\"x\"}", false},
	    {"{a.b: x}", "{\"a\":{\"b\":\"x\"}}", true},
	    {"{a.b: x}", "{\"a.b\":\"x\"}", true},
	    {"{a.b: x}", "{\"a\":[{\"b\":\"y\"},{\"b\":[\"z\",\"x\"]}]}", true},
	    {"{a: x}", "{\"a\":[\"y\",\"x\"]}", true},
	    {"{a|all: [x, y]}", "{\"a\":[\"y\",\"x\"]}", true},
	    {"{EventID: 4624}", "{\"EventID\":4624}", true},
	    {"{EventID: 4624}", "{\"EventID\":\"4624\"}", true},
	    {"{EventID: 4624}", "{\"EventID\":46240}", false},
	    {"{on: true}", "{\"on\":true}", true},
	    {"{a|contains: '\"b\":1'}", "{\"a\":{\"b\":1}}", true},
	    {"{a|contains: '['}", "{\"a\":[\"x\"]}", false},
	    {"{a|exists: true}", "{\"a\":{}}", true},
	    {"{a|exists: true}", "{\"a\":[]}", true},
	    {"{a: null}", "{\"a\":[]}", true},
	    {"{a: x}", "{\"a\":\"\\u0078\"}", true},
	    {"{a|endswith: '\\cmd.exe'}", "{\"a\":\"C:\\\\CMD.exe\"}", true},
	    /* A member that stands twice cannot hide the other. */
	    {"{a: x}", "{\"a\":\"y\",\"a\":\"x\"}", true},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(what_is_absent_is_no_and_null_is_told_from_it)
{
	static const struct row rows[] = {
	    {"{a: '*'}", "{}", false},
	    {"{a: null}", "{}", true},
	    {"{a: null}", "{\"a\":null}", true},
	    {"{a: null}", "{\"a\":\"\"}", false},
	    {"{a: ''}", "{\"a\":\"\"}", true},
	    {"{a: ''}", "{\"a\":null}", false},
	    {"{a|exists: true}", "{\"a\":null}", true},
	    {"{a|exists: false}", "{\"a\":null}", false},
	    {"{a|exists: false}", "{}", true},
	    {"{a|neq: x}", "{}", false},
	    {"{a|neq: x}", "{\"a\":\"y\"}", true},
	    {"{a: 'null'}", "{\"a\":\"null\"}", true},
	    {"{a: 'null'}", "{\"a\":null}", false},
	};
	check_rows(rows, ARRAY_LEN(rows));
	CHECK_STR(hits_of(loaded("title: not\nlogsource: {}\ndetection: {s: {a: x}, condition: not s}\n"), "{}", &any),
		  STR("not"));
}

TEST(numbers_addresses_and_times_are_read_from_texts)
{
	static const struct row rows[] = {
	    {"{n|gte: 10}", "{\"n\":10}", true},
	    {"{n|gte: 10}", "{\"n\":\"11\"}", true},
	    {"{n|gt: 10}", "{\"n\":10}", false},
	    {"{n|lt: 0}", "{\"n\":-1}", true},
	    {"{n|gte: 10}", "{\"n\":\"many\"}", false},
	    {"{n|gte: 10}", "{\"n\":10.5}", false}, /* whole numbers only */
	    {"{ip|cidr: 10.0.0.0/8}", "{\"ip\":\"10.255.0.1\"}", true},
	    {"{ip|cidr: [10.0.0.0/8, '2001:db8::/32']}", "{\"ip\":\"2001:DB8:0::7\"}", true},
	    {"{ip|cidr: 10.0.0.0/8}", "{\"ip\":\"11.0.0.1\"}", false},
	    {"{ip|cidr: 10.0.0.0/8}", "{\"ip\":\"host10\"}", false},
	    {"{ip|cidr: 0.0.0.0/0}", "{\"ip\":\"\"}", false},
	    {"{ip|cidr: 0.0.0.0/0}", "{\"ip\":\"10.0.0.1\\u0000\"}", false},
	    {"{ip|cidr: '::/0'}", "{\"ip\":\"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255\"}", true},
	    {"{ip|cidr: '::/0'}", "{\"ip\":\"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555\"}", false},
	    {"{t|day: 23}", "{\"t\":\"2026-11-23\"}", true},
	    {"{t|day: 23}", "{\"t\":\"2026-11-2\"}", false},
	    {"{t|hour: 7}", "{\"t\":\"07:59\"}", true},
	    {"{t|hour: 7}", "{\"t\":\"2026-11-23T07:59:00Z\"}", true},
	    {"{t|minute|gte: 59}", "{\"t\":\"2026-11-23 07:59:00\"}", true},
	    {"{t|day: 23, t|month: 11, t|year|gte: 2026, t|week: 48}", "{\"t\":\"2026-11-23T07:59:00Z\"}", true},
	    {"{t|hour: 7}", "{\"t\":\"yesterday\"}", false},
	    {"{a|fieldref: b}", "{\"a\":\"X\",\"b\":[\"y\",\"x\"]}", true},
	    {"{a|endswith|fieldref: b}", "{\"a\":\"the x\",\"b\":\"x\"}", true},
	    {"{a|gt|fieldref: b}", "{\"a\":9,\"b\":8}", true},
	    {"{a|fieldref: b}", "{\"a\":\"x\"}", false},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(keywords_are_looked_for_in_the_whole_event)
{
	static const struct row rows[] = {
	    {"[mimikatz, 'x*y']", "{\"a\":{\"b\":[\"run MimiKatz\"]}}", true},
	    {"[mimikatz, 'x*y']", "{\"a\":\"1x2y3\"}", true},
	    {"[mimikatz]", "{\"mimikatz\":1}", false}, /* names of members are no values */
	    {"mimikatz", "{\"a\":\"mimikatz\"}", true},
	    {"{'|all': [ab, cd]}", "{\"a\":\"xab\",\"b\":\"cdx\"}", true},
	    {"{'|all': [ab, cd]}", "{\"a\":\"xab\"}", false},
	    {"{'|re': '^a+$'}", "{\"x\":{\"y\":\"aaa\"}}", true},
	    {"[{a: x}, word]", "{\"b\":\"a word\"}", true},
	    {"[42]", "{\"n\":142}", true},
	};
	check_rows(rows, ARRAY_LEN(rows));
}

TEST(a_source_that_is_known_leaves_out_rules_for_others)
{
	const struct detection *d = loaded(
	    "title: win\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {a: x}, condition: "
	    "s}\n---\n"
	    "title: lin\nlogsource: {product: linux}\ndetection: {s: {a: x}, condition: s}\n---\n"
	    "title: all\nlogsource: {service: sshd, definition: d, other: x}\ndetection: {s: {a: x}, condition: s}\n");
	static const char *const event = "{\"a\":\"x\"}";
	CHECK_STR(hits_of(d, event, &any), STR("win,lin,all"));
	CHECK_STR(hits_of(d, event, &(struct detection_source){.product = STR("linux")}), STR("lin,all"));
	CHECK_STR(hits_of(d, event, &(struct detection_source){.product = STR("linux"), .service = STR("x")}),
		  STR("lin"));
	CHECK_STR(hits_of(d, event, &(struct detection_source){.category = STR("dns_query")}), STR("lin,all"));
}

TEST(a_hit_says_what_matched)
{
	const struct detection *d =
	    loaded("title: t\nlogsource: {}\ndetection:\n  s: {Image|endswith: '\\a.exe', User|contains: bob}\n"
		   "  f: {Path: y}\n  k: [secret]\n  condition: s and not f and k\n");
	struct detection_event event;
	struct detection_unread unread;
	struct detection_hit hit;
	detection_event_init(&event, d, &arena);
	CHECK(detection_event_read(
	    &event, STR("{\"Image\":[\"b.exe\",\"C:\\\\a.EXE\"],\"User\":\"x\\\\Bob\",\"z\":\"the secret\"}"),
	    &unread));
	CHECK_INT(detection_match(&event, &any, &hit, 1), 1);
	CHECK_INT(hit.n_matched, 3);
	CHECK_STR(hit.matched[0].field, STR("Image"));
	CHECK_STR(hit.matched[0].value, STR("C:\\a.EXE"));
	CHECK_STR(hit.matched[1].value, STR("x\\Bob"));
	CHECK_STR(hit.matched[2].field, STR(""));
	CHECK_STR(hit.matched[2].value, STR("the secret"));
	CHECK_INT(detection_match(&event, &any, NULL, 0), 1);
}

/* An event that makes an expression give up is not hidden by that, neither from a rule nor from one that says `not`. */
TEST(where_nobody_knows_there_is_a_hit_that_is_unsure)
{
	const struct detection *d =
	    loaded(RULE("A", "{a|re: '^(x+)+$'}") "---\ntitle: B\nlogsource: {}\ndetection:\n"
						  "  s: {b: 1}\n  t: {a|re: '^(x+)+$'}\n  condition: s and not t\n"
						  "---\n" RULE("C", "{b: 1, a|contains: xy}"));
	static struct detection_hit hits[4];
	struct detection_event event;
	struct detection_unread unread;
	char json[400], xs[200] = {0};
	memset(xs, 'x', sizeof xs - 1);
	snprintf(json, sizeof json, "{\"a\":\"%sy\",\"b\":1}", xs);
	detection_event_init(&event, d, &arena);
	CHECK(detection_event_read(&event, str_of(json), &unread));
	CHECK_INT(detection_match(&event, &any, hits, ARRAY_LEN(hits)), 3);
	CHECK(hits[0].unsure && hits[1].unsure && !hits[2].unsure);
	CHECK_STR(hits[0].matched[0].field, STR("a"));
	CHECK_STR(hits[1].matched[0].field, STR("b"));
	CHECK(detection_event_read(&event, STR("{\"a\":\"xxxy\",\"b\":1}"), &unread));
	CHECK_INT(detection_match(&event, &any, hits, ARRAY_LEN(hits)), 2);
	CHECK(!hits[0].unsure && !hits[1].unsure);
}

TEST(one_event_leaves_nothing_for_the_next)
{
	const struct detection *d = loaded(RULE("t", "{a: x, b: y}"));
	struct detection_event event;
	struct detection_unread unread;
	detection_event_init(&event, d, &arena);
	CHECK(detection_event_read(&event, STR("{\"a\":\"x\",\"b\":\"y\"}"), &unread));
	CHECK_INT(detection_match(&event, &any, NULL, 0), 1);
	CHECK(detection_event_read(&event, STR("{\"b\":\"y\"}"), &unread));
	CHECK_INT(detection_match(&event, &any, NULL, 0), 0);
	CHECK(!detection_event_read(&event, STR("{\"a\":\"x\","), &unread));
	CHECK_INT(detection_match(&event, &any, NULL, 0), 0);
	CHECK(detection_event_read(&event, STR("{\"a\":\"x\"}"), &unread));
	CHECK_INT(detection_match(&event, &any, NULL, 0), 0);
}

TEST(an_event_that_cannot_be_read_says_why)
{
	const struct detection *d = loaded(RULE("t", "{a: x}"));
	static char large[DETECTION_EVENT_BYTES_MAX + 2];
	CHECK_STR(hits_of(d, "[]", &any), STR("!is no object"));
	CHECK_STR(hits_of(d, "{\"a\":x}", &any), STR("!has something where a value belongs"));
	for (size_t n = DETECTION_EVENT_BYTES_MAX; n <= DETECTION_EVENT_BYTES_MAX + 1; n++) {
		memset(large, ' ', n);
		memcpy(large, "{\"a\":\"x\"}", 9);
		large[n] = 0;
		CHECK_STR(hits_of(d, large, &any),
			  n > DETECTION_EVENT_BYTES_MAX ? STR("!has more than 256 KiB") : STR("t"));
	}
	struct buf b = {.at = (uint8_t *)large, .size = sizeof large - 1};
	BUF_LIT(&b, "{\"a\":[0");
	for (size_t i = 1; i < DETECTION_EVENT_VALUES_MAX; i++)
		BUF_LIT(&b, ",0");
	size_t before = b.len;
	BUF_LIT(&b, "]}");
	large[b.len] = 0;
	CHECK_STR(hits_of(d, large, &any), STR(""));
	b.len = before;
	BUF_LIT(&b, ",0]}");
	large[b.len] = 0;
	CHECK_STR(hits_of(d, large, &any), STR("!has too many values, or a name that is too long"));
}

TEST(conditions_are_sigmas)
{
	const struct detection *d =
	    loaded("title: t\nlogsource: {}\ndetection:\n  sel_a: {a: x}\n  sel_b: {b: x}\n  _c: {c: x}\n"
		   "  unused: {u: x}\n  condition:\n    - 1 of sel_* and not 1 of *_c\n    - all of them\n    - 1 of "
		   "unused\n");
	CHECK_STR(hits_of(d, "{\"b\":\"x\"}", &any), STR("t"));
	CHECK_STR(hits_of(d, "{\"b\":\"x\",\"c\":\"x\"}", &any), STR(""));
	CHECK_STR(hits_of(d, "{\"a\":\"x\",\"b\":\"x\",\"u\":\"x\",\"c\":\"x\"}", &any), STR("t"));
	CHECK_STR(hits_of(d, "{\"u\":\"x\"}", &any), STR("t"));
}

TEST(mistakes_of_a_document_are_told)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
	    {"- x\n", "f:1:1", "a rule must be a map"},
	    {"title: t\n", "f:1:1", "a document with neither `detection` nor `correlation`"},
	    {"title: t\ndetection: {}\ncorrelation: {}\n", "f:1:1", "a document with both"},
	    {"titel: t\ndetection: {}\n", "f:1:1", "Sigma's rules have no \"titel\""},
	    {"action: global\ntitle: t\n", "f:1:1", "collections with `action`"},
	    {"title: t\nfilter: {rules: [x]}\n", "f:2:1", "Sigma's filters are not known here"},
	    {"logsource: {}\ndetection: {}\n", "f:1:1", "there is no `title`"},
	    {"title: t\ndetection: {s: {a: x}, condition: s}\n", "f:1:1", "there is no `logsource`"},
	    {"title: t\nlogsource: x\ndetection: {s: {a: x}, condition: s}\n", "f:2:12", "`logsource` must be a map"},
	    {"title: t\nlevel: hihg\nlogsource: {}\ndetection: {}\n", "f:2:8", "there is no level \"hihg\""},
	    {"title: t\nstatus: new\nlogsource: {}\ndetection: {}\n", "f:2:9", "there is no status \"new\""},
	    {"title: t\ntaxonomy: mine\nlogsource: {}\ndetection: {}\n", "f:2:11", "there is no taxonomy \"mine\""},
	    {"title: t\ndate: 2026-13-01\nlogsource: {}\ndetection: {}\n", "f:2:7", "this is no date"},
	    {"title: t\ntags: {a: b}\nlogsource: {}\ndetection: {}\n", "f:2:7", "`tags` must be a list"},
	    {RULE("t", "{a: x}") "---\n" RULE("u", "{a: [null]}"), "f:10:11",
	     "null, that there is no value, in a list"},
	    {"title: t\nlogsource: {}\ndetection: {s: {a: x}, condition: s | count() > 5}\n", "f:3:37", "\"|\" where"},
	    {"title: t\nlogsource: {}\ndetection: {s: {a: x}, condition: s, timeframe: 5m}\n", "f:3:38",
	     "no longer counts"},
	    {"title: t\nlogsource: {}\ndetection: {s: {a|re: '('}, condition: s}\n", "f:3:25", "no regular expression"},
	    {"title: t\nlogsource: {}\ndetection: {s: {'|cidr': 10.0.0.0/8}, condition: s}\n", "f:3:17",
	     "needs a field"},
	    {"title: t\nlogsource: {}\ndetection: {s: {a|expand: '%x%'}, condition: s}\n", "f:3:28",
	     "no placeholder %x%"},
	    {"title: t\nid: a\nlogsource: {}\ndetection: {s: {a: x}, condition: s}\n---\ntitle: u\nname: a\nlogsource: "
	     "{}\n"
	     "detection: {s: {a: x}, condition: s}\n",
	     "f:6:1", "\"a\" is also what the rule at f:1 is called"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct detection *detection;
		struct error error;
		int code = load(rows[i].text, &detection, &error);
		if (!test_count(code < 0 && strstr(error.what, rows[i].what) && arena.used == 0 && error.remedy[0] &&
				str_eq(str_of(error.where), str_of(rows[i].where))))
			test_fail(__FILE__, __LINE__, "%s: %d, %s: %s", rows[i].text, code, error.where, error.what);
	}
}

TEST(rules_that_are_not_to_be_used_are_left_out_and_other_members_allowed)
{
	const struct detection *d =
	    loaded("title: old\nstatus: deprecated\nlogsource: {}\ndetection: {s: {a: x}, condition: s}\n---\n"
		   "title: odd\nstatus: unsupported\ndetection: {condition: nothing | near x}\n---\n"
		   "title: new\nid: 7\nstatus: test\nlevel: high\ntags: [attack.t1059]\nauthor: A\ndate: 2019/10/23\n"
		   "references: https://example.org\nrelated: [{id: x, type: derived}]\nfalsepositives: [none]\n"
		   "fields: [a]\nscope: [server]\nlicense: MIT\nmodified: 2026-01-01\nsimulation: {x: y}\n"
		   "logsource: {}\ndetection: {s: {a: x}, condition: s}\n");
	CHECK_INT(detection_size(d), 1);
	CHECK_INT(detection_left_out(d), 2);
	const struct detection_words *w = detection_rule(d, 0);
	CHECK_INT(w->level, LEVEL_HIGH);
	CHECK_STR(w->references[0], STR("https://example.org"));
	CHECK_STR(w->tags[0], STR("attack.t1059"));
	CHECK_INT(w->line, 10);
}

/* ---- directories ---- */

static char directory[] = "/tmp/detection_test.XXXXXX";

static void put_file(const char *name, const char *text)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	ASSERT(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

TEST(a_directory_is_read_with_those_in_it_and_its_placeholders)
{
	static const char *const names[] = {"a.yml", "deep/b.yaml", "placeholders.yaml", "deep/notes.txt"};
	const struct detection *d;
	struct error error = {0};
	char path[200];
	ASSERT(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/deep", directory);
	ASSERT(mkdir(path, 0700) == 0);
	put_file("a.yml", RULE("a", "{u|expand: 'adm_%who%'}"));
	put_file("deep/b.yaml", RULE("b", "{x: y}") "---\n" RULE("c", "{x: y}"));
	put_file("placeholders.yaml", "who: [ann, 'b*']\n");
	put_file("deep/notes.txt", "not a rule");
	if (!arena.at)
		arena = arena_map(DETECTION_MEMORY_BYTES_MAX + (64 << 20));
	arena_clear(&arena);
	CHECK_OK(detection_load(&d, &arena, directory, &error), &error);
	CHECK_INT(detection_size(d), 3);
	CHECK_STR(hits_of(d, "{\"u\":\"ADM_bob\",\"x\":\"y\"}", &any), STR("a,b,c"));
	CHECK(str_ends(detection_rule(d, 2)->file, STR("/deep/b.yaml")));
	CHECK_INT(detection_rule(d, 2)->line, 7);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/deep", directory);
	rmdir(path);
	rmdir(directory);
}

TEST(directories_inside_each_other_have_a_limit)
{
	char path[300];
	const struct detection *d;
	struct error error = {0};
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
	ASSERT(mkdtemp(directory));
	size_t len = (size_t)snprintf(path, sizeof path, "%s", directory);
	for (int deep = 1; deep <= RULES_DIRECTORIES_DEEP_MAX + 1; deep++) {
		arena_clear(&arena);
		CHECK_OK(detection_load(&d, &arena, directory, &error), &error);
		len += (size_t)snprintf(path + len, sizeof path - len, "/d");
		ASSERT(mkdir(path, 0700) == 0);
	}
	CHECK_INT(detection_load(&d, &arena, directory, &error), ERROR_LIMIT);
	CHECK_STR(str_of(error.where), str_of(path));
	for (int deep = 1; deep <= RULES_DIRECTORIES_DEEP_MAX + 1; deep++) {
		rmdir(path);
		path[len -= 2] = 0;
	}
	rmdir(directory);
}
