#include "sim/peek.h"

/* How long the value at the beginning is; 0 when there is none. */
static size_t value_bytes(struct str text)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			depth++;
		} else if (c == '}' || c == ']') {
			if (depth == 0)
				return i;
			depth--;
		} else if (c == ',' && depth == 0) {
			return i;
		}
	}
	return text.len;
}

struct peek_walk peek_begin(struct str value)
{
	bool holds = value.len >= 2 && (value.at[0] == '{' || value.at[0] == '[');
	return (struct peek_walk){holds ? (struct str){value.at + 1, value.len - 2} : (struct str){0}};
}

static struct str take(struct peek_walk *walk, size_t n)
{
	struct str taken = {walk->rest.at, n};
	size_t gone = n < walk->rest.len ? n + 1 : n; /* with the comma or colon */
	walk->rest = (struct str){walk->rest.at + gone, walk->rest.len - gone};
	return taken;
}

bool peek_item(struct peek_walk *walk, struct str *ret_value)
{
	if (walk->rest.len == 0)
		return false;
	*ret_value = take(walk, value_bytes(walk->rest));
	return true;
}

bool peek_member(struct peek_walk *walk, struct str *ret_name, struct str *ret_value)
{
	if (walk->rest.len < 3 || walk->rest.at[0] != '"')
		return false;
	const char *end = memchr(walk->rest.at + 1, '"', walk->rest.len - 1);
	if (!end)
		return false;
	struct str quoted = take(walk, (size_t)(end - walk->rest.at) + 1);
	*ret_name = peek_unquoted(quoted);
	return peek_item(walk, ret_value);
}

bool peek(struct str object, const char *name, struct str *ret_value)
{
	struct str found, value;
	if (object.len == 0 || object.at[0] != '{')
		return false;
	for (struct peek_walk walk = peek_begin(object); peek_member(&walk, &found, &value);)
		if (str_eq(found, str_of(name))) {
			*ret_value = value;
			return true;
		}
	return false;
}

bool peek_path(struct str object, const char *path, struct str *ret_value)
{
	struct str head, rest = str_of(path);
	char name[64];
	bool more = true;
	while (more) {
		more = str_cut(rest, '.', &head, &rest);
		if (!more)
			head = rest;
		ASSERT(head.len < sizeof name);
		memcpy(name, head.at, head.len);
		name[head.len] = 0;
		if (!peek(object, name, &object))
			return false;
	}
	*ret_value = object;
	return true;
}

int64_t peek_int(struct str object, const char *path, int64_t otherwise)
{
	struct str value;
	int64_t number;
	bool is = peek_path(object, path, &value) && str_to_i64(value, INT64_MIN, INT64_MAX, &number);
	return is ? number : otherwise;
}

struct str peek_text(struct str object, const char *path)
{
	struct str value;
	return peek_path(object, path, &value) ? peek_unquoted(value) : (struct str){0};
}

bool peek_has(struct str object, const char *path)
{
	struct str value;
	return peek_path(object, path, &value);
}

bool peek_is_null(struct str value)
{
	return str_eq(value, STR("null"));
}

struct str peek_unquoted(struct str value)
{
	bool is = value.len >= 2 && value.at[0] == '"';
	return is ? (struct str){value.at + 1, value.len - 2} : (struct str){0};
}
