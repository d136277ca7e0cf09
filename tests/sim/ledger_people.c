/* ledger_people.c: people, badges, and who may pass which door. */
#include "sim/ledger_inner.h"

#define NO_VALUE UINT32_MAX

static uint32_t value_in(const struct taken *t, struct str text)
{
	uint32_t value;
	size_t at = 0;
	return values_find(t->ledger->values, text.at, text.len, &at, &value) ? value : NO_VALUE;
}

static struct ledger_person *person_of(const struct taken *t, int64_t person)
{
	struct ledger *ledger = t->ledger;
	bool there = person >= 1 && (uint64_t)person <= ledger->n_people;
	return there ? &ledger->people[person] : NULL;
}

static struct ledger_badge *badge_of(const struct taken *t, int64_t badge)
{
	struct ledger *ledger = t->ledger;
	bool there = badge >= 1 && (uint64_t)badge <= ledger->n_badges;
	return there ? &ledger->badges[badge] : NULL;
}

uint64_t ledger_badge_of(const struct ledger *ledger, uint32_t card)
{
	for (uint64_t i = 1; i <= ledger->n_badges; i++)
		if (ledger->badges[i].card == card && card != NO_VALUE)
			return i;
	return 0;
}

/* People */

static void enrolled(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	uint32_t name = value_in(t, peek_text(body, "name"));
	ASSERT(event == 0 && ledger->n_people < LEDGER_PEOPLE_MAX);
	MUST(peek_int(body, "person", 0) == (int64_t)ledger->n_people + 1, "people are not counted one by one");
	struct ledger_person *person = &ledger->people[++ledger->n_people];
	*person = (struct ledger_person){.since = t->index};
	struct str groups = {0};
	if (peek(body, "groups", &groups))
		for (int i = 0; i < PLACE_GROUPS; i++)
			if (str_contains(groups, str_of(place_group_name((enum place_group)i))))
				person->group = (enum place_group)i;
	person->is_guest_of_honour = str_ends(peek_text(body, "name"), STR("of honour"));
	if (name != NO_VALUE)
		ledger->values->at[name].person = ledger->n_people;
	ledger->entries[t->index].concerns = ledger->n_people;
}

static void issued(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	ASSERT(event == 0 && ledger->n_badges < LEDGER_BADGES_MAX);
	MUST(peek_int(body, "badge", 0) == (int64_t)ledger->n_badges + 1, "badges are not counted one by one");
	struct ledger_badge *badge = &ledger->badges[++ledger->n_badges];
	*badge = (struct ledger_badge){.person = (uint64_t)peek_int(body, "person", 0),
				       .card = value_in(t, peek_text(body, "card")),
				       .until = peek_int(body, "until", 0)};
	MUST(person_of(t, (int64_t)badge->person), "a badge of nobody");
}

static void set_badge(const struct taken *t, struct str body, int from, int to)
{
	struct ledger_badge *badge = badge_of(t, peek_int(body, "badge", 0));
	MUST(badge && badge->state == (unsigned)from, "a badge that was not so before changes");
	if (badge)
		badge->state = (unsigned)to;
}

static void suspended(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	set_badge(t, body, LEDGER_ACTIVE, LEDGER_SUSPENDED);
}

static void restored(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	set_badge(t, body, LEDGER_SUSPENDED, LEDGER_ACTIVE);
}

static void expired(const struct taken *t, unsigned event, struct str body)
{
	struct ledger_badge *badge = badge_of(t, peek_int(body, "badge", 0));
	(void)event;
	MUST(badge && badge->until != 0 && badge->until <= t->wall, "a badge expires before its time");
	if (!badge)
		return;
	badge->state = LEDGER_EXPIRED;
	badge->until = 0;
}

static void forget_person(const struct taken *t, int64_t number)
{
	struct ledger *ledger = t->ledger;
	struct ledger_person *person = person_of(t, number);
	if (person) {
		person->is_forgotten = true;
		person->is_guest_of_honour = false;
	}
	for (uint64_t i = 1; i <= ledger->n_badges; i++)
		if (ledger->badges[i].person == (uint64_t)number)
			ledger->badges[i].card = NO_VALUE;
	ASSERT(ledger->n_forgettings < LEDGER_FORGETTINGS_MAX);
	ledger->forgettings[ledger->n_forgettings++] =
	    (struct ledger_forgetting){.entry = t->index, .person = (uint64_t)number};
}

