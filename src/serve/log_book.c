#include "serve/log_book.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 64 };

static struct {
	int fd; /* -1: not open */
	off_t size;
	bool told; /* that it cannot be written */
	bool journald;
	char recent[LOG_BOOK_RECENT][LOG_KEPT_BYTES_MAX];
	size_t lengths[LOG_BOOK_RECENT];
	size_t n_recent; /* ever */
} book = {.fd = -1};

/* The file */

static void name_file(char path[PATH_BYTES], int number)
{
	if (number == 0)
		snprintf(path, PATH_BYTES, "%s", LOG_BOOK_PATH);
	else
		snprintf(path, PATH_BYTES, "%s.%d", LOG_BOOK_PATH, number);
}

static bool open_file(void)
{
	struct stat status;
	if (mkdir(LOG_BOOK_DIRECTORY, 0750) < 0 && errno != EEXIST)
		return false;
	book.fd = open(LOG_BOOK_PATH, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (book.fd < 0 || fstat(book.fd, &status) < 0)
		return false;
	book.size = status.st_size;
	return true;
}

void log_book_close(void)
{
	if (book.fd >= 0)
		close(book.fd);
	book.fd = -1;
}

/* The oldest is overwritten. */
static void put_aside(void)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	log_book_close();
	for (int number = LOG_BOOK_FILES_MAX - 1; number > 0; number--) {
		name_file(from, number - 1);
		name_file(to, number);
		rename(from, to);
	}
}

/* To standard error, in words */

/* A pipe that nobody empties must not hold up the keeper: then the words are lost, the file has them. */
static bool takes_words(void)
{
	struct pollfd errors = {.fd = STDERR_FILENO, .events = POLLOUT};
	return poll(&errors, 1, 0) == 1 && (errors.revents & POLLOUT) != 0;
}

static void put_words(struct str at, struct str who, const struct log_line *line)
{
	char text[LOG_KEPT_BYTES_MAX];
	struct buf b = BUF(text);
	b.size--;
	if (book.journald) {
		buf_put_char(&b, '<');
		buf_put_u64(&b, log_rows[line->event].level);
		buf_put_char(&b, '>');
	} else {
		buf_put_str(&b, at);
		buf_put_char(&b, ' ');
	}
	buf_put_str(&b, who);
	BUF_LIT(&b, ": ");
	log_line_put_words(&b, line);
	text[b.len++] = '\n';
	ssize_t written = takes_words() ? write(STDERR_FILENO, text, b.len) : 0;
	(void)written;
}

static void tell_unwritten(struct str at)
{
	struct error error;
	struct log_line line;
	char text[LOG_LINE_BYTES_MAX];
	struct buf b = BUF(text);
	error_system(&error, "%s", LOG_BOOK_PATH);
	log_put(&b, LOG_EVENT_log_not_written, &(struct log_log_not_written){.why = &error});
	if (!book.told && log_line_read(buf_str(&b), &line))
		put_words(at, STR("keeper"), &line);
	book.told = true;
}

/* Lines */

static void remember(const struct buf *line)
{
	size_t i = book.n_recent++ % LOG_BOOK_RECENT;
	memcpy(book.recent[i], line->at, line->len);
	book.lengths[i] = line->len;
}

static bool write_line(const struct buf *line)
{
	if (book.fd < 0 && !open_file())
		return false;
	if (book.size + (off_t)line->len > LOG_BOOK_FILE_BYTES_MAX) {
		put_aside();
		if (!open_file())
			return false;
	}
	book.size += (off_t)line->len;
	return write(book.fd, line->at, line->len) == (ssize_t)line->len;
}

static void keep(struct str at, const struct buf *line)
{
	if (write_line(line))
		book.told = false;
	else
		tell_unwritten(at);
}

void log_book_put(struct str who, struct str text, const struct log_line *line)
{
	char kept[LOG_KEPT_BYTES_MAX], time[LOG_AT_BYTES + 8];
	struct buf b = BUF(kept), at = BUF(time);
	log_put_time(&at, clock_wall_ms());
	log_line_keep(&b, buf_str(&at), who, line, text);
	buf_put_char(&b, '\n');
	ASSERT(!b.over);
	keep(buf_str(&at), &b);
	remember(&b);
	put_words(buf_str(&at), who, line);
}

void log_book_put_recent(struct buf *b)
{
	size_t n = book.n_recent < LOG_BOOK_RECENT ? book.n_recent : LOG_BOOK_RECENT;
	for (size_t k = book.n_recent - n; k < book.n_recent; k++)
		buf_put(b, book.recent[k % LOG_BOOK_RECENT], book.lengths[k % LOG_BOOK_RECENT]);
}

static void own_line(struct str text)
{
	struct log_line line;
	bool read = log_line_read(text, &line);
	ASSERT(read);
	log_book_put(STR("keeper"), text, &line);
}

/* systemd says which stream is the journal's: "device:inode". */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[64];
	if (!stream || fstat(fd, &status) < 0)
		return false;
	snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
	return strcmp(own, stream) == 0;
}

void log_book_open(void)
{
	book.journald = is_journal(STDERR_FILENO);
	log_redirect(own_line);
}
