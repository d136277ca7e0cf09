/* hub_stage.c: what is too large for an entry, and what it is for: rulebooks.
 *
 * The text of every rulebook that was ever in force lies in the record, in parts. So a start needs no files of the rulebook, and files that somebody
 * changed decide nothing until they are enacted, by a person, in an entry. A rulebook is compiled and searched by a process of its own, into memory
 * that it shares with this one; what does not load leaves the one in force where it is, and says line and column.
 */
#include "serve/hub_inner.h"

#include "domain/mission/mission.h"
#include "domain/record/record.h"
#include "rules/rulebook_load.h"
#include "schema/text.h"

enum { PART_BYTES = 24000, RULES_MEMORY = 96 << 20, TEXT_BYTES_MAX = 4 << 20 };

/* In shared memory: what the other process found. */
struct hub_rules_job {
	const struct rulebook *rules;
	char what[480]; /* empty: nothing was wrong */
};

/* The whole, from its parts */

static bool data_of(const struct entry *entry, struct arena *arena, struct str *ret_data)
{
	struct json json = json_over(entry->input.body, arena);
	struct record_stage_part part;
	/* Both inputs have the same members. */
	if (!record_stage_part_read(&json, &part))
		return false;
	*ret_data = part.data;
	return true;
}

static const struct stage_part *find_part(const struct state *state, uint64_t stage, int64_t number)
{
	const struct stage_part *part = stage_part_first_by_stage(state, stage);
	while (part && part->number != number)
		part = stage_part_next_by_stage(state, part);
	return part;
}

/* ERROR_RECORD: a part is missing. */
static int gather(struct hub *hub, const struct stage *stage, struct buf *text, struct error *error)
{
	for (int64_t number = 1; number <= stage->of; number++) {
		const struct stage_part *part = find_part(&hub->core.state, stage->stage, number);
		struct hub_entry read;
		struct str data;
		if (!part || (uint64_t)part->entry >= journal_size(hub->journal))
			return error_set(error, ERROR_RECORD, "a part of what was staged is missing");
		int failed = hub_read_entry(hub, (uint64_t)part->entry, &read, error);
		if (failed < 0)
			return failed;
		if (!data_of(&read.entry, &hub->piece, &data))
			return error_set(error, ERROR_RECORD, "a part of what was staged cannot be read");
		buf_put_str(text, data);
	}
	if (text->over)
		return error_set(error, ERROR_LIMIT, "what was staged is longer than %d bytes", TEXT_BYTES_MAX);
	return 0;
}

static struct buf text_memory(struct hub *hub)
{
	if (!hub->staged_text.at)
		hub->staged_text = arena_map(TEXT_BYTES_MAX);
	return (struct buf){.at = hub->staged_text.at, .size = TEXT_BYTES_MAX};
}

/* Loading */

/* ERROR_INPUT too: it loads, and is another than its hash says. */
static int load_into(struct hub *hub, size_t which, struct str text, struct str hash, const struct rulebook **ret_rules,
		     struct error *error)
{
	struct arena *arena = &hub->rules_memory[which];
	const struct rulebook *rules;
	if (!arena->at)
		*arena = arena_map_shared(RULES_MEMORY);
	arena_clear(arena);
	int failed = hub->options.load_rules(&rules, arena, text, error);
	if (failed < 0)
		return failed;
	if (memcmp(rulebook_hash(rules), hash.at, hash.len) != 0) {
		error_set(error, ERROR_INPUT, "what was staged is another rulebook than its hash says");
		return error_remedy(error, "Stage it under the hash that chancery rules check tells.");
	}
	*ret_rules = rules;
	return 0;
}

static int load_in_force(struct hub *hub, struct str hash, struct error *error)
{
	const struct stage *stage = stage_by_hash(&hub->core.state, hash);
	struct buf text = text_memory(hub);
	if (!stage) {
		error_set(error, ERROR_RECORD, "the text of the rulebook in force is not in the record");
		return error_remedy(error, "Put its files into rules/access as they were: chancery rules check tells "
					   "their hash, chancery history mission the one in force.");
	}
	int failed = gather(hub, stage, &text, error);
	if (failed == 0)
		failed = load_into(hub, 0, buf_str(&text), hash, &hub->rules_in[0], error);
	if (failed == 0)
		hub->core.rulebooks.access = hub->rules_in[0];
	return failed;
}

