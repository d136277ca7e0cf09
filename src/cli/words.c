#include "cli/words.h"

#include "base/yaml.h"
#include "schema/json.h"

#include <wchar.h>

enum { MS = 1000 };

/* Times */

void words_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void put_time(struct buf *b, int64_t wall, const char *format)
{
	char text[64];
	time_t seconds = (time_t)(wall / MS);
	struct tm local;
	if (localtime_r(&seconds, &local) && strftime(text, sizeof text, format, &local) > 0)
		buf_put_str(b, str_of(text));
}

void words_put_clock(struct buf *b, int64_t wall)
{
	put_time(b, wall, "%H:%M:%S");
}

void words_put_moment(struct buf *b, int64_t wall)
{
	put_time(b, wall, "%Y-%m-%d %H:%M:%S");
}

static void put_duration(struct buf *b, int64_t ms)
{
	if (ms % MS == 0) {
		buf_put_i64(b, ms / MS);
		BUF_LIT(b, " s");
	} else {
		buf_put_i64(b, ms);
		BUF_LIT(b, " ms");
	}
}

void words_put_span(struct buf *b, int64_t ms)
{
	static const struct {
		int64_t ms;
		struct str unit;
	} units[] = {
	    {INT64_C(24) * 60 * 60 * 1000, {" days", 5}}, {60 * 60 * 1000, {" h", 2}}, {60 * 1000, {" min", 4}}};
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (ms >= 2 * units[i].ms) {
			buf_put_i64(b, (ms + units[i].ms / 2) / units[i].ms);
			buf_put_str(b, units[i].unit);
			return;
		}
	buf_put_i64(b, ms < 0 ? 0 : (ms + MS - 1) / MS);
	BUF_LIT(b, " s");
}

/* Values of a body */

void words_put_shown(struct buf *b, struct str text)
{
	size_t bad;
	while (!yaml_text_ok(text, &bad)) {
		buf_put(b, text.at, bad);
		BUF_LIT(b, "?");
		/* The rest of a character of several bytes goes with it. */
		while (++bad < text.len && ((uint8_t)text.at[bad] & 0xC0) == 0x80)
			;
		text = (struct str){text.at + bad, text.len - bad};
	}
	for (size_t i = 0; i < text.len; i++)
		buf_put_char(b, text.at[i] == '\n' || text.at[i] == '\t' ? ' ' : text.at[i]);
}

static struct str said_bool(enum language language, bool value)
{
	static const struct str words[LANGUAGES][2] = {
	    {{"no", 2}, {"yes", 3}}, {{"non", 3}, {"oui", 3}}, {{"no", 2}, {"sí", 3}}, {{"لا", 4}, {"نعم", 6}}};
	return words[language][value];
}

static struct str said_absent(enum language language)
{
	static const struct str words[LANGUAGES] = {{"somebody", 8}, {"quelqu’un", 11}, {"alguien", 7}, {"شخص", 6}};
	return words[language];
}

static struct str said_erased(enum language language)
{
	static const struct str words[LANGUAGES] = {{"(erased)", 8}, {"(effacé)", 9}, {"(borrado)", 9}, {"(مُحي)", 10}};
	return words[language];
}

static void put_ref(struct buf *b, const struct saying *saying, struct str table, uint64_t id)
{
	char text[80];
	struct buf ref = BUF(text);
	buf_put_str(&ref, table);
	buf_put_char(&ref, ':');
	buf_put_u64(&ref, id);
	for (size_t i = 0; i < saying->names.n; i++)
		if (str_eq(saying->names.at[i].ref, buf_str(&ref))) {
			words_put_shown(b, saying->names.at[i].name);
			return;
		}
	/* Nothing calls it anything: its number. */
	BUF_LIT(b, "№ ");
	buf_put_u64(b, id);
}

void words_put_spaced(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_put_char(b, name.at[i] == '_' ? ' ' : name.at[i]);
}

void words_put_or(struct buf *b, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_put_str(b, i + 1 < n ? STR(", ") : STR(" or "));
		words_put_spaced(b, names[i]);
	}
}

