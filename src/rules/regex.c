#include "rules/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

static struct {
	pcre2_match_data *data;
	pcre2_match_context *contexts[REGEX_LENGTHS];
} work;

void regex_work_with(void *match_data, void *const contexts[REGEX_LENGTHS])
{
	work.data = match_data;
	for (size_t i = 0; i < REGEX_LENGTHS; i++)
		work.contexts[i] = contexts[i];
}

static pcre2_match_context *context_for(size_t len)
{
	size_t i = 0;
	for (size_t longest = REGEX_SHORTEST_BYTES; i < REGEX_LENGTHS - 1 && len > longest; i++)
		longest *= REGEX_LENGTH_FACTOR;
	return work.contexts[i];
}

enum truth regex_match(const struct regex *regex, struct str text)
{
	ASSERT(work.data);
	int code = pcre2_match(regex->code, (PCRE2_SPTR)(text.len ? text.at : ""), text.len, 0, 0, work.data,
			       context_for(text.len));
	return code >= 0 ? TRUTH_YES : code == PCRE2_ERROR_NOMATCH ? TRUTH_NO : TRUTH_UNKNOWN;
}
