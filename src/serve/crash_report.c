#include "serve/crash_report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 256, ALIKE_FRAMES = 4, HELD_MAX = 4 * CRASH_REPORTS_MAX };

/* Gathering */

static void copy(char *to, size_t size, struct str text)
{
	struct buf b = {.at = (uint8_t *)to, .size = size - 1};
	log_line_put_plain(&b, text);
	to[b.len] = 0;
}

static void note_panic(struct crash *crash, const struct log_line *line)
{
	struct buf b = {.at = (uint8_t *)crash->panic, .size = sizeof crash->panic - 1};
	log_line_put_plain(&b, log_line_text(line, "file"));
	buf_put_char(&b, ':');
	buf_put_i64(&b, log_line_number(line, "line"));
	BUF_LIT(&b, ": ");
	log_line_put_plain(&b, log_line_text(line, "why"));
	crash->panic[b.len] = 0;
}

static void note_frame(struct crash *crash, const struct log_line *line)
{
	if (crash->n_frames == CRASH_FRAMES_MAX)
		return;
	size_t i = crash->n_frames++;
	copy(crash->frames[i].module, sizeof crash->frames[i].module, log_line_text(line, "module"));
	crash->frames[i].offset = log_line_number(line, "offset");
}

bool crash_note(struct crash *crash, const struct log_line *line)
{
	if (line->event != LOG_EVENT_panicked && line->event != LOG_EVENT_crashed &&
	    line->event != LOG_EVENT_crash_frame && line->event != LOG_EVENT_crash_told)
		return false;
	pid_t pid = (pid_t)log_line_number(line, "pid");
	if (crash->pid != pid || crash->whole)
		*crash = (struct crash){.pid = pid};
	if (line->event == LOG_EVENT_panicked)
		note_panic(crash, line);
	else if (line->event == LOG_EVENT_crash_frame)
		note_frame(crash, line);
	else if (line->event == LOG_EVENT_crash_told)
		crash->whole = true;
	if (line->event != LOG_EVENT_crashed)
		return true;
	crash->signal = log_line_number(line, "signal");
	copy(crash->doing, sizeof crash->doing, log_line_text(line, "doing"));
	return true;
}

/* Files */

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_report(const char *name)
{
	size_t n = strlen(name);
	return n < CRASH_NAME_BYTES && name[0] >= '0' && name[0] <= '9' && !strchr(name, '/');
}

/* All names in the directory, sorted: they begin with the time. */
static size_t read_names(char names[HELD_MAX][CRASH_NAME_BYTES])
{
	size_t n = 0;
	DIR *directory = opendir(CRASH_DIRECTORY);
	for (const struct dirent *entry; directory && n < HELD_MAX && (entry = readdir(directory));)
		if (is_report(entry->d_name))
			snprintf(names[n++], CRASH_NAME_BYTES, "%s", entry->d_name);
	if (directory)
		closedir(directory);
	qsort(names, n, CRASH_NAME_BYTES, by_name);
	return n;
}

size_t crash_report_list(char ret_names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES])
{
	static char names[HELD_MAX][CRASH_NAME_BYTES];
	size_t n = read_names(names), first = n > CRASH_REPORTS_MAX ? n - CRASH_REPORTS_MAX : 0;
	memcpy(ret_names, names[first], (n - first) * CRASH_NAME_BYTES);
	return n - first;
}

static void remove_oldest(void)
{
	static char names[HELD_MAX][CRASH_NAME_BYTES];
	size_t n = read_names(names);
	for (size_t i = 0; i + CRASH_REPORTS_MAX < n; i++) {
		char path[PATH_BYTES];
		snprintf(path, sizeof path, "%s/%s", CRASH_DIRECTORY, names[i]);
		unlink(path);
	}
}

