#include "cli/story.h"

#include "schema/json.h"

enum {
	BEFORE_COLUMNS = 15, /* clock and mark */
	WHY_COLUMNS = 28,    /* of a rule's name, as most are */
	SENTENCE_COLUMNS_MIN = 40,
	SENTENCE_COLUMNS_MAX = 68,
};

/* How events look; one that has no row is plain. */
static const struct face {
	struct str event, mark;
	enum paint paint;
	bool quiet;
} faces[] = {
    {{"access.Granted", 14}, {"✓", 3}, PAINT_GOOD, false},
    {{"access.Denied", 13}, {"✗", 3}, PAINT_BAD, false},
    {{"doors.Released", 14}, {"→", 3}, PAINT_DIM, true},
    {{"doors.Signalled", 15}, {"→", 3}, PAINT_DIM, true},
    {{"drivers.OrderDone", 17}, {"·", 2}, PAINT_DIM, true},
    {{"doors.StrikeReleased", 20}, {"·", 2}, PAINT_DIM, false},
    {{"doors.ReaderBecameOffline", 25}, {"!", 1}, PAINT_CARE, false},
    {{"doors.LineDisturbed", 19}, {"!", 1}, PAINT_CARE, false},
    {{"doors.TamperChanged", 19}, {"!", 1}, PAINT_CARE, false},
    {{"drivers.OrderExpired", 20}, {"!", 1}, PAINT_CARE, false},
    {{"drivers.OrderUnanswered", 23}, {"!", 1}, PAINT_CARE, false},
    {{"drivers.TableIssued", 19}, {"→", 3}, PAINT_DIM, true},
    {{"drivers.TableConfirmed", 22}, {"·", 2}, PAINT_DIM, true},
    {{"drivers.DesiredReached", 22}, {"·", 2}, PAINT_DIM, true},
    {{"doors.Held", 10}, {"→", 3}, PAINT_DIM, true},
    {{"doors.LockedDown", 16}, {"!", 1}, PAINT_BAD, false},
    {{"oversight.ApprovalAsked", 23}, {"?", 1}, PAINT_CARE, false},
    {{"oversight.ReviewOwed", 20}, {"?", 1}, PAINT_CARE, true},
    {{"oversight.ReviewMissed", 22}, {"!", 1}, PAINT_CARE, false},
    {{"oversight.LookOver", 18}, {"·", 2}, PAINT_DIM, true},
    {{"record.Staged", 13}, {"·", 2}, PAINT_DIM, true},
    {{"record.Baseline", 15}, {"·", 2}, PAINT_DIM, true},
    {{"record.ClockDoubted", 19}, {"!", 1}, PAINT_CARE, false},
    {{"record.SpaceChanged", 19}, {"!", 1}, PAINT_CARE, false},
    {{"record.SetAside", 15}, {"!", 1}, PAINT_BAD, false},
    {{"record.SigningStopped", 21}, {"!", 1}, PAINT_BAD, false},
};
static const struct face plain = {{0}, {"•", 3}, PAINT_PLAIN, false};
static const struct face refused = {{0}, {"✗", 3}, PAINT_CARE, false};

static const struct face *face_of(struct str event)
{
	for (size_t i = 0; i < ARRAY_LEN(faces); i++)
		if (str_eq(faces[i].event, event))
			return &faces[i];
	return &plain;
}

void story_begin(struct story *ret_story, const struct answer_entry *answer, enum language language,
		 struct arena *arena)
{
	*ret_story =
	    (struct story){.entry = answer, .saying = {language, answer->names, arena, answer->masked, answer->erased}};
}

/* The event that tells the entry: the first that is not quiet. */
static const struct entry_event *teller(const struct story *story)
{
	const struct entry_event_list *events = &story->entry->events;
	for (size_t i = 0; i < events->n; i++)
		if (!face_of(events->at[i].name)->quiet)
			return &events->at[i];
	return events->n > 0 ? &events->at[0] : NULL;
}

