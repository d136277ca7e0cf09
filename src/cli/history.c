#include "cli/history.h"

#include "cli/cli.h"
#include "cli/options.h"
#include "cli/story.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { LIMIT_MAX = 1000, STORY_BYTES = 65536, RULES_BYTES = 192 << 20 };

/* The rulebook in force, as it stands in the record: it has the words of the rules that an entry names by their ids. */
struct library {
	struct arena memory;
	bool is_asked;
	const struct rulebook *rules; /* NULL: there is none for this reader, or not this one */
};

/* On a connection of its own, because history comes on the other. */
static void library_ask(struct library *library)
{
	struct asker link;
	struct answer_line answer;
	struct buf text = arena_buf(&library->memory);
	struct error error;
	library->is_asked = true;
	if (asker_connect(&link, &error) < 0)
		return;
	int failed = asker_ask(&link, &(struct ask_line){.kind = ASK_LINE_RULEBOOK}, &error);
	while (failed == 0 && (failed = asker_next(&link, &answer, &error)) == 0 && answer.kind == ANSWER_LINE_FILE) {
		buf_put_str(&text, answer.file.data);
		asker_forget(&link);
	}
	asker_release(&link);
	if (failed < 0 || rulebook_load_json(&library->rules, &access_request_vocabulary, &library->memory, "",
					     arena_keep(&library->memory, &text), &error) < 0)
		library->rules = NULL;
}

static const struct rulebook *rules_for(struct library *library, const struct answer_entry *answer)
{
	if (!answer->has_rules)
		return NULL;
	if (!library->is_asked)
		library_ask(library);
	struct str mine = {library->rules ? (const char *)rulebook_hash(library->rules) : NULL,
			   library->rules ? RULEBOOK_HASH_BYTES : 0};
	return str_eq(answer->rules, mine) ? library->rules : NULL;
}

static void print_entry(const struct answer_entry *answer, struct library *library, struct arena *arena)
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
static size_t receive(struct asker *link, bool as_json, struct library *library, struct answer_end *ret_end)
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
	struct library library = {.memory = arena_map(RULES_BYTES)};
	struct answer_end end;
	link->is_patient = true; /* the index may be far behind */
	link_send(link, &(struct ask_line){.kind = ASK_LINE_HISTORY, .history = *ask});
	size_t n = receive(link, as_json, &library, &end);
	link->is_patient = false;
	if (n == 0 && !as_json)
		printf("Nothing%s that you may see mentions " STR_FMT ".\n", ask->has_after ? " newer" : "",
		       STR_ARG(ask->ref));
	if (end.has_older && !as_json)
		printf("Older: chancery history \"" STR_FMT "\" --older " STR_FMT "%s" STR_FMT "\n", STR_ARG(ask->ref),
		       STR_ARG(end.older), ask->has_after ? " --after " : "", STR_ARG(ask->after));
	arena_unmap(&library.memory);
}

/* False when the option was not given. */
static bool read_mark(const struct option_value *option, struct str *ret_mark)
{
	if (option->value)
		*ret_mark = str_of(option->value);
	return option->value != NULL;
}

int cli_history(int argc, char **argv)
{
	struct option_value values[] = {
	    {.name = "limit", .value = "20"}, {.name = "older"}, {.name = "after"}, {.name = "json", .flag = true}};
	const char *ref = options_read(argc, argv, values, ARRAY_LEN(values));
	struct asker link;
	if (!ref)
		options_usage();
	struct ask_history ask = {.ref = str_of(ref)};
	options_number(&values[0], 1, LIMIT_MAX, &ask.limit);
	ask.has_older = read_mark(&values[1], &ask.older);
	ask.has_after = read_mark(&values[2], &ask.after);
	cli_use_mission_zone();
	link_open(&link);
	history_show(&link, &ask, values[3].value != NULL);
	asker_release(&link);
	return EXIT_OK;
}
