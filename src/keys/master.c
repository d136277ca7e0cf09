#include "keys/master.h"

#include <sodium.h>

enum {
	FORMAT = 1,
	COUNT_AT = 12,
	GENERATION_AT = 16,
	ID_AT = 24,
	ID_BYTES = 16,
	NEXT_AT = 40,
	HEAD_END = 44,
	HASH_AT = 224,
	HASH_BYTES = 32,
	PROTECTORS_AT = 256,
	PROTECTOR_BYTES = 256,

	/* in a protector */
	THRESHOLD_AT = 1,
	SHARES_AT = 2,
	LABEL_LEN_AT = 3,
	NUMBER_AT = 4,
	PASSES_AT = 8,
	MEMORY_AT = 12,
	SALT_AT = 16,
	SALT_BYTES = 16,
	LABEL_AT = 32,
	PUBLIC_END = 104,
	ROOT_AT = PUBLIC_END,
	K_AT = ROOT_AT + CRYPT_KEY_BYTES + CRYPT_WRAP_BYTES,
	K_END = K_AT + CRYPT_KEY_BYTES + CRYPT_WRAP_BYTES,
	AAD_BYTES = ID_BYTES + PUBLIC_END,
};

static const char magic[8] = {'C', 'h', 'c', 'y', 'M', 's', 't', 'r'};

static uint8_t *at(uint8_t *slot, size_t i)
{
	return slot + PROTECTORS_AT + i * PROTECTOR_BYTES;
}

static const uint8_t *look(const struct master *master, size_t i)
{
	return master->slot + PROTECTORS_AT + i * PROTECTOR_BYTES;
}

static uint32_t count(const uint8_t *slot)
{
	return (uint32_t)crypt_get_le(slot + COUNT_AT, 4);
}

/* A slot: hash, and what it says */

static void hash_slot(const uint8_t slot[MASTER_SLOT_BYTES], uint8_t ret_hash[HASH_BYTES])
{
	static const uint8_t key[CRYPT_KEY_BYTES];
	uint8_t copy[MASTER_SLOT_BYTES];
	memcpy(copy, slot, sizeof copy);
	memset(copy + HASH_AT, 0, HASH_BYTES);
	crypt_hash(key, (struct str){(const char *)copy, sizeof copy}, (struct str){0}, ret_hash, HASH_BYTES);
}

/* Written to its end. */
static bool is_whole(const uint8_t slot[MASTER_SLOT_BYTES])
{
	uint8_t hash[HASH_BYTES];
	hash_slot(slot, hash);
	return memcmp(slot, magic, sizeof magic) == 0 && memcmp(slot + HASH_AT, hash, sizeof hash) == 0;
}

static bool is_plain_text(const uint8_t *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return str_is_utf8((struct str){(const char *)text, n});
}

static bool is_protector(const uint8_t p[PROTECTOR_BYTES])
{
	size_t label = p[LABEL_LEN_AT];
	unsigned threshold = p[THRESHOLD_AT], shares = p[SHARES_AT];
	uint64_t passes = crypt_get_le(p + PASSES_AT, 4), memory = crypt_get_le(p + MEMORY_AT, 4);
	if (p[0] < PROTECTOR_FILE || p[0] >= PROTECTOR_KINDS || label > MASTER_LABEL_BYTES_MAX ||
	    !is_plain_text(p + LABEL_AT, label) ||
	    !crypt_is_zero(p + LABEL_AT + label, PUBLIC_END - LABEL_AT - label) ||
	    !crypt_is_zero(p + K_END, PROTECTOR_BYTES - K_END))
		return false;
	bool shared = threshold >= 2 && threshold <= shares && shares <= SHARES_MAX;
	bool costly = passes >= 1 && passes <= MASTER_PASSES_MAX && memory >= MASTER_MEMORY_KIB_MIN &&
		      memory <= MASTER_MEMORY_KIB_MAX;
	if (p[0] == PROTECTOR_TPM2 || p[0] == PROTECTOR_FIDO2)
		return true;
	return (p[0] == PROTECTOR_SHARES ? shared : threshold == 0 && shares == 0) &&
	       (p[0] == PROTECTOR_PASSPHRASE ? costly : passes == 0 && memory == 0);
}

