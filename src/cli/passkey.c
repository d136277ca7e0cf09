/* passkey.c: `chancery passkey new|show FILE`: a passkey in a file (passkey_file.h), and the command that makes it somebody's. */
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/options.h"

#include <pwd.h>
#include <unistd.h>

enum { BODY_BYTES = 2048, COMMAND_BYTES = 2048 };

static const char *own_login(void)
{
	struct error error;
	const struct passwd *user = getpwuid(geteuid());
	if (user)
		return user->pw_name;
	error_set(&error, ERROR_INPUT, "this user has no login");
	error_remedy(&error, "Say whose passkey it is: --login NAME");
	die(EXIT_USAGE, &error);
}

/* As a shell takes it for one word. */
static void put_quoted(struct buf *b, struct str text)
{
	buf_put_char(b, '\'');
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] == '\'')
			BUF_LIT(b, "'\\''");
		else
			buf_put_char(b, text.at[i]);
	buf_put_char(b, '\'');
}

static void print_command(const struct passkey_file *passkey, const char *login)
{
	char text[COMMAND_BYTES];
	struct buf b = BUF(text);
	BUF_LIT(&b, "  chancery operators enrol-passkey --login ");
	put_quoted(&b, str_of(login));
	BUF_LIT(&b, " --label ");
	put_quoted(&b, str_of(passkey->label));
	BUF_LIT(&b, " --credential ");
	buf_put_hex(&b, passkey->credential, sizeof passkey->credential);
	BUF_LIT(&b, " --key ");
	buf_put_hex(&b, passkey->point, sizeof passkey->point);
	ASSERT(!b.over);
	printf("It speaks for %s once a security officer or administrator has given this command:\n\n" STR_FMT "\n",
	       login, STR_ARG(buf_str(&b)));
}

static enum exit_code enrol(const struct passkey_file *passkey, const char *login)
{
	char memory[BODY_BYTES];
	struct buf body = BUF(memory);
	struct answer_line answer;
	struct asker link;
	struct operators_enrol_passkey ask = {
	    .login = str_of(login),
	    .label = str_of(passkey->label),
	    .credential = {(const char *)passkey->credential, sizeof passkey->credential},
	    .key = {(const char *)passkey->point, sizeof passkey->point}};
	operators_enrol_passkey_write(&body, &ask);
	link_open(&link);
	struct giving giving = {.link = &link};
	enum exit_code code = give_command(&giving, STR("operators.enrol_passkey"), buf_str(&body), &answer);
	if (code == EXIT_OK)
		give_print_done(&giving, STR("operators.enrol_passkey"), &answer.done);
	asker_release(&link);
	return code;
}

static int make(const char *path, const char *label, const char *login, bool enrols)
{
	struct passkey_file passkey;
	struct error error;
	enum exit_code code = EXIT_OK;
	if (passkey_file_make(&passkey, path, str_of(label), &error) < 0)
		die(error.code == ERROR_SYSTEM ? EXIT_FAILED : EXIT_USAGE, &error);
	char *place = realpath(path, NULL);
	printf("The passkey “%s” is made: %s\nWhoever reads this file can speak as %s. Keep it where nobody else "
	       "comes, and make no copy.\n\n",
	       passkey.label, place ? place : path, login);
	free(place);
	if (enrols)
		code = enrol(&passkey, login);
	if (!enrols || code != EXIT_OK)
		print_command(&passkey, login);
	passkey_file_close(&passkey);
	return (int)code;
}

static int show(const char *path, const char *login)
{
	struct passkey_file passkey;
	struct error error;
	if (passkey_file_open(&passkey, path, &error) < 0)
		die(EXIT_USAGE, &error);
	printf("The passkey “%s” was used %u times.\n\n", passkey.label, passkey.counter);
	print_command(&passkey, login);
	passkey_file_close(&passkey);
	return EXIT_OK;
}

int cli_passkey(int argc, char **argv)
{
	struct option_value values[] = {{.name = "label"}, {.name = "login"}, {.name = "enrol", .flag = true}};
	if (argc < 2)
		options_usage();
	const char *path = options_read(argc - 1, argv + 1, values, ARRAY_LEN(values));
	const char *label = values[0].value, *login = values[1].value ? values[1].value : own_login();
	bool enrols = values[2].value != NULL;
	if (path && strcmp(argv[1], "new") == 0 && label)
		return make(path, label, login, enrols);
	if (path && strcmp(argv[1], "show") == 0 && !label && !enrols)
		return show(path, login);
	options_usage();
}
