#include "serve/init.h"

#include "base/folder.h"
#include "base/yaml.h"
#include "journal/journal_keys.h"
#include "keys/keyring.h"
#include "serve/mission_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, FILE_BYTES_MAX = 8 << 20, MEMORY_BYTES = 64 << 20, SCBK_BYTES = 16 };

/* Copying the sample */

static void put_replaced(struct buf *b, struct str text, struct str from, struct str to)
{
	while (text.len > 0) {
		if (str_starts(text, from)) {
			buf_put_str(b, to);
			text = (struct str){text.at + from.len, text.len - from.len};
		} else {
			buf_put_char(b, *text.at);
			text = (struct str){text.at + 1, text.len - 1};
		}
	}
}

static int copy_file(const char *from, const char *to, bool mission, struct arena *arena, struct error *error)
{
	struct str bytes;
	int failed = folder_read(from, arena, FILE_BYTES_MAX, &bytes, error);
	if (failed < 0)
		return failed;
	const struct passwd *user = getpwuid(getuid());
	if (mission && user) {
		struct buf b = arena_buf(arena);
		put_replaced(&b, bytes, STR("$USER"), str_of(user->pw_name));
		bytes = arena_keep(arena, &b);
	}
	return folder_write(to, bytes, 0640, error);
}

static int copy_tree(const char *from, const char *to, struct arena *arena, struct error *error)
{
	int failed = folder_make(to, 0750, error);
	DIR *directory = failed < 0 ? NULL : opendir(from);
	if (!directory)
		return failed < 0 ? failed : error_system(error, "cannot read the sample %s", from);
	const struct dirent *entry;
	while (failed == 0 && (entry = readdir(directory))) {
		char source[PATH_BYTES], target[PATH_BYTES];
		struct stat status;
		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(source, sizeof source, "%s/%s", from, entry->d_name) >= PATH_BYTES ||
		    snprintf(target, sizeof target, "%s/%s", to, entry->d_name) >= PATH_BYTES)
			failed = error_set(error, ERROR_LIMIT, "a path is too long: %s", entry->d_name);
		else if (stat(source, &status) < 0)
			failed = error_system(error, "cannot read %s", source);
		else if (S_ISDIR(status.st_mode))
			failed = copy_tree(source, target, arena, error);
		else
			failed = copy_file(source, target, strcmp(entry->d_name, "mission.yaml") == 0, arena, error);
	}
	closedir(directory);
	return failed;
}

/* Keys */

static void put_key(struct buf *b, struct str line, struct str address)
{
	uint8_t key[SCBK_BYTES];
	ssize_t got = getrandom(key, sizeof key, 0);
	ASSERT(got == sizeof key);
	BUF_LIT(b, "- {do: doors.key_reader, with: {line: ");
	buf_put_str(b, line);
	BUF_LIT(b, ", address: ");
	buf_put_str(b, address);
	BUF_LIT(b, ", key: \"");
	buf_put_hex(b, key, sizeof key);
	BUF_LIT(b, "\"}}\n");
	explicit_bzero(key, sizeof key);
}

/* One key of the operating system's making for each reader that site.yaml adds, as an import file. */
static int make_reader_keys(struct arena *arena, struct error *error)
{
	const struct yaml *site;
	int failed = yaml_read_file("site.yaml", arena, &site, error);
	if (failed < 0)
		return failed;
	struct buf b = {.at = arena_take(arena, 1 << 20, 1), .size = 1 << 20};
	BUF_LIT(&b,
		"# What the sample's simulated readers have in their own memory; import tells it to the mission. Real\n"
		"# readers get their keys from their maker's tool, and no file like this one stays behind.\n");
	for (const struct yaml *item = site->first; item; item = item->next) {
		const struct yaml *command = yaml_get(item, "do"), *with = yaml_get(item, "with");
		const struct yaml *line = yaml_get(with, "line"), *address = yaml_get(with, "address");
		if (command && str_eq(command->text, STR("doors.add_reader")) && line && address)
			put_key(&b, line->text, address->text);
	}
	failed = folder_write("keys/readers.yaml", buf_str(&b), 0600, error);
	explicit_bzero(b.at, b.len);
	return failed;
}

static int make_keys(struct arena *arena, struct error *error)
{
	static struct mission_file mission;
	int failed = mission_file_read(&mission, arena, error);
	if (failed == 0)
		failed = folder_make("keys", 0700, error);
	if (failed < 0)
		return failed;
	failed = journal_keys_make("keys", mission_file_origin(&mission, 1, arena), error);
	for (enum keyring_kind kind = KEYRING_MASTER; failed == 0 && kind < KEYRING_KINDS; kind++)
		failed = keyring_make(kind, "keys", error);
	return failed < 0 ? failed : make_reader_keys(arena, error);
}

/* Everything is made beside the directory and gets its name at the end: there is a whole mission, or none. */
static int make_mission(const char *making, const char *sample, struct arena *arena, struct error *error)
{
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = back < 0 ? error_system(error, "cannot open the current directory") : 0;
	if (failed == 0)
		failed = copy_tree(sample, making, arena, error);
	if (failed == 0 && chdir(making) < 0)
		failed = error_system(error, "cannot enter %s", making);
	if (failed == 0) {
		failed = make_keys(arena, error);
		if (fchdir(back) < 0 && failed == 0)
			failed = error_system(error, "cannot go back");
	}
	close(back);
	return failed;
}

int init_mission(const char *dir, const char *sample, struct error *error)
{
	char making[PATH_BYTES];
	size_t length = strlen(dir);
	while (length > 1 && dir[length - 1] == '/')
		length--;
	if (access(dir, F_OK) == 0 && rmdir(dir) < 0) {
		error_set(error, ERROR_INPUT, "there is something already");
		error_where(error, "%s", dir);
		return error_remedy(error, "Name a new directory; missions are never overwritten.");
	}
	if (snprintf(making, sizeof making, "%.*s.making-XXXXXX", (int)length, dir) >= PATH_BYTES)
		return error_set(error, ERROR_LIMIT, "the directory's name is too long");
	struct arena arena = arena_map(MEMORY_BYTES);
	int failed = folder_make_parents(dir, error);
	bool made = failed == 0 && mkdtemp(making);
	if (failed == 0 && (!made || chmod(making, 0750) < 0))
		failed = error_system(error, "cannot make a directory beside %s", dir);
	if (failed == 0)
		failed = make_mission(making, sample, &arena, error);
	if (failed == 0 && rename(making, dir) < 0)
		failed = error_system(error, "cannot give the mission its name");
	if (failed < 0 && made)
		folder_remove(making);
	arena_unmap(&arena);
	return failed;
}
