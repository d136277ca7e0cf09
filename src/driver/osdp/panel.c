#include "driver/osdp/panel.h"

#include <openssl/crypto.h>

enum { MARK_BYTE = 0xFF };

void panel_init(struct panel *panel, uint32_t baud, void (*entropy)(uint8_t *bytes, size_t n))
{
	ASSERT(baud > 0 && entropy);
	memset(panel, 0, sizeof *panel);
	panel->baud = baud;
	panel->entropy = entropy;
}

void panel_release(struct panel *panel)
{
	for (size_t i = 0; i < panel->n_readers; i++)
		pd_release(&panel->readers[i]);
	panel->n_readers = 0;
	panel->waiting = NULL;
}

static struct pd *at_address(struct panel *panel, uint8_t address)
{
	for (size_t i = 0; i < panel->n_readers; i++) {
		if (panel->readers[i].settings.address == address)
			return &panel->readers[i];
	}
	return NULL;
}

static bool shares_key(const struct panel *panel, const uint8_t *key)
{
	for (size_t i = 0; i < panel->n_readers; i++)
		if (CRYPTO_memcmp(panel->readers[i].settings.key, key, SECURE_KEY_BYTES) == 0)
			return true;
	return false;
}

int panel_add(struct panel *panel, const struct pd_settings *settings, int64_t now_us, struct error *error)
{
	int code = 0;
	if (panel->n_readers == PANEL_READERS_MAX) {
		code = error_set(error, ERROR_LIMIT, "a line has at most %d readers", PANEL_READERS_MAX);
	} else if (settings->address >= FRAME_ADDRESS_ALL) {
		code = error_set(error, ERROR_INPUT, "address %d is not a reader's", settings->address);
		error_remedy(error, "use 0 to 126");
	} else if (at_address(panel, settings->address)) {
		code = error_set(error, ERROR_INPUT, "address %d is given to two readers", settings->address);
		error_remedy(error, "give each reader of the line its own address");
	} else if (secure_key_is_weak(settings->key)) {
		code = error_set(error, ERROR_INPUT, "the key of address %d is one that anybody could guess",
				 settings->address);
		error_remedy(error, "make a random key for this reader, and set it in the reader");
	} else if (shares_key(panel, settings->key)) {
		code =
		    error_set(error, ERROR_INPUT, "the key of address %d is another reader's too", settings->address);
		error_remedy(error,
			     "give each reader a key of its own: who has one must not be able to speak for the other");
	}
	if (code < 0)
		return code;
	pd_init(&panel->readers[panel->n_readers++], settings, now_us);
	return 0;
}

static int64_t line_us(const struct panel *panel, size_t bytes)
{
	return (int64_t)bytes * PANEL_BITS_A_BYTE * 1000000 / panel->baud + 1;
}

/* Whether one of the notices behind the first n is of a card. */
static bool told_of_card(const struct notices *notices, size_t n)
{
	for (; n < notices->n; n++)
		if (notices->at[(notices->first + n) % NOTICE_QUEUE_MAX].kind == NOTICE_CARD)
			return true;
	return false;
}

static void show_witness(const struct panel *panel, enum panel_seen seen, const uint8_t *bytes, size_t n,
			 int64_t now_us)
{
	if (panel->witness)
		panel->witness(seen, bytes, n, now_us);
}

/* The answer to a poll that nothing happened. */
static bool is_idle(const struct panel *panel, const struct frame *frame)
{
	return frame->code == FRAME_ACK && panel->waiting && panel->waiting->command == FRAME_POLL;
}

/* A frame from the line, wherever it comes from. */
static void take_frame(struct panel *panel, const struct frame *frame, int64_t now_us)
{
	struct pd *from = at_address(panel, frame->address & (uint8_t)~FRAME_REPLY);
	bool reply = frame->address & FRAME_REPLY;
	bool repeated = panel->waiting && panel->waiting->times_sent > 1;
	panel->frames++;
	if (!is_idle(panel, frame))
		show_witness(panel, PANEL_HEARD, frame->raw, frame->raw_len, now_us);
	if (from && reply && from == panel->waiting) {
		size_t told = panel->notices.n;
		if (!pd_answer(from, frame, &panel->notices, now_us))
			return;
		panel->waiting = NULL;
		if (told_of_card(&panel->notices, told))
			panel->hold_us = now_us + PANEL_HOLD_US;
		panel->free_us = now_us + (repeated ? PANEL_REPEATED_US : line_us(panel, PANEL_GAP_BYTES));
	} else if (from && reply) {
		pd_unasked(from, frame, panel->waiting ? NOTICE_WRONG_ADDRESS : NOTICE_WRONG_SEQUENCE, now_us);
	} else if (panel->waiting) {
		pd_refuse(panel->waiting, NOTICE_WRONG_ADDRESS, frame->raw, frame->raw_len);
	} else {
		panel->refused_else++;
	}
}

/* What is no frame: held against the reader that was asked, or else the one it seems to come from. */
static void take_noise(struct panel *panel, enum frame_found found, const struct frame *noise, int64_t now_us)
{
	struct pd *from = panel->waiting;
	show_witness(panel, PANEL_NOISE, noise->raw, noise->raw_len, now_us);
	if (!from && (noise->address & FRAME_REPLY))
		from = at_address(panel, noise->address & (uint8_t)~FRAME_REPLY);
	enum notice_refusal why = found == FRAME_BAD_CHECK ? NOTICE_BAD_CHECK : NOTICE_BAD_LENGTH;
	if (from)
		pd_refuse(from, why, noise->raw, noise->raw_len);
	else
		panel->refused_else++;
}

