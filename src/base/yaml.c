#include "base/yaml.h"

#include <libfyaml.h>

enum { SHOWN_BYTES_MAX = 60 };

/* A map or list that is not closed yet. In a map, a key waits for its value. */
struct level {
	struct yaml *node, *last;
	bool has_key;
	struct str key;
	int key_line, key_column;
};

struct reader {
	struct arena *arena;
	struct str text;
	const char *name;
	struct level levels[YAML_DEPTH_MAX];
	size_t depth, nodes;
	size_t documents_max;
	struct yaml documents; /* a list of those that are whole or begun */
	struct yaml *last;
	bool begun; /* the newest document, if only by a line "---" */
	struct error *error;
};

static int fail(struct reader *r, enum error_code code, const struct yaml *at, const char *what, const char *remedy)
{
	error_set(r->error, code, "%s", what);
	yaml_where(at, r->name, r->error);
	error_remedy(r->error, "%s", remedy);
	return code;
}

/* Characters that a text may not hold: controls, and what shows the eye another order or nothing at all. */
static bool is_refused(uint32_t c)
{
	return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029 || c == 0xFEFF;
}

static size_t sequence_length(uint8_t first)
{
	return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* The one well-formed character that s holds. */
static uint32_t character(struct str s)
{
	static const uint8_t bits_of_first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t c = (uint8_t)s.at[0] & bits_of_first[s.len];
	for (size_t i = 1; i < s.len; i++)
		c = c << 6 | ((uint8_t)s.at[i] & 0x3F);
	return c;
}

bool yaml_text_ok(struct str text, size_t *ret_bad)
{
	for (size_t i = 0, n; i < text.len; i += n) {
		n = sequence_length((uint8_t)text.at[i]);
		struct str one = {text.at + i, n};
		if (n > text.len - i || !str_is_utf8(one) || is_refused(character(one))) {
			*ret_bad = i;
			return false;
		}
	}
	return true;
}

static int characters(struct str text)
{
	int n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += ((uint8_t)text.at[i] & 0xC0) != 0x80;
	return n;
}

/* Line and column of an offset in the file's text. */
static struct yaml place_of(struct str text, size_t offset)
{
	struct yaml at = {.line = 1};
	size_t begin = 0;
	for (size_t i = 0; i < offset; i++) {
		if (text.at[i] == '\n') {
			at.line++;
			begin = i + 1;
		}
	}
	at.column = 1 + characters((struct str){text.at + begin, offset - begin});
	return at;
}

static int check_bytes(struct reader *r)
{
	static const struct yaml begin = {.line = 1, .column = 1};
	size_t bad;
	if (r->text.len > YAML_BYTES_MAX)
		return fail(r, ERROR_LIMIT, &begin, "the file is larger than 1 MiB", "split it");
	if (yaml_text_ok(r->text, &bad))
		return 0;
	struct yaml at = place_of(r->text, bad);
	if (r->text.at[bad] == '\r')
		return fail(r, ERROR_INPUT, &at, "a carriage return", "save the file with LF at the ends of lines");
	return fail(r, ERROR_INPUT, &at, "a byte that is no printable character",
		    "remove it; save the file as UTF-8 without a byte order mark");
}

static struct yaml place_of_event(struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	return (struct yaml){.line = mark ? mark->line + 1 : 1, .column = mark ? mark->column + 1 : 1};
}

static void *take(struct reader *r, size_t size)
{
	return r->arena->size - r->arena->used < size + 32 ? NULL : arena_take(r->arena, 1, size);
}

/* Hangs the finished node where the document is now; in a map the first of two texts becomes the key of the second. */
static int place(struct reader *r, const struct yaml *made, struct yaml **ret_node)
{
	struct level *level = r->depth ? &r->levels[r->depth - 1] : NULL;
	struct yaml *node = take(r, sizeof *node);
	if (!node)
		return fail(r, ERROR_LIMIT, made, "no room for the rest of the file", "split it");
	*node = *made;
	*ret_node = node;
	if (!level) {
		if (r->last)
			r->last->next = node;
		else
			r->documents.first = node;
		r->last = node;
		r->documents.n++;
		return 0;
	}
	node->key = level->key;
	node->key_line = level->key_line;
	node->key_column = level->key_column;
	level->has_key = false;
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->n++;
	return 0;
}

static bool is_key(const struct reader *r)
{
	return r->depth && r->levels[r->depth - 1].node->kind == YAML_MAP && !r->levels[r->depth - 1].has_key;
}

/* As much of a text as an error shows, whole characters. */
static struct str beginning(struct str text)
{
	size_t len = text.len < SHOWN_BYTES_MAX ? text.len : SHOWN_BYTES_MAX;
	while (len < text.len && len > 0 && ((uint8_t)text.at[len] & 0xC0) == 0x80)
		len--;
	return (struct str){text.at, len};
}

static int take_key(struct reader *r, const struct yaml *key)
{
	struct level *level = &r->levels[r->depth - 1];
	if (yaml_get_str(level->node, key->text)) {
		struct str shown = beginning(key->text);
		error_set(r->error, ERROR_INPUT, "\"" STR_FMT "\" stands twice in this map", STR_ARG(shown));
		yaml_where(key, r->name, r->error);
		error_remedy(r->error, "give each key once");
		return ERROR_INPUT;
	}
	if (level->node->n == YAML_KEYS_MAX)
		return fail(r, ERROR_LIMIT, key, "a map of more than 1024 keys", "split it");
	level->has_key = true;
	level->key = key->text;
	level->key_line = key->line;
	level->key_column = key->column;
	return 0;
}

static int count(struct reader *r, const struct yaml *at)
{
	if (r->nodes == YAML_NODES_MAX)
		return fail(r, ERROR_LIMIT, at, "the file has more than 100000 nodes", "split it");
	r->nodes++;
	return 0;
}

static int on_open(struct reader *r, struct fy_event *event, enum yaml_kind kind)
{
	struct yaml made = place_of_event(event), *node;
	made.kind = kind;
	if (count(r, &made) < 0)
		return ERROR_LIMIT;
	if (is_key(r))
		return fail(r, ERROR_INPUT, &made, "a key that is no text", "write a word before the colon");
	if (r->depth == YAML_DEPTH_MAX)
		return fail(r, ERROR_LIMIT, &made, "more than 16 levels inside each other", "write it flatter");
	int code = place(r, &made, &node);
	if (code == 0)
		r->levels[r->depth++] = (struct level){.node = node};
	return code;
}

/* The column at which the file has the text's bytes one after the other, or 0. */
static int text_column(const struct reader *r, struct fy_event *event, const struct yaml *made)
{
	const struct fy_mark *mark = fy_event_start_mark(event);
	size_t offset = mark ? mark->input_pos : SIZE_MAX;
	if (offset > r->text.len || made->text.len > r->text.len - offset)
		return 0;
	struct str written = {r->text.at + offset, made->text.len};
	return str_eq(written, made->text) && !memchr(written.at, '\n', written.len) ? mark->column + 1 : 0;
}

/* The library's mark stands behind an opening quote; where nothing is written there is none, and the key or what is
 * open has to do. */
static struct yaml place_of_text(const struct reader *r, struct fy_event *event)
{
	struct yaml at = place_of_event(event);
	enum fy_scalar_style style = fy_token_scalar_style(event->scalar.value);
	const struct level *level = r->depth ? &r->levels[r->depth - 1] : NULL;
	at.quoted = style != FYSS_PLAIN;
	if (style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED)
		at.column -= at.column > 1;
	if (fy_event_start_mark(event) || !level)
		return at;
	at.line = level->has_key ? level->key_line : level->last ? level->last->line : level->node->line;
	at.column = level->has_key ? level->key_column : level->last ? level->last->column : level->node->column;
	return at;
}

static int on_text(struct reader *r, struct fy_event *event)
{
	struct yaml made = place_of_text(r, event), *node;
	size_t bad;
	if (count(r, &made) < 0)
		return ERROR_LIMIT;
	made.text.at = fy_token_get_text(event->scalar.value, &made.text.len);
	if (!made.text.at)
		return fail(r, ERROR_LIMIT, &made, "no memory for this text", "shorten it");
	if (!yaml_text_ok(made.text, &bad))
		return fail(r, ERROR_INPUT, &made, "an escape that stands for a control character",
			    "write printable text");
	char *copy = take(r, made.text.len + 1);
	if (!copy)
		return fail(r, ERROR_LIMIT, &made, "no room for this text", "split the file");
	memcpy(copy, made.text.at, made.text.len);
	made.text.at = copy;
	made.text_column = text_column(r, event, &made);
	return is_key(r) ? take_key(r, &made) : place(r, &made, &node);
}

static int on_document(struct reader *r, struct fy_event *event)
{
	struct fy_document_state *state = event->document_start.document_state;
	struct yaml at = place_of_event(event);
	if (fy_document_state_version_explicit(state) || fy_document_state_tags_explicit(state))
		return fail(r, ERROR_INPUT, &at, "a directive (%)", "remove it");
	if (r->begun && r->documents_max == 1)
		return fail(r, ERROR_INPUT, &at, "a second document in one file",
			    "remove the line \"---\", or make it a file of its own");
	if (r->documents.n == r->documents_max)
		return fail(r, ERROR_LIMIT, &at, "too many documents in one file", "split it");
	r->begun = true;
	r->nodes = 0;
	return 0;
}

static int refuse_marks(struct reader *r, struct fy_event *event, const struct fy_token *anchor,
			const struct fy_token *tag)
{
	struct yaml at = place_of_event(event);
	if (anchor)
		return fail(r, ERROR_INPUT, &at, "an anchor (&)", "write the value where it is needed");
	if (tag)
		return fail(r, ERROR_INPUT, &at, "a tag (!)", "remove it; every scalar is a text here");
	return 0;
}

static int on_alias(struct reader *r, struct fy_event *event)
{
	struct yaml at = place_of_event(event);
	at.column -= at.column > 1; /* the library's mark stands behind the star */
	return fail(r, ERROR_INPUT, &at, "an alias (*)", "write the value where it is needed");
}

static int on_event(struct reader *r, struct fy_event *e)
{
	int code;
	switch (e->type) {
	case FYET_DOCUMENT_START:
		return on_document(r, e);
	case FYET_MAPPING_START:
		code = refuse_marks(r, e, e->mapping_start.anchor, e->mapping_start.tag);
		return code < 0 ? code : on_open(r, e, YAML_MAP);
	case FYET_SEQUENCE_START:
		code = refuse_marks(r, e, e->sequence_start.anchor, e->sequence_start.tag);
		return code < 0 ? code : on_open(r, e, YAML_LIST);
	case FYET_SCALAR:
		code = refuse_marks(r, e, e->scalar.anchor, e->scalar.tag);
		return code < 0 ? code : on_text(r, e);
	case FYET_ALIAS:
		return on_alias(r, e);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		ASSERT(r->depth > 0);
		r->depth--;
		return 0;
	default:
		return 0;
	}
}

/* What the library found wrong, in its words, at its place. */
static int library_error(struct reader *r, struct fy_diag *diag)
{
	void *previous = NULL;
	const struct fy_diag_error *e = fy_diag_errors_iterate(diag, &previous);
	bool placed = e && e->line > 0 && e->column > 0; /* it counts these from 1 */
	error_set(r->error, ERROR_INPUT, "this is no YAML: %.300s", e && e->msg ? e->msg : "the parser gave up");
	error_where(r->error, "%s:%d:%d", r->name, placed ? e->line : 1, placed ? e->column : 1);
	error_remedy(r->error, "check indentation, quotes and brackets here and on the line before");
	return ERROR_INPUT;
}

static int read_events(struct reader *r, struct fy_parser *parser, struct fy_diag *diag)
{
	for (;;) {
		struct fy_event *event = fy_parser_parse(parser);
		if (!event)
			return library_error(r, diag);
		bool end = event->type == FYET_STREAM_END;
		int code = on_event(r, event);
		fy_parser_event_free(parser, event);
		if (code < 0 || end)
			return code;
	}
}

static int parse(struct reader *r)
{
	/* Not fy_diag_cfg_default: it asks the terminal for colours, which the sandbox forbids. */
	struct fy_diag_cfg diag_options = {.level = FYET_ERROR, .module_mask = ~0u};
	struct fy_diag *diag = fy_diag_create(&diag_options);
	if (!diag)
		return error_set(r->error, ERROR_SYSTEM, "no memory for the YAML parser");
	fy_diag_set_collect_errors(diag, true);
	struct fy_parse_cfg options = {.flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
	struct fy_parser *parser = fy_parser_create(&options);
	int code;
	if (parser && fy_parser_set_string(parser, r->text.at, r->text.len) == 0)
		code = read_events(r, parser, diag);
	else
		code = error_set(r->error, ERROR_SYSTEM, "no memory for the YAML parser");
	if (parser)
		fy_parser_destroy(parser);
	fy_diag_destroy(diag);
	return code;
}

int yaml_read_documents(struct str text, const char *name, size_t max, struct arena *arena,
			const struct yaml **ret_list, struct error *error)
{
	static const struct yaml begin = {.line = 1, .column = 1};
	struct reader r = {.arena = arena, .text = text, .name = name, .documents_max = max, .error = error};
	r.documents = (struct yaml){.kind = YAML_LIST, .line = 1, .column = 1};
	int code = check_bytes(&r);
	if (code == 0 && text.len > 0)
		code = parse(&r);
	if (code < 0)
		return code;
	if (r.documents.n == 0)
		return fail(&r, ERROR_INPUT, &begin, "the file is empty", "compare with the sample's files");
	struct yaml *list = take(&r, sizeof *list);
	if (!list)
		return fail(&r, ERROR_LIMIT, &begin, "no room for the rest of the file", "split it");
	*list = r.documents;
	*ret_list = list;
	return 0;
}

int yaml_read(struct str text, const char *name, struct arena *arena, const struct yaml **ret_root, struct error *error)
{
	const struct yaml *list;
	int code = yaml_read_documents(text, name, 1, arena, &list, error);
	if (code == 0)
		*ret_root = list->first;
	return code;
}

const struct yaml *yaml_get_str(const struct yaml *map, struct str key)
{
	if (!map || map->kind != YAML_MAP)
		return NULL;
	const struct yaml *value = map->first;
	while (value && !str_eq(value->key, key))
		value = value->next;
	return value;
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	return yaml_get_str(map, str_of(key));
}

int yaml_where(const struct yaml *node, const char *name, struct error *error)
{
	return error_where(error, "%s:%d:%d", name, node->line, node->column);
}

int yaml_where_key(const struct yaml *node, const char *name, struct error *error)
{
	return error_where(error, "%s:%d:%d", name, node->key_line, node->key_column);
}

int yaml_where_byte(const struct yaml *text, size_t offset, const char *name, struct error *error)
{
	ASSERT(offset <= text->text.len);
	int column = text->column;
	if (text->text_column)
		column = text->text_column + characters((struct str){text->text.at, offset});
	return error_where(error, "%s:%d:%d", name, text->line, column);
}

static void put_string(struct buf *b, struct str s)
{
	buf_put_char(b, '"');
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		if (c == '\n')
			BUF_LIT(b, "\\n");
		else if (c == '\t')
			BUF_LIT(b, "\\t");
		else if (c == '"' || c == '\\')
			buf_put(b, (char[]){'\\', c}, 2);
		else
			buf_put_char(b, c);
	}
	buf_put_char(b, '"');
}

void yaml_put_json(struct buf *b, const struct yaml *node)
{
	if (node->kind == YAML_TEXT) {
		if (!node->quoted && str_eq(node->text, STR("null")))
			BUF_LIT(b, "null");
		else
			put_string(b, node->text);
		return;
	}
	bool map = node->kind == YAML_MAP;
	buf_put_char(b, map ? '{' : '[');
	for (const struct yaml *item = node->first; item; item = item->next) {
		if (item != node->first)
			buf_put_char(b, ',');
		if (map) {
			put_string(b, item->key);
			buf_put_char(b, ':');
		}
		yaml_put_json(b, item);
	}
	buf_put_char(b, map ? '}' : ']');
}
