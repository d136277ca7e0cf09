/* outside.h: what the commands share that take the record outside: keys, files, progress. Each ends the process when
 * it cannot. */
#ifndef CLI_OUTSIDE_H
#define CLI_OUTSIDE_H

#include "base/arena.h"
#include "tlog/source.h"

typedef int outside_parse_fn(struct str line, struct note_key *ret_key, struct error *error);

/* A verifier key: the line itself, or a file that holds it. */
struct note_key outside_key(const char *line_or_file, outside_parse_fn *parse);

/* The key of the mission in the current directory, or the one that was given. */
struct note_key outside_mission_key(const char *given);

/* The mission in the current directory. */
struct source outside_open(const struct note_key *key);

/* All of a file of at most so many bytes. */
struct str outside_read(const char *path, size_t bytes_max, struct arena *arena);

/* The whole file, on the disk before it has its name; what had the name is gone then. */
void outside_write(const char *path, struct str bytes);

/* On a terminal, now and then: so many of so many entries. */
void outside_progress(uint64_t done, uint64_t size);

/* "2026-11-24 02:14:07 UTC" */
void outside_put_time(struct buf *b, uint64_t time_s);

#endif
