#include "sample.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "sample: %s\n", what);
	abort();
}

/* The entries */

#define MARK  "\"mark\":\"00ff00ff00ff00ff\""
#define DATA  "\"data\":\"ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AESIzRFVmd4iZqrvM3e7/\"" /* 48 bytes */
#define EMPTY "\"because\":null,\"law\":null,\"sealed\":[],\"box\":null}"

static const char start[] = "\"from\":{\"core\":{}},\"checked\":null,\"input\":{\"kind\":\"start\",\"name\":"
			    "\"mission.begin\",\"body\":{}},\"refusal\":null,\"events\":[{\"name\":\"mission.InForce\","
			    "\"body\":{\"rulebook\":\"house-3\"}}]," EMPTY;
static const char timer[] =
    "\"from\":{\"core\":{}},\"checked\":null,\"input\":{\"kind\":\"timer\",\"name\":\"access.door_held\","
    "\"body\":{\"door\":\"D-01\"}},\"refusal\":null,\"events\":[{\"name\":\"access.DoorHeld\",\"body\":{}}]," EMPTY;
static const char report[] =
    "\"checked\":null,\"input\":{\"kind\":\"report\",\"name\":\"access.card_read\",\"body\":{\"reader\":1,\"bits\":26,"
    "\"card\":[0,0]}},\"refusal\":null,\"events\":[{\"name\":\"access.Granted\",\"body\":{\"door\":1,\"person\":[0,1]}}"
    "],"
    "\"because\":{\"rulebook\":\"house-3\",\"outcome\":\"permit\",\"spoke\":[\"R-2\"],\"outweighed\":[],\"facts\":"
    "[{\"name\":\"zone.grade\",\"value\":[\"2\"]}],\"personal\":[0,2]},\"law\":null,"
    "\"sealed\":[{\"keep\":\"90d\",\"month\":647," MARK "," DATA "}],\"box\":null}";
static const char command[] =
    "\"from\":{\"operator\":{\"login\":\"vera\"}},\"checked\":{\"how\":\"pin\"},\"input\":{\"kind\":\"command\","
    "\"name\":\"access.open\",\"body\":{\"door\":\"D-02\",\"why\":\"caf\xc3\xa9 \\\"x\\\"\"}},\"refusal\":"
    "{\"name\":\"not_permitted\",\"takes\":{\"rule\":\"R-7\",\"person\":[1,0]}},\"events\":[],\"because\":{"
    "\"rulebook\":"
    "\"house-3\",\"outcome\":\"refuse\",\"spoke\":[\"R-7\"],\"outweighed\":[{\"rule\":\"R-2\",\"by\":\"R-7\",\"why\":"
    "\"priority\"}],\"facts\":[{\"name\":\"person.role\",\"value\":[\"guest\"]},{\"name\":\"person.escort\","
    "\"value\":[],\"known\":false}],\"personal\":[1,1]},\"law\":{\"answer\":\"silent\",\"articles\":[22,29]},"
    "\"sealed\":[{\"keep\":\"90d\",\"month\":647," MARK "," DATA "},{\"keep\":\"\",\"month\":0," MARK "," DATA
    "}],\"box\":\"AAEC\"}";

int sample_entry(char ret_body[SAMPLE_BYTES_MAX], unsigned i)
{
	bool rebooted = i >= SAMPLE_REBOOT;
	int len = snprintf(ret_body, SAMPLE_BYTES_MAX,
			   "{\"format\":2,\"index\":%u,\"incarnation\":1,\"wall\":%lld,\"elapsed\":%u,\"env\":0,"
			   "\"salt\":\"%032x\",",
			   i, SAMPLE_START_MS + (long long)i * SAMPLE_STEP_MS, i * SAMPLE_STEP_MS, i);
	if (i % 3 == 1)
		len += snprintf(ret_body + len, SAMPLE_BYTES_MAX - (size_t)len,
				"\"from\":{\"driver\":{\"name\":\"gate\",\"boot\":\"00000000000000%s\",\"sequence\":%u,"
				"\"ago\":0}},",
				rebooted ? "bb" : "aa", (rebooted ? i - SAMPLE_REBOOT : i) / 3 + 1);
	const char *tail = i == 0 ? start : i % 3 == 0 ? timer : i % 3 == 1 ? report : command;
	return len + snprintf(ret_body + len, SAMPLE_BYTES_MAX - (size_t)len, "%s", tail);
}

