#include "tlog/asker.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MEMORY_BYTES = 64 << 20, IN_BYTES = 16 * LINES_MEMORY_MIN };

void asker_init(struct asker *asker, int fd)
{
	*asker = (struct asker){.fd = fd, .in_memory = arena_map(IN_BYTES), .memory = arena_map(MEMORY_BYTES)};
	fcntl(fd, F_SETFL, O_NONBLOCK);
	lines_in_init(&asker->in, fd, asker->in_memory.at, IN_BYTES);
}

int asker_connect(struct asker *asker, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "run/core.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_system(error, "cannot make a socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
		asker_init(asker, fd);
		return 0;
	}
	bool is_stopped = errno == ENOENT || errno == ECONNREFUSED;
	error_system(error, "no core answers at run/core.sock");
	error_remedy(error,
		     is_stopped ? "Start the mission: chancery serve" : "Ask to be put into the mission's group.");
	close(fd);
	if (!is_stopped)
		return ERROR_SYSTEM;
	if (error)
		error->code = ERROR_GONE;
	return ERROR_GONE;
}

void asker_release(struct asker *asker)
{
	close(asker->fd);
	arena_unmap(&asker->in_memory);
	arena_unmap(&asker->memory);
}

void asker_forget(struct asker *asker)
{
	arena_clear(&asker->memory);
}

bool asker_has_line(const struct asker *asker)
{
	const struct lines_in *in = &asker->in;
	return memchr(in->at + in->begin, '\n', in->end - in->begin) != NULL;
}

static int wait_for(const struct asker *asker, short events, struct error *error)
{
	int64_t end_us = clock_elapsed_us() + ASKER_PATIENCE_MS * INT64_C(1000);
	for (;;) {
		struct pollfd wait = {.fd = asker->fd, .events = events};
		int64_t left_ms = (end_us - clock_elapsed_us()) / 1000;
		int ready = poll(&wait, 1, asker->is_patient ? -1 : left_ms > 0 ? (int)left_ms : 0);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno == EINTR)
			continue;
		error_set(error, ERROR_GONE, "the core does not answer");
		return error_remedy(error, "See what `chancery serve` has written to its standard error.");
	}
}

static int send_all(const struct asker *asker, struct str line, struct error *error)
{
	while (line.len > 0) {
		ssize_t sent = send(asker->fd, line.at, line.len, MSG_NOSIGNAL);
		if (sent >= 0) {
			line = (struct str){line.at + sent, line.len - (size_t)sent};
			continue;
		}
		int failed = errno == EAGAIN || errno == EINTR ? wait_for(asker, POLLOUT, error) : ERROR_GONE;
		if (failed < 0)
			return error_set(error, ERROR_GONE, "the core went away");
	}
	return 0;
}

int asker_ask(struct asker *asker, const struct ask_line *question, struct error *error)
{
	struct buf b = arena_buf(&asker->memory);
	ask_line_write(&b, question);
	buf_put_char(&b, '\n');
	struct str line = arena_keep(&asker->memory, &b);
	int failed = send_all(asker, line, error);
	explicit_bzero((void *)line.at, line.len); /* a command may have had a secret in it */
	return failed;
}

/* The line is copied: what is decoded from it points into it, and the next read overwrites it. */
static bool read_answer(struct asker *asker, struct str line, struct answer_line *ret_answer)
{
	struct json json = json_over(arena_str(&asker->memory, line), &asker->memory);
	return answer_line_read(&json, ret_answer);
}

static int next_line(struct asker *asker, struct answer_line *ret_answer, struct error *error)
{
	struct str line;
	for (;;) {
		enum lines_found found = lines_in_next(&asker->in, &line);
		if (found == LINES_LINE && read_answer(asker, line, ret_answer))
			return 0;
		if (found != LINES_NONE && !asker->outlives_core) {
			error_set(error, ERROR_GONE, "the core answered in a way that this program does not know");
			return error_remedy(error,
					    "They may be of different versions: chancery --version, chancery upgrade");
		}
		if (found != LINES_NONE)
			continue;
		int failed = wait_for(asker, POLLIN, error);
		if (failed == 0)
			failed = lines_in_fill(&asker->in, error);
		if (failed < 0)
			return failed;
	}
}

int asker_next(struct asker *asker, struct answer_line *ret_answer, struct error *error)
{
	int failed = next_line(asker, ret_answer, error);
	if (failed < 0)
		return failed;
	if (ret_answer->kind == ANSWER_LINE_LOCKED && !asker->unlocks) {
		error_set(error, ERROR_GONE, "the mission's keys are closed");
		return error_remedy(error, "Open them with a passphrase or shares: chancery unlock");
	}
	if (ret_answer->kind != ANSWER_LINE_BAD)
		return 0;
	error_set(error, ERROR_INPUT, STR_FMT, STR_ARG(ret_answer->bad.what));
	return error_remedy(error, STR_FMT, STR_ARG(ret_answer->bad.remedy));
}

int asker_ask_one(struct asker *asker, const struct ask_line *question, enum answer_line_kind kind,
		  struct answer_line *ret_answer, struct error *error)
{
	int failed = asker_ask(asker, question, error);
	if (failed == 0)
		failed = asker_next(asker, ret_answer, error);
	if (failed == 0 && ret_answer->kind != kind)
		return error_set(error, ERROR_GONE, "the core answered something else than it was asked");
	return failed;
}
