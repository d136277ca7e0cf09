/* hub_rekey.c: a new root key while the mission runs, a step behind each commit (keys/keys.h).
 *
 * The row of Rekey stands from the entry that asks to the entry that says what came of it; whoever asked is answered with the second. A process that dies
 * in between finds the row, and begins anew: one root key more does no harm, and the keys open by the old or the new at every moment.
 */
#include "serve/hub_inner.h"

#include "domain/record/record.h"

enum { WHY_BYTES_MAX = 200 };

bool hub_rekey_holds(struct hub *hub, unsigned peer, struct str name, struct str body, uint64_t entry)
{
	struct json json = json_over(body, &hub->batch);
	struct record_rekey ask;
	if (!str_eq(name, STR("record.rekey")) || !record_rekey_read(&json, &ask))
		return false;
	size_t place = ask.keys == REKEY_KEYS_MISSION ? RECORD_REKEY_MISSION : RECORD_REKEY_DOORS;
	hub->rekeys.asked[place] = (struct hub_rekey_asked){.waits = true, .peer = peer, .entry = entry};
	return true;
}

void hub_rekey_detach(struct hub *hub, unsigned peer)
{
	for (size_t i = 0; i < ARRAY_LEN(hub->rekeys.asked); i++)
		if (hub->rekeys.asked[i].peer == peer)
			hub->rekeys.asked[i].waits = false;
}

/* As much of a reason as an entry holds. */
static struct str short_of(const char *why)
{
	struct str text = {why, strnlen(why, WHY_BYTES_MAX)};
	while (!str_is_utf8(text))
		text.len--;
	return text;
}

/* The entry that says what came of it is of the next batch, and so is the answer. */
static void end(struct hub *hub, const struct rekey *row, const struct error *error)
{
	struct hub_rekey_asked *asked = &hub->rekeys.asked[row->rekey];
	struct record_end_rekey said = {.keys = row->keys, .has_failed = error != NULL};
	struct buf b = arena_buf(&hub->batch);
	if (error)
		said.failed = short_of(error->what);
	record_end_rekey_write(&b, &said);
	hub_start(hub, STR("record.end_rekey"), arena_keep(&hub->batch, &b));
	if (asked->waits && error)
		hub_bad(hub, asked->peer, 0, error->what, "The old root key opens the keys as before. Try again.");
	else if (asked->waits)
		hub_command_done(hub, asked->peer, asked->entry, 0, STR("{}"));
	asked->waits = false;
}

/* The process's memory that outlives it is told before the protectors get the new root key, and behind it. */
static void tell_root(const struct hub *hub, const struct rekey *row, const uint8_t *root, bool is_in_force)
{
	const struct hub_outside *outside = &hub->options.outside;
	if (row->keys == REKEY_KEYS_MISSION && outside->new_root)
		outside->new_root(outside->context, root, is_in_force);
}

static int step(struct hub *hub, const struct rekey *row, struct keys *keys, struct error *error)
{
	struct master *master = row->keys == REKEY_KEYS_MISSION ? hub->options.master : hub->options.door_master;
	enum keys_rekeying before = keys->rekeying;
	ASSERT(master);
	int more = before == KEYS_SETTLED ? keys_rekey_begin(keys, error) : keys_rekey_step(keys, master, error);
	if (before == KEYS_SETTLED && more == 0) {
		tell_root(hub, row, keyfile_copy_root(keys->file), false);
		return 1;
	}
	if (before == KEYS_COPYING && keys->rekeying == KEYS_WIPING)
		tell_root(hub, row, keyfile_root(keys->file), true);
	return more;
}

int hub_rekey_step(struct hub *hub, struct error *error)
{
	const struct rekey *row = rekey_after(&hub->core.state, 0);
	struct error why;
	if (!row)
		return 0;
	/* What was asked for in this batch is durable in the next. */
	if (hub->n_entries > 0)
		return 1;
	struct keys *keys = row->keys == REKEY_KEYS_MISSION ? hub->options.keys : hub->options.doors;
	int more = step(hub, row, keys, &why);
	if (more > 0)
		return 1;
	/* After an error either all is as it was, or nothing of the keys is to be relied on any more. */
	int failed = more < 0 ? keys_sync(keys, error) : 0;
	if (failed == 0)
		end(hub, row, more < 0 ? &why : NULL);
	return failed < 0 ? failed : 1;
}
