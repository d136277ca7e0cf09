/* What stands on a line, as a reader takes it apart. Of the input everything is looked through for frames;
 * then a reader hears it, whole and byte by byte, and must say the same both times. The input's first byte
 * chooses whether the reader must be secure. */
#include "world/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ANSWER_BYTES = 1 << 16 };

/* A well-formed frame is written back to the same bytes. */
static void check_frame(const struct reader_frame *f)
{
	uint8_t again[READER_FRAME_BYTES_MAX];
	struct reader_frame_parts parts = {
	    .address = f->address,
	    .sequence = f->sequence,
	    .crc = f->crc,
	    .block = f->block,
	    .block_byte = f->block_byte,
	    .code = f->code,
	    .data = f->data,
	    .data_len = f->data_len,
	};
	ASSERT(f->data >= f->bytes && f->data + f->data_len <= f->bytes + f->len);
	size_t n = reader_frame_write(&parts, again);
	if (f->has_mac) {
		memcpy(again + n, f->data + f->data_len, READER_FRAME_MAC_BYTES);
		n += READER_FRAME_MAC_BYTES;
	}
	ASSERT(reader_frame_close(again, n, f->crc) == f->len);
	again[4] = f->bytes[4]; /* its upper bits mean nothing, and are kept by nobody */
	ASSERT(memcmp(again, f->bytes, f->len - (f->crc ? 2 : 1)) == 0);
}

static void look_through(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size;) {
		struct reader_frame f;
		size_t done = reader_frame_find(data + at, size - at, &f);
		ASSERT(done <= size - at && f.len <= done);
		if (f.well_formed)
			check_frame(&f);
		if (done == 0)
			return;
		at += done;
	}
}

static void nonce(void *context, uint8_t *bytes, size_t n)
{
	(void)context;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(0xa0 + i);
}

static size_t hear(bool secure, const uint8_t *data, size_t size, size_t step, uint8_t *out)
{
	struct reader_config config = {.address = 5, .secure = secure, .nonce = nonce};
	struct reader reader;
	struct buf answer = {.at = out, .size = ANSWER_BYTES};
	for (uint8_t i = 0; i < sizeof(config.key); i++)
		config.key[i] = i;
	reader_init(&reader, &config);
	reader_badge(&reader, (const uint8_t[]){0x00, 0x12, 0xab, 0x40}, 26, 1000);
	for (size_t at = 0; at < size; at += step) {
		int64_t delay_ms;
		reader_hear(&reader, data + at, size - at < step ? size - at : step, 1000, &answer, &delay_ms);
		ASSERT(delay_ms == 0);
	}
	reader_release(&reader);
	return answer.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t whole[ANSWER_BYTES], bytewise[ANSWER_BYTES];
	if (size == 0)
		return 0;
	bool secure = data[0] & 1;
	data++;
	size--;
	look_through(data, size);
	size_t n = hear(secure, data, size, size ? size : 1, whole);
	ASSERT(n == hear(secure, data, size, 1, bytewise));
	ASSERT(memcmp(whole, bytewise, n) == 0);
	return 0;
}
