#include "tlog/proof_file.h"

#include "tlog/hash_lines.h"

#include <inttypes.h>

static const struct str first = {"c2sp.org/tlog-proof@v1", 22}, extra = {"extra ", 6}, index_word = {"index ", 6};

void proof_file_write(struct buf *b, const struct proof_file *file)
{
	buf_put_str(b, first);
	BUF_LIT(b, "\nindex ");
	buf_put_u64(b, file->index);
	buf_put_char(b, '\n');
	hash_lines_put(b, &file->proof);
	buf_put_str(b, file->note);
}

static int bad(struct error *error, int line, const char *what)
{
	error_set(error, ERROR_INPUT, "not a proof: %s", what);
	error_where(error, "line %d", line);
	return error_remedy(error, "Copy the file again, byte for byte.");
}

static struct str behind(struct str text, struct str word)
{
	return (struct str){text.at + word.len, text.len - word.len};
}

/* Base64 by its alphabet alone: nothing is made of it. */
static bool is_base64(struct str text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	while (text.len > 0 && text.at[text.len - 1] == '=')
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		if (!memchr(digits, text.at[i], sizeof digits - 1))
			return false;
	return true;
}

int proof_file_parse(struct str text, struct proof_file *ret_file, struct error *error)
{
	struct proof_file file;
	struct str line, rest;
	int64_t index;
	int number = 2;
	if (text.len > PROOF_FILE_BYTES_MAX)
		return bad(error, 1, "it is too long");
	if (!str_cut(text, '\n', &line, &rest) || !str_eq(line, first))
		return bad(error, 1, "it does not begin with c2sp.org/tlog-proof@v1");
	if (str_starts(rest, extra)) {
		if (!str_cut(rest, '\n', &line, &rest) || line.len > PROOF_FILE_EXTRA_BYTES_MAX ||
		    !is_base64(behind(line, extra)))
			return bad(error, number, "what stands behind `extra` is too long, or not base64");
		number++;
	}
	if (!str_starts(rest, index_word) || !str_cut(rest, '\n', &line, &rest) ||
	    !str_to_i64(behind(line, index_word), 0, INT64_MAX, &index))
		return bad(error, number, "there is no `index` and a number");
	if (!hash_lines_read(&rest, PROOF_HASHES_MAX, &file.proof, &number))
		return bad(error, number,
			   "there is no hash of 32 bytes in base64, no empty line, or more than 64 hashes");
	file.index = (uint64_t)index;
	file.note = rest;
	*ret_file = file;
	return 0;
}

int proof_file_check(const struct proof_file *file, struct str body, const struct note_key *key,
		     struct note_checkpoint *ret_checkpoint, struct error *error)
{
	struct note_checkpoint checkpoint;
	struct str text;
	int failed = note_open(file->note, key, &text, error);
	if (failed == 0)
		failed = note_checkpoint_parse_any(text, &checkpoint, error);
	if (failed < 0)
		return failed;
	if (!str_eq(checkpoint.origin, note_key_name(key))) {
		error_set(error, ERROR_CRYPTO, "the checkpoint is of " STR_FMT ", not of " STR_FMT,
			  STR_ARG(checkpoint.origin), STR_ARG(note_key_name(key)));
		return error_remedy(error, "Check it with that log's key.");
	}
	struct merkle_hash leaf = merkle_leaf(body);
	if (proof_has_inclusion(&file->proof, file->index, checkpoint.size, &leaf, &checkpoint.root)) {
		*ret_checkpoint = checkpoint;
		return 0;
	}
	error_set(error, ERROR_RECORD, "this is not entry %" PRIu64 " of the %" PRIu64 " that " STR_FMT " has signed",
		  file->index, checkpoint.size, STR_ARG(checkpoint.origin));
	return error_remedy(error,
			    "Compare the entry's file with its original, byte for byte: an editor may have added a "
			    "line feed. If it is unchanged, it was never in this journal.");
}
