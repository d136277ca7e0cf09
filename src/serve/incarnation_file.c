#include "serve/incarnation_file.h"

#include "base/folder.h"
#include "gen/codec.h"

#include <unistd.h>

enum { FILE_BYTES_MAX = 2 << 20 };

static const char name[] = "incarnation.json";

int incarnation_read_file(const char *directory, struct incarnation *ret_incarnation, struct arena *arena,
			  struct error *error)
{
	char path[FOLDER_PATH_BYTES], what[256];
	struct str text;
	int failed = folder_path(path, directory, name, error);
	if (failed == 0 && access(path, F_OK) < 0) {
		*ret_incarnation = (struct incarnation){.incarnation = 1};
		return 0;
	}
	if (failed == 0)
		failed = folder_read(path, arena, FILE_BYTES_MAX, &text, error);
	if (failed < 0)
		return failed;
	struct json json = json_over(text, arena);
	if (incarnation_read(&json, ret_incarnation))
		return 0;
	json_error_text(&json, what, sizeof what);
	error_set(error, ERROR_INPUT, "%s", what);
	error_where(error, "%s, byte %zu", path, json.offset);
	return error_remedy(error,
			    "It is as chancery restore wrote it, or the mission does not start: restore once more.");
}

int incarnation_write_file(const char *directory, const struct incarnation *incarnation, struct arena *arena,
			   struct error *error)
{
	char path[FOLDER_PATH_BYTES];
	struct buf b = arena_buf(arena);
	incarnation_write(&b, incarnation);
	int failed = folder_path(path, directory, name, error);
	return failed < 0 ? failed : folder_replace(path, arena_keep(arena, &b), 0640, error);
}
