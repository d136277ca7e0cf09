/* Key files of others. A first byte of 0: the rest is the file. Else the rest are records, which are wrapped here,
 * so that what lies behind the seal is reached: whatever opens must hold together, and open again to the same. */
#include "keys/keyfile.h"
#include "keys/memory_fuzz.h"

enum { SLOTS_MAX = 4096 };

static const uint8_t root[CRYPT_KEY_BYTES] = {1};
static struct memory_file memory;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct file wrapped(const uint8_t *records, size_t size)
{
	struct file file = memory_file_of(&memory, records, 0);
	struct slots slots;
	int failed = slots_begin(&slots, file, root, 1, NULL);
	for (uint32_t i = 0; failed == 0 && size >= RECORD_BYTES; i++, records += RECORD_BYTES, size -= RECORD_BYTES)
		failed = slots_write(&slots, i, 1, (const uint8_t(*)[RECORD_BYTES])records, NULL);
	if (failed == 0)
		failed = slots_finish(&slots, NULL);
	ASSERT(failed == 0);
	return file;
}

static uint32_t walk(struct keyfile *f, enum key_kind kind)
{
	struct key_id id;
	uint32_t cursor = 0, n = 0;
	uint8_t value[RECORD_VALUE_BYTES_MAX];
	for (; keyfile_next(f, kind, &cursor, &id); n++) {
		ASSERT(key_id_check(&id, NULL) == 0);
		if (kind == KEY_SECRET)
			ASSERT(keyfile_secret(f, &id, value, NULL) > 0);
		else
			ASSERT(keyfile_find(f, &id) == keyfile_at(f, cursor - 1));
	}
	return n;
}

static void check(struct keyfile *f, struct keyfile_state *ret_state)
{
	keyfile_state(f, ret_state);
	for (enum key_kind kind = KEY_SUBJECT; kind < KEY_KINDS; kind++)
		ASSERT(walk(f, kind) == ret_state->used[kind]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keyfile *f;
	struct keyfile_state first, again;
	const uint8_t *key;
	crypt_init();
	if (size < 1)
		return 0;
	struct file file = data[0] ? wrapped(data + 1, size - 1) : memory_file_of(&memory, data + 1, size - 1);
	if (keyfile_open(&f, file, root, SLOTS_MAX, NULL) < 0)
		return 0;
	check(f, &first);
	keyfile_close(f);
	int failed = keyfile_open(&f, file, root, SLOTS_MAX, NULL);
	ASSERT(failed == 0);
	check(f, &again);
	ASSERT(memcmp(first.used, again.used, sizeof first.used) == 0 && again.torn == 0);
	failed = keyfile_make(f, &(struct key_id){KEY_SUBJECT, STR("fuzz"), {0}, 1}, &key, NULL);
	ASSERT(failed == 0);
	keyfile_close(f);
	return 0;
}
