/* world.c: chancery-world, the readers and people of a mission, in one loop without threads.
 *
 * It waits for bytes of the drivers, for orders on standard input, and for whatever is due next: an answer on
 * its way, a timed output, a person's next step. world/README.md is its manual.
 */
#include "base/clock.h"
#include "base/lines.h"
#include "base/yaml.h"
#include "world/crowd.h"
#include "world/line.h"
#include "world/orders.h"
#include "world/tell.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TICK_US = 50000,
	PATH_BYTES_MAX = 512,
	FAULTS_MAX = 64,
	SPEED_USUAL = 100,
	ARENA_BYTES = 8 * YAML_MEMORY_BYTES_MAX, /* five files, the plan, and what is made of it */
};

struct seat {
	struct world *world;
	uint16_t index; /* in the plan */
	struct reader reader;
	size_t cards;	 /* that it held when last looked at */
	int64_t told_us; /* when it told of one */
};

struct options {
	const char *dir;
	bool still, load, quiet, instant;
	uint64_t seed;
	const char *faults[FAULTS_MAX];
	size_t faults_len;
};

struct world {
	struct plan plan;
	struct arena arena;
	struct seat *seats;	       /* one a reader of the plan */
	struct line *lines;	       /* one a line of the plan */
	char (*paths)[PATH_BYTES_MAX]; /* of their symlinks */
	struct crowd crowd;
	struct tell tell;
	bool walks, instant;
	int64_t now_us, tick_us, crowd_us; /* the latter two: when they are due */
	struct lines_in orders;
	bool orders_open;
	size_t orders_lines;
};

/* --- What happens is told. --- */

static struct tell *tell_of(struct world *w, uint16_t reader, const char *what)
{
	tell_begin_reader(&w->tell, clock_wall_ms(), reader, what);
	return &w->tell;
}

static struct tell *tell_all(struct world *w, const char *what)
{
	tell_begin(&w->tell, clock_wall_ms(), what);
	return &w->tell;
}

/* --- What the readers do, and the people. --- */

static void on_output(struct world *w, uint16_t reader, const struct reader_happening *h)
{
	bool strike = h->output == w->plan.readers[reader].output, on = h->what == READER_OUT_ON;
	struct tell *t = tell_of(w, reader, !strike ? "output" : on ? "out" : "out_ends");
	if (!strike) {
		tell_number(t, "output", h->output);
		tell_bool(t, "on", on);
	}
	if (on)
		tell_number(t, "ms", h->ms);
	if (on && w->seats[reader].told_us)
		tell_number(t, "after_us", clock_elapsed_us() - w->seats[reader].told_us);
	tell_end(t);
	if (!strike || !on)
		return;
	crowd_released(&w->crowd, reader, w->now_us / 1000);
	w->crowd_us = w->now_us; /* who passed may be the next to move */
}

static void on_reader(void *context, const struct reader_happening *h)
{
	static const char *const colours[READER_COLOURS] = {
	    [READER_BLACK] = "black", [READER_RED] = "red",   [READER_GREEN] = "green",
	    [READER_AMBER] = "amber", [READER_BLUE] = "blue",
	};
	const struct seat *seat = context;
	struct world *w = seat->world;
	struct tell *t;
	switch (h->what) {
	case READER_OUT_ON:
	case READER_OUT_OFF:
		return on_output(w, seat->index, h);
	case READER_LED_SHOWS:
		t = tell_of(w, seat->index, "led");
		tell_text(t, "colour", str_of(colours[h->colour]));
		tell_bool(t, "blinks", h->blinks);
		return tell_end(t);
	case READER_BEEPS:
		t = tell_of(w, seat->index, "buzzer");
		tell_number(t, "count", h->count);
		return tell_end(t);
	case READER_CHANNEL_UP:
		return tell_end(tell_of(w, seat->index, "channel_up"));
	case READER_CHANNEL_DOWN:
		return tell_end(tell_of(w, seat->index, "channel_down"));
	}
	WRONG("a reader does something new");
}

