#include "domain/access/access_table.h"

#include "domain/access/access.h"
#include "domain/mission/mission.h"
#include "domain/people/people.h"
#include "rules/profile.h"
#include "schema/text.h"

enum {
	MS_PER_MINUTE = 60 * 1000,
	MS_PER_DAY = 24 * 60 * MS_PER_MINUTE,
	EDGES_MAX = 96, /* of a day; with more, every minute is looked at */
	FACTS_BYTES = 1 << 16,
};

#define FACT(name) (UINT32_C(1) << ACCESS_REQUEST_##name)

static const uint32_t person_facts = FACT(PERSON_NAME) | FACT(PERSON_GROUPS) | FACT(PERSON_COMPANY) |
				     FACT(PERSON_CLEARANCE) | FACT(PERSON_PRESENT) | FACT(CREDENTIAL_KIND);
static const uint32_t place_facts = FACT(DOOR_NAME) | FACT(DOOR_ZONE) | FACT(DOOR_FROM_ZONE) | FACT(DOOR_BUILDING) |
				    FACT(ZONE_GRADE) | FACT(ZONE_KIND) | FACT(READER_SECURE);

struct making {
	const struct state *state;
	const struct rulebook *rulebook;
	const struct grant_head *head;
	struct grant_builder builder;
	const struct badge **persons; /* one of each profile, by its number */
	const struct reader **places;
	int64_t *moments; /* from each on, up to the next, every answer is the same */
	size_t n_moments;
	int64_t *own; /* the same, and one badge's birthdays among them */
	bool ages;    /* some rule asks for a badge's age */
};

/* Who, and where */

static struct str profile(const struct making *m, const struct badge *badge, const struct reader *reader,
			  uint32_t facts, struct arena *arena)
{
	struct access_request request;
	char *memory = arena_take(arena, FACTS_BYTES, 1);
	struct buf b = {.at = (uint8_t *)memory, .size = FACTS_BYTES};
	access_request_of(m->state, badge, reader, m->head->made, &request);
	request.facts[ACCESS_REQUEST_PERSON_PRESENT] =
	    (struct fact){.state = FACT_KNOWN, .number = 1}; /* or it is not good */
	profile_put(&b, m->rulebook, request.facts, facts);
	ASSERT(!b.over);
	return buf_str(&b);
}

static const struct reader *first_reader(const struct making *m)
{
	return reader_first_by_line(m->state, m->head->driver);
}

static void add_readers(struct making *m, const struct badge *any, struct arena *scratch)
{
	for (const struct reader *row = first_reader(m); row; row = reader_next_by_line(m->state, row)) {
		const struct door *door = door_get(m->state, row->door);
		struct grant_reader reader = {.reader = row->reader, .door = row->door, .release_ms = door->release};
		arena_clear(scratch);
		uint32_t place = grant_add_reader(&m->builder, &reader, profile(m, any, row, place_facts, scratch));
		if (!m->builder.fault && !m->places[place])
			m->places[place] = row;
	}
}

/* When the badge is good at all; false: at no time of this table. */
static bool good_times(const struct making *m, const struct badge *badge, struct grant_credential *credential)
{
	const struct person *person = person_get(m->state, badge->person);
	credential->from = person->has_from ? person->from : 0;
	credential->until = person->has_until ? person->until : INT64_MAX;
	if (badge->has_until && badge->until < credential->until)
		credential->until = badge->until;
	return badge->state == BADGE_STATE_ACTIVE && badge->card.len > 0 && credential->from < credential->until &&
	       credential->from < m->head->until && credential->until > m->head->made;
}

/* A door of another line is no concern of this driver's. */
static bool is_ours(const struct making *m, uint64_t door)
{
	const struct reader *row = reader_first_by_door(m->state, door);
	while (row && !str_eq(text_str(row->line), m->head->driver))
		row = reader_next_by_door(m->state, row);
	return row != NULL;
}

/* Whoever was declared twice for a door stands for it once. */
static bool is_repeated(const struct making *m, const struct standing *row)
{
	const struct standing *other = standing_first_by_person(m->state, row->person);
	while (other != row && other->door != row->door)
		other = standing_next_by_person(m->state, other);
	return other != row;
}

static void add_standing(struct making *m, uint64_t person, const uint8_t token[GRANT_TOKEN_BYTES])
{
	const struct standing *row = standing_first_by_person(m->state, person);
	for (; row; row = standing_next_by_person(m->state, row))
		if (is_ours(m, row->door) && !is_repeated(m, row))
			grant_add_standing(&m->builder, row->door, token);
}

