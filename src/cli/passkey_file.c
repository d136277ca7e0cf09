#include "cli/passkey_file.h"

#include "base/yaml.h"
#include "keys/crypt.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static const char group[] = "prime256v1";

/* Keys: libcrypto's work */

/* NULL when the two are no pair, or no key of this curve at all. */
static EVP_PKEY *key_of(const struct passkey_file *passkey)
{
	EVP_PKEY *key = NULL;
	BIGNUM *number = BN_bin2bn(passkey->scalar, sizeof passkey->scalar, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL), *pair = NULL;
	if (number && build && context &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, passkey->point, sizeof passkey->point) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number) &&
	    (params = OSSL_PARAM_BLD_to_param(build)) && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) == 1)
		pair = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	if (!pair || EVP_PKEY_pairwise_check(pair) != 1) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(pair);
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_clear_free(number);
	return key;
}

static void make_key(struct passkey_file *passkey)
{
	BIGNUM *number = NULL;
	size_t n = 0;
	EVP_PKEY *key = EVP_EC_gen(group);
	bool made = key &&
		    EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, passkey->point, sizeof passkey->point,
						    &n) == 1 &&
		    n == sizeof passkey->point && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
		    BN_bn2binpad(number, passkey->scalar, sizeof passkey->scalar) == sizeof passkey->scalar &&
		    getrandom(passkey->credential, sizeof passkey->credential, 0) == sizeof passkey->credential;
	ASSERT(made);
	BN_clear_free(number);
	EVP_PKEY_free(key);
}

static size_t sign(struct passkey_file *passkey, struct str text)
{
	size_t n = sizeof passkey->signature;
	EVP_PKEY *key = key_of(passkey);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = key && context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(context, passkey->signature, &n, (const uint8_t *)text.at, text.len) == 1;
	ASSERT(done); /* the key was looked at when it was read */
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return n;
}

/* The text */

static int wrong(struct error *error, int line, const char *expected)
{
	error_set(error, ERROR_INPUT, "line %d of the passkey is not “%s”", line, expected);
	return error_remedy(error, "Take a copy of the file that is whole, or make another: chancery passkey new FILE");
}

/* What stands behind the word in the next line; false when the line begins otherwise. */
static bool take_line(struct str *rest, const char *word, struct str *ret_value)
{
	struct str line, head;
	return str_cut(*rest, '\n', &line, rest) && str_cut(line, ' ', &head, ret_value) && str_eq(head, str_of(word));
}

static bool label_ok(struct str label)
{
	size_t bad;
	for (size_t i = 0; i < label.len; i++)
		if (label.at[i] == '\n' || label.at[i] == '\t')
			return false;
	return label.len > 0 && label.len <= PASSKEY_LABEL_BYTES_MAX && yaml_text_ok(label, &bad);
}

static void set_label(struct passkey_file *passkey, struct str label)
{
	memcpy(passkey->label, label.at, label.len);
	passkey->label[label.len] = 0;
}

int passkey_file_read(struct passkey_file *ret_passkey, struct str text, struct error *error)
{
	struct passkey_file p = {.fd = -1};
	struct str value, rest = text;
	int64_t counter;
	if (!take_line(&rest, "chancery", &value) || !str_eq(value, STR("passkey 1")))
		return wrong(error, 1, "chancery passkey 1");
	if (!take_line(&rest, "label", &value) || !label_ok(value))
		return wrong(error, 2, "label …");
	set_label(&p, value);
	if (!take_line(&rest, "credential", &value) || !hex_read(value, p.credential, sizeof p.credential))
		return wrong(error, 3, "credential …");
	if (!take_line(&rest, "counter", &value) || !str_to_i64(value, 0, UINT32_MAX, &counter))
		return wrong(error, 4, "counter …");
	p.counter = (uint32_t)counter;
	if (!take_line(&rest, "point", &value) || !hex_read(value, p.point, sizeof p.point))
		return wrong(error, 5, "point …");
	bool read = take_line(&rest, "key", &value) && hex_read(value, p.scalar, sizeof p.scalar) && rest.len == 0;
	EVP_PKEY *key = read ? key_of(&p) : NULL;
	if (key)
		*ret_passkey = p;
	EVP_PKEY_free(key);
	crypt_wipe(&p, sizeof p);
	return key ? 0 : wrong(error, 6, "key …, and with it the last line");
}

