#include "serve/assertion.h"

#include "base/test.h"
#include "sim/authenticator.h"

enum { MEMORY_BYTES = 1 << 16 };

static const struct str name = {"trial.arm", 9}, body = {"{\"code\":7}", 10},
			nonce = {"0123456789abcdef0123456789abcdef", 32};
static uint8_t memory[MEMORY_BYTES];

static const char *check(const struct authenticator *a, const struct assertion *assertion, int64_t counter_before,
			 int64_t *ret_counter)
{
	struct arena arena = arena_over(memory, sizeof memory);
	struct assertion_asked asked = {name, body, nonce, {(const char *)a->point, sizeof a->point}, counter_before};
	return assertion_check(assertion, &asked, &arena, ret_counter);
}

/* The whole way, with what the authenticator has been told to say. */
static const char *say(const struct authenticator *a, int64_t counter_before)
{
	uint8_t apart[8192];
	struct arena arena = arena_over(apart, sizeof apart);
	struct assertion made = authenticator_assert(a, name, body, nonce, &arena);
	int64_t counter = -1;
	const char *wrong = check(a, &made, counter_before, &counter);
	CHECK_INT(counter, wrong ? -1 : (int64_t)a->counter);
	return wrong;
}

#define CHECK_SAYS(found, expected)                                                                                    \
	do {                                                                                                           \
		const char *found_ = (found), *expected_ = (expected);                                                 \
		if (!test_count(found_ ? expected_ && strstr(found_, expected_) : !expected_))                         \
			test_fail(__FILE__, __LINE__, "%s, expected %s", found_ ? found_ : "good",                     \
				  expected_ ? expected_ : "good");                                                     \
	} while (0)

TEST(a_passkey_that_was_touched_for_this_command_is_good)
{
	struct authenticator a;
	assertion_warm();
	authenticator_init(&a, 1);
	CHECK_SAYS(say(&a, 0), NULL);
	a.flags |= AUTHENTICATOR_BE | AUTHENTICATOR_BS;
	CHECK_SAYS(say(&a, 0), NULL);
	a.behind = ",\"crossOrigin\":false,\"other_keys_can_be_added_here\":\"do not compare\"";
	CHECK_SAYS(say(&a, 0), NULL);
	authenticator_release(&a);
}

TEST(flags_say_that_somebody_touched_it_and_nothing_that_is_not_there)
{
	static const struct {
		uint8_t flags;
		const char *wrong;
	} rows[] = {
	    {AUTHENTICATOR_UV, "was not touched"},
	    {AUTHENTICATOR_UP, "was not touched"},
	    {0, "was not touched"},
	    {AUTHENTICATOR_UP | AUTHENTICATOR_UV | AUTHENTICATOR_BE, NULL},
	    {AUTHENTICATOR_UP | AUTHENTICATOR_UV | AUTHENTICATOR_BS, "contradict"},
	    {AUTHENTICATOR_UP | AUTHENTICATOR_UV | AUTHENTICATOR_AT, "not there"},
	    {AUTHENTICATOR_UP | AUTHENTICATOR_UV | AUTHENTICATOR_ED, "not there"},
	};
	struct authenticator a;
	authenticator_init(&a, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a.flags = rows[i].flags;
		CHECK_SAYS(say(&a, 0), rows[i].wrong);
	}
	authenticator_release(&a);
}

TEST(a_counter_rises_or_is_not_kept_at_all)
{
	static const struct {
		int64_t before;
		uint32_t now;
		bool good;
	} rows[] = {{0, 0, true},
		    {0, 1, true},
		    {1, 0, false},
		    {5, 5, false},
		    {5, 4, false},
		    {5, 6, true},
		    {UINT32_MAX - 1, UINT32_MAX, true},
		    {UINT32_MAX, 1, false},
		    {0x01020303, 0x01020304, true}};
	struct authenticator a;
	authenticator_init(&a, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a.counter = rows[i].now;
		CHECK_SAYS(say(&a, rows[i].before), rows[i].good ? NULL : "its counter did not rise");
	}
	authenticator_release(&a);
}

