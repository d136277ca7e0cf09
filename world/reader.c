#include "world/reader.h"

enum { RECEIVE_BYTES = READER_FRAME_BYTES_MAX };
enum { FORMAT_RAW = 0, FORMAT_WIEGAND = 1 };

/* An answer before it is a frame. */
struct answer {
	uint8_t code;
	uint8_t block, block_byte; /* of the handshake; READER_FRAME_CLEAR otherwise */
	uint8_t data[64];
	size_t len;
	bool clear; /* outside the channel, although it stands */
};

static void put(struct answer *a, uint8_t byte)
{
	ASSERT(a->len < sizeof(a->data));
	a->data[a->len++] = byte;
}

static void put_bytes(struct answer *a, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(a, bytes[i]);
}

static void nak(struct answer *a, enum reader_nak why)
{
	*a = (struct answer){.code = READER_NAK};
	put(a, (uint8_t)why);
}

static void say(struct reader *r, enum reader_what what)
{
	struct reader_happening happening = {.what = what};
	if (r->config.happened)
		r->config.happened(r->config.context, &happening);
}

static void drop_channel(struct reader *r)
{
	if (r->secure.stage == READER_SECURE_STANDS)
		say(r, READER_CHANNEL_DOWN);
	reader_secure_drop(&r->secure);
}

static void drop_session(struct reader *r)
{
	drop_channel(r);
	r->in_session = false;
	r->reply_len = 0;
}

/* --- The commands. Each has its command's data, fills an ACK that is ready, or makes it a NAK. --- */

static void on_id(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)n, (void)now_ms;
	const struct reader_identity *id = &r->config.identity;
	if (data[0] != 0)
		return nak(a, READER_NAK_RECORD);
	a->code = READER_PDID;
	put_bytes(a, id->vendor, sizeof(id->vendor));
	put(a, id->model);
	put(a, id->version);
	for (int shift = 0; shift < 32; shift += 8)
		put(a, (uint8_t)(id->serial >> shift));
	put_bytes(a, id->firmware, sizeof(id->firmware));
}

/* Function, level, count. */
static void on_cap(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)n, (void)now_ms;
	const uint8_t capabilities[][3] = {
	    {1, 0, 0},					    /* no contacts are wired to it */
	    {2, 2, READER_OUTPUTS},			    /* outputs with timers */
	    {3, 1, 0},					    /* cards as bits */
	    {4, 4, 1},					    /* one light, four colours */
	    {5, 1, 1},					    /* a buzzer, on and off */
	    {8, 1, 0},					    /* CRC-16 */
	    {9, r->config.secure, r->config.secure},	    /* AES-128; no default key */
	    {10, RECEIVE_BYTES & 0xff, RECEIVE_BYTES >> 8}, /* what it can receive */
	    {13, 0, 0},					    /* no further readers behind it */
	    {16, 2, 0},					    /* SIA OSDP 2.2 */
	};
	if (data[0] != 0)
		return nak(a, READER_NAK_RECORD);
	a->code = READER_PDCAP;
	put_bytes(a, &capabilities[0][0], sizeof(capabilities));
}

static void answer_status(struct reader *r, struct answer *a)
{
	a->code = READER_LSTATR;
	put(a, r->tamper);
	put(a, 0); /* the power is good, or there would be no answer */
	r->status_news = false;
}

static void on_lstat(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)data, (void)n, (void)now_ms;
	answer_status(r, a);
}

static void on_ostat(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)data, (void)n, (void)now_ms;
	a->code = READER_OSTATR;
	for (size_t i = 0; i < READER_OUTPUTS; i++)
		put(a, reader_face_output(&r->face, i));
}

static void on_rstat(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)r, (void)data, (void)n, (void)now_ms;
	a->code = READER_RSTATR;
	put(a, 0);
}

static void forget_old_cards(struct reader *r, int64_t now_ms)
{
	while (r->cards_len && now_ms - r->cards[0].shown_ms >= READER_SESSION_MS)
		memmove(&r->cards[0], &r->cards[1], --r->cards_len * sizeof(r->cards[0]));
}

