#include "world/reader_face.h"

static void say(struct reader_face *face, struct reader_happening happening)
{
	if (face->happened)
		face->happened(face->context, &happening);
}

/* Tells when a contact moved. A timed "on" over a contact that is closed already is told too: somebody may
 * pass again. */
static void show_output(struct reader_face *face, uint8_t output, bool renewed, int64_t ms)
{
	struct reader_output *o = &face->outputs[output];
	bool closed = o->is_timed ? o->timed : o->permanent;
	if (closed && (renewed || !o->shown))
		say(face, (struct reader_happening){READER_OUT_ON, .output = output, .ms = ms});
	if (!closed && o->shown)
		say(face, (struct reader_happening){READER_OUT_OFF, .output = output});
	o->shown = closed;
}

/* Codes 3 and 4 set what comes after a running timed action; without one they act at once, as 1 and 2 do. */
bool reader_face_out(struct reader_face *face, const uint8_t *record, int64_t now_ms)
{
	uint8_t output = record[0], code = record[1];
	int64_t ms = (record[2] | record[3] << 8) * READER_TICK_MS;
	if (output >= READER_OUTPUTS || code > 6)
		return false;
	struct reader_output *o = &face->outputs[output];
	switch (code) {
	case 1:
	case 2:
		o->is_timed = false;
		o->permanent = code == 2;
		break;
	case 3:
	case 4:
		o->permanent = code == 4;
		break;
	case 5:
	case 6:
		o->is_timed = ms > 0;
		o->timed = code == 5;
		o->until_ms = now_ms + ms;
		break;
	default:
		return true; /* 0: nothing is to be done */
	}
	bool timed_on = code == 5 && o->is_timed;
	show_output(face, output, timed_on, timed_on ? ms : 0);
	return true;
}

static void show_light(struct reader_face *face)
{
	const struct reader_light *light = face->is_timed ? &face->timed : &face->permanent;
	bool blinks = light->on > 0 && light->off > 0 && light->on_colour != light->off_colour;
	uint8_t colour = light->on == 0 && light->off > 0 ? light->off_colour : light->on_colour;
	if (colour == face->shown_colour && blinks == face->shown_blinks)
		return;
	face->shown_colour = colour;
	face->shown_blinks = blinks;
	say(face, (struct reader_happening){READER_LED_SHOWS, .colour = colour, .blinks = blinks});
}

/* Temporary: 0 leaves, 1 ends, 2 begins. Permanent: 0 leaves, 1 sets. */
bool reader_face_led(struct reader_face *face, const uint8_t *record, int64_t now_ms)
{
	const uint8_t *timed = record + 2, *permanent = record + 9;
	bool known = record[0] == 0 && record[1] == 0 && timed[0] <= 2 && permanent[0] <= 1;
	bool timed_ok = timed[0] != 2 || (timed[3] < READER_COLOURS && timed[4] < READER_COLOURS);
	bool permanent_ok = permanent[0] != 1 || (permanent[3] < READER_COLOURS && permanent[4] < READER_COLOURS);
	if (!known || !timed_ok || !permanent_ok)
		return false;
	if (permanent[0] == 1)
		face->permanent = (struct reader_light){permanent[1], permanent[2], permanent[3], permanent[4]};
	if (timed[0] == 1)
		face->is_timed = false;
	if (timed[0] == 2) {
		int64_t ms = (timed[5] | timed[6] << 8) * READER_TICK_MS;
		face->timed = (struct reader_light){timed[1], timed[2], timed[3], timed[4]};
		face->is_timed = ms > 0;
		face->until_ms = now_ms + ms;
	}
	show_light(face);
	return true;
}

/* Tone 1 is silence, 2 the default tone; 0 leaves everything as it is. */
bool reader_face_buz(struct reader_face *face, const uint8_t *record, int64_t now_ms)
{
	(void)now_ms;
	if (record[0] != 0 || record[1] > 2)
		return false;
	if (record[1] == 2 && record[2] > 0)
		say(face, (struct reader_happening){READER_BEEPS, .count = record[4]});
	return true;
}

bool reader_face_output(const struct reader_face *face, size_t output)
{
	ASSERT(output < READER_OUTPUTS);
	const struct reader_output *o = &face->outputs[output];
	return o->is_timed ? o->timed : o->permanent;
}

void reader_face_tick(struct reader_face *face, int64_t now_ms)
{
	for (uint8_t i = 0; i < READER_OUTPUTS; i++) {
		struct reader_output *o = &face->outputs[i];
		if (!o->is_timed || now_ms < o->until_ms)
			continue;
		o->is_timed = false;
		show_output(face, i, false, 0);
	}
	if (face->is_timed && now_ms >= face->until_ms) {
		face->is_timed = false;
		show_light(face);
	}
}

void reader_face_dark(struct reader_face *face)
{
	for (uint8_t i = 0; i < READER_OUTPUTS; i++) {
		struct reader_output *o = &face->outputs[i];
		o->permanent = o->is_timed = false;
		show_output(face, i, false, 0);
	}
	face->permanent = (struct reader_light){0};
	face->is_timed = false;
	show_light(face);
}