bool crash_report_read(const char *name, struct buf *ret_text)
{
	char path[PATH_BYTES];
	if (!is_report(name))
		return false;
	snprintf(path, sizeof path, "%s/%s", CRASH_DIRECTORY, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = 0;
	while (fd >= 0 && (n = read(fd, ret_text->at + ret_text->len, ret_text->size - ret_text->len)) > 0)
		ret_text->len += (size_t)n;
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n == 0;
}

/* Writing */

static void put_line(struct buf *b, const char *name, const char *value)
{
	buf_put_str(b, str_of(name));
	BUF_LIT(b, ": ");
	buf_put_str(b, str_of(value));
	buf_put_char(b, '\n');
}

static void put_time(struct buf *b, const char *name, int64_t wall_ms)
{
	buf_put_str(b, str_of(name));
	BUF_LIT(b, ": ");
	log_put_time(b, wall_ms);
	buf_put_char(b, '\n');
}

static void put_number(struct buf *b, const char *name, int64_t number, const char *unit)
{
	char text[64];
	snprintf(text, sizeof text, "%lld%s", (long long)number, unit);
	put_line(b, name, text);
}

static void put_head(struct buf *b, const struct crash_report *r, const struct crash_memory *memory)
{
	BUF_LIT(b, "chancery crash report\n");
	put_time(b, "at", memory->first_ms);
	if (memory->again > 0) {
		put_number(b, "again", memory->again, " times");
		put_time(b, "newest", r->wall_ms);
	}
	put_line(b, "child", r->child);
	put_line(b, "program", r->program);
	put_line(b, "build", r->build);
	put_line(b, "ended", r->ended);
	if (r->crash->panic[0])
		put_line(b, "panic", r->crash->panic);
	if (r->crash->doing[0])
		put_line(b, "doing", r->crash->doing);
	put_number(b, "lived", r->lived_ms, " ms");
}

static void put_report(struct buf *b, const struct crash_report *r, const struct crash_memory *memory)
{
	put_head(b, r, memory);
	for (size_t i = 0; i < r->crash->n_frames; i++) {
		char frame[LOG_NAME_BYTES_MAX + 32];
		snprintf(frame, sizeof frame, "%s +0x%llx", r->crash->frames[i].module,
			 (unsigned long long)r->crash->frames[i].offset);
		put_line(b, "frame", frame);
	}
	struct str rest = r->recent, line;
	while (str_cut(rest, '\n', &line, &rest)) {
		BUF_LIT(b, "log: ");
		buf_put_str(b, line);
		buf_put_char(b, '\n');
	}
}

/* Deaths are alike when child, end, panic and the innermost frames are. */
static uint64_t likeness(const struct crash_report *r)
{
	char text[2048];
	struct buf b = BUF(text);
	buf_put_str(&b, str_of(r->child));
	buf_put_str(&b, str_of(r->ended));
	buf_put_str(&b, str_of(r->build));
	buf_put_str(&b, str_of(r->crash->panic));
	for (size_t i = 0; i < r->crash->n_frames && i < ALIKE_FRAMES; i++)
		buf_put_i64(&b, r->crash->frames[i].offset);
	return str_hash(buf_str(&b));
}

/* The time with what a file's name can have, then the child. */
static void name_report(char name[CRASH_NAME_BYTES], const struct crash_report *r)
{
	struct buf b = {.at = (uint8_t *)name, .size = CRASH_NAME_BYTES - 1};
	log_put_time(&b, r->wall_ms);
	buf_put_char(&b, '-');
	buf_put_str(&b, str_of(r->child));
	for (size_t i = 0; i < b.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", name[i]))
			name[i] = '-';
	name[b.len] = 0;
}

static int write_file(const char *name, struct str text, struct error *error)
{
	char path[PATH_BYTES];
	if (mkdir(CRASH_DIRECTORY, 0750) < 0 && errno != EEXIST)
		return error_system(error, "cannot make %s", CRASH_DIRECTORY);
	snprintf(path, sizeof path, "%s/%s", CRASH_DIRECTORY, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool written = fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len;
	int failed = written ? 0 : error_system(error, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	return failed;
}

int crash_report_write(const struct crash_report *report, struct crash_memory *memory, struct error *error)
{
	static uint8_t text[CRASH_REPORT_BYTES_MAX];
	struct buf b = BUF(text);
	uint64_t like = likeness(report);
	if (memory->name[0] && memory->like == like) {
		memory->again++;
	} else {
		*memory = (struct crash_memory){.like = like, .first_ms = report->wall_ms};
		name_report(memory->name, report);
	}
	put_report(&b, report, memory);
	ASSERT(!b.over);
	int failed = write_file(memory->name, buf_str(&b), error);
	if (failed == 0)
		remove_oldest();
	return failed;
}
