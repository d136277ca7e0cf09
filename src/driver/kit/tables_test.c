#include "driver/kit/tables.h"
#include "base/test.h"
#include "grant/sample_test.h"

static struct tables tables;
static struct grant_sample sample;
static uint8_t key[TABLES_KEY_BYTES];
static const uint8_t seed[GRANT_SEED_BYTES] = {1}, other_seed[GRANT_SEED_BYTES] = {2};

static void make(uint64_t number, const char *driver, const char *mission, const uint8_t *with)
{
	struct grant_head head = {
	    .number = number, .made = 1000, .until = 9000, .mission = str_of(mission), .driver = str_of(driver)};
	grant_sample_begin(&sample, &head);
	grant_sample_reader(&sample, 3, 1, 0);
	for (uint8_t i = 0; i < 30; i++)
		grant_sample_card(&sample, (struct str){(const char *)&i, 1}, 8, 1000, 9000);
	grant_sample_end(&sample, with);
}

static void begin(void)
{
	memset(&tables, 0, offsetof(struct tables, bytes));
	make(1, "line-1", "chancery/test", seed);
	grant_public_key(seed, key);
	tables_set_key(&tables, key);
}

static enum tables_found say_part(int64_t number, int64_t part, int64_t of, size_t from, size_t n)
{
	struct driver_table line = {number, part, of, {(const char *)sample.bytes + from, n}};
	return tables_part(&tables, STR("line-1"), &line);
}

/* The table of the sample in three parts. */
static enum tables_found say(int64_t number)
{
	size_t third = sample.n / 3;
	CHECK_INT(say_part(number, 1, 3, 0, third), TABLES_MORE);
	CHECK_INT(say_part(number, 2, 3, third, third), TABLES_MORE);
	return say_part(number, 3, 3, 2 * third, sample.n - 2 * third);
}

TEST(a_whole_table_is_taken_and_decides)
{
	begin();
	CHECK(!tables_grant(&tables));
	CHECK_INT(say(1), TABLES_WHOLE);
	CHECK(!tables_grant(&tables));
	CHECK_STR(tables_arrived(&tables), ((struct str){(const char *)sample.bytes, sample.n}));
	tables_take(&tables);
	CHECK_INT(tables_grant(&tables)->number, 1);
	CHECK_INT(tables_grant(&tables)->n_credentials, 30);
	CHECK_INT(say(1), TABLES_SAME);
	make(2, "line-1", "chancery/test", seed);
	CHECK_INT(say(2), TABLES_WHOLE);
	tables_take(&tables);
	CHECK_INT(tables_grant(&tables)->number, 2);
}

TEST(whatever_is_wrong_is_refused_with_its_reason_and_the_table_that_is_held_stays)
{
	static const struct {
		uint64_t number;
		const char *driver, *mission;
		const uint8_t *seed;
		int64_t said; /* number in the lines */
		enum tables_why why;
	} rows[] = {
	    {6, "line-1", "chancery/test", other_seed, 6, TABLES_SIGNATURE},
	    {6, "line-2", "chancery/test", seed, 6, TABLES_DRIVER},
	    {6, "line-1", "chancery/else", seed, 6, TABLES_MISSION},
	    {5, "line-1", "chancery/test", seed, 5, TABLES_NUMBER}, /* the highest, but other bytes */
	    {4, "line-1", "chancery/test", seed, 4, TABLES_NUMBER},
	    {6, "line-1", "chancery/test", seed, 7, TABLES_NUMBER},
	};
	begin();
	make(5, "line-1", "chancery/test", seed);
	sample.bytes[0] ^= 1;
	CHECK_INT(say(5), TABLES_REFUSED);
	CHECK_INT(tables.why, TABLES_FORM);
	sample.bytes[0] ^= 1;
	CHECK_INT(say(5), TABLES_WHOLE);
	tables_take(&tables);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		make(rows[i].number, rows[i].driver, rows[i].mission, rows[i].seed);
		if (rows[i].number == 5) { /* another table of the same number */
			grant_sample_begin(&sample, &sample.builder.head);
			grant_sample_end(&sample, seed);
		}
		CHECK_INT(say(rows[i].said), TABLES_REFUSED);
		if (!test_count(tables.why == rows[i].why))
			test_fail(__FILE__, __LINE__, "row %zu: %d", i, (int)tables.why);
		CHECK_INT(tables_grant(&tables)->number, 5);
	}
	memset(&tables, 0, offsetof(struct tables, bytes));
	CHECK_INT(say(6), TABLES_REFUSED);
	CHECK_INT(tables.why, TABLES_NO_KEY);
}

