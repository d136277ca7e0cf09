#include "cli/cli.h"
#include "cli/options.h"

#include "base/clock.h"
#include "keys/destroy.h"
#include "serve/keeper.h"
#include "serve/mission_file.h"
#include "serve/receipt.h"
#include "serve/running.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

enum { MEMORY_BYTES = 1 << 20, WALK_FILES = 16, END_MS = 1000, NAME_BYTES = MISSION_NAME_BYTES_MAX + 2 };

static const char receipt_path[] = "destroyed.note";

/* The mission's name, or “this mission” when mission.yaml is broken: that must not keep anybody from destroying. */
static struct str name_of_mission(void)
{
	static struct mission_file mission;
	static struct arena memory;
	memory = arena_map(MEMORY_BYTES);
	return mission_file_read(&mission, &memory, NULL) < 0 ? STR("this mission") : mission.name;
}

static bool is_agreed(struct str name, const char *given)
{
	char line[NAME_BYTES];
	if (given)
		return str_eq(name, str_of(given));
	printf("All keys of this mission will be wiped. Personal values in its record can then be read by nobody, for "
	       "ever,\nand no backup of the record changes that. To do it, type its name, " STR_FMT ": ",
	       STR_ARG(name));
	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		return false;
	line[strcspn(line, "\n")] = 0;
	return str_eq(name, str_of(line));
}

/* On paper or screen, and beside the journal. */
static void put_receipt(const struct destroyed *destroyed)
{
	static char memory[RECEIPT_BYTES_MAX];
	struct buf b = BUF(memory);
	struct error error;
	if (receipt_write(&b, destroyed, clock_wall_ms(), &error) < 0) {
		error_print(&error);
		printf("There is no receipt: the journal's key cannot be read.\n");
		return;
	}
	printf("\n" STR_FMT "\n", STR_ARG(buf_str(&b)));
	fflush(stdout);
	int fd = open(receipt_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || write(fd, b.at, b.len) != (ssize_t)b.len || fsync(fd) < 0) {
		error_system(&error, "cannot write %s", receipt_path);
		error_print(&error);
	}
	if (fd >= 0)
		close(fd);
}

/* Keys of backups that were made inside the mission's directory. */
static bool copies_wiped;

static int wipe_copy(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	struct destroyed copy;
	struct error error;
	(void)status;
	if (kind != FTW_D || strcmp(path + place->base, "keys") != 0 || strcmp(path, "./keys") == 0)
		return 0;
	bool good = destroy_keys(path, &copy, &error) == 0 && destroy_seed(path, &error) == 0;
	if (good && copy.n > 0)
		printf("wiped %zu keys of a backup in %s\n", copy.n, path);
	if (!good)
		error_print(&error);
	copies_wiped &= good;
	return 0;
}

static bool wipe_copies(void)
{
	copies_wiped = true;
	return nftw(".", wipe_copy, WALK_FILES, FTW_PHYS) == 0 && copies_wiped;
}

/* The key that signed the receipt, and what a process that was still alive has written since. */
static bool wipe_rest(void)
{
	struct destroyed again;
	struct error error;
	bool good = destroy_keys("keys", &again, &error) == 0;
	if (good && destroy_seed("keys", &error) == 0)
		return true;
	error_print(&error);
	return false;
}

/* The keeper kills a child that does not listen; who kills the keeper must leave the child to the kernel. */
static bool end_stubborn(void)
{
	if (running_end(KEEPER_GOODBYE_MS + END_MS))
		return true;
	running_kill();
	printf("A process of the mission did not end and may have keys in its memory: switch the machine off.\n");
	return false;
}

/* Keys first, whoever is still alive; then the processes that have them in memory, so that the journal says where it
 * ends; then the key that signed the receipt. Nobody waits longer than a second for a process before that. */
static bool destroy(void)
{
	struct destroyed destroyed;
	struct error error;
	int64_t begun = clock_elapsed_us();
	bool good = destroy_keys("keys", &destroyed, &error) == 0;
	if (!good)
		error_print(&error);
	bool ended = running_end(END_MS);
	put_receipt(&destroyed);
	good &= wipe_rest();
	good &= wipe_copies();
	printf("%s after %lld ms.\n", good ? "All keys are wiped" : "NOT all keys are wiped",
	       (long long)(clock_elapsed_us() - begun) / 1000);
	if (!ended) {
		ended = end_stubborn();
		good &= wipe_rest();
	}
	return good && ended;
}

int cli_destroy(int argc, char **argv)
{
	struct option_value yes = {.name = "yes"};
	if (options_read(argc, argv, &yes, 1))
		options_usage();
	if (!is_agreed(name_of_mission(), yes.value)) {
		struct error error;
		error_set(&error, ERROR_INPUT, "that is not the mission's name; nothing was destroyed");
		die(EXIT_USAGE, &error);
	}
	bool good = destroy();
	printf(
	    "The way out stays free: it is hardware, and asks nobody. Without the mission no badge opens a door. The "
	    "record still\nverifies: chancery verify. Memory of this machine forgets when it is switched off.\n");
	return good ? EXIT_OK : EXIT_FAILED;
}
