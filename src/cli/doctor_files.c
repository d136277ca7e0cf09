/* doctor_files.c: what lies in the mission's directory: mission.yaml, rulebooks, keys, journal, and who may touch them. */
#include "cli/doctor.h"

#include "gen/facts.h"
#include "keys/master.h"
#include "rules/rulebook_load.h"
#include "serve/zone.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RULES_BYTES = 96 << 20, DAY_MS = 24 * 60 * 60 * 1000 };

static void mission(struct doctor *doctor, struct doctor_finding *finding)
{
	if (!doctor->has_mission)
		doctor_error(finding, DOCTOR_WRONG, &doctor->mission_error);
	else
		doctor_ok(finding, "%zu operators, %zu drivers", doctor->mission.n_operators,
			  doctor->mission.n_drivers);
}

static void operators(struct doctor *doctor, struct doctor_finding *finding)
{
	size_t known = 0, able = 0;
	for (size_t i = 0; i < doctor->mission.n_operators; i++) {
		known += doctor->mission.operators[i].known;
		able += doctor->mission.operators[i].known && doctor->mission.operators[i].n_roles > 0;
	}
	if (able == 0)
		doctor_wrong(finding, "Name a user of this machine with roles under `operators` in mission.yaml",
			     "nobody on this machine may give the mission a command");
	else if (known < doctor->mission.n_operators)
		doctor_care(finding, "Make these users, or take them out of mission.yaml",
			    "%zu of %zu operators are no users of this machine", doctor->mission.n_operators - known,
			    doctor->mission.n_operators);
	else
		doctor_ok(finding, "%zu", known);
}

static void zone(struct doctor *doctor, struct doctor_finding *finding)
{
	char name[65] = {0};
	struct offset offsets[ZONE_OFFSETS_MAX];
	struct error error;
	memcpy(name, doctor->mission.zone.at, doctor->mission.zone.len);
	int n = doctor->has_mission ? zone_offsets(name, doctor->wall_ms, offsets, &error) : 0;
	if (n < 0)
		doctor_error(finding, DOCTOR_WRONG, &error);
	else if (n == 0)
		doctor_care(finding, "Put mission.yaml right first", "the zone is not known");
	else
		doctor_ok(finding, "%s, %d offsets ahead", name, n);
}

static void rules(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct arena memory = arena_map(RULES_BYTES);
	const struct rulebook *book;
	struct error error;
	if (rulebook_load(&book, &access_request_vocabulary, &memory, "rules/access", &error) < 0)
		doctor_error(finding, DOCTOR_WRONG, &error);
	else
		doctor_ok(finding, "%zu access rules load", rulebook_size(book));
	arena_unmap(&memory);
}

/* Ownership */

static void directory(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct stat status;
	if (stat(".", &status) < 0) {
		doctor_wrong(finding, "Look at the disk", "the mission's directory cannot be looked at");
	} else if (status.st_mode & S_IWOTH) {
		doctor_wrong(finding, "chmod o-w on the mission's directory",
			     "every user of this machine may write into it");
	} else if (status.st_mode & S_IWGRP) {
		doctor_care(finding, "chmod g-w on the mission's directory",
			    "its group may write into it, and put other files in the place of the mission's");
	} else if (status.st_mode & (S_IROTH | S_IXOTH)) {
		doctor_care(finding, "chmod o-rx on the mission's directory",
			    "every user of this machine may look into it");
	} else {
		doctor_ok(finding, "only user %u writes into it", status.st_uid);
	}
}

/* What must be there, and what everything in keys/ must be but the public key: readable by the mission's user alone. */
static const char *const secrets[] = {"journal.seed", "master",	  "subjects.0", "subjects.1",
				      "door",	      "door.key", "doors.0",	"doors.1"};

static void look_at_secret(struct doctor_finding *finding, int directory, const char *name, uid_t owner)
{
	struct stat status;
	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		doctor_wrong(finding, "Put it back from where a copy of it is kept", "there is no keys/%s", name);
	else if (status.st_mode & (S_IRWXG | S_IRWXO))
		doctor_wrong(finding, "chmod 600 it; if others have been on this machine, make new keys",
			     "other users may read keys/%s", name);
	else if (status.st_uid != owner)
		doctor_wrong(finding, "chown it to the mission's user", "keys/%s belongs to another user than keys",
			     name);
}

/* The finding stays empty when all is well. */
static void look_at_all(struct doctor_finding *finding, DIR *keys, uid_t owner)
{
	for (size_t i = 0; i < ARRAY_LEN(secrets) && !finding->what[0]; i++)
		look_at_secret(finding, dirfd(keys), secrets[i], owner);
	for (const struct dirent *entry; !finding->what[0] && (entry = readdir(keys)) != NULL;)
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "journal.vkey") != 0)
			look_at_secret(finding, dirfd(keys), entry->d_name, owner);
}

