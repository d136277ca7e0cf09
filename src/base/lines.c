#include "base/lines.h"

#include <errno.h>
#include <unistd.h>

void lines_in_init(struct lines_in *in, int fd, void *memory, size_t size)
{
	ASSERT(size >= LINES_MEMORY_MIN);
	*in = (struct lines_in){.fd = fd, .at = memory, .size = size};
}

/* Moves what is left to the front. Done only when there is no room behind: most fills move nothing. */
static void make_room(uint8_t *at, size_t *begin, size_t *end)
{
	memmove(at, at + *begin, *end - *begin);
	*end -= *begin;
	*begin = 0;
}

int lines_in_fill(struct lines_in *in, struct error *error)
{
	if (in->end == in->size) {
		in->searched -= in->begin;
		make_room(in->at, &in->begin, &in->end);
	}
	if (in->end == in->size)
		return 0;
	ssize_t n = read(in->fd, in->at + in->end, in->size - in->end);
	if (n > 0) {
		in->end += (size_t)n;
		return (int)n;
	}
	if (n == 0)
		return error_set(error, ERROR_GONE, "the other side closed the line");
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return error_system(error, "reading lines");
}

static void forget(struct lines_in *in)
{
	in->begin = in->searched = in->end = 0;
}

/* No LF in what is there: fine while a line may still end in time. */
static enum lines_found unfinished(struct lines_in *in)
{
	in->searched = in->end;
	if (in->skipping || in->end - in->begin > LINE_BYTES_MAX) {
		bool told = in->skipping;
		in->skipping = true;
		forget(in);
		return told ? LINES_NONE : LINES_TOO_LONG;
	}
	if (in->begin == in->end)
		forget(in);
	return LINES_NONE;
}

enum lines_found lines_in_next(struct lines_in *in, struct str *ret_line)
{
	for (;;) {
		uint8_t *lf = memchr(in->at + in->searched, '\n', in->end - in->searched);
		if (!lf)
			return unfinished(in);
		struct str line = {(const char *)in->at + in->begin, (size_t)(lf - in->at) - in->begin};
		in->begin = in->searched = (size_t)(lf - in->at) + 1;
		if (in->skipping) {
			in->skipping = false;
			continue;
		}
		if (line.len > LINE_BYTES_MAX)
			return LINES_TOO_LONG;
		*ret_line = line;
		return LINES_LINE;
	}
}

void lines_out_init(struct lines_out *out, int fd, void *memory, size_t size)
{
	ASSERT(size >= LINES_MEMORY_MIN);
	*out = (struct lines_out){.fd = fd, .at = memory, .size = size};
}

struct buf lines_out_begin(struct lines_out *out)
{
	if (out->begin > 0)
		make_room(out->at, &out->begin, &out->end);
	size_t room = out->size - out->end;
	room = room > 0 ? room - 1 : 0;
	return (struct buf){.at = out->at + out->end, .size = room < LINE_BYTES_MAX ? room : LINE_BYTES_MAX};
}

int lines_out_end(struct lines_out *out, const struct buf *line, struct error *error)
{
	ASSERT(line->at == out->at + out->end);
	if (line->over || out->end == out->size)
		return error_set(error, ERROR_LIMIT, "%zu bytes wait to be written: there is no room for this line",
				 lines_out_waiting(out));
	ASSERT(!memchr(line->at, '\n', line->len));
	out->end += line->len;
	out->at[out->end++] = '\n';
	return 0;
}

int lines_out_put(struct lines_out *out, struct str line, struct error *error)
{
	struct buf room = lines_out_begin(out);
	buf_put_str(&room, line);
	return lines_out_end(out, &room, error);
}

int lines_out_flush(struct lines_out *out, struct error *error)
{
	while (out->begin < out->end) {
		ssize_t n = write(out->fd, out->at + out->begin, out->end - out->begin);
		if (n >= 0)
			out->begin += (size_t)n;
		else if (errno == EAGAIN)
			return 1;
		else if (errno == EPIPE || errno == ECONNRESET)
			return error_set(error, ERROR_GONE, "the other side does not read any more");
		else if (errno != EINTR)
			return error_system(error, "writing lines");
	}
	out->begin = out->end = 0;
	return 0;
}
