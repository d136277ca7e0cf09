#include "serve/core_process.h"

#include "base/clock.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "base/traffic.h"
#include "serve/assertion.h"
#include "serve/beat.h"
#include "serve/core_control.h"
#include "serve/core_locked.h"
#include "serve/core_outside.h"
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

/* In connection.driver: who is none. */
#define ASKER_PLACE  SIZE_MAX
#define COSIGN_PLACE (SIZE_MAX - 1)

enum {
	IN_BYTES = 2 * LINES_MEMORY_MIN,
	OUT_BYTES = 64 * LINES_MEMORY_MIN, /* all orders that may be open fit; pages that are not used cost nothing */
	EVENTS_MAX = 64,
	LOOK_EVERY_MS = 5000,	  /* at clock and disk, also when nothing happens */
	SNAPSHOT_ENTRIES = 50000, /* a start reads at most about so many entries */
	SPACE_LOW_BYTES = 256 << 20,
	PROGRESS_LOGGED = 1 << 18,   /* entries; a beat comes far more often */
	CONTROL_KEY = HUB_PEERS_MAX, /* epoll keys: below this a connection's peer number */
	LISTENER_KEY,
	SIGNALS_KEY,
};

struct connection {
	int fd;	       /* -1: free */
	bool unread;   /* lines may be waiting in `in` */
	bool waits;    /* for the socket to take more of `out` */
	size_t driver; /* of mission.yaml, or one of the places above */
	struct lines_in in;
	struct lines_out out;
};

struct process {
	struct installation installation;
	struct core_outside outside;
	struct hub *hub;
	struct connection connections[HUB_PEERS_MAX]; /* by peer number */
	struct arena memory;
	int epoll, listener, signals;
	uint32_t taken; /* messages of the keeper */
	bool ending;
};

/* The hub's outside */

static uint64_t free_bytes(void *context)
{
	const struct process *p = context;
	return core_outside_free_bytes(&p->outside);
}

static void begin_work(void *context, int (*work)(void *hub, void *shared), void *hub)
{
	struct process *p = context;
	core_outside_work(&p->outside, work, hub);
}

static bool work_ended(void *context, bool *ret_done)
{
	struct process *p = context;
	return core_outside_work_ended(&p->outside, ret_done);
}

static void new_root(void *context, const uint8_t *root, bool is_in_force)
{
	struct process *p = context;
	if (is_in_force)
		kept_remember(p->installation.kept, &p->installation.keys);
	else
		kept_expect(p->installation.kept, root);
}

static void *shared_memory(void *context, size_t size)
{
	const struct process *p = context;
	ASSERT(size <= HUB_SHARED_BYTES);
	return p->outside.shared;
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
	const struct mission_operator *it = mission_file_operator(&p->installation.mission, who.uid);
	struct hub_person person = {.login = str_of(unknown), .uid = who.uid};
	if (it)
		person = (struct hub_person){.login = it->login,
					     .uid = who.uid,
					     .roles = it->roles,
					     .n_roles = it->n_roles,
					     .clearance = it->clearance,
					     .person = it->person};
	unsigned peer = hub_attach_asker(p->hub, &person);
	if (peer == HUB_PEERS_MAX)
		close(fd);
	else
		connect_peer(p, peer, fd, ASKER_PLACE);
}

/* A child's process was started, or this core was: whatever was connected in its place before is over. The empty line ends what an earlier core
 * may have left half written. */
static void connect_child(struct process *p, size_t driver, int fd)
{
	for (unsigned peer = 0; peer < HUB_PEERS_MAX; peer++)
		if (p->connections[peer].fd >= 0 && p->connections[peer].driver == driver)
			drop(p, peer);
	unsigned peer = driver == COSIGN_PLACE ? hub_attach_cosign(p->hub) : hub_attach_driver(p->hub, driver);
	if (peer == HUB_PEERS_MAX) {
		close(fd);
		return;
	}
	connect_peer(p, peer, fd, driver);
	lines_out_put(&p->connections[peer].out, (struct str){0}, NULL);
}

static void place(struct process *p, uint32_t whose, int fd)
{
	if (whose == KEEPER_LISTEN) {
		p->listener = fd;
		watch(p, fd, LISTENER_KEY, EPOLLIN, EPOLL_CTL_ADD);
	} else if (whose == KEEPER_COSIGN) {
		connect_child(p, COSIGN_PLACE, fd);
	} else if (whose < p->installation.mission.n_drivers) {
		connect_child(p, whose, fd);
	} else {
		close(fd);
	}
}

static void read_control(struct process *p)
{
	uint32_t whose;
	int fd;
	p->ending |= !core_control_take(&p->taken, &whose, &fd);
	if (fd >= 0)
		place(p, whose, fd);
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
	int64_t ms = due <= now ? 0 : (due - now) / 1000 + 1;
	return ms < LOOK_EVERY_MS ? (int)ms : LOOK_EVERY_MS;
}

