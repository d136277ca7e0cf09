#include "keys/share.h"

#include "base/test.h"

static const uint8_t set[SHARE_SET_BYTES] = {0xde, 0xad, 0xbe, 0xef};
static struct error error;

static void secret_of(uint8_t ret[CRYPT_KEY_BYTES])
{
	crypt_init();
	for (int i = 0; i < CRYPT_KEY_BYTES; i++)
		ret[i] = (uint8_t)(7 * i + 1);
}

TEST(any_three_of_five_give_the_secret_back)
{
	struct share shares[5], three[3];
	uint8_t secret[CRYPT_KEY_BYTES], found[CRYPT_KEY_BYTES];
	secret_of(secret);
	shares_split(secret, set, 3, 5, shares);
	for (int a = 0; a < 5; a++)
		for (int b = 0; b < 5; b++)
			for (int c = 0; c < 5; c++) {
				if (a == b || b == c || a == c)
					continue;
				three[0] = shares[a], three[1] = shares[b], three[2] = shares[c];
				CHECK_OK(shares_combine(three, 3, found, &error), &error);
				CHECK(memcmp(found, secret, sizeof secret) == 0);
			}
	for (int i = 0; i < 5; i++)
		CHECK(memcmp(shares[i].value, secret, sizeof secret) != 0);
}

TEST(the_smallest_and_the_largest_set)
{
	struct share shares[SHARES_MAX];
	uint8_t secret[CRYPT_KEY_BYTES], found[CRYPT_KEY_BYTES];
	secret_of(secret);
	shares_split(secret, set, 2, 2, shares);
	CHECK_OK(shares_combine(shares, 2, found, &error), &error);
	CHECK(memcmp(found, secret, sizeof secret) == 0);
	shares_split(secret, set, SHARES_MAX, SHARES_MAX, shares);
	CHECK_OK(shares_combine(shares, SHARES_MAX, found, &error), &error);
	CHECK(memcmp(found, secret, sizeof secret) == 0);
	CHECK_INT(shares_combine(shares, SHARES_MAX - 1, found, &error), ERROR_INPUT);
	CHECK(strstr(error.remedy, "16"));
}

TEST(shares_that_do_not_belong_together_or_are_too_few_are_told)
{
	struct share shares[5], other[5], mixed[3];
	uint8_t secret[CRYPT_KEY_BYTES], found[CRYPT_KEY_BYTES];
	secret_of(secret);
	shares_split(secret, set, 3, 5, shares);
	shares_split(secret, (const uint8_t *)"abcd", 3, 5, other);
	CHECK_INT(shares_combine(shares, 2, found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "too few") && strstr(error.remedy, "3"));
	CHECK_INT(shares_combine(shares, 0, found, &error), ERROR_INPUT);
	mixed[0] = shares[0], mixed[1] = other[1], mixed[2] = shares[2];
	CHECK_INT(shares_combine(mixed, 3, found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "share 1 and share 2 were not made together"));
	mixed[1] = shares[2];
	CHECK_INT(shares_combine(mixed, 3, found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "share 3 stands there twice"));
}

/* On paper */

static const char *paper(struct share *ret_share, char text[SHARE_TEXT_BYTES])
{
	struct share shares[3];
	uint8_t secret[CRYPT_KEY_BYTES];
	secret_of(secret);
	shares_split(secret, set, 2, 3, shares);
	*ret_share = shares[1];
	share_write(ret_share, text);
	return text;
}

TEST(a_share_is_read_back_from_paper_in_any_case_and_spacing)
{
	struct share share, found;
	char text[SHARE_TEXT_BYTES], typed[SHARE_TEXT_BYTES];
	paper(&share, text);
	CHECK_INT(strlen(text), SHARE_TEXT_BYTES - 1);
	for (size_t i = 0; i < sizeof text; i++) {
		char c = text[i];
		typed[i] = c == ' ' ? (i % 4 ? '-' : '\n') : c == '0' ? 'o' : c == '1' ? 'L' : c;
		if (c >= 'A' && c <= 'Z' && i % 3 == 0)
			typed[i] = (char)(c - 'A' + 'a');
	}
	CHECK_OK(share_read(str_of(text), &found, &error), &error);
	CHECK(found.threshold == 2 && found.number == 2 && memcmp(found.set, set, sizeof set) == 0);
	CHECK(memcmp(found.value, share.value, sizeof found.value) == 0);
	CHECK_OK(share_read(str_of(typed), &found, &error), &error);
	CHECK(memcmp(found.value, share.value, sizeof found.value) == 0);
}

static bool told_at(const char *text, size_t at)
{
	struct share found;
	char expected[16];
	snprintf(expected, sizeof expected, "group %zu:", at / 6 + 1);
	return share_read(str_of(text), &found, &error) == ERROR_INPUT &&
	       strncmp(error.what, expected, strlen(expected)) == 0;
}

