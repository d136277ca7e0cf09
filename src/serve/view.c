#include "serve/view.h"

#include "domain/oversight/oversight.h"
#include "serve/bodies.h"

enum { NAMES_MAX = 64, REF_BYTES_MAX = 64 };

/* Readers */

uint32_t viewer_roles(const struct str *roles, size_t n)
{
	uint32_t bits = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n_role_words; k++)
			bits |= (uint32_t)str_eq(roles[i], role_words[k]) << k;
	return bits;
}

/* Who reads the record as it is; who may know why it was decided so; and who what was known of the person then. */
static const struct str record_roles[] = {
    {"security_officer", 16}, {"duty_officer", 12}, {"head_of_mission", 15}, {"auditor", 7}, {"administrator", 13}};
static const struct str because_roles[] = {
    {"security_officer", 16}, {"duty_officer", 12}, {"head_of_mission", 15}, {"auditor", 7}};
static const struct str fact_roles[] = {{"security_officer", 16}, {"auditor", 7}};

static bool is_one_of(const struct viewer *viewer, const struct str *roles, size_t n)
{
	return (viewer->roles & viewer_roles(roles, n)) != 0;
}

bool viewer_sees_record(const struct viewer *viewer)
{
	return is_one_of(viewer, record_roles, ARRAY_LEN(record_roles));
}

static void put_ref(struct buf *b, struct str table, uint64_t id)
{
	buf_put_str(b, table);
	buf_put_char(b, ':');
	buf_put_u64(b, id);
}

bool viewer_sees_name(const struct viewer *viewer, const struct state *state, const struct subject *row)
{
	struct subject owner = {0};
	const struct word_member *label = NULL;
	char memory[REF_BYTES_MAX];
	struct buf ref = BUF(memory);
	for (size_t i = 0; i < n_label_words; i++)
		if (str_eq(label_words[i].table, row->table))
			label = &label_words[i].label;
	if (!label || (viewer->roles & label->roles) == 0 || label->mark > viewer->clearance)
		return false;
	if (!label->purpose)
		return true;
	bool is_owned = state_owner(state, row->table, row->id, &owner);
	put_ref(&ref, owner.table, owner.id);
	return is_owned && oversight_is_open(state, viewer->login, buf_str(&ref));
}

/* One entry being cut */

struct cut {
	const struct view *view;
	struct json_packets packets;
	struct answer_name names[NAMES_MAX];
	size_t n_names;
	bool masked, erased;
	bool mentions; /* what the view is about */
};

static struct str ref_of(struct arena *arena, struct str table, uint64_t id)
{
	struct buf b = arena_buf(arena);
	put_ref(&b, table, id);
	return arena_keep(arena, &b);
}

static void name_row(void *context, const struct body_value *value, uint64_t id)
{
	struct cut *cut = context;
	const struct view *view = cut->view;
	const struct subject row = {value->member->table, id}, *about = view->about;
	struct str name, ref = ref_of(view->arena, row.table, id);
	cut->mentions |= about && id == about->id && str_eq(row.table, about->table);
	for (size_t i = 0; i < cut->n_names; i++)
		if (str_eq(cut->names[i].ref, ref))
			return;
	if (cut->n_names < NAMES_MAX && viewer_sees_name(view->viewer, view->state, &row) &&
	    state_name(view->state, row.table, id, &name) && name.len > 0)
		cut->names[cut->n_names++] = (struct answer_name){ref, name};
}

static uint64_t id_in(const struct word_members *members, const struct body_value *values, struct str name,
		      struct arena *arena)
{
	uint64_t id = 0;
	for (size_t i = 0; i < members->n; i++) {
		if (!str_eq(members->at[i].name, name) || values[i].json.len == 0)
			continue;
		struct json j = json_over(values[i].json, arena);
		if (!json_id(&j, &id))
			id = 0;
	}
	return id;
}

static bool sees(const struct cut *cut, const struct word_members *members, const struct body_value *values, size_t i)
{
	const struct viewer *viewer = cut->view->viewer;
	const struct word_member *member = &members->at[i];
	bool is_self = member->self.len > 0 && viewer->person != 0 &&
		       id_in(members, values, member->self, cut->view->arena) == viewer->person;
	return member->kind != WORD_SECRET && member->mark <= viewer->clearance &&
	       ((viewer->roles & member->roles) != 0 || is_self);
}

/* A value whose subject nobody has named stays masked. */
static bool is_masked(const struct cut *cut, const struct word_members *members, const struct body_value *values,
		      size_t i)
{
	const struct word_member *member = &members->at[i];
	if (!member->purpose)
		return false;
	uint64_t id = id_in(members, values, member->whose, cut->view->arena);
	struct str subject = ref_of(cut->view->arena, member->whose_table, id);
	return id == 0 || !oversight_is_open(cut->view->state, cut->view->viewer->login, subject);
}

static void put_member(struct cut *cut, struct buf *b, const struct body_value *value, bool masked)
{
	buf_put_char(b, ',');
	json_put_name(b, value->member->name);
	buf_put_char(b, ':');
	cut->masked |= masked && !value->erased;
	cut->erased |= value->erased;
	buf_put_str(b, masked || value->erased ? STR("null") : value->json);
}

