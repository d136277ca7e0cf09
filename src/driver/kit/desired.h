/* desired.h: how devices are to be, as the core said last (contract.yaml, desired). Pure.
 *
 * One for each name and key; a later one takes the place of the earlier. They are kept on disk as a DriverKept
 * line, together with the highest number of a grant table that was ever taken.
 */
#ifndef KIT_DESIRED_H
#define KIT_DESIRED_H

#include "gen/codec.h"

enum {
	DESIRED_MAX = 256,
	DESIRED_BODY_BYTES_MAX = 256,
	DESIRED_KEPT_BYTES_MAX = DESIRED_MAX * (DESIRED_BODY_BYTES_MAX + 6 * (64 + 64) + 120) + 1024,
};

struct kept_desired {
	int64_t entry, event;
	uint8_t name_len, key_len;
	uint16_t body_len;
	char name[64], key[64], body[DESIRED_BODY_BYTES_MAX];
};

struct desired_set {
	size_t n;
	struct kept_desired at[DESIRED_MAX];
};

/* What a line is against what is there. */
enum desired_is { DESIRED_NEW, DESIRED_SAME, DESIRED_TOO_MUCH };
enum desired_is desired_compare(const struct desired_set *set, const struct driver_desired *line);

/* Takes one that is new. */
void desired_take(struct desired_set *set, const struct driver_desired *line);

/* As the line said it. */
struct driver_desired desired_line(const struct kept_desired *desired);

#endif
