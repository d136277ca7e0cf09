/* asker.h: questions to the core over a connected socket, and its answers (src/schema/contract.yaml: AskLine,
 * AnswerLine).
 *
 * One question at a time: ask, then next until the answer is whole. Texts of answers hold until asker_forget. Lines
 * that are no answer are passed over: where the core was started again, its predecessor may have left half of one.
 */
#ifndef TLOG_ASKER_H
#define TLOG_ASKER_H

#include "base/arena.h"
#include "base/lines.h"
#include "gen/codec.h"

enum { ASKER_PATIENCE_MS = 30000 };

struct asker {
	int fd;
	struct lines_in in;
	struct arena in_memory, memory;
};

/* The descriptor becomes the asker's, and does not block from here on. */
void asker_init(struct asker *asker, int fd);
void asker_release(struct asker *asker);

/* ERROR_GONE: the core went away. */
int asker_ask(struct asker *asker, const struct ask_line *question, struct error *error);

/* The next line of the answer. ERROR_INPUT: the core did not take the question, and says why; ERROR_GONE: it went away,
 * or said nothing for ASKER_PATIENCE_MS. */
int asker_next(struct asker *asker, struct answer_line *ret_answer, struct error *error);

/* Asks for what is answered by one line of this kind. */
int asker_ask_one(struct asker *asker, const struct ask_line *question, enum answer_line_kind kind,
		  struct answer_line *ret_answer, struct error *error);

/* Takes back the memory of all answers so far. */
void asker_forget(struct asker *asker);

#endif
