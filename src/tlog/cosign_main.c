/* cosign_main.c: chancery-cosign, the child of `chancery serve` that talks to witnesses (cosign.h). Its standard input
 * is the socket to the core; it opens what it needs, locks itself in, and connects to witnesses and to nobody else's
 * files. */
#include "tlog/cosign.h"

#include "base/crash.h"
#include "base/log.h"
#include "base/sandbox.h"

#include <sys/socket.h>
#include <unistd.h>

enum { MEMORY_BYTES = 8 << 20 };

static void check_socket(void)
{
	struct error error;
	struct sockaddr address;
	socklen_t length = sizeof address;
	if (getsockname(STDIN_FILENO, &address, &length) == 0 && address.sa_family == AF_UNIX)
		return;
	error_set(&error, ERROR_INPUT,
		  "this is a child of `chancery serve`, which starts it for the witnesses in mission.yaml");
	error_remedy(&error, "By hand: chancery cosign --out FILE, chancery cosign --in FILE.");
	die(EXIT_USAGE, &error);
}

int main(void)
{
	static struct mission_file mission;
	struct str urls[MISSION_WITNESSES_MAX];
	struct arena memory = arena_map(MEMORY_BYTES);
	struct cosign_http *http;
	struct asker core;
	struct error error;
	check_socket();
	log_begin();
	crash_catch();
	if (mission_file_read(&mission, &memory, &error) < 0)
		die(EXIT_FAILED, &error);
	for (size_t i = 0; i < mission.n_witnesses; i++)
		urls[i] = mission.witnesses[i].url;
	if (cosign_http_open(&http, urls, mission.n_witnesses, &error) < 0)
		die(EXIT_FAILED, &error);
	merkle_empty(); /* loads what hashing needs */
	if (sandbox_enter(SANDBOX_CLIENT_HERE, NULL, 0, &error) < 0)
		die(EXIT_FAILED, &error);
	asker_init(&core, STDIN_FILENO);
	core.outlives_core = true;
	LOG(cosign_ready, .witnesses = (int64_t)mission.n_witnesses);
	if (cosign_run(&core, http, &mission, &error) < 0)
		die(EXIT_FAILED, &error);
	asker_release(&core);
	cosign_http_close(http);
	return EXIT_OK;
}
