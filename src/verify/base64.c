#include "base64.h"

#define BASE64_NONE 0xc0 /* bits that no digit has */

static inline uint8_t base64_digit(char c)
{
	static const uint8_t digits[256] = {
	    ['A'] = 1,	['B'] = 2,  ['C'] = 3,	['D'] = 4,  ['E'] = 5,	['F'] = 6,  ['G'] = 7,	['H'] = 8,
	    ['I'] = 9,	['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
	    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
	    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
	    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
	    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
	    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
	    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
	}; /* one more than the digit's value, so that 0 is none */
	return (uint8_t)(digits[(uint8_t)c] - 1);
}

bool base64_check(const char *text, size_t len, size_t *ret_bytes)
{
	size_t pad = 0;
	uint8_t all = 0;
	if (len % 4 != 0)
		return false;
	while (len > 0 && pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len - pad; i++)
		all |= base64_digit(text[i]);
	uint8_t unused = pad == 0 ? 0 : pad == 1 ? 0x03 : 0x0f;
	if (all & BASE64_NONE || (unused && base64_digit(text[len - pad - 1]) & unused))
		return false;
	*ret_bytes = len / 4 * 3 - pad;
	return true;
}

void base64_read(const char *text, uint8_t *ret, size_t bytes)
{
	uint32_t bits = 0;
	unsigned have = 0;
	for (size_t i = 0; i < bytes; text++) {
		bits = bits << 6 | base64_digit(*text);
		have += 6;
		if (have >= 8) {
			have -= 8;
			ret[i++] = (uint8_t)(bits >> have);
		}
	}
}
