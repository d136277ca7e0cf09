/* Everything that the core process does with keys it does in its sandbox, on files that it opened before; and its
 * memory is in no core dump. */
#include "keys/keys.h"
#include "keys/secret.h"
#include "keys/stream.h"
#include "keys/vault.h"

#include "base/sandbox.h"
#include "base/test.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char passphrase[] = "correct horse battery";
static const char *const names[] = {"master", "subjects.0", "subjects.1"};

static char directory[64];
static struct error error;

static void open_files(struct file files[3])
{
	char path[128];
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		CHECK_OK(file_open(path, 0600, &files[i], &error), &error);
	}
}

static void make_mission(struct file files[3])
{
	uint8_t root[CRYPT_KEY_BYTES];
	struct master master;
	snprintf(directory, sizeof directory, "/tmp/keys-sandbox-XXXXXX");
	ASSERT(mkdtemp(directory));
	open_files(files);
	crypt_init();
	master_make(&master, files[0], root);
	CHECK_OK(
	    master_add_passphrase(&master, root, STR(""), str_of(passphrase), (struct master_cost){1, 8192}, &error),
	    &error);
	CHECK_OK(keys_create(files + 1, root, &error), &error);
}

static int unlock(const struct file files[3], struct master *master, struct keys *keys)
{
	uint8_t root[CRYPT_KEY_BYTES];
	int failed = master_open(master, files[0], &error);
	if (failed == 0)
		failed = master_by_passphrase(master, str_of(passphrase), root, &error);
	return failed < 0 ? failed : keys_open(keys, files + 1, root, KEYFILE_SLOTS_MAX, &error);
}

static int swallow(void *context, const void *bytes, size_t n, struct error *failure)
{
	(void)context;
	(void)bytes;
	(void)n;
	(void)failure;
	return 0;
}

/* Returns in which line something failed, or 0. */
static int live(struct master *master, struct keys *keys)
{
	static uint8_t memory[4096], hash[STREAM_HASH_BYTES];
	static struct stream stream;
	uint8_t key[CRYPT_KEY_BYTES], salt[VAULT_SALT_BYTES] = {0};
	struct keys_vault *kept = keys_vault_open(keys);
	struct vault vault = keys_vault_of(kept);
	struct arena arena = arena_over(memory, sizeof memory);
	struct vault_place place = {1, salt, 1773000000000, 0};
	struct subject anna = {STR("person"), 1};
	struct vault_packet packet;
	struct str values;
	bool forged;
	for (uint64_t i = 1; i <= KEYFILE_GROWTH_SLOTS + 5; i++) { /* the file grows */
		struct arena scratch = arena;
		vault.seal(vault.context, &place, &(struct subject){STR("person"), i}, STR("90d"), STR("[1]"), &scratch,
			   &packet);
	}
	if (keys_sync(keys, &error) < 0)
		return __LINE__;
	vault.seal(vault.context, &place, &anna, STR("90d"), STR("[2]"), &arena, &packet);
	if (keys_rekey(keys, master, &error) < 0)
		return __LINE__;
	if (!vault.open(vault.context, &place, &packet, &arena, &values, &forged))
		return __LINE__;
	if (keys_forget(keys, STR("person"), 1, &error) < 0)
		return __LINE__;
	if (vault.open(vault.context, &place, &packet, &arena, &values, &forged) || forged)
		return __LINE__;
	keys_vault_make_blob_key(kept, &anna, salt, key);
	if (stream_seal_begin(&stream, key, (struct stream_sink){NULL, swallow}, &error) < 0 ||
	    stream_seal_end(&stream, hash, &error) < 0 || keys_sync(keys, &error) < 0)
		return __LINE__;
	keys_vault_close(kept);
	keys_close(keys);
	return 0;
}

static void be_the_core(const struct file files[3])
{
	struct master master;
	struct keys keys;
	if (sandbox_enter(SANDBOX_CORE_HERE, NULL, 0, &error) < 0)
		_exit(1);
	/* The passphrase may come when the core runs already. */
	if (unlock(files, &master, &keys) < 0)
		_exit(2);
	_exit(live(&master, &keys) == 0 ? 0 : 3);
}

TEST(a_core_in_its_sandbox_unlocks_seals_rekeys_and_forgets)
{
	struct file files[3];
	struct master master;
	struct keys keys;
	struct keyfile_state state;
	int status = -1;
	make_mission(files);
	pid_t child = fork();
	if (child == 0)
		be_the_core(files);
	CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 0);
	CHECK_OK(unlock(files, &master, &keys), &error);
	keyfile_state(keys.file, &state);
	CHECK_INT(state.generation, 2);
	CHECK_INT(state.used[KEY_SUBJECT], KEYFILE_GROWTH_SLOTS + 5);
	CHECK_INT(state.torn, 0);
	keys_close(&keys);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		file_close(files[i]);
		unlink(path);
	}
	rmdir(directory);
}

/* The kernel's flags of a mapping: dd is "not in a core dump", lo is "locked". */
static bool has_flag(const void *at, const char *flag)
{
	char line[512], begin[32];
	bool here = false, found = false;
	snprintf(begin, sizeof begin, "%zx-", (size_t)(uintptr_t)at);
	FILE *smaps = fopen("/proc/self/smaps", "r");
	ASSERT(smaps);
	while (fgets(line, sizeof line, smaps)) {
		here |= strncmp(line, begin, strlen(begin)) == 0;
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			found = strstr(line, flag) != NULL;
			break;
		}
	}
	fclose(smaps);
	return found;
}

#ifdef SANDBOX_SANITIZED
enum { SEES_LOCKS = false }; /* the sanitizer answers mlock itself */
#else
enum { SEES_LOCKS = true };
#endif

TEST(memory_for_keys_is_zeroed_in_no_core_dump_and_locked_as_far_as_allowed)
{
	enum { SMALL = 1 << 16, LARGE = 1 << 28 };
	struct rlimit limit = {1 << 20, 1 << 20};
	size_t locked = 0;
	uint8_t *small = secret_map(SMALL, &locked);
	CHECK(locked == SMALL && crypt_is_zero(small, SMALL) && has_flag(small, " dd"));
	CHECK(!SEES_LOCKS || has_flag(small, " lo"));
	memset(small, 7, 100);
	secret_unmap(small, SMALL, 100);
	/* Whoever may lock without a limit does. */
	ASSERT(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	small = secret_map(LARGE, &locked);
	CHECK(locked <= LARGE && has_flag(small, " dd"));
	CHECK(!SEES_LOCKS || (locked > 0) == has_flag(small, " lo"));
	secret_unmap(small, LARGE, 0);
}
