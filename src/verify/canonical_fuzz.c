/* Foreign entries. An input is taken as one entry, and then, if that was good, as the next one again: the checks that
 * compare with the entry before run too. Whatever is canonical is walked by the reader and must end where it ends. */
#include "members.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) /* its data may be NULL */
		return 0;
	struct complaint complaint = {{0}};
	struct members members = {0};
	struct canonical_reader reader = {(const char *)data, (const char *)data + size};
	bool canonical = canonical_check(data, size, &complaint);
	if (canonical != (complaint.what[0] == 0))
		abort();
	if (canonical && canonical_take_object(&reader) && reader.at != reader.end)
		abort();
	bool good = members_check(&members, data, size, &complaint);
	if (good && !canonical)
		abort();
	if (good && members_check(&members, data, size, &complaint))
		abort(); /* its index is the same */
	members_release(&members);
	return 0;
}
