/* What somebody types for a share. What is taken must be written back as it was meant. */
#include "keys/share.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct share share, again;
	char text[SHARE_TEXT_BYTES];
	crypt_init();
	if (share_read((struct str){(const char *)data, size}, &share, NULL) < 0)
		return 0;
	share_write(&share, text);
	int read = share_read(str_of(text), &again, NULL);
	ASSERT(read == 0 && share.threshold == again.threshold && share.number == again.number);
	ASSERT(memcmp(share.value, again.value, sizeof share.value) == 0 &&
	       memcmp(share.set, again.set, sizeof share.set) == 0);
	return 0;
}
