/* doctor.h: `chancery doctor`: what is wrong with this installation, and what to do.
 *
 * A check looks at one thing, changes nothing, and says ok, care or wrong in one line; with the last two goes a remedy. Each subject has a file with
 * a table of its checks; doctor.c lists the tables. A new check is a row in its subject's table; a new subject a file and a row in doctor.c.
 *
 * Checks run with a stopped mission too, and as whatever user asks: what that user may not see is care, not wrong.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/cli.h"
#include "journal/look.h"
#include "serve/mission_file.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_CARE, DOCTOR_WRONG };

/* What several checks look at, gathered once. */
struct doctor {
	bool has_mission; /* mission.yaml was read */
	struct mission_file mission;
	struct error mission_error;
	int keeper; /* its process id; 0: no mission runs */
	bool has_state;
	struct keeper_state state;
	bool has_status; /* the core told this user how the mission is */
	struct answer_status status;
	struct error status_error;
	bool
	    has_journal; /* only of a mission that does not run: nobody but the core opens the journal of one that does */
	struct journal_look journal;
	struct error journal_error;
	int64_t last_wall_ms; /* of the newest entry that is known, 0 when none is */
	int64_t wall_ms;
	struct arena memory;
};

struct doctor_finding {
	enum doctor_verdict verdict;
	char what[512], remedy[256];
};

struct doctor_check {
	const char *name;
	void (*look)(struct doctor *doctor, struct doctor_finding *ret_finding);
};

struct doctor_subject {
	const char *name;
	const struct doctor_check *checks;
	size_t n;
};

void doctor_ok(struct doctor_finding *finding, const char *what, ...) PRINTF(2, 3);
void doctor_care(struct doctor_finding *finding, const char *remedy, const char *what, ...) PRINTF(3, 4);
void doctor_wrong(struct doctor_finding *finding, const char *remedy, const char *what, ...) PRINTF(3, 4);
/* What the error says, and its remedy. */
void doctor_error(struct doctor_finding *finding, enum doctor_verdict verdict, const struct error *error);

extern const struct doctor_subject doctor_files, doctor_machine, doctor_running;

#endif
