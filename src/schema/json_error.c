/* json_error.c: what is wrong with a text, and where. */
#include "schema/json.h"

bool json_fail_word(struct json *j, const char *what, struct str word)
{
	if (j->what)
		return false;
	j->what = what;
	j->word = word;
	j->offset = (size_t)(j->at - j->start);
	return false;
}

bool json_fail(struct json *j, const char *what)
{
	return json_fail_word(j, what, (struct str){0});
}

bool json_fail_limit(struct json *j, const char *what, const char *bound, int64_t limit)
{
	if (!j->what) {
		j->bound = bound;
		j->limit = limit;
	}
	return json_fail(j, what);
}

/* A path has the steps of declared types, which are few, and behind them those of a raw value, at most JSON_DEPTH_MAX: the whole has room. */
static void step_in(struct json *j, struct json_step step)
{
	if (j->n_path < JSON_PATH_MAX)
		j->path[j->n_path++] = step;
}

bool json_in_name(struct json *j, struct str name)
{
	step_in(j, (struct json_step){.member = name});
	return false;
}

bool json_in(struct json *j, const struct json_member *member)
{
	/* `"name":` without its quotes and colon. */
	return json_in_name(j, (struct str){member->key.at + 1, member->key.len - 3});
}

bool json_in_item(struct json *j, size_t index)
{
	step_in(j, (struct json_step){.item = true, .index = index});
	return false;
}

/* A name as it was sent, as far as it is short and can be shown. */
static void put_sent(struct buf *b, struct str name)
{
	enum { SHOWN_BYTES_MAX = 64 };
	size_t shown = name.len < SHOWN_BYTES_MAX ? name.len : SHOWN_BYTES_MAX;
	while (shown > 0 && !str_is_utf8((struct str){name.at, shown}))
		shown--;
	buf_put(b, name.at, shown);
}

static void put_path(const struct json *j, struct buf *b)
{
	for (size_t i = j->n_path; i-- > 0;) {
		if (j->path[i].item) {
			buf_put_char(b, '[');
			buf_put_u64(b, j->path[i].index);
			buf_put_char(b, ']');
			continue;
		}
		if (i + 1 < j->n_path)
			buf_put_char(b, '.');
		put_sent(b, j->path[i].member);
	}
	if (j->n_path > 0)
		BUF_LIT(b, ": ");
}

static void put_bound(const struct json *j, struct buf *b)
{
	struct str head, rest;
	bool cut = str_cut(str_of(j->bound), '%', &head, &rest);
	ASSERT(cut);
	BUF_LIT(b, " (");
	buf_put_str(b, head);
	buf_put_i64(b, j->limit);
	buf_put_str(b, rest);
	BUF_LIT(b, ")");
}

void json_error_put(const struct json *j, struct buf *b)
{
	put_path(j, b);
	buf_put_str(b, str_of(j->what ? j->what : "no mistake"));
	if (j->word.len > 0) {
		BUF_LIT(b, " `");
		put_sent(b, j->word);
		BUF_LIT(b, "`");
	}
	if (j->bound)
		put_bound(j, b);
}

void json_error_text(const struct json *j, char *ret_text, size_t size)
{
	struct buf b = {.at = (uint8_t *)ret_text, .size = size - 1};
	json_error_put(j, &b);
	ret_text[b.len] = 0;
}
