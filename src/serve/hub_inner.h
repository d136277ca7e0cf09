/* hub_inner.h: what the hub's files share. Nobody else includes it.
 *
 *     hub.c           peers, batch, start
 *     hub_driver.c    lines of drivers
 *     hub_asker.c     lines of askers
 *     hub_command.c   what askers ask to be done: how often, asserted by whom, approved, undone
 *     hub_read.c      what askers read: the stream and history, piece by piece, cut by their rights
 *     hub_list.c      what waits for a second person, whose doors decide by what, the rulebook in force
 *     hub_index.c     the index by ref, behind the commit
 *     hub_tlog.c      the record for outside
 *     hub_blob.c      files and secrets that entries name
 *     hub_stage.c     what is too large for an entry; rulebooks among it
 *     hub_forget.c    snapshots, baselines, and the end of keys
 *     hub_rekey.c     new root keys
 *     hub_restore.c   the first start after a restore
 *     hub_watch.c     clock, disk, and inputs that end the process
 */
#ifndef SERVE_HUB_INNER_H
#define SERVE_HUB_INNER_H

#include "journal/refs.h"
#include "keys/vault.h"
#include "grant/grant_build.h"
#include "grant/grant_seal.h"
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
	SECRETS_MAX = 16, /* in one command */
};

struct peer_driver {
	size_t index;		     /* in options->drivers */
	bool said_hello, told_hello; /* that it must */
	size_t reports;		     /* taken since hello */
	uint8_t boot[8];
	int64_t frames, spooled, dropped; /* by its last heartbeat */
	int64_t bad_lines;
	int64_t behind_ms;   /* the least that the driver's clock was ever behind ours: of a line that did not wait */
	int64_t ack;	     /* to be sent after the commit; 0 none */
	int64_t busy;	     /* the first report that was put off; 0 none */
	bool repeats_orders; /* after the commit: hello was said */
};

/* Exact entries from `next` on: up to `to`, or with a checkpoint whenever there is no more; `told` is what the last was for. */
struct peer_raw {
	bool reading, has_to;
	uint64_t next, to, told;
};

/* Every entry from `next` on. At first back to where so many begin that the asker may see: `back` more of them, not before `stop`. */
struct peer_stream {
	bool reading;
	uint64_t next, back, stop;
};

/* A history that is being sent: entries below `before` that mention the ref, `left` more. */
struct peer_history {
	bool reading;
	uint64_t first, before; /* from the one up to before the other */
	int64_t left;
	char table[VAULT_TABLE_BYTES_MAX];
	size_t table_len;
	uint64_t id;
};

/* A list that is being sent, row by row: `next` is the row or part behind which it goes on. */
enum list_kind { LIST_NONE, LIST_APPROVALS, LIST_REVIEWS, LIST_TABLES, LIST_RULEBOOK };
struct peer_list {
	enum list_kind kind;
	uint64_t next;
};

/* A file on its way: parts 1 to `parts` of `of` are in `at`. */
struct peer_blob {
	uint8_t *at;
	size_t len;
	int64_t parts, of;
};

