/* hub.h: the core process without its sockets: lines in, turns, one commit a batch, lines out.
 *
 * Whoever is connected is a peer with a number: a driver, or an asker (cli, later web). The process (core_process.c) and the simulator
 * (tests/sim) both run this same code; the first gives it sockets, clocks and a disk, the second gives it simulated ones.
 *
 * Invariants:
 *   - what a peer is told about an input leaves in hub_commit, after the batch that holds its entry is durable;
 *   - an order leaves only to the driver it names, after its entry is durable, and again whenever that driver says hello until it answers;
 *   - a failed commit is final: hub_commit returns an error, nothing of that batch was told to anybody, and the process must end.
 */
#ifndef SERVE_HUB_H
#define SERVE_HUB_H

#include "base/error.h"
#include "core/core.h"
#include "gen/codec.h"
#include "journal/journal.h"
#include "keys/keys.h"
#include "serve/cursor.h"

enum {
	HUB_PEERS_MAX = 128,
	HUB_DRIVERS_MAX = 64,
	HUB_WITNESSES_MAX = 16,
	HUB_BATCH_MAX = 256,	  /* entries in one commit */
	HUB_PIECE_ENTRIES = 128,  /* of history or of a stream, between two turns */
	HUB_BACK_ENTRIES = 16384, /* further back the last N that somebody may see are not looked for */
	HUB_INDEX_ENTRIES = 16,	  /* that join the index by ref, between two turns */
	HUB_SUSPECTS_MAX = 64,
	HUB_CONFIG_QUIET_MS = 200, /* a driver's settings are sent again after its readers did not change for so long */
	HUB_BUSY_RETRY_MS = 200,
};

/* What the hub needs of the world. send: false when the peer's queue is full; the hub then lets the peer go by hub_detach. */
struct hub_outside {
	void *context;
	int64_t (*elapsed_us)(void *context);
	void (*salt)(void *context, uint8_t *ret_bytes, size_t n);
	bool (*send)(void *context, unsigned peer, struct str line);
	bool (*has_room)(void *context, unsigned peer); /* for one more piece of entries */
	int64_t (*wall_ms)(void *context);		/* the machine's clock, whatever it says */
	uint64_t (*free_bytes)(void *context);		/* of the journal's disk */
	/* All files are open, and nothing was read that came from anybody: the process locks itself in (sandbox.h). May be NULL. */
	int (*opened)(void *context, struct error *error);
	/* Runs `work` in a process of its own, a copy of this one; `shared` is memory that both see. work_ended: true once, when it has ended;
	 * ret_done: it returned 0. One at a time. */
	void (*work)(void *context, int (*work)(void *hub, void *shared), void *hub);
	bool (*work_ended)(void *context, bool *ret_done);
	void *(*shared)(void *context, size_t size); /* at most HUB_SHARED_BYTES */
	/* The mission's keys are about to have this root key, or have it now: for memory that outlives the process (kept.h); may be NULL. */
	void (*new_root)(void *context, const uint8_t *root, bool is_in_force);
	/* Hears every line in and out and every entry (base/traffic.h says under which names); may be NULL. */
	void (*tap)(void *context, const char *what, struct str line);
};
enum { HUB_SHARED_BYTES = 4096 };

/* Memory that outlives the process: the input that is being decided, and those that ended the process before. */
struct hub_suspect {
	uint64_t hash;
	uint32_t kills;
};
struct hub_danger {
	uint64_t now; /* 0: none */
	uint32_t n;
	struct hub_suspect suspects[HUB_SUSPECTS_MAX];
};

struct hub_driver {
	struct str name, kind, device;
	int64_t baud;
};

struct hub_witness {
	struct str name; /* for people */
	struct note_key key;
};

