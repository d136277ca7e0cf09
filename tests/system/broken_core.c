/* A program whose core never becomes ready: the one that an upgrade comes back from. Its trial goes well, which is the point. */
#include "serve/core_process.h"

int core_process_run(void)
{
	return EXIT_FAILED;
}
