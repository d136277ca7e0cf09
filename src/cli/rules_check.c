#include "cli/rules.h"
#include "cli/progress.h"
#include "rules/fact_words.h"

/* Pairs of a permission and a refusal that nothing but prohibition tells apart. */
struct pairs {
	const struct rulebook *rules;
	struct search search;
	size_t done, all, settled, unsure;
	struct progress progress;
	bool list;
	struct buf *b;
};

static void put_pair(struct pairs *p, uint16_t permission, uint16_t refusal, const struct finding *f)
{
	char text[2000];
	struct buf words = BUF(text);
	buf_put_char(p->b, '\n');
	rules_put_rule(p->b, p->rules, "permits", permission);
	rules_put_rule(p->b, p->rules, "refuses", refusal);
	fact_put_case(&words, rulebook_vocabulary(p->rules), f->facts);
	rules_put_row(p->b, "both when", buf_str(&words));
	paint_flush(p->b);
}

static void compare(struct pairs *p, uint16_t permission, uint16_t refusal)
{
	struct finding f;
	enum found found = search_unsettled(&p->search, permission, refusal, &f);
	p->done++;
	p->settled += found == FOUND_ONE;
	p->unsure += found == FOUND_TOO_HARD;
	if (found == FOUND_ONE && p->list)
		put_pair(p, permission, refusal, &f);
	progress_show(&p->progress, p->done, p->all);
}

static bool permits(const struct rulebook *rules, size_t rule)
{
	return rulebook_rule(rules, (uint16_t)rule)->outcome == OUTCOME_PERMIT;
}

static void compare_all(struct pairs *p)
{
	size_t n = rulebook_size(p->rules), permissions = 0;
	for (size_t i = 1; i <= n; i++)
		permissions += permits(p->rules, i);
	p->all = permissions * (n - permissions);
	progress_begin(&p->progress, "Comparing rules", "pairs");
	for (size_t i = 1; i <= n; i++) {
		for (size_t k = 1; k <= n && permits(p->rules, i); k++) {
			if (!permits(p->rules, k))
				compare(p, (uint16_t)i, (uint16_t)k);
		}
	}
	progress_end(&p->progress);
}

static void put_layers(struct buf *b, const struct rulebook *rules)
{
	char text[1000];
	struct buf words = BUF(text);
	size_t n = rulebook_size(rules), count = 0;
	for (size_t i = 1; i <= n; i++) {
		struct str layer = rulebook_rule(rules, (uint16_t)i)->layer;
		count++;
		if (i < n && str_eq(rulebook_rule(rules, (uint16_t)(i + 1))->layer, layer))
			continue;
		if (words.len)
			BUF_LIT(&words, ", then ");
		buf_put_str(&words, layer);
		BUF_LIT(&words, ": ");
		buf_put_u64(&words, count);
		count = 0;
	}
	rules_put_row(b, "layers", buf_str(&words));
}

static void put_settled(struct buf *b, const struct pairs *p)
{
	char text[400];
	snprintf(text, sizeof text,
		 "%zu of %zu pairs of a permission and a refusal are told apart by prohibition alone%s%s", p->settled,
		 p->all, p->unsure ? "; some are too intricate to tell" : "",
		 p->settled > 0 && !p->list ? "; --all lists them" : "");
	rules_put_row(b, "unsettled", str_of(text));
}

int rules_check(const char *directory, bool all)
{
	static char memory[RULES_LINE_BYTES];
	struct buf b = BUF(memory);
	const char *shown;
	struct pairs p = {.rules = rules_load(directory, &shown), .list = all, .b = &b};
	char text[200];
	rules_search_init(&p.search, p.rules);
	snprintf(text, sizeof text, "%zu rules in %s, all well-formed; none go round in circles\n",
		 rulebook_size(p.rules), shown);
	buf_put_str(&b, str_of(text));
	put_layers(&b, p.rules);
	rules_put_row(&b, "covered",
		      rulebook_covers(p.rules) ? STR("every case that `covers` names is met by a rule")
					       : STR("nothing is searched for gaps: the head has no `covers`"));
	paint_flush(&b);
	compare_all(&p);
	if (all)
		buf_put_char(&b, '\n');
	put_settled(&b, &p);
	struct buf hash = BUF(text);
	buf_put_hex(&hash, rulebook_hash(p.rules), RULEBOOK_HASH_BYTES);
	rules_put_row(&b, "SHA-256", buf_str(&hash));
	if (!directory)
		BUF_LIT(&b, "A running mission decides by them after its next start.\n");
	paint_flush(&b);
	return EXIT_OK;
}
