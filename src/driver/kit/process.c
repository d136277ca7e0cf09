#include "driver/kit/process.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 128, DIRECTORY_MODE = 0700, FILE_MODE = 0600, WAIT_FOR_EVER = -1 };

/* The kit's outside */

static bool send(void *context, struct str line)
{
	struct process *p = context;
	return lines_out_put(&p->out, line, NULL) == 0;
}

static void entropy(uint8_t *bytes, size_t n)
{
	ssize_t got = getrandom(bytes, n, 0);
	ASSERT(got == (ssize_t)n);
}

/* What tells one start of the machine from another: the first digits of the kernel's own name for it. */
static void read_machine(uint8_t ret_machine[SPOOL_BOOT_BYTES])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	memset(ret_machine, 0, SPOOL_BOOT_BYTES);
	if (fd < 0 || read(fd, ret_machine, SPOOL_BOOT_BYTES) != SPOOL_BOOT_BYTES)
		entropy(ret_machine, SPOOL_BOOT_BYTES); /* then every start of the process counts as one */
	if (fd >= 0)
		close(fd);
}

/* Files */

/* A name becomes part of a path: letters, digits, - and _ alone. */
static bool is_file_name(struct str name)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	for (size_t i = 0; i < name.len; i++)
		if (!memchr(good, name.at[i], sizeof good - 1))
			return false;
	return name.len > 0 && name.len <= KIT_NAME_BYTES_MAX;
}

static int make_directory(const char *path, struct error *error)
{
	if (mkdir(path, DIRECTORY_MODE) == 0 || errno == EEXIST)
		return 0;
	error_system(error, "cannot make the directory");
	return error_where(error, "%s", path);
}

static int open_files(struct process *p, struct str name, struct error *error)
{
	static const char *const names[PROCESS_FILES] = {"state", "spool", "telemetry"};
	char path[PATH_BYTES];
	int code = make_directory("run", error);
	if (code == 0)
		code = make_directory("run/drivers", error);
	snprintf(path, sizeof path, "run/drivers/" STR_FMT, STR_ARG(name));
	if (code == 0)
		code = make_directory(path, error);
	for (size_t i = 0; i < PROCESS_FILES && code == 0; i++) {
		snprintf(path, sizeof path, "run/drivers/" STR_FMT "/%s", STR_ARG(name), names[i]);
		code = file_open(path, FILE_MODE, &p->files[i], error);
		p->n_files += code == 0;
	}
	return code;
}

static void close_files(struct process *p)
{
	while (p->n_files > 0)
		file_close(p->files[--p->n_files]);
}

/* A disk that is not there keeps nobody from the doors. */
static int begin(struct process *p, const struct driver_begin *said, struct error *error)
{
	struct error trouble;
	if (!is_file_name(said->driver))
		return error_set(error, ERROR_INPUT, "the driver's name in begin is none that can be a directory's");
	if (open_files(p, said->driver, &trouble) < 0) {
		LOG(kept_ended, .why = &trouble);
		close_files(p);
		return 0;
	}
	struct kit_disk disk = {p->files[0], p->files[1], p->files[2]};
	kit_open(&p->kit, said->driver, (const uint8_t *)said->key.at, &disk, clock_wall_ms(), clock_elapsed_us());
	return 0;
}

/* Lines */

static void wipe_line(struct process *p)
{
	seal_wipe((char *)(uintptr_t)p->line.at, p->line.len);
	p->line = (struct str){0};
}

/* The next whole line that is there. */
static bool take_line(struct process *p, struct str *ret_line)
{
	enum lines_found found;
	wipe_line(p);
	while ((found = lines_in_next(&p->in, ret_line)) != LINES_NONE) {
		if (found == LINES_LINE) {
			p->line = *ret_line;
			return true;
		}
		LOG(line_too_long);
	}
	return false;
}

void process_fill(struct process *p)
{
	if (lines_in_fill(&p->in, NULL) < 0)
		p->ended = true;
}

