#include "keys/keyring.h"

#include "base/buf.h"
#include "keys/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_FILE_BYTES = 2 * CRYPT_KEY_BYTES + 1 };

static const struct names {
	const char *protectors, *key, *files[2], *label;
	uint32_t slots_max;
} names[KEYRING_KINDS] = {
    [KEYRING_MASTER] =
	{"master", "master.key", {"subjects.0", "subjects.1"}, "master.key, for a sample only", KEYFILE_SLOTS_MAX},
    [KEYRING_DOOR] = {"door", "door.key", {"doors.0", "doors.1"}, "door.key on this machine", KEYRING_DOOR_SLOTS_MAX},
};

const char *keyring_name(enum keyring_kind kind)
{
	return names[kind].protectors;
}

/* Files */

static int path_of(const struct keyring *ring, const char *name, char ret_path[KEYRING_PATH_BYTES], struct error *error)
{
	int n = snprintf(ret_path, KEYRING_PATH_BYTES, "%s/%s", ring->directory, name);
	if (n < KEYRING_PATH_BYTES)
		return 0;
	return error_set(error, ERROR_LIMIT, "the path of %s is longer than %d bytes", name, KEYRING_PATH_BYTES - 1);
}

static int open_named(const struct keyring *ring, const char *name, struct file *ret_file, struct error *error)
{
	char path[KEYRING_PATH_BYTES];
	int failed = path_of(ring, name, path, error);
	return failed < 0 ? failed : file_open(path, S_IRUSR | S_IWUSR, ret_file, error);
}

static void close_files(struct keyring *ring)
{
	file_close(ring->protectors);
	file_close(ring->files[0]);
	file_close(ring->files[1]);
}

static int open_files(struct keyring *ring, enum keyring_kind kind, const char *directory, struct error *error)
{
	*ring = (struct keyring){.kind = kind};
	crypt_init();
	if (snprintf(ring->directory, sizeof ring->directory, "%s", directory) >= KEYRING_PATH_BYTES)
		return error_set(error, ERROR_LIMIT, "the path of the keys is longer than %d bytes",
				 KEYRING_PATH_BYTES - 1);
	int failed = open_named(ring, names[kind].protectors, &ring->protectors, error);
	for (int i = 0; failed == 0 && i < 2; i++)
		failed = open_named(ring, names[kind].files[i], &ring->files[i], error);
	if (failed < 0)
		close_files(ring);
	return failed;
}

/* The key beside: 64 lower-case hexadecimal digits and LF, for the mission's user alone. */

static int write_key(const struct keyring *ring, const uint8_t key[CRYPT_KEY_BYTES], struct error *error)
{
	char digits[KEY_FILE_BYTES];
	struct buf b = BUF(digits);
	struct file file;
	int failed = open_named(ring, names[ring->kind].key, &file, error);
	if (failed < 0)
		return failed;
	buf_put_hex(&b, key, CRYPT_KEY_BYTES);
	buf_put_char(&b, '\n');
	failed = file_write(file, 0, digits, sizeof digits, error);
	if (failed == 0)
		failed = file_sync(file, error);
	file_close(file);
	crypt_wipe(digits, sizeof digits);
	return failed;
}

static int check_key_file(int fd, const char *path, struct error *error)
{
	struct stat status;
	if (fstat(fd, &status) < 0) {
		error_system(error, "cannot look at the key file");
		return error_where(error, "%s", path);
	}
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return 0;
	error_set(error, ERROR_CRYPTO, "other users may read this key");
	error_where(error, "%s", path);
	return error_remedy(error, "chmod 600 %s; if others have been on this machine, make a new one.", path);
}

static int read_key(const struct keyring *ring, uint8_t ret_key[CRYPT_KEY_BYTES], struct error *error)
{
	char path[KEYRING_PATH_BYTES], digits[KEY_FILE_BYTES + 1];
	int failed = path_of(ring, names[ring->kind].key, path, error);
	int fd = failed < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (failed == 0 && fd < 0) {
		error_system(error, "cannot open the key file");
		failed = error_where(error, "%s", path);
	}
	if (failed == 0)
		failed = check_key_file(fd, path, error);
	ssize_t n = failed == 0 ? read(fd, digits, sizeof digits) : 0;
	if (failed == 0 && (n != KEY_FILE_BYTES || digits[n - 1] != '\n' ||
			    !hex_read((struct str){digits, KEY_FILE_BYTES - 1}, ret_key, CRYPT_KEY_BYTES))) {
		error_set(error, ERROR_INPUT, "this is not 64 lower-case hexadecimal digits and a line feed");
		failed = error_where(error, "%s", path);
	}
	if (fd >= 0)
		close(fd);
	crypt_wipe(digits, sizeof digits);
	return failed;
}

