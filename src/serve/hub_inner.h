/* hub_inner.h: what the hub's three files share: hub.c (peers, batch, start), hub_driver.c (lines of drivers), hub_asker.c (lines of
 * askers, and the pieces of history that are sent to them). Nobody else includes it.
 */
#ifndef SERVE_HUB_INNER_H
#define SERVE_HUB_INNER_H

#include "serve/hub.h"

enum peer_kind { PEER_FREE, PEER_DRIVER, PEER_ASKER };

enum {
	PEER_LOGIN_BYTES_MAX = 40,
	PEER_ROLES_MAX = 8,
	PARKED_MAX = ORDER_AT_MOST + 16 * HUB_BATCH_MAX,
	REF_TABLE_BYTES_MAX = 40
};

struct peer_driver {
	size_t index; /* in options->drivers */
	bool said_hello;
	size_t reports; /* taken since hello */
	uint8_t boot[8];
	int64_t frames;
	int64_t bad_lines;
	int64_t ack;	     /* to be sent after the commit; 0 none */
	int64_t busy;	     /* the first report that was put off; 0 none */
	bool repeats_orders; /* after the commit: hello was said */
};

struct peer_asker {
	char login[PEER_LOGIN_BYTES_MAX];
	size_t login_len;
	uint32_t uid;
	struct str roles[PEER_ROLES_MAX]; /* point into mission.yaml's memory */
	size_t n_roles;
	bool following;
	uint64_t follow_from;
	bool reading; /* history: backwards from `before`, `left` more entries that mention the ref */
	uint64_t before;
	int64_t left;
	char table[REF_TABLE_BYTES_MAX];
	size_t table_len;
	uint64_t id;
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
/* One piece for each asker that reads; true when some asker has more to come and room for it. */
bool hub_asker_pieces(struct hub *hub, struct error *error, int *ret_failed);

#endif