void hub_stage_bring(struct hub *hub)
{
	struct str hash = hub->options.environment.access, text = hub->options.rules_text;
	const struct stage *stage = stage_by_hash(&hub->core.state, hash);
	int64_t of = (int64_t)((text.len + PART_BYTES - 1) / PART_BYTES), part = 0, parts = stage ? stage->parts : 0;
	while (++part <= of) {
		size_t n = text.len < PART_BYTES ? text.len : PART_BYTES;
		if (part <= parts) {
			text = (struct str){text.at + n, text.len - n};
			continue;
		}
		struct buf b = arena_buf(&hub->batch);
		record_bring_part_write(&b, &(struct record_bring_part){hash, part, of, {text.at, n}});
		hub_start(hub, STR("record.bring_part"), arena_keep(&hub->batch, &b));
		text = (struct str){text.at + n, text.len - n};
	}
}

/* What is in force stays so, whatever the files say. */
static int keep_in_force(struct hub *hub, const struct environment *last, struct error *error)
{
	bool same = hub->options.rulebooks.access && str_eq(text_str(last->access), hub->options.environment.access);
	memcpy(hub->access_hash, last->access.at, sizeof hub->access_hash);
	hub->options.environment.access = (struct str){(const char *)hub->access_hash, sizeof hub->access_hash};
	if (same)
		return 0;
	hub->options.rules_text = (struct str){0};
	return load_in_force(hub, hub->options.environment.access, error);
}

int hub_stage_open(struct hub *hub, struct error *error)
{
	const struct environment *last = environment_get(&hub->core.state, ENVIRONMENT_ROW);
	int failed = last && hub->options.load_rules ? keep_in_force(hub, last, error) : 0;
	if (failed < 0)
		return failed;
	if (!hub->core.rulebooks.access) {
		error_set(error, ERROR_INPUT, "there is no access rulebook that loads, and none is in force");
		return error_remedy(error, "chancery rules check says what is wrong with rules/access.");
	}
	if (hub->options.rules_text.len > TEXT_BYTES_MAX) {
		error_set(error, ERROR_LIMIT, "the access rulebook is longer than the %d bytes that the record keeps",
			  TEXT_BYTES_MAX);
		return error_remedy(error, "Take out of it what is not needed.");
	}
	return 0;
}

static const struct stage *stage_in_force(const struct hub *hub)
{
	const struct environment *environment = environment_get(&hub->core.state, ENVIRONMENT_ROW);
	return environment ? stage_by_hash(&hub->core.state, text_str(environment->access)) : NULL;
}

bool hub_stage_has_text(const struct hub *hub)
{
	const struct stage *stage = stage_in_force(hub);
	return stage && stage->parts == stage->of;
}

int hub_stage_part_in_force(struct hub *hub, int64_t part, struct str *ret_data, int64_t *ret_of, struct error *error)
{
	const struct stage *stage = stage_in_force(hub);
	const struct stage_part *row = stage ? find_part(&hub->core.state, stage->stage, part) : NULL;
	struct hub_entry read;
	if (!row || (uint64_t)row->entry >= journal_size(hub->journal))
		return 0;
	*ret_of = stage->of;
	int failed = hub_read_entry(hub, (uint64_t)row->entry, &read, error);
	if (failed < 0)
		return failed;
	if (!data_of(&read.entry, &hub->piece, ret_data))
		return error_set(error, ERROR_RECORD, "a part of what was staged cannot be read");
	return 1;
}

/* Enacting */

/* What does not fit is cut; a refusal holds no more. */
static void say(struct hub_rules_job *job, const struct error *error)
{
	const char *const parts[] = {error->where, error->where[0] ? ": " : "", error->what, ". ", error->remedy};
	size_t n = 0;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		for (const char *at = parts[i]; *at && n + 1 < sizeof job->what; at++)
			job->what[n++] = *at;
	while (n > 0 && !str_is_utf8((struct str){job->what, n}))
		n--;
	job->what[n] = 0;
}

static struct str rulebook_of(const struct hub *hub)
{
	return (struct str){(const char *)hub->rules_asked.rulebook, sizeof hub->rules_asked.rulebook};
}

static int search_rules(void *context, void *shared)
{
	struct hub *hub = context;
	struct hub_rules_job *job = shared;
	struct error error;
	struct str text = {(const char *)hub->staged_text.at, hub->staged_len};
	int failed = load_into(hub, hub->rules_other, text, rulebook_of(hub), &job->rules, &error);
	if (failed < 0)
		say(job, &error);
	return 0;
}

