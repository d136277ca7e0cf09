#include "rules/rule_bind.h"
#include "rules/imply.h"
#include "rules/precedence.h"

struct binder {
	struct rulebook *rulebook;
	struct rule_draft *drafts;
	struct rule *rules;
	size_t n;
	struct arena *scratch;
	struct error *error;
	struct str *ids; /* in the order of the rules */
	struct cases cases;
	struct fact **speaks; /* of each rule a case in which it does, or NULL where none is known */
};

static struct source source_of(const struct binder *b, size_t rule)
{
	return (struct source){b->drafts[rule].file, b->error};
}

/* Stable: within a layer the order of files stays. */
static void sort(struct binder *b)
{
	size_t n = 0;
	struct rule_draft *sorted = ARENA_TAKE(b->scratch, struct rule_draft, b->n);
	for (size_t layer = 0; layer < RULEBOOK_LAYERS_MAX; layer++) {
		for (size_t i = 0; i < b->n; i++) {
			if (b->drafts[i].rule.layer == layer)
				sorted[n++] = b->drafts[i];
		}
	}
	ASSERT(n == b->n);
	if (n > 0)
		memcpy(b->drafts, sorted, n * sizeof *sorted);
}

static void take_rules(struct binder *b, struct arena *arena)
{
	struct rulebook *book = b->rulebook;
	book->n = b->n;
	book->set_words = (b->n + 63) / 64;
	book->permits = ARENA_TAKE(arena, uint64_t, book->set_words);
	b->rules = ARENA_TAKE(arena, struct rule, b->n);
	b->ids = ARENA_TAKE(b->scratch, struct str, b->n);
	for (size_t i = 0; i < b->n; i++) {
		struct rule *rule = &b->rules[i];
		*rule = b->drafts[i].rule;
		rule->overrides = ARENA_TAKE(arena, uint64_t, book->set_words);
		rule->implies = ARENA_TAKE(arena, uint64_t, book->set_words);
		rule->outweighs = ARENA_TAKE(arena, uint64_t, book->set_words);
		b->ids[i] = rule->words.id;
		if (rule->words.outcome == OUTCOME_PERMIT)
			set_add(book->permits, i);
	}
	book->rules = b->rules;
}

/* ---- overrides ---- */

static int check_override(const struct binder *b, size_t rule, size_t other, const struct yaml *place)
{
	const struct source s = source_of(b, rule);
	const struct rule *r = &b->rules[rule], *o = &b->rules[other];
	if (rule == other) {
		source_fail(&s, place, "the rule overrides itself");
		return source_remedy(&s, "take it out");
	}
	if (r->words.outcome == o->words.outcome) {
		source_fail(&s, place, "\"" STR_FMT "\" has the same outcome, so there is nothing to override",
			    STR_ARG(o->words.id));
		return source_remedy(&s, "take it out, or name a rule that %s",
				     r->words.outcome == OUTCOME_PERMIT ? "refuses" : "permits");
	}
	if (o->layer < r->layer) {
		source_fail(&s, place,
			    "\"" STR_FMT "\" stands in the higher layer " STR_FMT ", which outweighs any `overrides`",
			    STR_ARG(o->words.id), STR_ARG(source_shown(o->words.layer)));
		return source_remedy(&s, "move one of the two to another layer, or take it out");
	}
	if (set_has(o->overrides, rule)) {
		source_fail(&s, place, "\"" STR_FMT "\" overrides this rule already", STR_ARG(o->words.id));
		return source_remedy(&s, "let one of the two override the other");
	}
	return 0;
}

static int bind_override(const struct binder *b, size_t rule, const struct yaml *name)
{
	const struct source s = source_of(b, rule);
	for (size_t other = 0; other < b->n; other++) {
		if (!str_eq(b->ids[other], name->text))
			continue;
		set_add(b->rules[rule].overrides, other);
		return check_override(b, rule, other, name);
	}
	source_fail(&s, name, "there is no rule \"" STR_FMT "\"", STR_ARG(source_shown(name->text)));
	return source_remedy_nearest(&s, name->text, b->ids, b->n, "the rules are");
}

static int bind_overrides(const struct binder *b)
{
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < b->drafts[i].n_overrides; k++) {
			int code = bind_override(b, i, &b->drafts[i].overrides[k]);
			if (code < 0)
				return code;
		}
	}
	return 0;
}

/* ---- ids ---- */

static int check_ids(const struct binder *b)
{
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!str_eq(b->ids[i], b->ids[k]))
				continue;
			const struct source s = source_of(b, i);
			source_fail(&s, &b->drafts[i].place, "there is another rule \"" STR_FMT "\" at %s:%d",
				    STR_ARG(b->ids[i]), b->drafts[k].file, b->drafts[k].place.line);
			return source_remedy(&s, "give each rule an id of its own");
		}
	}
	return 0;
}

