#include "tlog/witness_http.h"

#include "base/clock.h"

#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>

enum {
	METHOD_NOT_ALLOWED = 405,
	CONTENT_TOO_LARGE = 413,
	HASH_DIGITS = 64,
	SWEEP_MS = 1000,
};

/* A connection, and since when it owes a whole request. */
struct line {
	bool is_open;
	int fd;
	int64_t since_us;
};

struct witness_http {
	struct witness *witness;
	struct MHD_Daemon *daemon;
	struct line lines[WITNESS_HTTP_CONNECTIONS_MAX];
	struct witness_answer answer;
	int failed; /* of the disk */
	struct error error;
};

/* A request whose body is coming in. */
struct request {
	size_t len;
	bool is_too_long;
	char body[ADD_CHECKPOINT_BYTES_MAX];
};

/* Answers */

static enum MHD_Result send_answer(struct MHD_Connection *connection, struct witness_answer *answer)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->body.len, answer->body.at, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, "Content-Type", answer->type);
	MHD_add_response_header(response, "Cache-Control", "no-store");
	if (answer->status == METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, "Allow", "GET, POST");
	enum MHD_Result queued = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return queued;
}

static enum MHD_Result refuse(struct witness_http *http, struct MHD_Connection *connection, int status,
			      const char *words)
{
	witness_answer_say(&http->answer, status, words);
	return send_answer(connection, &http->answer);
}

/* The disk failed: nobody may be told anything. */
static enum MHD_Result conclude(struct witness_http *http, struct MHD_Connection *connection, int failed)
{
	if (failed == 0)
		return send_answer(connection, &http->answer);
	http->failed = failed;
	return MHD_NO;
}

/* Requests */

static bool is_add_checkpoint(struct str path)
{
	return str_ends(path, STR("/add-checkpoint"));
}

/* …/HASH/checkpoint */
static bool is_checkpoint(struct str path, struct str *ret_hash)
{
	struct str ending = STR("/checkpoint");
	if (!str_ends(path, ending) || path.len < 1 + HASH_DIGITS + ending.len)
		return false;
	*ret_hash = (struct str){path.at + path.len - ending.len - HASH_DIGITS, HASH_DIGITS};
	return ret_hash->at[-1] == '/';
}

static enum MHD_Result get(struct witness_http *http, struct MHD_Connection *connection, struct str path)
{
	struct str hash;
	if (!is_checkpoint(path, &hash))
		return refuse(http, connection, 404,
			      "a witness answers GET …/HASH/checkpoint and POST …/add-checkpoint");
	return conclude(http, connection, witness_get_checkpoint(http->witness, hash, &http->answer, &http->error));
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* A server before this one could take the body for a shorter one, and what is left of it for another request. */
static bool has_two_lengths(struct MHD_Connection *connection)
{
	return header(connection, "Transfer-Encoding") && header(connection, "Content-Length");
}

static bool says_too_much(struct MHD_Connection *connection)
{
	const char *length = header(connection, "Content-Length");
	int64_t bytes;
	return length && !str_to_i64(str_of(length), 0, ADD_CHECKPOINT_BYTES_MAX, &bytes);
}

/* The head of a request is there: what can be refused now is; else a body is waited for. */
static enum MHD_Result begin_request(struct witness_http *http, struct MHD_Connection *connection, struct str method,
				     struct str path, void **request)
{
	bool is_get = str_eq(method, STR("GET")) || str_eq(method, STR("HEAD"));
	if (!is_get && !str_eq(method, STR("POST")))
		return refuse(http, connection, METHOD_NOT_ALLOWED, "a witness answers GET and POST");
	if (!is_get && !is_add_checkpoint(path))
		return refuse(http, connection, 404, "a witness answers POST …/add-checkpoint");
	if (has_two_lengths(connection))
		return refuse(http, connection, 400, "a request has one length");
	if (says_too_much(connection))
		return refuse(http, connection, CONTENT_TOO_LARGE, "a request has at most 68,400 bytes");
	*request = calloc(1, sizeof(struct request));
	return *request ? MHD_YES : MHD_NO;
}

static void take(struct request *request, const char *bytes, size_t n)
{
	request->is_too_long |= n > sizeof request->body - request->len;
	if (request->is_too_long)
		return;
	memcpy(request->body + request->len, bytes, n);
	request->len += n;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
				  const char *version, const char *bytes, size_t *n, void **request_place)
{
	struct witness_http *http = context;
	struct request *request = *request_place;
	struct str path = str_of(url), verb = str_of(method);
	(void)version;
	if (http->failed < 0)
		return MHD_NO;
	if (!request)
		return begin_request(http, connection, verb, path, request_place);
	if (*n > 0) {
		take(request, bytes, *n);
		*n = 0;
		return MHD_YES;
	}
	if (request->is_too_long)
		return refuse(http, connection, CONTENT_TOO_LARGE, "a request has at most 68,400 bytes");
	if (!str_eq(verb, STR("POST")))
		return get(http, connection, path);
	struct str body = {request->body, request->len};
	return conclude(http, connection, witness_add_checkpoint(http->witness, body, &http->answer, &http->error));
}

/* Connections */

static void on_connection(void *context, struct MHD_Connection *connection, void **line_place,
			  enum MHD_ConnectionNotificationCode code)
{
	struct witness_http *http = context;
	struct line *line = *line_place;
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (line)
			line->is_open = false;
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(http->lines); i++) {
		line = &http->lines[i];
		if (line->is_open)
			continue;
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		*line = (struct line){true, info->connect_fd, clock_elapsed_us()};
		*line_place = line;
		return;
	}
}