static bool begin_search(struct hub *hub, const struct stage *stage, const char **ret_wrong)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_rules_job *job = outside->shared(outside->context, sizeof *job);
	struct buf text = text_memory(hub);
	struct error error;
	int failed = gather(hub, stage, &text, &error);
	if (failed < 0) {
		say(job, &error);
		*ret_wrong = job->what;
		return false;
	}
	*job = (struct hub_rules_job){0};
	hub->staged_len = text.len;
	hub->rules_other = hub->core.rulebooks.access == hub->rules_in[0] ? 1 : 0;
	if (!hub->rules_memory[hub->rules_other].at)
		hub->rules_memory[hub->rules_other] = arena_map_shared(RULES_MEMORY);
	hub->work = HUB_WORK_RULES;
	outside->work(outside->context, search_rules, hub);
	return true;
}

static bool may_ask(const struct peer_asker *asker, const struct input_type *type)
{
	for (size_t i = 0; i < type->n_who; i++)
		for (size_t k = 0; k < asker->n_roles; k++)
			if (str_eq(asker->roles[k], type->who[i]))
				return true;
	return false;
}

/* Who may not, and what is no such command, the core refuses at once: nobody is kept waiting for a search by them. */
bool hub_stage_is_asked_for(struct hub *hub, unsigned peer, const struct input_type *type, struct str body,
			    const struct turn_checked *was)
{
	struct hub_rules_asked *asked = &hub->rules_asked;
	struct mission_enact enact;
	struct json json = json_over(body, &hub->batch);
	if (!str_eq(type->name, STR("mission.enact")) || !hub->options.load_rules ||
	    !may_ask(&hub->peers[peer].asker, type) || !mission_enact_read(&json, &enact))
		return false;
	if (asked->is_waiting) {
		hub_bad(hub, peer, 0, "another rulebook is being looked at", "Try again in a moment.");
		return true;
	}
	*asked = (struct hub_rules_asked){.is_waiting = true, .peer = peer, .was = *was};
	memcpy(asked->rulebook, enact.rulebook.at, sizeof asked->rulebook);
	return true;
}

void hub_stage_leave(struct hub *hub, unsigned peer)
{
	struct hub_rules_asked *asked = &hub->rules_asked;
	if (!asked->is_waiting || asked->peer != peer)
		return;
	asked->is_left = true;
	asked->is_waiting = asked->is_searching;
}

static void answer(struct hub *hub, const char *wrong)
{
	struct hub_rules_asked *asked = &hub->rules_asked;
	struct buf body = arena_buf(&hub->batch);
	mission_enact_write(&body, &(struct mission_enact){rulebook_of(hub)});
	struct str text = arena_keep(&hub->batch, &body);
	if (wrong)
		asked->was.staged = arena_str(&hub->batch, str_of(wrong));
	asked->is_waiting = asked->is_searching = false;
	if (!asked->is_left)
		hub_command_staged(hub, asked->peer, STR("mission.enact"), text, &asked->was);
}

static void end_search(struct hub *hub, bool done)
{
	const struct hub_outside *outside = &hub->options.outside;
	const struct hub_rules_job *job = outside->shared(outside->context, sizeof *job);
	const struct rulebook *rules = job->rules;
	const char *wrong = !done ? "the process that searched it ended" : rules ? NULL : job->what;
	uint64_t env = hub->core.env;
	hub->work = HUB_WORK_NONE;
	answer(hub, wrong);
	/* It was decided: from the next turn on it decides. */
	if (rules && hub->core.env != env) {
		rulebook_ready();
		hub->core.rulebooks.access = rules;
		hub->rules_in[hub->rules_other] = rules;
	}
}

void hub_stage_step(struct hub *hub)
{
	const struct hub_outside *outside = &hub->options.outside;
	struct hub_rules_asked *asked = &hub->rules_asked;
	bool done;
	if (hub->work == HUB_WORK_RULES && outside->work_ended(outside->context, &done)) {
		end_search(hub, done);
		return;
	}
	if (!asked->is_waiting || asked->is_searching || hub->work != HUB_WORK_NONE)
		return;
	const struct stage *stage = stage_by_hash(&hub->core.state, rulebook_of(hub));
	const char *wrong = NULL;
	if (!stage || stage->parts < stage->of)
		answer(hub, NULL); /* the core says what is missing */
	else if (begin_search(hub, stage, &wrong))
		asked->is_searching = true;
	else
		answer(hub, wrong);
}
