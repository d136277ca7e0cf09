#include "bench/live.h"

#include "bench/bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TRY_EVERY_US = 500, PATIENCE_S = 600 };

static const char program[] =
    "../../chancery"; /* benches run where programs are made, missions two directories below */

/* Lines */

static void open_lines(struct live *live)
{
	mkdir("run/lines", 0700);
	for (int i = 0; i < MISSION_LINES; i++) {
		char name[64], path[64];
		int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		ASSERT(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 && ptsname_r(fd, name, sizeof name) == 0);
		snprintf(path, sizeof path, "run/lines/line-%d", i);
		unlink(path);
		ASSERT(symlink(name, path) == 0);
		live->lines[i] = fd;
	}
}

/* Processes */

static bool try_to_connect(int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "run/core.sock"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ASSERT(fd >= 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
		*ret_fd = fd;
		return true;
	}
	close(fd);
	return false;
}

int live_connect(void)
{
	double begin = bench_now();
	int fd;
	while (!try_to_connect(&fd)) {
		ASSERT(bench_now() - begin < PATIENCE_S * 1e9);
		usleep(TRY_EVERY_US);
	}
	return fd;
}

void live_begin(struct live *live)
{
	char answer[1 << 16];
	open_lines(live);
	unlink("run/core.sock");
	fflush(stdout);
	double begin = bench_now();
	live->keeper = fork();
	if (live->keeper == 0) {
		int log = open("serve.log", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		execl(program, "chancery", "serve", (char *)NULL);
		_exit(127);
	}
	int fd = live_connect();
	live_say(fd, STR("{\"status\":{}}"));
	live_hear(fd, answer, sizeof answer);
	live->took_ns = bench_now() - begin;
	close(fd);
}

void live_end(struct live *live)
{
	kill(live->keeper, SIGTERM);
	waitpid(live->keeper, NULL, 0);
	for (int i = 0; i < MISSION_LINES; i++)
		close(live->lines[i]);
}

pid_t live_core(const struct live *live)
{
	char path[64], word[64] = "";
	int pid;
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)live->keeper, (int)live->keeper);
	FILE *children = fopen(path, "re");
	ASSERT(children);
	/* A child's words are divided by zeros: chancery, core. */
	while (strcmp(word, "core") != 0 && fscanf(children, "%d", &pid) == 1) {
		char name[64], words[256];
		snprintf(name, sizeof name, "/proc/%d/cmdline", pid);
		FILE *file = fopen(name, "re");
		size_t n = file ? fread(words, 1, sizeof words - 1, file) : 0;
		words[n] = 0;
		size_t second = strlen(words) + 1;
		snprintf(word, sizeof word, "%s", second < n ? words + second : "");
		if (file)
			fclose(file);
	}
	fclose(children);
	ASSERT(strcmp(word, "core") == 0);
	return pid;
}

void live_core_time(const struct live *live, double *ret_own_s, double *ret_helpers_s)
{
	char path[64];
	unsigned long own[2], helpers[2];
	double ticks = (double)sysconf(_SC_CLK_TCK);
	snprintf(path, sizeof path, "/proc/%d/stat", (int)live_core(live));
	FILE *file = fopen(path, "re");
	ASSERT(file);
	/* Fields 14 to 17 of proc(5); the second is a name in brackets. */
	int n = fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu", &own[0],
		       &own[1], &helpers[0], &helpers[1]);
	fclose(file);
	ASSERT(n == 4);
	*ret_own_s = (double)(own[0] + own[1]) / ticks;
	*ret_helpers_s = (double)(helpers[0] + helpers[1]) / ticks;
}

/* Talking */

void live_say(int fd, struct str line)
{
	char text[4096];
	ASSERT(line.len < sizeof text);
	memcpy(text, line.at, line.len);
	text[line.len] = '\n';
	ASSERT(send(fd, text, line.len + 1, MSG_NOSIGNAL) == (ssize_t)line.len + 1);
}

size_t live_hear(int fd, char *ret_line, size_t size)
{
	size_t n = 0;
	while (n == 0 || ret_line[n - 1] != '\n') {
		ssize_t got = recv(fd, ret_line + n, size - n, 0);
		ASSERT(got > 0);
		n += (size_t)got;
	}
	return n - 1;
}
