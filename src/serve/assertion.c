#include "serve/assertion.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

enum {
	FLAGS_AT = ASSERTION_RP_HASH_BYTES,
	COUNTER_AT = FLAGS_AT + 1,
	SHA256_BYTES = 32,
};

static void sha256(struct str bytes, uint8_t ret_hash[SHA256_BYTES])
{
	size_t n = SHA256_BYTES;
	int done = EVP_Q_digest(NULL, "SHA256", NULL, bytes.at, bytes.len, ret_hash, &n);
	ASSERT(done == 1 && n == SHA256_BYTES);
}

void assertion_challenge(const struct assertion_asked *asked, uint8_t ret_challenge[ASSERTION_CHALLENGE_BYTES])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	int done = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) &&
		   EVP_DigestUpdate(hash, asked->name.at, asked->name.len) && EVP_DigestUpdate(hash, "\n", 1) &&
		   EVP_DigestUpdate(hash, asked->body.at, asked->body.len) && EVP_DigestUpdate(hash, "\n", 1) &&
		   EVP_DigestUpdate(hash, asked->nonce.at, asked->nonce.len) &&
		   EVP_DigestFinal_ex(hash, ret_challenge, NULL);
	ASSERT(done);
	EVP_MD_CTX_free(hash);
}

/* RFC 4648, section 5, without padding. */
static void put_base64url(struct buf *b, const uint8_t *bytes, size_t n)
{
	size_t begin = b->len;
	buf_put_base64(b, bytes, n);
	while (b->len > begin && b->at[b->len - 1] == '=')
		b->len--;
	for (size_t i = begin; i < b->len; i++)
		b->at[i] = b->at[i] == '+' ? '-' : b->at[i] == '/' ? '_' : b->at[i];
}

void assertion_put_client(struct buf *b, const struct assertion_asked *asked)
{
	uint8_t challenge[ASSERTION_CHALLENGE_BYTES];
	assertion_challenge(asked, challenge);
	BUF_LIT(b, "{\"type\":\"webauthn.get\",\"challenge\":\"");
	put_base64url(b, challenge, sizeof challenge);
	BUF_LIT(b, "\",\"origin\":\"" ASSERTION_ORIGIN "\",\"crossOrigin\":false");
}

/* Section 5.8.1.2: the client data begins with exactly this, and then ends or has members more. */
static bool client_data_fits(struct str client, const struct assertion_asked *asked, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	assertion_put_client(&b, asked);
	struct str expected = arena_keep(arena, &b);
	return client.len > expected.len && str_starts(client, expected) && client.at[client.len - 1] == '}' &&
	       (client.at[expected.len] == ',' || client.len == expected.len + 1);
}

static int64_t counter_in(struct str data)
{
	const uint8_t *at = (const uint8_t *)data.at + COUNTER_AT;
	return (int64_t)at[0] << 24 | (int64_t)at[1] << 16 | (int64_t)at[2] << 8 | at[3];
}

static const char *check_authenticator(struct str data, int64_t counter_before, int64_t *ret_counter)
{
	uint8_t rp[ASSERTION_RP_HASH_BYTES];
	if (data.len != ASSERTION_AUTHENTICATOR_BYTES)
		return "its authenticator data have not the length of an assertion without extensions";
	uint8_t flags = (uint8_t)data.at[FLAGS_AT];
	sha256(STR(ASSERTION_RP_ID), rp);
	if (memcmp(data.at, rp, sizeof rp) != 0)
		return "it is for another site";
	if (flags & (ASSERTION_ATTESTED | ASSERTION_EXTENSIONS))
		return "its flags promise data that are not there";
	if (!(flags & ASSERTION_USER_PRESENT) || !(flags & ASSERTION_USER_VERIFIED))
		return "the passkey was not touched by somebody whom it knows";
	if ((flags & ASSERTION_BACKED_UP) && !(flags & ASSERTION_BACKUP_ELIGIBLE))
		return "its flags contradict each other";
	*ret_counter = counter_in(data);
	if ((*ret_counter != 0 || counter_before != 0) && *ret_counter <= counter_before)
		return "its counter did not rise: there may be a copy of this passkey";
	return NULL;
}

static EVP_PKEY *key_of(struct str point)
{
	EVP_PKEY *key = NULL;
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.at, point.len),
	    OSSL_PARAM_construct_end()};
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	return key;
}

static bool is_signed(const struct assertion *assertion, struct str point, struct arena *arena)
{
	uint8_t hash[SHA256_BYTES];
	struct buf b = arena_buf(arena);
	sha256(assertion->client, hash);
	buf_put_str(&b, assertion->authenticator);
	buf_put(&b, hash, sizeof hash);
	struct str text = arena_keep(arena, &b);
	EVP_PKEY *key = key_of(point);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = key && context && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestVerify(context, (const uint8_t *)assertion->signature.at, assertion->signature.len,
				     (const uint8_t *)text.at, text.len) == 1;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return good;
}

const char *assertion_check(const struct assertion *assertion, const struct assertion_asked *asked, struct arena *arena,
			    int64_t *ret_counter)
{
	int64_t counter = 0;
	if (!client_data_fits(assertion->client, asked, arena))
		return "it was made for something else: another command, nonce or origin";
	const char *wrong = check_authenticator(assertion->authenticator, asked->counter, &counter);
	if (wrong)
		return wrong;
	if (!is_signed(assertion, asked->key, arena))
		return "its signature is not that passkey's";
	*ret_counter = counter;
	return NULL;
}

void assertion_warm(void)
{
	/* The group's generator is a point like any other. */
	static const uint8_t generator[ASSERTION_KEY_BYTES] = {
	    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
	    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f,
	    0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce,
	    0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
	uint8_t memory[256];
	struct arena arena = arena_over(memory, sizeof memory);
	struct assertion nothing = {.signature = STR("0"), .client = STR("{}"), .authenticator = STR("")};
	bool good = is_signed(&nothing, (struct str){(const char *)generator, sizeof generator}, &arena);
	ASSERT(!good);
}