bool story_is_shown(const struct story *story)
{
	const struct entry_event *event = teller(story);
	return story->entry->has_refusal || (event && !face_of(event->name)->quiet);
}

static struct str sentence(const struct story *story, const struct face **ret_face)
{
	const struct entry_event *event = teller(story);
	/* Room of its own, because the words take from the arena while they are put. */
	struct buf b = {.at = arena_take(story->saying.arena, 1024, 1), .size = 1024};
	*ret_face = story->entry->has_refusal ? &refused : event ? face_of(event->name) : &plain;
	if (story->entry->has_refusal)
		words_put_refusal(&b, &story->saying, story->entry->refusal.name, story->entry->refusal.takes);
	else if (event)
		words_put_event(&b, &story->saying, event->name, event->body);
	else if (story->entry->has_input)
		buf_put_str(&b, story->entry->input.name);
	return buf_str(&b);
}

/* "staff-by-day", or what else stood behind it. */
static struct str short_why(const struct story *story)
{
	const struct entry_because *because = &story->entry->because;
	if (story->entry->has_because)
		return because->spoke.n > 0 ? because->spoke.at[0] : (struct str){0};
	if (story->entry->has_from && story->entry->from.kind == ENTRY_FROM_OPERATOR)
		return story->entry->from.operator.login;
	return (struct str){0};
}

/* Where the reasons begin. */
static size_t sentence_columns(int columns)
{
	int left = columns == 0 ? SENTENCE_COLUMNS_MAX : columns - BEFORE_COLUMNS - 2 - WHY_COLUMNS;
	left = left < SENTENCE_COLUMNS_MIN ? SENTENCE_COLUMNS_MIN : left;
	return (size_t)(left > SENTENCE_COLUMNS_MAX ? SENTENCE_COLUMNS_MAX : left);
}

void story_put_line(struct buf *b, const struct story *story, int columns)
{
	const struct face *face;
	struct str text = sentence(story, &face), why = short_why(story);
	size_t column = sentence_columns(columns), wide = words_width(text) > column ? words_width(text) : column;
	bool room = columns == 0 || (size_t)columns >= BEFORE_COLUMNS + wide + 2 + words_width(why);
	BUF_LIT(b, "  ");
	paint_put(b, PAINT_DIM);
	words_put_clock(b, story->entry->wall);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "  ");
	paint_put(b, face->paint);
	buf_put_str(b, face->mark);
	if (face->paint != PAINT_DIM)
		paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "  ");
	if (room && why.len > 0) {
		words_put_padded(b, text, column);
		BUF_LIT(b, "  ");
		paint_put(b, PAINT_DIM);
		buf_put_str(b, why);
	} else {
		buf_put_str(b, text);
	}
	paint_put(b, PAINT_PLAIN);
}

/* At length */

static void put_from(struct buf *b, const struct entry_from *from)
{
	switch (from->kind) {
	case ENTRY_FROM_DRIVER:
		buf_put_str(b, from->driver.name);
		BUF_LIT(b, ", report ");
		buf_put_i64(b, from->driver.sequence);
		break;
	case ENTRY_FROM_OPERATOR:
		buf_put_str(b, from->operator.login);
		break;
	case ENTRY_FROM_CORE:
	case ENTRY_FROM_NONE:
		BUF_LIT(b, "the core");
	}
}

static const struct rule_words *rule_of(const struct rulebook *rules, struct str id)
{
	for (size_t i = 1; rules && i <= rulebook_size(rules); i++) {
		const struct rule_words *words = rulebook_rule(rules, (uint16_t)i);
		if (str_eq(words->id, id))
			return words;
	}
	return NULL;
}

static void put_rule(struct buf *b, const struct rulebook *rules, struct str id)
{
	const struct rule_words *words = rule_of(rules, id);
	buf_put_str(b, id);
	if (words) {
		BUF_LIT(b, ": ");
		buf_put_str(b, words->title);
	}
}

