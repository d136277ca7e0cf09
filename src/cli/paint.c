#include "cli/paint.h"

#include <unistd.h>

bool paint_is_on(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

/* The sixteen colours that every terminal's own palette makes readable, on dark and on light. */
void paint_put(struct buf *b, enum paint paint)
{
	static const char *const codes[] = {"0", "1", "2", "32", "31", "33"};
	static int on = -1;
	if (on < 0)
		on = paint_is_on();
	if (!on)
		return;
	BUF_LIT(b, "\033[");
	buf_put_str(b, str_of(codes[paint]));
	BUF_LIT(b, "m");
}

void paint_flush(struct buf *b)
{
	fwrite(b->at, 1, b->len, stdout);
	fflush(stdout);
	buf_clear(b);
}
