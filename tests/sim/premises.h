/* premises.h: what a hub needs of its machine beside the journal, simulated: keys, snapshots and an index on a simulated disk, clocks that a test sets, and a
 * process for long work that ends when it is told to.
 *
 *     premises_open(&p, disk, &error);
 *     premises_fill(&p, &options);          keys, files and what of `outside` is its own
 *     … hub_open, hub_close …
 *     premises_close(&p);
 *
 * The context of `outside` must begin with a pointer to the premises.
 */
#ifndef TESTS_SIM_PREMISES_H
#define TESTS_SIM_PREMISES_H

#include "keys/keys.h"
#include "serve/hub.h"
#include "sim/disk.h"

struct premises {
	struct disk *disk;
	struct keys keys, doors;
	struct master master, door_master;
	struct file files[6], snapshots[2];
	size_t n_files;
	int64_t clock_us; /* the elapsed clock, and */
	int64_t wall_us;  /* the machine's, apart from it: 0 as long as nobody has set it */
	uint64_t free_bytes;
	unsigned work_slow; /* so often is it asked before long work has ended */
	unsigned work_left;
	bool is_working, work_done;
	unsigned work_dies;	   /* so many of the next works end badly, and have done nothing */
	struct hub_danger *danger; /* NULL: inputs are not watched */
	uint8_t shared[HUB_SHARED_BYTES];
};

/* Makes keys where the disk has none. After an error nothing is open. */
int premises_open(struct premises *p, struct disk *disk, struct error *error);
void premises_close(struct premises *p);
void premises_fill(struct premises *p, struct hub_options *options);

#endif
