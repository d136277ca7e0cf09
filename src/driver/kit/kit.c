#include "driver/kit/kit_inner.h"

enum { CONTRACT_VERSION = 1, TABLES_REFUSED_BURST = 5, TABLES_REFUSED_EVERY_US = 60 * 1000 * 1000 };

void kit_init(struct kit *kit, struct str kind, const struct kit_outside *outside,
	      const uint8_t machine[SPOOL_BOOT_BYTES], int64_t clock_ms, int64_t now_us)
{
	struct spool_names names = {0};
	/* The large memories behind are touched only as far as they are used. */
	memset(kit, 0, offsetof(struct kit, outbox));
	memset(&kit->tables, 0, offsetof(struct tables, bytes));
	kit->desired.n = 0;
	kit->kind = kind;
	kit->outside = *outside;
	kit->wall = wall_of_machine(clock_ms, 0, now_us);
	kit->heartbeat_us = kit->unsynced_us = INT64_MAX;
	kit->time_us = now_us + KIT_TIME_US;
	kit->flush_us = now_us + KIT_FLUSH_US;
	kit->tables_refused = limit_of(TABLES_REFUSED_BURST, TABLES_REFUSED_EVERY_US, now_us);
	memcpy(names.machine, machine, SPOOL_BOOT_BYTES);
	outside->entropy(names.boot, sizeof names.boot);
	outbox_init(&kit->outbox, &names);
}

void kit_drop_settings(struct kit *kit)
{
	kit->has_settings = false;
}

/* Reports */

static int64_t put(struct kit *kit, struct outbox_report report, bool keep, int64_t at_us)
{
	struct error error;
	bool failed;
	report.at_us = at_us;
	report.wall_ms = kit_wall_ms(kit, at_us);
	int64_t number = outbox_put(&kit->outbox, &report, keep, &failed, &error);
	if (failed)
		kit_forsake_spool(kit, &error);
	else if (kit->spools && keep && number > 0 && kit->unsynced_us == INT64_MAX)
		kit->unsynced_us = at_us + KIT_SYNC_US;
	return number;
}

int64_t kit_report(struct kit *kit, struct str name, struct str body, bool keep, int64_t at_us)
{
	struct outbox_report report = {.kind = OUTBOX_REPORT, .name = name, .body = body};
	return put(kit, report, keep, at_us);
}

void kit_done(struct kit *kit, uint64_t entry, uint32_t event, int64_t now_us)
{
	put(kit, (struct outbox_report){.kind = OUTBOX_DONE, .entry = entry, .event = event}, true, now_us);
}

void kit_expired(struct kit *kit, uint64_t entry, uint32_t event, int64_t now_us)
{
	put(kit, (struct outbox_report){.kind = OUTBOX_EXPIRED, .entry = entry, .event = event}, true, now_us);
}

void kit_remember(struct kit *kit, uint16_t kind, struct str bytes, int64_t now_us)
{
	struct error error;
	struct telemetry_record record = {kit_wall_ms(kit, now_us), kind, bytes};
	if (!kit->remembers || telemetry_put(&kit->telemetry, &record, &error) == 0)
		return;
	KIT_LOG(kit, telemetry_ended, .why = &error);
	kit->remembers = false;
}

/* What the core says */

/* Everything of it but the settings. A config that does not say who signs tables changes nothing in that. */
static void take_terms(struct kit *kit, const struct driver_config *said, int64_t now_us)
{
	struct driver_config config = *said;
	memcpy(kit->name_text, config.driver.at, config.driver.len);
	kit->name = (struct str){kit->name_text, config.driver.len};
	kit->wall = wall_of_core(config.now, now_us);
	kit->answer_us = config.answer * 1000;
	if (config.has_table_key)
		tables_set_key(&kit->tables, (const uint8_t *)config.table_key.at);
	config.has_accepted = false;
	config.has_table_key = kit->tables.has_key;
	config.table_key = (struct str){(const char *)kit->tables.key, TABLES_KEY_BYTES};
	kit_save_time(kit, now_us);
	kit_save_config(kit, &config);
}

