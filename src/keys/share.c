#include "keys/share.h"

#include <libgfshare.h>

enum {
	FORMAT = 1,
	SET_AT = 2,
	VALUE_AT = 6,
	CHECK_AT = 38,
	SHARE_BYTES = 40,
	CHARACTERS = SHARE_BYTES * 8 / 5,
	GROUP = CHARACTERS / SHARE_GROUPS,
	HASH_BYTES = 16,
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Splitting and combining */

static void fill_randomly(unsigned char *at, unsigned n)
{
	crypt_random(at, n);
}

void shares_split(const uint8_t secret[CRYPT_KEY_BYTES], const uint8_t set[SHARE_SET_BYTES], unsigned threshold,
		  unsigned count, struct share *ret_shares)
{
	unsigned char numbers[SHARES_MAX], copy[CRYPT_KEY_BYTES];
	ASSERT(threshold >= 2 && threshold <= count && count <= SHARES_MAX);
	for (unsigned i = 0; i < count; i++)
		numbers[i] = (unsigned char)(i + 1);
	memcpy(copy, secret, sizeof copy);
	gfshare_fill_rand = fill_randomly; /* with which it also overwrites what it gives back */
	gfshare_ctx *context = gfshare_ctx_init_enc(numbers, count, (unsigned char)threshold, sizeof copy);
	ASSERT(context);
	gfshare_ctx_enc_setsecret(context, copy);
	for (unsigned i = 0; i < count; i++) {
		ret_shares[i] = (struct share){.threshold = threshold, .number = i + 1};
		memcpy(ret_shares[i].set, set, SHARE_SET_BYTES);
		gfshare_ctx_enc_getshare(context, (unsigned char)i, ret_shares[i].value);
	}
	gfshare_ctx_free(context);
	crypt_wipe(copy, sizeof copy);
}

static int check_set(const struct share *shares, size_t n, struct error *error)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++) {
			if (memcmp(shares[i].set, shares[k].set, SHARE_SET_BYTES) != 0 ||
			    shares[i].threshold != shares[k].threshold)
				return error_set(error, ERROR_INPUT, "share %u and share %u were not made together",
						 shares[k].number, shares[i].number);
			if (shares[i].number == shares[k].number)
				return error_set(error, ERROR_INPUT, "share %u stands there twice", shares[i].number);
		}
	if (n >= 1 && n >= shares[0].threshold)
		return 0;
	error_set(error, ERROR_INPUT, "%zu shares are too few", n);
	return error_remedy(error, "It takes %u of them.", n >= 1 ? shares[0].threshold : 2);
}

int shares_combine(const struct share *shares, size_t n, uint8_t ret_secret[CRYPT_KEY_BYTES], struct error *error)
{
	unsigned char numbers[SHARES_MAX], value[CRYPT_KEY_BYTES];
	ASSERT(n <= SHARES_MAX);
	int failed = check_set(shares, n, error);
	if (failed < 0)
		return failed;
	unsigned used = shares[0].threshold;
	for (unsigned i = 0; i < used; i++)
		numbers[i] = (unsigned char)shares[i].number;
	gfshare_fill_rand = fill_randomly;
	gfshare_ctx *context = gfshare_ctx_init_dec(numbers, used, sizeof value);
	ASSERT(context);
	for (unsigned i = 0; i < used; i++) {
		memcpy(value, shares[i].value, sizeof value);
		gfshare_ctx_dec_giveshare(context, (unsigned char)i, value);
	}
	gfshare_ctx_dec_extract(context, ret_secret);
	gfshare_ctx_free(context);
	crypt_wipe(value, sizeof value);
	return 0;
}

/* On paper */

static unsigned doubled(unsigned x)
{
	return (x << 1 ^ (x & 16 ? 0x25u : 0)) & 31;
}

/* Horner: ((((c3·2 + c2)·2 + c1)·2 + c0)·2 + g. */
static unsigned check_of(const uint8_t characters[GROUP], unsigned group)
{
	unsigned sum = 0;
	for (unsigned i = GROUP; i > 0; i--)
		sum = doubled(sum ^ characters[i - 1]);
	return sum ^ group;
}

static void put_check(const uint8_t bytes[SHARE_BYTES], uint8_t ret_check[2])
{
	static const uint8_t key[CRYPT_KEY_BYTES];
	uint8_t hash[HASH_BYTES];
	crypt_hash(key, (struct str){(const char *)bytes, CHECK_AT}, (struct str){0}, hash, sizeof hash);
	memcpy(ret_check, hash, 2);
}

/* The i-th five bits, the highest first. */
static uint8_t bits_at(const uint8_t bytes[SHARE_BYTES], unsigned i)
{
	unsigned at = 5 * i, two = (unsigned)bytes[at / 8] << 8 | (at / 8 + 1 < SHARE_BYTES ? bytes[at / 8 + 1] : 0);
	return two >> (11 - at % 8) & 31;
}

