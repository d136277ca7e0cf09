#include "sim/rig.h"

#include "base/traffic.h"
#include "domain/access/access.h"
#include "rules/rulebook_text.h"
#include "schema/words.h"
#include "sim/audit.h"

enum { ARENA_BYTES = 128 << 20 };

struct rig rig;
static struct arena danger; /* also of processes that a test forks */

/* The hub's outside */

/* No two are the same, in any run. */
static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint64_t number;
	memset(ret_bytes, context != NULL, n);
	number++;
	memcpy(ret_bytes, &number, sizeof number);
}

static bool send_line(void *context, unsigned peer, struct str line)
{
	struct rig *r = context;
	if (r->deaf[peer])
		return false;
	ASSERT(r->n_heard < RIG_HEARD_MAX);
	r->heard[r->n_heard].peer = peer;
	r->heard[r->n_heard++].line = arena_str(&r->arena, line);
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	return !((struct rig *)context)->slow[peer];
}

/* Beginning and ending */

static const struct hub_driver drivers[HOUSE_LINES] = {{{"line-0", 6}, {"osdp", 4}, {"dev-0", 5}, 9600},
						       {{"line-1", 6}, {"osdp", 4}, {"dev-1", 5}, 9600}};

void rig_new(void)
{
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	static const uint8_t seed[32] = {7};
	static const struct rulebook *rulebook;
	if (!rulebook)
		rulebook = rulebook_of_text(&access_request_vocabulary, house_rules());
	danger = arena_map_shared(sizeof(struct hub_danger));
	rig = (struct rig){.disk = disk_new("rig", 1),
			   .premises = {.clock_us = RIG_WALL * 1000,
					.free_bytes = UINT64_MAX,
					.danger = ARENA_TAKE(&danger, struct hub_danger, 1)},
			   .arena = arena_map(ARENA_BYTES)};
	rig.at = &rig.premises;
	rig.options = (struct hub_options){
	    .mission = STR("house"),
	    .journal = {.path = "journal.db", .vfs = "rig", .origin = STR("chancery/house"), .seed = seed},
	    .rulebooks = {rulebook},
	    .environment = {STR("test"), {zeros, 32}, {zeros, 32}, STR("UTC"), {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = HOUSE_LINES,
	    .outside = {.context = &rig, .salt = salt, .send = send_line, .has_room = has_room}};
	/* What the trial's schema says is not the mission's (tests/trial). */
	if (!words_of_command(STR("trial.arm")))
		rig.options.outside.tap = traffic_put;
}

void rig_end(void)
{
	rig_close();
	arena_unmap(&danger);
	disk_free(rig.disk);
	arena_unmap(&rig.arena);
}

static const struct rig_person {
	struct str login, role;
	unsigned clearance;
	uint64_t person;
} people[] = {
    {{"ana", 3}, {"security_officer", 16}, 3, 0},
    {{"ben", 3}, {"security_officer", 16}, 3, 0},
    {{"cleo", 4}, {"duty_officer", 12}, 0, 0},
    {{"dan", 3}, {"auditor", 7}, 0, 0},
    {{"eva", 3}, {"administrator", 13}, 0, 0},
    {{"finn", 4}, {"guard", 5}, 0, 0},
    {{"gil", 3}, {"reception", 9}, 0, 0},
    {{"hal", 3}, {"staff", 5}, 0, 1},
    {{"ida", 3}, {"", 0}, 0, 0},
};

void rig_attach(enum rig_who who)
{
	unsigned peer;
	if (who <= ONE) {
		peer = hub_attach_driver(rig.hub, who);
	} else if (who == COSIGN) {
		peer = hub_attach_cosign(rig.hub);
	} else {
		const struct rig_person *p = &people[who - OFFICER];
		peer = hub_attach_asker(rig.hub, &(struct hub_person){p->login, 1000 + (uint32_t)who, &p->role,
								      p->role.len > 0, p->clearance, p->person});
	}
	ASSERT(peer == who);
}

int rig_try_open(struct error *error)
{
	int failed = premises_open(&rig.premises, rig.disk, error);
	if (failed < 0)
		return failed;
	premises_fill(&rig.premises, &rig.options);
	if (rig.forks.work) {
		rig.options.outside.work = rig.forks.work;
		rig.options.outside.work_ended = rig.forks.work_ended;
		rig.options.outside.shared = rig.forks.shared;
	}
	failed = hub_open(&rig.hub, &rig.options, error);
	if (failed < 0) {
		rig.hub = NULL;
		premises_close(&rig.premises);
		return failed;
	}
	for (enum rig_who who = ZERO; who < RIG_PEERS_END; who = who == ONE ? OFFICER : who + 1)
		rig_attach(who);
	return 0;
}

void rig_open(void)
{
	struct error error;
	int opened = rig_try_open(&error);
	CHECK_OK(opened, &error);
	ASSERT(opened == 0);
}

void rig_close(void)
{
	if (!rig.hub)
		return;
	hub_close(rig.hub);
	premises_close(&rig.premises);
	rig.hub = NULL;
}

void rig_reopen(void)
{
	rig_close();
	rig_open();
}

void rig_begin(void)
{
	rig_new();
	rig.premises.clock_us -= HUB_CONFIG_QUIET_MS * 1000;
	rig_open();
	for (size_t i = 0; i < HOUSE_COMMANDS; i++) {
		struct buf b = arena_buf(&rig.arena);
		house_command(i, &b);
		rig_line(OFFICER, buf_str(&b));
	}
	rig_commit();
	/* Settings go to the drivers, which then say hello. */
	rig_wait_ms(HUB_CONFIG_QUIET_MS);
	rig_say(ZERO, HELLO("0", "1"));
	rig_say(ONE, HELLO("1", "1"));
	rig_commit();
	rig_forget();
	ASSERT(rig_entries() == 0);
}

void rig_power_failure(void)
{
	if (!disk_is_down(rig.disk))
		disk_crash(rig.disk, 3);
	rig_close();
	disk_restart(rig.disk);
	rig_forget();
	rig_open();
	rig_commit();
}

/* Lines in, lines out */

void rig_line(enum rig_who who, struct str line)
{
	hub_line(rig.hub, who, line);
}

void rig_say(enum rig_who who, const char *text)
{
	char line[2048];
	size_t length = strlen(text);
	ASSERT(length < sizeof line);
	for (size_t i = 0; i < length; i++)
		line[i] = text[i] == '\'' ? '"' : text[i];
	rig_line(who, (struct str){line, length});
}

void rig_commit(void)
{
	const struct premises *p = &rig.premises;
	struct error error;
	int more;
	do
		more = hub_commit(rig.hub, &error);
	while (more > 0 || (more == 0 && p->is_working && p->work_left == 0));
	CHECK_OK(more, &error);
}

void rig_wait_ms(int64_t ms)
{
	rig.premises.clock_us += ms * 1000;
	if (rig.premises.wall_us)
		rig.premises.wall_us += ms * 1000;
	rig_commit();
}

void rig_fill_orders(void)
{
	for (int i = 1; i <= RIG_ORDERS_FULL; i++) {
		char line[256];
		snprintf(line, sizeof line, SHOW("%d", "1", CARD_UNKNOWN), i);
		rig_say(ONE, line);
		if (hub_is_full(rig.hub))
			rig_commit();
	}
	rig_commit();
	rig_forget();
	CHECK_INT(order_count(rig_state()), RIG_ORDERS_FULL);
}

/* With ' for ", and without marks of entries, which tell nothing. */
static void put_shown(struct buf *b, struct str line)
{
	static const char mark[] = "\"at\":\"";
	enum { MARK_BYTES = sizeof mark - 1 + CURSOR_TEXT_BYTES + 2 };
	for (size_t k = 0; k < line.len; k++) {
		if (line.len - k >= MARK_BYTES && memcmp(line.at + k, mark, sizeof mark - 1) == 0)
			k += MARK_BYTES;
		buf_put_char(b, line.at[k] == '"' ? '\'' : line.at[k]);
	}
}

struct str rig_heard(enum rig_who who)
{
	struct buf b = arena_buf(&rig.arena);
	size_t kept = 0;
	for (size_t i = 0; i < rig.n_heard; i++) {
		struct str line = rig.heard[i].line;
		if (rig.heard[i].peer != who) {
			rig.heard[kept++] = rig.heard[i];
			continue;
		}
		if (b.len > 0)
			buf_put_char(&b, '\n');
		put_shown(&b, line);
	}
	rig.n_heard = kept;
	return arena_keep(&rig.arena, &b);
}

struct str rig_told(enum rig_who who)
{
	rig_commit();
	return rig_heard(who);
}

void rig_forget(void)
{
	rig.n_heard = 0;
	arena_clear(&rig.arena);
}

size_t rig_ask(enum rig_who who, const struct ask_line *line, struct answer_line *ret_answers, size_t max)
{
	struct buf b = arena_buf(&rig.arena);
	size_t n = 0;
	ask_line_write(&b, line);
	rig_line(who, arena_keep(&rig.arena, &b));
	rig.n_heard = 0;
	rig_commit();
	for (size_t i = 0; i < rig.n_heard && n < max; i++) {
		struct json json = json_over(rig.heard[i].line, &rig.arena);
		bool is_read = rig.heard[i].peer != (unsigned)who || answer_line_read(&json, &ret_answers[n]);
		CHECK(is_read);
		n += rig.heard[i].peer == (unsigned)who && is_read;
	}
	return n;
}

struct answer_line rig_ask_one(enum rig_who who, struct ask_line line)
{
	struct answer_line answers[2] = {{0}};
	size_t n = rig_ask(who, &line, answers, 2);
	CHECK_INT(n, 1);
	return answers[0];
}

/* What there is */

size_t rig_entries(void)
{
	return hub_core(rig.hub)->size - RIG_FURNISHED;
}

static int keep_body(void *context, uint64_t index, struct str body)
{
	ASSERT(index < hub_core(rig.hub)->size);
	*(struct str *)context = arena_str(&rig.arena, body);
	return 0;
}

struct str rig_entry(uint64_t index)
{
	struct error error;
	struct str body = {0};
	CHECK_OK(journal_read(hub_journal(rig.hub), index, 1, keep_body, &body, &error), &error);
	return body;
}

const struct state *rig_state(void)
{
	return &hub_core(rig.hub)->state;
}

struct rig_hash rig_hash(void)
{
	struct rig_hash hash;
	audit_state_hash(rig_state(), hash.at);
	return hash;
}

struct str rig_numbers(struct str text)
{
	struct buf b = arena_buf(&rig.arena);
	while (text.len > 0) {
		struct str line = text, number, rest;
		if (!str_cut(text, '\n', &line, &text))
			text.len = 0;
		const char *index = memmem(line.at, line.len, "'index':", 8);
		if (index && str_cut((struct str){index + 8, 20}, ',', &number, &rest))
			line = number;
		if (b.len > 0)
			buf_put_char(&b, ' ');
		buf_put_str(&b, line);
	}
	return arena_keep(&rig.arena, &b);
}

void rig_play(const struct rig_step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (steps[i].line)
			rig_say(steps[i].who, steps[i].line);
		if (steps[i].line && steps[i].told)
			rig_commit();
		if (steps[i].told)
			CHECK_HEARD(steps[i].who, steps[i].told);
	}
}
