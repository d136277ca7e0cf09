#include "rules/domain_text.h"
#include "rules/texts.h"

struct looking {
	struct domain *d;
	const struct want *wants;
	size_t n;
	struct str *ret_text;
};

static bool is_wanted(const struct looking *l, struct str text)
{
	l->d->work += l->n;
	for (size_t i = 0; i < l->n; i++) {
		if (match_text(l->wants[i].predicate, text) != (l->wants[i].holds ? TRUTH_YES : TRUTH_NO))
			return false;
	}
	return true;
}

static bool accept(const struct looking *l, struct str text)
{
	if (!is_wanted(l, text))
		return false;
	*l->ret_text = arena_str(l->d->arena, text);
	return true;
}

/* All of its texts are named in full, in any case of their letters. */
static bool is_exact(const struct predicate *p)
{
	bool exact = p->kind == PREDICATE_TEXT;
	for (size_t i = 0; exact && i < p->n; i++)
		exact = !p->patterns[i].wild && !p->patterns[i].cased;
	return exact;
}

/* Whether the case of a letter can matter. */
static bool looks_at_case(const struct predicate *p)
{
	bool looks = p->kind == PREDICATE_REGEX;
	for (size_t i = 0; !looks && i < p->n; i++)
		looks = p->patterns[i].cased;
	return looks;
}

/* ---- what probably does ---- */

/* The pattern without its stars, and with a letter for each question mark. */
static struct str skeleton(struct arena *scratch, const struct pattern *pattern)
{
	struct buf b = arena_buf(scratch);
	for (size_t i = 0; i < pattern->text.len; i++) {
		char c = pattern->text.at[i];
		if (c != PATTERN_RUN)
			buf_put_char(&b, c == PATTERN_ONE ? 'x' : c == PATTERN_DASH ? '-' : c);
	}
	return arena_keep(scratch, &b);
}

/* First as the rule writes it, with its capital letters. */
static bool try_patterns(const struct looking *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct predicate *p = l->wants[i].predicate;
		for (size_t k = 0; l->wants[i].holds && p->kind == PREDICATE_TEXT && k < p->n; k++) {
			if ((p->patterns[k].said.len && accept(l, p->patterns[k].said)) ||
			    accept(l, skeleton(l->d->scratch, &p->patterns[k])))
				return true;
		}
	}
	return false;
}

static bool try_some(const struct looking *l, struct str hint)
{
	static const struct str some[] = {{"x", 1}, {"other", 5}, {"", 0}};
	bool found = (hint.len && accept(l, hint)) || try_patterns(l);
	for (size_t i = 0; !found && i < ARRAY_LEN(some); i++)
		found = accept(l, some[i]);
	return found;
}

static bool try_lately(const struct looking *l)
{
	const struct lately *lately = l->d->lately;
	for (size_t i = 0; lately && i < DOMAIN_LATELY; i++) {
		if (accept(l, (struct str){lately->texts[i].at, lately->texts[i].len}))
			return true;
	}
	return false;
}

/* ---- what surely does, if anything ---- */

static bool take(void *context, const uint64_t *judgement, struct str text)
{
	(void)judgement;
	return !accept(context, text);
}

static void remember(struct lately *lately, struct str text)
{
	if (!lately || text.len > sizeof lately->texts[0].at)
		return;
	size_t i = lately->next++ % DOMAIN_LATELY;
	lately->texts[i].len = (uint8_t)text.len;
	memcpy(lately->texts[i].at, text.at, text.len);
}

/* In the walk stand all predicates but those that only name texts that it must not be: there may be many, and whatever
 * the walk finds is tried on them. */
static enum found search(struct looking *l, bool by_case)
{
	struct bag predicates = BAG(l->d->scratch, const struct predicate *);
	size_t exact = 0;
	for (size_t i = 0; i < l->n; i++) {
		const struct predicate *p = l->wants[i].predicate;
		if (by_case || l->wants[i].holds || !is_exact(p))
			*(const struct predicate **)bag_add(&predicates) = p;
		else
			exact += p->n;
	}
	size_t times = 1 + (exact < DOMAIN_EXACT_MAX ? exact : DOMAIN_EXACT_MAX);
	struct texts texts = {.predicates = predicates.at,
			      .n = predicates.n,
			      .times = times,
			      .one_case = !by_case,
			      .scratch = l->d->scratch,
			      .take = take,
			      .context = l};
	enum walk answer = texts_walk(&texts);
	l->d->work += texts.work;
	if (answer == WALK_ENDED)
		return exact > DOMAIN_EXACT_MAX ? FOUND_TOO_HARD : FOUND_NONE;
	if (answer == WALK_STOPPED)
		remember(l->d->lately, *l->ret_text);
	return answer == WALK_STOPPED ? FOUND_ONE : FOUND_TOO_HARD;
}

enum found domain_find_text(struct domain *d, const struct want *wants, size_t n, struct str hint, struct str *ret_text)
{
	struct looking l = {d, wants, n, ret_text};
	bool by_case = false, exact = false;
	if (try_some(&l, hint))
		return FOUND_ONE;
	for (size_t i = 0; i < n; i++) {
		by_case = by_case || looks_at_case(wants[i].predicate);
		exact = exact || (wants[i].holds && is_exact(wants[i].predicate));
	}
	/* It must be one of a few texts, and they have been tried. */
	if (exact && !by_case)
		return FOUND_NONE;
	return try_lately(&l) ? FOUND_ONE : search(&l, by_case);
}

/* ---- all ways ---- */

struct listing {
	struct domain *d;
	struct bag *values;
};

static bool list(void *context, const uint64_t *judgement, struct str text)
{
	struct listing *l = context;
	(void)judgement;
	if (!domain_has_room(l->d))
		return false;
	*(struct fact *)bag_add(l->values) = (struct fact){.state = FACT_KNOWN, .text = arena_str(l->d->arena, text)};
	return true;
}

bool domain_list_texts(struct domain *d, const struct predicate *const *predicates, size_t n, size_t times,
		       bool by_case, struct bag *values)
{
	struct listing l = {d, values};
	for (size_t i = 0; i < n; i++)
		by_case = by_case || looks_at_case(predicates[i]);
	struct texts texts = {.predicates = predicates,
			      .n = n,
			      .times = times,
			      .one_case = !by_case,
			      .scratch = d->scratch,
			      .take = list,
			      .context = &l};
	/* The values are kept where the walk's memory is not. */
	ASSERT(values->arena != d->scratch && d->arena != d->scratch);
	enum walk answer = texts_walk(&texts);
	d->work += texts.work;
	return answer == WALK_ENDED;
}