void share_write(const struct share *share, char ret_text[SHARE_TEXT_BYTES])
{
	uint8_t bytes[SHARE_BYTES], group[GROUP];
	char *to = ret_text;
	bytes[0] = FORMAT;
	bytes[1] = (uint8_t)((share->threshold - 1) << 4 | (share->number - 1));
	memcpy(bytes + SET_AT, share->set, SHARE_SET_BYTES);
	memcpy(bytes + VALUE_AT, share->value, CRYPT_KEY_BYTES);
	put_check(bytes, bytes + CHECK_AT);
	for (unsigned g = 0; g < SHARE_GROUPS; g++) {
		for (unsigned i = 0; i < GROUP; i++) {
			group[i] = bits_at(bytes, g * GROUP + i);
			*to++ = alphabet[group[i]];
		}
		*to++ = alphabet[check_of(group, g)];
		*to++ = ' ';
	}
	to[-1] = 0;
	crypt_wipe(bytes, sizeof bytes);
	crypt_wipe(group, sizeof group);
}

/* 0 to 31, or 32. */
static unsigned value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
	const char *found = c ? strchr(alphabet, c) : NULL;
	return found ? (unsigned)(found - alphabet) : 32;
}

static int wrong_group(struct error *error, unsigned group, const char *what)
{
	error_set(error, ERROR_INPUT, "group %u: %s", group + 1, what);
	return error_remedy(error, "Groups are counted from 1, in the order of the paper.");
}

/* Whole groups of five characters from one on, the check behind each; how many there are. */
static int read_groups(struct str text, unsigned first, uint8_t ret_values[SHARE_GROUPS][GROUP + 1],
		       struct error *error)
{
	unsigned n = first * (GROUP + 1);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		unsigned value = value_of(c), group = n / (GROUP + 1);
		if (c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n')
			continue;
		if (group == SHARE_GROUPS)
			return error_set(error, ERROR_INPUT, "something stands behind the last group");
		if (value > 31)
			return wrong_group(error, group, "a character that shares do not have");
		ret_values[group][n++ % (GROUP + 1)] = (uint8_t)value;
		if (n % (GROUP + 1) == 0 && check_of(ret_values[group], group) != value)
			return wrong_group(error, group, "a character is wrong, or two have changed places");
	}
	if (n % (GROUP + 1) != 0)
		return wrong_group(error, n / (GROUP + 1), "a character is missing");
	return (int)(n / (GROUP + 1) - first);
}

int share_groups(struct str text, unsigned first, struct error *error)
{
	uint8_t values[SHARE_GROUPS][GROUP + 1];
	ASSERT(first < SHARE_GROUPS);
	int n = read_groups(text, first, values, error);
	crypt_wipe(values, sizeof values);
	return n == 0 ? wrong_group(error, first, "it is missing") : n;
}

static void put_bits(uint8_t bytes[SHARE_BYTES], unsigned i, uint8_t value)
{
	for (unsigned bit = 0; bit < 5; bit++)
		if (value & 16 >> bit)
			bytes[(5 * i + bit) / 8] |= (uint8_t)(0x80 >> (5 * i + bit) % 8);
}

static int read_bytes(const uint8_t bytes[SHARE_BYTES], struct share *share, struct error *error)
{
	uint8_t check[2];
	put_check(bytes, check);
	if (bytes[0] != FORMAT)
		return error_set(error, ERROR_INPUT, "the share is of another format, or no share at all");
	if (memcmp(check, bytes + CHECK_AT, sizeof check) != 0) {
		error_set(error, ERROR_INPUT, "every group is well-formed, and the whole is not");
		return error_remedy(error,
				    "Several characters of one group are wrong, or it was put together from two.");
	}
	share->threshold = 1 + (unsigned)(bytes[1] >> 4);
	share->number = 1 + (bytes[1] & 15u);
	if (share->threshold < 2)
		return error_set(error, ERROR_INPUT, "no share is one of which one is enough");
	memcpy(share->set, bytes + SET_AT, SHARE_SET_BYTES);
	memcpy(share->value, bytes + VALUE_AT, CRYPT_KEY_BYTES);
	return 0;
}

int share_read(struct str text, struct share *ret_share, struct error *error)
{
	uint8_t values[SHARE_GROUPS][GROUP + 1], bytes[SHARE_BYTES] = {0};
	struct share share = {.number = 0};
	if (text.len > SHARE_INPUT_BYTES_MAX)
		return error_set(error, ERROR_LIMIT, "that is longer than any share, with all its blanks");
	int n = read_groups(text, 0, values, error);
	if (n >= 0 && n < SHARE_GROUPS)
		n = wrong_group(error, (unsigned)n, "it is missing");
	int failed = n < 0 ? n : 0;
	for (unsigned i = 0; failed == 0 && i < CHARACTERS; i++)
		put_bits(bytes, i, values[i / GROUP][i % GROUP]);
	if (failed == 0)
		failed = read_bytes(bytes, &share, error);
	if (failed == 0)
		*ret_share = share;
	crypt_wipe(values, sizeof values);
	crypt_wipe(bytes, sizeof bytes);
	crypt_wipe(&share, sizeof share);
	return failed;
}
