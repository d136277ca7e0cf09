#include "grant/grant.h"

enum {
	READER_BYTES = 24,
	PERSON_BYTES = 16,
	INTERVAL_BYTES = 16,
	STANDING_BYTES = 12,
};

static const uint8_t magic[8] = "chcygrt1";

static uint64_t u64(const uint8_t *at)
{
	return grant_number(at, 8);
}

static int64_t i64(const uint8_t *at)
{
	return (int64_t)grant_number(at, 8);
}

static uint32_t u32(const uint8_t *at)
{
	return (uint32_t)grant_number(at, 4);
}

static uint16_t u16(const uint8_t *at)
{
	return (uint16_t)grant_number(at, 2);
}

/* Looking through */

struct look {
	const uint8_t *bytes;
	struct grant *grant;
	struct grant_fault *fault;
};

static bool wrong(const struct look *look, const char *what, const uint8_t *at)
{
	*look->fault = (struct grant_fault){what, (size_t)(at - look->bytes)};
	return false;
}

static bool all_zero(const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at == 0)
		at++;
	return at == end;
}

/* A text in a field of fixed size. */
static bool look_text(const struct look *look, const uint8_t *length, const uint8_t *at, size_t max, struct str *ret)
{
	*ret = (struct str){(const char *)at, *length};
	if (*length == 0 || *length > max)
		return wrong(look, "a name is empty or too long", length);
	if (!str_is_utf8(*ret) || memchr(at, 0, *length))
		return wrong(look, "a name is not UTF-8", at);
	return all_zero(at + *length, at + max) || wrong(look, "there are bytes behind a name", at);
}

static bool look_counts(const struct look *look, const uint8_t *at)
{
	static const uint32_t most[] = {GRANT_READERS_MAX,   GRANT_CREDENTIALS_MAX, GRANT_PERSONS_MAX, GRANT_PLACES_MAX,
					GRANT_SCHEDULES_MAX, GRANT_INTERVALS_MAX,   GRANT_STANDING_MAX};
	struct grant *g = look->grant;
	uint32_t *counts[] = {&g->n_readers,   &g->n_credentials, &g->n_persons, &g->n_places,
			      &g->n_schedules, &g->n_intervals,	  &g->n_standing};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		*counts[i] = u32(at + 4 * i);
		if (*counts[i] > most[i])
			return wrong(look, "there are more of these than a table may hold", at + 4 * i);
	}
	return (uint64_t)g->n_persons * g->n_places <= GRANT_CELLS_MAX ||
	       wrong(look, "there are more cells than a table may hold", at + 8);
}

static bool look_head(const struct look *look)
{
	const uint8_t *at = look->bytes;
	struct grant *g = look->grant;
	if (memcmp(at, magic, sizeof magic) != 0)
		return wrong(look, "this is not a grant table of this format", at);
	g->number = u64(at + 8);
	g->made = i64(at + 16);
	g->until = i64(at + 24);
	g->salt = at + 32;
	if (g->number == 0 || g->number > INT64_MAX)
		return wrong(look, "the number is not one", at + 8);
	if (g->made < 0 || g->until <= g->made || g->until - g->made > GRANT_VALID_MS_MAX)
		return wrong(look, "the table is not good for any time, or for too long", at + 16);
	return look_counts(look, at + 52) && look_text(look, at + 80, at + 82, GRANT_MISSION_BYTES_MAX, &g->mission) &&
	       look_text(look, at + 81, at + 210, GRANT_DRIVER_BYTES_MAX, &g->driver) &&
	       (all_zero(at + 250, at + GRANT_HEAD_BYTES) || wrong(look, "the head does not end in zeros", at + 250));
}

/* Where each part lies, and that together they are all there is. */
static bool look_parts(const struct look *look, size_t n)
{
	struct grant *g = look->grant;
	const uint8_t *at = look->bytes + GRANT_HEAD_BYTES;
	size_t sizes[] = {(size_t)g->n_readers * READER_BYTES,
			  (size_t)g->n_credentials * GRANT_TOKEN_BYTES,
			  (size_t)g->n_credentials * 2,
			  (size_t)g->n_persons * PERSON_BYTES,
			  (size_t)g->n_persons * g->n_places * 2,
			  ((size_t)g->n_schedules + 1) * 4,
			  (size_t)g->n_intervals * INTERVAL_BYTES,
			  (size_t)g->n_standing * STANDING_BYTES};
	const uint8_t **parts[] = {&g->readers, &g->tokens,    &g->holders,   &g->persons,
				   &g->cells,	&g->schedules, &g->intervals, &g->standing};
	size_t sum = GRANT_HEAD_BYTES + GRANT_SIGNATURE_BYTES;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		sum += sizes[i];
	if (sum != n || u32(look->bytes + 48) != n)
		return wrong(look, "the table is not as long as its parts", look->bytes + 48);
	for (size_t i = 0; i < ARRAY_LEN(sizes); at += sizes[i++])
		*parts[i] = at;
	g->signature = at;
	return true;
}

