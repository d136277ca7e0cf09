/* installation.h: what the core finds in the mission's directory before it locks itself in: mission.yaml, the rulebooks, the keys, the zone.
 * The current directory is the mission's.
 */
#ifndef SERVE_INSTALLATION_H
#define SERVE_INSTALLATION_H

#include "gen/types.h"
#include "journal/journal.h"
#include "rules/rulebooks.h"
#include "serve/mission_file.h"
#include "serve/zone.h"

enum { INSTALLATION_READERS_MAX = 8192 };

struct installation_key {
	struct str place; /* "line-1/0": driver and OSDP address */
	uint8_t key[16];
};

struct installation {
	struct mission_file mission;
	struct journal_options journal;
	struct rulebooks rulebooks;
	struct mission_begin environment;
	struct arena memory; /* of all texts and the rulebooks */
	uint8_t schema_hash[32];
	uint8_t access_hash[32];
	struct offset offsets[ZONE_OFFSETS_MAX];
	struct installation_key *keys;
	size_t n_keys;
};

/* Reads and checks all of it. The error names file, place and remedy. */
int installation_open(struct installation *ret_installation, struct error *error);

/* The key of the reader at that address of that line; false when keys/readers.json has none. */
bool installation_reader_key(const struct installation *installation, struct str line, int64_t address,
			     uint8_t ret_key[16]);

#endif
