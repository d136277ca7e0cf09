#include "driver/kit/kit_inner.h"

#include "driver/kit/little.h"

#include <sodium.h>

void kit_hash_settings(struct str settings, uint8_t ret_hash[KIT_HASH_BYTES])
{
	crypto_generichash(ret_hash, KIT_HASH_BYTES, (const uint8_t *)settings.at, settings.len, NULL, 0);
}

/* Of all that is kept of a config: the time in it changes each time. */
static void hash_config(const struct driver_config *config, uint8_t ret_hash[KIT_HASH_BYTES])
{
	crypto_generichash_state state;
	uint8_t answer[8];
	little_put(answer, (uint64_t)config->answer, sizeof answer);
	crypto_generichash_init(&state, NULL, 0, KIT_HASH_BYTES);
	crypto_generichash_update(&state, answer, sizeof answer);
	crypto_generichash_update(&state, (const uint8_t *)config->table_key.at,
				  config->has_table_key ? config->table_key.len : 0);
	crypto_generichash_update(&state, (const uint8_t *)config->settings.at, config->settings.len);
	crypto_generichash_final(&state, ret_hash, KIT_HASH_BYTES);
}

/* A disk that fails */

static void forsake_kept(struct kit *kit, const struct error *error)
{
	KIT_LOG(kit, kept_ended, .why = error);
	kit->keeps = false;
}

void kit_forsake_spool(struct kit *kit, const struct error *error)
{
	uint8_t boot[SPOOL_BOOT_BYTES];
	KIT_LOG(kit, spool_ended, .why = error);
	kit->spools = false;
	kit->unsynced_us = INT64_MAX;
	kit->outside.entropy(boot, sizeof boot);
	if (outbox_forsake(&kit->outbox, boot) && kit->said_hello)
		kit->hello_due = true;
}

/* Saving */

void kit_save_config(struct kit *kit, const struct driver_config *config)
{
	struct error error;
	uint8_t hash[KIT_HASH_BYTES];
	hash_config(config, hash);
	if (!kit->keeps || memcmp(hash, kit->kept_hash, sizeof hash) == 0)
		return;
	static uint8_t text[KEPT_SETTINGS_BYTES_MAX];
	struct buf b = BUF(text);
	driver_config_write(&b, config);
	if (b.over)
		error_set(&error, ERROR_LIMIT, "the settings are too long to be kept");
	if (b.over || kept_save(&kit->kept, KEPT_SETTINGS, text, b.len, &error) < 0)
		forsake_kept(kit, &error);
	memcpy(kit->kept_hash, hash, sizeof hash);
	seal_wipe(text, sizeof text);
	kept_wipe(&kit->kept);
}

void kit_save_desired(struct kit *kit)
{
	struct error error;
	struct driver_desired lines[DESIRED_MAX];
	static uint8_t text[DESIRED_KEPT_BYTES_MAX];
	struct buf b = BUF(text);
	kit->save_desired = false;
	if (!kit->keeps)
		return;
	for (size_t i = 0; i < kit->desired.n; i++)
		lines[i] = desired_line(&kit->desired.at[i]);
	struct driver_kept kept = {.has_mission = kit->tables.mission_len > 0,
				   .mission = {kit->tables.mission, kit->tables.mission_len},
				   .highest = (int64_t)kit->tables.highest,
				   .desired = {kit->desired.n, lines}};
	driver_kept_write(&b, &kept);
	ASSERT(!b.over);
	if (kept_save(&kit->kept, KEPT_DESIRED, text, b.len, &error) < 0)
		forsake_kept(kit, &error);
}

void kit_save_orders(struct kit *kit)
{
	struct error error;
	uint8_t value[KEPT_ORDERS_MAX * KEPT_ORDER_BYTES];
	size_t n = kit->n_orders < KEPT_ORDERS_MAX ? kit->n_orders : KEPT_ORDERS_MAX;
	if (!kit->keeps)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct kit_order_id *id = &kit->orders[(kit->n_orders - n + i) % KIT_ORDERS_REMEMBERED];
		little_put(value + i * KEPT_ORDER_BYTES, id->entry, 8);
		little_put(value + i * KEPT_ORDER_BYTES + 8, id->event, 4);
	}
	if (kept_write(&kit->kept, KEPT_ORDERS, value, n * KEPT_ORDER_BYTES, &error) < 0)
		forsake_kept(kit, &error);
}

void kit_save_time(struct kit *kit, int64_t now_us)
{
	struct error error;
	uint8_t value[8];
	little_put(value, (uint64_t)kit_wall_ms(kit, now_us), sizeof value);
	if (kit->keeps && kept_write(&kit->kept, KEPT_TIME, value, sizeof value, &error) < 0)
		forsake_kept(kit, &error);
}

bool kit_save_table(struct kit *kit)
{
	struct error error;
	struct str table = tables_arrived(&kit->tables);
	if (kit->keeps && kept_save(&kit->kept, KEPT_TABLE, table.at, table.len, &error) < 0)
		forsake_kept(kit, &error);
	return kit->keeps;
}

void kit_sync_spool(struct kit *kit)
{
	struct error error;
	kit->unsynced_us = INT64_MAX;
	if (kit->spools && outbox_waiting(&kit->outbox) > 0 && spool_sync(&kit->spool, &error) < 0)
		kit_forsake_spool(kit, &error);
}

/* Opening */

/* False: there is nothing to read. What does not open is begun anew; a disk that does not read is not written
 * either. */
