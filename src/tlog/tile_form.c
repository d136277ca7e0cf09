#include "tlog/tile_form.h"

enum { GROUP = 1000, GROUP_DIGITS = 3, WIDTH_MAX = 255 };

static void put_group(struct buf *b, uint64_t number, bool is_last)
{
	if (number >= GROUP)
		put_group(b, number / GROUP, false);
	if (!is_last)
		buf_put_char(b, 'x');
	buf_put_digits(b, number % GROUP, GROUP_DIGITS);
	if (!is_last)
		buf_put_char(b, '/');
}

void tile_form_put_path(struct buf *b, unsigned level, uint64_t number, unsigned width)
{
	ASSERT(level <= TILE_FORM_ENTRIES && width <= WIDTH_MAX);
	BUF_LIT(b, "tile/");
	if (level == TILE_FORM_ENTRIES)
		BUF_LIT(b, "entries");
	else
		buf_put_u64(b, level);
	buf_put_char(b, '/');
	put_group(b, number, true);
	if (width == 0)
		return;
	BUF_LIT(b, ".p/");
	buf_put_u64(b, width);
}

void tile_form_put_entry(struct buf *b, struct str entry)
{
	ASSERT(entry.len <= TILE_FORM_ENTRY_BYTES_MAX);
	buf_put_char(b, (char)(entry.len >> 8));
	buf_put_char(b, (char)entry.len);
	buf_put_str(b, entry);
}

int tile_form_next_entry(struct str *bundle, struct str *ret_entry, struct error *error)
{
	const uint8_t *at = (const uint8_t *)bundle->at;
	if (bundle->len == 0)
		return 0;
	size_t len = bundle->len < 2 ? 0 : (size_t)at[0] << 8 | at[1];
	if (bundle->len < 2 || len > bundle->len - 2) {
		error_set(error, ERROR_INPUT, "the bundle ends inside an entry");
		return error_remedy(error, "Fetch the file again, whole.");
	}
	*ret_entry = (struct str){bundle->at + 2, len};
	*bundle = (struct str){bundle->at + 2 + len, bundle->len - 2 - len};
	return 1;
}
