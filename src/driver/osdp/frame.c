#include "driver/osdp/frame.h"

enum {
	HEADER_BYTES = 5,
	CONTROL_SEQUENCE = 0x03,
	CONTROL_CRC = 0x04,
	CONTROL_SECURITY = 0x08,
	CONTROL_UNUSED = 0xF0,
	CIPHER_BLOCK_BYTES = 16,
	/* Header, code, checksum. */
	FRAME_BYTES_MIN = HEADER_BYTES + 2,
};

/* One step of eight bits, by the nibble table of polynomial 1021. */
static uint16_t crc_byte(uint16_t crc, uint8_t byte)
{
	static const uint16_t nibble[16] = {
	    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
	    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
	};
	crc = (uint16_t)(crc << 4 ^ nibble[(crc >> 12 ^ byte >> 4) & 15]);
	return (uint16_t)(crc << 4 ^ nibble[(crc >> 12 ^ byte) & 15]);
}

uint16_t frame_crc(const uint8_t *bytes, size_t n)
{
	uint16_t crc = 0x1D0F;
	for (size_t i = 0; i < n; i++)
		crc = crc_byte(crc, bytes[i]);
	return crc;
}

static bool is_handshake(uint8_t security)
{
	return security >= FRAME_CHLNG && security <= FRAME_RMAC_I;
}

static bool is_sealed(uint8_t security)
{
	return security == FRAME_COMMAND_SEALED || security == FRAME_REPLY_SEALED;
}

static size_t security_bytes(uint8_t security)
{
	return security == FRAME_CLEAR ? 0 : is_handshake(security) ? 3 : 2;
}

static size_t mac_bytes(uint8_t security)
{
	return frame_has_mac(security) ? FRAME_MAC_BYTES : 0;
}

static void put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

size_t frame_begin(uint8_t out[FRAME_COMMAND_BYTES_MAX], const struct frame *frame)
{
	size_t security = security_bytes(frame->security);
	size_t n = HEADER_BYTES + security + 1 + frame->data_len;
	size_t whole = n + mac_bytes(frame->security) + FRAME_CRC_BYTES;
	ASSERT(whole <= FRAME_COMMAND_BYTES_MAX && frame->sequence <= CONTROL_SEQUENCE);
	out[0] = FRAME_START;
	out[1] = frame->address;
	put_u16(out + 2, whole);
	out[4] = (uint8_t)(frame->sequence | CONTROL_CRC | (security ? CONTROL_SECURITY : 0));
	if (security) {
		out[HEADER_BYTES] = (uint8_t)security;
		out[HEADER_BYTES + 1] = frame->security;
		if (security == 3)
			out[HEADER_BYTES + 2] = frame->security_byte;
	}
	out[HEADER_BYTES + security] = frame->code;
	if (frame->data_len)
		memcpy(out + n - frame->data_len, frame->data, frame->data_len);
	return n;
}

size_t frame_end(uint8_t out[FRAME_COMMAND_BYTES_MAX], size_t n, const uint8_t *mac)
{
	if (mac) {
		memcpy(out + n, mac, FRAME_MAC_BYTES);
		n += FRAME_MAC_BYTES;
	}
	ASSERT(n + FRAME_CRC_BYTES == ((size_t)out[3] << 8 | out[2]));
	put_u16(out + n, frame_crc(out, n));
	return n + FRAME_CRC_BYTES;
}

void frame_reader_clear(struct frame_reader *reader)
{
	reader->begin = reader->end = 0;
	reader->told = false;
}

