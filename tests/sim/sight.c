#include "sim/sight.h"

#include "sim/peek.h"
#include "sim/trace.h"
#include "keys/month.h"

enum { DURESS_CODE = 999, MARK_BYTES = 64 };

/* Values by their kind */

static bool sees_column(const struct see_viewer *viewer, const char *table, const char *column)
{
	const struct see_body *body = see_body_of(SEE_TABLE, str_of(table));
	const struct see_member *member = see_member_of(body, str_of(column));
	return see_member_is_seen(viewer, member, STR("{}"));
}

static bool sees_taken(const struct see_viewer *viewer, const char *command, const char *name, struct str body)
{
	const struct see_body *of = see_body_of(SEE_COMMAND, str_of(command));
	return see_member_is_seen(viewer, see_member_of(of, str_of(name)), body);
}

bool sight_may_read_file(const struct see_viewer *viewer, uint64_t person, uint64_t building)
{
	if (person == 0)
		return building == 0 || sees_taken(viewer, "trial.hang_plan", "plan", STR("{}"));
	return sees_column(viewer, "dossier", "picture") || viewer->person == person;
}

static bool may_see(const struct ledger *ledger, const struct see_viewer *viewer, const struct value *value)
{
	char person[48];
	snprintf(person, sizeof person, "{\"person\":%llu}", (unsigned long long)value->person);
	switch (value->kind) {
	case VALUE_NAME:
		return sees_column(viewer, "person", "name");
	case VALUE_CARD:
		return sees_column(viewer, "badge", "card");
	case VALUE_HEALTH:
		return sees_column(viewer, "dossier", "health") &&
		       ledger_look_is_open(ledger, viewer->login, STR("person"), value->person);
	case VALUE_PICTURE:
		return sight_may_read_file(viewer, value->person, 0);
	case VALUE_WHY:
		return sees_taken(viewer, "trial.launch", "why", STR("{}"));
	case VALUE_TITLE:
		return sees_column(viewer, "dossier", "title");
	case VALUE_SAID:
		return sees_taken(viewer, "trial.open_dossier", "said", str_of(person));
	case VALUE_PIN:
	case VALUE_READER:
	case VALUE_KINDS:
		return false;
	}
	WRONG("a value of no kind");
}

static void check_erased(const struct value *value, const struct see_viewer *viewer)
{
	MUST(!value->is_erased || value->is_free || !value_is_sealed(value->kind),
	     STR_FMT " is shown the %s of person %llu, who is forgotten", STR_ARG(viewer->login),
	     value_kind_name(value->kind), (unsigned long long)value->person);
}

void sight_check_value(const struct ledger *ledger, const struct see_viewer *viewer, uint32_t number, struct str line)
{
	const struct value *value = &ledger->values->at[number];
	MUST(may_see(ledger, viewer, value), STR_FMT " is shown the %s of person %llu: " STR_FMT,
	     STR_ARG(viewer->login), value_kind_name(value->kind), (unsigned long long)value->person, STR_ARG(line));
	check_erased(value, viewer);
}

/* One entry */

enum erasure { NOT_ERASED, PERHAPS_ERASED, ERASED };

/* Of what stood in the entry about that person. */
static enum erasure erasure_of_person(const struct ledger *ledger, uint64_t person, const struct ledger_entry *entry)
{
	enum erasure found = NOT_ERASED;
	/* Of whom nothing was known yet, nothing is sealed. */
	if (person > ledger->n_people || entry < &ledger->entries[ledger->people[person].since])
		return NOT_ERASED;
	for (size_t i = 0; person != 0 && i < ledger->n_forgettings; i++) {
		const struct ledger_forgetting *row = &ledger->forgettings[i];
		if (row->person != person)
			continue;
		if (entry < &ledger->entries[row->entry])
			found = row->is_erased ? ERASED : PERHAPS_ERASED;
		else if (found == NOT_ERASED && (!row->is_erased || entry < &ledger->entries[row->erased]))
			found = PERHAPS_ERASED; /* what is written until the keys are gone goes with them */
	}
	return found;
}

static enum erasure erasure_of_month(const struct ledger *ledger, int64_t wall)
{
	enum erasure found = NOT_ERASED;
	for (size_t i = 0; i < ledger->n_months; i++) {
		const struct ledger_month *month = &ledger->months[i];
		if (month->is_forgotten && month->month == month_of(wall))
			found = month->is_erased ? ERASED : PERHAPS_ERASED;
	}
	return found;
}

