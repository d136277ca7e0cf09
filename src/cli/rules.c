#include "cli/rules.h"
#include "cli/cli.h"
#include "cli/options.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { RULES_BYTES = 96 << 20, OPERANDS_MAX = 64 };

/* Words behind the command: options wherever they stand, the others in order. */
struct rules_words {
	const char *rules, *detection, *event, *time, *keep;
	bool all;
	char *operands[OPERANDS_MAX];
	size_t n;
};

static bool take_option(struct rules_words *w, int argc, char **argv, int *i)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {{"--rules", &w->rules},
		       {"--detection", &w->detection},
		       {"--event", &w->event},
		       {"--time", &w->time},
		       {"--keep", &w->keep}};
	if (strcmp(argv[*i], "--all") == 0) {
		w->all = true;
		return true;
	}
	for (size_t k = 0; k < ARRAY_LEN(options); k++) {
		if (strcmp(argv[*i], options[k].name) != 0)
			continue;
		if (*i + 1 == argc)
			options_usage();
		*options[k].value = argv[++*i];
		return true;
	}
	return false;
}

static void read_words(int argc, char **argv, struct rules_words *w)
{
	for (int i = 2; i < argc; i++) {
		if (take_option(w, argc, argv, &i))
			continue;
		if (strncmp(argv[i], "--", 2) == 0 || w->n == OPERANDS_MAX)
			options_usage();
		w->operands[w->n++] = argv[i];
	}
}

const struct rulebook *rules_load(const char *directory, const char **ret_shown)
{
	static struct arena memory;
	const struct rulebook *rules;
	struct error error;
	if (!directory)
		cli_enter_mission();
	memory = arena_map(RULES_BYTES);
	*ret_shown = directory ? directory : "rules/access";
	if (rulebook_load(&rules, &access_request_vocabulary, &memory, *ret_shown, &error) < 0)
		die(EXIT_FAILED, &error);
	return rules;
}

int cli_rules(int argc, char **argv)
{
	struct rules_words w = {0};
	if (argc < 2)
		options_usage();
	read_words(argc, argv, &w);
	bool tries = strcmp(argv[1], "try") == 0, detects = w.detection || w.event || w.time;
	if (strcmp(argv[1], "check") == 0 && w.n == 0 && !detects && !w.keep)
		return rules_check(w.rules, w.all);
	if (strcmp(argv[1], "explain") == 0 && w.n == 1 && !detects && !w.keep && !w.all)
		return rules_explain(w.rules, w.operands[0]);
	if (strcmp(argv[1], "enact") == 0 && w.n <= 1 && !detects && !w.keep && !w.rules && !w.all)
		return rules_enact(w.n == 1 ? w.operands[0] : NULL);
	if (tries && w.detection && w.event && w.n == 0 && !w.rules && !w.keep && !w.all)
		return rules_detect(w.detection, w.event, w.time);
	if (tries && !detects && !w.all)
		return rules_try(w.rules, w.operands, w.n, w.keep);
	options_usage();
}
