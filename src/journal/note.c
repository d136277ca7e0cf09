#include "journal/note.h"

#include <sodium.h>

enum {
	ID_BYTES = 4,
	KEY_BYTES = crypto_sign_PUBLICKEYBYTES,
	SIGNATURE_BYTES = crypto_sign_BYTES,
	TIME_BYTES = 8,
	COSIGNED_BYTES_MAX = NOTE_BYTES_MAX + 64, /* a text with the two lines in front that a witness signs too */
	BLOB_BYTES_MAX = 4096, /* id and signature of any algorithm: ML-DSA-44's with its time are 2,432 */
};

#define DASH "\xe2\x80\x94 " /* U+2014 and a space begin a signature line */

static const char remedy_key[] = "Copy the line of keys/journal.vkey again, whole: name+id+base64.";
static const char remedy_note[] = "Copy the note again, byte for byte, with its last line feed.";

/* Names */

/* Unicode's white space outside the control characters; these are its only code points above U+0020. */
static const char *const spaces[] = {
    " ",
    "\xc2\x85",
    "\xc2\xa0",
    "\xe1\x9a\x80",
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a",
    "\xe2\x80\xa8",
    "\xe2\x80\xa9",
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe3\x80\x80",
};

static bool has_control(struct str s, bool lf_allowed)
{
	for (size_t i = 0; i < s.len; i++)
		if ((uint8_t)s.at[i] < 0x20 && !(lf_allowed && s.at[i] == '\n'))
			return true;
	return false;
}

static bool is_name(struct str name)
{
	if (name.len == 0 || name.len > NOTE_NAME_BYTES_MAX || !str_is_utf8(name) || has_control(name, false))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
		if (str_contains(name, str_of(spaces[i])))
			return false;
	return !str_contains(name, STR("+"));
}

/* Strict: padded, no white space, no bits left over. */
/* libsodium takes some bytes above 0x7F for digits. */
static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.at[i] >= 0x80)
			return false;
	return true;
}

