/* traffic.h: what is said between the core, its drivers and its askers, and what is entered, written down so that tests/traffic can hold it against the
 * schemas. For tests alone: it is in clear, with keys and names, and nothing is written unless CHANCERY_TRAFFIC names a file.
 *
 * A record is one line: what it is, a tab, the line. What it is:
 *
 *     CoreLine DriverLine AskLine AnswerLine Entry    a message of that name (src/schema/contract.yaml, entry.yaml)
 *     not DriverLine, not AskLine                     what came and was not of that form, by the core's own judgement
 *     maybe CoreLine                                  what a test said to a driver, right or wrong
 *     maybe AskLine                                   what the core had no room for, and did not read to its end
 *
 * An empty record stands where a process began to write: the one before it may have been cut off when another process was killed.
 */
#ifndef BASE_TRAFFIC_H
#define BASE_TRAFFIC_H

#include "base/str.h"

/* Opens the file for appending, once for a process; before the sandbox. False when nobody wants to know. */
bool traffic_open(void);

/* Appends one record with one call of the system, so that several processes may share the file. Does nothing when none is open. The signature is that
 * of hub_outside.tap. */
void traffic_put(void *context, const char *what, struct str line);

#endif
