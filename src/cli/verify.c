#include "cli/cli.h"
#include "cli/options.h"

/* The check is another program on purpose: it shares no code with the one that it checks. */
int cli_verify(int argc, char **argv)
{
	char *words[] = {argv[0], (char[]){"journal.db"}, (char[]){"keys/journal.vkey"}, NULL};
	if (options_read(argc, argv, NULL, 0))
		options_usage();
	cli_become("-verify", words);
}