static void take_config(struct kit *kit, const struct driver_config *config, int64_t now_us, struct kit_said *ret_said)
{
	struct error error;
	uint8_t hash[KIT_HASH_BYTES], boot[SPOOL_BOOT_BYTES];
	if (kit->name.len > 0 && !str_eq(kit->name, config->driver)) {
		KIT_LOG(kit, config_of_another);
		return;
	}
	take_terms(kit, config, now_us);
	kit_hash_settings(config->settings, hash);
	bool others = kit->has_settings && memcmp(hash, kit->settings_hash, sizeof hash) != 0;
	if (others && (kit->keeps || !kit->begun)) {
		ret_said->kind = KIT_LEAVE;
		return;
	}
	if (others) /* the next process would find the old ones again, and leave again, for ever */
		KIT_LOG(kit, settings_not_kept);
	else
		memcpy(kit->settings_hash, hash, sizeof hash);
	if (!kit->has_settings)
		*ret_said = (struct kit_said){.kind = KIT_SETTINGS, .settings = config->settings};
	kit->has_settings = true;
	kit->outside.entropy(boot, sizeof boot);
	const uint8_t *accepted = config->has_accepted ? (const uint8_t *)config->accepted.boot.at : NULL;
	if (outbox_config(&kit->outbox, accepted, accepted ? config->accepted.sequence : 0, boot, &error) < 0)
		kit_forsake_spool(kit, &error);
	kit->hello_due = true;
	kit->said_hello = false;
}

static bool is_known_order(const struct kit *kit, uint64_t entry, uint32_t event)
{
	size_t n = kit->n_orders < KIT_ORDERS_REMEMBERED ? kit->n_orders : KIT_ORDERS_REMEMBERED;
	for (size_t i = 0; i < n; i++)
		if (kit->orders[i].entry == entry && kit->orders[i].event == event)
			return true;
	return false;
}

/* It is written down before it is begun, so that the next process does not begin it again. The core's own clock
 * says how much time is left; ours only counts it down. */
static void take_order(struct kit *kit, const struct driver_order *line, int64_t now_us, struct kit_said *ret_said)
{
	uint64_t entry = (uint64_t)line->entry;
	uint32_t event = (uint32_t)line->event;
	if (is_known_order(kit, entry, event))
		return;
	kit->orders[kit->n_orders++ % KIT_ORDERS_REMEMBERED] = (struct kit_order_id){entry, event};
	kit_save_orders(kit);
	int64_t left_ms = line->not_after - line->now;
	left_ms = left_ms < KIT_ORDER_MS_MAX ? left_ms : KIT_ORDER_MS_MAX;
	if (left_ms <= 0) {
		kit_expired(kit, entry, event, now_us);
		return;
	}
	ret_said->kind = KIT_ORDER;
	ret_said->order = (struct kit_order){.entry = entry,
					     .event = event,
					     .name = line->name,
					     .body = line->body,
					     .until_us = now_us + left_ms * 1000};
	if (line->has_answers)
		ret_said->order.answers = kit->outbox.names.base + line->answers;
}

/* One that is held already was answered when it came first. */
static void take_desired(struct kit *kit, const struct driver_desired *line, int64_t now_us, struct kit_said *ret_said)
{
	switch (desired_compare(&kit->desired, line)) {
	case DESIRED_NEW:
		*ret_said = (struct kit_said){.kind = KIT_DESIRED, .desired = *line};
		break;
	case DESIRED_SAME:
		break;
	case DESIRED_TOO_MUCH:
		KIT_LOG(kit, desired_too_much);
		kit_expired(kit, (uint64_t)line->entry, (uint32_t)line->event, now_us);
	}
}

/* It is answered before it is saved: what is answered and not sent is not said, and it is not sent before it is
 * saved (kit_due). */