static void on_answered(void *context, struct MHD_Connection *connection, void **request_place,
			enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct line *line = info ? info->socket_context : NULL;
	(void)context, (void)code;
	if (line)
		line->since_us = clock_elapsed_us();
	free(*request_place);
	*request_place = NULL;
}

/* A request that comes a byte at a time is never idle. */
static void let_slow_ones_go(struct witness_http *http)
{
	int64_t now_us = clock_elapsed_us();
	for (size_t i = 0; i < ARRAY_LEN(http->lines); i++)
		if (http->lines[i].is_open &&
		    now_us - http->lines[i].since_us > WITNESS_HTTP_REQUEST_S * INT64_C(1000000))
			shutdown(http->lines[i].fd, SHUT_RDWR);
}

/* Life */

int witness_http_start(struct witness_http **ret_http, struct witness *witness, int listener, const char *certificate,
		       const char *key, struct error *error)
{
	struct witness_http *http = calloc(1, sizeof *http);
	ASSERT(http);
	http->witness = witness;
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
	    {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3"},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL | (certificate ? MHD_USE_TLS : 0), 0, NULL, NULL, on_request,
					http, MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_CONNECTION_LIMIT,
					(unsigned)WITNESS_HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
					(unsigned)WITNESS_HTTP_CONNECTIONS_PER_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
					(unsigned)WITNESS_HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
					(size_t)WITNESS_HTTP_HEADER_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
					MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
					on_answered, http, MHD_OPTION_ARRAY, certificate ? tls : none, MHD_OPTION_END);
	if (!http->daemon) {
		free(http);
		error_set(error, ERROR_SYSTEM, "the HTTP server does not start");
		return error_remedy(error, certificate ? "Check that certificate and key are PEM and belong together."
						       : "See whether memory and descriptors are left.");
	}
	*ret_http = http;
	return 0;
}

void witness_http_stop(struct witness_http *http)
{
	MHD_stop_daemon(http->daemon);
	free(http);
}

static int wait_ms(const struct witness_http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;
	return MHD_get_timeout(http->daemon, &ms) == MHD_YES && ms < SWEEP_MS ? (int)ms : SWEEP_MS;
}

int witness_http_run(struct witness_http *http, int signals, struct error *error)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ASSERT(info);
	struct pollfd wait[] = {{.fd = info->epoll_fd, .events = POLLIN}, {.fd = signals, .events = POLLIN}};
	while (http->failed == 0 && wait[1].revents == 0) {
		poll(wait, ARRAY_LEN(wait), wait_ms(http));
		MHD_run(http->daemon);
		let_slow_ones_go(http);
	}
	if (http->failed < 0)
		*error = http->error;
	return http->failed;
}
