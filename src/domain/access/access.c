#include "domain/access/access.h"

#include "domain/doors/doors.h"
#include "domain/mission/mission.h"
#include "domain/people/people.h"
#include "domain/site/site.h"
#include "rules/because.h"
#include "rules/rulebooks.h"
#include "schema/text.h"

enum { MS_PER_DAY = 24 * 60 * 60 * 1000 };

static void set_text(struct access_request *r, enum access_request_fact fact, struct str text)
{
	r->facts[fact] = (struct fact){.state = FACT_KNOWN, .text = text};
}

static void set_number(struct access_request *r, enum access_request_fact fact, int64_t number)
{
	r->facts[fact] = (struct fact){.state = FACT_KNOWN, .number = number};
}

static void person_facts(struct access_request *r, const struct person *person, int64_t now)
{
	set_text(r, ACCESS_REQUEST_PERSON_NAME, text_str(person->name));
	for (size_t i = 0; i < person->groups.n; i++)
		r->groups[i] = person_groups_name(person->groups.at[i]);
	r->facts[ACCESS_REQUEST_PERSON_GROUPS] =
	    (struct fact){.state = FACT_KNOWN, .texts = {.n = person->groups.n, .at = r->groups}};
	if (person->has_company)
		set_text(r, ACCESS_REQUEST_PERSON_COMPANY, text_str(person->company));
	else
		r->facts[ACCESS_REQUEST_PERSON_COMPANY].state = FACT_ABSENT;
	set_number(r, ACCESS_REQUEST_PERSON_CLEARANCE, person->clearance);
	set_number(r, ACCESS_REQUEST_PERSON_PRESENT, people_is_present(person, now));
}

static void place_facts(struct access_request *r, const struct state *state, const struct reader *reader)
{
	const struct door *door = doors_door_of(state, reader);
	const struct zone *zone = zone_get(state, door->zone);
	const struct zone *from = zone_get(state, door->from_zone);
	ASSERT(zone && from);
	set_text(r, ACCESS_REQUEST_DOOR_NAME, text_str(door->name));
	set_text(r, ACCESS_REQUEST_DOOR_ZONE, text_str(zone->name));
	set_text(r, ACCESS_REQUEST_DOOR_FROM_ZONE, text_str(from->name));
	set_text(r, ACCESS_REQUEST_DOOR_BUILDING, text_str(site_building_of(state, zone)->name));
	set_number(r, ACCESS_REQUEST_ZONE_GRADE, zone->grade);
	set_text(r, ACCESS_REQUEST_ZONE_KIND, zone_kind_name(zone->kind));
	set_number(r, ACCESS_REQUEST_READER_SECURE, reader->secure);
}

void access_request_of(const struct state *state, const struct badge *badge, const struct reader *reader, int64_t now,
		       struct access_request *ret_request)
{
	struct access_request *r = ret_request;
	*r = (struct access_request){0};
	person_facts(r, people_holder(state, badge), now);
	set_text(r, ACCESS_REQUEST_CREDENTIAL_KIND, badge_kind_name(badge->kind));
	set_number(r, ACCESS_REQUEST_CREDENTIAL_AGE_DAYS, (now - badge->issued) / MS_PER_DAY);
	place_facts(r, state, reader);
	struct mission_local_time local = mission_local_time(state, now);
	set_number(r, ACCESS_REQUEST_NOW_TIME, local.minute);
	set_text(r, ACCESS_REQUEST_NOW_WEEKDAY, mission_weekday_name(local.weekday));
	set_number(r, ACCESS_REQUEST_NOW_DATE, local.day);
}

/* Rules 2 to 6. */
static enum access_denied_why barred(const struct state *state, const struct badge *badge, int64_t now)
{
	if (!badge)
		return ACCESS_DENIED_WHY_UNKNOWN_CARD;
	if (badge->state == BADGE_STATE_SUSPENDED)
		return ACCESS_DENIED_WHY_BADGE_SUSPENDED;
	if (badge->state == BADGE_STATE_EXPIRED || (badge->has_until && badge->until <= now))
		return ACCESS_DENIED_WHY_BADGE_EXPIRED;
	if (!people_is_present(people_holder(state, badge), now))
		return ACCESS_DENIED_WHY_NOT_PRESENT;
	if (doors_are_held(state))
		return ACCESS_DENIED_WHY_HELD;
	return ACCESS_DENIED_WHY_NONE;
}

static enum access_denied_why why_not(const struct answer *answer)
{
	if (answer->unknown_count > 0)
		return ACCESS_DENIED_WHY_FACTS_NOT_KNOWN;
	return answer->by_default ? ACCESS_DENIED_WHY_NO_RULE_PERMITS : ACCESS_DENIED_WHY_FORBIDDEN_BY_RULE;
}

/* Rule 7. Returns WHY_NONE when the rulebook permits. */
static enum access_denied_why forbidden(struct turn *t, const struct badge *badge, const struct reader *reader)
{
	struct access_request request;
	struct answer answer;
	const struct rulebook *rulebook = t->rulebooks->access;
	access_request_of(t->state, badge, reader, t->now, &request);
	rulebook_decide(rulebook, request.facts, &answer);
	t->because = rules_because(rulebook, request.facts, &answer, t->arena);
	return answer.outcome == OUTCOME_PERMIT ? ACCESS_DENIED_WHY_NONE : why_not(&answer);
}

