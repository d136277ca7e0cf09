/* ask.c: the mission's own commands: `chancery DOMAIN COMMAND --member VALUE …`, made from the schema. */
#include "cli/body.h"
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/paint.h"
#include "cli/tables.h"
#include "cli/words.h"

#include "gen/dispatch.h"
#include "keys/crypt.h"

enum { NAME_BYTES = 128, TEXT_BYTES = 4096, BODY_BYTES = 60000, VALUES_MAX = 128, FILES_BYTES = 96 << 20 };

bool cli_is_domain(const char *name)
{
	for (size_t i = 0; i < n_domain_words; i++)
		if (str_eq(domain_words[i].name, str_of(name)))
			return true;
	return false;
}

static void put_command_line(struct buf *b, const struct input_words *command)
{
	words_put_spoken(b, command->name);
	for (size_t i = 0; i < command->takes.n; i++) {
		const struct word_member *m = &command->takes.at[i];
		buf_put_str(b, m->optional ? STR(" [--") : STR(" --"));
		words_put_spoken(b, m->name);
		buf_put_str(b, m->optional ? STR(" …]") : STR(" …"));
	}
}

static bool is_of(const struct input_words *command, const char *domain)
{
	struct str head, rest;
	return str_cut(command->name, '.', &head, &rest) && str_eq(head, str_of(domain));
}

static void print_domain(const char *domain)
{
	for (size_t i = 0; i < n_command_words; i++) {
		char text[NAME_BYTES];
		struct buf b = BUF(text);
		if (!is_of(&input_words[i], domain))
			continue;
		words_put_spoken(&b, input_words[i].name);
		printf("  %-36.*s " STR_FMT "\n", STR_ARG(buf_str(&b)), STR_ARG(input_words[i].about));
	}
}

void cli_print_commands(void)
{
	for (size_t i = 0; i < n_domain_words; i++)
		print_domain(domain_words[i].name.at);
}

/* What stands between giving it and its being done, and what comes after. */
static void put_gates(struct buf *b, const struct input_words *command)
{
	const struct input_type *type = input_find(ENTRY_INPUT_KIND_COMMAND, command->name);
	BUF_LIT(b, "\nWho may: ");
	words_put_or(b, type->who, type->n_who);
	BUF_LIT(b, ".\n");
	if (type->grave)
		BUF_LIT(b, "It is grave: only with --passkey.\n");
	if (type->n_approvers > 0) {
		BUF_LIT(b, "It waits for a second person, for ");
		words_put_span(b, type->approve_within);
		BUF_LIT(b, ": ");
		words_put_or(b, type->approvers, type->n_approvers);
		BUF_LIT(b, ".\n");
	}
	if (type->life_safety)
		BUF_LIT(b, "It is done at once; a second person reviews it within the hour.\n");
	if (type->undo.len > 0)
		BUF_LIT(b, "chancery undo ENTRY takes it back.\n");
}

static void print_command(const struct input_words *command)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	BUF_LIT(&b, "usage: chancery ");
	put_command_line(&b, command);
	BUF_LIT(&b, "\n\n");
	buf_put_str(&b, command->about);
	BUF_LIT(&b, "\n\n");
	for (size_t i = 0; i < command->takes.n; i++) {
		BUF_LIT(&b, "  --");
		struct buf name = {.at = (uint8_t[NAME_BYTES]){0}, .size = NAME_BYTES};
		words_put_spoken(&name, command->takes.at[i].name);
		words_put_padded(&b, buf_str(&name), 14);
		words_put_expected(&b, &command->takes.at[i]);
		BUF_LIT(&b, "\n");
	}
	BUF_LIT(&b, "  --passkey       FILE: your passkey's word for it (chancery passkey new FILE)\n"
		    "  --wait          until it holds at every door, also without the core\n");
	put_gates(&b, command);
	paint_flush(&b);
}

static const struct input_words *find_command(const char *domain, const char *word)
{
	char text[NAME_BYTES];
	struct buf b = BUF(text);
	buf_put_str(&b, str_of(domain));
	buf_put_char(&b, '.');
	for (; *word; word++)
		buf_put_char(&b, *word == '-' ? '_' : *word);
	return words_of_command(buf_str(&b));
}

_Noreturn static void wrong(const struct input_words *command, const char *word, const char *what)
{
	struct error error;
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	put_command_line(&b, command);
	error_set(&error, ERROR_INPUT, "%s %s", word, what);
	error_remedy(&error, "chancery " STR_FMT, STR_ARG(buf_str(&b)));
	die(EXIT_USAGE, &error);
}

/* The member that an option names: --until, --from-zone. */
static const struct word_member *find_member(const struct input_words *command, const char *option)
{
	for (size_t i = 0; i < command->takes.n; i++) {
		char text[NAME_BYTES];
		struct buf b = BUF(text);
		BUF_LIT(&b, "--");
		words_put_spoken(&b, command->takes.at[i].name);
		if (str_eq(buf_str(&b), str_of(option)))
			return &command->takes.at[i];
	}
	return NULL;
}

