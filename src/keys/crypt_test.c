/* Held against values that another implementation made (Python's hashlib). */
#include "keys/crypt.h"

#include "base/buf.h"
#include "base/test.h"

static const uint8_t key[CRYPT_KEY_BYTES];

TEST(hashes_are_blake2b_of_the_length_that_is_asked_for)
{
	static const struct {
		size_t n;
		const char *hex;
	} rows[] = {
	    {8, "b23d2f344fe9a85d"},
	    {16, "acc685b60127eac35b6f2d43d06ea227"},
	    {32, "2bed113b3dad80ac035c09ec898d35f25e3bd8c042ee9a72f2cbe7ef1d839d72"},
	};
	crypt_init();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t hash[32], halves[32], expected[32];
		CHECK(hex_read(str_of(rows[i].hex), expected, rows[i].n));
		crypt_hash(key, STR("a"), (struct str){0}, hash, rows[i].n);
		crypt_hash(key, (struct str){0}, STR("a"), halves, rows[i].n);
		CHECK(memcmp(hash, expected, rows[i].n) == 0 && memcmp(halves, expected, rows[i].n) == 0);
	}
}

TEST(what_is_wrapped_opens_with_its_key_at_its_place_and_leaves_nothing_otherwise)
{
	static const uint8_t other[CRYPT_KEY_BYTES] = {1};
	uint8_t wrapped[5 + CRYPT_WRAP_BYTES], again[5 + CRYPT_WRAP_BYTES], found[5];
	crypt_init();
	crypt_wrap(key, STR("place"), "hello", 5, wrapped);
	crypt_wrap(key, STR("place"), "hello", 5, again);
	CHECK(memcmp(wrapped, again, sizeof wrapped) != 0);
	CHECK(crypt_unwrap(key, STR("place"), wrapped, found, 5) && memcmp(found, "hello", 5) == 0);
	CHECK(!crypt_unwrap(other, STR("place"), wrapped, found, 5) && crypt_is_zero(found, 5));
	CHECK(!crypt_unwrap(key, STR("plane"), wrapped, found, 5));
	for (size_t i = 0; i < sizeof wrapped; i++) {
		wrapped[i] ^= 1;
		CHECK(!crypt_unwrap(key, STR("place"), wrapped, found, 5));
		wrapped[i] ^= 1;
	}
}
