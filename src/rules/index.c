#include "rules/index.h"

uint64_t index_hash(struct str text)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (uint8_t)fold(text.at[i])) * 0x100000001b3u;
	h ^= h >> 32;
	return h * 0x9e3779b97f4a7c15u;
}

static const struct field_slot *find(const struct field *field, struct str text)
{
	if (field->slots == 0)
		return NULL;
	const struct pattern sought = {.text = text};
	uint64_t hash = index_hash(text);
	for (size_t i = hash >> 32;; i++) {
		const struct field_slot *slot = &field->slot[i & (field->slots - 1)];
		if (!slot->keep)
			return NULL;
		if (slot->hash != hash || slot->text.len != sought.text.len)
			continue;
		size_t same = 0;
		while (same < text.len && slot->text.at[same] == fold(text.at[same]))
			same++;
		if (same == text.len)
			return slot;
	}
}

static void keep(uint64_t *set, const uint64_t *other, size_t words)
{
	for (size_t w = 0; w < words; w++)
		set[w] &= other[w];
}

static void keep_text(const struct field *field, struct str text, uint64_t *set, size_t words)
{
	const struct field_slot *slot = find(field, text);
	keep(set, slot ? slot->keep : field->other, words);
}

/* Rules that a set without any named text would leave, and those that name one of its texts; less those that one of them rules out. */
static void keep_texts(const struct field *field, const struct fact *fact, uint64_t *set, size_t words)
{
	uint64_t kept[RULE_SET_WORDS_MAX], dropped[RULE_SET_WORDS_MAX];
	for (size_t w = 0; w < words; w++) {
		kept[w] = field->other[w];
		dropped[w] = 0;
	}
	for (size_t i = 0; i < fact->texts.n; i++) {
		const struct field_slot *slot = find(field, fact->texts.at[i]);
		for (size_t w = 0; slot && w < words; w++) {
			kept[w] |= slot->keep[w];
			dropped[w] |= slot->drop[w];
		}
	}
	for (size_t w = 0; w < words; w++)
		set[w] &= kept[w] & ~dropped[w];
}

static void keep_number(const struct field *field, int64_t number, uint64_t *set, size_t words)
{
	size_t low = 0, high = field->n_breaks;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (field->breaks[middle] <= number)
			low = middle + 1;
		else
			high = middle;
	}
	keep(set, field->classes + low * words, words);
}

void index_candidates(const struct rulebook *rulebook, const struct fact *request, uint64_t *ret_set)
{
	size_t words = rulebook->set_words;
	for (size_t w = 0; w < words; w++)
		ret_set[w] = ~UINT64_C(0);
	if (rulebook->n % 64)
		ret_set[words - 1] = (UINT64_C(1) << (rulebook->n % 64)) - 1;
	for (size_t i = 0; i < rulebook->n_fields; i++) {
		const struct field *field = &rulebook->fields[i];
		const struct fact *fact = &request[field->fact];
		if (fact->state == FACT_UNKNOWN)
			continue;
		if (fact->state == FACT_ABSENT)
			keep(ret_set, field->absent, words);
		else if (field->kind == FACT_TEXT)
			keep_text(field, fact->text, ret_set, words);
		else if (field->kind == FACT_TEXTS)
			keep_texts(field, fact, ret_set, words);
		else
			keep_number(field, fact->number, ret_set, words);
	}
}
