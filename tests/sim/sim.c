#include "sim/sim.h"

#include "sim/audit.h"
#include "sim/house.h"
#include "sim/premises.h"

#include "base/test.h"
#include "base/traffic.h"
#include "domain/access/access.h"
#include "rules/rulebook_text.h"
#include "serve/hub.h"

#include <stdarg.h>

enum {
	REPORTS_MAX = 4096,  /* of one driver in one boot */
	LINES_IN_BATCH = 12, /* at most, before a commit */
	SCRATCH_BYTES = 4 << 20,
	SLOW_SECONDS = 9, /* longer than orders wait for their answers */
};

/* A driver as the contract wants it: it keeps what is not acknowledged, sends it again after hello, and answers each order. */
struct sim_driver {
	char name[8];
	unsigned peer; /* HUB_PEERS_MAX: not attached */
	uint64_t boot;
	int64_t made, acked; /* sequences */
	struct {
		uint64_t reader, person; /* a badge shown; or, when reader is 0, */
		int64_t entry, event;	 /* an order done */
	} reports[REPORTS_MAX + 1];
	bool must_say_hello;
};

struct sim {
	struct premises *at; /* first: outside's context */
	struct premises premises;
	const struct sim_plan *plan;
	struct sim_outcome *outcome;
	uint64_t dice;
	struct disk *disk;
	struct hub *hub;
	unsigned asker;
	size_t commands; /* that furnish the house, sent so far */
	struct sim_driver drivers[HOUSE_LINES];
	struct audit audit;
	struct arena scratch;
	struct rulebooks rulebooks;
};

static const uint8_t seed_bytes[32] = {7};

/* xorshift64*: the same numbers on every machine and compiler. */
static uint64_t roll(struct sim *sim, uint64_t below)
{
	sim->dice ^= sim->dice >> 12;
	sim->dice ^= sim->dice << 25;
	sim->dice ^= sim->dice >> 27;
	return (sim->dice * 0x2545F4914F6CDD1Du >> 11) % below;
}

/* The hub's outside */

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ret_bytes[i] = (uint8_t)roll(context, 256);
}

static bool has_room(void *context, unsigned peer)
{
	return context && peer < HUB_PEERS_MAX;
}

static struct sim_driver *driver_of(struct sim *sim, unsigned peer)
{
	for (size_t i = 0; i < HOUSE_LINES; i++)
		if (sim->drivers[i].peer == peer)
			return &sim->drivers[i];
	return NULL;
}

static void took_order(struct sim *sim, struct sim_driver *driver, const struct driver_order *order)
{
	/* Promise 2 begins here: the order left. */
	audit_promise_order(&sim->audit, (uint64_t)order->entry, (size_t)order->event, order->name);
	CHECK((uint64_t)order->entry < journal_size(hub_journal(sim->hub)));
	sim->outcome->orders++;
	if (driver->made == REPORTS_MAX || roll(sim, 8) == 0) /* now and then a driver never answers */
		return;
	driver->made++;
	driver->reports[driver->made].reader = 0;
	driver->reports[driver->made].entry = order->entry;
	driver->reports[driver->made].event = order->event;
}

static void took_ack(struct sim *sim, struct sim_driver *driver, int64_t sequence)
{
	CHECK(sequence <= driver->made);
	audit_promise_report(&sim->audit, str_of(driver->name), driver->boot, sequence);
	if (sequence > driver->acked)
		driver->acked = sequence;
	sim->outcome->acknowledged++;
}

static void driver_heard(struct sim *sim, struct sim_driver *driver, const struct core_line *line)
{
	switch (line->kind) {
	case CORE_LINE_CONFIG:
		driver->must_say_hello = true;
		break;
	case CORE_LINE_ORDER:
		took_order(sim, driver, &line->order);
		break;
	case CORE_LINE_ACK:
		took_ack(sim, driver, line->ack.sequence);
		break;
	case CORE_LINE_REFUSED:
		took_ack(sim, driver, line->refused.sequence);
		break;
	case CORE_LINE_BEGIN:
	case CORE_LINE_DESIRED:
	case CORE_LINE_TABLE:
	case CORE_LINE_BUSY:
	case CORE_LINE_BAD:
	case CORE_LINE_NONE:
		break;
	}
}

