/* A house of five zones in a row and round a corner, that lets pass whom the test lets pass, on a clock of
 * the test's.
 *
 *     street ──0──► hall ──1──► room ──2──► vault
 *                    └───3───► yard ──4──────┘
 */
#include "base/test.h"
#include "world/crowd.h"

enum { STREET, HALL, ROOM, VAULT, YARD, ZONES };
enum { GATE, ROOM_DOOR, VAULT_DOOR, YARD_DOOR, BACK_DOOR, DOORS };
enum { PEOPLE_MAX = 40, NOON = 12 * 60, MIDNIGHT = 0, ANSWER_MS = 60, MINUTE_MS = 60000, HOUR_MS = 60 * MINUTE_MS };

static struct plan_zone zones[ZONES] = {[STREET] = {.outside = true}};
static struct plan_reader readers[DOORS];
static struct plan_door doors[DOORS] = {
    [GATE] = {.from = STREET, .to = HALL},	[ROOM_DOOR] = {.from = HALL, .to = ROOM},
    [VAULT_DOOR] = {.from = ROOM, .to = VAULT}, [YARD_DOOR] = {.from = HALL, .to = YARD},
    [BACK_DOOR] = {.from = YARD, .to = VAULT},
};
static struct plan_habit habit;
static struct plan_person people[PEOPLE_MAX];
static struct plan_try tries[1];
static struct plan plan;

static struct crowd crowd;
static uint8_t memory[1 << 20];
static int64_t now;

/* What happened, and how the house answers. */
static unsigned badges[DOORS], passes[DOORS], turned_away[DOORS], strangers;
static bool opens[DOORS], takes;
static int64_t release_ms[DOORS]; /* when the strike will open; 0 never */
static int64_t badged_ms[DOORS];  /* since when somebody stands there; 0 nobody */
static uint16_t where[PEOPLE_MAX];
static uint64_t day; /* a hash of all that happened */
static bool wrong;   /* somebody did what nobody can */

static void check_badge(const struct crowd_does *d)
{
	wrong = wrong || badged_ms[d->reader] || !d->card || d->card->bits != 26;
	badged_ms[d->reader] = now;
	badges[d->reader]++;
	if (opens[d->reader])
		release_ms[d->reader] = now + ANSWER_MS;
	if (d->person == PLAN_NONE)
		strangers++;
	else
		wrong = wrong || d->card->bytes[0] != d->person;
}

static bool house(void *context, const struct crowd_does *d)
{
	CHECK(context == &plan);
	if (d->what == CROWD_BADGES && !takes)
		return false;
	uint8_t row[] = {(uint8_t)d->what, (uint8_t)d->person, (uint8_t)d->reader, (uint8_t)(now >> 8), (uint8_t)now};
	day = day * 31 + str_hash((struct str){(const char *)row, sizeof(row)});
	if (d->what == CROWD_BADGES) {
		check_badge(d);
		return true;
	}
	int64_t stood_ms = now - badged_ms[d->reader];
	wrong = wrong || !badged_ms[d->reader];
	badged_ms[d->reader] = 0;
	if (d->what == CROWD_TURNS_AWAY) {
		turned_away[d->reader]++;
		wrong = wrong || stood_ms < CROWD_WAIT_MS;
	} else {
		passes[d->reader]++;
		if (d->person != PLAN_NONE)
			where[d->person] = doors[d->reader].to;
	}
	return true;
}

static void begin(uint16_t n)
{
	habit = (struct plan_habit){.from = 8 * 60, .to = 18 * 60, .stops = 3, .goes = {VAULT, HALL}, .goes_len = 2};
	plan = (struct plan){.badges_a_minute = 40,
			     .readers = readers,
			     .zones = zones,
			     .doors = doors,
			     .habits = &habit,
			     .people = people,
			     .tries = tries,
			     .readers_len = DOORS,
			     .zones_len = ZONES,
			     .doors_len = DOORS,
			     .habits_len = 1,
			     .people_len = n};
	for (uint16_t i = 0; i < DOORS; i++) {
		readers[i] = (struct plan_reader){.door = i};
		doors[i].reader = i;
		opens[i] = true;
	}
	for (uint16_t i = 0; i < PEOPLE_MAX; i++) {
		people[i] = (struct plan_person){.card = {26, {(uint8_t)i}}, .home = ROOM};
		where[i] = STREET;
	}
	takes = true;
}

