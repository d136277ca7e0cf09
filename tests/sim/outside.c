/* outside.c: the journal as chancery-verify reads it: its files, copied from the simulated disk to a real one. */
#include "sim/annals.h"

#include "sim/trace.h"
#include "verify/verify.h"

#include <fcntl.h>
#include <unistd.h>

enum { PATH_BYTES = 128, KEY_BYTES = 512 };

static void copy_file(const struct machine *machine, const char *name, const char *path)
{
	const uint8_t *bytes;
	size_t n = 0;
	unlink(path);
	if (!disk_bytes_of(machine->disk, name, &bytes, &n))
		return;
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT(fd >= 0);
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);
		ASSERT(done > 0);
		bytes += done;
		n -= (size_t)done;
	}
	close(fd);
}

void annals_check_outside(struct annals *annals)
{
	char path[PATH_BYTES], log[PATH_BYTES + 8], line[KEY_BYTES];
	static struct verify_result result;
	static struct verify_fault fault;
	struct checkpoint_key key;
	struct complaint complaint;
	struct note_key own;
	struct note_signer signer;
	struct buf b = BUF(line);
	struct error error;
	snprintf(path, sizeof path, "%s/simulated-%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".",
		 (int)getpid());
	snprintf(log, sizeof log, "%s-wal", path);
	copy_file(annals->machine, "journal.db", path);
	copy_file(annals->machine, "journal.db-wal", log);
	int made = note_signer_init(&signer, STR("chancery/house"), annals->seed, &error);
	ASSERT(made == 0);
	own = signer.key;
	note_key_write(&b, &own);
	bool read = checkpoint_key_read((const uint8_t *)line, b.len, CHECKPOINT_LOG, &key, &complaint);
	ASSERT(read);
	enum verify_answer answer =
	    verify_journal(&(struct verify_request){.path = path, .key = &key}, &result, &fault);
	bool unsigned_tail = answer == VERIFY_IN_PART && annals->ledger->signing_has_stopped;
	MUST(answer == VERIFY_OK || unsigned_tail, "chancery-verify says: %s", fault.complaint.what);
	MUST(answer != VERIFY_OK || result.entries >= annals->ledger->size, "chancery-verify finds %llu entries",
	     (unsigned long long)result.entries);
	unlink(path);
	unlink(log);
}
