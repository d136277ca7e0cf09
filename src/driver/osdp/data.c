#include "driver/osdp/data.h"

enum {
	PDID_BYTES = 12,
	CARD_HEAD_BYTES = 4,
	STATUS_BYTES = 2,
	CAPABILITY_BYTES = 3,
	CAPABILITY_LED = 4,
	CAPABILITY_BUZZER = 5,
	OUTPUT_TIMED_ON = 5,
	LED_TEMPORARY_SET = 2,
	LED_PERMANENT_SET = 1,
	LED_RECORD_BYTES = 14,
	BUZZER_TONE_DEFAULT = 2,
};

bool data_read_pdid(const uint8_t *data, size_t n, struct data_pdid *ret)
{
	if (n != PDID_BYTES)
		return false;
	*ret = (struct data_pdid){
	    .vendor = {data[0], data[1], data[2]},
	    .model = data[3],
	    .version = data[4],
	    .serial = (uint32_t)data[8] << 24 | (uint32_t)data[7] << 16 | (uint32_t)data[6] << 8 | data[5],
	    .firmware = {data[9], data[10], data[11]},
	};
	return true;
}

bool data_same_device(const struct data_pdid *a, const struct data_pdid *b)
{
	return memcmp(a->vendor, b->vendor, sizeof a->vendor) == 0 && a->model == b->model && a->serial == b->serial;
}

bool data_read_card(const uint8_t *data, size_t n, struct data_card *ret)
{
	if (n < CARD_HEAD_BYTES || data[0] != 0 || data[1] > DATA_FORMAT_WIEGAND)
		return false;
	struct data_card card = {.format = data[1], .bits = (uint16_t)(data[3] << 8 | data[2])};
	if (card.bits == 0 || card.bits > DATA_CARD_BITS_MAX || n - CARD_HEAD_BYTES != data_card_bytes(&card))
		return false;
	memcpy(card.bytes, data + CARD_HEAD_BYTES, n - CARD_HEAD_BYTES);
	if (card.bits % 8)
		card.bytes[card.bits / 8] &= (uint8_t)(0xFF00 >> card.bits % 8);
	*ret = card;
	return true;
}

bool data_read_status(const uint8_t *data, size_t n, struct data_status *ret)
{
	if (n != STATUS_BYTES || data[0] > 1 || data[1] > 1)
		return false;
	*ret = (struct data_status){.tamper = data[0], .power = data[1]};
	return true;
}

bool data_read_capabilities(const uint8_t *data, size_t n, struct data_capabilities *ret)
{
	if (n % CAPABILITY_BYTES)
		return false;
	*ret = (struct data_capabilities){.known = true};
	for (size_t at = 0; at < n; at += CAPABILITY_BYTES) {
		bool there = data[at + 1] > 0;
		ret->led |= data[at] == CAPABILITY_LED && there;
		ret->buzzer |= data[at] == CAPABILITY_BUZZER && there;
	}
	return true;
}

static void put_timer(uint8_t at[2], int64_t ms)
{
	ASSERT(ms >= 0 && ms <= DATA_TIMER_MS_MAX);
	uint16_t ticks = (uint16_t)((ms + 99) / 100);
	at[0] = (uint8_t)ticks;
	at[1] = (uint8_t)(ticks >> 8);
}

size_t data_write_output(uint8_t ret[DATA_COMMAND_BYTES_MAX], uint8_t output, int64_t on_ms)
{
	ret[0] = output;
	ret[1] = OUTPUT_TIMED_ON;
	put_timer(ret + 2, on_ms);
	return 4;
}

/* reader, led, then temporary: code, on, off, colours on and off, timer 2; then permanent: code, on, off,
 * colours on and off. */
size_t data_write_led_for(uint8_t ret[DATA_COMMAND_BYTES_MAX], enum data_colour colour, int64_t on_ms)
{
	memset(ret, 0, LED_RECORD_BYTES);
	ret[2] = LED_TEMPORARY_SET;
	ret[3] = 1;
	ret[5] = (uint8_t)colour;
	ret[6] = (uint8_t)colour;
	put_timer(ret + 7, on_ms);
	return LED_RECORD_BYTES;
}

size_t data_write_led_always(uint8_t ret[DATA_COMMAND_BYTES_MAX], enum data_colour colour)
{
	memset(ret, 0, LED_RECORD_BYTES);
	ret[9] = LED_PERMANENT_SET;
	ret[10] = 1;
	ret[12] = (uint8_t)colour;
	ret[13] = (uint8_t)colour;
	return LED_RECORD_BYTES;
}

/* reader, tone, on, off, number of times. */
size_t data_write_buzzer(uint8_t ret[DATA_COMMAND_BYTES_MAX], uint8_t beeps)
{
	ret[0] = 0;
	ret[1] = BUZZER_TONE_DEFAULT;
	ret[2] = 1;
	ret[3] = 1;
	ret[4] = beeps;
	return 5;
}
