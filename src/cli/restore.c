/* restore.c: `chancery restore BACKUP DIR`: a mission's directory of a backup, and the fork named.
 *
 * All is made beside DIR and gets its name at the end. Keys of what was forgotten are destroyed where they come from before they are copied.
 */
#include "cli/cli.h"
#include "cli/keyring_input.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "base/folder.h"
#include "serve/incarnation_file.h"
#include "serve/mission_file.h"
#include "serve/running.h"
#include "tlog/backup.h"
#include "tlog/forgotten.h"
#include "tlog/restore.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY_BYTES = 64 << 20, FILE_MEMORY = BACKUP_FILE_BYTES_MAX + (1 << 20), DESTROY_AT_ONCE = 64 };
enum { KEYS, TAIL, FORGOTTEN, CHECKPOINT, INCARNATION, BY, FD, OPTIONS };

struct making {
	struct option_value options[OPTIONS];
	const char *from, *keys;
	char made[FOLDER_PATH_BYTES], from_keys[FOLDER_PATH_BYTES], made_keys[FOLDER_PATH_BYTES];
	struct backup_index index;
	struct note_key key; /* before the fork */
	struct restore record;
	struct incarnation now;
	struct forgotten forgotten; /* by the record that was made, and by the list that was carried here */
	struct arena memory, scratch;
	struct error error;
};

/* What was begun goes; no key stays in a directory that is no mission. */
_Noreturn static void fail(struct making *m)
{
	if (m->made[0])
		folder_remove(m->made);
	die(m->error.code == ERROR_RECORD || m->error.code == ERROR_CRYPTO ? EXIT_RECORD : EXIT_FAILED, &m->error);
}

static void check(struct making *m, int code)
{
	if (code < 0)
		fail(m);
}

/* The backup */

static struct source open_record(struct making *m, const char *directory, const struct note_key *key)
{
	char path[FOLDER_PATH_BYTES];
	struct source source;
	check(m, folder_path(path, directory, "journal.db", &m->error));
	check(m, source_of_journal(&source, path, key, &m->error));
	return source;
}

static void read_backup(struct making *m)
{
	char path[FOLDER_PATH_BYTES];
	check(m, backup_read(m->from, &m->memory, &m->index, &m->error));
	check(m, folder_path(m->from_keys, m->from, "keys", &m->error));
	m->keys = m->options[KEYS].value ? m->options[KEYS].value : m->from_keys;
	check(m, folder_path(path, m->from_keys, "journal.vkey", &m->error));
	m->key = outside_key(path, note_key_parse);
	if (m->index.keys || m->options[KEYS].value)
		return;
	error_set(&m->error, ERROR_INPUT, "there are no keys in this backup");
	error_remedy(&m->error, "Name the directory where the mission's keys are kept: --keys KEYS.");
	fail(m);
}

/* Does it with this as the current directory. */
static void inside(struct making *m, const char *directory, int (*work)(struct making *m))
{
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = back < 0 || chdir(directory) < 0 ? error_system(&m->error, "cannot enter %s", directory) : work(m);
	if (back >= 0 && fchdir(back) < 0 && failed == 0)
		failed = error_system(&m->error, "cannot go back");
	close(back);
	check(m, failed);
}

static int read_origin(struct making *m)
{
	static struct mission_file mission;
	int failed = mission_file_read(&mission, &m->memory, &m->error);
	if (failed == 0)
		m->record.origin = mission_file_origin(&mission, m->now.incarnation, &m->memory);
	return failed;
}

/* The directory */

static void make_directory(struct making *m, const char *dir)
{
	size_t length = strlen(dir);
	while (length > 1 && dir[length - 1] == '/')
		length--;
	if (access(dir, F_OK) == 0 && rmdir(dir) < 0) {
		error_set(&m->error, ERROR_INPUT, "there is something already");
		error_where(&m->error, "%s", dir);
		error_remedy(&m->error, "Name a new directory; missions are never overwritten.");
		fail(m);
	}
	char template[FOLDER_PATH_BYTES];
	check(m, folder_make_parents(dir, &m->error));
	snprintf(template, sizeof template, "%.*s.making-XXXXXX", (int)length, dir);
	if (!mkdtemp(template)) {
		error_system(&m->error, "cannot make a directory beside %s", dir);
		fail(m);
	}
	memcpy(m->made, template, sizeof m->made);
	check(m, folder_path(m->made_keys, m->made, "keys", &m->error));
}