static void answer_card(struct reader *r, struct answer *a)
{
	struct reader_card card = r->cards[0];
	memmove(&r->cards[0], &r->cards[1], --r->cards_len * sizeof(r->cards[0]));
	a->code = READER_RAW;
	put(a, 0);
	put(a, card.bits == 26 ? FORMAT_WIEGAND : FORMAT_RAW);
	put(a, (uint8_t)card.bits);
	put(a, (uint8_t)(card.bits >> 8));
	put_bytes(a, card.bytes, (card.bits + 7u) / 8);
	if (reader_fault_takes(&r->fault, READER_FAULT_bad_data))
		put(a, 0);
	a->clear = reader_fault_takes(&r->fault, READER_FAULT_clear_data);
}

static void on_poll(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)data, (void)n;
	forget_old_cards(r, now_ms);
	if (r->status_news)
		answer_status(r, a);
	else if (r->cards_len)
		answer_card(r, a);
}

/* Records one behind the other; the first that means nothing ends the command. */
static void do_records(struct reader *r, const uint8_t *data, size_t n, size_t each, struct answer *a, int64_t now_ms,
		       bool (*take)(struct reader_face *, const uint8_t *, int64_t))
{
	for (size_t at = 0; at < n; at += each)
		if (!take(&r->face, data + at, now_ms))
			return nak(a, READER_NAK_RECORD);
}

static void on_out(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	do_records(r, data, n, READER_OUT_BYTES, a, now_ms, reader_face_out);
}

static void on_led(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	do_records(r, data, n, READER_LED_BYTES, a, now_ms, reader_face_led);
}

static void on_buz(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	do_records(r, data, n, READER_BUZ_BYTES, a, now_ms, reader_face_buz);
}

/* Address and speed are set by switches: the answer says what they stay. */
static void on_comset(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)data, (void)n, (void)now_ms;
	const uint8_t baud_115200[] = {0x00, 0xc2, 0x01, 0x00};
	a->code = READER_COM;
	put(a, r->config.address);
	put_bytes(a, baud_115200, sizeof(baud_115200));
}

static void on_keyset(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)r, (void)data, (void)n, (void)now_ms;
	nak(a, READER_NAK_SECURITY);
}

static void on_nothing(struct reader *r, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	(void)r, (void)data, (void)n, (void)a, (void)now_ms;
}

enum length { EXACTLY, RECORDS };

static const struct command {
	uint8_t code;
	bool in_clear; /* also from a reader that must be secure */
	enum length length;
	uint8_t bytes;
	void (*on)(struct reader *, const uint8_t *, size_t, struct answer *, int64_t now_ms);
} commands[] = {
    {READER_POLL, false, EXACTLY, 0, on_poll},
    {READER_ID, true, EXACTLY, 1, on_id},
    {READER_CAP, true, EXACTLY, 1, on_cap},
    {READER_LSTAT, false, EXACTLY, 0, on_lstat},
    {READER_OSTAT, false, EXACTLY, 0, on_ostat},
    {READER_RSTAT, false, EXACTLY, 0, on_rstat},
    {READER_OUT, false, RECORDS, READER_OUT_BYTES, on_out},
    {READER_LED, false, RECORDS, READER_LED_BYTES, on_led},
    {READER_BUZ, false, RECORDS, READER_BUZ_BYTES, on_buz},
    {READER_COMSET, false, EXACTLY, 5, on_comset},
    {READER_KEYSET, false, EXACTLY, 18, on_keyset},
    {READER_ACURXSIZE, true, EXACTLY, 2, on_nothing},
    {READER_ABORT, false, EXACTLY, 0, on_nothing},
    {READER_KEEPACTIVE, false, EXACTLY, 2, on_nothing},
};

