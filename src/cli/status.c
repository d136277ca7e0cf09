#include "cli/status.h"

#include "cli/cli.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/outside.h"
#include "cli/paint.h"
#include "cli/tables.h"
#include "cli/words.h"
#include "serve/keeper_look.h"

#include <stdarg.h>

enum { MEMORY_BYTES = 4 << 20, CARES_BYTES = 16384 };

/* What somebody must see to, first: each with what to do. */
static void put_care(struct buf *b, enum paint paint, const char *word, const char *format, ...) PRINTF(4, 5);
static void put_care(struct buf *b, enum paint paint, const char *word, const char *format, ...)
{
	char text[400];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	BUF_LIT(b, "  ");
	paint_put(b, paint);
	words_put_padded(b, str_of(word), 11);
	paint_put(b, PAINT_PLAIN);
	buf_put_str(b, str_of(text));
	BUF_LIT(b, "\n");
}

/* By name, as many as one line bears. */
static void put_tables(struct buf *b, const struct answer_driver_list *drivers)
{
	char text[200];
	struct buf names = BUF(text);
	for (size_t i = 0; i < drivers->n; i++) {
		if (drivers->at[i].confirmed >= drivers->at[i].wanted ||
		    names.len + drivers->at[i].name.len + 8 > names.size)
			continue;
		buf_put_str(&names, names.len > 0 ? STR(", ") : STR(""));
		buf_put_str(&names, drivers->at[i].name);
	}
	if (names.len > 0)
		put_care(b, PAINT_CARE, "TABLES",
			 "not confirmed yet by " STR_FMT ": without the core what was before decides there",
			 STR_ARG(buf_str(&names)));
}

void status_put_cares(struct buf *b, const struct answer_status *s)
{
	size_t before = b->len;
	if (s->locked_down)
		put_care(b, PAINT_BAD, "LOCKDOWN",
			 "every door is held shut from outside: chancery doors lift-lockdown");
	if (s->space_low)
		put_care(b, PAINT_BAD, "DISK",
			 "nearly full, only what keeps people safe is taken: free room on the mission's disk");
	if (!s->signing)
		put_care(b, PAINT_BAD, "UNSIGNED", "nothing is signed any more, as is told below: see docs/outside.md");
	if (s->has_set_aside && s->set_aside > 0)
		put_care(b, PAINT_BAD, "SET ASIDE", "%lld that ended the core twice %s not decided: chancery crashes",
			 (long long)s->set_aside, s->set_aside == 1 ? "is" : "are");
	if (s->clock_doubted)
		put_care(
		    b, PAINT_CARE, "CLOCK",
		    "doubted, nothing expires or is forgotten by date: compare it, then chancery record confirm-clock");
	put_tables(b, &s->drivers);
	if (s->has_approvals && s->approvals > 0)
		put_care(b, PAINT_CARE, "APPROVALS", "%lld wait for a second person: chancery pending",
			 (long long)s->approvals);
	if (s->has_reviews && s->reviews > 0)
		put_care(b, PAINT_CARE, "REVIEWS", "%lld wait for a second person: chancery pending",
			 (long long)s->reviews);
	if (b->len > before)
		BUF_LIT(b, "\n");
}

/* Its grant table, in a word: what it would decide by without the core. */
static const char *table_word(const struct answer_driver *driver)
{
	return driver->wanted == 0 && driver->confirmed == 0 ? "none"
	       : driver->confirmed < driver->wanted	     ? "older"
							     : "current";
}

/* Whether any driver still has an older table. */
static bool print_drivers(const struct answer_status *status)
{
	bool older = false;
	printf("\n  %-12s %-10s %10s %12s %5s %8s %8s  %-8s %s\n", "driver", "state", "reports", "frames", "bad",
	       "spooled", "dropped", "table", "runs out");
	for (size_t i = 0; i < status->drivers.n; i++) {
		char text[40];
		struct buf until = BUF(text);
		const struct answer_driver *driver = &status->drivers.at[i];
		char sequence[24] = "";
		if (driver->has_until && driver->confirmed > 0)
			words_put_moment(&until, driver->until);
		if (driver->has_sequence)
			snprintf(sequence, sizeof sequence, "%lld", (long long)driver->sequence);
		printf("  %-12.*s %-10s %10s %12lld %5lld %8lld %8lld  %-8s " STR_FMT "\n", STR_ARG(driver->name),
		       driver->connected ? "connected" : "away", sequence, (long long)driver->frames,
		       (long long)driver->bad, (long long)driver->spooled, (long long)driver->dropped,
		       table_word(driver), STR_ARG(buf_str(&until)));
		older |= driver->confirmed < driver->wanted;
	}
	return older;
}