/* Before a reader that nobody asks, its light is dark: people try again a little later. */
static bool on_crowd(void *context, const struct crowd_does *does)
{
	static const char *const whats[] = {
	    [CROWD_BADGES] = "badge",
	    [CROWD_PASSES] = "passes",
	    [CROWD_TURNS_AWAY] = "turns_away",
	};
	struct world *w = context;
	struct reader *reader = &w->seats[does->reader].reader;
	const struct plan_card *card = does->card;
	bool badges = does->what == CROWD_BADGES;
	if (badges && (!reader->in_session || !reader_badge(reader, card->bytes, card->bits, w->now_us / 1000)))
		return false;
	struct tell *t = tell_of(w, does->reader, whats[does->what]);
	tell_who(t, does->person);
	tell_end(t);
	return true;
}

static void random_bytes(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	while (n > 0) {
		ssize_t got = getrandom(bytes, n, 0);
		ASSERT(got > 0 || errno == EINTR);
		if (got < 0)
			continue;
		bytes += got;
		n -= (size_t)got;
	}
}

/* --- Orders. --- */

static void order_badge(struct world *w, const struct order *o)
{
	struct reader *reader = &w->seats[o->reader].reader;
	bool taken = reader_badge(reader, o->card.bytes, o->card.bits, w->now_us / 1000);
	tell_end(tell_of(w, o->reader, taken ? "badge" : "badge_ignored"));
}

static void order_silence(struct world *w, const struct order *o)
{
	reader_silence(&w->seats[o->reader].reader, w->now_us / 1000 + o->number);
	struct tell *t = tell_of(w, o->reader, "silence");
	tell_number(t, "ms", o->number);
	tell_end(t);
}

static void order_power(struct world *w, const struct order *o)
{
	tell_end(tell_of(w, o->reader, "power"));
	reader_power_cycle(&w->seats[o->reader].reader, w->now_us / 1000);
}

static void order_tamper(struct world *w, const struct order *o)
{
	reader_tamper(&w->seats[o->reader].reader, o->on);
	struct tell *t = tell_of(w, o->reader, "tamper");
	tell_bool(t, "on", o->on);
	tell_end(t);
}

static void order_fault(struct world *w, const struct order *o)
{
	w->seats[o->reader].reader.fault = o->fault;
	struct tell *t = tell_of(w, o->reader, "fault");
	tell_number(t, "count", o->fault.left);
	tell_end(t);
}

static void order_noise(struct world *w, const struct order *o)
{
	uint8_t bytes[ORDERS_NOISE_BYTES_MAX];
	random_bytes(NULL, bytes, (size_t)o->number);
	line_noise(&w->lines[o->line], bytes, (size_t)o->number);
	struct tell *t = tell_all(w, "noise");
	tell_text(t, "line", w->plan.lines[o->line].name);
	tell_number(t, "bytes", o->number);
	tell_end(t);
}

static void order_people(struct world *w, const struct order *o)
{
	w->walks = o->on;
	w->crowd_us = w->now_us;
	struct tell *t = tell_all(w, "people");
	tell_bool(t, "on", o->on);
	tell_end(t);
}

static int take_order(struct world *w, struct str text, struct error *error)
{
	static void (*const take[])(struct world *, const struct order *) = {
	    [ORDER_BADGE] = order_badge,   [ORDER_SILENCE] = order_silence, [ORDER_POWER] = order_power,
	    [ORDER_TAMPER] = order_tamper, [ORDER_FAULT] = order_fault,	    [ORDER_NOISE] = order_noise,
	    [ORDER_PEOPLE] = order_people,
	};
	struct order order;
	int failed = orders_read(&w->plan, text, &order, error);
	if (failed == 0)
		take[order.what](w, &order);
	return failed;
}

/* Called when a read gives something without waiting. An order that is not understood is told about, and
 * passed over. */
static void hear_orders(struct world *w)
{
	struct error error;
	struct str line;
	w->orders_open = lines_in_fill(&w->orders, &error) >= 0;
	for (enum lines_found found; (found = lines_in_next(&w->orders, &line)) != LINES_NONE;) {
		w->orders_lines++;
		int failed = found == LINES_LINE ? take_order(w, line, &error)
						 : error_set(&error, ERROR_LIMIT, "this line is too long");
		if (failed == 0)
			continue;
		error_where(&error, "stdin:%zu:1", w->orders_lines);
		error_print(&error);
	}
}

/* --- The beginning. --- */