void kit_desired(struct kit *kit, const struct driver_desired *desired, int64_t now_us)
{
	desired_take(&kit->desired, desired);
	kit->save_desired = true;
	if (kit->begun && !kit->keeps)
		KIT_LOG(kit, desired_not_kept);
	else
		kit_done(kit, (uint64_t)desired->entry, (uint32_t)desired->event, now_us);
}

static void confirm(struct kit *kit, int64_t number, int64_t now_us)
{
	put(kit, (struct outbox_report){.kind = OUTBOX_CONFIRMED, .entry = (uint64_t)number}, true, now_us);
}

static void report_refused_table(struct kit *kit, int64_t number, int64_t now_us)
{
	static const enum access_table_refused_why whys[] = {
	    [TABLES_NO_KEY] = ACCESS_TABLE_REFUSED_WHY_NO_KEY,
	    [TABLES_PARTS] = ACCESS_TABLE_REFUSED_WHY_PARTS,
	    [TABLES_FORM] = ACCESS_TABLE_REFUSED_WHY_FORM,
	    [TABLES_DRIVER] = ACCESS_TABLE_REFUSED_WHY_DRIVER,
	    [TABLES_SIGNATURE] = ACCESS_TABLE_REFUSED_WHY_SIGNATURE,
	    [TABLES_MISSION] = ACCESS_TABLE_REFUSED_WHY_MISSION,
	    [TABLES_NUMBER] = ACCESS_TABLE_REFUSED_WHY_NUMBER,
	};
	struct access_table_refused report = {.number = number, .why = whys[kit->tables.why]};
	uint8_t text[OUTBOX_BODY_BYTES_MAX];
	struct buf body = BUF(text);
	access_table_refused_write(&body, &report);
	KIT_LOG(kit, table_refused, .number = number, .why = access_table_refused_why_name(report.why).at);
	if (limit_take(&kit->tables_refused, now_us))
		kit_report(kit, STR("access.table_refused"), buf_str(&body), true, now_us);
	else
		kit->throttled++;
}

/* Without a key of its own a driver cannot make a card's token: it has no use for tables. */
static void take_table(struct kit *kit, const struct driver_table *line, int64_t now_us)
{
	if (!kit->begun) {
		kit->tables.why = TABLES_NO_KEY;
		report_refused_table(kit, line->number, now_us);
		return;
	}
	switch (tables_part(&kit->tables, kit->name, line)) {
	case TABLES_MORE:
		break;
	case TABLES_SAME:
		confirm(kit, line->number, now_us);
		break;
	case TABLES_REFUSED:
		report_refused_table(kit, line->number, now_us);
		break;
	case TABLES_WHOLE: {
		kit_save_time(kit, now_us);
		bool kept = kit_save_table(kit);
		tables_take(&kit->tables);
		kit_save_desired(kit); /* the highest number */
		if (kept && kit->keeps)
			confirm(kit, line->number, now_us);
		KIT_LOG(kit, table_decides, .number = line->number);
	}
	}
}

static void take_busy(struct kit *kit, const struct driver_busy *busy, int64_t now_us)
{
	outbox_busy(&kit->outbox, busy->sequence, now_us + busy->retry_ms * 1000);
}

/* What counts only from a core that has said config and has been told hello. */
static void log_refused(const struct kit *kit, const struct driver_refused *refused)
{
	char name[LOG_NAME_BYTES_MAX];
	snprintf(name, sizeof name, STR_FMT, STR_ARG(refused->name));
	KIT_LOG(kit, report_refused, .sequence = refused->sequence, .refusal = name);
}

static void log_bad(const struct kit *kit, struct str what)
{
	struct error error;
	error_set(&error, ERROR_INPUT, STR_FMT, STR_ARG(what));
	KIT_LOG(kit, line_not_taken, .why = &error);
}

