/* cosign_http.h: requests to witnesses over HTTP(S), by libcurl, from a sandbox that opens no file.
 *
 * So all that is looked up is looked up at the start: the witnesses' addresses, the certificates of those who vouch for
 * theirs (SSL_CERT_FILE, or Debian's). A witness that moves is found again when the process is started anew. TLS is
 * verified, by the name in the URL; nothing is followed, no proxy is asked, and an answer is bounded.
 */
#ifndef TLOG_COSIGN_HTTP_H
#define TLOG_COSIGN_HTTP_H

#include "base/buf.h"
#include "base/error.h"

enum {
	COSIGN_HTTP_CONNECT_MS = 10000,
	COSIGN_HTTP_REQUEST_MS = 30000,
	COSIGN_HTTP_REPLY_BYTES_MAX = 65535,
	COSIGN_HTTP_TYPE_BYTES = 64,
	COSIGN_HTTP_URL_BYTES = 512,
};

struct cosign_http;

struct cosign_reply {
	long status;
	char type[COSIGN_HTTP_TYPE_BYTES]; /* cut when longer: then it is none of those that are known */
	struct buf body;
	uint8_t bytes[COSIGN_HTTP_REPLY_BYTES_MAX];
};

/* For these URLs; their texts outlive it. An address that cannot be found now is a failure of each request later. */
int cosign_http_open(struct cosign_http **ret_http, const struct str *urls, size_t n, struct error *error);
void cosign_http_close(struct cosign_http *http);

/* POST of a body, GET where body.at is NULL, to the URL of that number with `path` behind it. ERROR_GONE: no whole
 * answer came, and error->what says why. */
int cosign_http_ask(struct cosign_http *http, size_t number, const char *path, struct str body,
		    struct cosign_reply *ret_reply, struct error *error);

#endif
