#include "tlog/witness_file.h"

#include "base/yaml.h"

enum { PATH_BYTES_MAX = 255 };

static const char path[] = "witness.yaml";

static int wrong(const struct yaml *node, struct error *error, const char *what, const char *remedy)
{
	error_set(error, ERROR_INPUT, "%s", what);
	yaml_where(node, path, error);
	return error_remedy(error, "%s", remedy);
}

static int known_keys(const struct yaml *map, const char *const *keys, size_t n, struct error *error)
{
	if (map->kind != YAML_MAP)
		return wrong(map, error, "this is not a map", "Write `key: value` lines.");
	for (const struct yaml *value = map->first; value; value = value->next) {
		size_t i = 0;
		while (i < n && !str_eq(value->key, str_of(keys[i])))
			i++;
		if (i < n)
			continue;
		error_set(error, ERROR_INPUT, "there is no member `" STR_FMT "`", STR_ARG(value->key));
		yaml_where_key(value, path, error);
		return error_remedy(error, "docs/outside.md shows a whole witness.yaml.");
	}
	return 0;
}

static int text(const struct yaml *map, const char *key, size_t bytes_max, struct str *ret_text, struct error *error)
{
	const struct yaml *node = yaml_get(map, key);
	if (!node || node->kind != YAML_TEXT || node->text.len == 0 || node->text.len > bytes_max) {
		error_set(error, ERROR_INPUT, "`%s` must be a text of 1 to %zu bytes", key, bytes_max);
		yaml_where(node ? node : map, path, error);
		return error_remedy(error, "Write %s: …", key);
	}
	*ret_text = node->text;
	return 0;
}

static int read_tls(const struct yaml *root, struct witness_file *file, struct error *error)
{
	static const char *const keys[] = {"certificate", "key"};
	const struct yaml *tls = yaml_get(root, "tls");
	if (!tls)
		return 0;
	int failed = known_keys(tls, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = text(tls, "certificate", PATH_BYTES_MAX, &file->certificate, error);
	return failed < 0 ? failed : text(tls, "key", PATH_BYTES_MAX, &file->key, error);
}

static int read_log(const struct yaml *node, struct witness_log *log, struct error *error)
{
	static const char *const keys[] = {"vkey", "origin"};
	struct str vkey;
	int failed = known_keys(node, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = text(node, "vkey", NOTE_VKEY_BYTES_MAX, &vkey, error);
	if (failed < 0)
		return failed;
	failed = note_key_parse(vkey, &log->key, error);
	if (failed < 0) {
		yaml_where(yaml_get(node, "vkey"), path, error);
		return error_remedy(error, "Copy the line of that mission's keys/journal.vkey, whole.");
	}
	log->origin = note_key_name(&log->key);
	return yaml_get(node, "origin") ? text(node, "origin", NOTE_NAME_BYTES_MAX, &log->origin, error) : 0;
}

static int read_logs(const struct yaml *root, struct witness_file *file, struct error *error)
{
	const struct yaml *logs = yaml_get(root, "logs");
	if (!logs || logs->kind != YAML_LIST || logs->n == 0 || logs->n > WITNESS_LOGS_MAX)
		return wrong(logs ? logs : root, error, "`logs` must be a list of 1 to 1,024",
			     "Write logs: and a line for each.");
	for (const struct yaml *node = logs->first; node; node = node->next) {
		struct witness_log *log = &file->logs[file->n_logs];
		int failed = read_log(node, log, error);
		if (failed < 0)
			return failed;
		for (size_t i = 0; i < file->n_logs; i++)
			if (str_eq(file->logs[i].origin, log->origin))
				return wrong(node, error, "two logs have one origin",
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
	int failed = yaml_read_file(path, arena, &root, error);
	if (failed == 0)
		failed = known_keys(root, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = text(root, "name", NOTE_NAME_BYTES_MAX, &ret_file->name, error);
	if (failed == 0)
		failed = read_tls(root, ret_file, error);
	return failed < 0 ? failed : read_logs(root, ret_file, error);
}
