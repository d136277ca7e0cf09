#include "serve/core_locked.h"

#include "base/clock.h"
#include "base/lines.h"
#include "base/log.h"
#include "base/traffic.h"
#include "gen/codec.h"
#include "serve/beat.h"
#include "serve/core_control.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ASKERS_MAX = 8,
	MEMORY_BYTES = 1 << 20,
	ANSWER_BYTES = 1024,
	CLOSED_MS = 1000, /* after a mistake nobody's word is tried for so long */
	CONTROL = 0,
	SIGNALS,
	LISTENER,
	ASKERS,
};

struct asker {
	int fd; /* -1: free */
	uint32_t uid;
	struct lines_in in;
};

struct lobby {
	struct core_locked *locked;
	struct asker askers[ASKERS_MAX];
	struct arena memory;
	int64_t next_try_us;
	bool open, ending;
};

static void let_go(struct asker *asker)
{
	explicit_bzero(asker->in.at, asker->in.size);
	close(asker->fd);
	asker->fd = -1;
}

static void answer(struct asker *asker, const struct answer_line *line)
{
	char text[ANSWER_BYTES];
	struct buf b = BUF(text);
	answer_line_write(&b, line);
	traffic_put(NULL, "AnswerLine", buf_str(&b));
	buf_put_char(&b, '\n');
	ASSERT(!b.over);
	if (send(asker->fd, b.at, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)b.len)
		let_go(asker);
}

static void answer_bad(struct asker *asker, const char *what, const char *remedy)
{
	struct bad bad = {.what = str_of(what), .remedy = str_of(remedy)};
	answer(asker, &(struct answer_line){.kind = ANSWER_LINE_BAD, .bad = bad});
}

static void say_locked(const struct lobby *lobby, struct asker *asker)
{
	struct answer_locked says = {0};
	struct protector p;
	for (size_t i = 0; master_protector(&lobby->locked->installation->keys.master, i, &p); i++) {
		says.passphrase |= p.kind == PROTECTOR_PASSPHRASE;
		if (p.kind == PROTECTOR_SHARES)
			says.shares = (int64_t)p.threshold;
	}
	answer(asker, &(struct answer_line){.kind = ANSWER_LINE_LOCKED, .locked = says});
}

/* Opening */

static int open_by_shares(struct keyring *ring, const struct ask_unlock *ask, struct error *error)
{
	struct share shares[SHARES_MAX];
	int failed = 0;
	for (size_t i = 0; failed == 0 && i < ask->shares.n; i++)
		failed = share_read(ask->shares.at[i], &shares[i], error);
	if (failed == 0)
		failed = keyring_by_shares(ring, shares, ask->shares.n, error);
	crypt_wipe(shares, sizeof shares);
	return failed;
}

static void unlock(struct lobby *lobby, struct asker *asker, const struct mission_operator *who,
		   const struct ask_unlock *ask)
{
	struct core_locked *locked = lobby->locked;
	struct keyring *ring = &locked->installation->keys;
	struct error error;
	int64_t wait_us = lobby->next_try_us - clock_elapsed_us();
	if (wait_us > 0) {
		answer(asker, &(struct answer_line){.kind = ANSWER_LINE_BUSY, .busy = {wait_us / 1000 + 1}});
		return;
	}
	if (ask->has_passphrase == ask->has_shares) {
		answer_bad(asker, "a passphrase opens the keys, or shares", "Send one of the two.");
		return;
	}
	int failed = ask->has_passphrase ? keyring_by_passphrase(ring, ask->passphrase, &error)
					 : open_by_shares(ring, ask, &error);
	if (failed < 0) {
		lobby->next_try_us = clock_elapsed_us() + CLOSED_MS * INT64_C(1000);
		LOG(unlock_failed, .user = asker->uid);
		answer_bad(asker, error.what, error.remedy);
		return;
	}
	memcpy(locked->login, who->login.at, who->login.len);
	locked->unlock =
	    (struct mission_unlock){{locked->login, who->login.len},
				    ask->has_passphrase ? MISSION_UNLOCK_WITH_PASSPHRASE : MISSION_UNLOCK_WITH_SHARES};
	lobby->open = true;
	answer(asker, &(struct answer_line){.kind = ANSWER_LINE_UNLOCKED});
}

/* Lines */

static void take_line(struct lobby *lobby, struct asker *asker, struct str line)
{
	const struct mission_operator *who = mission_file_operator(&lobby->locked->installation->mission, asker->uid);
	struct ask_line asked;
	struct json json = json_over(line, &lobby->memory);
	bool understood = ask_line_read(&json, &asked);
	traffic_put(NULL, understood ? "AskLine" : "not AskLine", line);
	if (!who || who->n_roles == 0) {
		answer_bad(asker, "whoever has no role here is told nothing",
			   "Roles stand in mission.yaml, under operators.");
	} else if (!understood) {
		answer_bad(asker, "this is no line of a kind that is known here",
			   "See src/schema/contract.yaml, AskLine.");
	} else if (asked.kind == ASK_LINE_UNLOCK) {
		unlock(lobby, asker, who, &asked.unlock);
	} else {
		say_locked(lobby, asker);
	}
	crypt_wipe(lobby->memory.at, lobby->memory.used);
	arena_clear(&lobby->memory);
}

