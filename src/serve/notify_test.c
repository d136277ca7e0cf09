#include "serve/notify.h"

#include "base/test.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A service manager's end of the socket. */
static int manager(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t n = strlen(name);
	memcpy(address.sun_path, name, n);
	if (name[0] == '@')
		address.sun_path[0] = 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ASSERT(bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static struct str received(int fd)
{
	static char text[256];
	ssize_t n = recv(fd, text, sizeof text, 0);
	return (struct str){text, n > 0 ? (size_t)n : 0};
}

TEST(the_manager_is_told_at_a_path_and_in_the_abstract_namespace)
{
	char path[64], hidden[64];
	snprintf(path, sizeof path, "/tmp/chancery-notify-%d", (int)getpid());
	snprintf(hidden, sizeof hidden, "@chancery-notify-%d", (int)getpid());
	const char *names[] = {path, hidden};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int fd = manager(names[i]);
		notify("READY=1\nSTATUS=The mission runs.");
		CHECK_STR(received(fd), STR("READY=1\nSTATUS=The mission runs."));
		notify_reloading();
		CHECK(str_starts(received(fd), STR("RELOADING=1\nMONOTONIC_USEC=")));
		close(fd);
	}
	unlink(path);
}

TEST(without_a_manager_nobody_is_told)
{
	static const char *const names[] = {"", "relative", "/tmp/chancery-notify-nobody"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		setenv("NOTIFY_SOCKET", names[i], 1);
		notify("READY=1");
		CHECK(true);
	}
	unsetenv("NOTIFY_SOCKET");
	notify("READY=1");
}

TEST(the_watchdog_is_fed_at_half_its_time_when_it_waits_for_this_process)
{
	char own[16];
	snprintf(own, sizeof own, "%d", (int)getpid());
	unsetenv("WATCHDOG_USEC");
	CHECK_INT(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	unsetenv("WATCHDOG_PID");
	CHECK_INT(notify_watchdog_us(), 15000000);
	setenv("WATCHDOG_PID", own, 1);
	CHECK_INT(notify_watchdog_us(), 15000000);
	setenv("WATCHDOG_PID", "1", 1);
	CHECK_INT(notify_watchdog_us(), 0);
	setenv("WATCHDOG_PID", own, 1);
	setenv("WATCHDOG_USEC", "soon", 1);
	CHECK_INT(notify_watchdog_us(), 0);
}
