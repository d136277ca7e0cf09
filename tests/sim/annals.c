#include "sim/annals.h"

#include "sim/audit.h"
#include "sim/peek.h"
#include "sim/trace.h"

#include <sodium.h>

enum { SCRATCH_BYTES = 64 << 20, PACKETS_MAX = VAULT_PACKETS_MAX };

void annals_init(struct annals *annals, struct machine *machine, struct ledger *ledger, struct talk *talk,
		 const uint8_t *seed)
{
	*annals = (struct annals){
	    .machine = machine, .ledger = ledger, .talk = talk, .seed = seed, .scratch = arena_map(SCRATCH_BYTES)};
}

void annals_release(struct annals *annals)
{
	arena_unmap(&annals->scratch);
}

/* Packets, opened without the core */

struct reading {
	struct annals *annals;
	const struct vault *vault;
	bool checks_erased;
};

static struct str open_packet(const struct reading *r, struct str entry, struct str sealed, uint64_t number)
{
	struct arena *scratch = &r->annals->scratch;
	struct str keep = peek_text(sealed, "keep"), data = peek_text(sealed, "data"), values = {0};
	uint8_t salt[VAULT_SALT_BYTES];
	uint8_t *bytes = arena_take(scratch, data.len + 1, 1);
	struct vault_packet packet = {.keep = keep, .month = peek_int(sealed, "month", 0)};
	size_t n = 0;
	bool forged = false;
	bool read = hex_read(peek_text(entry, "salt"), salt, sizeof salt) &&
		    hex_read(peek_text(sealed, "mark"), packet.mark, sizeof packet.mark) &&
		    base64_decode(data, bytes, data.len, &n);
	MUST(read, "a packet that is none: " STR_FMT, STR_ARG(sealed));
	packet.data = (struct str){(const char *)bytes, n};
	struct vault_place place = {(uint64_t)peek_int(entry, "index", 0), salt, peek_int(entry, "wall", 0), number};
	bool open = r->vault->open(r->vault->context, &place, &packet, scratch, &values, &forged);
	MUST(!forged, "a packet of entry %llu was changed", (unsigned long long)place.index);
	const struct ledger_month *month = ledger_month(r->annals->ledger, keep, packet.month);
	MUST(!open || !month || !month->is_erased, "entry %llu opens, and its month is forgotten",
	     (unsigned long long)place.index);
	return open ? values : (struct str){0};
}

static size_t open_packets(const struct reading *r, struct str entry, struct str ret_packets[PACKETS_MAX])
{
	struct str sealed = {0}, packet;
	size_t n = 0;
	bool there = peek(entry, "sealed", &sealed);
	MUST(there, "an entry without packets");
	for (struct peek_walk walk = peek_begin(sealed); n < PACKETS_MAX && peek_item(&walk, &packet); n++)
		ret_packets[n] = open_packet(r, entry, packet, n);
	return n;
}

static int take_entry(void *context, uint64_t index, struct str body)
{
	const struct reading *r = context;
	struct annals *annals = r->annals;
	struct str packets[PACKETS_MAX], text;
	arena_clear(&annals->scratch);
	text = arena_str(&annals->scratch, body);
	size_t n = open_packets(r, text, packets);
	ledger_take(annals->ledger, text, packets, n);
	const struct ledger_entry *entry = &annals->ledger->entries[index];
	if (index >= annals->ledger->known)
		talk_check_entry(annals->talk, entry, index, peek_text(text, "from.driver.boot"),
				 peek_int(text, "from.driver.sequence", 0));
	trace_line("record", "entry", text);
	return 0;
}

static void read_journal(struct annals *annals, struct hub *hub, uint64_t from, journal_entry_fn *fn)
{
	struct reading reading = {.annals = annals, .vault = hub_core(hub)->vault};
	struct journal *journal = hub_journal(hub);
	struct error error;
	int failed = journal_read(journal, from, journal_size(journal) - from, fn, &reading, &error);
	MUST(failed == 0, "the journal cannot be read: %s", failed < 0 ? error.what : "");
}

void annals_catch_up(struct annals *annals, struct hub *hub)
{
	if (journal_size(hub_journal(hub)) > annals->ledger->size)
		read_journal(annals, hub, annals->ledger->size, take_entry);
}