static void do_command(struct reader *r, uint8_t code, const uint8_t *data, size_t n, struct answer *a, int64_t now_ms)
{
	bool stands = r->secure.stage == READER_SECURE_STANDS;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];
		if (c->code != code)
			continue;
		if (r->config.secure && !stands && !c->in_clear)
			return nak(a, READER_NAK_SECURITY);
		if (c->length == EXACTLY ? n != c->bytes : n == 0 || n % c->bytes != 0)
			return nak(a, READER_NAK_LENGTH);
		return c->on(r, data, n, a, now_ms);
	}
	nak(a, READER_NAK_COMMAND);
}

/* --- The handshake. --- */

enum { KEY_OF_READER = 1 }; /* the security block's byte: SCBK, not the default key */

static void on_chlng(struct reader *r, const struct reader_frame *f, struct answer *a)
{
	drop_channel(r);
	if (!r->config.secure)
		return nak(a, READER_NAK_NO_CHANNEL);
	if (f->code != READER_CHLNG || f->block_byte != KEY_OF_READER)
		return nak(a, READER_NAK_SECURITY);
	if (f->data_len != READER_RANDOM_BYTES)
		return nak(a, READER_NAK_LENGTH);
	uint8_t random[READER_RANDOM_BYTES], cryptogram[READER_BLOCK_BYTES];
	r->config.nonce(r->config.context, random, sizeof(random));
	reader_secure_challenge(&r->secure, f->data, random, cryptogram);

	const struct reader_identity *id = &r->config.identity;
	a->code = READER_CCRYPT;
	a->block = READER_FRAME_CCRYPT;
	a->block_byte = KEY_OF_READER;
	put_bytes(a, id->vendor, sizeof(id->vendor)); /* cUID: vendor, model, serial */
	put(a, id->model);
	for (int shift = 0; shift < 32; shift += 8)
		put(a, (uint8_t)(id->serial >> shift));
	put_bytes(a, random, sizeof(random));
	put_bytes(a, cryptogram, sizeof(cryptogram));
}

static void on_scrypt(struct reader *r, const struct reader_frame *f, struct answer *a)
{
	bool fits = f->code == READER_SCRYPT && f->block_byte == KEY_OF_READER;
	if (!fits || r->secure.stage != READER_SECURE_CHALLENGED)
		return nak(a, READER_NAK_SECURITY);
	if (f->data_len != READER_BLOCK_BYTES)
		return nak(a, READER_NAK_LENGTH);
	uint8_t rmac[READER_BLOCK_BYTES] = {0};
	bool proved = reader_secure_prove(&r->secure, f->data, rmac);
	a->code = READER_RMAC_I;
	a->block = READER_FRAME_RMAC_I;
	a->block_byte = proved ? 0x01 : 0xff;
	put_bytes(a, rmac, sizeof(rmac));
	if (proved)
		say(r, READER_CHANNEL_UP);
}

/* --- Frames. --- */

/* The frame's data in the clear, or a NAK that says why there is none. A command with data must be encrypted,
 * one without must not: the reader takes no third form. */
static bool open_secure(struct reader *r, const struct reader_frame *f, uint8_t *clear, size_t *ret_n, struct answer *a)
{
	bool encrypted = f->block == READER_FRAME_COMMAND_ENCRYPTED;
	if (r->secure.stage != READER_SECURE_STANDS || !reader_secure_check(&r->secure, f)) {
		drop_channel(r);
		nak(a, READER_NAK_SECURITY);
		return false;
	}
	int n = encrypted ? reader_secure_open(&r->secure, f, clear) : 0;
	if (n < 0 || (!encrypted && f->data_len > 0)) {
		nak(a, n < 0 ? READER_NAK_LENGTH : READER_NAK_SECURITY);
		return false;
	}
	*ret_n = (size_t)n;
	return true;
}

