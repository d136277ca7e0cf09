#include "base/settings.h"

int settings_wrong(const struct settings *settings, const struct yaml *node, struct error *error, const char *what,
		   const char *remedy)
{
	error_set(error, ERROR_INPUT, "%s", what);
	yaml_where(node, settings->path, error);
	return error_remedy(error, "%s", remedy);
}

int settings_keys(const struct settings *settings, const struct yaml *map, const char *const *keys, size_t n,
		  struct error *error)
{
	if (map->kind != YAML_MAP)
		return settings_wrong(settings, map, error, "this is not a map", "Write `key: value` lines.");
	for (const struct yaml *value = map->first; value; value = value->next) {
		size_t i = 0;
		while (i < n && !str_eq(value->key, str_of(keys[i])))
			i++;
		if (i < n)
			continue;
		error_set(error, ERROR_INPUT, "there is no member `" STR_FMT "`", STR_ARG(value->key));
		yaml_where_key(value, settings->path, error);
		return error_remedy(error, "%s", settings->members);
	}
	return 0;
}

int settings_text(const struct settings *settings, const struct yaml *map, const char *key, size_t bytes_max,
		  struct str *ret_text, struct error *error)
{
	const struct yaml *node = yaml_get(map, key);
	if (!node || node->kind != YAML_TEXT || node->text.len == 0 || node->text.len > bytes_max) {
		error_set(error, ERROR_INPUT, "`%s` must be a text of 1 to %zu bytes", key, bytes_max);
		yaml_where(node ? node : map, settings->path, error);
		return error_remedy(error, "Write %s: …", key);
	}
	*ret_text = node->text;
	return 0;
}