static int set_zone(struct str zone, struct error *error)
{
	char name[TELL_NAME_BYTES_MAX + 1], path[PATH_BYTES_MAX];
	struct buf b = {.at = (uint8_t *)name, .size = TELL_NAME_BYTES_MAX};
	buf_put_str(&b, zone);
	name[b.len] = 0;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	if (b.len == 0 || str_contains(zone, STR("..")) || access(path, R_OK) != 0) {
		error_set(error, ERROR_INPUT, "this machine knows no time zone “" STR_FMT "”", STR_ARG(zone));
		error_where(error, "mission.yaml");
		return error_remedy(error, "Write an IANA name as Europe/Lisbon; the package tzdata has them.");
	}
	setenv("TZ", name, 1);
	tzset();
	return 0;
}

/* What the plan may have, and the lines cannot. */
static int check_lines(const struct plan *plan, struct error *error)
{
	size_t readers[PLAN_LINES_MAX] = {0};
	bool taken[PLAN_LINES_MAX][READER_FRAME_ADDRESS_MAX + 1] = {0};
	for (size_t i = 0; i < plan->lines_len; i++) {
		if (plan->lines[i].name.len <= TELL_NAME_BYTES_MAX)
			continue;
		error_set(error, ERROR_LIMIT, "a line's name has more than %d bytes", TELL_NAME_BYTES_MAX);
		return error_where(error, "mission.yaml");
	}
	for (size_t i = 0; i < plan->readers_len; i++) {
		const struct plan_reader *r = &plan->readers[i];
		struct str line = plan->lines[r->line].name;
		bool twice = taken[r->line][r->address], many = ++readers[r->line] > LINE_READERS_MAX;
		taken[r->line][r->address] = true;
		if (twice)
			error_set(error, ERROR_INPUT, "two readers have the place " STR_FMT "/%u", STR_ARG(line),
				  r->address);
		else if (many)
			error_set(error, ERROR_LIMIT, "more than %d readers are on " STR_FMT, LINE_READERS_MAX,
				  STR_ARG(line));
		if (twice || many)
			return error_where(error, "site.yaml");
	}
	return 0;
}

/* The folders on the way to a file of the mission. */
static int make_parents(char *path, size_t begin, struct error *error)
{
	for (char *slash = strchr(path + begin, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		bool made = mkdir(path, 0750) == 0 || errno == EEXIST;
		if (!made)
			error_system(error, "cannot make the directory %s", path);
		*slash = '/';
		if (!made)
			return ERROR_SYSTEM;
	}
	return 0;
}

static int open_line(struct world *w, const char *dir, size_t index, struct error *error)
{
	const struct plan_line *line = &w->plan.lines[index];
	char *path = w->paths[index];
	int n = snprintf(path, PATH_BYTES_MAX, "%s/" STR_FMT, dir, STR_ARG(line->device));
	if (n < 0 || n >= PATH_BYTES_MAX)
		return error_set(error, ERROR_LIMIT, "the path of " STR_FMT " is too long", STR_ARG(line->name));
	int failed = make_parents(path, strlen(dir) + 1, error);
	return failed < 0 ? failed : line_open(&w->lines[index], path, w->instant ? 0 : line->baud, error);
}

static int open_lines(struct world *w, const char *dir, struct error *error)
{
	w->lines = ARENA_TAKE(&w->arena, struct line, w->plan.lines_len);
	w->paths = arena_take(&w->arena, w->plan.lines_len, PATH_BYTES_MAX);
	for (size_t i = 0; i < w->plan.lines_len; i++)
		w->lines[i].master = w->lines[i].slave = -1;
	for (size_t i = 0; i < w->plan.lines_len; i++) {
		int failed = w->plan.lines[i].real ? 0 : open_line(w, dir, i, error);
		if (failed < 0)
			return failed;
	}
	return 0;
}

static void seat_readers(struct world *w)
{
	w->seats = ARENA_TAKE(&w->arena, struct seat, w->plan.readers_len);
	for (uint16_t i = 0; i < w->plan.readers_len; i++) {
		const struct plan_reader *r = &w->plan.readers[i];
		struct seat *seat = &w->seats[i];
		*seat = (struct seat){.world = w, .index = i};
		struct reader_config config = {
		    .address = r->address,
		    .identity = {{0xc4, 0xa9, 0xce}, 1, 1, i + 1u, {0, 1, 0}},
		    .secure = r->secure,
		    .context = seat,
		    .nonce = random_bytes,
		    .happened = on_reader,
		};
		memcpy(config.key, r->key, sizeof(config.key));
		reader_init(&seat->reader, &config);
		line_add(&w->lines[r->line], &seat->reader);
		explicit_bzero(config.key, sizeof(config.key));
	}
}

static int obey_faults(struct world *w, const struct options *options, struct error *error)
{
	int failed = 0;
	for (size_t i = 0; i < options->faults_len && failed == 0; i++)
		failed = take_order(w, str_of(options->faults[i]), error);
	return failed < 0 ? error_where(error, "--fault") : 0;
}

/* --- The end. --- */

/* Another world may have put its own link there: that one stays. */
static void remove_link(const struct line *line, const char *path)
{
	char slave[128], target[128];
	ssize_t n = readlink(path, target, sizeof(target) - 1);
	if (n < 0 || line->master < 0 || ptsname_r(line->master, slave, sizeof(slave)) != 0)
		return;
	target[n] = 0;
	if (strcmp(target, slave) == 0)
		unlink(path);
}

static void end(struct world *w)
{
	for (size_t i = 0; i < w->plan.readers_len && w->seats; i++)
		reader_release(&w->seats[i].reader);
	for (size_t i = 0; i < w->plan.lines_len && w->lines; i++) {
		remove_link(&w->lines[i], w->paths[i]);
		line_close(&w->lines[i]);
	}
}

/* --- The loop. --- */

static uint16_t minute_of_day(void)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm local;
	struct tm *converted = localtime_r(&now, &local);
	ASSERT(converted);
	return (uint16_t)(local.tm_hour * 60 + local.tm_min);
}

