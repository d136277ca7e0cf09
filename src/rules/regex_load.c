#include "rules/regex_load.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* For contexts, match data and the vectors of open choices that it outgrew on its way to the limit. */
static uint8_t memory[4 * REGEX_HEAP_KIBIBYTES * 1024] __attribute__((aligned(16)));
static size_t used;

static void *take(PCRE2_SIZE size, void *context)
{
	size_t start = (used + 15) & ~(size_t)15;
	if (context || size > sizeof memory - start)
		return NULL;
	used = start + size;
	return memory + start;
}

static void give_back(void *taken, void *context)
{
	(void)taken;
	(void)context;
}

/* An expression that keeps a choice open for each letter fills the memory for choices, so that no later match has to
 * ask for more. */
static void warm(pcre2_match_data *data, pcre2_match_context *context)
{
	static const char expression[] = "(?:a|b)*b";
	static char text[REGEX_HEAP_KIBIBYTES * 1024 / 64];
	uint8_t room[4096];
	struct arena arena = arena_over(room, sizeof room);
	struct regex regex = {.source = {expression, sizeof expression - 1}};
	char what[REGEX_MESSAGE_BYTES];
	size_t byte;
	ASSERT(regex_compile(&regex, &arena, &byte, what));
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = 'b';
	int code = pcre2_match(regex.code, (PCRE2_SPTR)text, sizeof text, 0, 0, data, context);
	ASSERT(code == PCRE2_ERROR_HEAPLIMIT);
}

static pcre2_match_context *context_of(pcre2_general_context *general, uint32_t steps, uint32_t nested)
{
	pcre2_match_context *context = pcre2_match_context_create(general);
	ASSERT(context);
	pcre2_set_match_limit(context, steps);
	pcre2_set_depth_limit(context, nested);
	pcre2_set_heap_limit(context, REGEX_HEAP_KIBIBYTES);
	return context;
}

void regex_ready(void)
{
	void *contexts[REGEX_LENGTHS];
	if (used)
		return;
	pcre2_general_context *general = pcre2_general_context_create(take, give_back, NULL);
	pcre2_match_data *data = general ? pcre2_match_data_create(1, general) : NULL;
	ASSERT(data);
	uint32_t longest = REGEX_SHORTEST_BYTES;
	for (size_t i = 0; i < REGEX_LENGTHS; i++, longest *= REGEX_LENGTH_FACTOR)
		contexts[i] = context_of(general, REGEX_STEPS_MAX / longest, REGEX_NESTED_MAX);
	warm(data, context_of(general, REGEX_STEPS_MAX, REGEX_STEPS_MAX));
	regex_work_with(data, contexts);
}

static void *take_of_arena(PCRE2_SIZE size, void *context)
{
	const struct arena *arena = context;
	bool room = arena->used <= arena->size && size < arena->size && size + 16 <= arena->size - arena->used;
	return room ? arena_take(context, 1, size) : NULL;
}

static uint32_t options_of(const struct regex *regex)
{
	return PCRE2_UTF | PCRE2_NO_AUTO_CAPTURE | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
	       (regex->any_case ? PCRE2_CASELESS : 0u) | (regex->lines ? PCRE2_MULTILINE : 0u) |
	       (regex->dot_all ? PCRE2_DOTALL : 0u);
}

bool regex_compile(struct regex *ret_regex, struct arena *arena, size_t *ret_byte, char ret_what[REGEX_MESSAGE_BYTES])
{
	int error;
	pcre2_general_context *general = pcre2_general_context_create(take_of_arena, give_back, arena);
	pcre2_compile_context *context = general ? pcre2_compile_context_create(general) : NULL;
	if (!context) {
		*ret_byte = 0;
		snprintf(ret_what, REGEX_MESSAGE_BYTES, "no memory is left for it");
		return false;
	}
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	ret_regex->code = pcre2_compile((PCRE2_SPTR)(ret_regex->source.len ? ret_regex->source.at : ""),
					ret_regex->source.len, options_of(ret_regex), &error, ret_byte, context);
	if (ret_regex->code)
		return true;
	if (pcre2_get_error_message(error, (PCRE2_UCHAR *)ret_what, REGEX_MESSAGE_BYTES) < 0)
		snprintf(ret_what, REGEX_MESSAGE_BYTES, "PCRE2 error %d", error);
	return false;
}
