/* story.h: an entry of the record, told to people: as one line of the stream, or at length with its reasons. */
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include "cli/paint.h"
#include "cli/words.h"
#include "gen/codec.h"
#include "rules/rulebook.h"

struct story {
	const struct answer_entry *entry;
	struct saying saying;
};

/* Of what the core answered, which must outlive it; scratch comes from the arena. */
void story_begin(struct story *ret_story, const struct answer_entry *answer, enum language language,
		 struct arena *arena);

/* Whether the stream shows it: what changed nothing, orders that are only on their way, and their confirmations are quiet. */
bool story_is_shown(const struct story *story);

/* The entry in one line without its end: clock, mark, sentence, and in `columns` or more why. */
void story_put_line(struct buf *b, const struct story *story, int columns);

/* All of it; rules is the rulebook that was in force, or NULL when there is another one now. */
void story_put_whole(struct buf *b, const struct story *story, const struct rulebook *rules);

#endif
