#include "base/yaml_flat.h"

/* ---- writing ---- */

static void put_u32(struct buf *b, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
	buf_put(b, bytes, sizeof bytes);
}

static void put_text(struct buf *b, struct str text)
{
	put_u32(b, (uint32_t)text.len);
	buf_put_str(b, text);
}

static void put_node(struct buf *b, const struct yaml *node)
{
	buf_put_char(b, (char)node->kind);
	buf_put_char(b, node->quoted);
	put_u32(b, (uint32_t)node->line);
	put_u32(b, (uint32_t)node->column);
	put_u32(b, (uint32_t)node->text_column);
	if (node->kind == YAML_TEXT) {
		put_text(b, node->text);
		return;
	}
	put_u32(b, (uint32_t)node->n);
	for (const struct yaml *item = node->first; item; item = item->next) {
		if (node->kind == YAML_MAP) {
			put_text(b, item->key);
			put_u32(b, (uint32_t)item->key_line);
			put_u32(b, (uint32_t)item->key_column);
		}
		put_node(b, item);
	}
}

void yaml_flat_write(struct buf *b, const struct yaml *root)
{
	buf_put_char(b, 'T');
	put_node(b, root);
}

void yaml_flat_write_documents(struct buf *b, const struct yaml *list)
{
	buf_put_char(b, 'D');
	put_u32(b, (uint32_t)list->n);
	for (const struct yaml *document = list->first; document; document = document->next)
		put_node(b, document);
}

void yaml_flat_write_error(struct buf *b, const struct error *error)
{
	buf_put_char(b, 'E');
	put_u32(b, (uint32_t)error->code);
	put_text(b, str_of(error->where));
	put_text(b, str_of(error->what));
	put_text(b, str_of(error->remedy));
}

/* ---- reading ---- */

/* After the first mistake `bad` stays set and every read gives zeros. */
struct reader {
	struct str flat;
	size_t at, nodes;
	struct arena *arena;
	bool bad;
};

static struct str take_bytes(struct reader *r, size_t n)
{
	if (r->bad || n > r->flat.len - r->at) {
		r->bad = true;
		return (struct str){"", 0};
	}
	struct str bytes = {r->flat.at + r->at, n};
	r->at += n;
	return bytes;
}

static uint8_t take_u8(struct reader *r)
{
	struct str bytes = take_bytes(r, 1);
	return bytes.len ? (uint8_t)bytes.at[0] : 0;
}

static uint32_t take_u32(struct reader *r)
{
	struct str bytes = take_bytes(r, 4);
	uint32_t value = 0;
	for (size_t i = bytes.len; i > 0; i--)
		value = value << 8 | (uint8_t)bytes.at[i - 1];
	return value;
}

static int take_place(struct reader *r, int least)
{
	uint32_t value = take_u32(r);
	r->bad = r->bad || value > YAML_BYTES_MAX + 1 || (int)value < least;
	return r->bad ? 0 : (int)value;
}

static void *take_memory(struct reader *r, size_t size)
{
	r->bad = r->bad || r->arena->size - r->arena->used < size + 32;
	return r->bad ? NULL : arena_take(r->arena, 1, size);
}

static struct str take_text(struct reader *r)
{
	struct str text = take_bytes(r, take_u32(r));
	size_t bad;
	r->bad = r->bad || !yaml_text_ok(text, &bad);
	char *copy = take_memory(r, text.len + 1);
	if (!copy)
		return (struct str){"", 0};
	memcpy(copy, text.at, text.len);
	return (struct str){copy, text.len};
}

static void take_node(struct reader *r, struct yaml *node, size_t depth);

static struct yaml *take_item(struct reader *r, const struct yaml *parent, size_t depth)
{
	struct yaml *item = take_memory(r, sizeof *item);
	if (!item)
		return NULL;
	if (parent->kind == YAML_MAP) {
		item->key = take_text(r);
		item->key_line = take_place(r, 1);
		item->key_column = take_place(r, 1);
		r->nodes++;
		r->bad = r->bad || yaml_get_str(parent, item->key);
	}
	take_node(r, item, depth);
	return item;
}

