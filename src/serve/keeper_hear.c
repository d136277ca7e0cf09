/* keeper_hear.c: what children say. A child may be captured: nothing it can write makes the keeper do more than write a bounded line of the table, under
 * that child's name. */
#include "serve/keeper_inner.h"

#include "base/clock.h"
#include "base/log.h"
#include "serve/log_book.h"

#include <sys/socket.h>
#include <unistd.h>

void keeper_hear_beat(struct child *child, int64_t now_us)
{
	struct keeper_beat beat;
	while (recv(child->control, &beat, sizeof beat, MSG_DONTWAIT | MSG_TRUNC) == sizeof beat) {
		child->beat = beat;
		child->heard_us = now_us;
	}
}

void keeper_report_crash(struct child *child, const char *who, const char *ended, int64_t now_us)
{
	static uint8_t text[LOG_BOOK_RECENT * LOG_KEPT_BYTES_MAX];
	struct buf recent = BUF(text);
	struct error error;
	struct crash none = {0};
	log_book_put_recent(&recent);
	struct crash_report report = {.child = who,
				      .program = child->program,
				      .build = child->build,
				      .ended = ended,
				      .crash = child->crash.pid > 0 ? &child->crash : &none,
				      .wall_ms = clock_wall_ms(),
				      .lived_ms = (now_us - child->started_us) / 1000,
				      .recent = buf_str(&recent)};
	if (crash_report_write(&report, &child->memory, &error) < 0)
		LOG(crash_unreported, .why = &error);
	else
		LOG(crash_reported, .report = child->memory.name);
	child->crash = none;
}

/* A process that the child itself has made tells of its end; nobody else waits for that one's report. */
static void helper_told(struct child *child, int64_t now_us)
{
	char who[KEEPER_NAME_BYTES + 16], ended[32];
	snprintf(who, sizeof who, "helper of %s", child->name);
	snprintf(ended, sizeof ended, "signal %lld", (long long)child->crash.signal);
	keeper_report_crash(child, who, ended, now_us);
}

void keeper_hear_budget(struct child *child, int64_t now_us)
{
	if (now_us - child->window_us < KEEPER_LINES_MS * INT64_C(1000))
		return;
	if (child->left_out > 0)
		LOG(lines_left_out, .child = child->name, .lines = child->left_out);
	if (child->unknown > 0)
		LOG(lines_unknown, .child = child->name, .lines = child->unknown);
	child->window_us = now_us;
	child->n_lines = child->left_out = child->unknown = 0;
}

/* Frames are for the report alone. */
static void hear_line(struct keeper *keeper, struct child *child, struct str text, int64_t now_us)
{
	struct log_line line;
	if (!log_line_read(text, &line)) {
		child->unknown++;
		if (keeper->raw)
			fprintf(stderr, STR_FMT "\n", STR_ARG(text));
		return;
	}
	bool crash = crash_note(&child->crash, &line);
	if (crash && child->crash.whole && child->crash.pid != child->pid)
		helper_told(child, now_us);
	if (line.event == LOG_EVENT_crash_frame || line.event == LOG_EVENT_crash_told)
		return;
	if (child->n_lines++ < KEEPER_LINES)
		log_book_put(str_of(child->name), text, &line);
	else
		child->left_out++;
}

/* At most one buffer of it in a round, so that nobody who writes without end keeps the keeper from the others. */
void keeper_hear_lines(struct keeper *keeper, struct child *child, int64_t now_us)
{
	struct str line;
	enum lines_found found;
	if (child->log < 0)
		return;
	if (lines_in_fill(&child->in, NULL) < 0) {
		close(child->log);
		child->log = -1;
	}
	while ((found = lines_in_next(&child->in, &line)) != LINES_NONE) {
		if (found == LINES_LINE)
			hear_line(keeper, child, line, now_us);
		else
			child->unknown++;
	}
}
