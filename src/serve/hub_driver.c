/* hub_driver.c: the lines of drivers (src/schema/contract.yaml: DriverLine, CoreLine). */
#include "serve/hub_inner.h"

#include "domain/access/access.h"
#include "domain/drivers/drivers.h"
#include "schema/text.h"

static const struct hub_driver *driver_of(const struct hub *hub, unsigned peer)
{
	return &hub->options.drivers[hub->peers[peer].driver.index];
}

static void park(struct hub *hub, unsigned peer, const struct core_line *line)
{
	struct buf b = hub_park_begin(hub);
	core_line_write(&b, line);
	hub_park_end(hub, peer, &b);
}

/* Settings and hello */

/* The readers on this driver's line that have a key; one without a key is not polled at all, because it must never speak in the clear. */
static struct str osdp_settings_json(struct hub *hub, const struct hub_driver *driver)
{
	enum { ADDRESSES = 127, KEY_BYTES = 16 };
	struct osdp_reader *readers = ARENA_TAKE(&hub->batch, struct osdp_reader, ADDRESSES);
	uint8_t(*keys)[KEY_BYTES] = arena_take(&hub->batch, ADDRESSES, sizeof *keys);
	size_t n = 0;
	const struct reader *row = reader_first_by_line(&hub->core.state, driver->name);
	for (; row; row = reader_next_by_line(&hub->core.state, row)) {
		ASSERT(n < ADDRESSES);
		if (!row->has_key || hub_door_secret(hub, row->key, keys[n], KEY_BYTES) != KEY_BYTES)
			continue;
		readers[n] = (struct osdp_reader){.reader = row->reader,
						  .address = row->address,
						  .key = {(const char *)keys[n], sizeof keys[n]},
						  .output = row->output};
		n++;
	}
	struct osdp_settings settings = {.device = driver->device, .baud = driver->baud, .readers = {n, readers}};
	struct buf b = arena_buf(&hub->batch);
	osdp_settings_write(&b, &settings);
	return arena_keep(&hub->batch, &b);
}

void hub_driver_config(struct hub *hub, unsigned peer)
{
	const struct hub_driver *driver = driver_of(hub, peer);
	struct driver_config config = {.contract = 1,
				       .driver = driver->name,
				       .now = hub_wall(hub),
				       .answer = ACCESS_ANSWER_MS,
				       .settings = osdp_settings_json(hub, driver)};
	const struct driver *row = driver_by_name(&hub->core.state, driver->name);
	uint8_t table_key[GRANT_KEY_BYTES];
	grant_public_key(hub->table_seed, table_key);
	config.has_table_key = hub->options.drivers_key != NULL;
	config.table_key = (struct str){(const char *)table_key, sizeof table_key};
	if (row && row->sequence > 0) {
		config.has_accepted = true;
		config.accepted = (struct driver_accepted){.boot = text_str(row->boot), .sequence = row->sequence};
	}
	hub->peers[peer].driver.said_hello = hub->peers[peer].driver.repeats_orders = false;
	park(hub, peer, &(struct core_line){.kind = CORE_LINE_CONFIG, .config = config});
}

/* Which readers there are, and which key each of them has. */
uint64_t hub_driver_readers(const struct hub *hub)
{
	uint64_t mark = reader_count(&hub->core.state);
	for (const struct reader *row = reader_after(&hub->core.state, 0); row;
	     row = reader_after(&hub->core.state, row->reader))
		mark = mark * 31 + row->key;
	return mark;
}

/* After commands about doors: when readers or keys were added, every driver is told anew, once they have stopped being added. */
void hub_driver_readers_changed(struct hub *hub, struct str command)
{
	const struct hub_outside *outside = &hub->options.outside;
	uint64_t readers = str_starts(command, STR("doors.")) ? hub_driver_readers(hub) : hub->readers_told;
	if (readers == hub->readers_told)
		return;
	hub->readers_told = readers;
	for (size_t i = 0; i < hub->options.n_drivers; i++)
		hub->config_due_us[i] = outside->elapsed_us(outside->context) + HUB_CONFIG_QUIET_MS * 1000;
}

/* Orders and desired states leave when their entries are durable, as they stand then: what was answered or is over by then does not leave, and the time that
 * a line tells is the time at which it leaves. */

static void park_desired(struct hub *hub, unsigned peer, const struct desired *row)
{
	struct driver_desired line = {.entry = row->entry,
				      .event = row->event,
				      .name = text_str(row->name),
				      .key = text_str(row->device),
				      .body = text_str(row->body)};
	park(hub, peer, &(struct core_line){.kind = CORE_LINE_DESIRED, .desired = line});
}

/* How its devices are to be, by entries from this one on. */
static void park_all_desired(struct hub *hub, unsigned peer, uint64_t from)
{
	const struct desired *row = desired_first_by_driver(&hub->core.state, driver_of(hub, peer)->name);
	for (; row; row = desired_next_by_driver(&hub->core.state, row))
		if ((uint64_t)row->entry >= from)
			park_desired(hub, peer, row);
}

