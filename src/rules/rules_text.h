/* rules_text.h: all files of a rulebook as one text, from which alone it can be loaded: without files, a child process
 * or YAML. It is what lies in the journal when a rulebook is enacted.
 *
 *     text   = {"files":[file,…]}                           in the order of their names, which are all different
 *     file   = {"name":"a.yaml","documents":[node,…],"places":[[number,…],…]}
 *     node   = "text" | null | [node,…] | {"key":node,…}    null is the word null without quotes
 *
 * There is no white space, and members stand in this order. `places` has a list for each document, so that mistakes are
 * told by the lines and columns of the files that were collected; its numbers go through the document from its
 * beginning: of a key its line and column, then of its value; of a text its line, column, text_column (yaml.h) and 1
 * where it was quoted, else 0; of a map or list its line and column. Where `places` is [] nothing was recorded, and a
 * mistake is told at line 1, in the column that is the place in the text.
 *
 * The hash of a rulebook is SHA-256 over one line for each file: its name, then a tab and a document for each, then LF.
 * So comments, white space and places do not change it.
 */
#ifndef RULES_RULES_TEXT_H
#define RULES_RULES_TEXT_H

#include "base/yaml.h"

enum {
	RULES_TEXT_BYTES_MAX = 32 << 20,
	RULES_DOCUMENTS_MAX = 64,   /* of one file */
	RULES_NAME_BYTES_MAX = 255, /* of a file, with the directories that it lies in */
	RULES_FILES_MAX = 16384,
	RULES_DIRECTORIES_DEEP_MAX = 8, /* inside each other */
};

/* What a directory may hold. */
struct rules_kind {
	size_t files_max;
	bool sigma; /* also *.yml, directories, and several documents in a file */
};

extern const struct rules_kind rules_kind_rulebook, rules_kind_sigma;

/* Reads the *.yaml files of a directory, each parsed by a child process. Files that begin with a dot are left out, and
 * so is what ends otherwise. The text lies in the arena. */
int rules_text_collect(struct str *ret_text, const struct rules_kind *kind, const char *directory, struct arena *arena,
		       struct error *error);

struct rules_file {
	struct str name;   /* as the text has it */
	const char *shown; /* what errors call it */
	size_t n;
	const struct yaml *const *documents;
};

struct rules_files {
	size_t n;
	struct rules_file *at;
};

/* The files of a text, as trees in the arena, which also keeps what the text must not go for. What errors call a file is
 * its name behind the prefix, which may be "". */
int rules_text_read(struct str text, const struct rules_kind *kind, const char *prefix, struct arena *arena,
		    struct rules_files *ret_files, struct error *error);

/* The line of a file for the hash, without LF at its end. */
void rules_text_put_line(struct buf *b, const struct rules_file *file);

#endif
