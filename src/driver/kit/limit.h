/* limit.h: how often something may happen: a bucket of tokens. Pure.
 *
 * A bucket holds `burst` tokens at most and gets one more every `every_us`. Whoever finds it empty does not do
 * the thing, and counts that (kit.h, kit_throttled).
 */
#ifndef KIT_LIMIT_H
#define KIT_LIMIT_H

#include "base/base.h"

struct limit {
	int64_t every_us;
	int32_t burst, left;
	int64_t from_us; /* when `left` was right */
};

/* A full bucket. */
static inline struct limit limit_of(int32_t burst, int64_t every_us, int64_t now_us)
{
	ASSERT(burst > 0 && every_us > 0);
	return (struct limit){every_us, burst, burst, now_us};
}

/* Takes a token; false when there is none. Time must not go back. */
static inline bool limit_take(struct limit *limit, int64_t now_us)
{
	int64_t more = (now_us - limit->from_us) / limit->every_us;
	limit->from_us += more * limit->every_us;
	limit->left = more < limit->burst - limit->left ? limit->left + (int32_t)more : limit->burst;
	if (limit->left == 0)
		return false;
	limit->left--;
	return true;
}

#endif
