#include "domain/people/people.h"

#include "schema/text.h"

const struct person *people_holder(const struct state *state, const struct badge *badge)
{
	const struct person *person = person_get(state, badge->person);
	ASSERT(person);
	return person;
}

bool people_is_present(const struct person *person, int64_t now)
{
	return (!person->has_from || person->from <= now) && (!person->has_until || now < person->until);
}

bool people_card_fits(int64_t bits, size_t bytes)
{
	return (int64_t)bytes == (bits + 7) / 8;
}

void people_decide_enrol(struct turn *t, const struct people_enrol *ask)
{
	bool ends_first = ask->has_until && (ask->until <= t->now || (ask->has_from && ask->until <= ask->from));
	if (ends_first) {
		refuse(t, PEOPLE_TIMES);
		return;
	}
	if (person_full(t->state)) {
		refuse(t, PEOPLE_FULL, .at_most = PERSON_AT_MOST);
		return;
	}
	uint64_t person = person_next_id(t->state);
	concern(t, person, person);
	emit(t, people_enrolled, .person = person, .name = ask->name, .groups = ask->groups,
	     .has_company = ask->has_company, .company = ask->company, .clearance = ask->clearance,
	     .has_from = ask->has_from, .from = ask->from, .has_until = ask->has_until, .until = ask->until);
	give(t, people_enrol, .person = person);
}

void people_apply_enrolled(struct state *s, const struct people_enrolled *ev)
{
	struct person row = {.person = ev->person,
			     .has_company = ev->has_company,
			     .clearance = ev->clearance,
			     .has_from = ev->has_from,
			     .from = ev->from,
			     .has_until = ev->has_until,
			     .until = ev->until};
	text_set(&row.name, ev->name);
	if (ev->has_company)
		text_set(&row.company, ev->company);
	if (ev->has_until) {
		row.has_forget_on = true;
		row.forget_on = ev->until + PEOPLE_KEEP_MS;
	}
	row.groups.n = (uint16_t)ev->groups.n;
	for (size_t i = 0; i < ev->groups.n; i++)
		row.groups.at[i] = ev->groups.at[i];
	person_add(s, &row);
}

/* The person's row; refuses where there is none, or nothing is known of the person any more. */
static const struct person *known_person(struct turn *t, uint64_t person)
{
	const struct person *row = person_get(t->state, person);
	if (!row)
		refuse(t, PEOPLE_NO_PERSON, .person = (int64_t)person);
	else if (row->forgotten)
		refuse(t, PEOPLE_FORGOTTEN, .person = person);
	else
		return row;
	return NULL;
}

void people_decide_issue_badge(struct turn *t, const struct people_issue_badge *ask)
{
	if (!known_person(t, ask->person))
		return;
	if (!people_card_fits(ask->bits, ask->card.len)) {
		refuse(t, PEOPLE_CARD_LENGTH, .bits = ask->bits, .bytes = (int64_t)ask->card.len);
		return;
	}
	const struct badge *there = badge_by_card(t->state, ask->card);
	if (there) {
		refuse(t, PEOPLE_CARD_TAKEN, .badge = there->badge);
		return;
	}
	if (ask->has_until && ask->until <= t->now) {
		refuse(t, PEOPLE_TIMES);
		return;
	}
	if (badge_full(t->state)) {
		refuse(t, PEOPLE_FULL, .at_most = BADGE_AT_MOST);
		return;
	}
	uint64_t badge = badge_next_id(t->state);
	emit(t, people_badge_issued, .badge = badge, .person = ask->person, .card = ask->card, .bits = ask->bits,
	     .kind = ask->kind, .issued = t->now, .has_until = ask->has_until, .until = ask->until);
	give(t, people_issue_badge, .badge = badge);
}

void people_apply_badge_issued(struct state *s, const struct people_badge_issued *ev)
{
	struct badge row = {.badge = ev->badge,
			    .person = ev->person,
			    .bits = ev->bits,
			    .kind = ev->kind,
			    .state = BADGE_STATE_ACTIVE,
			    .issued = ev->issued,
			    .has_until = ev->has_until,
			    .until = ev->until};
	text_set(&row.card, ev->card);
	badge_add(s, &row);
}

