/* import.c: the commands of a YAML file, one after the other.
 *
 *     - {do: site.add_zone, as: lobby, with: {name: Lobby, building: $chancery, grade: 2, kind: reception}}
 *
 * `as` names what the command gives; `$name` stands for it further on, in later files too. A file is "@NAME", relative to the file that names it. The first
 * command that is not done ends the import; what came before it is done and stays. What waits for a second person does not end it.
 */
#include "cli/body.h"
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/options.h"
#include "cli/words.h"

#include "base/yaml.h"
#include "schema/json.h"

#include <libgen.h>
#include <unistd.h>

enum {
	MEMORY_BYTES = 256 << 20,
	SCRATCH_BYTES = 64 << 20,
	HANDLES_MAX = 65536,
	BODY_BYTES = 60000,
	PROGRESS_EVERY = 16,
	NUMBER_BYTES = 24
};

struct handle {
	struct str name;
	int64_t id;
};

struct import {
	struct asker link;
	struct giving giving;
	struct arena memory, scratch; /* scratch: of one command */
	const char *file;
	char *directory; /* that it lies in */
	struct handle *handles;
	size_t n_handles, done, waiting;
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

/* What stands there, with the number of what has a name. */
static struct str written(struct import *import, const struct word_member *member, const struct yaml *at)
{
	if (at->kind != YAML_TEXT)
		wrong(import, at, STR("a text is wanted here"), "See the schema's reference.");
	if (member->kind != WORD_REF || !str_starts(at->text, STR("$")))
		return at->text;
	struct str name = {at->text.at + 1, at->text.len - 1};
	for (size_t i = import->n_handles; i-- > 0;)
		if (str_eq(import->handles[i].name, name)) {
			struct buf b = {.at = arena_take(&import->scratch, NUMBER_BYTES, 1), .size = NUMBER_BYTES};
			buf_put_i64(&b, import->handles[i].id);
			return buf_str(&b);
		}
	wrong(import, at, STR("nothing has this name yet"),
	      "Give the command that makes it `as: name`, further up or in an earlier file.");
}

static void put_list(struct buf *b, struct import *import, const struct word_member *member, const struct yaml *list)
{
	struct word_member one = *member;
	struct error error;
	one.list = false;
	BUF_LIT(b, "[");
	for (const struct yaml *item = list->first; item; item = item->next) {
		if (item != list->first)
			BUF_LIT(b, ",");
		if (words_put_value(b, &one, written(import, &one, item), &error) < 0)
			stop(import, item, EXIT_USAGE, &error);
	}
	BUF_LIT(b, "]");
}

static const struct word_member *find_member(const struct import *import, const struct input_words *command,
					     const struct yaml *value)
{
	for (size_t i = 0; i < command->takes.n; i++)
		if (str_eq(command->takes.at[i].name, value->key))
			return &command->takes.at[i];
	wrong(import, value, STR("the command takes no member of this name"),
	      "`chancery DOMAIN COMMAND --help` lists them.");
}

static void put_body(struct buf *b, struct import *import, const struct input_words *command, const struct yaml *with)
{
	struct body_source source = {&import->link, &import->scratch, import->directory};
	struct written_value *values = ARENA_TAKE(&import->scratch, struct written_value, with ? with->n : 0);
	struct error error;
	size_t n = 0;
	for (const struct yaml *value = with ? with->first : NULL; value; value = value->next) {
		const struct word_member *member = find_member(import, command, value);
		bool list = member->list && value->kind == YAML_LIST;
		values[n++] = (struct written_value){member, list ? STR("") : written(import, member, value)};
	}
	BUF_LIT(b, "{");
	n = 0;
	for (const struct yaml *value = with ? with->first : NULL; value; value = value->next, n++) {
		if (n > 0)
			BUF_LIT(b, ",");
		json_put_name(b, value->key);
		BUF_LIT(b, ":");
		if (values[n].member->list && value->kind == YAML_LIST)
			put_list(b, import, values[n].member, value);
		else if (body_put_value(b, &source, &values[n], values, with->n, &error) < 0)
			stop(import, value, EXIT_USAGE, &error);
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
	arena_clear(&import->scratch);
	put_body(&body, import, command, yaml_get(step, "with"));
	asker_forget(&import->link);
	enum exit_code code = give_command(&import->giving, command->name, buf_str(&body), &answer);
	if (code != EXIT_OK) {
		struct error error;
		error_set(&error, ERROR_INPUT, "the mission did not do this");
		stop(import, step, code, &error);
	}
	import->waiting += answer.done.has_pending;
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
	char *copy = (char *)arena_str(&import->memory, (struct str){file, strlen(file) + 1}).at;
	import->file = file;
	import->directory = dirname(copy);
	if (yaml_read_file(file, &import->memory, &root, &error) < 0)
		die(EXIT_USAGE, &error);
	if (root->kind != YAML_LIST)
		wrong(import, root, STR("an import file is a list of commands"), "Begin each with “- do: …”.");
	for (const struct yaml *item = root->first; item; item = item->next)
		step(import, item);
}

/* Takes the option out of the words; NULL when it is not there. */
static const char *take_passkey(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		if (strcmp(argv[i], "--passkey") != 0)
			continue;
		if (i + 1 == *argc)
			options_usage();
		const char *value = argv[i + 1];
		for (int k = i + 2; k <= *argc; k++)
			argv[k - 2] = argv[k];
		*argc -= 2;
		return value;
	}
	return NULL;
}

int cli_import(int argc, char **argv)
{
	static struct import import;
	struct passkey_file passkey;
	const char *passkey_path = take_passkey(&argc, argv);
	if (argc < 2)
		options_usage();
	import.memory = arena_map(MEMORY_BYTES);
	import.scratch = arena_map(SCRATCH_BYTES);
	import.shows_progress = isatty(STDERR_FILENO);
	import.handles = ARENA_TAKE(&import.memory, struct handle, HANDLES_MAX);
	link_open(&import.link);
	import.giving = (struct giving){.link = &import.link, .passkey = give_passkey(passkey_path, &passkey)};
	for (int i = 1; i < argc; i++)
		import_file(&import, argv[i]);
	if (import.shows_progress)
		fputs("\r\033[K", stderr);
	printf("%zu commands done.\n", import.done - import.waiting);
	if (import.waiting > 0)
		printf("%zu wait for a second person: chancery pending\n", import.waiting);
	give_end(&import.giving);
	asker_release(&import.link);
	return EXIT_OK;
}
