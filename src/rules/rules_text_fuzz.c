/* Foreign texts of rules (rules_text.h), read as a rulebook and as a detection. What loads does so again to the same. */
#include "rules/detection_load.h"
#include "rules/rules_try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(int code, const struct error *error, const struct arena *arena)
{
	ASSERT(code == (int)error->code && error->what[0] && error->remedy[0] && arena->used == 0);
	ASSERT(str_is_utf8(str_of(error->what)) && str_is_utf8(str_of(error->where)));
}

static void read_as_rulebook(struct str text, struct arena *arena)
{
	const struct rulebook *book, *again;
	struct error error = {0};
	uint8_t hash[RULEBOOK_HASH_BYTES];
	arena_clear(arena);
	int code = rulebook_load_json(&book, &try_vocabulary, arena, "", text, &error);
	if (code < 0) {
		check_error(code, &error, arena);
		return;
	}
	memcpy(hash, rulebook_hash(book), sizeof hash);
	arena_clear(arena);
	code = rulebook_load_json(&again, &try_vocabulary, arena, "", text, &error);
	ASSERT(code == 0 && memcmp(hash, rulebook_hash(again), sizeof hash) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena, large;
	struct str text = {(const char *)data, size};
	const struct detection *detection;
	struct error error = {0};
	if (!arena.at) {
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
		large = arena_map(DETECTION_MEMORY_BYTES_MAX);
	}
	read_as_rulebook(text, &arena);
	arena_clear(&large);
	int code = detection_load_json(&detection, &large, "p", text, &error);
	if (code < 0)
		check_error(code, &error, &large);
	return 0;
}