int sample_entry_changed(char ret_body[SAMPLE_BYTES_MAX], unsigned i, const char *find, const char *put)
{
	char body[SAMPLE_BYTES_MAX];
	sample_entry(body, i);
	char *at = strstr(body, find);
	must(at != NULL, find);
	int len = snprintf(ret_body, SAMPLE_BYTES_MAX, "%.*s%s%s", (int)(at - body), body, put, at + strlen(find));
	must(len < SAMPLE_BYTES_MAX, "an entry is too long");
	return len;
}

/* The tree: RFC 6962, section 2.1, word by word */

static struct tree_hash hash_of(uint8_t prefix, const void *a, size_t a_len, const void *b, size_t b_len)
{
	static uint8_t bytes[1 << 17];
	struct tree_hash hash;
	bytes[0] = prefix;
	memcpy(bytes + 1, a, a_len);
	memcpy(bytes + 1 + a_len, b, b_len);
	SHA256(bytes, 1 + a_len + b_len, hash.bytes);
	return hash;
}

static struct tree_hash root_of(const struct tree_hash *leaf, size_t n)
{
	size_t k = 1;
	if (n == 1)
		return leaf[0];
	while (k * 2 < n)
		k *= 2;
	struct tree_hash left = root_of(leaf, k), right = root_of(leaf + k, n - k);
	return hash_of(0x01, &left, sizeof(left), &right, sizeof(right));
}

struct tree_hash sample_root(const struct sample *s, unsigned size)
{
	return root_of(s->leaf, size);
}

/* The database */

void sample_exec(struct sample *s, const char *sql)
{
	char *why = NULL;
	bool ok = sqlite3_exec(s->db, sql, NULL, NULL, &why) == SQLITE_OK;
	must(ok, why ? why : sql);
}

/* As far as the statement has them: ?1 and ?2 are numbers, ?3 a text, ?4 a blob. */
static void put(struct sample *s, const char *sql, sqlite3_int64 a, sqlite3_int64 b, const char *text,
		const void *bytes, size_t len)
{
	sqlite3_stmt *statement;
	must(sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) == SQLITE_OK, sql);
	sqlite3_bind_int64(statement, 1, a);
	sqlite3_bind_int64(statement, 2, b);
	sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
	sqlite3_bind_blob(statement, 4, bytes, (int)len, SQLITE_STATIC);
	must(sqlite3_step(statement) == SQLITE_DONE, sqlite3_errmsg(s->db));
	sqlite3_finalize(statement);
}

void sample_open(struct sample *s, const char *path)
{
	unlink(path);
	*s = (struct sample){0};
	sample_key_make(&s->key, CHECKPOINT_LOG, "chancery/test", 7);
	sample_key_make(&s->witness, CHECKPOINT_WITNESS, "witness.example/w1", 8);
	must(sqlite3_open(path, &s->db) == SQLITE_OK, path);
	sample_exec(s,
		    "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA application_id=1128813433;"
		    "PRAGMA user_version=2;"
		    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);"
		    "CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, number))"
		    " WITHOUT ROWID;"
		    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL);"
		    "CREATE TABLE cosigned(witness TEXT PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL);"
		    "CREATE TABLE blob(hash BLOB PRIMARY KEY, owner TEXT NOT NULL, data BLOB NOT NULL);"
		    /* SHA-256 of nothing, and of three zero bytes */
		    "INSERT INTO blob VALUES(X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', "
		    "'person:1', X''),"
		    "(X'709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c', 'person:2', X'000000')");
}

void sample_close(struct sample *s)
{
	must(sqlite3_close(s->db) == SQLITE_OK, "a statement was left");
	s->db = NULL;
}

void sample_release(struct sample *s)
{
	if (s->db)
		sample_close(s);
	EVP_PKEY_free(s->key.secret);
	EVP_PKEY_free(s->witness.secret);
	free(s->leaf);
	*s = (struct sample){0};
}

void sample_add(struct sample *s, const char *body, size_t len)
{
	if (s->entries == s->room) {
		s->room = s->room ? s->room * 2 : 1024;
		s->leaf = realloc(s->leaf, s->room * sizeof(*s->leaf));
		must(s->leaf != NULL, "no memory");
	}
	s->leaf[s->entries] = hash_of(0x00, body, len, "", 0);
	put(s, "INSERT INTO entry VALUES(?1, ?4)", s->entries++, 0, "", body, len);
}

/* A level's tiles from its hashes, which become those of the level above. */
static size_t put_level(struct sample *s, unsigned level, struct tree_hash *hash, size_t count)
{
	for (size_t n = 0; n * 256 < count; n++) {
		size_t in_tile = count - n * 256 < 256 ? count - n * 256 : 256;
		put(s, "INSERT OR REPLACE INTO tile VALUES(?1, ?2, ?4)", level, (sqlite3_int64)n, "", hash + n * 256,
		    in_tile * sizeof(*hash));
	}
	for (size_t n = 0; n < count / 256; n++)
		hash[n] = root_of(hash + n * 256, 256);
	return count / 256;
}

