/* yaml.h: a YAML document as a tree of maps, lists and texts, each with its line and column.
 *
 * Strict on purpose, because these files decide who may enter: one document (but for yaml_read_documents); no anchors, aliases, tags or directives;
 * no key twice, and no key that is not a text; every scalar is text, whatever it looks like (`no` is the word no, 22:30 is five characters); UTF-8
 * without control characters, without CR, and without those that show a text in another order than it has; everything within the limits below. An
 * error's `where` is NAME:LINE:COLUMN, 1 first, columns in characters.
 *
 * The syntax is libfyaml's work. yaml_read_in_child parses in a child process with little memory and time and no files, network or
 * processes, and takes the tree back in a flat form that it checks (yaml_flat.h): a fault in the parser cannot touch the caller.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/arena.h"
#include "base/error.h"

enum {
	YAML_BYTES_MAX = 1 << 20,
	YAML_DEPTH_MAX = 16,
	YAML_NODES_MAX = 100000,
	YAML_KEYS_MAX = 1024, /* in one map */
	/* Room in which every document within the limits can be read; with less, a large one is ERROR_LIMIT, not a panic. */
	YAML_MEMORY_BYTES_MAX = 24 << 20,
};

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml {
	enum yaml_kind kind;
	int line, column; /* 1 first */
	bool quoted;	  /* a text in quotes or a block, so that "" is told from nothing */
	int text_column;  /* of the text's first byte, when the file has the text as it is, on one line; else 0 */
	struct str text;  /* of a text */
	struct str key;	  /* of a value in a map */
	int key_line, key_column;
	const struct yaml *first,
	    *next; /* of a map's values or a list's items, in the file's order; and the one after this */
	size_t n;  /* of them */
};

/* `name` is what errors call the file. The tree and its texts live in the arena; `text` may go. */
int yaml_read(struct str text, const char *name, struct arena *arena, const struct yaml **ret_root,
	      struct error *error);

/* The same in a child. Not for a process that has threads or is in its sandbox. */
int yaml_read_in_child(struct str text, const char *name, struct arena *arena, const struct yaml **ret_root,
		       struct error *error);

/* The whole file, read in a child. */
int yaml_read_file(const char *path, struct arena *arena, const struct yaml **ret_root, struct error *error);

/* The value of that key in a map; NULL when there is none or it is no map. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
const struct yaml *yaml_get_str(const struct yaml *map, struct str key);

/* Sets the error's place to this node and returns its code. */
int yaml_where(const struct yaml *node, const char *name, struct error *error);
/* To the key of a value in a map. */
int yaml_where_key(const struct yaml *node, const char *name, struct error *error);
/* To a byte inside a text; to the text where the file's columns cannot be counted from it. */
int yaml_where_byte(const struct yaml *text, size_t offset, const char *name, struct error *error);

/* Several documents in one text, up to `max`, each within the limits: for files of rules that others write so. ret_list is a list of them, in order,
 * and not empty. The rest is as above. */
int yaml_read_documents(struct str text, const char *name, size_t max, struct arena *arena,
			const struct yaml **ret_list, struct error *error);
int yaml_read_documents_file(const char *path, size_t max, struct arena *arena, const struct yaml **ret_list,
			     struct error *error);

/* The tree as JSON: members in the file's order, every scalar a string but the word null without quotes, which is null; no white space. Hashes of
 * configuration are taken over it. */
void yaml_put_json(struct buf *b, const struct yaml *node);

/* Whether a text may stand in a document. ret_bad gets the offset of the first byte that may not. LF and tab may. */
bool yaml_text_ok(struct str text, size_t *ret_bad);

#endif
