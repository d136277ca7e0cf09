#include "base/error.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void fill(char *to, size_t size, const char *format, va_list args)
{
	int written = vsnprintf(to, size, format, args);
	ASSERT(written >= 0);
}

int error_set(struct error *error, enum error_code code, const char *format, ...)
{
	ASSERT(code < 0);
	if (!error)
		return code;
	*error = (struct error){.code = code};
	va_list args;
	va_start(args, format);
	fill(error->what, sizeof error->what, format, args);
	va_end(args);
	return code;
}

int error_system(struct error *error, const char *format, ...)
{
	int number = errno;
	if (!error)
		return ERROR_SYSTEM;
	*error = (struct error){.code = ERROR_SYSTEM};
	va_list args;
	va_start(args, format);
	fill(error->what, sizeof error->what, format, args);
	va_end(args);
	size_t used = strlen(error->what);
	snprintf(error->what + used, sizeof error->what - used, ": %s", strerror(number));
	return ERROR_SYSTEM;
}

int error_where(struct error *error, const char *format, ...)
{
	if (!error)
		return ERROR_INPUT;
	va_list args;
	va_start(args, format);
	fill(error->where, sizeof error->where, format, args);
	va_end(args);
	return error->code;
}

int error_remedy(struct error *error, const char *format, ...)
{
	if (!error)
		return ERROR_INPUT;
	va_list args;
	va_start(args, format);
	fill(error->remedy, sizeof error->remedy, format, args);
	va_end(args);
	return error->code;
}

void error_print(const struct error *error)
{
	if (log_has_begun()) {
		LOG(failed, .why = error);
		return;
	}
	fprintf(stderr, "chancery: %s%s%s\n", error->where, error->where[0] ? ": " : "", error->what);
	if (error->remedy[0])
		fprintf(stderr, "  %s\n", error->remedy);
}

_Noreturn void die(enum exit_code exit_code, const struct error *error)
{
	error_print(error);
	exit((int)exit_code);
}
