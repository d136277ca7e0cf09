#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, LINK_MEMORY = 256 << 20, IN_BYTES = 4 * LINES_MEMORY_MIN };

bool core_link_try(struct core_link *link)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "run/core.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int kept = errno;
		close(fd);
		errno = kept;
		return false;
	}
	*link = (struct core_link){.fd = fd, .memory = arena_map(LINK_MEMORY), .in_memory = arena_map(IN_BYTES)};
	lines_in_init(&link->in, fd, link->in_memory.at, IN_BYTES);
	return true;
}

void core_link_open(struct core_link *link)
{
	struct error error;
	if (core_link_try(link))
		return;
	bool forbidden = errno == EACCES;
	error_system(&error, "no core answers at run/core.sock");
	error_remedy(&error,
		     forbidden ? "Ask to be put into the mission's group." : "Start the mission: chancery serve");
	die(EXIT_FAILED, &error);
}

bool core_link_has_line(const struct core_link *link)
{
	return memchr(link->in.at + link->in.begin, '\n', link->in.end - link->in.begin) != NULL;
}

void core_link_die(const struct error *error)
{
	die(error->code == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED, error);
}

void core_link_close(struct core_link *link)
{
	close(link->fd);
	arena_unmap(&link->memory);
	arena_unmap(&link->in_memory);
}

void core_link_send(struct core_link *link, const struct ask_line *ask)
{
	struct buf b = arena_buf(&link->memory);
	ask_line_write(&b, ask);
	buf_put_char(&b, '\n');
	struct str line = arena_keep(&link->memory, &b);
	while (line.len > 0) {
		ssize_t sent = send(link->fd, line.at, line.len, MSG_NOSIGNAL);
		struct error error;
		if (sent < 0 && errno != EINTR) {
			error_system(&error, "the core went away");
			die(EXIT_FAILED, &error);
		}
		if (sent > 0)
			line = (struct str){line.at + sent, line.len - (size_t)sent};
	}
}

/* The line is copied: what is decoded from it points into it, and the next read overwrites it. */
int core_link_receive(struct core_link *link, struct answer_line *ret_answer, struct error *error)
{
	struct str line;
	enum lines_found found;
	while ((found = lines_in_next(&link->in, &line)) == LINES_NONE) {
		struct pollfd wait = {.fd = link->fd, .events = POLLIN};
		if (poll(&wait, 1, link->searching ? -1 : PATIENCE_MS) <= 0) {
			error_set(error, ERROR_GONE, "the core does not answer");
			return error_remedy(error, "See what `chancery serve` has written to its standard error.");
		}
		int got = lines_in_fill(&link->in, error);
		if (got < 0)
			return got;
	}
	struct json json = json_over(arena_str(&link->memory, line), &link->memory);
	if (found != LINES_LINE || !answer_line_read(&json, ret_answer))
		return error_set(error, ERROR_GONE, "the core answered in a way that this program does not know");
	if (ret_answer->kind == ANSWER_LINE_LOCKED && !link->unlocks) {
		error_set(error, ERROR_GONE, "the mission's keys are closed");
		return error_remedy(error, "Open them with a passphrase or shares: chancery unlock");
	}
	if (ret_answer->kind != ANSWER_LINE_BAD)
		return 0;
	error_set(error, ERROR_INPUT, STR_FMT, STR_ARG(ret_answer->bad.what));
	return error_remedy(error, STR_FMT, STR_ARG(ret_answer->bad.remedy));
}

struct answer_status core_link_status(struct core_link *link)
{
	struct answer_line answer;
	struct error error;
	core_link_send(link, &(struct ask_line){.kind = ASK_LINE_STATUS});
	if (core_link_receive(link, &answer, &error) < 0)
		core_link_die(&error);
	return answer.status;
}
