#include "gen/dispatch.h"
#include "schema/text.h"
#include "schema/turn.h"

/* What tests/trial/keepsakes.yaml asks for. A button that is pressed twice within AGAIN_MS calls for help: an
 * event before the open one and an order behind it, both in the box. What each of them does depends on those
 * before it, so that a fold in another order makes another state. */

enum { AGAIN_MS = 3000 };

void keepsakes_decide_raise_post(struct turn *t, const struct keepsakes_raise_post *ask)
{
	if (post_full(t->state) || post_by_name(t->state, ask->name))
		refuse(t, KEEPSAKES_NO, .has_word = false);
	else
		emit(t, keepsakes_post_raised, .post = post_next_id(t->state), .name = ask->name, .line = ask->line,
		     .pin = ask->pin);
}

void keepsakes_apply_post_raised(struct state *s, const struct keepsakes_post_raised *ev)
{
	struct post row = {.post = ev->post, .pin = ev->pin};
	text_set(&row.name, ev->name);
	text_set(&row.line, ev->line);
	post_add(s, &row);
}

void keepsakes_decide_press(struct turn *t, const struct keepsakes_press *ask)
{
	const struct post *post = post_get(t->state, ask->post);
	if (!post) {
		refuse(t, KEEPSAKES_NO, .has_word = false);
		return;
	}
	bool calls = post->pressed > 0 && t->now - post->last < AGAIN_MS;
	if (calls)
		emit(t, keepsakes_called, .post = ask->post);
	emit(t, keepsakes_pressed, .post = ask->post, .at = t->now);
	if (calls)
		emit(t, keepsakes_lamp_lit, .post = ask->post);
}

void keepsakes_apply_called(struct state *s, const struct keepsakes_called *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->calls++;
	row->marked = row->pressed;
}

void keepsakes_apply_pressed(struct state *s, const struct keepsakes_pressed *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->pressed++;
	row->last = ev->at;
}

void keepsakes_apply_lamp_lit(struct state *s, const struct keepsakes_lamp_lit *ev)
{
	struct post *row = post_edit(s, ev->post);
	row->marked = row->marked * 1000 + row->pressed;
}

void keepsakes_decide_leave(struct turn *t, const struct keepsakes_leave *ask)
{
	const struct person *person = person_get(t->state, ask->person);
	if (!person || person->forgotten || !post_get(t->state, ask->post) || keepsake_full(t->state) ||
	    keepsake_by_word(t->state, ask->word)) {
		concern(t, person, ask->person);
		refuse(t, KEEPSAKES_NO, .has_word = true, .word = ask->word);
		return;
	}
	emit(t, keepsakes_left, .keepsake = keepsake_next_id(t->state), .person = ask->person, .word = ask->word,
	     .has_weight = ask->has_weight, .weight = ask->weight, .post = ask->post, .tags = ask->tags,
	     .has_back = ask->has_back, .back = ask->back);
}

void keepsakes_apply_left(struct state *s, const struct keepsakes_left *ev)
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

void keepsakes_due_keepsake_back(struct turn *t, const struct keepsake *row)
{
	emit(t, keepsakes_came_back, .keepsake = row->keepsake);
}

void keepsakes_apply_came_back(struct state *s, const struct keepsakes_came_back *ev)
{
	keepsake_remove(s, ev->keepsake);
}
