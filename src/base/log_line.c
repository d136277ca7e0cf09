#include "base/log_line.h"

static const char *const levels[] = {"", "alert", "critical", "error", "warning", "notice", "info"};

const char *log_level_name(enum log_level level)
{
	return levels[level];
}

/* Reading: the rest of the line gets shorter with everything that was as it had to be. */

static bool take(struct str *rest, struct str expected)
{
	if (!str_starts(*rest, expected))
		return false;
	*rest = (struct str){rest->at + expected.len, rest->len - expected.len};
	return true;
}

/* A text up to its closing quote, which is taken too. */
static bool take_text(struct str *rest, size_t bytes_max, struct str *ret_text)
{
	size_t n = 0, escapes = 0;
	while (n < rest->len && rest->at[n] != '"') {
		bool escape = rest->at[n] == '\\';
		if (escape && (n + 1 == rest->len || (rest->at[n + 1] != '"' && rest->at[n + 1] != '\\')))
			return false;
		if ((unsigned char)rest->at[n] < ' ' || rest->at[n] == 0x7f)
			return false;
		escapes += escape;
		n += escape ? 2 : 1;
	}
	if (n >= rest->len || n - escapes > bytes_max)
		return false;
	*ret_text = (struct str){rest->at, n};
	*rest = (struct str){rest->at + n + 1, rest->len - n - 1};
	return str_is_utf8(*ret_text);
}

static bool take_number(struct str *rest, int64_t *ret_number)
{
	size_t n = 0;
	while (n < rest->len && (rest->at[n] == '-' || (rest->at[n] >= '0' && rest->at[n] <= '9')))
		n++;
	if (!str_to_i64((struct str){rest->at, n}, INT64_MIN, INT64_MAX, ret_number))
		return false;
	*rest = (struct str){rest->at + n, rest->len - n};
	return true;
}

static bool take_event(struct str *rest, enum log_event *ret_event)
{
	struct str name;
	if (!take(rest, STR("\"event\":\"")) || !take_text(rest, LOG_NAME_BYTES_MAX, &name))
		return false;
	for (int event = 0; event < LOG_EVENTS; event++) {
		if (!str_eq(str_of(log_rows[event].name), name))
			continue;
		*ret_event = (enum log_event)event;
		return true;
	}
	return false;
}

static bool in_kind(struct str text, enum log_kind kind)
{
	for (size_t i = 0; kind != LOG_KIND_WHY && i < text.len; i++) {
		char c = text.at[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (kind == LOG_KIND_NAME ? !letter && !memchr(" ._:/+@-?", c, 9) : c < ' ' || c > '~')
			return false;
	}
	return true;
}

static bool take_field(struct str *rest, const struct log_field *field, struct log_line *line, size_t i)
{
	static const size_t most[] = {[LOG_KIND_NAME] = LOG_NAME_BYTES_MAX,
				      [LOG_KIND_LITERAL] = LOG_LITERAL_BYTES_MAX,
				      [LOG_KIND_WHY] = LOG_ERROR_BYTES_MAX};
	if (!take(rest, STR(",\"")) || !take(rest, str_of(field->name)) || !take(rest, STR("\":")))
		return false;
	if (field->kind == LOG_KIND_NUMBER)
		return take_number(rest, &line->numbers[i]);
	return take(rest, STR("\"")) && take_text(rest, most[field->kind], &line->texts[i]) &&
	       in_kind(line->texts[i], field->kind);
}

/* From `"event"` to the end of the line. */
static bool take_rest(struct str rest, struct log_line *ret_line)
{
	struct log_line line = {0};
	if (!take_event(&rest, &line.event))
		return false;
	const struct log_field *fields = log_rows[line.event].fields;
	for (size_t i = 0; fields[i].kind; i++)
		if (!take_field(&rest, &fields[i], &line, i))
			return false;
	*ret_line = line;
	return str_eq(rest, STR("}"));
}

bool log_line_read(struct str text, struct log_line *ret_line)
{
	return text.len <= LOG_LINE_BYTES_MAX && take(&text, STR("{")) && take_rest(text, ret_line);
}

bool log_line_read_kept(struct str text, struct log_kept *ret_kept)
{
	struct log_kept kept;
	struct str level;
	if (!take(&text, STR("{\"at\":\"")) || !take_text(&text, LOG_AT_BYTES, &kept.at) ||
	    kept.at.len != LOG_AT_BYTES || !take(&text, STR(",\"level\":\"")) ||
	    !take_text(&text, LOG_NAME_BYTES_MAX, &level) || !take(&text, STR(",\"who\":\"")) ||
	    !take_text(&text, LOG_NAME_BYTES_MAX, &kept.who) || !take(&text, STR(",")) || !take_rest(text, &kept.line))
		return false;
	*ret_kept = kept;
	return str_eq(level, str_of(log_level_name(log_rows[kept.line.event].level)));
}

static size_t index_of(enum log_event event, const char *field)
{
	const struct log_field *fields = log_rows[event].fields;
	size_t i = 0;
	while (fields[i].kind && strcmp(fields[i].name, field) != 0)
		i++;
	ASSERT(fields[i].kind);
	return i;
}

int64_t log_line_number(const struct log_line *line, const char *field)
{
	return line->numbers[index_of(line->event, field)];
}

struct str log_line_text(const struct log_line *line, const char *field)
{
	return line->texts[index_of(line->event, field)];
}

/* Writing */

void log_line_put_plain(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		i += text.at[i] == '\\' && i + 1 < text.len;
		buf_put_char(b, text.at[i]);
	}
}

void log_line_put_words(struct buf *b, const struct log_line *line)
{
	const struct log_row *row = &log_rows[line->event];
	struct str rest = str_of(row->text), head, tail, name;
	while (str_cut(rest, '{', &head, &tail) && str_cut(tail, '}', &name, &rest)) {
		buf_put_str(b, head);
		for (size_t i = 0; row->fields[i].kind; i++) {
			if (!str_eq(name, str_of(row->fields[i].name)))
				continue;
			if (row->fields[i].kind == LOG_KIND_NUMBER)
				buf_put_i64(b, line->numbers[i]);
			else
				log_line_put_plain(b, line->texts[i]);
		}
	}
	buf_put_str(b, rest);
}

void log_line_keep(struct buf *b, struct str at, struct str who, const struct log_line *line, struct str text)
{
	ASSERT(at.len == LOG_AT_BYTES && text.len > 1);
	BUF_LIT(b, "{\"at\":\"");
	buf_put_str(b, at);
	BUF_LIT(b, "\",\"level\":\"");
	buf_put_str(b, str_of(log_level_name(log_rows[line->event].level)));
	BUF_LIT(b, "\",\"who\":\"");
	buf_put_str(b, who);
	BUF_LIT(b, "\",");
	buf_put(b, text.at + 1, text.len - 1);
}

void log_put_time(struct buf *b, int64_t wall_ms)
{
	char when[32];
	time_t second = (time_t)(wall_ms / 1000);
	struct tm utc;
	gmtime_r(&second, &utc);
	size_t n = strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S.", &utc);
	buf_put(b, when, n);
	buf_put_digits(b, (uint64_t)(wall_ms % 1000), 3);
	buf_put_char(b, 'Z');
}