TEST(every_wrong_character_is_told_with_its_group)
{
	struct share share;
	char text[SHARE_TEXT_BYTES], wrong[SHARE_TEXT_BYTES];
	paper(&share, text);
	for (size_t i = 0; i < SHARE_TEXT_BYTES - 1; i++)
		for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZU!"; *c && i % 6 < 5; c++) {
			memcpy(wrong, text, sizeof text);
			wrong[i] = *c;
			CHECK(*c == text[i] || told_at(wrong, i));
		}
}

TEST(every_two_characters_that_changed_places_are_told)
{
	struct share share;
	char text[SHARE_TEXT_BYTES], wrong[SHARE_TEXT_BYTES];
	paper(&share, text);
	for (size_t i = 0; i < SHARE_TEXT_BYTES - 2; i++) {
		memcpy(wrong, text, sizeof text);
		size_t k = i % 6 == 4 ? i + 2 : i + 1; /* across the blank too */
		if (i % 6 == 5 || text[i] == text[k])
			continue;
		wrong[i] = text[k];
		wrong[k] = text[i];
		CHECK(told_at(wrong, i));
	}
}

TEST(groups_that_changed_places_are_told)
{
	struct share share;
	char text[SHARE_TEXT_BYTES], wrong[SHARE_TEXT_BYTES];
	paper(&share, text);
	for (size_t g = 0; g < SHARE_GROUPS - 1; g++) {
		memcpy(wrong, text, sizeof text);
		memcpy(wrong + 6 * g, text + 6 * (g + 1), 5);
		memcpy(wrong + 6 * (g + 1), text + 6 * g, 5);
		CHECK(told_at(wrong, 6 * g));
	}
}

TEST(what_is_missing_or_too_much_is_told)
{
	struct share share, found;
	char text[SHARE_TEXT_BYTES], longer[SHARE_INPUT_BYTES_MAX + 1];
	paper(&share, text);
	snprintf(longer, sizeof longer, "%s 0", text);
	CHECK_INT(share_read(str_of(longer), &found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "behind the last group"));
	text[SHARE_TEXT_BYTES - 2] = 0;
	CHECK_INT(share_read(str_of(text), &found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 16: a character is missing"));
	text[6 * 7] = 0;
	CHECK_INT(share_read(str_of(text), &found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 8: it is missing"));
	memset(longer, ' ', sizeof longer);
	CHECK_INT(share_read((struct str){longer, SHARE_INPUT_BYTES_MAX}, &found, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 1: it is missing"));
	CHECK_INT(share_read((struct str){longer, SHARE_INPUT_BYTES_MAX + 1}, &found, &error), ERROR_LIMIT);
}

TEST(a_share_is_checked_row_by_row)
{
	struct share share;
	char text[SHARE_TEXT_BYTES];
	paper(&share, text);
	for (unsigned row = 0; row < 4; row++)
		CHECK_INT(share_groups((struct str){text + 24 * row, 23}, 4 * row, &error), 4);
	CHECK_INT(share_groups((struct str){text + 24, 23}, 0, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 1:"));
	CHECK_INT(share_groups((struct str){text + 24, 22}, 4, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 8: a character is missing"));
	CHECK_INT(share_groups(STR(" "), 4, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "group 5: it is missing"));
	CHECK_INT(share_groups(str_of(text + 24 * 3), 12, &error), 4);
	CHECK_INT(share_groups(str_of(text + 24 * 2), 12, &error), ERROR_INPUT);
}

TEST(a_share_put_together_from_two_is_told)
{
	struct share share, found;
	char a[SHARE_TEXT_BYTES], b[SHARE_TEXT_BYTES];
	paper(&share, a);
	paper(&share, b);
	for (size_t group = 2; group < SHARE_GROUPS; group++) { /* the first two are the same */
		char mixed[SHARE_TEXT_BYTES];
		memcpy(mixed, a, sizeof mixed);
		memcpy(mixed + 6 * group, b + 6 * group, 5);
		if (strcmp(mixed, a) == 0)
			continue;
		CHECK_INT(share_read(str_of(mixed), &found, &error), ERROR_INPUT);
		CHECK(strstr(error.what, "the whole is not"));
	}
}

/* Written by hand from the page of share.h: characters of zeros and their checks. */
TEST(the_form_on_paper_is_what_the_header_says)
{
	struct share share = {.threshold = 2, .number = 1};
	char text[SHARE_TEXT_BYTES];
	crypt_init();
	share_write(&share, text);
	/* 01 10 00 … are 00000 00100 01000 00000: the characters 0 4 8 0, and 4·4 + 8·8 = 16 + (64 mod x^5+x^2+1 =
	 * 10) */
	CHECK(strncmp(text, "0480T 00001 00002 00003 00004 ", 30) == 0);
}