static bool base64_read(struct str text, uint8_t *ret_bytes, size_t size, size_t *ret_len)
{
	if (!is_ascii(text))
		return false;
	return sodium_base642bin(ret_bytes, size, text.at ? text.at : "", text.len, NULL, ret_len, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0;
}

static bool base64_read_exactly(struct str text, uint8_t *ret_bytes, size_t size)
{
	size_t len;
	return base64_read(text, ret_bytes, size, &len) && len == size;
}

bool note_hash_read(struct str base64, struct merkle_hash *ret_hash)
{
	return base64_read_exactly(base64, ret_hash->at, sizeof ret_hash->at);
}

/* Keys */

static void key_id(const struct note_key *key, uint8_t ret_id[ID_BYTES])
{
	uint8_t bytes[NOTE_NAME_BYTES_MAX + 2 + KEY_BYTES], hash[crypto_hash_sha256_BYTES];
	struct buf b = BUF(bytes);
	buf_put_str(&b, note_key_name(key));
	buf_put_char(&b, '\n');
	buf_put_char(&b, (char)key->type);
	buf_put(&b, key->public_key, KEY_BYTES);
	crypto_hash_sha256(hash, b.at, b.len);
	memcpy(ret_id, hash, ID_BYTES);
}

static void key_set_name(struct note_key *key, struct str name)
{
	ASSERT(is_name(name));
	memcpy(key->name_at, name.at, name.len);
	key->name_len = name.len;
}

static int bad_key(struct error *error, enum error_code code, const char *what)
{
	error_set(error, code, "not a verifier key: %s", what);
	return error_remedy(error, "%s", remedy_key);
}

static int parse_key(struct str line, enum note_type type, const char *not_this, struct note_key *ret_key,
		     struct error *error)
{
	struct note_key key = {.type = type};
	struct str name, rest, id, base64;
	uint8_t typed[1 + KEY_BYTES], wanted[ID_BYTES];
	if (!str_cut(line, '+', &name, &rest) || !str_cut(rest, '+', &id, &base64))
		return bad_key(error, ERROR_INPUT, "it has not three parts with '+' between them");
	if (!is_name(name))
		return bad_key(error, ERROR_INPUT, "its name is empty, too long, or has a space or control character");
	if (!hex_read(id, key.id, ID_BYTES))
		return bad_key(error, ERROR_INPUT, "its id is not 8 lower-case hexadecimal digits");
	if (!base64_read_exactly(base64, typed, sizeof typed))
		return bad_key(error, ERROR_INPUT, "its last part is not 33 bytes in base64");
	if (typed[0] != type)
		return bad_key(error, ERROR_INPUT, not_this);
	key_set_name(&key, name);
	memcpy(key.public_key, typed + 1, KEY_BYTES);
	key_id(&key, wanted);
	if (memcmp(key.id, wanted, ID_BYTES) != 0)
		return bad_key(error, ERROR_CRYPTO, "its id is not that of its name and key");
	*ret_key = key;
	return 0;
}

int note_key_parse(struct str line, struct note_key *ret_key, struct error *error)
{
	return parse_key(line, NOTE_ED25519, "its algorithm is not Ed25519", ret_key, error);
}

int note_witness_parse(struct str line, struct note_key *ret_key, struct error *error)
{
	return parse_key(line, NOTE_COSIGNATURE, "it is not a witness's (type 4)", ret_key, error);
}

void note_key_write(struct buf *b, const struct note_key *key)
{
	uint8_t typed[1 + KEY_BYTES] = {(uint8_t)key->type};
	memcpy(typed + 1, key->public_key, KEY_BYTES);
	buf_put_str(b, note_key_name(key));
	buf_put_char(b, '+');
	buf_put_hex(b, key->id, ID_BYTES);
	buf_put_char(b, '+');
	buf_put_base64(b, typed, sizeof typed);
}

/* Signing */

static int init_signer(struct note_signer *signer, enum note_type type, struct str name,
		       const uint8_t seed[NOTE_SEED_BYTES], struct error *error)
{
	int ready = sodium_init();
	ASSERT(ready >= 0);
	if (!is_name(name)) {
		error_set(error, ERROR_INPUT, "\"" STR_FMT "\" cannot be a key's name", STR_ARG(name));
		return error_remedy(error, "Use 1 to %d bytes without white space and '+'.", NOTE_NAME_BYTES_MAX);
	}
	*signer = (struct note_signer){.key = {.type = type}};
	key_set_name(&signer->key, name);
	int done = crypto_sign_seed_keypair(signer->key.public_key, signer->secret, seed);
	ASSERT(done == 0);
	key_id(&signer->key, signer->key.id);
	return 0;
}

int note_signer_init(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		     struct error *error)
{
	return init_signer(signer, NOTE_ED25519, name, seed, error);
}

int note_witness_init(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		      struct error *error)
{
	return init_signer(signer, NOTE_COSIGNATURE, name, seed, error);
}

void note_signer_release(struct note_signer *signer)
{
	sodium_memzero(signer->secret, sizeof signer->secret);
}

static void put_line(struct buf *b, const struct note_key *key, const uint8_t *blob, size_t n)
{
	buf_put_str(b, STR(DASH));
	buf_put_str(b, note_key_name(key));
	buf_put_char(b, ' ');
	buf_put_base64(b, blob, n);
	buf_put_char(b, '\n');
}

static bool is_text(struct str text)
{
	return str_ends(text, STR("\n")) && str_is_utf8(text) && !has_control(text, true);
}

static void sign(uint8_t ret_signature[SIGNATURE_BYTES], const struct note_signer *signer, struct str message)
{
	int done = crypto_sign_detached(ret_signature, NULL, (const uint8_t *)message.at, message.len, signer->secret);
	ASSERT(done == 0);
}

void note_sign(struct buf *b, const struct note_signer *signer, struct str text)
{
	ASSERT(signer->key.type == NOTE_ED25519 && is_text(text));
	uint8_t blob[ID_BYTES + SIGNATURE_BYTES];
	memcpy(blob, signer->key.id, ID_BYTES);
	sign(blob + ID_BYTES, signer, text);
	buf_put_str(b, text);
	buf_put_char(b, '\n');
	put_line(b, &signer->key, blob, sizeof blob);
}

static void put_cosigned(struct buf *b, uint64_t time_s, struct str text)
{
	BUF_LIT(b, "cosignature/v1\ntime ");
	buf_put_u64(b, time_s);
	buf_put_char(b, '\n');
	buf_put_str(b, text);
	ASSERT(!b->over);
}

void note_cosign(struct buf *b, const struct note_signer *witness, struct str text, uint64_t time_s)
{
	ASSERT(witness->key.type == NOTE_COSIGNATURE && is_text(text) && text.len <= NOTE_BYTES_MAX);
	ASSERT(time_s > 0 && time_s <= INT64_MAX);
	uint8_t blob[ID_BYTES + TIME_BYTES + SIGNATURE_BYTES];
	char message_bytes[COSIGNED_BYTES_MAX];
	struct buf message = BUF(message_bytes);
	put_cosigned(&message, time_s, text);
	memcpy(blob, witness->key.id, ID_BYTES);
	for (int i = 0; i < TIME_BYTES; i++)
		blob[ID_BYTES + i] = (uint8_t)(time_s >> (8 * (TIME_BYTES - 1 - i)));
	sign(blob + ID_BYTES + TIME_BYTES, witness, buf_str(&message));
	put_line(b, &witness->key, blob, sizeof blob);
}

/* Opening */

static int bad_note(struct error *error, const char *what)
{
	error_set(error, ERROR_INPUT, "not a signed note: %s", what);
	return error_remedy(error, "%s", remedy_note);
}

/* The last empty line divides text and signatures; the text keeps its last LF. */
static bool divide(struct str note, struct str *ret_text, struct str *ret_signatures)
{
	for (size_t i = note.len; i-- > 1;)
		if (note.at[i] == '\n' && note.at[i - 1] == '\n') {
			*ret_text = (struct str){note.at, i};
			*ret_signatures = (struct str){note.at + i + 1, note.len - i - 1};
			return true;
		}
	return false;
}

static bool is_signature(const struct note_key *key, struct str message, const uint8_t signature[SIGNATURE_BYTES])
{
	return crypto_sign_verify_detached(signature, (const uint8_t *)message.at, message.len, key->public_key) == 0;
}

/* What stands behind the key's id, of a witness: the time, then the signature. */
static bool is_cosignature(const struct note_key *key, struct str text, const uint8_t *bytes, uint64_t *ret_time_s)
{
	char message_bytes[COSIGNED_BYTES_MAX];
	struct buf message = BUF(message_bytes);
	uint64_t time_s = 0;
	for (int i = 0; i < TIME_BYTES; i++)
		time_s = time_s << 8 | bytes[i];
	if (time_s > INT64_MAX)
		return false;
	put_cosigned(&message, time_s, text);
	*ret_time_s = time_s;
	return is_signature(key, buf_str(&message), bytes + TIME_BYTES);
}

/* Whether bytes, which stand behind the key's id in a line, are the key's signature of its kind. */
static bool is_signed(const struct note_key *key, struct str text, const uint8_t *bytes, size_t n, uint64_t *ret_time_s)
{
	*ret_time_s = 0;
	if (key->type == NOTE_COSIGNATURE)
		return n == TIME_BYTES + SIGNATURE_BYTES && is_cosignature(key, text, bytes, ret_time_s);
	return n == SIGNATURE_BYTES && is_signature(key, text, bytes);
}

/* One signature line without LF: 1 signed by the key, 0 by another, or the error. */
static int check_line(struct str line, struct str text, const struct note_key *key, uint64_t *ret_time_s,
		      struct error *error)
{
	uint8_t blob[BLOB_BYTES_MAX];
	size_t len;
	struct str name, base64, dash = STR(DASH);
	if (!str_starts(line, dash))
		return bad_note(error, "a signature line does not begin with a dash and a space");
	struct str rest = {line.at + dash.len, line.len - dash.len};
	if (!str_cut(rest, ' ', &name, &base64) || !is_name(name))
		return bad_note(error, "a signature line has no name");
	if (!base64_read(base64, blob, sizeof blob, &len) || len <= ID_BYTES)
		return bad_note(error, "a signature is not base64 of a key id and a signature");
	if (!str_eq(name, note_key_name(key)) || memcmp(blob, key->id, ID_BYTES) != 0)
		return 0;
	if (is_signed(key, text, blob + ID_BYTES, len - ID_BYTES, ret_time_s))
		return 1;
	error_set(error, ERROR_CRYPTO, "the signature of " STR_FMT " is wrong", STR_ARG(name));
	return error_remedy(error, "The text was changed, or this is not its signature: fetch the note again.");
}

int note_find(struct str note, const struct note_key *key, struct str *ret_text, struct note_line *ret_line,
	      struct error *error)
{
	struct str text, signatures, line;
	struct note_line newest = {0};
	if (note.len > NOTE_BYTES_MAX)
		return bad_note(error, "it is longer than 65,535 bytes");
	if (!str_is_utf8(note) || has_control(note, true))
		return bad_note(error, "it is not UTF-8, or has a control character");
	if (!divide(note, &text, &signatures))
		return bad_note(error, "no empty line divides text and signatures");
	if (!str_ends(signatures, STR("\n")))
		return bad_note(error, "its last line is not a signature and LF");
	for (int n = 0; str_cut(signatures, '\n', &line, &signatures); n++) {
		uint64_t time_s;
		if (n == NOTE_SIGNATURES_MAX)
			return bad_note(error, "it has more than 64 signatures");
		int found = check_line(line, text, key, &time_s, error);
		if (found < 0)
			return found;
		if (found > 0 && (newest.line.len == 0 || time_s > newest.time_s))
			newest = (struct note_line){{line.at, line.len + 1}, time_s};
	}
	if (newest.line.len == 0) {
		error_set(error, ERROR_CRYPTO, "the note is not signed by " STR_FMT, STR_ARG(note_key_name(key)));
		return error_remedy(error, "Check it with the key that signed it.");
	}
	*ret_text = text;
	*ret_line = newest;
	return 0;
}

int note_open(struct str note, const struct note_key *key, struct str *ret_text, struct error *error)
{
	struct note_line line;
	return note_find(note, key, ret_text, &line, error);
}

/* Checkpoints */

void note_checkpoint_write(struct buf *b, const struct note_checkpoint *checkpoint)
{
	ASSERT(is_name(checkpoint->origin));
	buf_put_str(b, checkpoint->origin);
	buf_put_char(b, '\n');
	buf_put_u64(b, checkpoint->size);
	buf_put_char(b, '\n');
	buf_put_base64(b, checkpoint->root.at, MERKLE_HASH_BYTES);
	buf_put_char(b, '\n');
}

static int bad_checkpoint(struct error *error, int line, const char *what)
{
	error_set(error, ERROR_INPUT, "not a checkpoint: %s", what);
	error_where(error, "line %d", line);
	return error_remedy(error, "%s", remedy_note);
}

static int parse_head(struct str text, struct note_checkpoint *ret_checkpoint, struct str *ret_rest,
		      struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str size, root, rest = text;
	int64_t number;
	if (!str_cut(rest, '\n', &checkpoint.origin, &rest) || checkpoint.origin.len == 0)
		return bad_checkpoint(error, 1, "there is no origin");
	if (!str_cut(rest, '\n', &size, &rest) || !str_to_i64(size, 0, INT64_MAX, &number))
		return bad_checkpoint(error, 2, "the size is not a decimal number");
	if (!str_cut(rest, '\n', &root, &rest) || !note_hash_read(root, &checkpoint.root))
		return bad_checkpoint(error, 3, "the root is not 32 bytes in base64");
	checkpoint.size = (uint64_t)number;
	*ret_checkpoint = checkpoint;
	*ret_rest = rest;
	return 0;
}

int note_checkpoint_parse(struct str text, struct note_checkpoint *ret_checkpoint, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str rest;
	int failed = parse_head(text, &checkpoint, &rest, error);
	if (failed < 0)
		return failed;
	if (!is_name(checkpoint.origin))
		return bad_checkpoint(error, 1, "the origin is not a name");
	if (rest.len > 0)
		return bad_checkpoint(error, 4, "there are more than three lines");
	*ret_checkpoint = checkpoint;
	return 0;
}

int note_checkpoint_parse_any(struct str text, struct note_checkpoint *ret_checkpoint, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str rest, more;
	int failed = parse_head(text, &checkpoint, &rest, error);
	if (failed < 0)
		return failed;
	while (rest.len > 0)
		if (!str_cut(rest, '\n', &more, &rest) || more.len == 0)
			return bad_checkpoint(error, 4, "a further line is empty, or does not end");
	*ret_checkpoint = checkpoint;
	return 0;
}
