#include "cli/cli.h"

#include "serve/init.h"

int cli_init(int argc, char **argv)
{
	struct error error;
	if (argc != 4 || strcmp(argv[2], "--sample") != 0) {
		error_set(&error, ERROR_INPUT, "init needs a directory and a sample");
		error_remedy(&error, "chancery init DIR --sample sample");
		die(EXIT_USAGE, &error);
	}
	if (init_mission(argv[1], argv[3], &error) < 0)
		die(EXIT_FAILED, &error);
	printf("A mission is in %s. Its keys lie in plain files under keys/: good enough for a sample, not for an "
	       "embassy.\n",
	       argv[1]);
	return EXIT_OK;
}