/* ---- specificity ---- */

static int check_possible(struct binder *b)
{
	const struct vocabulary *v = b->rulebook->vocabulary;
	b->speaks = ARENA_TAKE(b->scratch, struct fact *, b->n);
	for (size_t i = 0; i < b->n; i++) {
		struct fact facts[FACTS_MAX];
		enum imply_answer never = imply_never(&b->cases, b->rules[i].applies, facts);
		if (never == IMPLY_YES) {
			const struct source s = source_of(b, i);
			source_fail(&s, &b->drafts[i].place,
				    "the rule \"" STR_FMT "\" can never speak: its conditions contradict each other",
				    STR_ARG(b->ids[i]));
			return source_remedy(
			    &s, "look for bounds that exclude each other, and for what both match and unless hold of");
		}
		if (never != IMPLY_NO || match_expression(b->rules[i].applies, facts) != TRUTH_YES)
			continue;
		case_keep(v, facts, b->scratch);
		b->speaks[i] = ARENA_TAKE(b->scratch, struct fact, v->n);
		memcpy(b->speaks[i], facts, v->n * sizeof facts[0]);
	}
	return 0;
}

static int too_hard(const struct binder *b, size_t permission, size_t refusal)
{
	size_t later = permission > refusal ? permission : refusal, earlier = permission + refusal - later;
	const struct source s = source_of(b, later);
	source_limit(&s, &b->drafts[later].place,
		     "\"" STR_FMT "\" and \"" STR_FMT "\" are too intricate to tell which is the more particular",
		     STR_ARG(b->ids[later]), STR_ARG(b->ids[earlier]));
	source_remedy(&s, "let one of them override the other, or write them more simply");
	return ERROR_LIMIT;
}

/* Most rules are told apart by the one case that is known of each. */
static enum imply_answer follows(struct binder *b, size_t rule, size_t other)
{
	const struct node *then = b->rules[other].applies;
	if (b->speaks[rule] && match_expression(then, b->speaks[rule]) == TRUTH_NO)
		return IMPLY_NO;
	return imply_follows(&b->cases, b->rules[rule].applies, then);
}

static int compare(struct binder *b, size_t permission, size_t refusal)
{
	enum imply_answer there = follows(b, permission, refusal);
	if (there == IMPLY_TOO_HARD)
		return too_hard(b, permission, refusal);
	enum imply_answer back = follows(b, refusal, permission);
	if (back == IMPLY_TOO_HARD)
		return too_hard(b, permission, refusal);
	if (there == IMPLY_YES && back == IMPLY_NO)
		set_add(b->rules[permission].implies, refusal);
	if (back == IMPLY_YES && there == IMPLY_NO)
		set_add(b->rules[refusal].implies, permission);
	return 0;
}

/* Only where layers and overrides have not decided already. */
static int bind_implies(struct binder *b)
{
	for (size_t p = 0; p < b->n; p++) {
		for (size_t r = 0; r < b->n && set_has(b->rulebook->permits, p); r++) {
			if (set_has(b->rulebook->permits, r) || b->rules[p].layer != b->rules[r].layer ||
			    set_has(b->rules[p].overrides, r) || set_has(b->rules[r].overrides, p))
				continue;
			int code = compare(b, p, r);
			if (code < 0)
				return code;
		}
	}
	return 0;
}

static void bind_outweighs(const struct binder *b)
{
	for (size_t p = 0; p < b->n; p++) {
		for (size_t r = 0; r < b->n && set_has(b->rulebook->permits, p); r++) {
			bool permits = false;
			if (!set_has(b->rulebook->permits, r))
				precedence_of(b->rulebook, p, r, &permits);
			if (permits)
				set_add(b->rules[p].outweighs, r);
		}
	}
}

static int bind(struct binder *b, struct arena *arena)
{
	cases_init(&b->cases, b->rulebook->vocabulary, b->rulebook->n_predicates, b->scratch, RULE_BIND_WORK_MAX);
	sort(b);
	take_rules(b, arena);
	int code = check_ids(b);
	if (code == 0)
		code = bind_overrides(b);
	if (code == 0)
		code = check_possible(b);
	if (code == 0)
		code = bind_implies(b);
	if (code == 0)
		bind_outweighs(b);
	return code;
}

int rule_bind(struct rulebook *rulebook, struct rule_draft *drafts, size_t n, struct arena *arena,
	      struct arena *scratch, struct error *error)
{
	struct binder b = {.rulebook = rulebook, .drafts = drafts, .n = n, .scratch = scratch, .error = error};
	size_t used = scratch->used;
	int code = bind(&b, arena);
	scratch->used = used;
	return code;
}