static void take_frames(struct panel *panel, int64_t now_us)
{
	struct frame frame;
	for (enum frame_found found; (found = frame_reader_next(&panel->in, &frame)) != FRAME_NONE;) {
		if (found == FRAME_GOOD)
			take_frame(panel, &frame, now_us);
		else
			take_noise(panel, found, &frame, now_us);
	}
}

void panel_bytes(struct panel *panel, const uint8_t *bytes, size_t n, int64_t now_us)
{
	panel->byte_us = now_us;
	if (!panel->waiting && panel->free_us < now_us + line_us(panel, PANEL_GAP_BYTES))
		panel->free_us = now_us + line_us(panel, PANEL_GAP_BYTES);
	while (n > 0) {
		size_t taken = frame_reader_put(&panel->in, bytes, n);
		ASSERT(taken > 0);
		bytes += taken;
		n -= taken;
		take_frames(panel, now_us);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Polls wait while the line is kept free for a decision; orders do not. */
static int64_t due_us(const struct panel *panel, const struct pd *pd)
{
	return pd->n_orders > 0 ? pd_due_us(pd) : later(pd_due_us(pd), panel->hold_us);
}

/* Until when the answer is waited for: longer while one is just arriving, though not for ever. */
static int64_t answer_until_us(const struct panel *panel)
{
	int64_t most_us = panel->deadline_us + PD_ANSWER_US;
	if (!frame_reader_waits(&panel->in) || panel->byte_us + PANEL_SILENCE_US < panel->deadline_us)
		return panel->deadline_us;
	return earlier(panel->byte_us + PANEL_SILENCE_US, most_us);
}

/* Looks for whole frames in what was taken for the beginning of a longer one. */
static void end_of_silence(struct panel *panel, int64_t now_us)
{
	while (frame_reader_waits(&panel->in)) {
		frame_reader_silent(&panel->in);
		take_frames(panel, now_us);
	}
}

/* Living readers first: one that is not there costs up to 200 ms, so it takes the time that they leave, and its turn every
 * PANEL_PROBE_EVERY_US. */
static struct pd *next_pd(struct panel *panel, int64_t now_us)
{
	struct pd *best[2] = {NULL, NULL}; /* living, dead */
	for (size_t i = 0; i < panel->n_readers; i++) {
		struct pd *pd = &panel->readers[i];
		bool dead = pd_seems_dead(pd);
		if (due_us(panel, pd) <= now_us && (!best[dead] || pd_claim_us(pd) < pd_claim_us(best[dead])))
			best[dead] = pd;
	}
	if (!best[0] || (best[1] && now_us >= panel->probe_us && pd_claim_us(best[0]) > 0)) {
		panel->probe_us = now_us + PANEL_PROBE_EVERY_US;
		return best[1];
	}
	return best[0];
}

static void send(struct panel *panel, struct pd *pd, int64_t now_us)
{
	pd_command(pd, panel->entropy, panel->quiet, now_us);
	if (pd->command != FRAME_POLL)
		show_witness(panel, PANEL_SENT, pd->sent, pd->sent_len, now_us);
	frame_reader_clear(&panel->in);
	panel->out[0] = MARK_BYTE;
	memcpy(panel->out + 1, pd->sent, pd->sent_len);
	panel->out_len = 1 + pd->sent_len;
	panel->waiting = pd;
	panel->deadline_us = now_us + line_us(panel, panel->out_len) + pd_patience_us(pd);
}

static void watch(struct panel *panel, int64_t now_us)
{
	for (size_t i = 0; i < panel->n_readers; i++) {
		struct pd *pd = &panel->readers[i];
		if (now_us >= pd_watch_us(pd, panel->quiet))
			pd_watch(pd, panel->quiet, &panel->notices, now_us);
	}
}

/* When the line itself needs attention. */
static int64_t line_next_us(const struct panel *panel)
{
	int64_t next = PD_NEVER_US;
	if (frame_reader_waits(&panel->in))
		next = panel->byte_us + PANEL_SILENCE_US;
	if (panel->waiting)
		return earlier(next, answer_until_us(panel));
	for (size_t i = 0; i < panel->n_readers; i++) {
		next = earlier(next, later(due_us(panel, &panel->readers[i]), panel->free_us));
	}
	return next;
}

int64_t panel_tick(struct panel *panel, int64_t now_us)
{
	if (frame_reader_waits(&panel->in) && now_us >= panel->byte_us + PANEL_SILENCE_US)
		end_of_silence(panel, now_us);
	if (panel->waiting && now_us >= answer_until_us(panel)) {
		pd_silent(panel->waiting, now_us);
		panel->waiting = NULL;
	}
	watch(panel, now_us);
	struct pd *pd = panel->waiting || now_us < panel->free_us ? NULL : next_pd(panel, now_us);
	if (pd)
		send(panel, pd, now_us);
	int64_t next = line_next_us(panel);
	for (size_t i = 0; i < panel->n_readers; i++)
		next = earlier(next, pd_watch_us(&panel->readers[i], panel->quiet));
	return next;
}

bool panel_order(struct panel *panel, uint64_t reader, const struct pd_order *order, int64_t now_us)
{
	for (size_t i = 0; i < panel->n_readers; i++) {
		if (panel->readers[i].settings.reader == reader)
			return pd_order(&panel->readers[i], order, now_us);
	}
	return false;
}

uint64_t panel_refused(const struct panel *panel)
{
	uint64_t sum = panel->refused_else;
	for (size_t i = 0; i < panel->n_readers; i++)
		sum += panel->readers[i].refused_total;
	return sum;
}

void panel_line_lost(struct panel *panel, int64_t now_us)
{
	panel->waiting = NULL;
	for (size_t i = 0; i < panel->n_readers; i++)
		pd_line_lost(&panel->readers[i], &panel->notices, now_us);
}