static void do_frame(struct reader *r, const struct reader_frame *f, struct answer *a, int64_t now_ms)
{
	uint8_t clear[READER_FRAME_BYTES_MAX];
	size_t n = 0;
	switch (f->block) {
	case READER_FRAME_CHLNG:
		return on_chlng(r, f, a);
	case READER_FRAME_SCRYPT:
		return on_scrypt(r, f, a);
	case READER_FRAME_COMMAND_MAC:
	case READER_FRAME_COMMAND_ENCRYPTED:
		if (open_secure(r, f, clear, &n, a))
			do_command(r, f->code, clear, n, a, now_ms);
		return;
	case READER_FRAME_CLEAR:
		return do_command(r, f->code, f->data, f->data_len, a, now_ms);
	default:
		return nak(a, READER_NAK_SECURITY);
	}
}

/* Makes the answer a frame. Inside a session it is encrypted when it has data; a NAK to something that was
 * not part of the session is said in the clear. */
static size_t write_answer(struct reader *r, const struct reader_frame *f, const struct answer *a, uint8_t *out)
{
	struct reader_frame_parts parts = {
	    .address = 0x80 | (f->address == READER_FRAME_BROADCAST ? 0x7f : r->config.address),
	    .sequence = f->sequence,
	    .crc = f->crc,
	    .block = a->block,
	    .block_byte = a->block_byte,
	    .code = a->code,
	    .data = a->data,
	    .data_len = a->len,
	};
	uint8_t sealed[sizeof(a->data) + READER_BLOCK_BYTES];
	bool secure = f->has_mac && r->secure.stage == READER_SECURE_STANDS && !a->clear;
	if (secure) {
		parts.block = a->len ? READER_FRAME_REPLY_ENCRYPTED : READER_FRAME_REPLY_MAC;
		parts.data_len = a->len ? reader_secure_seal(&r->secure, a->data, a->len, sealed) : 0;
		parts.data = sealed;
	}
	size_t n = reader_frame_write(&parts, out);
	if (secure)
		n = reader_secure_sign(&r->secure, out, n);
	return reader_frame_close(out, n, f->crc);
}

/* An answer beside the session: nothing of it is stored, and the next command's number does not change. */
static void answer_beside(struct reader *r, const struct reader_frame *f, uint8_t sequence, uint8_t code, uint8_t why,
			  struct buf *answer)
{
	struct reader_frame_parts parts = {
	    .address = 0x80 | r->config.address,
	    .sequence = sequence,
	    .crc = f->crc,
	    .code = code,
	    .data = &why,
	    .data_len = code == READER_NAK,
	};
	uint8_t out[READER_FRAME_BYTES_MAX];
	size_t n = reader_frame_write(&parts, out);
	buf_put(answer, out, reader_frame_close(out, n, f->crc));
}

static void send(struct reader *r, struct buf *answer, int64_t *ret_delay_ms)
{
	uint8_t out[READER_FRAME_BYTES_MAX];
	memcpy(out, r->reply, r->reply_len);
	size_t n = reader_fault_spoil(&r->fault, out, r->reply_len, ret_delay_ms);
	buf_put(answer, out, n);
}

static void on_frame(struct reader *r, const struct reader_frame *f, int64_t now_ms, struct buf *answer,
		     int64_t *ret_delay_ms)
{
	if (f->address != r->config.address && f->address != READER_FRAME_BROADCAST)
		return; /* for another reader, or from one: those have bit 7 set */
	if (!f->check_ok)
		return answer_beside(r, f, f->sequence, READER_NAK, READER_NAK_CHECK, answer);
	if (!f->well_formed)
		return answer_beside(r, f, f->sequence, READER_NAK, READER_NAK_LENGTH, answer);
	if (f->sequence != 0 && !r->in_session)
		return answer_beside(r, f, 0, READER_NAK, READER_NAK_SEQUENCE, answer);

	/* In the middle of a secure session a clear command is somebody else's: the session stays as it is.
	 */
	if (f->sequence != 0 && r->secure.stage == READER_SECURE_STANDS && f->block == READER_FRAME_CLEAR)
		return answer_beside(r, f, f->sequence, READER_NAK, READER_NAK_SECURITY, answer);

	bool again = f->sequence != 0 && f->sequence == r->sequence && r->reply_len > 0;
	if (f->sequence != 0 && !again && f->sequence != r->sequence % 3 + 1)
		return answer_beside(r, f, f->sequence, READER_NAK, READER_NAK_SEQUENCE, answer);
	if (!again && reader_fault_takes(&r->fault, READER_FAULT_busy))
		return answer_beside(r, f, 0, READER_BUSY, 0, answer);
	r->command_ms = now_ms;
	if (!again) {
		if (f->sequence == 0)
			drop_session(r);
		struct answer a = {.code = READER_ACK};
		do_frame(r, f, &a, now_ms);
		r->in_session = true;
		r->sequence = f->sequence;
		r->reply_len = write_answer(r, f, &a, r->reply);
	}
	send(r, answer, ret_delay_ms);
}

