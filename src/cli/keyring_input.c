#include "cli/keyring_input.h"

#include "cli/share_input.h"

static const enum protector_kind easiest[] = {PROTECTOR_FILE, PROTECTOR_PASSPHRASE, PROTECTOR_SHARES};

bool keyring_input_knows(const char *way)
{
	for (size_t i = 0; way && i < ARRAY_LEN(easiest); i++)
		if (strcmp(way, protector_kind_name(easiest[i])) == 0)
			return true;
	return !way;
}

static const char *easiest_of(const struct keyring *ring)
{
	struct protector p;
	for (size_t i = 0; i < ARRAY_LEN(easiest); i++)
		for (size_t k = 0; master_protector(&ring->master, k, &p); k++)
			if (p.kind == easiest[i])
				return protector_kind_name(p.kind);
	return protector_kind_name(PROTECTOR_FILE);
}

static int check_share(void *context, const struct share *share, struct error *error)
{
	const struct keyring *ring = context;
	if (master_knows_share(&ring->master, share))
		return 0;
	error_set(error, ERROR_INPUT, "this share opens no protector of these keys");
	return error_remedy(error, "It is another mission's, or its protector was removed.");
}

static int by_shares(struct keyring *ring, struct secret_input *input, struct error *error)
{
	struct share shares[SHARES_MAX];
	int n = share_input_read(input, check_share, ring, shares, error);
	int failed = n < 0 ? n : keyring_by_shares(ring, shares, (size_t)n, error);
	crypt_wipe(shares, sizeof shares);
	return failed;
}

int keyring_input_open(struct keyring *ring, struct secret_input *input, const char *way, const char *fd,
		       struct error *error)
{
	ASSERT(keyring_input_knows(way));
	if (!way)
		way = easiest_of(ring);
	if (strcmp(way, protector_kind_name(PROTECTOR_FILE)) == 0)
		return keyring_by_file(ring, error);
	if (input->fd < 0)
		secret_input_open(input, fd);
	if (strcmp(way, protector_kind_name(PROTECTOR_SHARES)) == 0)
		return by_shares(ring, input, error);
	return keyring_by_passphrase(ring, secret_input_line(input, "Passphrase: ", false), error);
}
