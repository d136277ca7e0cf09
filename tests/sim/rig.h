/* rig.h: a hub under test, and everything round it: a disk in memory, the premises, the simulator's house, drivers of two lines, and people of every
 * role. One at a time.
 *
 *     RIG_TEST(an_order_leaves_when_it_is_durable)
 *     {
 *             rig_say(ONE, SHOW("1", "1", CARD_OF_GUARD));
 *             CHECK_TOLD(ONE, …);
 *     }
 *
 * Lines are written and shown with ' for ". What a peer was sent stays until rig_heard takes it. The mission begins at RIG_WALL, and time moves when a test
 * moves rig.premises.clock_us. Reader n is at door n and on line n % 2; person n is staff, guard or visitor by n % 3, and has badge n.
 */
#ifndef TESTS_SIM_RIG_H
#define TESTS_SIM_RIG_H

#include "base/test.h"
#include "serve/hub.h"
#include "sim/disk.h"
#include "sim/house.h"
#include "sim/premises.h"

enum {
	RIG_HEARD_MAX = 16384,
	RIG_FURNISHED = 1 + HOUSE_COMMANDS, /* entries before a test begins */
	RIG_ORDERS_FULL = ORDER_AT_MOST - TURN_EVENTS_MAX + 1,
};
#define RIG_WALL INT64_C(1795424400000) /* 2026-11-23T09:00:00Z */

/* Peers, in the order in which they are attached: the drivers of line-0 and line-1; people, each of another role but for the two officers; and the process
 * that talks to witnesses. */
enum rig_who {
	ZERO,
	ONE,
	OFFICER = HUB_DRIVERS_MAX,
	SECOND,
	DUTY,
	AUDITOR,
	ADMINISTRATOR,
	GUARD,
	RECEPTION,
	STAFF, /* mission.yaml says that this is person 1 */
	NOBODY,
	COSIGN,
	RIG_PEERS_END
};

struct rig {
	struct premises *at; /* first: outside's context */
	struct premises premises;
	struct disk *disk;
	struct hub *hub;
	struct arena arena; /* of what was heard, until rig_forget */
	struct rig_heard {
		unsigned peer;
		struct str line;
	} heard[RIG_HEARD_MAX];
	size_t n_heard;
	bool deaf[HUB_PEERS_MAX]; /* its queue is full: nothing can be sent to it */
	bool slow[HUB_PEERS_MAX]; /* it has no room for one more piece of entries */
	struct rig_forks {	  /* in place of the premises' work, when it is set */
		void (*work)(void *context, int (*work)(void *hub, void *shared), void *hub);
		bool (*work_ended)(void *context, bool *ret_done);
		void *(*shared)(void *context, size_t size);
	} forks;
	struct hub_options options; /* for rig_open; what the premises have is filled in there */
};
extern struct rig rig;

/* A disk, and what a hub is opened with; nothing is open yet. rig_end gives all of it back, whether a hub is open or not. */
void rig_new(void);
void rig_end(void);

/* Opens the hub and attaches everybody. Keys and premises are opened with it. */
void rig_open(void);
int rig_try_open(struct error *error); /* or says why not; then nothing is open */
void rig_close(void);
void rig_reopen(void);

/* rig_new and rig_open; furnishes the house; both drivers have said hello; nothing was heard. */
void rig_begin(void);

/* The power fails, comes back, and the hub begins again; nobody has said hello. */
void rig_power_failure(void);

void rig_attach(enum rig_who who);

/* Lines in */
void rig_say(enum rig_who who, const char *line);
void rig_line(enum rig_who who, struct str line); /* as it is */

/* Commits until there is nothing more to send or to do; what works longer (premises.work_slow) goes on. */
void rig_commit(void);
/* Line 1 shows cards until orders fill their table: RIG_ORDERS_FULL of them. */
void rig_fill_orders(void);
/* Moves both clocks, and commits. */
void rig_wait_ms(int64_t ms);

/* What this peer was sent since it was last asked, a line feed between two lines, without marks of entries; rig_told commits first. */
struct str rig_heard(enum rig_who who);
struct str rig_told(enum rig_who who);
/* The same, read by the codec: the asker says the line, and gets so many answers. */
size_t rig_ask(enum rig_who who, const struct ask_line *line, struct answer_line *ret_answers, size_t max);
struct answer_line rig_ask_one(enum rig_who who, struct ask_line line);
/* Forgets what was heard. */
void rig_forget(void);

