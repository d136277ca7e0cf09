/* kit.h: what every driver of ours shares: its side of the contract with the core (src/schema/contract.yaml),
 * without processes and sockets.
 *
 * Lines of the core go in; out come those that the driver itself must act on. The rest is done here: hello,
 * numbers and repetition of reports, orders taken once, desired states and grant tables kept, time, heartbeats.
 * process.h gives it descriptors and the sandbox, tests give it a simulated disk and clock.
 *
 *     kit_init(&kit, …);
 *     kit_open(&kit, …);                               where `begin` gave a key: what an earlier process left
 *     while … kit_line(&kit, line, now_us, &said)
 *             SETTINGS: use them;  ORDER: kit_done or kit_expired must follow;  DESIRED: kit_desired or kit_expired;
 *             LEAVE: end, to be started again with what was kept
 *     number = kit_report(&kit, …);                    something happened
 *     next_us = kit_due(&kit, now_us);                 sends, saves: to be called after each of these, and then
 *
 * What is promised:
 *   1  nothing is sent before the core has said config, and then hello comes first;
 *   2  a report is written to the disk (survives this process) before it is sent, and synced (survives a power
 *      failure) when the core has not acknowledged it KIT_SYNC_US later. So nothing waits for the disk while the
 *      core answers, and no door ever does;
 *   3  an order is carried out once, also across processes; what became of one that a dead process had begun is not
 *      known, and not said;
 *   4  the answer to a desired state, and the confirmation of a table, leave when these are durable;
 *   5  a disk that fails costs what is kept, not the doors: it is said in the log, and the driver goes on in memory.
 */
#ifndef KIT_H
#define KIT_H

#include "base/log.h"
#include "driver/kit/kept.h"
#include "driver/kit/limit.h"
#include "driver/kit/outbox.h"
#include "driver/kit/tables.h"
#include "driver/kit/telemetry.h"
#include "driver/kit/wall.h"

enum {
	KIT_NAME_BYTES_MAX = 40,
	KIT_HASH_BYTES = 32,
	KIT_ARENA_BYTES = 512 * 1024,
	KIT_LINE_BYTES = 4096, /* of the longest line to the core */
	KIT_ORDERS_REMEMBERED = 1024,
	KIT_HEARTBEAT_US = 2 * 1000 * 1000,
	KIT_SYNC_US = 100 * 1000,
	KIT_TIME_US = 10 * 1000 * 1000, /* how often the time is written down */
	KIT_FLUSH_US = 10 * 1000 * 1000,
	KIT_ORDER_MS_MAX = 24 * 60 * 60 * 1000, /* no order is good for longer */
	KIT_RETRY_US = 10 * 1000,		/* a line that found no room is tried again after so long */
	KIT_TELEMETRY_BLOCKS = 512,
};
#define KIT_TELEMETRY_AGE_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

struct kit_outside {
	void *context;
	bool (*send)(void *context, struct str line); /* to the core; false when there is no room for the whole line */
	void (*entropy)(uint8_t *bytes, size_t n);
	void (*log)(enum log_event event, const void *fields); /* log_write */
};

struct kit_disk {
	struct file state, spool, telemetry;
};

enum kit_said_kind { KIT_NOTHING, KIT_SETTINGS, KIT_ORDER, KIT_DESIRED, KIT_LEAVE };

struct kit_order {
	uint64_t entry;
	uint32_t event;
	struct str name, body;
	int64_t until_us; /* elapsed; then it is expired, not done */
	int64_t answers;  /* number of the report that it is the answer to; 0: none */
};

/* Texts lie in the line that was said. */
struct kit_said {
	enum kit_said_kind kind;
	union {
		struct str settings; /* JSON; it holds keys: wipe the line when they are used */
		struct kit_order order;
		struct driver_desired desired;
	};
};

