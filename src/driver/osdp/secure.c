#include "driver/osdp/secure.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static EVP_CIPHER *cbc;

int secure_load(struct error *error)
{
	if (!cbc)
		cbc = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	if (!cbc)
		return error_set(error, ERROR_CRYPTO, "libcrypto has no AES-128-CBC");
	return 0;
}

bool secure_key_is_weak(const uint8_t key[SECURE_KEY_BYTES])
{
	bool same = true, up = true, down = true;
	for (size_t i = 1; i < SECURE_KEY_BYTES; i++) {
		uint8_t step = (uint8_t)(key[i] - key[i - 1]);
		same &= step == 0;
		up &= step == 1;
		down &= step == 0xFF;
	}
	return same || up || down;
}

void secure_init(struct secure *secure)
{
	*secure = (struct secure){
	    .seal = EVP_CIPHER_CTX_new(),
	    .open = EVP_CIPHER_CTX_new(),
	    .mac1 = EVP_CIPHER_CTX_new(),
	    .mac2 = EVP_CIPHER_CTX_new(),
	};
	ASSERT(secure->seal && secure->open && secure->mac1 && secure->mac2);
}

/* A context's key schedule is wiped by libcrypto when the context is reset. */
void secure_drop(struct secure *secure)
{
	EVP_CIPHER_CTX_reset(secure->seal);
	EVP_CIPHER_CTX_reset(secure->open);
	EVP_CIPHER_CTX_reset(secure->mac1);
	EVP_CIPHER_CTX_reset(secure->mac2);
	OPENSSL_cleanse(secure->a, sizeof secure->a);
	OPENSSL_cleanse(secure->scrypt, sizeof secure->scrypt);
	OPENSSL_cleanse(secure->rmac_i, sizeof secure->rmac_i);
	OPENSSL_cleanse(secure->c_mac, sizeof secure->c_mac);
	OPENSSL_cleanse(secure->r_mac, sizeof secure->r_mac);
}

void secure_release(struct secure *secure)
{
	secure_drop(secure);
	EVP_CIPHER_CTX_free(secure->seal);
	EVP_CIPHER_CTX_free(secure->open);
	EVP_CIPHER_CTX_free(secure->mac1);
	EVP_CIPHER_CTX_free(secure->mac2);
	*secure = (struct secure){0};
}

static const uint8_t zero_iv[SECURE_BLOCK_BYTES];

/* Runs whole blocks through a context that has its key. Nothing here can fail but by a fault in this program.
 */
static void cipher(EVP_CIPHER_CTX *with, const uint8_t iv[SECURE_BLOCK_BYTES], const uint8_t *in, size_t n,
		   uint8_t *out)
{
	int written = 0;
	ASSERT(n % SECURE_BLOCK_BYTES == 0 && n <= FRAME_BYTES_MAX);
	ASSERT(EVP_CipherInit_ex2(with, NULL, NULL, iv, -1, NULL) == 1);
	ASSERT(EVP_CipherUpdate(with, out, &written, in, (int)n) == 1 && (size_t)written == n);
}

static void set_key(EVP_CIPHER_CTX *context, const uint8_t key[SECURE_KEY_BYTES], bool seals)
{
	ASSERT(cbc && EVP_CipherInit_ex2(context, cbc, key, zero_iv, seals, NULL) == 1);
	ASSERT(EVP_CIPHER_CTX_set_padding(context, 0) == 1);
}

static void derive(EVP_CIPHER_CTX *base, uint8_t what, const uint8_t *a, uint8_t ret_key[SECURE_KEY_BYTES])
{
	uint8_t block[SECURE_BLOCK_BYTES] = {0x01, what};
	memcpy(block + 2, a, 6);
	cipher(base, zero_iv, block, sizeof block, ret_key);
}