static bool send_line(void *context, unsigned peer, struct str text)
{
	struct sim *sim = context;
	struct sim_driver *driver = driver_of(sim, peer);
	struct json json = json_over(text, &sim->scratch);
	if (driver) {
		struct core_line line;
		CHECK(core_line_read(&json, &line));
		driver_heard(sim, driver, &line);
		return true;
	}
	struct answer_line answer;
	CHECK(answer_line_read(&json, &answer));
	if (answer.kind == ANSWER_LINE_DONE) {
		audit_promise_entry(&sim->audit, (uint64_t)answer.done.entry);
		sim->outcome->acknowledged++;
	}
	return true;
}

/* Beginning and beginning again */

static int boot(struct sim *sim, struct error *error)
{
	static const struct hub_driver drivers[HOUSE_LINES] = {{{"line-0", 6}, {"osdp", 4}, {"sim", 3}, 9600},
							       {{"line-1", 6}, {"osdp", 4}, {"sim", 3}, 9600}};
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	struct hub_options options = {
	    .mission = STR("house"),
	    .journal = {.path = "journal.db", .vfs = "sim", .origin = STR("chancery/house"), .seed = seed_bytes},
	    .rulebooks = sim->rulebooks,
	    .environment = {.program = STR("sim"),
			    .schema = {zeros, 32},
			    .access = {zeros, 32},
			    .zone = STR("UTC"),
			    .offsets = {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = HOUSE_LINES,
	    .outside = {.context = sim, .salt = salt, .send = send_line, .has_room = has_room, .tap = traffic_put}};
	int failed = premises_open(&sim->premises, sim->disk, error);
	if (failed == 0) {
		premises_fill(&sim->premises, &options);
		failed = hub_open(&sim->hub, &options, error);
	}
	if (failed < 0) {
		sim->hub = NULL;
		premises_close(&sim->premises);
		return failed;
	}
	static const struct str roles[] = {{"security_officer", 16}};
	sim->asker = hub_attach_asker(sim->hub, &(struct hub_person){STR("sim"), 0, roles, 1, 0, 0});
	for (size_t i = 0; i < HOUSE_LINES; i++)
		sim->drivers[i].peer = hub_attach_driver(sim->hub, i);
	return 0;
}

static void shut(struct sim *sim)
{
	if (!sim->hub)
		return;
	hub_close(sim->hub);
	premises_close(&sim->premises);
	sim->hub = NULL;
}

static void start_driver(struct sim *sim, size_t i)
{
	struct sim_driver *driver = &sim->drivers[i];
	*driver = (struct sim_driver){.peer = driver->peer, .boot = roll(sim, UINT32_MAX)};
	snprintf(driver->name, sizeof driver->name, "line-%zu", i);
}

/* What happens */

static void say(struct sim *sim, unsigned peer, const char *format, ...) PRINTF(3, 4);

static void say(struct sim *sim, unsigned peer, const char *format, ...)
{
	char line[512];
	va_list args;
	va_start(args, format);
	int length = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	ASSERT(length > 0 && (size_t)length < sizeof line);
	hub_line(sim->hub, peer, (struct str){line, (size_t)length});
}

static void say_report(struct sim *sim, const struct sim_driver *driver, int64_t sequence)
{
	char card[9];
	long long number = sequence;
	if (driver->reports[sequence].reader == 0) {
		say(sim, driver->peer, "{\"done\":{\"sequence\":%lld,\"entry\":%lld,\"event\":%lld}}", number,
		    (long long)driver->reports[sequence].entry, (long long)driver->reports[sequence].event);
		return;
	}
	house_card(driver->reports[sequence].person, card);
	say(sim, driver->peer,
	    "{\"report\":{\"sequence\":%lld,\"ago\":0,\"name\":\"access.card_read\",\"body\":{\"reader\":%llu,"
	    "\"format\":\"wiegand\",\"bits\":26,\"card\":\"%s\"}}}",
	    number, (unsigned long long)driver->reports[sequence].reader, card);
}

static void say_hello(struct sim *sim, struct sim_driver *driver)
{
	driver->must_say_hello = false;
	say(sim, driver->peer,
	    "{\"hello\":{\"contract\":1,\"driver\":\"%s\",\"kind\":\"osdp\",\"boot\":\"%016llx\",\"next\":%lld}}",
	    driver->name, (unsigned long long)driver->boot, (long long)driver->acked + 1);
	for (int64_t i = driver->acked + 1; i <= driver->made; i++)
		say_report(sim, driver, i);
}

static void show_badge(struct sim *sim, struct sim_driver *driver)
{
	if (driver->made == REPORTS_MAX)
		return;
	int64_t sequence = ++driver->made;
	/* Every reader of the house, also those of the other line, and one that does not exist; every person, and one unknown. */
	driver->reports[sequence].reader = 1 + roll(sim, HOUSE_READERS + 1);
	driver->reports[sequence].person = 1 + roll(sim, HOUSE_PEOPLE + 1);
	say_report(sim, driver, sequence);
}

static void send_again(struct sim *sim, struct sim_driver *driver)
{
	if (driver->made > 0)
		say_report(sim, driver, 1 + (int64_t)roll(sim, (uint64_t)driver->made));
}

static void reconnect(struct sim *sim, size_t i, bool new_process)
{
	struct sim_driver *driver = &sim->drivers[i];
	hub_detach(sim->hub, driver->peer);
	if (new_process)
		start_driver(sim, i);
	driver->peer = HUB_PEERS_MAX;
	driver->peer = hub_attach_driver(sim->hub, i);
}

static void command(struct sim *sim)
{
	char text[512];
	struct buf b = BUF(text);
	if (sim->commands < HOUSE_COMMANDS) {
		house_command(sim->commands++, &b);
		hub_line(sim->hub, sim->asker, buf_str(&b));
		return;
	}
	uint64_t badge = 1 + roll(sim, HOUSE_PEOPLE);
	if (roll(sim, 2))
		say(sim, sim->asker,
		    "{\"command\":{\"name\":\"people.suspend_badge\",\"body\":{\"badge\":%llu,\"why\":\"lost\"}}}",
		    (unsigned long long)badge);
	else
		say(sim, sim->asker, "{\"command\":{\"name\":\"people.restore_badge\",\"body\":{\"badge\":%llu}}}",
		    (unsigned long long)badge);
}

static void bad_line(struct sim *sim, unsigned peer)
{
	static const char *const lines[] = {"{",    "{\"report\":{}}",
					    "null", "{\"hello\":{\"contract\":2}}",
					    "\xff", "{\"command\":{\"name\":\"x\",\"body\":{}}}"};
	hub_line(sim->hub, peer, str_of(lines[roll(sim, ARRAY_LEN(lines))]));
}

static void step(struct sim *sim)
{
	size_t line = roll(sim, HOUSE_LINES);
	struct sim_driver *driver = &sim->drivers[line];
	if (driver->must_say_hello)
		say_hello(sim, driver);
	uint64_t what = roll(sim, 100);
	if (sim->commands < HOUSE_COMMANDS)
		command(sim);
	else if (what < 70)
		show_badge(sim, driver);
	else if (what < 80)
		command(sim);
	else if (what < 88)
		send_again(sim, driver);
	else if (what < 92)
		bad_line(sim, roll(sim, 2) ? driver->peer : sim->asker);
	else if (what < 95)
		reconnect(sim, line, false);
	else if (what < 97)
		reconnect(sim, line, true);
	else
		sim->premises.clock_us += (int64_t)roll(sim, what == 99 ? 4 * 3600 : SLOW_SECONDS) * 1000000;
}

/* False when the disk is down. */
static bool commit(struct sim *sim)
{
	struct error error;
	sim->premises.clock_us += 1000 + (int64_t)roll(sim, 200000);
	int more;
	while ((more = hub_commit(sim->hub, &error)) > 0)
		;
	arena_clear(&sim->scratch);
	if (more < 0)
		CHECK(disk_is_down(sim->disk));
	return more == 0;
}

/* False when the disk went down. */
static bool live(struct sim *sim)
{
	for (unsigned i = 0; i < sim->plan->steps; i++) {
		uint64_t lines = sim->commands < HOUSE_COMMANDS ? HOUSE_COMMANDS : 1 + roll(sim, LINES_IN_BATCH);
		for (uint64_t k = 0; k < lines; k++)
			step(sim);
		if (!commit(sim))
			return false;
	}
	return true;
}

/* After the end */

static void recover(struct sim *sim)
{
	struct error error;
	shut(sim);
	disk_restart(sim->disk);
	CHECK_OK(boot(sim, &error), &error);
	if (!sim->hub)
		return;
	audit_journal(&sim->audit, hub_journal(sim->hub), hub_core(sim->hub)->vault, hub_core(sim->hub)->size);
	/* Everything goes on: what was not acknowledged is sent again, and counted once. */
	for (size_t i = 0; i < HOUSE_LINES; i++)
		say_hello(sim, &sim->drivers[i]);
	CHECK(commit(sim));
}

/* The state that was, and the state of a hub that knows nothing but the journal. */
static void compare_states(struct sim *sim)
{
	uint8_t before[32], after[32];
	struct error error;
	audit_state_hash(&hub_core(sim->hub)->state, before);
	shut(sim);
	CHECK_OK(boot(sim, &error), &error);
	if (!sim->hub)
		return;
	audit_state_hash(&hub_core(sim->hub)->state, after);
	CHECK(memcmp(before, after, sizeof before) == 0);
	memcpy(sim->outcome->state_hash, after, sizeof after);
}

static void begin(struct sim *sim, const struct sim_plan *plan, struct sim_outcome *outcome)
{
	static struct hub_danger danger;
	danger = (struct hub_danger){0};
	*outcome = (struct sim_outcome){0};
	*sim = (struct sim){.plan = plan,
			    .outcome = outcome,
			    .dice = plan->seed * 0x9E3779B97F4A7C15u + 1,
			    .premises = {.clock_us = 1795424400000000, /* 2026-11-23T09:00:00Z */
					 .free_bytes = UINT64_MAX,
					 .danger = &danger},
			    .disk = disk_new("sim", plan->seed),
			    .scratch = arena_map(SCRATCH_BYTES),
			    .rulebooks = {rulebook_of_text(&access_request_vocabulary, house_rules())}};
	sim->at = &sim->premises;
	audit_init(&sim->audit);
	for (size_t i = 0; i < HOUSE_LINES; i++)
		start_driver(sim, i);
	if (plan->fail_at)
		disk_fail_at(sim->disk, plan->fail_at, plan->seed);
}

void sim_run(const struct sim_plan *plan, struct sim_outcome *ret_outcome)
{
	static struct sim sim;
	struct error error;
	begin(&sim, plan, ret_outcome);
	bool alive = boot(&sim, &error) == 0 && live(&sim);
	ret_outcome->crashed = !alive;
	ret_outcome->operations = disk_counts(sim.disk).steps;
	disk_fail_at(sim.disk, DISK_NEVER, 0);
	if (!alive) {
		CHECK(disk_is_down(sim.disk));
		recover(&sim);
	}
	if (sim.hub) {
		audit_journal(&sim.audit, hub_journal(sim.hub), hub_core(sim.hub)->vault, hub_core(sim.hub)->size);
		compare_states(&sim);
		ret_outcome->entries = hub_core(sim.hub)->size;
	}
	ret_outcome->granted = sim.audit.granted;
	ret_outcome->denied = sim.audit.denied;
	shut(&sim);
	audit_release(&sim.audit);
	arena_unmap(&sim.scratch);
	disk_free(sim.disk);
}
