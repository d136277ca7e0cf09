/* orders.h: what a test, or a curious person, may tell the world to do, one line each on standard input or with --fault. Pure.
 *
 *     badge line-1/0 0012ab40 26     a card is held to the reader: hexadecimal, bits
 *     silence line-1/2 5000          the reader's wire is cut for so many ms
 *     power line-1/0                 its power goes and comes back
 *     tamper line-1/0 on             its housing is opened (off: closed)
 *     fault line-1/0 bad_mac 3       its next 3 answers of that kind are spoilt (reader_fault.h has the names)
 *     noise line-1 64                so many bytes that no reader sent
 *     people off                     everybody stands still (on: they walk again)
 */
#ifndef WORLD_ORDERS_H
#define WORLD_ORDERS_H

#include "base/error.h"
#include "world/plan.h"
#include "world/reader_fault.h"

enum {
	ORDERS_NOISE_BYTES_MAX = 1024,
	ORDERS_SILENCE_MS_MAX = 3600000,
};

struct order {
	enum order_what {
		ORDER_BADGE,
		ORDER_SILENCE,
		ORDER_POWER,
		ORDER_TAMPER,
		ORDER_FAULT,
		ORDER_NOISE,
		ORDER_PEOPLE,
	} what;
	uint16_t reader, line; /* index in the plan */
	struct plan_card card;
	struct reader_fault fault;
	int64_t number; /* ms, or bytes */
	bool on;
};

/* ERROR_INPUT, with what was expected. */
int orders_read(const struct plan *plan, struct str line, struct order *ret_order, struct error *error);

#endif
