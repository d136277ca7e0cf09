#include "schema/turn.h"

#include "gen/dispatch.h"

static const void *keep(struct turn *t, const void *body, size_t size)
{
	return memcpy(arena_take(t->arena, 1, size), body, size);
}

static bool may_emit(const struct turn_may *may, enum event kind)
{
	for (size_t i = 0; i < may->n; i++)
		if (may->events[i] == kind)
			return true;
	return false;
}

void turn_emit(struct turn *t, enum event kind, const void *body, size_t size)
{
	ASSERT(t->refusal == REFUSAL_NONE && t->n_events < TURN_EVENTS_MAX);
	ASSERT(may_emit(&t->may, kind));
	const void *kept = keep(t, body, size);
	t->events[t->n_events++] = (struct turn_event){kind, kept};
	event_apply(kind, t->state, kept);
	event_react(kind, t, kept);
}

void turn_refuse(struct turn *t, enum refusal code, const void *takes, size_t size)
{
	ASSERT(t->refusal == REFUSAL_NONE && t->n_events == 0);
	ASSERT(input_refuses(t->type, code));
	t->refusal = code;
	t->refusal_args = keep(t, takes, size);
}
