/* Foreign rulebooks. One that loads decides requests of its own words: by its index as without it, and a permission
 * that it gives on what is known it gives whatever is known besides. */
#include "rules/index.h"
#include "rules/match.h"
#include "rules/rules_try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const requests[] = {
    "",
    "name=ann; groups=a, b; level=1; time=07:00; date=2026-11-23; from=192.0.2.7; secure=true; zone=lobby",
    "name=-; groups=-; level=-; time=-; date=-; from=-; secure=-; zone=-",
    "name=; groups=; level=0; time=00:00; date=1970-01-01; from=::1; secure=false; zone=*",
    "name=bob; groups=a; zone=court",
    "level=2; secure=true; time=23:59",
};

/* Whatever the index leaves out is "no". */
static void check_index(const struct rulebook *book, const struct fact *request)
{
	uint64_t set[RULE_SET_WORDS_MAX] = {0};
	index_candidates(book, request, set);
	for (size_t i = 0; i < book->n; i++)
		ASSERT(set_has(set, i) || match_expression(book->rules[i].applies, request) == TRUTH_NO);
}

static void check_answer(const struct rulebook *book, const struct answer *a)
{
	ASSERT(a->deciding <= rulebook_size(book) && a->spoke_count <= rulebook_size(book));
	ASSERT(a->outcome == OUTCOME_REFUSE || (a->deciding && a->unknown_count == 0));
	if (a->deciding)
		ASSERT(rulebook_rule(book, a->deciding)->outcome == a->outcome && a->spoke[0] == a->deciding);
}

/* What is known of `less`, and for the rest what is known of `more`. */
static void check_more(const struct rulebook *book, const struct fact *less, const struct fact *more)
{
	struct fact known[TRY_FACTS];
	struct answer before, after;
	for (size_t i = 0; i < TRY_FACTS; i++)
		known[i] = less[i].state == FACT_UNKNOWN ? more[i] : less[i];
	rulebook_decide(book, less, &before);
	rulebook_decide(book, known, &after);
	check_answer(book, &before);
	ASSERT(before.outcome == OUTCOME_REFUSE || after.outcome == OUTCOME_PERMIT);
	ASSERT(before.outcome == OUTCOME_PERMIT || before.unknown_count > 0 || after.outcome == OUTCOME_REFUSE);
	check_index(book, known);
}

static void check_book(const struct rulebook *book)
{
	struct try_request r[ARRAY_LEN(requests)];
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		try_request(&r[i], requests[i]);
		check_index(book, r[i].facts);
	}
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		for (size_t k = 0; k < ARRAY_LEN(requests); k++)
			check_more(book, r[i].facts, r[k].facts);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	const struct rulebook *book;
	struct error error = {0};
	if (!arena.at)
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	int code =
	    rulebook_load_text(&book, &try_vocabulary, &arena, "f", (struct str){(const char *)data, size}, &error);
	if (code == 0) {
		check_book(book);
		return 0;
	}
	ASSERT(code == (int)error.code && error.where[0] && error.what[0] && error.remedy[0] && arena.used == 0);
	ASSERT(str_is_utf8(str_of(error.what)));
	return 0;
}
