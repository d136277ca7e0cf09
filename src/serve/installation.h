/* installation.h: what the core finds in the mission's directory before it locks itself in: mission.yaml, the rulebooks, the keys, the zone.
 * The current directory is the mission's.
 */
#ifndef SERVE_INSTALLATION_H
#define SERVE_INSTALLATION_H

#include "gen/types.h"
#include "journal/journal.h"
#include "keys/keyring.h"
#include "rules/rulebooks.h"
#include "serve/kept.h"
#include "serve/mission_file.h"
#include "serve/zone.h"

struct installation {
	struct mission_file mission;
	struct incarnation incarnation; /* of a mission that was restored (backup.yaml); else its number is 1 */
	struct journal_options journal;
	struct rulebooks rulebooks; /* of rules/access; without one where it does not load */
	struct str rules_text;
	struct mission_begin environment;
	struct keyring keys, doors;
	struct kept *kept; /* NULL: none was given */
	struct file snapshots[2];
	uint8_t cursor_key[32];
	struct arena memory; /* of all texts and the rulebooks */
	uint8_t schema_hash[32];
	uint8_t access_hash[32];
	struct offset offsets[ZONE_OFFSETS_MAX];
};

/* Reads and checks all that can be read beside a running mission, and writes nothing: no keys are opened. The error names file, place and remedy. */
int installation_look(struct installation *ret_installation, struct error *error);

/* All of it, but that keys stay closed (keys.keys.file is NULL) which neither a file beside opens nor `kept` (may be NULL): then somebody must come, and
 * installation_unlocked. */
int installation_open(struct installation *ret_installation, struct kept *kept, struct error *error);

/* After the mission's keys are open: fills cursor_key. */
int installation_unlocked(struct installation *installation, struct error *error);

/* A rulebook from the text that the record keeps. */
int installation_load_rules(const struct rulebook **ret_rules, struct arena *arena, struct str text,
			    struct error *error);

#endif
