/* Foreign documents, and foreign answers of the process that parses them: each input is read as both. Whatever tree is
 * taken goes through the flat form and back, and stays the same. */
#include "base/yaml_flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t tree_memory[8 << 20], again_memory[8 << 20], first[4 << 20], second[4 << 20];

static void check_place(const struct yaml *node)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "x");
	ASSERT(node->line >= 1 && node->column >= 1 && node->text_column >= 0);
	if (node->kind == YAML_TEXT)
		yaml_where_byte(node, node->text.len, "f", &error);
}

/* Recursion is bounded by YAML_DEPTH_MAX. */
static void check_node(const struct yaml *node, size_t depth)
{
	size_t n = 0, bad;
	ASSERT(depth <= YAML_DEPTH_MAX);
	check_place(node);
	ASSERT(node->kind != YAML_TEXT || yaml_text_ok(node->text, &bad));
	for (const struct yaml *item = node->first; item; item = item->next, n++) {
		ASSERT(node->kind != YAML_MAP || yaml_get_str(node, item->key) == item);
		check_node(item, depth + 1);
	}
	ASSERT(n == node->n && (node->kind != YAML_MAP || n <= YAML_KEYS_MAX));
}

static void check_tree(const struct yaml *root)
{
	struct arena arena = arena_over(again_memory, sizeof again_memory);
	struct buf a = BUF(first), b = BUF(second);
	const struct yaml *same;
	struct error error;
	check_node(root, 0);
	yaml_flat_write(&a, root);
	ASSERT(!a.over);
	int code = yaml_flat_read(buf_str(&a), &arena, &same, &error);
	ASSERT(code == 0);
	yaml_flat_write(&b, same);
	ASSERT(str_eq(buf_str(&a), buf_str(&b)));
	buf_clear(&a);
	yaml_put_json(&a, root);
	ASSERT(str_is_utf8(buf_str(&a)));
}

static void check_documents(const struct yaml *list)
{
	size_t n = 0;
	for (const struct yaml *document = list->first; document; document = document->next, n++)
		check_tree(document);
	ASSERT(n == list->n && n >= 1 && n <= 3);
}

static void check_error(int code, const struct error *error)
{
	size_t bad;
	ASSERT(code == (int)error->code && error->what[0]);
	ASSERT(yaml_text_ok(str_of(error->what), &bad) && yaml_text_ok(str_of(error->where), &bad));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size};
	struct arena arena = arena_over(tree_memory, sizeof tree_memory);
	const struct yaml *root;
	struct error error = {0};
	int code = yaml_read(input, "f", &arena, &root, &error);
	if (code == 0)
		check_tree(root);
	else
		check_error(code, &error);
	arena_clear(&arena);
	code = yaml_read_documents(input, "f", 3, &arena, &root, &error);
	if (code == 0)
		check_documents(root);
	else
		check_error(code, &error);
	arena_clear(&arena);
	if (yaml_flat_read_documents(input, 3, &arena, &root, &error) == 0)
		check_documents(root);
	arena_clear(&arena);
	if (yaml_flat_read(input, &arena, &root, &error) == 0)
		check_tree(root);
	return 0;
}
