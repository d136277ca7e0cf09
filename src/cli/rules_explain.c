#include "cli/rules.h"
#include "cli/words.h"
#include "base/error.h"
#include "rules/fact_words.h"
#include "rules/nearest.h"
#include "rules/rule_words.h"

static uint16_t find_rule(const struct rulebook *rules, const char *id)
{
	struct str names[RULEBOOK_RULES_MAX];
	size_t n = rulebook_size(rules);
	for (size_t i = 0; i < n; i++) {
		names[i] = rulebook_rule(rules, (uint16_t)(i + 1))->id;
		if (str_eq(names[i], str_of(id)))
			return (uint16_t)(i + 1);
	}
	struct error error;
	size_t meant = nearest_of(str_of(id), names, n);
	error_set(&error, ERROR_INPUT, "there is no rule %s", id);
	if (meant < n)
		error_remedy(&error, "Did you mean " STR_FMT "?", STR_ARG(names[meant]));
	else
		error_remedy(&error, "`chancery rules check` reads them; their ids stand in its files.");
	die(EXIT_FAILED, &error);
}

/* ---- the rule itself ---- */

static void put_condition_line(void *context, const struct rule_line *line)
{
	struct buf *b = context;
	size_t indent = 4 + 3 * line->depth;
	for (size_t i = 0; i < indent; i++)
		buf_put_char(b, ' ');
	if (line->before[0]) {
		paint_put(b, PAINT_DIM);
		buf_put_str(b, str_of(line->before));
		paint_put(b, PAINT_PLAIN);
		buf_put_char(b, ' ');
	}
	rules_put_wrapped(b, indent + 3, line->text);
}

static void put_list(struct buf *b, const char *word, const struct str *texts, size_t n)
{
	char text[4000];
	struct buf words = BUF(text);
	for (size_t i = 0; i < n; i++) {
		if (i)
			BUF_LIT(&words, "; ");
		buf_put_str(&words, texts[i]);
	}
	if (n > 0)
		rules_put_row(b, word, buf_str(&words));
}

static void put_conditions(struct buf *b, const struct rulebook *rules, uint16_t rule)
{
	struct str texts[RULEBOOK_CONDITIONS_MAX];
	uint32_t conditions = rulebook_rule_conditions(rules, rule);
	size_t n = 0;
	for (unsigned i = 0; i < RULEBOOK_CONDITIONS_MAX; i++) {
		if (conditions >> i & 1)
			texts[n++] = rulebook_condition(rules, i);
	}
	put_list(b, "with", texts, n);
}

static void put_head(struct buf *b, const struct rulebook *rules, uint16_t rule)
{
	const struct rule_words *w = rulebook_rule(rules, rule);
	char text[400];
	paint_put(b, PAINT_STRONG);
	buf_put_str(b, w->id);
	paint_put(b, PAINT_PLAIN);
	snprintf(text, sizeof text, "  " STR_FMT ":%d\n", STR_ARG(w->file), w->line);
	buf_put_str(b, str_of(text));
	rules_put_row(b, w->outcome == OUTCOME_PERMIT ? "permits" : "refuses", w->title);
	rules_put_row(b, "layer", w->layer);
	if (w->about.len)
		rules_put_row(b, "about", w->about);
	if (w->reason.len)
		rules_put_row(b, "it says", w->reason);
	put_conditions(b, rules, rule);
	put_list(b, "stands on", w->cites, w->n_cites);
	BUF_LIT(b, "\n  It speaks when\n");
	rule_put_lines(rules, rule, put_condition_line, b);
}

/* ---- the others ---- */

static void put_other(struct buf *b, const struct rulebook *rules, uint16_t other, enum outweighs why)
{
	char text[200];
	snprintf(text, sizeof text, ", because " STR_FMT, STR_ARG(rules_why(why)));
	BUF_LIT(b, "    ");
	buf_put_str(b, rulebook_rule(rules, other)->id);
	paint_put(b, PAINT_DIM);
	buf_put_str(b, str_of(text));
	paint_put(b, PAINT_PLAIN);
	buf_put_char(b, '\n');
}

static void put_overlap(struct buf *b, const struct rulebook *rules, const struct finding *f)
{
	char text[2000];
	struct buf words = BUF(text);
	BUF_LIT(&words, "both speak when ");
	fact_put_case(&words, rulebook_vocabulary(rules), f->facts);
	BUF_LIT(b, "      ");
	rules_put_wrapped(b, 6, buf_str(&words));
}

/* Those rules of the other outcome that it outweighs, or that outweigh it, and that can speak beside it. */
static void put_others(struct buf *b, const struct rulebook *rules, struct search *search, uint16_t rule,
		       bool outweighed)
{
	enum outcome own = rulebook_rule(rules, rule)->outcome;
	size_t n = 0;
	for (size_t i = 1; i <= rulebook_size(rules); i++) {
		uint16_t other = (uint16_t)i;
		bool first;
		struct finding f;
		if (rulebook_rule(rules, other)->outcome == own)
			continue;
		enum outweighs why = rules_compare(rules, rule, other, &first);
		enum found found = first == outweighed ? search_overlap(search, rule, other, &f) : FOUND_NONE;
		if (found == FOUND_NONE)
			continue;
		if (n++ == 0)
			buf_put_str(b, outweighed ? STR("\n  It outweighs\n") : STR("\n  It is outweighed by\n"));
		put_other(b, rules, other, why);
		if (found == FOUND_ONE)
			put_overlap(b, rules, &f);
		paint_flush(b);
	}
	if (n == 0)
		buf_put_str(b, outweighed ? STR("\n  It outweighs no rule that can speak beside it.\n")
					  : STR("\n  No rule that can speak beside it outweighs it.\n"));
}

int rules_explain(const char *directory, const char *id)
{
	static char memory[RULES_LINE_BYTES];
	struct buf b = BUF(memory);
	struct search search;
	const char *shown;
	const struct rulebook *rules = rules_load(directory, &shown);
	uint16_t rule = find_rule(rules, id);
	rules_search_init(&search, rules);
	put_head(&b, rules, rule);
	put_others(&b, rules, &search, rule, true);
	put_others(&b, rules, &search, rule, false);
	paint_flush(&b);
	return EXIT_OK;
}
