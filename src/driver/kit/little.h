/* little.h: whole numbers in files, low byte first. Pure. */
#ifndef KIT_LITTLE_H
#define KIT_LITTLE_H

#include "base/base.h"

static inline void little_put(uint8_t *at, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint64_t little_get(const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

#endif
