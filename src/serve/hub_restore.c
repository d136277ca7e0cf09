/* hub_restore.c: the first start after a restore: the record goes on under a new incarnation, and forgets again.
 *
 * All of it is one batch: either the record knows of its new incarnation and has forgotten everybody, or the next start finds it as the backup left it.
 */
#include "serve/hub_inner.h"

static void restore(struct hub *hub, const struct incarnation *now)
{
	struct record_restore said = {.incarnation = now->incarnation,
				      .entries = now->entries,
				      .known = now->known,
				      .has_root = now->has_root,
				      .root = now->root,
				      .fetched = now->fetched};
	struct buf b = arena_buf(&hub->batch);
	record_restore_write(&b, &said);
	hub_start(hub, STR("record.restore"), arena_keep(&hub->batch, &b));
}

/* Under the number of a row that the backup has not, somebody else may stand one day. */
static void forget_again(struct hub *hub, const struct incarnation *now)
{
	for (size_t i = 0; i < now->subjects.n; i++) {
		const struct forgotten_subject *whom = &now->subjects.at[i];
		if (!state_has_row(&hub->core.state, whom->table, (uint64_t)whom->subject))
			continue;
		struct buf b = arena_buf(&hub->batch);
		record_forget_again_write(&b, &(struct record_forget_again){whom->table, whom->subject});
		hub_start(hub, STR("record.forget_again"), arena_keep(&hub->batch, &b));
	}
	for (size_t i = 0; i < now->months.n; i++) {
		const struct forgotten_month *which = &now->months.at[i];
		struct buf b = arena_buf(&hub->batch);
		record_forget_month_again_write(&b, &(struct record_forget_month_again){which->keep, which->month});
		hub_start(hub, STR("record.forget_month_again"), arena_keep(&hub->batch, &b));
	}
}

int hub_restore(struct hub *hub, struct error *error)
{
	const struct incarnation *now = hub->options.incarnation;
	int64_t number = now ? now->incarnation : 1, recorded = hub->core.incarnation;
	if (recorded == number)
		return 0;
	if (recorded > number || hub->core.size == 0) {
		error_set(error, ERROR_RECORD, "the record is of incarnation %lld, and this directory is of %lld",
			  (long long)recorded, (long long)number);
		return error_remedy(error, "Backups become missions by chancery restore, and by nothing else.");
	}
	hub->core.incarnation = number;
	restore(hub, now);
	forget_again(hub, now);
	return 0;
}