TEST(parts_come_in_order_or_from_the_beginning)
{
	size_t half;
	begin();
	half = sample.n / 2;
	CHECK_INT(say_part(1, 2, 2, half, sample.n - half), TABLES_REFUSED);
	CHECK_INT(tables.why, TABLES_PARTS);
	CHECK_INT(say_part(1, 1, 2, 0, half), TABLES_MORE);
	CHECK_INT(say_part(1, 2, 3, half, 1), TABLES_REFUSED);
	CHECK_INT(say_part(1, 1, 2, 0, half), TABLES_MORE);
	CHECK_INT(say_part(2, 2, 2, half, 1), TABLES_REFUSED);
	CHECK_INT(say_part(1, 1, 3, 0, half), TABLES_MORE);
	CHECK_INT(say_part(1, 3, 3, half, 1), TABLES_REFUSED);
	CHECK_INT(say_part(1, 1, 2, 0, half), TABLES_MORE);
	CHECK_INT(say_part(1, 1, 2, 0, half), TABLES_MORE);
	CHECK_INT(say_part(1, 2, 2, half, sample.n - half), TABLES_WHOLE);
	CHECK_INT(say_part(1, 2, 1, 0, 1), TABLES_REFUSED);
}

TEST(a_table_is_bounded)
{
	enum { PART = 24000 };
	begin();
	int64_t of = GRANT_BYTES_MAX / PART + 2;
	for (int64_t part = 1; part < of - 1; part++)
		CHECK_INT(say_part(1, part, of, 0, PART), TABLES_MORE);
	CHECK_INT(say_part(1, of - 1, of, 0, PART), TABLES_REFUSED);
	CHECK_INT(tables.why, TABLES_FORM);
}

TEST(with_another_key_the_table_that_is_held_is_given_up)
{
	uint8_t other[TABLES_KEY_BYTES];
	begin();
	say(1);
	tables_take(&tables);
	tables_set_key(&tables, key);
	CHECK(tables_grant(&tables));
	grant_public_key(other_seed, other);
	tables_set_key(&tables, other);
	CHECK(!tables_grant(&tables));
	make(2, "line-1", "chancery/test", other_seed);
	CHECK_INT(say(2), TABLES_WHOLE);
}

TEST(a_table_from_the_disk_is_held_when_it_is_as_good_as_one_from_the_core)
{
	begin();
	struct str bytes = {(const char *)sample.bytes, sample.n};
	CHECK(tables_load(&tables, STR("line-1"), bytes));
	CHECK_INT(tables_grant(&tables)->number, 1);
	CHECK_INT(tables.highest, 1);
	begin();
	CHECK(!tables_load(&tables, STR("line-2"), bytes));
	tables.highest = 2; /* an older file was put back */
	CHECK(!tables_load(&tables, STR("line-1"), bytes));
	tables.highest = 1;
	CHECK(tables_load(&tables, STR("line-1"), bytes));
	begin();
	sample.bytes[sample.n - 1] ^= 1;
	CHECK(!tables_load(&tables, STR("line-1"), bytes));
	CHECK(!tables_load(&tables, STR("line-1"), (struct str){(const char *)sample.bytes, GRANT_BYTES_MAX + 1}));
}
