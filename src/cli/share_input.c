#include "cli/share_input.h"

#include "base/buf.h"

/* True when the question is asked again. */
static bool complain(const struct secret_input *input, const struct error *error)
{
	if (input->is_terminal)
		error_print(error);
	return input->is_terminal;
}

/* Sixteen groups, on one line or on as many as the paper has: each line is checked when it is there. */
static int read_text(struct secret_input *input, size_t number, struct buf *text, struct error *error)
{
	unsigned groups = 0;
	buf_clear(text);
	while (groups < SHARE_GROUPS) {
		char prompt[64];
		snprintf(prompt, sizeof prompt, "Share %zu from group %u on: ", number, groups + 1);
		struct str line = secret_input_line(input, prompt, true);
		int n = share_groups(line, groups, error);
		if (n >= 0) {
			buf_put_str(text, line);
			groups += (unsigned)n;
		} else if (!complain(input, error)) {
			return n;
		}
	}
	return 0;
}

static int compare(const struct share *shares, size_t n, struct error *error)
{
	if (n > 0 && memcmp(shares[0].set, shares[n].set, SHARE_SET_BYTES) != 0)
		return error_set(error, ERROR_INPUT, "this share was not made together with the first");
	for (size_t i = 0; i < n; i++)
		if (shares[i].number == shares[n].number)
			return error_set(error, ERROR_INPUT, "this is share %u again", shares[n].number);
	return 0;
}

static int read_all(struct secret_input *input, share_input_check *check, void *context, struct buf *text,
		    struct share shares[SHARES_MAX], struct error *error)
{
	size_t n = 0;
	do {
		int failed = read_text(input, n + 1, text, error);
		if (failed < 0)
			return failed;
		failed = share_read(buf_str(text), &shares[n], error);
		if (failed == 0 && check)
			failed = check(context, &shares[n], error);
		if (failed == 0)
			failed = compare(shares, n, error);
		if (failed < 0 && !complain(input, error))
			return failed;
		n += failed == 0;
	} while (n == 0 || n < shares[0].threshold);
	return (int)n;
}

int share_input_read(struct secret_input *input, share_input_check *check, void *context,
		     struct share ret_shares[SHARES_MAX], struct error *error)
{
	char memory[SHARE_GROUPS * SECRET_LINE_BYTES_MAX];
	struct buf text = BUF(memory);
	int n = read_all(input, check, context, &text, ret_shares, error);
	crypt_wipe(memory, sizeof memory);
	return n;
}
