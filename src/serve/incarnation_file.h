/* incarnation_file.h: incarnation.json, which `chancery restore` puts into a mission's directory before anything is opened there (backup.yaml).
 *
 * From then on the mission's journal has another origin, and its first start records where it comes from and forgets whom it must (hub_restore.c). The file
 * stays as long as the mission.
 */
#ifndef SERVE_INCARNATION_FILE_H
#define SERVE_INCARNATION_FILE_H

#include "base/arena.h"
#include "base/error.h"
#include "gen/types.h"

/* Number 1, and nothing else, where there is no such file. */
int incarnation_read_file(const char *directory, struct incarnation *ret_incarnation, struct arena *arena,
			  struct error *error);

int incarnation_write_file(const char *directory, const struct incarnation *incarnation, struct arena *arena,
			   struct error *error);

#endif
