#include "sim/machine.h"

#include "serve/kept.h"

#include <sodium.h>

#define DISK_NAME "machine"
static const uint8_t protector_key[CRYPT_KEY_BYTES] = {4, 5, 6}, door_root[CRYPT_KEY_BYTES] = {7, 8, 9};
static const uint8_t drivers_key[CRYPT_KEY_BYTES] = {10, 11};

enum { SALT_STREAM = 1, FAULT_STREAM };

void machine_init(struct machine *m, uint64_t seed)
{
	*m = (struct machine){.disk = disk_new(DISK_NAME, seed),
			      .salt = chance_of(seed, SALT_STREAM),
			      .fault = chance_of(seed, FAULT_STREAM),
			      .shared = arena_map_shared(HUB_SHARED_BYTES + sizeof(struct hub_danger))};
	worker_init(&m->worker);
	m->danger = (struct hub_danger *)(void *)(m->shared.at + HUB_SHARED_BYTES);
}

void machine_release(struct machine *m)
{
	ASSERT(!m->is_started);
	disk_free(m->disk);
	arena_unmap(&m->shared);
}

/* Keys */

void machine_driver_key(struct str driver, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	kept_driver_key(drivers_key, driver, ret_key);
}

static void remember_root(struct machine *m, const uint8_t root[CRYPT_KEY_BYTES])
{
	for (size_t i = 0; i < m->n_roots; i++)
		if (memcmp(m->roots[i], root, CRYPT_KEY_BYTES) == 0)
			return;
	ASSERT(m->n_roots < MACHINE_ROOTS_MAX);
	memcpy(m->roots[m->n_roots++], root, CRYPT_KEY_BYTES);
}

/* As `chancery init` makes them: the protectors last, so that keys which they do not open were never used. */
static int make_keys(struct machine *m, const struct file files[2], struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	master_make(&m->master, m->protectors, root);
	int failed = keys_create(files, root, error);
	return failed < 0 ? failed : master_add_file(&m->master, root, STR("machine"), protector_key, error);
}

static int open_keys(struct machine *m, const struct file files[2], struct error *error)
{
	uint8_t root[CRYPT_KEY_BYTES];
	bool blank;
	int failed = slots_is_blank(m->protectors, &blank, error);
	if (failed == 0 && blank)
		failed = make_keys(m, files, error);
	if (failed == 0)
		failed = master_open(&m->master, m->protectors, error);
	if (failed == 0)
		failed = master_by_file(&m->master, protector_key, root, error);
	if (failed < 0)
		return failed;
	remember_root(m, root);
	failed = file_renew(m->protectors, error);
	return failed < 0 ? failed : keys_open(&m->keys, files, root, MACHINE_SLOTS_MAX, error);
}

static int open_doors(struct machine *m, const struct file files[2], struct error *error)
{
	bool blank;
	int failed = slots_is_blank(files[0], &blank, error);
	if (failed < 0)
		return failed;
	if (!blank && keys_open(&m->doors, files, door_root, MACHINE_SLOTS_MAX, error) == 0)
		return 0;
	failed = keys_create(files, door_root, error);
	return failed < 0 ? failed : keys_open(&m->doors, files, door_root, MACHINE_SLOTS_MAX, error);
}

static int make_cursor_key(struct machine *m, struct error *error)
{
	struct key_id id = key_of_index();
	const uint8_t *key;
	int failed = keyfile_make(m->keys.file, &id, &key, error);
	if (failed == 0)
		failed = keys_sync(&m->keys, error);
	if (failed == 0)
		crypto_generichash(m->cursor_key, sizeof m->cursor_key, (const uint8_t *)"cursor", 6, key,
				   CRYPT_KEY_BYTES);
	return failed;
}

/* Life */

static int open_file(struct machine *m, const char *name, struct file *ret_file, struct error *error)
{
	struct file real;
	int failed = disk_file(m->disk, name, &real, error);
	if (failed == 0)
		*ret_file = worker_file(&m->worker, real);
	return failed;
}

static void close_all(struct machine *m)
{
	if (m->keys.file)
		keys_close(&m->keys);
	if (m->doors.file)
		keys_close(&m->doors);
	worker_close_files(&m->worker);
}

