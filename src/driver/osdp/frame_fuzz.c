/* The first byte says in which portions the rest arrives. Whatever comes, the reader must take it all, and
 * every frame it accepts must be the one that frame_begin and frame_end would have written. */
#include "driver/osdp/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct frame *frame)
{
	uint8_t again[FRAME_COMMAND_BYTES_MAX];
	ASSERT(frame->raw_len >= FRAME_CRC_BYTES + 6 && frame->raw_len <= FRAME_BYTES_MAX);
	if (frame->raw_len > sizeof again)
		return;
	size_t n = frame_begin(again, frame);
	ASSERT(n == frame->maced_len);
	n = frame_end(again, n, frame_has_mac(frame->security) ? frame->raw + n : NULL);
	ASSERT(n == frame->raw_len && memcmp(again, frame->raw, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct frame_reader reader;
	struct frame frame;
	enum frame_found found;
	if (size == 0)
		return 0;
	size_t portion = data[0] ? data[0] : size;
	frame_reader_clear(&reader);
	for (size_t at = 1; at < size;) {
		size_t n = portion < size - at ? portion : size - at;
		n = frame_reader_put(&reader, data + at, n);
		ASSERT(n > 0);
		at += n;
		while ((found = frame_reader_next(&reader, &frame)) != FRAME_NONE) {
			if (found == FRAME_GOOD)
				check(&frame);
		}
	}
	while (frame_reader_waits(&reader)) {
		frame_reader_silent(&reader);
		if (frame_reader_next(&reader, &frame) == FRAME_GOOD)
			check(&frame);
	}
	return 0;
}
