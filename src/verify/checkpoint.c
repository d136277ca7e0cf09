#include "checkpoint.h"

#include "base64.h"
#include "canonical.h"

#include <stdio.h>
#include <string.h>

#define CHECKPOINT_SIGNATURE_BYTES 64
#define CHECKPOINT_TIME_BYTES	   8
#define CHECKPOINT_LINE_BYTES_MAX                                                                                      \
	(4 + CHECKPOINT_TIME_BYTES + CHECKPOINT_SIGNATURE_BYTES) /* decoded, of those we know */
#define CHECKPOINT_TEXT_BYTES_MAX (CHECKPOINT_NAME_BYTES_MAX + 1 + 16 + 1 + 44 + 1)
#define CHECKPOINT_DASH		  "\xe2\x80\x94 " /* U+2014 and a space */

struct checkpoint_root_text checkpoint_root_text(const struct tree_hash *root)
{
	struct checkpoint_root_text text;
	EVP_EncodeBlock((uint8_t *)text.text, root->bytes, TREE_HASH_BYTES);
	return text;
}

/* Spaces of Unicode outside of ASCII, and other bytes that no name has. */
static bool is_key_name_byte(const char *at, size_t len)
{
	static const char spaces[][4] = {
	    "\xc2\x85",	    "\xc2\xa0",	    "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
	    "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
	    "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
	    "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (len >= strlen(spaces[i]) && memcmp(at, spaces[i], strlen(spaces[i])) == 0)
			return false;
	return (uint8_t)*at > ' ' && *at != 0x7f && *at != '+';
}

/* A key's name: not empty, without spaces and '+'. */
static bool is_key_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_key_name_byte(name + i, len - i))
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
	message[len++] = (uint8_t)key->type;
	memcpy(message + len, key->public, sizeof(key->public));
	if (!EVP_Digest(message, len + sizeof(key->public), hash, NULL, EVP_sha256(), NULL))
		return false;
	memcpy(ret_id, hash, 4);
	return true;
}

