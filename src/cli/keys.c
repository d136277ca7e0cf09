#include "cli/cli.h"
#include "cli/keyring_input.h"
#include "cli/options.h"
#include "cli/words.h"

#include "keys/keyring.h"
#include "serve/mission_file.h"
#include "serve/running.h"

enum { MEMORY_BYTES = 1 << 20 };
enum { BY, FD, LABEL, THRESHOLD, SHARES, PROTECTOR, DOOR, OPTIONS };

struct ask {
	struct option_value options[OPTIONS];
	struct secret_input input;
	struct keyring ring;
};

/* Ends the process after it has wiped what it holds. */
_Noreturn static void fail(struct ask *ask, const struct error *error)
{
	struct error kept = *error;
	secret_input_close(&ask->input);
	keyring_close(&ask->ring);
	die(EXIT_FAILED, &kept);
}

static void check(struct ask *ask, int code, const struct error *error)
{
	if (code < 0)
		fail(ask, error);
}

static void open_input(struct ask *ask)
{
	if (ask->input.fd < 0)
		secret_input_open(&ask->input, ask->options[FD].value);
}

/* `way` NULL: the easiest. */
static void unlock_by(struct ask *ask, const char *way)
{
	struct error error;
	check(ask, keyring_input_open(&ask->ring, &ask->input, way, ask->options[FD].value, &error), &error);
}

static void unlock(struct ask *ask)
{
	unlock_by(ask, ask->options[BY].value);
}

static const uint8_t *root_of(const struct ask *ask)
{
	return keyfile_root(ask->ring.keys.file);
}

/* What there is */

static void print_protectors(const struct keyring *ring)
{
	static const char *const what[] = {"", "a file beside", "", "", "not by this version", "not by this version"};
	struct protector p;
	printf("Keys “%s” are opened by any of\n\n", keyring_name(ring->kind));
	for (size_t i = 0; master_protector(&ring->master, i, &p); i++) {
		char text[160];
		struct buf label = BUF(text);
		words_put_shown(&label, str_of(p.label));
		printf("  %3u  %-10s  " STR_FMT, p.number, protector_kind_name(p.kind), STR_ARG(buf_str(&label)));
		if (p.kind == PROTECTOR_PASSPHRASE)
			printf("  (%u MiB, %u passes)\n", p.cost.memory_kib / 1024, p.cost.passes);
		else if (p.kind == PROTECTOR_SHARES)
			printf("  (any %u of %u)\n", p.threshold, p.shares);
		else
			printf("  (%s)\n", what[p.kind]);
	}
	if (ring->kind == KEYRING_MASTER && keyring_is_by_file(ring))
		printf("\nWho has the disk has these keys: good enough for a sample, not for an embassy.\n");
}

static int run_list(struct ask *ask)
{
	print_protectors(&ask->ring);
	return EXIT_OK;
}

static void print_months(const struct keys *keys)
{
	struct keys_month month;
	int64_t oldest = INT64_MAX, newest = 0;
	for (uint32_t cursor = 0; keys_next_month(keys, &cursor, &month);) {
		oldest = month.month < oldest ? month.month : oldest;
		newest = month.month > newest ? month.month : newest;
	}
	if (newest > 0)
		printf("  months from %lld-%02lld to %lld-%02lld\n", (long long)(1970 + (oldest - 1) / 12),
		       (long long)((oldest - 1) % 12 + 1), (long long)(1970 + (newest - 1) / 12),
		       (long long)((newest - 1) % 12 + 1));
}

static int run_check(struct ask *ask)
{
	struct keyfile_state state;
	unlock(ask);
	keyfile_state(ask->ring.keys.file, &state);
	printf("Keys “%s” open. Key file of generation %llu, %u slots, room for %u keys more.\n\n",
	       keyring_name(ask->ring.kind), (unsigned long long)state.generation, state.slots, state.room);
	for (enum key_kind kind = KEY_SUBJECT; kind < KEY_KINDS; kind++)
		printf("  %-12s %u\n", key_kind_name(kind), state.used[kind]);
	print_months(&ask->ring.keys);
	if (state.torn > 0)
		printf("\n%u slots did not open and were overwritten: torn when the power failed, or the disk is "
		       "failing.\n",
		       state.torn);
	return EXIT_OK;
}

/* Changes */

static struct str label_of(const struct ask *ask, const char *otherwise)
{
	return str_of(ask->options[LABEL].value ? ask->options[LABEL].value : otherwise);
}

static int run_add_passphrase(struct ask *ask)
{
	char first[SECRET_LINE_BYTES_MAX];
	struct error error;
	unlock(ask);
	open_input(ask);
	struct str line = secret_input_line(&ask->input, "New passphrase: ", false);
	size_t n = line.len;
	memcpy(first, line.at, n);
	if (ask->input.is_terminal)
		line = secret_input_line(&ask->input, "The same again: ", false);
	bool same = str_eq(line, (struct str){first, n});
	explicit_bzero(first, sizeof first);
	if (!same) {
		error_set(&error, ERROR_INPUT, "the two are not the same");
		fail(ask, &error);
	}
	check(ask, master_add_passphrase(&ask->ring.master, root_of(ask), label_of(ask, ""), line, MASTER_COST, &error),
	      &error);
	printf("The passphrase opens keys “%s” from now on.\n", keyring_name(ask->ring.kind));
	return EXIT_OK;
}

