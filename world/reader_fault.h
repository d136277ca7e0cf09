/* reader_fault.h: a reader that misbehaves on demand, as broken, cloned and attacked readers do. Pure.
 *
 * A fault waits for the next answers it fits, spoils so many of them, and is gone. The stored answer stays
 * whole, except where the reader itself builds it wrongly (bad_data, clear_data): so a panel that asks again
 * gets the true one.
 */
#ifndef WORLD_READER_FAULT_H
#define WORLD_READER_FAULT_H

#include "world/reader_frame.h"

/* name, which answers it fits, what it does */
#define READER_FAULTS(X)                                                                                               \
	X(bad_check, ANY, "the check bytes are wrong")                                                                 \
	X(bad_length, ANY, "LEN says more than any frame may have")                                                    \
	X(wrong_address, ANY, "the answer names the next address")                                                     \
	X(wrong_sequence, ANY, "the answer carries another sequence number")                                           \
	X(cut, ANY, "only the first half is sent")                                                                     \
	X(late, ANY, "the answer comes after the panel's 200 ms are over")                                             \
	X(busy, ANY, "BUSY instead of an answer; the command is not done")                                             \
	X(bad_mac, MAC, "one bit of the MAC is turned")                                                                \
	X(bad_cryptogram, CCRYPT, "one bit of the reader's cryptogram is turned")                                      \
	X(wrong_key, CCRYPT, "CCRYPT says that the default key was used")                                              \
	X(bad_rmac, RMAC_I, "one bit of the first reply MAC is turned")                                                \
	X(refused, RMAC_I, "RMAC_I says that the panel did not prove itself")                                          \
	X(clear_data, POLL, "a card is told in the clear, in the middle of a session")                                 \
	X(bad_data, POLL, "a card has one byte more than its bits fill")

enum reader_fault_kind {
	READER_FAULT_NONE,
#define X(name, fits, what) READER_FAULT_##name,
	READER_FAULTS(X)
#undef X
};

enum {
	READER_FAULT_LATE_MS = 300,
	READER_FAULT_COUNT_MAX = 1000000,
};

struct reader_fault {
	enum reader_fault_kind kind;
	uint32_t left; /* answers still to be spoilt */
};

/* READER_FAULT_NONE when no fault has that name. */
enum reader_fault_kind reader_fault_named(struct str name);

/* True, and one fewer left, when it is this fault's turn. */
bool reader_fault_takes(struct reader_fault *fault, enum reader_fault_kind kind);

/* Spoils the finished answer on its way to the line, when the fault fits it. Answers its new length;
 * ret_delay_ms is how much later than usual it is to be sent. */
size_t reader_fault_spoil(struct reader_fault *fault, uint8_t *answer, size_t n, int64_t *ret_delay_ms);

#endif