static bool read_kept(struct kit *kit, enum kept_what what, struct str *ret_value)
{
	struct error error;
	int found = kit->keeps ? kept_read(&kit->kept, what, ret_value, &error) : 0;
	if (found == ERROR_RECORD)
		KIT_LOG(kit, kept_unreadable, .why = &error);
	else if (found < 0)
		forsake_kept(kit, &error);
	return found == 1;
}

static void open_time(struct kit *kit, int64_t clock_ms, int64_t now_us)
{
	struct str value;
	int64_t latest_ms = 0;
	if (read_kept(kit, KEPT_TIME, &value) && value.len == 8)
		latest_ms = (int64_t)little_get((const uint8_t *)value.at, 8);
	if (latest_ms < 0 || latest_ms > JSON_INT_MAX)
		latest_ms = 0;
	kit->wall = wall_of_machine(clock_ms, latest_ms, now_us);
}

static void open_orders(struct kit *kit)
{
	struct str value;
	if (!read_kept(kit, KEPT_ORDERS, &value))
		return;
	const uint8_t *at = (const uint8_t *)value.at;
	for (size_t i = 0; i + KEPT_ORDER_BYTES <= value.len; i += KEPT_ORDER_BYTES)
		kit->orders[kit->n_orders++] =
		    (struct kit_order_id){little_get(at + i, 8), (uint32_t)little_get(at + i + 8, 4)};
}

static void open_desired(struct kit *kit)
{
	struct str value;
	struct arena arena = kit_arena(kit);
	struct driver_kept kept;
	if (!read_kept(kit, KEPT_DESIRED, &value))
		return;
	struct json json = json_over(value, &arena);
	if (!driver_kept_read(&json, &kept) || !json_end(&json)) {
		KIT_LOG(kit, kept_not_ours, .what = "desired");
		return;
	}
	kit->tables.highest = (uint64_t)kept.highest;
	if (kept.has_mission && kept.mission.len > 0) {
		kit->tables.mission_len = kept.mission.len;
		memcpy(kit->tables.mission, kept.mission.at, kept.mission.len);
	}
	for (size_t i = 0; i < kept.desired.n; i++)
		if (desired_compare(&kit->desired, &kept.desired.at[i]) == DESIRED_NEW)
			desired_take(&kit->desired, &kept.desired.at[i]);
}

static void open_spool(struct kit *kit, struct file file)
{
	struct error error;
	struct arena scratch = kit_arena(kit);
	bool is_new;
	int code = spool_open(&kit->spool, file, SPOOL_RECORDS_MAX, kit->keys.spool, &kit->outbox.names, &scratch,
			      &is_new, &error);
	kit->spools = code == 0;
	if (code < 0) {
		KIT_LOG(kit, spool_ended, .why = &error);
		return;
	}
	outbox_use(&kit->outbox, &kit->spool);
	if (outbox_waiting(&kit->outbox) > 0)
		KIT_LOG(kit, reports_waiting, .reports = (int64_t)outbox_waiting(&kit->outbox));
	if (kit->spool.unreadable > 0)
		KIT_LOG(kit, reports_unreadable, .reports = kit->spool.unreadable);
}

static void open_telemetry(struct kit *kit, struct file file)
{
	struct error error;
	int code = telemetry_open(&kit->telemetry, file, KIT_TELEMETRY_BLOCKS, KIT_TELEMETRY_AGE_MS,
				  kit->keys.telemetry, &error);
	kit->remembers = code == 0;
	if (code < 0)
		KIT_LOG(kit, telemetry_ended, .why = &error);
}

void kit_open(struct kit *kit, struct str name, const uint8_t key[SEAL_KEY_BYTES], const struct kit_disk *disk,
	      int64_t clock_ms, int64_t now_us)
{
	ASSERT(name.len > 0 && name.len <= KIT_NAME_BYTES_MAX);
	memcpy(kit->name_text, name.at, name.len);
	kit->name = (struct str){kit->name_text, name.len};
	seal_keys_of(key, &kit->keys);
	kit->begun = kit->keeps = true;
	kept_init(&kit->kept, disk->state, kit->keys.kept);
	open_time(kit, clock_ms, now_us);
	open_orders(kit);
	open_desired(kit);
	open_spool(kit, disk->spool);
	open_telemetry(kit, disk->telemetry);
}

/* Behind the settings, because those say who signs. */
static void open_table(struct kit *kit)
{
	struct str value;
	if (!read_kept(kit, KEPT_TABLE, &value))
		return;
	if (tables_load(&kit->tables, kit->name, value))
		KIT_LOG(kit, table_kept, .number = (int64_t)kit->tables.highest);
	else
		KIT_LOG(kit, table_not_usable);
}

bool kit_kept_settings(struct kit *kit, struct str *ret_settings)
{
	struct str value;
	struct arena arena = kit_arena(kit);
	struct driver_config config;
	if (!read_kept(kit, KEPT_SETTINGS, &value))
		return false;
	struct json json = json_over(value, &arena);
	if (!driver_config_read(&json, &config) || !json_end(&json)) {
		KIT_LOG(kit, kept_not_ours, .what = "settings");
		return false;
	}
	kit->answer_us = config.answer * 1000;
	hash_config(&config, kit->kept_hash);
	if (config.has_table_key)
		tables_set_key(&kit->tables, (const uint8_t *)config.table_key.at);
	open_table(kit);
	if (!read_kept(kit, KEPT_SETTINGS, &value)) /* the table took its place in memory */
		return false;
	json = json_over(value, &arena);
	if (!driver_config_read(&json, &config))
		return false;
	kit_hash_settings(config.settings, kit->settings_hash);
	kit->has_settings = true;
	*ret_settings = config.settings;
	return true;
}
