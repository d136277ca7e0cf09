#include "base/base.h"

#include "base/log.h"

#include <unistd.h>

static const char *context;

void panic_context(const char *doing)
{
	context = doing;
}

const char *panic_doing(void)
{
	return context ? context : "nothing in particular";
}

_Noreturn void panic(const char *file, int line, const char *why)
{
	if (log_has_begun())
		LOG(panicked, .pid = getpid(), .file = file, .line = line, .why = why);
	else
		fprintf(stderr, "chancery: panic: %s:%d: %s; it was doing: %s\n", file, line, why, panic_doing());
	abort();
}
