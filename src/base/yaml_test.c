#include "base/test.h"
#include "base/yaml.h"
#include "base/yaml_flat.h"

#include <unistd.h>

static struct arena arena;

static int read_text(const char *text, const struct yaml **ret_root, struct error *error)
{
	if (!arena.at)
		arena = arena_map(YAML_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	*error = (struct error){0};
	return yaml_read(str_of(text), "f", &arena, ret_root, error);
}

static struct str json(const struct yaml *root)
{
	static char memory[4096];
	struct buf b = BUF(memory);
	yaml_put_json(&b, root);
	ASSERT(!b.over);
	return buf_str(&b);
}

TEST(every_scalar_is_a_text)
{
	static const char *const rows[][2] = {
	    {"no", "\"no\""},
	    {"{a: 22:30, b: 0x10, c: ~, d: null, e: 1e3}",
	     "{\"a\":\"22:30\",\"b\":\"0x10\",\"c\":\"~\",\"d\":null,\"e\":\"1e3\"}"},
	    {"a:\nb: ''\n", "{\"a\":\"\",\"b\":\"\"}"},
	    {"- x\n- [y, {z: w}]\n- []\n- {}\n", "[\"x\",[\"y\",{\"z\":\"w\"}],[],{}]"},
	    {"a: |\n  one\n  two\nb: >-\n  three\n  four\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\"}"},
	    {"a: \"\\t\\\"\\\\\"", "{\"a\":\"\\t\\\"\\\\\"}"},
	    {"# only\na: b # and\n", "{\"a\":\"b\"}"},
	    {"---\na: b\n...\n", "{\"a\":\"b\"}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml *root;
		struct error error;
		int code = read_text(rows[i][0], &root, &error);
		CHECK_OK(code, &error);
		if (code == 0)
			CHECK_STR(json(root), str_of(rows[i][1]));
	}
}

TEST(what_could_be_read_in_two_ways_is_refused_with_its_place)
{
	static const char *const rows[][3] = {
	    {"", "f:1:1", "the file is empty"},
	    {"# nothing\n", "f:1:1", "the file is empty"},
	    {"a: &x b\n", "f:1:", "an anchor (&)"},
	    {"a: 1\nb: *x\n", "f:2:4", "an alias (*)"},
	    {"a: !!int 1\n", "f:1:", "a tag (!)"},
	    {"%YAML 1.2\n---\na: b\n", "f:", "a directive (%)"},
	    {"a: b\n---\nc: d\n", "f:2:1", "a second document in one file"},
	    {"a: 1\nb: 2\na: 3\n", "f:3:1", "\"a\" stands twice in this map"},
	    {"a: 1\n'a': 3\n", "f:2:1", "\"a\" stands twice in this map"},
	    {"? [a]\n: b\n", "f:1:3", "a key that is no text"},
	    {"{a: b}: c\n", "f:1:1", "a key that is no text"},
	    {"a: b\r\n", "f:1:5", "a carriage return"},
	    {"a: é\x01\n", "f:1:5", "a byte that is no printable character"},
	    {"\xef\xbb\xbf"
	     "a: b\n",
	     "f:1:1", "a byte that is no printable character"},
	    {"a: \xc3\n", "f:1:4", "a byte that is no printable character"},
	    {"a:\n  x\xe2\x80\xaey\n", "f:2:4", "a byte that is no printable character"},
	    {"a: \"\\u202e\"\n", "f:1:4", "an escape that stands for a control character"},
	    {"a: \"\\0\"\n", "f:1:4", "an escape that stands for a control character"},
	    {"a: [b\n", "f:", "this is no YAML"},
	    {"a: b\n c: d\n", "f:", "this is no YAML"},
	    {"a: 'b\n", "f:", "this is no YAML"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml *root;
		struct error error;
		int code = read_text(rows[i][0], &root, &error);
		bool ok = code == ERROR_INPUT && str_starts(str_of(error.where), str_of(rows[i][1])) &&
			  strstr(error.what, rows[i][2]) && error.remedy[0];
		if (!test_count(ok))
			test_fail(__FILE__, __LINE__, "row %zu \"%s\": %d, %s: %s", i, rows[i][0], code, error.where,
				  error.what);
	}
}

struct place {
	const char *path; /* keys and numbers of items, with spaces between */
	int line, column, key_line, key_column, text_column;
};

static const struct yaml *at_path(const struct yaml *node, const char *path)
{
	struct str rest = str_of(path), part;
	for (bool more = rest.len > 0; more && node;) {
		part = rest;
		more = str_cut(rest, ' ', &part, &rest);
		if (node->kind == YAML_MAP) {
			node = yaml_get_str(node, part);
			continue;
		}
		node = node->first;
		for (int i = part.at[0] - '0'; i > 0 && node; i--)
			node = node->next;
	}
	return node;
}

static void check_places(const char *text, const struct place *rows, size_t n)
{
	const struct yaml *root;
	struct error error;
	int code = read_text(text, &root, &error);
	CHECK_OK(code, &error);
	for (size_t i = 0; code == 0 && i < n; i++) {
		const struct yaml *node = at_path(root, rows[i].path);
		bool ok = node && node->line == rows[i].line && node->column == rows[i].column &&
			  node->key_line == rows[i].key_line && node->key_column == rows[i].key_column &&
			  node->text_column == rows[i].text_column;
		if (!test_count(ok))
			test_fail(__FILE__, __LINE__, "\"%s\": %d:%d, key %d:%d, text %d", rows[i].path,
				  node ? node->line : 0, node ? node->column : 0, node ? node->key_line : 0,
				  node ? node->key_column : 0, node ? node->text_column : 0);
	}
}

TEST(each_node_has_its_place_in_characters)
{
	static const struct place rows[] = {
	    {"", 1, 1, 0, 0, 0},	 {"plain", 1, 8, 1, 1, 8},	{"é quoted", 2, 13, 2, 5, 14},
	    {"é list", 2, 24, 2, 18, 0}, {"é list 0", 2, 25, 0, 0, 25}, {"é list 1", 2, 28, 0, 0, 29},
	    {"empty", 3, 1, 3, 1, 0},	 {"none", 4, 7, 4, 1, 8},	{"block", 6, 1, 5, 1, 0},
	    {"escaped", 7, 10, 7, 1, 0}, {"items 1", 10, 5, 0, 0, 5},
	};
	check_places("plain: x\né: {quoted: 'y', list: [ö, \"z\"]}\nempty:\nnone: ''\nblock: |\n  text\nescaped: "
		     "\"\\x41\"\nitems:\n  - a\n  - b\n",
		     rows, ARRAY_LEN(rows));
}

TEST(an_error_can_point_into_a_text)
{
	const struct yaml *root;
	struct error error;
	CHECK_OK(read_text("a: 'äöx'\nb: \"\\u00e4x\"\n", &root, &error), &error);
	error_set(&error, ERROR_INPUT, "x");
	yaml_where_byte(yaml_get(root, "a"), 4, "f", &error);
	CHECK_STR(str_of(error.where), STR("f:1:7"));
	yaml_where_byte(yaml_get(root, "b"), 2, "f", &error);
	CHECK_STR(str_of(error.where), STR("f:2:4"));
	yaml_where_key(yaml_get(root, "b"), "f", &error);
	CHECK_STR(str_of(error.where), STR("f:2:1"));
}

/* ---- limits ---- */

static char large[3 << 20];

static const char *repeated(const char *before, const char *one, size_t n, const char *after)
{
	struct buf b = {.at = (uint8_t *)large, .size = sizeof large - 1};
	buf_put_str(&b, str_of(before));
	for (size_t i = 0; i < n; i++)
		buf_put_str(&b, str_of(one));
	buf_put_str(&b, str_of(after));
	ASSERT(!b.over);
	large[b.len] = 0;
	return large;
}

static const char *many_keys(size_t n)
{
	struct buf b = {.at = (uint8_t *)large, .size = sizeof large - 1};
	for (size_t i = 0; i < n; i++) {
		BUF_LIT(&b, "k");
		buf_put_u64(&b, i);
		BUF_LIT(&b, ": v\n");
	}
	large[b.len] = 0;
	return large;
}

TEST(limits_hold_at_the_limit_and_not_beyond)
{
	const struct yaml *root;
	struct error error;
	char depth[64];
	for (size_t i = 0; i < 2; i++) {
		memset(depth, '[', YAML_DEPTH_MAX + i);
		memset(depth + YAML_DEPTH_MAX + i, ']', YAML_DEPTH_MAX + i);
		depth[2 * (YAML_DEPTH_MAX + i)] = 0;
		CHECK_INT(read_text(depth, &root, &error), i == 0 ? 0 : ERROR_LIMIT);
	}
	CHECK_OK(read_text(repeated("[x", ",x", YAML_NODES_MAX - 2, "]"), &root, &error), &error);
	CHECK_INT(root->n, YAML_NODES_MAX - 1);
	CHECK_INT(read_text(repeated("[x", ",x", YAML_NODES_MAX - 1, "]"), &root, &error), ERROR_LIMIT);
	CHECK_OK(read_text(many_keys(YAML_KEYS_MAX), &root, &error), &error);
	CHECK_INT(read_text(many_keys(YAML_KEYS_MAX + 1), &root, &error), ERROR_LIMIT);
	CHECK_OK(read_text(repeated("", "x", YAML_BYTES_MAX, ""), &root, &error), &error);
	CHECK_INT(read_text(repeated("", "x", YAML_BYTES_MAX + 1, ""), &root, &error), ERROR_LIMIT);
	CHECK_INT(read_text(repeated("", "[", 10000, ""), &root, &error), ERROR_LIMIT);
}

TEST(an_arena_that_is_too_small_is_an_error)
{
	static uint8_t memory[2000];
	struct arena small = arena_over(memory, sizeof memory);
	const struct yaml *root;
	struct error error = {0};
	CHECK_INT(
	    yaml_read(STR("[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t]"), "f", &small, &root, &error),
	    ERROR_LIMIT);
}

/* ---- the child ---- */

TEST(a_child_gives_the_same_tree_and_the_same_error)
{
	static const char *const rows[] = {"a: [b, {c: 'd'}, \"\", |\n  e\n ]",
					   "x",
					   "{a: [é, {b: ''}], c: |-\n}",
					   "a: b\nc:\n  - d\n  - e: f\n",
					   "a: &b c",
					   "a: [",
					   "",
					   "a\r\n"};
	struct arena other = arena_map(YAML_MEMORY_BYTES_MAX);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml *root, *same;
		struct error error, again = {0};
		char memory[200];
		struct buf b = BUF(memory);
		int code = read_text(rows[i], &root, &error);
		arena_clear(&other);
		CHECK_INT(yaml_read_in_child(str_of(rows[i]), "f", &other, &same, &again), code);
		CHECK_STR(str_of(again.where), str_of(error.where));
		CHECK_STR(str_of(again.what), str_of(error.what));
		CHECK_STR(str_of(again.remedy), str_of(error.remedy));
		if (code < 0)
			continue;
		yaml_put_json(&b, same);
		CHECK_STR(buf_str(&b), json(root));
	}
	arena_unmap(&other);
}

TEST(a_child_carries_the_largest_document)
{
	struct arena other = arena_map(YAML_MEMORY_BYTES_MAX);
	const struct yaml *root;
	struct error error = {0};
	CHECK_OK(yaml_read_in_child(str_of(repeated("[x", ",x", YAML_NODES_MAX - 2, "]")), "f", &other, &root, &error),
		 &error);
	arena_clear(&other);
	CHECK_OK(yaml_read_in_child(str_of(repeated("'", "\xc3\xa4", YAML_BYTES_MAX / 2 - 1, "'")), "f", &other, &root,
				    &error),
		 &error);
	CHECK_INT(root->text.len, YAML_BYTES_MAX - 2);
	/* An error about a long key is cut between characters, or the parent would not believe it. */
	char twice[2000];
	struct buf b = BUF(twice);
	for (size_t i = 0; i < 2; i++)
		buf_put_str(&b, str_of(repeated("a", "\xc3\xa4", 300, ": 1\n")));
	CHECK_INT(yaml_read_in_child(buf_str(&b), "f", &other, &root, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "stands twice"));
	arena_unmap(&other);
}

/* ---- several documents ---- */

static int read_documents(const char *text, size_t max, const struct yaml **ret_list, struct error *error)
{
	static uint8_t memory[1 << 20];
	struct arena own = arena_over(memory, sizeof memory);
	*error = (struct error){0};
	return yaml_read_documents(str_of(text), "f", max, &own, ret_list, error);
}

TEST(several_documents_are_a_list_of_them_with_their_lines)
{
	const struct yaml *list;
	struct error error;
	CHECK_OK(read_documents("a: b\n---\n- c\n---\nd\n", 3, &list, &error), &error);
	CHECK_STR(json(list), STR("[{\"a\":\"b\"},[\"c\"],\"d\"]"));
	CHECK_INT(list->first->line, 1);
	CHECK_INT(list->first->next->line, 3);
	CHECK_INT(list->first->next->next->line, 5);
	CHECK_OK(read_documents("---\na: b\n", 1, &list, &error), &error);
	CHECK_INT(list->n, 1);
}

TEST(each_document_is_as_strict_as_one_alone)
{
	static const struct {
		const char *text;
		size_t max;
		int code;
		const char *where, *what;
	} rows[] = {
	    {"a: b\n---\nc: d\n---\ne: f\n", 2, ERROR_LIMIT, "f:4:1", "too many documents"},
	    {"a: b\n---\nc: d\n", 1, ERROR_INPUT, "f:2:1", "a second document in one file"},
	    {"a: b\n---\na: b\na: c\n", 2, ERROR_INPUT, "f:4:1", "stands twice"},
	    {"a: &x b\n---\nc: *x\n", 2, ERROR_INPUT, "f:1:", "an anchor"},
	    {"a: b\n...\n%YAML 1.2\n---\nc: d\n", 2, ERROR_INPUT, "f:", "a directive"},
	    {"", 2, ERROR_INPUT, "f:1:1", "the file is empty"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct yaml *list;
		struct error error;
		CHECK_INT(read_documents(rows[i].text, rows[i].max, &list, &error), rows[i].code);
		CHECK(str_starts(str_of(error.where), str_of(rows[i].where)));
		CHECK(strstr(error.what, rows[i].what));
	}
}

TEST(a_child_hands_over_several_documents)
{
	char path[] = "/tmp/yaml_test.XXXXXX";
	struct arena other = arena_map(YAML_MEMORY_BYTES_MAX);
	const struct yaml *list;
	struct error error = {0};
	int fd = mkstemp(path);
	ASSERT(fd >= 0 && write(fd, "a: b\n---\nc: null\n", 17) == 17);
	CHECK_OK(yaml_read_documents_file(path, 2, &other, &list, &error), &error);
	CHECK_STR(json(list), STR("[{\"a\":\"b\"},{\"c\":null}]"));
	CHECK_INT(list->first->next->line, 3);
	CHECK_INT(yaml_read_documents_file(path, 1, &other, &list, &error), ERROR_INPUT);
	CHECK_INT(yaml_read_file(path, &other, &list, &error), ERROR_INPUT);
	unlink(path);
	close(fd);
	arena_unmap(&other);
}

/* Hashes must tell the word from what is no value. */
TEST(null_without_quotes_is_null_in_json_and_the_word_is_not)
{
	const struct yaml *root;
	struct error error;
	CHECK_OK(read_text("[null, 'null', \"null\", Null, '']", &root, &error), &error);
	CHECK_STR(json(root), STR("[null,\"null\",\"null\",\"Null\",\"\"]"));
}

TEST(a_file_is_read_whole_and_only_if_it_is_one)
{
	char path[] = "/tmp/yaml_test.XXXXXX";
	struct arena other = arena_map(YAML_MEMORY_BYTES_MAX);
	const struct yaml *root;
	struct error error = {0};
	int fd = mkstemp(path);
	ASSERT(fd >= 0 && write(fd, "a: b\n", 5) == 5);
	CHECK_OK(yaml_read_file(path, &other, &root, &error), &error);
	CHECK_STR(json(root), STR("{\"a\":\"b\"}"));
	CHECK_INT(yaml_read_file("/dev/null", &other, &root, &error), ERROR_INPUT);
	CHECK_INT(yaml_read_file("/", &other, &root, &error), ERROR_INPUT);
	repeated("", "x", YAML_BYTES_MAX + 1, "");
	ASSERT(pwrite(fd, large, YAML_BYTES_MAX + 1, 0) == YAML_BYTES_MAX + 1);
	CHECK_INT(yaml_read_file(path, &other, &root, &error), ERROR_LIMIT);
	CHECK(str_starts(str_of(error.where), str_of(path)));
	unlink(path);
	close(fd);
	CHECK_INT(yaml_read_file(path, &other, &root, &error), ERROR_SYSTEM);
	arena_unmap(&other);
}

/* ---- the flat form ---- */

static int read_flat(struct str flat)
{
	struct arena other = arena_map(1 << 20);
	const struct yaml *root = NULL;
	struct error error = {0};
	int code = yaml_flat_read(flat, &other, &root, &error);
	CHECK(code == 0 ? root != NULL : error.what[0] != 0);
	arena_unmap(&other);
	return code;
}

TEST(a_flat_tree_that_is_cut_or_goes_on_is_none)
{
	char memory[1000];
	struct buf b = BUF(memory);
	const struct yaml *root;
	struct error error;
	CHECK_OK(read_text("a: [b, {c: 'd'}]", &root, &error), &error);
	yaml_flat_write(&b, root);
	CHECK_INT(read_flat(buf_str(&b)), 0);
	for (size_t i = 0; i < b.len; i++)
		CHECK_INT(read_flat((struct str){memory, i}), ERROR_INPUT);
	buf_put_char(&b, 0);
	CHECK_INT(read_flat(buf_str(&b)), ERROR_INPUT);
}

TEST(a_flat_tree_that_no_document_has_is_none)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
#define FLAT(bytes) {bytes, sizeof(bytes) - 1}
#define HEAD	    "\1\0\0\0\1\0\0\0\0\0\0\0"
	    FLAT("T\3\0" HEAD "\0\0\0\0"),		   /* no such kind */
	    FLAT("T\0\2" HEAD "\0\0\0\0"),		   /* quoted is no flag */
	    FLAT("T\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0"), /* line 0 */
	    FLAT("T\0\0" HEAD "\1\0\0\0\1"),		   /* a control character */
	    FLAT("T\0\0" HEAD "\377\377\377\377x"),	   /* longer than it is */
	    FLAT("T\1\0" HEAD "\377\377\377\377"),	   /* more items than bytes */
	    FLAT("T\2\0" HEAD "\2\0\0\0"		   /* a key twice */
		 "\1\0\0\0a\1\0\0\0\1\0\0\0\0\0" HEAD "\0\0\0\0"
		 "\1\0\0\0a\1\0\0\0\1\0\0\0\0\0" HEAD "\0\0\0\0"),
	    FLAT("E\0\0\0\0\0\0\0\0\1\0\0\0x\0\0\0\0"), /* an error without a code */
	    FLAT("X"),
	};
	CHECK_INT(read_flat((struct str){"T\0\0" HEAD "\1\0\0\0a", 20}), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(read_flat((struct str){rows[i].bytes, rows[i].n}), ERROR_INPUT);
}
