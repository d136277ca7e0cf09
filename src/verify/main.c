/* chancery-verify: verifies a journal, written from docs/journal-format.md alone. See README.md beside it. */
#include "verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_FIRST_SECONDS 1.0
#define PROGRESS_EVERY_SECONDS 0.2

static const char usage[] =
    "usage: chancery-verify JOURNAL.db VKEYFILE [--since NOTE] [--save FILE]\n"
    "\n"
    "  JOURNAL.db    the journal's database; it is not changed, and its mission may run\n"
    "  VKEYFILE      the mission's public key, one line NAME+ID+BASE64\n"
    "  --since NOTE  a checkpoint saved earlier: does the journal still begin with it?\n"
    "  --save FILE   keep the verified checkpoint there, for --since\n"
    "\n"
    "Exit codes: 0 verified, 4 the journal is not what it must be, 1 cannot read, 2 wrong usage.\n";

struct arguments {
	const char *journal, *key, *since, *save;
};

static double started, progress_shown;
static bool progress_is_on_line;

static double seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void progress(uint64_t entries, uint64_t of)
{
	double now = seconds_now();
	if (now - started < PROGRESS_FIRST_SECONDS || now - progress_shown < PROGRESS_EVERY_SECONDS)
		return;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " entries", entries, of);
	progress_shown = now;
	progress_is_on_line = true;
}

static void progress_end(void)
{
	if (progress_is_on_line)
		fputs("\r\033[K", stderr);
}

static bool take_option(const char *name, const char **value, char ***arg)
{
	if (strcmp(**arg, name) != 0 || *value || !(*arg)[1])
		return false;
	*value = *++*arg;
	return true;
}

static bool arguments_read(char **arg, struct arguments *a)
{
	for (arg++; *arg; arg++) {
		if (take_option("--since", &a->since, &arg) || take_option("--save", &a->save, &arg))
			continue;
		if (**arg == '-' || a->key)
			return false;
		*(a->journal ? &a->key : &a->journal) = *arg;
	}
	return a->key != NULL;
}

/* Reads a small file; returns its length, or -1 when it has said why not. */
static ssize_t file_read(const char *path, uint8_t *ret_bytes, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len = file ? fread(ret_bytes, 1, size, file) : 0;
	if (!file || ferror(file)) {
		fprintf(stderr, "chancery-verify: %s: %s\n", path, strerror(errno));
		len = SIZE_MAX;
	}
	if (file)
		fclose(file);
	return (ssize_t)len;
}

static bool key_read(const char *path, struct checkpoint_key *ret_key)
{
	uint8_t line[1024];
	struct complaint complaint;
	ssize_t len = file_read(path, line, sizeof(line));
	if (len < 0)
		return false;
	if (checkpoint_key_read(line, (size_t)len, ret_key, &complaint))
		return true;
	fprintf(stderr, "chancery-verify: %s: %s\n", path, complaint.what);
	return false;
}

static bool since_read(const char *path, const struct checkpoint_key *key, struct checkpoint *ret_checkpoint)
{
	static uint8_t note[CHECKPOINT_NOTE_BYTES_MAX + 1];
	struct complaint complaint;
	ssize_t len = file_read(path, note, sizeof(note));
	if (len < 0)
		return false;
	if (checkpoint_read(note, (size_t)len, key, ret_checkpoint, &complaint))
		return true;
	fprintf(stderr, "chancery-verify: %s: %s\n", path, complaint.what);
	return false;
}

/* All or nothing: an earlier saved checkpoint is only replaced by a whole one. */
static bool note_save(const char *path, const uint8_t *note, size_t len)
{
	char *beside = NULL;
	if (asprintf(&beside, "%s.new", path) < 0)
		return false;
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && write(fd, note, len) == (ssize_t)len && fsync(fd) == 0 && close(fd) == 0 &&
		  rename(beside, path) == 0;
	if (!ok)
		fprintf(stderr, "chancery-verify: %s: %s\n", path, strerror(errno));
	free(beside);
	return ok;
}

struct moment {
	char text[48];
};

static struct moment moment_of(int64_t ms)
{
	struct moment moment;
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char day[40];
	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(moment.text, sizeof(moment.text), "%.39s.%03dZ", day, (int)(ms % 1000));
	return moment;
}

static void print_result(const struct arguments *a, const struct checkpoint_key *key, const struct checkpoint *since,
			 const struct verify_result *r)
{
	double seconds = seconds_now() - started;
	printf("verified  %s\n", a->journal);
	printf("entries   %" PRIu64 "\n", r->entries);
	printf("period    %s to %s\n", moment_of(r->wall_first_ms).text, moment_of(r->wall_last_ms).text);
	printf("root      %s\n", checkpoint_root_text(&r->root).text);
	printf("key       %s\n", key->name);
	if (a->since)
		printf("since     still begins with the %" PRIu64 " entries of %s\n", since->size, a->since);
	printf("took      %.2f s, %.0f entries/s\n", seconds, (double)r->entries / (seconds > 1e-6 ? seconds : 1e-6));
	if (a->save)
		printf("saved     %s\n", a->save);
}

static int print_fault(const struct arguments *a, enum verify_answer answer, const struct verify_fault *fault)
{
	if (answer == VERIFY_WRONG)
		fprintf(stderr, "NOT VERIFIED: %s\n", a->journal);
	fprintf(stderr, "%s\n%s\n", fault->complaint.what, fault->next);
	return (int)answer;
}

int main(int argc, char **argv)
{
	static struct verify_result result;
	struct arguments a = {0};
	struct checkpoint_key key;
	struct checkpoint since = {0};
	struct verify_fault fault;
	started = seconds_now();
	if (argc < 3 || !arguments_read(argv, &a)) {
		fputs(usage, stderr);
		return VERIFY_USAGE;
	}
	if (!key_read(a.key, &key) || (a.since && !since_read(a.since, &key, &since)))
		return VERIFY_UNREADABLE;
	struct verify_request request = {a.journal, &key, a.since ? &since : NULL, isatty(2) ? progress : NULL};
	enum verify_answer answer = verify_journal(&request, &result, &fault);
	progress_end();
	if (answer != VERIFY_OK)
		return print_fault(&a, answer, &fault);
	if (a.save && !note_save(a.save, result.note, result.note_len))
		return VERIFY_UNREADABLE;
	print_result(&a, &key, &since, &result);
	return VERIFY_OK;
}
