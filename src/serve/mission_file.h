/* mission_file.h: mission.yaml, what an installation is told by hand.
 *
 *     name: Embassy of …            the mission's name, also the origin of its journal
 *     zone: Europe/…                IANA time zone of the premises
 *     operators:                    who may speak to the core on this machine, by Unix user
 *       - {login: …, name: …, roles: [security_officer, …], clearance: confidential, person: 12}     the last two may be left out
 *     drivers:                      one process a line or service
 *       - {name: line-1, kind: osdp, device: run/lines/line-1, baud: 115200}
 *     witnesses:                    optional: who else signs what the journal's checkpoints say (docs/outside.md)
 *       - {name: The capital, vkey: …, url: https://…}
 *
 * Everything else (places, people, badges) comes by commands and lies in the journal. An unknown member is an error.
 */
#ifndef SERVE_MISSION_FILE_H
#define SERVE_MISSION_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "journal/note.h"

enum {
	MISSION_OPERATORS_MAX = 64,
	MISSION_DRIVERS_MAX = 56, /* lines of readers (domain/doors/doors.h), and no other devices yet */
	MISSION_WITNESSES_MAX = 16,
	MISSION_ROLES_MAX = 8,
	MISSION_NAME_BYTES_MAX = 80,
	MISSION_LOGIN_BYTES_MAX = 40,
};

struct mission_operator {
	struct str login, name;
	bool known; /* to this machine; uid is set */
	uint32_t uid;
	struct str roles[MISSION_ROLES_MAX];
	size_t n_roles;
	unsigned clearance; /* 0 open, 1 restricted, 2 confidential, 3 secret */
	uint64_t person;    /* the row of this person in the mission; 0: not said */
};

struct mission_driver {
	struct str name, kind, device;
	int64_t baud; /* bit/s */
};

struct mission_witness {
	struct str name; /* for people; its key's when there is no other */
	struct str url;	 /* below it add-checkpoint; https, or http on this machine; no slash at the end */
	struct note_key key;
};

struct mission_file {
	struct str name, zone;
	struct mission_operator operators[MISSION_OPERATORS_MAX];
	size_t n_operators;
	struct mission_driver drivers[MISSION_DRIVERS_MAX];
	size_t n_drivers;
	struct mission_witness witnesses[MISSION_WITNESSES_MAX];
	size_t n_witnesses;
};

/* Reads mission.yaml in the current directory. Texts live in the arena. Logins that this machine does not have stay unknown and match nobody. */
int mission_file_read(struct mission_file *ret_mission, struct arena *arena, struct error *error);

/* What the journal is signed as: `chancery/` and the mission's name, with a hyphen for each blank and plus (a C2SP key name has neither); behind a fork `/` and
 * the incarnation. */
struct str mission_file_origin(const struct mission_file *mission, int64_t incarnation, struct arena *arena);

/* The operator of that Unix user, or NULL. */
const struct mission_operator *mission_file_operator(const struct mission_file *mission, uint32_t uid);

#endif
