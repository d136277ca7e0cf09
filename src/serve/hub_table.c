/* hub_table.c: grant tables: what each driver's doors decide by when this process does not answer (grant/grant.h).
 *
 * A table is made by a process of its own, from a copy of the state, whenever something has changed that it may rest on, and before the last one runs out. Its
 * number and hash are entered; then its parts are sent, and the driver's confirmation is entered too: only then is it known that what an older table allowed
 * is allowed no more. The bytes are not kept: a new process makes new tables.
 */
#include "serve/hub_inner.h"

#include "base/log.h"
#include "domain/access/access_table.h"
#include "grant/grant_seal.h"
#include "schema/text.h"
#include "serve/kept.h"

#include <sodium.h>
#include <stdlib.h>

enum {
	PART_BYTES = 24000,	     /* DriverTable.data */
	QUIET_US = 1000 * 1000,	     /* after the last change */
	SOON_US = 10 * 1000 * 1000,  /* after the first, whatever else changes */
	BEGIN_US = 2 * 1000 * 1000,  /* after the start */
	AGAIN_US = 60 * 1000 * 1000, /* after one that could not be made */
	RENEW_MS = GRANT_VALID_MS / 2,
	NUMBER_BITS = 40, /* of a table in one incarnation */
};

/* In shared memory: what the other process made. */
struct table_job {
	size_t len; /* 0: nothing */
	int64_t badges;
	char what[200];
};

/* A change */

static void make_at(struct hub_table *table, int64_t now_us, int64_t after_us)
{
	if (table->due_us == 0)
		table->latest_us = now_us + (after_us > SOON_US ? after_us : SOON_US);
	table->due_us = now_us + after_us < table->latest_us ? now_us + after_us : table->latest_us;
}

void hub_table_changed(struct hub *hub, const struct core_input *input)
{
	static const char *const domains[] = {"people.", "doors.", "site.", "mission.", "access."};
	bool matters = false; /* what time alone changes stands in the table */
	for (size_t i = 0; i < ARRAY_LEN(domains); i++)
		matters |= str_starts(input->name, str_of(domains[i]));
	if (!matters || input->kind == ENTRY_INPUT_KIND_REPORT || !hub->options.drivers_key)
		return;
	for (size_t i = 0; i < hub->options.n_drivers; i++)
		make_at(&hub->tables.of[i], hub_elapsed_us(hub), QUIET_US);
}

void hub_table_begin(struct hub *hub)
{
	for (size_t i = 0; i < hub->options.n_drivers && hub->options.drivers_key; i++)
		make_at(&hub->tables.of[i], hub_elapsed_us(hub), BEGIN_US);
}

void hub_table_close(struct hub *hub)
{
	for (size_t i = 0; i < HUB_DRIVERS_MAX; i++)
		free(hub->tables.of[i].at);
	if (hub->tables.made.at)
		arena_unmap(&hub->tables.made);
}

/* Making */

struct tokens {
	uint8_t key[GRANT_KEY_BYTES];
	const uint8_t *salt;
};

static void make_token(void *context, int64_t bits, struct str card, uint8_t ret_token[GRANT_TOKEN_BYTES])
{
	const struct tokens *tokens = context;
	grant_token(tokens->key, tokens->salt, (uint16_t)bits, card, ret_token);
}

static int make(void *context, void *shared)
{
	struct hub *hub = context;
	struct table_job *job = shared;
	const struct hub_tables *tables = &hub->tables;
	struct tokens tokens = {.salt = tables->head.salt};
	uint8_t driver_key[CRYPT_KEY_BYTES];
	struct arena arena = arena_map(ACCESS_TABLE_BYTES);
	struct buf out = {.at = tables->made.at, .size = GRANT_BYTES_MAX};
	kept_driver_key(hub->options.drivers_key, tables->head.driver, driver_key);
	grant_token_key(driver_key, tokens.key);
	const char *wrong = access_table_make(&hub->core.state, hub->core.rulebooks.access, &tables->head, make_token,
					      &tokens, &arena, &out, &job->badges);
	if (wrong) {
		snprintf(job->what, sizeof job->what, "%s", wrong);
	} else {
		grant_sign(out.at, out.len, hub->table_seed);
		job->len = out.len;
	}
	crypt_wipe(driver_key, sizeof driver_key);
	crypt_wipe(&tokens, sizeof tokens);
	arena_unmap(&arena);
	return 0;
}

static uint64_t next_number(const struct hub *hub, struct str driver)
{
	const struct driver *row = driver_by_name(&hub->core.state, driver);
	uint64_t first = ((uint64_t)hub->core.incarnation << NUMBER_BITS) + 1, issued = row ? (uint64_t)row->issued : 0;
	return issued >= first ? issued + 1 : first;
}

int64_t hub_table_wanted(const struct hub *hub, size_t driver)
{
	const struct driver *row = driver_by_name(&hub->core.state, hub->options.drivers[driver].name);
	bool is_due = hub->tables.of[driver].due_us != 0;
	bool is_made = hub->work == HUB_WORK_TABLE && hub->tables.making == driver;
	if (!hub->options.drivers_key)
		return 0;
	/* One that is being made was begun before what is due now. */
	if (is_due || is_made)
		return (int64_t)next_number(hub, hub->options.drivers[driver].name) + (is_due && is_made);
	return row ? row->issued : 0;
}

