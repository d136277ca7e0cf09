/* vault.h: how the core has personal values sealed and opened, without ever holding a key. Pure: whoever has the keys gives the functions
 * (src/keys/vault.c in the core process, a plain one in tests).
 *
 * What belongs together in an entry, because it is about one subject and kept for the same time, is one packet: a canonical JSON array
 * of values. docs/journal-format.md, "What is sealed", has the cipher and the keys.
 */
#ifndef SCHEMA_VAULT_H
#define SCHEMA_VAULT_H

#include "base/arena.h"

enum {
	VAULT_PACKETS_MAX = 64, /* in an entry */
	VAULT_SALT_BYTES = 16,
	VAULT_MARK_BYTES = 8,
	VAULT_KEEP_BYTES_MAX = 8, /* "90d" */
	VAULT_TABLE_BYTES_MAX = 40,
};

/* Whose a value is: a row. Nobody's when the id is 0. */
struct subject {
	struct str table; /* as in person:12 */
	uint64_t id;
};

/* Where the packet stands, which is what its nonce and key follow from. */
struct vault_place {
	uint64_t index; /* of the entry */
	const uint8_t *salt;
	int64_t wall; /* ms since 1970-01-01T00:00Z: its month names the key */
	uint64_t packet;
};

/* As it stands in the entry. */
struct vault_packet {
	struct str keep; /* empty: as long as the subject */
	int64_t month;	 /* 12 (year - 1970) + month, January 1; 0 where keep is empty */
	uint8_t mark[VAULT_MARK_BYTES];
	struct str data; /* cipher text and tag */
};

struct vault {
	void *context;
	/* The cipher text lies in the arena. A key that there was not yet is made. What goes wrong the vault remembers: whoever
	 * makes the batch durable asks it first (keys.h, keys_sync). */
	void (*seal)(void *context, const struct vault_place *place, const struct subject *subject, struct str keep,
		     struct str values, struct arena *arena, struct vault_packet *ret_packet);
	/* ret_values is the array again, in the arena. False: the key is gone, the values are erased. A packet that has its
	 * key and does not open was changed: ret_forged is then true. */
	bool (*open)(void *context, const struct vault_place *place, const struct vault_packet *packet,
		     struct arena *arena, struct str *ret_values, bool *ret_forged);
	/* A box of exactly `size` bytes of plain text for a compartment; contents may be empty, and the box is then random. */
	void (*box)(void *context, const struct vault_place *place, struct str compartment, struct str contents,
		    size_t size, struct arena *arena, struct str *ret_box);
	/* False: there is nothing in it, or not for whoever holds these keys. */
	bool (*unbox)(void *context, const struct vault_place *place, struct str compartment, struct str box,
		      struct arena *arena, struct str *ret_contents);
};

#endif
