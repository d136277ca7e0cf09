#include "driver/osdp/pd.h"

#include <openssl/crypto.h>

enum { SETUP_CAPABILITIES = 1, SETUP_STATUS = 2, SETUP_LIGHT = 4 };
enum { SIGNAL_MS = 1000, BEEPS_REFUSED = 2 };

void pd_init(struct pd *pd, const struct pd_settings *settings, int64_t now_us)
{
	*pd = (struct pd){
	    .settings = *settings, .due_us = now_us, .good_us = now_us, .handshake_us = now_us - PD_HANDSHAKE_EVERY_US};
	secure_init(&pd->secure);
}

void pd_release(struct pd *pd)
{
	secure_release(&pd->secure);
	OPENSSL_cleanse(pd, sizeof *pd);
}

static void tell(const struct pd *pd, struct notices *notices, struct notice notice, int64_t now_us)
{
	notice.reader = pd->settings.reader;
	notice.at_us = now_us;
	notice_put(notices, &notice);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Orders: what each kind sends, step by step, and behind which step it counts as done. */
struct step {
	uint8_t command;
	bool done;
};

enum { STEPS_MAX = 2 };
static const struct step steps[][STEPS_MAX] = {
    [PD_RELEASE] = {{FRAME_OUT, true}, {FRAME_LED, false}},
    [PD_SIGNAL_REFUSED] = {{FRAME_LED, false}, {FRAME_BUZ, true}},
};

bool pd_order(struct pd *pd, const struct pd_order *order, int64_t now_us)
{
	if (pd->n_orders == PD_ORDERS_MAX)
		return false;
	pd->orders[pd->n_orders] = *order;
	pd->orders[pd->n_orders].step = 0;
	pd->orders[pd->n_orders++].told = false;
	pd->active_until_us = now_us + PD_ACTIVE_US;
	return true;
}

static void remove_order(struct pd *pd, size_t at)
{
	pd->n_orders--;
	memmove(pd->orders + at, pd->orders + at + 1, (pd->n_orders - at) * sizeof pd->orders[0]);
}

static void tell_order(struct pd *pd, struct pd_order *order, enum notice_kind kind, struct notices *notices,
		       int64_t now_us)
{
	if (!order->told)
		tell(pd, notices, (struct notice){.kind = kind, .order = order->name}, now_us);
	order->told = true;
}

/* The reader took the first order's step. */
static void order_goes_on(struct pd *pd, struct notices *notices, int64_t now_us)
{
	struct pd_order *order = &pd->orders[0];
	bool last = order->step + 1 == STEPS_MAX;
	pd->orders_from_us = 0;
	bool silent_reader = order->kind != PD_RELEASE && !pd->can.buzzer;
	if (last || silent_reader || steps[order->kind][order->step].done)
		tell_order(pd, order, NOTICE_DONE, notices, now_us);
	if (last || silent_reader)
		remove_order(pd, 0);
	else
		order->step++;
}

/* The reader answered the first order's step with NAK. Light and sound are a courtesy; a release is tried again. */
static void order_refused(struct pd *pd, struct notices *notices, int64_t now_us)
{
	if (pd->orders[0].told || pd->orders[0].kind != PD_RELEASE)
		return order_goes_on(pd, notices, now_us);
	/* The reader says under its MAC that it did not do it. */
	pd->orders[0].sent = false;
	pd->orders_from_us = now_us + PD_NAK_US;
}

static size_t order_data(const struct pd *pd, uint8_t data[DATA_COMMAND_BYTES_MAX])
{
	const struct pd_order *order = &pd->orders[0];
	bool release = order->kind == PD_RELEASE;
	switch (steps[order->kind][order->step].command) {
	case FRAME_OUT:
		return data_write_output(data, pd->settings.output, order->release_ms);
	case FRAME_LED:
		return data_write_led_for(data, release ? DATA_GREEN : DATA_RED,
					  release ? order->release_ms : SIGNAL_MS);
	default:
		return data_write_buzzer(data, BEEPS_REFUSED);
	}
}

/* Life of a session. */
static void drop_session(struct pd *pd, int64_t due_us)
{
	secure_drop(&pd->secure);
	pd->phase = PD_DOWN;
	/* Whether it was done nobody knows: it is not done twice, and nothing is said of it. */
	if (pd->command && pd->is_order)
		remove_order(pd, 0);
	pd->command = 0;
	pd->identified = false;
	pd->last_len = 0;
	pd->due_us = later(due_us, pd->handshake_us + PD_HANDSHAKE_EVERY_US);
}

static bool handshake_failed(struct pd *pd, int64_t now_us)
{
	pd->failures++;
	uint32_t pause = pd->failures;
	if (pause > PD_HANDSHAKE_STEPS_MAX)
		pause = PD_HANDSHAKE_STEPS_MAX;
	drop_session(pd, now_us + (int64_t)pause * PD_HANDSHAKE_STEP_US);
	return true;
}

static void go_offline(struct pd *pd, enum notice_offline why, struct notices *notices, int64_t now_us)
{
	pd->state = PD_OFFLINE;
	pd->status_known = false;
	tell(pd, notices, (struct notice){.kind = NOTICE_OFFLINE, .offline = why}, now_us);
}

/* What to send. */
static void send_clear(struct pd *pd, const struct frame *frame)
{
	size_t n = frame_begin(pd->sent, frame);
	pd->sent_len = frame_end(pd->sent, n, NULL);
	pd->command = frame->code;
	pd->sequence = frame->sequence;
}

static void send_challenge(struct pd *pd, void (*entropy)(uint8_t *bytes, size_t n), int64_t now_us)
{
	uint8_t a[SECURE_RANDOM_BYTES];
	entropy(a, sizeof a);
	secure_start(&pd->secure, pd->settings.key, a);
	send_clear(pd, &(struct frame){.address = pd->settings.address,
				       .security = FRAME_CHLNG,
				       .security_byte = SECURE_KEY_OWN,
				       .code = FRAME_CHLNG_CODE,
				       .data = a,
				       .data_len = SECURE_RANDOM_BYTES});
	pd->phase = PD_CHALLENGED;
	pd->handshake_us = now_us;
}

static void send_proof(struct pd *pd)
{
	send_clear(pd, &(struct frame){.address = pd->settings.address,
				       .sequence = 1,
				       .security = FRAME_SCRYPT,
				       .security_byte = SECURE_KEY_OWN,
				       .code = FRAME_SCRYPT_CODE,
				       .data = pd->secure.scrypt,
				       .data_len = SECURE_BLOCK_BYTES});
}

static void send_sealed(struct pd *pd, uint8_t code, const uint8_t *data, size_t n)
{
	pd->sequence = pd->sequence % 3 + 1;
	pd->command = code;
	pd->sent_len = secure_seal(&pd->secure, pd->sent, pd->settings.address, pd->sequence, code, data, n);
	pd->frames++;
}

static bool orders_wait(const struct pd *pd)
{
	return pd->n_orders > 0 && pd->phase == PD_UP && pd->identified;
}

static void send_setup(struct pd *pd)
{
	uint8_t data[DATA_COMMAND_BYTES_MAX] = {0};
	if (pd->setup & SETUP_CAPABILITIES)
		send_sealed(pd, FRAME_CAP, data, 1);
	else if (pd->setup & SETUP_STATUS)
		send_sealed(pd, FRAME_LSTAT, NULL, 0);
	else
		send_sealed(pd, FRAME_LED, data, data_write_led_always(data, DATA_AMBER));
	pd->setup &= (uint8_t)(pd->setup - 1);
}

static void send_order(struct pd *pd)
{
	uint8_t data[DATA_COMMAND_BYTES_MAX] = {0};
	struct pd_order *order = &pd->orders[0];
	order->sent = true;
	send_sealed(pd, steps[order->kind][order->step].command, data, order_data(pd, data));
}

static void send_next(struct pd *pd, bool quiet, int64_t now_us)
{
	uint8_t data[DATA_COMMAND_BYTES_MAX] = {0};
	pd->is_order = orders_wait(pd) && now_us >= pd->orders_from_us;
	if (!pd->identified)
		send_sealed(pd, FRAME_ID, data, 1);
	else if (pd->is_order)
		send_order(pd);
	else if (pd->setup)
		send_setup(pd);
	else
		send_sealed(pd, quiet ? FRAME_LSTAT : FRAME_POLL, NULL, 0);
}

/* Keys grow old; a door that is in use is not made to wait for new ones. */
static bool session_is_old(const struct pd *pd, int64_t now_us)
{
	bool old = pd->frames >= PD_SESSION_FRAMES_MAX || now_us - pd->session_us >= PD_SESSION_US;
	return old && pd->identified && !pd->setup && !pd->n_orders && now_us >= pd->active_until_us;
}

void pd_command(struct pd *pd, void (*entropy)(uint8_t *bytes, size_t n), bool quiet, int64_t now_us)
{
	pd->heard = false;
	if (pd->command) {
		pd->times_sent++;
		return;
	}
	if (pd->phase == PD_UP && session_is_old(pd, now_us))
		drop_session(pd, now_us);
	pd->lost = false;
	pd->is_order = false;
	pd->times_sent = 1;
	if (pd->phase == PD_DOWN)
		send_challenge(pd, entropy, now_us);
	else if (pd->phase == PD_PROVING)
		send_proof(pd);
	else
		send_next(pd, quiet, now_us);
}

int64_t pd_patience_us(const struct pd *pd)
{
	bool probe = pd->phase == PD_CHALLENGED && pd->failures % 4 != 0;
	return probe ? PD_PROBE_US : PD_ANSWER_US;
}

bool pd_seems_dead(const struct pd *pd)
{
	return pd->phase == PD_DOWN && (pd->failures > 0 || pd->state != PD_ONLINE);
}

int64_t pd_due_us(const struct pd *pd)
{
	bool order = orders_wait(pd) && !pd->command;
	return order && pd->orders_from_us < pd->due_us ? pd->orders_from_us : pd->due_us;
}

int64_t pd_claim_us(const struct pd *pd)
{
	int64_t due = pd_due_us(pd);
	return due < pd->active_until_us ? due - PD_ACTIVE_BONUS_US : due;
}

/* What an answer means. */
static const enum notice_refusal refusal_of[] = {
    [SECURE_WRONG_KEY] = NOTICE_WRONG_KEY,   [SECURE_BAD_CRYPTOGRAM] = NOTICE_BAD_CRYPTOGRAM,
    [SECURE_BAD_RMAC] = NOTICE_BAD_RMAC,     [SECURE_BAD_MAC] = NOTICE_BAD_MAC,
    [SECURE_CLEAR_DATA] = NOTICE_CLEAR_DATA, [SECURE_BAD_DATA] = NOTICE_BAD_DATA,
};

void pd_refuse(struct pd *pd, enum notice_refusal why, const uint8_t *raw, size_t n)
{
	struct notice_refused *refused = &pd->refused;
	pd->heard = true;
	pd->refused_total++;
	if (why == NOTICE_BAD_MAC)
		pd->trouble = NOTICE_OFFLINE_BAD_MAC;
	else if (why == NOTICE_WRONG_KEY || why == NOTICE_BAD_CRYPTOGRAM || why == NOTICE_BAD_RMAC)
		pd->trouble = NOTICE_HANDSHAKE_FAILED;
	if (refused->count++ > 0)
		return;
	refused->why = why;
	refused->frame_len = (uint8_t)(n < NOTICE_FRAME_BYTES_MAX ? n : NOTICE_FRAME_BYTES_MAX);
	memcpy(refused->frame, raw, refused->frame_len);
}

/* Always false: the reader goes on waiting. */
static bool refuse(struct pd *pd, enum notice_refusal why, const struct frame *frame)
{
	pd_refuse(pd, why, frame->raw, frame->raw_len);
	return false;
}

/* A repetition of the last good reply, or the answer to a question that we gave up a moment ago. */
static bool is_late(const struct pd *pd, const struct frame *frame, int64_t now_us)
{
	size_t tail = sizeof pd->last_tail;
	bool repeated = frame->raw_len == pd->last_len && frame->raw_len >= tail &&
			memcmp(frame->raw + frame->raw_len - tail, pd->last_tail, tail) == 0;
	return repeated || (frame->security != FRAME_CLEAR && now_us < pd->late_until_us);
}

void pd_unasked(struct pd *pd, const struct frame *frame, enum notice_refusal why, int64_t now_us)
{
	if (!is_late(pd, frame, now_us))
		pd_refuse(pd, why, frame->raw, frame->raw_len);
}

static bool answer_challenge(struct pd *pd, const struct frame *frame, int64_t now_us)
{
	if (frame->code == FRAME_NAK && frame->security == FRAME_CLEAR) {
		pd->trouble = NOTICE_REFUSED_BY_READER;
		return handshake_failed(pd, now_us);
	}
	if (frame->sequence != 0 || frame->security != FRAME_CCRYPT) {
		pd_unasked(pd, frame, NOTICE_WRONG_SEQUENCE, now_us);
		return false;
	}
	enum secure_fault fault = secure_accept(&pd->secure, frame);
	if (fault) {
		refuse(pd, refusal_of[fault], frame);
		return handshake_failed(pd, now_us);
	}
	pd->phase = PD_PROVING;
	pd->command = 0;
	pd->due_us = now_us;
	return true;
}

static void begin_session(struct pd *pd, int64_t now_us)
{
	pd->phase = PD_UP;
	pd->command = 0;
	pd->frames = 0;
	pd->session_us = pd->due_us = now_us;
	pd->setup = SETUP_STATUS | SETUP_LIGHT;
	if (!pd->can.known)
		pd->setup |= SETUP_CAPABILITIES;
}

static bool answer_proof(struct pd *pd, const struct frame *frame, int64_t now_us)
{
	if (frame->code == FRAME_NAK && frame->security == FRAME_CLEAR) {
		pd->trouble = NOTICE_REFUSED_BY_READER;
		return handshake_failed(pd, now_us);
	}
	if (frame->sequence != 1 || frame->security != FRAME_RMAC_I) {
		pd_unasked(pd, frame, NOTICE_WRONG_SEQUENCE, now_us);
		return false;
	}
	enum secure_fault fault = secure_finish(&pd->secure, frame);
	if (fault) {
		refuse(pd, refusal_of[fault], frame);
		return handshake_failed(pd, now_us);
	}
	begin_session(pd, now_us);
	return true;
}

/* The device we know has spoken under a good MAC. */
static void seen_good(struct pd *pd, struct notices *notices, int64_t now_us)
{
	pd->good_us = now_us;
	pd->trouble = NOTICE_NO_ANSWER;
	pd->failures = 0;
	pd->wrong_told = false;
	if (pd->state != PD_ONLINE)
		tell(pd, notices, (struct notice){.kind = NOTICE_ONLINE, .online = pd->identity}, now_us);
	pd->state = PD_ONLINE;
}

/* Another device at this address, though it has the key: nothing it says is believed until the known one is
 * back. */
static void wrong_device(struct pd *pd, struct notices *notices, int64_t now_us)
{
	if (!pd->wrong_told)
		go_offline(pd, NOTICE_WRONG_IDENTITY, notices, now_us);
	pd->wrong_told = true;
	drop_session(pd, now_us + PD_WRONG_RETRY_US);
}

static void take_identity(struct pd *pd, const uint8_t *data, size_t n, struct notices *notices, int64_t now_us)
{
	struct data_pdid pdid;
	if (!data_read_pdid(data, n, &pdid)) {
		pd->trouble = NOTICE_REFUSED_BY_READER;
		drop_session(pd, now_us + PD_WRONG_RETRY_US);
		return;
	}
	if (pd->known && !data_same_device(&pdid, &pd->identity)) {
		wrong_device(pd, notices, now_us);
		return;
	}
	pd->identity = pdid;
	pd->known = pd->identified = true;
	seen_good(pd, notices, now_us);
}

static void take_status(struct pd *pd, const struct data_status *status, struct notices *notices, int64_t now_us)
{
	bool same = status->tamper == pd->status.tamper && status->power == pd->status.power;
	if (pd->status_known && same)
		return;
	pd->status_known = true;
	pd->status = *status;
	tell(pd, notices, (struct notice){.kind = NOTICE_STATUS, .status = *status}, now_us);
}

/* A reply whose data is not to be believed has no code and no data; it still ends the exchange. */
enum { NO_CODE = 0 };

struct reply {
	uint8_t code;
	const uint8_t *data;
	size_t n;
	const struct frame *frame;
};

static void take_report(struct pd *pd, struct reply reply, struct notices *notices, int64_t now_us)
{
	struct notice card = {.kind = NOTICE_CARD};
	struct data_status status;
	if (reply.code == FRAME_RAW && data_read_card(reply.data, reply.n, &card.card)) {
		tell(pd, notices, card, now_us);
		pd->active_until_us = now_us + PD_ACTIVE_US;
	} else if (reply.code == FRAME_LSTATR && data_read_status(reply.data, reply.n, &status)) {
		take_status(pd, &status, notices, now_us);
	} else if (reply.code == FRAME_RAW || reply.code == FRAME_LSTATR) {
		refuse(pd, NOTICE_BAD_DATA, reply.frame);
	}
}

/* A reply under a good MAC, to the command that waited for it. */
static void take_reply(struct pd *pd, struct reply reply, struct notices *notices, int64_t now_us)
{
	uint8_t command = pd->command;
	bool nak = reply.code == FRAME_NAK;
	pd->command = 0;
	pd->due_us = now_us;
	if (command == FRAME_ID) {
		take_identity(pd, reply.data, nak ? 0 : reply.n, notices, now_us);
	} else if (pd->is_order && nak) {
		order_refused(pd, notices, now_us);
	} else if (pd->is_order) {
		order_goes_on(pd, notices, now_us);
	} else if (command == FRAME_CAP && reply.code == FRAME_PDCAP) {
		data_read_capabilities(reply.data, reply.n, &pd->can);
	} else if (command == FRAME_POLL && nak) {
		drop_session(pd, now_us);
	} else {
		take_report(pd, reply, notices, now_us);
	}
}

/* When the reader is asked again, if nothing else is to be done. */
static void plan(struct pd *pd, int64_t now_us)
{
	if (pd->phase == PD_UP && pd->identified && !pd->setup)
		pd->due_us = now_us + (now_us < pd->active_until_us ? PD_ACTIVE_POLL_US : PD_IDLE_POLL_US);
}

static bool answer_session(struct pd *pd, const struct frame *frame, struct notices *notices, int64_t now_us)
{
	uint8_t data[FRAME_BYTES_MAX];
	size_t n = 0;
	if (frame->security != FRAME_REPLY_MAC && frame->security != FRAME_REPLY_SEALED) {
		pd->lost |= frame->code == FRAME_NAK || frame->sequence == 0;
		return refuse(pd, NOTICE_CLEAR_DATA, frame);
	}
	if (frame->sequence != pd->sequence) {
		pd->lost |= frame->sequence == 0;
		pd_unasked(pd, frame, NOTICE_WRONG_SEQUENCE, now_us);
		return false;
	}
	enum secure_fault fault = secure_open(&pd->secure, frame, data, &n);
	if (fault == SECURE_BAD_MAC)
		return refuse(pd, NOTICE_BAD_MAC, frame);
	pd->last_len = frame->raw_len;
	memcpy(pd->last_tail, frame->raw + frame->raw_len - sizeof pd->last_tail, sizeof pd->last_tail);
	if (pd->identified)
		seen_good(pd, notices, now_us);
	if (fault)
		refuse(pd, refusal_of[fault], frame);
	/* The code is under the MAC even where the data are not what they must be: a NAK stays one. */
	uint8_t code = fault && frame->code != FRAME_NAK ? NO_CODE : frame->code;
	take_reply(pd, (struct reply){code, data, fault ? 0 : n, frame}, notices, now_us);
	OPENSSL_cleanse(data, sizeof data);
	plan(pd, now_us);
	return true;
}

static bool is_busy(const struct frame *frame)
{
	return frame->code == FRAME_BUSY && frame->sequence == 0 && frame->security == FRAME_CLEAR &&
	       frame->data_len == 0;
}

/* Not now: the same bytes again in a moment. It proves nothing, so it keeps nobody online. */
static bool answer_busy(struct pd *pd, int64_t now_us)
{
	/* Anybody can say so, for ever: an order is not carried past its time by it. */
	if (pd->is_order && now_us >= pd->orders[0].until_us) {
		drop_session(pd, now_us);
		return true;
	}
	pd->due_us = now_us + PD_BUSY_US;
	if (pd->times_sent > 0)
		pd->times_sent--;
	return true;
}

bool pd_answer(struct pd *pd, const struct frame *frame, struct notices *notices, int64_t now_us)
{
	ASSERT(pd->command);
	if (is_busy(frame))
		return answer_busy(pd, now_us);
	if (pd->phase == PD_CHALLENGED)
		return answer_challenge(pd, frame, now_us);
	if (pd->phase == PD_PROVING)
		return answer_proof(pd, frame, now_us);
	return answer_session(pd, frame, notices, now_us);
}

void pd_silent(struct pd *pd, int64_t now_us)
{
	ASSERT(pd->command);
	pd->late_until_us = now_us + PD_LATE_US;
	if (!pd->heard)
		pd->trouble = NOTICE_NO_ANSWER;
	if (pd->phase != PD_UP)
		handshake_failed(pd, now_us);
	else if (pd->lost || pd->times_sent >= PD_SENT_MAX)
		drop_session(pd, now_us);
	else
		pd->due_us = now_us;
}

/* An order whose command is on its way is left to that command. */
static bool is_running(const struct pd *pd, size_t order)
{
	return order == 0 && pd->is_order && pd->command;
}

static void expire_orders(struct pd *pd, struct notices *notices, int64_t now_us)
{
	for (size_t i = pd->n_orders; i-- > 0;) {
		if (now_us < pd->orders[i].until_us || is_running(pd, i))
			continue;
		/* Of one that was sent, and is not known to be undone, "not carried out" could be untrue. */
		if (!pd->orders[i].sent)
			tell_order(pd, &pd->orders[i], NOTICE_EXPIRED, notices, now_us);
		remove_order(pd, i);
	}
}

static int64_t offline_us(const struct pd *pd)
{
	return pd->state == PD_OFFLINE ? PD_NEVER_US : pd->good_us + PD_OFFLINE_US;
}

void pd_watch(struct pd *pd, bool quiet, struct notices *notices, int64_t now_us)
{
	expire_orders(pd, notices, now_us);
	if (now_us >= offline_us(pd))
		go_offline(pd, pd->trouble, notices, now_us);
	if (quiet || pd->refused.count == 0 || now_us < pd->refused_from_us)
		return;
	tell(pd, notices, (struct notice){.kind = NOTICE_REFUSED, .refused = pd->refused}, now_us);
	pd->refused.count = 0;
	pd->refused_from_us = now_us + PD_REFUSED_EVERY_US;
}

int64_t pd_watch_us(const struct pd *pd, bool quiet)
{
	int64_t next = offline_us(pd);
	if (!quiet && pd->refused.count > 0 && pd->refused_from_us < next)
		next = pd->refused_from_us;
	for (size_t i = 0; i < pd->n_orders; i++) {
		if (!is_running(pd, i) && pd->orders[i].until_us < next)
			next = pd->orders[i].until_us;
	}
	return next;
}

void pd_line_lost(struct pd *pd, struct notices *notices, int64_t now_us)
{
	if (pd->state != PD_OFFLINE)
		go_offline(pd, NOTICE_LINE_LOST, notices, now_us);
	drop_session(pd, now_us);
}
