/* Bundles of entries: what is taken from one writes back to the same bytes. */
#include "tlog/tile_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again_bytes[1 << 20];
	struct buf again = BUF(again_bytes);
	struct str bundle = {(const char *)data, size}, entry;
	int found;
	while ((found = tile_form_next_entry(&bundle, &entry, NULL)) > 0)
		tile_form_put_entry(&again, entry);
	ASSERT(found == ERROR_INPUT || (again.len == size && (size == 0 || memcmp(again.at, data, size) == 0)));
	return 0;
}