/* Waits for a line at most so long. ERROR_GONE at the end of the input, or when none came. */
static int wait_line(struct process *p, int64_t until_us, struct str *ret_line, struct error *error)
{
	while (!take_line(p, ret_line)) {
		int64_t left_ms = until_us == INT64_MAX ? WAIT_FOR_EVER : (until_us - clock_elapsed_us()) / 1000 + 1;
		if (p->ended || (until_us != INT64_MAX && left_ms <= 0))
			return error_set(error, ERROR_GONE, "nobody says what the driver is to do");
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		poll(&in, 1, (int)left_ms);
		if (in.revents)
			process_fill(p);
	}
	return 0;
}

/* A begin line is taken here, anything else is handed on. */
static int take_first(struct process *p, struct str text, bool *ret_begun, struct error *error)
{
	struct arena arena = arena_over(p->kit.arena_memory, sizeof p->kit.arena_memory);
	struct json json = json_over(text, &arena);
	struct core_line line;
	*ret_begun = core_line_read(&json, &line) && json_end(&json) && line.kind == CORE_LINE_BEGIN;
	int code = *ret_begun ? begin(p, &line.begin, error) : 0;
	seal_wipe(arena.at, arena.used);
	return code;
}

/* Lines until one of them is config. */
static int wait_settings(struct process *p, int64_t until_us, struct str text, struct str *ret_settings,
			 struct error *error)
{
	struct kit_said said = {0};
	int code = 0;
	while (code == 0) {
		if (text.len > 0)
			kit_line(&p->kit, text, clock_elapsed_us(), &said);
		if (said.kind == KIT_SETTINGS) {
			*ret_settings = said.settings;
			return 0;
		}
		code = wait_line(p, until_us, &text, error);
	}
	return code;
}

int process_start(struct process *p, struct str kind, struct str *ret_settings, struct error *error)
{
	static const struct kit_outside outside = {.send = send, .entropy = entropy, .log = log_write};
	struct kit_outside ours = outside;
	uint8_t machine[SPOOL_BOOT_BYTES];
	struct str text;
	bool begun;
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	lines_in_init(&p->in, STDIN_FILENO, p->in_memory, sizeof p->in_memory);
	lines_out_init(&p->out, STDOUT_FILENO, p->out_memory, sizeof p->out_memory);
	seal_load();
	read_machine(machine);
	ours.context = p;
	kit_init(&p->kit, kind, &ours, machine, clock_wall_ms(), clock_elapsed_us());
	int code = wait_line(p, INT64_MAX, &text, error);
	while (code == 0 && text.len == 0)
		code = wait_line(p, INT64_MAX, &text, error);
	if (code < 0 || (code = take_first(p, text, &begun, error)) < 0)
		return code;
	p->kept = kit_kept_settings(&p->kit, ret_settings);
	if (p->kept)
		return 0;
	if (!begun)
		LOG(nothing_kept);
	return wait_settings(p, INT64_MAX, begun ? (struct str){0} : text, ret_settings, error);
}

int process_other_settings(struct process *p, struct str *ret_settings, struct error *error)
{
	kit_drop_settings(&p->kit);
	p->kept = false;
	int64_t until_us = clock_elapsed_us() + PROCESS_CORE_SPEAKS_MS * 1000;
	return wait_settings(p, until_us, (struct str){0}, ret_settings, error);
}

void process_settings_used(struct process *p)
{
	wipe_line(p);
	if (p->kept)
		kept_wipe(&p->kit.kept);
}

int process_enter(struct process *p, const int *descriptors, size_t n, struct error *error)
{
	int keep[PROCESS_DESCRIPTORS_MAX + PROCESS_FILES];
	ASSERT(n <= PROCESS_DESCRIPTORS_MAX);
	memcpy(keep, descriptors, n * sizeof keep[0]);
	for (size_t i = 0; i < p->n_files; i++)
		keep[n++] = file_descriptor(p->files[i]);
	return sandbox_enter(SANDBOX_DRIVER_HERE, keep, n, error);
}

bool process_next(struct process *p, int64_t now_us, struct kit_said *ret_said)
{
	struct str text;
	while (take_line(p, &text)) {
		kit_line(&p->kit, text, now_us, ret_said);
		if (ret_said->kind != KIT_NOTHING)
			return true;
	}
	*ret_said = (struct kit_said){.kind = p->ended ? KIT_LEAVE : KIT_NOTHING};
	return p->ended;
}

bool process_flush(struct process *p)
{
	return lines_out_flush(&p->out, NULL) >= 0;
}
