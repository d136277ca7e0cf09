#include "serve/replay.h"

#include "domain/mission/mission.h"
#include "schema/text.h"
#include "schema/words.h"
#include "serve/bodies.h"
#include "serve/replay_plain.h"

enum {
	PIECE_ENTRIES = 256,
	PIECE_MEMORY = PIECE_ENTRIES * (JOURNAL_BODY_BYTES_MAX + 64),
	ENTRY_MEMORY = 64 << 20,
	RULES_MEMORY = 96 << 20,
	TEXT_BYTES_MAX = 4 << 20,
	STATE_BYTES_MAX = 256 << 20,
	KEPT_MEMORY = 1 << 20,
	PROGRESS_ENTRIES = 4096,
};

struct replay {
	const struct replay_options *options;
	struct replay_result result;
	struct core truth, again; /* what the entries made; what deciding makes */
	struct vault plain;
	struct arena truth_memory, again_memory, piece, entry, rules, text, saved, kept;
	struct str bodies[PIECE_ENTRIES];
	uint8_t loaded[32]; /* the rulebook that decides, where it is the one in force */
	bool has_loaded;
	uint64_t erased,
	    doubtful; /* entries with erased values; differences since the last that might have rested on them */
	struct replay_difference first;
	bool has_first;
	struct error *error;
};

/* Reading */

static int keep_body(void *context, uint64_t index, struct str body)
{
	struct replay *r = context;
	r->bodies[index % PIECE_ENTRIES] = arena_str(&r->piece, body);
	return 0;
}

static int damaged(struct replay *r, uint64_t index, const char *what)
{
	error_set(r->error, ERROR_RECORD, "%s", what);
	error_where(r->error, "journal entry %llu", (unsigned long long)index);
	return error_remedy(r->error, "Run chancery-verify; or it was written by another version of this program.");
}

/* The rulebook in force: its text stands in the record, in entries before */

struct gathering {
	struct arena *arena;
	struct buf *text;
	bool read;
};

static int take_part(void *context, uint64_t index, struct str body)
{
	struct gathering *g = context;
	struct entry entry;
	struct record_stage_part part;
	(void)index;
	struct json json = json_over(body, g->arena);
	g->read = entry_read(&json, &entry);
	if (g->read) {
		json = json_over(entry.input.body, g->arena);
		g->read = record_stage_part_read(&json, &part);
	}
	if (g->read)
		buf_put_str(g->text, part.data);
	return 0;
}

static int gather(struct replay *r, const struct stage *stage, struct str *ret_text)
{
	arena_clear(&r->text);
	struct buf text = {.at = arena_take(&r->text, TEXT_BYTES_MAX, 1), .size = TEXT_BYTES_MAX};
	struct gathering g = {&r->entry, &text, false};
	for (int64_t number = 1; number <= stage->of; number++) {
		const struct stage_part *part = stage_part_first_by_stage(&r->truth.state, stage->stage);
		while (part && part->number != number)
			part = stage_part_next_by_stage(&r->truth.state, part);
		arena_clear(&r->entry);
		int failed = part ? journal_read(r->options->journal, (uint64_t)part->entry, 1, take_part, &g, r->error)
				  : damaged(r, r->truth.size, "a part of what was staged is missing");
		if (failed < 0)
			return failed;
		if (!g.read || text.over)
			return damaged(r, (uint64_t)part->entry, "a part of what was staged cannot be read");
	}
	*ret_text = buf_str(&text);
	return 0;
}

/* Nothing is decided by rules between the entry that names a rulebook and those that bring its text. */
static int follow_rulebook(struct replay *r)
{
	const struct environment *now = environment_get(&r->truth.state, ENVIRONMENT_ROW);
	if (r->options->rules || !now ||
	    (r->has_loaded && str_eq(text_str(now->access), (struct str){(const char *)r->loaded, 32})))
		return 0;
	const struct stage *stage = stage_by_hash(&r->truth.state, text_str(now->access));
	if (!stage || stage->parts < stage->of)
		return 0;
	struct str text;
	const struct rulebook *rules;
	int failed = gather(r, stage, &text);
	arena_clear(&r->rules);
	if (failed == 0)
		failed = r->options->load_rules(&rules, &r->rules, text, r->error);
	if (failed < 0)
		return failed;
	memcpy(r->loaded, now->access.at, sizeof r->loaded);
	r->has_loaded = true;
	r->again.rulebooks.access = rules;
	return 0;
}

