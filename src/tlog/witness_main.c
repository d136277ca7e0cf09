/* witness_main.c: chancery-witness, a program of its own: cosigns the checkpoints of other missions' journals.
 *
 *     chancery-witness DIR [--listen ADDRESS:PORT]    serves; on 127.0.0.1:7380 unless told otherwise
 *     chancery-witness DIR --add FILE                 answers the one request in the file, on standard output
 *
 * DIR holds witness.yaml, written by hand, and what the witness makes at its first start: witness.seed and witness.vkey
 * (its keys) and witness.db (what it has cosigned).
 */
#include "tlog/witness_file.h"
#include "tlog/witness_http.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "journal/journal_keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_BYTES = 64 << 20, PEM_BYTES_MAX = 1 << 18, BACKLOG = 64, ADDRESS_BYTES = 128, PATH_BYTES = 4096 };

static const char usual_address[] = "127.0.0.1:7380";
static const char seed_path[] = "witness.seed", state_path[] = "witness.db";

struct options {
	const char *directory, *listen, *add;
};

struct setting {
	struct witness_file file;
	struct witness witness;
	struct arena memory;
};

static int64_t now_s(void)
{
	return clock_wall_ms() / 1000;
}

/* Setting up */

/* A key without its memory could sign a second history; a memory without its key, under another one, says nothing. */
static int check_pair(struct error *error)
{
	bool has_seed = access(seed_path, F_OK) == 0, has_state = access(state_path, F_OK) == 0;
	if (has_seed == has_state)
		return 0;
	error_set(error, ERROR_RECORD, "%s is here and %s is not", has_seed ? seed_path : state_path,
		  has_seed ? state_path : seed_path);
	return error_remedy(error,
			    "A witness that has lost its %s must not go on: begin one of another name elsewhere.",
			    has_seed ? "memory" : "key");
}

static int open_keys(struct setting *setting, struct error *error)
{
	struct journal_keys keys;
	struct str name = setting->file.name;
	bool is_first = access(seed_path, F_OK) != 0;
	int failed = check_pair(error);
	if (failed == 0)
		failed = witness_state_open(&setting->witness.state, state_path, NULL, error);
	if (failed == 0 && is_first)
		failed = witness_keys_make(".", name, error);
	if (failed == 0)
		failed = witness_keys_load(".", name, &keys, error);
	if (failed == 0)
		failed = note_witness_init(&setting->witness.signer, name, keys.seed, error);
	if (failed == 0)
		journal_keys_release(&keys);
	return failed;
}

static void open_setting(struct setting *setting, const char *directory)
{
	struct error error;
	int failed = 0;
	*setting = (struct setting){.memory = arena_map(MEMORY_BYTES)};
	if (chdir(directory) < 0) {
		failed = error_system(&error, "cannot enter the witness's directory");
		error_where(&error, "%s", directory);
	}
	umask(S_IRWXG | S_IRWXO);
	if (failed == 0)
		failed = witness_file_read(&setting->file, &setting->memory, &error);
	if (failed == 0)
		failed = open_keys(setting, &error);
	if (failed < 0)
		die(EXIT_FAILED, &error);
	setting->witness.logs = setting->file.logs;
	setting->witness.n_logs = setting->file.n_logs;
	setting->witness.now_s = now_s;
	merkle_empty(); /* loads what hashing needs, before a sandbox closes */
}

static void close_setting(struct setting *setting)
{
	note_signer_release(&setting->witness.signer);
	witness_state_close(setting->witness.state);
	arena_unmap(&setting->memory);
}

static struct str read_file(struct str name, size_t bytes_max, struct arena *arena)
{
	struct error error;
	char path[PATH_BYTES];
	snprintf(path, sizeof path, STR_FMT, STR_ARG(name));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct buf b = {.at = arena_take(arena, bytes_max + 1, 1), .size = bytes_max};
	ssize_t n = 1;
	while (fd >= 0 && n > 0 && b.len < b.size) {
		n = read(fd, b.at + b.len, b.size - b.len);
		b.len += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || n < 0) {
		error_system(&error, "cannot read the file");
		error_where(&error, "%s", path);
		die(EXIT_USAGE, &error);
	}
	close(fd);
	return buf_str(&b); /* a zero stands behind it */
}

/* One request, carried here by hand */

