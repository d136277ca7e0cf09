/* Random rules and requests with every modifier, judged a second time straight from the text: yes, no or unknown; what
 * the index leaves out is no; and facts that become known never turn an answer round. */
#include "base/test.h"
#include "rules/index.h"
#include "rules/match.h"
#include "rules/rules_random.h"

enum { RULES = 400, REQUESTS = 60 };

static const char *const more_words[] = {
    "name|startswith|fieldref: zone",
    "name|endswith|fieldref: zone",
    "name|contains|fieldref: zone",
    "groups|fieldref: name",
    "groups|startswith|fieldref: zone",
    "zone|fieldref: groups",
    "name|fieldref: [zone, groups]",
    "level|lt|fieldref: limit",
    "level|lte|fieldref: limit",
    "level|gt|fieldref: limit",
    "name|neq: [ann, bob]",
    "zone|contains|all|fieldref: [name, groups]",
};

static struct fact any_value(size_t fact)
{
	return pick(4) == 0 ? (struct fact){0} : world.at[fact][pick(world.n[fact])];
}

static void put_any_map(struct buf *b)
{
	buf_put_char(b, '{');
	for (size_t i = 0, n = 1 + pick(3), first = pick(TRY_FACTS); i < n; i++) {
		size_t fact = (first + i) % TRY_FACTS;
		const char *words = words_of[fact].words[pick(words_of[fact].n)];
		if (i == 0 && pick(3) == 0) {
			words = more_words[pick(ARRAY_LEN(more_words))];
			n = 1;
		}
		if (i)
			BUF_LIT(b, ", ");
		buf_put_str(b, str_of(words));
	}
	buf_put_char(b, '}');
}

static struct str put_rule(char memory[TRY_BOOK_BYTES])
{
	static const char *const names[] = {"s1", "s2", "t1"};
	struct buf b = {.at = (uint8_t *)memory, .size = TRY_BOOK_BYTES - 1};
	buf_put_str(&b, str_of(try_head));
	buf_put_str(&b, str_of(naive_placeholders));
	BUF_LIT(&b, "rules:\n - {id: r, title: t, layer: low, outcome: permit, match: {");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		buf_put_str(&b, str_of(names[i]));
		BUF_LIT(&b, ": ");
		put_any_map(&b);
		BUF_LIT(&b, ", ");
	}
	BUF_LIT(&b, "condition: '");
	put_condition(&b, names, ARRAY_LEN(names), 3);
	BUF_LIT(&b, " and s1 or s2 and t1'}}\n");
	ASSERT(!b.over);
	memory[b.len] = 0;
	return buf_str(&b);
}

static bool is_left_out(const struct rulebook *book, const struct fact *request)
{
	uint64_t set[RULE_SET_WORDS_MAX];
	index_candidates(book, request, set);
	return !set_has(set, 0);
}

static void check_request(const struct rulebook *book, const struct yaml *rule, uint64_t of_seed, struct str text)
{
	struct fact request[TRY_FACTS], known[TRY_FACTS];
	for (size_t i = 0; i < TRY_FACTS; i++) {
		request[i] = any_value(i);
		known[i] = request[i].state == FACT_UNKNOWN ? world.at[i][pick(world.n[i])] : request[i];
	}
	int expected = judge_rule(rule, request), then = judge_rule(rule, known);
	enum truth found = match_expression(book->rules[0].applies, request);
	bool right = (int)found == expected && (int)match_expression(book->rules[0].applies, known) == then &&
		     (expected == UNKNOWN || then == expected) && (!is_left_out(book, request) || expected == NO) &&
		     (!is_left_out(book, known) || then == NO) &&
		     (match_unknowns(book->rules[0].applies, request) != 0) == (expected == UNKNOWN);
	if (!test_count(right))
		test_fail(__FILE__, __LINE__, "seed %llu: %d, expected %d; %d then\n" STR_FMT,
			  (unsigned long long)of_seed, (int)found, expected, then, STR_ARG(text));
}

static size_t loaded;

static void check_rule(uint64_t of_seed, struct arena *arena)
{
	static char memory[TRY_BOOK_BYTES];
	const struct rulebook *book;
	const struct yaml *root;
	struct error error = {0};
	seed_from(of_seed);
	arena_clear(arena);
	struct str text = put_rule(memory);
	CHECK_OK(yaml_read(text, "book", arena, &root, &error), &error);
	int code = rulebook_load_text(&book, &try_vocabulary, arena, "book", text, &error);
	if (!test_count(code == 0 || strstr(error.what, "can never speak")))
		test_fail(__FILE__, __LINE__, "seed %llu: %s: %s\n" STR_FMT, (unsigned long long)of_seed, error.where,
			  error.what, STR_ARG(text));
	if (code < 0)
		return;
	loaded++;
	make_world(root);
	for (size_t i = 0; i < REQUESTS; i++)
		check_request(book, yaml_get(root, "rules")->first, of_seed, text);
}

TEST(a_second_reading_of_a_rule_judges_the_same)
{
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX + YAML_MEMORY_BYTES_MAX);
	int64_t first, n;
	seeds_of("MATCH_SEED", "MATCH_RULES", RULES, &first, &n);
	for (int64_t i = 0; i < n; i++)
		check_rule((uint64_t)(first + i), &arena);
	CHECK(loaded > (size_t)n / 2);
	arena_unmap(&arena);
}
