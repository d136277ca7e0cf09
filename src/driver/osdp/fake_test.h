/* fake_test.h: for tests only: an OSDP reader, its secure channel made of single AES-ECB blocks straight from
 * annex D.
 *
 * fake_hear is the whole of it: bytes of a command in, bytes of the answer out.
 */
#ifndef OSDP_FAKE_TEST_H
#define OSDP_FAKE_TEST_H

#include "driver/osdp/secure.h"

#include <openssl/evp.h>

static inline void fake_ecb(const uint8_t key[16], bool seal, const uint8_t in[16], uint8_t out[16])
{
	uint8_t result[16];
	int n = 0;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	ASSERT(EVP_CipherInit_ex(context, EVP_aes_128_ecb(), NULL, key, NULL, seal) == 1);
	EVP_CIPHER_CTX_set_padding(context, 0);
	ASSERT(EVP_CipherUpdate(context, result, &n, in, 16) == 1 && n == 16);
	EVP_CIPHER_CTX_free(context);
	memcpy(out, result, 16);
}

static inline void fake_add(uint8_t to[16], const uint8_t from[16])
{
	for (int i = 0; i < 16; i++)
		to[i] ^= from[i];
}

struct fake_keys {
	uint8_t enc[16], mac1[16], mac2[16];
};

static inline struct fake_keys fake_derive(const uint8_t scbk[16], const uint8_t a[8])
{
	struct fake_keys keys;
	uint8_t in[16] = {1, 0x82, a[0], a[1], a[2], a[3], a[4], a[5]};
	fake_ecb(scbk, true, in, keys.enc);
	in[1] = 1;
	fake_ecb(scbk, true, in, keys.mac1);
	in[1] = 2;
	fake_ecb(scbk, true, in, keys.mac2);
	return keys;
}

static inline void fake_mac(const struct fake_keys *keys, const uint8_t iv[16], const uint8_t *at, size_t n,
			    uint8_t ret[16])
{
	uint8_t chain[16];
	memcpy(chain, iv, 16);
	for (size_t done = 0; done < n; done += 16) {
		uint8_t block[16] = {0};
		size_t part = n - done < 16 ? n - done : 16;
		memcpy(block, at + done, part);
		if (part < 16)
			block[part] = 0x80;
		fake_add(chain, block);
		fake_ecb(done + 16 < n ? keys->mac1 : keys->mac2, true, chain, chain);
	}
	memcpy(ret, chain, 16);
}

/* n is a whole number of blocks. */
static inline void fake_crypt(const struct fake_keys *keys, bool seal, const uint8_t mac[16], uint8_t *at, size_t n)
{
	uint8_t chain[16], next[16];
	for (int i = 0; i < 16; i++)
		chain[i] = (uint8_t)(255 - mac[i]);
	for (size_t done = 0; done < n; done += 16) {
		memcpy(next, at + done, 16);
		if (seal)
			fake_add(at + done, chain);
		fake_ecb(keys->enc, seal, at + done, at + done);
		if (!seal)
			fake_add(at + done, chain);
		memcpy(chain, seal ? at + done : next, 16);
	}
}

struct fake {
	uint8_t address, key[16], pdid[12];
	uint8_t card[64];
	size_t card_len; /* 0: no card waits */
	uint8_t status[2];
	bool status_changed, no_buzzer;
	/* Misbehaviour. */
	bool dead, busy, naks_out, naks_poll;
	uint8_t rmac_result, ccrypt_byte; /* 1 in honest readers */
	uint8_t rmac_flip, cryptogram_flip;
	uint8_t card_type; /* security type of card replies; 0: as it must be */
	/* The session. */
	bool session;
	uint8_t sequence;
	struct fake_keys keys;
	uint8_t a[8], b[8], scrypt[16], c_mac[16], r_mac[16];
	uint8_t stored[FRAME_COMMAND_BYTES_MAX];
	size_t stored_len;
	/* What was done to it. */
	unsigned heard[256]; /* new commands by code */
	unsigned repeated, handshakes;
	uint8_t out[16], led[16], buz[16];
};

