/* reader_face.h: what a person before the door can see, hear and pass by: the reader's outputs, its light,
 * its buzzer. Pure.
 *
 * It takes OSDP's OUT, LED and BUZ records as they come, and says what changed. Times count in units of 100
 * ms.
 */
#ifndef WORLD_READER_FACE_H
#define WORLD_READER_FACE_H

#include "base/buf.h"

enum {
	READER_OUTPUTS = 2,
	READER_OUT_BYTES = 4,  /* output, code, timer low, timer high */
	READER_LED_BYTES = 14, /* reader, led, temporary: code on off colours timer, permanent: code on off colours */
	READER_BUZ_BYTES = 5,  /* reader, tone, on, off, count */
	READER_TICK_MS = 100,  /* the unit of every time above */
};

enum reader_colour {
	READER_BLACK,
	READER_RED,
	READER_GREEN,
	READER_AMBER,
	READER_BLUE,
	READER_COLOURS,
};

enum reader_what {
	READER_OUT_ON,	  /* output; ms, 0 when for good */
	READER_OUT_OFF,	  /* output */
	READER_LED_SHOWS, /* colour, blinks */
	READER_BEEPS,	  /* count, 0 when until told otherwise */
	READER_CHANNEL_UP,
	READER_CHANNEL_DOWN,
};

struct reader_happening {
	enum reader_what what;
	int64_t ms;
	uint8_t output, colour, count;
	bool blinks;
};

struct reader_output {
	bool permanent;
	bool is_timed, timed; /* the timed state covers the permanent one until its time is over */
	int64_t until_ms;
	bool shown;
};

struct reader_light {
	uint8_t on, off; /* how long; both 0 or off 0: no blinking */
	uint8_t on_colour, off_colour;
};

struct reader_face {
	void *context;
	void (*happened)(void *context, const struct reader_happening *happening);
	struct reader_output outputs[READER_OUTPUTS];
	struct reader_light permanent, timed;
	bool is_timed;
	int64_t until_ms;
	uint8_t shown_colour;
	bool shown_blinks;
};

/* Each takes one record of its length. False when a number in it means nothing; then nothing was done. */
bool reader_face_out(struct reader_face *face, const uint8_t *record, int64_t now_ms);
bool reader_face_led(struct reader_face *face, const uint8_t *record, int64_t now_ms);
bool reader_face_buz(struct reader_face *face, const uint8_t *record, int64_t now_ms);

/* Whether the output's contact is closed now. */
bool reader_face_output(const struct reader_face *face, size_t output);

/* Ends what is timed and over. */
void reader_face_tick(struct reader_face *face, int64_t now_ms);

/* The power is gone: everything is dark and off. */
void reader_face_dark(struct reader_face *face);

#endif
