/* crash.h: a process that dies of a fault says where it stood, as lines of the log, before it goes:
 *
 *     crashed      the signal, and what it was doing (panic_context)
 *     crash_frame  a frame of the stack each, innermost first: module and offset in it, for addr2line
 *     crash_told   that was all
 *
 * No memory is written down, no argument, no register. The handler runs on a stack of its own and makes no call but write(2) and the one that
 * ends the process, so it works inside the sandbox and in whatever state the fault left; what was said before it faults itself is still said.
 */
#ifndef BASE_CRASH_H
#define BASE_CRASH_H

#include "base/base.h"

enum { CRASH_FRAMES_MAX = 48 };

/* From here on the signals of a fault are told of, and SIGABRT: a panic, or the keeper that heard nothing for too long. Called once, before the sandbox. A
 * sanitizer tells of faults itself; with one only SIGABRT is taken. */
void crash_catch(void);

#endif
