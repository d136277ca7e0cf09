#include "cli/outside.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, PROGRESS_US = 100000, KEY_FILE_BYTES_MAX = NOTE_VKEY_BYTES_MAX + 1 };

_Noreturn static void fail(const char *path, const char *doing)
{
	struct error error;
	error_system(&error, "%s", doing);
	error_where(&error, "%s", path);
	die(EXIT_FAILED, &error);
}

struct str outside_read(const char *path, size_t bytes_max, struct arena *arena)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path, "cannot open the file");
	struct buf b = {.at = arena_take(arena, bytes_max + 1, 1), .size = bytes_max + 1};
	ssize_t n = 1;
	while (n > 0 && b.len < b.size) {
		n = read(fd, b.at + b.len, b.size - b.len);
		b.len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		fail(path, "cannot read the file");
	close(fd);
	if (b.len <= bytes_max)
		return buf_str(&b);
	struct error error;
	error_set(&error, ERROR_INPUT, "the file is longer than %zu bytes", bytes_max);
	error_where(&error, "%s", path);
	die(EXIT_USAGE, &error);
}

void outside_write(const char *path, struct str bytes)
{
	char beside[PATH_BYTES];
	if (snprintf(beside, sizeof beside, "%s.new", path) >= PATH_BYTES) {
		errno = ENAMETOOLONG;
		fail(path, "cannot make the file");
	}
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fail(beside, "cannot make the file");
	if (write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len || fsync(fd) != 0 || rename(beside, path) != 0)
		fail(path, "cannot write the file");
	close(fd);
}

struct note_key outside_key(const char *line_or_file, outside_parse_fn *parse)
{
	struct arena arena = arena_map(1 << 16);
	struct str line = str_of(line_or_file), rest;
	struct note_key key;
	struct error error;
	if (!strchr(line_or_file, '+') || access(line_or_file, F_OK) == 0) {
		line = outside_read(line_or_file, KEY_FILE_BYTES_MAX, &arena);
		str_cut(line, '\n', &line, &rest);
	}
	if (parse(line, &key, &error) < 0) {
		error_where(&error, "%s", line_or_file);
		die(EXIT_USAGE, &error);
	}
	arena_unmap(&arena);
	return key;
}

struct note_key outside_mission_key(const char *given)
{
	static const char own[] = "keys/journal.vkey";
	struct error error;
	if (given)
		return outside_key(given, note_key_parse);
	if (access(own, R_OK) == 0)
		return outside_key(own, note_key_parse);
	error_system(&error, "the mission's key cannot be read");
	error_where(&error, "%s", own);
	error_remedy(&error, "Name it: --vkey LINE, or --vkey FILE.");
	die(EXIT_USAGE, &error);
}

struct source outside_open(const struct note_key *key)
{
	struct source source;
	struct error error;
	if (source_open(&source, key, &error) < 0)
		die(EXIT_FAILED, &error);
	return source;
}

void outside_progress(uint64_t done, uint64_t size)
{
	static int64_t told_us;
	int64_t now_us = clock_elapsed_us();
	if (!isatty(STDERR_FILENO) || (done < size && now_us - told_us < PROGRESS_US))
		return;
	told_us = now_us;
	fprintf(stderr, done < size ? "\r%" PRIu64 " of %" PRIu64 " entries\033[K" : "\r\033[K", done, size);
}

void outside_put_time(struct buf *b, uint64_t time_s)
{
	char text[64];
	time_t seconds = (time_t)time_s;
	struct tm utc;
	if (gmtime_r(&seconds, &utc) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc) > 0)
		buf_put_str(b, str_of(text));
	else
		buf_put_u64(b, time_s);
}
