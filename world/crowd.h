/* crowd.h: the simulated people, and how they walk. Pure: time and seed are given, what they do is called
 * back.
 *
 * Everybody begins on the street. Whoever is on duty (or pleases to be) comes in, visits some places, goes
 * out, and comes again. From zone to zone they take a door that brings them nearer; they remember the doors
 * that refused them, and try them again only now and then. A badge is needed one way only: the way back is
 * free, as it is for egress.
 *
 * A person holds the badge to the reader and waits. OUT: they pass. No OUT in 3 s: they turn away and choose
 * something else. One person at a time stands before a reader.
 *
 * The crowd keeps its pace at any hour: with fewer people on duty, each of them walks more. Whatever the
 * hour, the tries of world.yaml are made too: what should be refused.
 */
#ifndef WORLD_CROWD_H
#define WORLD_CROWD_H

#include "world/plan.h"

enum {
	CROWD_WAIT_MS = 3000,
	CROWD_PASS_MS = 900,	  /* the time in which one person goes through a door */
	CROWD_SPEED_MAX = 10000,  /* percent */
	CROWD_FORGET_ONE_IN = 24, /* how often a door that refused is tried all the same */
};

struct crowd_person {
	uint16_t zone, goal, stops_left;
	uint16_t errand; /* a door to be tried, or PLAN_NONE */
	uint16_t waits;	 /* the reader before which the person stands, or PLAN_NONE */
	int64_t next_ms;
	uint64_t refused[PLAN_DOORS_MAX / 64]; /* doors that did not open */
};

struct crowd_reader {
	uint16_t person; /* who waits for an answer; PLAN_NONE nobody, or a stranger */
	bool waiting;
	int64_t until_ms; /* nobody else steps before it earlier */
};

struct crowd_does {
	enum crowd_what {
		CROWD_BADGES, /* false when the reader did not take it */
		CROWD_PASSES,
		CROWD_TURNS_AWAY,
	} what;
	uint16_t person; /* PLAN_NONE: a stranger */
	uint16_t reader;
	const struct plan_card *card; /* of CROWD_BADGES */
};

struct crowd {
	const struct plan *plan;
	struct crowd_person *people;
	struct crowd_reader *readers;
	int64_t *tries_ms;
	uint16_t *far;	 /* far[a * zones + b]: doors from zone a to zone b */
	uint64_t chance; /* the generator's state */
	uint32_t speed;	 /* percent */
	void *context;
	bool (*does)(void *context, const struct crowd_does *what);
};

/* speed is in percent of the pace of world.yaml. Takes what it needs from the arena. */
void crowd_init(struct crowd *crowd, const struct plan *plan, struct arena *arena, uint64_t seed, uint32_t speed,
		int64_t now_ms);

/* minute: of the day in the mission. Does what is due; answers when something will be due again. */
int64_t crowd_tick(struct crowd *crowd, int64_t now_ms, uint16_t minute);

/* The reader's output closed. Call it from anywhere but from `does`. */
void crowd_released(struct crowd *crowd, uint16_t reader, int64_t now_ms);

#endif
