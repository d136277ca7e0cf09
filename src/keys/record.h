/* record.h: what a slot of a key file holds when it is open: which key, and the key.
 *
 * A record is 216 bytes; integers are little endian; what is not used is zero:
 *
 *      0  kind (1)  0 for a slot that holds nothing: the rest is then zero
 *      1  length of the name (1), of the member (1), of the value (1)
 *      4  serial (4)   of two records of one name the greater counts: the power failed before the other was empty
 *      8  number (8)
 *     16  name, member behind it (72)
 *     88  value (128)
 *
 *     kind            name    member   number          value
 *     1 subject       table            id of the row   32 bytes: S
 *     2 month         class            month           32 bytes: M
 *     3 compartment   name                             32 bytes
 *     4 snapshot                       its number      32 bytes
 *     5 index                                          32 bytes
 *     6 secret        table   member   id of the row   1 to 128 bytes: a reader's key, a verifier of a PIN or password
 *
 * Texts are UTF-8. A record is read only after its seal was found good, and is still read strictly: a kind that
 * this program does not know was written by a newer one.
 */
#ifndef KEYS_RECORD_H
#define KEYS_RECORD_H

#include "base/error.h"
#include "base/str.h"

enum {
	RECORD_BYTES = 216,
	RECORD_NAME_BYTES_MAX = 40,
	RECORD_MEMBER_BYTES_MAX = 40,
	RECORD_TEXT_BYTES_MAX = 72, /* name and member together */
	RECORD_VALUE_BYTES_MAX = 128,
	RECORD_CLASS_BYTES_MAX = 8,
};

enum key_kind { KEY_NONE, KEY_SUBJECT, KEY_MONTH, KEY_COMPARTMENT, KEY_SNAPSHOT, KEY_INDEX, KEY_SECRET, KEY_KINDS };

/* Which key. Made by the functions below. */
struct key_id {
	enum key_kind kind;
	struct str name, member;
	uint64_t number;
};

static inline struct key_id key_of_subject(struct str table, uint64_t id)
{
	return (struct key_id){KEY_SUBJECT, table, {0}, id};
}

static inline struct key_id key_of_month(struct str keep, int64_t month)
{
	return (struct key_id){KEY_MONTH, keep, {0}, (uint64_t)month};
}

static inline struct key_id key_of_compartment(struct str name)
{
	return (struct key_id){KEY_COMPARTMENT, name, {0}, 0};
}

static inline struct key_id key_of_snapshot(uint64_t number)
{
	return (struct key_id){KEY_SNAPSHOT, {0}, {0}, number};
}

static inline struct key_id key_of_index(void)
{
	return (struct key_id){KEY_INDEX, {0}, {0}, 0};
}

static inline struct key_id key_of_secret(struct str table, uint64_t id, struct str member)
{
	return (struct key_id){KEY_SECRET, table, member, id};
}

/* Whether a key may be called so; no word of the id is in the error. */
int key_id_check(const struct key_id *id, struct error *error);

/* "subjects", "months" …, as they are counted for people. */
const char *key_kind_name(enum key_kind kind);

struct record {
	struct key_id id; /* texts point into the bytes that were read; kind KEY_NONE: nothing */
	uint32_t serial;
	size_t n;
	uint8_t value[RECORD_VALUE_BYTES_MAX];
};

void record_write(const struct record *record, uint8_t ret_bytes[RECORD_BYTES]);

/* ERROR_RECORD when it is not exactly as above. */
int record_read(const uint8_t bytes[RECORD_BYTES], struct record *ret_record, struct error *error);

#endif
