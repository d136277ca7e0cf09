/* doctor_running.c: how the mission's processes are: keeper, core, drivers, what they log, how they died. */
#include "cli/doctor.h"

#include "serve/crash_report.h"
#include "serve/log_book.h"
#include "serve/version.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, RESTARTS_WRONG = 3, YOUNG_MS = 60 * 1000 };

static void keeper(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->keeper == 0)
		doctor_care(finding, "Start it: chancery serve, or systemctl start chancery@NAME",
			    "the mission does not run");
	else if (!doctor->has_state)
		doctor_care(finding, "Let it become this program: chancery upgrade",
			    "process %d, of another version than this program", doctor->keeper);
	else
		doctor_ok(finding, "process %d", doctor->keeper);
}

static void core(struct doctor *doctor, struct doctor_finding *finding)
{
	if (doctor->keeper == 0)
		doctor_ok(finding, "stopped with the mission");
	else if (doctor->has_status)
		doctor_ok(finding, "answers; the last commit took %lld µs", (long long)doctor->status.commit_us);
	else if (doctor->has_state && !doctor->state.ready)
		doctor_wrong(finding, "chancery log says what it waits for or why it does not start",
			     "the core is not ready; doors decide alone meanwhile");
	else
		doctor_error(finding, doctor->status_error.code == ERROR_INPUT ? DOCTOR_CARE : DOCTOR_WRONG,
			     &doctor->status_error);
}

static void socket_mode(struct doctor *doctor, struct doctor_finding *finding)
{
	struct stat status;
	if (doctor->keeper == 0)
		doctor_ok(finding, "made at the next start");
	else if (stat("run/core.sock", &status) < 0)
		doctor_wrong(finding, "Restart the mission", "run/core.sock is gone: %s", strerror(errno));
	else if (status.st_mode & (S_IRWXO))
		doctor_wrong(finding, "chmod 660 run/core.sock", "every user of this machine may speak to the core");
	else
		doctor_ok(finding, "for its user and group %u", status.st_gid);
}

static void processes(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct keeper_child *worst = NULL;
	int64_t bad = 0;
	for (size_t i = 0; doctor->has_state && i < doctor->state.children.n; i++) {
		const struct keeper_child *child = &doctor->state.children.at[i];
		bad += child->bad_ends;
		worst = !worst || child->bad_ends > worst->bad_ends ? child : worst;
	}
	if (doctor->keeper == 0)
		doctor_ok(finding, "none run");
	else if (bad == 0)
		doctor_ok(finding, "none has ended badly");
	else if (worst->bad_ends >= RESTARTS_WRONG && (worst->pid == 0 || doctor->wall_ms - worst->since < YOUNG_MS))
		doctor_wrong(finding, "chancery log says why; chancery crashes where",
			     STR_FMT " has ended badly %lld times, last by " STR_FMT, STR_ARG(worst->name),
			     (long long)worst->bad_ends, STR_ARG(worst->last));
	else
		doctor_care(finding, "chancery log says why; chancery crashes where",
			    "%lld bad ends since the start, the most of " STR_FMT, (long long)bad,
			    STR_ARG(worst->name));
}

static void program(struct doctor *doctor, struct doctor_finding *finding)
{
	char build[VERSION_BUILD_BYTES];
	bool other = false;
	version_build(build);
	for (size_t i = 0; doctor->has_state && i < doctor->state.children.n; i++)
		other |= doctor->state.children.at[i].pid > 0 &&
			 !str_eq(doctor->state.children.at[i].build, doctor->state.build);
	if (!doctor->has_state)
		doctor_ok(finding, "%s", version_program);
	else if (doctor->state.outcome == KEEPER_STATE_OUTCOME_WENT_BACK ||
		 doctor->state.outcome == KEEPER_STATE_OUTCOME_STUCK)
		doctor_wrong(finding,
			     "chancery log says why; put a program that works in its place, then chancery upgrade",
			     "the last upgrade failed");
	else if (!str_eq(doctor->state.build, str_of(build)))
		doctor_care(finding, "Let the mission become this program: chancery upgrade",
			    "the mission runs another build: " STR_FMT, STR_ARG(doctor->state.program));
	else if (other)
		doctor_care(finding, "chancery upgrade, when the one that is under way has ended",
			    "not every process runs the keeper's program yet");
	else
		doctor_ok(finding, "%s, in every process", version_program);
}

