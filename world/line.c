#include "world/line.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* A pseudo-terminal with neither echo nor line editing: bytes in, bytes out. */
static int open_pair(struct line *line, char *ret_slave_path, size_t size, struct error *error)
{
	line->slave = -1;
	line->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (line->master < 0 || grantpt(line->master) < 0 || unlockpt(line->master) < 0 ||
	    ptsname_r(line->master, ret_slave_path, size) != 0)
		return error_system(error, "cannot make a pseudo-terminal");
	line->slave = open(ret_slave_path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios raw;
	if (line->slave < 0 || tcgetattr(line->slave, &raw) < 0)
		return error_system(error, "cannot open %s", ret_slave_path);
	cfmakeraw(&raw);
	if (tcsetattr(line->slave, TCSANOW, &raw) < 0)
		return error_system(error, "cannot set %s to raw bytes", ret_slave_path);
	return 0;
}

/* The new link replaces the old one in one step, so that a driver never meets a missing line. */
static int put_symlink(const char *target, const char *path, struct error *error)
{
	struct stat old;
	if (lstat(path, &old) == 0 && !S_ISLNK(old.st_mode)) {
		error_set(error, ERROR_SYSTEM, "%s is no symlink: a real line may be there", path);
		return error_remedy(error, "Move it away, or take this line out of mission.yaml.");
	}
	char new_path[512];
	int n = snprintf(new_path, sizeof(new_path), "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof(new_path))
		return error_set(error, ERROR_LIMIT, "the path %s is too long", path);
	unlink(new_path);
	if (symlink(target, new_path) < 0 || rename(new_path, path) < 0)
		return error_system(error, "cannot make the symlink %s", path);
	return 0;
}

int line_open(struct line *line, const char *symlink_path, uint32_t baud, struct error *error)
{
	char slave_path[128];
	*line = (struct line){.baud = baud};
	int rc = open_pair(line, slave_path, sizeof(slave_path), error);
	if (rc == 0)
		rc = put_symlink(slave_path, symlink_path, error);
	if (rc < 0)
		line_close(line);
	return rc;
}

void line_add(struct line *line, struct reader *reader)
{
	ASSERT(line->readers_len < LINE_READERS_MAX);
	line->readers[line->readers_len++] = reader;
}

void line_close(struct line *line)
{
	if (line->slave >= 0)
		close(line->slave);
	if (line->master >= 0)
		close(line->master);
	line->slave = line->master = -1;
}

static int64_t wire_us(const struct line *line, size_t bytes)
{
	return line->baud ? (int64_t)bytes * LINE_BITS_A_BYTE * 1000000 / line->baud : 0;
}

/* The answer begins when the command's last byte would have come, and is whole when its own last one has. */
static void queue_answer(struct line *line, const struct buf *answer, size_t command_bytes, int64_t delay_ms,
			 int64_t now_us)
{
	int64_t wire = wire_us(line, command_bytes + answer->len + LINE_GAP_BYTES);
	int64_t due = now_us + wire + (line->baud ? LINE_THINK_US : 0) + delay_ms * 1000;
	for (size_t i = 0; i < LINE_ANSWERS_MAX; i++) {
		struct line_answer *slot = &line->answers[i];
		if (slot->len)
			continue;
		slot->due_us = due;
		slot->len = answer->len;
		memcpy(slot->bytes, answer->at, answer->len);
		line->frames++;
		return;
	}
}

static void all_hear(struct line *line, const uint8_t *bytes, size_t n, int64_t now_us)
{
	uint8_t memory[sizeof(line->answers[0].bytes)];
	for (size_t i = 0; i < line->readers_len; i++) {
		struct buf answer = BUF(memory);
		int64_t delay_ms;
		reader_hear(line->readers[i], bytes, n, now_us / 1000, &answer, &delay_ms);
		if (answer.len)
			queue_answer(line, &answer, n, delay_ms, now_us);
	}
}

int line_hear(struct line *line, int64_t now_us, struct error *error)
{
	uint8_t bytes[4096];
	ssize_t n = read(line->master, bytes, sizeof(bytes));
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return error_system(error, "cannot read from the line");
	if (n > 0)
		all_hear(line, bytes, (size_t)n, now_us);
	return 0;
}

/* A driver may take the port for itself alone. A real port forgets that when the driver dies; this one, held
 * open here, would refuse the next driver. */
static void give_free(const struct line *line)
{
	int refused = ioctl(line->slave, TIOCNXCL);
	(void)refused;
}

void line_tick(struct line *line, int64_t now_us)
{
	give_free(line);
	for (size_t i = 0; i < line->readers_len; i++)
		reader_tick(line->readers[i], now_us / 1000);
}

int64_t line_due_us(const struct line *line)
{
	int64_t due = INT64_MAX;
	for (size_t i = 0; i < LINE_ANSWERS_MAX; i++)
		if (line->answers[i].len && line->answers[i].due_us < due)
			due = line->answers[i].due_us;
	return due;
}

/* Nobody may be listening; then the terminal fills up, and what does not fit is lost, as on a wire. */
static void put_on_wire(struct line *line, const uint8_t *bytes, size_t n)
{
	ssize_t written = write(line->master, bytes, n);
	(void)written;
}

void line_send(struct line *line, int64_t now_us)
{
	for (size_t i = 0; i < LINE_ANSWERS_MAX; i++) {
		struct line_answer *slot = &line->answers[i];
		if (slot->len == 0 || slot->due_us > now_us)
			continue;
		put_on_wire(line, slot->bytes, slot->len);
		slot->len = 0;
	}
}

void line_noise(struct line *line, const uint8_t *bytes, size_t n)
{
	put_on_wire(line, bytes, n);
}
