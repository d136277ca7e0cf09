#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "tlog/backup.h"

#include <inttypes.h>

int cli_backup(int argc, char **argv)
{
	struct option_value values[] = {{.name = "vkey"}};
	const char *directory = options_read(argc, argv, values, ARRAY_LEN(values));
	struct error error;
	if (!directory)
		options_usage();
	struct note_key key = outside_mission_key(values[0].value);
	struct backup backup = {
	    .source = outside_open(&key), .key = &key, .path = directory, .progress = outside_progress};
	if (backup_run(&backup, &error) < 0)
		die(error.code == ERROR_RECORD || error.code == ERROR_CRYPTO ? EXIT_RECORD : EXIT_FAILED, &error);
	source_close(backup.source);
	printf("%" PRIu64 " entries in %s, %" PRIu64 " of them new; %" PRIu64 " cosigned checkpoints.\n", backup.size,
	       directory, backup.size - backup.before, backup.cosignatures);
	return EXIT_OK;
}
