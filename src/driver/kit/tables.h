/* tables.h: the grant table that the driver decides by, and the one that is just coming in. Pure but for the
 * signature (grant_seal.h).
 *
 * A table is taken when it is whole and well-formed, signed by the mission's key, made for this driver and this
 * mission, and newer than every table ever taken: nobody can bring back an older one, in which a lost badge
 * still opened. What is not is refused with its reason, and the one that is held goes on deciding.
 */
#ifndef KIT_TABLES_H
#define KIT_TABLES_H

#include "gen/codec.h"
#include "grant/grant.h"

enum { TABLES_KEY_BYTES = 32 };

enum tables_found {
	TABLES_MORE,	/* parts are missing yet */
	TABLES_WHOLE,	/* to be written down (tables_arrived), then tables_take */
	TABLES_SAME,	/* it is the one that is held */
	TABLES_REFUSED, /* see `why` */
};

enum tables_why {
	TABLES_NO_KEY, /* the core has not said who signs; or there was no begin (kit.c) */
	TABLES_PARTS,  /* they did not come in order */
	TABLES_FORM,
	TABLES_SIGNATURE,
	TABLES_DRIVER,
	TABLES_MISSION,
	TABLES_NUMBER, /* not above the highest, or not the one that its lines said */
};

struct tables {
	bool has_key, holds;
	uint8_t key[TABLES_KEY_BYTES];
	struct grant grant; /* the table held */
	uint64_t highest;   /* number ever taken */
	char mission[GRANT_MISSION_BYTES_MAX];
	size_t mission_len; /* 0: none was taken yet */
	/* Coming in. */
	int64_t number, part, of;
	size_t n, held_n;
	enum tables_why why;
	unsigned in; /* which of the two is coming in */
	uint8_t bytes[2][GRANT_BYTES_MAX];
};

/* Who signs. With another key than before the table that is held is given up. */
void tables_set_key(struct tables *tables, const uint8_t key[TABLES_KEY_BYTES]);

enum tables_found tables_part(struct tables *tables, struct str driver, const struct driver_table *line);

/* The table that is whole. */
struct str tables_arrived(const struct tables *tables);
/* Decides by it from now on. */
void tables_take(struct tables *tables);

/* A table from the disk: held when it is as good as one from the core, and not older than the highest. */
bool tables_load(struct tables *tables, struct str driver, struct str bytes);

/* NULL when none is held. */
static inline const struct grant *tables_grant(const struct tables *tables)
{
	return tables->holds ? &tables->grant : NULL;
}

#endif
