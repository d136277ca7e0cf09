#include "keys/keys.h"

#include "keys/month.h"

enum { WIPE_BLOCKS = 16 }; /* 1 MiB in a step */

int keys_create(const struct file files[2], const uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	int failed = keyfile_create(files[0], root, 1, error);
	return failed < 0 ? failed : file_wipe(files[1], NULL, error);
}

static int pass_on(const struct error *from, struct error *error)
{
	if (error)
		*error = *from;
	return (int)from->code;
}

/* Which file opens, the one of the greater generation when both do. */
static int choose(const struct file files[2], const uint8_t root[CRYPT_KEY_BYTES], unsigned *ret_current,
		  struct error *error)
{
	struct error errors[2];
	struct slots slots = {.n = 0};
	uint64_t generation[2] = {0, 0};
	int failed[2];
	for (unsigned i = 0; i < 2; i++) {
		failed[i] = slots_open(&slots, files[i], root, &errors[i]);
		if (failed[i] == ERROR_SYSTEM)
			return pass_on(&errors[i], error);
		if (failed[i] == 0)
			generation[i] = slots.generation;
	}
	crypt_wipe(&slots, sizeof slots);
	if (failed[0] < 0 && failed[1] < 0)
		return pass_on(&errors[failed[1] == ERROR_CRYPTO], error);
	*ret_current = failed[0] < 0 || (failed[1] == 0 && generation[1] > generation[0]);
	return 0;
}

int keys_open(struct keys *keys, const struct file files[2], const uint8_t root[CRYPT_KEY_BYTES], uint32_t slots_max,
	      struct error *error)
{
	struct keys found = {.files = {files[0], files[1]}};
	bool blank = true;
	int failed = choose(files, root, &found.current, error);
	if (failed == 0)
		failed = file_renew(files[found.current], error);
	if (failed == 0)
		failed = keyfile_open(&found.file, files[found.current], root, slots_max, error);
	if (failed < 0)
		return failed;
	failed = slots_is_blank(files[1 - found.current], &blank, error);
	if (failed == 0 && !blank)
		failed = file_wipe(files[1 - found.current], NULL, error);
	if (failed < 0)
		keyfile_close(found.file);
	else
		*keys = found;
	return failed;
}

void keys_close(struct keys *keys)
{
	keyfile_close(keys->file);
	*keys = (struct keys){.file = NULL};
}

int keys_sync(struct keys *keys, struct error *error)
{
	return keyfile_sync(keys->file, error);
}

int keys_forget(struct keys *keys, struct str table, uint64_t id, struct error *error)
{
	struct key_id ids[KEYFILE_DESTROY_MAX] = {key_of_subject(table, id)}, found;
	uint32_t cursor = 0;
	size_t n = 1;
	int failed = 0;
	while (failed == 0 && keyfile_next(keys->file, KEY_SECRET, &cursor, &found)) {
		if (found.number != id || !str_eq(found.name, table))
			continue;
		ids[n++] = found;
		if (n == KEYFILE_DESTROY_MAX) {
			failed = keyfile_destroy(keys->file, ids, n, error);
			n = 0;
		}
	}
	return failed < 0 ? failed : keyfile_destroy(keys->file, ids, n, error);
}

bool keys_next_month(const struct keys *keys, uint32_t *cursor, struct keys_month *ret_month)
{
	struct key_id id;
	if (!keyfile_next(keys->file, KEY_MONTH, cursor, &id))
		return false;
	*ret_month = (struct keys_month){.keep = id.name, .month = (int64_t)id.number, .end = INT64_MAX};
	/* What this program cannot read as a class it keeps. */
	month_keep_end(id.name, (int64_t)id.number, &ret_month->end);
	return true;
}

int keys_destroy_month(struct keys *keys, struct str keep, int64_t month, struct error *error)
{
	struct key_id id = key_of_month(keep, month);
	return keyfile_destroy(keys->file, &id, 1, error);
}

/* A new root key */

/* All is as it was. */
static int give_up(struct keys *keys, int failed)
{
	keyfile_copy_drop(keys->file);
	file_wipe(keys->files[1 - keys->current], NULL, NULL);
	keys->rekeying = KEYS_SETTLED;
	return failed;
}

int keys_rekey_begin(struct keys *keys, struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	ASSERT(keys->rekeying == KEYS_SETTLED);
	crypt_random(root, sizeof root);
	int failed = keyfile_copy_begin(keys->file, keys->files[1 - keys->current], root, error);
	crypt_wipe(root, sizeof root);
	keys->rekeying = KEYS_COPYING;
	return failed < 0 ? give_up(keys, failed) : 0;
}

/* What goes wrong from here on is final: the protectors may open with either root key, or a file is not wiped. */
static int end_well_or_not_at_all(struct keys *keys, int failed, const struct error *failure, struct error *error)
{
	if (failed >= 0)
		return failed;
	keyfile_fail(keys->file, failure);
	return keyfile_sync(keys->file, error);
}

static int switch_to(struct keys *keys, struct master *master, struct error *error)
{
	struct error failure;
	unsigned old = keys->current;
	int failed = master_switch(master, keyfile_root(keys->file), keyfile_copy_root(keys->file), &failure);
	if (failed == 0) {
		keyfile_copy_take(keys->file);
		keys->current = 1 - old;
		keys->rekeying = KEYS_WIPING;
		failed = wipe_begin(&keys->wiping, keys->files[old], &failure);
	}
	failed = end_well_or_not_at_all(keys, failed, &failure, error);
	return failed < 0 ? failed : 1;
}

static int wipe_some(struct keys *keys, struct error *error)
{
	struct error failure;
	int more = wipe_step(&keys->wiping, WIPE_BLOCKS, &failure);
	if (more == 0)
		keys->rekeying = KEYS_SETTLED;
	return end_well_or_not_at_all(keys, more, &failure, error);
}

int keys_rekey_step(struct keys *keys, struct master *master, struct error *error)
{
	ASSERT(keys->rekeying != KEYS_SETTLED);
	if (keys->rekeying == KEYS_WIPING)
		return wipe_some(keys, error);
	int more = keyfile_copy_step(keys->file, error);
	if (more < 0)
		return give_up(keys, more);
	return more > 0 ? more : switch_to(keys, master, error);
}

int keys_rekey(struct keys *keys, struct master *master, struct error *error)
{
	int more = keys_rekey_begin(keys, error);
	if (more == 0)
		do
			more = keys_rekey_step(keys, master, error);
		while (more > 0);
	return more;
}
