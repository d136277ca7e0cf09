#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNAPSHOT_TRIES	     20
#define SNAPSHOT_CHUNK_BYTES (1 << 20)
#define WAL_HEADER_BYTES     32 /* SQLite, "WAL-Index Format": magic, version, page size, number, salts, checksums */

/* The private folder, while it has a name. Static, because a signal's handler removes it. */
static struct {
	char folder[512], db[600], wal[600], shm[600];
	volatile sig_atomic_t exists;
} copy;

static void copy_remove(void)
{
	if (!copy.exists)
		return;
	copy.exists = 0;
	unlink(copy.db);
	unlink(copy.wal);
	unlink(copy.shm);
	rmdir(copy.folder);
}

static void copy_on_signal(int number)
{
	copy_remove();
	signal(number, SIG_DFL);
	raise(number);
}

static bool copy_make_folder(struct complaint *complaint)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	const char *under = getenv("TMPDIR");
	int len =
	    snprintf(copy.folder, sizeof(copy.folder), "%s/chancery-verify-XXXXXX", under && *under ? under : "/tmp");
	if (len < 0 || (size_t)len >= sizeof(copy.folder))
		return complain(complaint, "TMPDIR is too long");
	if (!mkdtemp(copy.folder))
		return complain(complaint, "%s: %s", copy.folder, strerror(errno));
	snprintf(copy.db, sizeof(copy.db), "%s/journal.db", copy.folder);
	snprintf(copy.wal, sizeof(copy.wal), "%s/journal.db-wal", copy.folder);
	snprintf(copy.shm, sizeof(copy.shm), "%s/journal.db-shm", copy.folder);
	copy.exists = 1;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signal(signals[i], copy_on_signal) == SIG_IGN)
			signal(signals[i], SIG_IGN);
	return true;
}

/* Opens a regular file for reading; returns -1 with errno set. */
static int file_open(const char *path, struct stat *ret_stat)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, ret_stat) == 0 && S_ISREG(ret_stat->st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

static bool bytes_write(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);
		if (put <= 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	return true;
}

static bool bytes_copy(int from, int to)
{
	static char chunk[SNAPSHOT_CHUNK_BYTES];
	off_t at = 0;
	for (;;) {
		ssize_t got = pread(from, chunk, sizeof(chunk), at);
		if (got <= 0)
			return got == 0;
		if (!bytes_write(to, chunk, (size_t)got))
			return false;
		at += got;
	}
}

static bool file_copy(int from, const char *to, struct complaint *complaint)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(complaint, "%s: %s", to, strerror(errno));
	bool ok = bytes_copy(from, fd);
	int why = errno;
	ok = close(fd) == 0 && ok;
	return ok || complain(complaint, "copying to %s: %s (TMPDIR may name a roomier place)", to, strerror(why));
}

static bool stat_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What tells whether a copy is one state: the header of the -wal, and, as long as it has none, the database's time. */
struct state {
	uint8_t header[WAL_HEADER_BYTES];
	ssize_t header_len;
	struct stat db, wal;
};

static bool state_read(int db, int wal, struct state *ret_state)
{
	memset(ret_state, 0, sizeof(*ret_state));
	ret_state->header_len = pread(wal, ret_state->header, sizeof(ret_state->header), 0);
	return ret_state->header_len >= 0 && fstat(db, &ret_state->db) == 0 && fstat(wal, &ret_state->wal) == 0;
}

static bool state_same(const struct state *a, const struct state *b)
{
	return a->header_len == b->header_len && memcmp(a->header, b->header, sizeof(a->header)) == 0 &&
	       (a->header_len == WAL_HEADER_BYTES || stat_same(&a->db, &b->db));
}

static bool copy_both(int db, int wal, struct complaint *complaint)
{
	struct state before, after;
	for (int i = 0; i < SNAPSHOT_TRIES; i++) {
		if (!state_read(db, wal, &before))
			return complain(complaint, "the journal: %s", strerror(errno));
		if (!file_copy(db, copy.db, complaint) || !file_copy(wal, copy.wal, complaint))
			return false;
		if (!state_read(db, wal, &after))
			return complain(complaint, "the journal: %s", strerror(errno));
		if (after.wal.st_nlink == 0) /* and another may lie in its place by now */
			return complain(complaint, "the mission ended while its journal was copied");
		if (state_same(&before, &after))
			return true;
	}
	return complain(complaint, "the mission writes faster than its journal can be copied");
}

