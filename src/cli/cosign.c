/* cosign.c: a checkpoint carried to a witness by hand and back; without options, the process that the keeper starts
 * for witnesses with a line. */
#include "cli/cli.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/outside.h"

#include "serve/mission_file.h"
#include "tlog/add_checkpoint.h"

#include <inttypes.h>

enum { MEMORY_BYTES = 8 << 20, NOTE_TEXT_BYTES_MAX = 32000 };

/* Out */

/* The size that this witness has cosigned, as far as the mission knows. */
struct known {
	const struct note_key *key; /* the mission's */
	struct str witness;
	uint64_t size;
};

static int find_known(void *context, struct str witness, struct str note)
{
	struct known *known = context;
	struct note_checkpoint checkpoint;
	struct str text;
	if (str_eq(witness, known->witness) && note_open(note, known->key, &text, NULL) == 0 &&
	    note_checkpoint_parse(text, &checkpoint, NULL) == 0)
		known->size = checkpoint.size;
	return 0;
}

static struct str find_witness(const char *name, struct arena *arena)
{
	static struct mission_file mission;
	struct error error;
	if (mission_file_read(&mission, arena, &error) < 0)
		die(EXIT_USAGE, &error);
	if (!name && mission.n_witnesses == 1)
		return note_key_name(&mission.witnesses[0].key);
	for (size_t i = 0; name && i < mission.n_witnesses; i++)
		if (str_eq(mission.witnesses[i].name, str_of(name)) ||
		    str_eq(note_key_name(&mission.witnesses[i].key), str_of(name)))
			return note_key_name(&mission.witnesses[i].key);
	error_set(&error, ERROR_INPUT, name ? "mission.yaml names no such witness" : "for which witness?");
	error_remedy(&error, "Name one of those under witnesses: --witness NAME");
	die(EXIT_USAGE, &error);
}

static int make_request(struct source source, const struct known *known, struct buf *note, struct buf *b,
			struct error *error)
{
	struct add_checkpoint request = {.old = known->size};
	uint64_t size;
	int failed = source_checkpoint(source, note, &size, error);
	if (failed == 0 && known->size > 0 && known->size < size)
		failed = source_proof(source, SOURCE_CONSISTENCY, known->size, size, &request.proof, error);
	if (failed < 0)
		return failed;
	request.note = buf_str(note);
	add_checkpoint_write(b, &request);
	return 0;
}

static int write_out(const char *path, const char *witness, struct arena *arena)
{
	char note_bytes[NOTE_COSIGNED_BYTES_MAX], bytes[ADD_CHECKPOINT_BYTES_MAX];
	struct buf note = BUF(note_bytes), b = BUF(bytes);
	struct note_key key = outside_mission_key(NULL);
	struct known known = {.key = &key, .witness = find_witness(witness, arena)};
	struct source source = outside_open(&key);
	struct error error;
	if (source_cosigned(source, find_known, &known, &error) < 0 ||
	    make_request(source, &known, &note, &b, &error) < 0)
		die(EXIT_FAILED, &error);
	source_close(source);
	outside_write(path, buf_str(&b));
	printf("Take %s to the witness; there: chancery witness DIR --add %s >ANSWER\nBring ANSWER back: chancery "
	       "cosign --in ANSWER\n",
	       path, path);
	return EXIT_OK;
}

/* In */

/* True when the core took what came back; else error says why not. */
static bool tell(struct asker *link, const struct ask_line *line, struct answer_line *ret_answer, struct error *error)
{
	link_send(link, line);
	int failed = asker_next(link, ret_answer, error);
	if (failed < 0 && failed != ERROR_INPUT)
		link_die(error);
	return failed == 0;
}

/* A checkpoint of ours that is not of our tree is news that matters more than a cosignature. */
static int read_in(const char *path, struct arena *arena)
{
	struct str note = outside_read(path, NOTE_TEXT_BYTES_MAX, arena);
	struct ask_line ahead = {.kind = ASK_LINE_WITNESS_AHEAD, .witness_ahead = {str_of("by hand"), note}};
	struct ask_line cosigned = {.kind = ASK_LINE_COSIGNED, .cosigned = {note}};
	struct answer_line answer;
	struct asker link;
	struct error error;
	link_open(&link);
	if (tell(&link, &ahead, &answer, &error)) {
		error_set(&error, ERROR_RECORD, "our key signed this checkpoint, and it is not of our journal");
		error_where(&error, "%s", path);
		error_remedy(&error,
			     "The mission signs nothing any more. Keep the file: it shows that there is another "
			     "history. See docs/outside.md.");
		die(EXIT_RECORD, &error);
	}
	if (!tell(&link, &cosigned, &answer, &error)) {
		error_where(&error, "%s", path);
		die(EXIT_USAGE, &error);
	}
	asker_release(&link);
	printf(answer.kept.cosignatures > 0 ? "%" PRId64 " cosignatures kept.\n"
					    : "Nothing new: newer cosignatures are kept already.\n",
	       answer.kept.cosignatures);
	return EXIT_OK;
}

int cli_cosign(int argc, char **argv)
{
	struct option_value values[] = {{.name = "out"}, {.name = "in"}, {.name = "witness"}};
	const char *out, *in;
	if (argc == 1)
		cli_become("-cosign", argv);
	struct arena arena = arena_map(MEMORY_BYTES);
	const char *operand = options_read(argc, argv, values, ARRAY_LEN(values));
	out = values[0].value;
	in = values[1].value;
	if (operand || !out == !in || (in && values[2].value))
		options_usage();
	return out ? write_out(out, values[2].value, &arena) : read_in(in, &arena);
}
