/* line.h: the drivers of the simulated mission, one a line of readers: each is what a driver of ours is, driver/kit and
 * the OSDP porter, upon a disk of its own and readers that are told, and tell, by notices. It may be late, away for
 * days, die at any step of its disk, start anew, meet a full or failing disk; or it is captured, and says anything
 * (line_captured.c).
 *
 * What the hub tells it is held against the ledger, and so is what happens at its doors: a door opens for an order of
 * the record, once and in time, or for a card that its grant table permits (ledger_tables.c), and never twice for one
 * card.
 *
 *     line.c           its connection, and what it is told
 *     line_process.c   its process: begin, end, disk
 *     line_doors.c     readers and strikes
 *     line_captured.c  one that somebody else speaks through
 */
#ifndef TESTS_SIM_LINE_H
#define TESTS_SIM_LINE_H

#include "driver/kit/kit.h"
#include "driver/osdp/porter.h"
#include "sim/chance.h"
#include "sim/machine.h"
#include "sim/talk.h"

enum {
	LINE_OUT_MAX = 64, /* lines that wait for the core */
	LINE_CARDS_MAX = 1024,
	LINE_OPENED_MAX = 16384,
	LINE_REPORTS_MAX = 512, /* of a captured one */
};

/* How a driver is; in thousandths. */
struct line_manner {
	unsigned late, lost; /* what readers do with orders */
	unsigned late_ms;
	bool is_captured;
	bool dies, disk_fails;
};

/* An order that has reached its reader. */
struct line_opened {
	uint64_t entry, event;
};

/* A card of nobody that was shown once. */
struct line_card {
	uint32_t value;
	bool may_be_lost; /* the power failed, or nobody could keep it */
};

struct line {
	size_t number;
	struct line_manner manner;
	struct talk *talk;
	struct chance *chance;
	const struct machine *machine;
	struct disk *disk;
	unsigned peer;	/* HUB_PEERS_MAX: not attached */
	bool is_away;	/* nobody connects it */
	bool is_alive;	/* its process */
	bool is_set_up; /* and has settings */
	bool has_left;	/* it ended to be started again */
	bool said_hello;
	bool
	    has_failed; /* its disk, once: what it reported from then on may be lost, or come twice (driver/kit/README.md) */
	bool has_config;		    /* of this hub */
	uint8_t start[SPOOL_BOOT_BYTES];    /* of the machine */
	char boot_text[17], heard_boot[17]; /* in the last hello, and in the last one that has reached the hub */
	size_t out_first, n_out;
	uint64_t orders;
	unsigned shown[LEDGER_READERS_MAX], acted[LEDGER_READERS_MAX]; /* by reader: cards, and what it did then */
	size_t n_files;
	struct file files[3];
	size_t n_cards, n_opened;
	/* Of a captured one */
	int64_t made, acked, sent;
	bool hello_is_due;
	struct str reports[LINE_REPORTS_MAX + 1]; /* the line of each, by sequence; in talk's memory */
	struct line_card cards[LINE_CARDS_MAX];
	struct line_opened opened_at[LINE_OPENED_MAX]; /* since the power failed last */
	struct line_out {
		size_t len;
		char at[KIT_LINE_BYTES];
	} out[LINE_OUT_MAX];
	struct kit kit;
	struct panel panel;
	struct porter porter;
	int64_t act_us[PANEL_READERS_MAX]; /* when the reader does its next order */
};

void line_init(struct line *line, size_t number, struct talk *talk, struct chance *chance,
	       const struct machine *machine);
void line_release(struct line *line);

/* Its process begins, anew; ends: nothing that it wrote is lost; or the power fails. */
void line_start(struct line *line);
void line_end(struct line *line);
void line_lose_power(struct line *line);
/* On another disk, with nothing on it. */
void line_begin_anew(struct line *line);

/* It is connected to a hub, which will say config; or no more. */
void line_attach(struct line *line, unsigned peer);
void line_detach(struct line *line);

/* A line of the hub's. */
void line_hear(struct line *line, struct str text);
/* The next line that it has for the hub; false: none. */
bool line_next(struct line *line, struct buf *b);
/* A line that a captured one says out of turn. */
void line_odd(struct line *line, struct buf *b);

/* What is due at its doors, for the core and on its disk. Returns when it is due again. */
int64_t line_run(struct line *line);

/* Somebody shows a card at a reader; a reader's case is opened or closed, it is there or not; any report. */
void line_show_card(struct line *line, uint64_t reader, uint32_t value);
void line_tell_state(struct line *line, uint64_t reader, unsigned kind);
void line_report(struct line *line, const char *name, struct str body);

/* After everything came to rest: all that was shown is in the record, and its devices are as they are to be. */
void line_check_rest(const struct line *line);

/* line_captured.c */
void line_captured_take(struct line *line, struct str kind, struct str body);
bool line_captured_next(struct line *line, struct buf *b);
void line_captured_report(struct line *line, const char *name, struct str body);

/* line_doors.c: the porter's, upon this panel. False: the process must end. */
bool line_set_up(struct line *line, struct str settings);
void line_take(struct line *line, const struct kit_said *said);

/* A line that leaves for the core: whatever may become an entry is remembered as said. */
void line_remember(struct line *line, struct str text);

#endif
