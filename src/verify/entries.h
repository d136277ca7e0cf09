/* entries.h: all entries in order, and with them the tree, its tiles and its signed roots. */
#ifndef VERIFY_ENTRIES_H
#define VERIFY_ENTRIES_H

#include "check.h"

bool entries_check(struct check *check);

#endif
