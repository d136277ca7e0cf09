/* Programs and the walk over them, held against PCRE2 and the pattern matcher, which know nothing of them. */
#include "rules/texts.h"
#include "base/test.h"
#include "rules/match.h"
#include "rules/regex_load.h"

enum { EXPRESSIONS = 1500, SCRATCH_BYTES = TEXTS_BYTES_MAX + (8 << 20) };

static uint64_t seed = 88172645463325252u;

static size_t pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)((seed * 0x2545F4914F6CDD1Du) >> 33) % n;
}

static struct arena arena;

static bool compile(struct regex *regex, const char *source)
{
	char what[REGEX_MESSAGE_BYTES];
	size_t byte;
	regex_ready();
	regex->source = str_of(source);
	return regex_compile(regex, &arena, &byte, what);
}

TEST(what_cannot_be_told_by_its_characters_is_refused_with_its_byte)
{
	static const struct {
		const char *source;
		size_t byte;
		const char *why;
	} rows[] = {
	    {"a(?=b)", 2, "looks around"},   {"a(?<!b)", 2, "looks around"},	 {"(?>a)", 1, "looks around"},
	    {"(?i)a", 1, "sets options"},    {"a++", 2, "does not give back"},	 {"[[:digit:]]", 1, "a named class"},
	    {"a\\R", 2, "an escape"},	     {"\\p{L}", 1, "an escape"},	 {"a{3000}", 7, "too long"},
	    {"\\x00", 4, "the character 0"}, {"(*ANYCRLF)a", 1, "sets options"},
	};
	arena = arena_map(SCRATCH_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct regex regex = {0};
		struct program program;
		size_t byte;
		CHECK(compile(&regex, rows[i].source));
		const char *why = program_of_regex(&regex, &arena, &program, &byte);
		if (!test_count(why && strstr(why, rows[i].why) && byte == rows[i].byte))
			test_fail(__FILE__, __LINE__, "%s: %s at %zu", rows[i].source, why ? why : "nothing", byte);
	}
	struct regex any_case = {.any_case = true};
	struct program program;
	size_t byte;
	CHECK(compile(&any_case, "\xc3\xa9"));
	CHECK(strstr(program_of_regex(&any_case, &arena, &program, &byte), "letters a to z"));
	arena_unmap(&arena);
}

/* ---- random expressions ---- */

static void put_piece(struct buf *b, size_t depth)
{
	static const char *const pieces[] = {"a",    "b",      "A",	   "k",	    ".",      "[ab]", "[^a]",
					     "\\d",  "\\w",    "\\s",	   "^",	    "$",      "\\b",  "\\B",
					     "-",    "[a-c-]", "[]x]",	   "\\x61", "\\.",    "\n",   "[^\\W_]",
					     "x{2}", "{",      "\xc3\xa9", "s",	    "[\\d-]", "\\A",  "\\z"};
	static const char *const quantifiers[] = {"*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}", "*?", "+?"};
	size_t begin = b->len;
	if (depth > 0 && pick(4) == 0) {
		buf_put_str(b, pick(2) ? STR("(") : STR("(?:"));
		for (size_t i = 0, n = pick(4); i < n; i++) {
			put_piece(b, depth - 1);
			if (pick(3) == 0)
				buf_put_char(b, '|');
		}
		buf_put_char(b, ')');
	} else {
		buf_put_str(b, str_of(pieces[pick(ARRAY_LEN(pieces))]));
	}
	char last = b->len > begin ? (char)b->at[b->len - 1] : '^';
	char first = b->len > begin ? (char)b->at[begin] : '^';
	bool place =
	    first == '^' || last == '$' || (first == '\\' && strchr("bBAz", last)) || last == '}' || last == '{';
	if (!place && pick(3) == 0)
		buf_put_str(b, str_of(quantifiers[pick(ARRAY_LEN(quantifiers))]));
}

struct checking {
	const struct predicate *const *predicates;
	size_t n, texts, judged, wrong;
	const char *source;
};

