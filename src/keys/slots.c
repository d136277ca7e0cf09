#include "keys/slots.h"

enum {
	FORMAT = 1,
	FORMAT_AT = 8,
	SLOT_BYTES_AT = 12,
	GENERATION_AT = 16,
	ID_AT = 24,
	ID_BYTES = 16,
	CHECK_BYTES = 16,
	CHECK_END = SLOTS_BEGIN_BYTES + CHECK_BYTES + CRYPT_WRAP_BYTES,
	PLACE_BYTES = SLOTS_BEGIN_BYTES + 8,
};

static const char magic[8] = {'C', 'h', 'c', 'y', 'K', 'e', 'y', 's'};

/* The additional data of a slot. */
static struct str place(const struct slots *slots, uint64_t number, uint8_t memory[PLACE_BYTES])
{
	memcpy(memory, slots->begin, SLOTS_BEGIN_BYTES);
	crypt_put_le(memory + SLOTS_BEGIN_BYTES, number, 8);
	return (struct str){(const char *)memory, PLACE_BYTES};
}

static uint64_t offset_of(uint32_t slot)
{
	return SLOTS_HEADER_BYTES + (uint64_t)slot * SLOT_BYTES;
}

int slots_is_blank(struct file file, bool *ret_blank, struct error *error)
{
	uint64_t size;
	int failed = file_size(file, &size, error);
	if (failed == 0)
		*ret_blank = size == 0;
	return failed;
}

int slots_begin(struct slots *slots, struct file file, const uint8_t root[CRYPT_KEY_BYTES], uint64_t generation,
		struct error *error)
{
	static const uint8_t nothing[SLOTS_HEADER_BYTES];
	*slots = (struct slots){.file = file, .generation = generation};
	memcpy(slots->root, root, CRYPT_KEY_BYTES);
	memcpy(slots->begin, magic, sizeof magic);
	crypt_put_le(slots->begin + FORMAT_AT, FORMAT, 4);
	crypt_put_le(slots->begin + SLOT_BYTES_AT, SLOT_BYTES, 4);
	crypt_put_le(slots->begin + GENERATION_AT, generation, 8);
	crypt_random(slots->begin + ID_AT, ID_BYTES);
	int failed = file_write(file, 0, nothing, sizeof nothing, error);
	return failed < 0 ? failed : file_sync(file, error);
}

int slots_finish(struct slots *slots, struct error *error)
{
	static const uint8_t zeros[CHECK_BYTES];
	uint8_t header[CHECK_END], memory[PLACE_BYTES];
	int failed = file_resize(slots->file, offset_of(slots->n), error);
	if (failed == 0)
		failed = file_sync(slots->file, error);
	if (failed < 0)
		return failed;
	memcpy(header, slots->begin, SLOTS_BEGIN_BYTES);
	crypt_wrap(slots->root, place(slots, UINT64_MAX, memory), zeros, CHECK_BYTES, header + SLOTS_BEGIN_BYTES);
	failed = file_write(slots->file, 0, header, sizeof header, error);
	return failed < 0 ? failed : file_sync(slots->file, error);
}

static int no_key_file(struct error *error, enum error_code code, const char *what, const char *remedy)
{
	error_set(error, code, "%s", what);
	return error_remedy(error, "%s", remedy);
}

static int check_begin(const uint8_t header[SLOTS_HEADER_BYTES], struct error *error)
{
	if (memcmp(header, magic, sizeof magic) != 0)
		return no_key_file(error, ERROR_RECORD, "this is no key file",
				   "If its keys were not destroyed on purpose, restore it from a backup.");
	if (crypt_get_le(header + FORMAT_AT, 4) != FORMAT || crypt_get_le(header + SLOT_BYTES_AT, 4) != SLOT_BYTES)
		return no_key_file(error, ERROR_RECORD, "the key file is of another format",
				   "Use the version of Chancery that wrote it, or a newer one.");
	if (!crypt_is_zero(header + CHECK_END, SLOTS_HEADER_BYTES - CHECK_END))
		return no_key_file(error, ERROR_RECORD, "the head of the key file is damaged",
				   "Restore it from a backup.");
	return 0;
}

int slots_open(struct slots *slots, struct file file, const uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t header[SLOTS_HEADER_BYTES], memory[PLACE_BYTES], zeros[CHECK_BYTES];
	uint64_t size;
	int failed = file_size(file, &size, error);
	if (failed == 0 && size < SLOTS_HEADER_BYTES)
		failed = no_key_file(error, ERROR_RECORD, "this is no key file: it is too short",
				     "If its keys were not destroyed on purpose, restore it from a backup.");
	if (failed == 0)
		failed = file_read(file, 0, header, sizeof header, error);
	if (failed == 0)
		failed = check_begin(header, error);
	if (failed < 0)
		return failed;
	struct slots found = {.file = file, .generation = crypt_get_le(header + GENERATION_AT, 8)};
	memcpy(found.begin, header, SLOTS_BEGIN_BYTES);
	if (!crypt_unwrap(root, place(&found, UINT64_MAX, memory), header + SLOTS_BEGIN_BYTES, zeros, sizeof zeros))
		return no_key_file(
		    error, ERROR_CRYPTO, "the key file does not open with this root key",
		    "The protector file and the key file must be of the same mission and the same backup.");
	uint64_t n = (size - SLOTS_HEADER_BYTES) / SLOT_BYTES;
	found.n = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
	memcpy(found.root, root, CRYPT_KEY_BYTES);
	*slots = found;
	crypt_wipe(&found, sizeof found);
	return 0;
}

int slots_read(const struct slots *slots, uint32_t first, uint32_t count, uint8_t ret_records[][RECORD_BYTES],
	       bool *ret_whole, struct error *error)
{
	uint8_t raw[SLOTS_CHUNK * SLOT_BYTES], memory[PLACE_BYTES];
	ASSERT(count <= SLOTS_CHUNK && (uint64_t)first + count <= slots->n);
	int failed = file_read(slots->file, offset_of(first), raw, (size_t)count * SLOT_BYTES, error);
	for (uint32_t i = 0; failed == 0 && i < count; i++)
		ret_whole[i] = crypt_unwrap(slots->root, place(slots, first + i, memory), raw + (size_t)i * SLOT_BYTES,
					    ret_records[i], RECORD_BYTES);
	return failed;
}

int slots_write(struct slots *slots, uint32_t first, uint32_t count, const uint8_t records[][RECORD_BYTES],
		struct error *error)
{
	uint8_t raw[SLOTS_CHUNK * SLOT_BYTES], memory[PLACE_BYTES];
	ASSERT(count <= SLOTS_CHUNK && first <= slots->n);
	for (uint32_t i = 0; i < count; i++)
		crypt_wrap(slots->root, place(slots, first + i, memory), records[i], RECORD_BYTES,
			   raw + (size_t)i * SLOT_BYTES);
	int failed = file_write(slots->file, offset_of(first), raw, (size_t)count * SLOT_BYTES, error);
	if (failed == 0 && first + count > slots->n)
		slots->n = first + count;
	return failed;
}

int slots_write_empty(struct slots *slots, uint32_t first, uint32_t count, struct error *error)
{
	static const uint8_t empty[SLOTS_CHUNK][RECORD_BYTES];
	int failed = 0;
	for (uint32_t done = 0; failed == 0 && done < count; done += SLOTS_CHUNK) {
		uint32_t part = count - done < SLOTS_CHUNK ? count - done : SLOTS_CHUNK;
		failed = slots_write(slots, first + done, part, empty, error);
	}
	return failed;
}
