/* sim_inner.h: what the simulator's files share. Nobody else includes it.
 *
 *     sim.c         a seed from beginning to end: climate, lives, faults
 *     sim_hub.c     the hub's process: start, lines, commits, death
 *     sim_restore.c its record, put back to an earlier time
 *     sim_rules.c   its rulebooks
 *     deeds.c       what people do; which of it, how often
 *     deeds_*.c     their commands; what they read; files, rulebooks, approvals; and what happens at doors
 */
#ifndef TESTS_SIM_SIM_INNER_H
#define TESTS_SIM_SIM_INNER_H

#include "sim/line.h"
#include "sim/machine.h"
#include "sim/annals.h"
#include "sim/rest.h"
#include "sim/sight.h"
#include "sim/sim.h"
#include "sim/trace.h"

#include <setjmp.h>

enum {
	SIM_HEARD_MAX = 16384,
	SIM_POISONS = 4, /* inputs that kill, by their reader */
	SIM_POISON_KILLS_MAX = 2,
	SIM_DEEDS_MAX = 64,
	SIM_COPIES = 2, /* files of the record */
};

enum sim_fault {
	FAULT_POWER,	 /* at some step of the disk, or between two */
	FAULT_DEATH,	 /* of the process, the same */
	FAULT_FULL,	 /* the disk has so much room and no more */
	FAULT_SYNC,	 /* a sync fails */
	FAULT_WORKER,	 /* the process for long work dies */
	FAULT_CLOCK,	 /* the machine's clock is set */
	FAULT_INDEX,	 /* the index is lost between lives */
	FAULT_SNAPSHOTS, /* snapshots are */
	FAULT_LINES,	 /* drivers are late, away, forgetful, start anew */
	FAULT_RESTORE,	 /* the record is put back to an earlier time, on another disk */
	FAULT_CAPTURED,	 /* a driver says anything */
	FAULTS
};

struct sim_heard {
	unsigned peer;
	size_t line;   /* of a driver; PLACE_LINES: of a person's connection */
	uint64_t then; /* entries that were durable */
	struct str text;
};

struct sim {
	struct machine *at; /* first: outside's context */
	struct machine machine;
	const struct sim_plan *plan;
	struct sim_outcome *outcome;
	struct chance dice;
	bool has_fault[FAULTS];
	unsigned weights[SIM_DEEDS_MAX];
	uint64_t snapshot_entries;
	int log_pages;
	struct hub *hub; /* NULL: there is none */
	struct values values;
	struct ledger ledger;
	struct talk talk;
	struct annals annals;
	struct rest rest;
	struct line lines[PLACE_LINES];
	struct sim_heard heard[SIM_HEARD_MAX];
	size_t n_heard;
	struct arena heard_memory, scratch;
	size_t furnished;		/* commands that have been given */
	unsigned kills[2][SIM_POISONS]; /* by command and by report */
	const char *doing_poison;
	bool is_dead; /* the hub's process has ended otherwise than it should */
	enum machine_end death;
	uint64_t dossiers, works;
	struct sim_copy {
		uint8_t *at;
		size_t n;
	} copies[SIM_COPIES];
	uint64_t copy_size;		/* entries; 0: there is none */
	struct incarnation incarnation; /* 0: of none */
	struct forgotten_subject subjects[LEDGER_FORGETTINGS_MAX];
	struct forgotten_month months[LEDGER_FORGETTINGS_MAX];
	char keeps[LEDGER_MONTHS_MAX][16];
	bool is_doomed[LEDGER_PEOPLE_MAX + 1]; /* people whom somebody wants forgotten: no more is written of them */
};

static inline uint64_t sim_roll(struct sim *sim, uint64_t below)
{
	return chance_below(&sim->dice, below);
}

static inline bool sim_thousandths(struct sim *sim, unsigned times)
{
	return chance_in_thousand(&sim->dice, times);
}

extern const uint8_t sim_journal_seed[32];

