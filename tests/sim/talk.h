/* talk.h: people who are connected to the mission: what they have asked, what they are answered, and whether each
 * of them is answered once and with what the record says.
 *
 * Answers have no numbers, so they must come in the order of the questions; but streams, and the command that waits
 * for a search of its rulebook. A person has one history at a time under way, and says nothing more on a connection
 * on which a rulebook is being looked at.
 */
#ifndef TESTS_SIM_TALK_H
#define TESTS_SIM_TALK_H

#include "sim/ledger.h"
#include "sim/people.h"

enum {
	TALK_CONNECTIONS = 16,
	TALK_ASKS_MAX = 64, /* on one connection, not answered */
	TALK_SAID_MAX = 32768,
	TALK_NONCE_DIGITS = 64,
	TALK_BLOBS_MAX = 64,
};

enum talk_ask_kind {
	TALK_COMMAND, /* also by approving and undoing */
	TALK_MISTAKE, /* a line that is no line, or that nobody may say: bad is the answer */
	TALK_STATUS,
	TALK_NONCE,
	TALK_CHECKPOINT,
	TALK_PROOF,
	TALK_BLOB,	/* a part of a file */
	TALK_BLOB_READ, /* a file, in parts, or bad */
};

struct talk_ask {
	enum talk_ask_kind kind;
	uint64_t said; /* of a command: its number in said; */
	bool is_enact; /* its answer may come when others were answered */
	bool
	    may_be_bad; /* a command that may be turned down before it is decided: its blob, its assertion, its pending or entry */
	size_t blob;  /* of a part: the file; of a reading: the file; */
	bool is_last; /* and whether it is the last part */
};

/* Something that was said and may become an entry, by a person or a driver. */
struct talk_said {
	uint64_t hash; /* of who, name and body */
	unsigned said, entered;
	struct str who, name, body; /* in talk's memory */
};

struct talk_history {
	bool is_asked;
	char table[16];
	uint64_t id, before; /* entries below this one */
	int64_t left;
	uint64_t next; /* at most this entry comes next */
};

struct talk_connection {
	bool is_open, is_deaf, is_slow;
	enum people_who who;
	unsigned peer;
	struct see_viewer viewer;
	struct talk_ask asks[TALK_ASKS_MAX];
	size_t first, n_asks;
	bool enacts; /* one of the asks waits for a search: nothing else is said meanwhile */
	bool follows;
	uint64_t follow_from; /* the first entry that was not seen yet, or looked over */
	struct talk_history history;
	bool reads_raw;
	uint64_t raw_next;
	bool has_nonce;
	char nonce[TALK_NONCE_DIGITS + 1];
	uint64_t part_of; /* parts of a file that came of the answer */
};

/* A file that was sent. */
struct talk_blob {
	uint32_t value; /* VALUE_PICTURE, or VALUES_MAX: a plan, which is nobody's */
	uint64_t person, building;
	bool is_kept; /* the hash came */
	char hash[65];
};

struct talk {
	struct ledger *ledger;
	struct values *values;
	struct arena memory;
	uint8_t cursor_key[CURSOR_KEY_BYTES]; /* the machine's, to read marks with */
	struct talk_connection at[TALK_CONNECTIONS];
	size_t n_said, n_blobs;
	uint64_t answered, entries_shown;
	struct talk_blob blobs[TALK_BLOBS_MAX];
	struct talk_said said[TALK_SAID_MAX];
};

void talk_init(struct talk *talk, struct ledger *ledger, struct values *values);
void talk_release(struct talk *talk);
/* Nobody is connected any more; what was said stays said. */
void talk_hang_up(struct talk *talk);

struct talk_connection *talk_by_peer(struct talk *talk, unsigned peer);
bool talk_is_busy(const struct talk_connection *connection); /* it had better not ask more now */

/* Somebody says something that may become an entry: `body` is canonical. */
uint64_t talk_say(struct talk *talk, struct str who, struct str name, struct str body);
/* The entry's input was said by whom it is from, and not more often entered than said. */
void talk_check_entry(struct talk *talk, const struct ledger_entry *entry, uint64_t index, struct str boot,
		      int64_t sequence);

void talk_ask(struct talk_connection *connection, struct talk_ask ask);

/* A line came for the connection. `then`: how many entries were durable when it left. */
void talk_hear(struct talk *talk, struct talk_connection *connection, struct str line, uint64_t then);

/* After a commit that left nothing to do: everybody is answered. */
void talk_check_idle(const struct talk *talk);

/* Secrets stand in entries as numbers: both forms of a body without them. */
struct str talk_without_secrets(struct str body, struct arena *arena);

#endif