void reader_hear(struct reader *r, const uint8_t *bytes, size_t n, int64_t now_ms, struct buf *answer,
		 int64_t *ret_delay_ms)
{
	*ret_delay_ms = 0;
	reader_tick(r, now_ms);
	if (now_ms < r->deaf_until_ms) {
		r->heard_len = 0;
		return;
	}
	r->heard_ms = now_ms;
	while (n > 0) {
		ASSERT(r->heard_len < sizeof(r->heard)); /* a full buffer is a frame, or begins with none */
		size_t room = sizeof(r->heard) - r->heard_len, take = n < room ? n : room;
		memcpy(r->heard + r->heard_len, bytes, take);
		r->heard_len += take;
		bytes += take;
		n -= take;
		size_t done;
		do {
			struct reader_frame f;
			done = reader_frame_find(r->heard, r->heard_len, &f);
			if (f.len)
				on_frame(r, &f, now_ms, answer, ret_delay_ms);
			r->heard_len -= done;
			memmove(r->heard, r->heard + done, r->heard_len);
		} while (done > 0);
	}
}

void reader_tick(struct reader *r, int64_t now_ms)
{
	if (r->in_session && now_ms - r->command_ms >= READER_SESSION_MS)
		drop_session(r);
	if (r->heard_len && now_ms - r->heard_ms >= READER_GAP_MS)
		r->heard_len = 0;
	reader_face_tick(&r->face, now_ms);
	forget_old_cards(r, now_ms);
}

bool reader_badge(struct reader *r, const uint8_t *card, uint16_t bits, int64_t now_ms)
{
	ASSERT(bits > 0 && bits <= READER_CARD_BITS_MAX);
	forget_old_cards(r, now_ms);
	if (r->cards_len == READER_CARDS_MAX || now_ms < r->deaf_until_ms)
		return false;
	struct reader_card *c = &r->cards[r->cards_len++];
	*c = (struct reader_card){.bits = bits, .shown_ms = now_ms};
	memcpy(c->bytes, card, (bits + 7u) / 8);
	return true;
}

void reader_tamper(struct reader *r, bool open)
{
	r->status_news = r->status_news || r->tamper != open;
	r->tamper = open;
}

void reader_silence(struct reader *r, int64_t until_ms)
{
	r->deaf_until_ms = until_ms;
}

void reader_power_cycle(struct reader *r, int64_t now_ms)
{
	drop_session(r);
	reader_face_dark(&r->face);
	r->heard_len = r->cards_len = 0;
	r->deaf_until_ms = now_ms + READER_POWER_UP_MS;
}

void reader_init(struct reader *r, const struct reader_config *config)
{
	ASSERT(config->address <= READER_FRAME_ADDRESS_MAX && config->nonce);
	*r = (struct reader){.config = *config};
	r->face.context = config->context;
	r->face.happened = config->happened;
	reader_secure_init(&r->secure, config->key);
}

void reader_release(struct reader *r)
{
	reader_secure_release(&r->secure);
	*r = (struct reader){0};
}
