/* ask.c: the mission's own commands: `chancery DOMAIN COMMAND --member VALUE …`, made from the schema. */
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/paint.h"
#include "cli/words.h"

#include "schema/json.h"

enum { NAME_BYTES = 128, TEXT_BYTES = 4096, BODY_BYTES = 60000 };

bool cli_is_domain(const char *name)
{
	for (size_t i = 0; i < n_domain_words; i++)
		if (str_eq(domain_words[i].name, str_of(name)))
			return true;
	return false;
}

/* people.suspend_badge → people suspend-badge */
static void put_spoken(struct buf *b, struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		buf_put_char(b, name.at[i] == '.' ? ' ' : name.at[i] == '_' ? '-' : name.at[i]);
}

static void put_command_line(struct buf *b, const struct input_words *command)
{
	put_spoken(b, command->name);
	for (size_t i = 0; i < command->takes.n; i++) {
		const struct word_member *m = &command->takes.at[i];
		buf_put_str(b, m->optional ? STR(" [--") : STR(" --"));
		put_spoken(b, m->name);
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
		put_spoken(&b, input_words[i].name);
		printf("  %-36.*s " STR_FMT "\n", STR_ARG(buf_str(&b)), STR_ARG(input_words[i].about));
	}
}

void cli_print_commands(void)
{
	for (size_t i = 0; i < n_domain_words; i++)
		print_domain(domain_words[i].name.at);
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
		put_spoken(&name, command->takes.at[i].name);
		words_put_padded(&b, buf_str(&name), 14);
		words_put_expected(&b, &command->takes.at[i]);
		BUF_LIT(&b, "\n");
	}
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

_Noreturn static void wrong_word(const char *word, const struct input_words *command)
{
	struct error error;
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	put_command_line(&b, command);
	error_set(&error, ERROR_INPUT, "%s does not belong here", word);
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
		put_spoken(&b, command->takes.at[i].name);
		if (str_eq(buf_str(&b), str_of(option)))
			return &command->takes.at[i];
	}
	return NULL;
}

/* The options as the command's body. What is missing or twice, the core says. */
static void put_body(struct buf *b, const struct input_words *command, int argc, char **argv)
{
	struct error error;
	BUF_LIT(b, "{");
	for (int i = 0; i < argc; i += 2) {
		const struct word_member *member = find_member(command, argv[i]);
		if (!member || i + 1 == argc)
			wrong_word(argv[i], command);
		if (i > 0)
			BUF_LIT(b, ",");
		json_put_name(b, member->name);
		BUF_LIT(b, ":");
		if (words_put_value(b, member, str_of(argv[i + 1]), &error) < 0)
			die(EXIT_USAGE, &error);
	}
	BUF_LIT(b, "}");
}

static void print_gives(const struct input_words *command, struct str gives)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	struct arena arena = arena_map(1 << 20);
	struct saying saying = {.language = cli_language(), .arena = &arena};
	for (size_t i = 0; i < command->gives.n; i++) {
		struct buf one = {.at = arena_take(&arena, NAME_BYTES, 1), .size = NAME_BYTES};
		BUF_LIT(&one, "{");
		buf_put_str(&one, command->gives.at[i].name);
		BUF_LIT(&one, "}");
		words_put_sentence(&b, &saying, buf_str(&one), &command->gives, gives);
		BUF_LIT(&b, "  ");
	}
	arena_unmap(&arena);
	paint_flush(&b);
}

void ask_print_refusal(const struct answer_refused *refused, struct arena *arena)
{
	char text[TEXT_BYTES];
	struct buf b = BUF(text);
	struct saying saying = {.language = cli_language(), .arena = arena};
	words_put_refusal(&b, &saying, refused->name, refused->takes);
	fprintf(stderr, "Refused: " STR_FMT " (entry %lld)\n", STR_ARG(buf_str(&b)), (long long)refused->entry);
}

int cli_ask(int argc, char **argv)
{
	static char memory[BODY_BYTES];
	struct buf body = BUF(memory);
	const struct input_words *command = argc > 1 ? find_command(argv[0], argv[1]) : NULL;
	if (!command) {
		printf("The commands of %s:\n\n", argv[0]);
		print_domain(argv[0]);
		return argc > 1 ? EXIT_USAGE : EXIT_OK;
	}
	if (argc > 2 && strcmp(argv[2], "--help") == 0) {
		print_command(command);
		return EXIT_OK;
	}
	put_body(&body, command, argc - 2, argv + 2);
	struct core_link link;
	core_link_open(&link);
	struct answer_line answer;
	enum exit_code code = ask_command(&link, command->name, buf_str(&body), &answer);
	if (code == EXIT_REFUSED)
		ask_print_refusal(&answer.refused, &link.memory);
	if (code == EXIT_OK) {
		print_gives(command, answer.done.gives);
		printf("done, entry %lld\n", (long long)answer.done.entry);
	}
	core_link_close(&link);
	return (int)code;
}

enum exit_code ask_command(struct core_link *link, struct str name, struct str body, struct answer_line *ret_answer)
{
	struct error error;
	core_link_send(link, &(struct ask_line){.kind = ASK_LINE_COMMAND, .command = {.name = name, .body = body}});
	int rc = core_link_receive(link, ret_answer, &error);
	if (rc == 0)
		return ret_answer->kind == ANSWER_LINE_DONE ? EXIT_OK : EXIT_REFUSED;
	if (rc != ERROR_INPUT)
		core_link_die(&error);
	error_where(&error, STR_FMT, STR_ARG(name));
	error_print(&error);
	return EXIT_USAGE;
}
