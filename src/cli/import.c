/* import.c: the commands of a YAML file, one after the other.
 *
 *     - {do: site.add_zone, as: lobby, with: {name: Lobby, building: $chancery, grade: 2, kind: reception}}
 *
 * `as` names what the command gives; `$name` stands for it further on, in later files too. The first command that is not done ends the import; what came
 * before it is done and stays.
 */
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/words.h"

#include "base/yaml.h"
#include "schema/json.h"

#include <unistd.h>

enum { MEMORY_BYTES = 256 << 20, HANDLES_MAX = 65536, BODY_BYTES = 60000, PROGRESS_EVERY = 16 };

struct handle {
	struct str name;
	int64_t id;
};

struct import {
	struct core_link link;
	struct arena memory;
	const char *file;
	struct handle *handles;
	size_t n_handles, done;
	bool shows_progress;
};

_Noreturn static void stop(const struct import *import, const struct yaml *at, enum exit_code code, struct error *error)
{
	if (import->shows_progress)
		fputs("\r\033[K", stderr);
	yaml_where(at, import->file, error);
	error_print(error);
	fprintf(stderr, "%zu commands were done before it, and stay.\n", import->done);
	exit((int)code);
}

_Noreturn static void wrong(const struct import *import, const struct yaml *at, struct str what, const char *remedy)
{
	struct error error;
	error_set(&error, ERROR_INPUT, STR_FMT, STR_ARG(what));
	error_remedy(&error, "%s", remedy);
	stop(import, at, EXIT_USAGE, &error);
}

static void put_handle(struct buf *b, const struct import *import, const struct yaml *at)
{
	struct str name = {at->text.at + 1, at->text.len - 1};
	for (size_t i = import->n_handles; i-- > 0;)
		if (str_eq(import->handles[i].name, name)) {
			buf_put_i64(b, import->handles[i].id);
			return;
		}
	wrong(import, at, STR("nothing has this name yet"),
	      "Give the command that makes it `as: name`, further up or in an earlier file.");
}

static void put_value(struct buf *b, const struct import *import, const struct word_member *member,
		      const struct yaml *value)
{
	struct error error;
	if (value->kind == YAML_LIST && member->list) {
		struct word_member one = *member;
		one.list = false;
		BUF_LIT(b, "[");
		for (const struct yaml *item = value->first; item; item = item->next) {
			if (item != value->first)
				BUF_LIT(b, ",");
			put_value(b, import, &one, item);
		}
		BUF_LIT(b, "]");
	} else if (value->kind != YAML_TEXT) {
		wrong(import, value, STR("a text is wanted here"), "See the schema's reference.");
	} else if (member->kind == WORD_REF && str_starts(value->text, STR("$"))) {
		put_handle(b, import, value);
	} else if (words_put_value(b, member, value->text, &error) < 0) {
		stop(import, value, EXIT_USAGE, &error);
	}
}

static void put_body(struct buf *b, const struct import *import, const struct input_words *command,
		     const struct yaml *with)
{
	BUF_LIT(b, "{");
	for (const struct yaml *value = with ? with->first : NULL; value; value = value->next) {
		const struct word_member *member = NULL;
		for (size_t i = 0; i < command->takes.n; i++)
			if (str_eq(command->takes.at[i].name, value->key))
				member = &command->takes.at[i];
		if (!member)
			wrong(import, value, STR("the command takes no member of this name"),
			      "`chancery DOMAIN COMMAND --help` lists them.");
		if (value != with->first)
			BUF_LIT(b, ",");
		json_put_name(b, value->key);
		BUF_LIT(b, ":");
		put_value(b, import, member, value);
	}
	BUF_LIT(b, "}");
}

/* Remembers what the command gave: {"zone":7}. */
static void keep_handle(struct import *import, const struct yaml *as, struct str gives)
{
	struct str head, number;
	int64_t id;
	if (!str_cut(gives, ':', &head, &number) || !str_cut(number, '}', &number, &head) ||
	    !str_to_i64(number, 1, JSON_INT_MAX, &id))
		wrong(import, as, STR("this command gives nothing that could be named"), "Leave `as` out.");
	ASSERT(import->n_handles < HANDLES_MAX);
	import->handles[import->n_handles++] = (struct handle){as->text, id};
}

static void step(struct import *import, const struct yaml *step)
{
	static char memory[BODY_BYTES];
	struct buf body = BUF(memory);
	struct answer_line answer;
	const struct yaml *name = yaml_get(step, "do"), *as = yaml_get(step, "as");
	const struct input_words *command = name ? words_of_command(name->text) : NULL;
	if (!command)
		wrong(import, name ? name : step, STR("there is no such command"),
		      "Write do: DOMAIN.COMMAND; `chancery help` lists them.");
	put_body(&body, import, command, yaml_get(step, "with"));
	arena_clear(&import->link.memory);
	enum exit_code code = ask_command(&import->link, command->name, buf_str(&body), &answer);
	if (code != EXIT_OK) {
		struct error error;
		if (code == EXIT_REFUSED)
			ask_print_refusal(&answer.refused, &import->link.memory);
		error_set(&error, ERROR_INPUT, "the mission did not do this");
		stop(import, step, code, &error);
	}
	if (as)
		keep_handle(import, as, answer.done.gives);
	import->done++;
	if (import->shows_progress && import->done % PROGRESS_EVERY == 0)
		fprintf(stderr, "\r%s: %zu commands\033[K", import->file, import->done);
}

static void import_file(struct import *import, const char *file)
{
	const struct yaml *root;
	struct error error;
	import->file = file;
	if (yaml_read_file(file, &import->memory, &root, &error) < 0)
		die(EXIT_USAGE, &error);
	if (root->kind != YAML_LIST)
		wrong(import, root, STR("an import file is a list of commands"), "Begin each with “- do: …”.");
	for (const struct yaml *item = root->first; item; item = item->next)
		step(import, item);
}

int cli_import(int argc, char **argv)
{
	struct import import = {.memory = arena_map(MEMORY_BYTES), .shows_progress = isatty(STDERR_FILENO)};
	if (argc < 2)
		options_usage("import FILE…");
	import.handles = ARENA_TAKE(&import.memory, struct handle, HANDLES_MAX);
	core_link_open(&import.link);
	for (int i = 1; i < argc; i++)
		import_file(&import, argv[i]);
	if (import.shows_progress)
		fputs("\r\033[K", stderr);
	printf("%zu commands done.\n", import.done);
	core_link_close(&import.link);
	return EXIT_OK;
}
