/* trial.c: the decisions of trial.yaml, as short as can be. */
#include "gen/dispatch.h"
#include "schema/text.h"
#include "schema/turn.h"

static void done(struct turn *t, struct str what)
{
	emit(t, trial_done, .what = what);
}

void trial_apply_done(struct state *s, const struct trial_done *ev)
{
	ASSERT(s && ev);
}

void trial_decide_arm(struct turn *t, const struct trial_arm *ask)
{
	ASSERT(ask->code >= 0 && t->checked.asserted);
	done(t, STR("arm"));
}

void trial_decide_launch(struct turn *t, const struct trial_launch *ask)
{
	ASSERT(ask && t->checked.asserted && t->checked.pending != 0);
	done(t, STR("launch"));
}

void trial_decide_propose(struct turn *t, const struct trial_propose *ask)
{
	ASSERT(ask);
	done(t, STR("propose"));
}

void trial_decide_recite(struct turn *t, const struct trial_recite *ask)
{
	ASSERT(ask);
	done(t, STR("recite"));
}

void trial_decide_file_report(struct turn *t, const struct trial_file_report *ask)
{
	ASSERT(ask->report.len > 0);
	done(t, STR("file_report"));
}

void trial_decide_shout(struct turn *t, const struct trial_shout *ask)
{
	done(t, ask->where);
}

void trial_decide_knock(struct turn *t, const struct trial_knock *ask)
{
	ASSERT(ask);
	done(t, STR("knock"));
}

/* Dossiers and plans */

void trial_decide_open_dossier(struct turn *t, const struct trial_open_dossier *ask)
{
	uint64_t dossier = dossier_next_id(t->state);
	emit(t, trial_dossier_opened, .dossier = dossier, .person = ask->person, .title = ask->title,
	     .health = ask->health, .has_colour = ask->has_colour, .colour = ask->colour,
	     .has_picture = ask->has_picture, .picture = ask->picture, .has_pin = ask->has_pin, .pin = ask->pin);
	give(t, trial_open_dossier, .dossier = dossier);
}

void trial_apply_dossier_opened(struct state *s, const struct trial_dossier_opened *ev)
{
	struct dossier row = {.dossier = ev->dossier,
			      .person = ev->person,
			      .open = true,
			      .has_picture = ev->has_picture,
			      .has_pin = ev->has_pin,
			      .pin = ev->pin};
	text_set(&row.title, ev->title);
	text_set(&row.health, ev->health);
	if (ev->has_picture)
		text_set(&row.picture, ev->picture);
	dossier_add(s, &row);
}

void trial_decide_close_dossier(struct turn *t, const struct trial_close_dossier *ask)
{
	const struct dossier *row = dossier_get(t->state, ask->dossier);
	if (row && row->open)
		emit(t, trial_dossier_closed, .dossier = ask->dossier, .has_colour = ask->has_colour,
		     .colour = ask->colour);
	else
		refuse(t, TRIAL_NO_DOSSIER, .dossier = (int64_t)ask->dossier);
}

void trial_apply_dossier_closed(struct state *s, const struct trial_dossier_closed *ev)
{
	dossier_edit(s, ev->dossier)->open = false;
}

void trial_decide_hang_plan(struct turn *t, const struct trial_hang_plan *ask)
{
	emit(t, trial_plan_hung, .building = ask->building, .plan = ask->plan);
}

void trial_apply_plan_hung(struct state *s, const struct trial_plan_hung *ev)
{
	ASSERT(s && ev->plan.len > 0);
}

/* Forgetting, duress, readers */

void trial_decide_forget(struct turn *t, const struct trial_forget *ask)
{
	if (person_get(t->state, ask->person))
		emit(t, trial_person_forgotten, .person = ask->person);
	else
		refuse(t, TRIAL_NO_PERSON, .person = (int64_t)ask->person);
}

/* What is blanked the core blanks. */
void trial_apply_person_forgotten(struct state *s, const struct trial_person_forgotten *ev)
{
	ASSERT(person_get(s, ev->person));
}

enum { CODE_OF_DURESS = 999 };

void trial_decide_enter_code(struct turn *t, const struct trial_enter_code *ask)
{
	done(t, STR("enter_code"));
	if (ask->code == CODE_OF_DURESS)
		emit(t, trial_duress, .login = t->login);
}

void trial_apply_duress(struct state *s, const struct trial_duress *ev)
{
	ASSERT(s && ev->login.len > 0);
}

void trial_decide_set_mode(struct turn *t, const struct trial_set_mode *ask)
{
	if (reader_get(t->state, ask->reader))
		emit(t, trial_mode_set, .reader = ask->reader, .mode = ask->mode);
	else
		refuse(t, TRIAL_NO_READER, .reader = (int64_t)ask->reader);
}

void trial_apply_mode_set(struct state *s, const struct trial_mode_set *ev)
{
	ASSERT(reader_get(s, ev->reader));
}

/* What ends the process */

void trial_decide_stumble(struct turn *t, const struct trial_stumble *ask)
{
	ASSERT(t && ask->reader == 0);
}

void trial_decide_stumbled(struct turn *t, const struct trial_stumbled *ask)
{
	ASSERT(t && ask->reader == 0);
}
