#include "cli/rules.h"
#include "cli/cli.h"
#include "cli/words.h"

#include "rules/rulebook_load.h"

enum { COLUMNS_USUAL = 80, COLUMNS_MAX = 100, LEFT_COLUMNS = 14 };

static size_t columns(void)
{
	int found = cli_columns();
	return found <= 0 ? COLUMNS_USUAL : found > COLUMNS_MAX ? COLUMNS_MAX : (size_t)found;
}

static void put_blanks(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, ' ');
}

void rules_put_wrapped(struct buf *b, size_t indent, struct str text)
{
	size_t room = columns() > indent + 20 ? columns() - indent : 20, used = 0;
	struct str rest = text, word;
	for (bool more = rest.len > 0; more;) {
		struct str next = {"", 0};
		more = str_cut(rest, ' ', &word, &next);
		word = more ? word : rest;
		size_t width = words_width(word);
		if (used > 0 && used + 1 + width > room) {
			buf_put_char(b, '\n');
			put_blanks(b, indent);
			used = 0;
		} else if (used > 0) {
			buf_put_char(b, ' ');
			used++;
		}
		words_put_shown(b, word);
		used += width;
		rest = next;
	}
	buf_put_char(b, '\n');
}

void rules_put_row(struct buf *b, const char *word, struct str text)
{
	BUF_LIT(b, "  ");
	paint_put(b, PAINT_DIM);
	words_put_padded(b, str_of(word), LEFT_COLUMNS);
	paint_put(b, PAINT_PLAIN);
	rules_put_wrapped(b, 2 + LEFT_COLUMNS, text);
}

void rules_put_rule(struct buf *b, const struct rulebook *rules, const char *word, uint16_t rule)
{
	const struct rule_words *words = rulebook_rule(rules, rule);
	char text[400];
	struct buf line = BUF(text);
	buf_put_str(&line, words->id);
	BUF_LIT(&line, ": ");
	buf_put_str(&line, words->title);
	rules_put_row(b, word, buf_str(&line));
}

void rules_search_init(struct search *search, const struct rulebook *rules)
{
	static struct arena scratch;
	scratch = arena_map(SEARCH_SCRATCH_BYTES);
	search_init(search, rules, &scratch, SIZE_MAX);
}

struct str rules_why(enum outweighs why)
{
	static const struct str words[] = {
	    [OUTWEIGHS_NONE] = {"", 0},
	    [OUTWEIGHS_LAYER] = {"its layer is higher", 19},
	    [OUTWEIGHS_OVERRIDES] = {"it says that it overrides it", 28},
	    [OUTWEIGHS_SPECIFICITY] = {"it is the more particular", 25},
	    [OUTWEIGHS_DATE] = {"it is the later one", 19},
	    [OUTWEIGHS_PROHIBITION] = {"it is the prohibition", 21},
	};
	return words[why];
}

enum outweighs rules_compare(const struct rulebook *rules, uint16_t first, uint16_t other, bool *ret_first)
{
	bool permission_wins, first_permits = rulebook_rule(rules, first)->outcome == OUTCOME_PERMIT;
	enum outweighs why =
	    rulebook_outweighs(rules, first_permits ? first : other, first_permits ? other : first, &permission_wins);
	*ret_first = permission_wins == first_permits;
	return why;
}
