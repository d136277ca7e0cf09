#include "cli/send.h"

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/words.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int send_read_file(const char *path, size_t bytes_max, struct arena *arena, struct str *ret_text, struct error *error)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		error_system(error, "cannot open the file");
		if (fd >= 0)
			close(fd);
		return error_where(error, "%s", path);
	}
	struct buf b = {.at = arena_take(arena, bytes_max + 1, 1), .size = bytes_max + 1};
	ssize_t n = 1;
	while (n > 0 && b.len < b.size) {
		n = read(fd, b.at + b.len, b.size - b.len);
		b.len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		error_system(error, "cannot read the file");
	close(fd);
	if (n < 0)
		return error_where(error, "%s", path);
	*ret_text = buf_str(&b);
	if (b.len <= bytes_max)
		return 0;
	error_set(error, ERROR_LIMIT, "the file has more than the %zu bytes that it may have", bytes_max);
	return error_where(error, "%s", path);
}

static int64_t parts_of(struct str whole)
{
	return whole.len == 0 ? 1 : (int64_t)((whole.len + SEND_PART_BYTES - 1) / SEND_PART_BYTES);
}

/* Parts are counted from 1. */
static struct str part_of(struct str whole, int64_t part)
{
	size_t at = (size_t)(part - 1) * SEND_PART_BYTES, left = whole.len - at;
	return (struct str){whole.at + at, left < SEND_PART_BYTES ? left : SEND_PART_BYTES};
}

/* Files */

int send_blob(struct asker *link, const char *shown, struct str subject, struct str file,
	      uint8_t ret_hash[SEND_HASH_BYTES], struct error *error)
{
	struct progress progress;
	struct answer_line answer = {0};
	int64_t of = parts_of(file);
	int failed = 0;
	progress_begin(&progress, shown, "parts");
	for (int64_t part = 1; part <= of && failed == 0; part++) {
		struct ask_blob blob = {.subject = subject, .part = part, .of = of, .data = part_of(file, part)};
		asker_forget(link);
		failed = asker_ask_one(link, &(struct ask_line){.kind = ASK_LINE_BLOB, .blob = blob}, ANSWER_LINE_BLOB,
				       &answer, error);
		progress_show(&progress, (uint64_t)part, (uint64_t)of);
	}
	progress_end(&progress);
	if (failed < 0)
		return failed;
	if (!answer.blob.has_hash)
		return error_set(error, ERROR_GONE, "the core did not say how the file is named");
	memcpy(ret_hash, answer.blob.hash.at, SEND_HASH_BYTES);
	return 0;
}

/* Texts: their parts are commands, because they become entries */

/* ERROR_INPUT: the mission refused the part, and which one it waits for is not said, or makes no sense. */
static int read_refusal(struct asker *link, const struct answer_refused *refusal, int64_t of, int64_t *ret_next,
			struct error *error)
{
	struct refused_record_stage_order order;
	struct json json = json_over(refusal->takes, &link->memory);
	if (str_eq(refusal->name, STR("RECORD_STAGE_ORDER")) && refused_record_stage_order_read(&json, &order) &&
	    order.next <= of + 1) {
		*ret_next = order.next;
		return 0;
	}
	char text[sizeof error->what];
	struct buf b = BUF(text);
	struct saying saying = {.language = cli_language(), .arena = &link->memory};
	words_put_refusal(&b, &saying, refusal->name, refusal->takes);
	return error_set(error, ERROR_INPUT, STR_FMT, STR_ARG(buf_str(&b)));
}

/* ret_next is the part that the mission waits for then. */
static int send_stage_part(struct asker *link, const struct record_stage_part *ask, int64_t *ret_next,
			   struct error *error)
{
	struct ask_line line = {.kind = ASK_LINE_COMMAND, .command = {.name = STR("record.stage_part")}};
	struct answer_line answer;
	asker_forget(link);
	struct buf body = arena_buf(&link->memory);
	record_stage_part_write(&body, ask);
	line.command.body = arena_keep(&link->memory, &body);
	int failed = asker_ask(link, &line, error);
	if (failed == 0)
		failed = asker_next(link, &answer, error);
	if (failed < 0)
		return failed;
	if (answer.kind == ANSWER_LINE_REFUSED)
		return read_refusal(link, &answer.refused, ask->of, ret_next, error);
	if (answer.kind != ANSWER_LINE_DONE)
		return error_set(error, ERROR_GONE, "the core answered something else than it was asked");
	*ret_next = ask->part + 1;
	return 0;
}

int send_staged(struct asker *link, const char *shown, struct str text, const uint8_t hash[SEND_HASH_BYTES],
		struct error *error)
{
	struct progress progress;
	int64_t of = parts_of(text), part = 1, left = 2 * of;
	int failed = 0;
	progress_begin(&progress, shown, "parts");
	while (part <= of && failed == 0 && left-- > 0) {
		struct record_stage_part ask = {{(const char *)hash, SEND_HASH_BYTES}, part, of, part_of(text, part)};
		failed = send_stage_part(link, &ask, &part, error);
		progress_show(&progress, (uint64_t)part - 1, (uint64_t)of);
	}
	progress_end(&progress);
	if (failed == 0 && part <= of)
		return error_set(error, ERROR_GONE, "somebody else sends the same text at the same time");
	return failed;
}
