/* log_renew.h: the write-ahead log, written once more when a database is opened.
 *
 * A sync that failed ended the process that wrote before. What it could not make durable SQLite still reads from the log, because the kernel still has it; but
 * the kernel takes it for written, and no later sync makes it durable. Without this the next process would acknowledge what a power failure
 * takes. The same bytes go to the same places (base/file.h, file_renew), under the lock that this connection holds.
 */
#ifndef JOURNAL_LOG_RENEW_H
#define JOURNAL_LOG_RENEW_H

#include <sqlite3.h>

/* After something was read through the connection, which has locking_mode=EXCLUSIVE and a write-ahead log. SQLITE_OK, or what failed. */
int log_renew(sqlite3 *db);

#endif