static void let_walk(uint64_t seed, uint32_t speed)
{
	struct arena arena = arena_over(memory, sizeof(memory));
	memset(badges, 0, sizeof(badges));
	memset(passes, 0, sizeof(passes));
	memset(turned_away, 0, sizeof(turned_away));
	memset(release_ms, 0, sizeof(release_ms));
	memset(badged_ms, 0, sizeof(badged_ms));
	strangers = 0;
	day = 0;
	wrong = false;
	now = 1000000;
	crowd_init(&crowd, &plan, &arena, seed, speed, now);
	crowd.context = &plan;
	crowd.does = house;
}

/* Goes from one time that something is due to the next. */
static void pass_time(int64_t ms, uint16_t minute)
{
	int64_t end = now + ms;
	while (now < end) {
		int64_t next = crowd_tick(&crowd, now, minute);
		CHECK(next > now);
		for (uint16_t i = 0; i < DOORS; i++)
			next = release_ms[i] && release_ms[i] < next ? release_ms[i] : next;
		now = next;
		for (uint16_t i = 0; i < DOORS; i++) {
			if (!release_ms[i] || release_ms[i] > now)
				continue;
			release_ms[i] = 0;
			crowd_released(&crowd, i, now);
		}
	}
	CHECK(!wrong);
}

static unsigned sum(const unsigned counts[DOORS])
{
	unsigned n = 0;
	for (size_t i = 0; i < DOORS; i++)
		n += counts[i];
	return n;
}

