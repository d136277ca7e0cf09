/* folder.h: whole files and directories, for who makes or copies a mission's directory. Not for a process in its sandbox.
 *
 * What is written is durable when a verb returns, but for the directory that it lies in: folder_sync. Every verb returns 0 or an error that names the path.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/arena.h"
#include "base/error.h"

enum { FOLDER_PATH_BYTES = 4096 };

/* "directory/name"; ERROR_LIMIT when that is too long. */
int folder_path(char ret_path[FOLDER_PATH_BYTES], const char *directory, const char *name, struct error *error);

/* ERROR_LIMIT: it is longer. */
int folder_read(const char *path, struct arena *arena, size_t bytes_max, struct str *ret_bytes, struct error *error);

/* A new file. What is there is never written over. */
int folder_write(const char *path, struct str bytes, unsigned mode, struct error *error);

/* The whole file or the one that was there: written beside, and renamed. */
int folder_replace(const char *path, struct str bytes, unsigned mode, struct error *error);

/* A directory, if there is none; and the way to it, as mkdir -p makes it. */
int folder_make(const char *path, unsigned mode, struct error *error);
int folder_make_parents(const char *path, struct error *error);

/* Each regular file below, by its path from there, names in order. Names that begin with a dot, links and the like are passed over. Not 0 ends the walk and
 * is what it returns. */
typedef int folder_file_fn(void *context, const char *path, struct error *error);
int folder_walk(const char *directory, folder_file_fn *file, void *context, struct error *error);

/* All that was written below, and the names of it: the whole file system that the directory lies on. */
int folder_sync(const char *directory, struct error *error);

/* With all that is in it; nothing is left of what could be removed. */
void folder_remove(const char *path);

#endif
