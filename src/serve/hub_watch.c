/* hub_watch.c: the machine under the mission: its clock, its disk, and inputs that end this process. */
#include "serve/hub_inner.h"

#include "domain/record/record.h"

#include <sodium.h>

enum {
	LOOK_EVERY_US = 5 * 1000 * 1000,
	STEP_MS = 60 * 1000,
	SET_ASIDE_BYTES = 32,
	TOLD_MS = 5 * 60 * 1000, /* how far a witness's clock may be from ours */
	KILLS_MAX = 2,		 /* an input that ended the process so often is not tried again */
};
static const int64_t gap_ms = INT64_C(7) * 24 * 60 * 60 * 1000;

/* The clock */

static void doubt(struct hub *hub, int64_t machine, int64_t last, enum record_doubt_clock_why why)
{
	struct buf b = arena_buf(&hub->batch);
	if (record_clock_is_doubted(&hub->core.state))
		return;
	record_doubt_clock_write(&b, &(struct record_doubt_clock){machine, last, why});
	hub->watch.doubt_size = hub->core.size;
	hub_start(hub, STR("record.doubt_clock"), arena_keep(&hub->batch, &b));
}

/* A witness's word about a checkpoint that holds the doubt was given behind it, so it is no older one. If it fits this machine's clock, that is right. */
void hub_watch_told(struct hub *hub, struct str witness, int64_t told, uint64_t size)
{
	const struct hub_outside *outside = &hub->options.outside;
	int64_t machine = outside->wall_ms(outside->context);
	if (!record_clock_is_doubted(&hub->core.state) || size <= hub->watch.doubt_size || told < machine - TOLD_MS ||
	    told > machine + TOLD_MS)
		return;
	struct buf b = arena_buf(&hub->batch);
	record_trust_clock_write(&b, &(struct record_trust_clock){witness, told});
	hub_start(hub, STR("record.trust_clock"), arena_keep(&hub->batch, &b));
}

/* At start the greater of the machine's clock and the last entry's counts; a record that has lain for a week, or lies ahead of the machine, may be
 * wrong about it. */
void hub_watch_open(struct hub *hub)
{
	int64_t machine = hub->options.wall, last = hub->last_wall;
	hub->watch.doubt_size = hub->core.size; /* an older doubt is told anew by what comes from now on */
	if (last == 0)
		return;
	if (machine + STEP_MS < last)
		doubt(hub, machine, last, RECORD_DOUBT_CLOCK_WHY_WENT_BACK);
	else if (machine - last > gap_ms)
		doubt(hub, machine, last, RECORD_DOUBT_CLOCK_WHY_LONG_GAP);
}

/* From then on the elapsed clock carries the mission's; that somebody sets the machine's is told, and changes nothing until two people, or a witness, say
 * that it is right. Then the mission's goes forward to it; back it cannot go, and the machine's may stay behind it by as much as it is now. */
static void watch_clock(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_watch *watch = &hub->watch;
	int64_t machine = outside->wall_ms(outside->context), ours = hub_wall(hub);
	if (watch->was_doubted && !record_clock_is_doubted(&hub->core.state)) {
		watch->behind_ms = machine < ours ? ours - machine : 0;
		if (machine > ours)
			hub->wall_base += machine - ours;
		ours = hub_wall(hub);
	}
	int64_t apart = machine + watch->behind_ms - ours;
	if (apart > STEP_MS || apart < -STEP_MS)
		doubt(hub, machine, ours, RECORD_DOUBT_CLOCK_WHY_JUMPED);
	watch->was_doubted = record_clock_is_doubted(&hub->core.state);
}

/* The disk */

bool hub_space_is_low(const struct hub *hub)
{
	return hub->watch.space_is_low;
}

static void watch_space(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_watch *watch = &hub->watch;
	uint64_t low = hub->options.space_low_bytes;
	uint64_t free_bytes = outside->free_bytes(outside->context); /* UINT64_MAX: nobody can tell */
	watch->free_bytes = free_bytes < JSON_INT_MAX ? free_bytes : JSON_INT_MAX;
	bool is_low = watch->free_bytes < (watch->space_is_low ? 2 * low : low);
	if (is_low == watch->space_is_low)
		return;
	watch->space_is_low = is_low;
	struct buf b = arena_buf(&hub->batch);
	record_change_space_write(&b, &(struct record_change_space){(int64_t)watch->free_bytes, is_low});
	hub_start(hub, STR("record.change_space"), arena_keep(&hub->batch, &b));
}

