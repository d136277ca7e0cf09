/* outbox.h: what the driver has reported and the core has not yet made durable. Pure.
 *
 * Each event gets the next sequence number, 1 first, no gaps. It stays until the core has settled it, that is
 * acknowledged it or a later one, or refused it; so nothing is lost, and sent again it has the same number.
 *
 *     settled │ sent, waiting for the core │ to be sent │
 *             first                        sent         first + n
 *
 * The panel is told to be quiet at OUTBOX_QUIET, and to stand still at OUTBOX_STILL: polls are dropped, never
 * reports.
 */
#ifndef OSDP_OUTBOX_H
#define OSDP_OUTBOX_H

#include "driver/osdp/notice.h"

enum {
	OUTBOX_QUIET = 1000,
	OUTBOX_STILL = 1500,
	OUTBOX_MAX = OUTBOX_STILL + 2 * NOTICE_QUEUE_MAX,
};

struct outbox_entry {
	bool settled;
	struct notice notice;
};

struct outbox {
	int64_t first; /* sequence of the oldest that is not settled, or of the next to come */
	int64_t sent;  /* sequence of the next to be sent */
	size_t n;
	int64_t hold_until_us; /* the core is busy: nothing is sent before */
	struct outbox_entry at[OUTBOX_MAX];
};

void outbox_init(struct outbox *box);

void outbox_put(struct outbox *box, const struct notice *notice);

/* The next to be sent now and its sequence; NULL when there is none or the core is busy. outbox_sent goes on
 * to the one behind it. */
const struct notice *outbox_next(const struct outbox *box, int64_t now_us, int64_t *ret_sequence);
void outbox_sent(struct outbox *box);

/* What the core said. Sequences that are not waiting are ignored: they were said twice. */
void outbox_ack(struct outbox *box, int64_t sequence);	   /* it, and everything before it */
void outbox_refused(struct outbox *box, int64_t sequence); /* it alone */
void outbox_busy(struct outbox *box, int64_t sequence, int64_t until_us);

/* The core was started again: everything not settled is sent once more. */
void outbox_again(struct outbox *box);

#endif
