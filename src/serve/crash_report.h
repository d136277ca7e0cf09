/* crash_report.h: what is kept of a child that a signal ended: run/crash/TIME-CHILD, text, newest CRASH_REPORTS_MAX.
 *
 *     chancery crash report
 *     at: 2026-11-23T20:15:19.123Z        of the first time; `again:` counts how often the same came since, `newest:` says when
 *     child: core
 *     program: chancery 0.1
 *     build: 5d1c…                        the build id of the executable
 *     ended: signal 6 …                   and why: a fault, a panic, the keeper's patience
 *     panic: src/…:62: ASSERT(…)
 *     doing: people.enrol                 the kind of input, or of work
 *     lived: 5322 ms
 *     frame: chancery +0x41a2f            innermost first; tools/symbols names them
 *     log: …                              the newest lines of the log
 *
 * No memory, no payload, nothing of the mission. A child that dies of the same thing again and again has one report that counts.
 */
#ifndef SERVE_CRASH_REPORT_H
#define SERVE_CRASH_REPORT_H

#include "base/crash.h"
#include "base/log_line.h"

#include <sys/types.h>

enum {
	CRASH_REPORTS_MAX = 20,
	CRASH_NAME_BYTES = 96,
	CRASH_REPORT_BYTES_MAX = 96 << 10,
};

#define CRASH_DIRECTORY "run/crash"

/* What a dying process told, gathered line by line. */
struct crash {
	pid_t pid;  /* who tells; 0: nobody did */
	bool whole; /* crash_told has come */
	int64_t signal;
	char panic[512], doing[LOG_NAME_BYTES_MAX + 1];
	struct {
		char module[LOG_NAME_BYTES_MAX + 1];
		int64_t offset;
	} frames[CRASH_FRAMES_MAX];
	size_t n_frames;
};

/* True when the line is one of a crash; then it is taken. A new process's first line clears what another left. */
bool crash_note(struct crash *crash, const struct log_line *line);

struct crash_report {
	const char *child, *program, *build, *ended;
	const struct crash *crash;
	int64_t wall_ms, lived_ms;
	struct str recent; /* lines of the log */
};

/* The last report of one child, to know the same again. Zeroed at first. */
struct crash_memory {
	char name[CRASH_NAME_BYTES];
	uint64_t like;
	int64_t first_ms, again;
};

/* Writes the report and makes room for it. memory->name is then its name. */
int crash_report_write(const struct crash_report *report, struct crash_memory *memory, struct error *error);

/* The names of the reports, oldest first; how many there are. */
size_t crash_report_list(char ret_names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES]);

/* A report's text; false when there is none of that name. */
bool crash_report_read(const char *name, struct buf *ret_text);

#endif
