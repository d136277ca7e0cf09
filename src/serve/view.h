/* view.h: an entry as far as somebody may see it.
 *
 * What a reader may not see is not there: neither the member, nor the event that has no other, nor the entry that has no other event; and no number tells
 * that it was left out. Indexes of entries go only to those who may read the record as it is; everybody else gets a cursor (cursor.h).
 *
 *   member   seen by the roles of its `see` (its own, its column's, its event's or its domain's), and by the person whom `see` names
 *   mark     seen up to the reader's clearance
 *   purpose  null, until the reader has a look open at the subject (oversight.look)
 *   erased   null, for everybody
 *   secret   its number is nobody's business
 *   name     what a row is called today, to whom the table's label is shown
 */
#ifndef SERVE_VIEW_H
#define SERVE_VIEW_H

#include "core/core.h"

struct viewer {
	uint32_t roles;	    /* bit i: role_words[i] */
	unsigned clearance; /* 0 open to 3 secret */
	struct str login;
	uint64_t person; /* whom mission.yaml says this is; 0 nobody */
};

/* The bits of these roles. */
uint32_t viewer_roles(const struct str *roles, size_t n);

/* Whether the reader may have raw entries, indexes and numbers of the record. */
bool viewer_sees_record(const struct viewer *viewer);

/* Whether the reader may know what this row is called. */
bool viewer_sees_name(const struct viewer *viewer, const struct state *state, const struct subject *row);

struct view {
	const struct state *state;
	const struct vault *vault;
	const struct viewer *viewer;
	struct arena *arena;
	const struct subject *about; /* only what mentions this row where the reader sees it; NULL: whatever there is */
};

/* False when there is nothing of it that the reader may see. Leaves `at` and `rules` to the caller. `entry` was read from the journal. */
bool view_entry(const struct view *view, const struct entry *entry, struct answer_entry *ret_answer);

#endif
