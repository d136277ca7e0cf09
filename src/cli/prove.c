/* prove.c: `chancery prove ENTRY` makes a file that proves an entry, `chancery prove --check` checks one, anywhere. */
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outside.h"
#include "schema/json.h"

#include "tlog/proof_file.h"

#include <inttypes.h>

enum { MEMORY_BYTES = 4 << 20, PATH_BYTES = 4096, WITNESSES_MAX = 64 };

static const char ending[] = ".tlog-proof";

/* Making */

/* What each witness has cosigned, where that has the entry in it. */
struct seen {
	const struct note_key *key;
	struct arena *arena;
	uint64_t index;
	size_t n;
	struct {
		uint64_t size;
		struct str text, note;
	} at[WITNESSES_MAX];
};

static int see(void *context, struct str witness, struct str note)
{
	struct seen *seen = context;
	struct note_checkpoint checkpoint;
	struct str text, kept = arena_str(seen->arena, note);
	(void)witness;
	if (seen->n == WITNESSES_MAX || note_open(kept, seen->key, &text, NULL) < 0 ||
	    note_checkpoint_parse(text, &checkpoint, NULL) < 0 || checkpoint.size <= seen->index)
		return 0;
	seen->at[seen->n].size = checkpoint.size;
	seen->at[seen->n].text = text;
	seen->at[seen->n++].note = kept;
	return 0;
}

static size_t count_same(const struct seen *seen, uint64_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < seen->n; i++)
		n += seen->at[i].size == size;
	return n;
}

/* The checkpoint that most witnesses have cosigned, of equals the newest, with all their lines; false when none has the
 * entry. */
static bool best_cosigned(const struct seen *seen, struct buf *note, uint64_t *ret_size)
{
	uint64_t best = 0;
	for (size_t i = 0; i < seen->n; i++) {
		uint64_t size = seen->at[i].size;
		size_t n = count_same(seen, size), most = count_same(seen, best);
		if (n > most || (n == most && size > best))
			best = size;
	}
	for (size_t i = 0; i < seen->n; i++) {
		struct str line, rest = {seen->at[i].note.at + seen->at[i].text.len + 1,
					 seen->at[i].note.len - seen->at[i].text.len - 1};
		if (seen->at[i].size != best)
			continue;
		if (note->len == 0)
			buf_put_str(note, seen->at[i].note);
		else if (str_cut(rest, '\n', &line, &rest)) /* the mission's own, which is there */
			buf_put_str(note, rest);
	}
	*ret_size = best;
	return seen->n > 0;
}

static int keep_body(void *context, uint64_t index, struct str body)
{
	(void)index;
	buf_put_str(context, body);
	return 0;
}

/* Fills the file and the body from the mission, and checks what it would hand out. */
static int collect(struct source source, const struct note_key *key, struct arena *arena, struct proof_file *file,
		   struct buf *body, struct error *error)
{
	struct buf note = {.at = arena_take(arena, NOTE_BYTES_MAX, 1), .size = NOTE_BYTES_MAX};
	struct buf newest = {.at = arena_take(arena, NOTE_BYTES_MAX, 1), .size = NOTE_BYTES_MAX};
	struct seen seen = {.key = key, .arena = arena, .index = file->index};
	struct note_checkpoint checkpoint;
	uint64_t size, cosigned_size;
	int failed = source_checkpoint(source, &newest, &size, error);
	if (failed == 0 && file->index >= size) {
		error_set(error, ERROR_INPUT,
			  "entry %" PRIu64 " is not signed: the newest checkpoint is for %" PRIu64 " entries",
			  file->index, size);
		failed = error_remedy(error, "Entries are counted from 0; `chancery history` shows their numbers.");
	}
	if (failed == 0)
		failed = source_cosigned(source, see, &seen, error);
	if (failed < 0)
		return failed;
	bool is_cosigned = best_cosigned(&seen, &note, &cosigned_size);
	file->note = is_cosigned ? buf_str(&note) : buf_str(&newest);
	size = is_cosigned ? cosigned_size : size;
	failed = source_proof(source, SOURCE_INCLUSION, file->index, size, &file->proof, error);
	if (failed == 0)
		failed = source_entries(source, file->index, file->index + 1, keep_body, body, error);
	return failed < 0 ? failed : proof_file_check(file, buf_str(body), key, &checkpoint, error);
}