/* Entries since the house was furnished; and an entry's bytes. */
size_t rig_entries(void);
struct str rig_entry(uint64_t index);
const struct state *rig_state(void);
/* SHA-256 over the state. */
struct rig_hash {
	uint8_t at[32];
};
struct rig_hash rig_hash(void);

/* The numbers of the entries in what an asker heard, and the lines that are no entries: "12 10 {'end':{}}". */
struct str rig_numbers(struct str heard);

/* A peer says `line`. Without `told`, the next line is of the same batch; otherwise the batch is committed and the peer is told exactly that. Without `line`,
 * it only was told that by the last commit. */
struct rig_step {
	enum rig_who who;
	const char *line, *told;
};
void rig_play(const struct rig_step *steps, size_t n);

#define PLAY(...)                                                                                                      \
	do {                                                                                                           \
		static const struct rig_step steps_[] = {__VA_ARGS__};                                                 \
		rig_play(steps_, ARRAY_LEN(steps_));                                                                   \
	} while (0)

/* A test in a house of its own. */
#define RIG_TEST(name) TEST_BETWEEN(rig_begin, name, rig_end)

#define CHECK_TOLD(who, expected)  CHECK_STR(rig_told(who), str_of(expected))
#define CHECK_HEARD(who, expected) CHECK_STR(rig_heard(who), str_of(expected))
#define CHECK_HAS_IF(text, part, has)                                                                                  \
	do {                                                                                                           \
		struct str text_ = (text);                                                                             \
		if (!test_count(str_contains(text_, str_of(part)) == (has)))                                           \
			test_fail(__FILE__, __LINE__, "%s %s in " STR_FMT, (has) ? "no" : "there is", part,            \
				  STR_ARG(text_));                                                                     \
	} while (0)
#define CHECK_HAS(text, part)	 CHECK_HAS_IF(text, part, true)
#define CHECK_HAS_NO(text, part) CHECK_HAS_IF(text, part, false)

/* Lines of drivers */
#define HELLO(line, boot)                                                                                              \
	"{'hello':{'contract':1,'driver':'line-" line "','kind':'osdp','boot':'000000000000000" boot "','next':1}}"
#define REPORT(sequence, name, body) "{'report':{'sequence':" sequence ",'ago':0,'name':'" name "','body':{" body "}}}"
#define SHOW(sequence, reader, card)                                                                                   \
	REPORT(sequence, "access.card_read", "'reader':" reader ",'format':'wiegand','bits':26,'card':'" card "'")
#define TAMPER(sequence, reader, tamper)                                                                               \
	REPORT(sequence, "doors.reader_tamper", "'reader':" reader ",'tamper':" tamper ",'power':false")
#define CARD_OF_GUARD	      "00000100" /* of person 1; is granted; its order is event 1 of the entry */
#define CARD_UNKNOWN	      "ffffff00" /* is denied; its order is event 1 of the entry */
#define DONE(sequence, entry) "{'done':{'sequence':" sequence ",'entry':" entry ",'event':1}}"

/* What line-n hears when a guard is let in at RIG_WALL: the answer to report 1 of its boot, or to a report of an earlier one. */
#define ORDER_OF(entry, reader, now, answers)                                                                          \
	"{'order':{'entry':" entry ",'event':1,'name':'doors.Released','now':17954244" now                             \
	",'not_after':1795424403000," answers "'body':{'door':" reader ",'reader':" reader ",'release':5000}}}"
#define ORDER(entry, reader, now)	ORDER_OF(entry, reader, now, "'answers':1,")
#define ORDER_ALONE(entry, reader, now) ORDER_OF(entry, reader, now, "")

/* Lines of askers */
#define COMMAND(name, body) "{'command':{'name':'" name "','body':{" body "}}}"
#define ADD_BUILDING(name)  COMMAND("site.add_building", "'name':'" name "'")

/* Answers */
#define ACK(sequence)		  "{'ack':{'sequence':" sequence "}}"
#define BAD(offset, what, remedy) "{'bad':{'offset':" offset ",'what':'" what "','remedy':'" remedy "'}}"
#define BUILT(entry, building)	  "{'done':{'entry':" entry ",'gives':{'building':" building "}}}"

#endif