static int copy_file(struct making *m, const char *from, const char *to, const char *name, unsigned mode)
{
	char source[FOLDER_PATH_BYTES], target[FOLDER_PATH_BYTES];
	struct str bytes;
	arena_clear(&m->scratch);
	int failed = folder_path(source, from, name, &m->error);
	if (failed == 0)
		failed = folder_path(target, to, name, &m->error);
	if (failed == 0)
		failed = folder_read(source, &m->scratch, BACKUP_FILE_BYTES_MAX, &bytes, &m->error);
	if (failed < 0)
		return failed;
	failed = folder_make_parents(target, &m->error);
	if (failed == 0)
		failed = folder_write(target, bytes, mode, &m->error);
	explicit_bzero(m->scratch.at, bytes.len);
	return failed;
}

static void copy_files(struct making *m)
{
	for (size_t i = 0; i < m->index.files.n; i++) {
		struct str name = m->index.files.at[i].path;
		char path[FOLDER_PATH_BYTES];
		snprintf(path, sizeof path, STR_FMT, STR_ARG(name));
		if (!str_starts(name, STR("keys/")) && !str_eq(name, STR("incarnation.json")))
			check(m, copy_file(m, m->from, m->made, path, 0640));
	}
}

/* The record */

static void restore_entries(struct making *m)
{
	int64_t number;
	struct source from = open_record(m, m->from, &m->key);
	check(m, restore_incarnation(from, &number, &m->error));
	m->now.incarnation = number + 1;
	if (m->options[INCARNATION].value)
		options_number(&m->options[INCARNATION], number + 1, INT32_MAX, &m->now.incarnation);
	m->record = (struct restore){.from = from,
				     .key = &m->key,
				     .directory = m->made,
				     .keys = m->keys,
				     .tail = m->options[TAIL].value,
				     .progress = outside_progress};
	inside(m, m->from, read_origin);
	if (m->options[CHECKPOINT].value)
		m->record.known = outside_read(m->options[CHECKPOINT].value, NOTE_BYTES_MAX, &m->memory);
	check(m, restore_record(&m->record, &m->error));
	source_close(from);
	if (m->record.entries == (uint64_t)m->index.entries)
		return;
	error_set(&m->error, ERROR_RECORD,
		  "backup.json says that there are %" PRId64 " entries, and there are %" PRIu64, m->index.entries,
		  m->record.entries);
	fail(m);
}

/* Forgotten stays forgotten */

static void add_carried(struct making *m)
{
	const char *path = m->options[FORGOTTEN].value;
	struct forgotten list = {0};
	if (path)
		check(m, forgotten_read_file(path, note_key_name(&m->key), &m->memory, &list, &m->error));
	m->now.subjects = list.subjects;
	m->now.months = list.months;
}

static int destroy(struct keyring *ring, const struct forgotten_subject_list *subjects,
		   const struct forgotten_month_list *months, struct error *error)
{
	int failed = 0;
	for (size_t i = 0; failed == 0 && i < subjects->n; i++)
		failed = keys_forget(&ring->keys, subjects->at[i].table, (uint64_t)subjects->at[i].subject, error);
	for (size_t i = 0; failed == 0 && i < months->n; i++)
		failed = keys_destroy_month(&ring->keys, months->at[i].keep, months->at[i].month, error);
	return failed;
}

/* The old disk's snapshots and index: the new mission makes its own. */
static int destroy_made(struct keyring *ring, enum key_kind kind, struct error *error)
{
	struct key_id id;
	uint32_t cursor = 0;
	int failed = 0;
	while (failed == 0 && keyfile_next(ring->keys.file, kind, &cursor, &id))
		failed = keyfile_destroy(ring->keys.file, &id, 1, error);
	return failed;
}

/* A mission that still uses these keys must not run meanwhile. */
static int lock_owner(struct making *m)
{
	return access("../run", F_OK) == 0 && chdir("..") == 0 ? running_lock(&m->error) : 0;
}

static void forget(struct making *m)
{
	struct secret_input input = {.fd = -1};
	struct keyring ring;
	check(m, keyring_open(&ring, KEYRING_MASTER, m->keys, &m->error));
	int failed = keyring_input_open(&ring, &input, m->options[BY].value, m->options[FD].value, &m->error);
	if (failed == 0)
		failed = destroy(&ring, &m->forgotten.subjects, &m->forgotten.months, &m->error);
	if (failed == 0)
		failed = destroy(&ring, &m->now.subjects, &m->now.months, &m->error);
	if (failed == 0)
		failed = destroy_made(&ring, KEY_SNAPSHOT, &m->error);
	if (failed == 0)
		failed = destroy_made(&ring, KEY_INDEX, &m->error);
	secret_input_close(&input);
	keyring_close(&ring);
	check(m, failed);
}

static int copy_key(void *context, const char *name, struct error *error)
{
	(void)error;
	struct making *m = context;
	return copy_file(m, m->keys, m->made_keys, name, 0600);
}