/* What is left of a body for this reader; false when nothing is. `roles` see that there is one at all. */
static bool cut_body(struct cut *cut, const struct word_members *members, uint32_t roles, struct str body,
		     const struct json_packets *packets, struct str *ret_body)
{
	struct arena *arena = cut->view->arena;
	struct body_value *values = ARENA_TAKE(arena, struct body_value, members->n);
	bool *masked = ARENA_TAKE(arena, bool, members->n), *seen = ARENA_TAKE(arena, bool, members->n);
	bool any = (cut->view->viewer->roles & roles) != 0;
	if (!body_split(members, body, packets, arena, values))
		return false;
	for (size_t i = 0; i < members->n; i++) {
		seen[i] = sees(cut, members, values, i) && (values[i].json.len > 0 || values[i].erased);
		masked[i] = seen[i] && is_masked(cut, members, values, i);
		any |= seen[i];
		if (seen[i] && !masked[i])
			body_refs(&values[i], 1, arena, name_row, cut);
	}
	if (!any)
		return false;
	struct buf b = arena_buf(arena);
	for (size_t i = 0; i < members->n; i++)
		if (seen[i])
			put_member(cut, &b, &values[i], masked[i]);
	json_put_object_end(&b, 0);
	*ret_body = arena_keep(arena, &b);
	return true;
}

/* The parts of an entry */

static void cut_input(struct cut *cut, const struct entry *entry, struct answer_entry *answer)
{
	const struct input_words *words = words_of_input(entry->input.name);
	static const struct word_members none;
	/* A timer's row is a number that nobody knows. */
	if (entry->input.kind == ENTRY_INPUT_KIND_TIMER) {
		answer->has_input = viewer_sees_record(cut->view->viewer);
		answer->input = (struct entry_input){entry->input.kind, entry->input.name, STR("{}")};
		return;
	}
	answer->input = entry->input;
	answer->has_input = words && cut_body(cut, words->takes.n ? &words->takes : &none, words->roles,
					      entry->input.body, &cut->packets, &answer->input.body);
}

static void cut_refusal(struct cut *cut, const struct entry *entry, struct answer_entry *answer)
{
	const struct refusal_words *words = entry->has_refusal ? words_of_refusal(entry->refusal.name) : NULL;
	answer->refusal = entry->refusal;
	answer->has_refusal = words && answer->has_input &&
			      cut_body(cut, &words->takes, cut->view->viewer->roles, entry->refusal.takes,
				       &cut->packets, &answer->refusal.takes);
}

static void cut_events(struct cut *cut, const struct entry_event_list *events, const struct json_packets *packets,
		       struct entry_event *list, size_t *n)
{
	for (size_t i = 0; i < events->n; i++) {
		const struct event_words *words = words_of_event(events->at[i].name);
		list[*n].name = events->at[i].name;
		if (words && cut_body(cut, &words->fields, words->roles, events->at[i].body, packets, &list[*n].body))
			(*n)++;
	}
}

static void cut_all_events(struct cut *cut, const struct entry *entry, struct answer_entry *answer)
{
	struct entry_event_list boxed = core_unbox(cut->view->vault, entry, cut->view->arena);
	struct entry_event *list = ARENA_TAKE(cut->view->arena, struct entry_event, entry->events.n + boxed.n);
	size_t n = 0;
	cut_events(cut, &entry->events, &cut->packets, list, &n);
	cut_events(cut, &boxed, NULL, list, &n);
	answer->events = (struct entry_event_list){n, list};
}

static void cut_because(struct cut *cut, const struct entry *entry, struct answer_entry *answer)
{
	struct json j = json_over(entry->because, cut->view->arena);
	j.packets = &cut->packets;
	if (!entry->has_because || !is_one_of(cut->view->viewer, because_roles, ARRAY_LEN(because_roles)))
		return;
	answer->has_because = entry_because_read(&j, &answer->because);
	cut->erased |= answer->because.erased != 0;
	if (!is_one_of(cut->view->viewer, fact_roles, ARRAY_LEN(fact_roles)))
		answer->because.personal = (struct entry_fact_list){0};
}

bool view_entry(const struct view *view, const struct entry *entry, struct answer_entry *ret_answer)
{
	struct cut *cut = ARENA_TAKE(view->arena, struct cut, 1);
	*cut = (struct cut){.view = view};
	struct answer_entry answer = {.wall = entry->wall};
	if (!core_open_packets(view->vault, entry, view->arena, &cut->packets))
		return false;
	cut_input(cut, entry, &answer);
	cut_refusal(cut, entry, &answer);
	cut_all_events(cut, entry, &answer);
	if ((!answer.has_input && answer.events.n == 0) || (view->about && !cut->mentions))
		return false;
	cut_because(cut, entry, &answer);
	if (viewer_sees_record(view->viewer)) {
		answer.has_index = answer.has_from = true;
		answer.index = entry->index;
		answer.from = entry->from;
	}
	answer.names = (struct answer_name_list){cut->n_names, cut->names};
	answer.masked = cut->masked;
	answer.erased = cut->erased;
	*ret_answer = answer;
	return true;
}