enum verify_answer snapshot_answer(int sqlite_code)
{
	switch (sqlite_code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a table or column that is not there */
	case SQLITE_SCHEMA:
	case SQLITE_TOOBIG:
	case SQLITE_MISMATCH:
		return VERIFY_WRONG;
	default:
		return VERIFY_UNREADABLE;
	}
}

/* A path in an SQLite URI. */
static void uri_of(const char *path, const char *options, char *ret_uri, size_t size)
{
	size_t len = (size_t)snprintf(ret_uri, size, "file:");
	for (; *path && len + 4 < size; path++)
		len += (size_t)snprintf(ret_uri + len, size - len, strchr("?#%", *path) ? "%%%02X" : "%c", *path);
	snprintf(ret_uri + len, size - len, "%s", options);
}

/* Opens and reads once: by then SQLite has recovered the copy, and has open every file that it needs. */
static enum verify_answer db_open(struct snapshot *s, const char *path, const char *options, int flags,
				  struct complaint *complaint)
{
	static const char first[] =
	    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
	    "PRAGMA mmap_size=0; BEGIN; SELECT count(*) FROM sqlite_schema";
	char uri[3 * sizeof(s->path) + 64];
	uri_of(path, options, uri, sizeof(uri));
	flags |= SQLITE_OPEN_URI | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOMUTEX; /* one thread reads */
	int code = sqlite3_open_v2(uri, &s->db, flags, NULL);
	if (code == SQLITE_OK) {
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		code = sqlite3_exec(s->db, first, NULL, NULL, NULL);
	}
	if (code == SQLITE_OK)
		return VERIFY_OK;
	complain(complaint, "the database: %s", s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code));
	return snapshot_answer(code);
}

static enum verify_answer open_copy(struct snapshot *s, int wal, struct complaint *complaint)
{
	enum verify_answer answer = VERIFY_UNREADABLE;
	if (copy_make_folder(complaint) && copy_both(s->fd, wal, complaint))
		answer = db_open(s, copy.db, "", SQLITE_OPEN_READWRITE, complaint);
	copy_remove();
	return answer;
}

enum verify_answer snapshot_open(struct snapshot *s, const char *path, struct complaint *complaint)
{
	struct stat wal_stat;
	char wal_path[sizeof(s->path) + 8], *real;
	*s = (struct snapshot){.fd = -1};
	real = realpath(path, NULL);
	if (real && strlen(real) < sizeof(s->path))
		memcpy(s->path, real, strlen(real) + 1);
	free(real);
	if (!s->path[0] || (s->fd = file_open(s->path, &s->before)) < 0) {
		complain(complaint, "%s: %s", path, errno == EINVAL ? "not a regular file" : strerror(errno));
		return VERIFY_UNREADABLE;
	}
	snprintf(wal_path, sizeof(wal_path), "%s-wal", s->path);
	int wal = file_open(wal_path, &wal_stat);
	if (wal < 0 && errno != ENOENT) {
		complain(complaint, "%s: %s", wal_path, strerror(errno));
		return VERIFY_UNREADABLE;
	}
	s->in_place = wal < 0;
	if (s->in_place)
		return db_open(s, s->path, "?immutable=1", SQLITE_OPEN_READONLY, complaint);
	enum verify_answer answer = open_copy(s, wal, complaint);
	close(wal);
	return answer;
}

bool snapshot_is_unchanged(const struct snapshot *s)
{
	struct stat now;
	if (!s->in_place)
		return true;
	return fstat(s->fd, &now) == 0 && stat_same(&now, &s->before);
}

void snapshot_close(struct snapshot *s)
{
	sqlite3_close(s->db);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct snapshot){.fd = -1};
}