static void put_reason(struct buf *b, const struct rulebook *rules, struct str id)
{
	const struct rule_words *words = rule_of(rules, id);
	if (words && words->reason.len > 0) {
		BUF_LIT(b, "\n             “");
		buf_put_str(b, words->reason);
		BUF_LIT(b, "”");
	}
	for (size_t i = 0; words && i < words->n_cites; i++) {
		BUF_LIT(b, "\n             cites ");
		buf_put_str(b, words->cites[i]);
	}
}

static void put_fact(struct buf *b, const struct entry_fact *fact)
{
	BUF_LIT(b, "\n             ");
	words_put_padded(b, fact->name, 22);
	if (fact->value.n == 0)
		buf_put_str(b, fact->has_known && !fact->known ? STR("not known") : STR("none"));
	for (size_t i = 0; i < fact->value.n; i++) {
		if (i > 0)
			BUF_LIT(b, ", ");
		words_put_shown(b, fact->value.at[i]);
	}
}

static void put_because(struct buf *b, const struct entry_because *because, const struct rulebook *rules)
{
	BUF_LIT(b, "\n     why     ");
	if (because->spoke.n == 0) {
		BUF_LIT(b, "no rule permits it");
		if (rules && rulebook_default_reason(rules).len > 0) {
			BUF_LIT(b, ": ");
			buf_put_str(b, rulebook_default_reason(rules));
		}
	}
	for (size_t i = 0; i < because->spoke.n; i++) {
		if (i > 0)
			BUF_LIT(b, "\n             ");
		put_rule(b, rules, because->spoke.at[i]);
		put_reason(b, rules, because->spoke.at[i]);
	}
	for (size_t i = 0; i < because->outweighed.n; i++) {
		BUF_LIT(b, "\n             outweighs ");
		put_rule(b, rules, because->outweighed.at[i].rule);
		BUF_LIT(b, " (");
		buf_put_str(b, entry_outweighed_why_name(because->outweighed.at[i].why));
		BUF_LIT(b, ")");
	}
	paint_put(b, PAINT_DIM);
	for (size_t i = 0; i < because->personal.n; i++)
		put_fact(b, &because->personal.at[i]);
	for (size_t i = 0; i < because->facts.n; i++)
		put_fact(b, &because->facts.at[i]);
	paint_put(b, PAINT_PLAIN);
}

void story_put_whole(struct buf *b, const struct story *story, const struct rulebook *rules)
{
	const struct answer_entry *entry = story->entry;
	const struct face *face;
	const struct entry_event *told = teller(story);
	struct str text = sentence(story, &face);
	paint_put(b, face->paint);
	BUF_LIT(b, "  ");
	buf_put_str(b, face->mark);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "  ");
	paint_put(b, PAINT_STRONG);
	buf_put_str(b, text);
	paint_put(b, PAINT_PLAIN);
	BUF_LIT(b, "\n     when    ");
	words_put_moment(b, entry->wall);
	if (entry->has_index) {
		BUF_LIT(b, "   entry ");
		buf_put_i64(b, entry->index);
	}
	BUF_LIT(b, "\n     from    ");
	if (entry->has_from) {
		put_from(b, &entry->from);
		BUF_LIT(b, "   ");
	}
	if (entry->has_input)
		buf_put_str(b, entry->input.name);
	if (entry->has_because)
		put_because(b, &entry->because, rules);
	for (size_t i = 0; i < entry->events.n; i++)
		if (&entry->events.at[i] != told) {
			BUF_LIT(b, "\n     then    ");
			words_put_event(b, &story->saying, entry->events.at[i].name, entry->events.at[i].body);
		}
	if (entry->has_input)
		words_put_files(b, &story->saying, entry->input.name, entry->input.body);
	if (entry->masked)
		BUF_LIT(b, "\n     masked  some of it opens to a look: chancery look REF --purpose TEXT");
	if (entry->erased)
		BUF_LIT(b, "\n     erased  some of it was forgotten, and cannot be read by anybody any more");
	BUF_LIT(b, "\n");
}
