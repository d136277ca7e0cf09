#include "base/test.h"
#include "rules/condition.h"
#include "rules/compiled.h"
#include "rules/rules_try.h"

static const struct str names[] = {{"a", 1}, {"b", 1}, {"shift_1", 7}, {"shift_2", 7}};
static uint8_t memory[1 << 20];

static int read(struct str text, const struct condition **ret_condition, struct error *error)
{
	struct arena arena = arena_over(memory, sizeof memory);
	struct source source = {"f", error};
	struct yaml yaml = {.line = 3, .column = 10, .text_column = 10, .text = text};
	return condition_read(&source, &yaml, names, ARRAY_LEN(names), true, &arena, ret_condition);
}

static void put(struct buf *b, const struct condition *c)
{
	static const char *const ops[] = {"and", "or", "not"};
	if (c->op == CONDITION_SELECTION) {
		buf_put_str(b, names[c->selection]);
		return;
	}
	buf_put_char(b, '(');
	buf_put_str(b, str_of(ops[c->op]));
	for (const struct condition *part = c->first; part; part = part->next) {
		buf_put_char(b, ' ');
		put(b, part);
	}
	buf_put_char(b, ')');
}

TEST(not_binds_before_and_and_and_before_or)
{
	static const char *const rows[][2] = {
	    {"a and b or 1 of shift_*", "(or (and a b) (or shift_1 shift_2))"},
	    {"a or b and all of shift_*", "(or a (and b (and shift_1 shift_2)))"},
	    {"not a and b or 1 of them", "(or (and (not a) b) (or a b shift_1 shift_2))"},
	    {"not (a or b)\n  and (shift_1)and\tshift_2", "(and (not (or a b)) shift_1 shift_2)"},
	    {"all of them", "(and a b shift_1 shift_2)"},
	    {"not not a or 1 of b* or 1 of s*", "(or (not (not a)) (or b) (or shift_1 shift_2))"},
	    {"1 of *_1 or all of s*t_* or 1 of *", "(or (or shift_1) (and shift_1 shift_2) (or a b shift_1 shift_2))"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct condition *c;
		struct error error = {0};
		char text[400];
		struct buf b = BUF(text);
		CHECK_OK(read(str_of(rows[i][0]), &c, &error), &error);
		put(&b, c);
		CHECK_STR(buf_str(&b), str_of(rows[i][1]));
	}
}

TEST(each_mistake_is_told_with_its_column)
{
	static const char *const rows[][3] = {
	    {"a and", "f:3:15", "the condition ends where the name of a selection belongs"},
	    {"a b", "f:3:12", "\"b\" where `and`, `or` or the end belongs"},
	    {"a & b", "f:3:12", "\"&\" where `and`, `or` or the end belongs"},
	    {"a and é", "f:3:16", "\"é\" where the name of a selection belongs"},
	    {"(a or b", "f:3:17", "the condition ends where `)` belongs"},
	    {"a or b)", "f:3:16", "\")\" where `and`, `or` or the end belongs"},
	    {"shfit_1", "f:3:10", "there is no selection \"shfit_1\""},
	    {"a or or", "f:3:15", "\"or\" where the name of a selection belongs"},
	    {"1 off them", "f:3:12", "\"off\" where `of` belongs"},
	    {"1 of a", "f:3:15", "\"a\" where `them`, or a pattern of names with a star, belongs"},
	    {"1 of -*", "f:3:15", "\"-*\" where `them`, or a pattern of names with a star, belongs"},
	    {"2 of them", "f:3:10", "\"2\" where the name of a selection belongs"},
	    {"1 of x*", "f:3:15", "there is no selection \"x*\""},
	    {"all", "f:3:13", "the condition ends where `of` belongs"},
	    {"a or b or 1 of shift_2*", "f:3:10", "the condition never looks at \"shift_1\""},
	    {"", "f:3:10", "`condition` must be a text"},
	    {"  ", "f:3:12", "the condition ends where the name of a selection belongs"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct condition *c;
		struct error error = {0};
		CHECK_INT(read(str_of(rows[i][0]), &c, &error), ERROR_INPUT);
		CHECK_STR(str_of(error.where), str_of(rows[i][1]));
		CHECK_STR(str_of(error.what), str_of(rows[i][2]));
		CHECK(error.remedy[0]);
	}
}

TEST(a_misspelt_selection_is_guessed)
{
	const struct condition *c;
	struct error error = {0};
	CHECK(read(STR("shfit_1"), &c, &error) < 0);
	CHECK_STR(str_of(error.remedy), STR("did you mean \"shift_1\"?"));
}

/* n times `open`, the inside, n times `close`. */
static struct str nested(const char *open, size_t n, const char *inside, const char *close)
{
	static char text[200000];
	struct buf b = BUF(text);
	for (size_t i = 0; i < n; i++)
		buf_put_str(&b, str_of(open));
	buf_put_str(&b, str_of(inside));
	for (size_t i = 0; i < n; i++)
		buf_put_str(&b, str_of(close));
	ASSERT(!b.over);
	return buf_str(&b);
}

TEST(nesting_ends_at_its_limit_and_not_on_the_stack)
{
	const struct condition *c;
	struct error error = {0};
	CHECK_OK(read(nested("(", CONDITION_DEPTH_MAX, "1 of them", ")"), &c, &error), &error);
	CHECK_OK(read(nested("not ", CONDITION_DEPTH_MAX, "1 of them", ""), &c, &error), &error);
	CHECK_INT(read(nested("(", CONDITION_DEPTH_MAX + 1, "1 of them", ")"), &c, &error), ERROR_LIMIT);
	CHECK_STR(str_of(error.where), STR("f:3:26"));
	CHECK_INT(read(nested("not ", CONDITION_DEPTH_MAX + 1, "1 of them", ""), &c, &error), ERROR_LIMIT);
	CHECK_INT(read(nested("(", 10000, "1 of them", ")"), &c, &error), ERROR_LIMIT);
	CHECK_INT(read(nested("(", 10000, "", ""), &c, &error), ERROR_LIMIT);
	CHECK_INT(read(nested("not ", 10000, "a", ""), &c, &error), ERROR_LIMIT);
}

TEST(a_condition_has_a_limit_of_parts)
{
	const struct condition *c;
	struct error error = {0};
	/* An `or` of all and one of them: 1 + 1018 + 5 */
	CHECK_OK(read(nested("a or ", CONDITION_NODES_MAX - 6, "1 of them", ""), &c, &error), &error);
	CHECK_INT(read(nested("a or ", CONDITION_NODES_MAX - 5, "1 of them", ""), &c, &error), ERROR_LIMIT);
}

/* The deepest that a condition can become stays within what match.c may recurse. */
TEST(the_deepest_condition_makes_an_expression_within_its_limit)
{
	char inside[2000], match[4000];
	struct buf b = BUF(inside);
	for (size_t i = 0; i < CONDITION_DEPTH_MAX; i++)
		BUF_LIT(&b, "a or b and (");
	BUF_LIT(&b, "a or b and a");
	for (size_t i = 0; i < CONDITION_DEPTH_MAX; i++)
		buf_put_char(&b, ')');
	snprintf(match, sizeof match,
		 "a: {level: 1, secure: true}, b: {groups|all: [x, y], name: z}, condition: " STR_FMT,
		 STR_ARG(buf_str(&b)));
	CHECK_INT(rulebook_size(try_match(match)), 1);
}

TEST(names_are_words_but_not_those_of_conditions)
{
	static const char *const bad[] = {"", "1", "-a", "a b", "a*", "and", "or", "not", "of", "all", "them", "é"};
	static const char *const good[] = {"a", "_", "a-1", "And", "condition", "android"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!condition_is_name(str_of(bad[i])));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		CHECK(condition_is_name(str_of(good[i])));
}