/* Up to where somebody outside could prove the record. */
static void print_outside(const struct answer_status *s)
{
	if (s->signing)
		return;
	if (s->has_signed_size)
		printf("  signed     %lld of them; NOTHING IS SIGNED ANY MORE\n", (long long)s->signed_size);
	else
		printf("  signed     NOTHING IS SIGNED ANY MORE\n");
	if (s->has_ahead)
		printf("             because " STR_FMT
		       " shows a checkpoint of this mission for %lld entries that is not of this record\n",
		       STR_ARG(s->ahead.witness), (long long)s->ahead.size);
	printf("             See docs/outside.md: this mission has two histories.\n");
}

static void print_witnesses(const struct answer_status *s)
{
	static char memory[16384];
	struct buf b = BUF(memory);
	if (s->witnesses.n > 0)
		BUF_LIT(&b, "\n  witness      has seen\n");
	for (size_t i = 0; i < s->witnesses.n; i++) {
		const struct answer_witness *witness = &s->witnesses.at[i];
		BUF_LIT(&b, "  ");
		words_put_padded(&b, witness->name, 12);
		if (witness->has_size) {
			BUF_LIT(&b, " ");
			buf_put_i64(&b, witness->size);
			BUF_LIT(&b, " entries,");
		}
		if (witness->has_time) {
			BUF_LIT(&b, " at ");
			outside_put_time(&b, (uint64_t)witness->time / 1000);
		}
		if (witness->says.len > 0) {
			BUF_LIT(&b, "; ");
			words_put_shown(&b, witness->says);
		}
		BUF_LIT(&b, "\n");
	}
	paint_flush(&b);
}

/* From the keeper's own page; without one there is nothing to show. */
static void print_children(void)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	struct keeper_state state;
	if (keeper_look(&arena, &state, NULL) == 0) {
		printf("\n  %-20s %8s %9s %9s  %s\n", "process", "pid", "started", "bad ends", "ended last by");
		for (size_t i = 0; i < state.children.n; i++) {
			const struct keeper_child *child = &state.children.at[i];
			printf("  %-20.*s %8lld %9lld %9lld  " STR_FMT "\n", STR_ARG(child->name),
			       (long long)child->pid, (long long)child->starts, (long long)child->bad_ends,
			       STR_ARG(child->last));
		}
		printf("\n  program    " STR_FMT "\n", STR_ARG(state.program));
	}
	arena_unmap(&arena);
}

static void print_record(const struct answer_status *s)
{
	if (s->has_size)
		printf("  record     %lld entries", (long long)s->size);
	if (s->has_size && s->has_root)
		printf(", root " STR_FMT, STR_ARG(s->root));
	if (s->has_size)
		printf("\n");
	print_outside(s);
	printf("  commit     %lld µs, the last one\n", (long long)s->commit_us);
	if (s->has_space_free)
		printf("  disk       %lld MiB free\n", (long long)(s->space_free >> 20));
	printf("  doors      %lld, %lld of %lld readers online\n", (long long)s->doors, (long long)s->online,
	       (long long)s->readers);
	if (s->has_people)
		printf("  people     %lld\n", (long long)s->people);
	printf("  rules      %lld access rules in force\n", (long long)s->rules);
	printf("  orders     %lld wait for an answer\n", (long long)s->pending);
}

/* Where the core is away, or its keys are closed, the keeper still knows how the processes are. */
_Noreturn static void die_without_core(const struct error *error)
{
	if (error->code == ERROR_GONE)
		print_children();
	fflush(stdout);
	link_die(error);
}

int cli_status(int argc, char **argv)
{
	static char memory[CARES_BYTES];
	struct buf cares = BUF(memory);
	struct answer_line answer;
	struct asker link;
	struct error error;
	if (options_read(argc, argv, NULL, 0))
		options_usage();
	cli_use_mission_zone();
	link_open(&link);
	if (asker_ask_one(&link, &(struct ask_line){.kind = ASK_LINE_STATUS}, ANSWER_LINE_STATUS, &answer, &error) < 0)
		die_without_core(&error);
	const struct answer_status *s = &answer.status;
	printf(STR_FMT "\n\n", STR_ARG(s->mission));
	status_put_cares(&cares, s);
	paint_flush(&cares);
	print_record(s);
	bool older = print_drivers(s);
	print_witnesses(s);
	print_children();
	if (older) {
		printf("\n");
		tables_tell(&link, false);
	}
	asker_release(&link);
	return EXIT_OK;
}
