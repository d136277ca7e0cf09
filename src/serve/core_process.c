#include "serve/core_process.h"

#include "base/clock.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "serve/beat.h"
#include "serve/hub.h"
#include "serve/installation.h"
#include "serve/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	SALT_POOL_BYTES = 256, /* getrandom gives as many at once, whole; one call for 16 entries */
	IN_BYTES = 2 * LINES_MEMORY_MIN,
	OUT_BYTES = 64 * LINES_MEMORY_MIN, /* all orders that may be open fit; pages that are not used cost nothing */
	EVENTS_MAX = 64,
	PROGRESS_LOGGED = 1 << 18,   /* entries; a beat comes far more often */
	CONTROL_KEY = HUB_PEERS_MAX, /* epoll keys: below this a connection's peer number */
	LISTENER_KEY,
	SIGNALS_KEY,
};

struct connection {
	int fd;	       /* -1: free */
	bool unread;   /* lines may be waiting in `in` */
	bool waits;    /* for the socket to take more of `out` */
	size_t driver; /* of mission.yaml, or SIZE_MAX for an asker */
	struct lines_in in;
	struct lines_out out;
};

struct process {
	struct installation installation;
	struct hub *hub;
	struct connection connections[HUB_PEERS_MAX]; /* by peer number */
	struct arena memory;
	int epoll, listener, signals;
	uint32_t taken; /* messages of the keeper */
	bool ending;
};

/* The hub's outside */

static int64_t elapsed_us(void *context)
{
	(void)context;
	return clock_elapsed_us();
}

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint8_t pool[SALT_POOL_BYTES];
	static size_t left;
	(void)context;
	if (left < n) {
		ssize_t got = getrandom(pool, sizeof pool, 0);
		ASSERT(got == (ssize_t)sizeof pool);
		left = sizeof pool;
	}
	left -= n;
	memcpy(ret_bytes, pool + left, n);
	explicit_bzero(pool + left, n);
}

static bool send_line(void *context, unsigned peer, struct str line)
{
	struct process *p = context;
	struct connection *c = &p->connections[peer];
	if (c->fd < 0)
		return false;
	if (lines_out_put(&c->out, line, NULL) == 0)
		return true;
	/* Full: what the socket takes now makes room, or the peer is too slow and is let go. */
	return lines_out_flush(&c->out, NULL) >= 0 && lines_out_put(&c->out, line, NULL) == 0;
}

static bool has_room(void *context, unsigned peer)
{
	const struct process *p = context;
	return p->connections[peer].fd >= 0 && lines_out_waiting(&p->connections[peer].out) < OUT_BYTES / 4;
}

static bool reader_key(void *context, struct str line, int64_t address, uint8_t ret_key[16])
{
	const struct process *p = context;
	return installation_reader_key(&p->installation, line, address, ret_key);
}

/* Connections */

static void watch(struct process *p, int fd, uint32_t key, uint32_t events, int operation)
{
	struct epoll_event event = {.events = events, .data.u32 = key};
	int done = epoll_ctl(p->epoll, operation, fd, &event);
	ASSERT(done == 0);
}

static void let_go(struct process *p, unsigned peer)
{
	struct connection *c = &p->connections[peer];
	/* The keeper has the same connection open: without these two it would go on, here and on the other side. */
	epoll_ctl(p->epoll, EPOLL_CTL_DEL, c->fd, NULL);
	shutdown(c->fd, SHUT_RDWR);
	close(c->fd);
	c->fd = -1;
	c->unread = false;
}

/* The hub may have let a peer go by itself, when it could not keep up. */
static void drop(struct process *p, unsigned peer)
{
	if (hub_is_attached(p->hub, peer))
		hub_detach(p->hub, peer);
	if (p->connections[peer].fd >= 0)
		let_go(p, peer);
}

