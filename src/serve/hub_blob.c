/* hub_blob.c: what entries only name: files, sealed beside them under their subject's key, and secrets, in the files of keys. */
#include "serve/hub_inner.h"

#include "domain/oversight/oversight.h"
#include "keys/stream.h"
#include "schema/words.h"

#include <sodium.h>

enum {
	BLOB_BYTES_MAX = 1 << 20, /* a picture, a plan */
	PART_BYTES = 24000,
	SEALED_BYTES_MAX = VAULT_BLOB_ID_BYTES + BLOB_BYTES_MAX + 64 * STREAM_ADDED_BYTES + STREAM_HEADER_BYTES,
};

/* Sealing */

static int put_bytes(void *context, const void *bytes, size_t n, struct error *error)
{
	(void)error;
	buf_put(context, bytes, n);
	return 0;
}

static bool read_subject(const struct hub *hub, struct str text, struct subject *ret_subject)
{
	struct str number;
	int64_t id;
	if (!str_cut(text, ':', &ret_subject->table, &number) || !str_to_i64(number, 1, JSON_INT_MAX, &id))
		return false;
	ret_subject->id = (uint64_t)id;
	return state_has_row(&hub->core.state, ret_subject->table, ret_subject->id);
}

/* 16 random bytes and the sealed stream, in hub->piece; ret_hash is over both. */
static int seal_blob(struct hub *hub, const struct subject *subject, struct str plain, struct str *ret_data,
		     uint8_t ret_hash[JOURNAL_BLOB_HASH_BYTES], struct error *error)
{
	static struct stream stream;
	uint8_t id[VAULT_BLOB_ID_BYTES], key[CRYPT_KEY_BYTES], inner[STREAM_HASH_BYTES];
	arena_clear(&hub->piece);
	struct buf b = {.at = arena_take(&hub->piece, SEALED_BYTES_MAX, 1), .size = SEALED_BYTES_MAX};
	hub->options.outside.salt(hub->options.outside.context, id, sizeof id);
	buf_put(&b, id, sizeof id);
	keys_vault_make_blob_key(hub->vault, subject, id, key);
	int failed = stream_seal_begin(&stream, key, (struct stream_sink){&b, put_bytes}, error);
	sodium_memzero(key, sizeof key);
	if (failed == 0)
		failed = stream_seal_put(&stream, plain.at, plain.len, error);
	if (failed == 0)
		failed = stream_seal_end(&stream, inner, error);
	stream_release(&stream);
	ASSERT(!b.over);
	*ret_data = buf_str(&b);
	crypto_hash_sha256(ret_hash, b.at, b.len);
	return failed;
}

/* Coming in */

void hub_blob_drop(struct peer_blob *blob)
{
	if (blob->at)
		sodium_memzero(blob->at, blob->len);
	free(blob->at);
	*blob = (struct peer_blob){0};
}

static const char *take_part(struct peer_blob *blob, const struct ask_blob *ask)
{
	if (ask->part == 1)
		hub_blob_drop(blob);
	if (ask->part != blob->parts + 1 || ask->part > ask->of || (blob->of != 0 && ask->of != blob->of))
		return "parts of a file come in order, and agree on how many there are";
	if (ask->of > (BLOB_BYTES_MAX + PART_BYTES - 1) / PART_BYTES || blob->len + ask->data.len > BLOB_BYTES_MAX)
		return "a file has at most 1,048,576 bytes";
	if (!blob->at)
		blob->at = malloc(BLOB_BYTES_MAX);
	ASSERT(blob->at);
	if (ask->data.len > 0)
		memcpy(blob->at + blob->len, ask->data.at, ask->data.len);
	blob->len += ask->data.len;
	blob->parts = ask->part;
	blob->of = ask->of;
	return NULL;
}

static void keep_blob(struct hub *hub, unsigned peer, const struct ask_blob *ask)
{
	struct peer_blob *blob = &hub->peers[peer].asker.blob;
	struct subject subject;
	struct str data;
	uint8_t hash[JOURNAL_BLOB_HASH_BYTES];
	if (!read_subject(hub, ask->subject, &subject)) {
		hub_bad(hub, peer, 0, "a file is somebody's or something's, and this is nobody",
			"Write a table and a number, as person:12.");
		return;
	}
	int failed =
	    seal_blob(hub, &subject, (struct str){(const char *)blob->at, blob->len}, &data, hash, &hub->error);
	if (failed == 0)
		failed = keys_sync(hub->options.keys, &hub->error);
	struct journal_blob row = {{(const char *)hash, sizeof hash}, ask->subject, data};
	if (failed == 0)
		failed = journal_put_blob(hub->journal, &row, &hub->error);
	if (failed < 0 && hub->failed == 0)
		hub->failed = failed;
	struct str kept = arena_str(&hub->batch, row.hash);
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_BLOB, .blob = {true, kept}});
}

