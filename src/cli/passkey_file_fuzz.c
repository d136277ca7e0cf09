/* Files of passkeys: what is read is written as it was. */
#include "cli/passkey_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct passkey_file passkey;
	struct str text = {(const char *)data, size};
	char again[PASSKEY_FILE_BYTES_MAX];
	struct buf b = BUF(again);
	if (passkey_file_read(&passkey, text, NULL) < 0)
		return 0;
	passkey_file_write(&b, &passkey);
	ASSERT(!b.over && str_eq(buf_str(&b), text));
	return 0;
}