static bool is_numbered(const uint8_t *slot, uint32_t n)
{
	uint64_t next = crypt_get_le(slot + NEXT_AT, 4);
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; k <= i; k++) {
			uint64_t a = crypt_get_le(slot + PROTECTORS_AT + i * PROTECTOR_BYTES + NUMBER_AT, 4);
			uint64_t b = crypt_get_le(slot + PROTECTORS_AT + k * PROTECTOR_BYTES + NUMBER_AT, 4);
			if (a >= next || (i != k && a == b))
				return false;
		}
	return true;
}

static int check_slot(const uint8_t slot[MASTER_SLOT_BYTES], struct error *error)
{
	uint32_t n = count(slot);
	if (crypt_get_le(slot + 8, 4) != FORMAT) {
		error_set(error, ERROR_RECORD, "the protector file is of another format");
		return error_remedy(error, "Use the version of Chancery that wrote it, or a newer one.");
	}
	bool good = n >= 1 && n <= MASTER_PROTECTORS_MAX && crypt_is_zero(slot + HEAD_END, HASH_AT - HEAD_END) &&
		    is_numbered(slot, n);
	for (uint32_t i = 0; good && i < MASTER_PROTECTORS_MAX; i++) {
		const uint8_t *p = slot + PROTECTORS_AT + i * PROTECTOR_BYTES;
		good = i < n ? is_protector(p) : crypt_is_zero(p, PROTECTOR_BYTES);
	}
	if (good)
		return 0;
	error_set(error, ERROR_RECORD, "the protector file says what cannot be");
	return error_remedy(error, "Restore it from a backup.");
}

/* The file */

/* What does not count is overwritten: it may open with a protector that was removed. */
static int overwrite(struct file file, unsigned place, struct error *error)
{
	uint8_t random[MASTER_SLOT_BYTES];
	crypt_random(random, sizeof random);
	int failed = file_write(file, (uint64_t)place * MASTER_SLOT_BYTES, random, sizeof random, error);
	return failed < 0 ? failed : file_sync(file, error);
}

static int commit(struct master *master, uint8_t next[MASTER_SLOT_BYTES], struct error *error)
{
	unsigned place = 1 - master->place;
	crypt_put_le(next + GENERATION_AT, crypt_get_le(master->slot + GENERATION_AT, 8) + 1, 8);
	hash_slot(next, next + HASH_AT);
	ASSERT(check_slot(next, NULL) == 0);
	int failed = file_write(master->file, (uint64_t)place * MASTER_SLOT_BYTES, next, MASTER_SLOT_BYTES, error);
	if (failed == 0)
		failed = file_sync(master->file, error);
	if (failed == 0)
		failed = overwrite(master->file, master->place, error);
	if (failed < 0)
		return failed;
	memcpy(master->slot, next, MASTER_SLOT_BYTES);
	master->place = place;
	return 0;
}

void master_make(struct master *master, struct file file, uint8_t ret_root[CRYPT_KEY_BYTES])
{
	*master = (struct master){.file = file, .place = 1};
	memcpy(master->slot, magic, sizeof magic);
	crypt_put_le(master->slot + 8, FORMAT, 4);
	crypt_random(master->slot + ID_AT, ID_BYTES);
	crypt_put_le(master->slot + NEXT_AT, 1, 4);
	crypt_random(ret_root, CRYPT_KEY_BYTES);
}

