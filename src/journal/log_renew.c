#include "journal/log_renew.h"

#include "base/base.h"

enum { PIECE_BYTES = 65536 };

static int renew(sqlite3_file *log)
{
	static uint8_t piece[PIECE_BYTES];
	sqlite3_int64 size = 0;
	int code = log->pMethods->xFileSize(log, &size);
	for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += PIECE_BYTES) {
		int n = size - at < PIECE_BYTES ? (int)(size - at) : PIECE_BYTES;
		code = log->pMethods->xRead(log, piece, n, at);
		if (code == SQLITE_OK)
			code = log->pMethods->xWrite(log, piece, n, at);
	}
	return code == SQLITE_OK && size > 0 ? log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) : code;
}

int log_renew(sqlite3 *db)
{
	sqlite3_file *log = NULL;
	int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (code != SQLITE_OK || !log || !log->pMethods)
		return code;
	return renew(log);
}
