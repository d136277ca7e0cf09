/* pd.h: one reader as the panel sees it: its secure channel, what it is to be told next, what its answers
 * mean. Pure: time and random bytes are given, events leave by the queue.
 *
 * A reader is DOWN until a handshake succeeds (CHLNG at sequence 0, SCRYPT at 1), then UP; its identity is
 * asked for first, then orders go before everything else, then what a new session needs (capabilities,
 * status, idle light), then polls. There is no clear exchange but the handshake itself, and no way to a
 * session but the configured key.
 *
 * A frame that does not fit changes nothing: it is refused (counted, reported at most once a second) and the
 * reader goes on waiting for the answer until the time is over. Then
 *   - the same bytes are sent again, so a reader that did not hear them acts, and one that did repeats its
 * stored reply;
 *   - after SENT_MAX times, or when something said the session is lost (a clear NAK, sequence 0), a new
 * handshake begins. So a clear frame can at most cost a handshake of some milliseconds, and an injected one
 * in front of the true answer nothing.
 *
 * A handshake that fails is tried again after 100, 200, 300, 400, 400 … ms. Later attempts wait for the
 * answer only 40 ms, every fourth the full 200 ms, so that a dead reader leaves the line to the others.
 */
#ifndef OSDP_PD_H
#define OSDP_PD_H

#include "driver/osdp/notice.h"
#include "driver/osdp/secure.h"

enum {
	PD_ANSWER_US = 200 * 1000,	    /* an answer begins within, section 5.7 */
	PD_PROBE_US = 40 * 1000,	    /* a reader that was not there a moment ago */
	PD_OFFLINE_US = 8 * 1000 * 1000,    /* without an answer that could be trusted */
	PD_IDLE_POLL_US = 45 * 1000,	    /* 22 polls a second */
	PD_ACTIVE_POLL_US = 10 * 1000,	    /* while somebody is at the door */
	PD_ACTIVE_US = 2 * 1000 * 1000,	    /* and for how long after a card or an order */
	PD_ACTIVE_BONUS_US = 50 * 1000,	    /* how much earlier an active reader counts as due */
	PD_HANDSHAKE_EVERY_US = 100 * 1000, /* at most, of one reader */
	PD_HANDSHAKE_STEP_US = 100 * 1000,
	PD_HANDSHAKE_STEPS_MAX = 4,
	PD_WRONG_RETRY_US = 1000 * 1000, /* a device that is not the one we know */
	PD_BUSY_US = 20 * 1000,
	PD_NAK_US = 200 * 1000, /* an order the reader did not take is tried again */
	PD_REFUSED_EVERY_US = 1000 * 1000,
	PD_LATE_US = 1000 * 1000, /* how long an answer may be late and still be recognised as such */
	PD_SENT_MAX = 3,
	PD_SESSION_FRAMES_MAX = 20000,
	PD_ORDERS_MAX = 8,
};
#define PD_SESSION_US (INT64_C(600) * 1000 * 1000)
#define PD_NEVER_US   INT64_MAX

struct pd_settings {
	uint64_t reader;
	uint8_t address, output;
	uint8_t key[SECURE_KEY_BYTES];
};

enum pd_order_kind { PD_RELEASE, PD_SIGNAL_REFUSED };

struct pd_order {
	struct notice_order name;
	enum pd_order_kind kind;
	int64_t release_ms; /* of READER_RELEASE */
	int64_t until_us;   /* elapsed; then it is expired, not done */
	uint8_t step;
	bool told; /* its event is out */
	bool sent; /* and not refused since */
};

enum pd_phase { PD_DOWN, PD_CHALLENGED, PD_PROVING, PD_UP };
enum pd_state { PD_NEVER_SEEN, PD_ONLINE, PD_OFFLINE };

struct pd {
	struct pd_settings settings;
	struct secure secure;
	enum pd_phase phase;
	enum pd_state state;
	enum notice_offline trouble; /* what it is offline for, should it stay so */
	/* The exchange: a command that waits for its answer. */
	uint8_t command; /* 0: none */
	uint8_t sequence, times_sent;
	bool is_order;	  /* the command belongs to the first order */
	bool heard, lost; /* something was refused; something said that the session is lost */
	size_t sent_len;
	uint8_t sent[FRAME_COMMAND_BYTES_MAX];
	/* The last good reply, by its length and last bytes, to know its repetition. */
	size_t last_len;
	uint8_t last_tail[FRAME_MAC_BYTES + FRAME_CRC_BYTES];
	/* The session. */
	bool identified;
	uint8_t setup; /* steps still to do */
	uint32_t frames, failures;
	int64_t session_us, handshake_us;
	/* The device. */
	bool known;	 /* identity is that of the device first seen */
	bool wrong_told; /* another one answers, and that was reported */
	struct data_pdid identity;
	struct data_capabilities can;
	bool status_known;
	struct data_status status;
	/* Times. */
	int64_t due_us, good_us, active_until_us, orders_from_us, late_until_us;
	/* Orders, first come first served. */
	size_t n_orders;
	struct pd_order orders[PD_ORDERS_MAX];
	/* Refused frames not yet reported. */
	uint64_t refused_total;
	int64_t refused_from_us;
	struct notice_refused refused;
};

void pd_init(struct pd *pd, const struct pd_settings *settings, int64_t now_us);
void pd_release(struct pd *pd); /* wipes the keys */

/* False when READER_ORDERS_MAX wait already. */
bool pd_order(struct pd *pd, const struct pd_order *order, int64_t now_us);

/* When it wants the line next, for comparison with other readers; orders come long before everything else. */
int64_t pd_claim_us(const struct pd *pd);
/* No session, and none came of the last try. */
bool pd_seems_dead(const struct pd *pd);
/* When it wants the line next, in time. */
int64_t pd_due_us(const struct pd *pd);

/* What to send now: pd->sent, sent_len bytes: the last command again, or the next. entropy gives random bytes
 * for a handshake. quiet: ask for no cards. */
void pd_command(struct pd *pd, void (*entropy)(uint8_t *bytes, size_t n), bool quiet, int64_t now_us);

/* How long to wait for the answer of what was just sent. */
int64_t pd_patience_us(const struct pd *pd);

/* A good frame from this reader's address, while it is asked (true: the exchange is over) or not asked. */
bool pd_answer(struct pd *pd, const struct frame *frame, struct notices *notices, int64_t now_us);
void pd_unasked(struct pd *pd, const struct frame *frame, enum notice_refusal why, int64_t now_us);

/* The time for the answer is over. */
void pd_silent(struct pd *pd, int64_t now_us);

/* Refuses a frame: counts it; pd_watch reports it, now or when a second has passed since the last. */
void pd_refuse(struct pd *pd, enum notice_refusal why, const uint8_t *raw, size_t n);

/* What time alone brings: offline, orders expired, refusals to report. quiet: refusals are only counted. The
 * time of the next is pd_watch_us. */
void pd_watch(struct pd *pd, bool quiet, struct notices *notices, int64_t now_us);
int64_t pd_watch_us(const struct pd *pd, bool quiet);

/* The line is gone. */
void pd_line_lost(struct pd *pd, struct notices *notices, int64_t now_us);

#endif
