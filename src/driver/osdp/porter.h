/* porter.h: between the line and the core: what becomes of cards, orders and lockdowns. Pure but for the kit's
 * disk.
 *
 * A card is reported, and waits for the core's answer (gate.h). When none came in time, or there is no core,
 * the grant table decides (grant.h): the strike is released and the reader shows green, or shows red and beeps;
 * and what was decided is reported. Once a card went unanswered the following ones are decided at once, until
 * the core says anything again: nobody waits twice for a dead core.
 *
 * A door that is held (desired state doors.Held) is opened by no table. The core's own orders open it: the core
 * knows of the lockdown. Leaving is neither the table's business nor the driver's: egress is hardware.
 *
 * A reader that tells too much is throttled: cards beyond a bucket are ignored and counted; of a state that
 * changes too often the newest is reported when the bucket allows it.
 */
#ifndef OSDP_PORTER_H
#define OSDP_PORTER_H

#include "driver/kit/gate.h"
#include "driver/kit/kit.h"
#include "driver/osdp/panel.h"

enum {
	PORTER_CARDS_BURST = 20, /* of one reader */
	PORTER_CARD_EVERY_US = 500 * 1000,
	PORTER_STATES_BURST = 10, /* of one reader */
	PORTER_STATE_EVERY_US = 6 * 1000 * 1000,
	PORTER_REFUSED_BURST = 60, /* frames of the whole line */
	PORTER_REFUSED_EVERY_US = 2 * 1000 * 1000,
	PORTER_ARENA_BYTES = 2 * LINE_BYTES_MAX, /* what a body says, however it is written */
	PORTER_OPEN_WITHIN_US = 3 * 1000 * 1000, /* a card that the table granted; later nobody waits at the door */
};

struct porter {
	struct kit *kit;
	struct panel *panel;
	struct gate gate;
	uint8_t held[16]; /* by address, a bit each: of the newest doors.Held */
	struct limit refused;
	struct porter_reader {
		struct limit cards, states;
		bool waits; /* a state that was throttled */
		struct notice state;
	} readers[PANEL_READERS_MAX];
	_Alignas(16) uint8_t arena_memory[PORTER_ARENA_BYTES];
};

/* Behind panel_add of all readers. What was desired when the last process ended is in force at once. */
void porter_init(struct porter *porter, struct kit *kit, struct panel *panel, int64_t now_us);

/* An order or a desired state. */
void porter_take(struct porter *porter, const struct kit_said *said, int64_t now_us);

/* Everything that the panel has to tell, and the cards whose time is over. Returns when it is due again. */
int64_t porter_due(struct porter *porter, int64_t now_us);

#endif
