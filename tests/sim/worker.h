/* worker.h: a process of its own, really forked, for long work of the hub (serve/hub.h), whose every touch of a
 * file is a step of the simulation.
 *
 * The child has the hub's memory as it was at the fork. Files that it may write go through worker_file: in the
 * hub's process they are the simulated disk's; in the child each verb is asked of the hub's process, which does it
 * when the simulation says so (worker_step), on handles that outlive the process of the hub. So a child can be
 * slow, can die at any write, and can live longer than the hub that wanted it.
 */
#ifndef TESTS_SIM_WORKER_H
#define TESTS_SIM_WORKER_H

#include "base/file.h"

#include <sys/types.h>

enum { WORKER_FILES_MAX = 8 };

struct worker {
	size_t n_files;
	struct worker_file {
		struct worker *worker;
		struct file real, again; /* again: for the child's process */
	} files[WORKER_FILES_MAX];
	bool is_child;
	pid_t pid; /* 0: there is none */
	int fd;	   /* to the other process; -1: none */
	uint64_t steps;
};

void worker_init(struct worker *worker);

/* The file for the hub: closed with worker_close_files. */
struct file worker_file(struct worker *worker, struct file real);
/* What an earlier child still has open stays so. */
void worker_close_files(struct worker *worker);

/* Forks. There must be no child. */
void worker_begin(struct worker *worker, int (*work)(void *hub, void *shared), void *hub, void *shared);

/* Lets the child do what it does until it has touched a file once more. False when it has ended; ret_done: it
 * returned 0. */
bool worker_step(struct worker *worker, bool *ret_done);

/* Kills it. */
void worker_kill(struct worker *worker);

#endif