void secure_start(struct secure *secure, const uint8_t key[SECURE_KEY_BYTES], const uint8_t a[SECURE_RANDOM_BYTES])
{
	uint8_t enc[SECURE_KEY_BYTES], mac1[SECURE_KEY_BYTES], mac2[SECURE_KEY_BYTES];
	secure_drop(secure);
	memcpy(secure->a, a, SECURE_RANDOM_BYTES);
	set_key(secure->seal, key, true);
	derive(secure->seal, 0x82, a, enc);
	derive(secure->seal, 0x01, a, mac1);
	derive(secure->seal, 0x02, a, mac2);
	set_key(secure->seal, enc, true);
	set_key(secure->open, enc, false);
	set_key(secure->mac1, mac1, true);
	set_key(secure->mac2, mac2, true);
	OPENSSL_cleanse(enc, sizeof enc);
	OPENSSL_cleanse(mac1, sizeof mac1);
	OPENSSL_cleanse(mac2, sizeof mac2);
}

/* E(S-ENC, first second). */
static void cryptogram(struct secure *secure, const uint8_t *first, const uint8_t *second, uint8_t *ret)
{
	uint8_t block[SECURE_BLOCK_BYTES];
	memcpy(block, first, SECURE_RANDOM_BYTES);
	memcpy(block + SECURE_RANDOM_BYTES, second, SECURE_RANDOM_BYTES);
	cipher(secure->seal, zero_iv, block, sizeof block, ret);
}

enum secure_fault secure_accept(struct secure *secure, const struct frame *ccrypt)
{
	uint8_t expected[SECURE_BLOCK_BYTES];
	if (ccrypt->security != FRAME_CCRYPT || ccrypt->code != FRAME_CCRYPT_CODE ||
	    ccrypt->data_len != SECURE_CCRYPT_BYTES)
		return SECURE_BAD_CRYPTOGRAM;
	if (ccrypt->security_byte != SECURE_KEY_OWN)
		return SECURE_WRONG_KEY;
	const uint8_t *b = ccrypt->data + 8;
	cryptogram(secure, secure->a, b, expected);
	if (CRYPTO_memcmp(expected, b + SECURE_RANDOM_BYTES, sizeof expected) != 0)
		return SECURE_BAD_CRYPTOGRAM;
	cryptogram(secure, b, secure->a, secure->scrypt);
	cipher(secure->mac1, zero_iv, secure->scrypt, SECURE_BLOCK_BYTES, secure->rmac_i);
	cipher(secure->mac2, zero_iv, secure->rmac_i, SECURE_BLOCK_BYTES, secure->rmac_i);
	return SECURE_FINE;
}

enum secure_fault secure_finish(struct secure *secure, const struct frame *rmac_i)
{
	if (rmac_i->security != FRAME_RMAC_I || rmac_i->code != FRAME_RMAC_I_CODE ||
	    rmac_i->data_len != SECURE_BLOCK_BYTES)
		return SECURE_BAD_RMAC;
	bool same = CRYPTO_memcmp(rmac_i->data, secure->rmac_i, SECURE_BLOCK_BYTES) == 0;
	if (!same || rmac_i->security_byte != SECURE_GOOD)
		return SECURE_BAD_RMAC;
	memcpy(secure->r_mac, secure->rmac_i, SECURE_BLOCK_BYTES);
	return SECURE_FINE;
}

/* `padded` has room for n bytes and a block more. Returns the new number. */
static size_t pad(uint8_t *padded, size_t n)
{
	size_t whole = n / SECURE_BLOCK_BYTES * SECURE_BLOCK_BYTES + SECURE_BLOCK_BYTES;
	memset(padded + n, 0, whole - n);
	padded[n] = 0x80;
	return whole;
}