int machine_start(struct machine *m, struct error *error)
{
	static const char *const names[] = {"master",  "subjects.0", "subjects.1", "doors.0",
					    "doors.1", "snapshot.0", "snapshot.1"};
	struct file files[ARRAY_LEN(names)];
	int failed = 0;
	ASSERT(!m->is_started);
	m->keys = m->doors = (struct keys){0};
	m->work_is_wanted = m->work_has_ended = false;
	for (size_t i = 0; failed == 0 && i < ARRAY_LEN(names); i++)
		failed = open_file(m, names[i], &files[i], error);
	if (failed == 0) {
		m->protectors = files[0];
		m->snapshots[0] = files[5];
		m->snapshots[1] = files[6];
		failed = open_doors(m, files + 3, error);
	}
	if (failed == 0)
		failed = open_keys(m, files + 1, error);
	if (failed == 0)
		failed = make_cursor_key(m, error);
	m->is_started = failed == 0;
	if (failed < 0)
		close_all(m);
	return failed;
}

/* The kernel kills the child of a process that died; a step that it was in the middle of still happens. */
static void end_worker(struct machine *m)
{
	bool done;
	if (m->worker.pid > 0 && chance_in_thousand(&m->fault, 500))
		worker_step(&m->worker, &done);
	worker_kill(&m->worker);
}

void machine_stop(struct machine *m, enum machine_end end)
{
	if (end == MACHINE_DIES && !disk_is_down(m->disk))
		disk_end_process(m->disk);
	if (end == MACHINE_LOSES_POWER && !disk_is_down(m->disk))
		disk_crash(m->disk, chance_below(&m->fault, UINT32_MAX));
	end_worker(m);
	if (m->is_started)
		close_all(m);
	if (end == MACHINE_LOSES_POWER)
		*m->danger = (struct hub_danger){0};
	disk_restart(m->disk);
	m->is_started = false;
}

/* The hub's outside */

static struct machine *of(void *context)
{
	return *(struct machine **)context;
}

static int64_t elapsed_us(void *context)
{
	return of(context)->elapsed_us;
}

static int64_t wall_ms(void *context)
{
	return of(context)->wall_ms;
}

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	chance_bytes(&of(context)->salt, ret_bytes, n);
}

static uint64_t free_bytes(void *context)
{
	return disk_room(of(context)->disk);
}

static void work(void *context, int (*work_now)(void *hub, void *shared), void *hub)
{
	struct machine *m = of(context);
	ASSERT(!m->work_is_wanted);
	m->work_is_wanted = true;
	m->work_has_ended = false;
	m->works++;
	m->works_of = hub_core(hub)->size;
	worker_begin(&m->worker, work_now, hub, m->shared.at);
}

static bool work_ended(void *context, bool *ret_done)
{
	struct machine *m = of(context);
	if (!m->work_is_wanted || !m->work_has_ended)
		return false;
	m->work_is_wanted = false;
	*ret_done = m->work_is_done;
	return true;
}

static void new_root(void *context, const uint8_t *root, bool is_in_force)
{
	(void)is_in_force;
	remember_root(of(context), root);
}

static void *shared(void *context, size_t size)
{
	ASSERT(size <= HUB_SHARED_BYTES);
	return of(context)->shared.at;
}

void machine_fill(struct machine *m, struct hub_options *options)
{
	options->keys = &m->keys;
	options->doors = &m->doors;
	options->journal.vfs = DISK_NAME;
	options->journal.path = "journal.db";
	options->index_path = "index.db";
	options->snapshots[0] = m->snapshots[0];
	options->snapshots[1] = m->snapshots[1];
	options->danger = m->danger;
	options->master = &m->master;
	options->drivers_key = drivers_key;
	options->wall = m->wall_ms;
	memcpy(options->cursor_key, m->cursor_key, sizeof options->cursor_key);
	options->outside.elapsed_us = elapsed_us;
	options->outside.wall_ms = wall_ms;
	options->outside.salt = salt;
	options->outside.free_bytes = free_bytes;
	options->outside.work = work;
	options->outside.work_ended = work_ended;
	options->outside.shared = shared;
	options->outside.new_root = new_root;
}

void machine_wait(struct machine *m, int64_t ms)
{
	ASSERT(ms >= 0);
	m->elapsed_us += ms * 1000;
	m->wall_ms += ms;
}

void machine_let_work(struct machine *m, unsigned steps)
{
	while (steps-- > 0 && m->worker.pid > 0)
		if (!worker_step(&m->worker, &m->work_is_done))
			m->work_has_ended = true;
}

void machine_kill_work(struct machine *m)
{
	worker_kill(&m->worker);
	m->work_has_ended = true;
	m->work_is_done = false;
}

bool machine_is_working(const struct machine *m)
{
	return m->work_is_wanted;
}

void machine_bound(struct machine *m, uint64_t room)
{
	disk_bound(m->disk, room == 0 ? 0 : disk_bytes(m->disk) + room);
}
