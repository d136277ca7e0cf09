#include "sim/authenticator.h"

#include <openssl/ec.h>

void authenticator_init(struct authenticator *a, uint8_t number)
{
	size_t n = 0;
	*a = (struct authenticator){.key = EVP_EC_gen("P-256"),
				    .rp = "localhost",
				    .type = "webauthn.get",
				    .origin = "https://localhost",
				    .behind = ",\"crossOrigin\":false",
				    .flags = AUTHENTICATOR_UP | AUTHENTICATOR_UV};
	memset(a->credential, number, sizeof a->credential);
	int done = a->key && EVP_PKEY_get_octet_string_param(a->key, "pub", a->point, sizeof a->point, &n);
	ASSERT(done && n == sizeof a->point);
}

void authenticator_release(struct authenticator *a)
{
	EVP_PKEY_free(a->key);
}

static struct str hash_of(struct str bytes, struct arena *arena)
{
	unsigned n = 0;
	uint8_t *hash = arena_take(arena, EVP_MAX_MD_SIZE, 1);
	int done = EVP_Digest(bytes.at, bytes.len, hash, &n, EVP_sha256(), NULL);
	ASSERT(done);
	return (struct str){(const char *)hash, n};
}

/* SHA-256 of name LF body LF nonce, as src/schema/contract.yaml has it, in base64url without padding. */
static void put_challenge(struct buf *b, struct str name, struct str body, struct str nonce, struct arena *scratch)
{
	struct buf said = arena_buf(scratch);
	buf_put_str(&said, name);
	buf_put_char(&said, '\n');
	buf_put_str(&said, body);
	buf_put_char(&said, '\n');
	buf_put_str(&said, nonce);
	struct str hash = hash_of(arena_keep(scratch, &said), scratch);
	size_t from = b->len;
	buf_put_base64(b, (const uint8_t *)hash.at, hash.len);
	for (size_t i = from; i < b->len; i++)
		b->at[i] = b->at[i] == '+' ? '-' : b->at[i] == '/' ? '_' : b->at[i];
	while (b->at[b->len - 1] == '=')
		b->len--;
}

static struct str client_data(const struct authenticator *a, struct str name, struct str body, struct str nonce,
			      struct arena *arena)
{
	uint8_t memory[1024], scratch[4096];
	struct buf b = BUF(memory);
	struct arena apart = arena_over(scratch, sizeof scratch);
	BUF_LIT(&b, "{\"type\":\"");
	buf_put_str(&b, str_of(a->type));
	BUF_LIT(&b, "\",\"challenge\":\"");
	put_challenge(&b, name, body, nonce, &apart);
	BUF_LIT(&b, "\",\"origin\":\"");
	buf_put_str(&b, str_of(a->origin));
	BUF_LIT(&b, "\"");
	buf_put_str(&b, str_of(a->behind));
	BUF_LIT(&b, "}");
	ASSERT(!b.over);
	return arena_str(arena, buf_str(&b));
}

static struct str authenticator_data(const struct authenticator *a, struct arena *arena)
{
	struct str rp = hash_of(str_of(a->rp), arena);
	struct buf b = arena_buf(arena);
	buf_put_str(&b, rp);
	buf_put_char(&b, (char)a->flags);
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_put_char(&b, (char)(a->counter >> shift));
	for (size_t i = 0; i < a->more; i++)
		buf_put_char(&b, 0);
	return arena_keep(arena, &b);
}

static struct str sign(const struct authenticator *a, struct str data, struct str client, struct arena *arena)
{
	struct str hash = hash_of(client, arena);
	struct buf b = arena_buf(arena);
	buf_put_str(&b, data);
	buf_put_str(&b, hash);
	struct str text = arena_keep(arena, &b);
	size_t n = 128;
	uint8_t *signature = arena_take(arena, n, 1);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int done = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, a->key) &&
		   EVP_DigestSign(context, signature, &n, (const uint8_t *)text.at, text.len);
	ASSERT(done);
	EVP_MD_CTX_free(context);
	return (struct str){(const char *)signature, n};
}

struct assertion authenticator_assert(const struct authenticator *a, struct str name, struct str body, struct str nonce,
				      struct arena *arena)
{
	struct assertion made = {.credential = {(const char *)a->credential, sizeof a->credential},
				 .authenticator = authenticator_data(a, arena),
				 .client = client_data(a, name, body, nonce, arena)};
	made.signature = sign(a, made.authenticator, made.client, arena);
	return made;
}
