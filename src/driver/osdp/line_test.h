/* line_test.h: for tests only: a panel, some readers and the line between them, in simulated time.
 *
 * line_run lets time pass. Every command is checked on its way: nothing but a handshake may go in the clear.
 * Answers come after `delay_us`; `fault`, when set, sees each of them first and may change, lose (n = 0) or
 * delay it, and may put frames of its own on the line (line_inject).
 */
#ifndef OSDP_LINE_TEST_H
#define OSDP_LINE_TEST_H

#include "base/test.h"
#include "driver/osdp/panel.h"
#include "driver/osdp/fake_test.h"

enum { LINE_READERS_MAX = 8, LINE_EVENTS_MAX = 4096, LINE_DELIVERIES_MAX = 32, LINE_ANSWER_US = 3000 };

struct line_answer {
	uint8_t bytes[FRAME_COMMAND_BYTES_MAX];
	size_t n;
	int64_t delay_us;
};

struct line_delivery {
	int64_t at_us;
	size_t n;
	uint8_t bytes[2 * FRAME_COMMAND_BYTES_MAX];
};

struct line {
	int64_t now_us;
	struct panel panel;
	struct fake fakes[LINE_READERS_MAX];
	size_t n_fakes;
	void (*fault)(struct line *line, struct fake *fake, struct line_answer *answer);
	int faults; /* for the fault's own counting */
	struct line_delivery deliveries[LINE_DELIVERIES_MAX];
	struct notice notices[LINE_EVENTS_MAX];
	size_t n_events;
	unsigned commands, clear_commands, collisions;
	struct frame command; /* the last */
	int64_t command_us;
	uint8_t randoms[1024][8];
	size_t n_randoms;
};

static struct line line;

static const uint8_t line_key[16] = {0x0f, 0x1e, 0x2d, 0x3c, 0x4b, 0x5a, 0x69, 0x78,
				     0x87, 0x96, 0xa5, 0xb4, 0xc3, 0xd2, 0xe1, 0xf1};

static inline void line_entropy(uint8_t *bytes, size_t n)
{
	static uint64_t state = 88172645463325252U;
	ASSERT(n == 8);
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	memcpy(bytes, &state, 8);
	if (line.n_randoms < ARRAY_LEN(line.randoms))
		memcpy(line.randoms[line.n_randoms++], bytes, 8);
}

/* n readers at addresses 0 … n-1, numbered 100 … */
static inline void line_open(size_t n)
{
	ASSERT(n <= LINE_READERS_MAX);
	memset(&line, 0, sizeof line);
	line.now_us = 5000000;
	CHECK_INT(secure_load(NULL), 0);
	panel_init(&line.panel, 115200, line_entropy);
	line.n_fakes = n;
	for (size_t i = 0; i < n; i++) {
		struct pd_settings settings = {.reader = 100 + i, .address = (uint8_t)i, .output = (uint8_t)(i + 1)};
		memcpy(settings.key, line_key, 16);
		settings.key[3] ^= (uint8_t)i; /* the first reader has line_key itself */
		CHECK_INT(panel_add(&line.panel, &settings, line.now_us, NULL), 0);
		line.fakes[i] = fake_new((uint8_t)i, settings.key);
	}
}

static inline void line_close(void)
{
	CHECK_INT(line.clear_commands, 0);
	panel_release(&line.panel);
}

static inline void line_inject(const uint8_t *bytes, size_t n, int64_t delay_us)
{
	for (size_t i = 0; i < LINE_DELIVERIES_MAX; i++) {
		struct line_delivery *delivery = &line.deliveries[i];
		if (delivery->n > 0 || n == 0)
			continue;
		memcpy(delivery->bytes, bytes, n);
		delivery->n = n;
		delivery->at_us = line.now_us + delay_us;
		return;
	}
	ASSERT(n == 0);
}

static inline void line_inject_frame(const struct frame *frame, int64_t delay_us)
{
	uint8_t out[FRAME_COMMAND_BYTES_MAX];
	size_t n = frame_begin(out, frame);
	n = frame_end(out, n, frame_has_mac(frame->security) ? (const uint8_t *)"\1\2\3\4" : NULL);
	line_inject(out, n, delay_us);
}

