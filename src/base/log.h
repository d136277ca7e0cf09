/* log.h: what a process says about itself, to whoever runs the machine. What happened in the mission is in the journal, not here.
 *
 *     LOG(child_failed, .child = name, .code = 1, .wait_ms = 100);
 *
 * names a row of the closed table in log_table.h and fills its fields. A child's line goes to its standard error, whose other end the keeper has:
 *
 *     {"event":"child_failed","child":"driver line-1","code":1,"wait_ms":100}
 *
 * One write a line, so that lines of several processes do not mix; what nobody reads is lost on purpose, and a log never waits. Writing
 * one takes no memory, no lock and no library call but write(2): it may be done in a signal handler.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log_table.h"

enum {
	LOG_FIELDS_MAX = 4,
	LOG_NAME_BYTES_MAX = 80,
	LOG_LITERAL_BYTES_MAX = 240,
	LOG_ERROR_BYTES_MAX = 800,
	LOG_LINE_BYTES_MAX = 2048, /* with room for every row; below PIPE_BUF, so that a pipe takes it whole */
};

/* As in syslog(3). */
enum log_level { LOG_ALERT = 1, LOG_CRITICAL, LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO };

enum log_kind { LOG_KIND_NUMBER = 1, LOG_KIND_NAME, LOG_KIND_LITERAL, LOG_KIND_WHY };

#define LOG_MEMBER_NUMBER(f)		    int64_t f;
#define LOG_MEMBER_NAME(f)		    const char *f;
#define LOG_MEMBER_LITERAL(f)		    const char *f;
#define LOG_MEMBER_WHY(f)		    const struct error *f;
#define LOG_ENUM(name, level, text, fields) LOG_EVENT_##name,
#define LOG_STRUCT(name, level, text, fields)                                                                          \
	struct log_##name {                                                                                            \
		fields                                                                                                 \
	};

enum log_event { LOG_TABLE(LOG_ENUM, , , , ) LOG_EVENTS };
LOG_TABLE(LOG_STRUCT, LOG_MEMBER_NUMBER, LOG_MEMBER_NAME, LOG_MEMBER_LITERAL, LOG_MEMBER_WHY)

/* The table as data. A row's struct is an array of these, in the order of its fields. */
union log_value {
	int64_t number;
	const char *text;
	const struct error *error;
};

struct log_field {
	const char *name;
	enum log_kind kind; /* 0: no more fields */
};

struct log_row {
	const char *name, *text;
	enum log_level level;
	struct log_field fields[LOG_FIELDS_MAX + 1];
};

extern const struct log_row log_rows[LOG_EVENTS];

#define LOG(event, ...) log_write(LOG_EVENT_##event, &(struct log_##event){__VA_ARGS__})

void log_write(enum log_event event, const void *fields);

/* This process has a keeper: from here on also its errors (error.h) and its panic are lines of the log. */
void log_begin(void);
bool log_has_begun(void);

/* Where lines go instead of standard error: the keeper's own. The line is without its LF. */
void log_redirect(void (*sink)(struct str line));

/* The line that log_write writes, without its LF. */
void log_put(struct buf *b, enum log_event event, const void *fields);

#endif
