#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A journal that was tampered with must not speak to the reader's terminal. */
static void complaint_make_printable(struct complaint *complaint)
{
	for (unsigned char *c = (unsigned char *)complaint->what; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

bool complain(struct complaint *complaint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(complaint->what, sizeof(complaint->what), format, args);
	va_end(args);
	complaint_make_printable(complaint);
	return false;
}

bool complain_in(struct complaint *complaint, const char *format, ...)
{
	struct complaint inner = *complaint;
	va_list args;
	va_start(args, format);
	int len = vsnprintf(complaint->what, sizeof(complaint->what), format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < sizeof(complaint->what))
		snprintf(complaint->what + len, sizeof(complaint->what) - (size_t)len, ": %.*s",
			 (int)(sizeof(complaint->what) - 8), inner.what);
	complaint_make_printable(complaint);
	return false;
}
