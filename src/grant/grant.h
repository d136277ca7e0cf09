/* grant.h: a grant table: what a door driver decides by when the core does not answer. Pure.
 *
 * The core makes one for each door driver and signs it. It holds the driver's readers, the credentials that
 * open anything there, and the times at which they do, computed from the rules up to `until`. The same state
 * gives the same bytes (grant_build.h makes them, grant_seal.h has what needs cryptography).
 *
 * Cards do not stand in it. A credential is a token of 16 bytes, made of the card with a key that the table
 * does not hold and the table's own salt (grant_seal.h); so the opened table is no list of cards, and two
 * tables have no token in common. Only whoever has the driver's key as well can try all cards there may be, and
 * cards of 26 bits are soon tried.
 *
 * The format. Integers are little endian, times are milliseconds since 1970-01-01T00:00Z, an interval holds its
 * beginning and not its end.
 *
 *     head         256 bytes
 *        0  "chcygrt1"                 56  u32 credentials
 *        8  u64 number, 1 first        60  u32 persons
 *       16  i64 made                   64  u32 places
 *       24  i64 until, behind made     68  u32 schedules
 *       32  salt, 16 bytes             72  u32 intervals
 *       48  u32 bytes of the table     76  u32 standing
 *       52  u32 readers                80  u8 length of mission, u8 length of driver
 *       82  mission, 128 bytes         210 driver, 40 bytes; zeros behind both, and up to 256
 *     readers      u64 reader, u64 door, u32 release in ms, u16 place, u16 flags; by reader, rising
 *     tokens       16 bytes each; rising
 *     holders      u16 person of each token
 *     persons      i64 from, i64 until: when credentials of this profile are good at all
 *     cells        u16 schedule, for each person and in it for each place
 *     schedules    u32 number of its first interval each, and one more behind the last
 *     intervals    i64 from, i64 until; of one schedule rising, apart, inside made and until
 *     standing     u64 door, u32 credential; rising: what opens when `until` is over
 *     signature    Ed25519 over all before it, 64 bytes
 *
 * A person is a profile: all credentials of equal rights share one. A place is a profile of doors. Persons,
 * places and schedules are numbered in the order in which holders, readers and cells first name them; none is
 * unused.
 */
#ifndef GRANT_H
#define GRANT_H

#include "base/str.h"

enum {
	GRANT_TOKEN_BYTES = 16,
	GRANT_SALT_BYTES = 16,
	GRANT_SIGNATURE_BYTES = 64,
	GRANT_HEAD_BYTES = 256,
	GRANT_MISSION_BYTES_MAX = 128,
	GRANT_DRIVER_BYTES_MAX = 40,
	GRANT_READERS_MAX = 1024,
	GRANT_CREDENTIALS_MAX = 32768,
	GRANT_PERSONS_MAX = 4096,
	GRANT_PLACES_MAX = 512,
	GRANT_CELLS_MAX = 1 << 18,
	GRANT_SCHEDULES_MAX = 4096,
	GRANT_INTERVALS_MAX = 32768,
	GRANT_INTERVALS_EACH_MAX = 256, /* of one schedule */
	GRANT_STANDING_MAX = 32768,
	GRANT_RELEASE_MS_MAX = 60000,
	GRANT_BYTES_MAX = 1 << 21,
	GRANT_VALID_MS = 72 * 60 * 60 * 1000, /* from made to until, unless the mission says otherwise */
	GRANT_VALID_MS_MAX = 21 * 24 * 60 * 60 * 1000,
};

/* A reader's flags. */
enum {
	GRANT_SHUT = 1, /* without the core this door does not open: its rule needs what no table can hold */
};

/* A table that was looked through. It points into the bytes, which must outlive it. */
struct grant {
	uint64_t number;
	int64_t made, until;
	const uint8_t *salt;
	struct str mission, driver;
	uint32_t n_readers, n_credentials, n_persons, n_places, n_schedules, n_intervals, n_standing;
	const uint8_t *readers, *tokens, *holders, *persons, *cells, *schedules, *intervals, *standing, *signature;
};

struct grant_fault {
	const char *what; /* a static text */
	size_t offset;
};

/* Takes a table apart and checks all of its form; who signed it grant_seal.h tells. False: ret_fault says what
 * is wrong and where. */
bool grant_open(const uint8_t *bytes, size_t n, struct grant *ret_grant, struct grant_fault *ret_fault);

/* What decides, in this order; the first that speaks. Zero refuses.
 *
 *   1  there is no table                                                  no_table
 *   2  the reader is not in it                                            unknown_reader
 *   3  its door is held shut                                              held
 *   4  its door stays shut without the core                               shut
 *   5  no credential has this token                                       unknown_card
 *   6  the credential is not good at this time                            not_now
 *   7  the table is good: granted when the schedule says so, else         not_now
 *   8  the table has expired: granted when it stands for this door, else  expired_table
 */
enum grant_why {
	GRANT_NO_TABLE,
	GRANT_UNKNOWN_READER,
	GRANT_HELD,
	GRANT_DOOR_SHUT,
	GRANT_UNKNOWN_CARD,
	GRANT_NOT_NOW,
	GRANT_EXPIRED_TABLE,
	GRANT_SCHEDULE, /* granted, 7 */
	GRANT_STANDING, /* granted, 8 */
	GRANT_WHYS,
};

struct grant_question {
	uint64_t reader;
	const uint8_t *token; /* made with this table's salt; may be NULL where there is no table */
	bool held;	      /* the door is under a lockdown */
	int64_t now;
};

struct grant_answer {
	bool granted;
	enum grant_why why;
	uint64_t door;	    /* 0 when the reader is unknown */
	int64_t release_ms; /* for how long the door is released when granted */
};

/* grant may be NULL: no table. O(log n), takes no memory. */
struct grant_answer grant_decide(const struct grant *grant, const struct grant_question *question);

static inline bool grant_has_expired(const struct grant *grant, int64_t now)
{
	return now >= grant->until;
}

/* Numbers in a table. */
static inline uint64_t grant_number(const uint8_t *at, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = bytes; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

#endif
