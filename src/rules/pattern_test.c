/* Encodings: what |base64offset finds is what really stands in a longer text's base64. */
#include "rules/pattern.h"
#include "base/test.h"
#include "rules/expand.h"
#include "rules/match.h"

static uint8_t memory[1 << 20];

/* The value's patterns. */
static struct bag read(struct str text, uint32_t modifiers, struct error *error)
{
	struct arena arena = arena_over(memory, sizeof memory);
	static struct arena kept;
	struct source source = {"f", error};
	const struct yaml value = {.kind = YAML_TEXT, .line = 1, .column = 1, .text_column = 1, .text = text};
	kept = arena;
	const struct pattern_reader r = {&source, &kept};
	struct bag patterns = BAG(&kept, struct pattern);
	*error = (struct error){0};
	pattern_read(&r, &value, text, modifiers, &patterns);
	return patterns;
}

static bool any_matches(const struct bag *patterns, struct str text)
{
	for (size_t i = 0; i < patterns->n; i++) {
		if (match_pattern(&BAG_AT(patterns, struct pattern)[i], text))
			return true;
	}
	return false;
}

static struct str base64(struct str bytes, char text[4000])
{
	struct buf b = {.at = (uint8_t *)text, .size = 4000};
	buf_put_base64(&b, (const uint8_t *)bytes.at, bytes.len);
	return buf_str(&b);
}

TEST(a_text_is_found_in_base64_wherever_it_stands)
{
	static const struct str texts[] = {
	    {"abc", 3}, {"http://", 7}, {"IEX(New-Object", 14}, {"\xc3\xa9t\xc3\xa9", 5}};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct error error;
		struct bag patterns =
		    read(texts[i], MODIFIER(BASE64OFFSET) | MODIFIER(CONTAINS) | MODIFIER(CASED), &error);
		CHECK_INT(patterns.n, 3);
		for (size_t before = 0; before < 7; before++) {
			for (size_t after = 0; after < 7; after++) {
				char whole[200], text[4000];
				struct buf b = BUF(whole);
				buf_put(&b, "xyzxyzx", before);
				buf_put_str(&b, texts[i]);
				buf_put(&b, "QRSTUVW", after);
				CHECK(any_matches(&patterns, base64(buf_str(&b), text)));
				whole[before] ^= 1;
				CHECK(!any_matches(&patterns, base64(buf_str(&b), text)));
			}
		}
	}
}

TEST(encodings_are_applied_in_their_order)
{
	static const struct {
		struct str text;
		uint32_t modifiers;
		struct str expected;
	} rows[] = {
	    {{"foobar", 6}, MODIFIER(BASE64), {"Zm9vYmFy", 8}},
	    {{"cmd", 3}, MODIFIER(UTF16LE) | MODIFIER(BASE64), {"YwBtAGQA", 8}},
	    {{"cmd", 3}, MODIFIER(WIDE) | MODIFIER(BASE64), {"YwBtAGQA", 8}},
	    {{"cmd", 3}, MODIFIER(UTF16BE) | MODIFIER(BASE64), {"AGMAbQBk", 8}},
	    {{"cmd", 3}, MODIFIER(UTF16) | MODIFIER(BASE64), {"//5jAG0AZAA=", 12}},
	    {{"\xf0\x9f\x98\x80", 4}, MODIFIER(UTF16BE) | MODIFIER(BASE64), {"2D3eAA==", 8}},
	    {{"a\\*b", 4}, MODIFIER(BASE64), {"YSpi", 4}},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error error;
		struct bag patterns = read(rows[i].text, rows[i].modifiers | MODIFIER(CASED), &error);
		CHECK_INT(patterns.n, 1);
		CHECK_STR(BAG_AT(&patterns, struct pattern)[0].text, rows[i].expected);
		CHECK(!BAG_AT(&patterns, struct pattern)[0].wild);
	}
}

