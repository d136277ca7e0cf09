/* Foreign notes and keys. The first line of the input is tried as the log's key, the second as a witness's, the rest as
 * a note by them; and by keys that are there whatever the lines are. */
#include "checkpoint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts the first line off, its newline with it. */
static size_t line_take(const uint8_t **at, size_t *left)
{
	const uint8_t *newline = memchr(*at, '\n', *left);
	size_t len = newline ? (size_t)(newline - *at) + 1 : *left;
	*at += len;
	*left -= len;
	return len;
}

static void judge(const uint8_t *note, size_t len, const struct checkpoint_key *key,
		  const struct checkpoint_key *witness)
{
	struct complaint complaint = {{0}};
	struct checkpoint checkpoint = {0};
	uint64_t time_s;
	bool found = false;
	bool good = checkpoint_read(note, len, key, &checkpoint, &complaint);
	if (good != (complaint.what[0] == 0) || good != (checkpoint.size > 0))
		abort();
	if (!good)
		return;
	bool seen = checkpoint_seen(note, len, witness, &found, &time_s, &complaint) && found;
	if (seen && !checkpoint_names_witness(note, len, witness->name, strlen(witness->name)))
		abort();
	if (!checkpoint_read_kept(note, len, key, &checkpoint, &complaint))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of the example in docs/journal-format.md. */
	static const char log_line[] = "chancery/example+07513fc0+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
	static const char witness_line[] = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
	struct complaint complaint;
	struct checkpoint_key key, witness, ours, theirs;
	if (!checkpoint_key_read((const uint8_t *)log_line, strlen(log_line), CHECKPOINT_LOG, &ours, &complaint) ||
	    !checkpoint_key_read((const uint8_t *)witness_line, strlen(witness_line), CHECKPOINT_WITNESS, &theirs,
				 &complaint))
		abort();
	if (size == 0)
		return 0;
	const uint8_t *first = data, *second;
	size_t first_len = line_take(&data, &size);
	second = data;
	size_t second_len = line_take(&data, &size);
	if (!checkpoint_key_read(first, first_len, CHECKPOINT_LOG, &key, &complaint))
		key = ours;
	if (!checkpoint_key_read(second, second_len, CHECKPOINT_WITNESS, &witness, &complaint))
		witness = theirs;
	judge(data, size, &key, &witness);
	return 0;
}
