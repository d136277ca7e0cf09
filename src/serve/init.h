/* init.h: makes a mission's directory from a sample: its files, and new keys.
 */
#ifndef SERVE_INIT_H
#define SERVE_INIT_H

#include "base/error.h"

/* Copies every file of `sample` into `dir`, which must not hold a mission yet; writes the calling Unix user for $USER in mission.yaml; makes the journal's
 * key pair, the master and door keys with their key files, each opened by a file beside, and a key for each reader that site.yaml adds. */
int init_mission(const char *dir, const char *sample, struct error *error);

#endif