static inline struct fake fake_new(uint8_t address, const uint8_t key[16])
{
	struct fake fake = {.address = address, .rmac_result = 1, .ccrypt_byte = 1};
	uint8_t pdid[12] = {0x0A, 0x00, 0x17, 3, 1, address, 0, 0, 0x10, 1, 2, 3};
	memcpy(fake.key, key, 16);
	memcpy(fake.pdid, pdid, 12);
	return fake;
}

/* A card of so many bits at the reader. */
static inline void fake_card(struct fake *fake, const uint8_t *bytes, uint16_t bits)
{
	uint8_t head[4] = {0, 1, (uint8_t)bits, (uint8_t)(bits >> 8)};
	memcpy(fake->card, head, 4);
	memcpy(fake->card + 4, bytes, (bits + 7U) / 8);
	fake->card_len = 4 + (bits + 7U) / 8;
}

static inline size_t fake_finish(struct fake *fake, struct frame *reply, uint8_t out[FRAME_COMMAND_BYTES_MAX])
{
	reply->address = fake->address | FRAME_REPLY;
	size_t n = frame_begin(out, reply);
	if (frame_has_mac(reply->security))
		fake_mac(&fake->keys, fake->c_mac, out, n, fake->r_mac);
	n = frame_end(out, n, frame_has_mac(reply->security) ? fake->r_mac : NULL);
	memcpy(fake->stored, out, n);
	fake->stored_len = n;
	return n;
}

static inline size_t fake_clear(struct fake *fake, uint8_t code, uint8_t sequence, uint8_t data, uint8_t *out)
{
	struct frame reply = {.sequence = sequence, .code = code, .data = &data, .data_len = code == FRAME_NAK};
	return fake_finish(fake, &reply, out);
}

static inline size_t fake_challenged(struct fake *fake, const struct frame *command, uint8_t *out)
{
	uint8_t data[32] = {0}, block[16];
	ASSERT(command->data_len == 8);
	fake->session = false;
	fake->handshakes++;
	memcpy(fake->a, command->data, 8);
	for (int i = 0; i < 8; i++)
		fake->b[i] = (uint8_t)(0x31 * fake->handshakes + (unsigned)i);
	fake->keys = fake_derive(fake->key, fake->a);
	memcpy(block, fake->b, 8);
	memcpy(block + 8, fake->a, 8);
	fake_ecb(fake->keys.enc, true, block, fake->scrypt);
	memcpy(data, fake->pdid, 8);
	memcpy(data + 8, fake->b, 8);
	memcpy(block, fake->a, 8);
	memcpy(block + 8, fake->b, 8);
	fake_ecb(fake->keys.enc, true, block, data + 16);
	data[20] ^= fake->cryptogram_flip;
	struct frame reply = {.security = FRAME_CCRYPT,
			      .security_byte = fake->ccrypt_byte,
			      .code = FRAME_CCRYPT_CODE,
			      .data = data,
			      .data_len = 32};
	return fake_finish(fake, &reply, out);
}

static inline size_t fake_proved(struct fake *fake, const struct frame *command, uint8_t *out)
{
	uint8_t data[16];
	bool good = command->data_len == 16 && memcmp(command->data, fake->scrypt, 16) == 0;
	fake_ecb(fake->keys.mac1, true, fake->scrypt, fake->r_mac);
	fake_ecb(fake->keys.mac2, true, fake->r_mac, fake->r_mac);
	fake->session = good;
	memcpy(data, fake->r_mac, 16);
	data[3] ^= fake->rmac_flip;
	struct frame reply = {.sequence = command->sequence,
			      .security = FRAME_RMAC_I,
			      .security_byte = good ? fake->rmac_result : 0xFF,
			      .code = FRAME_RMAC_I_CODE,
			      .data = data,
			      .data_len = 16};
	return fake_finish(fake, &reply, out);
}

