/* rulebook_load.h: a rulebook from its directory, or from the text that was collected from one.
 *
 * The directory holds rulebook.yaml, the head (name, vocabulary, layers, default, and more if one likes), and any
 * number of other *.yaml files, each a map with the one key `rules`, read in the order of their names. Everything is
 * checked: an unknown key, field, modifier, selection or rule, a value of the wrong kind, a rule that could never be
 * reached by its condition; then the whole is searched for what rules leave unsettled or uncovered (search.h). An error
 * names file:line:column, what is wrong and what to write instead. A rulebook loads whole or not at all.
 *
 * All memory of a rulebook lies in the arena that it was given, or is static. So a process may map an arena as shared
 * memory, let a forked child load a rulebook into it, and use it at the same addresses when the child has ended: it
 * calls rulebook_ready once, and may decide from then on. The vocabulary must be static, or lie in shared memory too.
 */
#ifndef RULES_RULEBOOK_LOAD_H
#define RULES_RULEBOOK_LOAD_H

#include "base/arena.h"
#include "base/error.h"
#include "rules/rulebook.h"

enum {
	RULEBOOK_FILES_MAX = 64,
	RULEBOOK_VALUES_MAX = 16384,  /* values in all matches of a rulebook */
	RULEBOOK_REGEXES_MAX = 256,   /* of them regular expressions */
	RULEBOOK_BYTES_MAX = 4 << 20, /* of what is hashed */
	/* Room that the arena must have left: one page is used only when it is needed. */
	RULEBOOK_MEMORY_BYTES_MAX = 64 * 1024 * 1024,
};

/* The directory as one text (rules_text.h), in the arena. */
int rulebook_collect(struct str *ret_text, const char *directory, struct arena *arena, struct error *error);

/* The rulebook of such a text; vocabulary must live as long. Where no path is recorded errors name files by the prefix
 * and their names; "" is none. Reads no files and starts no processes. On error the arena is as it was. */
int rulebook_load_json(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *prefix, struct str text, struct error *error);

/* Both in one. */
int rulebook_load(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		  const char *directory, struct error *error);

/* The same from one YAML text that holds head and rules, parsed in this process: for tests, fuzzing and tools. `file` is
 * for errors. */
int rulebook_load_text(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *file, struct str text, struct error *error);

/* Before the first decision by a rulebook that this process has not loaded itself; again is nothing. */
void rulebook_ready(void);

#endif