size_t frame_reader_put(struct frame_reader *reader, const uint8_t *bytes, size_t n)
{
	if (reader->begin > 0) {
		memmove(reader->at, reader->at + reader->begin, reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	size_t room = sizeof reader->at - reader->end;
	n = n < room ? n : room;
	memcpy(reader->at + reader->end, bytes, n);
	reader->end += n;
	return n;
}

static void skip_to_start(struct frame_reader *reader)
{
	const uint8_t *from = reader->at + reader->begin;
	const uint8_t *start = memchr(from, FRAME_START, reader->end - reader->begin);
	reader->begin = start ? (size_t)(start - reader->at) : reader->end;
}

/* What the header alone tells: a length, or 0 when it cannot be a frame's. */
static size_t header_length(const uint8_t *at)
{
	size_t length = (size_t)at[3] << 8 | at[2];
	bool possible = length >= FRAME_BYTES_MIN && length <= FRAME_BYTES_MAX && !(at[4] & CONTROL_UNUSED);
	return possible ? length : 0;
}

static bool good_check(const uint8_t *at, size_t n)
{
	uint16_t crc = frame_crc(at, n - FRAME_CRC_BYTES);
	return (at[4] & CONTROL_CRC) && at[n - 2] == (uint8_t)crc && at[n - 1] == crc >> 8;
}

/* The security block, when the control byte announces one: false unless length and type fit. */
static bool read_security(const uint8_t *at, size_t n, struct frame *frame)
{
	if (!(at[4] & CONTROL_SECURITY))
		return true;
	if (n < HEADER_BYTES + 2)
		return false;
	uint8_t length = at[HEADER_BYTES], type = at[HEADER_BYTES + 1];
	if (type < FRAME_CHLNG || type > FRAME_REPLY_SEALED || length != security_bytes(type))
		return false;
	frame->security = type;
	if (length == 3 && n > HEADER_BYTES + 2)
		frame->security_byte = at[HEADER_BYTES + 2];
	return true;
}

/* Takes apart a frame whose check is good. */
static bool read_parts(const uint8_t *at, size_t n, struct frame *frame)
{
	*frame = (struct frame){.address = at[1], .sequence = at[4] & CONTROL_SEQUENCE, .raw = at, .raw_len = n};
	size_t inside = n - FRAME_CRC_BYTES;
	if (!read_security(at, inside, frame))
		return false;
	size_t head = HEADER_BYTES + security_bytes(frame->security);
	size_t mac = mac_bytes(frame->security);
	if (inside < head + 1 + mac)
		return false;
	frame->maced_len = inside - mac;
	frame->code = at[head];
	frame->data = at + head + 1;
	frame->data_len = frame->maced_len - head - 1;
	return !is_sealed(frame->security) || frame->data_len % CIPHER_BLOCK_BYTES == 0;
}

/* Drops the start mark that led nowhere; what was half a frame may have a whole one inside. */
static enum frame_found refuse(struct frame_reader *reader, enum frame_found why, size_t n, struct frame *ret)
{
	const uint8_t *at = reader->at + reader->begin;
	*ret = (struct frame){.address = at[1], .raw = at, .raw_len = n};
	reader->begin++;
	bool told = reader->told;
	reader->told = true;
	return told ? FRAME_NONE : why;
}

/* One attempt at the next start mark: FRAME_NONE with *ret_more false means that something silent was
 * skipped. */
static enum frame_found attempt(struct frame_reader *reader, struct frame *ret_frame, bool *ret_more)
{
	skip_to_start(reader);
	const uint8_t *at = reader->at + reader->begin;
	size_t there = reader->end - reader->begin;
	*ret_more = there < HEADER_BYTES;
	if (*ret_more)
		return FRAME_NONE;
	size_t length = header_length(at);
	if (!length)
		return refuse(reader, FRAME_BAD_LENGTH, HEADER_BYTES, ret_frame);
	*ret_more = there < length;
	if (*ret_more)
		return FRAME_NONE;
	if (!good_check(at, length))
		return refuse(reader, FRAME_BAD_CHECK, length, ret_frame);
	if (!read_parts(at, length, ret_frame))
		return refuse(reader, FRAME_BAD_LENGTH, length, ret_frame);
	reader->begin += length;
	reader->told = false;
	return FRAME_GOOD;
}

enum frame_found frame_reader_next(struct frame_reader *reader, struct frame *ret_frame)
{
	enum frame_found found;
	bool more;
	do
		found = attempt(reader, ret_frame, &more);
	while (found == FRAME_NONE && !more);
	return found;
}

void frame_reader_silent(struct frame_reader *reader)
{
	if (frame_reader_waits(reader))
		reader->begin++;
}