/* Profiles and schedules are numbered as they are first named: each is one used before, or the next. */
static bool is_next(uint32_t number, uint32_t *used)
{
	if (number > *used)
		return false;
	*used += number == *used;
	return true;
}

static bool look_readers(const struct look *look)
{
	const struct grant *g = look->grant;
	const uint8_t *at = g->readers;
	uint32_t places = 0;
	for (uint32_t i = 0; i < g->n_readers; i++, at += READER_BYTES) {
		if (u64(at) == 0 || u64(at + 8) == 0 || (i > 0 && u64(at) <= u64(at - READER_BYTES)))
			return wrong(look, "the readers do not rise", at);
		if (u32(at + 16) == 0 || u32(at + 16) > GRANT_RELEASE_MS_MAX)
			return wrong(look, "a release is none, or too long", at + 16);
		if (!is_next(u16(at + 20), &places))
			return wrong(look, "a place is not numbered as it is first named", at + 20);
		if (u16(at + 22) & ~GRANT_SHUT)
			return wrong(look, "a reader has a flag that this program does not know", at + 22);
	}
	return places == g->n_places || wrong(look, "a place is not used", g->readers);
}

static bool look_credentials(const struct look *look)
{
	const struct grant *g = look->grant;
	uint32_t persons = 0;
	for (uint32_t i = 0; i < g->n_credentials; i++) {
		const uint8_t *token = g->tokens + (size_t)i * GRANT_TOKEN_BYTES, *holder = g->holders + (size_t)i * 2;
		if (i > 0 && memcmp(token - GRANT_TOKEN_BYTES, token, GRANT_TOKEN_BYTES) >= 0)
			return wrong(look, "the tokens do not rise", token);
		if (!is_next(u16(holder), &persons))
			return wrong(look, "a person is not numbered as it is first named", holder);
	}
	if (persons != g->n_persons)
		return wrong(look, "a person is not used", g->persons);
	for (const uint8_t *at = g->persons; at < g->cells; at += PERSON_BYTES)
		if (i64(at) < 0 || i64(at + 8) <= i64(at))
			return wrong(look, "a person is good at no time", at);
	return true;
}

static bool look_cells(const struct look *look)
{
	const struct grant *g = look->grant;
	uint32_t schedules = 0;
	for (const uint8_t *at = g->cells; at < g->schedules; at += 2)
		if (!is_next(u16(at), &schedules))
			return wrong(look, "a schedule is not numbered as it is first named", at);
	return schedules == g->n_schedules || wrong(look, "a schedule is not used", g->schedules);
}

static bool look_schedules(const struct look *look)
{
	const struct grant *g = look->grant;
	const uint8_t *at = g->schedules;
	if (u32(at) != 0 || u32(at + 4 * (size_t)g->n_schedules) != g->n_intervals)
		return wrong(look, "the schedules do not hold the intervals", at);
	for (uint32_t s = 0; s < g->n_schedules; s++, at += 4) {
		uint32_t first = u32(at), end = u32(at + 4);
		if (end < first || end > g->n_intervals || end - first > GRANT_INTERVALS_EACH_MAX)
			return wrong(look, "a schedule's intervals are not its own, or too many", at);
		int64_t before = g->made - 1;
		for (uint32_t i = first; i < end; i++) {
			const uint8_t *interval = g->intervals + (size_t)i * INTERVAL_BYTES;
			if (i64(interval) <= before || i64(interval + 8) <= i64(interval) ||
			    i64(interval + 8) > g->until)
				return wrong(look, "the intervals of a schedule do not rise inside the table's time",
					     interval);
			before = i64(interval + 8);
		}
	}
	return true;
}

static bool has_door(const struct grant *g, uint64_t door)
{
	for (uint32_t i = 0; i < g->n_readers; i++)
		if (u64(g->readers + (size_t)i * READER_BYTES + 8) == door)
			return true;
	return false;
}

static bool look_standing(const struct look *look)
{
	const struct grant *g = look->grant;
	uint64_t door = 0;
	for (const uint8_t *at = g->standing; at < g->signature; at += STANDING_BYTES) {
		if (u32(at + 8) >= g->n_credentials)
			return wrong(look, "a credential stands that is not there", at + 8);
		if (u64(at) < door || (u64(at) == door && u32(at + 8) <= u32(at - STANDING_BYTES + 8)))
			return wrong(look, "the standing credentials do not rise", at);
		if (u64(at) != door && !has_door(g, u64(at)))
			return wrong(look, "a credential stands for a door without a reader here", at);
		door = u64(at);
	}
	return true;
}

