#include "cli/cli.h"
#include "cli/options.h"

#include <errno.h>
#include <unistd.h>

/* The check is another program on purpose: it shares no code with the one that it checks. */
int cli_verify(int argc, char **argv)
{
	char program[4096];
	struct error error;
	if (options_read(argc, argv, NULL, 0, "verify"))
		options_usage("verify");
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - sizeof "-verify");
	ASSERT(length > 0);
	memcpy(program + length, "-verify", sizeof "-verify");
	execl(program, program, "journal.db", "keys/journal.vkey", (char *)NULL);
	error_system(&error, "cannot run %s", program);
	error_remedy(&error, "chancery-verify is installed beside chancery.");
	die(EXIT_FAILED, &error);
}
