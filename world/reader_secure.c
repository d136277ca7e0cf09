#include "world/reader_secure.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

typedef uint8_t block[READER_BLOCK_BYTES];

/* One AES run over whole blocks, no padding. An iv makes it CBC. */
static void aes(struct reader_secure *s, const uint8_t *key, const uint8_t *iv, bool encrypt, const uint8_t *in,
		size_t n, uint8_t *out)
{
	ASSERT(n % READER_BLOCK_BYTES == 0 && n <= READER_FRAME_BYTES_MAX + READER_BLOCK_BYTES);
	const EVP_CIPHER *cipher = iv ? EVP_aes_128_cbc() : EVP_aes_128_ecb();
	int len = 0;
	bool ok = EVP_CipherInit_ex(s->aes, cipher, NULL, key, iv, encrypt) == 1;
	ok = ok && EVP_CIPHER_CTX_set_padding(s->aes, 0) == 1;
	ok = ok && EVP_CipherUpdate(s->aes, out, &len, in, (int)n) == 1;
	ASSERT(ok && (size_t)len == n);
}

static void aes_block(struct reader_secure *s, const uint8_t *key, const block in, block out)
{
	aes(s, key, NULL, true, in, READER_BLOCK_BYTES, out);
}

void reader_secure_init(struct reader_secure *s, const uint8_t key[READER_KEY_BYTES])
{
	*s = (struct reader_secure){.aes = EVP_CIPHER_CTX_new()};
	ASSERT(s->aes);
	memcpy(s->key, key, READER_KEY_BYTES);
}

void reader_secure_release(struct reader_secure *s)
{
	EVP_CIPHER_CTX_free(s->aes);
	OPENSSL_cleanse(s, sizeof(*s));
}

void reader_secure_drop(struct reader_secure *s)
{
	s->stage = READER_SECURE_NONE;
	OPENSSL_cleanse(s->s_enc, sizeof(s->s_enc));
	OPENSSL_cleanse(s->s_mac1, sizeof(s->s_mac1));
	OPENSSL_cleanse(s->s_mac2, sizeof(s->s_mac2));
	OPENSSL_cleanse(s->command_mac, sizeof(s->command_mac));
	OPENSSL_cleanse(s->reply_mac, sizeof(s->reply_mac));
}

/* E(SCBK, 01 purpose A0..A5 0^8). Only six of A's bytes enter a key; the standard wants it so. */
static void derive(struct reader_secure *s, uint8_t purpose, uint8_t ret_key[READER_KEY_BYTES])
{
	block seed = {0x01, purpose};
	memcpy(seed + 2, s->panel_random, 6);
	aes_block(s, s->key, seed, ret_key);
}

static void cryptogram_of(struct reader_secure *s, const uint8_t *first, const uint8_t *second, block out)
{
	block both;
	memcpy(both, first, READER_RANDOM_BYTES);
	memcpy(both + READER_RANDOM_BYTES, second, READER_RANDOM_BYTES);
	aes_block(s, s->s_enc, both, out);
}

void reader_secure_challenge(struct reader_secure *s, const uint8_t panel_random[READER_RANDOM_BYTES],
			     const uint8_t reader_random[READER_RANDOM_BYTES],
			     uint8_t ret_cryptogram[READER_BLOCK_BYTES])
{
	memcpy(s->panel_random, panel_random, READER_RANDOM_BYTES);
	memcpy(s->reader_random, reader_random, READER_RANDOM_BYTES);
	derive(s, 0x82, s->s_enc);
	derive(s, 0x01, s->s_mac1);
	derive(s, 0x02, s->s_mac2);
	cryptogram_of(s, s->panel_random, s->reader_random, ret_cryptogram);
	s->stage = READER_SECURE_CHALLENGED;
}

