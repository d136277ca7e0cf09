/* boots.h: which boots of which drivers have reported, and how far each has counted.
 *
 * Of one name and boot the sequences rise by exactly 1; once a report under a new boot was entered, no more come under
 * an older one. The page does not say with which sequence a boot is first heard, so any from 1 up is taken.
 */
#ifndef VERIFY_BOOTS_H
#define VERIFY_BOOTS_H

#include "canonical.h"

struct boots {
	struct boots_slot *slot; /* open addressing; `slots` is a power of two, or 0 before the first report */
	size_t slots, used;
};

void boots_release(struct boots *boots);
bool boots_report(struct boots *boots, struct canonical_text name, struct canonical_text boot, int64_t sequence,
		  struct complaint *complaint);

#endif
