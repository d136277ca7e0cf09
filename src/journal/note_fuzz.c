/* Foreign notes, checkpoints and verifier keys. The first line of the input is tried as a key, the rest as a
 * note by it; whatever is accepted must write back to the same bytes. */
#include "journal/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct str line, const struct note_key *key)
{
	char again[NOTE_VKEY_BYTES_MAX];
	struct buf b = BUF(again);
	note_key_write(&b, key);
	ASSERT(!b.over && str_eq(buf_str(&b), line));
}

static void check_checkpoint(struct str text)
{
	struct note_checkpoint checkpoint, any;
	char again[NOTE_OWN_BYTES_MAX];
	struct buf b = BUF(again);
	if (note_checkpoint_parse(text, &checkpoint, NULL) < 0)
		return;
	note_checkpoint_write(&b, &checkpoint);
	ASSERT(!b.over && str_eq(buf_str(&b), text));
	int failed = note_checkpoint_parse_any(text, &any, NULL);
	ASSERT(failed == 0 && any.size == checkpoint.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[NOTE_SEED_BYTES] = {1};
	struct str input = {(const char *)data, size}, line = input, note = input, text;
	struct note_signer signer;
	int ready = note_signer_init(&signer, STR("chancery/lakeside"), seed, NULL);
	ASSERT(ready == 0);
	struct note_key key = signer.key, parsed;
	if (str_cut(input, '\n', &line, &note) &&
	    (note_key_parse(line, &parsed, NULL) == 0 || note_witness_parse(line, &parsed, NULL) == 0)) {
		check_key(line, &parsed);
		key = parsed;
	}
	check_checkpoint(note);
	struct note_line own;
	if (note_find(note, &key, &text, &own, NULL) == 0)
		ASSERT(text.at == note.at && text.len < note.len && str_contains(note, own.line));
	return 0;
}