void sample_tiles(struct sample *s)
{
	size_t count = s->entries;
	struct tree_hash *hash = malloc(count * sizeof(*hash));
	must(hash != NULL, "no memory");
	memcpy(hash, s->leaf, count * sizeof(*hash));
	for (unsigned level = 0; count > 0; level++)
		count = put_level(s, level, hash, count);
	free(hash);
}

void sample_seal(struct sample *s)
{
	struct tree_hash root = sample_root(s, s->entries);
	sample_tiles(s);
	sample_checkpoint(s, s->key.public.name, s->entries, &root);
}

/* Keys and notes */

void sample_key_make(struct sample_key *key, enum checkpoint_type type, const char *name, uint8_t seed_byte)
{
	uint8_t seed[32], message[300], hash[32];
	size_t len = sizeof(key->public.public);
	memset(seed, seed_byte, sizeof(seed));
	*key = (struct sample_key){.secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed))};
	must(key->secret && EVP_PKEY_get_raw_public_key(key->secret, key->public.public, &len), "no key");
	key->public.type = type;
	snprintf(key->public.name, sizeof(key->public.name), "%s", name);
	size_t at = (size_t)snprintf((char *)message, sizeof(message), "%s\n%c", name, (int)type);
	memcpy(message + at, key->public.public, len);
	SHA256(message, at + len, hash);
	memcpy(key->public.id, hash, sizeof(key->public.id));
}

void sample_text(char note[SAMPLE_NOTE_BYTES], const char *origin, unsigned size, const struct tree_hash *root)
{
	size_t at = strlen(note);
	snprintf(note + at, SAMPLE_NOTE_BYTES - at, "%s\n%u\n%s\n", origin, size, checkpoint_root_text(root).text);
}

void sample_sign(const struct sample_key *key, const char *text, uint64_t time_s, char note[SAMPLE_NOTE_BYTES])
{
	char message[SAMPLE_NOTE_BYTES], base64[128];
	uint8_t line[4 + 8 + 64];
	size_t at = 4, len = 64, end = strlen(note);
	memcpy(line, key->public.id, 4);
	snprintf(message, sizeof(message), "%s", text);
	if (key->public.type == CHECKPOINT_WITNESS) {
		for (; at < 12; at++)
			line[at] = (uint8_t)(time_s >> (8 * (11 - at)));
		snprintf(message, sizeof(message), "cosignature/v1\ntime %llu\n%s", (unsigned long long)time_s, text);
	}
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	must(EVP_DigestSignInit(context, NULL, NULL, NULL, key->secret) &&
		 EVP_DigestSign(context, line + at, &len, (const uint8_t *)message, strlen(message)),
	     "no signature");
	EVP_MD_CTX_free(context);
	EVP_EncodeBlock((uint8_t *)base64, line, (int)(at + len));
	snprintf(note + end, SAMPLE_NOTE_BYTES - end, "\xe2\x80\x94 %s %s\n", key->public.name, base64);
}

/* The note over a checkpoint's text; the witness may be NULL. */
static void note_make(const struct sample *s, const char *origin, unsigned size, const struct tree_hash *root,
		      const struct sample_key *witness, uint64_t time_s, char ret_note[SAMPLE_NOTE_BYTES])
{
	char text[SAMPLE_NOTE_BYTES] = "";
	sample_text(text, origin, size, root);
	snprintf(ret_note, SAMPLE_NOTE_BYTES, "%s\n", text);
	sample_sign(&s->key, text, 0, ret_note);
	if (witness)
		sample_sign(witness, text, time_s, ret_note);
}

void sample_checkpoint(struct sample *s, const char *origin, unsigned size, const struct tree_hash *root)
{
	char note[SAMPLE_NOTE_BYTES];
	note_make(s, origin, size, root, NULL, 0, note);
	sample_exec(s, "DELETE FROM checkpoint");
	put(s, "INSERT INTO checkpoint VALUES(?1, ?4)", size, 0, "", note, strlen(note));
}

void sample_cosign(struct sample *s, unsigned size, const struct tree_hash *root, uint64_t time_s)
{
	char note[SAMPLE_NOTE_BYTES];
	note_make(s, s->key.public.name, size, root, &s->witness, time_s, note);
	put(s, "INSERT OR REPLACE INTO cosigned VALUES(?3, ?1, ?4)", size, 0, s->witness.public.name, note,
	    strlen(note));
}