bool sight_may_be_erased(const struct ledger *ledger, const struct ledger_entry *entry)
{
	return erasure_of_person(ledger, entry->concerns, entry) != NOT_ERASED ||
	       erasure_of_month(ledger, entry->wall) != NOT_ERASED;
}

/* What is kept with its row does not go with the month, so a month only makes it possible. */
static enum erasure erasure_of(const struct ledger *ledger, const struct ledger_entry *entry,
			       const struct see_member *member, struct str body)
{
	if (!member->personal)
		return NOT_ERASED;
	uint64_t person = member->whose && member->whose_table && strcmp(member->whose_table, "person") == 0
			      ? (uint64_t)peek_int(body, member->whose, 0)
			      : entry->concerns;
	enum erasure by_person = erasure_of_person(ledger, person, entry);
	return by_person == NOT_ERASED && erasure_of_month(ledger, entry->wall) != NOT_ERASED ? PERHAPS_ERASED
											      : by_person;
}

static bool is_masked(const struct ledger *ledger, const struct see_viewer *viewer, const struct see_member *member,
		      struct str body)
{
	if (!member->purpose)
		return false;
	int64_t id = member->whose ? peek_int(body, member->whose, 0) : 0;
	return id == 0 || !ledger_look_is_open(ledger, viewer->login, str_of(member->whose_table), (uint64_t)id);
}

/* A body as it is in the record, and as it is shown. */
struct shown {
	const struct ledger *ledger;
	const struct see_viewer *viewer;
	const struct ledger_entry *entry;
	const struct see_body *of;
	struct str body, shown;
};

static void check_member(const struct shown *s, const struct see_member *member, struct str value)
{
	struct str shown;
	bool seen = see_member_is_seen(s->viewer, member, s->body), there = peek(s->shown, member->name, &shown);
	MUST(seen || !there, STR_FMT " is shown %s of %s: " STR_FMT, STR_ARG(s->viewer->login), member->name,
	     s->of->name, STR_ARG(s->shown));
	MUST(!seen || there, STR_FMT " is not shown %s of %s: " STR_FMT, STR_ARG(s->viewer->login), member->name,
	     s->of->name, STR_ARG(s->shown));
	if (!there || peek_is_null(value))
		return;
	if (is_masked(s->ledger, s->viewer, member, s->body)) {
		MUST(peek_is_null(shown), STR_FMT " is shown %s of %s without a look", STR_ARG(s->viewer->login),
		     member->name, s->of->name);
		return;
	}
	enum erasure erased = erasure_of(s->ledger, s->entry, member, s->body);
	MUST(peek_is_null(shown) ? erased != NOT_ERASED : str_eq(shown, value) && erased != ERASED,
	     STR_FMT " is shown %s of %s as " STR_FMT ", and it is " STR_FMT "%s", STR_ARG(s->viewer->login),
	     member->name, s->of->name, STR_ARG(shown), STR_ARG(value), erased == ERASED ? ", erased" : "");
}

static void check_body(const struct shown *s)
{
	struct str name, value;
	for (struct peek_walk walk = peek_begin(s->body); peek_member(&walk, &name, &value);) {
		const struct see_member *member = see_member_of(s->of, name);
		MUST(member, STR_FMT " has no member " STR_FMT, STR_ARG(str_of(s->of->name)), STR_ARG(name));
		if (member)
			check_member(s, member, value);
	}
	for (struct peek_walk walk = peek_begin(s->shown); peek_member(&walk, &name, &value);) {
		struct str there;
		char zero_terminated[64];
		snprintf(zero_terminated, sizeof zero_terminated, STR_FMT, STR_ARG(name));
		MUST(peek(s->body, zero_terminated, &there), STR_FMT " is shown %s, which is not in the record",
		     STR_ARG(s->viewer->login), zero_terminated);
	}
}

static const struct see_body *input_of(const struct ledger_entry *entry)
{
	static const struct {
		struct str kind;
		enum see_kind see;
	} kinds[] = {{{"command", 7}, SEE_COMMAND}, {{"report", 6}, SEE_REPORT}, {{"start", 5}, SEE_START}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_eq(entry->kind, kinds[i].kind))
			return see_body_of(kinds[i].see, entry->name);
	return NULL; /* a timer's */
}