int master_open(struct master *master, struct file file, struct error *error)
{
	uint8_t slots[2][MASTER_SLOT_BYTES] = {{0}, {0}};
	bool whole[2] = {false, false};
	uint64_t size;
	int failed = file_size(file, &size, error);
	for (unsigned i = 0; failed == 0 && i < 2 && size >= (uint64_t)(i + 1) * MASTER_SLOT_BYTES; i++) {
		failed = file_read(file, (uint64_t)i * MASTER_SLOT_BYTES, slots[i], MASTER_SLOT_BYTES, error);
		whole[i] = failed == 0 && is_whole(slots[i]);
	}
	if (failed < 0)
		return failed;
	if (!whole[0] && !whole[1]) {
		error_set(error, ERROR_RECORD, "this is no protector file");
		return error_remedy(error,
				    "If the mission's keys were not destroyed on purpose, restore it from a backup.");
	}
	bool later = crypt_get_le(slots[1] + GENERATION_AT, 8) > crypt_get_le(slots[0] + GENERATION_AT, 8);
	unsigned place = whole[0] && whole[1] ? later : whole[1];
	failed = check_slot(slots[place], error);
	if (failed == 0 && whole[0] && whole[1])
		failed = overwrite(file, 1 - place, error);
	if (failed < 0)
		return failed;
	*master = (struct master){.file = file, .place = place};
	memcpy(master->slot, slots[place], MASTER_SLOT_BYTES);
	return 0;
}

bool master_protector(const struct master *master, size_t i, struct protector *ret_protector)
{
	if (i >= count(master->slot))
		return false;
	const uint8_t *p = look(master, i);
	struct protector found = {
	    .kind = (enum protector_kind)p[0],
	    .number = (uint32_t)crypt_get_le(p + NUMBER_AT, 4),
	    .threshold = p[THRESHOLD_AT],
	    .shares = p[SHARES_AT],
	    .cost = {(uint32_t)crypt_get_le(p + PASSES_AT, 4), (uint32_t)crypt_get_le(p + MEMORY_AT, 4)}};
	memcpy(found.label, p + LABEL_AT, p[LABEL_LEN_AT]);
	*ret_protector = found;
	return true;
}

const char *protector_kind_name(enum protector_kind kind)
{
	static const char *const names[PROTECTOR_KINDS] = {"none", "file", "passphrase", "shares", "tpm2", "fido2"};
	ASSERT((unsigned)kind < PROTECTOR_KINDS);
	return names[kind];
}

/* Wrapping */

static struct str aad_of(const uint8_t *slot, const uint8_t *protector, uint8_t memory[AAD_BYTES])
{
	memcpy(memory, slot + ID_AT, ID_BYTES);
	memcpy(memory + ID_BYTES, protector, PUBLIC_END);
	return (struct str){(const char *)memory, AAD_BYTES};
}

static void key_of_ks(const uint8_t root[CRYPT_KEY_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES])
{
	crypt_hash(root, STR("protectors"), (struct str){0}, ret_key, CRYPT_KEY_BYTES);
}

static void wrap(uint8_t *slot, size_t i, const uint8_t root[CRYPT_KEY_BYTES], const uint8_t k[CRYPT_KEY_BYTES])
{
	uint8_t memory[AAD_BYTES], ks[CRYPT_KEY_BYTES], *p = at(slot, i);
	struct str aad = aad_of(slot, p, memory);
	key_of_ks(root, ks);
	crypt_wrap(k, aad, root, CRYPT_KEY_BYTES, p + ROOT_AT);
	crypt_wrap(ks, aad, k, CRYPT_KEY_BYTES, p + K_AT);
	crypt_wipe(ks, sizeof ks);
}

static bool unwrap_root(const struct master *master, size_t i, const uint8_t k[CRYPT_KEY_BYTES],
			uint8_t ret_root[CRYPT_KEY_BYTES])
{
	uint8_t memory[AAD_BYTES];
	const uint8_t *p = look(master, i);
	return crypt_unwrap(k, aad_of(master->slot, p, memory), p + ROOT_AT, ret_root, CRYPT_KEY_BYTES);
}