static void forgotten(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	forget_person(t, peek_int(body, "person", 0));
}

/* With all that goes with it. */
static void person_forgotten(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	int64_t person = peek_int(body, "person", 0);
	(void)event;
	forget_person(t, person);
	for (uint64_t i = 1; i <= ledger->n_badges; i++) {
		if (ledger->badges[i].person != (uint64_t)person)
			continue;
		ledger->badges[i].state = LEDGER_EXPIRED;
		ledger->badges[i].until = 0;
	}
}

/* Behind a restore only. */
static void forgotten_again(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	MUST(t->is_from_core && t->ledger->incarnation > 1, "somebody is forgotten again, and nothing was restored");
	if (str_eq(peek_text(body, "table"), STR("person")))
		forget_person(t, peek_int(body, "subject", 0));
}

static void reader_added(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	(void)event;
	ASSERT(ledger->n_readers < LEDGER_READERS_MAX);
	struct ledger_reader *reader = &ledger->readers[++ledger->n_readers];
	*reader = (struct ledger_reader){.door = (uint64_t)peek_int(body, "door", 0), .key = NO_VALUE};
	snprintf(reader->line, sizeof reader->line, STR_FMT, STR_ARG(peek_text(body, "line")));
}

/* Who may pass */

static const char *barred(const struct taken *t, const struct ledger_badge *badge, const struct ledger_reader *reader)
{
	enum { MINUTE_MS = 60000, DAY_MINUTES = 1440 };
	const struct ledger *ledger = t->ledger;
	if (!badge)
		return "unknown_card";
	if (badge->state == LEDGER_SUSPENDED)
		return "badge_suspended";
	if (badge->state == LEDGER_EXPIRED || (badge->until != 0 && badge->until <= t->wall))
		return "badge_expired";
	if (ledger->is_held)
		return "held";
	const struct ledger_person *person = &ledger->people[badge->person];
	struct place_request request = {.group = person->group,
					.is_guest_of_honour = person->is_guest_of_honour,
					.grade = place_grade(reader->door),
					.minute = t->wall / MINUTE_MS % DAY_MINUTES};
	return place_permits(ledger->in_force, &request) ? NULL : "no_rule_permits";
}

static void check_named(const struct taken *t, struct str body, uint64_t badge)
{
	uint64_t person = badge ? t->ledger->badges[badge].person : 0;
	MUST(peek_int(body, "badge", 0) == (int64_t)badge && peek_int(body, "person", 0) == (int64_t)person,
	     "entry %llu is about another badge or person than %llu", (unsigned long long)t->index,
	     (unsigned long long)badge);
}

static void check_decision(const struct taken *t, struct str name, struct str body, const char *why)
{
	if (!why) {
		MUST(str_eq(name, STR("access.Granted")), "entry %llu should be a grant and is " STR_FMT " " STR_FMT,
		     (unsigned long long)t->index, STR_ARG(name), STR_ARG(peek_text(body, "why")));
		MUST(taken_has(t, 1, "doors.Released"), "a grant releases no door");
	} else {
		MUST(str_eq(name, STR("access.Denied")) && str_eq(peek_text(body, "why"), str_of(why)),
		     "entry %llu should deny for %s and is " STR_FMT " " STR_FMT, (unsigned long long)t->index, why,
		     STR_ARG(name), STR_ARG(peek_text(body, "why")));
		MUST(taken_has(t, 1, "doors.Signalled"), "a denial says nothing at the reader");
	}
	t->ledger->granted += !why;
	t->ledger->denied += why != NULL;
}

/* The reader, where the report is of its own line; otherwise it must be refused. */
static const struct ledger_reader *reader_of(const struct taken *t)
{
	const struct ledger *ledger = t->ledger;
	int64_t number = peek_int(t->input, "reader", 0);
	bool there = number >= 1 && (uint64_t)number <= ledger->n_readers;
	const struct ledger_reader *reader = there ? &ledger->readers[number] : NULL;
	if (reader && str_eq(t->line, str_of(reader->line)))
		return reader;
	MUST(str_eq(t->refusal, STR("ACCESS_UNKNOWN_READER")), "a card at a reader of another line is not refused");
	return NULL;
}