static bool sees_input(const struct see_viewer *viewer, const struct ledger_entry *entry)
{
	const struct see_body *of = input_of(entry);
	return of ? see_body_is_seen(viewer, of, entry->input) : see_may_read_record(viewer);
}

/* The entry's events, and the one in the box, which stands behind them. */
static bool next_event(struct peek_walk *walk, const struct ledger_entry *entry, bool *boxed, struct str *ret_name,
		       struct str *ret_body, char (*memory)[MARK_BYTES])
{
	struct str event;
	if (peek_item(walk, &event)) {
		*ret_name = peek_text(event, "name");
		return peek(event, "body", ret_body);
	}
	if (*boxed || !str_eq(entry->name, STR("trial.enter_code")) || entry->refusal.len > 0 ||
	    peek_int(entry->input, "code", 0) != DURESS_CODE)
		return false;
	*boxed = true;
	snprintf(*memory, MARK_BYTES, "{\"login\":\"" STR_FMT "\"}", STR_ARG(entry->login));
	*ret_name = STR("trial.Duress");
	*ret_body = str_of(*memory);
	return true;
}

bool sight_has_entry(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index)
{
	const struct ledger_entry *entry = &ledger->entries[index];
	struct peek_walk walk = peek_begin(entry->events);
	struct str name, body;
	char memory[MARK_BYTES];
	bool boxed = false;
	if (sees_input(viewer, entry))
		return true;
	while (next_event(&walk, entry, &boxed, &name, &body, &memory)) {
		const struct see_body *of = see_body_of(SEE_EVENT, name);
		if (of && see_body_is_seen(viewer, of, body))
			return true;
	}
	return false;
}

static void check_input(const struct ledger *ledger, const struct see_viewer *viewer, const struct ledger_entry *entry,
			struct str shown)
{
	struct str input = {0}, body = {0};
	const struct see_body *of = input_of(entry);
	bool there = peek(shown, "input", &input);
	MUST(there == sees_input(viewer, entry), STR_FMT " is shown the input " STR_FMT ", or is not: " STR_FMT,
	     STR_ARG(viewer->login), STR_ARG(entry->name), STR_ARG(shown));
	if (!there || !of)
		return;
	MUST(str_eq(peek_text(input, "name"), entry->name) && peek(input, "body", &body), "an input of another name");
	check_body(&(struct shown){ledger, viewer, entry, of, entry->input, body});
}

static void check_refusal(const struct ledger *ledger, const struct see_viewer *viewer,
			  const struct ledger_entry *entry, struct str shown)
{
	struct str refusal = {0}, takes = {0};
	bool there = peek(shown, "refusal", &refusal);
	MUST(there == (entry->refusal.len > 0 && sees_input(viewer, entry)), STR_FMT " is shown a refusal, or is not",
	     STR_ARG(viewer->login));
	if (!there)
		return;
	const struct see_body *of = see_body_of(SEE_REFUSAL, entry->refusal);
	MUST(of && str_eq(peek_text(refusal, "name"), entry->refusal) && peek(refusal, "takes", &takes),
	     "a refusal of another name");
	if (of)
		check_body(&(struct shown){ledger, viewer, entry, of, entry->takes, takes});
}

static void check_events(const struct ledger *ledger, const struct see_viewer *viewer, const struct ledger_entry *entry,
			 struct str shown)
{
	struct str list = {0}, name, body, event, own;
	struct peek_walk walk = peek_begin(entry->events), seen;
	char memory[MARK_BYTES];
	bool boxed = false, there = peek(shown, "events", &list);
	MUST(there, "an entry without events is shown");
	seen = peek_begin(list);
	while (next_event(&walk, entry, &boxed, &name, &body, &memory)) {
		const struct see_body *of = see_body_of(SEE_EVENT, name);
		MUST(of, "an event that no schema has: " STR_FMT, STR_ARG(name));
		if (!of || !see_body_is_seen(viewer, of, body))
			continue;
		if (!peek_item(&seen, &event) || !str_eq(peek_text(event, "name"), name) ||
		    !peek(event, "body", &own)) {
			trace_broken(__FILE__, __LINE__, STR_FMT " is not shown " STR_FMT ": " STR_FMT,
				     STR_ARG(viewer->login), STR_ARG(name), STR_ARG(shown));
			return;
		}
		check_body(&(struct shown){ledger, viewer, entry, of, body, own});
	}
	MUST(!peek_item(&seen, &event), STR_FMT " is shown an event more: " STR_FMT, STR_ARG(viewer->login),
	     STR_ARG(shown));
}

