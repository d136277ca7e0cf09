#include "grant/grant.h"
#include "grant/sample_test.h"

/* A table made at 1,000 and good until 9,000. Reader 3 of door 1 and reader 5 of door 2, which stays shut
 * without the core. */

static struct grant_sample sample;
static const uint8_t seed[GRANT_SEED_BYTES] = {1, 2, 3};

static const struct grant_head head = {.number = 7,
				       .made = 1000,
				       .until = 9000,
				       .salt = {0x5a},
				       .mission = {"chancery/test", 13},
				       .driver = {"line-1", 6}};

static struct str card(uint8_t number)
{
	static uint8_t bytes[4][4];
	uint8_t *at = bytes[number % 4];
	memset(at, 0, 4);
	at[0] = number;
	return (struct str){(const char *)at, 4};
}

/* Card 1 opens from 2,000 to 3,000, card 2 always while the table is good and stands for both doors, card 3 never. */
static void make(void)
{
	uint8_t token[GRANT_TOKEN_BYTES];
	grant_sample_begin(&sample, &head);
	grant_sample_reader(&sample, 3, 1, 0);
	grant_sample_reader(&sample, 5, 2, GRANT_SHUT);
	grant_sample_card(&sample, card(1), 26, 2000, 3000);
	grant_sample_card(&sample, card(2), 26, 1000, 9000);
	grant_sample_card(&sample, card(3), 26, 0, 0);
	grant_sample_token(&sample, card(2), 26, token);
	grant_add_standing(&sample.builder, 2, token);
	grant_add_standing(&sample.builder, 1, token);
	grant_sample_end(&sample, seed);
}

static struct grant_answer ask(uint64_t reader, uint8_t number, uint16_t bits, bool held, int64_t now)
{
	uint8_t token[GRANT_TOKEN_BYTES];
	grant_token(sample.token_key, sample.grant.salt, bits, card(number), token);
	struct grant_question question = {reader, token, held, now};
	return grant_decide(&sample.grant, &question);
}

TEST(each_rule_of_the_decision_gives_its_reason)
{
	static const struct {
		int rule;
		uint64_t reader;
		uint8_t card;
		uint16_t bits;
		bool held;
		int64_t now;
		enum grant_why why;
	} rows[] = {
	    {2, 4, 2, 26, false, 1000, GRANT_UNKNOWN_READER},
	    {2, 0, 2, 26, false, 1000, GRANT_UNKNOWN_READER},
	    {2, 6, 2, 26, true, 1000, GRANT_UNKNOWN_READER},
	    {3, 3, 2, 26, true, 1000, GRANT_HELD},
	    {3, 5, 2, 26, true, 1000, GRANT_HELD},
	    {4, 5, 2, 26, false, 1000, GRANT_DOOR_SHUT},
	    {5, 3, 9, 26, false, 1000, GRANT_UNKNOWN_CARD},
	    {5, 3, 2, 25, false, 1000, GRANT_UNKNOWN_CARD},
	    {7, 3, 2, 26, false, 999, GRANT_NOT_NOW},
	    {7, 3, 2, 26, false, 1000, GRANT_SCHEDULE},
	    {7, 3, 1, 26, false, 1999, GRANT_NOT_NOW},
	    {7, 3, 1, 26, false, 2000, GRANT_SCHEDULE},
	    {7, 3, 1, 26, false, 2999, GRANT_SCHEDULE},
	    {7, 3, 1, 26, false, 3000, GRANT_NOT_NOW},
	    {7, 3, 3, 26, false, 2500, GRANT_NOT_NOW},
	    {7, 3, 2, 26, false, 8999, GRANT_SCHEDULE},
	    {8, 3, 2, 26, false, 9000, GRANT_STANDING},
	    {8, 3, 1, 26, false, 9000, GRANT_EXPIRED_TABLE},
	    {8, 3, 2, 26, true, 9000, GRANT_HELD},
	};
	make();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct grant_answer answer = ask(rows[i].reader, rows[i].card, rows[i].bits, rows[i].held, rows[i].now);
		bool opens = rows[i].why == GRANT_SCHEDULE || rows[i].why == GRANT_STANDING;
		if (!test_count(answer.why == rows[i].why && answer.granted == opens))
			test_fail(__FILE__, __LINE__, "row %zu, rule %d: why is %d, expected %d", i, rows[i].rule,
				  (int)answer.why, (int)rows[i].why);
	}
	struct grant_answer answer = ask(3, 2, 26, false, 1000);
	CHECK_INT(answer.door, 1);
	CHECK_INT(answer.release_ms, GRANT_SAMPLE_RELEASE_MS);
}

TEST(without_a_table_and_by_zeroed_memory_nothing_opens)
{
	struct grant_question question = {.reader = 3};
	struct grant_answer zero = {0};
	CHECK_INT(grant_decide(NULL, &question).why, GRANT_NO_TABLE);
	CHECK(!grant_decide(NULL, &question).granted);
	CHECK(!zero.granted);
}

