/* Foreign entries. An input is taken as one entry, and then, if that was good, as the next one again: the checks that
 * compare with the entry before run too. Whatever is canonical is walked by the reader and must end where it ends. */
#include "order.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void walk(const struct canonical *canonical)
{
	struct canonical_reader reader = canonical_read(canonical);
	struct canonical_text object;
	int64_t value[2];
	unsigned pair = 0, pairs = 0;
	if (!canonical_take_object(&reader, &object))
		return;
	must(reader.at == reader.end && object.at[0] == '{' && reader.end[-1] == '}');
	for (; canonical_pair(canonical, object, &pair, value); pairs++)
		must(pair > pairs);
	must(pairs == canonical->pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct canonical canonical;
	if (size == 0) /* its data may be NULL */
		return 0;
	struct complaint complaint = {{0}};
	struct order order = {0};
	struct members members;
	bool is_canonical = canonical_check(&canonical, data, size, &complaint);
	must(is_canonical == (complaint.what[0] == 0));
	if (is_canonical)
		walk(&canonical);
	bool good = members_read(&canonical, data, size, &members, &complaint);
	must(is_canonical || !good);
	if (good && order_check(&order, &members, &complaint))
		must(!order_check(&order, &members, &complaint)); /* its index is the same */
	order_release(&order);
	return 0;
}
