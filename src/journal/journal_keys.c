#include "journal/journal_keys.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	SEED_FILE_BYTES = 2 * NOTE_SEED_BYTES + 1,
	FILE_BYTES_MAX = NOTE_VKEY_BYTES_MAX + 1,
};

struct kind {
	const char *seed_name, *vkey_name;
	int (*init)(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		    struct error *error);
	int (*parse)(struct str line, struct note_key *ret_key, struct error *error);
};

static const struct kind journal_kind = {"journal.seed", "journal.vkey", note_signer_init, note_key_parse};
static const struct kind witness_kind = {"witness.seed", "witness.vkey", note_witness_init, note_witness_parse};

/* An error of the system about one file. */
static int fail(struct error *error, const char *directory, const char *name, const char *doing)
{
	error_system(error, "%s", doing);
	return error_where(error, "%s%s%s", directory, *name ? "/" : "", name);
}

static int refuse(struct error *error, enum error_code code, const char *directory, const char *name, const char *what)
{
	error_set(error, code, "%s", what);
	return error_where(error, "%s%s%s", directory, *name ? "/" : "", name);
}

static int open_directory(const char *directory, struct error *error)
{
	int at = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return at >= 0 ? at : fail(error, directory, "", "cannot open the directory of keys");
}

/* Making */

static bool write_all(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = write(fd, bytes.at, bytes.len);
		if (n < 0)
			return false;
		bytes = (struct str){bytes.at + n, bytes.len - (size_t)n};
	}
	return true;
}