TEST(a_credential_is_good_only_in_its_own_time_also_where_it_stands)
{
	struct grant_credential credential = {.from = 1500, .until = 9500};
	static const struct {
		int64_t now;
		enum grant_why why;
	} rows[] = {{1499, GRANT_NOT_NOW},  {1500, GRANT_SCHEDULE}, {8999, GRANT_SCHEDULE},
		    {9000, GRANT_STANDING}, {9499, GRANT_STANDING}, {9500, GRANT_NOT_NOW}};
	grant_sample_begin(&sample, &head);
	grant_sample_reader(&sample, 3, 1, 0);
	grant_sample_token(&sample, card(1), 26, credential.token);
	struct grant_interval when = {1000, 9000};
	sample.persons[0] = when;
	CHECK_INT(grant_add_credential(&sample.builder, &credential, STR("somebody")), 0);
	grant_add_standing(&sample.builder, 1, credential.token);
	grant_sample_end(&sample, seed);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(ask(3, 1, 26, false, rows[i].now).why, rows[i].why);
}

/* Every byte of the format by hand, as the header of grant.h has it. */
TEST(the_bytes_are_as_specified)
{
	static const char expected[] = "6368637967727431"
				       "0700000000000000"
				       "e803000000000000"
				       "2823000000000000"
				       "5a000000000000000000000000000000"
				       "b8010000"
				       "02000000"
				       "01000000"
				       "01000000"
				       "01000000"
				       "01000000"
				       "01000000"
				       "01000000"
				       "0d06"
				       "6368616e636572792f74657374";
	static const char parts[] = "0300000000000000"
				    "0100000000000000"
				    "88130000"
				    "0000"
				    "0000"
				    "0500000000000000"
				    "0200000000000000"
				    "88130000"
				    "0000"
				    "0100";
	static const char behind[] = "0000"
				     "0000000000000000"
				     "ffffffffffffff7f"
				     "0000"
				     "00000000"
				     "01000000"
				     "e803000000000000"
				     "2823000000000000"
				     "0100000000000000"
				     "00000000";
	uint8_t token[GRANT_TOKEN_BYTES];
	char text[1024];
	struct buf hex = BUF(text);
	grant_sample_begin(&sample, &head);
	grant_sample_reader(&sample, 5, 2, GRANT_SHUT);
	grant_sample_reader(&sample, 3, 1, 0);
	grant_sample_card(&sample, card(2), 26, 1000, 9000);
	grant_sample_token(&sample, card(2), 26, token);
	grant_add_standing(&sample.builder, 1, token);
	grant_sample_end(&sample, seed);
	CHECK_INT(sample.n, 0x1b8);
	buf_put_hex(&hex, sample.bytes, (sizeof expected - 1) / 2);
	CHECK_STR(buf_str(&hex), str_of(expected));
	CHECK(memcmp(sample.bytes + 210, "line-1", 7) == 0);
	buf_clear(&hex);
	buf_put_hex(&hex, sample.bytes + GRANT_HEAD_BYTES, 48);
	CHECK_STR(buf_str(&hex), str_of(parts));
	CHECK(memcmp(sample.bytes + GRANT_HEAD_BYTES + 48, token, sizeof token) == 0);
	buf_clear(&hex);
	buf_put_hex(&hex, sample.bytes + GRANT_HEAD_BYTES + 64, (sizeof behind - 1) / 2);
	CHECK_STR(buf_str(&hex), str_of(behind));
}

