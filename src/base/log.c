#include "base/log.h"

#include "base/clock.h"

#include <stdarg.h>
#include <unistd.h>

enum { LINE_BYTES_MAX = 1000 };

void log_line(const char *who, const char *format, ...)
{
	char line[LINE_BYTES_MAX + 2], when[32];
	int64_t now = clock_wall_ms();
	time_t second = (time_t)(now / 1000);
	struct tm utc;
	gmtime_r(&second, &utc);
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
	int used = snprintf(line, LINE_BYTES_MAX, "%s.%03dZ %s: ", when, (int)(now % 1000), who);
	ASSERT(used > 0 && used < LINE_BYTES_MAX);
	va_list args;
	va_start(args, format);
	int more = vsnprintf(line + used, LINE_BYTES_MAX - (size_t)used, format, args);
	va_end(args);
	ASSERT(more >= 0);
	size_t length = strlen(line);
	line[length++] = '\n';
	/* One write a line, so that lines of several processes do not mix. What nobody reads is lost on purpose. */
	ssize_t written = write(STDERR_FILENO, line, length);
	(void)written;
}
