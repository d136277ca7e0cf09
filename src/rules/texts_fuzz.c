/* Foreign expressions: the first byte has the flags. What the walk over a program says of a text, PCRE2 says too. */
#include "rules/match.h"
#include "rules/regex_load.h"
#include "rules/texts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS_MAX = 200, EXPRESSION_BYTES_MAX = 200 };

struct checking {
	const struct predicate *predicate;
	size_t texts;
};

static bool check(void *context, const uint64_t *judgement, struct str text)
{
	struct checking *c = context;
	enum truth truth = match_text(c->predicate, text);
	ASSERT(truth == TRUTH_UNKNOWN || (truth == TRUTH_YES) == (judgement[0] & 1));
	return ++c->texts < TEXTS_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct program program;
	char what[REGEX_MESSAGE_BYTES];
	size_t byte = 0, bad;
	if (size < 2 || size > EXPRESSION_BYTES_MAX || !str_is_utf8((struct str){(const char *)data + 1, size - 1}))
		return 0;
	if (!arena.at)
		arena = arena_map(TEXTS_BYTES_MAX + (8 << 20));
	arena_clear(&arena);
	regex_ready();
	struct regex regex = {.source = {(const char *)data + 1, size - 1},
			      .any_case = data[0] & 1,
			      .lines = data[0] & 2,
			      .dot_all = data[0] & 4};
	bad = regex.source.len;
	if (memchr(regex.source.at, 0, bad) || !regex_compile(&regex, &arena, &byte, what) ||
	    program_of_regex(&regex, &arena, &program, &byte)) {
		ASSERT(byte <= regex.source.len);
		return 0;
	}
	const struct predicate predicate = {.kind = PREDICATE_REGEX, .n = 1, .regexes = &regex};
	const struct predicate *list = &predicate;
	struct checking c = {&predicate, 0};
	struct texts walk = {.predicates = &list, .n = 1, .times = 1, .scratch = &arena, .take = check, .context = &c};
	texts_walk(&walk);
	return 0;
}