TEST(whatever_is_not_as_specified_is_refused_with_its_place)
{
	enum { READERS = GRANT_HEAD_BYTES, TOKENS = READERS + 48, HOLDERS = TOKENS + 48, PERSONS = HOLDERS + 6 };
	enum { CELLS = PERSONS + 48, SCHEDULES = CELLS + 6, INTERVALS = SCHEDULES + 16, STANDING = INTERVALS + 32 };
	static const struct {
		size_t at;
		uint8_t byte;
		const char *part; /* of what is said */
		size_t offset;
	} rows[] = {
	    {0, 'C', "not a grant table", 0},
	    {7, '2', "not a grant table", 0},
	    {8, 0, "number is not one", 8},
	    {15, 0x80, "number is not one", 8},
	    {23, 0x80, "not good for any time", 16},
	    {25, 0, "not good for any time", 16},
	    {31, 1, "for too long", 16},
	    {48, 0, "not as long as its parts", 48},
	    {52, 3, "not as long as its parts", 48},
	    {54, 1, "more of these", 52},
	    {59, 1, "more of these", 56},
	    {80, 0, "a name is empty", 80},
	    {80, 129, "a name is empty", 80},
	    {81, 41, "a name is empty", 81},
	    {82, 0xff, "not UTF-8", 82},
	    {82, 0, "not UTF-8", 82},
	    {100, 1, "bytes behind a name", 82},
	    {249, 1, "bytes behind a name", 210},
	    {250, 1, "end in zeros", 250},
	    {255, 1, "end in zeros", 250},
	    {READERS, 0, "readers do not rise", READERS},
	    {READERS, 5, "readers do not rise", READERS + 24},
	    {READERS + 8, 0, "readers do not rise", READERS},
	    {READERS + 19, 1, "a release is none", READERS + 16},
	    {READERS + 20, 1, "a place is not numbered", READERS + 20},
	    {READERS + 22, 2, "does not know", READERS + 22},
	    {READERS + 47, 1, "does not know", READERS + 46},
	    {TOKENS, 0xff, "tokens do not rise", TOKENS + 16},
	    {HOLDERS, 1, "person is not numbered", HOLDERS},
	    {HOLDERS + 4, 0, "a person is not used", PERSONS},
	    {PERSONS + 7, 0x80, "good at no time", PERSONS},
	    {PERSONS + 15, 0x80, "good at no time", PERSONS},
	    {CELLS, 1, "schedule is not numbered", CELLS},
	    {CELLS + 4, 0, "a schedule is not used", SCHEDULES},
	    {SCHEDULES, 1, "do not hold the intervals", SCHEDULES},
	    {SCHEDULES + 12, 1, "do not hold the intervals", SCHEDULES},
	    {SCHEDULES + 4, 3, "not its own", SIZE_MAX},
	    {INTERVALS + 1, 0, "do not rise inside", INTERVALS},
	    {INTERVALS + 9, 0xff, "do not rise inside", INTERVALS},
	    {STANDING + 8, 3, "stands that is not there", STANDING + 8},
	    {STANDING, 9, "without a reader here", STANDING},
	    {STANDING + 12, 1, "do not rise", STANDING + 12},
	    {STANDING + 12, 0, "do not rise", STANDING + 12},
	};
	struct grant grant;
	struct grant_fault fault;
	make();
	CHECK_INT(STANDING + 24 + GRANT_SIGNATURE_BYTES, sample.n);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t good = sample.bytes[rows[i].at];
		sample.bytes[rows[i].at] = rows[i].byte;
		bool opened = grant_open(sample.bytes, sample.n, &grant, &fault);
		sample.bytes[rows[i].at] = good;
		if (!test_count(!opened && strstr(fault.what, rows[i].part) &&
				(rows[i].offset == SIZE_MAX || fault.offset == rows[i].offset)))
			test_fail(__FILE__, __LINE__, "row %zu: %s at %zu", i, opened ? "opened" : fault.what,
				  opened ? 0 : fault.offset);
	}
	CHECK(grant_open(sample.bytes, sample.n, &grant, &fault));
}

TEST(a_table_that_is_cut_or_goes_on_is_refused_at_every_length)
{
	static uint8_t longer[4096];
	struct grant grant;
	struct grant_fault fault;
	make();
	ASSERT(sample.n < sizeof longer);
	memcpy(longer, sample.bytes, sample.n);
	for (size_t n = 0; n < sizeof longer; n++)
		CHECK(grant_open(longer, n, &grant, &fault) == (n == sample.n));
}

TEST(only_the_owner_of_the_key_signs_and_any_changed_byte_breaks_the_signature)
{
	uint8_t key[GRANT_KEY_BYTES], other[GRANT_KEY_BYTES], other_seed[GRANT_SEED_BYTES] = {9};
	make();
	grant_public_key(seed, key);
	grant_public_key(other_seed, other);
	CHECK(grant_is_signed(sample.bytes, sample.n, key));
	CHECK(!grant_is_signed(sample.bytes, sample.n, other));
	CHECK(!grant_is_signed(sample.bytes, GRANT_SIGNATURE_BYTES - 1, key));
	for (size_t i = 0; i < sample.n; i++) {
		sample.bytes[i] ^= 1;
		CHECK(!grant_is_signed(sample.bytes, sample.n, key));
		sample.bytes[i] ^= 1;
	}
}

TEST(tokens_tell_cards_keys_and_tables_apart)
{
	static const uint8_t keys[2][GRANT_KEY_BYTES] = {{1}, {2}}, salts[2][GRANT_SALT_BYTES] = {{1}, {2}};
	uint8_t made[5][GRANT_KEY_BYTES];
	CHECK(sodium_init() >= 0);
	grant_token(keys[0], salts[0], 26, card(1), made[0]);
	grant_token(keys[1], salts[0], 26, card(1), made[1]);
	grant_token(keys[0], salts[1], 26, card(1), made[2]);
	grant_token(keys[0], salts[0], 27, card(1), made[3]);
	grant_token(keys[0], salts[0], 26, card(2), made[4]);
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		for (size_t k = 0; k < i; k++)
			CHECK(memcmp(made[i], made[k], GRANT_TOKEN_BYTES) != 0);
	grant_token_key(keys[0], made[0]);
	CHECK(memcmp(made[0], keys[0], GRANT_KEY_BYTES) != 0);
}
