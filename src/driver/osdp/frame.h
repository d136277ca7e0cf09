/* frame.h: OSDP frames (SIA OSDP 2.2, section 5.8), built and taken apart. Pure.
 *
 * The format. All numbers are low byte first.
 *
 *     offset  bytes  what
 *     0       1      53 hex, the start mark. Bytes in front of it, FF as a rule, do not belong to the frame.
 *     1       1      address: 00..7E one reader, 7F all; replies carry bit 7 (80..FE, FF)
 *     2       2      length, from the start mark to the last check byte
 *     4       1      control: bits 0-1 sequence number, bit 2 set = CRC-16, clear = checksum, bit 3 set =
 * security block, bits 4-7 zero 5       2+     the security block, when bit 3 is set: its length (02 or 03),
 * its type (11..18), for types 11..14 one more byte .       1      code of the command or reply; always clear
 *     .       0+     data; cipher text of 16-byte blocks in types 17 and 18
 *     .       4      MAC, first bytes, in types 15..18
 *     .       2      CRC-16, or 1 byte checksum
 *
 * CRC-16: polynomial 1021, start value 1D0F, most significant bit first, not inverted; over all bytes in
 * front of it. "123456789" gives E5CC.
 *
 * What we refuse, though the standard knows it: the checksum (a frame with it is FRAME_BAD_CHECK). A length
 * of more than FRAME_BYTES_MAX, set bits that mean nothing, a security block whose length does not fit its
 * type, cipher text that is no whole number of blocks: FRAME_BAD_LENGTH.
 *
 * Resynchronising: behind anything refused the search for a start mark goes on one byte further, so a good
 * frame inside noise that looked like a longer frame is found, at the latest when the line falls silent
 * (frame_reader_silent).
 */
#ifndef OSDP_FRAME_H
#define OSDP_FRAME_H

#include "base/base.h"

enum {
	FRAME_BYTES_MAX = 1440,
	FRAME_COMMAND_BYTES_MAX = 128, /* every reader takes as much */
	FRAME_MAC_BYTES = 4,
	FRAME_CRC_BYTES = 2,
	FRAME_START = 0x53,
	FRAME_REPLY = 0x80, /* bit of the address */
	FRAME_ADDRESS_ALL = 0x7F,
};

enum frame_security {
	FRAME_CLEAR = 0,
	FRAME_CHLNG = 0x11,
	FRAME_CCRYPT = 0x12,
	FRAME_SCRYPT = 0x13,
	FRAME_RMAC_I = 0x14,
	FRAME_COMMAND_MAC = 0x15,
	FRAME_REPLY_MAC = 0x16,
	FRAME_COMMAND_SEALED = 0x17,
	FRAME_REPLY_SEALED = 0x18,
};

/* Commands and replies that this panel speaks. Section 6 and 7, annex A. */
enum frame_code {
	FRAME_POLL = 0x60,
	FRAME_ID = 0x61,
	FRAME_CAP = 0x62,
	FRAME_LSTAT = 0x64,
	FRAME_OUT = 0x68,
	FRAME_LED = 0x69,
	FRAME_BUZ = 0x6A,
	FRAME_CHLNG_CODE = 0x76,
	FRAME_SCRYPT_CODE = 0x77,
	FRAME_ACK = 0x40,
	FRAME_NAK = 0x41,
	FRAME_PDID = 0x45,
	FRAME_PDCAP = 0x46,
	FRAME_LSTATR = 0x48,
	FRAME_RAW = 0x50,
	FRAME_CCRYPT_CODE = 0x76,
	FRAME_RMAC_I_CODE = 0x78,
	FRAME_BUSY = 0x79,
};

struct frame {
	uint8_t address; /* with bit 7 in replies */
	uint8_t sequence;
	uint8_t security;      /* enum frame_security */
	uint8_t security_byte; /* types 11..14 only */
	uint8_t code;
	const uint8_t *data;
	size_t data_len;
	/* Only in frames that were read: the frame as it came, and how much of it stands under the MAC. The
	 * MAC, when there is one, stands right behind that. */
	const uint8_t *raw;
	size_t raw_len, maced_len;
};

/* Whether frames of this type carry a MAC. */
static inline bool frame_has_mac(uint8_t security)
{
	return security >= FRAME_COMMAND_MAC;
}

uint16_t frame_crc(const uint8_t *bytes, size_t n);

/* Writes everything in front of MAC and CRC, with the final length. Returns the number of bytes that stand
 * under the MAC. The whole frame must fit FRAME_COMMAND_BYTES_MAX. */
size_t frame_begin(uint8_t out[FRAME_COMMAND_BYTES_MAX], const struct frame *frame);

/* Appends the MAC (NULL for types without) and the CRC behind the n bytes of frame_begin. Returns the frame's
 * length. */
size_t frame_end(uint8_t out[FRAME_COMMAND_BYTES_MAX], size_t n, const uint8_t *mac);

enum frame_found {
	FRAME_NONE, /* nothing whole yet */
	FRAME_GOOD,
	FRAME_BAD_CHECK,
	FRAME_BAD_LENGTH,
};

struct frame_reader {
	size_t begin, end;
	bool told; /* the noise that is being skipped was reported */
	uint8_t at[2 * FRAME_BYTES_MAX];
};

/* Forgets what has come so far. A zeroed reader is ready. */
void frame_reader_clear(struct frame_reader *reader);

/* Takes as many of the n bytes as it has room for, at least one when frame_reader_next said FRAME_NONE
 * before. */
size_t frame_reader_put(struct frame_reader *reader, const uint8_t *bytes, size_t n);

/* The next frame. What it points to holds until the next frame_reader_put. Refused: only address, raw and
 * raw_len are set; of one stretch of noise the first is reported and what is found behind it is silent until
 * a good frame. */
enum frame_found frame_reader_next(struct frame_reader *reader, struct frame *ret_frame);

/* The line has been silent for so long that what is half there will not be finished: the search goes on
 * inside it. */
void frame_reader_silent(struct frame_reader *reader);

/* Whether a frame has begun and is not finished. */
static inline bool frame_reader_waits(const struct frame_reader *reader)
{
	return reader->begin < reader->end;
}

#endif
