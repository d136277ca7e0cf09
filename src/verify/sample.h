/* sample.h: the journal of a small mission, for tests and benches only: entries that have a bit of everything, a mission
 * that writes them as docs/journal-format.md says, and its witness. Tiles and roots are built here once more, from the
 * words of the page. What goes wrong here ends the program.
 *
 * Entry 0 brings the rulebooks in force; then a driver reports, an operator commands (and is refused) and a timer runs,
 * by turns. From entry SAMPLE_REBOOT on the driver has another boot.
 */
#ifndef VERIFY_SAMPLE_H
#define VERIFY_SAMPLE_H

#include "checkpoint.h"

#include <openssl/evp.h>
#include <sqlite3.h>

#define SAMPLE_BYTES_MAX 4096
#define SAMPLE_REBOOT	 300
#define SAMPLE_START_MS	 1700000000000
#define SAMPLE_STEP_MS	 250
#define SAMPLE_MONTH	 647 /* of SAMPLE_START_MS */

struct sample_key {
	EVP_PKEY *secret;
	struct checkpoint_key public;
};

struct sample {
	sqlite3 *db;
	struct sample_key key, witness;
	unsigned entries, room;
	struct tree_hash *leaf;
};

/* Writes entry `i`; returns its length. */
int sample_entry(char ret_body[SAMPLE_BYTES_MAX], unsigned i);
/* The same with the first `find` in it replaced, which must be there. */
int sample_entry_changed(char ret_body[SAMPLE_BYTES_MAX], unsigned i, const char *find, const char *put);

/* A new journal at `path`, without entries. */
void sample_open(struct sample *sample, const char *path);
/* Closes the database alone; sample_release the rest too. */
void sample_close(struct sample *sample);
void sample_release(struct sample *sample);
void sample_exec(struct sample *sample, const char *sql);

/* From a seed of 32 such bytes. */
void sample_key_make(struct sample_key *key, enum checkpoint_type type, const char *name, uint8_t seed_byte);

/* One more entry, without its tile. */
void sample_add(struct sample *sample, const char *body, size_t len);
/* All tiles, and the checkpoint over all entries. */
void sample_seal(struct sample *sample);
void sample_tiles(struct sample *sample);

/* Of the first `size` entries. */
struct tree_hash sample_root(const struct sample *sample, unsigned size);
/* The checkpoint, with a size and root that need not be the tree's. */
void sample_checkpoint(struct sample *sample, const char *origin, unsigned size, const struct tree_hash *root);
/* The witness has seen that checkpoint, at that time. */
void sample_cosign(struct sample *sample, unsigned size, const struct tree_hash *root, uint64_t time_s);

/* The text of a checkpoint, and a signature line over it; a witness's has a time. Both append to the note. */
#define SAMPLE_NOTE_BYTES 2048
void sample_text(char note[SAMPLE_NOTE_BYTES], const char *origin, unsigned size, const struct tree_hash *root);
void sample_sign(const struct sample_key *key, const char *text, uint64_t time_s, char note[SAMPLE_NOTE_BYTES]);

#endif
