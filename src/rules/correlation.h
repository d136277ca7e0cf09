/* correlation.h: several events that mean something together. Pure.
 *
 * Sigma's correlation rules (correlation rules specification 2.1): that so many events come within a time (event_count),
 * that a field has so many different values (value_count), that several rules match (temporal), or do so in their order
 * (temporal_ordered); each for every group of values of the `group-by` fields by itself. An event in which one of these
 * fields is missing belongs to no group. When a correlation fires, its group begins anew.
 *
 * The state is a block of memory of a fixed size, and time comes as input, so that the same events give the same hits.
 * Windows slide: what counts is what lies within `timespan` before the newest event, this included. Each correlation has
 * its share of CORRELATOR_GROUPS_MAX; a group has its place among CORRELATOR_WAYS, and where all are in use the one that
 * was longest without an event is forgotten. How many were is counted.
 *
 * Of a list in a field its first value stands for it.
 */
#ifndef RULES_CORRELATION_H
#define RULES_CORRELATION_H

#include "rules/detection.h"

enum {
	CORRELATIONS_MAX = 256,
	CORRELATION_RULES_MAX = 16,  /* that one refers to */
	CORRELATION_FIELDS_MAX = 8,  /* of group-by, and of the values that are counted */
	CORRELATION_COUNT_MAX = 256, /* that a condition may ask for */
	CORRELATOR_WAYS = 8,
	CORRELATOR_GROUPS_MAX = 1 << 14,
	CORRELATOR_MOMENTS_MAX = 1 << 18, /* that all groups together remember */
};

#define CORRELATION_SPAN_MS_MAX (INT64_C(30) * 24 * 60 * 60 * 1000)

enum correlation_type {
	CORRELATION_EVENT_COUNT,
	CORRELATION_VALUE_COUNT,
	CORRELATION_TEMPORAL,
	CORRELATION_TEMPORAL_ORDERED,
};

/* A rule, or (behind the rules) a correlation, and the fields by which its events are grouped; 0 is none. */
struct correlation_part {
	uint16_t rule;
	uint16_t group[CORRELATION_FIELDS_MAX];
};

struct correlation {
	struct detection_words words;
	enum correlation_type type;
	bool quiet; /* it only feeds others */
	size_t n_parts, n_group, n_counted;
	struct correlation_part parts[CORRELATION_RULES_MAX];
	uint16_t counted[CORRELATION_FIELDS_MAX]; /* whose values are counted */
	int64_t span_ms;
	size_t least, most; /* of events, values or rules */
};

struct correlator;

/* Its state, in the arena; the detection must live as long. The arena must have correlator_bytes left. */
size_t correlator_bytes(const struct detection *detection);
struct correlator *correlator_make(const struct detection *detection, struct arena *arena);

/* Tells what rules an event matched, at `now`, which is not 0; a time that goes back counts as the newest before. Returns how many
 * correlations fire, of which the first max are told, by numbers behind those of the rules (detection_rule); those that
 * only feed others are not among them. */
size_t correlator_observe(struct correlator *correlator, const struct detection_event *event,
			  const struct detection_hit *hits, size_t n_hits, int64_t now_ms, uint16_t *ret_fired,
			  size_t max);

/* Groups that were forgotten because there were too many. */
uint64_t correlator_forgotten(const struct correlator *correlator);

#endif
