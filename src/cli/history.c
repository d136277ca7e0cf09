#include "cli/cli.h"
#include "cli/options.h"
#include "cli/story.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"
#include "serve/mission_file.h"

enum { LIMIT_MAX = 10000, STORY_BYTES = 65536, RULES_BYTES = 96 << 20 };

/* The rulebook in rules/access when it is the one that an entry's environment names, else NULL: a rule's words may have been others then. */
struct library {
	struct arena memory;
	const struct rulebook *rules;
	int64_t env; /* that `fits` tells of */
	bool fits;
};

static struct library library_open(void)
{
	struct library library = {.memory = arena_map(RULES_BYTES), .env = -1};
	struct error error;
	if (rulebook_load(&library.rules, &access_request_vocabulary, &library.memory, "rules/access", &error) < 0)
		library.rules = NULL;
	return library;
}

/* Whether the entry at `env` names the library's rulebook: reads that entry through a second connection. */
static bool names_rulebook(const struct library *library, int64_t env)
{
	struct core_link link;
	struct answer_line answer;
	struct entry entry;
	struct error error;
	core_link_open(&link);
	core_link_send(&link, &(struct ask_line){.kind = ASK_LINE_FOLLOW, .follow = {.from = env}});
	bool fits = false;
	if (core_link_receive(&link, &answer, &error) == 0 && answer.kind == ANSWER_LINE_ENTRY) {
		struct json j = json_over(answer.entry.body, &link.memory);
		char hash[2 * RULEBOOK_HASH_BYTES];
		struct buf hex = BUF(hash);
		buf_put_hex(&hex, rulebook_hash(library->rules), RULEBOOK_HASH_BYTES);
		fits = entry_read(&j, &entry) && entry.events.n > 0 &&
		       str_contains(entry.events.at[0].body, buf_str(&hex));
	}
	core_link_close(&link);
	return fits;
}

static const struct rulebook *rules_for(struct library *library, const struct story *story)
{
	if (!library->rules || !story->entry.has_because)
		return NULL;
	if (library->env != story->entry.env) {
		library->env = story->entry.env;
		library->fits = names_rulebook(library, library->env);
	}
	return library->fits ? library->rules : NULL;
}

static void print_entry(const struct answer_entry *answer, struct library *library, struct arena *arena)
{
	static char memory[STORY_BYTES];
	struct buf b = BUF(memory);
	struct story story;
	if (story_read(&story, answer, cli_language(), arena))
		story_put_whole(&b, &story, rules_for(library, &story));
	BUF_LIT(&b, "\n");
	paint_flush(&b);
}

static void print_json(const struct answer_entry *answer)
{
	fwrite(answer->body.at, 1, answer->body.len, stdout);
	putchar('\n');
}

/* Receives until the end; returns the number of entries. */
static size_t receive(struct core_link *link, bool as_json, struct library *library, struct answer_end *ret_end)
{
	struct error error;
	for (size_t n = 0;; n++) {
		struct answer_line answer;
		arena_clear(&link->memory);
		if (core_link_receive(link, &answer, &error) < 0)
			core_link_die(&error);
		if (answer.kind == ANSWER_LINE_END) {
			*ret_end = answer.end;
			return n;
		}
		if (as_json)
			print_json(&answer.entry);
		else
			print_entry(&answer.entry, library, &link->memory);
	}
}

int cli_history(int argc, char **argv)
{
	struct option_value values[] = {
	    {.name = "limit", .value = "20"}, {.name = "before"}, {.name = "json", .flag = true}};
	static const char usage[] = "history REF [--limit N] [--before ENTRY] [--json]";
	const char *ref = options_read(argc, argv, values, ARRAY_LEN(values), usage);
	if (!ref)
		options_usage(usage);
	struct ask_history ask = {.ref = str_of(ref), .has_before = values[1].value != NULL};
	options_number(&values[0], 1, LIMIT_MAX, &ask.limit);
	if (ask.has_before)
		options_number(&values[1], 0, JSON_INT_MAX, &ask.before);
	bool as_json = values[2].value != NULL;
	struct core_link link;
	struct answer_end end;
	cli_use_mission_zone();
	struct library library = library_open();
	core_link_open(&link);
	core_link_status(&link); /* it is there */
	link.searching = true;
	core_link_send(&link, &(struct ask_line){.kind = ASK_LINE_HISTORY, .history = ask});
	size_t n = receive(&link, as_json, &library, &end);
	if (n == 0 && !as_json)
		printf("Nothing in the record mentions %s.\n", ref);
	if (end.has_older && !as_json)
		printf("Older: chancery history \"%s\" --before %lld\n", ref, (long long)end.older);
	core_link_close(&link);
	return EXIT_OK;
}
