#include "cli/history.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/story.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { LIMIT_MAX = 1000, STORY_BYTES = 65536, RULES_BYTES = 96 << 20 };

/* The rulebook in rules/access, which has the words of rules: when it is the one that decided. */
struct library {
	struct arena memory;
	const struct rulebook *rules;
};

static struct library library_open(void)
{
	struct library library = {.memory = arena_map(RULES_BYTES)};
	struct error error;
	if (rulebook_load(&library.rules, &access_request_vocabulary, &library.memory, "rules/access", &error) < 0)
		library.rules = NULL;
	return library;
}

static const struct rulebook *rules_for(const struct library *library, const struct answer_entry *answer)
{
	struct str mine = {library->rules ? (const char *)rulebook_hash(library->rules) : NULL,
			   library->rules ? RULEBOOK_HASH_BYTES : 0};
	return library->rules && answer->has_rules && str_eq(answer->rules, mine) ? library->rules : NULL;
}

static void print_entry(const struct answer_entry *answer, const struct library *library, struct arena *arena)
{
	static char memory[STORY_BYTES];
	struct buf b = BUF(memory);
	struct story story;
	story_begin(&story, answer, cli_language(), arena);
	story_put_whole(&b, &story, rules_for(library, answer));
	BUF_LIT(&b, "\n");
	paint_flush(&b);
}

static void print_json(const struct answer_entry *answer, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	answer_entry_write(&b, answer);
	buf_put_char(&b, '\n');
	fwrite(b.at, 1, b.len, stdout);
}

/* Receives until the end; returns the number of entries. */
static size_t receive(struct asker *link, bool as_json, const struct library *library, struct answer_end *ret_end)
{
	for (size_t n = 0;; n++) {
		struct answer_line answer;
		asker_forget(link);
		answer = link_next(link);
		if (answer.kind == ANSWER_LINE_END) {
			*ret_end = answer.end;
			return n;
		}
		if (as_json)
			print_json(&answer.entry, &link->memory);
		else
			print_entry(&answer.entry, library, &link->memory);
	}
}

void history_show(struct asker *link, const struct ask_history *ask, bool as_json)
{
	struct library library = library_open();
	struct answer_end end;
	link->is_patient = true; /* the index may be far behind */
	link_send(link, &(struct ask_line){.kind = ASK_LINE_HISTORY, .history = *ask});
	size_t n = receive(link, as_json, &library, &end);
	link->is_patient = false;
	if (n == 0 && !as_json)
		printf("Nothing that you may see mentions " STR_FMT ".\n", STR_ARG(ask->ref));
	if (end.has_older && !as_json)
		printf("Older: chancery history \"" STR_FMT "\" --older " STR_FMT "\n", STR_ARG(ask->ref),
		       STR_ARG(end.older));
	arena_unmap(&library.memory);
}

int cli_history(int argc, char **argv)
{
	struct option_value values[] = {
	    {.name = "limit", .value = "20"}, {.name = "older"}, {.name = "json", .flag = true}};
	static const char usage[] = "history REF [--limit N] [--older MARK] [--json]";
	const char *ref = options_read(argc, argv, values, ARRAY_LEN(values), usage);
	struct asker link;
	if (!ref)
		options_usage(usage);
	struct ask_history ask = {.ref = str_of(ref), .has_older = values[1].value != NULL};
	options_number(&values[0], 1, LIMIT_MAX, &ask.limit);
	if (ask.has_older)
		ask.older = str_of(values[1].value);
	cli_use_mission_zone();
	link_open(&link);
	history_show(&link, &ask, values[2].value != NULL);
	asker_release(&link);
	return EXIT_OK;
}
