#include "tlog/witness_file.h"

#include "base/settings.h"

enum { PATH_BYTES_MAX = 255 };

static const struct settings settings = {"witness.yaml", "docs/outside.md shows a whole witness.yaml."};

static int read_tls(const struct yaml *root, struct witness_file *file, struct error *error)
{
	static const char *const keys[] = {"certificate", "key"};
	const struct yaml *tls = yaml_get(root, "tls");
	if (!tls)
		return 0;
	int failed = settings_keys(&settings, tls, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, tls, "certificate", PATH_BYTES_MAX, &file->certificate, error);
	return failed < 0 ? failed : settings_text(&settings, tls, "key", PATH_BYTES_MAX, &file->key, error);
}

static int read_log(const struct yaml *node, struct witness_log *log, struct error *error)
{
	static const char *const keys[] = {"vkey", "origin"};
	struct str vkey;
	int failed = settings_keys(&settings, node, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, node, "vkey", NOTE_VKEY_BYTES_MAX, &vkey, error);
	if (failed < 0)
		return failed;
	failed = note_key_parse(vkey, &log->key, error);
	if (failed < 0) {
		yaml_where(yaml_get(node, "vkey"), settings.path, error);
		return error_remedy(error, "Copy the line of that mission's keys/journal.vkey, whole.");
	}
	log->origin = note_key_name(&log->key);
	return yaml_get(node, "origin")
		   ? settings_text(&settings, node, "origin", NOTE_NAME_BYTES_MAX, &log->origin, error)
		   : 0;
}

static int read_logs(const struct yaml *root, struct witness_file *file, struct error *error)
{
	const struct yaml *logs = yaml_get(root, "logs");
	if (!logs || logs->kind != YAML_LIST || logs->n == 0 || logs->n > WITNESS_LOGS_MAX)
		return settings_wrong(&settings, logs ? logs : root, error, "`logs` must be a list of 1 to 1,024",
				      "Write logs: and a line for each.");
	for (const struct yaml *node = logs->first; node; node = node->next) {
		struct witness_log *log = &file->logs[file->n_logs];
		int failed = read_log(node, log, error);
		if (failed < 0)
			return failed;
		for (size_t i = 0; i < file->n_logs; i++)
			if (str_eq(file->logs[i].origin, log->origin))
				return settings_wrong(&settings, node, error, "two logs have one origin",
						      "What was cosigned is kept by it: name each log once.");
		file->n_logs++;
	}
	return 0;
}

int witness_file_read(struct witness_file *ret_file, struct arena *arena, struct error *error)
{
	static const char *const keys[] = {"name", "tls", "logs"};
	const struct yaml *root;
	*ret_file = (struct witness_file){0};
	int failed = yaml_read_file(settings.path, arena, &root, error);
	if (failed == 0)
		failed = settings_keys(&settings, root, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, root, "name", NOTE_NAME_BYTES_MAX, &ret_file->name, error);
	if (failed == 0)
		failed = read_tls(root, ret_file, error);
	return failed < 0 ? failed : read_logs(root, ret_file, error);
}
