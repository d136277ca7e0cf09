#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "tlog/export.h"

#include <inttypes.h>

int cli_export(int argc, char **argv)
{
	struct option_value values[] = {{.name = "vkey"}};
	const char *directory = options_read(argc, argv, values, ARRAY_LEN(values));
	struct export_result result;
	struct error error;
	if (!directory)
		options_usage();
	struct note_key key = outside_mission_key(values[0].value);
	struct source source = outside_open(&key);
	if (export_record(source, &key, directory, outside_progress, &result, &error) < 0)
		die(error.code == ERROR_RECORD || error.code == ERROR_CRYPTO ? EXIT_RECORD : EXIT_FAILED, &error);
	source_close(source);
	printf("%" PRIu64 " entries in %s, %" PRIu64 " of them new; the checkpoint has %" PRIu64 " cosignatures.\n",
	       result.size, directory, result.size - result.before, result.cosignatures);
	return EXIT_OK;
}