/* Deciding */

static bool is_there(void *context, struct str hash)
{
	(void)context, (void)hash;
	return true; /* it was when the entry was made */
}

static struct turn_checked was_checked(const struct entry_checked *checked)
{
	return (struct turn_checked){.asserted = checked->has_asserted,
				     .passkey = checked->has_asserted ? (uint64_t)checked->asserted : 0,
				     .counter = checked->has_counter ? checked->counter : 0,
				     .pending = checked->has_pending ? (uint64_t)checked->pending : 0,
				     .asked_by = checked->has_asked ? checked->asked.login : (struct str){0},
				     .staged = checked->has_staged ? checked->staged : (struct str){0}};
}

static bool decide_timer(struct replay *r, const struct core_moment *moment, struct core_result *result)
{
	return core_timer(&r->again, moment, &r->entry, result);
}

static bool decide_input(struct replay *r, const struct entry *entry, const struct core_moment *moment,
			 struct core_result *result)
{
	struct entry_checked checked = {0};
	struct json_packets packets;
	core_packets(&r->options->vault, entry, &r->entry, &packets);
	struct core_input input = {.kind = entry->input.kind,
				   .name = entry->input.name,
				   .body = entry->input.body,
				   .from = entry->from,
				   .packets = &packets,
				   .has_blob = is_there};
	if (entry->has_checked) {
		struct json json = json_over(entry->checked, &r->entry);
		input.checked = entry->checked;
		if (!entry_checked_read(&json, &checked))
			return false;
	}
	input.was = was_checked(&checked);
	input.roles = checked.roles.at;
	input.n_roles = checked.roles.n;
	core_turn(&r->again, &input, moment, &r->entry, result);
	return result->verdict != CORE_BAD;
}

/* False: there was no decision to be had, which is a difference too. */
static bool decide(struct replay *r, const struct entry *entry, struct str *ret_entry)
{
	struct core_moment moment = {.wall = entry->wall, .elapsed = entry->elapsed};
	struct core_result *result = ARENA_TAKE(&r->entry, struct core_result, 1);
	memcpy(moment.salt, entry->salt.at, sizeof moment.salt);
	r->again.incarnation = entry->incarnation;
	bool done = entry->input.kind == ENTRY_INPUT_KIND_TIMER ? decide_timer(r, &moment, result)
								: decide_input(r, entry, &moment, result);
	*ret_entry = done ? result->entry : (struct str){0};
	return done;
}

/* Differences, in words */

static void put_name(const struct replay *r, struct str event, struct str body, const struct json_packets *packets,
		     struct arena *arena, struct str *ret_who)
{
	const struct event_words *words = words_of_event(event);
	struct body_value values[BODIES_MEMBERS_MAX];
	uint64_t id;
	if (!words || !body_split(&words->fields, body, packets, arena, values))
		return;
	for (size_t i = 0; i < words->fields.n; i++) {
		const struct word_member *member = &words->fields.at[i];
		if (member->kind != WORD_REF || member->list || !str_eq(member->table, STR("person")))
			continue;
		struct json json = json_over(values[i].json, arena);
		const struct person *row = json_id(&json, &id) ? person_get(&r->truth.state, id) : NULL;
		if (row)
			*ret_who = arena_str(arena, text_str(row->name));
	}
}

static struct str open_body(struct str name, struct str body, const struct json_packets *packets, struct arena *arena)
{
	enum event kind;
	if (!event_of(name, &kind))
		return (struct str){0};
	void *read = arena_take(arena, 1, event_size(kind));
	struct json json = json_over(body, arena);
	json.packets = packets;
	if (!event_read(kind, &json, read))
		return (struct str){0};
	struct buf b = arena_buf(arena);
	event_write(kind, &b, read, NULL);
	return arena_keep(arena, &b);
}

/* `plain` is empty when there was no decision. */
static struct replay_side side_of(const struct replay *r, struct str plain, struct arena *arena, struct str *ret_who)
{
	struct replay_side side = {.what = STR("nothing: it cannot be decided")};
	struct json json = json_over(plain, arena);
	struct json_packets packets;
	struct entry entry;
	if (plain.len == 0 || !entry_read(&json, &entry) || !replay_plain_packets(&entry, arena, &packets))
		return side;
	struct entry_because because;
	json = json_over(entry.because, arena);
	json.packets = &packets;
	if (entry.has_because && entry_because_read(&json, &because)) {
		side.outcome = because.outcome;
		side.rules = because.spoke.at;
		side.n_rules = because.spoke.n;
	}
	side.what = entry.has_refusal	 ? entry.refusal.name
		    : entry.events.n > 0 ? entry.events.at[0].name
					 : STR("no event");
	side.body = entry.has_refusal ? entry.refusal.takes : STR("{}");
	if (!entry.has_refusal && entry.events.n > 0) {
		const struct entry_event *event = &entry.events.at[0];
		side.body = open_body(event->name, event->body, &packets, arena);
		put_name(r, event->name, event->body, &packets, arena, ret_who);
	}
	return side;
}

