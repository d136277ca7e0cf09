/* lines.h: lines of text over a descriptor that does not block.
 *
 * A line is at most LINE_BYTES_MAX bytes and ends with LF, which is not part of it. Nothing here looks into a
 * line. The memory belongs to the caller and is given once; nothing grows.
 *
 * Reading: call lines_in_fill when the descriptor is readable, then lines_in_next until it says LINES_NONE:
 *
 *     if (lines_in_fill(&in, &error) < 0)
 *             … the other side went away, or the system refused
 *     while ((found = lines_in_next(&in, &line)) != LINES_NONE)
 *             …
 *
 * A line that is too long is told once (LINES_TOO_LONG, no text), and skipped up to its LF however long it
 * is; the line behind it is read as usual. Bytes behind the last LF of a stream that ended are no line and
 * are dropped.
 *
 * Writing: a bounded queue. What does not fit is refused whole (ERROR_LIMIT): a line is never cut.
 * lines_out_flush writes what the descriptor takes and keeps the rest. The process must ignore SIGPIPE.
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include "base/buf.h"
#include "base/error.h"

enum { LINE_BYTES_MAX = 65535 };
/* The least memory for either direction: one longest line and its LF. */
enum { LINES_MEMORY_MIN = LINE_BYTES_MAX + 1 };

enum lines_found {
	LINES_NONE,
	LINES_LINE,
	LINES_TOO_LONG,
};

struct lines_in {
	int fd;
	uint8_t *at;
	size_t size;
	size_t begin;	 /* of what was not handed out yet */
	size_t searched; /* no LF between begin and here */
	size_t end;
	bool skipping; /* inside a line that was too long */
};

/* fd must be O_NONBLOCK and stays the caller's. */
void lines_in_init(struct lines_in *in, int fd, void *memory, size_t size);

/* One read. The number of bytes, 0 when there is nothing to read now or no room before lines_in_next is
 * called, ERROR_GONE at the end of the stream, ERROR_SYSTEM. */
int lines_in_fill(struct lines_in *in, struct error *error);

/* ret_line points into the memory and holds until the next lines_in_fill. */
enum lines_found lines_in_next(struct lines_in *in, struct str *ret_line);

struct lines_out {
	int fd;
	uint8_t *at;
	size_t size;
	size_t begin, end; /* what was not written yet */
};

void lines_out_init(struct lines_out *out, int fd, void *memory, size_t size);

/* Queues the line and its LF. ERROR_LIMIT when the queue is too full now; a LF inside the line is a
 * programmer's error. */
int lines_out_put(struct lines_out *out, struct str line, struct error *error);

/* The same without a copy: encode into what lines_out_begin gives (all the room there is for one line), then
 * lines_out_end queues it, or answers ERROR_LIMIT when the buffer ran over. Nothing may be queued in between.
 */
struct buf lines_out_begin(struct lines_out *out);
int lines_out_end(struct lines_out *out, const struct buf *line, struct error *error);

/* Writes what the descriptor takes now. 1 when something is left (wait for POLLOUT), 0 when all is written;
 * ERROR_GONE when the reader went away, ERROR_SYSTEM. */
int lines_out_flush(struct lines_out *out, struct error *error);

static inline size_t lines_out_waiting(const struct lines_out *out)
{
	return out->end - out->begin;
}

#endif
