#include "rules/modifier.h"

#define M(name) MODIFIER(name)

/* Kinds of fields, and modifiers that are alike. */
enum {
	TEXTS = 1 << FACT_TEXT | 1 << FACT_TEXTS | 1 << FIELD_OF_EVENT,
	ORDERED = 1 << FACT_NUMBER | 1 << FACT_TIME | 1 << FACT_DATE | 1 << FIELD_OF_EVENT,
	/* Of a set it could mean that one of its texts differs, or that all do. */
	SINGLE = ORDERED | 1 << FACT_TEXT | 1 << FACT_ADDRESS,
	EVERY = (1 << FIELD_KINDS) - 1,

	PLACES = (int)(M(STARTSWITH) | M(ENDSWITH) | M(CONTAINS)),
	BOUNDS = (int)(M(GT) | M(GTE) | M(LT) | M(LTE)),
	FLAGS = (int)(M(I) | M(M) | M(S)),
	UTF16S = (int)(M(WIDE) | M(UTF16LE) | M(UTF16BE) | M(UTF16)),
	BASE64S = (int)(M(BASE64) | M(BASE64OFFSET)),
	TIMES = (int)(M(MINUTE) | M(HOUR) | M(DAY) | M(WEEK) | M(MONTH) | M(YEAR)),
	/* What goes with every comparison of texts. */
	TEXTUAL = (int)(M(ALL) | M(NEQ) | M(CASED) | M(EXPAND) | M(WINDASH)) | UTF16S | BASE64S,
};

/* A modifier stands only beside those `with` it, behind one of `behind` and before one of `before` where there are
 * such, and never behind one of `not_behind`, because modifiers are applied in their order (Sigma, rules specification,
 * "Value Modifiers"). */