static struct replay_difference describe(const struct replay *r, const struct entry *entry, struct str was,
					 struct str would, struct arena *arena)
{
	struct replay_difference d = {.entry = (uint64_t)entry->index, .wall = entry->wall, .input = entry->input.name};
	d.would = side_of(r, would, arena, &d.who);
	d.was = side_of(r, was, arena, &d.who);
	return d;
}

/* What was decided, whatever it was explained by. */
static bool same_outcome(const struct replay_side *a, const struct replay_side *b)
{
	return str_eq(a->outcome, b->outcome) && str_eq(a->what, b->what);
}

static void tell(const struct replay *r, const struct replay_difference *d)
{
	r->options->differs(r->options->context, d);
}

/* Both texts are entries in plain. */
static void hold_against(struct replay *r, const struct entry *entry, struct str was, struct str would)
{
	bool same = str_eq(was, would);
	if (!same && r->options->rules) {
		struct replay_difference d = describe(r, entry, was, would, &r->entry);
		same = same_outcome(&d.was, &d.would);
		if (!same && r->result.different++ == 0)
			r->result.first = d.entry;
		if (!same)
			tell(r, &d);
	}
	r->result.same += same;
	if (same || r->options->rules)
		return;
	r->doubtful++;
	if (!r->has_first) {
		arena_clear(&r->kept);
		struct str a = arena_str(&r->kept, was), b = arena_str(&r->kept, would);
		r->first = describe(r, entry, a, b, &r->kept);
		r->first.input = arena_str(&r->kept, entry->input.name);
		r->has_first = true;
	}
}

/* Until something was erased a difference is one. Later it may have rested on what stood there then, up to the entry that
 * forgot it. */
static void settle(struct replay *r, bool forgot)
{
	if (r->erased > 0 && forgot) {
		r->result.not_repeatable += r->doubtful;
		r->has_first = r->result.different > 0;
		r->doubtful = 0;
	}
	if (r->doubtful > 0 && (r->erased == 0 || r->truth.size == r->result.entries)) {
		if (r->result.different == 0)
			r->result.first = r->first.entry;
		r->result.different += r->doubtful;
		r->doubtful = 0;
	}
}

/* States */

static void save(void *context, const void *bytes, size_t n)
{
	struct buf *b = context;
	buf_put(b, bytes, n);
}

static bool load(void *context, void *ret_bytes, size_t n)
{
	struct str *left = context;
	if (n > left->len)
		return false;
	memcpy(ret_bytes, left->at, n);
	*left = (struct str){left->at + n, left->len - n};
	return true;
}

/* The one that decides goes on from what is recorded. */
static void put_right(struct replay *r)
{
	struct rulebooks rulebooks = r->again.rulebooks;
	arena_clear(&r->saved);
	struct buf b = arena_buf(&r->saved);
	state_save(&r->truth.state, &(struct table_out){&b, save});
	struct str rows = arena_keep(&r->saved, &b);
	arena_clear(&r->again_memory);
	core_init(&r->again, rulebooks, &r->plain, &r->again_memory);
	bool loaded = state_load(&r->again.state, &(struct table_in){&rows, load});
	ASSERT(loaded);
	r->again.size = r->truth.size;
	r->again.env = r->truth.env;
	r->again.incarnation = r->truth.incarnation;
	r->again.wall = r->truth.wall;
	r->again.elapsed = r->truth.elapsed;
}

static void hash_row(void *context, struct str line)
{
	uint64_t *hash = context;
	*hash = *hash * 31 + str_hash(line);
}

static uint64_t state_hash(const struct core *core)
{
	uint64_t hash = 0;
	state_dump(&core->state, hash_row, &hash);
	return hash;
}

/* An entry */

static bool forgets_something(const struct core *core, uint64_t before)
{
	return forgetting_next_id(&core->state) != before;
}

