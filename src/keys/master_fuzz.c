/* Protector files of others. A first byte of 0: the rest is the file; else it is one slot, whose hash is made good
 * here. What is taken stays inside its limits, opens with nothing, and lets nobody in. */
#include "keys/master.h"
#include "keys/memory_fuzz.h"

static struct memory_file memory;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct file hashed(const uint8_t *data, size_t size)
{
	static const uint8_t key[CRYPT_KEY_BYTES];
	uint8_t slot[MASTER_SLOT_BYTES] = "ChcyMstr\1";
	if (size > sizeof slot - 12)
		size = sizeof slot - 12;
	memcpy(slot + 12, data, size);
	memset(slot + 224, 0, 32);
	crypt_hash(key, (struct str){(const char *)slot, sizeof slot}, (struct str){0}, slot + 224, 32);
	return memory_file_of(&memory, slot, sizeof slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t nothing[CRYPT_KEY_BYTES];
	struct master master;
	struct protector p;
	struct error error;
	uint8_t root[CRYPT_KEY_BYTES];
	size_t n = 0;
	crypt_init();
	if (size < 1)
		return 0;
	struct file file = data[0] ? hashed(data + 1, size - 1) : memory_file_of(&memory, data + 1, size - 1);
	if (master_open(&master, file, NULL) < 0)
		return 0;
	for (; master_protector(&master, n, &p); n++) {
		ASSERT(p.kind >= PROTECTOR_FILE && p.kind < PROTECTOR_KINDS);
		ASSERT(p.kind != PROTECTOR_PASSPHRASE || p.cost.memory_kib <= MASTER_MEMORY_KIB_MAX);
		ASSERT(strlen(p.label) <= MASTER_LABEL_BYTES_MAX && str_is_utf8(str_of(p.label)));
	}
	ASSERT(n >= 1 && n <= MASTER_PROTECTORS_MAX);
	ASSERT(master_by_file(&master, nothing, root, &error) == ERROR_CRYPTO);
	ASSERT(master_add_file(&master, nothing, STR(""), nothing, &error) == ERROR_CRYPTO);
	return 0;
}
