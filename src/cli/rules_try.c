#include "cli/rules.h"
#include "cli/options.h"
#include "cli/words.h"
#include "base/error.h"
#include "rules/changes.h"
#include "rules/fact_read.h"
#include "rules/fact_words.h"
#include "rules/nearest.h"

enum { TEXTS_MAX = 64 };

static size_t find_fact(const struct vocabulary *v, struct str name)
{
	struct str names[FACTS_MAX];
	for (size_t i = 0; i < v->n; i++) {
		names[i] = v->facts[i].name;
		if (str_eq(names[i], name))
			return i;
	}
	struct error error;
	size_t meant = nearest_of(name, names, v->n);
	error_set(&error, ERROR_INPUT, "there is no fact \"" STR_FMT "\" in " STR_FMT, STR_ARG(name), STR_ARG(v->name));
	if (meant < v->n)
		error_remedy(&error, "Did you mean " STR_FMT "?", STR_ARG(names[meant]));
	die(EXIT_USAGE, &error);
}

/* FACT=VALUE; what is not named is unknown, and - is that there is none. */
static void read_facts(const struct vocabulary *v, char **words, size_t n, struct fact *facts)
{
	static struct str texts[FACTS_MAX][TEXTS_MAX];
	for (size_t i = 0; i < n; i++) {
		struct str name, value;
		struct error error;
		if (!str_cut(str_of(words[i]), '=', &name, &value))
			options_usage();
		size_t fact = find_fact(v, name);
		if (fact_read(v->facts[fact].kind, value, texts[fact], TEXTS_MAX, &facts[fact], &error) < 0) {
			error_where(&error, STR_FMT, STR_ARG(name));
			die(EXIT_USAGE, &error);
		}
	}
}

static uint32_t read_kept(const struct vocabulary *v, const char *names)
{
	uint32_t kept = 0;
	struct str rest = str_of(names ? names : ""), name;
	for (bool more = rest.len > 0; more;) {
		struct str next = {"", 0};
		more = str_cut(rest, ',', &name, &next);
		kept |= UINT32_C(1) << find_fact(v, more ? name : rest);
		rest = next;
	}
	return kept;
}

/* ---- the answer ---- */

static void put_outcome(struct buf *b, const struct rulebook *rules, const struct answer *a)
{
	bool permit = a->outcome == OUTCOME_PERMIT;
	struct str reason = a->deciding	    ? rulebook_rule(rules, a->deciding)->reason
			    : a->by_default ? rulebook_default_reason(rules)
					    : (struct str){"", 0};
	paint_put(b, permit ? PAINT_GOOD : PAINT_BAD);
	buf_put_str(b, permit ? STR("✓ permitted") : STR("✗ refused"));
	paint_put(b, PAINT_PLAIN);
	if (a->by_default)
		BUF_LIT(b, ", because no rule speaks");
	else if (!a->deciding)
		BUF_LIT(b, ", because it is not known whether a rule forbids it");
	buf_put_char(b, '\n');
	if (reason.len)
		rules_put_row(b, "because", reason);
	for (unsigned i = 0; i < RULEBOOK_CONDITIONS_MAX; i++) {
		if (a->conditions >> i & 1)
			rules_put_row(b, "with", rulebook_condition(rules, i));
	}
}

static void put_spoke(struct buf *b, const struct rulebook *rules, const struct answer *a)
{
	for (size_t i = 0; i < a->spoke_count && i < ANSWER_RULES_MAX; i++) {
		const struct rule_words *w = rulebook_rule(rules, a->spoke[i]);
		rules_put_rule(b, rules, a->spoke[i] == a->deciding ? "decided by" : "also spoke", a->spoke[i]);
		for (size_t k = 0; k < w->n_cites; k++)
			rules_put_row(b, "", w->cites[k]);
	}
	for (size_t i = 0; i < a->outweighed_count && i < ANSWER_RULES_MAX; i++) {
		const struct answer_outweighed *o = &a->outweighed[i];
		char text[300];
		snprintf(text, sizeof text, STR_FMT ", by " STR_FMT ": " STR_FMT,
			 STR_ARG(rulebook_rule(rules, o->rule)->id), STR_ARG(rulebook_rule(rules, o->by)->id),
			 STR_ARG(rules_why(o->why)));
		rules_put_row(b, "outweighed", str_of(text));
	}
}

static void put_unknown(struct buf *b, const struct rulebook *rules, const struct answer *a)
{
	const struct vocabulary *v = rulebook_vocabulary(rules);
	for (size_t i = 0; i < a->unknown_count && i < ANSWER_UNKNOWN_MAX; i++) {
		const struct fact_name *name = &v->facts[a->unknown[i]];
		char text[300];
		snprintf(text, sizeof text, STR_FMT ": " STR_FMT, STR_ARG(name->name), STR_ARG(name->about));
		rules_put_row(b, i ? "" : "ask for", str_of(text));
	}
}

static void put_change(struct buf *b, const struct vocabulary *v, const struct change *change)
{
	const struct fact_name *name = &v->facts[change->fact];
	switch (change->how) {
	case CHANGE_TO:
	case CHANGE_TO_NOTHING:
		fact_put(b, name, &change->value);
		return;
	case CHANGE_ADD:
		buf_put_str(b, name->name);
		BUF_LIT(b, " has also ");
		break;
	case CHANGE_REMOVE:
		buf_put_str(b, name->name);
		BUF_LIT(b, " has no ");
	}
	buf_put_str(b, change->value.text);
}

static void put_changes(struct buf *b, const struct rulebook *rules, const struct fact *facts, uint32_t kept,
			bool permit)
{
	struct changes changes;
	rulebook_changes(rules, facts, kept, &changes);
	const char *word = permit ? "refused if" : "permitted if";
	for (size_t i = 0; i < changes.n; i++) {
		char text[1000];
		struct buf words = BUF(text);
		for (size_t k = 0; k < changes.sets[i].n; k++) {
			if (k)
				BUF_LIT(&words, " and ");
			put_change(&words, rulebook_vocabulary(rules), &changes.sets[i].at[k]);
		}
		rules_put_row(b, i ? "or if" : word, buf_str(&words));
	}
	if (changes.n == 0)
		rules_put_row(b, word,
			      changes.gave_up ? STR("nothing small that was found; not everything was tried")
					      : STR("more than three of these facts were otherwise, or never"));
}

int rules_try(const char *directory, char **words, size_t n, const char *keep)
{
	static char memory[RULES_LINE_BYTES];
	struct buf b = BUF(memory);
	struct fact facts[FACTS_MAX] = {0};
	struct answer answer;
	const char *shown;
	const struct rulebook *rules = rules_load(directory, &shown);
	const struct vocabulary *v = rulebook_vocabulary(rules);
	read_facts(v, words, n, facts);
	uint32_t kept = read_kept(v, keep);
	rulebook_decide(rules, facts, &answer);
	put_outcome(&b, rules, &answer);
	put_spoke(&b, rules, &answer);
	put_unknown(&b, rules, &answer);
	put_changes(&b, rules, facts, kept, answer.outcome == OUTCOME_PERMIT);
	paint_flush(&b);
	return EXIT_OK;
}