/* Who says that the clock is right means what it says at that moment, not what somebody makes it say before the next look. */
void hub_watch_step(struct hub *hub)
{
	int64_t now_us = hub_elapsed_us(hub);
	bool confirmed = hub->watch.was_doubted && !record_clock_is_doubted(&hub->core.state);
	if (!confirmed && hub->watch.looked_us != 0 && now_us - hub->watch.looked_us < LOOK_EVERY_US)
		return;
	hub->watch.looked_us = now_us;
	watch_clock(hub);
	watch_space(hub);
}

/* Inputs that end the process: what is being decided stands in memory that outlives it (core_process.c). */

static uint64_t input_hash(const struct core_input *input)
{
	return str_hash(input->name) * 31 + str_hash(input->body);
}

static struct hub_suspect *suspect_of(struct hub_danger *danger, uint64_t hash)
{
	for (size_t i = 0; i < HUB_SUSPECTS_MAX; i++)
		if (danger->suspects[i].hash == hash)
			return &danger->suspects[i];
	return NULL;
}

size_t hub_set_aside_count(const struct hub *hub)
{
	const struct hub_danger *danger = hub->options.danger;
	size_t n = 0;
	for (size_t i = 0; danger && i < HUB_SUSPECTS_MAX; i++)
		n += danger->suspects[i].kills >= KILLS_MAX;
	return n;
}

void hub_watch_recall(struct hub *hub)
{
	struct hub_danger *danger = hub->options.danger;
	if (!danger || danger->now == 0)
		return;
	struct hub_suspect *suspect = suspect_of(danger, danger->now);
	if (!suspect)
		suspect = &danger->suspects[danger->n++ % HUB_SUSPECTS_MAX];
	if (suspect->hash != danger->now)
		*suspect = (struct hub_suspect){.hash = danger->now};
	suspect->kills++;
	danger->now = 0;
}

static bool begin(struct hub *hub, uint64_t hash)
{
	struct hub_danger *danger = hub->options.danger;
	const struct hub_suspect *suspect = danger ? suspect_of(danger, hash) : NULL;
	if (suspect && suspect->kills >= KILLS_MAX)
		return false;
	if (danger)
		danger->now = hash;
	return true;
}

bool hub_watch_begin(struct hub *hub, const struct core_input *input)
{
	return input->from.kind == ENTRY_FROM_CORE || begin(hub, input_hash(input));
}

bool hub_watch_timer(struct hub *hub, struct str name, uint64_t row)
{
	if (begin(hub, str_hash(name) * 31 + row))
		return true;
	struct buf b = arena_buf(&hub->batch);
	record_stop_timer_write(&b, &(struct record_stop_timer){name, (int64_t)row});
	hub_start(hub, STR("record.stop_timer"), arena_keep(&hub->batch, &b));
	return false;
}

void hub_watch_end(struct hub *hub)
{
	if (hub->options.danger)
		hub->options.danger->now = 0;
}

void hub_watch_set_aside(struct hub *hub, const struct core_input *input, struct core_result *ret_result)
{
	uint8_t hash[SET_ASIDE_BYTES];
	struct buf b = arena_buf(&hub->batch);
	struct str name = {input->name.at, input->name.len < 64 ? input->name.len : 64};
	bool report = input->from.kind == ENTRY_FROM_DRIVER;
	/* Under a key: a card's number could be found by trying all of them. */
	crypto_generichash(hash, sizeof hash, (const uint8_t *)input->body.at, input->body.len, hub->options.cursor_key,
			   CURSOR_KEY_BYTES);
	record_put_aside_write(&b, &(struct record_put_aside){name, {(const char *)hash, sizeof hash}});
	struct core_input aside = {.kind = report ? ENTRY_INPUT_KIND_REPORT : ENTRY_INPUT_KIND_START,
				   .name = report ? STR("record.lay_aside") : STR("record.put_aside"),
				   .body = arena_keep(&hub->batch, &b),
				   .from = {.kind = ENTRY_FROM_CORE}};
	if (report)
		aside.from = input->from;
	hub_turn_plainly(hub, &aside, ret_result);
}