struct hub_options {
	struct str mission;
	struct journal_options journal;
	const struct incarnation
	    *incarnation; /* of a mission that was restored, whose first start records it; NULL: of none */
	struct rulebooks rulebooks;
	/* The text of rulebooks.access (rules_text.h), to be kept in the record when it comes into force, and how such a text is loaded. Without the second
	 * the rulebook that is given decides, whatever was in force. */
	struct str rules_text;
	int (*load_rules)(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error);
	struct keys *keys, *doors; /* the mission's, and those that doors work with; open as long as the hub is */
	struct master *master, *door_master; /* their protectors */
	const uint8_t *drivers_key; /* what drivers' own keys are made of (kept.h); NULL: no grant tables are made */
	uint8_t cursor_key[CURSOR_KEY_BYTES];
	const char *index_path; /* of the index by ref (journal/refs.h), on the journal's VFS */
	struct file snapshots[2];
	uint64_t snapshot_entries;	  /* a snapshot is written when so many entries lie behind the last */
	uint64_t space_low_bytes;	  /* below this only what keeps people safe is taken */
	struct hub_danger *danger;	  /* NULL: inputs are not watched */
	struct mission_begin environment; /* what is in force from this start on */
	const struct hub_driver *drivers;
	size_t n_drivers;
	const struct hub_witness *witnesses;
	size_t n_witnesses; /* at most HUB_WITNESSES_MAX */
	struct hub_outside outside;
	int64_t wall;					  /* the machine's clock now, ms */
	void (*progress)(uint64_t folded, uint64_t size); /* of the fold at start; may be NULL */
};

struct hub;

/* Opens the journal, folds it, and records what is in force if that changed. Options and what they point to outlive the hub. Where the mission's keys are
 * still closed (options->keys->file is NULL), it only opens files; hub_unlock does the rest once they are open, before anything else. */
int hub_open(struct hub **ret_hub, const struct hub_options *options, struct error *error);

/* `wall` is the machine's clock now; ERROR as of hub_open, and the hub is closed then. */
int hub_unlock(struct hub *hub, const uint8_t cursor_key[CURSOR_KEY_BYTES], int64_t wall,
	       const struct mission_unlock *unlock, struct error *error);
void hub_close(struct hub *hub);

/* A driver process was started for options->drivers[driver], or somebody connected. HUB_PEERS_MAX when there is no place. */
unsigned hub_attach_driver(struct hub *hub, size_t driver);
struct hub_person {
	struct str login;
	uint32_t uid;
	const struct str *roles; /* point into memory that outlives the hub */
	size_t n_roles;
	unsigned clearance; /* 0 open to 3 secret */
	uint64_t person;    /* the row of this person, or 0 */
};
unsigned hub_attach_asker(struct hub *hub, const struct hub_person *person);
/* The keeper's child that talks to witnesses: it may ask for checkpoints and proofs, and hand in what came back; nothing else. */
unsigned hub_attach_cosign(struct hub *hub);
void hub_detach(struct hub *hub, unsigned peer);
/* The hub itself lets a peer go that does not keep up. */
bool hub_is_attached(const struct hub *hub, unsigned peer);

/* A line came from this peer. Bad ones are answered and counted. */
void hub_line(struct hub *hub, unsigned peer, struct str line);

/* A line came that was too long to read. */
void hub_line_too_long(struct hub *hub, unsigned peer);

/* Runs what is due, makes the batch durable, lets the answers leave, sends one piece to each reader. Returns 1 when there is more to send at
 * once, 0 when not, or an error that ends the process. */
int hub_commit(struct hub *hub, struct error *error);

/* Whether the driver of options->drivers[driver] has said hello, and since then as much as it has devices: what a driver tells first is how each of them is. */
bool hub_driver_is_back(const struct hub *hub, size_t driver);

/* Whether a batch is full and hub_commit should be called before the next line. */
bool hub_is_full(const struct hub *hub);

/* Microseconds on the elapsed clock when hub_commit should be called even if no line comes; INT64_MAX when never. */
int64_t hub_due_us(const struct hub *hub);

/* For tests: what the entries made. */
const struct core *hub_core(const struct hub *hub);
struct journal *hub_journal(struct hub *hub);

#endif
