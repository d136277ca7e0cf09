#include "base/buf.h"

void buf_put_u64(struct buf *b, uint64_t value)
{
	static const char pairs[] = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940"
				    "4142434445464748495051525354555657585960616263646566676869"
				    "707172737475767778798081828384858687888990919293949596979899";
	char digits[20];
	size_t i = sizeof digits;
	for (; value >= 100; value /= 100)
		memcpy(&digits[i -= 2], &pairs[value % 100 * 2], 2);
	if (value >= 10)
		memcpy(&digits[i -= 2], &pairs[value * 2], 2);
	else
		digits[--i] = (char)('0' + value);
	buf_put(b, digits + i, sizeof digits - i);
}

void buf_put_i64(struct buf *b, int64_t value)
{
	if (value < 0)
		buf_put_char(b, '-');
	buf_put_u64(b, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_put_digits(struct buf *b, uint64_t value, size_t digits)
{
	char text[20];
	ASSERT(digits <= sizeof text);
	for (size_t i = digits; i-- > 0; value /= 10)
		text[i] = (char)('0' + value % 10);
	ASSERT(value == 0);
	buf_put(b, text, digits);
}

void buf_put_hex(struct buf *b, const uint8_t *bytes, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	if (b->over || n > (b->size - b->len) / 2) {
		b->over = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		b->at[b->len++] = (uint8_t)digit[bytes[i] >> 4];
		b->at[b->len++] = (uint8_t)digit[bytes[i] & 15];
	}
}

void buf_put_base64(struct buf *b, const uint8_t *bytes, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (size_t i = 0; i < n; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16;
		three |= i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0;
		three |= i + 2 < n ? bytes[i + 2] : 0;
		char four[4] = {digit[three >> 18], digit[three >> 12 & 63], i + 1 < n ? digit[three >> 6 & 63] : '=',
				i + 2 < n ? digit[three & 63] : '='};
		buf_put(b, four, 4);
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_read(struct str hex, uint8_t *ret_bytes, size_t n)
{
	if (hex.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_value(hex.at[2 * i]), low = hex_value(hex.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
