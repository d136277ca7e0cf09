/* words_written.c: what a person writes, as JSON that a command takes. */
#include "cli/words.h"

#include "schema/json.h"

enum { MS = 1000, HASH_BYTES = 32, VALUE_SHOWN_BYTES = 40 };

static bool is_hex(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789abcdef", text.at[i], 16))
			return false;
	return text.len % 2 == 0;
}

static bool put_scaled(struct buf *b, struct str number, int64_t scale, const struct word_member *member)
{
	int64_t value;
	if (!str_to_i64(number, 0, JSON_INT_MAX / scale, &value) || value * scale < member->min ||
	    value * scale > member->max)
		return false;
	buf_put_i64(b, value * scale);
	return true;
}

static bool put_written_duration(struct buf *b, const struct word_member *member, struct str text)
{
	if (str_ends(text, STR("ms")))
		return put_scaled(b, (struct str){text.at, text.len - 2}, 1, member);
	if (str_ends(text, STR("s")))
		return put_scaled(b, (struct str){text.at, text.len - 1}, MS, member);
	return put_scaled(b, text, 1, member);
}

static bool put_written_time(struct buf *b, struct str text)
{
	char copy[40];
	struct tm utc = {0};
	int64_t number;
	if (str_to_i64(text, -JSON_INT_MAX, JSON_INT_MAX, &number)) {
		buf_put_i64(b, number);
		return true;
	}
	if (text.len >= sizeof copy)
		return false;
	snprintf(copy, sizeof copy, STR_FMT, STR_ARG(text));
	const char *end = strptime(copy, "%Y-%m-%dT%H:%M", &utc);
	if (end && *end == ':')
		end = strptime(end + 1, "%S", &utc);
	bool good = end ? strcmp(end, "Z") == 0 : (end = strptime(copy, "%Y-%m-%d", &utc)) && !*end;
	if (good)
		buf_put_i64(b, (int64_t)timegm(&utc) * MS);
	return good;
}

static bool put_written_enum(struct buf *b, const struct word_member *member, struct str text)
{
	for (size_t i = 0; i < member->n_values; i++)
		if (str_eq(member->values[i], text)) {
			json_put_name(b, text);
			return true;
		}
	return false;
}

static bool put_written_ref(struct buf *b, const struct word_member *member, struct str text)
{
	struct str table, number;
	int64_t id;
	if (str_cut(text, ':', &table, &number)) {
		if (!str_eq(table, member->table))
			return false;
		text = number;
	}
	if (!str_to_i64(text, 0, JSON_INT_MAX, &id))
		return false;
	buf_put_i64(b, id);
	return true;
}

static bool put_written(struct buf *b, const struct word_member *member, struct str text)
{
	int64_t number;
	switch (member->kind) {
	case WORD_TEXT:
		json_put_text(b, text);
		return str_is_utf8(text) && text.len <= (size_t)member->max;
	case WORD_BYTES:
	case WORD_SECRET:
		json_put_text(b, text);
		return is_hex(text) && text.len / 2 >= (size_t)member->min && text.len / 2 <= (size_t)member->max;
	case WORD_BLOB:
	case WORD_STAGED:
		json_put_text(b, text);
		return is_hex(text) && text.len == 2 * (size_t)HASH_BYTES;
	case WORD_INT:
		if (!str_to_i64(text, member->min, member->max, &number))
			return false;
		buf_put_i64(b, number);
		return true;
	case WORD_TIME:
		return put_written_time(b, text);
	case WORD_DURATION:
		return put_written_duration(b, member, text);
	case WORD_BOOL:
		buf_put_str(b, text);
		return str_eq(text, STR("true")) || str_eq(text, STR("false"));
	case WORD_ENUM:
		return put_written_enum(b, member, text);
	case WORD_REF:
		return put_written_ref(b, member, text);
	case WORD_JSON:
	case WORD_MESSAGE:
		buf_put_str(b, text);
		return true;
	}
	return false;
}

static bool put_written_list(struct buf *b, const struct word_member *member, struct str text)
{
	struct str item;
	bool good = true;
	buf_put_char(b, '[');
	while (text.len > 0 && good) {
		struct str rest = {0};
		if (!str_cut(text, ',', &item, &rest))
			item = text;
		good = put_written(b, member, item);
		if (rest.len > 0)
			buf_put_char(b, ',');
		text = rest;
	}
	buf_put_char(b, ']');
	return good;
}

/* The beginning of it; a secret stands nowhere but where it belongs. */
static void put_as_written(struct buf *b, const struct word_member *member, struct str text)
{
	if (member->kind == WORD_SECRET) {
		BUF_LIT(b, "•••");
		return;
	}
	words_put_shown(b, text.len > VALUE_SHOWN_BYTES ? (struct str){text.at, VALUE_SHOWN_BYTES} : text);
	if (text.len > VALUE_SHOWN_BYTES)
		BUF_LIT(b, "…");
}

int words_put_value(struct buf *b, const struct word_member *member, struct str text, struct error *error)
{
	char expected[512], shown[4 * VALUE_SHOWN_BYTES];
	struct buf e = BUF(expected), s = BUF(shown);
	if (member->list ? put_written_list(b, member, text) : put_written(b, member, text))
		return 0;
	words_put_expected(&e, member);
	put_as_written(&s, member, text);
	error_set(error, ERROR_INPUT, "“" STR_FMT "” is not a value of " STR_FMT, STR_ARG(buf_str(&s)),
		  STR_ARG(member->name));
	return error_remedy(error, "Write " STR_FMT ".", STR_ARG(buf_str(&e)));
}

static void put_bounds(struct buf *b, const struct word_member *member)
{
	BUF_LIT(b, "a number");
	if (member->min > -JSON_INT_MAX) {
		BUF_LIT(b, " from ");
		buf_put_i64(b, member->min);
	}
	if (member->max < JSON_INT_MAX) {
		BUF_LIT(b, " to ");
		buf_put_i64(b, member->max);
	}
}

void words_put_expected(struct buf *b, const struct word_member *member)
{
	static const struct str kinds[] = {[WORD_BYTES] = {"hexadecimal digits", 18},
					   [WORD_TIME] = {"2026-11-24 or 2026-11-24T08:30Z", 31},
					   [WORD_DURATION] = {"5s or 500ms", 11},
					   [WORD_BOOL] = {"true or false", 13},
					   [WORD_JSON] = {"JSON", 4},
					   [WORD_MESSAGE] = {"JSON", 4},
					   [WORD_SECRET] = {"hexadecimal digits, best from a file: @FILE", 43},
					   [WORD_BLOB] = {"@FILE", 5},
					   [WORD_STAGED] = {"@FILE", 5}};
	if (member->kind == WORD_TEXT) {
		BUF_LIT(b, "a text of at most ");
		buf_put_i64(b, member->max);
		BUF_LIT(b, " bytes");
	} else if (member->kind == WORD_INT) {
		put_bounds(b, member);
	} else if (member->kind == WORD_REF) {
		buf_put_str(b, member->table);
		BUF_LIT(b, ":N or N");
	} else if (member->kind == WORD_ENUM) {
		for (size_t i = 0; i < member->n_values; i++) {
			if (i > 0)
				buf_put_str(b, i + 1 < member->n_values ? STR(", ") : STR(" or "));
			buf_put_str(b, member->values[i]);
		}
	} else {
		buf_put_str(b, kinds[member->kind]);
	}
	if (member->list)
		BUF_LIT(b, ", with commas between");
}
