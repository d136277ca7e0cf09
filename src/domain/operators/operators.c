#include "domain/operators/operators.h"

#include "schema/text.h"

void operators_decide_enrol_passkey(struct turn *t, const struct operators_enrol_passkey *ask)
{
	const struct passkey *known = passkey_by_credential(t->state, ask->credential);
	if (known) {
		refuse(t, OPERATORS_PASSKEY_KNOWN, .passkey = known->passkey);
		return;
	}
	if (passkey_full(t->state)) {
		refuse(t, OPERATORS_FULL, .at_most = PASSKEY_AT_MOST);
		return;
	}
	uint64_t passkey = passkey_next_id(t->state);
	emit(t, operators_passkey_enrolled, .passkey = passkey, .login = ask->login, .label = ask->label,
	     .credential = ask->credential, .key = ask->key);
	give(t, operators_enrol_passkey, .passkey = passkey);
}

void operators_apply_passkey_enrolled(struct state *s, const struct operators_passkey_enrolled *ev)
{
	struct passkey row = {.passkey = ev->passkey};
	text_set(&row.login, ev->login);
	text_set(&row.label, ev->label);
	text_set(&row.credential, ev->credential);
	text_set(&row.key, ev->key);
	passkey_add(s, &row);
}

void operators_decide_remove_passkey(struct turn *t, const struct operators_remove_passkey *ask)
{
	const struct passkey *row = passkey_get(t->state, ask->passkey);
	if (row)
		emit(t, operators_passkey_removed, .passkey = ask->passkey,
		     .login = arena_str(t->arena, text_str(row->login)));
	else
		refuse(t, OPERATORS_NO_PASSKEY, .passkey = (int64_t)ask->passkey);
}

void operators_apply_passkey_removed(struct state *s, const struct operators_passkey_removed *ev)
{
	passkey_remove(s, ev->passkey);
}

void operators_passkey_used(struct turn *t)
{
	struct turn_may before = t->may;
	t->may = events_of(STR("operators"));
	emit(t, operators_passkey_used, .passkey = t->checked.passkey, .login = t->login,
	     .counter = t->checked.counter);
	t->may = before;
}

/* The command may have removed it. */
void operators_apply_passkey_used(struct state *s, const struct operators_passkey_used *ev)
{
	if (passkey_get(s, ev->passkey))
		passkey_edit(s, ev->passkey)->counter = ev->counter;
}
