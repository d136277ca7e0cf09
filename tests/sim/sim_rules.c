/* sim_rules.c: the rulebooks of place.h, loaded: each once in the process. The first lies in the mission's files,
 * always. */
#include "sim/sim_inner.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { MEMORY_BYTES = 256 << 20 };

static struct {
	struct arena memory;
	const struct rulebook *rules[PLACE_RULEBOOKS];
	struct str text[PLACE_RULEBOOKS + PLACE_BAD_RULEBOOKS];
} books;

int sim_load_rules(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error)
{
	return rulebook_load_json(ret_rules, &access_request_vocabulary, arena, "rules/access/", text, error);
}

static void load_all(void)
{
	struct error error;
	books.memory = arena_map(MEMORY_BYTES);
	for (size_t i = 0; i < ARRAY_LEN(books.text); i++) {
		struct buf b = arena_buf(&books.memory);
		place_rulebook(i, &b);
		books.text[i] = arena_keep(&books.memory, &b);
		if (i >= PLACE_RULEBOOKS)
			continue;
		int failed = sim_load_rules(&books.rules[i], &books.memory, books.text[i], &error);
		if (failed < 0)
			panic(__FILE__, __LINE__, error.what);
	}
}

const struct rulebook *sim_rules(struct sim *sim)
{
	if (!books.memory.at)
		load_all();
	for (size_t i = sim->ledger.n_rulebooks; i < PLACE_RULEBOOKS; i++)
		ledger_know_rulebook(&sim->ledger, rulebook_hash(books.rules[i]), i);
	return books.rules[0];
}

struct str sim_rules_text(size_t rulebook)
{
	return books.text[rulebook];
}

/* Of one that does not load nobody knows it. */
void sim_rules_hash(size_t rulebook, char ret_hash[65])
{
	uint8_t none[32] = {(uint8_t)rulebook};
	struct buf b = {.at = (uint8_t *)ret_hash, .size = 64};
	buf_put_hex(&b, rulebook < PLACE_RULEBOOKS ? rulebook_hash(books.rules[rulebook]) : none, sizeof none);
	ret_hash[64] = 0;
}
