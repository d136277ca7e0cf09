/* A grant table from foreign bytes: whatever opens decides within its bounds, and nothing is read outside. The
 * first byte says whether the head is made good, so that the fuzzer gets behind it. */
#include "grant/grant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each reader, token and time of the table, and some that are not in it. */
static void ask_all(const struct grant *grant, const uint8_t *bytes)
{
	enum { READER_BYTES = 24, ASKED_MAX = 16 };
	int64_t times[] = {0, grant->made, grant->until - 1, grant->until, INT64_MAX};
	for (uint32_t r = 0; r <= grant->n_readers && r < ASKED_MAX; r++) {
		uint64_t reader = r < grant->n_readers ? grant_number(grant->readers + r * READER_BYTES, 8) : 0;
		for (uint32_t c = 0; c <= grant->n_credentials && c < ASKED_MAX; c++) {
			const uint8_t *token = c < grant->n_credentials ? grant->tokens + c * GRANT_TOKEN_BYTES : bytes;
			for (size_t t = 0; t < ARRAY_LEN(times); t++) {
				struct grant_question question = {reader, token, false, times[t]};
				struct grant_answer answer = grant_decide(grant, &question);
				ASSERT(answer.granted ==
				       (answer.why == GRANT_SCHEDULE || answer.why == GRANT_STANDING));
				ASSERT(answer.release_ms <= GRANT_RELEASE_MS_MAX);
				question.held = true;
				ASSERT(!grant_decide(grant, &question).granted);
			}
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t bytes[1 << 16];
	struct grant grant;
	struct grant_fault fault = {0};
	if (size == 0 || size - 1 > sizeof bytes)
		return 0;
	bool helped = *data++ & 1;
	memcpy(bytes, data, --size);
	if (helped && size >= GRANT_HEAD_BYTES) {
		memcpy(bytes, "chcygrt1", 8);
		for (size_t i = 0; i < 4; i++)
			bytes[48 + i] = (uint8_t)(size >> 8 * i);
	}
	if (grant_open(bytes, size, &grant, &fault))
		ask_all(&grant, bytes);
	else
		ASSERT(fault.what && fault.offset <= size);
	return 0;
}