static void copy_keys(struct making *m)
{
	check(m, folder_make(m->made_keys, 0700, &m->error));
	check(m, folder_walk(m->keys, copy_key, m, &m->error));
	check(m, restore_name_key(m->made_keys, m->record.origin, &m->error));
}

/* Who was forgotten by the entries themselves, also when the keys are older than they. */
static void list_forgotten(struct making *m)
{
	struct source made = open_record(m, m->made, &m->record.new_key);
	check(m, forgotten_list(made, &m->record.new_key, outside_progress, &m->memory, &m->forgotten, &m->error));
	source_close(made);
}

static bool has_subject(const struct forgotten_subject_list *list, const struct forgotten_subject *one)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].subject == one->subject && str_eq(list->at[i].table, one->table))
			return true;
	return false;
}

static bool has_month(const struct forgotten_month_list *list, const struct forgotten_month *one)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->at[i].month == one->month && str_eq(list->at[i].keep, one->keep))
			return true;
	return false;
}

/* What the record forgets by itself it need not be told. */
static void keep_new(struct making *m)
{
	struct forgotten_subject *subjects = ARENA_TAKE(&m->memory, struct forgotten_subject, m->now.subjects.n);
	struct forgotten_month *months = ARENA_TAKE(&m->memory, struct forgotten_month, m->now.months.n);
	size_t n_subjects = 0, n_months = 0;
	for (size_t i = 0; i < m->now.subjects.n; i++)
		if (!has_subject(&m->forgotten.subjects, &m->now.subjects.at[i]))
			subjects[n_subjects++] = m->now.subjects.at[i];
	for (size_t i = 0; i < m->now.months.n; i++)
		if (!has_month(&m->forgotten.months, &m->now.months.at[i]))
			months[n_months++] = m->now.months.at[i];
	m->now.subjects = (struct forgotten_subject_list){n_subjects, subjects};
	m->now.months = (struct forgotten_month_list){n_months, months};
}

static void name_fork(struct making *m)
{
	const struct restore *r = &m->record;
	m->now.format = 1;
	m->now.entries = (int64_t)r->entries;
	m->now.known = (int64_t)r->known_size;
	m->now.has_root = r->has_root;
	m->now.root = (struct str){(const char *)r->root.at, sizeof r->root.at};
	m->now.fetched = (int64_t)r->fetched;
	check(m, incarnation_write_file(m->made, &m->now, &m->memory, &m->error));
}

static void say(const struct making *m, const char *dir)
{
	const struct restore *r = &m->record;
	uint64_t have = r->entries + r->fetched;
	printf("A mission is in %s: incarnation %" PRId64 ", with %" PRIu64 " entries of the backup and %" PRIu64
	       " from outside.\n",
	       dir, m->now.incarnation, r->entries, r->fetched);
	if (r->known_size > have)
		printf("%" PRIu64 " entries that were known outside are lost; the record will say so.\n",
		       r->known_size - have);
	printf("The keys of %zu persons and other rows and %zu months, forgotten before, are destroyed, in %s too.\n",
	       m->forgotten.subjects.n + m->now.subjects.n, m->forgotten.months.n + m->now.months.n, m->keys);
	printf("Its journal is signed as " STR_FMT ". Give %s/keys/journal.vkey to witnesses and auditors.\n",
	       STR_ARG(r->origin), dir);
}

int cli_restore(int argc, char **argv)
{
	static struct making m;
	m = (struct making){.options = {[KEYS] = {.name = "keys"},
					[TAIL] = {.name = "tail"},
					[FORGOTTEN] = {.name = "forgotten"},
					[CHECKPOINT] = {.name = "checkpoint"},
					[INCARNATION] = {.name = "incarnation"},
					[BY] = {.name = "by"},
					[FD] = {.name = "fd"}},
			    .memory = arena_map(MEMORY_BYTES),
			    .scratch = arena_map(FILE_MEMORY)};
	const char *dir = argc > 2 ? options_read(argc - 1, argv + 1, m.options, OPTIONS) : NULL;
	if (!dir || argv[1][0] == '-' || !keyring_input_knows(m.options[BY].value))
		options_usage();
	m.from = argv[1];
	umask(027);
	read_backup(&m);
	make_directory(&m, dir);
	copy_files(&m);
	restore_entries(&m);
	add_carried(&m);
	list_forgotten(&m);
	keep_new(&m);
	inside(&m, m.keys, lock_owner);
	forget(&m);
	copy_keys(&m);
	name_fork(&m);
	check(&m, folder_sync(m.made, &m.error));
	if (rename(m.made, dir) < 0) {
		error_system(&m.error, "cannot give the mission its name");
		fail(&m);
	}
	say(&m, dir);
	return EXIT_OK;
}