static void take_items(struct reader *r, struct yaml *node, size_t depth)
{
	uint32_t n = take_u32(r);
	r->bad = r->bad || depth == YAML_DEPTH_MAX || (node->kind == YAML_MAP && n > YAML_KEYS_MAX);
	struct yaml *last = NULL;
	for (uint32_t i = 0; i < n && !r->bad; i++) {
		struct yaml *item = take_item(r, node, depth + 1);
		if (last)
			last->next = item;
		else
			node->first = item;
		last = item;
		node->n++;
	}
}

/* Recursion is bounded by YAML_DEPTH_MAX. */
static void take_node(struct reader *r, struct yaml *node, size_t depth)
{
	uint8_t kind = take_u8(r), quoted = take_u8(r);
	r->bad = r->bad || kind > YAML_MAP || quoted > 1 || ++r->nodes > YAML_NODES_MAX;
	node->kind = r->bad ? YAML_TEXT : (enum yaml_kind)kind;
	node->quoted = quoted == 1;
	node->line = take_place(r, 1);
	node->column = take_place(r, 1);
	node->text_column = take_place(r, 0);
	if (node->kind == YAML_TEXT)
		node->text = take_text(r);
	else
		take_items(r, node, depth);
}

static int no_answer(const struct reader *r, struct error *error)
{
	error_set(error, ERROR_INPUT, "the process that parses YAML answered nonsense at byte %zu", r->at);
	return error_remedy(error, "the file may attack the parser: look at it before trying again"), ERROR_INPUT;
}

static int take_error(struct reader *r, struct error *error)
{
	int32_t code = (int32_t)take_u32(r);
	struct str where = take_text(r), what = take_text(r), remedy = take_text(r);
	if (r->bad || r->at != r->flat.len || (code != ERROR_INPUT && code != ERROR_LIMIT && code != ERROR_SYSTEM))
		return no_answer(r, error);
	error_set(error, (enum error_code)code, "%.*s", (int)what.len, what.at);
	error_where(error, "%.*s", (int)where.len, where.at);
	error_remedy(error, "%.*s", (int)remedy.len, remedy.at);
	return code;
}

int yaml_flat_read(struct str flat, struct arena *arena, const struct yaml **ret_root, struct error *error)
{
	struct reader r = {.flat = flat, .arena = arena};
	uint8_t kind = take_u8(&r);
	if (kind == 'E')
		return take_error(&r, error);
	struct yaml *root = take_memory(&r, sizeof *root);
	if (kind == 'T' && root)
		take_node(&r, root, 0);
	if (kind != 'T' || r.bad || r.at != flat.len)
		return no_answer(&r, error);
	*ret_root = root;
	return 0;
}

int yaml_flat_read_documents(struct str flat, size_t max, struct arena *arena, const struct yaml **ret_list,
			     struct error *error)
{
	struct reader r = {.flat = flat, .arena = arena};
	uint8_t kind = take_u8(&r);
	if (kind == 'E')
		return take_error(&r, error);
	uint32_t n = take_u32(&r);
	struct yaml *list = take_memory(&r, sizeof *list), *last = NULL;
	r.bad = r.bad || kind != 'D' || n < 1 || n > max;
	for (uint32_t i = 0; i < n && !r.bad; i++) {
		struct yaml *document = take_memory(&r, sizeof *document);
		r.nodes = 0;
		if (!document)
			break;
		take_node(&r, document, 0);
		if (last)
			last->next = document;
		else
			list->first = document;
		last = document;
	}
	if (r.bad || r.at != flat.len)
		return no_answer(&r, error);
	list->kind = YAML_LIST;
	list->line = list->column = 1;
	list->n = n;
	*ret_list = list;
	return 0;
}
