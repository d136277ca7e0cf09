#include "rules/rulebook_text.h"
#include "rules/rulebook_load.h"

const struct rulebook *rulebook_of_text(const struct vocabulary *vocabulary, const char *text)
{
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	const struct rulebook *rulebook;
	struct error error = {0};
	if (rulebook_load_text(&rulebook, vocabulary, &arena, "rulebook", str_of(text), &error) < 0)
		die(EXIT_FAILED, &error);
	return rulebook;
}