TEST(what_was_touched_for_another_site_origin_kind_or_length_is_refused)
{
	struct authenticator a;
	authenticator_init(&a, 1);
	struct authenticator right = a;
	a.rp = "localhost.example";
	CHECK_SAYS(say(&a, 0), "for another site");
	a = right;
	a.origin = "https://localhost.example";
	CHECK_SAYS(say(&a, 0), "for something else");
	a = right;
	a.type = "webauthn.create";
	CHECK_SAYS(say(&a, 0), "for something else");
	static const char *const behind[] = {"", ",\"crossOrigin\":true", ",\"crossOrigin\":false\"",
					     "x,\"crossOrigin\":false", ",\"crossOrigin\":falsely"};
	for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
		a = right;
		a.behind = behind[i];
		CHECK_SAYS(say(&a, 0), "for something else");
	}
	a = right;
	a.more = 1;
	CHECK_SAYS(say(&a, 0), "have not the length");
	authenticator_release(&a);
}

/* What is signed is of another name, body or nonce; then each part of a good one changed in each of its bytes. */
TEST(what_was_touched_for_another_command_or_nonce_is_refused)
{
	static const struct {
		struct str name, body, nonce;
	} rows[] = {{{"trial.arms", 10}, {"{\"code\":7}", 10}, {"0123456789abcdef0123456789abcdef", 32}},
		    {{"trial.arm", 9}, {"{\"code\":8}", 10}, {"0123456789abcdef0123456789abcdef", 32}},
		    {{"trial.arm", 9}, {"{\"code\":7}", 10}, {"0123456789abcdef0123456789abcdeF", 32}}};
	struct authenticator a;
	uint8_t apart[8192];
	int64_t counter;
	authenticator_init(&a, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena arena = arena_over(apart, sizeof apart);
		struct assertion made = authenticator_assert(&a, rows[i].name, rows[i].body, rows[i].nonce, &arena);
		CHECK_SAYS(check(&a, &made, 0, &counter), "for something else");
	}
	authenticator_release(&a);
}

static void check_each_byte(const struct authenticator *a, struct assertion *made, struct str part)
{
	int64_t counter;
	size_t good = 0;
	for (size_t i = 0; i < part.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			((char *)(uintptr_t)part.at)[i] ^= (char)(1 << bit);
			good += !check(a, made, 0, &counter);
			((char *)(uintptr_t)part.at)[i] ^= (char)(1 << bit);
		}
	CHECK_INT(good, 0);
	CHECK_SAYS(check(a, made, 0, &counter), NULL);
}

TEST(with_any_bit_changed_it_is_good_no_more)
{
	struct authenticator a, other;
	uint8_t apart[8192];
	int64_t counter;
	struct arena arena = arena_over(apart, sizeof apart);
	authenticator_init(&a, 1);
	authenticator_init(&other, 2);
	a.counter = 3;
	struct assertion made = authenticator_assert(&a, name, body, nonce, &arena);
	check_each_byte(&a, &made, made.client);
	check_each_byte(&a, &made, made.authenticator);
	check_each_byte(&a, &made, made.signature);
	CHECK_SAYS(check(&other, &made, 0, &counter), "is not that passkey's");
	authenticator_release(&a);
	authenticator_release(&other);
}

/* A key of the record that is no point of the curve opens nothing. */
TEST(a_key_that_is_none_signs_nothing)
{
	static const size_t lengths[] = {0, 1, 64, 65};
	struct authenticator a;
	uint8_t apart[8192];
	int64_t counter;
	struct arena arena = arena_over(apart, sizeof apart);
	authenticator_init(&a, 1);
	struct assertion made = authenticator_assert(&a, name, body, nonce, &arena);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct arena scratch = arena_over(memory, sizeof memory);
		struct assertion_asked asked = {name, body, nonce, {(const char *)a.point, lengths[i]}, 0};
		a.point[64] ^= (uint8_t)(lengths[i] == 65);
		CHECK_SAYS(assertion_check(&made, &asked, &scratch, &counter), "is not that passkey's");
	}
	authenticator_release(&a);
}

TEST(what_is_empty_is_not_good)
{
	struct authenticator a;
	uint8_t apart[8192];
	int64_t counter;
	authenticator_init(&a, 1);
	for (int part = 0; part < 4; part++) {
		struct arena arena = arena_over(apart, sizeof apart);
		struct assertion made = authenticator_assert(&a, name, body, nonce, &arena);
		struct str *parts[] = {&made.client, &made.authenticator, &made.signature, &made.client};
		*parts[part] = part == 3 ? STR("{}") : (struct str){0};
		CHECK(check(&a, &made, 0, &counter) != NULL);
	}
	authenticator_release(&a);
}