void passkey_file_write(struct buf *b, const struct passkey_file *passkey)
{
	BUF_LIT(b, "chancery passkey 1\nlabel ");
	buf_put_str(b, str_of(passkey->label));
	BUF_LIT(b, "\ncredential ");
	buf_put_hex(b, passkey->credential, sizeof passkey->credential);
	BUF_LIT(b, "\ncounter ");
	buf_put_u64(b, passkey->counter);
	BUF_LIT(b, "\npoint ");
	buf_put_hex(b, passkey->point, sizeof passkey->point);
	BUF_LIT(b, "\nkey ");
	buf_put_hex(b, passkey->scalar, sizeof passkey->scalar);
	BUF_LIT(b, "\n");
}

/* The file */

static int system_error(const char *path, const char *what, struct error *error)
{
	error_system(error, "%s", what);
	return error_where(error, "%s", path);
}

/* All of it, and on the disk; the descriptor stays open. */
static int write_text(int fd, const char *path, const struct passkey_file *passkey, struct error *error)
{
	char text[PASSKEY_FILE_BYTES_MAX];
	struct buf b = BUF(text);
	passkey_file_write(&b, passkey);
	ASSERT(!b.over);
	bool written = write(fd, b.at, b.len) == (ssize_t)b.len && fsync(fd) == 0;
	crypt_wipe(text, sizeof text);
	return written ? 0 : system_error(path, "the passkey cannot be written", error);
}

static int sync_directory(const char *path, struct error *error)
{
	char copy[PASSKEY_PATH_BYTES_MAX + 1];
	snprintf(copy, sizeof copy, "%s", path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return synced ? 0 : system_error(path, "the passkey cannot be written", error);
}

static int set_path(struct passkey_file *passkey, const char *path, struct error *error)
{
	if (strlen(path) <= PASSKEY_PATH_BYTES_MAX - strlen(".new")) {
		snprintf(passkey->path, sizeof passkey->path, "%s", path);
		return 0;
	}
	errno = ENAMETOOLONG;
	return system_error(path, "the passkey cannot be opened", error);
}

int passkey_file_make(struct passkey_file *ret_passkey, const char *path, struct str label, struct error *error)
{
	struct passkey_file p = {.fd = -1};
	if (!label_ok(label)) {
		error_set(error, ERROR_INPUT, "a label is a text of 1 to %d bytes on one line",
			  PASSKEY_LABEL_BYTES_MAX);
		return error_remedy(error, "Write where the file lies, such as --label 'Duty laptop'.");
	}
	int failed = set_path(&p, path, error);
	if (failed < 0)
		return failed;
	p.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (p.fd < 0) {
		bool is_there = errno == EEXIST;
		system_error(path, "the passkey cannot be made", error);
		return is_there ? error_remedy(error, "It is never written over: name another file.") : ERROR_SYSTEM;
	}
	set_label(&p, label);
	make_key(&p);
	failed = write_text(p.fd, path, &p, error);
	if (failed == 0)
		failed = sync_directory(path, error);
	if (failed == 0)
		failed = flock(p.fd, LOCK_EX) == 0 ? 0 : system_error(path, "the passkey cannot be locked", error);
	if (failed == 0) {
		*ret_passkey = p;
	} else {
		close(p.fd);
		unlink(path);
	}
	crypt_wipe(&p, sizeof p);
	return failed;
}

/* Whether nobody else has it in hand. */
static int check_guard(int fd, const char *path, struct error *error)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		return system_error(path, "the passkey cannot be looked at", error);
	const char *what = !S_ISREG(status.st_mode)		  ? "a passkey lies in a file"
			   : status.st_uid != geteuid()		  ? "this passkey's file is another user's"
			   : status.st_mode & (S_IRWXG | S_IRWXO) ? "others may read this passkey"
								  : NULL;
	if (!what)
		return 0;
	error_set(error, ERROR_INPUT, "%s", what);
	error_where(error, "%s", path);
	return error_remedy(error,
			    "Whoever reads it can speak as you. Was it read? Then have it removed and make a new one. "
			    "Else: chmod 600 FILE");
}

