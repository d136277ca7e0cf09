#include "cli/body.h"

#include "cli/rules.h"
#include "cli/send.h"
#include "cli/words.h"
#include "keys/crypt.h"
#include "schema/json.h"

#include <openssl/evp.h>
#include <sys/stat.h>

enum { SECRET_FILE_BYTES_MAX = 1024, PATH_BYTES = 4096 };

static bool is_file(const struct written_value *value)
{
	enum word_kind kind = value->member->kind;
	return !value->member->list && (kind == WORD_BLOB || kind == WORD_STAGED || kind == WORD_SECRET) &&
	       str_starts(value->written, STR("@"));
}

static int put_path(char path[PATH_BYTES], const struct body_source *source, struct str name, struct error *error)
{
	bool below = source->directory && !str_starts(name, STR("/"));
	int n =
	    snprintf(path, PATH_BYTES, "%s%s" STR_FMT, below ? source->directory : "", below ? "/" : "", STR_ARG(name));
	if (n < PATH_BYTES)
		return 0;
	return error_set(error, ERROR_INPUT, "the path is longer than %d bytes", PATH_BYTES - 1);
}

/* The row that the file is of, as in person:12: by the member that the schema names. */
static int put_owner(struct buf *b, const struct word_member *file, const struct written_value *all, size_t n,
		     struct error *error)
{
	for (size_t i = 0; i < n; i++) {
		if (file->whose.len == 0 || !str_eq(all[i].member->name, file->whose))
			continue;
		buf_put_str(b, file->whose_table);
		buf_put_char(b, ':');
		return words_put_value(b, all[i].member, all[i].written, error);
	}
	if (file->whose.len == 0)
		return error_set(error, ERROR_INPUT, "the schema does not say whose file " STR_FMT " is",
				 STR_ARG(file->name));
	error_set(error, ERROR_INPUT, "whose file it is must be said");
	return error_remedy(error, "Give --" STR_FMT " too.", STR_ARG(file->whose));
}

static int put_blob(struct buf *b, const struct body_source *source, const struct written_value *value,
		    const struct written_value *all, size_t n, const char *path, struct error *error)
{
	char owner_text[80];
	struct buf owner = BUF(owner_text);
	struct str file;
	uint8_t hash[SEND_HASH_BYTES];
	int failed = put_owner(&owner, value->member, all, n, error);
	if (failed == 0)
		failed = send_read_file(path, (size_t)value->member->max, source->arena, &file, error);
	if (failed == 0)
		failed = send_blob(source->link, path, buf_str(&owner), file, hash, error);
	if (failed == 0)
		buf_put_hex(b, hash, sizeof hash);
	return failed;
}

static bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int read_text(const char *path, size_t bytes_max, struct arena *arena, struct str *ret_text,
		     uint8_t ret_hash[SEND_HASH_BYTES], struct error *error)
{
	size_t n = SEND_HASH_BYTES;
	int failed = send_read_file(path, bytes_max, arena, ret_text, error);
	if (failed < 0)
		return failed;
	int done = EVP_Q_digest(NULL, "SHA256", NULL, ret_text->at, ret_text->len, ret_hash, &n);
	ASSERT(done == 1);
	return 0;
}

/* A directory is a rulebook, which is named by a hash of its own. */
static int put_staged(struct buf *b, const struct body_source *source, const struct word_member *member,
		      const char *path, struct error *error)
{
	struct str text;
	uint8_t hash[SEND_HASH_BYTES];
	int failed = is_directory(path) ? rules_read(path, source->arena, &text, hash, error)
					: read_text(path, (size_t)member->max, source->arena, &text, hash, error);
	if (failed == 0)
		failed = send_staged(source->link, path, text, hash, error);
	if (failed == 0)
		buf_put_hex(b, hash, sizeof hash);
	return failed;
}

/* A line of digits. */
static int put_secret(struct buf *b, const struct body_source *source, const struct word_member *member,
		      const char *path, struct error *error)
{
	struct str text;
	int failed = send_read_file(path, SECRET_FILE_BYTES_MAX, source->arena, &text, error);
	if (failed < 0)
		return failed;
	text.len -= str_ends(text, STR("\n"));
	failed = words_put_value(b, member, text, error);
	crypt_wipe((void *)text.at, text.len);
	return failed < 0 ? error_where(error, "%s", path) : 0;
}

static int put_file(struct buf *b, const struct body_source *source, const struct written_value *value,
		    const struct written_value *all, size_t n, struct error *error)
{
	char path[PATH_BYTES];
	struct str name = {value->written.at + 1, value->written.len - 1};
	int failed = put_path(path, source, name, error);
	if (failed < 0)
		return failed;
	if (value->member->kind == WORD_SECRET)
		return put_secret(b, source, value->member, path, error);
	buf_put_char(b, '"');
	failed = value->member->kind == WORD_BLOB ? put_blob(b, source, value, all, n, path, error)
						  : put_staged(b, source, value->member, path, error);
	buf_put_char(b, '"');
	return failed;
}

int body_put_value(struct buf *b, const struct body_source *source, const struct written_value *value,
		   const struct written_value *all, size_t n, struct error *error)
{
	if (is_file(value))
		return put_file(b, source, value, all, n, error);
	return words_put_value(b, value->member, value->written, error);
}

int body_put(struct buf *b, const struct body_source *source, const struct written_value *values, size_t n,
	     struct error *error)
{
	BUF_LIT(b, "{");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			BUF_LIT(b, ",");
		json_put_name(b, values[i].member->name);
		BUF_LIT(b, ":");
		int failed = body_put_value(b, source, &values[i], values, n, error);
		if (failed < 0)
			return failed;
	}
	BUF_LIT(b, "}");
	return 0;
}
