/* asker.h: questions to the core, and its answers (src/schema/contract.yaml: AskLine, AnswerLine): of the commands of
 * `chancery`, and of the keeper's child that talks to witnesses.
 *
 * One question at a time: ask, then next until the answer is whole. Texts of answers hold until asker_forget.
 */
#ifndef TLOG_ASKER_H
#define TLOG_ASKER_H

#include "base/arena.h"
#include "base/lines.h"
#include "gen/codec.h"

enum { ASKER_PATIENCE_MS = 30000 };

struct asker {
	int fd;
	/* The socket goes from one core to the next: what is no answer is passed over, because a core that was ended may
	 * have left half of one. Else it is an error. */
	bool outlives_core;
	bool is_patient; /* no patience ends: the core may look through the whole record before it answers */
	bool unlocks;	 /* it may be answered that the keys are closed; else that is an error */
	struct lines_in in;
	struct arena in_memory, memory;
};

/* The core of the mission in the current directory. ERROR_GONE: none runs here; ERROR_SYSTEM. */
int asker_connect(struct asker *asker, struct error *error);

/* The descriptor becomes the asker's, and does not block from here on. */
void asker_init(struct asker *asker, int fd);
void asker_release(struct asker *asker);

/* What was sent is wiped: it may have been a secret. ERROR_GONE: the core went away. */
int asker_ask(struct asker *asker, const struct ask_line *question, struct error *error);

/* The next line of the answer. ERROR_INPUT: the core did not take the question, and says why; ERROR_GONE: it went away,
 * said nothing for ASKER_PATIENCE_MS, or its keys are closed. */
int asker_next(struct asker *asker, struct answer_line *ret_answer, struct error *error);

/* Asks for what is answered by one line of this kind. */
int asker_ask_one(struct asker *asker, const struct ask_line *question, enum answer_line_kind kind,
		  struct answer_line *ret_answer, struct error *error);

/* Whether the next line is here already. */
bool asker_has_line(const struct asker *asker);

/* Takes back the memory of all answers so far. */
void asker_forget(struct asker *asker);

#endif