void hub_blob(struct hub *hub, unsigned peer, const struct ask_blob *ask)
{
	struct peer_blob *blob = &hub->peers[peer].asker.blob;
	const char *wrong = hub_space_is_low(hub) ? "the disk is nearly full" : take_part(blob, ask);
	if (wrong) {
		hub_blob_drop(blob);
		hub_bad(hub, peer, 0, wrong, "Send the file again from its first part.");
		return;
	}
	if (blob->parts < blob->of) {
		hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_BLOB});
		return;
	}
	keep_blob(hub, peer, ask);
	hub_blob_drop(blob);
}

bool hub_has_blob(struct hub *hub, struct str hash)
{
	struct journal_blob blob;
	arena_clear(&hub->piece);
	int found = journal_get_blob(hub->journal, hash, &hub->piece, &blob, &hub->error);
	if (found < 0 && hub->failed == 0)
		hub->failed = found;
	return found > 0;
}

/* Going out */

/* Whether it is a member for such files that this reader sees: of somebody's files the personal ones, of things the others. */
static bool shows(const struct word_member *member, const struct viewer *viewer, const struct subject *owner)
{
	if (member->kind != WORD_BLOB || (member->roles & viewer->roles) == 0 || member->mark > viewer->clearance)
		return false;
	return member->personal ? str_eq(member->whose_table, owner->table) : !str_eq(owner->table, STR("person"));
}

/* Who may see a member that holds such files of such an owner may see the file. `ref` is the owner as a text. */
static bool may_see(const struct hub *hub, const struct viewer *viewer, const struct subject *owner, struct str ref)
{
	bool looks = oversight_is_open(&hub->core.state, viewer->login, ref);
	for (size_t i = 0; i < n_input_words; i++)
		for (size_t k = 0; k < input_words[i].takes.n; k++) {
			const struct word_member *member = &input_words[i].takes.at[k];
			if (shows(member, viewer, owner) && (looks || !member->purpose))
				return true;
		}
	return viewer->person != 0 && owner->id == viewer->person && str_eq(owner->table, STR("person"));
}

static int open_blob(struct hub *hub, const struct journal_blob *blob, const struct subject *owner, struct buf *b,
		     struct error *error)
{
	static struct stream stream;
	uint8_t key[CRYPT_KEY_BYTES], inner[STREAM_HASH_BYTES];
	if (blob->data.len < VAULT_BLOB_ID_BYTES ||
	    !keys_vault_blob_key(hub->vault, owner, (const uint8_t *)blob->data.at, key))
		return error_set(error, ERROR_CRYPTO, "the file was erased");
	stream_open_begin(&stream, key, (struct stream_sink){b, put_bytes});
	sodium_memzero(key, sizeof key);
	int failed =
	    stream_open_put(&stream, blob->data.at + VAULT_BLOB_ID_BYTES, blob->data.len - VAULT_BLOB_ID_BYTES, error);
	if (failed == 0)
		failed = stream_open_end(&stream, inner, error);
	stream_release(&stream);
	return failed;
}

static void send_parts(struct hub *hub, unsigned peer, struct str plain)
{
	int64_t of = (int64_t)((plain.len + PART_BYTES - 1) / PART_BYTES), part = 0;
	while (++part <= (of > 0 ? of : 1)) {
		size_t n = plain.len < PART_BYTES ? plain.len : PART_BYTES;
		struct answer_file file = {part, of > 0 ? of : 1, {plain.at, n}};
		hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_FILE, .file = file});
		plain = (struct str){plain.at + n, plain.len - n};
	}
}

