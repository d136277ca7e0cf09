#include "rules/detected.h"

/* What is remembered of one group. Times are 0 where there is none yet; what they are of depends on the type:
 *
 *     event_count       the newest events, in a ring
 *     value_count       of each value the newest event; `values` are hashes of them
 *     temporal          of each rule the newest event
 *     temporal_ordered  of each rule the newest time at which a row of events began that has come as far as it
 */
struct group {
	uint64_t key; /* 0: free */
	int64_t newest;
	uint32_t next; /* of the ring */
};

struct pool {
	size_t sets;	  /* of CORRELATOR_WAYS groups; a power of two */
	size_t remembers; /* moments in a group */
	struct group *groups;
	int64_t *times;
	uint64_t *values; /* value_count only */
};

struct correlator {
	const struct detection *detection;
	int64_t now;
	uint64_t forgotten;
	uint64_t *matched; /* rules and correlations that match this event */
	size_t matched_words;
	struct pool pools[CORRELATIONS_MAX];
};

/* ---- the state ---- */

static size_t remembered(const struct correlation *c)
{
	bool counts = c->type == CORRELATION_EVENT_COUNT || c->type == CORRELATION_VALUE_COUNT;
	return counts ? c->least : c->n_parts;
}

static size_t sets_of(const struct detection *d, const struct correlation *c)
{
	size_t share = CORRELATOR_GROUPS_MAX / d->n_correlations, sets = 1;
	size_t moments = CORRELATOR_MOMENTS_MAX / d->n_correlations / remembered(c);
	size_t groups = share < moments ? share : moments;
	while (2 * sets * CORRELATOR_WAYS <= groups)
		sets *= 2;
	return sets;
}

size_t correlator_bytes(const struct detection *d)
{
	size_t bytes = sizeof(struct correlator) + DETECTION_RULES_MAX + 4096;
	for (size_t i = 0; i < d->n_correlations; i++) {
		const struct correlation *c = &d->correlations[i];
		size_t groups = sets_of(d, c) * CORRELATOR_WAYS;
		bytes += groups * (sizeof(struct group) + remembered(c) * 2 * sizeof(uint64_t)) + 64;
	}
	return bytes;
}

struct correlator *correlator_make(const struct detection *d, struct arena *arena)
{
	struct correlator *c = ARENA_TAKE(arena, struct correlator, 1);
	c->detection = d;
	c->matched_words = (d->n + d->n_correlations) / 64 + 1;
	c->matched = ARENA_TAKE(arena, uint64_t, c->matched_words);
	for (size_t i = 0; i < d->n_correlations; i++) {
		const struct correlation *of = &d->correlations[i];
		struct pool *pool = &c->pools[i];
		size_t groups = sets_of(d, of) * CORRELATOR_WAYS;
		*pool = (struct pool){.sets = sets_of(d, of), .remembers = remembered(of)};
		pool->groups = ARENA_TAKE(arena, struct group, groups);
		pool->times = ARENA_TAKE(arena, int64_t, groups * pool->remembers);
		if (of->type == CORRELATION_VALUE_COUNT)
			pool->values = ARENA_TAKE(arena, uint64_t, groups * pool->remembers);
	}
	return c;
}

uint64_t correlator_forgotten(const struct correlator *correlator)
{
	return correlator->forgotten;
}

/* ---- groups ---- */

/* A hash of the first values of the fields; false when one has none. */
static bool hash_values(const struct detection_event *event, const uint16_t *fields, size_t n, uint64_t *ret_hash)
{
	uint64_t hash = 0x9e3779b97f4a7c15u;
	for (size_t i = 0; i < n; i++) {
		const struct fact *fact = &event->fields[fields[i]];
		if (fact->state != FACT_KNOWN || fact->texts.n == 0)
			return false;
		hash = (hash ^ str_hash(fact->texts.at[0])) * 0xd6e8feb86659fd93u;
		hash ^= hash >> 32;
	}
	*ret_hash = hash | 1;
	return true;
}

static int64_t *times_of(const struct pool *pool, const struct group *group)
{
	return pool->times + (size_t)(group - pool->groups) * pool->remembers;
}

static uint64_t *values_of(const struct pool *pool, const struct group *group)
{
	return pool->values + (size_t)(group - pool->groups) * pool->remembers;
}

static void begin(const struct pool *pool, struct group *group)
{
	group->next = 0;
	memset(times_of(pool, group), 0, pool->remembers * sizeof(int64_t));
}

/* The group of that key: the one there is, else one that is free or out of date, else the oldest. */
static struct group *group_of(struct correlator *c, size_t correlation, uint64_t key)
{
	struct pool *pool = &c->pools[correlation];
	int64_t since = c->now - c->detection->correlations[correlation].span_ms;
	struct group *set = pool->groups + (key >> 1) % pool->sets * CORRELATOR_WAYS, *oldest = set;
	for (size_t i = 0; i < CORRELATOR_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].newest < oldest->newest)
			oldest = &set[i];
	}
	c->forgotten += oldest->key && oldest->newest >= since;
	*oldest = (struct group){.key = key};
	begin(pool, oldest);
	return oldest;
}

