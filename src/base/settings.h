/* settings.h: a file of settings, read from YAML: maps whose members are known, texts within a bound. A mistake says
 * where it is and what to write. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/yaml.h"

struct settings {
	const char *path;    /* what errors call the file */
	const char *members; /* the sentence that says where its members are told */
};

/* Returns ERROR_INPUT, at that node. */
int settings_wrong(const struct settings *settings, const struct yaml *node, struct error *error, const char *what,
		   const char *remedy);

/* ERROR_INPUT: it is no map, or a member of it is none of these. */
int settings_keys(const struct settings *settings, const struct yaml *map, const char *const *keys, size_t n,
		  struct error *error);

/* The member's text, of 1 to bytes_max bytes. ERROR_INPUT: there is none, or it is another. */
int settings_text(const struct settings *settings, const struct yaml *map, const char *key, size_t bytes_max,
		  struct str *ret_text, struct error *error);

#endif