static void take_answer(struct kit *kit, const struct core_line *line, int64_t now_us, struct kit_said *ret_said)
{
	if (!kit->said_hello) {
		KIT_LOG(kit, line_before_config);
		return;
	}
	switch (line->kind) {
	case CORE_LINE_ORDER:
		take_order(kit, &line->order, now_us, ret_said);
		break;
	case CORE_LINE_DESIRED:
		take_desired(kit, &line->desired, now_us, ret_said);
		break;
	case CORE_LINE_TABLE:
		take_table(kit, &line->table, now_us);
		break;
	case CORE_LINE_ACK:
		outbox_ack(&kit->outbox, line->ack.sequence);
		break;
	case CORE_LINE_REFUSED:
		outbox_ack(&kit->outbox, line->refused.sequence);
		log_refused(kit, &line->refused);
		break;
	case CORE_LINE_BUSY:
		take_busy(kit, &line->busy, now_us);
		break;
	case CORE_LINE_BAD:
		log_bad(kit, line->bad.what);
		break;
	default:
		WRONG("a line of no kind");
	}
}

void kit_line(struct kit *kit, struct str text, int64_t now_us, struct kit_said *ret_said)
{
	struct arena arena = kit_arena(kit);
	struct json json = json_over(text, &arena);
	struct core_line line;
	*ret_said = (struct kit_said){.kind = KIT_NOTHING};
	if (text.len == 0)
		return;
	if (!core_line_read(&json, &line) || !json_end(&json)) {
		char what[256];
		json_error_text(&json, what, sizeof what);
		struct error error;
		error_set(&error, ERROR_INPUT, "%s", what);
		KIT_LOG(kit, line_not_read, .why = &error);
		return;
	}
	kit->deaf = false;
	if (line.kind == CORE_LINE_CONFIG)
		take_config(kit, &line.config, now_us, ret_said);
	else if (line.kind == CORE_LINE_BEGIN)
		KIT_LOG(kit, begin_too_late);
	else
		take_answer(kit, &line, now_us, ret_said);
	if (line.kind == CORE_LINE_BEGIN)
		seal_wipe(arena.at, arena.used);
}

/* What goes to the core */

static bool send(struct kit *kit, const struct driver_line *line)
{
	struct buf b = BUF(kit->line);
	driver_line_write(&b, line);
	ASSERT(!b.over);
	return kit->outside.send(kit->outside.context, buf_str(&b));
}

static void send_hello(struct kit *kit, int64_t now_us)
{
	const struct outbox *box = &kit->outbox;
	struct driver_line line = {.kind = DRIVER_LINE_HELLO,
				   .hello = {.contract = CONTRACT_VERSION,
					     .driver = kit->name,
					     .kind = kit->kind,
					     .boot = {(const char *)box->names.boot, SPOOL_BOOT_BYTES},
					     .next = outbox_sequence(box, box->first)}};
	if (!send(kit, &line))
		return;
	kit->hello_due = false;
	kit->said_hello = true;
	if (kit->heartbeat_us == INT64_MAX)
		kit->heartbeat_us = now_us + KIT_HEARTBEAT_US;
}

static bool send_report(struct kit *kit, int64_t sequence, const struct outbox_report *report, int64_t now_us)
{
	struct driver_line line = {0};
	int64_t entry = (int64_t)report->entry, event = report->event;
	switch (report->kind) {
	case OUTBOX_REPORT:
		line.kind = DRIVER_LINE_REPORT;
		line.report = (struct driver_report){.sequence = sequence,
						     .ago = outbox_ago_ms(report, kit_wall_ms(kit, now_us), now_us),
						     .has_sent = true,
						     .sent = now_us / 1000,
						     .name = report->name,
						     .body = report->body};
		break;
	case OUTBOX_DONE:
		line.kind = DRIVER_LINE_DONE;
		line.done = (struct driver_done){sequence, entry, event};
		break;
	case OUTBOX_EXPIRED:
		line.kind = DRIVER_LINE_EXPIRED;
		line.expired = (struct driver_expired){sequence, entry, event};
		break;
	case OUTBOX_CONFIRMED:
		line.kind = DRIVER_LINE_CONFIRMED;
		line.confirmed = (struct driver_confirmed){sequence, entry};
	}
	return send(kit, &line);
}