/* What has the name when the lock is ours: another command may have put a new file in its place meanwhile. */
static int open_locked(const char *path, struct error *error)
{
	for (;;) {
		struct stat ours, named;
		int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		bool locked = fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &ours) == 0;
		if (!locked) {
			system_error(path, "the passkey cannot be opened", error);
			if (fd >= 0)
				close(fd);
			return ERROR_SYSTEM;
		}
		if (lstat(path, &named) == 0 && ours.st_ino == named.st_ino && ours.st_dev == named.st_dev)
			return fd;
		close(fd);
	}
}

int passkey_file_open(struct passkey_file *ret_passkey, const char *path, struct error *error)
{
	char text[PASSKEY_FILE_BYTES_MAX + 1];
	int fd = open_locked(path, error);
	if (fd < 0)
		return fd;
	int failed = check_guard(fd, path, error);
	ssize_t n = failed == 0 ? read(fd, text, sizeof text) : 0;
	if (n < 0)
		failed = system_error(path, "the passkey cannot be read", error);
	if (failed == 0 && passkey_file_read(ret_passkey, (struct str){text, (size_t)n}, error) < 0)
		failed = error_where(error, "%s", path);
	crypt_wipe(text, sizeof text);
	if (failed < 0) {
		close(fd);
		return failed;
	}
	ret_passkey->fd = fd;
	return set_path(ret_passkey, path, error);
}

void passkey_file_close(struct passkey_file *passkey)
{
	close(passkey->fd);
	crypt_wipe(passkey, sizeof *passkey);
	passkey->fd = -1;
}

/* A file with the next number takes the name. It is locked before anybody can find it. */
static int count(struct passkey_file *passkey, struct error *error)
{
	char path[PASSKEY_PATH_BYTES_MAX + 8];
	snprintf(path, sizeof path, "%s.new", passkey->path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0 || flock(fd, LOCK_EX) < 0) {
		if (fd >= 0)
			close(fd);
		return system_error(path, "the passkey's counter cannot be kept", error);
	}
	passkey->counter++;
	int failed = write_text(fd, path, passkey, error);
	if (failed == 0 && rename(path, passkey->path) < 0)
		failed = system_error(path, "the passkey's counter cannot be kept", error);
	if (failed == 0)
		failed = sync_directory(passkey->path, error);
	if (failed < 0) {
		close(fd);
		return failed;
	}
	close(passkey->fd);
	passkey->fd = fd;
	return 0;
}

/* Assertions */

static void sha256(struct str bytes, uint8_t *ret_hash)
{
	size_t n = ASSERTION_RP_HASH_BYTES;
	int done = EVP_Q_digest(NULL, "SHA256", NULL, bytes.at, bytes.len, ret_hash, &n);
	ASSERT(done == 1);
}

static void put_authenticator(struct buf *b, uint32_t counter)
{
	uint8_t hash[ASSERTION_RP_HASH_BYTES];
	sha256(STR(ASSERTION_RP_ID), hash);
	buf_put(b, hash, sizeof hash);
	buf_put_char(b, ASSERTION_USER_PRESENT | ASSERTION_USER_VERIFIED);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_char(b, (char)(counter >> shift & 0xff));
}

int passkey_file_assert(struct passkey_file *passkey, const struct assertion_asked *asked,
			struct assertion *ret_assertion, struct error *error)
{
	uint8_t signed_bytes[ASSERTION_AUTHENTICATOR_BYTES + ASSERTION_RP_HASH_BYTES], hash[ASSERTION_RP_HASH_BYTES];
	struct buf authenticator = BUF(passkey->authenticator), client = BUF(passkey->client), text = BUF(signed_bytes);
	if (passkey->counter == UINT32_MAX) {
		error_set(error, ERROR_LIMIT, "this passkey has counted to the end");
		return error_remedy(error, "Make a new one: chancery passkey new FILE --label TEXT");
	}
	int failed = count(passkey, error);
	if (failed < 0)
		return failed;
	put_authenticator(&authenticator, passkey->counter);
	assertion_put_client(&client, asked);
	BUF_LIT(&client, "}");
	sha256(buf_str(&client), hash);
	buf_put_str(&text, buf_str(&authenticator));
	buf_put(&text, hash, sizeof hash);
	ASSERT(!authenticator.over && !client.over && !text.over);
	*ret_assertion =
	    (struct assertion){.credential = {(const char *)passkey->credential, sizeof passkey->credential},
			       .authenticator = buf_str(&authenticator),
			       .client = buf_str(&client),
			       .signature = {(const char *)passkey->signature, sign(passkey, buf_str(&text))}};
	return 0;
}
