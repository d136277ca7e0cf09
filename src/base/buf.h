/* buf.h: bytes written one after the other into memory of a fixed size. Pure.
 *
 * A write that does not fit sets `over` and writes nothing; later writes do nothing. Who hands the bytes on checks
 * `over` once, at the end. The memory belongs to whoever gave it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	uint8_t *at;
	size_t len, size;
	bool over;
};

#define BUF(array) ((struct buf){.at = (uint8_t *)(array), .size = sizeof(array)})

static inline struct str buf_str(const struct buf *b)
{
	return (struct str){(const char *)b->at, b->len};
}

static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	b->over = false;
}

static inline void buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (__builtin_expect(b->over || n > b->size - b->len, 0)) {
		b->over = true;
		return;
	}
	if (n)
		memcpy(b->at + b->len, bytes, n);
	b->len += n;
}

static inline void buf_put_str(struct buf *b, struct str s)
{
	buf_put(b, s.at, s.len);
}

static inline void buf_put_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

#define BUF_LIT(b, literal) buf_put((b), "" literal, sizeof(literal) - 1)

void buf_put_u64(struct buf *b, uint64_t value);
void buf_put_i64(struct buf *b, int64_t value);
void buf_put_digits(struct buf *b, uint64_t value, size_t digits);  /* exactly that many, zeros in front */
void buf_put_hex(struct buf *b, const uint8_t *bytes, size_t n);    /* lower case */
void buf_put_base64(struct buf *b, const uint8_t *bytes, size_t n); /* RFC 4648 section 4, padded */

/* The n bytes that 2n lower-case hex digits name; false on any other input. */
bool hex_read(struct str hex, uint8_t *ret_bytes, size_t n);

/* The bytes of strict base64: padded, nothing but digits, no bits left over; at most `size` of them. False on any other input. */
bool base64_decode(struct str text, uint8_t *ret_bytes, size_t size, size_t *ret_n);

#endif
