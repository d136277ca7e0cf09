#include "world/reader_frame.h"

enum {
	START = 0x53,
	HEADER_BYTES = 5,
	CTRL_SEQUENCE = 0x03,
	CTRL_CRC = 0x04,
	CTRL_BLOCK = 0x08,
};

uint16_t reader_frame_crc(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0x1d0f;
	for (size_t i = 0; i < n; i++) {
		crc = (uint16_t)(crc ^ (bytes[i] << 8));
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
	}
	return crc;
}

uint8_t reader_frame_checksum(const uint8_t *bytes, size_t n)
{
	uint8_t sum = 0;
	for (size_t i = 0; i < n; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return (uint8_t)-sum;
}

static size_t check_bytes(bool crc)
{
	return crc ? 2 : 1;
}

static bool check_is_right(const struct reader_frame *f)
{
	size_t n = f->len - check_bytes(f->crc);
	if (!f->crc)
		return f->bytes[n] == reader_frame_checksum(f->bytes, n);
	return (f->bytes[n] | f->bytes[n + 1] << 8) == reader_frame_crc(f->bytes, n);
}

static bool block_has_byte(uint8_t block)
{
	return block >= READER_FRAME_CHLNG && block <= READER_FRAME_RMAC_I;
}

static bool block_has_mac(uint8_t block)
{
	return block >= READER_FRAME_COMMAND_MAC && block <= READER_FRAME_REPLY_ENCRYPTED;
}

/* Takes the parts between header and check; false when LEN leaves no room for one of them. */
static bool take_apart(struct reader_frame *f)
{
	size_t at = HEADER_BYTES, end = f->len - check_bytes(f->crc);
	if (f->bytes[4] & CTRL_BLOCK) {
		size_t block_len = f->bytes[at];
		if (block_len < 2 || block_len > end - at)
			return false;
		f->block = f->bytes[at + 1];
		if (f->block == READER_FRAME_CLEAR || block_len != 2u + block_has_byte(f->block))
			return false;
		f->block_byte = block_has_byte(f->block) ? f->bytes[at + 2] : 0;
		at += block_len;
	}
	f->has_mac = block_has_mac(f->block);
	if (end - at < 1u + (f->has_mac ? READER_FRAME_MAC_BYTES : 0))
		return false;
	f->code = f->bytes[at];
	f->data = f->bytes + at + 1;
	f->data_len = end - at - 1 - (f->has_mac ? READER_FRAME_MAC_BYTES : 0);
	return true;
}

size_t reader_frame_find(const uint8_t *bytes, size_t n, struct reader_frame *ret_frame)
{
	*ret_frame = (struct reader_frame){0};
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != START)
			continue;
		if (n - i < 4)
			return i;
		size_t len = (size_t)(bytes[i + 2] | bytes[i + 3] << 8);
		if (len < READER_FRAME_BYTES_MIN || len > READER_FRAME_BYTES_MAX)
			continue;
		if (n - i < len)
			return i;
		struct reader_frame f = {.bytes = bytes + i, .len = len, .address = bytes[i + 1]};
		f.sequence = bytes[i + 4] & CTRL_SEQUENCE;
		f.crc = bytes[i + 4] & CTRL_CRC;
		f.check_ok = check_is_right(&f);
		f.well_formed = f.check_ok && take_apart(&f);
		*ret_frame = f;
		return i + len;
	}
	return n;
}

size_t reader_frame_write(const struct reader_frame_parts *parts, uint8_t out[READER_FRAME_BYTES_MAX])
{
	size_t block_len = parts->block == READER_FRAME_CLEAR ? 0 : 2u + block_has_byte(parts->block);
	size_t n = HEADER_BYTES + block_len + 1 + parts->data_len;
	size_t len = n + (block_has_mac(parts->block) ? READER_FRAME_MAC_BYTES : 0) + check_bytes(parts->crc);
	ASSERT(len <= READER_FRAME_BYTES_MAX);

	out[0] = START;
	out[1] = parts->address;
	out[2] = (uint8_t)len;
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)(parts->sequence | (parts->crc ? CTRL_CRC : 0) | (block_len ? CTRL_BLOCK : 0));
	uint8_t *at = out + HEADER_BYTES;
	if (block_len) {
		at[0] = (uint8_t)block_len;
		at[1] = parts->block;
		if (block_len > 2)
			at[2] = parts->block_byte;
	}
	at += block_len;
	*at++ = parts->code;
	if (parts->data_len)
		memcpy(at, parts->data, parts->data_len);
	return n;
}

size_t reader_frame_close(uint8_t *frame, size_t n, bool crc)
{
	if (!crc) {
		frame[n] = reader_frame_checksum(frame, n);
		return n + 1;
	}
	uint16_t check = reader_frame_crc(frame, n);
	frame[n] = (uint8_t)check;
	frame[n + 1] = (uint8_t)(check >> 8);
	return n + 2;
}
