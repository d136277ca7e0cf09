#include "domain/mission/mission.h"

#include "domain/record/record.h"
#include "schema/text.h"

enum { MS_PER_MINUTE = 60 * 1000, MINUTES_PER_DAY = 24 * 60, THURSDAY = 3 };

static int64_t floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The offsets are in order of time; before the first of them the first holds. */
static int64_t offset_minutes(const struct state *state, int64_t now)
{
	const struct environment *environment = environment_get(state, ENVIRONMENT_ROW);
	if (!environment || environment->offsets.n == 0)
		return 0;
	size_t i = environment->offsets.n - 1u;
	while (i > 0 && environment->offsets.at[i].from > now)
		i--;
	return environment->offsets.at[i].minutes;
}

struct mission_local_time mission_local_time(const struct state *state, int64_t now)
{
	int64_t minutes = floor_divide(now, MS_PER_MINUTE) + offset_minutes(state, now);
	int64_t day = floor_divide(minutes, MINUTES_PER_DAY);
	/* 1970-01-01 was a Thursday. */
	int64_t weekday = (day % 7 + 7 + THURSDAY) % 7;
	return (struct mission_local_time){
	    .day = day, .minute = minutes - day * MINUTES_PER_DAY, .weekday = (int)weekday};
}

struct str mission_weekday_name(int weekday)
{
	static const char name[7][4] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	ASSERT(weekday >= 0 && weekday < 7);
	return (struct str){name[weekday], 3};
}

void mission_refuse_role(struct turn *t, struct str command, struct str login)
{
	refuse(t, MISSION_ROLE, .command = command, .login = login);
}

void mission_decide_begin(struct turn *t, const struct mission_begin *ask)
{
	emit(t, mission_in_force, .program = ask->program, .schema = ask->schema, .access = ask->access,
	     .zone = ask->zone, .offsets = ask->offsets);
}

void mission_decide_unlock(struct turn *t, const struct mission_unlock *ask)
{
	emit(t, mission_unlocked, .login = ask->login, .with = ask->with);
}

/* The core process has compiled and searched what was staged; its word stands in `checked`. */
void mission_decide_enact(struct turn *t, const struct mission_enact *ask)
{
	const struct environment *now = environment_get(t->state, ENVIRONMENT_ROW);
	const char *wrong = !now ? "nothing is in force yet" : NULL;
	if (!wrong && !record_is_staged(t->state, ask->rulebook))
		wrong = "its parts are not all there";
	if (wrong || t->checked.staged.len > 0) {
		refuse(t, MISSION_RULEBOOK, .what = wrong ? str_of(wrong) : t->checked.staged);
		return;
	}
	/* The row goes when the event is applied. */
	struct environment *kept = ARENA_TAKE(t->arena, struct environment, 1);
	*kept = *now;
	emit(t, mission_in_force, .program = text_str(kept->program), .schema = text_str(kept->schema),
	     .access = ask->rulebook, .zone = text_str(kept->zone), .offsets = {kept->offsets.n, kept->offsets.at});
}

void mission_apply_in_force(struct state *s, const struct mission_in_force *ev)
{
	struct environment row = {.environment = ENVIRONMENT_ROW};
	text_set(&row.program, ev->program);
	text_set(&row.schema, ev->schema);
	text_set(&row.access, ev->access);
	text_set(&row.zone, ev->zone);
	row.offsets.n = (uint16_t)ev->offsets.n;
	for (size_t i = 0; i < ev->offsets.n; i++)
		row.offsets.at[i] = ev->offsets.at[i];
	if (environment_get(s, ENVIRONMENT_ROW))
		environment_remove(s, ENVIRONMENT_ROW);
	environment_add(s, &row);
}
