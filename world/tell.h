/* tell.h: what happened, as JSON lines for whoever started the world.
 *
 *     tell_begin_reader(&tell, at_ms, reader, "led");
 *     tell_text(&tell, "colour", STR("green"));
 *     tell_end(&tell); {"at":1795487160886,"reader":"line-1/0","what":"led","colour":"green"}
 *
 * Each line is flushed. A pipe that was closed ends the telling, and nothing else. world/README.md says what
 * is told.
 */
#ifndef WORLD_TELL_H
#define WORLD_TELL_H

#include "world/plan.h"

enum {
	TELL_BYTES_MAX = 2048,
	TELL_NAME_BYTES_MAX = 64, /* of a line; and longer handles of people are left out */
};

struct tell {
	const struct plan *plan;
	FILE *out; /* NULL: nothing is told */
	struct buf line;
	char memory[TELL_BYTES_MAX];
};

/* The process must ignore SIGPIPE. */
void tell_init(struct tell *tell, const struct plan *plan, FILE *out);

void tell_begin(struct tell *tell, int64_t at_ms, const char *what);
void tell_begin_reader(struct tell *tell, int64_t at_ms, uint16_t reader, const char *what);
void tell_end(struct tell *tell);

/* What else the line has. Texts are UTF-8. */
void tell_text(struct tell *tell, const char *key, struct str text);
void tell_number(struct tell *tell, const char *key, int64_t number);
void tell_bool(struct tell *tell, const char *key, bool value);
void tell_who(struct tell *tell, uint16_t person); /* PLAN_NONE: a stranger */

#endif
