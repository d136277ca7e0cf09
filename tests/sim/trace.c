#include "sim/trace.h"

#include <stdarg.h>

enum { SHOWN_BYTES_MAX = 600 };

static struct {
	uint64_t seed, hash;
	unsigned step;
	bool loud, broken;
	char where[64];
} trace;

void trace_begin(uint64_t seed, bool loud)
{
	trace.seed = seed;
	trace.hash = 0;
	trace.step = 0;
	trace.loud = loud;
	trace.broken = false;
	trace.where[0] = 0;
}

void trace_step(unsigned step)
{
	trace.step = step;
}

unsigned trace_at(void)
{
	return trace.step;
}

static void mix(struct str text)
{
	trace.hash = trace.hash * UINT64_C(0x100000001b3) ^ str_hash(text);
}

void trace_say(const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	mix(str_of(text));
	if (trace.loud)
		printf("%5u  %s\n", trace.step, text);
}

void trace_line(const char *from, const char *to, struct str line)
{
	mix(line);
	if (trace.loud)
		printf("%5u  %s > %s  %.*s%s\n", trace.step, from, to,
		       (int)(line.len < SHOWN_BYTES_MAX ? line.len : SHOWN_BYTES_MAX), line.at,
		       line.len < SHOWN_BYTES_MAX ? "" : "…");
}

void trace_broken(const char *file, int line, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	if (trace.broken)
		return;
	trace.broken = true;
	snprintf(trace.where, sizeof trace.where, "%s:%d", name ? name + 1 : file, line);
	printf("     seed %llu, step %u, %s: ", (unsigned long long)trace.seed, trace.step, trace.where);
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

bool trace_is_broken(void)
{
	return trace.broken;
}

const char *trace_where(void)
{
	return trace.where;
}

uint64_t trace_hash(void)
{
	return trace.hash;
}
