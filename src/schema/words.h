/* words.h: what the schema says about its inputs, events and refusals to people: sentences, documentation, the members and their types. The data is generated
 * (gen/words.c); commands of the cli, their help, and the stream's sentences are made from it. Pure.
 */
#ifndef SCHEMA_WORDS_H
#define SCHEMA_WORDS_H

#include "gen/types.h"

enum word_kind {
	WORD_TEXT,
	WORD_BYTES,
	WORD_INT,
	WORD_TIME,
	WORD_DURATION,
	WORD_BOOL,
	WORD_ENUM,
	WORD_REF,
	WORD_JSON,
	WORD_MESSAGE,
	WORD_SECRET,
	WORD_BLOB,
	WORD_STAGED,
};

struct word_member {
	struct str name;
	enum word_kind kind; /* of one value */
	bool list, optional;
	struct str table;	  /* WORD_REF: as in door:3 */
	int64_t min, max;	  /* of a number; of bytes and texts: their lengths in bytes */
	const struct str *values; /* WORD_ENUM */
	size_t n_values;
	/* Who may see it. */
	uint32_t roles;	 /* bit i: role_words[i] */
	struct str self; /* the member that names the person who may too, or empty */
	unsigned mark;	 /* 0 open, 1 restricted, 2 confidential, 3 secret */
	bool purpose;	 /* only while a look is open */
	bool personal;
	struct str whose_table,
	    whose; /* of a personal member: the subject's table and the member that names its row; empty: whom the input concerns */
};

struct word_members {
	const struct word_member *at;
	size_t n;
};

struct input_words {
	struct str name, about;
	uint32_t roles; /* who may see that there was one */
	struct word_members takes, gives;
};

struct event_words {
	struct str name, about;
	uint32_t roles;
	struct str says[LANGUAGES]; /* with {member} where a value stands */
	struct word_members fields;
};

struct refusal_words {
	struct str name, about;
	struct str says[LANGUAGES];
	struct word_members takes;
};

struct domain_words {
	struct str name, about;
};

/* What rows of a table are called by: the column that is its label. */
struct label_words {
	struct str table; /* as in door:3 */
	struct word_member label;
};

/* The commands first, by name, then reports and starts; and the domains that have any commands. */
extern const struct input_words input_words[];
extern const size_t n_command_words, n_input_words;
extern const struct label_words label_words[];
extern const size_t n_label_words;
extern const struct domain_words domain_words[];
extern const size_t n_domain_words;

/* The roles that `who` and mission.yaml may name. */
extern const struct str role_words[];
extern const size_t n_role_words;

/* NULL when there is none of that name. */
const struct input_words *words_of_command(struct str name);
const struct input_words *words_of_input(struct str name);
const struct event_words *words_of_event(struct str name);
const struct refusal_words *words_of_refusal(struct str name);

#endif
