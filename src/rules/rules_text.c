#include "rules/rules_text.h"
#include "rules/bag.h"
#include "rules/json_scan.h"

/* The text while it is read. */
struct reader {
	struct scan scan;
	enum scan_token token; /* the next one, not taken yet */
	struct str text;       /* of it */
	const struct rules_kind *kind;
	const char *prefix;
	struct arena *arena;
	struct error *error;
	size_t nodes; /* of the document */
};

static int fail(struct reader *r, enum error_code code, const char *what)
{
	if (r->scan.wrong)
		what = r->scan.wrong;
	error_set(r->error, code, "the text of the rules %s", what);
	error_where(r->error, "byte %zu", scan_offset(&r->scan));
	error_remedy(r->error, "collect it again from its files");
	return code;
}

static void advance(struct reader *r)
{
	r->token = scan_next(&r->scan, &r->text);
}

static int expect(struct reader *r, enum scan_token token, const char *what)
{
	if (r->token != token)
		return fail(r, ERROR_INPUT, what);
	advance(r);
	return 0;
}

static int expect_key(struct reader *r, const char *key)
{
	if (r->token != SCAN_KEY || !str_eq(r->text, str_of(key)))
		return fail(r, ERROR_INPUT, "has not the members that it must have, in their order");
	advance(r);
	return 0;
}

/* ---- documents ---- */

/* Where nothing else is recorded, a place is a byte of the text. */
static struct yaml here(const struct reader *r)
{
	return (struct yaml){.line = 1, .column = (int)scan_offset(&r->scan) + 1};
}

static int read_node(struct reader *r, size_t depth, struct yaml *node);

static int keep_text(struct reader *r, struct str *text)
{
	size_t bad;
	if (!yaml_text_ok(*text, &bad))
		return fail(r, ERROR_INPUT, "has a character that no file of rules may have");
	*text = arena_str(r->arena, *text);
	return 0;
}

static int read_item(struct reader *r, size_t depth, struct yaml *parent, struct yaml **last)
{
	struct yaml *node = ARENA_TAKE(r->arena, struct yaml, 1), place = here(r);
	if (parent->kind == YAML_MAP) {
		if (r->token != SCAN_KEY)
			return fail(r, ERROR_INPUT, "ends too early");
		node->key = r->text;
		node->key_line = place.line;
		node->key_column = place.column;
		if (yaml_get_str(parent, node->key))
			return fail(r, ERROR_INPUT, "has a key twice in one map");
		int code = keep_text(r, &node->key);
		if (code < 0)
			return code;
		advance(r);
	}
	if (parent->kind == YAML_MAP && parent->n == YAML_KEYS_MAX)
		return fail(r, ERROR_LIMIT, "has a map of more than 1024 keys");
	/* Hung on after it was read: what yaml_get_str finds is whole. */
	int code = read_node(r, depth + 1, node);
	if (*last)
		(*last)->next = node;
	else
		parent->first = node;
	*last = node;
	parent->n++;
	return code;
}

static int read_items(struct reader *r, size_t depth, struct yaml *node)
{
	enum scan_token end = node->kind == YAML_MAP ? SCAN_OBJECT_END : SCAN_ARRAY_END;
	struct yaml *last = NULL;
	int code = 0;
	advance(r);
	if (depth == YAML_DEPTH_MAX)
		return fail(r, ERROR_LIMIT, "has a document of more than 16 levels inside each other");
	while (code == 0 && r->token != end)
		code = r->token == SCAN_WRONG ? fail(r, ERROR_INPUT, "is cut off") : read_item(r, depth, node, &last);
	advance(r);
	return code;
}

/* Recursion is bounded by YAML_DEPTH_MAX. */
static int read_node(struct reader *r, size_t depth, struct yaml *node)
{
	struct yaml place = here(r);
	node->line = place.line;
	node->column = place.column;
	if (++r->nodes > YAML_NODES_MAX || r->arena->size - r->arena->used < (1 << 20))
		return fail(r, ERROR_LIMIT, "has a document of more than 100000 nodes, or no room is left for it");
	if (r->token == SCAN_OBJECT || r->token == SCAN_ARRAY) {
		node->kind = r->token == SCAN_OBJECT ? YAML_MAP : YAML_LIST;
		return read_items(r, depth, node);
	}
	if (r->token != SCAN_TEXT && r->token != SCAN_NULL)
		return fail(r, ERROR_INPUT, "has a value in a document that is no text, list or map");
	node->quoted = r->token == SCAN_TEXT;
	node->text = r->token == SCAN_NULL ? STR("null") : r->text;
	int code = keep_text(r, &node->text);
	advance(r);
	return code;
}

static int read_documents(struct reader *r, struct rules_file *file)
{
	struct bag documents = BAG(r->arena, const struct yaml *);
	int code = expect(r, SCAN_ARRAY, "has a file whose documents are no list");
	while (code == 0 && r->token != SCAN_ARRAY_END) {
		struct yaml *node = ARENA_TAKE(r->arena, struct yaml, 1);
		if (documents.n == (r->kind->sigma ? RULES_DOCUMENTS_MAX : 1))
			return fail(r, ERROR_LIMIT, "has a file of more documents than it may have");
		*(const struct yaml **)bag_add(&documents) = node;
		r->nodes = 0;
		code = read_node(r, 0, node);
	}
	advance(r);
	if (code == 0 && documents.n == 0)
		return fail(r, ERROR_INPUT, "has a file without a document");
	file->n = documents.n;
	file->documents = documents.at;
	return code;
}

/* ---- places ---- */

static int read_number(struct reader *r, int *ret_number)
{
	int64_t number;
	if (r->token != SCAN_NUMBER || !str_to_i64(r->text, 0, YAML_BYTES_MAX + 1, &number))
		return fail(r, ERROR_INPUT, "has places that do not fit its documents");
	*ret_number = (int)number;
	advance(r);
	return 0;
}

