/* outbox.h: what the driver has reported and the core has not yet made durable.
 *
 * Each report gets the next number, 1 first, no gaps, and stays until the core has acknowledged (or refused) it
 * or a later one; so nothing is lost, and what is sent again is the same again.
 *
 *     settled │ sent, waiting for the core │ to be sent │
 *             first                        sent         next
 *
 * The newest OUTBOX_MEMORY reports are in memory; with a spool (spool.h) all are on disk too, and wait behind
 * the process's death. When no more can wait a report is not taken, and is counted; one that need not be kept
 * is not taken when three quarters are full.
 *
 * The core knows a report by boot and sequence, which is its number less `base`. The rule of the contract is
 * that of one driver nothing comes under an older boot once something came under a new one, and nothing twice.
 * So a process that finds a spool goes on with its boot and numbers: what the core has taken of it, config
 * says. Only where the two do not fit together (the core has forgotten what it acknowledged once, or has more
 * than the disk kept through a power failure; or a report is gone from the disk) is what waits named anew,
 * under a fresh boot, from 1. Nothing that was sent and may have been taken is ever named anew.
 */
#ifndef KIT_OUTBOX_H
#define KIT_OUTBOX_H

#include "driver/kit/spool.h"

enum {
	OUTBOX_MEMORY = 2048, /* reports */
	OUTBOX_NAME_BYTES_MAX = 64,
	OUTBOX_HEAD_BYTES = 40,
	OUTBOX_BODY_BYTES_MAX = SPOOL_BYTES_MAX - OUTBOX_HEAD_BYTES - OUTBOX_NAME_BYTES_MAX,
};

enum outbox_kind { OUTBOX_REPORT = 1, OUTBOX_DONE, OUTBOX_EXPIRED, OUTBOX_CONFIRMED };

struct outbox_report {
	enum outbox_kind kind;
	struct str name, body;	/* of a report: its name, its JSON */
	uint64_t entry;		/* of the order, done or expired; the table's number, confirmed */
	uint32_t event;		/* of the order */
	int64_t wall_ms, at_us; /* when it happened: calendar and elapsed time */
	bool earlier_start;	/* of the machine: then the elapsed time says nothing */
};

struct outbox {
	struct spool *spool; /* NULL: memory alone */
	struct spool_names names;
	int64_t first, sent, next;
	int64_t began;	       /* numbers from here on are of this process */
	int64_t origin;	       /* the number in the first place in memory */
	int64_t hold_until_us; /* the core is busy: nothing is sent before */
	uint64_t dropped;      /* reports that were not taken, or are gone from the disk */
	struct outbox_bytes {
		uint16_t n;
		uint8_t at[SPOOL_BYTES_MAX];
	} memory[OUTBOX_MEMORY];
	uint8_t read[SPOOL_BYTES_MAX]; /* from the spool */
};

/* Without a spool. `names`: a fresh boot, base 0, this start of the machine. */
void outbox_init(struct outbox *box, const struct spool_names *names);

/* With what waits in an open spool, which must outlive it. */
void outbox_use(struct outbox *box, struct spool *spool);

/* The report's number; 0 when it was not taken. keep: it must survive a dead core. When the disk fails the
 * report is in memory, ret_failed is true, and outbox_forsake must follow. */
int64_t outbox_put(struct outbox *box, const struct outbox_report *report, bool keep, bool *ret_failed,
		   struct error *error);

/* The disk failed: from now on the outbox lives in memory alone, with the newest that wait. True when others
 * are lost: what waits is named anew then, and hello must be said again. */
bool outbox_forsake(struct outbox *box, const uint8_t fresh_boot[SPOOL_BOOT_BYTES]);

/* What to send now, and its sequence; outbox_sent goes on to the one behind it. The texts hold until the next call. */
enum outbox_found {
	OUTBOX_NONE, /* or the core is busy */
	OUTBOX_NEXT,
	OUTBOX_GAP, /* the oldest that waits is gone from the disk: call outbox_skip, and say hello again */
};
enum outbox_found outbox_next(struct outbox *box, int64_t now_us, int64_t *ret_sequence,
			      struct outbox_report *ret_report);
void outbox_sent(struct outbox *box);

/* What the core said. Sequences that are not waiting are ignored: they were said twice. A refused report is
 * durable, and all before it. */
void outbox_ack(struct outbox *box, int64_t sequence);
void outbox_busy(struct outbox *box, int64_t sequence, int64_t until_us);

/* The core was started (again), and has taken `sequence` of `boot`; 0 and NULL when it knows none. Everything
 * that it has not is sent once more, perhaps under `fresh_boot`. ERROR_SYSTEM when the disk fails, as
 * outbox_put. */
int outbox_config(struct outbox *box, const uint8_t *boot, int64_t sequence, const uint8_t fresh_boot[SPOOL_BOOT_BYTES],
		  struct error *error);

/* Leaves out what is gone from the disk, and names the rest anew. */
int outbox_skip(struct outbox *box, const uint8_t fresh_boot[SPOOL_BOOT_BYTES], struct error *error);

static inline int64_t outbox_sequence(const struct outbox *box, int64_t number)
{
	return number - box->names.base;
}

static inline size_t outbox_waiting(const struct outbox *box)
{
	return (size_t)(box->next - box->first);
}

/* How long ago it happened: by elapsed time within one start of the machine, by the calendar over several. */
int64_t outbox_ago_ms(const struct outbox_report *report, int64_t wall_ms, int64_t now_us);

#endif
