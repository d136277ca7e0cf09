/* doctor_machine.c: what the mission stands on: disk, clock, kernel, limits. */
#include "cli/doctor.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	MIB = 1 << 20,
	FREE_MIB_WRONG = 64,
	FREE_MIB_CARE = 1024,
	DAYS_CARE = 90,
	DAYS_WRONG = 7,
	CLOCK_CARE_MS = 60 * 1000, /* a step as large is an alarm of the core */
	MEMLOCK_BYTES_MIN = 64 << 10,
	DAY_S = 24 * 60 * 60,
	LANDLOCK_VERSION = 1, /* flag of landlock_create_ruleset: tell the version */
};

/* What the record has grown a day since the directory was made. 0: not known yet. */
static double growth_mib_a_day(void)
{
	struct stat made, journal;
	if (stat("keys/journal.vkey", &made) < 0 || stat("journal.db", &journal) < 0)
		return 0;
	double days = difftime(time(NULL), made.st_mtime) / DAY_S;
	return days < 1 ? 0 : (double)journal.st_size / MIB / days;
}

static void space(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct statvfs disk;
	static const char remedy[] = "Make room, or move the mission to a larger disk";
	if (statvfs(".", &disk) < 0) {
		doctor_wrong(finding, "Look at the disk", "how much room is left cannot be told");
		return;
	}
	long long free_mib = (long long)((double)disk.f_bavail * (double)disk.f_frsize / MIB);
	double growth = growth_mib_a_day();
	long long days = growth > 0 ? (long long)((double)free_mib / growth) : DAYS_CARE;
	if (free_mib < FREE_MIB_WRONG || days < DAYS_WRONG)
		doctor_wrong(finding, remedy, "%lld MiB are free, for %lld days at the pace so far", free_mib, days);
	else if (free_mib < FREE_MIB_CARE || days < DAYS_CARE)
		doctor_care(finding, remedy, "%lld MiB are free, for %lld days at the pace so far", free_mib, days);
	else
		doctor_ok(finding, "%lld MiB are free; the record grows %.1f MiB a day", free_mib, growth);
}

static const struct {
	long magic;
	const char *name;
	enum doctor_verdict verdict;
} file_systems[] = {
    {EXT4_SUPER_MAGIC, "ext4", DOCTOR_OK},    {XFS_SUPER_MAGIC, "xfs", DOCTOR_OK},
    {BTRFS_SUPER_MAGIC, "btrfs", DOCTOR_OK},  {F2FS_SUPER_MAGIC, "f2fs", DOCTOR_OK},
    {TMPFS_MAGIC, "tmpfs", DOCTOR_WRONG},     {RAMFS_MAGIC, "ramfs", DOCTOR_WRONG},
    {NFS_SUPER_MAGIC, "nfs", DOCTOR_WRONG},   {SMB2_SUPER_MAGIC, "smb", DOCTOR_WRONG},
    {CIFS_SUPER_MAGIC, "cifs", DOCTOR_WRONG}, {OVERLAYFS_SUPER_MAGIC, "overlayfs", DOCTOR_CARE},
    {FUSE_SUPER_MAGIC, "fuse", DOCTOR_CARE},
};

static void file_system(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct statfs disk;
	int known = statfs(".", &disk);
	for (size_t i = 0; known == 0 && i < ARRAY_LEN(file_systems); i++) {
		if ((long)disk.f_type != file_systems[i].magic)
			continue;
		if (file_systems[i].verdict == DOCTOR_OK)
			doctor_ok(finding, "%s keeps what was synced", file_systems[i].name);
		else if (file_systems[i].verdict == DOCTOR_CARE)
			doctor_care(finding, "Keep the mission on a local disk",
				    "whether %s keeps what was synced depends on what lies under it",
				    file_systems[i].name);
		else
			doctor_wrong(finding, "Move the mission to a local disk",
				     "what was synced to %s may be gone after a power failure", file_systems[i].name);
		return;
	}
	doctor_care(finding, "Keep the mission on a local disk, on ext4 or xfs",
		    "whether this file system keeps what was synced is not known");
}

static void wall_clock(struct doctor *doctor, struct doctor_finding *finding)
{
	struct timex state = {0};
	bool kept = adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
	int64_t ahead_ms = doctor->has_status ? doctor->status.wall - doctor->wall_ms : 0;
	if (ahead_ms > CLOCK_CARE_MS || ahead_ms < -CLOCK_CARE_MS)
		doctor_care(finding,
			    "Find out which one is right; the mission takes the machine's at its next start, never a "
			    "time before its newest entry",
			    "the mission's clock and the machine's differ by %lld s", (long long)ahead_ms / 1000);
	else if (!kept)
		doctor_care(finding, "Give it a time server or a radio clock, or look at it each week",
			    "nothing keeps this machine's clock right");
	else
		doctor_ok(finding, "kept right by a time service");
}

/* The kernel */

static void release(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	struct utsname name;
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	if (major * 1000 + minor < 5013)
		doctor_care(finding, "Debian 12's kernel, 6.1, has all that is used", "Linux %d.%d has no Landlock yet",
			    major, minor);
	else
		doctor_ok(finding, "Linux %d.%d", major, minor);
}

static void seccomp(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	char actions[256] = {0};
	int fd = open("/proc/sys/kernel/seccomp/actions_avail", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, actions, sizeof actions - 1);
	if (fd >= 0)
		close(fd);
	if (n > 0 && strstr(actions, "kill_process"))
		doctor_ok(finding, "what a process may not call ends it");
	else
		doctor_wrong(finding, "Run a kernel with CONFIG_SECCOMP_FILTER",
			     "this kernel has no seccomp filters: no process locks itself in");
}

static void landlock(struct doctor *doctor, struct doctor_finding *finding)
{
	(void)doctor;
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
	if (abi < 1)
		doctor_care(finding,
			    "Add landlock to the kernel's lsm= list; seccomp keeps files from children meanwhile",
			    "this kernel has no Landlock");
	else
		doctor_ok(finding, "version %ld", abi);
}

static void locked_memory(struct doctor *doctor, struct doctor_finding *finding)
{
	struct rlimit limit = {0};
	prlimit((pid_t)doctor->keeper, RLIMIT_MEMLOCK, NULL,
		&limit); /* 0 is this process: who would start the mission */
	if (limit.rlim_cur < MEMLOCK_BYTES_MIN)
		doctor_care(finding, "Raise it: LimitMEMLOCK= of the unit, or ulimit -l",
			    "%llu KiB of memory may be kept from the swap, too few for keys",
			    (unsigned long long)limit.rlim_cur >> 10);
	else
		doctor_ok(finding, "enough for keys");
}

static const struct doctor_check checks[] = {
    {"space", space},
    {"file system", file_system},
    {"clock", wall_clock},
    {"kernel", release},
    {"seccomp", seccomp},
    {"landlock", landlock},
    {"locked memory", locked_memory},
};

const struct doctor_subject doctor_machine = {"machine", checks, ARRAY_LEN(checks)};
