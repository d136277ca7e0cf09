/* data.h: what stands in the data of the commands and replies this panel uses (SIA OSDP 2.2, sections 6 and
 * 7). Pure.
 *
 * Numbers of two and four bytes are low byte first. Readers answer only for themselves: `reader` and `led` in
 * these records are always 0, the first.
 */
#ifndef OSDP_DATA_H
#define OSDP_DATA_H

#include "base/base.h"

enum {
	DATA_CARD_BITS_MAX = 256,
	DATA_CARD_BYTES_MAX = DATA_CARD_BITS_MAX / 8,
	DATA_COMMAND_BYTES_MAX = 16,
	DATA_TIMER_MS_MAX = 0xFFFF * 100,
};

/* PDID: OUI 3, model, version, serial 4, firmware 3 (most significant first). */
struct data_pdid {
	uint8_t vendor[3];
	uint8_t model, version;
	uint32_t serial;
	uint8_t firmware[3];
};

/* RAW: reader, format, number of bits 2, then the bits, left aligned. Bits behind the last are made zero. */
enum data_format { DATA_FORMAT_RAW, DATA_FORMAT_WIEGAND };
struct data_card {
	enum data_format format;
	uint16_t bits;
	uint8_t bytes[DATA_CARD_BYTES_MAX];
};

static inline size_t data_card_bytes(const struct data_card *card)
{
	return (card->bits + 7U) / 8;
}

/* LSTATR: tamper, power; each 0 or 1. */
struct data_status {
	bool tamper, power;
};

/* PDCAP: triples of function, level, number. Only what this panel makes use of. */
struct data_capabilities {
	bool known, led, buzzer;
};

/* Each is false, and leaves its result alone, when the bytes are not of the standard's form. */
bool data_read_pdid(const uint8_t *data, size_t n, struct data_pdid *ret);
bool data_read_card(const uint8_t *data, size_t n, struct data_card *ret);
bool data_read_status(const uint8_t *data, size_t n, struct data_status *ret);
bool data_read_capabilities(const uint8_t *data, size_t n, struct data_capabilities *ret);

/* Whether both are the same device. Version and firmware change when it is updated. */
bool data_same_device(const struct data_pdid *a, const struct data_pdid *b);

enum data_colour { DATA_BLACK, DATA_RED, DATA_GREEN, DATA_AMBER, DATA_BLUE };

/* Each writes a command's data and returns its length. Times are rounded up to 100 ms. */
size_t data_write_output(uint8_t ret[DATA_COMMAND_BYTES_MAX], uint8_t output, int64_t on_ms); /* timed on: code 5 */
size_t data_write_led_for(uint8_t ret[DATA_COMMAND_BYTES_MAX], enum data_colour colour, int64_t on_ms);
size_t data_write_led_always(uint8_t ret[DATA_COMMAND_BYTES_MAX], enum data_colour colour);
size_t data_write_buzzer(uint8_t ret[DATA_COMMAND_BYTES_MAX], uint8_t beeps);

#endif