/* Making */

static int make(struct keyring *ring, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES], key[CRYPT_KEY_BYTES];
	bool blank = false;
	int failed = slots_is_blank(ring->protectors, &blank, error);
	if (failed == 0 && !blank) {
		error_set(error, ERROR_RECORD, "there is a protector file already");
		error_where(error, "%s/%s", ring->directory, names[ring->kind].protectors);
		failed = error_remedy(error, "What was sealed under its keys needs it: use another directory.");
	}
	if (failed < 0)
		return failed;
	crypt_random(key, sizeof key);
	master_make(&ring->master, ring->protectors, root);
	failed = keys_create(ring->files, root, error);
	if (failed == 0)
		failed = write_key(ring, key, error);
	if (failed == 0)
		failed = master_add_file(&ring->master, root, str_of(names[ring->kind].label), key, error);
	crypt_wipe(root, sizeof root);
	crypt_wipe(key, sizeof key);
	return failed;
}

int keyring_make(enum keyring_kind kind, const char *directory, struct error *error)
{
	struct keyring ring;
	int failed = open_files(&ring, kind, directory, error);
	if (failed < 0)
		return failed;
	failed = make(&ring, error);
	close_files(&ring);
	return failed;
}

/* Opening */

int keyring_open(struct keyring *ring, enum keyring_kind kind, const char *directory, struct error *error)
{
	int failed = open_files(ring, kind, directory, error);
	if (failed < 0)
		return failed;
	failed = master_open(&ring->master, ring->protectors, error);
	if (failed < 0) {
		if (failed == ERROR_RECORD)
			error_where(error, "%s/%s", directory, names[kind].protectors);
		close_files(ring);
	}
	return failed;
}

void keyring_close(struct keyring *ring)
{
	if (ring->keys.file)
		keys_close(&ring->keys);
	close_files(ring);
}

bool keyring_is_by_file(const struct keyring *ring)
{
	struct protector p;
	for (size_t i = 0; master_protector(&ring->master, i, &p); i++)
		if (p.kind == PROTECTOR_FILE)
			return true;
	return false;
}

int keyring_drop_file(const struct keyring *ring, struct error *error)
{
	struct file file;
	if (keyring_is_by_file(ring))
		return 0;
	int failed = open_named(ring, names[ring->kind].key, &file, error);
	if (failed < 0)
		return failed;
	failed = file_wipe(file, NULL, error);
	file_close(file);
	return failed;
}

/* Wipes the root key, whatever came of it. */
static int open_keys(struct keyring *ring, int failed, uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	ASSERT(!ring->keys.file);
	/* The other file of keys is wiped when this one opens: from then on nothing may come back. */
	if (failed == 0)
		failed = file_renew(ring->protectors, error);
	if (failed == 0) {
		failed = keys_open(&ring->keys, ring->files, root, names[ring->kind].slots_max, error);
		if (failed == ERROR_RECORD || failed == ERROR_CRYPTO)
			error_where(error, "%s/%s", ring->directory, names[ring->kind].files[0]);
	}
	crypt_wipe(root, CRYPT_KEY_BYTES);
	return failed;
}

int keyring_by_file(struct keyring *ring, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES], key[CRYPT_KEY_BYTES];
	int failed = read_key(ring, key, error);
	if (failed == 0)
		failed = master_by_file(&ring->master, key, root, error);
	crypt_wipe(key, sizeof key);
	return open_keys(ring, failed, root, error);
}

int keyring_by_root(struct keyring *ring, uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	/* The file of an older root key may be there yet, and would open. */
	return open_keys(ring, master_check_root(&ring->master, root, error), root, error);
}

int keyring_by_passphrase(struct keyring *ring, struct str passphrase, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	int failed = master_by_passphrase(&ring->master, passphrase, root, error);
	return open_keys(ring, failed, root, error);
}

int keyring_by_shares(struct keyring *ring, const struct share *shares, size_t n, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	int failed = master_by_shares(&ring->master, shares, n, root, error);
	return open_keys(ring, failed, root, error);
}
