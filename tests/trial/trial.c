#include "gen/dispatch.h"
#include "schema/text.h"
#include "schema/turn.h"

/* What tests/trial/trial.yaml asks for. A button that is pressed twice within AGAIN_MS calls for help: an event before the open one and an order behind it, both in
 * the box. What each of them does depends on those before it, so that a fold in another order makes another state. */

enum { AGAIN_MS = 3000 };

void trial_decide_raise_post(struct turn *t, const struct trial_raise_post *ask)
{
	if (post_full(t->state) || post_by_name(t->state, ask->name))
		refuse(t, TRIAL_NO, .has_word = false);
	else
		emit(t, trial_post_raised, .post = post_next_id(t->state), .name = ask->name, .line = ask->line,
		     .pin = ask->pin);
}

void trial_apply_post_raised(struct state *s, const struct trial_post_raised *ev)
{
	struct post row = {.post = ev->post, .pin = ev->pin};
	text_set(&row.name, ev->name);
	text_set(&row.line, ev->line);
	post_add(s, &row);
}

void trial_decide_press(struct turn *t, const struct trial_press *ask)
{
	const struct post *post = post_get(t->state, ask->post);
	if (!post) {
		refuse(t, TRIAL_NO, .has_word = false);
		return;
	}
	bool calls = post->pressed > 0 && t->now - post->last < AGAIN_MS;
	if (calls)
		emit(t, trial_called, .post = ask->post);
	emit(t, trial_pressed, .post = ask->post, .at = t->now);
	if (calls)
		emit(t, trial_lamp_lit, .post = ask->post);
}

void trial_apply_called(struct state *s, const struct trial_called *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->calls++;
	row->marked = row->pressed;
}

void trial_apply_pressed(struct state *s, const struct trial_pressed *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->pressed++;
	row->last = ev->at;
}

void trial_apply_lamp_lit(struct state *s, const struct trial_lamp_lit *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->marked = row->marked * 1000 + row->pressed;
}

void trial_decide_leave(struct turn *t, const struct trial_leave *ask)
{
	const struct person *person = person_get(t->state, ask->person);
	if (!person || person->forgotten || !post_get(t->state, ask->post) || keepsake_full(t->state) ||
	    keepsake_by_word(t->state, ask->word)) {
		concern(t, person, ask->person);
		refuse(t, TRIAL_NO, .has_word = true, .word = ask->word);
		return;
	}
	emit(t, trial_left, .keepsake = keepsake_next_id(t->state), .person = ask->person, .word = ask->word,
	     .has_weight = ask->has_weight, .weight = ask->weight, .post = ask->post, .tags = ask->tags,
	     .has_back = ask->has_back, .back = ask->back);
}

void trial_apply_left(struct state *s, const struct trial_left *ev)
{
	struct keepsake row = {.keepsake = ev->keepsake,
			       .person = ev->person,
			       .has_weight = ev->has_weight,
			       .weight = ev->weight,
			       .post = ev->post,
			       .has_back = ev->has_back,
			       .back = ev->back};
	text_set(&row.word, ev->word);
	row.tags.n = (uint16_t)ev->tags.n;
	for (size_t i = 0; i < ev->tags.n; i++)
		text_set(&row.tags.at[i], ev->tags.at[i]);
	keepsake_add(s, &row);
}

void trial_due_keepsake_back(struct turn *t, const struct keepsake *row)
{
	emit(t, trial_came_back, .keepsake = row->keepsake);
}

void trial_apply_came_back(struct state *s, const struct trial_came_back *ev)
{
	keepsake_remove(s, ev->keepsake);
}
