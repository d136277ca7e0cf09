/* snapshot.h: opens a journal's database for reading without changing one byte of it or of what lies beside it, be its
 * mission closed, running or crashed.
 *
 * SQLite recovers a database in WAL mode when it opens it, and that writes. So: where there is no -wal, the file is
 * opened in place as immutable. Where there is one, both are copied into a private temporary folder (under TMPDIR, else
 * /tmp) and the copy is opened; its names are removed at once, so that nothing stays behind however the program ends.
 *
 * A mission that runs may write meanwhile. The copy is still one state of the database if the -wal began with the same
 * header before and after: SQLite changes the database only by what stands in the -wal, and gives it a new header
 * before it forgets any of that. If the header changed, the copy is made anew. A -wal that was removed meanwhile ends
 * the attempt.
 */
#ifndef VERIFY_SNAPSHOT_H
#define VERIFY_SNAPSHOT_H

#include "complaint.h"

#include <sqlite3.h>
#include <stdint.h>
#include <sys/stat.h>

struct snapshot {
	sqlite3 *db;
	bool in_place;
	int fd; /* in place: the database file, to see that it stays as it is */
	struct stat before;
	char path[4096]; /* of the database, real and absolute */
};

enum verify_answer snapshot_open(struct snapshot *snapshot, const char *path, struct complaint *complaint);
/* At the end: what was read in place must not have been written meanwhile. */
bool snapshot_is_unchanged(const struct snapshot *snapshot);
void snapshot_close(struct snapshot *snapshot);

/* What an error of SQLite says of the journal: that it is damaged, or nothing. */
enum verify_answer snapshot_answer(int sqlite_code);

#endif
