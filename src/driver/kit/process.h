/* process.h: the frame of a driver's process: its first lines, its files, its sandbox, its lines.
 *
 *     code = process_start(&p, STR("osdp"), &settings, &error);   ERROR_GONE: nobody wants it any more
 *     … open the device; wipe with process_settings_used
 *     code = process_enter(&p, descriptors, n, &error);
 *     … take lines as below once: some may have come together with the first
 *     for (;;) {
 *             next_us = kit_due(&p.kit, now_us);
 *             process_flush(&p)                     false: the core's end is closed
 *             … ppoll: standard input; standard output when process_waits; the device
 *             process_fill(&p);  while (process_next(&p, now_us, &said)) …
 *     }
 *
 * The first line may be `begin`, from the keeper: then what was kept in run/drivers/NAME/ is opened, and where
 * settings are among it the driver starts with those at once, whether a core speaks or not. Without `begin` it
 * waits for config, keeps nothing, and says so. Nothing but those lines is read before the sandbox.
 *
 * Settings that were kept may have become useless (a device that is gone): process_other_settings waits for the
 * core's.
 */
#ifndef KIT_PROCESS_H
#define KIT_PROCESS_H

#include "base/lines.h"
#include "driver/kit/kit.h"

enum {
	PROCESS_IN_BYTES = 4 * LINES_MEMORY_MIN,
	PROCESS_OUT_BYTES = 4 * LINES_MEMORY_MIN,
	PROCESS_FILES = 3,
	PROCESS_DESCRIPTORS_MAX = 8, /* the driver's own */
	PROCESS_CORE_SPEAKS_MS = 2000,
};

struct process {
	struct kit kit;
	struct lines_in in;
	struct lines_out out;
	struct str line; /* handed out last, to be wiped */
	bool ended;	 /* the input */
	bool kept;	 /* the settings in use are from the disk */
	size_t n_files;
	struct file files[PROCESS_FILES];
	uint8_t in_memory[PROCESS_IN_BYTES], out_memory[PROCESS_OUT_BYTES];
};

/* The settings hold keys; they are there until the next call of anything here. The directory of the mission is
 * the current one. */
int process_start(struct process *p, struct str kind, struct str *ret_settings, struct error *error);

/* When those were of no use and came from the disk: the core's, which may be the same. ERROR_GONE when none
 * came in time. */
int process_other_settings(struct process *p, struct str *ret_settings, struct error *error);

void process_settings_used(struct process *p);

/* With the driver's own descriptors, at most PROCESS_DESCRIPTORS_MAX. */
int process_enter(struct process *p, const int *descriptors, size_t n, struct error *error);

/* Reads once. */
void process_fill(struct process *p);

/* What the driver must act on; false when there is nothing more now. The end of the input is KIT_LEAVE. */
bool process_next(struct process *p, int64_t now_us, struct kit_said *ret_said);

/* False when the core's end is closed. */
bool process_flush(struct process *p);

static inline bool process_waits(const struct process *p)
{
	return lines_out_waiting(&p->out) > 0;
}

#endif
