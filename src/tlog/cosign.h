/* cosign.h: the mission's newest checkpoint to its witnesses, and what they answer to the core.
 *
 * A process that the keeper starts when mission.yaml names witnesses. It asks the core, on its standard input, for the
 * newest checkpoint every COSIGN_LOOK_MS, sends it to each witness that has not cosigned it yet, and hands in the
 * cosignatures. It has no entry and no key; what it hands in the core checks.
 *
 *     200      handed to the core
 *     409      the witness knows another size: again, with a proof from there; unless that is more than there is
 *     422      perhaps another history, as with such a 409: the witness is asked for what it cosigned, and when that is
 *              under our own signature and not of our tree, the core is shown it, and stops signing
 *     others   told in words, and tried again later
 *
 * A witness that cannot be reached is tried again after 5 s, doubled up to 10 min. When one was not reached for
 * COSIGN_LOST_MS the process ends well and is started anew, which looks up addresses again.
 */
#ifndef TLOG_COSIGN_H
#define TLOG_COSIGN_H

#include "serve/mission_file.h"
#include "tlog/asker.h"
#include "tlog/cosign_http.h"

enum {
	COSIGN_LOOK_MS = 2000,
	COSIGN_BETWEEN_MS = 10000,     /* two checkpoints to one witness */
	COSIGN_AGAIN_MS = 3600 * 1000, /* the same one, for a newer time under it */
	COSIGN_BACKOFF_MS_MIN = 5000,
	COSIGN_BACKOFF_MS_MAX = 600 * 1000,
	COSIGN_LOST_MS = 900 * 1000,
	COSIGN_SHOWN_BYTES_MAX = 32000, /* of a note that a witness shows */
};

/* Until the core is gone (an error), or a witness is lost (0). */
int cosign_run(struct asker *core, struct cosign_http *http, const struct mission_file *mission, struct error *error);

#endif
