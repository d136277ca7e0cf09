#include "keys/record.h"

#include "base/buf.h"
#include "keys/crypt.h"
#include "keys/month.h"

enum { NAME_LEN_AT = 1, MEMBER_LEN_AT, VALUE_LEN_AT, SERIAL_AT, NUMBER_AT = 8, TEXT_AT = 16, VALUE_AT = 88 };

static const struct shape {
	const char *plural;
	size_t name_max, member_max; /* 0: there is none */
	uint64_t number_max;
	size_t value_min, value_max;
} shapes[KEY_KINDS] = {
    [KEY_NONE] = {"empty slots", 0, 0, 0, 0, 0},
    [KEY_SUBJECT] = {"subjects", RECORD_NAME_BYTES_MAX, 0, UINT64_MAX, CRYPT_KEY_BYTES, CRYPT_KEY_BYTES},
    [KEY_MONTH] = {"months", RECORD_CLASS_BYTES_MAX, 0, MONTH_MAX, CRYPT_KEY_BYTES, CRYPT_KEY_BYTES},
    [KEY_COMPARTMENT] = {"compartments", RECORD_NAME_BYTES_MAX, 0, 0, CRYPT_KEY_BYTES, CRYPT_KEY_BYTES},
    [KEY_SNAPSHOT] = {"snapshots", 0, 0, UINT64_MAX, CRYPT_KEY_BYTES, CRYPT_KEY_BYTES},
    [KEY_INDEX] = {"indexes", 0, 0, 0, CRYPT_KEY_BYTES, CRYPT_KEY_BYTES},
    [KEY_SECRET] = {"secrets", RECORD_NAME_BYTES_MAX, RECORD_MEMBER_BYTES_MAX, UINT64_MAX, 1, RECORD_VALUE_BYTES_MAX},
};

const char *key_kind_name(enum key_kind kind)
{
	ASSERT((unsigned)kind < KEY_KINDS);
	return shapes[kind].plural;
}

static bool text_fits(struct str text, size_t max)
{
	return text.len <= max && (text.len > 0) == (max > 0) && str_is_utf8(text);
}

int key_id_check(const struct key_id *id, struct error *error)
{
	ASSERT((unsigned)id->kind < KEY_KINDS);
	const struct shape *shape = &shapes[id->kind];
	if (text_fits(id->name, shape->name_max) && text_fits(id->member, shape->member_max) &&
	    id->name.len + id->member.len <= RECORD_TEXT_BYTES_MAX && id->number <= shape->number_max)
		return 0;
	error_set(error, ERROR_LIMIT, "no key of the kind “%s” can be called so", shape->plural);
	return error_remedy(error, "A table or a member has at most %d bytes, both together %d; a class at most %d.",
			    RECORD_NAME_BYTES_MAX, RECORD_TEXT_BYTES_MAX, RECORD_CLASS_BYTES_MAX);
}

void record_write(const struct record *record, uint8_t ret_bytes[RECORD_BYTES])
{
	ASSERT(key_id_check(&record->id, NULL) == 0);
	const struct shape *shape = &shapes[record->id.kind];
	ASSERT(record->n >= shape->value_min && record->n <= shape->value_max);
	struct buf b = {.at = ret_bytes + TEXT_AT, .size = RECORD_TEXT_BYTES_MAX};
	memset(ret_bytes, 0, RECORD_BYTES);
	ret_bytes[0] = (uint8_t)record->id.kind;
	ret_bytes[NAME_LEN_AT] = (uint8_t)record->id.name.len;
	ret_bytes[MEMBER_LEN_AT] = (uint8_t)record->id.member.len;
	ret_bytes[VALUE_LEN_AT] = (uint8_t)record->n;
	crypt_put_le(ret_bytes + SERIAL_AT, record->serial, 4);
	crypt_put_le(ret_bytes + NUMBER_AT, record->id.number, 8);
	buf_put_str(&b, record->id.name);
	buf_put_str(&b, record->id.member);
	memcpy(ret_bytes + VALUE_AT, record->value, record->n);
}

int record_read(const uint8_t bytes[RECORD_BYTES], struct record *ret_record, struct error *error)
{
	size_t name = bytes[NAME_LEN_AT], member = bytes[MEMBER_LEN_AT], n = bytes[VALUE_LEN_AT];
	if (bytes[0] >= KEY_KINDS || name + member > RECORD_TEXT_BYTES_MAX || n > RECORD_VALUE_BYTES_MAX)
		return error_set(error, ERROR_RECORD, "kind %u is not known to this program, or its lengths are wrong",
				 bytes[0]);
	struct record record = {.serial = (uint32_t)crypt_get_le(bytes + SERIAL_AT, 4), .n = n};
	const char *text = (const char *)bytes + TEXT_AT;
	record.id = (struct key_id){
	    (enum key_kind)bytes[0], {text, name}, {text + name, member}, crypt_get_le(bytes + NUMBER_AT, 8)};
	const struct shape *shape = &shapes[record.id.kind];
	bool padded = crypt_is_zero(bytes + TEXT_AT + name + member, RECORD_TEXT_BYTES_MAX - name - member) &&
		      crypt_is_zero(bytes + VALUE_AT + n, RECORD_VALUE_BYTES_MAX - n);
	if (key_id_check(&record.id, NULL) < 0 || n < shape->value_min || n > shape->value_max || !padded ||
	    (record.id.kind == KEY_NONE && record.serial != 0))
		return error_set(error, ERROR_RECORD, "a record of the kind “%s” is not as it should be",
				 shape->plural);
	memcpy(record.value, bytes + VALUE_AT, n);
	*ret_record = record;
	crypt_wipe(&record, sizeof record);
	return 0;
}