static void park_order(struct hub *hub, unsigned peer, const struct order *row)
{
	struct str boot = {(const char *)hub->peers[peer].driver.boot, sizeof hub->peers[peer].driver.boot};
	uint64_t number = row->order - 1;
	struct driver_order line = {.entry = (int64_t)(number / TURN_EVENTS_MAX),
				    .event = (int64_t)(number % TURN_EVENTS_MAX),
				    .name = text_str(row->name),
				    .now = hub_wall(hub),
				    .not_after = row->not_after,
				    .body = text_str(row->body)};
	if (row->has_boot && str_eq(text_str(row->boot), boot)) {
		line.has_answers = row->answers != 0;
		line.answers = row->answers;
	}
	park(hub, peer, &(struct core_line){.kind = CORE_LINE_ORDER, .order = line});
}

/* Orders of entries from this one on that wait for an answer, oldest first. */
static void park_orders(struct hub *hub, unsigned peer, uint64_t from)
{
	struct str name = driver_of(hub, peer)->name;
	const struct order *row = order_after(&hub->core.state, from * TURN_EVENTS_MAX);
	for (; row; row = order_after(&hub->core.state, row->order))
		if (str_eq(text_str(row->driver), name))
			park_order(hub, peer, row);
}

static void hello(struct hub *hub, unsigned peer, const struct driver_hello *hello)
{
	if (!str_eq(hello->driver, driver_of(hub, peer)->name)) {
		hub_bad(hub, peer, 0, "hello names another driver", "Answer with the name that config gave.");
		return;
	}
	struct peer_driver *driver = &hub->peers[peer].driver;
	memcpy(driver->boot, hello->boot.at, sizeof driver->boot);
	driver->said_hello = driver->repeats_orders = true;
	driver->reports = 0;
	driver->busy = 0;
	driver->ack = 0; /* was of reports that it sends again, or of another boot */
	driver->behind_ms = INT64_MAX;
	hub_table_hello(hub, driver->index);
}

bool hub_driver_is_back(const struct hub *hub, size_t driver)
{
	size_t devices = 0;
	const struct reader *row = reader_first_by_line(&hub->core.state, hub->options.drivers[driver].name);
	for (; row; row = reader_next_by_line(&hub->core.state, row))
		devices++;
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		const struct peer *p = &hub->peers[peer];
		if (p->kind == PEER_DRIVER && p->driver.index == driver)
			return p->driver.said_hello && p->driver.reports >= devices;
	}
	return false;
}

/* Reports */

/* One line a batch: an acknowledgement is for everything up to its sequence. */
static void ack(struct hub *hub, unsigned peer, int64_t sequence)
{
	struct peer_driver *driver = &hub->peers[peer].driver;
	if (sequence > driver->ack)
		driver->ack = sequence;
}

/* A driver that has said hello gets all that it is to know and to do, also what it was told before: it may have done an order, then it answers at
 * once; or the order's time is over, then it says so. */
void hub_driver_park(struct hub *hub, uint64_t from)
{
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		struct peer_driver *driver = &hub->peers[peer].driver;
		if (hub->peers[peer].kind != PEER_DRIVER)
			continue;
		if (driver->said_hello && !driver->repeats_orders) {
			park_all_desired(hub, peer, from);
			park_orders(hub, peer, from);
		}
		if (driver->ack != 0)
			park(hub, peer, &(struct core_line){.kind = CORE_LINE_ACK, .ack = {driver->ack}});
		if (driver->repeats_orders) {
			park_all_desired(hub, peer, 0);
			park_orders(hub, peer, 0);
		}
		driver->ack = 0;
		driver->repeats_orders = false;
	}
}

static void busy(struct hub *hub, unsigned peer, int64_t sequence)
{
	struct peer_driver *driver = &hub->peers[peer].driver;
	if (driver->busy == 0)
		driver->busy = sequence;
	struct driver_busy line = {sequence, HUB_BUSY_RETRY_MS};
	park(hub, peer, &(struct core_line){.kind = CORE_LINE_BUSY, .busy = line});
}

/* What a driver has said that becomes an entry. */
struct said {
	int64_t sequence, ago;
	struct str name, body;
};

