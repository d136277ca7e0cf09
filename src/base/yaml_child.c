#include "base/sandbox.h"
#include "base/yaml_flat.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHILD_MEMORY_BYTES_MAX = 256 << 20, /* beside what the parent had */
	CHILD_SECONDS_MAX = 5,		    /* of processor time */
};

/* A sanitizer needs terabytes of addresses and calls of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#define UNDER_SANITIZER (__has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#else
#define UNDER_SANITIZER 0
#endif

static int write_all(int fd, struct str bytes)
{
	for (size_t at = 0; at < bytes.len;) {
		ssize_t n = write(fd, bytes.at + at, bytes.len - at);
		if (n < 0 && errno != EINTR)
			return -1;
		at += n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* Up to size bytes, to the end of what is read; the number of bytes, or -1. */
static ssize_t read_all(int fd, void *to, size_t size)
{
	size_t at = 0;
	while (at < size) {
		ssize_t n = read(fd, (char *)to + at, size - at);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n == 0)
			break;
		at += n < 0 ? 0 : (size_t)n;
	}
	return (ssize_t)at;
}

static int set_limits(struct error *error)
{
	struct rlimit seconds = {CHILD_SECONDS_MAX, CHILD_SECONDS_MAX};
	if (setrlimit(RLIMIT_CPU, &seconds) != 0)
		return error_system(error, "limiting the YAML parser's time");
	if (UNDER_SANITIZER)
		return 0;
	char text[64] = {0};
	unsigned long pages = 0;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || sscanf(text, "%lu", &pages) != 1)
		return error_system(error, "reading the size of the YAML parser's process");
	close(fd);
	rlim_t bytes = pages * (rlim_t)sysconf(_SC_PAGESIZE) + CHILD_MEMORY_BYTES_MAX;
	if (setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) != 0)
		return error_system(error, "limiting the YAML parser's memory");
	return 0;
}

/* What is to be parsed; documents_max is 0 where there is to be one document and no list of them. */
struct job {
	struct str text;
	const char *name;
	size_t documents_max;
};

_Noreturn static void be_child(int fd, const struct job *job)
{
	struct error error = {0};
	const struct yaml *root = NULL;
	panic_context("parsing YAML in a child");
	int code = set_limits(&error);
	struct arena arena = arena_map(YAML_MEMORY_BYTES_MAX + YAML_FLAT_BYTES_MAX + 64);
	if (code == 0)
		code = sandbox_enter(UNDER_SANITIZER ? SANDBOX_DRIVER_EPERM : SANDBOX_DRIVER, &fd, 1, &error);
	if (code >= 0)
		code = job->documents_max
			   ? yaml_read_documents(job->text, job->name, job->documents_max, &arena, &root, &error)
			   : yaml_read(job->text, job->name, &arena, &root, &error);
	struct buf flat = arena_buf(&arena);
	if (code < 0)
		yaml_flat_write_error(&flat, &error);
	else if (job->documents_max)
		yaml_flat_write_documents(&flat, root);
	else
		yaml_flat_write(&flat, root);
	_exit(flat.over || write_all(fd, buf_str(&flat)) < 0 ? EXIT_FAILED : EXIT_OK);
}

static int ended_badly(int status, const char *name, struct error *error)
{
	if (WIFSIGNALED(status))
		error_set(error, ERROR_INPUT, "the process that parses YAML ended by signal %d (%s)", WTERMSIG(status),
			  WTERMSIG(status) == SIGXCPU ? "too much time"
						      : "a fault, too much memory or a forbidden call");
	else
		error_set(error, ERROR_INPUT, "the process that parses YAML gave up");
	error_where(error, "%s", name);
	error_remedy(error, "the file may attack the parser: look at it before trying again");
	return ERROR_INPUT;
}

/* What the child says, up to its end; then its end. */
static int hear_child(int fd, pid_t pid, const char *name, struct arena *flat, struct error *error)
{
	ssize_t n = read_all(fd, flat->at, YAML_FLAT_BYTES_MAX);
	int status = 0;
	close(fd); /* so that a child that says more ends too */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (n < 0)
		return error_system(error, "reading from the process that parses YAML");
	flat->used = (size_t)n;
	return status == 0 ? 0 : ended_badly(status, name, error);
}

static int parse_in_child(const struct job *job, struct arena *arena, const struct yaml **ret_root, struct error *error)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_system(error, "making a pipe");
	pid_t pid = fork();
	if (pid < 0) {
		error_system(error, "starting a process");
		close(ends[0]);
		close(ends[1]);
		return ERROR_SYSTEM;
	}
	if (pid == 0)
		be_child(ends[1], job);
	close(ends[1]);
	struct arena memory = arena_map(YAML_FLAT_BYTES_MAX);
	int code = hear_child(ends[0], pid, job->name, &memory, error);
	struct str flat = {(const char *)memory.at, memory.used};
	if (code == 0)
		code = job->documents_max ? yaml_flat_read_documents(flat, job->documents_max, arena, ret_root, error)
					  : yaml_flat_read(flat, arena, ret_root, error);
	arena_unmap(&memory);
	return code;
}

int yaml_read_in_child(struct str text, const char *name, struct arena *arena, const struct yaml **ret_root,
		       struct error *error)
{
	return parse_in_child(&(struct job){text, name, 0}, arena, ret_root, error);
}

static int read_file(const char *path, struct arena *scratch, struct error *error)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return error_system(error, "opening %s", path);
	int code = 0;
	if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
		code = error_set(error, ERROR_INPUT, "%s is no file", path);
	} else {
		ssize_t n = read_all(fd, scratch->at, scratch->size);
		code = n < 0 ? error_system(error, "reading %s", path) : 0;
		scratch->used = n < 0 ? 0 : (size_t)n;
	}
	close(fd);
	return code;
}

static int read_and_parse(const char *path, size_t documents_max, struct arena *arena, const struct yaml **ret_root,
			  struct error *error)
{
	struct arena scratch = arena_map(YAML_BYTES_MAX + 1); /* the one byte more makes a file that is too long seen */
	int code = read_file(path, &scratch, error);
	const struct job job = {{(const char *)scratch.at, scratch.used}, path, documents_max};
	if (code == 0)
		code = parse_in_child(&job, arena, ret_root, error);
	arena_unmap(&scratch);
	return code;
}

int yaml_read_file(const char *path, struct arena *arena, const struct yaml **ret_root, struct error *error)
{
	return read_and_parse(path, 0, arena, ret_root, error);
}

int yaml_read_documents_file(const char *path, size_t max, struct arena *arena, const struct yaml **ret_list,
			     struct error *error)
{
	return read_and_parse(path, max, arena, ret_list, error);
}
