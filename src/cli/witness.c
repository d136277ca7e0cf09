#include "cli/cli.h"

/* Whatever speaks HTTP is another program, so that the core never has such a library in its memory. */
int cli_witness(int argc, char **argv)
{
	(void)argc;
	cli_become("-witness", argv);
}
