/* notify.h: what a service manager is told (sd_notify(3)): a datagram of lines to the socket that $NOTIFY_SOCKET names. Without one, nothing is. */
#ifndef SERVE_NOTIFY_H
#define SERVE_NOTIFY_H

#include "base/base.h"

/* "READY=1\nSTATUS=…". Never waits; what does not arrive is lost. */
void notify(const char *lines);

/* RELOADING=1, with the time that the manager compares READY=1 with. */
void notify_reloading(void);

/* How often WATCHDOG=1 is due, half of $WATCHDOG_USEC; 0 when nobody waits for it. */
int64_t notify_watchdog_us(void);

#endif