TEST(dashes_that_are_encoded_are_spelt_in_every_way)
{
	struct error error;
	struct bag patterns = read(STR("-a/b"), MODIFIER(WINDASH) | MODIFIER(BASE64) | MODIFIER(CASED), &error);
	char text[4000];
	CHECK_INT(patterns.n, 25);
	CHECK(any_matches(&patterns, base64(STR("-a/b"), text)));
	CHECK(any_matches(&patterns, base64(STR("\xe2\x80\x94"
						"a-b"),
					    text)));
	CHECK(!any_matches(&patterns, base64(STR("_a-b"), text)));
	/* At the limit, and one beyond. */
	CHECK_INT(read(STR("-a/b-c"), MODIFIER(WINDASH) | MODIFIER(BASE64), &error).n, PATTERN_SPELLINGS_MAX);
	read(STR("-a/b-c-"), MODIFIER(WINDASH) | MODIFIER(BASE64), &error);
	CHECK_INT(error.code, ERROR_LIMIT);
}

TEST(a_pattern_has_a_limit_of_bytes)
{
	static char text[PATTERN_BYTES_MAX + 1];
	struct error error;
	memset(text, 'a', sizeof text);
	CHECK_INT(read((struct str){text, PATTERN_BYTES_MAX}, 0, &error).n, 1);
	CHECK_INT(read((struct str){text, PATTERN_BYTES_MAX - 2}, MODIFIER(CONTAINS), &error).n, 1);
	read((struct str){text, PATTERN_BYTES_MAX - 1}, MODIFIER(CONTAINS), &error);
	CHECK_INT(error.code, ERROR_LIMIT);
	read((struct str){text, PATTERN_BYTES_MAX + 1}, 0, &error);
	CHECK_INT(error.code, ERROR_LIMIT);
}

/* ---- placeholders ---- */

static struct placeholders placeholders(void)
{
	static const struct str people[] = {{"ann", 3}, {"bo*", 3}}, one[] = {{"x", 1}};
	struct placeholders p = {.n = 2, .at = {{STR("people"), 2, people}, {STR("one"), 1, one}}};
	return p;
}

static struct str expanded(const char *text, struct error *error)
{
	static char line[1000];
	static struct arena kept;
	struct source source = {"f", error};
	const struct yaml value = {.kind = YAML_TEXT, .line = 1, .column = 5, .text_column = 5, .text = str_of(text)};
	struct placeholders all = placeholders();
	struct buf b = BUF(line);
	kept = arena_over(memory, sizeof memory);
	struct bag texts = BAG(&kept, struct str);
	*error = (struct error){0};
	expand_text(&source, &value, &all, &texts);
	for (size_t i = 0; i < texts.n; i++) {
		if (i)
			buf_put_char(&b, ' ');
		buf_put_str(&b, BAG_AT(&texts, struct str)[i]);
	}
	return buf_str(&b);
}

TEST(placeholders_stand_for_each_of_their_texts)
{
	struct error error;
	CHECK_STR(expanded("%people%", &error), STR("ann bo*"));
	CHECK_STR(expanded("adm_%people%@%one%", &error), STR("adm_ann@x adm_bo*@x"));
	CHECK_STR(expanded("%people%-%people%", &error), STR("ann-ann ann-bo* bo*-ann bo*-bo*"));
	CHECK_STR(expanded("\\%plain%people%", &error), STR("%plainann %plainbo*"));
	CHECK_STR(expanded("100%", &error), STR("100%"));
	CHECK_STR(expanded("%a b%", &error), STR("%a b%"));
	expanded("x%peple%", &error);
	CHECK_INT(error.code, ERROR_INPUT);
	CHECK_STR(str_of(error.where), STR("f:1:6"));
	CHECK_STR(str_of(error.remedy), STR("did you mean \"people\"?"));
	expanded("%one%%one%%one%%one%%one%", &error);
	CHECK_INT(error.code, ERROR_LIMIT);
}