void people_decide_suspend_badge(struct turn *t, const struct people_suspend_badge *ask)
{
	const struct badge *badge = badge_get(t->state, ask->badge);
	if (!badge) {
		refuse(t, PEOPLE_NO_BADGE, .badge = (int64_t)ask->badge);
		return;
	}
	if (badge->state != BADGE_STATE_ACTIVE) {
		refuse(t, PEOPLE_BADGE_ALREADY, .badge = ask->badge);
		return;
	}
	emit(t, people_badge_suspended, .badge = ask->badge, .person = badge->person, .why = ask->why);
}

void people_apply_badge_suspended(struct state *s, const struct people_badge_suspended *ev)
{
	badge_edit(s, ev->badge)->state = BADGE_STATE_SUSPENDED;
}

/* An expired badge stays so: its time is over, and a new badge says from when to when. */
void people_decide_restore_badge(struct turn *t, const struct people_restore_badge *ask)
{
	const struct badge *badge = badge_get(t->state, ask->badge);
	if (!badge) {
		refuse(t, PEOPLE_NO_BADGE, .badge = (int64_t)ask->badge);
		return;
	}
	if (badge->state != BADGE_STATE_SUSPENDED) {
		refuse(t, PEOPLE_BADGE_ALREADY, .badge = ask->badge);
		return;
	}
	emit(t, people_badge_restored, .badge = ask->badge, .person = badge->person);
}

void people_apply_badge_restored(struct state *s, const struct people_badge_restored *ev)
{
	badge_edit(s, ev->badge)->state = BADGE_STATE_ACTIVE;
}

void people_due_expire_badge(struct turn *t, const struct badge *row)
{
	emit(t, people_badge_expired, .badge = row->badge, .person = row->person);
}

void people_apply_badge_expired(struct state *s, const struct people_badge_expired *ev)
{
	badge_edit(s, ev->badge)->state = BADGE_STATE_EXPIRED;
	badge_clear_until(s, ev->badge);
}

/* The picture, and the end */

void people_decide_set_photo(struct turn *t, const struct people_set_photo *ask)
{
	if (known_person(t, ask->person))
		emit(t, people_photo_set, .person = ask->person, .photo = ask->photo);
}

void people_apply_photo_set(struct state *s, const struct people_photo_set *ev)
{
	struct person *row = person_edit(s, ev->person);
	row->has_photo = ev->photo.len > 0;
	text_set(&row->photo, ev->photo);
}

void people_decide_forget(struct turn *t, const struct people_forget *ask)
{
	if (known_person(t, ask->person))
		emit(t, people_person_forgotten, .person = ask->person,
		     .why = (enum people_person_forgotten_why)ask->why);
}

/* So long after the end of a stay, unless the person was forgotten before. */
void people_due_stay_over(struct turn *t, const struct person *row)
{
	emit(t, people_person_forgotten, .person = row->person, .why = PEOPLE_PERSON_FORGOTTEN_WHY_STAY_OVER);
}

/* The record was restored from before that. */
void people_on_record_subject_forgotten(struct turn *t, const struct record_subject_forgotten *ev)
{
	const struct person *row =
	    str_eq(ev->table, STR("person")) ? person_get(t->state, (uint64_t)ev->subject) : NULL;
	if (row && !row->forgotten)
		emit(t, people_person_forgotten, .person = row->person, .why = PEOPLE_PERSON_FORGOTTEN_WHY_BEFORE);
}

/* The core blanks what is personal. */
void people_apply_person_forgotten(struct state *s, const struct people_person_forgotten *ev)
{
	person_edit(s, ev->person)->forgotten = true;
	person_clear_forget_on(s, ev->person);
	for (const struct badge *row = badge_first_by_person(s, ev->person); row; row = badge_next_by_person(s, row)) {
		badge_edit(s, row->badge)->state = BADGE_STATE_EXPIRED;
		badge_clear_until(s, row->badge);
	}
}