static int64_t due_us(const struct world *w)
{
	int64_t due = w->tick_us;
	if (w->walks && w->crowd_us < due)
		due = w->crowd_us;
	for (size_t i = 0; i < w->plan.lines_len; i++) {
		int64_t line_us = line_due_us(&w->lines[i]);
		due = line_us < due ? line_us : due;
	}
	return due;
}

static void do_what_is_due(struct world *w)
{
	bool tick = w->now_us >= w->tick_us;
	for (size_t i = 0; i < w->plan.lines_len; i++) {
		line_send(&w->lines[i], w->now_us);
		if (tick)
			line_tick(&w->lines[i], w->now_us);
	}
	for (size_t i = 0; i < w->plan.readers_len; i++) {
		struct seat *seat = &w->seats[i];
		if (seat->reader.cards_len < seat->cards)
			seat->told_us = clock_elapsed_us();
		seat->cards = seat->reader.cards_len;
	}
	if (tick)
		w->tick_us = w->now_us + TICK_US;
	if (w->walks && w->now_us >= w->crowd_us)
		w->crowd_us = crowd_tick(&w->crowd, w->now_us / 1000, minute_of_day()) * 1000;
}

enum { SIGNALS, ORDERS, LINES };

static int wait_for(struct pollfd *fds, nfds_t n, int64_t us, struct error *error)
{
	us = us > 0 ? us : 0;
	struct timespec timeout = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	if (ppoll(fds, n, &timeout, NULL) >= 0)
		return 0;
	for (nfds_t i = 0; i < n; i++)
		fds[i].revents = 0;
	return errno == EINTR ? 0 : error_system(error, "cannot wait for the lines");
}

static int live(struct world *w, int signals, struct error *error)
{
	struct pollfd fds[LINES + PLAN_LINES_MAX] = {[SIGNALS] = {.fd = signals, .events = POLLIN}};
	nfds_t n = LINES + w->plan.lines_len;
	for (size_t i = 0; i < w->plan.lines_len; i++)
		fds[LINES + i] = (struct pollfd){.fd = w->lines[i].master, .events = POLLIN};
	for (;;) {
		fds[ORDERS] = (struct pollfd){.fd = w->orders_open ? STDIN_FILENO : -1, .events = POLLIN};
		int failed = wait_for(fds, n, due_us(w) - clock_elapsed_us(), error);
		if (failed < 0 || fds[SIGNALS].revents)
			return failed;
		for (size_t i = 0; i < w->plan.lines_len && failed == 0; i++) {
			w->now_us = clock_elapsed_us();
			if (fds[LINES + i].revents)
				failed = line_hear(&w->lines[i], w->now_us, error);
		}
		if (failed < 0)
			return failed;
		w->now_us = clock_elapsed_us();
		if (fds[ORDERS].revents)
			hear_orders(w);
		do_what_is_due(w);
	}
}

