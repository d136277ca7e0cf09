/* Proofs, as anybody may hand them to an auditor: what is accepted and has no extra line writes back to the same
 * bytes, and nothing proves an entry that was never written. */
#include "tlog/proof_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char again_bytes[PROOF_FILE_BYTES_MAX];
	static const uint8_t seed[NOTE_SEED_BYTES] = {1};
	struct proof_file file;
	struct note_signer signer;
	struct note_checkpoint checkpoint;
	struct str text = {(const char *)data, size};
	struct buf again = BUF(again_bytes);
	int made = note_signer_init(&signer, STR("chancery/lakeside"), seed, NULL);
	ASSERT(made == 0);
	if (proof_file_parse(text, &file, NULL) < 0)
		return 0;
	proof_file_write(&again, &file);
	ASSERT(!again.over);
	if (!str_contains(text, STR("\nextra ")))
		ASSERT(str_eq(buf_str(&again), text));
	int failed = proof_file_check(&file, STR("never written"), &signer.key, &checkpoint, NULL);
	ASSERT(failed < 0);
	return 0;
}
