#include "checkpoint.h"

#include "canonical.h"

#include <openssl/evp.h>
#include <string.h>

#define CHECKPOINT_TYPE_ED25519	    0x01
#define CHECKPOINT_SIGNATURE_BYTES  64
#define CHECKPOINT_BASE64_BYTES_MAX 1024	    /* decoded: more than any signature that is in use */
#define CHECKPOINT_DASH		    "\xe2\x80\x94 " /* U+2014 and a space */

/* Takes only what encodes back to the same bytes: padded, without white space, unused bits zero. Returns the length,
 * or -1. */
static int base64_read(const char *text, size_t len, uint8_t *ret_bytes, size_t bytes_max)
{
	uint8_t bytes[CHECKPOINT_BASE64_BYTES_MAX + 3];
	char again[CHECKPOINT_BASE64_BYTES_MAX * 4 / 3 + 8];
	if (len == 0 || len % 4 != 0 || len / 4 * 3 > CHECKPOINT_BASE64_BYTES_MAX)
		return -1;
	int got = EVP_DecodeBlock(bytes, (const uint8_t *)text, (int)len);
	if (got < 0)
		return -1;
	got -= text[len - 1] == '=';
	got -= text[len - 2] == '=';
	EVP_EncodeBlock((uint8_t *)again, bytes, got);
	if (strlen(again) != len || memcmp(again, text, len) != 0 || (size_t)got > bytes_max)
		return -1;
	memcpy(ret_bytes, bytes, (size_t)got);
	return got;
}

struct checkpoint_root_text checkpoint_root_text(const struct tree_hash *root)
{
	struct checkpoint_root_text text;
	EVP_EncodeBlock((uint8_t *)text.text, root->bytes, TREE_HASH_BYTES);
	return text;
}

/* A key's name: not empty, without spaces and '+'. */
static bool is_key_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)name[i] <= ' ' || name[i] == 0x7f || name[i] == '+')
			return false;
	return len > 0;
}

/* Verifier keys */

static bool hex_read_id(const char *text, uint8_t ret_id[4])
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < 8; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit)
			return false;
		ret_id[i / 2] = (uint8_t)(ret_id[i / 2] << 4 | (digit - digits));
	}
	return true;
}

static bool key_id(const struct checkpoint_key *key, uint8_t ret_id[4])
{
	uint8_t message[CHECKPOINT_NAME_BYTES_MAX + 2 + 32], hash[32];
	size_t len = strlen(key->name);
	memcpy(message, key->name, len);
	message[len++] = '\n';
	message[len++] = CHECKPOINT_TYPE_ED25519;
	memcpy(message + len, key->public, sizeof(key->public));
	if (!EVP_Digest(message, len + sizeof(key->public), hash, NULL, EVP_sha256(), NULL))
		return false;
	memcpy(ret_id, hash, 4);
	return true;
}

bool checkpoint_key_read(const uint8_t *line, size_t len, struct checkpoint_key *ret_key, struct complaint *complaint)
{
	struct checkpoint_key key = {0};
	const char *text = (const char *)line;
	uint8_t public[1 + sizeof(key.public)], id[4];
	if (len > 0 && text[len - 1] == '\n')
		len--;
	const char *plus = memchr(text, '+', len);
	if (!plus || len - (size_t)(plus - text) < 11 || plus[9] != '+')
		return complain(complaint, "the key is not one line NAME+ID+BASE64");
	size_t name_len = (size_t)(plus - text);
	if (!is_key_name(text, name_len) || name_len > CHECKPOINT_NAME_BYTES_MAX)
		return complain(complaint, "the key's name is not one");
	memcpy(key.name, text, name_len);
	if (!hex_read_id(plus + 1, key.id))
		return complain(complaint, "the key's id is not 8 hexadecimal digits");
	int got = base64_read(plus + 10, len - name_len - 10, public, sizeof(public));
	if (got != (int)sizeof(public) || public[0] != CHECKPOINT_TYPE_ED25519)
		return complain(complaint, "the key is not an Ed25519 key in base64");
	memcpy(key.public, public + 1, sizeof(key.public));
	if (!key_id(&key, id) || memcmp(id, key.id, 4) != 0)
		return complain(complaint, "the key's id is not that of its name and bytes");
	*ret_key = key;
	return true;
}

/* Notes */

struct note_line {
	const char *at;
	size_t len;
};

/* Cuts the next line off; every line ends with a newline. */
static bool note_line_next(const char **at, const char *end, struct note_line *ret_line)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	if (!newline)
		return false;
	*ret_line = (struct note_line){*at, (size_t)(newline - *at)};
	*at = newline + 1;
	return true;
}

static bool note_bytes_check(const uint8_t *note, size_t len, struct complaint *complaint)
{
	unsigned line = 1;
	if (len > CHECKPOINT_NOTE_BYTES_MAX)
		return complain(complaint, "the note has %zu bytes, at most %d are allowed", len,
				CHECKPOINT_NOTE_BYTES_MAX);
	for (const uint8_t *at = note, *end = note + len; at < end;) {
		size_t step = canonical_utf8(at, end);
		if (step == 0 || (*at < 0x20 && *at != '\n'))
			return complain(complaint, "line %u is not UTF-8 without control characters", line);
		line += *at == '\n';
		at += step;
	}
	return len > 0 && note[len - 1] == '\n' ? true : complain(complaint, "line %u does not end", line);
}