static void connect_peer(struct process *p, unsigned peer, int fd, size_t driver)
{
	struct connection *c = &p->connections[peer];
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!c->in.at) {
		c->in.at = arena_take(&p->memory, IN_BYTES, 1);
		c->out.at = arena_take(&p->memory, OUT_BYTES, 1);
	}
	c->fd = fd;
	c->driver = driver;
	c->waits = false;
	lines_in_init(&c->in, fd, c->in.at, IN_BYTES);
	lines_out_init(&c->out, fd, c->out.at, OUT_BYTES);
	watch(p, fd, peer, EPOLLIN, EPOLL_CTL_ADD);
}

static void accept_asker(struct process *p)
{
	int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	struct ucred who = {0};
	socklen_t length = sizeof who;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0) {
		close(fd);
		return;
	}
	char unknown[32];
	snprintf(unknown, sizeof unknown, "uid:%u", who.uid);
	const struct mission_operator *operator= mission_file_operator(&p->installation.mission, who.uid);
	unsigned peer = operator? hub_attach_asker(p->hub, operator->login, who.uid, operator->roles, operator->n_roles)
				: hub_attach_asker(p->hub, str_of(unknown), who.uid, NULL, 0);
	if (peer == HUB_PEERS_MAX)
		close(fd);
	else
		connect_peer(p, peer, fd, SIZE_MAX);
}

/* A driver's process was started, or this core was: whatever was connected for that driver before is over. The empty line ends what an earlier core
 * may have left half written. */
static void connect_driver(struct process *p, size_t driver, int fd)
{
	for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++)
		if (p->connections[peer].fd >= 0 && p->connections[peer].driver == driver)
			drop(p, peer);
	unsigned peer = hub_attach_driver(p->hub, driver);
	if (peer == HUB_PEERS_MAX) {
		close(fd);
		return;
	}
	connect_peer(p, peer, fd, driver);
	lines_out_put(&p->connections[peer].out, (struct str){0}, NULL);
}

