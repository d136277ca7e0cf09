#include "rules/search.h"
#include "rules/fact_words.h"
#include "rules/precedence.h"

void search_init(struct search *s, const struct rulebook *book, struct arena *scratch, size_t work_max)
{
	s->book = book;
	cases_init(&s->cases, book->vocabulary, book->n_predicates, scratch, work_max);
}

/* A case in which all n rules speak. */
static enum found find_speaking(struct search *s, const uint16_t *rules, size_t n, struct finding *ret_finding)
{
	struct goal goals[SEARCH_CIRCLE_MAX];
	const struct case_question question = {.goals = goals, .n = n, .work_max = CASE_WORK_MAX};
	ASSERT(n <= SEARCH_CIRCLE_MAX);
	for (size_t i = 0; i < n; i++)
		goals[i] = (struct goal){s->book->rules[rules[i] - 1].applies, true};
	enum found found = case_find(&s->cases, &question, ret_finding->facts);
	ret_finding->n = n;
	memcpy(ret_finding->rules, rules, n * sizeof *rules);
	return found;
}

enum found search_overlap(struct search *s, uint16_t rule, uint16_t other, struct finding *ret_finding)
{
	const uint16_t rules[] = {rule, other};
	return find_speaking(s, rules, 2, ret_finding);
}

enum found search_unsettled(struct search *s, uint16_t permission, uint16_t refusal, struct finding *ret_finding)
{
	bool permits;
	if (precedence_of(s->book, permission - 1U, refusal - 1U, &permits) != OUTWEIGHS_PROHIBITION)
		return FOUND_NONE;
	return search_overlap(s, permission, refusal, ret_finding);
}

enum found search_gap(struct search *s, struct finding *ret_finding)
{
	const struct goal goal = {s->book->covers, true};
	const struct case_question question = {
	    .goals = &goal, .n = 1, .silent = s->book, .work_max = s->cases.work_max};
	ret_finding->n = 0;
	return s->book->covers ? case_find(&s->cases, &question, ret_finding->facts) : FOUND_NONE;
}

/* ---- circles ---- */

/* Which rules outweigh which for a reason that is said of them, inside one layer. */
struct graph {
	struct search *s;
	size_t n, words;
	uint64_t *beats;		   /* a set for each rule */
	uint64_t left[RULE_SET_WORDS_MAX]; /* rules that may stand in a circle */
	uint16_t path[SEARCH_CIRCLE_MAX];  /* numbers of rules, each outweighing the next */
	size_t length;
	struct finding *ret_finding;
};

static uint64_t *beaten_by(const struct graph *g, size_t rule)
{
	return g->beats + rule * g->words;
}

static void add_edges(struct graph *g)
{
	const struct rulebook *book = g->s->book;
	for (size_t p = 0; p < g->n; p++) {
		for (size_t r = 0; r < g->n && set_has(book->permits, p); r++) {
			bool permits;
			if (set_has(book->permits, r))
				continue;
			enum outweighs why = precedence_of(book, p, r, &permits);
			if (why != OUTWEIGHS_LAYER && why != OUTWEIGHS_PROHIBITION)
				set_add(beaten_by(g, permits ? p : r), permits ? r : p);
		}
	}
}

static bool is_between(const struct graph *g, size_t rule)
{
	bool beats = false, beaten = false;
	for (size_t w = 0; w < g->words; w++)
		beats = beats || beaten_by(g, rule)[w] & g->left[w];
	for (size_t other = 0; !beaten && other < g->n; other++)
		beaten = set_has(g->left, other) && set_has(beaten_by(g, other), rule);
	return beats && beaten;
}

/* Takes out, again and again, what outweighs nothing that is left or is outweighed by nothing: most often all. */
static void trim(struct graph *g)
{
	bool changed = true;
	for (size_t i = 0; i < g->n; i++)
		set_add(g->left, i);
	while (changed) {
		changed = false;
		for (size_t i = 0; i < g->n; i++) {
			if (!set_has(g->left, i) || is_between(g, i))
				continue;
			set_remove(g->left, i);
			changed = true;
		}
	}
}

