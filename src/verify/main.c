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
#define MOMENT_SECONDS_MAX     (INT64_C(1) << 43)

static const char usage[] =
    "usage: chancery-verify JOURNAL.db VKEYFILE [--witness VKEYFILE]… [--since NOTE] [--save FILE]\n"
    "\n"
    "  JOURNAL.db          the journal's database; it is not changed, and its mission may run\n"
    "  VKEYFILE            the mission's public key, one line NAME+ID+BASE64\n"
    "  --witness VKEYFILE  the public key of a witness: what has it seen of this journal, and when?\n"
    "  --since NOTE        a checkpoint saved earlier: does the journal still begin with it?\n"
    "  --save FILE         keep the verified checkpoint there, for --since\n"
    "\n"
    "Exit codes: 0 verified, 5 verified in part (it says which part is not), 4 the journal is not what it must be,\n"
    "1 cannot read, 2 wrong usage.\n";

struct arguments {
	const char *journal, *key, *since, *save;
	const char *witness[VERIFY_WITNESSES_MAX];
	unsigned witnesses;
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
	double left = (now - started) * (double)(of - entries) / (double)entries;
	fprintf(stderr, "\r%3.0f %% of %" PRIu64 " entries, %.0f s left\033[K", 100.0 * (double)entries / (double)of,
		of, left);
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
		if (a->witnesses < VERIFY_WITNESSES_MAX && take_option("--witness", &a->witness[a->witnesses], &arg))
			a->witnesses++;
		else if (**arg == '-' || a->key)
			return false;
		else
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

static bool key_read(const char *path, enum checkpoint_type type, struct checkpoint_key *ret_key)
{
	uint8_t line[1024];
	struct complaint complaint;
	ssize_t len = file_read(path, line, sizeof(line));
	if (len < 0)
		return false;
	if (checkpoint_key_read(line, (size_t)len, type, ret_key, &complaint))
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
	if (checkpoint_read_kept(note, (size_t)len, key, ret_checkpoint, &complaint))
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

/* A clock that is wrong by ages is shown as far as days go. */
static struct moment moment_of_seconds(uint64_t seconds)
{
	return moment_of((int64_t)(seconds < MOMENT_SECONDS_MAX ? seconds : MOMENT_SECONDS_MAX) * 1000);
}

static void print_witnesses(const struct verify_request *request, const struct verify_result *r)
{
	for (unsigned i = 0; i < request->witnesses; i++) {
		const struct verify_seen *seen = &r->seen[i];
		if (seen->size == 0)
			printf("witness   nothing of %s lies here\n", request->witness[i].name);
		else
			printf("witness   %s saw %" PRIu64 " entries at %.19sZ\n", request->witness[i].name, seen->size,
			       moment_of_seconds(seen->time_s).text);
	}
}

static void print_result(const struct arguments *a, const struct verify_request *request, const struct verify_result *r)
{
	double seconds = seconds_now() - started;
	printf("entries   %" PRIu64 "\n", r->entries);
	if (r->entries > r->proved)
		printf("unproved  %" PRIu64 ", from entry %" PRIu64 " on, since %s\n", r->entries - r->proved,
		       r->proved, moment_of(r->wall_unproved_ms).text);
	printf("period    %s to %s\n", moment_of(r->wall_first_ms).text, moment_of(r->wall_last_ms).text);
	printf("root      %s\n", checkpoint_root_text(&r->root).text);
	printf("key       %s\n", request->key->name);
	print_witnesses(request, r);
	if (a->since)
		printf("since     still begins with the %" PRIu64 " entries of %s\n", request->since->size, a->since);
	printf("took      %.2f s, %.0f entries/s\n", seconds, (double)r->entries / (seconds > 1e-6 ? seconds : 1e-6));
	if (a->save)
		printf("saved     %s\n", a->save);
}

/* On standard error too, so that nobody takes it for the whole. */
static void print_part(const struct arguments *a, const struct verify_request *request, const struct verify_result *r)
{
	fflush(stdout);
	fprintf(stderr, "VERIFIED IN PART ONLY: %s\n", a->journal);
	if (r->entries > r->proved)
		fprintf(stderr,
			"The last %" PRIu64 " entries lie behind the checkpoint: nobody has signed them.\n"
			"The mission stopped signing. Ask why, and keep the newest checkpoint that a witness or you "
			"have seen.\n",
			r->entries - r->proved);
	for (unsigned i = 0; i < request->witnesses; i++)
		if (r->seen[i].size == 0)
			fprintf(stderr, "No cosignature of %s lies here. Ask it what it saw last.\n",
				request->witness[i].name);
}

static int print_fault(const struct arguments *a, enum verify_answer answer, const struct verify_fault *fault)
{
	if (answer == VERIFY_WRONG)
		fprintf(stderr, "NOT VERIFIED: %s\n", a->journal);
	fprintf(stderr, "%s\n%s\n", fault->complaint.what, fault->next);
	return (int)answer;
}

static int verify(const struct arguments *a, const struct verify_request *request)
{
	static struct verify_result result;
	struct verify_fault fault;
	enum verify_answer answer = verify_journal(request, &result, &fault);
	progress_end();
	if (answer != VERIFY_OK && answer != VERIFY_IN_PART)
		return print_fault(a, answer, &fault);
	if (a->save && !note_save(a->save, result.note, result.note_len))
		return VERIFY_UNREADABLE;
	printf("%s%s\n", answer == VERIFY_OK ? "verified  " : "VERIFIED IN PART ONLY  ", a->journal);
	print_result(a, request, &result);
	if (answer == VERIFY_IN_PART)
		print_part(a, request, &result);
	return (int)answer;
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	struct checkpoint_key key, witness[VERIFY_WITNESSES_MAX];
	struct checkpoint since = {0};
	started = seconds_now();
	if (argc < 3 || !arguments_read(argv, &a)) {
		fputs(usage, stderr);
		return VERIFY_USAGE;
	}
	if (!key_read(a.key, CHECKPOINT_LOG, &key) || (a.since && !since_read(a.since, &key, &since)))
		return VERIFY_UNREADABLE;
	for (unsigned i = 0; i < a.witnesses; i++)
		if (!key_read(a.witness[i], CHECKPOINT_WITNESS, &witness[i]))
			return VERIFY_UNREADABLE;
	struct verify_request request = {
	    .path = a.journal,
	    .key = &key,
	    .since = a.since ? &since : NULL,
	    .witness = witness,
	    .witnesses = a.witnesses,
	    .progress = isatty(STDERR_FILENO) ? progress : NULL,
	};
	return verify(&a, &request);
}
