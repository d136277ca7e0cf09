#include "rules/detected.h"
#include "rules/match.h"

size_t detection_size(const struct detection *detection)
{
	return detection->n;
}

size_t detection_correlations(const struct detection *detection)
{
	return detection->n_correlations;
}

size_t detection_left_out(const struct detection *detection)
{
	return detection->left_out;
}

const struct detection_words *detection_rule(const struct detection *detection, size_t rule)
{
	ASSERT(rule < detection->n + detection->n_correlations);
	return rule < detection->n ? &detection->rules[rule].words
				   : &detection->correlations[rule - detection->n].words;
}

struct str detection_level_name(enum detection_level level)
{
	static const struct str names[] = {
	    [LEVEL_NONE] = {"", 0},	[LEVEL_INFORMATIONAL] = {"informational", 13},
	    [LEVEL_LOW] = {"low", 3},	[LEVEL_MEDIUM] = {"medium", 6},
	    [LEVEL_HIGH] = {"high", 4}, [LEVEL_CRITICAL] = {"critical", 8},
	};
	ASSERT((unsigned)level < ARRAY_LEN(names));
	return names[level];
}

static bool is_of(struct str wanted, struct str known)
{
	return wanted.len == 0 || known.len == 0 || str_eq(wanted, known);
}

static bool is_for(const struct detected *rule, const struct detection_source *source)
{
	return is_of(rule->category, source->category) && is_of(rule->product, source->product) &&
	       is_of(rule->service, source->service);
}

/* ---- what matched ---- */

static bool matches_alone(const struct predicate *p, struct str text)
{
	struct predicate alone = *p;
	struct fact fact = {.state = FACT_KNOWN, .texts = {1, &text}};
	alone.fact = 0;
	return p->kind != PREDICATE_FACT && match_predicate(&alone, &fact) == TRUTH_YES;
}

static void add_matched(const struct detection_event *e, const struct predicate *p, struct detection_hit *hit)
{
	const struct fact *fact = &e->fields[p->fact];
	struct str value = {"", 0};
	for (size_t i = 0; fact->state == FACT_KNOWN && i < fact->texts.n; i++) {
		value = fact->texts.at[i];
		if (matches_alone(p, value))
			break;
	}
	struct detection_matched matched = {e->detection->fields[p->fact], value};
	for (size_t i = 0; i < hit->n_matched; i++) {
		if (str_eq(hit->matched[i].field, matched.field) && str_eq(hit->matched[i].value, matched.value))
			return;
	}
	if (hit->n_matched < HIT_MATCHED_MAX)
		hit->matched[hit->n_matched++] = matched;
}

/* The leaves by which the expression holds, or may, but for those that say what is not. */
static void explain(const struct detection_event *e, const struct node *node, struct detection_hit *hit)
{
	if (match_expression(node, e->fields) < (hit->unsure ? TRUTH_UNKNOWN : TRUTH_YES))
		return;
	if (node->op == NODE_PREDICATE) {
		if (!node->negated)
			add_matched(e, node->predicate, hit);
		return;
	}
	const struct node *end = node + node->size;
	for (const struct node *part = node + 1; part < end; part += part->size)
		explain(e, part, hit);
}

size_t detection_match(const struct detection_event *event, const struct detection_source *source,
		       struct detection_hit *ret_hits, size_t max)
{
	const struct detection *d = event->detection;
	size_t n = 0;
	SET_EACH (event->candidates, d->set_words, rule) {
		const struct detected *r = &d->rules[rule];
		if (!is_for(r, source))
			continue;
		enum truth truth = match_expression(r->applies, event->fields);
		if (truth == TRUTH_NO)
			continue;
		if (n < max) {
			ret_hits[n] = (struct detection_hit){
			    .rule = (uint16_t)rule, .quiet = r->quiet, .unsure = truth == TRUTH_UNKNOWN};
			explain(event, r->applies, &ret_hits[n]);
		}
		n++;
	}
	return n;
}
