/* share.h: a secret of 32 bytes in parts for paper: any `threshold` of them give it back, fewer say nothing about
 * it (Shamir, over GF(256) by libgfshare).
 *
 * A share is 40 bytes:
 *
 *      0  format 1 (1)
 *      1  threshold - 1 (4 bits, the high ones), number - 1 (4 bits)
 *      2  set (4)     shares that were made together have the same
 *      6  value (32)
 *     38  check (2)   the first two bytes of BLAKE2b (16 bytes, key of 32 zeros) over the bytes before
 *
 * On paper these are 64 characters of 5 bits in 16 groups of four, each with a fifth that checks it. Characters
 * are Crockford's base 32: digits and letters without I, L, O, U; read in either case, O as 0, I and L as 1. The
 * check of group g (0 to 15) of c0 c1 c2 c3 is 2·c0 + 4·c1 + 8·c2 + 16·c3 + g in GF(32) modulo x^5 + x^2 + 1, so
 * one wrong character, two that changed places, and two groups that changed places are always found, and told with
 * the group.
 */
#ifndef KEYS_SHARE_H
#define KEYS_SHARE_H

#include "base/error.h"
#include "base/str.h"
#include "keys/crypt.h"

enum {
	SHARES_MAX = 16,
	SHARE_SET_BYTES = 4,
	SHARE_GROUPS = 16,
	SHARE_TEXT_BYTES = SHARE_GROUPS * 6, /* five characters and a blank; a zero in place of the last blank */
	SHARE_INPUT_BYTES_MAX = 1024,	     /* what somebody may type for one */
};

struct share {
	uint8_t set[SHARE_SET_BYTES];
	unsigned threshold, number; /* 2 to SHARES_MAX; 1 to SHARES_MAX */
	uint8_t value[CRYPT_KEY_BYTES];
};

/* `count` shares; 2 <= threshold <= count <= SHARES_MAX. The caller wipes them. */
void shares_split(const uint8_t secret[CRYPT_KEY_BYTES], const uint8_t set[SHARE_SET_BYTES], unsigned threshold,
		  unsigned count, struct share *ret_shares);

/* ERROR_INPUT: they are not of one set, one stands twice, or there are too few. That all are right only the
 * secret's use shows. */
int shares_combine(const struct share *shares, size_t n, uint8_t ret_secret[CRYPT_KEY_BYTES], struct error *error);

void share_write(const struct share *share, char ret_text[SHARE_TEXT_BYTES]);

/* As somebody typed it; blanks, line ends and hyphens may stand anywhere. ERROR_INPUT names the group that is
 * wrong; the text itself is in no error. */
int share_read(struct str text, struct share *ret_share, struct error *error);

/* Whether a part of one is whole groups, of which the first is number `first` from 0: how many, or ERROR_INPUT as
 * above. For who asks row by row. */
int share_groups(struct str text, unsigned first, struct error *error);

#endif
