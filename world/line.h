/* line.h: one multidrop line, as a pseudo-terminal with its readers at the far end.
 *
 * The driver opens the slave side through a symlink (run/lines/line-1), as it would open a serial port; a
 * real port may take the symlink's place. The world holds the slave open too: a driver that dies and comes
 * again finds the same line, and the readers notice nothing but silence.
 *
 * A pseudo-terminal carries bytes in no time. The line gives them the time that they need at its speed, both
 * ways, and the reader its 3 ms, so that what is measured here says something about a real line. Speed 0 is a
 * line that takes no time.
 *
 * Times are microseconds of a clock that never goes back.
 */
#ifndef WORLD_LINE_H
#define WORLD_LINE_H

#include "base/error.h"
#include "world/reader.h"

enum {
	LINE_READERS_MAX = 32,
	LINE_ANSWERS_MAX = 8, /* on their way; more than that collide, and are lost */
	LINE_BITS_A_BYTE = 10,
	LINE_GAP_BYTES = 4, /* two characters of silence before each frame */
	LINE_THINK_US = 3000,
};

struct line_answer {
	int64_t due_us;
	size_t len; /* 0: free */
	uint8_t bytes[2 * READER_FRAME_BYTES_MAX];
};

struct line {
	int master, slave;
	uint32_t baud;				  /* 0: no time */
	struct reader *readers[LINE_READERS_MAX]; /* the caller's */
	size_t readers_len;
	struct line_answer answers[LINE_ANSWERS_MAX];
	uint64_t frames; /* answered */
};

/* Makes the pseudo-terminal and puts the symlink in place of what was there, but never in place of a device
 * or file. */
int line_open(struct line *line, const char *symlink_path, uint32_t baud, struct error *error);
void line_add(struct line *line, struct reader *reader);
void line_close(struct line *line);

/* Everything the driver has written is heard by every reader. Call it when `master` is readable. */
int line_hear(struct line *line, int64_t now_us, struct error *error);

/* Lets the readers' time pass: reader_tick for each. And gives the port free that a driver took for itself
 * alone (TIOCEXCL): call it more often than a driver comes again, every 50 ms or so. */
void line_tick(struct line *line, int64_t now_us);

/* When line_send has something to do; INT64_MAX when nothing is on its way. */
int64_t line_due_us(const struct line *line);
void line_send(struct line *line, int64_t now_us);

/* Bytes that no reader sent. */
void line_noise(struct line *line, const uint8_t *bytes, size_t n);

#endif