static inline struct line_delivery *line_next_delivery(void)
{
	struct line_delivery *next = NULL;
	for (size_t i = 0; i < LINE_DELIVERIES_MAX; i++) {
		struct line_delivery *delivery = &line.deliveries[i];
		if (delivery->n > 0 && (!next || delivery->at_us < next->at_us))
			next = delivery;
	}
	return next;
}

static inline void line_take_command(void)
{
	static struct frame_reader in;
	struct frame command;
	frame_reader_clear(&in);
	frame_reader_put(&in, line.panel.out, line.panel.out_len);
	ASSERT(frame_reader_next(&in, &command) == FRAME_GOOD);
	line.command = command;
	line.command_us = line.now_us;
	line.commands++;
	line.collisions += line_next_delivery() != NULL;
	line.clear_commands += command.security == FRAME_CLEAR;
	for (size_t i = 0; i < line.n_fakes; i++) {
		struct line_answer answer = {.delay_us = LINE_ANSWER_US};
		answer.n = fake_hear(&line.fakes[i], line.panel.out, line.panel.out_len, answer.bytes);
		if (answer.n > 0 && line.fault)
			line.fault(&line, &line.fakes[i], &answer);
		line_inject(answer.bytes, answer.n, answer.delay_us);
	}
	line.panel.out_len = 0;
}

/* One turn of the owner's loop; false when nothing happens before end_us. */
static inline bool line_step(int64_t end_us)
{
	int64_t next_us = panel_tick(&line.panel, line.now_us);
	if (line.panel.out_len)
		line_take_command();
	while (line.n_events < LINE_EVENTS_MAX && notice_take(&line.panel.notices, &line.notices[line.n_events]))
		line.n_events++;
	struct line_delivery *delivery = line_next_delivery();
	bool bytes = delivery && delivery->at_us <= next_us;
	int64_t then_us = bytes ? delivery->at_us : next_us;
	if (then_us > end_us)
		return false;
	line.now_us = then_us > line.now_us ? then_us : line.now_us;
	if (bytes) {
		panel_bytes(&line.panel, delivery->bytes, delivery->n, line.now_us);
		delivery->n = 0;
	}
	return true;
}

static inline void line_run_us(int64_t us)
{
	int64_t end_us = line.now_us + us;
	while (line_step(end_us)) {
	}
	line.now_us = end_us;
}

static inline void line_run_ms(int64_t ms)
{
	line_run_us(ms * 1000);
}

static inline size_t line_count(enum notice_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < line.n_events; i++)
		n += line.notices[i].kind == kind;
	return n;
}

/* The newest of its kind; a zeroed one when there is none. */
static inline struct notice line_last(enum notice_kind kind)
{
	for (size_t i = line.n_events; i-- > 0;) {
		if (line.notices[i].kind == kind)
			return line.notices[i];
	}
	return (struct notice){.at_us = -1};
}

static inline void line_forget(void)
{
	line.n_events = 0;
}

/* All readers online, events forgotten. */
static inline void line_up(size_t n)
{
	line_open(n);
	line_run_ms(1000);
	CHECK_INT(line_count(NOTICE_ONLINE), (long long)n);
	CHECK_INT(line_count(NOTICE_REFUSED), 0);
	line_forget();
}

static inline void line_show_card(size_t fake)
{
	static const uint8_t card[4] = {0xAB, 0xCD, 0xEF, 0x40};
	fake_card(&line.fakes[fake], card, 26);
}

static inline bool line_release(uint64_t reader, uint64_t entry, int64_t release_ms, int64_t within_ms)
{
	struct pd_order order = {.name = {.entry = entry, .event = 1},
				 .kind = PD_RELEASE,
				 .release_ms = release_ms,
				 .until_us = line.now_us + within_ms * 1000};
	return panel_order(&line.panel, reader, &order, line.now_us);
}

#endif