static int read_place(struct reader *r, struct yaml *node, bool in_map)
{
	int quoted = node->quoted;
	int code = in_map ? read_number(r, &node->key_line) : 0;
	if (code == 0 && in_map)
		code = read_number(r, &node->key_column);
	if (code == 0)
		code = read_number(r, &node->line);
	if (code == 0)
		code = read_number(r, &node->column);
	if (code == 0 && node->kind == YAML_TEXT)
		code = read_number(r, &node->text_column);
	if (code == 0 && node->kind == YAML_TEXT)
		code = read_number(r, &quoted);
	/* What is null is the word without quotes, and no other text without them is. */
	bool is_null = node->kind == YAML_TEXT && !node->quoted;
	if (code == 0 && (quoted > 1 || (is_null && quoted) ||
			  (!is_null && node->kind == YAML_TEXT && !quoted && str_eq(node->text, STR("null")))))
		code = fail(r, ERROR_INPUT, "has quotes that do not fit its documents");
	node->quoted = quoted;
	for (const struct yaml *item = node->first; item && code == 0; item = item->next)
		code = read_place(r, (struct yaml *)item, node->kind == YAML_MAP);
	return code;
}

static int read_places(struct reader *r, struct rules_file *file)
{
	int code = expect(r, SCAN_ARRAY, "has a file whose places are no list");
	bool recorded = r->token != SCAN_ARRAY_END;
	for (size_t i = 0; recorded && code == 0 && i < file->n; i++) {
		code = expect(r, SCAN_ARRAY, "has places that do not fit its documents");
		if (code == 0)
			code = read_place(r, (struct yaml *)file->documents[i], false);
		if (code == 0)
			code = expect(r, SCAN_ARRAY_END, "has places that do not fit its documents");
	}
	return code < 0 ? code : expect(r, SCAN_ARRAY_END, "has places that do not fit its documents");
}

/* ---- files ---- */

/* A path of names that are none of `.` and `..`. */
static bool is_name(struct str name)
{
	struct str rest = name, part;
	size_t bad;
	for (bool more = true; more;) {
		struct str next = {"", 0};
		more = str_cut(rest, '/', &part, &next);
		part = more ? part : rest;
		if (part.len == 0 || part.at[0] == '.')
			return false;
		rest = next;
	}
	return name.len <= RULES_NAME_BYTES_MAX && yaml_text_ok(name, &bad) && !memchr(name.at, '\n', name.len) &&
	       !memchr(name.at, '\t', name.len);
}

static int read_name(struct reader *r, struct rules_file *file, const struct rules_file *before)
{
	if (r->token != SCAN_TEXT || !is_name(r->text) || (before && str_compare(before->name, r->text) >= 0))
		return fail(r, ERROR_INPUT, "has a file without a name, or not in the order of names");
	size_t prefix = strlen(r->prefix), size = prefix + r->text.len + 2;
	char *shown = ARENA_TAKE(r->arena, char, size);
	int n = snprintf(shown, size, prefix ? "%s/" STR_FMT : "%s" STR_FMT, r->prefix, STR_ARG(r->text));
	ASSERT(n > 0 && (size_t)n < size);
	file->shown = shown;
	file->name = arena_str(r->arena, r->text);
	advance(r);
	return 0;
}

static int read_file(struct reader *r, struct bag *files)
{
	if (files->n == r->kind->files_max)
		return fail(r, ERROR_LIMIT, "has more files than it may have");
	struct rules_file file = {0};
	const struct rules_file *before = files->n ? &BAG_AT(files, struct rules_file)[files->n - 1] : NULL;
	int code = expect(r, SCAN_OBJECT, "has something where a file belongs");
	if (code == 0)
		code = expect_key(r, "name");
	if (code == 0)
		code = read_name(r, &file, before);
	if (code == 0)
		code = expect_key(r, "documents");
	if (code == 0)
		code = read_documents(r, &file);
	if (code == 0)
		code = expect_key(r, "places");
	if (code == 0)
		code = read_places(r, &file);
	if (code == 0)
		code = expect(r, SCAN_OBJECT_END, "has a file with a member too many");
	if (code == 0)
		*(struct rules_file *)bag_add(files) = file;
	return code;
}

int rules_text_read(struct str text, const struct rules_kind *kind, const char *prefix, struct arena *arena,
		    struct rules_files *ret_files, struct error *error)
{
	struct reader r = {
	    .scan = scan_over(text, arena), .kind = kind, .prefix = prefix, .arena = arena, .error = error};
	struct bag files = BAG(arena, struct rules_file);
	if (text.len > RULES_TEXT_BYTES_MAX)
		return fail(&r, ERROR_LIMIT, "is longer than 32 MiB");
	advance(&r);
	int code = expect(&r, SCAN_OBJECT, "is no object");
	if (code == 0)
		code = expect_key(&r, "files");
	if (code == 0)
		code = expect(&r, SCAN_ARRAY, "has files that are no list");
	while (code == 0 && r.token != SCAN_ARRAY_END)
		code = read_file(&r, &files);
	advance(&r);
	if (code == 0)
		code = expect(&r, SCAN_OBJECT_END, "has a member too many");
	if (code == 0 && r.token != SCAN_DONE)
		code = fail(&r, ERROR_INPUT, "has something behind its end");
	*ret_files = (struct rules_files){files.n, files.at};
	return code;
}

void rules_text_put_line(struct buf *b, const struct rules_file *file)
{
	buf_put_str(b, file->name);
	for (size_t i = 0; i < file->n; i++) {
		buf_put_char(b, '\t');
		yaml_put_json(b, file->documents[i]);
	}
}
