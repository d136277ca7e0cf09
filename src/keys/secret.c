#include "keys/secret.h"

#include <sys/mman.h>
#include <unistd.h>

#include "keys/crypt.h"

/* On fault: a page that nobody touched needs no memory. */
static size_t lock_as_allowed(void *at, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	while (bytes >= page) {
		if (mlock2(at, bytes, MLOCK_ONFAULT) == 0)
			return bytes;
		bytes = bytes / 2 / page * page;
	}
	return 0;
}

void *secret_map(size_t bytes, size_t *ret_locked)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT(at != MAP_FAILED);
	int hidden = madvise(at, bytes, MADV_DONTDUMP);
	ASSERT(hidden == 0);
	*ret_locked = lock_as_allowed(at, bytes);
	return at;
}

void secret_unmap(void *at, size_t bytes, size_t used)
{
	ASSERT(used <= bytes);
	crypt_wipe(at, used);
	int gone = munmap(at, bytes);
	ASSERT(gone == 0);
}
