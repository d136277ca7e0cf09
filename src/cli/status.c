#include "cli/cli.h"
#include "cli/options.h"
#include "cli/outside.h"
#include "cli/paint.h"
#include "cli/words.h"
#include "serve/keeper_look.h"

enum { MEMORY_BYTES = 4 << 20 };

static void print_drivers(const struct answer_status *status)
{
	printf("\n  %-12s %-10s %10s %12s %5s\n", "driver", "state", "reports", "frames", "bad");
	for (size_t i = 0; i < status->drivers.n; i++) {
		const struct answer_driver *driver = &status->drivers.at[i];
		char sequence[24] = "";
		if (driver->has_sequence)
			snprintf(sequence, sizeof sequence, "%lld", (long long)driver->sequence);
		printf("  %-12.*s %-10s %10s %12lld %5lld\n", STR_ARG(driver->name),
		       driver->connected ? "connected" : "away", sequence, (long long)driver->frames,
		       (long long)driver->bad);
	}
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

int cli_status(int argc, char **argv)
{
	struct core_link link;
	if (options_read(argc, argv, NULL, 0, "status"))
		options_usage("status");
	core_link_open(&link);
	struct answer_status status = core_link_status(&link);
	const struct answer_status *s = &status;
	printf(STR_FMT "\n\n", STR_ARG(s->mission));
	if (s->has_size && s->has_root)
		printf("  record     %lld entries, root " STR_FMT "\n", (long long)s->size, STR_ARG(s->root));
	print_outside(s);
	printf("  commit     %lld µs, the last one\n", (long long)s->commit_us);
	printf("  doors      %lld, %lld of %lld readers online\n", (long long)s->doors, (long long)s->online,
	       (long long)s->readers);
	if (s->has_people)
		printf("  people     %lld\n", (long long)s->people);
	printf("  rules      %lld access rules in force\n", (long long)s->rules);
	printf("  orders     %lld wait for an answer\n", (long long)s->pending);
	print_drivers(s);
	print_witnesses(s);
	print_children();
	core_link_close(&link);
	return EXIT_OK;
}
