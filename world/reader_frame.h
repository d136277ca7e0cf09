/* reader_frame.h: one OSDP 2.2 frame as it stands on the line, seen from a reader. Pure.
 *
 *     53 | address | LEN low | LEN high | CTRL | [security block] | code | data | [MAC, 4] | check
 *
 * LEN counts from 53 to the last byte of the check. Bit 7 of the address is set in what readers say. CTRL:
 * bits 0-1 sequence, bit 2 the check is a CRC-16 (else one checksum byte), bit 3 a security block follows. A
 * security block is its own length, a type, and for the types 11 to 14 one byte more. Types 15 to 18 carry a
 * MAC; 17 and 18 encrypted data. (IEC 60839-11-5, SIA OSDP 2.2 annex D.)
 *
 * Bytes that are no frame cost nothing but themselves: the search goes on one byte behind.
 */
#ifndef WORLD_READER_FRAME_H
#define WORLD_READER_FRAME_H

#include "base/buf.h"

enum {
	READER_FRAME_BYTES_MAX = 1440,
	READER_FRAME_BYTES_MIN = 7, /* 53, address, LEN, CTRL, code, checksum */
	READER_FRAME_BROADCAST = 0x7f,
	READER_FRAME_ADDRESS_MAX = 0x7e,
	READER_FRAME_MAC_BYTES = 4,
};

enum reader_frame_block {
	READER_FRAME_CLEAR = 0, /* no security block */
	READER_FRAME_CHLNG = 0x11,
	READER_FRAME_CCRYPT = 0x12,
	READER_FRAME_SCRYPT = 0x13,
	READER_FRAME_RMAC_I = 0x14,
	READER_FRAME_COMMAND_MAC = 0x15,
	READER_FRAME_REPLY_MAC = 0x16,
	READER_FRAME_COMMAND_ENCRYPTED = 0x17,
	READER_FRAME_REPLY_ENCRYPTED = 0x18,
};

enum reader_frame_code {
	READER_POLL = 0x60,
	READER_ID = 0x61,
	READER_CAP = 0x62,
	READER_LSTAT = 0x64,
	READER_OSTAT = 0x66,
	READER_RSTAT = 0x67,
	READER_OUT = 0x68,
	READER_LED = 0x69,
	READER_BUZ = 0x6a,
	READER_COMSET = 0x6e,
	READER_KEYSET = 0x75,
	READER_CHLNG = 0x76,
	READER_SCRYPT = 0x77,
	READER_ACURXSIZE = 0x7b,
	READER_ABORT = 0xa2,
	READER_KEEPACTIVE = 0xa7,

	READER_ACK = 0x40,
	READER_NAK = 0x41,
	READER_PDID = 0x45,
	READER_PDCAP = 0x46,
	READER_LSTATR = 0x48,
	READER_OSTATR = 0x4a,
	READER_RSTATR = 0x4b,
	READER_RAW = 0x50,
	READER_COM = 0x54,
	READER_CCRYPT = 0x76,
	READER_RMAC_I = 0x78,
	READER_BUSY = 0x79,
};

/* A frame, taken apart. `bytes` is the whole of it and `data` lies inside; both belong to whoever holds the
 * bytes. */
struct reader_frame {
	const uint8_t *bytes;
	size_t len;
	uint8_t address;  /* bit 7 included */
	uint8_t sequence; /* 0 to 3 */
	bool crc;
	uint8_t block; /* enum reader_frame_block, or a type that nobody knows */
	uint8_t block_byte;
	uint8_t code;
	const uint8_t *data;
	size_t data_len;
	bool has_mac;	  /* it stands behind the data, before the check */
	bool well_formed; /* the check is right, and every part has room inside LEN */
	bool check_ok;
};

/* Looks for a frame at the beginning of the bytes. Answers how many bytes are done with: what is no frame,
 * then the frame itself when ret_frame->len is not 0. A frame that is not complete yet stays, with everything
 * behind it. */
size_t reader_frame_find(const uint8_t *bytes, size_t n, struct reader_frame *ret_frame);

/* What a frame is to be written from. */
struct reader_frame_parts {
	uint8_t address, sequence;
	bool crc;
	uint8_t block, block_byte;
	uint8_t code;
	const uint8_t *data;
	size_t data_len;
};

/* Writes everything up to the data, LEN final, into `out`, and answers where the MAC or the check begins. */
size_t reader_frame_write(const struct reader_frame_parts *parts, uint8_t out[READER_FRAME_BYTES_MAX]);

/* Writes the check behind `n` bytes. Answers the length of the whole frame. */
size_t reader_frame_close(uint8_t *frame, size_t n, bool crc);

/* CRC-16: polynomial 1021, begins with 1D0F, not reflected. "123456789" gives E5CC. */
uint16_t reader_frame_crc(const uint8_t *bytes, size_t n);
/* The two's complement of the sum. */
uint8_t reader_frame_checksum(const uint8_t *bytes, size_t n);

#endif
