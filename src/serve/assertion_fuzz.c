/* A passkey's word from outside: the first two bytes say how long the client data are, the next one how long the authenticator's; the rest is the
 * signature. Nobody has the key that signs, so nothing of it may be good. */
#include "serve/assertion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any point of the curve will do; nobody has asked whose it is. */
static const uint8_t point[ASSERTION_KEY_BYTES] = {
    0x04, 0x7c, 0xf2, 0x7b, 0x18, 0x8d, 0x03, 0x4f, 0x7e, 0x8a, 0x52, 0x38, 0x03, 0x04, 0xb5, 0x1a, 0xc3,
    0xc0, 0x89, 0x69, 0xe2, 0x77, 0xf2, 0x1b, 0x35, 0xa6, 0x0b, 0x48, 0xfc, 0x47, 0x66, 0x99, 0x78, 0x07,
    0x77, 0x55, 0x10, 0xdb, 0x8e, 0xd0, 0x40, 0x29, 0x3d, 0x9a, 0xc6, 0x9f, 0x74, 0x30, 0xdb, 0xba, 0x7d,
    0xad, 0xe6, 0x3c, 0xe9, 0x82, 0x29, 0x9e, 0x04, 0xb7, 0x9d, 0x22, 0x78, 0x73, 0xd1};

static struct str cut(struct str *rest, size_t n)
{
	struct str part = {rest->at, n < rest->len ? n : rest->len};
	*rest = (struct str){rest->at + part.len, rest->len - part.len};
	return part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[1 << 16];
	struct arena arena = arena_over(memory, sizeof memory);
	int64_t counter = -1;
	if (size < 3)
		return 0;
	struct str rest = {(const char *)data + 3, size - 3};
	struct assertion said = {.client = cut(&rest, (size_t)data[0] << 8 | data[1])};
	said.authenticator = cut(&rest, data[2]);
	said.signature = rest;
	struct assertion_asked asked = {STR("trial.arm"),
					STR("{\"code\":7}"),
					STR("0123456789abcdef0123456789abcdef"),
					{(const char *)point, sizeof point},
					0};
	const char *wrong = assertion_check(&said, &asked, &arena, &counter);
	ASSERT(wrong && counter == -1);
	return 0;
}
