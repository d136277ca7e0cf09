/* witness_http.h: a witness's answers over HTTP/1.1, by libmicrohttpd.
 *
 *     POST …/add-checkpoint                a request for a cosignature
 *     GET …/SHA-256 of origin/checkpoint   for monitors: what was cosigned last
 *
 * One thread, and an answer is made in one go: two requests of one log never overlap. What is too much is refused by
 * the limits below; who is too slow is let go.
 */
#ifndef TLOG_WITNESS_HTTP_H
#define TLOG_WITNESS_HTTP_H

#include "tlog/witness.h"

enum {
	WITNESS_HTTP_CONNECTIONS_MAX = 64,
	WITNESS_HTTP_CONNECTIONS_PER_ADDRESS = 32,
	WITNESS_HTTP_IDLE_S = 10,    /* without a byte */
	WITNESS_HTTP_REQUEST_S = 20, /* from the last answer, or the connection's begin, to a whole request */
	WITNESS_HTTP_HEADER_BYTES = 16384,
};

struct witness_http;

/* Takes over the listening socket. certificate and key are PEM texts, or NULL for HTTP in the clear. Everything that is
 * needed later is opened here: a sandbox may close behind it. */
int witness_http_start(struct witness_http **ret_http, struct witness *witness, int listener, const char *certificate,
		       const char *key, struct error *error);
void witness_http_stop(struct witness_http *http);

/* Answers until `signals`, a descriptor, can be read (0), or the disk fails. */
int witness_http_run(struct witness_http *http, int signals, struct error *error);

#endif
