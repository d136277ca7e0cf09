/* rulebook_load.h: a rulebook from its directory.
 *
 * The directory holds rulebook.yaml, the head (name, vocabulary, layers, default, and rules if one likes), and any
 * number of other *.yaml files, each a map with the one key `rules`. They are read in the order of their names, each
 * parsed by a child process. Everything is checked: an unknown key, field, modifier, selection or rule, a value of
 * the wrong kind, a rule that could never be reached by its condition. An error names file:line:column, what is wrong
 * and what to write instead. A rulebook loads whole or not at all.
 *
 * The hash is SHA-256 over one line for each file, in order: its name, a tab, its content by yaml_put_json, LF.
 */
#ifndef RULES_RULEBOOK_LOAD_H
#define RULES_RULEBOOK_LOAD_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rulebook.h"

enum {
	RULEBOOK_FILES_MAX = 64,
	RULEBOOK_VALUES_MAX = 16384,  /* values in all matches of a rulebook */
	RULEBOOK_BYTES_MAX = 4 << 20, /* of what is hashed */
	/* Room that the arena must have left: one page is used only when it is needed. */
	RULEBOOK_MEMORY_BYTES_MAX = 48 * 1024 * 1024,
};

/* The rulebook and all its texts live in the arena; vocabulary must live as long. On error the arena is as it was. */
int rulebook_load(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		  const char *directory, struct error *error);

/* The same from one text that holds head and rules, parsed in this process: for tests, fuzzing and tools. `file` is
 * for errors. */
int rulebook_load_text(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *file, struct str text, struct error *error);

#endif
