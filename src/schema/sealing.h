/* sealing.h: the personal values of one entry while it is written. Pure.
 *
 * Bodies are written by generated code (X_seal in gen/codec.c). Where a personal value would stand it writes a marker, [packet,value], and the
 * value itself goes into the packet of its subject and its time to be kept; sealing_finish has the packets encrypted (vault.h).
 * docs/journal-format.md, "What is sealed", has the form.
 *
 * A decision says whom an input concerns, by concern() of turn.h, where no member of the input names a row: a card that is read, a person who
 * is about to be enrolled.
 */
#ifndef SCHEMA_SEALING_H
#define SCHEMA_SEALING_H

#include "schema/vault.h"

enum {
	SEALING_VALUES_MAX = 512,
	SEALING_BYTES_MAX = 65536, /* of all values: no entry is longer */
};

struct sealing_packet {
	struct subject subject;
	struct str keep; /* empty: as long as the subject */
	unsigned n;	 /* values */
};

struct sealing_value {
	unsigned packet;
	size_t at, len; /* in `bytes` */
};

struct sealing {
	struct subject concerned;
	/* Whether there is such a row: a value is never sealed under somebody who does not exist. */
	bool (*exists)(const void *state, const struct subject *subject);
	const void *state;
	struct sealing_packet packets[VAULT_PACKETS_MAX];
	size_t n_packets;
	struct sealing_value values[SEALING_VALUES_MAX];
	size_t n_values;
	struct buf bytes; /* over `memory` */
	uint8_t memory[SEALING_BYTES_MAX];
};

/* A new entry; `exists` and `state` stay. */
void sealing_clear(struct sealing *sealing);

/* What the value is to be written into; sealing_end then writes its marker. A value that is kept with its subject's row, and has no subject, is kept
 * for `keep` from the entry on. */
struct buf *sealing_begin(struct sealing *sealing, struct subject subject, struct str keep, bool of_row);
void sealing_end(struct sealing *sealing, struct buf *b);

/* Encrypts. The n_packets packets lie in the arena. False when the values are too many or too long for an entry. */
bool sealing_finish(struct sealing *sealing, const struct vault *vault, const struct vault_place *place,
		    struct arena *arena, const struct vault_packet **ret_packets);

#endif