static bool put_text(struct buf *b, const struct saying *saying, const struct word_member *member, struct json *j)
{
	struct str text;
	bool truth;
	if (member->kind == WORD_BOOL) {
		if (!json_bool(j, &truth))
			return false;
		buf_put_str(b, said_bool(saying->language, truth));
		return true;
	}
	if (!json_text(j, SIZE_MAX, &text))
		return false;
	if (member->kind == WORD_ENUM)
		words_put_spaced(b, text);
	else
		words_put_shown(b, text);
	return true;
}

static bool put_number(struct buf *b, const struct saying *saying, const struct word_member *member, struct json *j)
{
	int64_t number;
	if (!json_int(j, -JSON_INT_MAX, JSON_INT_MAX, &number))
		return false;
	if (member->kind == WORD_TIME)
		words_put_moment(b, number);
	else if (member->kind == WORD_DURATION)
		put_duration(b, number);
	else if (member->kind == WORD_REF)
		put_ref(b, saying, member->table, (uint64_t)number);
	else
		buf_put_i64(b, number);
	return true;
}

static bool put_one(struct buf *b, const struct saying *saying, const struct word_member *member, struct json *j)
{
	struct str raw;
	switch (member->kind) {
	case WORD_TEXT:
	case WORD_BYTES:
	case WORD_ENUM:
	case WORD_BOOL:
		return put_text(b, saying, member, j);
	case WORD_INT:
	case WORD_TIME:
	case WORD_DURATION:
	case WORD_REF:
		return put_number(b, saying, member, j);
	case WORD_SECRET:
		BUF_LIT(b, "•••");
		return json_raw(j, &raw);
	case WORD_BLOB:
	case WORD_STAGED:
		return put_text(b, saying, member, j);
	case WORD_JSON:
	case WORD_MESSAGE:
		break;
	}
	if (!json_raw(j, &raw))
		return false;
	words_put_shown(b, raw);
	return true;
}

static void put_value(struct buf *b, const struct saying *saying, const struct word_member *member, struct str raw)
{
	struct json j = json_over(raw, saying->arena);
	struct json_array a;
	if (!member->list) {
		if (!put_one(b, saying, member, &j))
			words_put_shown(b, raw);
		return;
	}
	if (!json_array_begin(&j, &a, SIZE_MAX))
		return;
	while (json_array_next(&j, &a)) {
		if (a.n > 1)
			BUF_LIT(b, ", ");
		if (!put_one(b, saying, member, &j))
			return;
	}
}

/* The body's members as they stand; at[i] is empty where one is absent, because it was not given or is not for this reader. */
static bool split_body(const struct word_members *members, struct str body, struct arena *arena, struct str *at)
{
	struct json_member *keys = ARENA_TAKE(arena, struct json_member, members->n);
	for (size_t i = 0; i < members->n; i++) {
		struct buf b = arena_buf(arena);
		json_put_name(&b, members->at[i].name);
		buf_put_char(&b, ':');
		keys[i] = (struct json_member){arena_keep(arena, &b), true};
	}
	struct json j = json_over(body, arena);
	struct json_object o;
	int i;
	if (!json_object_begin(&j, &o, keys, (int)members->n))
		return false;
	while ((i = json_object_next(&j, &o)) >= 0)
		if (!json_raw(&j, &at[i]))
			return false;
	return i == JSON_LAST;
}

static void put_member(struct buf *b, const struct saying *saying, const struct word_member *member, struct str value)
{
	if (value.len == 0)
		buf_put_str(b, member->optional ? said_absent(saying->language) : STR("…"));
	else if (!str_eq(value, STR("null")))
		put_value(b, saying, member, value);
	else if (saying->masked && member->purpose)
		BUF_LIT(b, "▒▒▒");
	else
		buf_put_str(b, saying->erased ? said_erased(saying->language) : said_absent(saying->language));
}

static void put_named(struct buf *b, const struct saying *saying, const struct word_members *members,
		      const struct str *values, struct str name)
{
	for (size_t i = 0; i < members->n; i++)
		if (str_eq(members->at[i].name, name))
			put_member(b, saying, &members->at[i], values[i]);
}

