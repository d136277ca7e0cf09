/* hub_inner.h: what the hub's files share. Nobody else includes it.
 *
 *     hub.c           peers, batch, start
 *     hub_driver.c    lines of drivers
 *     hub_asker.c     lines of askers
 *     hub_command.c   what askers ask to be done: how often, asserted by whom, approved, undone
 *     hub_read.c      what askers read: the stream and history, piece by piece, cut by their rights
 */
#ifndef SERVE_HUB_INNER_H
#define SERVE_HUB_INNER_H

#include "serve/hub.h"
#include "serve/view.h"

enum peer_kind { PEER_FREE, PEER_DRIVER, PEER_ASKER };

enum {
	PEER_LOGIN_BYTES_MAX = 40,
	PEER_ROLES_MAX = 8,
	PARKED_MAX = ORDER_AT_MOST + DESIRED_AT_MOST + 16 * HUB_BATCH_MAX,
	NONCE_BYTES = 32,
	RATES_MAX = 256,
	ENVIRONMENTS_MAX = 16,
};

struct peer_driver {
	size_t index; /* in options->drivers */
	bool said_hello;
	uint8_t boot[8];
	int64_t frames;
	int64_t bad_lines;
	int64_t ack;	     /* to be sent after the commit; 0 none */
	int64_t busy;	     /* the first report that was put off; 0 none */
	bool repeats_orders; /* after the commit: hello was said */
};

/* A history that is being sent: entries below `before` that mention the ref, `left` more. */
struct peer_history {
	bool reading;
	uint64_t before;
	int64_t left;
	char table[VAULT_TABLE_BYTES_MAX];
	size_t table_len;
	uint64_t id;
};

struct peer_asker {
	char login[PEER_LOGIN_BYTES_MAX];
	size_t login_len;
	uint32_t uid;
	struct str roles[PEER_ROLES_MAX]; /* point into mission.yaml's memory */
	size_t n_roles;
	struct reader reader; /* its login points here */
	bool following;
	uint64_t follow_from;
	struct peer_history history;
	uint8_t nonce[NONCE_BYTES];
	int64_t nonce_until_us; /* 0: there is none */
};

struct peer {
	enum peer_kind kind;
	union {
		struct peer_driver driver;
		struct peer_asker asker;
	};
};

struct parked {
	unsigned peer;
	struct str line;
};

/* How often somebody has given a command since `begin_us`. */
struct hub_rate {
	const struct input_type *type; /* NULL: free */
	uint64_t who;		       /* hash of the login */
	int64_t begin_us, times;
};

/* The access rulebook that an InForce entry names. */
struct hub_environment {
	uint64_t entry;
	bool known;
	uint8_t access[32];
};

struct hub {
	struct hub_options options;
	struct core core;
	struct arena memory; /* the core's */
	struct journal *journal;
	struct arena batch; /* entries and answers until they are durable */
	struct arena piece; /* scratch of one piece of history */
	struct peer peers[HUB_PEERS_MAX];
	unsigned peers_end; /* all behind are free */
	struct parked parked[PARKED_MAX];
	size_t n_parked, n_entries;
	int failed; /* of the journal: then nothing leaves any more, and hub_commit says why */
	struct error error;
	int64_t wall_base, elapsed_base, start_us; /* at start: what wall and elapsed were, on the elapsed clock */
	int64_t commit_us;			   /* how long the last commit took */
	int64_t config_due_us[HUB_DRIVERS_MAX];	   /* 0: the driver has its settings */
	struct hub_rate rates[RATES_MAX];
	struct hub_environment environments[ENVIRONMENTS_MAX];
	size_t n_environments;
	uint64_t readers_told;			   /* how many readers there were when settings were last looked at */
};

/* The answer to `peer` leaves after the batch is durable. begin/end write the line into the batch's arena. */
struct buf hub_park_begin(struct hub *hub);
void hub_park_end(struct hub *hub, unsigned peer, const struct buf *line);

/* One turn: the entry joins the batch, its orders are parked for their drivers. */
void hub_turn(struct hub *hub, const struct core_input *input, struct core_result *ret_result);

/* The sending peer is told what is wrong with its line. */
void hub_bad(struct hub *hub, unsigned peer, size_t offset, const char *what, const char *remedy);

/* The same, of a line that is not what its schema says. */
void hub_bad_json(struct hub *hub, unsigned peer, const struct json *json, const char *remedy);

/* Where a byte of a line's body stands in the line. */
size_t hub_offset(struct str line, struct str body, size_t offset);

/* The wall clock that decisions see, ms. */
int64_t hub_wall(const struct hub *hub);

/* hub_driver.c */
void hub_driver_line(struct hub *hub, unsigned peer, struct str line);
void hub_driver_config(struct hub *hub, unsigned peer);
void hub_driver_readers_changed(struct hub *hub);
/* Before the answers leave: what this batch acknowledges, and the open orders of those who said hello. */
void hub_driver_park(struct hub *hub);
void hub_driver_order(struct hub *hub, uint64_t entry, const struct core_order *order);

/* hub_asker.c */
void hub_asker_line(struct hub *hub, unsigned peer, struct str line);
void hub_asker_park(struct hub *hub, unsigned peer, const struct answer_line *line);
/* At once, not after a commit; hub->piece holds the line meanwhile. False when the peer was let go. */
bool hub_asker_send(struct hub *hub, unsigned peer, const struct answer_line *line);
/* The mark of an entry for those who do not see indexes; lives in the arena. */
struct str hub_cursor(const struct hub *hub, uint64_t index, struct arena *arena);

/* hub_command.c */
void hub_command(struct hub *hub, unsigned peer, struct str line, const struct ask_command *ask);
void hub_command_nonce(struct hub *hub, unsigned peer);
void hub_command_approve(struct hub *hub, unsigned peer, const struct ask_approve *ask);
void hub_command_undo(struct hub *hub, unsigned peer, const struct ask_undo *ask);

/* hub_read.c */
void hub_read_history(struct hub *hub, unsigned peer, const struct ask_history *ask);
void hub_read_follow(struct hub *hub, unsigned peer, const struct ask_follow *ask);
/* One piece for each asker that reads; true when some asker has more to come and room for it. */
bool hub_read_pieces(struct hub *hub, struct error *error, int *ret_failed);

/* An entry of the journal, read into hub->piece, its packets open. */
struct hub_entry {
	struct entry entry;
	struct json_packets packets;
};
int hub_read_entry(struct hub *hub, uint64_t index, struct hub_entry *ret_entry, struct error *error);

#endif