/* The whole file or none: written beside, synced, renamed, and the directory synced. */
static int put_file(int at, const char *directory, const char *name, mode_t mode, struct str bytes, struct error *error)
{
	char beside[64];
	snprintf(beside, sizeof beside, "%s.new", name);
	unlinkat(at, beside, 0); /* of a making that did not end */
	int fd = openat(at, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return fail(error, directory, name, "cannot make the file");
	bool is_written = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
	int failed = is_written ? 0 : fail(error, directory, name, "cannot write");
	close(fd);
	if (failed == 0 && (renameat(at, beside, at, name) != 0 || fsync(at) != 0))
		failed = fail(error, directory, name, "cannot put the file in its place");
	return failed;
}

static int put_vkey(int at, const char *directory, const struct kind *kind, struct str origin,
		    const uint8_t seed[NOTE_SEED_BYTES], struct error *error)
{
	struct note_signer signer;
	char line[FILE_BYTES_MAX];
	struct buf vkey = BUF(line);
	int failed = kind->init(&signer, origin, seed, error);
	if (failed < 0)
		return failed;
	note_key_write(&vkey, &signer.key);
	note_signer_release(&signer);
	buf_put_char(&vkey, '\n');
	ASSERT(!vkey.over);
	return put_file(at, directory, kind->vkey_name, 0644, buf_str(&vkey), error);
}

static int put_pair(int at, const char *directory, const struct kind *kind, struct str origin, struct error *error)
{
	uint8_t seed[NOTE_SEED_BYTES];
	char digits[SEED_FILE_BYTES];
	struct buf hex = BUF(digits);
	int ready = sodium_init();
	ASSERT(ready >= 0);
	randombytes_buf(seed, sizeof seed);
	buf_put_hex(&hex, seed, sizeof seed);
	buf_put_char(&hex, '\n');
	ASSERT(!hex.over);
	int failed = put_vkey(at, directory, kind, origin, seed, error);
	if (failed == 0)
		failed = put_file(at, directory, kind->seed_name, 0600, buf_str(&hex), error);
	sodium_memzero(seed, sizeof seed);
	sodium_memzero(digits, sizeof digits);
	return failed;
}

static int make_pair(const char *directory, const struct kind *kind, struct str origin, struct error *error)
{
	int at = open_directory(directory, error);
	if (at < 0)
		return at;
	int failed = 0;
	if (faccessat(at, kind->seed_name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		refuse(error, ERROR_RECORD, directory, kind->seed_name, "there is a key already");
		failed = error_remedy(error, "What was signed with it needs it: use another directory.");
	} else {
		failed = put_pair(at, directory, kind, origin, error);
	}
	close(at);
	return failed;
}

int journal_keys_make(const char *directory, struct str origin, struct error *error)
{
	return make_pair(directory, &journal_kind, origin, error);
}

int witness_keys_make(const char *directory, struct str name, struct error *error)
{
	return make_pair(directory, &witness_kind, name, error);
}

/* Loading */

/* A regular file of at most the buffer's size; a secret one must be closed to everybody else. */
static int read_file(int at, const char *directory, const char *name, bool is_secret, struct buf *b,
		     struct error *error)
{
	struct stat info;
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		fail(error, directory, name, "cannot open the key");
		return error_remedy(error, "Make the mission's keys first, or copy both files here.");
	}
	int failed = 0;
	ssize_t n = fstat(fd, &info) == 0 ? read(fd, b->at, b->size) : -1;
	if (n < 0)
		failed = fail(error, directory, name, "cannot read the key");
	else if (!S_ISREG(info.st_mode) || (uint64_t)info.st_size > b->size || info.st_size != n)
		failed = refuse(error, ERROR_INPUT, directory, name, "this is not a file of a key");
	close(fd);
	if (failed == 0 && is_secret && (info.st_mode & 077) != 0) {
		refuse(error, ERROR_CRYPTO, directory, name, "others may read this secret");
		failed = error_remedy(error, "chmod 600 it, and think about who may have read it until now.");
	}
	b->len = failed == 0 ? (size_t)n : 0;
	return failed;
}

/* The file's one line without its LF. */
static bool one_line(const struct buf *b, struct str *ret_line)
{
	struct str rest;
	return str_cut(buf_str(b), '\n', ret_line, &rest) && rest.len == 0;
}

static int load_seed(int at, const char *directory, const struct kind *kind, struct journal_keys *keys,
		     struct error *error)
{
	char digits[SEED_FILE_BYTES];
	struct buf b = BUF(digits);
	struct str line;
	int failed = read_file(at, directory, kind->seed_name, true, &b, error);
	if (failed == 0 && (!one_line(&b, &line) || !hex_read(line, keys->seed, sizeof keys->seed)))
		failed = refuse(error, ERROR_INPUT, directory, kind->seed_name,
				"this is not 64 lower-case hexadecimal digits and a line feed");
	sodium_memzero(digits, sizeof digits);
	return failed;
}

static int load_vkey(int at, const char *directory, const struct kind *kind, struct journal_keys *keys,
		     struct error *error)
{
	char bytes[FILE_BYTES_MAX];
	struct buf b = BUF(bytes);
	struct str line;
	int failed = read_file(at, directory, kind->vkey_name, false, &b, error);
	if (failed < 0)
		return failed;
	if (!one_line(&b, &line))
		return refuse(error, ERROR_INPUT, directory, kind->vkey_name, "this is not one line");
	failed = kind->parse(line, &keys->key, error);
	if (failed < 0)
		error_where(error, "%s/%s", directory, kind->vkey_name);
	return failed;
}

static int check_pair(const char *directory, const struct kind *kind, struct str origin,
		      const struct journal_keys *keys, struct error *error)
{
	struct note_signer signer;
	int failed = kind->init(&signer, origin, keys->seed, error);
	if (failed < 0)
		return failed;
	bool is_pair = memcmp(signer.key.public_key, keys->key.public_key, sizeof keys->key.public_key) == 0;
	note_signer_release(&signer);
	if (!str_eq(note_key_name(&keys->key), origin)) {
		error_set(error, ERROR_CRYPTO, "the key is of " STR_FMT ", not of " STR_FMT,
			  STR_ARG(note_key_name(&keys->key)), STR_ARG(origin));
		error_where(error, "%s/%s", directory, kind->vkey_name);
		return error_remedy(error, "Use the keys that belong to this name, or correct the name.");
	}
	if (!is_pair) {
		error_set(error, ERROR_CRYPTO, "this is not the key of %s", kind->seed_name);
		error_where(error, "%s/%s", directory, kind->vkey_name);
		return error_remedy(error, "Put both files of one pair here.");
	}
	return 0;
}

static int load_pair(const char *directory, const struct kind *kind, struct str origin, struct journal_keys *ret_keys,
		     struct error *error)
{
	struct journal_keys keys = {0};
	int at = open_directory(directory, error);
	if (at < 0)
		return at;
	int failed = load_seed(at, directory, kind, &keys, error);
	if (failed == 0)
		failed = load_vkey(at, directory, kind, &keys, error);
	close(at);
	if (failed == 0)
		failed = check_pair(directory, kind, origin, &keys, error);
	if (failed == 0)
		*ret_keys = keys;
	journal_keys_release(&keys);
	return failed;
}

int journal_keys_load(const char *directory, struct str origin, struct journal_keys *ret_keys, struct error *error)
{
	return load_pair(directory, &journal_kind, origin, ret_keys, error);
}

int journal_keys_rename(const char *directory, struct str origin, struct error *error)
{
	struct journal_keys keys = {0};
	int at = open_directory(directory, error);
	if (at < 0)
		return at;
	int failed = load_seed(at, directory, &journal_kind, &keys, error);
	if (failed == 0)
		failed = put_vkey(at, directory, &journal_kind, origin, keys.seed, error);
	close(at);
	journal_keys_release(&keys);
	return failed;
}

int witness_keys_load(const char *directory, struct str name, struct journal_keys *ret_keys, struct error *error)
{
	return load_pair(directory, &witness_kind, name, ret_keys, error);
}

void journal_keys_release(struct journal_keys *keys)
{
	sodium_memzero(keys->seed, sizeof keys->seed);
}