/* What a read or decided card is about; the row of its badge, or 0. */
static uint64_t concern(const struct taken *t, uint32_t card)
{
	struct ledger *ledger = t->ledger;
	uint64_t badge = ledger_badge_of(ledger, card);
	if (badge == 0 && card != NO_VALUE)
		ledger->values->at[card].is_free = true; /* nobody knows whose it is, or was */
	ledger->entries[t->index].concerns = badge ? ledger->badges[badge].person : 0;
	return badge;
}

static void decide_card(const struct taken *t)
{
	struct ledger *ledger = t->ledger;
	struct str name = {0}, body = {0};
	bool is_decided = str_eq(t->name, STR("access.card_decided"));
	uint32_t card = value_in(t, peek_text(t->input, "card"));
	uint64_t badge = concern(t, card);
	/* One that was read before was right then; what it rested on may be erased since. */
	if (t->index < ledger->known)
		return;
	const struct ledger_reader *reader = reader_of(t);
	/* A card that was read and then decided by the table is in the record twice: as one and as the other. */
	if (card != NO_VALUE)
		ledger->values->at[card].times_entered += !peek_has(t->input, "read");
	if (!reader)
		return;
	MUST(!t->is_refused && taken_event(t, 0, &name, &body), "a card is refused: " STR_FMT, STR_ARG(t->refusal));
	if (t->is_refused)
		return;
	check_named(t, body, badge);
	MUST(peek_int(body, "door", 0) == (int64_t)reader->door && peek_has(body, "reader") &&
		 peek_int(body, "reader", 0) == peek_int(t->input, "reader", 0),
	     "another door is decided than was asked for");
	bool is_late = t->ago >= LEDGER_PATIENCE_MS && !is_decided;
	const char *single = is_decided ? "access.DecidedByTable" : is_late ? "access.ReadLate" : NULL;
	MUST(!single || (t->n_events == 1 && str_eq(name, str_of(single))),
	     "entry %llu is of a card that was read %lld ms ago, and is " STR_FMT, (unsigned long long)t->index,
	     (long long)t->ago, STR_ARG(name));
	if (is_decided)
		ledger_tables_check(t, t->line, card);
	else if (!is_late)
		check_decision(t, name, body, barred(t, badge ? &ledger->badges[badge] : NULL, reader));
	ledger->by_table += is_decided;
}

/* Badges have few states: what each command must be answered is plain. */
static const char *badge_refusal(const struct taken *t, bool suspends)
{
	const struct ledger_badge *badge = badge_of(t, peek_int(t->input, "badge", 0));
	if (!badge)
		return "PEOPLE_NO_BADGE";
	return badge->state == (suspends ? LEDGER_ACTIVE : LEDGER_SUSPENDED) ? NULL : "PEOPLE_BADGE_ALREADY";
}

static void decide_badge(const struct taken *t, bool suspends)
{
	const char *refusal = badge_refusal(t, suspends);
	if (str_eq(t->refusal, STR("MISSION_ROLE")))
		return;
	MUST(str_eq(t->refusal, str_of(refusal ? refusal : "")),
	     "entry %llu: a badge is refused " STR_FMT " and should be %s", (unsigned long long)t->index,
	     STR_ARG(t->refusal), refusal ? refusal : "done");
}

void ledger_people_decide(const struct taken *t)
{
	if ((str_eq(t->name, STR("access.card_read")) || str_eq(t->name, STR("access.card_decided"))) &&
	    str_eq(t->kind, STR("report")))
		decide_card(t);
	else if (str_eq(t->name, STR("people.suspend_badge")))
		decide_badge(t, true);
	else if (str_eq(t->name, STR("people.restore_badge")))
		decide_badge(t, false);
	for (size_t i = 0; i < t->n_events; i++)
		MUST(!taken_has(t, i, "doors.Released") || taken_has(t, 0, "access.Granted"),
		     "entry %llu releases a door without a decision", (unsigned long long)t->index);
}

const struct ledger_event ledger_people_events[] = {
    {"people.Enrolled", enrolled},
    {"people.BadgeIssued", issued},
    {"people.BadgeSuspended", suspended},
    {"people.BadgeRestored", restored},
    {"people.BadgeExpired", expired},
    {"trial.PersonForgotten", forgotten},
    {"people.PersonForgotten", person_forgotten},
    {"record.SubjectForgotten", forgotten_again},
    {"doors.ReaderAdded", reader_added},
    {NULL, NULL},
};
