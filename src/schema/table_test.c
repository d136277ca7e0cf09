#include "gen/tables.h"

#include "base/test.h"
#include "schema/text.h"

static struct arena memory;

static struct state *fresh(void)
{
	static struct state state;
	if (memory.at)
		arena_unmap(&memory);
	memory = arena_map(state_memory());
	state_init(&state, &memory);
	return &state;
}

static void add_badge(struct state *s, uint64_t id, uint64_t person, const char *card, int64_t until)
{
	struct badge row = {.badge = id, .person = person, .has_until = until > 0, .until = until};
	text_set(&row.card, str_of(card));
	badge_add(s, &row);
}

TEST(rows_are_found_by_id_and_walked_in_its_order)
{
	static const uint64_t ids[] = {5, 2, 9, 1, 7};
	struct state *s = fresh();
	char card[8];
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		snprintf(card, sizeof card, "%zu", i);
		add_badge(s, ids[i], 1, card, 0);
	}
	CHECK_INT(badge_count(s), 5);
	CHECK_INT(badge_next_id(s), 10);
	CHECK_INT(badge_get(s, 7)->badge, 7);
	CHECK(!badge_get(s, 8) && !badge_get(s, 0) && !badge_get(s, 10));
	uint64_t before = 0;
	size_t n = 0;
	for (const struct badge *row = badge_after(s, 0); row; row = badge_after(s, row->badge), n++) {
		CHECK(row->badge > before);
		before = row->badge;
	}
	CHECK_INT(n, 5);
	badge_remove(s, 5);
	CHECK(!badge_get(s, 5));
	CHECK_INT(badge_after(s, 2)->badge, 7);
}

TEST(an_id_is_not_given_again_when_its_row_is_gone)
{
	struct state *s = fresh();
	add_badge(s, 1, 1, "a", 0);
	add_badge(s, 2, 1, "b", 0);
	badge_remove(s, 2);
	CHECK_INT(badge_next_id(s), 3);
	add_badge(s, 3, 1, "b", 0);
	CHECK_INT(badge_by_card(s, STR("b"))->badge, 3);
}

TEST(a_unique_value_finds_its_row_and_follows_its_change)
{
	struct state *s = fresh();
	add_badge(s, 1, 1, "old", 0);
	badge_set_card(s, 1, STR("new"));
	CHECK(!badge_by_card(s, STR("old")));
	CHECK_INT(badge_by_card(s, STR("new"))->badge, 1);
}

TEST(rows_that_share_a_value_come_the_newest_first_whatever_the_order_of_adding)
{
	static const uint64_t orders[][3] = {{1, 2, 3}, {3, 1, 2}, {2, 3, 1}};
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct state *s = fresh();
		char card[8];
		for (size_t k = 0; k < 3; k++) {
			snprintf(card, sizeof card, "%zu", k);
			add_badge(s, orders[i][k], 4, card, 0);
		}
		add_badge(s, 9, 5, "other", 0);
		const struct badge *row = badge_first_by_person(s, 4);
		for (uint64_t id = 3; id > 0; id--, row = badge_next_by_person(s, row))
			CHECK_INT(row ? row->badge : 0, id);
		CHECK(!row && !badge_first_by_person(s, 6));
	}
}

TEST(what_is_due_first_comes_first_and_of_the_same_time_the_lower_id)
{
	static const struct {
		uint64_t id;
		int64_t until;
	} rows[] = {{1, 50}, {2, 20}, {3, 0}, {4, 20}, {5, 90}};
	static const uint64_t expected[] = {2, 4, 1, 5};
	struct state *s = fresh();
	char card[8];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(card, sizeof card, "%zu", i);
		add_badge(s, rows[i].id, 1, card, rows[i].until);
	}
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		int64_t due;
		enum timer timer;
		uint64_t row = 0;
		CHECK(state_due(s, true, &due, &timer, &row));
		CHECK_INT(row, expected[i]);
		CHECK_INT(timer, TIMER_PEOPLE_EXPIRE_BADGE);
		badge_clear_until(s, row);
	}
	int64_t due;
	enum timer timer;
	uint64_t row;
	CHECK(!state_due(s, true, &due, &timer, &row));
	badge_set_until(s, 3, 7);
	CHECK(state_due(s, true, &due, &timer, &row) && row == 3 && due == 7);
}

/* A model that nobody could get wrong: an array, searched from end to end. */
enum { MODEL = 300, STEPS = 40000, PEOPLE = 12, CARDS = 64 };

static struct model {
	bool there;
	uint64_t person;
	unsigned card;
	int64_t until;
} model[MODEL + 1];

static uint64_t dice = 1;

static uint64_t roll(uint64_t below)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (dice * 0x2545F4914F6CDD1Du >> 11) % below;
}

static void check_person(const struct state *s, uint64_t person)
{
	const struct badge *row = badge_first_by_person(s, person);
	for (uint64_t id = MODEL; id > 0; id--) {
		if (!model[id].there || model[id].person != person)
			continue;
		CHECK_INT(row ? row->badge : 0, id);
		row = row ? badge_next_by_person(s, row) : NULL;
	}
	CHECK(!row);
}

static void check_due(const struct state *s)
{
	uint64_t first = 0, row;
	int64_t due;
	enum timer timer;
	for (uint64_t id = MODEL; id > 0; id--)
		if (model[id].there && model[id].until && (!first || model[id].until <= model[first].until))
			first = id;
	bool found = state_due(s, true, &due, &timer, &row);
	CHECK_INT(found ? row : 0, first);
}

static void check_card(const struct state *s, unsigned card)
{
	char text[8];
	uint64_t owner = 0;
	snprintf(text, sizeof text, "c%u", card);
	for (uint64_t id = 1; id <= MODEL; id++)
		if (model[id].there && model[id].card == card)
			owner = id;
	const struct badge *row = badge_by_card(s, str_of(text));
	CHECK_INT(row ? row->badge : 0, owner);
}

static void step(struct state *s)
{
	uint64_t id = 1 + roll(MODEL);
	struct model *m = &model[id];
	char card[8];
	if (!m->there) {
		unsigned wanted = (unsigned)roll(CARDS);
		snprintf(card, sizeof card, "c%u", wanted);
		if (badge_by_card(s, str_of(card)))
			return;
		*m = (struct model){true, 1 + roll(PEOPLE), wanted, (int64_t)roll(5) * 10};
		add_badge(s, id, m->person, card, m->until);
	} else if (roll(3) == 0) {
		badge_remove(s, id);
		m->there = false;
	} else if (roll(2)) {
		m->person = 1 + roll(PEOPLE);
		badge_set_person(s, id, m->person);
	} else {
		m->until = (int64_t)roll(3) * 10;
		if (m->until)
			badge_set_until(s, id, m->until);
		else
			badge_clear_until(s, id);
	}
}

TEST(a_table_does_what_a_searched_array_does)
{
	struct state *s = fresh();
	for (int i = 0; i < STEPS; i++) {
		step(s);
		check_person(s, 1 + roll(PEOPLE));
		check_card(s, (unsigned)roll(CARDS));
		check_due(s);
	}
	size_t n = 0;
	for (uint64_t id = 1; id <= MODEL; id++) {
		n += model[id].there;
		CHECK_INT(badge_get(s, id) != NULL, model[id].there);
	}
	CHECK_INT(badge_count(s), n);
}
