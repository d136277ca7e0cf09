#include "tlog/hash_lines.h"

void hash_lines_put(struct buf *b, const struct proof *proof)
{
	for (size_t i = 0; i < proof->n; i++) {
		buf_put_base64(b, proof->at[i].at, MERKLE_HASH_BYTES);
		buf_put_char(b, '\n');
	}
	buf_put_char(b, '\n');
}

bool hash_lines_read(struct str *rest, size_t max, struct proof *ret_proof, int *line)
{
	struct str base64;
	ret_proof->n = 0;
	for (;;) {
		++*line;
		if (!str_cut(*rest, '\n', &base64, rest))
			return false;
		if (base64.len == 0)
			return true;
		if (ret_proof->n == max || !note_hash_read(base64, &ret_proof->at[ret_proof->n++]))
			return false;
	}
}
