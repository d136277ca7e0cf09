#include "rules/fact_read.h"
#include "rules/match.h"
#include "rules/modifier.h"

static bool read_texts(struct str words, struct str *texts, size_t max, struct fact *ret_fact)
{
	struct str rest = words, one;
	size_t n = 0;
	for (bool more = rest.len > 0; more;) {
		struct str next = {"", 0};
		more = str_cut(rest, ',', &one, &next);
		if (n == max)
			return false;
		texts[n++] = more ? one : rest;
		rest = next;
	}
	ret_fact->texts.n = n;
	ret_fact->texts.at = texts;
	return true;
}

static bool read_value(enum fact_kind kind, struct str words, struct str *texts, size_t max, struct fact *ret_fact)
{
	switch (kind) {
	case FACT_TEXT:
		ret_fact->text = words;
		return true;
	case FACT_TEXTS:
		return read_texts(words, texts, max, ret_fact);
	case FACT_NUMBER:
		return str_to_i64(words, INT64_MIN, INT64_MAX, &ret_fact->number);
	case FACT_TIME:
		return calendar_read_time(words, &ret_fact->number);
	case FACT_DATE:
		return calendar_read_date(words, &ret_fact->number);
	case FACT_ADDRESS:
		return match_read_address(words, &ret_fact->address);
	case FACT_BOOL:
		ret_fact->number = str_eq(words, STR("true"));
		return ret_fact->number || str_eq(words, STR("false"));
	case FACT_KINDS:
		break;
	}
	WRONG("a fact of no kind");
}

int fact_read(enum fact_kind kind, struct str words, struct str *texts, size_t max, struct fact *ret_fact,
	      struct error *error)
{
	struct fact fact = {.state = FACT_KNOWN};
	if (str_eq(words, STR("-"))) {
		*ret_fact = (struct fact){.state = FACT_ABSENT};
		return 0;
	}
	if (read_value(kind, words, texts, max, &fact)) {
		*ret_fact = fact;
		return 0;
	}
	error_set(error, ERROR_INPUT, "this is %s, and \"" STR_FMT "\" is not", kind_words[kind].is, STR_ARG(words));
	return error_remedy(error, "%s; - is that there is none", kind_words[kind].write);
}
