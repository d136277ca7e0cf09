/* reader.h: one OSDP reader (a PD, "peripheral device"): bytes of the line in, bytes of its answer out. Pure.
 *
 * Written from the standard (SIA OSDP 2.2) alone, so that the mission's driver is tried against somebody
 * else's reading of it. The reader hears everything on its line and answers what is addressed to it:
 *
 * - Sequence 0 begins a session and ends a secure one; then 1, 2, 3, 1 …. The same number again is a panel
 * that did not hear the answer: it gets the stored answer, bit for bit, and nothing is done twice. Any other
 * number is NAK 4. A reader that has no session (just powered, or left alone for 8 s) answers NAK 4 with
 * sequence 0.
 * - A reader that must be secure answers ID, CAP, ACURXSIZE and the handshake in the clear, and NAK 6 to all
 * else: no card ever leaves it outside the channel. KEYSET is refused always: its key was put in by hand.
 * - A bad MAC ends the session. Wrong sequence numbers do not: they may be an attacker's.
 *
 * The reader has no clock: who calls gives the time, in ms of any clock that never goes back.
 */
#ifndef WORLD_READER_H
#define WORLD_READER_H

#include "world/reader_face.h"
#include "world/reader_fault.h"
#include "world/reader_secure.h"

enum {
	READER_CARDS_MAX = 4, /* shown, and not yet fetched by the panel */
	READER_CARD_BYTES_MAX = 32,
	READER_CARD_BITS_MAX = READER_CARD_BYTES_MAX * 8,
	READER_SESSION_MS =
	    8000,	    /* without a command for so long the session is over, and unfetched cards are forgotten */
	READER_GAP_MS = 20, /* a frame that stops for so long will not go on */
	READER_POWER_UP_MS = 500,
};

enum reader_nak {
	READER_NAK_CHECK = 1,
	READER_NAK_LENGTH = 2,
	READER_NAK_COMMAND = 3,
	READER_NAK_SEQUENCE = 4,
	READER_NAK_NO_CHANNEL = 5, /* the secure channel is not supported */
	READER_NAK_SECURITY = 6,   /* the security conditions are not met */
	READER_NAK_RECORD = 9,
};

struct reader_identity {
	uint8_t vendor[3], model, version;
	uint32_t serial;
	uint8_t firmware[3];
};

struct reader_config {
	uint8_t address;
	struct reader_identity identity;
	bool secure; /* it has a key, and must use it */
	uint8_t key[READER_KEY_BYTES];
	void *context;
	void (*nonce)(void *context, uint8_t *bytes, size_t n); /* fresh random bytes, for each handshake */
	void (*happened)(void *context, const struct reader_happening *happening);
};

struct reader_card {
	uint16_t bits;
	uint8_t bytes[READER_CARD_BYTES_MAX];
	int64_t shown_ms;
};

struct reader {
	struct reader_config config;
	struct reader_secure secure;
	struct reader_fault fault;

	uint8_t heard[READER_FRAME_BYTES_MAX];
	size_t heard_len;
	int64_t heard_ms;

	bool in_session;
	uint8_t sequence; /* of the last command that was done */
	int64_t command_ms;
	uint8_t reply[READER_FRAME_BYTES_MAX]; /* its answer */
	size_t reply_len;

	struct reader_face face;
	struct reader_card cards[READER_CARDS_MAX];
	size_t cards_len;
	bool tamper, status_news;
	int64_t deaf_until_ms;
};

void reader_init(struct reader *r, const struct reader_config *config);
void reader_release(struct reader *r);

/* The bytes that stood on the line. What the reader answers is appended to `answer`; ret_delay_ms is how much
 * later than usual. What does not fit into `answer` is not answered. */
void reader_hear(struct reader *r, const uint8_t *bytes, size_t n, int64_t now_ms, struct buf *answer,
		 int64_t *ret_delay_ms);

/* Ends what has an end: timed outputs, timed lights, a session that nobody speaks in. Call it every 50 ms or
 * so. */
void reader_tick(struct reader *r, int64_t now_ms);

/* A card is held before the reader. False when it has too many already, or is deaf. bits: 1 to
 * READER_CARD_BITS_MAX. */
bool reader_badge(struct reader *r, const uint8_t *card, uint16_t bits, int64_t now_ms);

/* The housing is opened or closed. */
void reader_tamper(struct reader *r, bool open);
/* The wire is cut for a while. */
void reader_silence(struct reader *r, int64_t until_ms);
/* The power goes, and comes back: everything but the key is forgotten. */
void reader_power_cycle(struct reader *r, int64_t now_ms);

#endif