static void make(int64_t index, const char *out, const char *vkey)
{
	static char body_bytes[JOURNAL_BODY_BYTES_MAX], file_bytes[PROOF_FILE_BYTES_MAX];
	char path[PATH_BYTES], body_path[PATH_BYTES + sizeof ".json"];
	struct arena arena = arena_map(MEMORY_BYTES);
	struct buf body = BUF(body_bytes), b = BUF(file_bytes);
	struct proof_file file = {.index = (uint64_t)index};
	struct note_key key = outside_mission_key(vkey);
	struct source source = outside_open(&key);
	struct error error;
	if (collect(source, &key, &arena, &file, &body, &error) < 0)
		die(error.code == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED, &error);
	source_close(source);
	proof_file_write(&b, &file);
	if (out)
		snprintf(path, sizeof path, "%s", out);
	else
		snprintf(path, sizeof path, "entry-%" PRId64 "%s", index, ending);
	struct str stem = str_of(path);
	if (str_ends(stem, str_of(ending)))
		stem.len -= sizeof ending - 1;
	snprintf(body_path, sizeof body_path, STR_FMT ".json", STR_ARG(stem));
	outside_write(body_path, buf_str(&body));
	outside_write(path, buf_str(&b));
	arena_unmap(&arena);
	printf("The proof is in %s, the entry in %s.\nAnywhere: chancery prove --check %s %s KEY\n", path, body_path,
	       path, body_path);
}

/* Checking */

/* Prints when the witness had seen the checkpoint; false when its line is not there, or wrong. */
static bool check_witness(const struct proof_file *file, const struct note_key *witness)
{
	char line_bytes[512];
	struct buf b = BUF(line_bytes);
	struct note_line line;
	struct str text;
	struct error error;
	bool is_there = note_find(file->note, witness, &text, &line, &error) == 0;
	BUF_LIT(&b, "Witness ");
	buf_put_str(&b, note_key_name(witness));
	if (is_there) {
		BUF_LIT(&b, " had seen it at ");
		outside_put_time(&b, line.time_s);
	} else {
		BUF_LIT(&b, ": ");
		buf_put_str(&b, str_of(error.what));
	}
	printf(STR_FMT ".\n", STR_ARG(buf_str(&b)));
	return is_there;
}

static int check(int argc, char **argv)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	struct proof_file file;
	struct note_checkpoint checkpoint;
	struct error error;
	if (argc < 3 || (argc - 3) % 2 != 0)
		options_usage();
	struct note_key key = outside_key(argv[2], note_key_parse);
	if (proof_file_parse(outside_read(argv[0], PROOF_FILE_BYTES_MAX, &arena), &file, &error) < 0)
		die(EXIT_RECORD, &error);
	if (proof_file_check(&file, outside_read(argv[1], JOURNAL_BODY_BYTES_MAX, &arena), &key, &checkpoint, &error) <
	    0)
		die(EXIT_RECORD, &error);
	printf("This is entry %" PRIu64 " of the %" PRIu64 " that " STR_FMT " has signed.\n", file.index,
	       checkpoint.size, STR_ARG(checkpoint.origin));
	bool is_good = true;
	for (int i = 3; i < argc; i += 2) {
		if (strcmp(argv[i], "--witness") != 0)
			options_usage();
		struct note_key witness = outside_key(argv[i + 1], note_witness_parse);
		is_good &= check_witness(&file, &witness);
	}
	arena_unmap(&arena);
	return is_good ? EXIT_OK : EXIT_RECORD;
}

int cli_prove(int argc, char **argv)
{
	struct option_value values[] = {{.name = "out"}, {.name = "vkey"}};
	if (argc > 1 && strcmp(argv[1], "--check") == 0)
		return check(argc - 2, argv + 2);
	int64_t index = options_operand(options_read(argc, argv, values, ARRAY_LEN(values)), "ENTRY");
	cli_enter_mission();
	make(index, values[0].value, values[1].value);
	return EXIT_OK;
}
