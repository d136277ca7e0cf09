/* log_line.h: a line of the log, read again: by the keeper from a child, whose line it takes only when it is exactly what log.h would have written; by
 * `chancery log` and `chancery doctor` from the file. Pure.
 *
 * In the file three members stand in front of the child's line:
 *
 *     {"at":"2026-11-23T20:15:19.123Z","level":"warning","who":"driver line-1","event":"line_lost"}
 */
#ifndef BASE_LOG_LINE_H
#define BASE_LOG_LINE_H

#include "base/log.h"

enum {
	LOG_AT_BYTES = 24, /* of `at` */
	LOG_KEPT_BYTES_MAX = LOG_LINE_BYTES_MAX + 256,
};

struct log_line {
	enum log_event event;
	int64_t numbers[LOG_FIELDS_MAX];  /* of fields that are numbers */
	struct str texts[LOG_FIELDS_MAX]; /* of the others, as they stand in the line: with `\` before `"` and `\` */
};

/* A child's line, without its LF. False when it is not one of the table's, member by member. */
bool log_line_read(struct str text, struct log_line *ret_line);

/* The field of that name; the row must have it. */
int64_t log_line_number(const struct log_line *line, const char *field);
struct str log_line_text(const struct log_line *line, const char *field);

/* The text without its backslashes. */
void log_line_put_plain(struct buf *b, struct str text);

/* The row's sentence with its fields filled in. */
void log_line_put_words(struct buf *b, const struct log_line *line);

/* The line as it is kept. `at` is LOG_AT_BYTES long. */
void log_line_keep(struct buf *b, struct str at, struct str who, const struct log_line *line, struct str text);

struct log_kept {
	struct str at, who;
	struct log_line line;
};

/* A line of the file. False when it is none. */
bool log_line_read_kept(struct str text, struct log_kept *ret_kept);

const char *log_level_name(enum log_level level);

/* "2026-11-23T20:15:19.123Z" of milliseconds since the epoch. */
void log_put_time(struct buf *b, int64_t wall_ms);

#endif
