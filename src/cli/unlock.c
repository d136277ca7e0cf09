/* unlock.c: opens the keys of a mission that runs and waits for them. */
#include "cli/cli.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/share_input.h"

static void send_unlock(struct asker *link, const struct ask_unlock *ask)
{
	link_send(link, &(struct ask_line){.kind = ASK_LINE_UNLOCK, .unlock = *ask});
}

static void send_passphrase(struct asker *link, struct secret_input *input)
{
	struct str passphrase = secret_input_line(input, "Passphrase: ", false);
	send_unlock(link, &(struct ask_unlock){.has_passphrase = true, .passphrase = passphrase});
}

static void send_shares(struct asker *link, struct secret_input *input)
{
	struct share shares[SHARES_MAX];
	char texts[SHARES_MAX][SHARE_TEXT_BYTES];
	struct str list[SHARES_MAX];
	struct error error;
	int n = share_input_read(input, NULL, NULL, shares, &error);
	if (n < 0) {
		secret_input_close(input);
		die(EXIT_USAGE, &error);
	}
	for (int i = 0; i < n; i++) {
		share_write(&shares[i], texts[i]);
		list[i] = str_of(texts[i]);
	}
	send_unlock(link, &(struct ask_unlock){.has_shares = true, .shares = {(size_t)n, list}});
	crypt_wipe(shares, sizeof shares);
	crypt_wipe(texts, sizeof texts);
}

/* What there is to be asked for; ends the process when nothing is closed. */
static const char *way_of(struct asker *link, const char *asked)
{
	link_send(link, &(struct ask_line){.kind = ASK_LINE_STATUS});
	struct answer_line answer = link_next(link);
	if (answer.kind != ANSWER_LINE_LOCKED) {
		printf("The mission's keys are open.\n");
		return NULL;
	}
	return asked ? asked : answer.locked.passphrase ? "passphrase" : "shares";
}

int cli_unlock(int argc, char **argv)
{
	struct option_value values[] = {{.name = "by"}, {.name = "fd"}};
	struct asker link;
	struct secret_input input;
	struct error error;
	const char *operand = options_read(argc, argv, values, ARRAY_LEN(values)), *by = values[0].value;
	if (operand || (by && strcmp(by, "passphrase") != 0 && strcmp(by, "shares") != 0))
		options_usage();
	link_open(&link);
	link.unlocks = true;
	by = way_of(&link, by);
	if (!by)
		return EXIT_OK;
	secret_input_open(&input, values[1].value);
	if (strcmp(by, "shares") == 0)
		send_shares(&link, &input);
	else
		send_passphrase(&link, &input);
	secret_input_close(&input);
	struct answer_line answer = link_next(&link);
	if (answer.kind == ANSWER_LINE_BUSY) {
		error_set(&error, ERROR_LIMIT, "somebody tried just now");
		error_remedy(&error, "Try again in a second.");
		die(EXIT_FAILED, &error);
	}
	printf("The keys are open; the record is read now.\n");
	asker_release(&link);
	return EXIT_OK;
}
