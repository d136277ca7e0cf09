#include "serve/kept.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int kept_make(struct error *error)
{
	int fd = memfd_create("kept", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && ftruncate(fd, sizeof(struct kept)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	error_system(error, "making memory for keys");
	if (fd >= 0)
		close(fd);
	return ERROR_SYSTEM;
}

struct kept *kept_map(int fd)
{
	struct stat status;
	if (fstat(fd, &status) < 0 || status.st_size != sizeof(struct kept))
		return NULL;
	void *at = mmap(NULL, sizeof(struct kept), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return NULL;
	madvise(at, sizeof(struct kept), MADV_DONTDUMP);
	mlock(at, sizeof(struct kept));
	return at;
}

void kept_unmap(struct kept *kept)
{
	munmap(kept, sizeof *kept);
}

/* Found, or made and durable. */
static int drivers_secret(struct keys *keys, uint8_t ret_key[CRYPT_KEY_BYTES], struct error *error)
{
	const struct key_id id = key_of_secret(STR("driver"), 0, STR("key"));
	uint8_t value[RECORD_VALUE_BYTES_MAX];
	int n = keyfile_secret(keys->file, &id, value, error);
	if (n == CRYPT_KEY_BYTES)
		memcpy(ret_key, value, CRYPT_KEY_BYTES);
	crypt_wipe(value, sizeof value);
	if (n == CRYPT_KEY_BYTES || n < 0)
		return n < 0 ? n : 0;
	crypt_random(ret_key, CRYPT_KEY_BYTES);
	int failed = keyfile_put_secret(keys->file, &id, ret_key, CRYPT_KEY_BYTES, error);
	return failed < 0 ? failed : keys_sync(keys, error);
}

int kept_read_drivers(struct kept *kept, const char *directory, struct error *error)
{
	struct keyring ring;
	int failed = keyring_open(&ring, KEYRING_DOOR, directory, error);
	if (failed < 0)
		return failed;
	failed = keyring_by_file(&ring, error);
	if (failed == 0)
		failed = drivers_secret(&ring.keys, kept->drivers, error);
	keyring_close(&ring);
	return failed;
}

void kept_driver_key(const uint8_t drivers[CRYPT_KEY_BYTES], struct str driver, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	crypt_hash(drivers, STR("driver "), driver, ret_key, CRYPT_KEY_BYTES);
}

void kept_open(const struct kept *kept, struct keyring *ring)
{
	uint8_t root[CRYPT_KEY_BYTES];
	struct error error;
	if (!kept || !kept->has_root || ring->keys.file)
		return;
	memcpy(root, kept->root, sizeof root);
	if (keyring_by_root(ring, root, &error) == 0 || !kept->has_next)
		return;
	memcpy(root, kept->next, sizeof root);
	keyring_by_root(ring, root, &error);
}

void kept_remember(struct kept *kept, const struct keyring *ring)
{
	if (!kept || !ring->keys.file)
		return;
	memcpy(kept->root, keyfile_root(ring->keys.file), CRYPT_KEY_BYTES);
	kept->has_root = true;
	kept->has_next = false;
	crypt_wipe(kept->next, sizeof kept->next);
}

void kept_expect(struct kept *kept, const uint8_t root[CRYPT_KEY_BYTES])
{
	if (!kept)
		return;
	memcpy(kept->next, root, CRYPT_KEY_BYTES);
	kept->has_next = true;
}
