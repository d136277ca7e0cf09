/* Bytes from somebody who does not have the key. The first byte of each portion is its length and how much
 * time passes before it. Whatever comes: nobody gets online, no card is read, no order is done, and the line
 * is never stuck. */
#include "driver/osdp/panel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct panel panel;

static void entropy(uint8_t *bytes, size_t n)
{
	memset(bytes, 0x5A, n);
}

static void check_notices(void)
{
	struct notice notice;
	while (notice_take(&panel.notices, &notice))
		ASSERT(notice.kind == NOTICE_OFFLINE || notice.kind == NOTICE_REFUSED || notice.kind == NOTICE_EXPIRED);
}

static int64_t tick(int64_t now_us)
{
	int64_t next_us = panel_tick(&panel, now_us);
	ASSERT(panel.out_len > 0 || next_us > now_us);
	panel.out_len = 0;
	check_notices();
	return next_us;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t keys[2][SECURE_KEY_BYTES] = {{1, 9, 2, 8, 3, 7}, {4, 6, 5, 5, 6, 4}};
	int64_t now_us = 0;
	ASSERT(secure_load(NULL) == 0);
	panel_init(&panel, 115200, entropy);
	for (size_t i = 0; i < 2; i++) {
		struct pd_settings settings = {.reader = i + 1, .address = (uint8_t)i};
		memcpy(settings.key, keys[i], SECURE_KEY_BYTES);
		ASSERT(panel_add(&panel, &settings, now_us, NULL) == 0);
	}
	struct pd_order order = {.kind = PD_RELEASE, .release_ms = 1000, .until_us = 3000000};
	ASSERT(panel_order(&panel, 1, &order, now_us));
	for (size_t at = 0; at < size;) {
		size_t n = data[at] & 63U, left = size - at - 1;
		int64_t until_us = now_us + (data[at] >> 6) * INT64_C(70000) + 1000;
		for (int64_t next_us; (next_us = tick(now_us)) < until_us;)
			now_us = next_us > now_us ? next_us : now_us + 1;
		now_us = until_us;
		n = n < left ? n : left;
		if (n > 0)
			panel_bytes(&panel, data + at + 1, n, now_us);
		at += 1 + n;
	}
	tick(now_us);
	panel_release(&panel);
	return 0;
}
