#include "cli/tables.h"

#include "base/clock.h"
#include "cli/paint.h"
#include "cli/progress.h"
#include "cli/words.h"

#include <time.h>

enum { TEXT_BYTES = 1 << 16, DRIVERS_MAX = 64, DOORS_NAMED = 12, LOOK_MS = 250 };

static void put_doors(struct buf *b, const struct answer_name_list *doors)
{
	for (size_t i = 0; i < doors->n && i < DOORS_NAMED; i++) {
		buf_put_str(b, i == 0 ? STR(": ") : STR(", "));
		words_put_shown(b, doors->at[i].name);
	}
	if (doors->n > DOORS_NAMED) {
		BUF_LIT(b, " and ");
		buf_put_u64(b, doors->n - DOORS_NAMED);
		BUF_LIT(b, " more");
	}
}

bool tables_tell(struct asker *link, bool is_news)
{
	static char memory[TEXT_BYTES];
	struct buf b = BUF(memory);
	bool all = true;
	asker_forget(link);
	link_send(link, &(struct ask_line){.kind = ASK_LINE_TABLES});
	for (struct answer_line answer = link_next(link); answer.kind == ANSWER_LINE_TABLE; answer = link_next(link)) {
		if (answer.table.confirmed < answer.table.wanted) {
			if (all)
				BUF_LIT(&b, "Not everywhere yet. Where the core does not answer, what was before still "
					    "decides at\n");
			all = false;
			BUF_LIT(&b, "  ");
			buf_put_str(&b, answer.table.driver);
			put_doors(&b, &answer.table.doors);
			BUF_LIT(&b, "\n");
		}
		paint_flush(&b);
		asker_forget(link);
	}
	if (all && is_news)
		printf("Every driver has confirmed: it holds at all doors.\n");
	return all;
}

/* What each driver has to confirm: as it was at first, or less, where a table could not be made and another has its number. */
static size_t count_missing(const struct answer_status *status, int64_t wanted[DRIVERS_MAX])
{
	size_t missing = 0;
	for (size_t i = 0; i < status->drivers.n && i < DRIVERS_MAX; i++) {
		const struct answer_driver *driver = &status->drivers.at[i];
		if (wanted[i] < 0 || driver->wanted < wanted[i])
			wanted[i] = driver->wanted;
		missing += driver->confirmed < wanted[i];
	}
	return missing;
}

/* Until all of them have what is decided by now. */
static bool wait(struct asker *link)
{
	int64_t wanted[DRIVERS_MAX], end_us = clock_elapsed_us() + INT64_C(1000000) * TABLES_WAIT_S;
	struct progress progress;
	for (size_t i = 0; i < DRIVERS_MAX; i++)
		wanted[i] = -1;
	progress_begin(&progress, "Waiting for drivers to confirm", "have");
	for (;;) {
		asker_forget(link);
		struct answer_status status = link_status(link);
		size_t missing = count_missing(&status, wanted);
		if (missing == 0 || clock_elapsed_us() > end_us) {
			progress_end(&progress);
			return missing == 0;
		}
		progress_show(&progress, status.drivers.n - missing, status.drivers.n);
		nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
	}
}

/* What takes something away is told until it is gone everywhere. */
static bool is_revocation(struct str command)
{
	static const struct str names[] = {{"people.suspend_badge", 20}, {"people.forget", 13}};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_eq(names[i], command))
			return true;
	return false;
}

bool tables_follow(struct asker *link, struct str command, bool waits)
{
	if (!waits && !is_revocation(command))
		return true;
	if (waits && wait(link)) {
		printf("Every driver has confirmed: it holds at all doors.\n");
		return true;
	}
	bool all = tables_tell(link, true);
	if (!all && !waits)
		printf("It takes seconds where all is well: chancery status tells.\n");
	return all || !waits;
}
