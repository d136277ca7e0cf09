/* look.c: `chancery look person:12 --purpose TEXT`: opens what is masked of somebody or something, and shows it. */
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/history.h"
#include "cli/options.h"
#include "cli/words.h"

#include "schema/json.h"

enum { BODY_BYTES = 4096, LIMIT_MAX = 1000 };

int cli_look(int argc, char **argv)
{
	static char memory[BODY_BYTES];
	struct option_value values[] = {{.name = "purpose"}, {.name = "limit", .value = "20"}};
	const char *ref = options_read(argc, argv, values, ARRAY_LEN(values));
	struct answer_line answer;
	struct asker link;
	if (!ref || !values[0].value)
		options_usage();
	struct str subject = str_of(ref);
	struct ask_history history = {.ref = subject};
	struct oversight_look look = {.purpose = str_of(values[0].value), .subjects = {1, &subject}};
	struct buf body = BUF(memory);
	options_number(&values[1], 1, LIMIT_MAX, &history.limit);
	oversight_look_write(&body, &look);
	cli_use_mission_zone();
	link_open(&link);
	struct giving giving = {.link = &link};
	enum exit_code code = give_command(&giving, STR("oversight.look"), buf_str(&body), &answer);
	if (code != EXIT_OK)
		return (int)code;
	printf("Open to you for a quarter of an hour; the record says that you looked, and why.\n\n");
	history_show(&link, &history, false);
	asker_release(&link);
	return EXIT_OK;
}
