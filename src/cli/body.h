/* body.h: a command's body, made of what a person has written of its members. A file, written @FILE, goes to the core
 * first (send.h), and what the body then has is its hash; of a secret, what stands in the file.
 */
#ifndef CLI_BODY_H
#define CLI_BODY_H

#include "schema/words.h"
#include "tlog/asker.h"

struct written_value {
	const struct word_member *member;
	struct str written;
};

struct body_source {
	struct asker *link;
	struct arena *arena;
	const char *directory; /* that @FILE begins in; NULL: the current one */
};

/* One value as JSON; `all` are the command's values, because one may name the row that a file belongs to. */
int body_put_value(struct buf *b, const struct body_source *source, const struct written_value *value,
		   const struct written_value *all, size_t n, struct error *error);

/* {"person":12,"photo":"…"} */
int body_put(struct buf *b, const struct body_source *source, const struct written_value *values, size_t n,
	     struct error *error);

#endif
