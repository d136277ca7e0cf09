#include "domain/oversight/oversight.h"

#include "schema/text.h"

/* What the core asks around a command's decision may emit this domain's events, whoever's the command is. */
static struct turn_may begin(struct turn *t)
{
	struct turn_may before = t->may;
	t->may = events_of(STR("oversight"));
	return before;
}

/* Approval */

void oversight_refuse_unasserted(struct turn *t, struct str command)
{
	refuse(t, OVERSIGHT_UNASSERTED, .command = command);
}

void oversight_ask_approval(struct turn *t, const struct input_type *type)
{
	if (pending_full(t->state)) {
		refuse(t, OVERSIGHT_FULL, .at_most = PENDING_AT_MOST);
		return;
	}
	begin(t);
	uint64_t pending = pending_next_id(t->state);
	emit(t, oversight_approval_asked, .pending = pending, .entry = (int64_t)t->entry, .command = type->name,
	     .login = t->login, .until = t->now + type->approve_within);
}

void oversight_apply_approval_asked(struct state *s, const struct oversight_approval_asked *ev)
{
	struct pending row = {.pending = ev->pending, .entry = ev->entry, .until = ev->until};
	text_set(&row.command, ev->command);
	text_set(&row.login, ev->login);
	pending_add(s, &row);
}

/* The row that still waits; the timer that ends it may not have run yet. */
static const struct pending *open_pending(const struct turn *t, uint64_t pending)
{
	const struct pending *row = pending_get(t->state, pending);
	return row && t->now < row->until ? row : NULL;
}

bool oversight_may_approve(struct turn *t, const struct input_type *type)
{
	const struct pending *pending = open_pending(t, t->checked.pending);
	if (!pending || !str_eq(text_str(pending->command), type->name)) {
		refuse(t, OVERSIGHT_NO_PENDING, .pending = (int64_t)t->checked.pending);
		return false;
	}
	if (str_eq(text_str(pending->login), t->login)) {
		refuse(t, OVERSIGHT_SAME_PERSON, .login = t->login);
		return false;
	}
	return true;
}

void oversight_approved(struct turn *t)
{
	const struct pending *pending = pending_get(t->state, t->checked.pending);
	ASSERT(pending);
	struct turn_may before = begin(t);
	emit(t, oversight_approved, .pending = pending->pending,
	     .command = arena_str(t->arena, text_str(pending->command)),
	     .asked_by = arena_str(t->arena, text_str(pending->login)), .login = t->login);
	t->may = before;
}

void oversight_apply_approved(struct state *s, const struct oversight_approved *ev)
{
	pending_remove(s, ev->pending);
}

void oversight_decide_decline(struct turn *t, const struct oversight_decline *ask)
{
	const struct pending *pending = open_pending(t, ask->pending);
	if (!pending) {
		refuse(t, OVERSIGHT_NO_PENDING, .pending = (int64_t)ask->pending);
		return;
	}
	emit(t, oversight_declined, .pending = ask->pending, .command = arena_str(t->arena, text_str(pending->command)),
	     .login = t->login, .why = ask->why);
}

void oversight_apply_declined(struct state *s, const struct oversight_declined *ev)
{
	pending_remove(s, ev->pending);
}

void oversight_due_pending_over(struct turn *t, const struct pending *row)
{
	emit(t, oversight_approval_over, .pending = row->pending,
	     .command = arena_str(t->arena, text_str(row->command)));
}

void oversight_apply_approval_over(struct state *s, const struct oversight_approval_over *ev)
{
	pending_remove(s, ev->pending);
}

/* Reviews */

void oversight_owe_review(struct turn *t, const struct input_type *type)
{
	if (review_full(t->state))
		return; /* what saves life is done also then; those that are open say enough */
	struct turn_may before = begin(t);
	emit(t, oversight_review_owed, .review = review_next_id(t->state), .entry = (int64_t)t->entry,
	     .command = type->name, .login = t->login, .until = t->now + OVERSIGHT_REVIEW_MS);
	t->may = before;
}

void oversight_apply_review_owed(struct state *s, const struct oversight_review_owed *ev)
{
	struct review row = {.review = ev->review, .entry = ev->entry, .has_until = true, .until = ev->until};
	text_set(&row.command, ev->command);
	text_set(&row.login, ev->login);
	review_add(s, &row);
}

void oversight_due_review_missed(struct turn *t, const struct review *row)
{
	emit(t, oversight_review_missed, .review = row->review, .command = text_str(row->command),
	     .login = text_str(row->login));
}

void oversight_apply_review_missed(struct state *s, const struct oversight_review_missed *ev)
{
	review_clear_until(s, ev->review);
}

void oversight_decide_review(struct turn *t, const struct oversight_review *ask)
{
	const struct review *review = review_get(t->state, ask->review);
	if (!review) {
		refuse(t, OVERSIGHT_NO_REVIEW, .review = (int64_t)ask->review);
		return;
	}
	if (str_eq(text_str(review->login), t->login)) {
		refuse(t, OVERSIGHT_SAME_PERSON, .login = t->login);
		return;
	}
	emit(t, oversight_reviewed, .review = ask->review, .command = arena_str(t->arena, text_str(review->command)),
	     .login = t->login, .finding = ask->finding, .has_note = ask->has_note, .note = ask->note);
}

void oversight_apply_reviewed(struct state *s, const struct oversight_reviewed *ev)
{
	review_remove(s, ev->review);
}

/* Looks */

/* person:12 names a row that exists. */
static bool is_row(const struct state *state, struct str subject)
{
	struct str table, number;
	int64_t id;
	return str_cut(subject, ':', &table, &number) && str_to_i64(number, 1, JSON_INT_MAX, &id) &&
	       state_has_row(state, table, (uint64_t)id);
}

void oversight_decide_look(struct turn *t, const struct oversight_look *ask)
{
	for (size_t i = 0; i < ask->subjects.n; i++) {
		if (is_row(t->state, ask->subjects.at[i]))
			continue;
		refuse(t, OVERSIGHT_NO_SUBJECT, .subject = ask->subjects.at[i]);
		return;
	}
	if (look_full(t->state)) {
		refuse(t, OVERSIGHT_FULL, .at_most = LOOK_AT_MOST);
		return;
	}
	uint64_t look = look_next_id(t->state);
	emit(t, oversight_looked, .look = look, .login = t->login, .purpose = ask->purpose, .subjects = ask->subjects,
	     .until = t->now + OVERSIGHT_LOOK_MS);
	give(t, oversight_look, .look = look);
}

void oversight_apply_looked(struct state *s, const struct oversight_looked *ev)
{
	struct look row = {.look = ev->look, .until = ev->until};
	text_set(&row.login, ev->login);
	row.subjects.n = (uint16_t)ev->subjects.n;
	for (size_t i = 0; i < ev->subjects.n; i++)
		text_set(&row.subjects.at[i], ev->subjects.at[i]);
	look_add(s, &row);
}

void oversight_due_look_over(struct turn *t, const struct look *row)
{
	emit(t, oversight_look_over, .look = row->look, .login = arena_str(t->arena, text_str(row->login)));
}

void oversight_apply_look_over(struct state *s, const struct oversight_look_over *ev)
{
	look_remove(s, ev->look);
}

bool oversight_is_open(const struct state *state, struct str login, struct str subject)
{
	for (const struct look *row = look_first_by_login(state, login); row; row = look_next_by_login(state, row))
		for (size_t i = 0; i < row->subjects.n; i++)
			if (str_eq(text_str(row->subjects.at[i]), subject))
				return true;
	return false;
}
