#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "gen/codec.h"
#include "tlog/backup.h"
#include "tlog/forgotten.h"

#include <inttypes.h>

enum { MEMORY_BYTES = 16 << 20 };

_Noreturn static void fail(const struct error *error)
{
	die(error->code == ERROR_RECORD || error->code == ERROR_CRYPTO ? EXIT_RECORD : EXIT_FAILED, error);
}

/* Numbers of rows, no names: whoever carries it learns how many were forgotten, and nothing of whom. */
static int list_forgotten(const char *path, const struct note_key *key)
{
	struct arena memory = arena_map(MEMORY_BYTES);
	struct forgotten forgotten;
	struct error error;
	struct source source = outside_open(key);
	if (forgotten_list(source, key, outside_progress, &memory, &forgotten, &error) < 0)
		fail(&error);
	source_close(source);
	struct buf b = arena_buf(&memory);
	forgotten_write(&b, &forgotten);
	buf_put_char(&b, '\n');
	outside_write(path, buf_str(&b));
	printf("%zu persons and other rows, %zu months: forgotten in %" PRId64 " entries, listed in %s.\n",
	       forgotten.subjects.n, forgotten.months.n, forgotten.entries, path);
	arena_unmap(&memory);
	return EXIT_OK;
}

int cli_backup(int argc, char **argv)
{
	struct option_value values[] = {{.name = "vkey"}, {.name = "keys", .flag = true}, {.name = "list-forgotten"}};
	const char *directory = options_read(argc, argv, values, ARRAY_LEN(values));
	struct error error;
	if (!directory == !values[2].value)
		options_usage();
	struct note_key key = outside_mission_key(values[0].value);
	if (!directory)
		return list_forgotten(values[2].value, &key);
	struct backup backup = {.source = outside_open(&key),
				.key = &key,
				.path = directory,
				.mission = ".",
				.keys = values[1].value,
				.progress = outside_progress};
	if (backup_run(&backup, &error) < 0)
		fail(&error);
	source_close(backup.source);
	printf("%" PRIu64 " entries in %s, %" PRIu64 " of them new; %" PRIu64 " cosigned checkpoints, %" PRIu64
	       " files that entries name.\n",
	       backup.size, directory, backup.size - backup.before, backup.cosignatures, backup.blobs);
	if (backup.keys)
		printf("The mission's keys are in it: keep it as you keep them.\n");
	return EXIT_OK;
}
