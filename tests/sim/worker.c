#include "sim/worker.h"

#include "sim/disk.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum verb { READ, WRITE, SYNC, RESIZE, SIZE };

/* What the child asks, with the bytes of a write behind it; and the answer, with the bytes of a read. */
struct request {
	enum verb verb;
	size_t file, n;
	uint64_t at;
};
struct answer {
	int code;
	uint64_t size;
};

enum { BYTES_MAX = 1 << 20 };
static uint8_t bytes[BYTES_MAX];

/* False: the other process is gone. */
static bool send_all(int fd, const void *at, size_t n)
{
	const uint8_t *from = at;
	while (n > 0) {
		ssize_t done = send(fd, from, n, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
		from += done;
		n -= (size_t)done;
	}
	return true;
}

static bool receive_all(int fd, void *at, size_t n)
{
	uint8_t *to = at;
	while (n > 0) {
		ssize_t done = recv(fd, to, n, 0);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		to += done;
		n -= (size_t)done;
	}
	return true;
}

/* The child's side */

static int ask(const struct worker_file *file, struct request request, const void *sent, void *received,
	       uint64_t *ret_size, struct error *error)
{
	struct worker *worker = file->worker;
	struct answer answer;
	request.file = (size_t)(file - worker->files);
	bool there = send_all(worker->fd, &request, sizeof request) &&
		     (!sent || send_all(worker->fd, sent, request.n)) &&
		     receive_all(worker->fd, &answer, sizeof answer);
	if (there && answer.code == 0 && received)
		there = receive_all(worker->fd, received, request.n);
	if (!there)
		_exit(1); /* the simulation is over */
	*ret_size = answer.size;
	return answer.code == 0 ? 0 : error_set(error, ERROR_SYSTEM, "the disk");
}

/* The verbs, of both */

static int file_verb_read(void *context, uint64_t at, void *ret_bytes, size_t n, struct error *error)
{
	const struct worker_file *file = context;
	uint64_t size;
	if (!file->worker->is_child)
		return file_read(file->real, at, ret_bytes, n, error);
	return ask(file, (struct request){.verb = READ, .at = at, .n = n}, NULL, ret_bytes, &size, error);
}

static int file_verb_write(void *context, uint64_t at, const void *written, size_t n, struct error *error)
{
	const struct worker_file *file = context;
	uint64_t size;
	ASSERT(n <= BYTES_MAX);
	if (!file->worker->is_child)
		return file_write(file->real, at, written, n, error);
	return ask(file, (struct request){.verb = WRITE, .at = at, .n = n}, written, NULL, &size, error);
}

static int file_verb_sync(void *context, struct error *error)
{
	const struct worker_file *file = context;
	uint64_t size;
	if (!file->worker->is_child)
		return file_sync(file->real, error);
	return ask(file, (struct request){.verb = SYNC}, NULL, NULL, &size, error);
}

static int file_verb_resize(void *context, uint64_t to, struct error *error)
{
	const struct worker_file *file = context;
	uint64_t size;
	if (!file->worker->is_child)
		return file_resize(file->real, to, error);
	return ask(file, (struct request){.verb = RESIZE, .at = to}, NULL, NULL, &size, error);
}

static int file_verb_size(void *context, uint64_t *ret_bytes, struct error *error)
{
	const struct worker_file *file = context;
	if (!file->worker->is_child)
		return file_size(file->real, ret_bytes, error);
	return ask(file, (struct request){.verb = SIZE}, NULL, NULL, ret_bytes, error);
}

static void file_verb_close(void *context)
{
	struct worker_file *file = context;
	file_close(file->real);
	file->real = (struct file){0};
}

void worker_init(struct worker *worker)
{
	*worker = (struct worker){.fd = -1};
}

struct file worker_file(struct worker *worker, struct file real)
{
	static const struct file_verbs verbs = {file_verb_read,	  file_verb_write, file_verb_sync,
						file_verb_resize, file_verb_size,  file_verb_close};
	ASSERT(worker->n_files < WORKER_FILES_MAX);
	struct worker_file *file = &worker->files[worker->n_files++];
	file->worker = worker;
	file->real = real;
	return (struct file){file, &verbs};
}

void worker_close_files(struct worker *worker)
{
	for (size_t i = 0; i < worker->n_files; i++)
		file_verb_close(&worker->files[i]);
	worker->n_files = 0;
}

/* Life */

static void end_child(struct worker *worker)
{
	for (size_t i = 0; i < WORKER_FILES_MAX; i++) {
		file_close(worker->files[i].again);
		worker->files[i].again = (struct file){0};
	}
	close(worker->fd);
	worker->fd = -1;
	worker->pid = 0;
}

void worker_begin(struct worker *worker, int (*work)(void *hub, void *shared), void *hub, void *shared)
{
	int fds[2];
	ASSERT(worker->pid == 0);
	int made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds);
	ASSERT(made == 0);
	for (size_t i = 0; i < worker->n_files; i++)
		worker->files[i].again = disk_file_again(worker->files[i].real);
	fflush(stdout);
	pid_t pid = fork();
	ASSERT(pid >= 0);
	worker->fd = fds[pid == 0];
	close(fds[pid != 0]);
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		worker->is_child = true;
		_exit(work(hub, shared) == 0 ? 0 : 1);
	}
	worker->pid = pid;
}

static struct answer do_request(const struct request *request, struct file file)
{
	struct answer answer = {0};
	switch (request->verb) {
	case READ:
		answer.code = file_read(file, request->at, bytes, request->n, NULL);
		break;
	case WRITE:
		answer.code = file_write(file, request->at, bytes, request->n, NULL);
		break;
	case SYNC:
		answer.code = file_sync(file, NULL);
		break;
	case RESIZE:
		answer.code = file_resize(file, request->at, NULL);
		break;
	case SIZE:
		answer.code = file_size(file, &answer.size, NULL);
	}
	return answer;
}

static bool has_ended(struct worker *worker, bool *ret_done)
{
	int status = 0;
	pid_t ended = waitpid(worker->pid, &status, 0);
	ASSERT(ended == worker->pid);
	*ret_done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	end_child(worker);
	return false;
}

bool worker_step(struct worker *worker, bool *ret_done)
{
	struct request request;
	ASSERT(worker->pid > 0);
	if (!receive_all(worker->fd, &request, sizeof request))
		return has_ended(worker, ret_done);
	ASSERT(request.file < WORKER_FILES_MAX && request.n <= BYTES_MAX);
	if (request.verb == WRITE && !receive_all(worker->fd, bytes, request.n))
		return has_ended(worker, ret_done);
	struct answer answer = do_request(&request, worker->files[request.file].again);
	worker->steps++;
	bool answered = send_all(worker->fd, &answer, sizeof answer);
	if (answered && request.verb == READ && answer.code == 0)
		answered = send_all(worker->fd, bytes, request.n);
	return answered || has_ended(worker, ret_done);
}

void worker_kill(struct worker *worker)
{
	bool done;
	if (worker->pid == 0)
		return;
	kill(worker->pid, SIGKILL);
	has_ended(worker, &done);
}