static void deny(struct turn *t, const struct reader *reader, const struct badge *badge, enum access_denied_why why)
{
	emit(t, access_denied, .door = reader->door, .reader = reader->reader, .why = why, .has_person = badge,
	     .person = badge ? badge->person : 0, .has_badge = badge, .badge = badge ? badge->badge : 0);
}

/* Rule 1: the reader, or NULL when the report is refused. */
static const struct reader *reader_of(struct turn *t, uint64_t reader, int64_t bits, struct str card)
{
	const struct reader *row = doors_reader_on_line(t->state, reader, t->driver);
	if (!row)
		refuse(t, ACCESS_UNKNOWN_READER, .reader = (int64_t)reader);
	else if (!people_card_fits(bits, card.len))
		refuse(t, ACCESS_CARD_LENGTH, .bits = bits, .bytes = (int64_t)card.len);
	else
		return row;
	return NULL;
}

/* The badge, or NULL. The report is about its holder, whatever becomes of it and also when the bits are not the badge's: the
 * number is. */
static const struct badge *badge_of(struct turn *t, struct str card, int64_t bits)
{
	const struct badge *badge = badge_by_card(t->state, card);
	if (badge)
		concern(t, person, badge->person);
	return badge && badge->bits == bits ? badge : NULL;
}

void access_decide_card_read(struct turn *t, const struct access_card_read *ask)
{
	const struct badge *badge = badge_of(t, ask->card, ask->bits);
	const struct reader *reader = reader_of(t, ask->reader, ask->bits, ask->card); /* 1 */
	if (!reader)
		return;
	if (t->ago >= ACCESS_ANSWER_MS) {
		emit(t, access_read_late, .door = reader->door, .reader = reader->reader, .has_person = badge,
		     .person = badge ? badge->person : 0, .has_badge = badge, .badge = badge ? badge->badge : 0);
		return;
	}
	enum access_denied_why why = barred(t->state, badge, t->now); /* 2 to 6 */
	if (why == ACCESS_DENIED_WHY_NONE)
		why = forbidden(t, badge, reader); /* 7 */
	if (why != ACCESS_DENIED_WHY_NONE) {
		deny(t, reader, badge, why);
		return;
	}
	ASSERT(badge && badge->state == BADGE_STATE_ACTIVE);
	emit(t, access_granted, .door = reader->door, .reader = reader->reader, .person = badge->person,
	     .badge = badge->badge); /* 8 */
}

/* What a driver did in the core's place is recorded, and not judged again. */
void access_decide_card_decided(struct turn *t, const struct access_card_decided *ask)
{
	const struct badge *badge = badge_of(t, ask->card, ask->bits);
	const struct reader *reader = reader_of(t, ask->reader, ask->bits, ask->card);
	if (!reader)
		return;
	emit(t, access_decided_by_table, .door = reader->door, .reader = reader->reader, .outcome = ask->outcome,
	     .why = ask->why, .table = ask->table, .at = ask->at, .has_person = badge,
	     .person = badge ? badge->person : 0, .has_badge = badge, .badge = badge ? badge->badge : 0);
}

void access_decide_table_refused(struct turn *t, const struct access_table_refused *ask)
{
	emit(t, access_table_not_taken, .driver = t->driver, .number = ask->number, .why = ask->why);
}

/* Who passes when a table has run out */

void access_decide_declare_standing(struct turn *t, const struct access_declare_standing *ask)
{
	const struct person *person = person_get(t->state, ask->person);
	if (!door_get(t->state, ask->door)) {
		refuse(t, ACCESS_NO_DOOR, .door = (int64_t)ask->door);
	} else if (!person || person->forgotten) {
		refuse(t, ACCESS_NO_PERSON, .person = (int64_t)ask->person);
	} else if (standing_full(t->state)) {
		refuse(t, ACCESS_FULL, .at_most = STANDING_AT_MOST);
	} else {
		uint64_t standing = standing_next_id(t->state);
		emit(t, access_standing_declared, .standing = standing, .door = ask->door, .person = ask->person);
		give(t, access_declare_standing, .standing = standing);
	}
}

void access_apply_standing_declared(struct state *s, const struct access_standing_declared *ev)
{
	standing_add(s, &(struct standing){.standing = ev->standing, .door = ev->door, .person = ev->person});
}

void access_decide_revoke_standing(struct turn *t, const struct access_revoke_standing *ask)
{
	const struct standing *row = standing_get(t->state, ask->standing);
	if (row)
		emit(t, access_standing_revoked, .standing = row->standing, .door = row->door, .person = row->person);
	else
		refuse(t, ACCESS_NO_STANDING, .standing = (int64_t)ask->standing);
}

void access_apply_standing_revoked(struct state *s, const struct access_standing_revoked *ev)
{
	standing_remove(s, ev->standing);
}