/* ---- the four types; each returns whether it fires ---- */

static bool is_within(const struct correlator *c, const struct correlation *of, int64_t time)
{
	return time > 0 && time >= c->now - of->span_ms;
}

static bool count_event(const struct correlator *c, const struct correlation *of, const struct pool *pool,
			struct group *group)
{
	int64_t *times = times_of(pool, group);
	times[group->next] = c->now;
	group->next = (uint32_t)((group->next + 1) % pool->remembers);
	/* The next to be overwritten is the oldest of as many as it takes. */
	return is_within(c, of, times[group->next]);
}

static size_t count_within(const struct correlator *c, const struct correlation *of, const struct pool *pool,
			   const int64_t *times)
{
	size_t n = 0;
	for (size_t i = 0; i < pool->remembers; i++)
		n += is_within(c, of, times[i]);
	return n;
}

/* Where the value stands, or the oldest one, which it takes the place of. */
static size_t place_of(const struct pool *pool, const int64_t *times, const uint64_t *values, uint64_t value)
{
	size_t oldest = 0;
	for (size_t i = 0; i < pool->remembers; i++) {
		if (times[i] > 0 && values[i] == value)
			return i;
		oldest = times[i] < times[oldest] ? i : oldest;
	}
	return oldest;
}

static bool count_value(const struct correlator *c, const struct correlation *of, const struct pool *pool,
			struct group *group, uint64_t value)
{
	int64_t *times = times_of(pool, group);
	uint64_t *values = values_of(pool, group);
	size_t place = place_of(pool, times, values, value);
	times[place] = c->now;
	values[place] = value;
	return count_within(c, of, pool, times) >= of->least;
}

static bool note_rule(const struct correlator *c, const struct correlation *of, const struct pool *pool,
		      struct group *group, size_t part)
{
	int64_t *times = times_of(pool, group);
	times[part] = c->now;
	return count_within(c, of, pool, times) >= of->least;
}

/* The latest beginning of a row that ends in this rule is now, or that of the row that ends in the rule before. */
static bool note_in_order(const struct correlator *c, const struct correlation *of, const struct pool *pool,
			  struct group *group, size_t part)
{
	int64_t *times = times_of(pool, group);
	times[part] = part == 0 ? c->now : times[part - 1];
	return part + 1 == of->n_parts && is_within(c, of, times[part]);
}

/* ---- an event ---- */

static bool is_matched(const struct correlator *c, size_t rule)
{
	return c->matched[rule / 64] >> (rule % 64) & 1;
}

/* What part says of this event; the others may say something of it too. False when it belongs to no group. */
static bool observe_part(struct correlator *c, const struct detection_event *event, size_t correlation, size_t part,
			 bool *fires)
{
	const struct correlation *of = &c->detection->correlations[correlation];
	const struct pool *pool = &c->pools[correlation];
	uint64_t key, value = 0;
	if (!hash_values(event, of->parts[part].group, of->n_group, &key) ||
	    !hash_values(event, of->counted, of->n_counted, &value))
		return false;
	struct group *group = group_of(c, correlation, key);
	bool now = false;
	group->newest = c->now;
	if (of->type == CORRELATION_EVENT_COUNT)
		now = count_event(c, of, pool, group);
	else if (of->type == CORRELATION_VALUE_COUNT)
		now = count_value(c, of, pool, group, value);
	else if (of->type == CORRELATION_TEMPORAL)
		now = note_rule(c, of, pool, group, part);
	else
		now = note_in_order(c, of, pool, group, part);
	if (now)
		begin(pool, group);
	*fires = *fires || now;
	return true;
}

/* One event counts once, whichever of the rules it matches; and it is one step of an order, so the last comes first. */
static bool observe(struct correlator *c, const struct detection_event *event, size_t correlation)
{
	const struct correlation *of = &c->detection->correlations[correlation];
	bool counts = of->type == CORRELATION_EVENT_COUNT || of->type == CORRELATION_VALUE_COUNT, fires = false;
	for (size_t part = of->n_parts; part-- > 0;) {
		if (is_matched(c, of->parts[part].rule) && observe_part(c, event, correlation, part, &fires) && counts)
			break;
	}
	return fires;
}

size_t correlator_observe(struct correlator *c, const struct detection_event *event, const struct detection_hit *hits,
			  size_t n_hits, int64_t now_ms, uint16_t *ret_fired, size_t max)
{
	const struct detection *d = c->detection;
	size_t n = 0;
	memset(c->matched, 0, c->matched_words * sizeof *c->matched);
	for (size_t i = 0; i < n_hits; i++)
		set_add(c->matched, hits[i].rule);
	c->now = now_ms > c->now ? now_ms : c->now;
	ASSERT(c->now > 0);
	for (size_t i = 0; i < d->n_correlations; i++) {
		if (!observe(c, event, i))
			continue;
		set_add(c->matched, d->n + i);
		if (d->correlations[i].quiet)
			continue;
		if (n < max)
			ret_fired[n] = (uint16_t)(d->n + i);
		n++;
	}
	return n;
}