static struct str mission_name(struct arena *memory, struct error *error)
{
	static struct mission_file mission;
	return mission_file_read(&mission, memory, error) < 0 ? (struct str){0} : mission.name;
}

/* For paper: four groups a line, each line with the number of its first. */
static void print_share(const struct share *share, unsigned count, struct str mission, const char *keys)
{
	char text[SHARE_TEXT_BYTES];
	share_write(share, text);
	printf("\n" STR_FMT ", keys “%s”: share %u of %u. Any %u together open them; fewer say nothing.\n\n",
	       STR_ARG(mission), keys, share->number, count, share->threshold);
	for (size_t group = 0; group < SHARE_GROUPS; group += 4)
		printf("   %2zu   %.23s\n", group + 1, text + 6 * group);
	crypt_wipe(text, sizeof text);
}

static int run_add_shares(struct ask *ask)
{
	struct arena memory = arena_map(MEMORY_BYTES);
	struct share shares[SHARES_MAX];
	struct error error;
	int64_t threshold, count;
	if (!ask->options[THRESHOLD].value || !ask->options[SHARES].value) {
		keyring_close(&ask->ring);
		options_usage();
	}
	options_number(&ask->options[SHARES], 2, SHARES_MAX, &count);
	options_number(&ask->options[THRESHOLD], 2, count, &threshold);
	struct str mission = mission_name(&memory, &error);
	check(ask, mission.at ? 0 : (int)error.code, &error);
	unlock(ask);
	check(ask,
	      master_add_shares(&ask->ring.master, root_of(ask), label_of(ask, ""), (unsigned)threshold,
				(unsigned)count, shares, &error),
	      &error);
	for (int64_t i = 0; i < count; i++)
		print_share(&shares[i], (unsigned)count, mission, keyring_name(ask->ring.kind));
	printf("\nThey stand nowhere else. Write or print each on a sheet of its own, give the sheets to different "
	       "people,\nand try them: chancery keys combine\n");
	crypt_wipe(shares, sizeof shares);
	arena_unmap(&memory);
	return EXIT_OK;
}

static int run_combine(struct ask *ask)
{
	unlock_by(ask, "shares");
	printf("These shares open keys “%s”. Nothing was changed.\n", keyring_name(ask->ring.kind));
	return EXIT_OK;
}

static int run_rekey(struct ask *ask)
{
	struct error error;
	unlock(ask);
	check(ask, keys_rekey(&ask->ring.keys, &ask->ring.master, &error), &error);
	printf("Keys “%s” have a new root key, behind the same protectors.\n", keyring_name(ask->ring.kind));
	return EXIT_OK;
}

/* A new root key too: the one that the protector opened opens nothing written from now on. */
static int run_remove(struct ask *ask)
{
	struct error error;
	int64_t number;
	if (!ask->options[PROTECTOR].value) {
		keyring_close(&ask->ring);
		options_usage();
	}
	options_number(&ask->options[PROTECTOR], 1, UINT32_MAX, &number);
	unlock(ask);
	check(ask, master_remove(&ask->ring.master, (uint32_t)number, &error), &error);
	check(ask, keys_rekey(&ask->ring.keys, &ask->ring.master, &error), &error);
	check(ask, keyring_drop_file(&ask->ring, &error), &error);
	printf("Protector %lld opens nothing any more but copies from before.\n", (long long)number);
	return EXIT_OK;
}

static const struct verb {
	const char *name;
	int (*run)(struct ask *ask);
	bool stopped; /* while no mission runs here */
} verbs[] = {
    {"list", run_list, false},
    {"check", run_check, true},
    {"combine", run_combine, true},
    {"rekey", run_rekey, true},
    {"add-passphrase", run_add_passphrase, true},
    {"add-shares", run_add_shares, true},
    {"remove", run_remove, true},
};

int cli_keys(int argc, char **argv)
{
	struct ask ask = {.options = {[BY] = {.name = "by"},
				      [FD] = {.name = "fd"},
				      [LABEL] = {.name = "label"},
				      [THRESHOLD] = {.name = "threshold"},
				      [SHARES] = {.name = "shares"},
				      [PROTECTOR] = {.name = "protector"},
				      [DOOR] = {.name = "door", .flag = true}},
			  .input = {.fd = -1}};
	const char *word = options_read(argc, argv, ask.options, OPTIONS);
	const struct verb *verb = NULL;
	struct error error;
	for (size_t i = 0; word && i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].name, word) == 0)
			verb = &verbs[i];
	if (!verb || !keyring_input_knows(ask.options[BY].value))
		options_usage();
	if (verb->stopped && running_lock(&error) < 0)
		die(EXIT_FAILED, &error);
	if (keyring_open(&ask.ring, ask.options[DOOR].value ? KEYRING_DOOR : KEYRING_MASTER, "keys", &error) < 0)
		die(EXIT_FAILED, &error);
	int code = verb->run(&ask);
	secret_input_close(&ask.input);
	keyring_close(&ask.ring);
	return code;
}
