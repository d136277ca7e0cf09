/* blob.c: `chancery blob HASH --out FILE`: a file that an entry names. */
#include "cli/cli.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/progress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_BYTES = 32, PATH_BYTES = 4096, FILE_BYTES_MAX = 4096 * 24000 /* as the contract has it */ };

_Noreturn static void fail(const char *path, const char *what)
{
	struct error error;
	error_system(&error, "%s", what);
	error_where(&error, "%s", path);
	die(EXIT_FAILED, &error);
}

/* Parts come in order, and agree on how many there are. */
static struct str receive(struct asker *link, const char *shown, struct arena *arena)
{
	struct progress progress;
	struct buf b = arena_buf(arena);
	int64_t of = 1;
	progress_begin(&progress, shown, "parts");
	for (int64_t part = 1; part <= of; part++) {
		asker_forget(link);
		struct answer_line answer = link_next(link);
		if (answer.kind != ANSWER_LINE_FILE || answer.file.part != part || (part > 1 && answer.file.of != of)) {
			struct error error;
			error_set(&error, ERROR_GONE, "the core did not send part %lld when it was its turn",
				  (long long)part);
			die(EXIT_FAILED, &error);
		}
		of = answer.file.of;
		buf_put_str(&b, answer.file.data);
		progress_show(&progress, (uint64_t)part, (uint64_t)of);
	}
	progress_end(&progress);
	return arena_keep(arena, &b);
}

/* What is in it is somebody's: nobody else reads it, and half of it never has the file's name. */
static void write_file(const char *path, struct str bytes)
{
	char beside[PATH_BYTES];
	snprintf(beside, sizeof beside, "%s.new", path);
	int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		fail(beside, "cannot make the file");
	if (write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len || fsync(fd) < 0 || rename(beside, path) < 0)
		fail(path, "cannot write the file");
	close(fd);
}

int cli_blob(int argc, char **argv)
{
	struct option_value out = {.name = "out"};
	const char *hash = options_read(argc, argv, &out, 1);
	uint8_t bytes[HASH_BYTES];
	struct asker link;
	if (!hash || !out.value || strlen(out.value) > PATH_BYTES - 8 || !hex_read(str_of(hash), bytes, sizeof bytes))
		options_usage();
	struct arena arena = arena_map(FILE_BYTES_MAX);
	struct ask_blob_read ask = {{(const char *)bytes, sizeof bytes}};
	link_open(&link);
	link_send(&link, &(struct ask_line){.kind = ASK_LINE_BLOB_READ, .blob_read = ask});
	write_file(out.value, receive(&link, out.value, &arena));
	asker_release(&link);
	return EXIT_OK;
}