bool reader_secure_prove(struct reader_secure *s, const uint8_t cryptogram[READER_BLOCK_BYTES],
			 uint8_t ret_rmac[READER_BLOCK_BYTES])
{
	block expected;
	if (s->stage == READER_SECURE_CHALLENGED)
		cryptogram_of(s, s->reader_random, s->panel_random, expected);
	if (s->stage != READER_SECURE_CHALLENGED || CRYPTO_memcmp(expected, cryptogram, sizeof(expected)) != 0) {
		reader_secure_drop(s);
		return false;
	}
	aes_block(s, s->s_mac1, cryptogram, s->reply_mac);
	aes_block(s, s->s_mac2, s->reply_mac, s->reply_mac);
	memcpy(ret_rmac, s->reply_mac, READER_BLOCK_BYTES);
	s->stage = READER_SECURE_STANDS;
	return true;
}

/* All blocks but the last with S-MAC1, the last with S-MAC2. The last is filled with 80 00.. when it is not
 * whole. */
static void mac_of(struct reader_secure *s, const block iv, const uint8_t *bytes, size_t n, block ret_mac)
{
	block link;
	memcpy(link, iv, sizeof(link));
	for (size_t at = 0; at < n; at += READER_BLOCK_BYTES) {
		size_t here = n - at < READER_BLOCK_BYTES ? n - at : READER_BLOCK_BYTES;
		for (size_t i = 0; i < here; i++)
			link[i] ^= bytes[at + i];
		if (here < READER_BLOCK_BYTES)
			link[here] ^= 0x80;
		bool last = at + READER_BLOCK_BYTES >= n;
		aes_block(s, last ? s->s_mac2 : s->s_mac1, link, link);
	}
	memcpy(ret_mac, link, sizeof(link));
}

bool reader_secure_check(struct reader_secure *s, const struct reader_frame *frame)
{
	ASSERT(s->stage == READER_SECURE_STANDS && frame->has_mac);
	const uint8_t *mac = frame->data + frame->data_len;
	block whole;
	mac_of(s, s->reply_mac, frame->bytes, (size_t)(mac - frame->bytes), whole);
	if (CRYPTO_memcmp(whole, mac, READER_FRAME_MAC_BYTES) != 0)
		return false;
	memcpy(s->command_mac, whole, sizeof(whole));
	return true;
}

static void inverse(const block in, block out)
{
	for (size_t i = 0; i < READER_BLOCK_BYTES; i++)
		out[i] = (uint8_t)~in[i];
}

int reader_secure_open(struct reader_secure *s, const struct reader_frame *frame, uint8_t *ret_data)
{
	size_t n = frame->data_len;
	if (n == 0 || n % READER_BLOCK_BYTES != 0)
		return -1;
	block iv;
	inverse(s->reply_mac, iv);
	aes(s, s->s_enc, iv, false, frame->data, n, ret_data);
	while (n > 0 && ret_data[n - 1] == 0)
		n--;
	bool padded = n > 0 && ret_data[n - 1] == 0x80 && frame->data_len - n < READER_BLOCK_BYTES;
	return padded ? (int)n - 1 : -1;
}

size_t reader_secure_seal(struct reader_secure *s, const uint8_t *data, size_t n, uint8_t *out)
{
	size_t whole = (n / READER_BLOCK_BYTES + 1) * READER_BLOCK_BYTES;
	uint8_t padded[READER_FRAME_BYTES_MAX + READER_BLOCK_BYTES] = {0};
	ASSERT(n <= READER_FRAME_BYTES_MAX);
	if (n)
		memcpy(padded, data, n);
	padded[n] = 0x80;
	block iv;
	inverse(s->command_mac, iv);
	aes(s, s->s_enc, iv, true, padded, whole, out);
	return whole;
}

size_t reader_secure_sign(struct reader_secure *s, uint8_t *frame, size_t n)
{
	ASSERT(s->stage == READER_SECURE_STANDS);
	mac_of(s, s->command_mac, frame, n, s->reply_mac);
	memcpy(frame + n, s->reply_mac, READER_FRAME_MAC_BYTES);
	return n + READER_FRAME_MAC_BYTES;
}
