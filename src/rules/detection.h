/* detection.h: what detection rules say of an event. Pure.
 *
 * Rules are Sigma's, as they are (detection_load.h). They are two-valued: what an event has not, no value matches, and
 * `not` holds of it. An event is a JSON object, flat or nested: `a.b` is the member b of the object a, and of each object
 * in a list a; or a member that is called so. A field with a list has each of its items as a value, and one of them is
 * enough. A number, true or false is the text that JSON writes; of an object, whoever names it sees the JSON.
 *
 * Where nobody knows whether a rule matches there is a hit that is unsure, so that nobody hides an event by making it hard to read.
 *
 * Of thousands of rules only those are looked at of which the event has a piece of text, or a whole value, without which
 * they cannot match (filter.h).
 */
#ifndef RULES_DETECTION_H
#define RULES_DETECTION_H

#include "base/arena.h"
#include "schema/facts.h"

enum {
	DETECTION_RULES_MAX = 8192,
	DETECTION_EVENT_BYTES_MAX = 1 << 18,
	DETECTION_EVENT_VALUES_MAX = 8192,	/* texts, numbers … in one event */
	DETECTION_EVENT_PATH_BYTES_MAX = 512,	/* of the names down to a member */
	DETECTION_EVENT_MEMORY_BYTES = 2 << 20, /* for one event at a time */
	HIT_MATCHED_MAX = 8,
};

enum detection_level {
	LEVEL_NONE, /* the rule does not say */
	LEVEL_INFORMATIONAL,
	LEVEL_LOW,
	LEVEL_MEDIUM,
	LEVEL_HIGH,
	LEVEL_CRITICAL,
};

struct detection;

/* What people are told of a rule. Texts that were not given are empty. */
struct detection_words {
	struct str title, id, name, description, author, status;
	enum detection_level level;
	size_t n_references, n_tags, n_falsepositives, n_fields;
	const struct str *references, *tags, *falsepositives, *fields;
	struct str file;
	int line, column;
};

/* Rules are named by number, 0 first; correlations (correlation.h) stand behind them. */
size_t detection_size(const struct detection *detection);
size_t detection_correlations(const struct detection *detection);
/* Rules that were left out because they call themselves deprecated or unsupported. */
size_t detection_left_out(const struct detection *detection);
const struct detection_words *detection_rule(const struct detection *detection, size_t rule);
struct str detection_level_name(enum detection_level level);

/* One event at a time. Its values point into the text that it was read from, and into its memory. */
struct detection_event {
	const struct detection *detection;
	struct fact *fields; /* one for each field that rules name: absent, or a set of texts */
	size_t n_touched;
	uint16_t *touched;		/* fields that are not absent */
	uint64_t *candidates;		/* rules that may match */
	struct detection_value *values; /* while it is read */
	struct arena memory;		/* of this event */
};

/* The arena gives it DETECTION_EVENT_MEMORY_BYTES and some for each field and rule, once. */
void detection_event_init(struct detection_event *event, const struct detection *detection, struct arena *arena);

/* Why an event cannot be read: "is no object", and the byte where that is seen. */
struct detection_unread {
	const char *what;
	size_t byte;
};

/* Reads another event. One that cannot be read is one that nobody has looked at: whoever gives it tells a person. */
bool detection_event_read(struct detection_event *event, struct str json, struct detection_unread *ret_unread);

/* The values of a field; false when the event has it not, or no rule names it. */
bool detection_event_field(const struct detection_event *event, struct str field, const struct fact **ret_values);

/* Where an event comes from, in Sigma's words; what is empty is not known. A rule is for a source when everything that
 * its `logsource` names is the same, or is not known of the source. */
struct detection_source {
	struct str category, product, service;
};

/* A field and the value of it that a rule matched. */
struct detection_matched {
	struct str field, value;
};

struct detection_hit {
	uint16_t rule;
	bool quiet;	  /* it only feeds correlations, and is nothing by itself */
	bool unsure;	  /* a regular expression took too many steps: it may match, and nobody knows */
	size_t n_matched; /* as many as there is room for */
	struct detection_matched matched[HIT_MATCHED_MAX];
};

/* The rules that match the event, in their order; returns how many there are, of which the first max are told. */
size_t detection_match(const struct detection_event *event, const struct detection_source *source,
		       struct detection_hit *ret_hits, size_t max);

#endif
