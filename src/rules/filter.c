#include "rules/filter.h"
#include "rules/index.h"

uint64_t filter_value_key(uint16_t field, struct str value)
{
	/* 0 is no key, so that a free slot is seen. */
	return (index_hash(value) ^ (field * UINT64_C(0x9e3779b97f4a7c15))) | 1;
}

uint64_t filter_piece_key(const char *at)
{
	uint64_t key = 0;
	for (size_t i = 0; i < GRAM_BYTES; i++)
		key = key << 8 | (uint8_t)fold(at[i]);
	return key;
}

size_t filter_bit(uint64_t piece_key)
{
	return (size_t)((uint32_t)piece_key * 0x9e3779b1u >> (32 - FILTER_BITS_LOG2));
}

static void add_rules(const struct filter *f, const struct filter_entry *slots, size_t n_slots, uint64_t key,
		      uint64_t *set)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (n_slots - 1);
	for (; slots[i].n > 0; i = (i + 1) & (n_slots - 1)) {
		if (slots[i].key != key)
			continue;
		for (uint32_t k = 0; k < slots[i].n; k++)
			set_add(set, f->rules[slots[i].first + k]);
		return;
	}
}

void filter_add_pieces(const struct filter *f, struct str text, uint64_t *set)
{
	uint32_t piece = 0;
	for (size_t i = 0; i < text.len; i++) {
		piece = piece << 8 | (uint8_t)fold(text.at[i]);
		size_t bit = filter_bit(piece);
		if (i + 1 >= GRAM_BYTES && f->bits[bit / 64] >> (bit % 64) & 1)
			add_rules(f, f->pieces, f->piece_slots, piece, set);
	}
}

void filter_add_value(const struct filter *f, uint16_t field, struct str value, uint64_t *set)
{
	add_rules(f, f->values, f->value_slots, filter_value_key(field, value), set);
}