/* The answer's code and clear data to a command that was understood. */
static inline uint8_t fake_obey(struct fake *fake, uint8_t code, const uint8_t *data, size_t n, uint8_t *ret,
				size_t *ret_n)
{
	static const uint8_t capabilities[] = {1, 2, 8, 2, 2, 1, 4, 1, 1, 5, 1, 1, 8, 1, 0, 9, 1, 1};
	*ret_n = 0;
	if (code == FRAME_ID) {
		memcpy(ret, fake->pdid, *ret_n = 12);
		return FRAME_PDID;
	} else if (code == FRAME_CAP) {
		memcpy(ret, capabilities, *ret_n = sizeof capabilities);
		ret[10] = !fake->no_buzzer;
		return FRAME_PDCAP;
	} else if (code == FRAME_LSTAT || (code == FRAME_POLL && fake->status_changed)) {
		memcpy(ret, fake->status, *ret_n = 2);
		fake->status_changed = false;
		return FRAME_LSTATR;
	} else if (code == FRAME_POLL && fake->card_len) {
		memcpy(ret, fake->card, *ret_n = fake->card_len);
		fake->card_len = 0;
		return FRAME_RAW;
	} else if ((code == FRAME_OUT && fake->naks_out) || (code == FRAME_POLL && fake->naks_poll)) {
		ret[0] = 3;
		*ret_n = 1;
		return FRAME_NAK;
	}
	uint8_t *keep = code == FRAME_OUT   ? fake->out
			: code == FRAME_LED ? fake->led
			: code == FRAME_BUZ ? fake->buz
					    : NULL;
	if (keep)
		memcpy(keep, data, n);
	return FRAME_ACK;
}

static inline size_t fake_secured(struct fake *fake, const struct frame *command, uint8_t *out)
{
	uint8_t mac[16], data[FRAME_COMMAND_BYTES_MAX], answer[80] = {0};
	size_t n = command->data_len, answer_n;
	fake_mac(&fake->keys, fake->r_mac, command->raw, command->maced_len, mac);
	if (memcmp(mac, command->raw + command->maced_len, 4) != 0) {
		fake->session = false;
		return fake_clear(fake, FRAME_NAK, command->sequence, 6, out);
	}
	memcpy(data, command->data, n);
	fake_crypt(&fake->keys, false, fake->r_mac, data, n);
	while (n > 0 && data[--n] != 0x80) {
	}
	memcpy(fake->c_mac, mac, 16);
	struct frame reply = {.sequence = command->sequence, .security = FRAME_REPLY_MAC, .data = answer};
	reply.code = fake_obey(fake, command->code, data, n, answer, &answer_n);
	if (answer_n)
		reply.security = FRAME_REPLY_SEALED;
	if (reply.code == FRAME_RAW && fake->card_type)
		reply.security = fake->card_type;
	reply.data_len = answer_n;
	if (reply.security == FRAME_REPLY_SEALED) {
		answer[answer_n] = 0x80;
		reply.data_len = answer_n / 16 * 16 + 16;
		fake_crypt(&fake->keys, true, fake->c_mac, answer, reply.data_len);
	}
	return fake_finish(fake, &reply, out);
}

/* The answer's length, 0 when it does not answer. */
static inline size_t fake_hear(struct fake *fake, const uint8_t *bytes, size_t n, uint8_t out[FRAME_COMMAND_BYTES_MAX])
{
	static struct frame_reader in;
	struct frame command;
	frame_reader_clear(&in);
	frame_reader_put(&in, bytes, n);
	if (frame_reader_next(&in, &command) != FRAME_GOOD || command.address != fake->address || fake->dead)
		return 0;
	uint8_t before = fake->sequence;
	if (fake->busy)
		return fake_clear(fake, FRAME_BUSY, 0, 0, out);
	if (command.sequence != 0 && command.sequence == before) {
		fake->repeated++;
		memcpy(out, fake->stored, fake->stored_len);
		return fake->stored_len;
	}
	if (command.sequence != 0 && command.sequence != before % 3 + 1)
		return fake_clear(fake, FRAME_NAK, before, 4, out);
	fake->sequence = command.sequence;
	fake->heard[command.code]++;
	if (command.security == FRAME_CHLNG)
		return fake_challenged(fake, &command, out);
	if (command.security == FRAME_SCRYPT)
		return fake_proved(fake, &command, out);
	if (fake->session && frame_has_mac(command.security))
		return fake_secured(fake, &command, out);
	return fake_clear(fake, FRAME_NAK, command.sequence, 6, out);
}

/* Power off and on: everything volatile is gone. */
static inline void fake_restart(struct fake *fake)
{
	fake->session = false;
	fake->sequence = 0;
	fake->stored_len = 0;
}

#endif
