#include "rules/rules_text.h"
#include "rules/bag.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

const struct rules_kind rules_kind_rulebook = {.files_max = 64, .sigma = false};
const struct rules_kind rules_kind_sigma = {.files_max = RULES_FILES_MAX, .sigma = true};

struct collector {
	const struct rules_kind *kind;
	const char *directory;
	struct arena *scratch;
	struct bag names; /* of struct str: paths below the directory */
	struct error *error;
};

static int remedy(const struct collector *c, const char *what)
{
	return error_remedy(c->error, "%s", what);
}

/* A zero-terminated path of what lies below the directory; "" is the directory itself. */
static char *path_of(const struct collector *c, struct str below)
{
	size_t size = strlen(c->directory) + below.len + 2;
	char *path = ARENA_TAKE(c->scratch, char, size);
	int n = snprintf(path, size, below.len ? "%s/" STR_FMT : "%s" STR_FMT, c->directory, STR_ARG(below));
	ASSERT(n > 0 && (size_t)n < size);
	return path;
}

static int add_file(struct collector *c, struct str name)
{
	if (c->names.n == c->kind->files_max) {
		error_set(c->error, ERROR_LIMIT, "more than %zu files of rules", c->kind->files_max);
		error_where(c->error, "%s", c->directory);
		return remedy(c, "put rules that belong together into one file");
	}
	*(struct str *)bag_add(&c->names) = name;
	return 0;
}

static int list(struct collector *c, struct str below, size_t depth);

static bool is_directory(const char *path)
{
	struct stat found;
	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static int add_entry(struct collector *c, struct str below, struct str entry, size_t depth)
{
	struct buf b = arena_buf(c->scratch);
	if (entry.at[0] == '.')
		return 0;
	buf_put_str(&b, below);
	if (below.len)
		buf_put_char(&b, '/');
	buf_put_str(&b, entry);
	struct str name = arena_keep(c->scratch, &b);
	const char *path = path_of(c, name);
	if (name.len > RULES_NAME_BYTES_MAX) {
		error_set(c->error, ERROR_LIMIT, "a name of more than %d bytes", RULES_NAME_BYTES_MAX);
		error_where(c->error, "%s", path);
		return remedy(c, "shorten it");
	}
	if (c->kind->sigma && is_directory(path))
		return list(c, name, depth + 1);
	if (str_ends(entry, STR(".yaml")) || (c->kind->sigma && str_ends(entry, STR(".yml"))))
		return add_file(c, name);
	if (!str_ends(entry, STR(".yml")))
		return 0;
	error_set(c->error, ERROR_INPUT, "a file of rules ends in .yaml");
	error_where(c->error, "%s", path);
	return remedy(c, "rename it, or take it away");
}

/* Recursion is bounded by RULES_DIRECTORIES_DEEP_MAX. */
static int list(struct collector *c, struct str below, size_t depth)
{
	const char *path = path_of(c, below);
	if (depth > RULES_DIRECTORIES_DEEP_MAX) {
		error_set(c->error, ERROR_LIMIT, "more than %d directories inside each other",
			  RULES_DIRECTORIES_DEEP_MAX);
		error_where(c->error, "%s", path);
		return remedy(c, "move the files up");
	}
	DIR *open = opendir(path);
	if (!open) {
		error_system(c->error, "opening the directory of rules");
		error_where(c->error, "%s", path);
		remedy(c, "make it, and put the files of rules there");
		return ERROR_SYSTEM;
	}
	int code = 0;
	errno = 0;
	for (struct dirent *entry; code == 0 && (entry = readdir(open)); errno = 0)
		code = add_entry(c, below, arena_str(c->scratch, str_of(entry->d_name)), depth);
	if (code == 0 && errno != 0)
		code = error_system(c->error, "reading the directory %s", path);
	closedir(open);
	return code;
}

static int compare(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* ---- writing ---- */

static void put_place(struct buf *b, const struct yaml *node, bool in_map)
{
	if (in_map) {
		buf_put_i64(b, node->key_line);
		buf_put_char(b, ',');
		buf_put_i64(b, node->key_column);
		buf_put_char(b, ',');
	}
	buf_put_i64(b, node->line);
	buf_put_char(b, ',');
	buf_put_i64(b, node->column);
	if (node->kind == YAML_TEXT) {
		buf_put_char(b, ',');
		buf_put_i64(b, node->text_column);
		buf_put_char(b, ',');
		buf_put_i64(b, node->quoted);
	}
	for (const struct yaml *item = node->first; item; item = item->next) {
		buf_put_char(b, ',');
		put_place(b, item, node->kind == YAML_MAP);
	}
}

static void put_file(struct buf *b, struct str name, const struct yaml *documents)
{
	const struct yaml key = {.kind = YAML_TEXT, .quoted = true, .text = name};
	BUF_LIT(b, "{\"name\":");
	yaml_put_json(b, &key);
	BUF_LIT(b, ",\"documents\":");
	yaml_put_json(b, documents);
	BUF_LIT(b, ",\"places\":[");
	for (const struct yaml *document = documents->first; document; document = document->next) {
		buf_put_char(b, document == documents->first ? '[' : ',');
		if (document != documents->first)
			buf_put_char(b, '[');
		put_place(b, document, false);
		buf_put_char(b, ']');
	}
	BUF_LIT(b, "]}");
}

static int collect_file(struct collector *c, struct str name, bool first, struct buf *b)
{
	const struct yaml *documents;
	size_t used = c->scratch->used;
	int code = yaml_read_documents_file(path_of(c, name), c->kind->sigma ? RULES_DOCUMENTS_MAX : 1, c->scratch,
					    &documents, c->error);
	if (code == 0) {
		if (!first)
			buf_put_char(b, ',');
		put_file(b, name, documents);
	}
	if (code == 0 && (b->over || b->len > RULES_TEXT_BYTES_MAX)) {
		error_set(c->error, ERROR_LIMIT, "the rules are more than %d MiB", RULES_TEXT_BYTES_MAX >> 20);
		error_where(c->error, "%s", path_of(c, name));
		code = remedy(c, "take out rules that nobody needs");
	}
	c->scratch->used = used;
	return code;
}

int rules_text_collect(struct str *ret_text, const struct rules_kind *kind, const char *directory, struct arena *arena,
		       struct error *error)
{
	struct arena scratch = arena_map(2 * YAML_MEMORY_BYTES_MAX + (64 << 20));
	struct collector c = {.kind = kind,
			      .directory = directory,
			      .scratch = &scratch,
			      .names = BAG(&scratch, struct str),
			      .error = error};
	int code = list(&c, (struct str){"", 0}, 0);
	struct str *names = c.names.at;
	if (code == 0 && c.names.n > 0)
		qsort(names, c.names.n, sizeof *names, compare);
	struct buf b = arena_buf(arena);
	BUF_LIT(&b, "{\"files\":[");
	for (size_t i = 0; code == 0 && i < c.names.n; i++)
		code = collect_file(&c, names[i], i == 0, &b);
	BUF_LIT(&b, "]}");
	if (code == 0)
		*ret_text = arena_keep(arena, &b);
	arena_unmap(&scratch);
	return code;
}