static void report(struct hub *hub, unsigned peer, struct str line, const struct said *said)
{
	int64_t sequence = said->sequence;
	struct str name = said->name, body = said->body;
	struct peer_driver *driver = &hub->peers[peer].driver;
	struct entry_driver from = {driver_of(hub, peer)->name, {(const char *)driver->boot, 8}, sequence, said->ago};
	if (!driver->said_hello) {
		/* Most were meant for the process before this one; whoever forgot hello needs to be told once. */
		if (!driver->told_hello)
			hub_bad(hub, peer, 0, "a report came before hello", "Answer config with hello first.");
		driver->told_hello = true;
		return;
	}
	switch (drivers_check(&hub->core.state, &from)) {
	case DRIVERS_TAKEN:
		ack(hub, peer, sequence);
		return;
	case DRIVERS_GAP:
		/* What was sent behind a report that was put off is put off too. */
		if (driver->busy != 0 && sequence > driver->busy) {
			busy(hub, peer, sequence);
			return;
		}
		hub_bad(hub, peer, 0, "a report before this one is missing",
			"Send again from the last acknowledged one.");
		return;
	case DRIVERS_NEXT:
		driver->busy = 0;
		driver->reports++;
		break;
	}
	/* Answers to orders make room; everything else waits for it. */
	bool answers = str_starts(name, STR("drivers."));
	if (!answers && !drivers_have_room(&hub->core.state)) {
		busy(hub, peer, sequence);
		return;
	}
	struct core_input input = {.kind = ENTRY_INPUT_KIND_REPORT,
				   .name = name,
				   .body = body,
				   .from = {.kind = ENTRY_FROM_DRIVER, .driver = from}};
	struct core_result result;
	hub_turn(hub, &input, &result);
	if (result.verdict == CORE_BAD) {
		hub_bad(hub, peer, hub_offset(line, body, result.offset), result.what,
			"See the report's declaration in the schema reference.");
	} else if (result.verdict == CORE_REFUSED) {
		struct driver_refused refused = {sequence, result.refusal};
		park(hub, peer, &(struct core_line){.kind = CORE_LINE_REFUSED, .refused = refused});
	} else {
		ack(hub, peer, sequence);
	}
}

/* How long the line lay between the driver and us, which is long when this process stood still. What the two clocks are apart anyway is the least that was
 * ever seen of this driver. */
static int64_t waited(struct hub *hub, unsigned peer, const struct driver_report *said)
{
	struct peer_driver *driver = &hub->peers[peer].driver;
	int64_t behind = hub_elapsed_us(hub) / 1000 - said->sent;
	if (!said->has_sent)
		return 0;
	if (behind < driver->behind_ms)
		driver->behind_ms = behind;
	return behind - driver->behind_ms;
}

static struct str answer_json(struct hub *hub, int64_t entry, int64_t event)
{
	struct buf b = arena_buf(&hub->batch);
	drivers_done_write(&b, &(struct drivers_done){entry, event});
	return arena_keep(&hub->batch, &b);
}

static struct str confirmed_json(struct hub *hub, int64_t number)
{
	struct buf b = arena_buf(&hub->batch);
	drivers_confirmed_write(&b, &(struct drivers_confirmed){number});
	return arena_keep(&hub->batch, &b);
}

static void heartbeat(struct hub *hub, unsigned peer, const struct driver_heartbeat *said)
{
	struct peer_driver *driver = &hub->peers[peer].driver;
	driver->frames = said->frames;
	driver->spooled = said->has_spooled ? said->spooled : 0;
	driver->dropped = (said->has_throttled ? said->throttled : 0) + (said->has_dropped ? said->dropped : 0);
	if (said->has_table)
		hub_table_heartbeat(hub, driver->index, said->table);
}

void hub_driver_line(struct hub *hub, unsigned peer, struct str line)
{
	struct driver_line said;
	struct json json = json_over(line, &hub->batch);
	if (!driver_line_read(&json, &said)) {
		hub_bad_json(hub, peer, &json, "See docs/adding.md for the lines that a driver may send.");
		return;
	}
	switch (said.kind) {
	case DRIVER_LINE_HELLO:
		hello(hub, peer, &said.hello);
		break;
	case DRIVER_LINE_REPORT:
		report(hub, peer, line,
		       &(struct said){said.report.sequence, said.report.ago + waited(hub, peer, &said.report),
				      said.report.name, said.report.body});
		break;
	case DRIVER_LINE_HEARTBEAT:
		heartbeat(hub, peer, &said.heartbeat);
		break;
	case DRIVER_LINE_DONE:
		report(hub, peer, line,
		       &(struct said){said.done.sequence, 0, STR("drivers.done"),
				      answer_json(hub, said.done.entry, said.done.event)});
		break;
	case DRIVER_LINE_EXPIRED:
		report(hub, peer, line,
		       &(struct said){said.expired.sequence, 0, STR("drivers.expired"),
				      answer_json(hub, said.expired.entry, said.expired.event)});
		break;
	case DRIVER_LINE_CONFIRMED:
		report(hub, peer, line,
		       &(struct said){said.confirmed.sequence, 0, STR("drivers.confirmed"),
				      confirmed_json(hub, said.confirmed.number)});
		break;
	case DRIVER_LINE_NONE:
		WRONG("a line that was read has a kind");
	}
}
