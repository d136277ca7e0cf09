/* paint.h: the few colours of the terminal. Nothing is said by colour alone; without a terminal, or with NO_COLOR set, there are none. */
#ifndef CLI_PAINT_H
#define CLI_PAINT_H

#include "base/buf.h"

enum paint { PAINT_PLAIN, PAINT_STRONG, PAINT_DIM, PAINT_GOOD, PAINT_BAD, PAINT_CARE };

/* Whether standard output shows colours. */
bool paint_is_on(void);

/* From here on in this colour; PAINT_PLAIN ends it. */
void paint_put(struct buf *b, enum paint paint);

/* Writes to standard output what was put, and clears it. */
void paint_flush(struct buf *b);

#endif
