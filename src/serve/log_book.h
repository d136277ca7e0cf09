/* log_book.h: the mission's one log, which only the keeper writes: its own lines, and those of its children with their names in front.
 *
 *     log/chancery.log      a JSON object a line (base/log_line.h), newest last; log/chancery.log.1 … are older ones
 *     standard error        the same in words: a terminal's, a file's with the time; under systemd with <priority> in front, as sd-daemon(3) has it
 *
 * A file that has grown to LOG_BOOK_FILE_BYTES_MAX is put aside; LOG_BOOK_FILES_MAX are kept. What cannot be written is lost, once told on standard
 * error, and tried again with the next line: a full disk stops no keeper.
 */
#ifndef SERVE_LOG_BOOK_H
#define SERVE_LOG_BOOK_H

#include "base/log_line.h"

enum {
	LOG_BOOK_FILE_BYTES_MAX = 4 << 20,
	LOG_BOOK_FILES_MAX = 6,
	LOG_BOOK_RECENT = 24, /* lines that crash reports end with */
};

#define LOG_BOOK_DIRECTORY "log"
#define LOG_BOOK_PATH	   "log/chancery.log"

/* In the current directory, the mission's. From here on LOG of this process comes here, as `keeper`. */
void log_book_open(void);

/* Closes the file; the next line opens it again. */
void log_book_close(void);

/* A child's line: `text` is what it wrote, `line` what log_line_read made of it. */
void log_book_put(struct str who, struct str text, const struct log_line *line);

/* The newest lines, oldest of them first, each with its LF. */
void log_book_put_recent(struct buf *b);

#endif