/* False: there was no room for all of it. */
static bool send_reports(struct kit *kit, int64_t now_us)
{
	struct outbox_report report;
	int64_t sequence;
	enum outbox_found found;
	while ((found = outbox_next(&kit->outbox, now_us, &sequence, &report)) == OUTBOX_NEXT) {
		if (!send_report(kit, sequence, &report, now_us))
			return false;
		outbox_sent(&kit->outbox);
	}
	if (found == OUTBOX_GAP) {
		struct error error;
		uint8_t boot[SPOOL_BOOT_BYTES];
		kit->outside.entropy(boot, sizeof boot);
		KIT_LOG(kit, reports_lost);
		if (outbox_skip(&kit->outbox, boot, &error) < 0)
			kit_forsake_spool(kit, &error);
		kit->hello_due = true;
	}
	return true;
}

static void send_heartbeat(struct kit *kit, int64_t now_us)
{
	const struct grant *grant = tables_grant(&kit->tables);
	bool decides = grant && !grant_has_expired(grant, kit_wall_ms(kit, now_us));
	struct driver_line line = {.kind = DRIVER_LINE_HEARTBEAT,
				   .heartbeat = {.frames = (int64_t)kit->frames,
						 .refused = (int64_t)kit->refused,
						 .has_spooled = kit->spools,
						 .spooled = (int64_t)outbox_waiting(&kit->outbox),
						 .has_table = true,
						 .table = decides ? (int64_t)grant->number : 0,
						 .has_throttled = true,
						 .throttled = (int64_t)kit->throttled,
						 .has_dropped = true,
						 .dropped = (int64_t)kit->outbox.dropped}};
	send(kit, &line);
	kit->heartbeat_us = now_us + KIT_HEARTBEAT_US;
}

static void flush_telemetry(struct kit *kit, int64_t now_us)
{
	struct error error;
	if (!kit->remembers || telemetry_flush(&kit->telemetry, kit_wall_ms(kit, now_us), &error) == 0)
		return;
	KIT_LOG(kit, telemetry_ended, .why = &error);
	kit->remembers = false;
}

void kit_close(struct kit *kit, int64_t now_us)
{
	kit_sync_spool(kit);
	kit_save_time(kit, now_us);
	flush_telemetry(kit, now_us);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Saves what is due to be saved. */
static void save(struct kit *kit, int64_t now_us)
{
	if (kit->save_desired) {
		kit_sync_spool(kit); /* it holds the answers */
		kit_save_desired(kit);
	}
	if (now_us >= kit->unsynced_us)
		kit_sync_spool(kit);
	if (now_us >= kit->time_us) {
		kit_save_time(kit, now_us);
		kit->time_us = now_us + KIT_TIME_US;
	}
	if (now_us >= kit->flush_us) {
		kit->flush_us = now_us + KIT_FLUSH_US;
		flush_telemetry(kit, now_us);
	}
}

int64_t kit_due(struct kit *kit, int64_t now_us)
{
	save(kit, now_us);
	if (kit->hello_due)
		send_hello(kit, now_us);
	bool sent = !kit->hello_due && (!kit->said_hello || send_reports(kit, now_us));
	if (kit->hello_due)
		send_hello(kit, now_us);
	if (kit->said_hello && now_us >= kit->heartbeat_us)
		send_heartbeat(kit, now_us);
	int64_t next_us = earlier(kit->time_us, kit->flush_us);
	next_us = earlier(next_us, kit->unsynced_us);
	if (kit->said_hello)
		next_us = earlier(next_us, kit->heartbeat_us);
	if (!sent || kit->hello_due)
		next_us = earlier(next_us, now_us + KIT_RETRY_US);
	if (kit->outbox.hold_until_us > now_us)
		next_us = earlier(next_us, kit->outbox.hold_until_us);
	return next_us;
}
