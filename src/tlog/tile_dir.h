/* tile_dir.h: a directory in C2SP tlog-tiles form (tile_form.h) that grows with a journal and can be served as it lies.
 *
 *     tile_dir_open(&dir, path, &key, &error);
 *     for each entry from tile_dir_size on:  tile_dir_append(dir, body, &error);
 *     tile_dir_publish(dir, note, &error);
 *
 * Invariants:
 *   - `checkpoint` comes last and at once: it is signed by the key, and everything that a tree of its size needs lies
 * there before it, on the disk.
 *   - Full tiles and bundles that a published checkpoint needs are never written again; nor are partial ones, which go
 * when the full one is there.
 *   - Whatever moment the writer is killed at, the next open goes on from the published checkpoint. What lies beyond it
 * was never published and is written anew.
 *   - What is appended is hashed here, and the hashes are held against the note before it is published; at opening so is
 * the tree's right edge as it lies on the disk.
 */
#ifndef TLOG_TILE_DIR_H
#define TLOG_TILE_DIR_H

#include "journal/note.h"

struct tile_dir;

/* Makes the directory where there is none. ERROR_CRYPTO, ERROR_INPUT: its checkpoint is not the key's. ERROR_RECORD:
 * its files contradict its checkpoint. ERROR_LIMIT: another process writes there. */
int tile_dir_open(struct tile_dir **ret_dir, const char *path, const struct note_key *key, struct error *error);
void tile_dir_close(struct tile_dir *dir);

/* Published entries and those appended since; and the published alone. */
uint64_t tile_dir_size(const struct tile_dir *dir);
uint64_t tile_dir_published(const struct tile_dir *dir);

/* At most TILE_FORM_ENTRY_BYTES_MAX. */
int tile_dir_append(struct tile_dir *dir, struct str body, struct error *error);

/* The note may have witnesses' lines too. ERROR_RECORD: it is not for exactly what is here. */
int tile_dir_publish(struct tile_dir *dir, struct str note, struct error *error);

#endif
