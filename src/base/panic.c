#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>

static const char *context;

void panic_context(const char *doing)
{
	context = doing;
}

_Noreturn void panic(const char *file, int line, const char *why)
{
	fprintf(stderr, "chancery: panic: %s:%d: %s%s%s\n", file, line, why, context ? " while " : "",
		context ? context : "");
	abort();
}