bool checkpoint_key_read(const uint8_t *line, size_t len, enum checkpoint_type type, struct checkpoint_key *ret_key,
			 struct complaint *complaint)
{
	struct checkpoint_key key = {.type = type};
	const char *text = (const char *)line;
	uint8_t public[1 + sizeof(key.public)], id[4];
	size_t bytes;
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
	if (!base64_check(plus + 10, len - name_len - 10, &bytes) || bytes != sizeof(public))
		return complain(complaint, "the key is not 33 bytes in base64");
	base64_read(plus + 10, public, sizeof(public));
	if (public[0] != type)
		return complain(complaint, "the key is of type 0x%02x, expected 0x%02x, %s", public[0], type,
				type == CHECKPOINT_LOG ? "Ed25519" : "cosignature/v1 of a witness");
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

static bool root_read(struct note_line line, struct tree_hash *ret_root)
{
	size_t bytes;
	if (!base64_check(line.at, line.len, &bytes) || bytes != sizeof(ret_root->bytes))
		return false;
	base64_read(line.at, ret_root->bytes, bytes);
	return true;
}

static bool lines_read(const char **at, const char *end, const char *name, struct checkpoint *ret,
		       struct complaint *complaint)
{
	static const char prefix[] = "chancery/";
	struct note_line line = {"", 0};
	if (!note_line_next(at, end, &line) || line.len != strlen(name) || memcmp(line.at, name, line.len) != 0)
		return complain(complaint, "line 1: the origin is %.*s, the key's name %s",
				(int)(line.len < 100 ? line.len : 100), line.at, name);
	if (line.len < sizeof(prefix) || memcmp(line.at, prefix, sizeof(prefix) - 1) != 0)
		return complain(complaint, "line 1: the origin is not chancery/ and a mission's name");
	if (!note_line_next(at, end, &line) || !size_read(line, &ret->size))
		return complain(complaint, "line 2: the size is not a decimal number above 0");
	if (!note_line_next(at, end, &line) || !root_read(line, &ret->root))
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
	size_t len;				  /* of what the base64 stands for */
	uint8_t bytes[CHECKPOINT_LINE_BYTES_MAX]; /* its beginning: the key's id, then what that kind of key makes */
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
	*ret = (struct note_signature){.name = {name, (size_t)(space - name)}};
	if (!base64_check(space + 1, (size_t)(end - space - 1), &ret->len) || ret->len <= 4)
		return false;
	base64_read(space + 1, ret->bytes, ret->len < sizeof(ret->bytes) ? ret->len : sizeof(ret->bytes));
	return true;
}

static bool signature_is_named(const struct note_signature *signature, const char *name, size_t len)
{
	return signature->name.len == len && memcmp(signature->name.at, name, len) == 0;
}

/* Another key may have the same name; then its id is another. */
static bool signature_is_by(const struct note_signature *signature, const struct checkpoint_key *key)
{
	return signature_is_named(signature, key->name, strlen(key->name)) && memcmp(signature->bytes, key->id, 4) == 0;
}

static uint64_t signature_time(const struct note_signature *signature)
{
	uint64_t time_s = 0;
	for (size_t i = 0; i < CHECKPOINT_TIME_BYTES; i++)
		time_s = time_s << 8 | signature->bytes[4 + i];
	return time_s;
}

static bool signature_is_right(const struct note_signature *signature, const struct checkpoint_key *key,
			       const char *text, size_t text_len)
{
	char timed[CHECKPOINT_TEXT_BYTES_MAX + 64];
	if (key->type == CHECKPOINT_LOG)
		return signature->len == 4 + CHECKPOINT_SIGNATURE_BYTES &&
		       signature_verify(key, text, text_len, signature->bytes + 4);
	int len = snprintf(timed, sizeof(timed), "cosignature/v1\ntime %llu\n%.*s",
			   (unsigned long long)signature_time(signature), (int)text_len, text);
	return signature->len == CHECKPOINT_LINE_BYTES_MAX &&
	       signature_verify(key, timed, (size_t)len, signature->bytes + 4 + CHECKPOINT_TIME_BYTES);
}

/* The signature lines of a note, one after the other. */
struct signatures {
	const char *text, *at, *end;
	size_t text_len;
	unsigned line;
};

/* The text is the three lines before the first empty one. */
static struct signatures signatures_of(const uint8_t *note, size_t len)
{
	struct signatures s = {(const char *)note, (const char *)note, (const char *)note + len, 0, 4};
	struct note_line line;
	for (unsigned i = 0; i < 3; i++)
		note_line_next(&s.at, s.end, &line);
	s.text_len = (size_t)(s.at - s.text);
	note_line_next(&s.at, s.end, &line);
	return s;
}

static bool signatures_next(struct signatures *s, struct note_line *ret_line)
{
	s->line++;
	return note_line_next(&s->at, s->end, ret_line);
}

/* The one right signature by `key` among the lines, all of which must be of their form. ret_time_s may be NULL. */
static bool signatures_check(struct signatures s, const struct checkpoint_key *key, bool *ret_found,
			     uint64_t *ret_time_s, struct complaint *complaint)
{
	struct note_line line;
	struct note_signature signature;
	*ret_found = false;
	while (signatures_next(&s, &line)) {
		if (!signature_read(line, &signature))
			return complain(complaint, "line %u is not a signature", s.line);
		if (!signature_is_by(&signature, key))
			continue;
		if (*ret_found)
			return complain(complaint, "line %u is a second signature by key %s", s.line, key->name);
		if (!signature_is_right(&signature, key, s.text, s.text_len))
			return complain(complaint, "line %u: the signature by key %s is wrong", s.line, key->name);
		*ret_found = true;
		if (ret_time_s)
			*ret_time_s = signature_time(&signature);
	}
	return true;
}

bool checkpoint_read(const uint8_t *note, size_t len, const struct checkpoint_key *key,
		     struct checkpoint *ret_checkpoint, struct complaint *complaint)
{
	const char *at = (const char *)note, *end = at + len;
	struct checkpoint checkpoint;
	struct note_line line;
	bool found;
	if (!note_bytes_check(note, len, complaint) || !lines_read(&at, end, key->name, &checkpoint, complaint))
		return false;
	if (!note_line_next(&at, end, &line) || line.len != 0)
		return complain(complaint, "line 4 is not empty");
	if (!signatures_check(signatures_of(note, len), key, &found, NULL, complaint))
		return false;
	if (!found)
		return complain(complaint, "no line is a signature by key %s", key->name);
	*ret_checkpoint = checkpoint;
	return true;
}

bool checkpoint_read_kept(const uint8_t *note, size_t len, const struct checkpoint_key *key,
			  struct checkpoint *ret_checkpoint, struct complaint *complaint)
{
	struct checkpoint_key then = *key;
	const uint8_t *newline = memchr(note, '\n', len);
	size_t name_len = newline ? (size_t)(newline - note) : 0;
	if (name_len <= CHECKPOINT_NAME_BYTES_MAX && is_key_name((const char *)note, name_len)) {
		memcpy(then.name, note, name_len);
		then.name[name_len] = 0;
		if (!key_id(&then, then.id))
			return complain(complaint, "libcrypto has no SHA-256");
	}
	return checkpoint_read(note, len, &then, ret_checkpoint, complaint);
}

bool checkpoint_seen(const uint8_t *note, size_t len, const struct checkpoint_key *witness, bool *ret_found,
		     uint64_t *ret_time_s, struct complaint *complaint)
{
	return signatures_check(signatures_of(note, len), witness, ret_found, ret_time_s, complaint);
}

bool checkpoint_names_witness(const uint8_t *note, size_t len, const char *name, size_t name_len)
{
	struct signatures s = signatures_of(note, len);
	struct note_line line;
	struct note_signature signature;
	while (signatures_next(&s, &line))
		if (signature_read(line, &signature) && signature.len == CHECKPOINT_LINE_BYTES_MAX &&
		    signature_is_named(&signature, name, name_len))
			return true;
	return false;
}
