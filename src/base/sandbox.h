/* sandbox.h: the one entry ritual of every child process.
 *
 * A child first opens all it will ever need, then calls sandbox_enter, then reads its first byte from
 * outside. Behind that call it has the descriptors it named and the system calls of its profile, and no way
 * back:
 *
 *   1. every other descriptor is closed;
 *   2. a reader that went away is an error value, not a signal (SIGPIPE is ignored);
 *   3. no core dumps, no new processes, no new descriptors (rlimits; the core may copy itself for long work);
 *   4. no new privileges; not readable by others of the same user (not dumpable);
 *   5. no file, no network, no signal to others, as far as the kernel's Landlock knows how;
 *   6. system calls by an allow-list (seccomp); any other ends the process, or fails with EPERM where the
 * profile says so.
 *
 * What a library opens lazily (OpenSSL's providers, zone files) must have been used once before.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include "base/error.h"

/* SANDBOX_DRIVER: reads, writes, syncs and waits on what is open; takes memory; asks for the time and for random bytes;
 * nothing else. SANDBOX_CORE: beside that, does with its files what SQLite does, and takes in who connects to its
 * socket; it keeps all its descriptors, because the journal's are SQLite's own. SANDBOX_SERVER: the driver's, with one
 * database that is open, and connections over a network that a library takes in. SANDBOX_CLIENT: the driver's, and
 * connections over a network to others. …_EPERM: the same lists, for programs under a sanitizer or a debugger: what is
 * not on it fails, and the process goes on. */
enum sandbox_profile {
	SANDBOX_DRIVER,
	SANDBOX_DRIVER_EPERM,
	SANDBOX_CORE,
	SANDBOX_CORE_EPERM,
	SANDBOX_SERVER,
	SANDBOX_SERVER_EPERM,
	SANDBOX_CLIENT,
	SANDBOX_CLIENT_EPERM,
	SANDBOX_PROFILES,
};

enum { SANDBOX_KEEP_MAX = 16 };

/* A sanitizer makes calls of its own that no profile of ours allows: a program built with one enters a driver's
 * sandbox as SANDBOX_DRIVER_HERE says. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifdef SANDBOX_SANITIZED
#define SANDBOX_DRIVER_HERE SANDBOX_DRIVER_EPERM
#define SANDBOX_CORE_HERE   SANDBOX_CORE_EPERM
#define SANDBOX_SERVER_HERE SANDBOX_SERVER_EPERM
#define SANDBOX_CLIENT_HERE SANDBOX_CLIENT_EPERM
#else
#define SANDBOX_DRIVER_HERE SANDBOX_DRIVER
#define SANDBOX_CORE_HERE   SANDBOX_CORE
#define SANDBOX_SERVER_HERE SANDBOX_SERVER
#define SANDBOX_CLIENT_HERE SANDBOX_CLIENT
#endif

/* Keeps descriptors 0, 1, 2 and the n in `keep`; all but SANDBOX_DRIVER keep all. The kernel's Landlock version, 0 when it has none, or
 * ERROR_SYSTEM: then some steps may have been taken, and the process must end. */
int sandbox_enter(enum sandbox_profile profile, const int *keep, size_t n, struct error *error);

/* This process has entered one, or is a copy of one that has. */
bool sandbox_is_entered(void);

#endif