static void drivers(struct doctor *doctor, struct doctor_finding *finding)
{
	const struct answer_driver *away = NULL;
	size_t n = 0;
	for (size_t i = 0; doctor->has_status && i < doctor->status.drivers.n; i++) {
		const struct answer_driver *driver = &doctor->status.drivers.at[i];
		n += !driver->connected;
		away = driver->connected ? away : driver;
	}
	if (!doctor->has_status)
		doctor_ok(finding, "not asked: the core says nothing");
	else if (n > 0)
		doctor_wrong(finding, "chancery log says why: its device, or its settings",
			     "%zu of %zu are away, among them " STR_FMT, n, doctor->status.drivers.n,
			     STR_ARG(away->name));
	else
		doctor_ok(finding, "%zu connected", doctor->status.drivers.n);
}

static void readers(struct doctor *doctor, struct doctor_finding *finding)
{
	long long online = doctor->status.online, all = doctor->status.readers;
	if (!doctor->has_status)
		doctor_ok(finding, "not asked: the core says nothing");
	else if (online < all)
		doctor_care(finding, "chancery history door:N says since when and why; look at power, wires and key",
			    "%lld of %lld are offline", all - online, all);
	else
		doctor_ok(finding, "%lld of %lld online", online, all);
}

static void crashes(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	static char names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES];
	size_t n = crash_report_list(names);
	if (n == 0)
		doctor_ok(finding, "no reports");
	else
		doctor_care(finding,
			    "chancery crashes prints it; send it to whoever maintains the program, then delete it",
			    "%zu reports, the newest is %s", n, names[n - 1]);
}

/* Errors and worse that are younger than a day, in one file of the log. */
static size_t count_errors(const char *path, struct str since)
{
	char line[LOG_KEPT_BYTES_MAX + 2];
	size_t n = 0;
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file)) {
		struct log_kept kept;
		struct str text = str_of(line);
		text.len -= str_ends(text, STR("\n"));
		n += log_line_read_kept(text, &kept) && str_compare(kept.at, since) >= 0 &&
		     log_rows[kept.line.event].level <= LOG_ERROR;
	}
	if (file)
		fclose(file);
	return n;
}

static void logged(struct doctor *doctor, struct doctor_finding *finding)
{
	char time[LOG_AT_BYTES + 8];
	struct buf since = BUF(time);
	log_put_time(&since, doctor->wall_ms - DAY_MS);
	if (access(LOG_BOOK_PATH, R_OK) < 0) {
		if (errno == ENOENT)
			doctor_ok(finding, "nothing has been logged yet");
		else
			doctor_care(finding, "Ask as the mission's user, its group or root",
				    "this user may not read the log");
		return;
	}
	size_t n = count_errors(LOG_BOOK_PATH, buf_str(&since)) + count_errors(LOG_BOOK_PATH ".1", buf_str(&since));
	if (n > 0)
		doctor_care(finding, "chancery log --level error shows them", "%zu errors within a day", n);
	else
		doctor_ok(finding, "no errors within a day");
}

static const struct doctor_check checks[] = {
    {"keeper", keeper},	  {"core", core},	{"socket", socket_mode}, {"processes", processes}, {"program", program},
    {"drivers", drivers}, {"readers", readers}, {"crashes", crashes},	 {"log", logged},
};

const struct doctor_subject doctor_running = {"running", checks, ARRAY_LEN(checks)};