static void message_mac(struct secure *secure, const uint8_t *iv, const uint8_t *message, size_t n, uint8_t *ret_mac)
{
	uint8_t blocks[FRAME_BYTES_MAX + SECURE_BLOCK_BYTES], last_iv[SECURE_BLOCK_BYTES];
	ASSERT(n > 0 && n <= FRAME_BYTES_MAX);
	memcpy(blocks, message, n);
	if (n % SECURE_BLOCK_BYTES)
		n = pad(blocks, n);
	size_t last = n - SECURE_BLOCK_BYTES;
	memcpy(last_iv, iv, sizeof last_iv);
	if (last > 0) {
		cipher(secure->mac1, iv, blocks, last, blocks);
		memcpy(last_iv, blocks + last - SECURE_BLOCK_BYTES, sizeof last_iv);
	}
	cipher(secure->mac2, last_iv, blocks + last, SECURE_BLOCK_BYTES, ret_mac);
}

static void inverse(const uint8_t mac[SECURE_BLOCK_BYTES], uint8_t ret_iv[SECURE_BLOCK_BYTES])
{
	for (size_t i = 0; i < SECURE_BLOCK_BYTES; i++)
		ret_iv[i] = (uint8_t)~mac[i];
}

size_t secure_seal(struct secure *secure, uint8_t out[FRAME_COMMAND_BYTES_MAX], uint8_t address, uint8_t sequence,
		   uint8_t code, const uint8_t *data, size_t n)
{
	uint8_t sealed[FRAME_COMMAND_BYTES_MAX], iv[SECURE_BLOCK_BYTES];
	struct frame frame = {.address = address, .sequence = sequence, .code = code, .security = FRAME_COMMAND_MAC};
	ASSERT(n <= FRAME_COMMAND_BYTES_MAX - 2 * SECURE_BLOCK_BYTES);
	if (n > 0) {
		memcpy(sealed, data, n);
		frame.security = FRAME_COMMAND_SEALED;
		frame.data = sealed;
		frame.data_len = pad(sealed, n);
		inverse(secure->r_mac, iv);
		cipher(secure->seal, iv, sealed, frame.data_len, sealed);
	}
	size_t maced = frame_begin(out, &frame);
	message_mac(secure, secure->r_mac, out, maced, secure->c_mac);
	return frame_end(out, maced, secure->c_mac);
}

/* The number of bytes in front of the padding; false when there is no padding of the right form. */
static bool unpad(const uint8_t *data, size_t n, size_t *ret_n)
{
	size_t at = n;
	while (at > 0 && data[at - 1] == 0)
		at--;
	if (at == 0 || data[at - 1] != 0x80 || n - at >= SECURE_BLOCK_BYTES)
		return false;
	*ret_n = at - 1;
	return true;
}

static enum secure_fault open_data(struct secure *secure, const struct frame *reply, uint8_t *ret_data, size_t *ret_n)
{
	uint8_t iv[SECURE_BLOCK_BYTES];
	*ret_n = 0;
	if (reply->data_len == 0)
		return SECURE_FINE;
	if (reply->security != FRAME_REPLY_SEALED)
		return SECURE_CLEAR_DATA;
	inverse(secure->c_mac, iv);
	cipher(secure->open, iv, reply->data, reply->data_len, ret_data);
	return unpad(ret_data, reply->data_len, ret_n) ? SECURE_FINE : SECURE_BAD_DATA;
}

enum secure_fault secure_open(struct secure *secure, const struct frame *reply, uint8_t *ret_data, size_t *ret_n)
{
	uint8_t mac[SECURE_BLOCK_BYTES];
	if (reply->security != FRAME_REPLY_MAC && reply->security != FRAME_REPLY_SEALED)
		return SECURE_CLEAR_DATA;
	message_mac(secure, secure->c_mac, reply->raw, reply->maced_len, mac);
	if (CRYPTO_memcmp(mac, reply->raw + reply->maced_len, FRAME_MAC_BYTES) != 0)
		return SECURE_BAD_MAC;
	memcpy(secure->r_mac, mac, sizeof mac);
	return open_data(secure, reply, ret_data, ret_n);
}