struct peer_asker {
	bool is_cosign;
	char login[PEER_LOGIN_BYTES_MAX];
	size_t login_len;
	uint32_t uid;
	struct str roles[PEER_ROLES_MAX]; /* point into mission.yaml's memory */
	size_t n_roles;
	struct viewer viewer; /* its login points here */
	struct peer_stream stream;
	struct peer_history history;
	struct peer_list list;
	struct peer_raw raw;
	struct peer_blob blob;
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

/* The witness that showed a checkpoint of ours which is not of our tree. */
struct hub_ahead {
	bool is_set;
	char witness[NOTE_NAME_BYTES_MAX];
	size_t witness_len;
	uint64_t size;
	struct merkle_hash root;
};

/* How it stands with a witness, in words; empty when all is well. */
struct hub_says {
	char at[240];
	size_t len;
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

/* Secrets of the command that is being decided. */
struct hub_secrets {
	size_t n;
	struct {
		bool door;
		uint64_t number;
	} at[SECRETS_MAX];
};

/* What is done behind the commit, by a process of its own; one thing at a time. */
enum hub_work_kind { HUB_WORK_NONE, HUB_WORK_SNAPSHOT, HUB_WORK_RULES, HUB_WORK_TABLE };

/* A driver's newest grant table of this process. */
struct hub_table {
	uint8_t *at;		/* NULL: none was made yet */
	size_t len, sent;	/* bytes; parts */
	uint64_t number, entry; /* by which it was issued */
	int64_t until;
	int64_t due_us, latest_us; /* when the next is made, and no later; 0: none is due */
};

struct hub_tables {
	struct hub_table of[HUB_DRIVERS_MAX];
	struct arena made; /* shared with the process that makes one */
	size_t making;	   /* the driver whose table it makes */
	struct grant_head head;
};

struct hub_snapshots {
	uint64_t number;    /* of the newest */
	uint64_t entries;   /* that are in it */
	uint64_t written;   /* of the one that is being written: its number */
	uint64_t writing;   /* and its entries */
	uint64_t forgets;   /* rows of Forgetting up to this one are blank in it; 0 none */
	uint64_t destroyed; /* of those, up to this one the keys are gone */
	uint8_t hash[32];
	bool is_based;	   /* it was entered as a baseline; the keys are to be destroyed */
	int64_t failed_us; /* when writing one failed last; 0 never */
};

/* A rulebook that somebody wants to come into force, until it is searched. */
struct hub_rules_asked {
	bool is_waiting; /* for the search */
	bool is_searching;
	bool is_left; /* by whoever asked: what is found is for nobody */
	unsigned peer;
	struct turn_checked was;
	uint8_t rulebook[32];
};

/* Who asked for a new root key, and the entry that did. */
struct hub_rekey_asked {
	bool waits;
	unsigned peer;
	uint64_t entry;
};

struct hub_rekeys {
	struct hub_rekey_asked asked[REKEY_AT_MOST + 1]; /* by the row of Rekey */
};

struct hub_watch {
	bool space_is_low, was_doubted;
	int64_t behind_ms;   /* the machine's clock behind ours, when people last said that it is right */
	uint64_t doubt_size; /* the record had so many entries when the clock was doubted, or at the start */
	int64_t looked_us;
	uint64_t free_bytes;
};

struct hub {
	struct hub_options options;
	struct core core;
	struct arena memory; /* the core's */
	struct journal *journal;
	struct refs *refs;
	struct keys_vault *vault;
	struct vault sealer; /* the same, as the core is given it */
	struct arena batch;  /* entries and answers until they are durable */
	struct arena piece;  /* scratch of one piece of reading */
	struct peer peers[HUB_PEERS_MAX];
	unsigned peers_end; /* all behind are free */
	struct parked parked[PARKED_MAX];
	size_t n_parked, n_entries;
	int failed;	     /* of the journal: then nothing leaves any more, and hub_commit says why */
	bool not_understood; /* the line in hand is not what the schema says, or its body is not */
	bool had_no_room;    /* a secret in it could not be kept, and what stood behind that was not read */
	struct error error;
	int64_t wall_base, elapsed_base, start_us; /* at start: what wall and elapsed were, on the elapsed clock */
	int64_t commit_us;			   /* how long the last commit took */
	int64_t config_due_us[HUB_DRIVERS_MAX];	   /* 0: the driver has its settings */
	struct hub_rate rates[RATES_MAX];
	struct hub_environment environments[ENVIRONMENTS_MAX];
	size_t n_environments;
	struct hub_secrets secrets;
	enum hub_work_kind work;
	struct hub_snapshots snapshots;
	struct hub_rules_asked rules_asked;
	struct hub_rekeys rekeys;
	struct arena staged_text; /* of the rulebook that is looked at */
	size_t staged_len;
	struct arena rules_memory[2]; /* shared with the process that searches; one of them holds what is in force */
	const struct rulebook *rules_in[2];
	size_t rules_other;
	uint8_t access_hash[32];
	struct hub_watch watch;
	struct hub_tables tables;
	uint8_t table_seed[GRANT_SEED_BYTES];
	int64_t last_wall; /* of the last entry when the journal was opened; 0 when there was none */
	struct hub_ahead ahead;
	struct hub_says witness_says[HUB_WITNESSES_MAX];
	uint64_t readers_told; /* hub_driver_readers, when settings were last looked at */
};

/* The answer to `peer` leaves after the batch is durable. begin/end write the line into the batch's arena. */
struct buf hub_park_begin(struct hub *hub);
void hub_park_end(struct hub *hub, unsigned peer, const struct buf *line);

/* One turn: the entry joins the batch, its orders are parked for their drivers. False: the input was not decided, because it has ended the process twice; the
 * entry says so. */
bool hub_turn(struct hub *hub, const struct core_input *input, struct core_result *ret_result);
/* The core as it was before it read anything. */
void hub_reset_core(struct hub *hub);
/* The same, and no look at whether it ends the process. */
void hub_turn_plainly(struct hub *hub, const struct core_input *input, struct core_result *ret_result);
/* An input of the core's own: `body` is its JSON. */
void hub_start(struct hub *hub, struct str name, struct str body);

/* The sending peer is told what is wrong with its line. */
void hub_bad(struct hub *hub, unsigned peer, size_t offset, const char *what, const char *remedy);

/* The same, of a line that is not what its schema says. */
void hub_bad_json(struct hub *hub, unsigned peer, const struct json *json, const char *remedy);

/* A line leaves for a peer; false when it cannot take it. */
bool hub_send(struct hub *hub, unsigned peer, struct str line);

/* Where a byte of a line's body stands in the line. */
size_t hub_offset(struct str line, struct str body, size_t offset);

/* The wall clock that decisions see, ms. */
int64_t hub_wall(const struct hub *hub);
int64_t hub_elapsed_us(const struct hub *hub);

/* hub_driver.c */
void hub_driver_line(struct hub *hub, unsigned peer, struct str line);
void hub_driver_config(struct hub *hub, unsigned peer);
uint64_t hub_driver_readers(const struct hub *hub);
void hub_driver_readers_changed(struct hub *hub, struct str command);
/* Behind the commit, before the answers leave: orders and desired states of entries from this one on, what the batch acknowledges, and all that is open for
 * those who said hello. */
void hub_driver_park(struct hub *hub, uint64_t from);

/* hub_table.c */
void hub_table_begin(struct hub *hub);
void hub_table_close(struct hub *hub);
/* What a table rests on may be another after this input. */
void hub_table_changed(struct hub *hub, const struct core_input *input);
void hub_table_hello(struct hub *hub, size_t driver);
void hub_table_heartbeat(struct hub *hub, size_t driver, int64_t number);
/* A little of it, behind the commit; true when there is more at once. */
bool hub_table_step(struct hub *hub);
int64_t hub_table_due_us(const struct hub *hub);
/* The number of the first table of the driver's that has in it all that was decided up to now; 0 where none is made. */
int64_t hub_table_wanted(const struct hub *hub, size_t driver);

/* hub_restore.c */
int hub_restore(struct hub *hub, struct error *error);

/* hub_asker.c */
void hub_asker_line(struct hub *hub, unsigned peer, struct str line);
void hub_asker_park(struct hub *hub, unsigned peer, const struct answer_line *line);
/* At once, not after a commit; hub->piece holds the line meanwhile. False when the peer was let go. */
bool hub_asker_send(struct hub *hub, unsigned peer, const struct answer_line *line);
/* The mark of an entry for those who do not see indexes; lives in the arena. */
struct str hub_cursor(const struct hub *hub, uint64_t index, struct arena *arena);

/* An entry of the journal, read into hub->piece, its packets open. */
struct hub_entry {
	struct entry entry;
	struct json_packets packets;
};

/* hub_command.c */
void hub_command(struct hub *hub, unsigned peer, struct str line, const struct ask_command *ask);
void hub_command_nonce(struct hub *hub, unsigned peer);
void hub_command_approve(struct hub *hub, unsigned peer, const struct ask_approve *ask);
/* A body of the record, with its values where they belong. */
struct str hub_clear_body(const struct hub_entry *read, struct arena *arena);
void hub_command_undo(struct hub *hub, unsigned peer, const struct ask_undo *ask);
/* It was done, by that entry; `gives` is JSON. */
void hub_command_done(struct hub *hub, unsigned peer, uint64_t entry, uint64_t pending, struct str gives);
/* The command that waited for a search is decided; was->staged is empty when nothing was found. */
void hub_command_staged(struct hub *hub, unsigned peer, struct str name, struct str body,
			const struct turn_checked *was);

/* hub_read.c */
void hub_read_history(struct hub *hub, unsigned peer, const struct ask_history *ask);
void hub_read_follow(struct hub *hub, unsigned peer, const struct ask_follow *ask);
/* One piece for each asker that reads; true when some asker has more to come and room for it. */
bool hub_read_pieces(struct hub *hub, struct error *error, int *ret_failed);

/* An entry of the journal; its index is below the journal's size. */
int hub_read_entry(struct hub *hub, uint64_t index, struct hub_entry *ret_entry, struct error *error);

/* hub_list.c */
void hub_list_ask(struct hub *hub, unsigned peer, enum list_kind kind);
/* Whether the asker has rows to come; and one piece of them. */
bool hub_list_reads(const struct hub *hub, unsigned peer);
int hub_list_piece(struct hub *hub, unsigned peer, struct error *error);
/* How much waits, for those who may see it. */
void hub_list_status(const struct hub *hub, unsigned peer, struct answer_status *status);

/* hub_index.c */
/* Fills a piece of what is behind: 1 more is, 0 nothing is, or an error. */
int hub_index_catch_up(struct hub *hub, struct error *error);
int hub_index_check(struct hub *hub, struct error *error);
/* 0 when what failed did so because the index was damaged: it is empty then. */
int hub_index_mend(struct hub *hub, int failed, struct error *error);
/* The entries below `before` that mention the row, newest first: their number, or an error. */
int hub_index_find(struct hub *hub, const struct subject *ref, uint64_t before, uint64_t *ret_entries, size_t max,
		   struct error *error);

/* hub_tlog.c */
/* True when the line is one of these, or comes from the process that may send no other. */
bool hub_tlog_line(struct hub *hub, unsigned peer, const struct ask_line *asked);
/* Whether the asker has entries to come; and one piece of them. */
bool hub_tlog_reads(const struct hub *hub, unsigned peer);
int hub_tlog_piece(struct hub *hub, unsigned peer, struct error *error);
/* `sees`: the asker may have numbers of the record. */
void hub_tlog_status(struct hub *hub, bool sees, struct answer_status *status);

/* hub_blob.c */
void hub_blob(struct hub *hub, unsigned peer, const struct ask_blob *ask);
void hub_blob_read(struct hub *hub, unsigned peer, const struct ask_blob_read *ask);
void hub_blob_drop(struct peer_blob *blob);
/* As they are kept, for a backup. */
void hub_blob_names(struct hub *hub, unsigned peer, const struct ask_blob_names *ask);
void hub_blob_part(struct hub *hub, unsigned peer, const struct ask_blob_part *ask);
bool hub_has_blob(struct hub *hub, struct str hash);
/* A secret of the command that is being decided gets its number; when the command is over it is kept, or destroyed. */
bool hub_keep_secret(struct hub *hub, bool door, struct str secret, uint64_t *ret_number);
void hub_settle_secrets(struct hub *hub, bool kept);
/* The value of a door's secret; 0 when there is none. The caller wipes it. */
size_t hub_door_secret(const struct hub *hub, uint64_t number, uint8_t *ret_value, size_t size);

/* hub_stage.c */
/* True when the command is one that waits for a search: then it is decided when that is done. `was` is what was checked of it. */
bool hub_stage_is_asked_for(struct hub *hub, unsigned peer, const struct input_type *type, struct str body,
			    const struct turn_checked *was);
/* Whoever asked has left. */
void hub_stage_leave(struct hub *hub, unsigned peer);
void hub_stage_step(struct hub *hub);
/* Whether the text of the rulebook in force lies in the record. */
bool hub_stage_has_text(const struct hub *hub);
/* A part of it, read into hub->piece; 0 when there is no such part. */
int hub_stage_part_in_force(struct hub *hub, int64_t part, struct str *ret_data, int64_t *ret_of, struct error *error);
/* At start: has what options->rules says be in force, or what is in force be what decides. */
int hub_stage_open(struct hub *hub, struct error *error);

/* Takes the text of the rulebook in force into the record, as far as it is not there yet. */
void hub_stage_bring(struct hub *hub);

/* hub_forget.c */
int hub_forget_open(struct hub *hub, struct error *error); /* before the fold: loads the newest good snapshot */
int hub_forget_step(struct hub *hub, struct error *error); /* behind a commit */

/* hub_rekey.c */
/* Whether the answer to this command, which was done, waits for more than its entry. */
bool hub_rekey_holds(struct hub *hub, unsigned peer, struct str name, struct str body, uint64_t entry);
void hub_rekey_detach(struct hub *hub, unsigned peer);
int hub_rekey_step(struct hub *hub, struct error *error); /* behind a commit */

/* hub_watch.c */
void hub_watch_told(struct hub *hub, struct str witness, int64_t told, uint64_t size);
void hub_watch_open(struct hub *hub); /* behind the fold */
void hub_watch_step(struct hub *hub);
bool hub_space_is_low(const struct hub *hub);
size_t hub_set_aside_count(const struct hub *hub);
/* Around a turn. Begin: false when this input has ended the process twice. */
void hub_watch_recall(struct hub *hub); /* at start: what the last process died of */
bool hub_watch_begin(struct hub *hub, const struct core_input *input);
/* The same of a timer, which is stopped then. */
bool hub_watch_timer(struct hub *hub, struct str name, uint64_t row);
void hub_watch_end(struct hub *hub);
/* In its place an entry that says so. */
void hub_watch_set_aside(struct hub *hub, const struct core_input *input, struct core_result *ret_result);

#endif