static int answer_one(struct setting *setting, struct str body)
{
	static struct witness_answer answer, whole;
	struct add_checkpoint request;
	struct error error;
	struct str origin, rest;
	if (witness_add_checkpoint(&setting->witness, body, &answer, &error) < 0)
		die(EXIT_FAILED, &error);
	if (answer.status != 200) {
		struct str words = {(const char *)answer.body.at, answer.body.len - 1};
		error_set(&error, ERROR_INPUT, "the witness answers %d: " STR_FMT, answer.status, STR_ARG(words));
		error_remedy(&error, "With 409 the number is the size it has cosigned; else what it says is wrong.");
		die(EXIT_REFUSED, &error);
	}
	int parsed = add_checkpoint_parse(body, &request, &error);
	ASSERT(parsed == 0 && str_cut(request.note, '\n', &origin, &rest));
	if (witness_get_checkpoint_of(&setting->witness, origin, &whole, &error) < 0)
		die(EXIT_FAILED, &error);
	fwrite(whole.body.at, 1, whole.body.len, stdout);
	return EXIT_OK;
}

/* Serving */

static void print_key(const struct witness *witness)
{
	char line[NOTE_VKEY_BYTES_MAX];
	struct buf b = BUF(line);
	note_key_write(&b, &witness->signer.key);
	printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
	fflush(stdout);
}

_Noreturn static void bad_address(const char *address, const char *what, const char *remedy)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "%s", what);
	error_where(&error, "%s", address);
	error_remedy(&error, "%s", remedy);
	die(EXIT_USAGE, &error);
}

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	if (address->sa_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

/* "127.0.0.1:7380", "[::1]:7380" */
static int listen_at(const char *address, bool has_tls)
{
	char host[ADDRESS_BYTES];
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM}, *found;
	snprintf(host, sizeof host, "%s", address);
	char *port = strrchr(host, ':'), *name = host;
	if (!port)
		bad_address(address, "this is not an address and a port", "Write it as 127.0.0.1:7380 or [::1]:7380.");
	*port++ = 0;
	if (*name == '[' && port[-2] == ']') {
		name++;
		port[-2] = 0;
	}
	if (getaddrinfo(name, port, &hints, &found) != 0)
		bad_address(address, "this is not an address and a port", "Write it as 127.0.0.1:7380 or [::1]:7380.");
	if (!has_tls && !is_loopback(found->ai_addr))
		bad_address(address, "in the clear a witness is served on this machine only",
			    "Give it a certificate (tls in witness.yaml), or put a server with TLS before it.");
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
	struct error error;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
	    bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
		error_system(&error, "cannot listen");
		error_where(&error, "%s", address);
		die(EXIT_FAILED, &error);
	}
	freeaddrinfo(found);
	return fd;
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

static int serve(struct setting *setting, const char *address)
{
	struct witness_http *http;
	struct error error;
	bool has_tls = setting->file.certificate.len > 0;
	const char *certificate = NULL, *key = NULL;
	if (has_tls) {
		certificate = read_file(setting->file.certificate, PEM_BYTES_MAX, &setting->memory).at;
		key = read_file(setting->file.key, PEM_BYTES_MAX, &setting->memory).at;
	}
	int signals = catch_signals(), listener = listen_at(address, has_tls);
	if (witness_http_start(&http, &setting->witness, listener, certificate, key, &error) < 0)
		die(EXIT_FAILED, &error);
	print_key(&setting->witness);
	LOG(witness_serves, .logs = (int64_t)setting->witness.n_logs);
	if (sandbox_enter(SANDBOX_SERVER_HERE, NULL, 0, &error) < 0 || witness_http_run(http, signals, &error) < 0)
		die(EXIT_FAILED, &error);
	witness_http_stop(http);
	return EXIT_OK;
}

_Noreturn static void usage(void)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "a witness needs its directory");
	error_remedy(&error, "chancery witness DIR [--listen ADDRESS:PORT]  or  chancery witness DIR --add FILE");
	die(EXIT_USAGE, &error);
}

static struct options read_options(int argc, char **argv)
{
	struct options options = {.listen = usual_address};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
			options.listen = argv[++i];
		else if (strcmp(argv[i], "--add") == 0 && i + 1 < argc)
			options.add = argv[++i];
		else if (argv[i][0] != '-' && !options.directory)
			options.directory = argv[i];
		else
			usage();
	}
	if (!options.directory)
		usage();
	return options;
}

int main(int argc, char **argv)
{
	static struct setting setting;
	struct options options = read_options(argc, argv);
	struct arena arena = arena_map(1 << 20);
	struct str request = {0};
	if (options.add)
		request = read_file(str_of(options.add), ADD_CHECKPOINT_BYTES_MAX + 1, &arena);
	open_setting(&setting, options.directory);
	int code = options.add ? answer_one(&setting, request) : serve(&setting, options.listen);
	close_setting(&setting);
	arena_unmap(&arena);
	return code;
}
