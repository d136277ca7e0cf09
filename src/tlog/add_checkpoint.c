#include "tlog/add_checkpoint.h"

#include "tlog/hash_lines.h"

void add_checkpoint_write(struct buf *b, const struct add_checkpoint *request)
{
	ASSERT(request->proof.n <= ADD_CHECKPOINT_HASHES_MAX);
	BUF_LIT(b, "old ");
	buf_put_u64(b, request->old);
	buf_put_char(b, '\n');
	hash_lines_put(b, &request->proof);
	buf_put_str(b, request->note);
}

static int bad(struct error *error, int line, const char *what)
{
	error_set(error, ERROR_INPUT, "not a request for a cosignature: %s", what);
	error_where(error, "line %d", line);
	return error_remedy(error, "Send what c2sp.org/tlog-witness says.");
}

int add_checkpoint_parse(struct str body, struct add_checkpoint *ret_request, struct error *error)
{
	struct add_checkpoint request;
	struct str old, word = STR("old "), rest;
	int line = 1;
	int64_t size;
	if (body.len > ADD_CHECKPOINT_BYTES_MAX)
		return bad(error, line, "it is too long");
	if (!str_starts(body, word) || !str_cut(body, '\n', &old, &rest) ||
	    !str_to_i64((struct str){old.at + word.len, old.len - word.len}, 0, INT64_MAX, &size))
		return bad(error, line, "it does not begin with `old` and a size");
	if (!hash_lines_read(&rest, ADD_CHECKPOINT_HASHES_MAX, &request.proof, &line))
		return bad(error, line,
			   "there is no hash of 32 bytes in base64, no empty line, or more than 63 hashes");
	request.old = (uint64_t)size;
	request.note = rest;
	*ret_request = request;
	return 0;
}
