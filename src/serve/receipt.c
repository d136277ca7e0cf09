#include "serve/receipt.h"

#include "journal/journal.h"
#include "journal/journal_keys.h"

#include <fcntl.h>
#include <unistd.h>

/* The origin stands in the public key, so that a broken mission.yaml is no hindrance. */
static int read_origin(struct note_key *ret_key, struct error *error)
{
	char line[NOTE_VKEY_BYTES_MAX + 1];
	int fd = open("keys/journal.vkey", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system(error, "cannot open keys/journal.vkey");
	ssize_t n = read(fd, line, sizeof line);
	close(fd);
	return note_key_parse((struct str){line, n > 0 ? (size_t)n - 1 : 0}, ret_key, error);
}

static void put_time(struct buf *b, int64_t wall)
{
	struct tm tm;
	time_t seconds = (time_t)(wall / 1000);
	char text[32];
	ASSERT(gmtime_r(&seconds, &tm));
	size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	ASSERT(n > 0);
	buf_put(b, text, n);
}

/* Where it ends, when it can be opened: a core that is still alive has it, and a destroyed machine may have none. */
static bool put_journal(struct buf *b, struct str origin, const uint8_t *seed)
{
	struct journal *journal;
	uint8_t root[MERKLE_HASH_BYTES];
	struct journal_options options = {.path = "journal.db", .origin = origin, .seed = seed};
	if (access(options.path, F_OK) < 0 || journal_open(&journal, &options, NULL) < 0)
		return false;
	journal_root(journal, root);
	buf_put_u64(b, journal_size(journal));
	buf_put_char(b, ' ');
	buf_put_base64(b, root, sizeof root);
	journal_close(journal);
	return true;
}

static void put_name(struct buf *b, const char *name)
{
	for (; *name; name++)
		buf_put_char(b, *name > 0x20 && *name < 0x7f ? *name : '?');
	buf_put_char(b, '\n');
}

static void put_files(struct buf *b, const struct destroyed *d)
{
	for (size_t i = 0; i < d->n && i < DESTROY_FILES_MAX; i++) {
		if (d->files[i].failed) {
			BUF_LIT(b, "failed ");
		} else {
			BUF_LIT(b, "wiped ");
			buf_put_u64(b, d->files[i].bytes);
			buf_put_char(b, ' ');
		}
		put_name(b, d->files[i].name);
	}
	if (d->n > DESTROY_FILES_MAX) {
		BUF_LIT(b, "more ");
		buf_put_u64(b, d->n - DESTROY_FILES_MAX);
		buf_put_char(b, ' ');
		buf_put_u64(b, d->bytes);
		buf_put_char(b, '\n');
	}
}

static void put_text(struct buf *b, struct str origin, const uint8_t *seed, const struct destroyed *d, int64_t wall)
{
	BUF_LIT(b, "chancery/destroyed/v1\nmission ");
	buf_put_str(b, origin);
	BUF_LIT(b, "\ntime ");
	put_time(b, wall);
	BUF_LIT(b, "\njournal ");
	if (!put_journal(b, origin, seed))
		BUF_LIT(b, "unread");
	buf_put_char(b, '\n');
	put_files(b, d);
	BUF_LIT(b, "last journal.seed\n");
}

int receipt_write(struct buf *b, const struct destroyed *d, int64_t wall, struct error *error)
{
	static char text[RECEIPT_BYTES_MAX];
	struct buf words = BUF(text);
	struct note_key key;
	struct note_signer signer;
	struct journal_keys keys;
	int failed = read_origin(&key, error);
	struct str origin = note_key_name(&key);
	if (failed == 0)
		failed = journal_keys_load("keys", origin, &keys, error);
	if (failed < 0)
		return failed;
	failed = note_signer_init(&signer, origin, keys.seed, error);
	if (failed == 0) {
		put_text(&words, origin, keys.seed, d, wall);
		ASSERT(!words.over);
		note_sign(b, &signer, buf_str(&words));
		note_signer_release(&signer);
	}
	journal_keys_release(&keys);
	return failed;
}