bool grant_open(const uint8_t *bytes, size_t n, struct grant *ret_grant, struct grant_fault *ret_fault)
{
	struct grant grant = {0};
	struct look look = {bytes, &grant, ret_fault};
	if (n < GRANT_HEAD_BYTES + 4 + GRANT_SIGNATURE_BYTES || n > GRANT_BYTES_MAX)
		return wrong(&look, "the table is shorter than the shortest, or longer than the longest", bytes);
	if (!look_head(&look) || !look_parts(&look, n) || !look_readers(&look) || !look_credentials(&look) ||
	    !look_cells(&look) || !look_schedules(&look) || !look_standing(&look))
		return false;
	*ret_grant = grant;
	return true;
}

/* Deciding */

/* The item that `compare` calls equal; NULL when there is none. Items rise. */
static const uint8_t *find(const uint8_t *at, uint32_t n, size_t each,
			   int (*compare)(const uint8_t *item, const void *wanted), const void *wanted)
{
	while (n > 0) {
		uint32_t half = n / 2;
		const uint8_t *middle = at + (size_t)half * each;
		int order = compare(middle, wanted);
		if (order == 0)
			return middle;
		at = order < 0 ? middle + each : at;
		n = order < 0 ? n - half - 1 : half;
	}
	return NULL;
}

static int compare_reader(const uint8_t *item, const void *wanted)
{
	uint64_t a = u64(item), b = *(const uint64_t *)wanted;
	return (a > b) - (a < b);
}

static int compare_token(const uint8_t *item, const void *wanted)
{
	return memcmp(item, wanted, GRANT_TOKEN_BYTES);
}

/* Equal when the interval holds the time. */
static int compare_interval(const uint8_t *item, const void *wanted)
{
	int64_t now = *(const int64_t *)wanted;
	return i64(item) > now ? 1 : i64(item + 8) <= now ? -1 : 0;
}

struct standing {
	uint64_t door;
	uint32_t credential;
};

static int compare_standing(const uint8_t *item, const void *wanted)
{
	const struct standing *b = wanted;
	uint64_t door = u64(item);
	uint32_t credential = u32(item + 8);
	if (door != b->door)
		return door < b->door ? -1 : 1;
	return (credential > b->credential) - (credential < b->credential);
}

static bool schedule_holds(const struct grant *g, uint32_t person, uint32_t place, int64_t now)
{
	uint32_t schedule = u16(g->cells + ((size_t)person * g->n_places + place) * 2);
	uint32_t first = u32(g->schedules + 4 * (size_t)schedule), end = u32(g->schedules + 4 * (size_t)schedule + 4);
	return find(g->intervals + (size_t)first * INTERVAL_BYTES, end - first, INTERVAL_BYTES, compare_interval, &now);
}

/* Rules 5 to 8. */
static enum grant_why decide_card(const struct grant *g, const uint8_t *reader, const uint8_t *token, int64_t now)
{
	const uint8_t *found = find(g->tokens, g->n_credentials, GRANT_TOKEN_BYTES, compare_token, token);
	if (!found)
		return GRANT_UNKNOWN_CARD;
	uint32_t credential = (uint32_t)((size_t)(found - g->tokens) / GRANT_TOKEN_BYTES);
	uint32_t person = u16(g->holders + (size_t)credential * 2);
	const uint8_t *good = g->persons + (size_t)person * PERSON_BYTES;
	if (compare_interval(good, &now) != 0)
		return GRANT_NOT_NOW;
	if (!grant_has_expired(g, now))
		return schedule_holds(g, person, u16(reader + 20), now) ? GRANT_SCHEDULE : GRANT_NOT_NOW;
	struct standing standing = {u64(reader + 8), credential};
	bool stands = find(g->standing, g->n_standing, STANDING_BYTES, compare_standing, &standing);
	return stands ? GRANT_STANDING : GRANT_EXPIRED_TABLE;
}

struct grant_answer grant_decide(const struct grant *g, const struct grant_question *question)
{
	if (!g)
		return (struct grant_answer){.why = GRANT_NO_TABLE}; /* 1 */
	const uint8_t *reader = find(g->readers, g->n_readers, READER_BYTES, compare_reader, &question->reader);
	if (!reader)
		return (struct grant_answer){.why = GRANT_UNKNOWN_READER}; /* 2 */
	struct grant_answer answer = {.door = u64(reader + 8), .release_ms = u32(reader + 16)};
	if (question->held)
		answer.why = GRANT_HELD; /* 3 */
	else if (u16(reader + 22) & GRANT_SHUT)
		answer.why = GRANT_DOOR_SHUT; /* 4 */
	else
		answer.why = decide_card(g, reader, question->token, question->now);
	answer.granted = answer.why == GRANT_SCHEDULE || answer.why == GRANT_STANDING;
	return answer;
}
