#include "serve/cursor.h"

#include <sodium.h>

/* Base64 of nonce and XChaCha20-Poly1305 over the index; the nonce is a keyed hash of the index, so that one index has one mark. */
enum {
	NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
	TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
	INDEX = 8,
	MARK = NONCE + INDEX + TAG,
};
_Static_assert(MARK * 4 / 3 == CURSOR_TEXT_BYTES, "a mark is base64 without padding");

void cursor_write(struct buf *b, const uint8_t key[CURSOR_KEY_BYTES], uint64_t index)
{
	uint8_t mark[MARK], plain[INDEX];
	memcpy(plain, &index, sizeof plain);
	crypto_generichash(mark, NONCE, plain, sizeof plain, key, CURSOR_KEY_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(mark + NONCE, NULL, plain, sizeof plain, NULL, 0, NULL, mark, key);
	buf_put_base64(b, mark, sizeof mark);
}

bool cursor_read(struct str text, const uint8_t key[CURSOR_KEY_BYTES], uint64_t *ret_index)
{
	uint8_t mark[MARK], plain[INDEX];
	size_t n;
	if (!base64_decode(text, mark, sizeof mark, &n) || n != sizeof mark)
		return false;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, mark + NONCE, INDEX + TAG, NULL, 0, mark,
						       key) != 0)
		return false;
	memcpy(ret_index, plain, sizeof plain);
	return true;
}
