#include "rules/expand.h"

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool is_name(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!in_name(text.at[i]))
			return false;
	}
	return text.len > 0 && text.len <= PLACEHOLDER_NAME_BYTES_MAX;
}

/* ---- lists ---- */

static int read_values(const struct source *s, const struct yaml *list, struct arena *arena, struct placeholder *p)
{
	const struct yaml *node = list->kind == YAML_LIST ? list->first : list;
	p->n = list->kind == YAML_LIST ? list->n : 1;
	if (list->kind == YAML_MAP || p->n == 0 || p->n > PLACEHOLDER_VALUES_MAX) {
		source_fail(s, list, "a placeholder stands for 1 to %d texts", PLACEHOLDER_VALUES_MAX);
		return source_remedy(s, "write [one, another]");
	}
	struct str *values = ARENA_TAKE(arena, struct str, p->n);
	for (size_t i = 0; i < p->n; i++, node = node->next) {
		int code = source_text(s, node, "placeholders", YAML_BYTES_MAX, &values[i]);
		if (code < 0)
			return code;
		values[i] = arena_str(arena, values[i]);
	}
	p->values = values;
	return 0;
}

int expand_read(const struct source *s, const struct yaml *map, struct arena *arena, struct placeholders *ret)
{
	if (map->kind != YAML_MAP || map->n > PLACEHOLDERS_MAX) {
		source_fail(s, map, "`placeholders` must be a map of up to %d names", PLACEHOLDERS_MAX);
		return source_remedy(s, "write lines such as `holidays: [2026-12-25, 2026-12-26]`");
	}
	for (const struct yaml *node = map->first; node; node = node->next) {
		struct placeholder *p = &ret->at[ret->n];
		if (!is_name(node->key)) {
			source_fail_key(s, node, "\"" STR_FMT "\" is no name for a placeholder",
					STR_ARG(source_shown(node->key)));
			return source_remedy(s, "write 1 to %d letters, digits and _", PLACEHOLDER_NAME_BYTES_MAX);
		}
		int code = read_values(s, node, arena, p);
		if (code < 0)
			return code;
		p->name = arena_str(arena, node->key);
		ret->n++;
	}
	return 0;
}

/* ---- texts ---- */

/* A value while it is expanded. `done` is written, `rest` is not looked at yet. */
struct expanding {
	const struct source *source;
	const struct yaml *value;
	const struct placeholders *placeholders;
	struct bag *texts;
};

/* The name between percent signs at the beginning of the text, or nothing. */
static struct str name_at(struct str text)
{
	size_t n = 1;
	while (n < text.len && in_name(text.at[n]))
		n++;
	bool closed = n > 1 && n < text.len && text.at[0] == '%' && text.at[n] == '%';
	return closed ? (struct str){text.at + 1, n - 1} : (struct str){"", 0};
}

static int find(const struct expanding *e, struct str name, size_t byte, const struct placeholder **ret)
{
	struct str names[PLACEHOLDERS_MAX];
	for (size_t i = 0; i < e->placeholders->n; i++) {
		*ret = &e->placeholders->at[i];
		names[i] = (*ret)->name;
		if (str_eq(name, names[i]))
			return 0;
	}
	source_fail_byte(e->source, e->value, byte, "there is no placeholder %%" STR_FMT "%%",
			 STR_ARG(source_shown(name)));
	if (e->placeholders->n == 0)
		return source_remedy(e->source, "list what it stands for under `placeholders:`");
	return source_remedy_nearest(e->source, name, names, e->placeholders->n, "there are");
}

static int keep(const struct expanding *e, const struct buf *text)
{
	if (text->over) {
		source_limit(e->source, e->value, "the value becomes longer than %zu bytes", text->size);
		return source_remedy(e->source, "shorten it, or the texts of its placeholders");
	}
	if (e->texts->n == EXPANDED_VALUES_MAX) {
		source_limit(e->source, e->value, "the value stands for more than %d texts", EXPANDED_VALUES_MAX);
		return source_remedy(e->source, "use fewer placeholders in it");
	}
	*(struct str *)bag_add(e->texts) = arena_str(e->texts->arena, buf_str(text));
	return 0;
}

enum { EXPANDED_BYTES_MAX = 4096, PLACEHOLDERS_IN_VALUE_MAX = 4 };

/* The value from the byte on, behind what the buffer has. Recursion is bounded by PLACEHOLDERS_IN_VALUE_MAX. */
static int expand(const struct expanding *e, size_t byte, struct buf *b, size_t depth)
{
	struct str text = e->value->text;
	for (; byte < text.len; byte++) {
		struct str rest = {text.at + byte, text.len - byte}, name = name_at(rest);
		const struct placeholder *p;
		bool escaped = str_starts(rest, STR("\\%"));
		if (name.len == 0 || escaped) {
			byte += escaped;
			buf_put_char(b, text.at[byte]);
			continue;
		}
		int code = find(e, name, byte, &p);
		if (code == 0 && depth == PLACEHOLDERS_IN_VALUE_MAX) {
			source_limit(e->source, e->value, "more than %d placeholders in one value", (int)depth);
			code = source_remedy(e->source, "make one list of two");
		}
		for (size_t i = 0; code == 0 && i < p->n; i++) {
			struct buf longer = *b;
			buf_put_str(&longer, p->values[i]);
			code = expand(e, byte + name.len + 2, &longer, depth + 1);
		}
		return code;
	}
	return keep(e, b);
}

int expand_text(const struct source *source, const struct yaml *value, const struct placeholders *placeholders,
		struct bag *texts)
{
	static const struct placeholders none;
	char memory[EXPANDED_BYTES_MAX];
	struct buf b = BUF(memory);
	const struct expanding e = {source, value, placeholders ? placeholders : &none, texts};
	return expand(&e, 0, &b, 0);
}
