#include "driver/kit/pair.h"

#include "driver/kit/little.h"

static const uint8_t magic[8] = "chcyslt1";

struct pair pair_at(struct file file, uint64_t at, const char *name, size_t value_max, const uint8_t *key,
		    uint8_t *memory)
{
	struct pair pair = {.file = file, .at = at, .value_max = value_max, .key = key, .memory = memory};
	ASSERT(strlen(name) <= sizeof pair.name);
	memcpy(pair.name, name, strlen(name));
	return pair;
}

static uint64_t slot_at(const struct pair *pair, uint64_t generation)
{
	return pair->at + generation % 2 * PAIR_SLOT_BYTES(pair->value_max);
}

/* The generation that a slot's head claims; 0 when it is none of ours, or was never written. */
static int read_head(const struct pair *pair, uint64_t parity, uint64_t file_bytes, uint64_t *ret_generation,
		     struct error *error)
{
	uint8_t head[PAIR_HEAD_BYTES];
	uint64_t at = slot_at(pair, parity);
	*ret_generation = 0;
	if (file_bytes < at + sizeof head)
		return 0;
	int code = file_read(pair->file, at, head, sizeof head, error);
	bool ours = memcmp(head, magic, 8) == 0 && memcmp(head + 8, pair->name, 8) == 0;
	uint64_t generation = little_get(head + 16, 8);
	ours =
	    ours && generation <= INT64_MAX && generation % 2 == parity && little_get(head + 24, 8) <= pair->value_max;
	if (code == 0 && ours)
		*ret_generation = generation;
	return code;
}

/* True when the slot of this generation opens. The plain value takes the place of the sealed one. */
static int open_slot(struct pair *pair, uint64_t generation, uint64_t file_bytes, bool *ret_opens,
		     struct str *ret_value, struct error *error)
{
	uint64_t at = slot_at(pair, generation);
	uint8_t head[PAIR_HEAD_BYTES];
	int code = file_read(pair->file, at, head, sizeof head, error);
	size_t n = code == 0 ? (size_t)little_get(head + 24, 8) : 0;
	*ret_opens = false;
	if (code < 0 || file_bytes < at + sizeof head + n + SEAL_MORE_BYTES)
		return code;
	uint8_t *plain = pair->memory + SEAL_NONCE_BYTES;
	code = file_read(pair->file, at + sizeof head, pair->memory, n + SEAL_MORE_BYTES, error);
	*ret_opens = code == 0 && seal_open(pair->key, head, sizeof head, pair->memory, n + SEAL_MORE_BYTES, plain);
	*ret_value = (struct str){(const char *)plain, n};
	return code;
}

int pair_read(struct pair *pair, struct str *ret_value, struct error *error)
{
	uint64_t claimed[2], file_bytes;
	int code = file_size(pair->file, &file_bytes, error);
	for (uint64_t parity = 0; parity < 2 && code == 0; parity++)
		code = read_head(pair, parity, file_bytes, &claimed[parity], error);
	if (code < 0)
		return code;
	uint64_t newest = claimed[1] > claimed[0];
	for (int i = 0; i < 2; i++, newest = 1 - newest) {
		bool opens = false;
		if (claimed[newest] > 0)
			code = open_slot(pair, claimed[newest], file_bytes, &opens, ret_value, error);
		if (code < 0)
			return code;
		pair->generation = claimed[newest];
		if (opens)
			return 1;
	}
	pair->generation = claimed[0] > claimed[1] ? claimed[0] : claimed[1];
	if (pair->generation == 0)
		return 0;
	error_set(error, ERROR_RECORD, "what is kept as %.8s does not open", (const char *)pair->name);
	error_remedy(error, "it was written with another key, or changed; it is begun anew");
	return ERROR_RECORD;
}

int pair_write(struct pair *pair, const void *value, size_t n, struct error *error)
{
	uint8_t *head = pair->memory, *sealed = head + PAIR_HEAD_BYTES;
	ASSERT(n <= pair->value_max);
	uint64_t generation = pair->generation + 1;
	memmove(sealed + SEAL_NONCE_BYTES, value, n);
	memcpy(head, magic, 8);
	memcpy(head + 8, pair->name, 8);
	little_put(head + 16, generation, 8);
	little_put(head + 24, n, 8);
	seal_put(pair->key, head, PAIR_HEAD_BYTES, sealed + SEAL_NONCE_BYTES, n, sealed);
	int code =
	    file_write(pair->file, slot_at(pair, generation), head, PAIR_HEAD_BYTES + n + SEAL_MORE_BYTES, error);
	if (code == 0)
		pair->generation = generation;
	return code;
}