/* After a start */

static int check_kept(void *context, uint64_t index, struct str body)
{
	const struct reading *r = context;
	uint64_t hash[4];
	if (index >= r->annals->ledger->size)
		return 0;
	crypto_hash_sha256((uint8_t *)hash, (const uint8_t *)body.at, body.len);
	MUST(memcmp(hash, r->annals->ledger->entries[index].hash, sizeof hash) == 0, "entry %llu was changed",
	     (unsigned long long)index);
	return 0;
}

void annals_check_start(struct annals *annals, struct hub *hub)
{
	uint64_t size = journal_size(hub_journal(hub));
	MUST(size >= annals->ledger->size, "%llu entries were durable, and %llu are there",
	     (unsigned long long)annals->ledger->size, (unsigned long long)size);
	if (size >= annals->ledger->size)
		read_journal(annals, hub, 0, check_kept);
}

static int fold_entry(void *context, uint64_t index, struct str body)
{
	struct core *core = context;
	static struct arena scratch;
	const char *what;
	if (!scratch.at)
		scratch = arena_map(SCRATCH_BYTES);
	arena_clear(&scratch);
	bool folded = core_fold(core, body, &scratch, &what);
	MUST(folded, "entry %llu does not fold: %s", (unsigned long long)index, folded ? "" : what);
	return !folded;
}

static void show_line(void *context, struct str line)
{
	(void)context;
	trace_say("state  " STR_FMT, STR_ARG(line));
}

static void compare_states(const struct core *core, const struct core *twin)
{
	uint8_t folded[32], there[32];
	audit_state_hash(&twin->state, folded);
	audit_state_hash(&core->state, there);
	bool same = memcmp(folded, there, sizeof there) == 0 && twin->size == core->size && twin->wall == core->wall &&
		    twin->env == core->env && twin->incarnation == core->incarnation && twin->elapsed == core->elapsed;
	if (!same) {
		trace_say("the hub's state:");
		state_dump(&core->state, show_line, NULL);
		trace_say("the fold of all entries:");
		state_dump(&twin->state, show_line, NULL);
	}
	MUST(same, "the state is not the fold of the %llu entries", (unsigned long long)twin->size);
}

void annals_check_fold(struct hub *hub)
{
	static struct core twin;
	const struct core *core = hub_core(hub);
	struct error error;
	struct arena memory = arena_map(core_memory());
	core_init(&twin, core->rulebooks, core->vault, &memory);
	int stopped = journal_read(hub_journal(hub), 0, journal_size(hub_journal(hub)), fold_entry, &twin, &error);
	MUST(stopped >= 0, "the journal cannot be read: %s", stopped < 0 ? error.what : "");
	if (stopped == 0)
		compare_states(core, &twin);
	arena_unmap(&memory);
}

/* What was forgotten */

static int check_packets(void *context, uint64_t index, struct str body)
{
	const struct reading *r = context;
	const struct values *values = r->annals->ledger->values;
	struct str packets[PACKETS_MAX];
	uint32_t value;
	arena_clear(&r->annals->scratch);
	size_t n = open_packets(r, arena_str(&r->annals->scratch, body), packets);
	for (size_t i = 0; i < n; i++)
		for (size_t at = 0; values_find(values, packets[i].at, packets[i].len, &at, &value);)
			MUST(!values->at[value].is_erased || values->at[value].is_free,
			     "entry %llu opens, and holds the %s of person %llu, who is forgotten",
			     (unsigned long long)index, value_kind_name(values->at[value].kind),
			     (unsigned long long)values->at[value].person);
	return 0;
}

static void check_state_line(void *context, struct str line)
{
	const struct values *values = context;
	uint32_t value;
	for (size_t at = 0; values_find(values, line.at, line.len, &at, &value);)
		MUST(!values->at[value].is_erased || !value_is_sealed(values->at[value].kind),
		     "the state holds the %s of person %llu, who is forgotten", value_kind_name(values->at[value].kind),
		     (unsigned long long)values->at[value].person);
}

void annals_check_erased(struct annals *annals, struct hub *hub)
{
	read_journal(annals, hub, 0, check_packets);
	state_dump(&hub_core(hub)->state, check_state_line, annals->ledger->values);
}
