/* plan.h: the mission as its people and its wiring know it: read once, from the files in the mission's
 * directory.
 *
 *     mission.yaml       zone of the clock; drivers of kind osdp are the lines
 *     site.yaml          zones, doors, readers (import files: do, as, with; `$x` is what an earlier `as: x`
 * made) people.yaml        people and their badges world.yaml         where they go, and when
 *     keys/readers.yaml  the key that each reader has in its own memory: the import file that tells the mission the same
 *
 * Everything lies in one arena that the caller gives; texts are zero-terminated nowhere. Import commands that
 * the world has no use for are passed over. Ids here are indexes from 0; PLAN_NONE is none.
 */
#ifndef WORLD_PLAN_H
#define WORLD_PLAN_H

#include "base/arena.h"
#include "base/error.h"
#include "world/reader_secure.h"

enum {
	PLAN_LINES_MAX = 64,
	PLAN_READERS_MAX = 512,
	PLAN_ZONES_MAX = 64,
	PLAN_DOORS_MAX = 512,
	PLAN_PEOPLE_MAX = 4096,
	PLAN_HABITS_MAX = 32,
	PLAN_GOES_MAX = 16,
	PLAN_TRIES_MAX = 64,
	PLAN_CARD_BYTES_MAX = 32,
	PLAN_NONE = UINT16_MAX,
	PLAN_DAY_MINUTES = 24 * 60,
};

struct plan_line {
	struct str name, device; /* device: where the line's serial port is, under the mission's directory */
	bool real;		 /* device begins with /: a serial port, with readers of its own */
	uint32_t baud;
};

struct plan_reader {
	uint16_t line, door;
	uint8_t address, output;
	bool secure;
	uint8_t key[READER_KEY_BYTES];
};

struct plan_zone {
	struct str handle;
	bool outside;
};

struct plan_door {
	struct str handle;
	uint16_t from, to; /* zones; a badge is needed from `from` to `to`, the way back is free */
	uint16_t reader;
};

struct plan_card {
	uint16_t bits; /* 0: no card */
	uint8_t bytes[PLAN_CARD_BYTES_MAX];
};

/* How a kind of people spend their time. Hours are minutes of the day; from after to is over midnight. */
struct plan_habit {
	struct str name;
	uint16_t from, to;
	uint16_t stops;				    /* that many places are visited before they leave again */
	uint16_t goes[PLAN_GOES_MAX], goes_len;	    /* zones they have business in, beside their own */
	uint16_t avoids[PLAN_GOES_MAX], avoids_len; /* zones they walk round */
};

struct plan_person {
	struct str handle;
	struct plan_card card;
	uint16_t habit; /* PLAN_NONE: stays away */
	uint16_t home;	/* zone */
};

/* Something that should not succeed, now and then: a person who walks to a door, or a stranger before it with
 * a card. */
struct plan_try {
	uint16_t person; /* PLAN_NONE: a stranger */
	struct plan_card card;
	uint16_t door;
	uint32_t every_s;
};

struct plan {
	struct str clock_zone;
	uint32_t badges_a_minute;
	struct plan_line *lines;
	struct plan_reader *readers;
	struct plan_zone *zones;
	struct plan_door *doors;
	struct plan_habit *habits;
	struct plan_person *people;
	struct plan_try *tries;
	size_t lines_len, readers_len, zones_len, doors_len, habits_len, people_len, tries_len;
	uint16_t street; /* the zone outside, where everybody comes from */
};

/* Reads the five files. An error names the file, line and column, or the reader whose key is missing. */
int plan_read(struct plan *plan, const char *mission_dir, struct arena *arena, struct error *error);

/* "line-1/0". PLAN_NONE when there is no such reader. */
uint16_t plan_find_reader(const struct plan *plan, struct str name);

#endif