static int64_t add_badges(struct making *m, access_token *token, void *context, struct arena *scratch)
{
	int64_t n = 0;
	const struct badge *row = NULL;
	while ((row = badge_after(m->state, row ? row->badge : 0)) && !m->builder.fault) {
		struct grant_credential credential;
		if (!good_times(m, row, &credential))
			continue;
		arena_clear(scratch);
		struct str facts = profile(m, row, first_reader(m), person_facts, scratch);
		struct buf b = {.at = (uint8_t *)(uintptr_t)facts.at, .len = facts.len, .size = FACTS_BYTES};
		if (m->ages)
			buf_put_i64(&b, row->issued);
		token(context, row->bits, text_str(row->card), credential.token);
		uint32_t person = grant_add_credential(&m->builder, &credential, buf_str(&b));
		add_standing(m, row->person, credential.token);
		if (!m->builder.fault && !m->persons[person])
			m->persons[person] = row;
		n++;
	}
	return n;
}

/* When */

/* Local midnight, where a rule's time begins or ends, and where the clocks change: found minute by minute, so that no arithmetic of zones is needed. */
static void find_moments(struct making *m, const int64_t *edges, int n_edges)
{
	struct mission_local_time last = mission_local_time(m->state, m->head->made);
	int64_t first = m->head->made - m->head->made % MS_PER_MINUTE + MS_PER_MINUTE;
	m->moments[m->n_moments++] = m->head->made;
	for (int64_t at = first; at < m->head->until; at += MS_PER_MINUTE) {
		struct mission_local_time now = mission_local_time(m->state, at);
		bool turns = n_edges == PROFILE_ANYWHERE || now.minute != last.minute + 1; /* midnight too */
		for (int i = 0; i < n_edges && !turns; i++)
			turns = now.minute == edges[i];
		if (turns)
			m->moments[m->n_moments++] = at;
		last = now;
	}
}

/* A badge's age changes at an hour of its own. Returns how many moments there are. */
static size_t own_moments(struct making *m, const struct badge *badge)
{
	size_t n = 0, i = 0;
	int64_t birthday = badge->issued + ((m->head->made - badge->issued) / MS_PER_DAY + 1) * MS_PER_DAY;
	while (i < m->n_moments || (m->ages && birthday < m->head->until)) {
		bool is_birthday =
		    m->ages && birthday < m->head->until && (i == m->n_moments || birthday < m->moments[i]);
		m->own[n++] = is_birthday ? birthday : m->moments[i++];
		birthday += is_birthday ? MS_PER_DAY : 0;
	}
	return n;
}

static bool passes(const struct making *m, const struct badge *badge, const struct reader *reader, int64_t at)
{
	struct access_request request;
	struct answer answer;
	access_request_of(m->state, badge, reader, at, &request);
	request.facts[ACCESS_REQUEST_PERSON_PRESENT] = (struct fact){.state = FACT_KNOWN, .number = 1};
	rulebook_decide(m->rulebook, request.facts, &answer);
	return answer.outcome == OUTCOME_PERMIT && answer.conditions == 0;
}

/* Where there are more times than a schedule holds, the later ones are not among them: what is not there refuses. */
static void ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret_times)
{
	struct making *m = context;
	const struct badge *badge = m->persons[person];
	size_t n = own_moments(m, badge);
	bool passed = false;
	ret_times->n = 0;
	for (size_t i = 0; i < n; i++) {
		bool now = passes(m, badge, m->places[place], m->own[i]);
		if (now && !passed) {
			if (ret_times->n == GRANT_INTERVALS_EACH_MAX)
				break;
			ret_times->at[ret_times->n++] = (struct grant_interval){m->own[i], m->head->until};
		} else if (!now && passed) {
			ret_times->at[ret_times->n - 1].until = m->own[i];
		}
		passed = now;
	}
}

const char *access_table_make(const struct state *state, const struct rulebook *rulebook, const struct grant_head *head,
			      access_token *token, void *context, struct arena *arena, struct buf *out,
			      int64_t *ret_badges)
{
	struct making m = {.state = state, .rulebook = rulebook, .head = head};
	int64_t edges[EDGES_MAX];
	size_t moments_max = (size_t)((head->until - head->made) / MS_PER_MINUTE) + 2;
	m.persons = ARENA_TAKE(arena, const struct badge *, GRANT_PERSONS_MAX);
	m.places = ARENA_TAKE(arena, const struct reader *, GRANT_PLACES_MAX);
	m.moments = ARENA_TAKE(arena, int64_t, moments_max);
	m.own = ARENA_TAKE(arena, int64_t, moments_max + (size_t)((head->until - head->made) / MS_PER_DAY) + 1);
	m.ages = profile_facts(rulebook) & FACT(CREDENTIAL_AGE_DAYS);
	struct arena scratch = arena_over(arena_take(arena, 2 * FACTS_BYTES, 1), 2 * FACTS_BYTES);
	const struct badge *any = badge_after(state, 0);
	grant_begin(&m.builder, head, arena);
	if (any && first_reader(&m)) {
		add_readers(&m, any, &scratch);
		*ret_badges = add_badges(&m, token, context, &scratch);
		find_moments(&m, edges, profile_edges(rulebook, ACCESS_REQUEST_NOW_TIME, edges, EDGES_MAX));
	} else {
		*ret_badges = 0;
	}
	grant_schedule(&m.builder, ask, &m);
	return grant_end(&m.builder, out);
}
