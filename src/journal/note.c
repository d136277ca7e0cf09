#include "journal/note.h"

#include <sodium.h>

enum {
	ED25519 = 0x01, /* C2SP signed-note's number of the algorithm */
	ID_BYTES = 4,
	KEY_BYTES = crypto_sign_PUBLICKEYBYTES,
	SIGNATURE_BYTES = crypto_sign_BYTES,
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

/* Keys */

static void key_id(const struct note_key *key, uint8_t ret_id[ID_BYTES])
{
	uint8_t bytes[NOTE_NAME_BYTES_MAX + 2 + KEY_BYTES], hash[crypto_hash_sha256_BYTES];
	struct buf b = BUF(bytes);
	buf_put_str(&b, note_key_name(key));
	buf_put_char(&b, '\n');
	buf_put_char(&b, ED25519);
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

int note_key_parse(struct str line, struct note_key *ret_key, struct error *error)
{
	struct note_key key = {0};
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
	if (typed[0] != ED25519)
		return bad_key(error, ERROR_INPUT, "its algorithm is not Ed25519");
	key_set_name(&key, name);
	memcpy(key.public_key, typed + 1, KEY_BYTES);
	key_id(&key, wanted);
	if (memcmp(key.id, wanted, ID_BYTES) != 0)
		return bad_key(error, ERROR_CRYPTO, "its id is not that of its name and key");
	*ret_key = key;
	return 0;
}

void note_key_write(struct buf *b, const struct note_key *key)
{
	uint8_t typed[1 + KEY_BYTES] = {ED25519};
	memcpy(typed + 1, key->public_key, KEY_BYTES);
	buf_put_str(b, note_key_name(key));
	buf_put_char(b, '+');
	buf_put_hex(b, key->id, ID_BYTES);
	buf_put_char(b, '+');
	buf_put_base64(b, typed, sizeof typed);
}

/* Signing */

int note_signer_init(struct note_signer *signer, struct str name, const uint8_t seed[NOTE_SEED_BYTES],
		     struct error *error)
{
	int ready = sodium_init();
	ASSERT(ready >= 0);
	if (!is_name(name)) {
		error_set(error, ERROR_INPUT, "\"" STR_FMT "\" cannot be a key's name", STR_ARG(name));
		return error_remedy(error, "Use 1 to %d bytes without white space and '+'.", NOTE_NAME_BYTES_MAX);
	}
	*signer = (struct note_signer){0};
	key_set_name(&signer->key, name);
	int done = crypto_sign_seed_keypair(signer->key.public_key, signer->secret, seed);
	ASSERT(done == 0);
	key_id(&signer->key, signer->key.id);
	return 0;
}

void note_signer_release(struct note_signer *signer)
{
	sodium_memzero(signer->secret, sizeof signer->secret);
}

void note_sign(struct buf *b, const struct note_signer *signer, struct str text)
{
	ASSERT(str_ends(text, STR("\n")) && str_is_utf8(text) && !has_control(text, true));
	uint8_t blob[ID_BYTES + SIGNATURE_BYTES];
	memcpy(blob, signer->key.id, ID_BYTES);
	int done = crypto_sign_detached(blob + ID_BYTES, NULL, (const uint8_t *)text.at, text.len, signer->secret);
	ASSERT(done == 0);
	buf_put_str(b, text);
	buf_put_str(b, STR("\n" DASH));
	buf_put_str(b, note_key_name(&signer->key));
	buf_put_char(b, ' ');
	buf_put_base64(b, blob, sizeof blob);
	buf_put_char(b, '\n');
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

/* One signature line without LF: 1 signed by the key, 0 by another, or the error. */
static int check_line(struct str line, struct str text, const struct note_key *key, struct error *error)
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
	if (len == ID_BYTES + SIGNATURE_BYTES &&
	    crypto_sign_verify_detached(blob + ID_BYTES, (const uint8_t *)text.at, text.len, key->public_key) == 0)
		return 1;
	error_set(error, ERROR_CRYPTO, "the signature of " STR_FMT " is wrong", STR_ARG(name));
	return error_remedy(error, "The text was changed, or this is not its signature: fetch the note again.");
}

int note_open(struct str note, const struct note_key *key, struct str *ret_text, struct error *error)
{
	struct str text, signatures, line;
	if (note.len > NOTE_BYTES_MAX)
		return bad_note(error, "it is longer than 65,535 bytes");
	if (!str_is_utf8(note) || has_control(note, true))
		return bad_note(error, "it is not UTF-8, or has a control character");
	if (!divide(note, &text, &signatures))
		return bad_note(error, "no empty line divides text and signatures");
	if (!str_ends(signatures, STR("\n")))
		return bad_note(error, "its last line is not a signature and LF");
	bool is_signed = false;
	for (int n = 0; str_cut(signatures, '\n', &line, &signatures); n++) {
		if (n == NOTE_SIGNATURES_MAX)
			return bad_note(error, "it has more than 64 signatures");
		int found = check_line(line, text, key, error);
		if (found < 0)
			return found;
		is_signed |= found > 0;
	}
	if (!is_signed) {
		error_set(error, ERROR_CRYPTO, "the note is not signed by " STR_FMT, STR_ARG(note_key_name(key)));
		return error_remedy(error, "Check it with the key that signed it.");
	}
	*ret_text = text;
	return 0;
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

int note_checkpoint_parse(struct str text, struct note_checkpoint *ret_checkpoint, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str size, root, rest = text;
	int64_t number;
	if (!str_cut(rest, '\n', &checkpoint.origin, &rest) || !is_name(checkpoint.origin))
		return bad_checkpoint(error, 1, "the origin is not a name");
	if (!str_cut(rest, '\n', &size, &rest) || !str_to_i64(size, 0, INT64_MAX, &number))
		return bad_checkpoint(error, 2, "the size is not a decimal number");
	if (!str_cut(rest, '\n', &root, &rest) || !base64_read_exactly(root, checkpoint.root.at, MERKLE_HASH_BYTES))
		return bad_checkpoint(error, 3, "the root is not 32 bytes in base64");
	if (rest.len > 0)
		return bad_checkpoint(error, 4, "there are more than three lines");
	checkpoint.size = (uint64_t)number;
	*ret_checkpoint = checkpoint;
	return 0;
}
