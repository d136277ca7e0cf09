/* words.h: what stands in the record, in people's words; and people's words as what a command takes. */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "gen/types.h"
#include "schema/words.h"

/* How things are said here: the language, what refs are called today (answer_entry.names), and what null stands for in the body (answer_entry.masked,
 * .erased): ▒▒▒ for what a look would open, and a word for what was erased. A member that is not there is not for this reader: …, or was never given. */
struct saying {
	enum language language;
	struct answer_name_list names;
	struct arena *arena; /* scratch */
	bool masked, erased;
};

/* A text as it stands in the record, with ? for what would move a terminal's cursor or show the text in another order than it has. */
void words_put_shown(struct buf *b, struct str text);

/* The sentence with the body's values where {member} stands. A body that does not fit its members is said as it is. */
void words_put_sentence(struct buf *b, const struct saying *saying, struct str sentence,
			const struct word_members *members, struct str body);

/* What an event or a refusal of that name says of this body; the bare name when this program does not know it. */
void words_put_event(struct buf *b, const struct saying *saying, struct str name, struct str body);
void words_put_refusal(struct buf *b, const struct saying *saying, struct str name, struct str takes);

/* "people suspend-badge": as it is written behind `chancery`; of a member, --from-zone without the --. */
void words_put_spoken(struct buf *b, struct str name);

/* "people suspend-badge --badge 12 --why lost": a command with what its body says. */
void words_put_command(struct buf *b, const struct saying *saying, struct str name, struct str body);

/* ": passkey:3": what a command gave, as it can be typed again; nothing when it gave nothing. */
void words_put_gives(struct buf *b, const struct saying *saying, struct str name, struct str gives);

/* A line for each file that the input names, with how to read it. */
void words_put_files(struct buf *b, const struct saying *saying, struct str name, struct str body);

/* A member's value as it was written by a person, as JSON. Lists have commas between their values; a time is 2026-11-24, 2026-11-24T08:30Z or milliseconds; a
 * duration is 5s, 500ms or milliseconds; a ref is door:3 or 3. ERROR_INPUT says what is expected. */
int words_put_value(struct buf *b, const struct word_member *member, struct str text, struct error *error);

/* "text", "one of card, fob", "5s or 500ms …": what may be written. */
void words_put_expected(struct buf *b, const struct word_member *member);

/* "02:14:07" and "2026-11-24 02:14:07" in the mission's zone, which words_zone has set. */
void words_zone(const char *zone);
void words_put_clock(struct buf *b, int64_t wall);
void words_put_moment(struct buf *b, int64_t wall);

/* "40 s", "59 min", "3 h", "2 days": how long, as near as a person needs it. */
void words_put_span(struct buf *b, int64_t ms);

/* "security officer": a name of the schema's with blanks. */
void words_put_spaced(struct buf *b, struct str name);
/* The same of several: "guard, duty officer or auditor". */
void words_put_or(struct buf *b, const struct str *names, size_t n);

/* Columns that the text takes on a terminal; put pads it with blanks to so many. */
size_t words_width(struct str text);
void words_put_padded(struct buf *b, struct str text, size_t width);

#endif
