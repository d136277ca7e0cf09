#include "rules/source.h"
#include "rules/nearest.h"

#include <stdarg.h>

enum { WORDS_BYTES_MAX = 400 };

struct str source_shown(struct str text)
{
	if (text.len <= SOURCE_SHOWN_BYTES_MAX)
		return text;
	size_t len = SOURCE_SHOWN_BYTES_MAX;
	while (len > 0 && ((uint8_t)text.at[len] & 0xC0) == 0x80)
		len--;
	return (struct str){text.at, len};
}

static int fail(const struct source *s, enum error_code code, const char *format, va_list args)
{
	char words[WORDS_BYTES_MAX];
	int written = vsnprintf(words, sizeof words, format, args);
	ASSERT(written >= 0);
	return error_set(s->error, code, "%s", words);
}

int source_fail(const struct source *s, const struct yaml *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(s, ERROR_INPUT, format, args);
	va_end(args);
	return yaml_where(at, s->name, s->error);
}

int source_fail_key(const struct source *s, const struct yaml *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(s, ERROR_INPUT, format, args);
	va_end(args);
	return yaml_where_key(at, s->name, s->error);
}

int source_fail_byte(const struct source *s, const struct yaml *text, size_t offset, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(s, ERROR_INPUT, format, args);
	va_end(args);
	return yaml_where_byte(text, offset, s->name, s->error);
}

int source_limit(const struct source *s, const struct yaml *at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fail(s, ERROR_LIMIT, format, args);
	va_end(args);
	yaml_where(at, s->name, s->error);
	return ERROR_LIMIT;
}

int source_remedy(const struct source *s, const char *format, ...)
{
	char words[WORDS_BYTES_MAX];
	va_list args;
	va_start(args, format);
	int written = vsnprintf(words, sizeof words, format, args);
	va_end(args);
	ASSERT(written >= 0);
	return error_remedy(s->error, "%s", words);
}

int source_remedy_nearest(const struct source *s, struct str wrong, const struct str *names, size_t n,
			  const char *known)
{
	char list[200];
	struct buf b = BUF(list);
	size_t found = nearest_of(wrong, names, n);
	if (found < n)
		return source_remedy(s, "did you mean \"" STR_FMT "\"?", STR_ARG(names[found]));
	for (size_t i = 0; i < n && !b.over; i++) {
		if (i)
			BUF_LIT(&b, ", ");
		buf_put_str(&b, names[i]);
	}
	return source_remedy(s, "%s: " STR_FMT "%s", known, STR_ARG(buf_str(&b)), b.over ? " …" : "");
}

int source_map(const struct source *s, const struct yaml *node, const char *what, const struct str *keys, size_t n)
{
	if (node->kind != YAML_MAP) {
		source_fail(s, node, "%s must be a map", what);
		return source_remedy(s, "write lines of `key: value`");
	}
	for (const struct yaml *value = node->first; value; value = value->next) {
		size_t i = 0;
		while (i < n && !str_eq(value->key, keys[i]))
			i++;
		if (i < n)
			continue;
		source_fail_key(s, value, "%s has no \"" STR_FMT "\"", what, STR_ARG(source_shown(value->key)));
		return source_remedy_nearest(s, value->key, keys, n, "it may have");
	}
	return 0;
}

int source_member(const struct source *s, const struct yaml *map, const char *key, const struct yaml **ret_value)
{
	const struct yaml *value = yaml_get(map, key);
	if (!value) {
		source_fail(s, map, "there is no `%s` here", key);
		return source_remedy(s, "add a line `%s: …`", key);
	}
	*ret_value = value;
	return 0;
}

int source_text(const struct source *s, const struct yaml *node, const char *key, size_t bytes_max,
		struct str *ret_text)
{
	if (node->kind != YAML_TEXT || node->text.len == 0) {
		source_fail(s, node, "`%s` must be a text", key);
		return source_remedy(s, "write one text that is not empty");
	}
	if (node->text.len > bytes_max) {
		source_limit(s, node, "`%s` has %zu bytes, more than %zu", key, node->text.len, bytes_max);
		return source_remedy(s, "shorten it");
	}
	*ret_text = node->text;
	return 0;
}
