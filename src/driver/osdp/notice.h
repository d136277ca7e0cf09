/* notice.h: what the panel has to tell, in the order it happened. Pure.
 *
 * The queue is emptied by its owner after every call into the panel. One call can make a few events a reader
 * at most, so a full queue is a programmer's error.
 */
#ifndef OSDP_NOTICE_H
#define OSDP_NOTICE_H

#include "driver/osdp/data.h"

enum {
	NOTICE_QUEUE_MAX = 2048,
	NOTICE_FRAME_BYTES_MAX = 64, /* of a refused frame */
};

enum notice_kind {
	NOTICE_CARD,
	NOTICE_ONLINE,
	NOTICE_OFFLINE,
	NOTICE_STATUS,
	NOTICE_REFUSED,
	NOTICE_DONE,
	NOTICE_EXPIRED,
};

enum notice_offline {
	NOTICE_NO_ANSWER,
	NOTICE_OFFLINE_BAD_MAC,
	NOTICE_HANDSHAKE_FAILED,
	NOTICE_WRONG_IDENTITY,
	NOTICE_REFUSED_BY_READER,
	NOTICE_LINE_LOST,
};

enum notice_refusal {
	NOTICE_CLEAR_DATA,
	NOTICE_BAD_MAC,
	NOTICE_BAD_CHECK,
	NOTICE_BAD_LENGTH,
	NOTICE_WRONG_ADDRESS,
	NOTICE_WRONG_SEQUENCE,
	NOTICE_BAD_CRYPTOGRAM,
	NOTICE_BAD_RMAC,
	NOTICE_WRONG_KEY,
	NOTICE_BAD_DATA,
};

struct notice_refused {
	enum notice_refusal why;
	uint32_t count; /* since the last event of this kind */
	uint8_t frame_len;
	uint8_t frame[NOTICE_FRAME_BYTES_MAX];
};

/* The name of an order: entry of the journal, number of the event in it. The driver's own orders (a card
 * decided by the grant table) have none, and nobody waits for what became of them. */
struct notice_order {
	uint64_t entry;
	uint32_t event;
	bool own;
};

struct notice {
	enum notice_kind kind;
	uint64_t reader;
	int64_t at_us; /* elapsed time */
	union {
		struct data_card card;
		struct data_pdid online;
		enum notice_offline offline;
		struct data_status status;
		struct notice_refused refused;
		struct notice_order order;
	};
};

struct notices {
	size_t first, n;
	struct notice at[NOTICE_QUEUE_MAX];
};

static inline void notice_put(struct notices *queue, const struct notice *notice)
{
	ASSERT(queue->n < NOTICE_QUEUE_MAX);
	queue->at[(queue->first + queue->n++) % NOTICE_QUEUE_MAX] = *notice;
}

/* False when there is none. */
static inline bool notice_take(struct notices *queue, struct notice *ret_event)
{
	if (queue->n == 0)
		return false;
	*ret_event = queue->at[queue->first];
	queue->first = (queue->first + 1) % NOTICE_QUEUE_MAX;
	queue->n--;
	return true;
}

#endif
