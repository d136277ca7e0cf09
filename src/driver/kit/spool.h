/* spool.h: reports that wait for the core, in a ring on disk, sealed.
 *
 * A record has a number, 1 first, that rises by one. Those from `first` to before `next` wait. What is put
 * survives the process at once, and a power failure when spool_sync has returned; whatever was put before it
 * then does too. A ring that is full takes nothing more.
 *
 * Beside the records stands how the core names them: a record's sequence is its number less `base`, under this
 * boot (outbox.h).
 *
 * The file, integers little endian:
 *
 *     0         two slots (pair.h), name "names": boot 8 bytes, u64 base, u64 unsure, machine 8 bytes
 *     8192      records of 1,024 bytes: u64 number, then sealed (seal.h; its place is "record" and the number):
 *               u64 settled, u16 length, the bytes, zeros
 *
 * Waiting records lie one behind the other, behind the last place comes the first. When none waits the next one
 * goes to the first place, so the file is as long as the longest queue. `settled` is the newest number that did
 * not wait any more when the record was put. So when the file is opened, what waits is what lies behind the
 * greatest `settled`, up to the greatest number. A power failure, or a bad disk, may leave gaps in it: what is
 * put over a settled record can cost no other, and what was synced is there.
 */
#ifndef KIT_SPOOL_H
#define KIT_SPOOL_H

#include "base/arena.h"
#include "driver/kit/pair.h"

enum {
	SPOOL_BOOT_BYTES = 8,
	SPOOL_RECORD_BYTES = 1024,
	SPOOL_BYTES_MAX = SPOOL_RECORD_BYTES - 8 - SEAL_MORE_BYTES - 10, /* of what is put */
	SPOOL_RECORDS_MAX = 32768,					 /* places */
	SPOOL_SPARE = 64, /* places that are not used, so that a ring of so many more holds one */
	SPOOL_NAMES_BYTES = 32,
	SPOOL_HEAD_BYTES = PAIR_FILE_BYTES(SPOOL_NAMES_BYTES),
	SPOOL_LONG_RECORDS = 1024,   /* a file that grew beyond is cut when nothing waits */
	SPOOL_SCRATCH_BYTES = 65536, /* that spool_open needs */
};

/* Numbers stay below, as sequences do in JSON. */
#define SPOOL_NUMBERS (INT64_C(1) << 52)

/* How the core names the records. After a power failure the newest may be lost, and the core may have them:
 * records put since, from the number `unsure` on, have no name before the core has said what it has. 0: all
 * have. */
struct spool_names {
	uint8_t boot[SPOOL_BOOT_BYTES];
	int64_t base, unsure;
	uint8_t machine
	    [SPOOL_BOOT_BYTES]; /* the start of the machine: another one since means a power failure, or nearly */
};

struct spool {
	struct file file;
	uint32_t places;
	uint32_t place; /* of the next record */
	int64_t first, next;
	struct spool_names names;
	uint32_t unsynced;   /* records put behind the last sync */
	uint32_t unreadable; /* records that did not open, of whatever age */
	const uint8_t *key;
	struct pair head;
	uint8_t head_memory[PAIR_SLOT_BYTES(SPOOL_NAMES_BYTES)];
	uint8_t record[SPOOL_RECORD_BYTES];
};

/* Finds what waits. `fresh` are the names of a new file, or of one that another key wrote; ret_new tells; its
 * machine is the one that runs now. The key must outlive the spool. */
int spool_open(struct spool *spool, struct file file, uint32_t places, const uint8_t *key,
	       const struct spool_names *fresh, struct arena *scratch, bool *ret_new, struct error *error);

/* The record gets the number `next`. ERROR_LIMIT when too many wait. */
int spool_put(struct spool *spool, struct str bytes, struct error *error);

/* Reads a record that waits, into SPOOL_BYTES_MAX bytes. ERROR_RECORD when there is a gap. */
int spool_get(struct spool *spool, int64_t number, struct buf *ret_bytes, struct error *error);

/* Those up to this number do not wait any more. Nothing is written. */
void spool_settle(struct spool *spool, int64_t number);

/* The core names them so from now on; durable when it returns. */
int spool_name(struct spool *spool, const struct spool_names *names, struct error *error);

int spool_sync(struct spool *spool, struct error *error);

#endif
