/* hub_forget.c: snapshots, and what hangs on them: a start that need not read everything, and forgetting.
 *
 * Forgetting, step by step; the rows of the table Forgetting (domain/record) say at each start how far it came:
 *
 *     1  an entry forgets a subject or a month: rows are blank, and what is to be destroyed stands in Forgetting       (core)
 *     2  a process of its own writes a snapshot of that state
 *     3  its hash becomes a Baseline entry, durable before
 *     4  the keys are destroyed, files of the subject deleted, older snapshots and their keys destroyed
 *     5  an Erased entry empties the table
 *
 * Every step may be done twice.
 */
#include "serve/hub_inner.h"

#include "domain/record/record.h"
#include "schema/text.h"
#include "serve/snapshot.h"

#include <sodium.h>

enum { RETRY_US = 60 * 1000 * 1000, DESTROYED_AT_ONCE = 4 };

static struct file slot_of(const struct hub *hub, uint64_t number)
{
	return hub->options.snapshots[number % 2];
}

/* At start */

static int try_snapshot(struct hub *hub, const struct snapshot_head *head)
{
	struct key_id id = key_of_snapshot(head->number);
	const uint8_t *key = keyfile_find(hub->options.keys->file, &id);
	struct hub_entry last;
	struct error error;
	uint8_t salt[SNAPSHOT_SALT_BYTES];
	if (!key || head->entries == 0 || head->entries > journal_size(hub->journal))
		return 0;
	int failed = snapshot_read(slot_of(hub, head->number), head, key,
				   (const uint8_t *)hub->options.environment.schema.at, &hub->core, salt, &error);
	if (failed == 0)
		failed = hub_read_entry(hub, head->entries - 1, &last, &error);
	if (failed == 0 && memcmp(last.entry.salt.at, salt, sizeof salt) == 0)
		return 1;
	return failed == ERROR_SYSTEM ? failed : 0;
}

int hub_forget_open(struct hub *hub, struct error *error)
{
	struct snapshot_head heads[2];
	bool there[2];
	for (size_t i = 0; i < 2; i++)
		there[i] = snapshot_head(hub->options.snapshots[i], &heads[i]) && heads[i].number % 2 == i;
	size_t newest = there[1] && (!there[0] || heads[1].number > heads[0].number);
	for (size_t k = 0; k < 2; k++) {
		size_t i = k == 0 ? newest : 1 - newest;
		if (!there[i])
			continue;
		if (heads[i].number > hub->snapshots.number)
			hub->snapshots.number = heads[i].number;
		int loaded = try_snapshot(hub, &heads[i]);
		if (loaded < 0)
			return error_set(error, loaded, "cannot read a snapshot");
		if (loaded > 0) {
			hub->snapshots.entries = heads[i].entries;
			return 0;
		}
		hub_reset_core(hub);
	}
	return 0;
}

/* Writing one, in a process of its own */

struct hub_snapshot_job {
	struct snapshot_head head;
	uint8_t key[SNAPSHOT_KEY_BYTES], salt[SNAPSHOT_SALT_BYTES];
};

static int write_snapshot(void *context, void *shared)
{
	struct hub *hub = context;
	struct hub_snapshot_job *job = shared;
	return snapshot_write(slot_of(hub, job->head.number), &hub->core, job->key,
			      (const uint8_t *)hub->options.environment.schema.at, job->salt, &job->head, NULL);
}

static uint64_t newest_forgetting(const struct state *state)
{
	uint64_t newest = 0;
	for (const struct forgetting *row = forgetting_after(state, 0); row; row = forgetting_after(state, newest))
		newest = row->forgetting;
	return newest;
}

static int begin_snapshot(struct hub *hub, struct error *error)
{
	struct hub_snapshots *s = &hub->snapshots;
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_snapshot_job *job = outside->shared(outside->context, sizeof *job);
	struct key_id id = key_of_snapshot(s->number + 1);
	const uint8_t *key;
	struct hub_entry last;
	int failed = hub_read_entry(hub, journal_size(hub->journal) - 1, &last, error);
	/* What a snapshot that was never finished has in its file may have been forgotten since: its key does not serve again. */
	if (failed == 0)
		failed = keyfile_destroy(hub->options.keys->file, &id, 1, error);
	if (failed == 0)
		failed = keyfile_make(hub->options.keys->file, &id, &key, error);
	if (failed == 0)
		failed = keys_sync(hub->options.keys, error);
	if (failed < 0)
		return failed;
	*job = (struct hub_snapshot_job){.head = {.number = s->number + 1}};
	memcpy(job->key, key, sizeof job->key);
	memcpy(job->salt, last.entry.salt.at, sizeof job->salt);
	s->written = s->number + 1;
	s->writing = hub->core.size;
	s->forgets = newest_forgetting(&hub->core.state);
	hub->work = HUB_WORK_SNAPSHOT;
	outside->work(outside->context, write_snapshot, hub);
	return 0;
}

