/* text.h: texts and bytes that stand inside a row: {uint16_t len; char at[N];}, for each N that the schema uses. Pure. */
#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

#include "base/str.h"

/* A view into the row; it holds as long as the row is not written. */
#define text_str(text) ((struct str){(text).at, (text).len})

/* Copies. The codec has checked the length. */
#define text_set(text, value)                                                                                          \
	do {                                                                                                           \
		struct str text_value = (value);                                                                       \
		ASSERT(text_value.len <= sizeof(text)->at);                                                            \
		(text)->len = (uint16_t)text_value.len;                                                                \
		if (text_value.len)                                                                                    \
			memcpy((text)->at, text_value.at, text_value.len);                                             \
	} while (0)

#endif