/* That the process for long work has ended only wakes this one: the hub asks. */
static void take_signals(struct process *p)
{
	struct signalfd_siginfo signal;
	while (read(p->signals, &signal, sizeof signal) == sizeof signal)
		p->ending |= signal.ssi_signo != SIGCHLD;
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
				take_signals(p);
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

/* The record is read in the sandbox already, also by the process that helps with it. */
static int lock_in(void *context, struct error *error)
{
	(void)context;
	int entered = sandbox_enter(SANDBOX_CORE_HERE, NULL, 0, error);
	return entered < 0 ? entered : 0;
}

static void open_hub(struct process *p)
{
	static struct hub_driver drivers[MISSION_DRIVERS_MAX];
	static struct hub_witness witnesses[MISSION_WITNESSES_MAX];
	struct error error;
	const struct mission_file *mission = &p->installation.mission;
	for (size_t i = 0; i < mission->n_drivers; i++)
		drivers[i] = (struct hub_driver){mission->drivers[i].name, mission->drivers[i].kind,
						 mission->drivers[i].device, mission->drivers[i].baud};
	for (size_t i = 0; i < mission->n_witnesses; i++)
		witnesses[i] = (struct hub_witness){mission->witnesses[i].name, mission->witnesses[i].key};
	struct installation *inst = &p->installation;
	bool recorded = traffic_open();
	if (recorded)
		LOG(traffic_recorded);
	struct hub_options options = {.mission = mission->name,
				      .journal = inst->journal,
				      .incarnation = &inst->incarnation,
				      .rulebooks = inst->rulebooks,
				      .rules_text = inst->rules_text,
				      .load_rules = installation_load_rules,
				      .keys = &inst->keys.keys,
				      .doors = &inst->doors.keys,
				      .master = &inst->keys.master,
				      .door_master = &inst->doors.master,
				      .index_path = "index.db",
				      .snapshots = {inst->snapshots[0], inst->snapshots[1]},
				      .snapshot_entries = SNAPSHOT_ENTRIES,
				      .space_low_bytes = SPACE_LOW_BYTES,
				      .danger = p->outside.danger,
				      .environment = inst->environment,
				      .drivers = drivers,
				      .n_drivers = mission->n_drivers,
				      .witnesses = witnesses,
				      .n_witnesses = mission->n_witnesses,
				      .outside = {.context = p,
						  .elapsed_us = core_outside_elapsed_us,
						  .wall_ms = core_outside_wall_ms,
						  .salt = core_outside_salt,
						  .send = send_line,
						  .has_room = has_room,
						  .free_bytes = free_bytes,
						  .opened = lock_in,
						  .work = begin_work,
						  .work_ended = work_ended,
						  .shared = shared_memory,
						  .new_root = new_root,
						  .tap = recorded ? traffic_put : NULL},
				      .wall = clock_wall_ms(),
				      .progress = show_progress};
	options.drivers_key = inst->kept ? inst->kept->drivers : NULL;
	memcpy(options.cursor_key, inst->cursor_key, sizeof options.cursor_key);
	if (hub_open(&p->hub, &options, &error) < 0)
		die(EXIT_FAILED, &error);
}

static int catch_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* False: this process is to end before anybody came. */
static bool unlock(struct process *p)
{
	struct core_locked locked;
	struct error error;
	struct installation *inst = &p->installation;
	if (!core_locked_run(&locked, inst, p->signals))
		return false;
	if (installation_unlocked(inst, &error) < 0 ||
	    hub_unlock(p->hub, inst->cursor_key, clock_wall_ms(), &locked.unlock, &error) < 0)
		die(EXIT_FAILED, &error);
	p->taken = locked.taken;
	if (locked.listener >= 0)
		place(p, KEEPER_LISTEN, locked.listener);
	if (locked.cosign >= 0)
		place(p, KEEPER_COSIGN, locked.cosign);
	for (uint32_t i = 0; i < MISSION_DRIVERS_MAX; i++)
		if (locked.drivers[i] >= 0)
			place(p, i, locked.drivers[i]);
	return true;
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
	assertion_warm();
	struct kept *kept = kept_map(KEEPER_KEPT_FD);
	close(KEEPER_KEPT_FD);
	if (core_outside_open(&p.outside, &error) < 0 || installation_open(&p.installation, kept, &error) < 0)
		die(EXIT_FAILED, &error);
	open_hub(&p);
	if (!p.installation.keys.keys.file && !unlock(&p))
		return EXIT_OK;
	watch(&p, KEEPER_CONTROL_FD, CONTROL_KEY, EPOLLIN, EPOLL_CTL_ADD);
	watch(&p, p.signals, SIGNALS_KEY, EPOLLIN, EPOLL_CTL_ADD);
	LOG(core_ready, .size = (int64_t)hub_core(p.hub)->size);
	beat_soon();
	loop(&p);
	hub_close(p.hub);
	return EXIT_OK;
}
