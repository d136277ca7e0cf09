#include "base/log.h"

#include <unistd.h>

#define ROW_FIELD_NUMBER(f)	       {#f, LOG_KIND_NUMBER},
#define ROW_FIELD_NAME(f)	       {#f, LOG_KIND_NAME},
#define ROW_FIELD_LITERAL(f)	       {#f, LOG_KIND_LITERAL},
#define ROW_FIELD_WHY(f)	       {#f, LOG_KIND_WHY},
#define ROW(name, level, text, fields) {#name, text, LOG_##level, {fields}},
#define FITS(name, level, text, fields)                                                                                \
	_Static_assert(sizeof(struct log_##name) <= LOG_FIELDS_MAX * sizeof(union log_value), #name);

const struct log_row log_rows[LOG_EVENTS] = {
    LOG_TABLE(ROW, ROW_FIELD_NUMBER, ROW_FIELD_NAME, ROW_FIELD_LITERAL, ROW_FIELD_WHY)};

_Static_assert(sizeof(union log_value) == sizeof(int64_t) && sizeof(void *) == sizeof(int64_t),
	       "a row's struct is an array of values");
LOG_TABLE(FITS, , , , )

static bool begun;
static void (*redirected)(struct str line);

void log_begin(void)
{
	begun = true;
}

bool log_has_begun(void)
{
	return begun;
}

void log_redirect(void (*sink)(struct str line))
{
	redirected = sink;
}

/* Writing */

static bool in_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(" ._:/+@-", c));
}

static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

static bool no_control(char c)
{
	return (unsigned char)c >= ' ' && c != 0x7f;
}

/* A character is not cut in its middle. */
static size_t cut(const char *text, size_t most)
{
	size_t n = strlen(text);
	if (n <= most)
		return n;
	for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return n;
}

static void put_text(struct buf *b, const char *text, size_t most, bool belongs(char c))
{
	size_t n = text ? cut(text, most) : 0;
	bool utf8 = str_is_utf8((struct str){text, n});
	for (size_t i = 0; i < n; i++) {
		char c = belongs(text[i]) && (utf8 || printable(text[i])) ? text[i] : '?';
		if (c == '"' || c == '\\')
			buf_put_char(b, '\\');
		buf_put_char(b, c);
	}
}

static void put_error(struct buf *b, const struct error *error)
{
	char text[sizeof error->where + sizeof error->what + sizeof error->remedy + 8];
	struct buf all = BUF(text);
	all.size--;
	buf_put_str(&all, str_of(error->where));
	if (error->where[0])
		BUF_LIT(&all, ": ");
	buf_put_str(&all, str_of(error->what));
	if (error->remedy[0])
		BUF_LIT(&all, ". ");
	buf_put_str(&all, str_of(error->remedy));
	text[all.len] = 0;
	put_text(b, text, LOG_ERROR_BYTES_MAX, no_control);
}

static void put_value(struct buf *b, enum log_kind kind, const union log_value *value)
{
	if (kind == LOG_KIND_NUMBER) {
		buf_put_i64(b, value->number);
		return;
	}
	buf_put_char(b, '"');
	if (kind == LOG_KIND_NAME)
		put_text(b, value->text, LOG_NAME_BYTES_MAX, in_name);
	else if (kind == LOG_KIND_LITERAL)
		put_text(b, value->text, LOG_LITERAL_BYTES_MAX, printable);
	else if (value->error)
		put_error(b, value->error);
	buf_put_char(b, '"');
}

void log_put(struct buf *b, enum log_event event, const void *fields)
{
	const struct log_row *row = &log_rows[event];
	const union log_value *values = fields;
	BUF_LIT(b, "{\"event\":\"");
	buf_put_str(b, str_of(row->name));
	buf_put_char(b, '"');
	for (size_t i = 0; row->fields[i].kind; i++) {
		BUF_LIT(b, ",\"");
		buf_put_str(b, str_of(row->fields[i].name));
		BUF_LIT(b, "\":");
		put_value(b, row->fields[i].kind, &values[i]);
	}
	buf_put_char(b, '}');
}

void log_write(enum log_event event, const void *fields)
{
	char line[LOG_LINE_BYTES_MAX + 1];
	struct buf b = BUF(line);
	log_put(&b, event, fields);
	if (b.over)
		return;
	if (redirected) {
		redirected(buf_str(&b));
		return;
	}
	buf_put_char(&b, '\n');
	ssize_t written = write(STDERR_FILENO, b.at, b.len);
	(void)written;
}