static void keys(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct stat home;
	DIR *keys = opendir("keys");
	if (!keys && errno == EACCES) {
		doctor_care(finding, "Ask as the mission's user or as root", "this user may not look at the keys");
	} else if (!keys || fstat(dirfd(keys), &home) < 0) {
		doctor_wrong(finding, "Put keys/ back from where a copy of it is kept", "there is no directory keys");
	} else {
		look_at_all(finding, keys, home.st_uid);
		if (!finding->what[0])
			doctor_ok(finding, "all there, each for one user");
	}
	if (keys)
		closedir(keys);
}

/* Who opens the mission's keys: docs/keys.md. */
static void protectors(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct file file;
	struct master master;
	struct error error;
	struct protector p;
	bool kinds[PROTECTOR_KINDS] = {false};
	/* Only one that is there: opening would make it. */
	if (access("keys/master", R_OK | W_OK) < 0 || file_open("keys/master", 0600, &file, &error) < 0) {
		doctor_care(finding, "Ask as the mission's user or as root", "this user may not look at the keys");
		return;
	}
	int failed = master_open(&master, file, &error);
	file_close(file);
	if (failed < 0) {
		doctor_error(finding, DOCTOR_WRONG, &error);
		return;
	}
	for (size_t i = 0; master_protector(&master, i, &p); i++)
		kinds[p.kind] = true;
	if (kinds[PROTECTOR_FILE])
		doctor_care(finding, "chancery keys add-passphrase, add-shares, then remove --protector 1",
			    "a file beside opens the mission's keys: good enough for a sample");
	else if (!kinds[PROTECTOR_PASSPHRASE] || !kinds[PROTECTOR_SHARES])
		doctor_care(finding, "Add the other kind: chancery keys",
			    "who forgets or loses it has lost every name in the record");
	else
		doctor_ok(finding, "a passphrase, or shares on paper");
}

static void reader_keys(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	if (access("keys/readers.yaml", F_OK) < 0)
		doctor_ok(finding, "in no file in clear");
	else
		doctor_care(finding, "Once it is imported, delete it, but in a sample",
			    "keys/readers.yaml has the readers' keys in clear");
}

static void public_key(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	if (access("keys/journal.vkey", R_OK) == 0)
		doctor_ok(finding, "keys/journal.vkey; keep a copy of it somewhere else");
	else if (errno == EACCES)
		doctor_care(finding, "Ask as the mission's user or as root", "this user may not look at the keys");
	else
		doctor_wrong(finding, "Put it back from a copy: without it nobody can check the record",
			     "there is no keys/journal.vkey");
}

/* The journal */

static void journal(struct doctor *doctor, struct doctor_finding *finding)
{
	struct stat status;
	if (doctor->has_status) {
		if (doctor->status.has_size)
			doctor_ok(finding, "%lld entries, open in the core", (long long)doctor->status.size);
		else
			doctor_ok(finding, "open in the core");
	} else if (doctor->keeper > 0) {
		doctor_care(finding, "Ask as an operator, or stop the mission first",
			    "only the core looks into it while the mission runs");
	} else if (stat("journal.db", &status) < 0 && errno == ENOENT) {
		doctor_care(finding, "If this mission has ever run: put it back from a backup before it is started",
			    "there is none yet");
	} else if (!doctor->has_journal) {
		error_remedy(&doctor->journal_error,
			     "Keep a copy of it, then ask chancery verify what is wrong with it");
		doctor_error(finding, DOCTOR_WRONG, &doctor->journal_error);
	} else {
		doctor_ok(finding, "%llu entries, %llu MiB%s", (unsigned long long)doctor->journal.entries,
			  (unsigned long long)doctor->journal.bytes >> 20,
			  doctor->journal.waiting > 0 ? ", and what waits in its log until the next start" : "");
	}
}

static void newest(struct doctor *doctor, struct doctor_finding *finding)
{
	int64_t last = doctor->last_wall_ms, age_ms = doctor->wall_ms - last;
	if (doctor->keeper > 0)
		doctor_ok(finding, "the core signs with each batch");
	else if (last == 0)
		doctor_care(finding, "chancery verify says more", "when the newest entry was written is not known");
	else if (age_ms < 0)
		doctor_wrong(finding, "Set the clock right before the mission is started",
			     "the newest entry is %lld s ahead of this machine's clock", (long long)-age_ms / 1000);
	else if (age_ms > DAY_MS)
		doctor_care(finding, "Start the mission", "the newest entry is %lld days old",
			    (long long)age_ms / DAY_MS);
	else
		doctor_ok(finding, "%s%lld minutes ago", doctor->journal.waiting > 0 ? "at most " : "",
			  (long long)age_ms / 60000);
}

static const struct doctor_check checks[] = {
    {"mission.yaml", mission},	{"operators", operators},     {"zone", zone},
    {"rules", rules},		{"directory", directory},     {"keys", keys},
    {"protectors", protectors}, {"reader keys", reader_keys}, {"public key", public_key},
    {"journal", journal},	{"newest entry", newest},
};

const struct doctor_subject doctor_files = {"files", checks, ARRAY_LEN(checks)};
