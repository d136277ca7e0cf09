/* Requests for a cosignature, as anybody on the network may send them: what is accepted writes back to the same
 * bytes. */
#include "tlog/add_checkpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again_bytes[ADD_CHECKPOINT_BYTES_MAX];
	struct add_checkpoint request;
	struct str body = {(const char *)data, size};
	struct buf again = BUF(again_bytes);
	if (add_checkpoint_parse(body, &request, NULL) < 0)
		return 0;
	add_checkpoint_write(&again, &request);
	ASSERT(!again.over && str_eq(buf_str(&again), body));
	return 0;
}
