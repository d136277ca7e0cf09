/* detection_load.h: detection rules from a directory of Sigma's files, or from the text that was collected from one.
 *
 * Files end in .yml or .yaml and may lie in directories; each holds one document or several. A document with `detection`
 * is a rule (Sigma, rules specification 2.0), one with `correlation` a correlation rule (2.1); `placeholders.yaml`, if
 * there is one, is a map of lists that |expand puts into values. Members that Sigma does not know are allowed, unless
 * they look like a slip in one that it does. Rules that call themselves deprecated or unsupported are left out.
 *
 * Not Sigma's are: filters, and the collections of old (`action: global`); they are refused, and so are counts in
 * conditions. Regular expressions may be whatever PCRE2 knows, without capturing.
 *
 * Everything else is as with rulebooks (rulebook_load.h): all or nothing, errors with their place and remedy, all memory
 * in the arena, rulebook_ready for a process that has not loaded itself.
 */
#ifndef RULES_DETECTION_LOAD_H
#define RULES_DETECTION_LOAD_H

#include "base/error.h"
#include "rules/detection.h"

enum {
	DETECTION_VALUES_MAX = 1 << 18,
	DETECTION_REGEXES_MAX = 4096,
	/* Room that the arena must have left. */
	DETECTION_MEMORY_BYTES_MAX = 256 << 20,
};

int detection_collect(struct str *ret_text, const char *directory, struct arena *arena, struct error *error);
int detection_load_json(const struct detection **ret_detection, struct arena *arena, const char *prefix,
			struct str text, struct error *error);
int detection_load(const struct detection **ret_detection, struct arena *arena, const char *directory,
		   struct error *error);

/* The same from one YAML text, parsed in this process: for tests, fuzzing and tools. */
int detection_load_text(const struct detection **ret_detection, struct arena *arena, const char *file, struct str text,
			struct error *error);

#endif
