#include "world/crowd.h"

enum {
	BUSY_RETRY_MS = 700,
	FREE_STEP_MS = 1500,   /* to the next zone on the way back */
	LOOK_ROUND_MS = 2000,  /* how often somebody off duty looks at the clock */
	OFF_DUTY_ONE_IN = 400, /* how often they come all the same */
};

/* splitmix64: every seed gives another day, and the same one again. */
static uint64_t chance(struct crowd *c)
{
	uint64_t z = c->chance += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(struct crowd *c, uint32_t n)
{
	ASSERT(n > 0);
	return (uint32_t)(chance(c) % n);
}

static int64_t at_speed(const struct crowd *c, int64_t ms)
{
	return ms * 100 / c->speed;
}

/* --- The plan of the house. --- */

static uint16_t *far(const struct crowd *c, uint16_t from, uint16_t to)
{
	return &c->far[from * c->plan->zones_len + to];
}

/* Every door leads both ways. The house is small enough to relax all doors until nothing gets nearer. */
static void measure(struct crowd *c)
{
	const struct plan *p = c->plan;
	for (uint16_t a = 0; a < p->zones_len; a++)
		for (uint16_t b = 0; b < p->zones_len; b++)
			*far(c, a, b) = a == b ? 0 : PLAN_NONE - 1;
	for (bool nearer = true; nearer;) {
		nearer = false;
		for (size_t d = 0; d < p->doors_len; d++)
			for (uint16_t goal = 0; goal < p->zones_len; goal++) {
				uint16_t *from = far(c, p->doors[d].from, goal), *to = far(c, p->doors[d].to, goal);
				uint16_t *more = *from > *to ? from : to, less = *from > *to ? *to : *from;
				if (*more <= less + 1)
					continue;
				*more = (uint16_t)(less + 1);
				nearer = true;
			}
	}
}

static bool on_list(const uint16_t *list, uint16_t n, uint16_t zone)
{
	for (uint16_t i = 0; i < n; i++)
		if (list[i] == zone)
			return true;
	return false;
}

static bool shy_of(struct crowd *c, const struct crowd_person *who, size_t door)
{
	bool refused = who->refused[door / 64] >> door % 64 & 1;
	return refused && below(c, CROWD_FORGET_ONE_IN) != 0;
}

/* A door out of the person's zone that leads nearer to the goal; any of them, by chance. PLAN_NONE when all
 * are shut for this person. */
static uint16_t choose_door(struct crowd *c, const struct crowd_person *who, const struct plan_habit *habit,
			    bool *ret_backwards)
{
	const struct plan *p = c->plan;
	uint16_t chosen = PLAN_NONE;
	uint32_t seen = 0;
	for (uint16_t d = 0; d < p->doors_len; d++) {
		const struct plan_door *door = &p->doors[d];
		bool backwards = door->to == who->zone;
		if (!backwards && door->from != who->zone)
			continue;
		uint16_t behind = backwards ? door->from : door->to;
		if (*far(c, behind, who->goal) >= *far(c, who->zone, who->goal))
			continue;
		if (behind != who->goal && on_list(habit->avoids, habit->avoids_len, behind))
			continue;
		if (!backwards && (door->reader == PLAN_NONE || shy_of(c, who, d)))
			continue;
		if (below(c, ++seen) != 0)
			continue;
		chosen = d;
		*ret_backwards = backwards;
	}
	return chosen;
}

/* --- Duty and pace. --- */

static bool on_duty(const struct plan_habit *habit, uint16_t minute)
{
	if (habit->from <= habit->to)
		return minute >= habit->from && minute < habit->to;
	return minute >= habit->from || minute < habit->to;
}

static size_t count_active(const struct crowd *c, uint16_t minute)
{
	size_t n = 0;
	for (size_t i = 0; i < c->plan->people_len; i++) {
		uint16_t habit = c->plan->people[i].habit;
		if (habit == PLAN_NONE)
			continue;
		n += on_duty(&c->plan->habits[habit], minute) || c->people[i].zone != c->plan->street;
	}
	return n ? n : 1;
}

/* So that all of them together badge as often as world.yaml says. */
static int64_t pause_ms(struct crowd *c, uint16_t minute)
{
	int64_t mean = (int64_t)count_active(c, minute) * 60000 / c->plan->badges_a_minute;
	return at_speed(c, mean / 4 + (int64_t)below(c, (uint32_t)(mean * 3 / 2) + 1));
}

/* --- One person. --- */

static bool does(struct crowd *c, enum crowd_what what, uint16_t person, uint16_t reader, const struct plan_card *card)
{
	struct crowd_does d = {what, person, reader, card};
	return c->does ? c->does(c->context, &d) : true;
}

static bool stand_before(struct crowd *c, uint16_t reader, uint16_t person, const struct plan_card *card,
			 int64_t now_ms)
{
	struct crowd_reader *r = &c->readers[reader];
	if (r->waiting || now_ms < r->until_ms || !does(c, CROWD_BADGES, person, reader, card))
		return false;
	*r = (struct crowd_reader){person, true, now_ms + CROWD_WAIT_MS};
	return true;
}

static void choose_goal(struct crowd *c, struct crowd_person *who, const struct plan_person *person, bool duty)
{
	const struct plan_habit *habit = &c->plan->habits[person->habit];
	if (who->zone == c->plan->street) {
		who->stops_left = (uint16_t)(1 + below(c, habit->stops));
		who->goal = person->home;
		return;
	}
	bool leaves = !duty || who->stops_left == 0;
	who->stops_left = (uint16_t)(leaves ? 0 : who->stops_left - 1);
	uint32_t which = below(c, habit->goes_len + 1u);
	who->goal = leaves ? c->plan->street : which == habit->goes_len ? person->home : habit->goes[which];
}

static void arrive(struct crowd_person *who, uint16_t zone)
{
	who->zone = zone;
	if (zone == who->goal)
		who->goal = PLAN_NONE;
}

/* The way to a goal, one door further. */
static void walk(struct crowd *c, uint16_t index, int64_t now_ms, uint16_t minute)
{
	struct crowd_person *who = &c->people[index];
	const struct plan_person *person = &c->plan->people[index];
	bool backwards = false;
	uint16_t door = choose_door(c, who, &c->plan->habits[person->habit], &backwards);
	if (door == PLAN_NONE) {
		who->errand = PLAN_NONE;
		who->goal = who->zone == c->plan->street ? PLAN_NONE : c->plan->street;
		who->next_ms = now_ms + pause_ms(c, minute);
	} else if (backwards) {
		arrive(who, c->plan->doors[door].from);
		who->next_ms = now_ms + at_speed(c, FREE_STEP_MS);
	} else if (stand_before(c, c->plan->doors[door].reader, index, &person->card, now_ms)) {
		who->waits = c->plan->doors[door].reader;
	} else {
		who->next_ms = now_ms + at_speed(c, BUSY_RETRY_MS);
	}
}

static void try_errand(struct crowd *c, uint16_t index, int64_t now_ms)
{
	struct crowd_person *who = &c->people[index];
	const struct plan_door *door = &c->plan->doors[who->errand];
	if (door->reader != PLAN_NONE && stand_before(c, door->reader, index, &c->plan->people[index].card, now_ms)) {
		who->waits = door->reader;
		who->errand = PLAN_NONE;
	} else {
		who->next_ms = now_ms + at_speed(c, BUSY_RETRY_MS);
	}
}

static void live(struct crowd *c, uint16_t index, int64_t now_ms, uint16_t minute)
{
	struct crowd_person *who = &c->people[index];
	const struct plan_person *person = &c->plan->people[index];
	bool duty = on_duty(&c->plan->habits[person->habit], minute);
	if (who->errand != PLAN_NONE && c->plan->doors[who->errand].from == who->zone)
		return try_errand(c, index, now_ms);
	if (who->errand != PLAN_NONE)
		who->goal = c->plan->doors[who->errand].from;
	bool stays_away = who->zone == c->plan->street && !duty && who->errand == PLAN_NONE;
	if (stays_away && below(c, OFF_DUTY_ONE_IN) != 0) {
		who->goal = PLAN_NONE;
		who->next_ms = now_ms + at_speed(c, LOOK_ROUND_MS + (int64_t)below(c, LOOK_ROUND_MS));
		return;
	}
	if (who->goal == PLAN_NONE)
		choose_goal(c, who, person, duty);
	if (who->goal == who->zone) {
		who->goal = PLAN_NONE;
		who->next_ms = now_ms + pause_ms(c, minute);
		return;
	}
	walk(c, index, now_ms, minute);
}

/* --- Readers answer, or do not. --- */

static uint16_t door_of(const struct crowd *c, uint16_t reader)
{
	return c->plan->readers[reader].door;
}

static void stay_at_least(struct crowd_person *who, int64_t until_ms)
{
	if (who->next_ms < until_ms)
		who->next_ms = until_ms;
}

void crowd_released(struct crowd *c, uint16_t reader, int64_t now_ms)
{
	struct crowd_reader *r = &c->readers[reader];
	if (!r->waiting)
		return;
	uint16_t person = r->person, door = door_of(c, reader);
	*r = (struct crowd_reader){PLAN_NONE, false, now_ms + at_speed(c, CROWD_PASS_MS)};
	does(c, CROWD_PASSES, person, reader, NULL);
	if (person == PLAN_NONE)
		return;
	struct crowd_person *who = &c->people[person];
	who->waits = PLAN_NONE;
	who->refused[door / 64] &= ~(1ull << door % 64);
	arrive(who, c->plan->doors[door].to);
	stay_at_least(who, c->readers[reader].until_ms);
}

static void turn_away(struct crowd *c, uint16_t reader, int64_t now_ms)
{
	struct crowd_reader *r = &c->readers[reader];
	uint16_t person = r->person, door = door_of(c, reader);
	*r = (struct crowd_reader){PLAN_NONE, false, now_ms};
	does(c, CROWD_TURNS_AWAY, person, reader, NULL);
	if (person == PLAN_NONE)
		return;
	struct crowd_person *who = &c->people[person];
	who->waits = PLAN_NONE;
	who->refused[door / 64] |= 1ull << door % 64;
	stay_at_least(who, now_ms + at_speed(c, LOOK_ROUND_MS));
}

/* The pause before the next badge begins with this one. */
static void tick_person(struct crowd *c, uint16_t i, int64_t now_ms, uint16_t minute)
{
	struct crowd_person *who = &c->people[i];
	bool lives = c->plan->people[i].habit != PLAN_NONE && c->plan->people[i].card.bits > 0;
	if (!lives || who->waits != PLAN_NONE || now_ms < who->next_ms)
		return;
	live(c, i, now_ms, minute);
	if (who->waits != PLAN_NONE)
		who->next_ms = now_ms + pause_ms(c, minute);
}

static void tick_try(struct crowd *c, size_t i, int64_t now_ms)
{
	const struct plan_try *t = &c->plan->tries[i];
	if (now_ms < c->tries_ms[i])
		return;
	int64_t every = at_speed(c, (int64_t)t->every_s * 1000);
	c->tries_ms[i] = now_ms + every / 2 + (int64_t)below(c, (uint32_t)every + 1);
	uint16_t reader = c->plan->doors[t->door].reader;
	if (t->person != PLAN_NONE)
		c->people[t->person].errand = t->door;
	else if (reader != PLAN_NONE)
		stand_before(c, reader, PLAN_NONE, &t->card, now_ms);
}

int64_t crowd_tick(struct crowd *c, int64_t now_ms, uint16_t minute)
{
	int64_t next = now_ms + 1000;
	for (uint16_t i = 0; i < c->plan->readers_len; i++)
		if (c->readers[i].waiting && now_ms >= c->readers[i].until_ms)
			turn_away(c, i, now_ms);
	for (size_t i = 0; i < c->plan->tries_len; i++)
		tick_try(c, i, now_ms);
	for (uint16_t i = 0; i < c->plan->people_len; i++) {
		tick_person(c, i, now_ms, minute);
		if (c->people[i].waits == PLAN_NONE && c->people[i].next_ms > now_ms && c->people[i].next_ms < next)
			next = c->people[i].next_ms;
	}
	return next;
}

void crowd_init(struct crowd *c, const struct plan *plan, struct arena *arena, uint64_t seed, uint32_t speed,
		int64_t now_ms)
{
	ASSERT(speed > 0 && speed <= CROWD_SPEED_MAX);
	*c = (struct crowd){.plan = plan, .chance = seed, .speed = speed};
	c->people = ARENA_TAKE(arena, struct crowd_person, plan->people_len);
	c->readers = ARENA_TAKE(arena, struct crowd_reader, plan->readers_len);
	c->tries_ms = ARENA_TAKE(arena, int64_t, plan->tries_len);
	c->far = ARENA_TAKE(arena, uint16_t, plan->zones_len * plan->zones_len);
	measure(c);
	for (size_t i = 0; i < plan->people_len; i++) {
		struct crowd_person *who = &c->people[i];
		*who = (struct crowd_person){.zone = plan->street, .goal = PLAN_NONE, .errand = PLAN_NONE};
		who->waits = PLAN_NONE;
		who->next_ms = now_ms + at_speed(c, (int64_t)below(c, 60000));
	}
	for (size_t i = 0; i < plan->readers_len; i++)
		c->readers[i].person = PLAN_NONE;
	for (size_t i = 0; i < plan->tries_len; i++)
		c->tries_ms[i] = now_ms + at_speed(c, (int64_t)below(c, plan->tries[i].every_s * 1000 + 1));
}