void words_put_sentence(struct buf *b, const struct saying *saying, struct str sentence,
			const struct word_members *members, struct str body)
{
	struct str *values = ARENA_TAKE(saying->arena, struct str, members->n);
	struct str head, name, rest = sentence;
	if (!split_body(members, body, saying->arena, values)) {
		words_put_shown(b, body);
		return;
	}
	while (str_cut(rest, '{', &head, &rest)) {
		buf_put_str(b, head);
		if (str_cut(rest, '}', &name, &rest))
			put_named(b, saying, members, values, name);
	}
	buf_put_str(b, rest);
}

void words_put_event(struct buf *b, const struct saying *saying, struct str name, struct str body)
{
	const struct event_words *words = words_of_event(name);
	if (words)
		words_put_sentence(b, saying, words->says[saying->language], &words->fields, body);
	else
		words_put_shown(b, name);
}

void words_put_refusal(struct buf *b, const struct saying *saying, struct str name, struct str takes)
{
	const struct refusal_words *words = words_of_refusal(name);
	if (words)
		words_put_sentence(b, saying, words->says[saying->language], &words->takes, takes);
	else
		words_put_shown(b, name);
}

/* people.suspend_badge → people suspend-badge */
void words_put_spoken(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_put_char(b, name.at[i] == '.' ? ' ' : name.at[i] == '_' ? '-' : name.at[i]);
}

void words_put_command(struct buf *b, const struct saying *saying, struct str name, struct str body)
{
	const struct input_words *command = words_of_command(name);
	static const struct word_members none;
	const struct word_members *takes = command ? &command->takes : &none;
	struct str *values = ARENA_TAKE(saying->arena, struct str, takes->n);
	words_put_spoken(b, name);
	if (body.len == 0 || !split_body(takes, body, saying->arena, values))
		return;
	for (size_t i = 0; i < takes->n; i++) {
		if (values[i].len == 0)
			continue;
		BUF_LIT(b, " --");
		words_put_spoken(b, takes->at[i].name);
		BUF_LIT(b, " ");
		put_member(b, saying, &takes->at[i], values[i]);
	}
}

void words_put_gives(struct buf *b, const struct saying *saying, struct str name, struct str gives)
{
	const struct input_words *command = words_of_command(name);
	size_t n = command ? command->gives.n : 0;
	struct str *values = ARENA_TAKE(saying->arena, struct str, n);
	if (n == 0 || !split_body(&command->gives, gives, saying->arena, values))
		return;
	for (size_t i = 0; i < n; i++) {
		const struct word_member *member = &command->gives.at[i];
		buf_put_str(b, i == 0 ? STR(": ") : STR(", "));
		if (member->kind == WORD_REF) {
			buf_put_str(b, member->table);
			BUF_LIT(b, ":");
			buf_put_str(b, values[i]);
		} else {
			put_member(b, saying, member, values[i]);
		}
	}
}

void words_put_files(struct buf *b, const struct saying *saying, struct str name, struct str body)
{
	const struct input_words *input = words_of_input(name);
	size_t n = input ? input->takes.n : 0;
	struct str *values = ARENA_TAKE(saying->arena, struct str, n);
	if (n == 0 || !split_body(&input->takes, body, saying->arena, values))
		return;
	for (size_t i = 0; i < n; i++) {
		struct json j = json_over(values[i], saying->arena);
		struct str hash;
		if (input->takes.at[i].kind != WORD_BLOB || !json_text(&j, SIZE_MAX, &hash))
			continue;
		BUF_LIT(b, "\n     ");
		words_put_padded(b, input->takes.at[i].name, 7);
		BUF_LIT(b, " chancery blob ");
		words_put_shown(b, hash);
		BUF_LIT(b, " --out FILE");
	}
}

/* On a terminal */

size_t words_width(struct str text)
{
	mbstate_t state = {0};
	size_t width = 0;
	while (text.len > 0) {
		wchar_t c;
		size_t n = mbrtowc(&c, text.at, text.len, &state);
		if (n == 0 || n > text.len)
			break;
		int columns = wcwidth(c);
		width += columns > 0 ? (size_t)columns : 0;
		text = (struct str){text.at + n, text.len - n};
	}
	return width;
}

void words_put_padded(struct buf *b, struct str text, size_t width)
{
	buf_put_str(b, text);
	for (size_t i = words_width(text); i < width; i++)
		buf_put_char(b, ' ');
}