static bool same_events(struct str a, struct str b, struct arena *arena)
{
	struct entry one, other;
	struct json json = json_over(a, arena);
	bool read = entry_read(&json, &one);
	json = json_over(b, arena);
	if (!read || b.len == 0 || !entry_read(&json, &other) || one.events.n != other.events.n ||
	    one.has_refusal != other.has_refusal)
		return false;
	for (size_t i = 0; i < one.events.n; i++)
		if (!str_eq(one.events.at[i].name, other.events.at[i].name) ||
		    !str_eq(one.events.at[i].body, other.events.at[i].body))
			return false;
	return true;
}

static int fold(struct replay *r, struct core *core, const struct entry *entry)
{
	const char *what;
	return core_fold_entry(core, entry, &r->entry, &what) ? 0 : damaged(r, (uint64_t)entry->index, what);
}

static int one(struct replay *r, uint64_t index, struct str body)
{
	struct entry entry;
	arena_clear(&r->entry);
	struct json json = json_over(body, &r->entry);
	if (!entry_read(&json, &entry))
		return damaged(r, index, json.what);
	struct str was = {0}, would = {0};
	uint64_t forgettings = forgetting_next_id(&r->truth.state);
	bool wanted = !r->options->rules || entry.has_because;
	bool repeats = wanted && replay_plain_entry(&r->options->vault, &entry, &r->entry, &was);
	r->erased += wanted && !repeats;
	r->result.not_repeatable += wanted && !repeats;
	r->result.decided += repeats;
	if (repeats && entry.input.kind != ENTRY_INPUT_KIND_START && !r->again.rulebooks.access)
		return damaged(r, index, "the text of the rulebook in force is not in the record");
	if (repeats) {
		decide(r, &entry, &would);
		hold_against(r, &entry, was, would);
	}
	int failed = fold(r, &r->truth, &entry);
	if (failed == 0 && !repeats)
		failed = fold(r, &r->again, &entry);
	if (failed == 0 && repeats && !same_events(was, would, &r->entry))
		put_right(r);
	settle(r, forgets_something(&r->truth, forgettings));
	return failed < 0 ? failed : follow_rulebook(r);
}

static int all(struct replay *r)
{
	int failed = 0;
	for (uint64_t at = 0; failed == 0 && at < r->result.entries;) {
		uint64_t left = r->result.entries - at, n = left < PIECE_ENTRIES ? left : PIECE_ENTRIES;
		arena_clear(&r->piece);
		failed = journal_read(r->options->journal, at, n, keep_body, r, r->error);
		for (uint64_t end = at + n; failed == 0 && at < end; at++)
			failed = one(r, at, r->bodies[at % PIECE_ENTRIES]);
		if (r->options->progress && (at % PROGRESS_ENTRIES == 0 || at == r->result.entries))
			r->options->progress(at, r->result.entries);
	}
	return failed;
}

int replay_run(const struct replay_options *options, struct replay_result *ret_result, struct error *error)
{
	static struct replay r;
	r = (struct replay){.options = options,
			    .result.entries = journal_size(options->journal),
			    .plain = replay_plain_vault(&options->vault),
			    .truth_memory = arena_map(core_memory()),
			    .again_memory = arena_map(core_memory()),
			    .piece = arena_map(PIECE_MEMORY),
			    .entry = arena_map(ENTRY_MEMORY),
			    .rules = arena_map(RULES_MEMORY),
			    .text = arena_map(TEXT_BYTES_MAX + 64),
			    .saved = arena_map(STATE_BYTES_MAX),
			    .kept = arena_map(KEPT_MEMORY),
			    .error = error};
	core_init(&r.truth, (struct rulebooks){0}, &options->vault, &r.truth_memory);
	core_init(&r.again, (struct rulebooks){options->rules}, &r.plain, &r.again_memory);
	int failed = all(&r);
	if (failed == 0 && !options->rules && r.result.different > 0)
		tell(&r, &r.first);
	r.result.state_hash = state_hash(&r.truth);
	r.result.same_state = r.result.state_hash == state_hash(&r.again);
	if (failed == 0)
		*ret_result = r.result;
	struct arena *memories[] = {&r.truth_memory, &r.again_memory, &r.piece, &r.entry,
				    &r.rules,	     &r.text,	      &r.saved, &r.kept};
	for (size_t i = 0; i < ARRAY_LEN(memories); i++)
		arena_unmap(memories[i]);
	return failed;
}
