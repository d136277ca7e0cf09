/* values.h: the values that must not be seen by everybody, each of which can be known by looking at bytes.
 *
 * Everything personal or secret that the simulator says holds a text of twelve bytes, "qZ7x" and a number in eight
 * hexadecimal digits. So whoever sees a line, an entry or a sector knows whose value of which kind stands there, in
 * clear or as the hexadecimal digits of bytes.
 */
#ifndef TESTS_SIM_VALUES_H
#define TESTS_SIM_VALUES_H

#include "base/buf.h"

enum { VALUES_MAX = 4096, VALUE_BYTES = 12, VALUE_CARD_BYTES = 16 };

enum value_kind {
	VALUE_NAME,    /* of a person */
	VALUE_CARD,    /* of a badge */
	VALUE_HEALTH,  /* of a dossier */
	VALUE_PICTURE, /* a file of a person's */
	VALUE_WHY,     /* of a grave command about a person */
	VALUE_PIN,     /* secret */
	VALUE_READER,  /* the key of a reader: secret */
	VALUE_TITLE,   /* marked, and not personal: it lies on the disk in clear */
	VALUE_SAID,    /* for the eyes of one person, and not personal either */
	VALUE_KINDS
};

struct value {
	enum value_kind kind;
	uint64_t person; /* 0: nobody's that is known */
	bool is_entered; /* it is in the record, */
	uint64_t entry;	 /* from this entry on */
	bool is_erased;	 /* the keys that open it are gone */
	unsigned times_shown;   /* a card of nobody: at readers, */
	unsigned times_entered; /* and in the record */
	bool is_free;	 /* it was said of nobody in particular too: a card that nobody knows is shown */
};

struct values {
	struct value at[VALUES_MAX];
	uint32_t n;
};

uint32_t values_new(struct values *values, enum value_kind kind, uint64_t person);

/* Whether it must never stand on a disk in clear. */
bool value_is_sealed(enum value_kind kind);
const char *value_kind_name(enum value_kind kind);

void value_text(uint32_t value, char ret_text[VALUE_BYTES + 1]);
/* 16 bytes that hold it, for cards and keys, and how they are written in JSON. */
void value_hex(uint32_t value, char ret_digits[2 * VALUE_CARD_BYTES + 1]);

/* The next value behind *at, which goes on: 0 first. False when there is no more. */
bool values_find(const struct values *values, const void *bytes, size_t n, size_t *at, uint32_t *ret_value);

#endif
