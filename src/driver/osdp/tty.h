/* tty.h: the serial device of a line.
 *
 * 8 data bits, no parity, one stop bit, raw, no flow control; ours alone (TIOCEXCL), never a controlling
 * terminal, not blocking. Pseudo-terminals do as well.
 */
#ifndef OSDP_TTY_H
#define OSDP_TTY_H

#include "base/error.h"

/* The descriptor, or ERROR_INPUT (no such speed), ERROR_SYSTEM. */
int tty_open(const char *device, int64_t baud, struct error *error);

#endif
