#include "sim/values.h"

static const char begin[4] = {'q', 'Z', '7', 'x'};
static const char begin_hex[8] = {'7', '1', '5', 'a', '3', '7', '7', '8'};
enum { DIGITS = VALUE_BYTES - sizeof begin };

uint32_t values_new(struct values *values, enum value_kind kind, uint64_t person)
{
	ASSERT(values->n < VALUES_MAX);
	values->at[values->n] = (struct value){.kind = kind, .person = person};
	return values->n++;
}

bool value_is_sealed(enum value_kind kind)
{
	return kind < VALUE_TITLE;
}

const char *value_kind_name(enum value_kind kind)
{
	static const char *const names[VALUE_KINDS] = {"name", "card",	       "health", "picture", "why",
						       "PIN",  "reader's key", "title",	 "said"};
	return names[kind];
}

void value_text(uint32_t value, char ret_text[VALUE_BYTES + 1])
{
	snprintf(ret_text, VALUE_BYTES + 1, "%.4s%08x", begin, value);
}

void value_hex(uint32_t value, char ret_digits[2 * VALUE_CARD_BYTES + 1])
{
	uint8_t bytes[VALUE_CARD_BYTES + 1] = {0};
	struct buf b = {.at = (uint8_t *)ret_digits, .size = 2 * VALUE_CARD_BYTES};
	value_text(value, (char *)bytes);
	buf_put_hex(&b, bytes, VALUE_CARD_BYTES);
	ret_digits[b.len] = 0;
}

static bool digit(char c, uint32_t *number)
{
	if (c >= '0' && c <= '9')
		*number = *number << 4 | (uint32_t)(c - '0');
	else if (c >= 'a' && c <= 'f')
		*number = *number << 4 | (uint32_t)(c - 'a' + 10);
	else
		return false;
	return true;
}

/* The digits that stand there, each as itself or in two digits of its own. */
static bool read_number(const char *at, bool is_hex, uint32_t *ret_number)
{
	uint32_t number = 0;
	for (size_t i = 0; i < DIGITS; i++) {
		uint32_t byte = 0;
		char c = at[i];
		if (is_hex && (!digit(at[2 * i], &byte) || !digit(at[2 * i + 1], &byte)))
			return false;
		if (!digit(is_hex ? (char)byte : c, &number))
			return false;
	}
	*ret_number = number;
	return true;
}

static const char *look(const char *at, size_t n, bool is_hex)
{
	const char *found = is_hex ? memmem(at, n, begin_hex, sizeof begin_hex) : memmem(at, n, begin, sizeof begin);
	size_t needed = (is_hex ? 2 : 1) * (size_t)VALUE_BYTES;
	return found && n - (size_t)(found - at) >= needed ? found : NULL;
}

bool values_find(const struct values *values, const void *bytes, size_t n, size_t *at, uint32_t *ret_value)
{
	const char *from = bytes;
	while (*at < n) {
		const char *plain = look(from + *at, n - *at, false), *hex = look(from + *at, n - *at, true);
		if (!plain && !hex)
			break;
		bool is_hex = !plain || (hex && hex < plain);
		const char *found = is_hex ? hex : plain;
		size_t begin_bytes = is_hex ? sizeof begin_hex : sizeof begin;
		*at = (size_t)(found - from) + begin_bytes;
		if (read_number(found + begin_bytes, is_hex, ret_value) && *ret_value < values->n)
			return true;
	}
	*at = n;
	return false;
}