void hub_blob_read(struct hub *hub, unsigned peer, const struct ask_blob_read *ask)
{
	struct journal_blob blob;
	struct subject owner;
	struct error error;
	arena_clear(&hub->piece);
	struct buf plain = {.at = arena_take(&hub->piece, BLOB_BYTES_MAX, 1), .size = BLOB_BYTES_MAX};
	int found = journal_get_blob(hub->journal, ask->hash, &hub->piece, &blob, &error);
	if (found <= 0 || !read_subject(hub, blob.owner, &owner) ||
	    !may_see(hub, &hub->peers[peer].asker.viewer, &owner, blob.owner) ||
	    open_blob(hub, &blob, &owner, &plain, &error) < 0) {
		/* One answer, whatever the reason: it does not tell what is there. */
		hub_bad(hub, peer, 0, "there is no such file for you", "Files stand in entries by their hash.");
		return;
	}
	send_parts(hub, peer, buf_str(&plain));
}

/* Sealed, for a backup */

enum { NAMES_MAX = 64 }; /* in one line, as the contract has it */

void hub_blob_names(struct hub *hub, unsigned peer, const struct ask_blob_names *ask)
{
	struct answer_blob_name *rows = ARENA_TAKE(&hub->batch, struct answer_blob_name, NAMES_MAX);
	struct journal_blob_name name;
	struct str after = ask->after;
	size_t n = 0;
	int found = 1;
	while (n < NAMES_MAX && (found = journal_next_blob(hub->journal, after, &name, &hub->error)) > 0) {
		after = arena_str(&hub->batch, (struct str){(const char *)name.hash, sizeof name.hash});
		rows[n++] =
		    (struct answer_blob_name){after, arena_str(&hub->batch, (struct str){name.owner, name.owner_len})};
	}
	if (found < 0 && hub->failed == 0)
		hub->failed = found;
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_BLOB_NAMES, .blob_names = {{n, rows}}});
}

void hub_blob_part(struct hub *hub, unsigned peer, const struct ask_blob_part *ask)
{
	struct journal_blob blob;
	arena_clear(&hub->piece);
	int found = journal_get_blob(hub->journal, ask->hash, &hub->piece, &blob, &hub->error);
	if (found < 0 && hub->failed == 0)
		hub->failed = found;
	size_t at = (size_t)(ask->part - 1) * PART_BYTES;
	if (found <= 0 || at >= blob.data.len) {
		hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_END});
		return;
	}
	size_t left = blob.data.len - at;
	struct answer_file file = {ask->part,
				   (int64_t)((blob.data.len + PART_BYTES - 1) / PART_BYTES),
				   {blob.data.at + at, left < PART_BYTES ? left : PART_BYTES}};
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_FILE, .file = file});
}

/* Secrets */

static struct keys *keys_for(const struct hub *hub, bool door)
{
	return door ? hub->options.doors : hub->options.keys;
}

static struct key_id secret_id(uint64_t number)
{
	return key_of_secret(STR("secret"), number, STR("value"));
}

bool hub_keep_secret(struct hub *hub, bool door, struct str secret, uint64_t *ret_number)
{
	uint8_t random[VAULT_SALT_BYTES];
	uint64_t number;
	if (hub->secrets.n == SECRETS_MAX)
		return false;
	hub->options.outside.salt(hub->options.outside.context, random, sizeof random);
	memcpy(&number, random, sizeof number);
	number = number % JSON_INT_MAX + 1;
	struct key_id id = secret_id(number);
	hub->had_no_room =
	    keyfile_put_secret(keys_for(hub, door)->file, &id, (const uint8_t *)secret.at, secret.len, NULL) < 0;
	if (hub->had_no_room)
		return false;
	hub->secrets.at[hub->secrets.n].door = door;
	hub->secrets.at[hub->secrets.n++].number = number;
	*ret_number = number;
	return true;
}

/* One that was refused is nobody's: its value goes again. */
void hub_settle_secrets(struct hub *hub, bool kept)
{
	for (size_t i = 0; i < hub->secrets.n && !kept; i++) {
		struct key_id id = secret_id(hub->secrets.at[i].number);
		int failed = keyfile_destroy(keys_for(hub, hub->secrets.at[i].door)->file, &id, 1, &hub->error);
		if (failed < 0 && hub->failed == 0)
			hub->failed = failed;
	}
	hub->secrets.n = 0;
}

size_t hub_door_secret(const struct hub *hub, uint64_t number, uint8_t *ret_value, size_t size)
{
	uint8_t value[RECORD_VALUE_BYTES_MAX];
	struct key_id id = secret_id(number);
	int n = keyfile_secret(hub->options.doors->file, &id, value, NULL);
	size_t copied = n > 0 && (size_t)n <= size ? (size_t)n : 0;
	memcpy(ret_value, value, copied);
	sodium_memzero(value, sizeof value);
	return copied;
}