static bool check_text(void *context, const uint64_t *judgement, struct str text)
{
	struct checking *c = context;
	for (size_t i = 0; i < c->n; i++) {
		enum truth truth = match_text(c->predicates[i], text);
		bool said = judgement[0] >> i & 1;
		c->judged += truth != TRUTH_UNKNOWN;
		if (truth == TRUTH_UNKNOWN || said == (truth == TRUTH_YES))
			continue;
		c->wrong++;
		test_fail(__FILE__, __LINE__,
			  "/%s/, predicate %zu: of \"" STR_FMT "\" the walk says %d, the matcher not", c->source, i,
			  STR_ARG(text), said);
	}
	return ++c->texts < 400 && c->wrong == 0;
}

/* Each expression beside a pattern, so that the walk is over both. */
TEST(what_the_walk_says_of_a_text_the_matcher_says_too)
{
	size_t told = 0, texts = 0;
	printf("seed %llu\n", (unsigned long long)seed);
	arena = arena_map(SCRATCH_BYTES);
	for (size_t i = 0; i < EXPRESSIONS; i++) {
		char source[200] = {0};
		struct buf b = {.at = (uint8_t *)source, .size = sizeof source - 1};
		arena_clear(&arena);
		for (size_t k = 0, n = 1 + pick(5); k < n; k++)
			put_piece(&b, 2);
		struct regex regex = {.any_case = pick(3) == 0, .lines = pick(3) == 0, .dot_all = pick(3) == 0};
		struct pattern patterns[] = {{.text = STR("\x01k\x02"
							  "b\x01"),
					      .wild = true},
					     {.text = STR("A\x03"
							  "b"),
					      .wild = true,
					      .cased = true}};
		struct program program;
		size_t byte;
		if (!compile(&regex, source) || program_of_regex(&regex, &arena, &program, &byte))
			continue;
		const struct predicate first = {.kind = PREDICATE_REGEX, .n = 1, .regexes = &regex},
				       second = {.kind = PREDICATE_TEXT, .n = 2, .patterns = patterns};
		const struct predicate *predicates[] = {&first, &second};
		struct checking c = {.predicates = predicates, .n = 2, .source = source};
		struct texts walk = {.predicates = predicates,
				     .n = 2,
				     .times = 1 + pick(3),
				     .scratch = &arena,
				     .take = check_text,
				     .context = &c};
		size_t used = arena.used;
		enum walk end = texts_walk(&walk);
		CHECK(end != WALK_TOO_HARD && arena.used == used && c.wrong == 0);
		told++;
		texts += c.texts;
	}
	CHECK(told > EXPRESSIONS / 2 && texts > 20 * told);
	printf("%zu expressions, %zu texts\n", told, texts);
	arena_unmap(&arena);
}

/* ---- the walk finds every way to judge ---- */

static bool count(void *context, const uint64_t *judgement, struct str text)
{
	(void)text;
	*(unsigned *)context |= 1u << judgement[0];
	return true;
}

TEST(a_walk_that_ends_has_found_every_judgement)
{
	static const struct pattern ann = {.text = STR("ann")}, starts = {.text = STR("a\x01"), .wild = true},
				    ends = {.text = STR("\x01"
							"b"),
					    .wild = true};
	const struct predicate predicates[] = {{.kind = PREDICATE_TEXT, .n = 1, .patterns = &ann},
					       {.kind = PREDICATE_TEXT, .n = 1, .patterns = &starts},
					       {.kind = PREDICATE_TEXT, .n = 1, .patterns = &ends}};
	const struct predicate *list[] = {&predicates[0], &predicates[1], &predicates[2]};
	unsigned found = 0;
	arena = arena_map(SCRATCH_BYTES);
	struct texts walk = {.predicates = list,
			     .n = 3,
			     .times = 1,
			     .one_case = true,
			     .scratch = &arena,
			     .take = count,
			     .context = &found};
	CHECK_INT(texts_walk(&walk), WALK_ENDED);
	/* none; ann and starts; starts; ends; starts and ends */
	CHECK_INT(found, 1u << 0 | 1u << 3 | 1u << 2 | 1u << 4 | 1u << 6);
	arena_unmap(&arena);
}