/* Words behind the command: its members, and what may stand with any command. */
struct words {
	const struct input_words *command;
	struct written_value values[VALUES_MAX];
	size_t n;
	const char *passkey;
	bool waits; /* until every door's driver has it */
};

/* A member of a command's own may have an option's name: its value says which of the two is meant. */
static bool is_members(const struct word_member *member, const char *value)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	return member && words_put_value(&b, member, str_of(value), NULL) == 0;
}

static void add_value(struct words *words, const struct word_member *member, const char *option, const char *value)
{
	for (size_t i = 0; i < words->n; i++)
		if (words->values[i].member == member)
			wrong(words->command, option, "stands there twice");
	ASSERT(words->n < VALUES_MAX);
	words->values[words->n++] = (struct written_value){member, str_of(value)};
}

/* Takes the option, and its value; returns how many words that were. */
static int take_option(struct words *words, int left, char **argv)
{
	const struct word_member *member = find_member(words->command, argv[0]);
	bool is_passkey = strcmp(argv[0], "--passkey") == 0;
	if (!member && strcmp(argv[0], "--wait") == 0) {
		words->waits = true;
		return 1;
	}
	if (!member && !is_passkey)
		wrong(words->command, argv[0], "does not belong here");
	if (left == 1)
		wrong(words->command, argv[0], "has no value");
	if (is_passkey && !is_members(member, argv[1]))
		words->passkey = argv[1];
	else
		add_value(words, member, argv[0], argv[1]);
	return 2;
}

static void check_all_there(const struct words *words)
{
	for (size_t i = 0; i < words->command->takes.n; i++) {
		const struct word_member *member = &words->command->takes.at[i];
		bool is_there = member->optional;
		for (size_t k = 0; k < words->n; k++)
			is_there |= words->values[k].member == member;
		if (is_there)
			continue;
		char text[NAME_BYTES] = "--";
		struct buf b = {.at = (uint8_t *)text, .size = sizeof text - 1, .len = 2};
		words_put_spoken(&b, member->name);
		text[b.len] = 0;
		wrong(words->command, text, "is missing");
	}
}

static void read_words(struct words *words, int argc, char **argv)
{
	for (int i = 0; i < argc;)
		i += take_option(words, argc - i, argv + i);
	check_all_there(words);
}

static enum exit_code give_words(struct giving *giving, const struct words *words, struct answer_line *ret_answer)
{
	static char memory[BODY_BYTES];
	struct buf body = BUF(memory);
	struct arena arena = arena_map(FILES_BYTES);
	struct body_source source = {.link = giving->link, .arena = &arena};
	struct error error;
	if (body_put(&body, &source, words->values, words->n, &error) < 0)
		die(error.code == ERROR_GONE ? EXIT_FAILED : EXIT_USAGE, &error);
	asker_forget(giving->link);
	enum exit_code code = give_command(giving, words->command->name, buf_str(&body), ret_answer);
	crypt_wipe(memory, sizeof memory);
	arena_unmap(&arena);
	return code;
}

_Noreturn static void wrong_command(const char *domain, const char *word)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "%s has no command %s", domain, word);
	error_remedy(&error, "`chancery %s` lists those that it has.", domain);
	die(EXIT_USAGE, &error);
}

/* True when help was all that was asked for. */
static bool helps(int argc, char **argv, const struct input_words *command)
{
	if (command && argc > 2 && strcmp(argv[2], "--help") == 0) {
		print_command(command);
		return true;
	}
	if (argc > 1 && strcmp(argv[1], "--help") != 0)
		return false;
	printf("The commands of %s:\n\n", argv[0]);
	print_domain(argv[0]);
	printf("\n--help behind one tells what it takes.\n");
	return true;
}

int cli_ask(int argc, char **argv)
{
	struct words words = {.command = argc > 1 ? find_command(argv[0], argv[1]) : NULL};
	struct passkey_file passkey;
	struct asker link;
	struct answer_line answer;
	if (helps(argc, argv, words.command))
		return EXIT_OK;
	if (!words.command)
		wrong_command(argv[0], argv[1]);
	read_words(&words, argc - 2, argv + 2);
	cli_enter_mission();
	link_open(&link);
	struct giving giving = {&link, give_passkey(words.passkey, &passkey)};
	enum exit_code code = give_words(&giving, &words, &answer);
	give_end(&giving);
	if (code == EXIT_OK)
		give_print_done(&giving, words.command->name, &answer.done);
	if (code == EXIT_OK && !answer.done.has_pending && !tables_follow(&link, words.command->name, words.waits))
		code = EXIT_FAILED;
	asker_release(&link);
	return (int)code;
}
