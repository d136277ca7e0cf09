/* members.h: the members of one entry, as docs/journal-format.md ("The entry") has them, and what of them has to fit the
 * entries before (order.h). Nothing here knows another entry, so entries may be read in any order, by several threads.
 */
#ifndef VERIFY_MEMBERS_H
#define VERIFY_MEMBERS_H

#include "canonical.h"

#define MEMBERS_FORMAT	     2
#define MEMBERS_EVENTS_MAX   64
#define MEMBERS_PACKETS_MAX  64
#define MEMBERS_TAG_BYTES    16 /* Poly1305's, behind a packet's values */
#define MEMBERS_PACKET_BYTES 32 /* the values are filled up to a multiple of this */
#define MEMBERS_BOOT_LEN     16

struct members {
	int64_t index, incarnation, wall_ms, elapsed_ms, env;
	bool in_force; /* has a mission.InForce event */
	bool is_start;
	bool is_report;
	struct canonical_text driver, boot; /* of a report, in the body */
	int64_t sequence;
};

/* Checks that the body is canonical and its members are of their form. */
bool members_read(struct canonical *canonical, const uint8_t *body, size_t len, struct members *ret_members,
		  struct complaint *complaint);

#endif
