/* Lines of drivers and askers, as they come: each line of the input begins with who says it ('0' and '1' drivers; 'a' to 'h' people of every role, 'w' the
 * process that talks to witnesses), or with what happens: '+' a commit, '>' time passes, '-' and a name: that peer leaves and somebody comes in its place.
 *
 * The hub lives on from one input to the next until it has so many entries; then it is opened anew, must fold to the same state, and begins from an empty
 * disk. Whatever it sends must be what the contract says, and fit into a line. The schema is the trial's (tests/trial). */
#include "base/lines.h"
#include "domain/access/access.h"
#include "rules/rulebook_load.h"
#include "serve/hub.h"
#include "sim/disk.h"
#include "sim/house.h"
#include "sim/premises.h"

enum { ENTRIES_MAX = 400, ROLES = 8, COSIGN = HUB_DRIVERS_MAX + ROLES, SCRATCH_BYTES = 64 << 20, DRIVERS = 2 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rig {
	struct premises *at; /* first: outside's context */
	struct premises premises;
	struct disk *disk;
	struct hub *hub;
	struct arena scratch;
} rig;

static const struct str roles[ROLES] = {
    {"security_officer", 16}, {"duty_officer", 12}, {"auditor", 7}, {"administrator", 13}, {"guard", 5},
    {"reception", 9},	      {"staff", 5},	    {"liaison", 7}};

/* The hub's outside */

static void salt(void *context, uint8_t *ret_bytes, size_t n)
{
	static uint64_t number;
	memset(ret_bytes, context != NULL, n);
	number++;
	memcpy(ret_bytes, &number, sizeof number);
}

static bool send_line(void *context, unsigned peer, struct str line)
{
	struct core_line to_driver;
	struct answer_line to_asker;
	struct json json = json_over(line, &rig.scratch);
	ASSERT(context == &rig && line.len <= LINE_BYTES_MAX);
	bool is_read = peer < HUB_DRIVERS_MAX ? core_line_read(&json, &to_driver) : answer_line_read(&json, &to_asker);
	ASSERT(is_read);
	arena_clear(&rig.scratch);
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	return context == &rig && peer < HUB_PEERS_MAX;
}

static int load_rules(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error)
{
	return rulebook_load_json(ret_rules, &access_request_vocabulary, arena, "", text, error);
}

/* Life of the hub */

static void attach(unsigned peer)
{
	struct hub_person person = {STR("ana"), 1,	  &roles[(peer - HUB_DRIVERS_MAX) % ROLES],
				    1,		peer % 4, peer == HUB_DRIVERS_MAX + 6};
	unsigned got = peer < DRIVERS	? hub_attach_driver(rig.hub, peer)
		       : peer == COSIGN ? hub_attach_cosign(rig.hub)
					: hub_attach_asker(rig.hub, &person);
	ASSERT(got == peer);
}

static void open_hub(void)
{
	static const struct hub_driver drivers[DRIVERS] = {{{"line-0", 6}, {"osdp", 4}, {"dev-0", 5}, 9600},
							   {{"line-1", 6}, {"osdp", 4}, {"dev-1", 5}, 9600}};
	static const struct offset utc = {0, 0};
	static const char zeros[32];
	static const uint8_t seed[32] = {7};
	static struct arena arena;
	static const struct rulebook *rulebook;
	struct error error;
	if (!rulebook) {
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
		int loaded = rulebook_load_text(&rulebook, &access_request_vocabulary, &arena, "house",
						str_of(house_rules()), &error);
		ASSERT(loaded == 0);
	}
	struct hub_options options = {
	    .mission = STR("house"),
	    .journal = {.path = "journal.db", .vfs = "fuzz", .origin = STR("chancery/house"), .seed = seed},
	    .rulebooks = {rulebook},
	    .load_rules = load_rules,
	    .environment = {STR("fuzz"), {zeros, 32}, {zeros, 32}, STR("UTC"), {1, &utc}},
	    .drivers = drivers,
	    .n_drivers = DRIVERS,
	    .snapshot_entries = 100,
	    .outside = {.context = &rig, .salt = salt, .send = send_line, .has_room = has_room}};
	options.environment.access = (struct str){(const char *)rulebook_hash(rulebook), 32};
	int opened = premises_open(&rig.premises, rig.disk, &error);
	ASSERT(opened == 0);
	premises_fill(&rig.premises, &options);
	opened = hub_open(&rig.hub, &options, &error);
	ASSERT(opened == 0);
	for (unsigned peer = 0; peer <= COSIGN; peer = peer == DRIVERS - 1 ? HUB_DRIVERS_MAX : peer + 1)
		attach(peer);
}

static void commit(void)
{
	struct error error;
	int more;
	do
		more = hub_commit(rig.hub, &error);
	while (more > 0 || (more == 0 && rig.premises.is_working));
	ASSERT(more == 0);
}

static void close_hub(void)
{
	hub_close(rig.hub);
	premises_close(&rig.premises);
}

static void begin(void)
{
	rig.disk = disk_new("fuzz", 1);
	rig.premises = (struct premises){.clock_us = INT64_C(1795424400000000), .free_bytes = UINT64_MAX};
	rig.at = &rig.premises;
	open_hub();
	for (size_t i = 0; i < HOUSE_COMMANDS; i++) {
		char text[512];
		struct buf b = BUF(text);
		house_command(i, &b);
		hub_line(rig.hub, HUB_DRIVERS_MAX, buf_str(&b));
	}
	commit();
}

static void hash_row(void *context, struct str line)
{
	uint64_t *hash = context;
	*hash = *hash * 31 + str_hash(line);
}

static uint64_t state_hash(void)
{
	uint64_t hash = 0;
	state_dump(&hub_core(rig.hub)->state, hash_row, &hash);
	return hash;
}

/* The same state from the record; then everything from the beginning. */
static void begin_anew(void)
{
	uint64_t before = state_hash();
	close_hub();
	open_hub();
	ASSERT(state_hash() == before);
	close_hub();
	disk_free(rig.disk);
	begin();
}

/* One line of the input */

static bool peer_of(char name, unsigned *ret_peer)
{
	if (name == '0' || name == '1')
		*ret_peer = (unsigned)(name - '0');
	else if (name >= 'a' && name < 'a' + ROLES)
		*ret_peer = HUB_DRIVERS_MAX + (unsigned)(name - 'a');
	else if (name == 'w')
		*ret_peer = COSIGN;
	else
		return false;
	return true;
}

static void play(struct str line)
{
	unsigned peer;
	if (line.len == 0)
		return;
	struct str rest = {line.at + 1, line.len - 1};
	if (line.at[0] == '+') {
		commit();
	} else if (line.at[0] == '>') {
		rig.premises.clock_us += 1000 * (rest.len > 0 ? 1 << (rest.at[0] & 15) : 1);
	} else if (line.at[0] == '-' && rest.len > 0 && peer_of(rest.at[0], &peer)) {
		hub_detach(rig.hub, peer);
		attach(peer);
	} else if (peer_of(line.at[0], &peer) && !str_contains(rest, STR("stumble"))) {
		hub_line(rig.hub, peer, rest);
		if (hub_is_full(rig.hub))
			commit();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str input = {(const char *)data, size}, line = input;
	if (!rig.hub) {
		rig.scratch = arena_map(SCRATCH_BYTES);
		begin();
	}
	while (str_cut(input, '\n', &line, &input))
		play(line);
	play(input);
	commit();
	if (hub_core(rig.hub)->size > ENTRIES_MAX)
		begin_anew();
	return 0;
}
