#include "cli/doctor.h"
#include "cli/link.h"

#include "base/clock.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "serve/keeper.h"
#include "serve/keeper_look.h"
#include "serve/running.h"

#include <stdarg.h>

enum { MEMORY_BYTES = 128 << 20, ENTRY_BYTES = 1 << 16, LINE_BYTES = 4096 };

static const struct doctor_subject *const subjects[] = {&doctor_files, &doctor_machine, &doctor_running};

static const char *const verdicts[] = {"ok", "care", "wrong"};

/* What a check says */

static void say(struct doctor_finding *finding, enum doctor_verdict verdict, const char *remedy, const char *what,
		va_list args)
{
	*finding = (struct doctor_finding){.verdict = verdict};
	vsnprintf(finding->what, sizeof finding->what, what, args);
	snprintf(finding->remedy, sizeof finding->remedy, "%s", remedy);
}

void doctor_ok(struct doctor_finding *finding, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	say(finding, DOCTOR_OK, "", what, args);
	va_end(args);
}

void doctor_care(struct doctor_finding *finding, const char *remedy, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	say(finding, DOCTOR_CARE, remedy, what, args);
	va_end(args);
}

void doctor_wrong(struct doctor_finding *finding, const char *remedy, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	say(finding, DOCTOR_WRONG, remedy, what, args);
	va_end(args);
}

void doctor_error(struct doctor_finding *finding, enum doctor_verdict verdict, const struct error *error)
{
	*finding = (struct doctor_finding){.verdict = verdict};
	snprintf(finding->what, sizeof finding->what, "%.250s%s%.250s", error->where, error->where[0] ? ": " : "",
		 error->what);
	snprintf(finding->remedy, sizeof finding->remedy, "%s", error->remedy);
}

/* What checks look at */

static void ask_core(struct doctor *doctor)
{
	static struct asker link;
	struct answer_line answer;
	if (asker_connect(&link, &doctor->status_error) < 0) {
		error_remedy(&doctor->status_error, "See chancery log, and who may use the socket: its group.");
		return;
	}
	if (asker_ask_one(&link, &(struct ask_line){.kind = ASK_LINE_STATUS}, ANSWER_LINE_STATUS, &answer,
			  &doctor->status_error) < 0)
		return;
	doctor->has_status = true;
	doctor->status = answer.status;
}

static void look_at_journal(struct doctor *doctor)
{
	struct buf last = {.at = arena_take(&doctor->memory, ENTRY_BYTES, 1), .size = ENTRY_BYTES};
	struct entry entry;
	if (journal_look("journal.db", &doctor->journal, &last, &doctor->journal_error) < 0)
		return;
	doctor->has_journal = true;
	struct json json = json_over(buf_str(&last), &doctor->memory);
	if (last.len > 0 && entry_read(&json, &entry))
		doctor->last_wall_ms = entry.wall;
}

static void gather(struct doctor *doctor)
{
	doctor->memory = arena_map(MEMORY_BYTES);
	doctor->wall_ms = clock_wall_ms();
	doctor->has_mission = mission_file_read(&doctor->mission, &doctor->memory, &doctor->mission_error) == 0;
	doctor->keeper = running_keeper();
	if (doctor->keeper == 0) {
		look_at_journal(doctor);
		return;
	}
	doctor->has_state = keeper_look(&doctor->memory, &doctor->state, NULL) == 0;
	ask_core(doctor);
}

/* Telling */

static void print_line(const struct doctor_subject *subject, const struct doctor_check *check,
		       const struct doctor_finding *finding)
{
	static const enum paint paints[] = {PAINT_GOOD, PAINT_CARE, PAINT_BAD};
	char text[LINE_BYTES];
	struct buf b = BUF(text);
	char word[16], name[32];
	snprintf(word, sizeof word, "%-6s", verdicts[finding->verdict]);
	snprintf(name, sizeof name, "%s %s", subject->name, check->name);
	paint_put(&b, paints[finding->verdict]);
	buf_put_str(&b, str_of(word));
	paint_put(&b, PAINT_PLAIN);
	snprintf(text + b.len, sizeof text - b.len, "%-22s %s%s%s", name, finding->what, finding->remedy[0] ? ". " : "",
		 finding->remedy);
	b.len += strlen(text + b.len);
	buf_put_char(&b, '\n');
	paint_flush(&b);
}

static void print_json(const struct doctor_subject *subject, const struct doctor_check *check,
		       const struct doctor_finding *finding, bool first)
{
	char text[LINE_BYTES];
	struct buf b = BUF(text);
	buf_put_str(&b, first ? STR("[\n{\"subject\":") : STR(",\n{\"subject\":"));
	json_put_text(&b, str_of(subject->name));
	BUF_LIT(&b, ",\"check\":");
	json_put_text(&b, str_of(check->name));
	BUF_LIT(&b, ",\"verdict\":");
	json_put_text(&b, str_of(verdicts[finding->verdict]));
	BUF_LIT(&b, ",\"what\":");
	json_put_text(&b, str_of(finding->what));
	BUF_LIT(&b, ",\"remedy\":");
	json_put_text(&b, str_of(finding->remedy));
	BUF_LIT(&b, "}");
	paint_flush(&b);
}

int cli_doctor(int argc, char **argv)
{
	static struct doctor doctor;
	struct option_value json = {.name = "json", .flag = true};
	if (options_read(argc, argv, &json, 1))
		options_usage();
	gather(&doctor);
	size_t counts[ARRAY_LEN(verdicts)] = {0}, n = 0;
	for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
		for (size_t k = 0; k < subjects[i]->n; k++, n++) {
			struct doctor_finding finding = {0};
			subjects[i]->checks[k].look(&doctor, &finding);
			counts[finding.verdict]++;
			if (json.value)
				print_json(subjects[i], &subjects[i]->checks[k], &finding, n == 0);
			else
				print_line(subjects[i], &subjects[i]->checks[k], &finding);
		}
	}
	if (json.value)
		printf("\n]\n");
	else
		printf("\n%zu ok, %zu to take care of, %zu wrong\n", counts[DOCTOR_OK], counts[DOCTOR_CARE],
		       counts[DOCTOR_WRONG]);
	return counts[DOCTOR_WRONG] > 0 ? EXIT_FAILED : EXIT_OK;
}