/* sim_hub.c. False: the process is dead (sim->is_dead), or could not start. */
bool sim_start_hub(struct sim *sim);
void sim_stop_hub(struct sim *sim, enum machine_end end);
/* A line for the hub, from that peer. */
void sim_line(struct sim *sim, unsigned peer, struct str line, const char *from);
void sim_commit(struct sim *sim);
/* What drivers have to say, as far as batches go. */
void sim_lines_speak(struct sim *sim, size_t lines_max);
void sim_attach_line(struct sim *sim, size_t line);
/* Time passes, and doors are looked after. */
void sim_wait(struct sim *sim, int64_t ms);
void sim_detach_line(struct sim *sim, size_t line);
/* A person connects; NULL when there is no place. */
struct talk_connection *sim_connect(struct sim *sim, enum people_who who);
void sim_disconnect(struct sim *sim, struct talk_connection *connection);

/* sim_restore.c: somebody copies the record; a mission is made of the copy, nothing being open. */
void sim_copy_record(struct sim *sim);
void sim_restore(struct sim *sim);
void sim_release_copy(struct sim *sim);

/* sim_rules.c: the rulebook in the mission's files; the texts of all, and the hashes that they are staged under. */
const struct rulebook *sim_rules(struct sim *sim);
struct str sim_rules_text(size_t rulebook);
void sim_rules_hash(size_t rulebook, char ret_hash[65]);
int sim_load_rules(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error);

/* deeds.c */
typedef void deed_fn(struct sim *sim);
struct deed {
	const char *name;
	unsigned weight;
	deed_fn *fn;
};
extern const struct deed deeds[]; /* ended by a row without a name */
void deeds_do(struct sim *sim);
void deeds_furnish(struct sim *sim);
/* A connection of somebody with one of these roles that may be spoken on now, made where there is none; NULL: not
 * now. */
struct talk_connection *deeds_by(struct sim *sim, uint32_t roles);
/* They ask for it: the body is canonical. */
void deeds_command(struct sim *sim, struct talk_connection *connection, const char *name, struct str body);
/* One that may be turned down before it is decided: then the answer is bad. */
void deeds_bad_command(struct sim *sim, struct talk_connection *connection, const char *name, struct str body);
void deeds_say(struct sim *sim, struct talk_connection *connection, struct talk_ask ask, const char *format, ...)
    PRINTF(4, 5);
struct str deeds_text(struct sim *sim, const char *format, ...) PRINTF(2, 3);
/* A person or badge that is there, sometimes one that is not. */
uint64_t deeds_person(struct sim *sim);
/* Whom no more is written of: what is written between a forgetting and the end of its keys goes with them. */
bool deeds_is_gone(const struct sim *sim, uint64_t person);
uint64_t deeds_badge(struct sim *sim);

/* deeds_door.c, deeds_give.c, deeds_two.c, deeds_read.c */
deed_fn deed_show_badge, deed_reader_state, deed_line_odd, deed_line_restart, deed_line_away, deed_line_reconnect,
    deed_poison_report;
deed_fn deed_enrol, deed_issue, deed_suspend, deed_restore, deed_key, deed_dossier, deed_close, deed_code, deed_mode,
    deed_forget, deed_knock, deed_shout, deed_mistake, deed_poison;
deed_fn deed_erase, deed_launch, deed_arm, deed_approve, deed_decline, deed_undo, deed_look, deed_review, deed_clock,
    deed_passkey, deed_stage, deed_enact, deed_nonce;
deed_fn deed_follow, deed_history, deed_raw, deed_status, deed_checkpoint, deed_proof, deed_slow, deed_hang_up,
    deed_connect, deed_blob, deed_read_blob, deed_plan;
deed_fn deed_lock_down, deed_lift, deed_stand, deed_wait, deed_wait_minutes, deed_wait_hours, deed_wait_days,
    deed_set_clock, deed_rekey, deed_copy;

#endif