static void read_control(struct process *p)
{
	struct keeper_message message;
	struct iovec part = {&message, sizeof message};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr header = {
	    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
	ssize_t got = recvmsg(KEEPER_CONTROL_FD, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		p->ending = true;
	p->taken += got == sizeof message;
	struct cmsghdr *c = got == sizeof message ? CMSG_FIRSTHDR(&header) : NULL;
	if (!c || c->cmsg_type != SCM_RIGHTS)
		return;
	int fd;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	if (message.driver == KEEPER_LISTEN) {
		p->listener = fd;
		watch(p, fd, LISTENER_KEY, EPOLLIN, EPOLL_CTL_ADD);
	} else if (message.driver < p->installation.mission.n_drivers) {
		connect_driver(p, message.driver, fd);
	} else {
		close(fd);
	}
}

/* Lines */

static void read_connection(struct process *p, unsigned peer)
{
	struct connection *c = &p->connections[peer];
	int got = lines_in_fill(&c->in, NULL);
	if (got < 0)
		drop(p, peer);
	else
		c->unread = true;
}

/* Hands lines to the hub until it has none or the batch is full. */
static void take_lines(struct process *p, unsigned peer)
{
	struct connection *c = &p->connections[peer];
	struct str line;
	while (c->unread && !hub_is_full(p->hub)) {
		switch (lines_in_next(&c->in, &line)) {
		case LINES_LINE:
			hub_line(p->hub, peer, line);
			break;
		case LINES_TOO_LONG:
			hub_line_too_long(p->hub, peer);
			break;
		case LINES_NONE:
			c->unread = false;
		}
	}
}

static void flush(struct process *p, unsigned peer)
{
	struct connection *c = &p->connections[peer];
	int left = hub_is_attached(p->hub, peer) ? lines_out_flush(&c->out, NULL) : ERROR_GONE;
	if (left < 0) {
		drop(p, peer);
		return;
	}
	bool waits = left > 0;
	if (waits != c->waits)
		watch(p, c->fd, peer, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
	c->waits = waits;
}

/* Commits until every line that was read is decided; true when pieces of history wait to be sent, one a peer between two looks at the
 * lines, so that nobody's history keeps a door waiting. */
static bool work(struct process *p)
{
	struct error error;
	bool again = true;
	int more = 0;
	while (again) {
		for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++)
			if (p->connections[peer].unread)
				take_lines(p, peer);
		more = hub_commit(p->hub, &error);
		if (more < 0)
			die(EXIT_FAILED, &error);
		again = false;
		for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++) {
			if (p->connections[peer].fd >= 0)
				flush(p, peer);
			again |= p->connections[peer].unread;
		}
	}
	return more > 0;
}

static int timeout_ms(const struct process *p)
{
	int64_t due = hub_due_us(p->hub), now = clock_elapsed_us();
	due = due < beat_due_us() ? due : beat_due_us();
	return due <= now ? 0 : (int)((due - now) / 1000 + 1);
}

static void give_sign_of_life(const struct process *p)
{
	if (clock_elapsed_us() < beat_due_us())
		return;
	struct keeper_beat now = {.ready = 1, .taken = p->taken, .progress = hub_core(p->hub)->size};
	bool all = true;
	for (size_t i = 0; i < p->installation.mission.n_drivers; i++) {
		bool back = hub_driver_is_back(p->hub, i);
		now.back |= (uint64_t)back << i;
		all = all && back;
	}
	beat(&now, all ? KEEPER_BEAT_MS : KEEPER_BEAT_MS / 10); /* the keeper may be waiting for one to be back */
}

static void loop(struct process *p)
{
	struct epoll_event events[EVENTS_MAX];
	bool more = false;
	while (!p->ending) {
		int n = epoll_wait(p->epoll, events, EVENTS_MAX, more ? 0 : timeout_ms(p));
		for (int i = 0; i < n; i++) {
			uint32_t key = events[i].data.u32;
			if (key == CONTROL_KEY)
				read_control(p);
			else if (key == LISTENER_KEY)
				accept_asker(p);
			else if (key == SIGNALS_KEY)
				p->ending = true;
			else if (p->connections[key].fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				read_connection(p, key);
		}
		more = work(p);
		give_sign_of_life(p);
	}
}

static void show_progress(uint64_t folded, uint64_t size)
{
	beat_progress(folded);
	if (folded % PROGRESS_LOGGED == 0)
		LOG(journal_folding, .folded = (int64_t)folded, .size = (int64_t)size);
}

static void open_hub(struct process *p)
{
	static struct hub_driver drivers[MISSION_DRIVERS_MAX];
	struct error error;
	const struct mission_file *mission = &p->installation.mission;
	for (size_t i = 0; i < mission->n_drivers; i++)
		drivers[i] = (struct hub_driver){mission->drivers[i].name, mission->drivers[i].kind,
						 mission->drivers[i].device, mission->drivers[i].baud};
	struct hub_options options = {.mission = mission->name,
				      .journal = p->installation.journal,
				      .rulebooks = p->installation.rulebooks,
				      .environment = p->installation.environment,
				      .drivers = drivers,
				      .n_drivers = mission->n_drivers,
				      .outside = {p, elapsed_us, salt, send_line, has_room, reader_key},
				      .wall = clock_wall_ms(),
				      .progress = show_progress};
	if (hub_open(&p->hub, &options, &error) < 0)
		die(EXIT_FAILED, &error);
}

static int catch_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int core_process_run(void)
{
	static struct process p = {.listener = -1};
	struct error error;
	for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++)
		p.connections[peer].fd = -1;
	p.memory = arena_map((size_t)HUB_PEERS_MAX * (IN_BYTES + OUT_BYTES + 64));
	p.signals = catch_signals();
	p.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (installation_open(&p.installation, &error) < 0)
		die(EXIT_FAILED, &error);
	open_hub(&p);
	if (sandbox_enter(SANDBOX_CORE_HERE, NULL, 0, &error) < 0)
		die(EXIT_FAILED, &error);
	watch(&p, KEEPER_CONTROL_FD, CONTROL_KEY, EPOLLIN, EPOLL_CTL_ADD);
	watch(&p, p.signals, SIGNALS_KEY, EPOLLIN, EPOLL_CTL_ADD);
	LOG(core_ready, .size = (int64_t)hub_core(p.hub)->size);
	beat_soon();
	loop(&p);
	hub_close(p.hub);
	return EXIT_OK;
}