static void read_asker(struct lobby *lobby, struct asker *asker)
{
	struct str line;
	enum lines_found found;
	if (lines_in_fill(&asker->in, NULL) < 0) {
		let_go(asker);
		return;
	}
	while (asker->fd >= 0 && !lobby->open && (found = lines_in_next(&asker->in, &line)) != LINES_NONE) {
		if (found == LINES_LINE)
			take_line(lobby, asker, line);
		else
			answer_bad(asker, "the line is longer than 65,535 bytes", "Send at most 65,535 bytes a line.");
	}
}

static void accept_asker(struct lobby *lobby)
{
	struct ucred who = {0};
	socklen_t length = sizeof who;
	struct asker *free_one = NULL;
	for (size_t i = 0; i < ASKERS_MAX; i++)
		if (lobby->askers[i].fd < 0)
			free_one = &lobby->askers[i];
	int fd = accept4(lobby->locked->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	if (!free_one || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0) {
		close(fd);
		return;
	}
	free_one->fd = fd;
	free_one->uid = who.uid;
	lines_in_init(&free_one->in, fd, free_one->in.at, LINES_MEMORY_MIN);
}

/* What the keeper hands over */

static void keep(int *place, int fd)
{
	if (*place >= 0)
		close(*place);
	*place = fd;
}

static void take_control(struct lobby *lobby)
{
	struct core_locked *locked = lobby->locked;
	uint32_t place;
	int fd;
	lobby->ending |= !core_control_take(&locked->taken, &place, &fd);
	if (fd < 0)
		return;
	if (place == KEEPER_LISTEN)
		keep(&locked->listener, fd);
	else if (place == KEEPER_COSIGN)
		keep(&locked->cosign, fd);
	else if (place < MISSION_DRIVERS_MAX)
		keep(&locked->drivers[place], fd);
	else
		close(fd);
}

static void wait_for_something(struct lobby *lobby)
{
	struct core_locked *locked = lobby->locked;
	struct pollfd waits[ASKERS + ASKERS_MAX] = {
	    [CONTROL] = {.fd = KEEPER_CONTROL_FD, .events = POLLIN},
	    [SIGNALS] = {.fd = locked->signals, .events = POLLIN},
	    [LISTENER] = {.fd = locked->listener, .events = POLLIN},
	};
	struct signalfd_siginfo signal;
	for (size_t i = 0; i < ASKERS_MAX; i++)
		waits[ASKERS + i] = (struct pollfd){.fd = lobby->askers[i].fd, .events = POLLIN};
	poll(waits, ARRAY_LEN(waits), KEEPER_BEAT_MS / 2);
	for (size_t i = 0; i < ASKERS_MAX; i++)
		if (waits[ASKERS + i].revents)
			read_asker(lobby, &lobby->askers[i]);
	if (waits[LISTENER].revents)
		accept_asker(lobby);
	if (waits[CONTROL].revents)
		take_control(lobby);
	if (waits[SIGNALS].revents && read(locked->signals, &signal, sizeof signal) == sizeof signal)
		lobby->ending |= signal.ssi_signo != SIGCHLD;
	beat(&(struct keeper_beat){.ready = 1, .taken = locked->taken}, KEEPER_BEAT_MS);
}

bool core_locked_run(struct core_locked *locked, struct installation *installation, int signals)
{
	struct lobby lobby = {.locked = locked, .memory = arena_map(MEMORY_BYTES)};
	struct arena lines = arena_map((size_t)ASKERS_MAX * LINES_MEMORY_MIN);
	*locked = (struct core_locked){.installation = installation, .signals = signals, .listener = -1, .cosign = -1};
	for (size_t i = 0; i < MISSION_DRIVERS_MAX; i++)
		locked->drivers[i] = -1;
	for (size_t i = 0; i < ASKERS_MAX; i++)
		lobby.askers[i] = (struct asker){.fd = -1, .in = {.at = arena_take(&lines, LINES_MEMORY_MIN, 1)}};
	LOG(core_locked);
	while (!lobby.open && !lobby.ending)
		wait_for_something(&lobby);
	for (size_t i = 0; i < ASKERS_MAX; i++)
		if (lobby.askers[i].fd >= 0)
			let_go(&lobby.askers[i]);
	arena_unmap(&lines);
	arena_unmap(&lobby.memory);
	return lobby.open;
}