static const struct row {
	struct str name;
	unsigned kinds;
	uint32_t with, behind, before, not_behind;
} rows[MODIFIERS] = {
    [MODIFIER_STARTSWITH] = {{"startswith", 10}, TEXTS, TEXTUAL | M(FIELDREF), 0, 0, 0},
    [MODIFIER_ENDSWITH] = {{"endswith", 8}, TEXTS, TEXTUAL | M(FIELDREF), 0, 0, 0},
    [MODIFIER_CONTAINS] = {{"contains", 8}, TEXTS, TEXTUAL | M(FIELDREF), 0, 0, 0},
    [MODIFIER_RE] = {{"re", 2}, TEXTS, FLAGS | M(ALL) | M(NEQ), 0, 0, 0},
    [MODIFIER_CIDR] = {{"cidr", 4}, 1 << FACT_ADDRESS | 1 << FIELD_OF_EVENT, M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_GT] = {{"gt", 2}, ORDERED, TIMES | M(FIELDREF) | M(EXPAND), 0, 0, 0},
    [MODIFIER_GTE] = {{"gte", 3}, ORDERED, TIMES | M(FIELDREF) | M(EXPAND), 0, 0, 0},
    [MODIFIER_LT] = {{"lt", 2}, ORDERED, TIMES | M(FIELDREF) | M(EXPAND), 0, 0, 0},
    [MODIFIER_LTE] = {{"lte", 3}, ORDERED, TIMES | M(FIELDREF) | M(EXPAND), 0, 0, 0},
    [MODIFIER_EXISTS] = {{"exists", 6}, EVERY, 0, 0, 0, 0},
    [MODIFIER_ALL] = {{"all", 3}, TEXTS, (TEXTUAL & ~M(NEQ)) | PLACES | FLAGS | M(RE) | M(FIELDREF), 0, 0, 0},
    [MODIFIER_NEQ] =
	{{"neq", 3}, SINGLE, (TEXTUAL & ~M(ALL)) | PLACES | FLAGS | TIMES | M(RE) | M(CIDR) | M(FIELDREF), 0, 0, 0},
    [MODIFIER_CASED] = {{"cased", 5}, TEXTS, TEXTUAL | PLACES | M(FIELDREF), 0, 0, 0},
    [MODIFIER_FIELDREF] = {{"fieldref", 8}, EVERY, PLACES | BOUNDS | M(ALL) | M(NEQ) | M(CASED), 0, 0, 0},
    [MODIFIER_I] = {{"i", 1}, TEXTS, M(RE) | FLAGS | M(ALL) | M(NEQ), M(RE), 0, 0},
    [MODIFIER_M] = {{"m", 1}, TEXTS, M(RE) | FLAGS | M(ALL) | M(NEQ), M(RE), 0, 0},
    [MODIFIER_S] = {{"s", 1}, TEXTS, M(RE) | FLAGS | M(ALL) | M(NEQ), M(RE), 0, 0},
    [MODIFIER_EXPAND] =
	{{"expand", 6}, EVERY & ~(1 << FACT_BOOL), TEXTUAL | PLACES | BOUNDS | TIMES | M(CIDR), 0, 0, UTF16S | BASE64S},
    [MODIFIER_WINDASH] = {{"windash", 7}, TEXTS, TEXTUAL | PLACES, 0, 0, UTF16S | BASE64S},
    [MODIFIER_WIDE] = {{"wide", 4}, TEXTS, TEXTUAL | PLACES, 0, BASE64S, PLACES | BASE64S},
    [MODIFIER_UTF16LE] = {{"utf16le", 7}, TEXTS, TEXTUAL | PLACES, 0, BASE64S, PLACES | BASE64S},
    [MODIFIER_UTF16BE] = {{"utf16be", 7}, TEXTS, TEXTUAL | PLACES, 0, BASE64S, PLACES | BASE64S},
    [MODIFIER_UTF16] = {{"utf16", 5}, TEXTS, TEXTUAL | PLACES, 0, BASE64S, PLACES | BASE64S},
    [MODIFIER_BASE64] = {{"base64", 6}, TEXTS, TEXTUAL | PLACES, 0, 0, PLACES},
    /* A part of a longer text: as a whole it stands nowhere. */
    [MODIFIER_BASE64OFFSET] = {{"base64offset", 12}, TEXTS, TEXTUAL | M(CONTAINS), 0, M(CONTAINS), PLACES},
    [MODIFIER_MINUTE] = {{"minute", 6}, 1 << FACT_TIME | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_HOUR] = {{"hour", 4}, 1 << FACT_TIME | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_DAY] = {{"day", 3}, 1 << FACT_DATE | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_WEEK] = {{"week", 4}, 1 << FACT_DATE | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_MONTH] = {{"month", 5}, 1 << FACT_DATE | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
    [MODIFIER_YEAR] = {{"year", 4}, 1 << FACT_DATE | 1 << FIELD_OF_EVENT, BOUNDS | M(NEQ) | M(EXPAND), 0, 0, 0},
};

/* Those of which one suffices: the bounds, the encodings, the parts. */
static const uint32_t one_of[] = {PLACES | M(RE) | M(CIDR) | BOUNDS | M(EXISTS), UTF16S, BASE64S, TIMES};

const struct kind_words kind_words[FIELD_KINDS] = {
    [FACT_TEXT] = {"a text", "write a text"},
    [FACT_TEXTS] = {"a set of texts", "write a text that one of them must be"},
    [FACT_NUMBER] = {"a number", "write an integer of at most 18 digits, such as 42 or -3"},
    [FACT_TIME] = {"a time of day", "write hours and minutes, such as \"07:00\"; the last is \"23:59\""},
    [FACT_DATE] = {"a date", "write year, month and day, such as 2026-11-23"},
    [FACT_ADDRESS] = {"an address", "write 192.0.2.7 or 2001:db8::1, or |cidr and 192.0.2.0/24"},
    [FACT_BOOL] = {"true or false", "write true or false"},
    [FIELD_OF_EVENT] = {"a field of events", "write a text"},
};

struct str modifier_name(enum modifier modifier)
{
	return rows[modifier].name;
}

/* A key while its modifiers are read. */
struct reading {
	const struct source *source;
	const struct yaml *keyed;
	struct str field;
	unsigned kind;
	uint32_t found;
};

/* What may stand behind a field of this kind, for a remedy. */
static int remedy_kind(const struct reading *g, struct str wrong)
{
	struct str names[MODIFIERS];
	size_t n = 0;
	for (size_t i = 0; i < MODIFIERS; i++) {
		if (rows[i].kinds >> g->kind & 1)
			names[n++] = rows[i].name;
	}
	return source_remedy_nearest(g->source, wrong, names, n, "it takes");
}

static int remedy_one_of(const struct reading *g, const char *before, uint32_t modifiers)
{
	char list[200];
	struct buf b = BUF(list);
	for (size_t i = 0; i < MODIFIERS; i++) {
		if (!(modifiers >> i & 1))
			continue;
		buf_put_str(&b, b.len ? STR(" or |") : STR("|"));
		buf_put_str(&b, rows[i].name);
	}
	return source_remedy(g->source, "%s " STR_FMT, before, STR_ARG(buf_str(&b)));
}

static int too_many(const struct reading *g, size_t i)
{
	source_fail_key(g->source, g->keyed, "|" STR_FMT " is one modifier too many", STR_ARG(rows[i].name));
	return source_remedy(g->source, "keep one of them; for two bounds write two fields of the selection");
}

static bool is_one_too_many(const struct reading *g, size_t i)
{
	bool many = g->found >> i & 1;
	for (size_t k = 0; k < ARRAY_LEN(one_of); k++)
		many = many || (one_of[k] >> i & 1 && one_of[k] & g->found);
	return many;
}

/* The first of the set, which is not empty. */
static struct str first_of(uint32_t modifiers)
{
	return rows[__builtin_ctz(modifiers)].name;
}

static int check_company(const struct reading *g, size_t i)
{
	const struct row *row = &rows[i];
	uint32_t apart = g->found & ~row->with;
	for (size_t k = 0; k < MODIFIERS; k++) {
		if (g->found >> k & 1 && !(rows[k].with >> i & 1))
			apart |= UINT32_C(1) << k;
	}
	if (apart) {
		source_fail_key(g->source, g->keyed, "|" STR_FMT " makes no sense beside |" STR_FMT, STR_ARG(row->name),
				STR_ARG(first_of(apart)));
		return source_remedy(g->source, "take one of the two away, or write two selections");
	}
	if (g->found & row->not_behind) {
		source_fail_key(g->source, g->keyed, "|" STR_FMT " behind |" STR_FMT ", where it comes too late",
				STR_ARG(row->name), STR_ARG(first_of(g->found & row->not_behind)));
		return source_remedy(g->source, "modifiers are applied in their order: write it before");
	}
	if (row->behind && !(g->found & row->behind)) {
		source_fail_key(g->source, g->keyed, "|" STR_FMT " stands behind nothing that it belongs to",
				STR_ARG(row->name));
		return remedy_one_of(g, "it belongs behind", row->behind);
	}
	return 0;
}

static int take(struct reading *g, struct str word)
{
	size_t i = 0;
	while (i < MODIFIERS && !str_eq(word, rows[i].name))
		i++;
	if (i == MODIFIERS) {
		source_fail_key(g->source, g->keyed, "there is no modifier \"" STR_FMT "\"",
				STR_ARG(source_shown(word)));
		return remedy_kind(g, word);
	}
	if (!(rows[i].kinds >> g->kind & 1)) {
		source_fail_key(g->source, g->keyed, "\"" STR_FMT "\" is %s, and |" STR_FMT " is not for those",
				STR_ARG(g->field), kind_words[g->kind].is, STR_ARG(word));
		return remedy_kind(g, word);
	}
	if (is_one_too_many(g, i))
		return too_many(g, i);
	int code = check_company(g, i);
	g->found |= UINT32_C(1) << i;
	return code;
}

static int check_followed(const struct reading *g)
{
	for (size_t i = 0; i < MODIFIERS; i++) {
		if (!(g->found >> i & 1) || !rows[i].before || g->found & rows[i].before)
			continue;
		source_fail_key(g->source, g->keyed, "|" STR_FMT " alone can match nothing", STR_ARG(rows[i].name));
		return remedy_one_of(g, "add behind it", rows[i].before);
	}
	return 0;
}

int modifier_read(const struct source *source, const struct yaml *keyed, struct str field, unsigned kind,
		  struct str words, uint32_t *ret_modifiers)
{
	struct reading g = {.source = source, .keyed = keyed, .field = field, .kind = kind};
	struct str rest = words, word;
	int code = 0;
	for (bool more = true; code == 0 && more;) {
		struct str next = {"", 0};
		more = str_cut(rest, '|', &word, &next);
		code = take(&g, more ? word : rest);
		rest = next;
	}
	if (code == 0)
		code = check_followed(&g);
	*ret_modifiers = g.found;
	return code;
}
