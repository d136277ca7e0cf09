/* base64.h: base64 with padding (RFC 4648, section 4), in its one canonical form: no white space, unused bits zero. */
#ifndef VERIFY_BASE64_H
#define VERIFY_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes the text stands for, or false. */
bool base64_check(const char *text, size_t len, size_t *ret_bytes);

/* Of a text that has passed, the first `bytes` bytes, of which there are as many. */
void base64_read(const char *text, uint8_t *ret, size_t bytes);

#endif