static bool is_on_path(const struct graph *g, size_t rule)
{
	for (size_t i = 0; i < g->length; i++) {
		if (g->path[i] == rule + 1)
			return true;
	}
	return false;
}

/* Goes on from the path's last rule to rules behind its first, as long as all of them can speak in one case. */
static enum found follow(struct graph *g)
{
	size_t first = g->path[0] - 1U, last = g->path[g->length - 1] - 1U;
	if (g->length > 2 && set_has(beaten_by(g, last), first))
		return FOUND_ONE;
	if (g->length == SEARCH_CIRCLE_MAX)
		return FOUND_TOO_HARD;
	SET_EACH (g->left, g->words, next) {
		if (next < first || !set_has(beaten_by(g, last), next) || is_on_path(g, next))
			continue;
		g->path[g->length++] = (uint16_t)(next + 1);
		enum found found = find_speaking(g->s, g->path, g->length, g->ret_finding);
		if (found == FOUND_ONE)
			found = follow(g);
		if (found != FOUND_NONE)
			return found;
		g->length--;
	}
	return FOUND_NONE;
}

enum found search_circle(struct search *s, struct finding *ret_finding)
{
	struct graph g = {.s = s, .n = s->book->n, .words = s->book->set_words, .ret_finding = ret_finding};
	size_t used = s->cases.scratch->used;
	enum found found = FOUND_NONE;
	g.beats = ARENA_TAKE(s->cases.scratch, uint64_t, g.n * g.words);
	add_edges(&g);
	trim(&g);
	SET_EACH (g.left, g.words, first) {
		g.path[0] = (uint16_t)(first + 1);
		g.length = 1;
		found = found == FOUND_NONE ? follow(&g) : found;
	}
	s->cases.scratch->used = used;
	return found;
}

/* ---- at load ---- */

enum { WHAT_BYTES = 500, RULES_BYTES = 300 }; /* of an error, and of what the rules have of it */

static int fail_at_rule(const struct search *s, const struct source *head, uint16_t rule, enum error_code code,
			const char *what)
{
	const struct rule_words *words = rulebook_rule(s->book, rule);
	error_set(head->error, code, "%s", what);
	return error_where(head->error, STR_FMT ":%d:%d", STR_ARG(words->file), words->line, words->column);
}