/* --- The command line. --- */

_Noreturn static void usage(const char *what, const char *word)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "%s%s", what, word);
	error_remedy(&error, "chancery-world DIR [--still] [--load] [--seed N] [--quiet] [--instant] [--fault ORDER]…; "
			     "world/README.md says what they do.");
	die(EXIT_USAGE, &error);
}

static void take_seed(struct options *o, const char *word)
{
	int64_t seed;
	if (!str_to_i64(str_of(word), 0, INT64_MAX, &seed))
		usage("a seed is a whole number, not ", word);
	o->seed = (uint64_t)seed;
}

static void take_fault(struct options *o, const char *word)
{
	if (o->faults_len == FAULTS_MAX)
		usage("too many orders before ", word);
	o->faults[o->faults_len++] = word;
}

static struct options read_options(int argc, char **argv)
{
	struct options o = {0};
	random_bytes(NULL, (uint8_t *)&o.seed, sizeof(o.seed));
	o.seed >>= 33; /* short enough to be typed again */
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		bool has_value = strcmp(word, "--seed") == 0 || strcmp(word, "--fault") == 0;
		if (has_value && i + 1 == argc)
			usage("there is nothing behind ", word);
		if (strcmp(word, "--seed") == 0)
			take_seed(&o, argv[++i]);
		else if (strcmp(word, "--fault") == 0)
			take_fault(&o, argv[++i]);
		else if (strcmp(word, "--still") == 0)
			o.still = true;
		else if (strcmp(word, "--load") == 0)
			o.load = true;
		else if (strcmp(word, "--quiet") == 0)
			o.quiet = true;
		else if (strcmp(word, "--instant") == 0)
			o.instant = true;
		else if (word[0] == '-' || o.dir)
			usage("what is meant by ", word);
		else
			o.dir = word;
	}
	if (!o.dir || !o.dir[0])
		usage("the mission's directory is missing", "");
	return o;
}

/* The end comes as a byte to read, like everything else. Bytes leave at their microsecond, or near it. */
static int catch_signals(struct error *error)
{
	sigset_t ends;
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1000);
	int fd = sigprocmask(SIG_BLOCK, &ends, NULL) == 0 ? signalfd(-1, &ends, SFD_CLOEXEC) : -1;
	return fd >= 0 ? fd : error_system(error, "cannot wait for signals");
}

static int begin(struct world *w, const struct options *o, struct error *error)
{
	int failed = check_lines(&w->plan, error);
	if (failed == 0)
		failed = set_zone(w->plan.clock_zone, error);
	w->instant = o->instant;
	if (failed == 0)
		failed = open_lines(w, o->dir, error);
	if (failed < 0)
		return failed;
	seat_readers(w);
	w->now_us = w->tick_us = w->crowd_us = clock_elapsed_us();
	crowd_init(&w->crowd, &w->plan, &w->arena, o->seed, o->load ? CROWD_SPEED_MAX : SPEED_USUAL, w->now_us / 1000);
	w->crowd.context = w;
	w->crowd.does = on_crowd;
	w->walks = !o->still;
	tell_init(&w->tell, &w->plan, o->quiet ? NULL : stdout);
	lines_in_init(&w->orders, STDIN_FILENO, ARENA_TAKE(&w->arena, uint8_t, LINES_MEMORY_MIN), LINES_MEMORY_MIN);
	w->orders_open = true;
	struct tell *t = tell_all(w, "begins");
	tell_number(t, "seed", (int64_t)o->seed);
	tell_number(t, "readers", (int64_t)w->plan.readers_len);
	tell_end(t);
	return obey_faults(w, o, error);
}

int main(int argc, char **argv)
{
	static struct world world;
	struct error error = {0};
	struct options options = read_options(argc, argv);
	world.arena = arena_map(ARENA_BYTES);
	int failed = plan_read(&world.plan, options.dir, &world.arena, &error);
	int signals = failed < 0 ? failed : catch_signals(&error);
	if (signals >= 0) {
		failed = begin(&world, &options, &error);
		if (failed == 0)
			failed = live(&world, signals, &error);
		end(&world);
		close(signals);
	}
	arena_unmap(&world.arena);
	if (failed < 0 || signals < 0)
		die(EXIT_FAILED, &error);
	return EXIT_OK;
}
