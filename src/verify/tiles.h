/* tiles.h: the stored tiles against those that the entries give. A walk begins with tiles_begin, and ends with tiles_end
 * whatever happened. */
#ifndef VERIFY_TILES_H
#define VERIFY_TILES_H

#include "check.h"

struct tiles {
	sqlite3_stmt *one; /* by level and number */
};

bool tiles_begin(struct check *check, struct tiles *tiles);
/* After each entry: whatever has become full with it. */
bool tiles_full(struct check *check, struct tiles *tiles);
/* When a signed root is not the tree's: names the entry that was changed, if the tile that is being filled shows it. */
void tiles_name_entry(struct check *check, struct tiles *tiles);
/* After the last one: the partial tiles, and that there are no others. */
bool tiles_rest(struct check *check, struct tiles *tiles);
void tiles_end(struct tiles *tiles);

#endif