static void put_rule(struct buf *b, const struct rulebook *book, uint16_t rule, bool with_place)
{
	const struct rule_words *words = rulebook_rule(book, rule);
	char text[300];
	int n = snprintf(text, sizeof text, with_place ? "\"" STR_FMT "\" (" STR_FMT ":%d:%d)" : "\"" STR_FMT "\"",
			 STR_ARG(words->id), STR_ARG(words->file), words->line, words->column);
	buf_put(b, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* The first rules, as far as there is room, and the case. */
static int tell_circle(const struct search *s, const struct source *head, const struct finding *f)
{
	char what[WHAT_BYTES];
	struct buf b = {.at = (uint8_t *)what, .size = RULES_BYTES};
	for (size_t i = 0; i < f->n && !b.over; i++) {
		size_t len = b.len;
		put_rule(&b, s->book, f->rules[i], i > 0);
		BUF_LIT(&b, " outweighs ");
		b.len = b.over ? len : b.len;
	}
	bool cut = b.over;
	b.over = false;
	b.size = sizeof what - 1;
	if (cut)
		BUF_LIT(&b, "\u2026 outweighs ");
	put_rule(&b, s->book, f->rules[0], false);
	BUF_LIT(&b, ", round in a circle, when ");
	fact_put_case(&b, s->book->vocabulary, f->facts);
	what[b.len] = 0;
	fail_at_rule(s, head, f->rules[0], ERROR_INPUT, what);
	return error_remedy(head->error,
			    "take one `overrides` or date out, or put one of the rules into another layer");
}

static int tell_unsettled(const struct search *s, const struct source *head, const struct finding *f)
{
	char what[WHAT_BYTES];
	struct buf b = {.at = (uint8_t *)what, .size = sizeof what - 1};
	put_rule(&b, s->book, f->rules[0], false);
	BUF_LIT(&b, " permits what ");
	put_rule(&b, s->book, f->rules[1], true);
	BUF_LIT(&b, " refuses, and nothing but prohibition tells them apart, when ");
	fact_put_case(&b, s->book->vocabulary, f->facts);
	what[b.len] = 0;
	fail_at_rule(s, head, f->rules[0], ERROR_INPUT, what);
	return error_remedy(head->error, "let one override the other, put one into another layer, or make one more "
					 "particular");
}

static int tell_gap(const struct search *s, const struct source *head, const struct yaml *covers,
		    const struct finding *f)
{
	char facts[WHAT_BYTES - 60];
	struct buf b = BUF(facts);
	fact_put_case(&b, s->book->vocabulary, f->facts);
	source_fail(head, covers, "no rule speaks, and only the default is left, when " STR_FMT, STR_ARG(buf_str(&b)));
	return source_remedy(head, "write a rule for it, if only one that refuses; or let `covers` say less");
}

static int tell_hard(const struct search *s, const struct source *head, uint16_t rule, const char *what)
{
	if (rule)
		fail_at_rule(s, head, rule, ERROR_LIMIT, what);
	else
		error_set(head->error, ERROR_LIMIT, "%s", what), error_where(head->error, "%s", head->name);
	source_remedy(head, "write fewer alternatives into one rule, or simpler patterns");
	return ERROR_LIMIT;
}

static int check_circles(struct search *s, const struct source *head)
{
	struct finding f;
	enum found found = search_circle(s, &f);
	if (found == FOUND_NONE)
		return 0;
	return found == FOUND_ONE
		   ? tell_circle(s, head, &f)
		   : tell_hard(s, head, 0, "the rules are too intricate to find circles of precedence among them");
}

static int check_unsettled(struct search *s, const struct source *head)
{
	const struct rulebook *book = s->book;
	struct finding f;
	for (size_t p = 0; p < book->n; p++) {
		for (size_t r = 0; r < book->n && set_has(book->permits, p); r++) {
			if (set_has(book->permits, r))
				continue;
			enum found found = search_unsettled(s, (uint16_t)(p + 1), (uint16_t)(r + 1), &f);
			if (found == FOUND_ONE)
				return tell_unsettled(s, head, &f);
			if (found == FOUND_TOO_HARD)
				return tell_hard(
				    s, head, (uint16_t)(p + 1),
				    "this rule and others are too intricate to find conflicts between them");
		}
	}
	return 0;
}

static int check_gaps(struct search *s, const struct source *head, const struct yaml *covers)
{
	struct finding f;
	enum found found = search_gap(s, &f);
	if (found == FOUND_NONE)
		return 0;
	if (found == FOUND_ONE)
		return tell_gap(s, head, covers, &f);
	source_limit(head, covers, "the rules are too intricate to find the cases of which none speaks");
	source_remedy(head, "let `covers` say less, or write simpler patterns");
	return ERROR_LIMIT;
}

int search_rulebook(const struct rulebook *book, const struct source *head, const struct yaml *covers,
		    struct arena *scratch)
{
	struct search s;
	size_t used = scratch->used;
	search_init(&s, book, scratch, SEARCH_WORK_MAX);
	int code = check_circles(&s, head);
	s.cases.work = 0;
	if (code == 0 && book->unsettled_is_conflict)
		code = check_unsettled(&s, head);
	s.cases.work = 0;
	if (code == 0)
		code = check_gaps(&s, head, covers);
	scratch->used = used;
	return code;
}
