/* witness_file.h: witness.yaml, what a witness is told by hand.
 *
 *     name: witness.example/w1        its key's name; never changed later
 *     tls: {certificate: tls.pem, key: tls.key}   optional: served over TLS 1.3; without it only on this machine
 *     logs:                           whose checkpoints it cosigns, 1 to 1,024
 *       - {vkey: chancery/…}          a log's verifier key; its name is the origin unless another one is given
 *       - {vkey: …, origin: …}
 *
 * Paths are relative to the witness's directory.
 */
#ifndef TLOG_WITNESS_FILE_H
#define TLOG_WITNESS_FILE_H

#include "base/arena.h"
#include "tlog/witness.h"

struct witness_file {
	struct str name;
	struct str certificate, key; /* paths; empty without tls */
	struct witness_log logs[WITNESS_LOGS_MAX];
	size_t n_logs;
};

/* Reads witness.yaml in the current directory. Texts live in the arena. */
int witness_file_read(struct witness_file *ret_file, struct arena *arena, struct error *error);

#endif
