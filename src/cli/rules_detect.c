#include "cli/rules.h"
#include "cli/words.h"
#include "base/clock.h"
#include "base/error.h"
#include "rules/calendar.h"
#include "rules/correlation.h"
#include "rules/detection_load.h"

enum {
	DETECTION_BYTES = DETECTION_MEMORY_BYTES_MAX + (128 << 20),
	HITS_MAX = DETECTION_RULES_MAX,
	FIRED_MAX = CORRELATIONS_MAX,
	MS = 1000,
	MATCHED_COLUMNS_MAX = 400,
};

struct detecting {
	const struct detection *detection;
	struct detection_event event;
	struct correlator *correlator;
	const char *time_field;
	struct detection_hit hits[HITS_MAX];
	uint16_t fired[FIRED_MAX];
	size_t lines, matched, unread;
	struct buf b;
};

/* Milliseconds since 1970: as a number, or a date and time of UTC. */
static bool read_moment(struct str text, int64_t *ret_ms)
{
	int64_t days, minutes, seconds;
	if (str_to_i64(text, 1, INT64_MAX / 2, ret_ms))
		return true;
	if (text.len < 19 || !calendar_read_date((struct str){text.at, 10}, &days) ||
	    !calendar_read_time((struct str){text.at + 11, 5}, &minutes) ||
	    !str_to_i64((struct str){text.at + 17 + (text.at[17] == '0'), text.at[17] == '0' ? 1 : 2}, 0, 60, &seconds))
		return false;
	*ret_ms = ((days * MINUTES_PER_DAY + minutes) * 60 + seconds) * MS;
	return *ret_ms > 0;
}

/* When the event was: what its field says, else now. */
static int64_t moment_of(const struct detecting *d)
{
	const struct fact *values;
	int64_t ms;
	if (d->time_field && detection_event_field(&d->event, str_of(d->time_field), &values) && values->texts.n > 0 &&
	    read_moment(values->texts.at[0], &ms))
		return ms;
	return clock_wall_ms();
}

static enum paint paint_of(enum detection_level level)
{
	return level >= LEVEL_HIGH ? PAINT_BAD : level == LEVEL_MEDIUM ? PAINT_CARE : PAINT_PLAIN;
}

static void put_rule(struct detecting *d, size_t rule, bool unsure)
{
	const struct detection_words *w = detection_rule(d->detection, rule);
	char text[40];
	struct str level = detection_level_name(w->level);
	snprintf(text, sizeof text, "%6zu  ", d->lines);
	buf_put_str(&d->b, str_of(text));
	paint_put(&d->b, paint_of(w->level));
	words_put_padded(&d->b, level.len ? level : STR("-"), 13);
	paint_put(&d->b, PAINT_PLAIN);
	BUF_LIT(&d->b, "  ");
	if (unsure)
		BUF_LIT(&d->b, "perhaps: ");
	rules_put_wrapped(&d->b, 23, w->title);
}

static void put_matched(struct detecting *d, const struct detection_hit *hit)
{
	for (size_t i = 0; i < hit->n_matched; i++) {
		const struct detection_matched *m = &hit->matched[i];
		char text[MATCHED_COLUMNS_MAX + 300];
		struct buf line = BUF(text);
		struct str value = m->value;
		while (value.len > MATCHED_COLUMNS_MAX ||
		       (value.len > 0 && value.len < m->value.len && ((uint8_t)m->value.at[value.len] & 0xC0) == 0x80))
			value.len--;
		buf_put_str(&line, m->field.len ? m->field : STR("anywhere"));
		BUF_LIT(&line, ": ");
		buf_put_str(&line, value);
		BUF_LIT(&d->b, "                       ");
		paint_put(&d->b, PAINT_DIM);
		rules_put_wrapped(&d->b, 25, buf_str(&line));
		paint_put(&d->b, PAINT_PLAIN);
	}
}

static void look_at(struct detecting *d, struct str line)
{
	static const struct detection_source any;
	struct detection_unread unread;
	bool told = false;
	d->lines++;
	if (!detection_event_read(&d->event, line, &unread)) {
		d->unread++;
		fprintf(stderr, "line %zu, byte %zu: the event %s\n", d->lines, unread.byte + 1, unread.what);
		return;
	}
	size_t n = detection_match(&d->event, &any, d->hits, HITS_MAX);
	size_t fired = correlator_observe(d->correlator, &d->event, d->hits, n, moment_of(d), d->fired, FIRED_MAX);
	for (size_t i = 0; i < n; i++) {
		if (d->hits[i].quiet)
			continue;
		told = true;
		put_rule(d, d->hits[i].rule, d->hits[i].unsure);
		put_matched(d, &d->hits[i]);
	}
	for (size_t i = 0; i < fired; i++)
		put_rule(d, d->fired[i], false);
	d->matched += told || fired > 0;
	paint_flush(&d->b);
}

static int read_lines(struct detecting *d, const char *path)
{
	static char line[DETECTION_EVENT_BYTES_MAX + 2];
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct error error;
	if (!file) {
		error_system(&error, "opening %s", path);
		die(EXIT_FAILED, &error);
	}
	size_t len = 0;
	bool cut = false;
	for (int c = getc(file); c != EOF; c = getc(file)) {
		if (c == '\n') {
			if (len > 0)
				look_at(d, (struct str){line, cut ? sizeof line - 1 : len});
			len = 0;
			cut = false;
		} else if (len < sizeof line - 1) {
			line[len++] = (char)c;
		} else {
			cut = true;
		}
	}
	if (len > 0)
		look_at(d, (struct str){line, len});
	if (file != stdin)
		fclose(file);
	return d->unread ? EXIT_FAILED : EXIT_OK;
}

static void put_count(struct buf *b, const char *before, size_t n, const char *behind)
{
	char text[100];
	snprintf(text, sizeof text, "%s%zu%s", before, n, behind);
	buf_put_str(b, str_of(text));
}

static void put_total(struct detecting *d)
{
	char text[400];
	struct buf line = BUF(text);
	size_t left_out = detection_left_out(d->detection);
	put_count(&line, "", d->matched, " of ");
	put_count(&line, "", d->lines, " events matched");
	put_count(&line, "; rules: ", detection_size(d->detection), "");
	put_count(&line, ", correlations: ", detection_correlations(d->detection), "");
	if (left_out)
		put_count(&line, ", rules left out: ", left_out, "");
	if (d->unread)
		put_count(&line, "; ", d->unread, " could not be read");
	rules_put_wrapped(&d->b, 2, buf_str(&line));
	paint_flush(&d->b);
}

int rules_detect(const char *directory, const char *file, const char *time_field)
{
	static struct detecting d;
	static char memory[RULES_LINE_BYTES];
	struct arena arena = arena_map(DETECTION_BYTES);
	struct error error;
	if (detection_load(&d.detection, &arena, directory, &error) < 0)
		die(EXIT_FAILED, &error);
	detection_event_init(&d.event, d.detection, &arena);
	d.correlator = correlator_make(d.detection, &arena);
	d.time_field = time_field;
	d.b = BUF(memory);
	int code = read_lines(&d, file);
	put_total(&d);
	return code;
}
