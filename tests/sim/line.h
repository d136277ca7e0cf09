/* line.h: the drivers of the simulated mission, one a line of readers, as the contract (src/schema/contract.yaml)
 * lets them be: prompt or late, with answers lost or said twice, away for days, started anew with a spool or
 * without, or captured and talking nonsense.
 *
 * A driver keeps what it reported until it is acknowledged, says it again after hello, does an order once and in
 * time, and keeps its devices as they are to be. What the hub tells it is held against the ledger.
 */
#ifndef TESTS_SIM_LINE_H
#define TESTS_SIM_LINE_H

#include "sim/chance.h"
#include "sim/talk.h"

enum {
	LINE_REPORTS_MAX = 8192, /* of one boot */
	LINE_ANSWERS_MAX = 64,	 /* that it will give later */
	LINE_ORDERS_MAX = 16384,
	LINE_DESIRED_MAX = 16,
};

/* How a driver is; in thousandths. */
struct line_manner {
	unsigned late, lost, twice; /* its answers to orders */
	unsigned again;		    /* reports that it repeats for no reason */
	unsigned late_ms;
	bool spools; /* what it reported survives its process */
	bool is_captured;
};

struct line {
	size_t number;
	struct line_manner manner;
	struct talk *talk;
	struct chance *chance;
	unsigned peer; /* HUB_PEERS_MAX: not attached */
	bool is_away;  /* its process does not run, or does not talk */
	bool hello_is_due, said_hello;
	uint8_t boot[8];
	char boot_text[17];
	int64_t made, acked, sent; /* sequences; sent: up to this one since hello */
	int64_t held_until_us;	   /* the hub is busy */
	/* What it will say of orders, and when. */
	struct line_answer {
		int64_t at_us;
		uint64_t entry;
		unsigned event;
		bool expires;
	} answers[LINE_ANSWERS_MAX];
	size_t n_answers;
	struct line_desired {
		uint64_t reader, entry;
		unsigned event;
		struct str body;
	} desired[LINE_DESIRED_MAX];
	size_t n_desired, n_done;
	uint64_t orders, opened;
	/* What it has done, which outlives its process. */
	struct line_done {
		uint64_t entry;
		unsigned event;
	} done[LINE_ORDERS_MAX];
	struct str reports[LINE_REPORTS_MAX + 1]; /* the line of each, by sequence; in talk's memory */
	int64_t made_us[LINE_REPORTS_MAX + 1];
};

void line_init(struct line *line, size_t number, struct talk *talk, struct chance *chance);

/* Its process begins, anew. */
void line_start(struct line *line);
/* It is connected to a hub, which will say config; or no more. */
void line_attach(struct line *line, unsigned peer);
void line_detach(struct line *line);

/* A line of the hub's, at that elapsed time. */
void line_hear(struct line *line, struct str text, int64_t now_us);

/* Something happens at it: `body` in canonical JSON. */
void line_report(struct line *line, const char *name, struct str body, int64_t now_us);

/* The next line that it has to say now; false: none. */
bool line_next(struct line *line, int64_t now_us, struct buf *b);
/* A line that it says out of turn: repeats something, or, when it is captured, anything. */
void line_odd(struct line *line, struct buf *b);

/* After everything came to rest: it has answered, and its devices are as they are to be. */
void line_check_rest(const struct line *line);

#endif
