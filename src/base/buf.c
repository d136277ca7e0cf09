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

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void buf_put_base64(struct buf *b, const uint8_t *bytes, size_t n)
{
	size_t length = (n + 2) / 3 * 4;
	if (b->over || length > b->size - b->len) {
		b->over = true;
		return;
	}
	uint8_t *to = b->at + b->len;
	for (size_t i = 0; i < n; i += 3, to += 4) {
		uint32_t three = (uint32_t)bytes[i] << 16;
		three |= i + 1 < n ? (uint32_t)bytes[i + 1] << 8 : 0;
		three |= i + 2 < n ? bytes[i + 2] : 0;
		to[0] = (uint8_t)base64_digits[three >> 18];
		to[1] = (uint8_t)base64_digits[three >> 12 & 63];
		to[2] = (uint8_t)(i + 1 < n ? base64_digits[three >> 6 & 63] : '=');
		to[3] = (uint8_t)(i + 2 < n ? base64_digits[three & 63] : '=');
	}
	b->len += length;
}

/* One more than a digit's value; 0 for what is none. */
static const uint8_t base64_values[256] = {
    ['A'] = 1,	['B'] = 2,  ['C'] = 3,	['D'] = 4,  ['E'] = 5,	['F'] = 6,  ['G'] = 7,	['H'] = 8,
    ['I'] = 9,	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

bool base64_decode(struct str text, uint8_t *ret_bytes, size_t size, size_t *ret_n)
{
	size_t padding = 0, n = 0;
	while (padding < 2 && padding < text.len && text.at[text.len - 1 - padding] == '=')
		padding++;
	if (text.len % 4 != 0 || text.len / 4 * 3 > size + padding)
		return false;
	for (size_t i = 0; i < text.len; i += 4) {
		size_t digits = i + 4 == text.len ? 4 - padding : 4;
		uint32_t four = 0;
		for (size_t k = 0; k < 4; k++) {
			uint32_t value = k < digits ? base64_values[(uint8_t)text.at[i + k]] : 1;
			if (value == 0)
				return false;
			four = four << 6 | (value - 1);
		}
		if ((digits == 2 && four & 0xFFFF) || (digits == 3 && four & 0xFF))
			return false;
		for (size_t k = 0; k + 1 < digits; k++)
			ret_bytes[n++] = (uint8_t)(four >> (16 - 8 * k));
	}
	*ret_n = n;
	return true;
}

/* One more than a digit's value; 0 for what is none. */
static const uint8_t hex_digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hex_read(struct str hex, uint8_t *ret_bytes, size_t n)
{
	if (hex.len != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned high = hex_digits[(uint8_t)hex.at[2 * i]], low = hex_digits[(uint8_t)hex.at[2 * i + 1]];
		if (high == 0 || low == 0)
			return false;
		ret_bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return true;
}
