/* program_parts.h: what programs are put together from: sets of characters, and steps that can be moved. Pure. */
#ifndef RULES_PROGRAM_PARTS_H
#define RULES_PROGRAM_PARTS_H

#include "rules/program.h"

/* A set while ranges are added, in any order. */
struct characters_in {
	size_t n;
	bool over; /* more than RANGES_MAX */
	struct {
		uint32_t low, high;
	} at[RANGES_MAX];
};

void characters_add(struct characters_in *in, uint32_t low, uint32_t high);
/* Also the other case of the letters a to z, and of s and k what PCRE2 takes for them. */
void characters_add_cases(struct characters_in *in);
void characters_invert(struct characters_in *in);
/* Sorted and merged, in the arena. */
const struct characters *characters_keep(struct characters_in *in, struct arena *arena);
/* Every character, or every one but LF. */
const struct characters *characters_any(struct arena *arena, bool but_newline);

/* Steps one after the other. Their jumps are relative, so a part can be moved and copied. */
struct steps {
	struct step *at;
	size_t n;
	bool over; /* more than PROGRAM_STEPS_MAX */
};

void steps_put(struct steps *s, struct step step);
/* Puts the step before what has stood from `begin` on. */
void steps_insert(struct steps *s, size_t begin, struct step step);
/* Any number of characters of the set. */
void steps_put_run(struct steps *s, const struct characters *set);

/* The character at the byte; ret_length is how many bytes it has. */
uint32_t character_at(struct str text, size_t byte, size_t *ret_length);

#endif
