/* gate.h: cards that wait for the core's answer, and which of its answers still count. Pure.
 *
 * A door driver reports a card and waits. Either the core answers in time (any answer to the report, or an
 * order that names it), or the card is decided by the grant table (grant.h). What was decided so stays so: an
 * order that the core gives later, for the same card, would open the door twice, or for somebody who is gone.
 * So only orders that answer a card which is known here, and was not taken out, are carried out. Those of an
 * earlier process are not known here: nobody waits at that door any more.
 *
 *     gate_wait ──► waiting ──gate_settled, gate_takes──► answered: its orders count
 *                      └────gate_due──► taken out: decided by the table, its orders are void
 */
#ifndef KIT_GATE_H
#define KIT_GATE_H

#include "base/base.h"

enum { GATE_READS_MAX = 256, GATE_CARD_BYTES_MAX = 32 };

struct gate_card {
	uint64_t reader;
	int format; /* the driver's own */
	uint16_t bits;
	uint8_t bytes[GATE_CARD_BYTES_MAX]; /* (bits + 7) / 8 of them count */
	int64_t at_us;			    /* when it was read */
};

struct gate_read {
	int64_t number; /* of its report (outbox.h); 0: there is none */
	int64_t until_us;
	bool waits;
	struct gate_card card;
};

struct gate {
	size_t n;
	struct gate_read reads[GATE_READS_MAX]; /* by number, rising */
};

/* A card was reported and waits until then. False when too many wait: then it is to be decided at once. */
bool gate_wait(struct gate *gate, const struct gate_read *read);

/* The core has answered everything up to this number. */
void gate_settled(struct gate *gate, int64_t number);

/* A card whose time is over, taken out; false when there is none now. */
bool gate_due(struct gate *gate, int64_t now_us, struct gate_card *ret_card, int64_t *ret_number);

/* When gate_due is to be called next; INT64_MAX when never. */
int64_t gate_due_us(const struct gate *gate);

/* Whether an order that answers the report of this number counts. */
bool gate_takes(struct gate *gate, int64_t number);

#endif