/* Keys of all other snapshots: those whose file was written over or is lost, and those whose process did not end. */
static int keep_snapshot_keys(struct hub *hub, uint64_t first, uint64_t last, struct error *error)
{
	struct keyfile *file = hub->options.keys->file;
	struct key_id id;
	uint32_t cursor = 0;
	int failed = 0;
	while (failed == 0 && keyfile_next(file, KEY_SNAPSHOT, &cursor, &id))
		if (id.number < first || id.number > last)
			failed = keyfile_destroy(file, &id, 1, error);
	return failed;
}

static int end_snapshot(struct hub *hub, bool done, struct error *error)
{
	struct hub_snapshots *s = &hub->snapshots;
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_snapshot_job *job = outside->shared(outside->context, sizeof *job);
	hub->work = HUB_WORK_NONE;
	sodium_memzero(job->key, sizeof job->key);
	if (!done) {
		s->failed_us = hub_elapsed_us(hub);
		s->forgets = 0;
		return 0;
	}
	s->failed_us = 0;
	s->number = s->written;
	s->entries = s->writing;
	memcpy(s->hash, job->head.hash, sizeof s->hash);
	if (s->forgets == 0)
		/* The one before is there for when this one is damaged. */
		return keep_snapshot_keys(hub, s->number - 1, s->number, error);
	struct buf b = arena_buf(&hub->batch);
	record_base_write(&b, &(struct record_base){(int64_t)s->entries, {(const char *)s->hash, sizeof s->hash}});
	hub_start(hub, STR("record.base"), arena_keep(&hub->batch, &b));
	s->is_based = true;
	return 0;
}

/* Destroying, when the baseline is durable */

static struct str owner_text(char (*memory)[64], const struct forgetting *row)
{
	struct buf b = BUF(*memory);
	buf_put_str(&b, text_str(row->table));
	buf_put_char(&b, ':');
	buf_put_i64(&b, row->subject);
	return buf_str(&b);
}

static int destroy_one(struct hub *hub, const struct forgetting *row, struct error *error)
{
	char memory[64];
	if (row->month != 0)
		return keys_destroy_month(hub->options.keys, text_str(row->keep), row->month, error);
	int failed = journal_drop_blobs(hub->journal, owner_text(&memory, row), error);
	if (failed == 0)
		failed = keys_forget(hub->options.keys, text_str(row->table), (uint64_t)row->subject, error);
	return failed;
}

static int destroy_older_snapshots(struct hub *hub, struct error *error)
{
	int failed = keep_snapshot_keys(hub, hub->snapshots.number, hub->snapshots.number, error);
	return failed < 0 ? failed : snapshot_wipe(slot_of(hub, hub->snapshots.number - 1), error);
}

/* A few keys between two batches: each costs syncs. Returns 1 while there are more. */
static int destroy_some(struct hub *hub, struct error *error)
{
	struct hub_snapshots *s = &hub->snapshots;
	const struct state *state = &hub->core.state;
	size_t n = 0;
	const struct forgetting *row = forgetting_after(state, s->destroyed);
	for (; row && row->forgetting <= s->forgets && n < DESTROYED_AT_ONCE;
	     row = forgetting_after(state, s->destroyed), n++) {
		int failed = destroy_one(hub, row, error);
		if (failed < 0)
			return failed;
		s->destroyed = row->forgetting;
	}
	if (row && row->forgetting <= s->forgets)
		return 1;
	return destroy_older_snapshots(hub, error);
}

static int finish_forgetting(struct hub *hub, struct error *error)
{
	struct hub_snapshots *s = &hub->snapshots;
	int more = destroy_some(hub, error);
	if (more != 0)
		return more;
	struct buf b = arena_buf(&hub->batch);
	record_erase_write(&b, &(struct record_erase){(int64_t)s->forgets});
	hub_start(hub, STR("record.erase"), arena_keep(&hub->batch, &b));
	s->is_based = false;
	s->forgets = s->destroyed = 0;
	return 1;
}

/* Behind every commit */

static bool is_time_for_one(const struct hub *hub)
{
	const struct hub_snapshots *s = &hub->snapshots;
	if (s->failed_us != 0 && hub_elapsed_us(hub) - s->failed_us < RETRY_US)
		return false;
	return forgetting_count(&hub->core.state) > 0 || hub->core.size - s->entries >= hub->options.snapshot_entries;
}

int hub_forget_step(struct hub *hub, struct error *error)
{
	const struct hub_outside *outside = &hub->options.outside;
	bool done;
	if (hub->work == HUB_WORK_SNAPSHOT && outside->work_ended(outside->context, &done)) {
		int failed = end_snapshot(hub, done, error);
		return failed < 0 ? failed : 1;
	}
	/* What was started in this step is durable in the next. */
	if (hub->n_entries > 0)
		return 1;
	if (hub->snapshots.is_based)
		return finish_forgetting(hub, error);
	if (hub->work == HUB_WORK_NONE && is_time_for_one(hub))
		return begin_snapshot(hub, error);
	return 0;
}