static int unwrap_k(const struct master *master, size_t i, const uint8_t root[CRYPT_KEY_BYTES],
		    uint8_t ret_k[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t memory[AAD_BYTES], ks[CRYPT_KEY_BYTES];
	const uint8_t *p = look(master, i);
	key_of_ks(root, ks);
	bool opened = crypt_unwrap(ks, aad_of(master->slot, p, memory), p + K_AT, ret_k, CRYPT_KEY_BYTES);
	crypt_wipe(ks, sizeof ks);
	return opened ? 0 : error_set(error, ERROR_CRYPTO, "this is not the root key of this protector file");
}

/* From what somebody has to K */

static void k_of_hash(const uint8_t bytes[CRYPT_KEY_BYTES], struct str what, const uint8_t *protector,
		      uint8_t ret_k[CRYPT_KEY_BYTES])
{
	crypt_hash(bytes, what, (struct str){(const char *)protector + SALT_AT, SALT_BYTES}, ret_k, CRYPT_KEY_BYTES);
}

static int k_of_passphrase(struct str passphrase, const uint8_t *protector, uint8_t ret_k[CRYPT_KEY_BYTES],
			   struct error *error)
{
	unsigned long long passes = crypt_get_le(protector + PASSES_AT, 4);
	size_t memory = (size_t)crypt_get_le(protector + MEMORY_AT, 4) * 1024;
	if (crypto_pwhash(ret_k, CRYPT_KEY_BYTES, passphrase.at, passphrase.len, protector + SALT_AT, passes, memory,
			  crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	error_set(error, ERROR_SYSTEM, "there is no memory for the passphrase's %zu MiB", memory >> 20);
	return error_remedy(error, "End other programs, and try again.");
}

/* Whether a root key came out at the end. */
static int opened(bool is_open, bool is_there, enum protector_kind kind, struct error *error)
{
	const char *name = protector_kind_name(kind);
	if (is_open)
		return 0;
	if (is_there)
		error_set(error, ERROR_CRYPTO, "no protector of the kind “%s” opens with this", name);
	else
		error_set(error, ERROR_CRYPTO, "there is no protector of the kind “%s”", name);
	return error_remedy(error, "`chancery keys list` shows what there is.");
}

static int open_by_hash(const struct master *master, enum protector_kind kind, struct str what,
			const uint8_t bytes[CRYPT_KEY_BYTES], uint8_t ret_root[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t k[CRYPT_KEY_BYTES];
	bool is_open = false, is_there = false;
	for (size_t i = 0; !is_open && i < count(master->slot); i++) {
		if (look(master, i)[0] != (uint8_t)kind)
			continue;
		is_there = true;
		k_of_hash(bytes, what, look(master, i), k);
		is_open = unwrap_root(master, i, k, ret_root);
	}
	crypt_wipe(k, sizeof k);
	return opened(is_open, is_there, kind, error);
}

int master_by_file(const struct master *master, const uint8_t key[CRYPT_KEY_BYTES], uint8_t ret_root[CRYPT_KEY_BYTES],
		   struct error *error)
{
	return open_by_hash(master, PROTECTOR_FILE, STR("protector file"), key, ret_root, error);
}

int master_by_passphrase(const struct master *master, struct str passphrase, uint8_t ret_root[CRYPT_KEY_BYTES],
			 struct error *error)
{
	uint8_t k[CRYPT_KEY_BYTES];
	bool is_open = false, is_there = false;
	int failed = 0;
	for (size_t i = 0; !is_open && failed == 0 && i < count(master->slot); i++) {
		if (look(master, i)[0] != PROTECTOR_PASSPHRASE)
			continue;
		is_there = true;
		failed = k_of_passphrase(passphrase, look(master, i), k, error);
		is_open = failed == 0 && unwrap_root(master, i, k, ret_root);
	}
	crypt_wipe(k, sizeof k);
	return failed < 0 ? failed : opened(is_open, is_there, PROTECTOR_PASSPHRASE, error);
}

int master_by_shares(const struct master *master, const struct share *shares, size_t n,
		     uint8_t ret_root[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t secret[CRYPT_KEY_BYTES];
	int failed = shares_combine(shares, n, secret, error);
	if (failed == 0)
		failed = open_by_hash(master, PROTECTOR_SHARES, STR("protector shares"), secret, ret_root, error);
	crypt_wipe(secret, sizeof secret);
	return failed;
}

int master_check_root(const struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t k[CRYPT_KEY_BYTES];
	ASSERT(count(master->slot) > 0);
	int failed = unwrap_k(master, 0, root, k, error);
	crypt_wipe(k, sizeof k);
	return failed;
}

bool master_knows_share(const struct master *master, const struct share *share)
{
	for (size_t i = 0; i < count(master->slot); i++)
		if (look(master, i)[0] == PROTECTOR_SHARES &&
		    memcmp(look(master, i) + SALT_AT, share->set, SHARE_SET_BYTES) == 0)
			return true;
	return false;
}

/* Changes */

/* Everything of a new protector but what is wrapped, behind the others of a copy of the slot. */
static int begin_protector(const struct master *master, const uint8_t root[CRYPT_KEY_BYTES],
			   const struct protector *what, struct str label, uint8_t next[MASTER_SLOT_BYTES],
			   struct error *error)
{
	uint8_t k[CRYPT_KEY_BYTES];
	uint32_t n = count(master->slot), number = (uint32_t)crypt_get_le(master->slot + NEXT_AT, 4);
	int failed = n > 0 ? unwrap_k(master, 0, root, k, error) : 0;
	crypt_wipe(k, sizeof k);
	if (failed < 0)
		return failed;
	if (n == MASTER_PROTECTORS_MAX) {
		error_set(error, ERROR_LIMIT, "there are %d protectors already", MASTER_PROTECTORS_MAX);
		return error_remedy(error, "Remove one that nobody needs.");
	}
	if (label.len > MASTER_LABEL_BYTES_MAX || !is_plain_text((const uint8_t *)label.at, label.len))
		return error_set(error, ERROR_INPUT, "a label is a text of at most %d bytes without control characters",
				 MASTER_LABEL_BYTES_MAX);
	memcpy(next, master->slot, MASTER_SLOT_BYTES);
	crypt_put_le(next + COUNT_AT, n + 1, 4);
	crypt_put_le(next + NEXT_AT, number + 1, 4);
	uint8_t *p = at(next, n);
	p[0] = (uint8_t)what->kind;
	p[THRESHOLD_AT] = (uint8_t)what->threshold;
	p[SHARES_AT] = (uint8_t)what->shares;
	p[LABEL_LEN_AT] = (uint8_t)label.len;
	crypt_put_le(p + NUMBER_AT, number, 4);
	crypt_put_le(p + PASSES_AT, what->cost.passes, 4);
	crypt_put_le(p + MEMORY_AT, what->cost.memory_kib, 4);
	crypt_random(p + SALT_AT, SALT_BYTES);
	if (label.len > 0)
		memcpy(p + LABEL_AT, label.at, label.len);
	return 0;
}

static int finish_protector(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], uint8_t k[CRYPT_KEY_BYTES],
			    uint8_t next[MASTER_SLOT_BYTES], struct error *error)
{
	wrap(next, count(next) - 1, root, k);
	crypt_wipe(k, CRYPT_KEY_BYTES);
	return commit(master, next, error);
}

int master_add_file(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label,
		    const uint8_t key[CRYPT_KEY_BYTES], struct error *error)
{
	uint8_t next[MASTER_SLOT_BYTES], k[CRYPT_KEY_BYTES];
	int failed = begin_protector(master, root, &(struct protector){.kind = PROTECTOR_FILE}, label, next, error);
	if (failed < 0)
		return failed;
	k_of_hash(key, STR("protector file"), at(next, count(next) - 1), k);
	return finish_protector(master, root, k, next, error);
}

int master_add_passphrase(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label,
			  struct str passphrase, struct master_cost cost, struct error *error)
{
	uint8_t next[MASTER_SLOT_BYTES], k[CRYPT_KEY_BYTES];
	struct protector what = {.kind = PROTECTOR_PASSPHRASE, .cost = cost};
	ASSERT(cost.passes >= 1 && cost.passes <= MASTER_PASSES_MAX);
	ASSERT(cost.memory_kib >= MASTER_MEMORY_KIB_MIN && cost.memory_kib <= MASTER_MEMORY_KIB_MAX);
	if (passphrase.len < MASTER_PASSPHRASE_BYTES_MIN || passphrase.len > MASTER_PASSPHRASE_BYTES_MAX) {
		error_set(error, ERROR_LIMIT, "a passphrase has %d to %d bytes", MASTER_PASSPHRASE_BYTES_MIN,
			  MASTER_PASSPHRASE_BYTES_MAX);
		return error_remedy(error, "Take six words from a list, by dice.");
	}
	int failed = begin_protector(master, root, &what, label, next, error);
	if (failed == 0)
		failed = k_of_passphrase(passphrase, at(next, count(next) - 1), k, error);
	return failed < 0 ? failed : finish_protector(master, root, k, next, error);
}

int master_add_shares(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], struct str label, unsigned threshold,
		      unsigned n, struct share *ret_shares, struct error *error)
{
	uint8_t next[MASTER_SLOT_BYTES], k[CRYPT_KEY_BYTES], secret[CRYPT_KEY_BYTES];
	struct protector what = {.kind = PROTECTOR_SHARES, .threshold = threshold, .shares = n};
	ASSERT(threshold >= 2 && threshold <= n && n <= SHARES_MAX);
	int failed = begin_protector(master, root, &what, label, next, error);
	if (failed < 0)
		return failed;
	const uint8_t *p = at(next, count(next) - 1);
	crypt_random(secret, sizeof secret);
	k_of_hash(secret, STR("protector shares"), p, k);
	shares_split(secret, p + SALT_AT, threshold, n, ret_shares);
	crypt_wipe(secret, sizeof secret);
	return finish_protector(master, root, k, next, error);
}

int master_remove(struct master *master, uint32_t number, struct error *error)
{
	uint8_t next[MASTER_SLOT_BYTES];
	uint32_t n = count(master->slot), i = 0;
	while (i < n && crypt_get_le(look(master, i) + NUMBER_AT, 4) != number)
		i++;
	if (i == n) {
		error_set(error, ERROR_INPUT, "there is no protector %u", number);
		return error_remedy(error, "`chancery keys list` shows their numbers.");
	}
	if (n == 1) {
		error_set(error, ERROR_LIMIT, "this is the last protector: without it nobody opens the mission's keys");
		return error_remedy(error, "Add another one first; or `chancery destroy`, if that is what you mean.");
	}
	memcpy(next, master->slot, sizeof next);
	memmove(at(next, i), at(next, i + 1), (size_t)(n - i - 1) * PROTECTOR_BYTES);
	memset(at(next, n - 1), 0, PROTECTOR_BYTES);
	crypt_put_le(next + COUNT_AT, n - 1, 4);
	return commit(master, next, error);
}

int master_switch(struct master *master, const uint8_t root[CRYPT_KEY_BYTES], const uint8_t new_root[CRYPT_KEY_BYTES],
		  struct error *error)
{
	uint8_t next[MASTER_SLOT_BYTES], k[CRYPT_KEY_BYTES];
	int failed = 0;
	memcpy(next, master->slot, sizeof next);
	for (size_t i = 0; failed == 0 && i < count(next); i++) {
		failed = unwrap_k(master, i, root, k, error);
		if (failed == 0)
			wrap(next, i, new_root, k);
	}
	crypt_wipe(k, sizeof k);
	return failed < 0 ? failed : commit(master, next, error);
}