TEST(a_seed_is_a_day)
{
	begin(10);
	let_walk(7, 100);
	pass_time(HOUR_MS, NOON);
	uint64_t first = day;
	let_walk(7, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(day == first);
	let_walk(8, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(day != first);
}

TEST(people_get_everywhere_they_have_business_and_nowhere_else)
{
	begin(10);
	let_walk(1, 100);
	pass_time(2 * HOUR_MS, NOON);
	CHECK(passes[GATE] > 0 && passes[ROOM_DOOR] > 0 && passes[VAULT_DOOR] > 0);
	CHECK_INT(sum(turned_away), 0);
	for (size_t i = 0; i < 10; i++)
		CHECK(where[i] <= VAULT || where[i] == YARD);
	habit.goes_len = 0;
	let_walk(1, 100);
	pass_time(2 * HOUR_MS, NOON);
	CHECK(passes[ROOM_DOOR] > 0);
	CHECK_INT(passes[VAULT_DOOR] + passes[YARD_DOOR] + passes[BACK_DOOR], 0);
}

TEST(the_pace_is_the_worlds_with_many_people_and_with_few)
{
	static const uint16_t rows[] = {4, 12, PEOPLE_MAX};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin(rows[i]);
		plan.badges_a_minute = 20;
		let_walk(3, 100);
		pass_time(10 * MINUTE_MS, NOON); /* until they have come */
		unsigned before = sum(badges);
		pass_time(60 * MINUTE_MS, NOON);
		unsigned a_minute = (sum(badges) - before) / 60;
		CHECK(a_minute >= 8 && a_minute <= 26);
	}
}

TEST(ten_times_the_speed_is_about_ten_times_the_badges)
{
	begin(20);
	let_walk(3, 100);
	pass_time(HOUR_MS, NOON);
	unsigned usual = sum(badges);
	let_walk(3, 1000);
	pass_time(HOUR_MS, NOON);
	CHECK(sum(badges) > 4 * usual && sum(badges) < 15 * usual);
	let_walk(3, CROWD_SPEED_MAX);
	pass_time(HOUR_MS, NOON);
	CHECK(sum(badges) > 15 * usual);
}

TEST(whom_no_door_opens_for_waits_three_seconds_and_turns_away)
{
	begin(1);
	opens[GATE] = false;
	let_walk(5, 100);
	while (badges[GATE] == 0)
		pass_time(100, NOON);
	int64_t since = badged_ms[GATE];
	pass_time(since + CROWD_WAIT_MS - 1 - now, NOON);
	pass_time(CROWD_WAIT_MS, NOON);
	CHECK_INT(turned_away[GATE], 1);
	CHECK_INT(sum(passes), 0);
	CHECK_INT(where[0], STREET);
}

TEST(a_door_that_refused_is_tried_again_only_now_and_then)
{
	begin(6);
	let_walk(5, 100);
	pass_time(HOUR_MS, NOON);
	unsigned welcome = badges[VAULT_DOOR];
	opens[VAULT_DOOR] = false;
	let_walk(5, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(badges[VAULT_DOOR] > 0);
	CHECK(badges[VAULT_DOOR] < welcome / 2);
	CHECK_INT(passes[VAULT_DOOR], 0);
	CHECK(passes[BACK_DOOR] > 0); /* there is another way */
}

TEST(a_door_that_opens_again_is_found_again)
{
	begin(6);
	habit.goes_len = 0;
	opens[ROOM_DOOR] = false;
	let_walk(9, 100);
	pass_time(HOUR_MS, NOON);
	CHECK_INT(passes[ROOM_DOOR], 0);
	opens[ROOM_DOOR] = true;
	pass_time(3 * HOUR_MS, NOON);
	CHECK(passes[ROOM_DOOR] > 10);
}

TEST(an_avoided_zone_is_walked_round_unless_it_is_the_goal)
{
	begin(6);
	habit.goes_len = 1; /* the vault, over the room or the yard */
	for (size_t i = 0; i < 6; i++)
		people[i].home = VAULT;
	let_walk(2, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(passes[YARD_DOOR] > 0 && passes[ROOM_DOOR] > 0);
	habit.avoids[0] = ROOM;
	habit.avoids_len = 1;
	let_walk(2, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(passes[YARD_DOOR] > 0 && passes[BACK_DOOR] > 0);
	CHECK_INT(passes[ROOM_DOOR], 0);
	for (size_t i = 0; i < 6; i++)
		people[i].home = ROOM;
	let_walk(2, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(passes[ROOM_DOOR] > 0);
}

TEST(off_duty_they_stay_away_but_for_a_few)
{
	begin(20);
	let_walk(4, 100);
	pass_time(HOUR_MS, MIDNIGHT);
	unsigned night = passes[GATE];
	let_walk(4, 100);
	pass_time(HOUR_MS, NOON);
	CHECK(passes[GATE] > 2 * night);
	habit.from = 22 * 60;
	habit.to = 6 * 60; /* over midnight */
	let_walk(4, 100);
	pass_time(HOUR_MS, MIDNIGHT);
	CHECK(passes[GATE] > 2 * night);
}

TEST(who_has_no_habit_or_no_card_never_comes)
{
	begin(2);
	people[0].habit = PLAN_NONE;
	people[1].card.bits = 0;
	let_walk(4, 100);
	pass_time(HOUR_MS, NOON);
	CHECK_INT(sum(badges), 0);
}

TEST(a_reader_that_takes_no_card_is_tried_again_and_nobody_is_refused)
{
	begin(5);
	takes = false;
	let_walk(4, 100);
	pass_time(HOUR_MS, NOON);
	CHECK_INT(sum(badges), 0);
	takes = true;
	pass_time(5 * MINUTE_MS, NOON);
	CHECK(passes[GATE] >= 5);
	CHECK_INT(sum(turned_away), 0);
}

TEST(a_strike_that_opens_for_nobody_lets_nobody_pass)
{
	begin(1);
	let_walk(4, 100);
	crowd_released(&crowd, GATE, now);
	CHECK_INT(sum(passes), 0);
	CHECK_INT(where[0], STREET);
}

TEST(a_stranger_tries_a_card_about_as_often_as_the_world_says)
{
	begin(0);
	opens[BACK_DOOR] = false;
	tries[0] = (struct plan_try){PLAN_NONE, {26, {0xff}}, BACK_DOOR, 60};
	plan.tries_len = 1;
	let_walk(4, 100);
	pass_time(10 * HOUR_MS, MIDNIGHT);
	CHECK_INT(strangers, badges[BACK_DOOR]);
	CHECK_INT(strangers, sum(badges));
	CHECK(strangers > 500 && strangers < 700);
	CHECK(turned_away[BACK_DOOR] + 1 >= strangers);
}

TEST(a_person_on_an_errand_walks_to_the_door_and_tries_it_at_any_hour)
{
	begin(1);
	habit.goes_len = 0;
	opens[VAULT_DOOR] = false;
	tries[0] = (struct plan_try){.person = 0, .door = VAULT_DOOR, .every_s = 300};
	plan.tries_len = 1;
	let_walk(4, 100);
	pass_time(10 * HOUR_MS, NOON);
	unsigned by_day = badges[VAULT_DOOR];
	CHECK(by_day > 60 && by_day < 140);
	CHECK_INT(turned_away[VAULT_DOOR], by_day);
	let_walk(4, 100);
	pass_time(10 * HOUR_MS, MIDNIGHT);
	CHECK(badges[VAULT_DOOR] > 60);
}

TEST(a_zone_that_no_door_leads_to_holds_nobody_up)
{
	begin(3);
	doors[ROOM_DOOR].to = HALL; /* the room is walled up */
	doors[VAULT_DOOR].from = VAULT;
	let_walk(4, 100);
	pass_time(HOUR_MS, NOON);
	doors[ROOM_DOOR].to = ROOM;
	doors[VAULT_DOOR].from = ROOM;
	CHECK_INT(passes[ROOM_DOOR] + passes[VAULT_DOOR], 0);
}
