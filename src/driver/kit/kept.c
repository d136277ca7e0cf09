#include "driver/kit/kept.h"

static const struct {
	const char *name;
	size_t value_max;
} regions[KEPT_WHATS] = {
    [KEPT_TIME] = {"time", 8},
    [KEPT_ORDERS] = {"orders", KEPT_ORDERS_MAX *KEPT_ORDER_BYTES},
    [KEPT_SETTINGS] = {"settings", KEPT_SETTINGS_BYTES_MAX},
    [KEPT_DESIRED] = {"desired", DESIRED_KEPT_BYTES_MAX},
    [KEPT_TABLE] = {"table", GRANT_BYTES_MAX},
};

void kept_init(struct kept *kept, struct file file, const uint8_t *key)
{
	uint64_t at = 0;
	kept->file = file;
	for (size_t i = 0; i < KEPT_WHATS; i++) {
		kept->pairs[i] = pair_at(file, at, regions[i].name, regions[i].value_max, key, kept->memory);
		at += PAIR_FILE_BYTES(regions[i].value_max);
	}
}

int kept_save(struct kept *kept, enum kept_what what, const void *value, size_t n, struct error *error)
{
	int code = kept_write(kept, what, value, n, error);
	return code < 0 ? code : pair_sync(&kept->pairs[what], error);
}