static void begin_making(struct hub *hub, size_t driver)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_tables *tables = &hub->tables;
	struct str name = hub->options.drivers[driver].name;
	int64_t now = hub_wall(hub);
	if (!tables->made.at)
		tables->made = arena_map_shared(GRANT_BYTES_MAX);
	tables->making = driver;
	tables->of[driver].due_us = 0;
	tables->head = (struct grant_head){.number = next_number(hub, name),
					   .made = now,
					   .until = now + GRANT_VALID_MS,
					   .mission = hub->options.mission,
					   .driver = name};
	outside->salt(outside->context, tables->head.salt, sizeof tables->head.salt);
	*(struct table_job *)outside->shared(outside->context, sizeof(struct table_job)) = (struct table_job){0};
	hub->work = HUB_WORK_TABLE;
	outside->work(outside->context, make, hub);
}

/* It is sent once its entry is durable. */
static void issue(struct hub *hub, struct hub_table *table, const struct table_job *job)
{
	const struct hub_tables *tables = &hub->tables;
	uint8_t hash[crypto_hash_sha256_BYTES];
	struct buf b = arena_buf(&hub->batch);
	crypto_hash_sha256(hash, tables->made.at, job->len);
	drivers_issue_table_write(&b, &(struct drivers_issue_table){.driver = tables->head.driver,
								    .number = (int64_t)tables->head.number,
								    .until = tables->head.until,
								    .hash = {(const char *)hash, sizeof hash},
								    .badges = job->badges});
	free(table->at);
	*table = (struct hub_table){.at = malloc(job->len),
				    .len = job->len,
				    .number = tables->head.number,
				    .until = tables->head.until,
				    .entry = hub->core.size,
				    .due_us = table->due_us,
				    .latest_us = table->latest_us};
	ASSERT(table->at);
	memcpy(table->at, tables->made.at, job->len);
	hub_start(hub, STR("drivers.issue_table"), arena_keep(&hub->batch, &b));
}

static void end_making(struct hub *hub, bool done)
{
	const struct hub_outside *outside = &hub->options.outside;
	const struct table_job *job = outside->shared(outside->context, sizeof *job);
	struct hub_table *table = &hub->tables.of[hub->tables.making];
	hub->work = HUB_WORK_NONE;
	if (done && job->len > 0) {
		issue(hub, table, job);
		return;
	}
	struct error error;
	error_set(&error, ERROR_LIMIT, "%s", done && job->what[0] ? job->what : "the process that made it ended");
	LOG(table_not_made, .driver = (int64_t)hub->tables.making + 1, .why = &error);
	make_at(table, hub_elapsed_us(hub), AGAIN_US);
}

/* Sending */

static void send_part(struct hub *hub, unsigned peer, struct hub_table *table)
{
	size_t at = (size_t)table->sent * PART_BYTES, left = table->len - at;
	struct driver_table part = {.number = (int64_t)table->number,
				    .part = (int64_t)table->sent + 1,
				    .of = (int64_t)((table->len + PART_BYTES - 1) / PART_BYTES),
				    .data = {(const char *)table->at + at, left < PART_BYTES ? left : PART_BYTES}};
	struct buf b = arena_buf(&hub->piece);
	core_line_write(&b, &(struct core_line){.kind = CORE_LINE_TABLE, .table = part});
	if (hub_send(hub, peer, arena_keep(&hub->piece, &b)))
		table->sent++;
	else
		hub_detach(hub, peer);
}

/* One part a step for each driver that has room. True when there is more to send at once. */
static bool send_parts(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	bool more = false;
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		const struct peer *p = &hub->peers[peer];
		if (p->kind != PEER_DRIVER || !p->driver.said_hello || p->driver.repeats_orders)
			continue;
		struct hub_table *table = &hub->tables.of[p->driver.index];
		bool waits = table->at && table->entry < journal_size(hub->journal) &&
			     (size_t)table->sent * PART_BYTES < table->len;
		if (!waits || !outside->has_room(outside->context, peer))
			continue;
		arena_clear(&hub->piece);
		send_part(hub, peer, table);
		more = true;
	}
	return more;
}

/* A driver that begins anew may have lost what it had. */
void hub_table_hello(struct hub *hub, size_t driver)
{
	hub->tables.of[driver].sent = 0;
}

/* Which table a driver would decide by now; what is being sent is not known to it yet. */
void hub_table_heartbeat(struct hub *hub, size_t driver, int64_t number)
{
	struct hub_table *table = &hub->tables.of[driver];
	const struct driver *row = driver_by_name(&hub->core.state, hub->options.drivers[driver].name);
	if (!hub->options.drivers_key || !row || row->confirmed == 0 || number >= row->confirmed)
		return;
	if (table->at)
		table->sent = 0;
	else if (table->due_us == 0)
		make_at(table, hub_elapsed_us(hub), QUIET_US);
}

bool hub_table_step(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	int64_t now_us = hub_elapsed_us(hub);
	bool done;
	if (hub->work == HUB_WORK_TABLE && outside->work_ended(outside->context, &done))
		end_making(hub, done);
	for (size_t i = 0; i < hub->options.n_drivers && hub->work == HUB_WORK_NONE; i++) {
		struct hub_table *table = &hub->tables.of[i];
		if (table->at && table->due_us == 0 && table->until - hub_wall(hub) < RENEW_MS)
			make_at(table, now_us, QUIET_US);
		if (table->due_us != 0 && table->due_us <= now_us)
			begin_making(hub, i);
	}
	return send_parts(hub);
}

int64_t hub_table_due_us(const struct hub *hub)
{
	int64_t due = INT64_MAX;
	for (size_t i = 0; i < hub->options.n_drivers; i++)
		if (hub->tables.of[i].due_us != 0 && hub->tables.of[i].due_us < due)
			due = hub->tables.of[i].due_us;
	return hub->work == HUB_WORK_NONE ? due : INT64_MAX;
}
