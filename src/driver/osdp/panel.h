/* panel.h: the control panel of one OSDP line. Pure: no I/O and no clock inside.
 *
 * The line is half duplex: one command, then its answer, one exchange at a time. The panel decides whom to
 * ask next: orders before all else (they wait only for the exchange under way), then who has been due
 * longest; a reader at which something happened counts as due a little earlier.
 *
 * The owner's loop:
 *
 *     for (;;) {
 *             int64_t next = panel_tick(&panel, clock_elapsed_us());
 *             … write panel.out[0 … out_len) to the line, set out_len to 0
 *             … take the events with notice_take(&panel.notices, …)
 *             … wait for bytes until `next`; give them to panel_bytes
 *     }
 *
 * Times are elapsed microseconds and must not go back. After panel_bytes and panel_order call panel_tick.
 */
#ifndef OSDP_PANEL_H
#define OSDP_PANEL_H

#include "driver/osdp/pd.h"

enum {
	PANEL_READERS_MAX = 127,
	PANEL_SILENCE_US = 50 * 1000,	   /* no byte for so long: a frame half there is not finished any more. The
					 standard's 20 ms, and what a USB adapter may hold back */
	PANEL_PROBE_EVERY_US = 500 * 1000, /* a reader that is not there gets a turn before those that are */
	PANEL_HOLD_US = 3 * 1000,	   /* after a card the line is kept free so long for what the core decides */
	PANEL_REPEATED_US = 20 * 1000,	   /* room for the answer to a repetition that had crossed the answer */
	PANEL_BITS_A_BYTE = 10,
	PANEL_GAP_BYTES = 2,
};

/* What passed on the line, whoever sent it. Polls, and the answers that nothing happened, are left out. */
enum panel_seen { PANEL_SENT, PANEL_HEARD, PANEL_NOISE };

struct panel {
	uint32_t baud;
	bool quiet; /* set by the owner: ask for no cards, report no refusals */
	void (*entropy)(uint8_t *bytes, size_t n);
	void (*witness)(enum panel_seen seen, const uint8_t *bytes, size_t n, int64_t now_us); /* may be NULL */
	/* What is to be written to the line. */
	size_t out_len;
	uint8_t out[1 + FRAME_COMMAND_BYTES_MAX];
	struct notices notices;
	uint64_t frames;       /* good ones, from anybody */
	uint64_t refused_else; /* refused, and of no reader; panel_refused has all */
	/* The exchange under way. */
	struct pd *waiting; /* NULL: the line is ours */
	int64_t deadline_us, free_us, byte_us;
	int64_t hold_us;  /* until then only orders */
	int64_t probe_us; /* when a dead reader has its turn again */
	struct frame_reader in;
	size_t n_readers;
	struct pd readers[PANEL_READERS_MAX];
};

/* entropy gives bytes of the operating system's generator. The struct is large: do not put it on a stack. */
void panel_init(struct panel *panel, uint32_t baud, void (*entropy)(uint8_t *bytes, size_t n));
void panel_release(struct panel *panel);

/* ERROR_INPUT: an address used twice or above 7E, a weak key; ERROR_LIMIT: too many. */
int panel_add(struct panel *panel, const struct pd_settings *settings, int64_t now_us, struct error *error);

/* Bytes from the line. */
void panel_bytes(struct panel *panel, const uint8_t *bytes, size_t n, int64_t now_us);

/* Does what is due, fills `out` when a command is to be sent. Returns the time of the next call at the
 * latest. */
int64_t panel_tick(struct panel *panel, int64_t now_us);

/* Takes an order for a reader. Answered by NOTICE_DONE or NOTICE_EXPIRED; false when there is no such reader
 * or too many orders wait for it. */
bool panel_order(struct panel *panel, uint64_t reader, const struct pd_order *order, int64_t now_us);

uint64_t panel_refused(const struct panel *panel);

/* The device is gone: all readers are reported offline. */
void panel_line_lost(struct panel *panel, int64_t now_us);

#endif
