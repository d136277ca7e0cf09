#include "rules/detected.h"
#include "rules/filter.h"
#include "rules/json_scan.h"

/* A value, before the values of a field are put together. */
struct detection_value {
	uint16_t field;
	struct str text;
};

/* A level of the event that is not closed. */
struct level {
	size_t path; /* bytes of the path outside it */
	bool object;
	uint16_t field; /* that it is itself, or 0 */
	size_t begin;	/* the byte of its first bracket */
};

struct reading {
	struct detection_event *event;
	struct scan scan;
	struct level levels[SCAN_DEPTH_MAX];
	char path[DETECTION_EVENT_PATH_BYTES_MAX];
	struct buf names; /* over the path */
	size_t n;	  /* of event->values */
};

void detection_event_init(struct detection_event *event, const struct detection *detection, struct arena *arena)
{
	*event = (struct detection_event){
	    .detection = detection,
	    .fields = ARENA_TAKE(arena, struct fact, detection->n_fields),
	    .touched = ARENA_TAKE(arena, uint16_t, detection->n_fields),
	    .candidates = ARENA_TAKE(arena, uint64_t, detection->set_words),
	    .values = ARENA_TAKE(arena, struct detection_value, DETECTION_EVENT_VALUES_MAX),
	    .memory = arena_over(arena_take(arena, 1, DETECTION_EVENT_MEMORY_BYTES), DETECTION_EVENT_MEMORY_BYTES),
	};
	for (size_t i = 0; i < detection->n_fields; i++)
		event->fields[i].state = FACT_ABSENT;
}

/* The number of a field, or 0. */
static uint16_t field_named(const struct detection *d, struct str name)
{
	size_t mask = d->field_slots - 1;
	for (size_t i = str_hash(name) & mask; d->field_table[i]; i = (i + 1) & mask) {
		if (str_eq(d->fields[d->field_table[i]], name))
			return (uint16_t)d->field_table[i];
	}
	return 0;
}

static bool fail(const struct reading *g, const char *what, struct detection_unread *ret_unread)
{
	*ret_unread = (struct detection_unread){what, scan_offset(&g->scan)};
	return false;
}

static bool add_value(struct reading *g, uint16_t field, struct str text)
{
	if (g->n == DETECTION_EVENT_VALUES_MAX)
		return false;
	g->event->values[g->n++] = (struct detection_value){field, text};
	return true;
}

/* A text, number …: a value of its field, and of the whole event. */
static bool add_scalar(struct reading *g, struct str text)
{
	const struct detection *d = g->event->detection;
	uint16_t field = field_named(d, buf_str(&g->names));
	uint64_t *candidates = g->event->candidates;
	if (field || d->filter.whole)
		filter_add_pieces(&d->filter, text, candidates);
	if (field)
		filter_add_value(&d->filter, field, text, candidates);
	return (!field || add_value(g, field, text)) && (!d->keywords || add_value(g, 0, text));
}

/* A member that is null is there, and has no value. */
static void touch(struct detection_event *e, uint16_t field)
{
	struct fact *fact = &e->fields[field];
	if (fact->state != FACT_ABSENT)
		return;
	*fact = (struct fact){.state = FACT_KNOWN};
	e->touched[e->n_touched++] = field;
}

static bool add_null(struct reading *g)
{
	uint16_t field = field_named(g->event->detection, buf_str(&g->names));
	if (field)
		touch(g->event, field);
	return true;
}

static bool enter(struct reading *g, bool object)
{
	struct level *level = &g->levels[g->scan.depth - 1];
	*level = (struct level){.path = g->names.len,
				.object = object,
				.field = field_named(g->event->detection, buf_str(&g->names)),
				.begin = scan_offset(&g->scan) - 1};
	return true;
}

static bool leave(struct reading *g)
{
	const struct level *level = &g->levels[g->scan.depth];
	g->names.len = level->path;
	struct str whole = {g->scan.start + level->begin, scan_offset(&g->scan) - level->begin};
	if (!level->field)
		return true;
	touch(g->event, level->field); /* a list without items is there, too */
	if (!level->object)
		return true;
	filter_add_pieces(&g->event->detection->filter, whole, g->event->candidates);
	return add_value(g, level->field, whole);
}

/* Below a list the path is the list's own. */
static bool take_key(struct reading *g, struct str name)
{
	g->names.len = g->levels[g->scan.depth - 1].path;
	if (g->names.len > 0)
		buf_put_char(&g->names, '.');
	buf_put_str(&g->names, name);
	return !g->names.over;
}

static bool take_token(struct reading *g, enum scan_token token, struct str text)
{
	switch (token) {
	case SCAN_OBJECT:
	case SCAN_ARRAY:
		return enter(g, token == SCAN_OBJECT);
	case SCAN_OBJECT_END:
	case SCAN_ARRAY_END:
		return leave(g);
	case SCAN_KEY:
		return take_key(g, text);
	case SCAN_TRUE:
		return add_scalar(g, STR("true"));
	case SCAN_FALSE:
		return add_scalar(g, STR("false"));
	case SCAN_NULL:
		return add_null(g);
	default:
		return add_scalar(g, text);
	}
}

/* The values of each field one after the other. */
static void put_together(struct reading *g)
{
	struct detection_event *e = g->event;
	struct str *texts = ARENA_TAKE(&e->memory, struct str, g->n);
	size_t n = 0;
	for (size_t i = 0; i < g->n; i++) {
		touch(e, e->values[i].field);
		e->fields[e->values[i].field].texts.n++;
	}
	for (size_t i = 0; i < e->n_touched; i++) {
		struct fact *fact = &e->fields[e->touched[i]];
		size_t room = fact->texts.n;
		fact->texts.at = texts + n;
		fact->texts.n = 0;
		n += room;
	}
	for (size_t i = 0; i < g->n; i++) {
		struct fact *fact = &e->fields[e->values[i].field];
		((struct str *)fact->texts.at)[fact->texts.n++] = e->values[i].text;
	}
}

static void forget(struct detection_event *e)
{
	for (size_t i = 0; i < e->n_touched; i++)
		e->fields[e->touched[i]] = (struct fact){.state = FACT_ABSENT};
	e->n_touched = 0;
	arena_clear(&e->memory);
	for (size_t w = 0; w < e->detection->set_words; w++)
		e->candidates[w] = e->detection->filter.always[w];
}

bool detection_event_read(struct detection_event *event, struct str json, struct detection_unread *ret_unread)
{
	struct reading g = {.event = event, .names = BUF(g.path)};
	struct str text;
	forget(event);
	g.scan = scan_over(json, &event->memory);
	if (json.len > DETECTION_EVENT_BYTES_MAX)
		return fail(&g, "has more than 256 KiB", ret_unread);
	enum scan_token token = scan_next(&g.scan, &text);
	if (token != SCAN_OBJECT && token != SCAN_WRONG)
		return fail(&g, "is no object", ret_unread);
	for (; token != SCAN_DONE && token != SCAN_WRONG; token = scan_next(&g.scan, &text)) {
		if (!take_token(&g, token, text))
			return fail(&g, "has too many values, or a name that is too long", ret_unread);
	}
	if (token == SCAN_WRONG)
		return fail(&g, g.scan.wrong, ret_unread);
	put_together(&g);
	return true;
}

bool detection_event_field(const struct detection_event *event, struct str field, const struct fact **ret_values)
{
	uint16_t number = field_named(event->detection, field);
	*ret_values = &event->fields[number];
	return number && event->fields[number].state == FACT_KNOWN;
}
