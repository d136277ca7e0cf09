/* sim_hub.c: the process of the hub: how it starts, what it is told and tells, how it ends. */
#include "sim/sim_inner.h"

#include "sim/peek.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

enum { COMMITS_MAX = 10000, SPACE_LOW_BYTES = 96 << 10 };

const uint8_t sim_journal_seed[32] = {7};

/* A panic of the hub ends its process, not the simulation. */

static sigjmp_buf way_out;
static volatile sig_atomic_t in_hub;

static void caught(int signal_number)
{
	if (in_hub)
		siglongjmp(way_out, signal_number);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void catch_panics(void)
{
	struct sigaction action = {.sa_handler = caught, .sa_flags = SA_NODEFER};
	sigaction(SIGABRT, &action, NULL);
}

/* Who panics on purpose does so in silence. */
static int muted = -1;

static void mute(void)
{
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	fflush(stderr);
	muted = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	dup2(nowhere, STDERR_FILENO);
	close(nowhere);
}

static void speak_again(void)
{
	if (muted < 0)
		return;
	dup2(muted, STDERR_FILENO);
	close(muted);
	muted = -1;
}

static void dies(struct sim *sim, enum machine_end how)
{
	sim->is_dead = true;
	sim->death = how;
}

static void panicked(struct sim *sim)
{
	in_hub = 0;
	speak_again();
	panic_context(NULL);
	MUST(sim->doing_poison, "the hub panics");
	trace_say("the core dies of %s", sim->doing_poison ? sim->doing_poison : "a panic");
	dies(sim, MACHINE_DIES);
}

/* The hub's outside */

static struct talk_connection *connection_of(struct sim *sim, unsigned peer)
{
	return talk_by_peer(&sim->talk, peer);
}

static bool send_line(void *context, unsigned peer, struct str text)
{
	struct sim *sim = context;
	const struct talk_connection *c = connection_of(sim, peer);
	bool is_down = disk_is_down(sim->machine.disk);
	/* A part of a table is of an entry that was durable before; the others are of what could not be written. */
	MUST(!is_down || str_starts(text, STR("{\"table\"")), "a line leaves behind a disk that failed: " STR_FMT,
	     STR_ARG(text));
	if (is_down)
		return true;
	if (c && c->is_deaf)
		return false;
	size_t line = 0;
	while (line < PLACE_LINES && sim->lines[line].peer != peer)
		line++;
	ASSERT(sim->n_heard < SIM_HEARD_MAX);
	sim->heard[sim->n_heard++] =
	    (struct sim_heard){peer, line, journal_size(hub_journal(sim->hub)), arena_str(&sim->heard_memory, text)};
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	const struct talk_connection *c = connection_of(context, peer);
	return !c || !c->is_slow;
}

static int open_hub(struct sim *sim, struct error *error)
{
	static const struct hub_driver drivers[PLACE_LINES] = {{{"line-0", 6}, {"osdp", 4}, {"sim", 3}, 9600},
							       {{"line-1", 6}, {"osdp", 4}, {"sim", 3}, 9600}};
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	const struct rulebook *rules = sim_rules(sim);
	struct hub_options options = {
	    .mission = STR("house"),
	    .journal = {.origin = STR("chancery/house"), .seed = sim_journal_seed, .log_pages = sim->log_pages},
	    .incarnation = sim->incarnation.incarnation > 0 ? &sim->incarnation : NULL,
	    .rulebooks = {rules},
	    .rules_text = sim_rules_text(0),
	    .load_rules = sim_load_rules,
	    .snapshot_entries = sim->snapshot_entries,
	    .space_low_bytes = SPACE_LOW_BYTES,
	    .environment = {.program = STR("sim"),
			    .schema = {zeros, 32},
			    .access = {(const char *)rulebook_hash(rules), 32},
			    .zone = STR("UTC"),
			    .offsets = {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = PLACE_LINES,
	    .outside = {.context = sim, .send = send_line, .has_room = has_room}};
	machine_fill(&sim->machine, &options);
	return hub_open(&sim->hub, &options, error);
}

static bool guarded_open(struct sim *sim, struct error *error)
{
	volatile bool opened = false;
	in_hub = 1;
	if (sigsetjmp(way_out, 1) == 0)
		opened = open_hub(sim, error) == 0;
	else
		panicked(sim);
	in_hub = 0;
	return opened;
}

/* Lines out, and what became durable */

static void hear(struct sim *sim, const struct sim_heard *heard)
{
	struct talk_connection *c = connection_of(sim, heard->peer);
	if (heard->line < PLACE_LINES) {
		trace_line("core", place_line(heard->line).at, heard->text);
		line_hear(&sim->lines[heard->line], heard->text);
		return;
	}
	if (!c)
		return;
	trace_line("core", people_login(c->who), heard->text);
	talk_hear(&sim->talk, c, heard->text, heard->then);
}

static void let_go(struct sim *sim)
{
	for (size_t i = 0; i < TALK_CONNECTIONS; i++) {
		struct talk_connection *c = &sim->talk.at[i];
		if (!c->is_open || hub_is_attached(sim->hub, c->peer))
			continue;
		MUST(c->is_deaf, "the hub lets %s go, who heard everything", people_login(c->who));
		trace_say("%s is let go", people_login(c->who));
		*c = (struct talk_connection){0};
	}
}

/* The keeper starts again who has left or died, as long as there is a core. */
static void mind_lines(struct sim *sim)
{
	for (size_t i = 0; i < PLACE_LINES; i++) {
		struct line *line = &sim->lines[i];
		if (!line->has_left)
			continue;
		line_start(line);
		if (sim->hub && !sim->is_dead && !line->is_away)
			sim_attach_line(sim, i);
	}
}

static void hear_all(struct sim *sim)
{
	for (size_t i = 0; i < sim->n_heard; i++)
		hear(sim, &sim->heard[i]);
	sim->n_heard = 0;
	arena_clear(&sim->heard_memory);
	mind_lines(sim);
}

static void hang_up(struct sim *sim)
{
	talk_hang_up(&sim->talk);
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_detach(&sim->lines[i]);
}

static void check_start(struct sim *sim)
{
	annals_check_start(&sim->annals, sim->hub);
	annals_catch_up(&sim->annals, sim->hub);
	rest_catch_up(&sim->rest);
	/* What the process before said with its last breath is durable too. */
	hear_all(sim);
	hang_up(sim);
	if (sim_thousandths(sim, 300))
		annals_check_fold(sim->hub);
}

bool sim_start_hub(struct sim *sim)
{
	struct error error;
	catch_panics();
	sim->hub = NULL;
	sim->is_dead = false;
	if (machine_start(&sim->machine, &error) < 0) {
		trace_say("the core cannot start: %s", error.what);
		dies(sim, MACHINE_DIES);
		return false;
	}
	if (!guarded_open(sim, &error)) {
		sim->hub = NULL;
		if (!sim->is_dead)
			trace_say("the core cannot start: %s: %s", error.where, error.what);
		dies(sim, MACHINE_DIES);
		return false;
	}
	memcpy(sim->talk.cursor_key, sim->machine.cursor_key, sizeof sim->talk.cursor_key);
	trace_say("the core starts with %llu entries", (unsigned long long)journal_size(hub_journal(sim->hub)));
	check_start(sim);
	return true;
}

static void guarded_close(struct sim *sim)
{
	in_hub = 1;
	if (sigsetjmp(way_out, 1) == 0)
		hub_close(sim->hub);
	else
		panicked(sim);
	in_hub = 0;
}

void sim_stop_hub(struct sim *sim, enum machine_end end)
{
	/* A process that dies writes nothing more. */
	if (end == MACHINE_DIES && !disk_is_down(sim->machine.disk))
		disk_end_process(sim->machine.disk);
	if (sim->hub)
		guarded_close(sim);
	sim->hub = NULL;
	if (end == MACHINE_LOSES_POWER) { /* with the memory in which they were counted */
		memset(sim->kills, 0, sizeof sim->kills);
		for (size_t i = 0; i < PLACE_LINES; i++)
			line_lose_power(&sim->lines[i]);
	}
	ledger_drop_bases(&sim->ledger);
	machine_stop(&sim->machine, end);
	sim->is_dead = false;
}

/* Doors do not wait for the core. The machine may sleep meanwhile: then they are looked after at the beginning and the end. */
void sim_wait(struct sim *sim, int64_t ms)
{
	enum { AWAKE_US = 6 * 1000 * 1000, US = 1000 };
	struct machine *machine = &sim->machine;
	int64_t end_us = machine->elapsed_us + ms * US, awake_us = machine->elapsed_us + AWAKE_US;
	while (machine->elapsed_us < end_us) {
		int64_t next_us = end_us;
		for (size_t i = 0; i < PLACE_LINES; i++) {
			int64_t due_us = line_run(&sim->lines[i]);
			next_us = due_us < next_us ? due_us : next_us;
		}
		next_us = machine->elapsed_us < awake_us ? next_us : end_us;
		int64_t step_ms = (next_us - machine->elapsed_us + US - 1) / US;
		machine_wait(machine, step_ms > 0 ? step_ms : 1);
	}
	for (size_t i = 0; i < PLACE_LINES; i++)
		line_run(&sim->lines[i]);
	mind_lines(sim);
}

/* Peers */

void sim_attach_line(struct sim *sim, size_t line)
{
	sim_detach_line(sim, line);
	line_attach(&sim->lines[line], hub_attach_driver(sim->hub, line));
}

void sim_detach_line(struct sim *sim, size_t line)
{
	if (sim->lines[line].peer != HUB_PEERS_MAX && hub_is_attached(sim->hub, sim->lines[line].peer))
		hub_detach(sim->hub, sim->lines[line].peer);
	line_detach(&sim->lines[line]);
}

struct talk_connection *sim_connect(struct sim *sim, enum people_who who)
{
	for (size_t i = 0; i < TALK_CONNECTIONS; i++) {
		struct talk_connection *c = &sim->talk.at[i];
		if (c->is_open)
			continue;
		struct hub_person person = people_person(who);
		unsigned peer = hub_attach_asker(sim->hub, &person);
		if (peer == HUB_PEERS_MAX)
			return NULL;
		*c = (struct talk_connection){.is_open = true, .who = who, .peer = peer, .viewer = people_viewer(who)};
		return c;
	}
	return NULL;
}

void sim_disconnect(struct sim *sim, struct talk_connection *c)
{
	if (hub_is_attached(sim->hub, c->peer))
		hub_detach(sim->hub, c->peer);
	*c = (struct talk_connection){0};
}

/* Lines in */

static void guarded_line(struct sim *sim, unsigned peer, struct str line)
{
	in_hub = 1;
	if (sigsetjmp(way_out, 1) == 0)
		hub_line(sim->hub, peer, line);
	else
		panicked(sim);
	in_hub = 0;
}

/* The input that kills, if the line is one: how often it has. */
static unsigned *kills_of(struct sim *sim, struct str line)
{
	static unsigned others; /* what a captured driver made of one */
	static const char reader[] = "\"reader\":";
	const char *by_report = memmem(line.at, line.len, "\"trial.stumbled\"", 16);
	const char *by_command = memmem(line.at, line.len, "\"trial.stumble\"", 15);
	const char *at = memmem(line.at, line.len, reader, sizeof reader - 1);
	if (!by_report && !by_command)
		return NULL;
	size_t number = at ? (size_t)(at[sizeof reader - 1] - '1') : SIM_POISONS;
	others = 0;
	return number < SIM_POISONS ? &sim->kills[by_report != NULL][number] : &others;
}

void sim_line(struct sim *sim, unsigned peer, struct str line, const char *from)
{
	unsigned *kills = kills_of(sim, line);
	if (sim->is_dead || !sim->hub || !hub_is_attached(sim->hub, peer))
		return;
	if (hub_is_full(sim->hub))
		sim_commit(sim);
	if (sim->is_dead)
		return;
	if (!str_starts(line, STR("{\"heartbeat\"")))
		trace_line(from, "core", line);
	if (kills) {
		mute();
		sim->doing_poison = "an input that kills";
	}
	guarded_line(sim, peer, line);
	speak_again();
	if (kills && sim->is_dead) {
		++*kills;
		MUST(*kills <= SIM_POISON_KILLS_MAX, "an input kills the core a third time");
	}
	sim->doing_poison = NULL;
}

void sim_lines_speak(struct sim *sim, size_t lines_max)
{
	for (size_t i = 0; i < PLACE_LINES; i++)
		for (size_t n = 0; n < lines_max && !sim->is_dead; n++) {
			arena_clear(&sim->scratch);
			struct buf b = arena_buf(&sim->scratch);
			if (!line_next(&sim->lines[i], &b))
				break;
			sim_line(sim, sim->lines[i].peer, arena_keep(&sim->scratch, &b), place_line(i).at);
		}
}

static void after_commit(struct sim *sim)
{
	if (sim->works != sim->machine.works)
		ledger_want_basis(&sim->ledger, sim->machine.works_of);
	sim->works = sim->machine.works;
	annals_catch_up(&sim->annals, sim->hub);
	rest_catch_up(&sim->rest);
	hear_all(sim);
	let_go(sim);
	if (rest_check(&sim->rest))
		annals_check_erased(&sim->annals, sim->hub);
}

static int guarded_commit(struct sim *sim, struct error *error)
{
	volatile int more = -1;
	in_hub = 1;
	if (sigsetjmp(way_out, 1) == 0)
		more = hub_commit(sim->hub, error);
	else
		panicked(sim);
	in_hub = 0;
	return more;
}

void sim_commit(struct sim *sim)
{
	struct error error = {0};
	int more = 1;
	for (unsigned n = 0; more > 0 && !sim->is_dead && !trace_is_broken(); n++) {
		more = guarded_commit(sim, &error);
		MUST(n < COMMITS_MAX, "the hub does not come to rest");
		if (more >= 0)
			after_commit(sim);
	}
	if (more >= 0 || sim->is_dead)
		return;
	trace_say("the core ends: %s: %s", error.where, error.what);
	dies(sim, MACHINE_DIES);
}