struct kit {
	char name_text[KIT_NAME_BYTES_MAX + 1];
	struct str name, kind;
	struct kit_outside outside;
	struct seal_keys keys;
	struct wall wall;
	bool begun;		       /* a key was given: it keeps things on disk */
	bool keeps, spools, remembers; /* and the state, the spool, the telemetry work */
	bool has_settings;	       /* those in use have this hash */
	bool hello_due, said_hello;    /* to the core that said config last */
	bool deaf;		       /* that core did not answer in time, and has said nothing since */
	bool save_desired;
	uint8_t settings_hash[KIT_HASH_BYTES], kept_hash[KIT_HASH_BYTES];
	int64_t answer_us;				      /* for so long a card waits for the core */
	int64_t heartbeat_us, unsynced_us, time_us, flush_us; /* when they are due; unsynced: INT64_MAX when not */
	uint64_t frames, refused, throttled;		      /* for the heartbeat; the driver's to count */
	struct limit tables_refused;
	size_t n_orders; /* ever taken; the newest are remembered */
	struct kit_order_id {
		uint64_t entry;
		uint32_t event;
	} orders[KIT_ORDERS_REMEMBERED];
	struct outbox outbox;
	struct desired_set desired;
	struct spool spool;
	struct kept kept;
	struct tables tables;
	struct telemetry telemetry;
	_Alignas(16) uint8_t arena_memory[KIT_ARENA_BYTES];
	uint8_t line[KIT_LINE_BYTES];
};

/* machine: what tells this start of the machine from others. clock_ms: the machine's calendar. The struct is
 * large: not on a stack. */
void kit_init(struct kit *kit, struct str kind, const struct kit_outside *outside,
	      const uint8_t machine[SPOOL_BOOT_BYTES], int64_t clock_ms, int64_t now_us);

/* Takes up what is on disk. The key is wiped by the caller. Whatever does not open is said in the log, and
 * begun anew. */
void kit_open(struct kit *kit, struct str name, const uint8_t key[SEAL_KEY_BYTES], const struct kit_disk *disk,
	      int64_t clock_ms, int64_t now_us);

/* The settings that were kept, if any; they are in use from now on. They lie in kit->kept: kept_wipe. */
bool kit_kept_settings(struct kit *kit, struct str *ret_settings);

/* The settings in use turned out to be of no use: the next config gives others, or the same again. */
void kit_drop_settings(struct kit *kit);

/* A line of the core, without its LF. */
void kit_line(struct kit *kit, struct str text, int64_t now_us, struct kit_said *ret_said);

/* Something happened at at_us. keep: it must survive a dead core (doors, alarms); others are dropped first. The
 * report's number, 0 when it was dropped. */
int64_t kit_report(struct kit *kit, struct str name, struct str body, bool keep, int64_t at_us);

/* Answers to KIT_ORDER and, when it cannot be done, to KIT_DESIRED. */
void kit_done(struct kit *kit, uint64_t entry, uint32_t event, int64_t now_us);
void kit_expired(struct kit *kit, uint64_t entry, uint32_t event, int64_t now_us);

/* The device is as desired, and is to be made so again by whoever comes after this process (kit->desired). */
void kit_desired(struct kit *kit, const struct driver_desired *desired, int64_t now_us);

/* Raw bytes, or a sample, for the driver's own store. */
void kit_remember(struct kit *kit, uint16_t kind, struct str bytes, int64_t now_us);

/* Into the log, under the driver's name. */
#define KIT_LOG(kit, event, ...) (kit)->outside.log(LOG_EVENT_##event, &(struct log_##event){__VA_ARGS__})

/* The next time at the latest. */
int64_t kit_due(struct kit *kit, int64_t now_us);

/* The process ends of its own will: what is in memory and belongs on the disk is written. */
void kit_close(struct kit *kit, int64_t now_us);

/* Whether the core would answer a report now. kit_deaf: it has not answered one in time. */
static inline bool kit_core_answers(const struct kit *kit)
{
	return kit->said_hello && !kit->deaf;
}

static inline void kit_deaf(struct kit *kit)
{
	kit->deaf = true;
}

static inline int64_t kit_wall_ms(const struct kit *kit, int64_t now_us)
{
	return wall_ms(&kit->wall, now_us);
}

#endif
