#include "tlog/cosign_http.h"

#include "base/arena.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VOUCHERS_BYTES_MAX = 4 << 20, RESOLVED_BYTES = 1024, POLL_MS = 1000 };

static const char usual_vouchers[] = "/etc/ssl/certs/ca-certificates.crt";

struct place {
	struct str url;
	struct curl_slist *resolved; /* HOST:PORT:ADDRESS,…; NULL for an address, or when nothing was found */
	CURL *easy;
};

struct cosign_http {
	CURLM *multi;
	struct curl_slist *headers;
	struct curl_blob vouchers;
	struct arena memory;
	size_t n;
	struct place places[];
};

/* What is looked up */

static void read_vouchers(struct cosign_http *http)
{
	const char *path = getenv("SSL_CERT_FILE");
	int fd = open(path ? path : usual_vouchers, O_RDONLY | O_CLOEXEC);
	struct buf b = {.at = arena_take(&http->memory, VOUCHERS_BYTES_MAX, 1), .size = VOUCHERS_BYTES_MAX};
	ssize_t n = 1;
	while (fd >= 0 && n > 0 && b.len < b.size) {
		n = read(fd, b.at + b.len, b.size - b.len);
		b.len += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		close(fd);
	http->vouchers = (struct curl_blob){.data = b.at, .len = b.len, .flags = CURL_BLOB_NOCOPY};
}

static void put_addresses(struct buf *b, const struct addrinfo *found)
{
	for (const struct addrinfo *one = found; one; one = one->ai_next) {
		char address[64];
		if (getnameinfo(one->ai_addr, one->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST) != 0)
			continue;
		if (one != found)
			buf_put_char(b, ',');
		buf_put_str(b, one->ai_family == AF_INET6 ? STR("[") : STR(""));
		buf_put_str(b, str_of(address));
		buf_put_str(b, one->ai_family == AF_INET6 ? STR("]") : STR(""));
	}
}

/* HOST:PORT:ADDRESS,… for libcurl, which then asks nobody. */
static struct curl_slist *look_up(const char *host, const char *port)
{
	char text[RESOLVED_BYTES];
	struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return NULL;
	buf_put_str(&b, str_of(host));
	buf_put_char(&b, ':');
	buf_put_str(&b, str_of(port));
	buf_put_char(&b, ':');
	put_addresses(&b, found);
	freeaddrinfo(found);
	text[b.len] = 0;
	return b.over ? NULL : curl_slist_append(NULL, text);
}

static void set_url(struct place *place, const char *path, char (*ret_url)[COSIGN_HTTP_URL_BYTES])
{
	int n = snprintf(*ret_url, sizeof *ret_url, STR_FMT "%s", STR_ARG(place->url), path);
	ASSERT(n > 0 && (size_t)n < sizeof *ret_url);
}

static void find(struct place *place)
{
	char url[COSIGN_HTTP_URL_BYTES], *host = NULL, *port = NULL;
	CURLU *parsed = curl_url();
	set_url(place, "", &url);
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK && host[0] != '[')
		place->resolved = look_up(host, port);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parsed);
}

/* Life */

int cosign_http_open(struct cosign_http **ret_http, const struct str *urls, size_t n, struct error *error)
{
	struct cosign_http *http = calloc(1, sizeof *http + n * sizeof http->places[0]);
	ASSERT(http);
	http->memory = arena_map(VOUCHERS_BYTES_MAX + 64);
	http->multi = curl_global_init(CURL_GLOBAL_ALL) == 0 ? curl_multi_init() : NULL;
	if (!http->multi)
		return error_set(error, ERROR_SYSTEM, "libcurl does not start");
	read_vouchers(http);
	http->headers = curl_slist_append(NULL, "Content-Type: application/octet-stream");
	http->headers = curl_slist_append(http->headers, "Expect:"); /* no question before the body */
	http->n = n;
	for (size_t i = 0; i < n; i++) {
		http->places[i].url = urls[i];
		http->places[i].easy = curl_easy_init();
		ASSERT(http->places[i].easy);
		find(&http->places[i]);
	}
	*ret_http = http;
	return 0;
}

void cosign_http_close(struct cosign_http *http)
{
	for (size_t i = 0; i < http->n; i++) {
		curl_easy_cleanup(http->places[i].easy);
		curl_slist_free_all(http->places[i].resolved);
	}
	curl_slist_free_all(http->headers);
	curl_multi_cleanup(http->multi);
	curl_global_cleanup();
	arena_unmap(&http->memory);
	free(http);
}

/* Requests */

static size_t take(char *bytes, size_t each, size_t n, void *context)
{
	struct cosign_reply *reply = context;
	buf_put(&reply->body, bytes, each * n);
	return reply->body.over ? 0 : each * n;
}

static void set_up(const struct cosign_http *http, const struct place *place, struct str body, const char *url,
		   struct cosign_reply *reply, char *why)
{
	CURL *easy = place->easy;
	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_RESOLVE, place->resolved);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)COSIGN_HTTP_CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)COSIGN_HTTP_REQUEST_MS);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &http->vouchers);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, reply);
	if (!body.at)
		return;
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.at);
}

/* Like curl_easy_perform, which would make descriptors of its own when the sandbox is closed. */
static CURLcode perform(CURLM *multi, CURL *easy)
{
	int running = 1, queued;
	CURLMcode failed = curl_multi_add_handle(multi, easy);
	while (running > 0 && !failed) {
		failed = curl_multi_perform(multi, &running);
		if (running > 0 && !failed)
			failed = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
	}
	CURLMsg *message = curl_multi_info_read(multi, &queued);
	CURLcode code = failed || !message ? CURLE_FAILED_INIT : message->data.result;
	curl_multi_remove_handle(multi, easy);
	return code;
}

int cosign_http_ask(struct cosign_http *http, size_t number, const char *path, struct str body,
		    struct cosign_reply *ret_reply, struct error *error)
{
	struct place *place = &http->places[number];
	char url[COSIGN_HTTP_URL_BYTES], why[CURL_ERROR_SIZE] = {0};
	const char *type = NULL;
	ret_reply->body = BUF(ret_reply->bytes);
	set_url(place, path, &url);
	set_up(http, place, body, url, ret_reply, why);
	CURLcode code = perform(http->multi, place->easy);
	if (code != CURLE_OK) {
		bool is_too_long = ret_reply->body.over;
		error_set(error, ERROR_GONE, "%s",
			  is_too_long ? "its answer is too long"
			  : why[0]    ? why
				      : curl_easy_strerror(code));
		return error_remedy(error,
				    "See whether its address, its certificate and this machine's clock are right.");
	}
	curl_easy_getinfo(place->easy, CURLINFO_RESPONSE_CODE, &ret_reply->status);
	curl_easy_getinfo(place->easy, CURLINFO_CONTENT_TYPE, &type);
	snprintf(ret_reply->type, sizeof ret_reply->type, "%s", type ? type : "");
	return 0;
}