static bool size_read(struct note_line line, uint64_t *ret_size)
{
	uint64_t size = 0;
	for (size_t i = 0; i < line.len; i++) {
		if (line.at[i] < '0' || line.at[i] > '9')
			return false;
		size = size * 10 + (uint64_t)(line.at[i] - '0');
	}
	*ret_size = size;
	return line.len > 0 && line.len <= 16 && line.at[0] != '0'; /* an index is below 2^53 */
}

static bool lines_read(const char **at, const char *end, const char *name, struct checkpoint *ret,
		       struct complaint *complaint)
{
	static const char prefix[] = "chancery/";
	struct note_line line;
	if (!note_line_next(at, end, &line) || line.len != strlen(name) || memcmp(line.at, name, line.len) != 0)
		return complain(complaint, "line 1: the origin is not the key's name %s", name);
	if (line.len < sizeof(prefix) || memcmp(line.at, prefix, sizeof(prefix) - 1) != 0)
		return complain(complaint, "line 1: the origin is not chancery/ and a mission's name");
	if (!note_line_next(at, end, &line) || !size_read(line, &ret->size))
		return complain(complaint, "line 2: the size is not a decimal number above 0");
	if (!note_line_next(at, end, &line) ||
	    base64_read(line.at, line.len, ret->root.bytes, TREE_HASH_BYTES) != TREE_HASH_BYTES)
		return complain(complaint, "line 3: the root is not 32 bytes in base64");
	return true;
}

static bool signature_verify(const struct checkpoint_key *key, const char *text, size_t len, const uint8_t *signature)
{
	EVP_PKEY *public = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public, sizeof(key->public));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = public && context && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public) == 1 &&
		  EVP_DigestVerify(context, signature, CHECKPOINT_SIGNATURE_BYTES, (const uint8_t *)text, len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(public);
	return ok;
}

struct note_signature {
	struct note_line name;
	uint8_t bytes[CHECKPOINT_BASE64_BYTES_MAX]; /* the key's id, then the signature */
	int len;
};

static bool signature_read(struct note_line line, struct note_signature *ret)
{
	size_t dash = strlen(CHECKPOINT_DASH);
	if (line.len < dash || memcmp(line.at, CHECKPOINT_DASH, dash) != 0)
		return false;
	const char *name = line.at + dash, *end = line.at + line.len;
	const char *space = memchr(name, ' ', (size_t)(end - name));
	if (!space || !is_key_name(name, (size_t)(space - name)))
		return false;
	ret->name = (struct note_line){name, (size_t)(space - name)};
	ret->len = base64_read(space + 1, (size_t)(end - space - 1), ret->bytes, sizeof(ret->bytes));
	return ret->len > 4;
}

static bool signature_is_by(const struct note_signature *signature, const struct checkpoint_key *key)
{
	return signature->name.len == strlen(key->name) &&
	       memcmp(signature->name.at, key->name, signature->name.len) == 0 &&
	       memcmp(signature->bytes, key->id, 4) == 0;
}

static bool signatures_check(const char *text, size_t text_len, const char *at, const char *end,
			     const struct checkpoint_key *key, struct complaint *complaint)
{
	struct note_line line;
	struct note_signature signature;
	bool signed_by_key = false;
	for (unsigned number = 5; note_line_next(&at, end, &line); number++) {
		if (!signature_read(line, &signature))
			return complain(complaint, "line %u is not a signature", number);
		if (!signature_is_by(&signature, key))
			continue;
		if (signed_by_key)
			return complain(complaint, "line %u is a second signature by key %s", number, key->name);
		if (signature.len != 4 + CHECKPOINT_SIGNATURE_BYTES ||
		    !signature_verify(key, text, text_len, signature.bytes + 4))
			return complain(complaint, "line %u: the signature by key %s is wrong", number, key->name);
		signed_by_key = true;
	}
	return signed_by_key || complain(complaint, "no line is a signature by key %s", key->name);
}

bool checkpoint_read(const uint8_t *note, size_t len, const struct checkpoint_key *key,
		     struct checkpoint *ret_checkpoint, struct complaint *complaint)
{
	const char *text = (const char *)note, *at = text, *end = text + len;
	struct checkpoint checkpoint;
	struct note_line line;
	if (!note_bytes_check(note, len, complaint) || !lines_read(&at, end, key->name, &checkpoint, complaint))
		return false;
	size_t text_len = (size_t)(at - text);
	if (!note_line_next(&at, end, &line) || line.len != 0)
		return complain(complaint, "line 4 is not empty");
	if (!signatures_check(text, text_len, at, end, key, complaint))
		return false;
	*ret_checkpoint = checkpoint;
	return true;
}
