/* Lines from drivers, askers and the core, and entries of a journal: whatever is read is written canonically, and that reads and writes the same again. */
#include "base/arena.h"
#include "gen/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t read_memory[1 << 22], again_memory[1 << 22];
static uint8_t first[1 << 18], second[1 << 18];

#define ROUND(type)                                                                                                    \
	static void round_##type(struct str text)                                                                      \
	{                                                                                                              \
		struct arena arena = arena_over(read_memory, sizeof read_memory);                                      \
		struct arena more = arena_over(again_memory, sizeof again_memory);                                     \
		struct json j = json_over(text, &arena);                                                               \
		struct type value, same;                                                                               \
		struct buf a = BUF(first), b = BUF(second);                                                            \
		if (!type##_read(&j, &value)) {                                                                        \
			char said[512];                                                                                \
			struct buf words = BUF(said);                                                                  \
			ASSERT(j.what &&j.offset <= text.len);                                                         \
			json_error_put(&j, &words);                                                                    \
			ASSERT(str_is_utf8(buf_str(&words)) || words.over);                                            \
			return;                                                                                        \
		}                                                                                                      \
		type##_write(&a, &value);                                                                              \
		struct json k = json_over(buf_str(&a), &more);                                                         \
		bool again = type##_read(&k, &same);                                                                   \
		ASSERT(again);                                                                                         \
		type##_write(&b, &same);                                                                               \
		ASSERT(!a.over && !b.over && str_eq(buf_str(&a), buf_str(&b)));                                        \
	}

ROUND(entry)
ROUND(core_line)
ROUND(driver_line)
ROUND(ask_line)
ROUND(answer_line)
ROUND(osdp_settings)
ROUND(people_enrol)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const rounds[])(struct str) = {round_entry,	round_core_line,   round_driver_line,
						     round_ask_line,	round_answer_line, round_osdp_settings,
						     round_people_enrol};
	for (size_t i = 0; i < ARRAY_LEN(rounds); i++)
		rounds[i]((struct str){(const char *)data, size});
	return 0;
}
