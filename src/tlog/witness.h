/* witness.h: what a witness answers (C2SP tlog-witness), without the network.
 *
 * A witness's signature under a checkpoint says: until now I have seen no larger tree of this origin, and all that I
 * have seen before are its beginnings. For that to be true of all its signatures together:
 *
 *   - of one size one root is signed, and after a size none smaller: the new checkpoint is compared with what was
 *     cosigned last, and put in its place on the disk, in one statement, before the answer;
 *   - times never go back, whatever the clock does: a cosignature has the clock's time, or the newest one's before it.
 *
 * One thread.
 */
#ifndef TLOG_WITNESS_H
#define TLOG_WITNESS_H

#include "tlog/add_checkpoint.h"
#include "tlog/witness_state.h"

enum {
	WITNESS_LOGS_MAX = 1024,
	WITNESS_ANSWER_BYTES_MAX = NOTE_BYTES_MAX + 512,
};

struct witness_log {
	struct str origin;
	struct note_key key;
};

struct witness {
	struct note_signer signer;
	const struct witness_log *logs; /* no two of one origin */
	size_t n_logs;
	struct witness_state *state;
	int64_t (*now_s)(void); /* the clock, seconds since 1970 */
};

/* HTTP's status, its content type and its body. */
struct witness_answer {
	int status;
	const char *type;
	struct buf body;
	uint8_t bytes[WITNESS_ANSWER_BYTES_MAX];
};

/* The request's body as it came. 200: the cosignature's line, durable; 400, 403, 404, 409, 422 as tlog-witness says,
 * with the reason in words, but for 409: the size. 0, or the error of the disk, after which the process must end
 * without an answer. */
int witness_add_checkpoint(struct witness *witness, struct str body, struct witness_answer *ret_answer,
			   struct error *error);

/* The newest cosigned checkpoint of the log whose origin's SHA-256 has these 64 lower-case digits, with both
 * signatures; 404 when there is none. */
int witness_get_checkpoint(struct witness *witness, struct str origin_hash, struct witness_answer *ret_answer,
			   struct error *error);

/* The same by the origin itself. */
int witness_get_checkpoint_of(struct witness *witness, struct str origin, struct witness_answer *ret_answer,
			      struct error *error);

/* An answer in words. */
void witness_answer_say(struct witness_answer *answer, int status, const char *words);

#endif