static void check_rest(const struct ledger *ledger, const struct see_viewer *viewer, const struct ledger_entry *entry,
		       uint64_t index, struct str shown)
{
	struct str because = {0}, personal = {0}, names = {0}, name;
	bool record = see_may_read_record(viewer);
	MUST(peek_int(shown, "index", -1) == (record ? (int64_t)index : -1) && peek_has(shown, "from") == record,
	     STR_FMT " is told an entry's number, or is not", STR_ARG(viewer->login));
	bool decided = str_contains(entry->text, STR("\"because\":{"));
	MUST(peek(shown, "because", &because) == (decided && see_may_read_because(viewer)),
	     STR_FMT " is told why, or is not", STR_ARG(viewer->login));
	if (because.len > 0 && peek(because, "personal", &personal))
		MUST(see_may_read_facts(viewer) || str_eq(personal, STR("[]")), STR_FMT " is shown facts of a person",
		     STR_ARG(viewer->login));
	bool named = peek(shown, "names", &names);
	MUST(named, "an entry is shown without names");
	for (struct peek_walk walk = peek_begin(names); peek_item(&walk, &name);) {
		struct str table = {0}, number = {0};
		int64_t id = 0;
		bool is_ref =
		    str_cut(peek_text(name, "ref"), ':', &table, &number) && str_to_i64(number, 1, INT64_MAX, &id);
		MUST(is_ref && see_label_is_seen(viewer, table, (uint64_t)id), STR_FMT " is shown the name of " STR_FMT,
		     STR_ARG(viewer->login), STR_ARG(peek_text(name, "ref")));
	}
	uint32_t value;
	for (size_t at = 0; values_find(ledger->values, shown.at, shown.len, &at, &value);)
		check_erased(&ledger->values->at[value], viewer);
}

void sight_check_entry(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index, struct str shown)
{
	const struct ledger_entry *entry = &ledger->entries[index];
	check_input(ledger, viewer, entry, shown);
	check_refusal(ledger, viewer, entry, shown);
	check_events(ledger, viewer, entry, shown);
	check_rest(ledger, viewer, entry, index, shown);
}

uint64_t sight_last(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t last)
{
	uint64_t from = ledger->size;
	while (from > 0 && last > 0)
		last -= sight_has_entry(ledger, viewer, --from);
	return from;
}

/* What mentions a row */

struct mention {
	const struct ledger *ledger;
	const struct see_viewer *viewer;
	struct str table;
	uint64_t id;
	bool found, open; /* open: in something that is not sealed */
};

static bool is_id(struct str value, uint64_t id)
{
	int64_t number;
	return str_to_i64(value, 0, INT64_MAX, &number) && (uint64_t)number == id;
}

static void look_in_body(struct mention *mention, const struct see_body *of, struct str body)
{
	struct str name, value, item;
	if (!of)
		return;
	for (struct peek_walk walk = peek_begin(body); peek_member(&walk, &name, &value);) {
		const struct see_member *member = see_member_of(of, name);
		if (!member || !member->table || !str_eq(mention->table, str_of(member->table)) ||
		    !see_member_is_seen(mention->viewer, member, body) ||
		    is_masked(mention->ledger, mention->viewer, member, body))
			continue;
		bool names = is_id(value, mention->id);
		for (struct peek_walk items = peek_begin(value); peek_item(&items, &item);)
			names |= is_id(item, mention->id);
		mention->found |= names;
		mention->open |= names && !member->personal;
	}
}

bool sight_mentions(const struct ledger *ledger, const struct see_viewer *viewer, uint64_t index,
		    const struct talk_history *history, bool *ret_is_sealed)
{
	const struct ledger_entry *entry = &ledger->entries[index];
	struct mention mention = {ledger, viewer, str_of(history->table), history->id, false, false};
	struct str event, body;
	look_in_body(&mention, input_of(entry), entry->input);
	for (struct peek_walk walk = peek_begin(entry->events); peek_item(&walk, &event);)
		if (peek(event, "body", &body))
			look_in_body(&mention, see_body_of(SEE_EVENT, peek_text(event, "name")), body);
	*ret_is_sealed = mention.found && !mention.open;
	return mention.found;
}
