#include "cli/link.h"

void link_die(const struct error *error)
{
	die(error->code == ERROR_INPUT ? EXIT_USAGE : EXIT_FAILED, error);
}

void link_open(struct asker *link)
{
	struct error error;
	if (asker_connect(link, &error) < 0)
		link_die(&error);
}

void link_send(struct asker *link, const struct ask_line *ask)
{
	struct error error;
	if (asker_ask(link, ask, &error) < 0)
		link_die(&error);
}

struct answer_line link_next(struct asker *link)
{
	struct answer_line answer;
	struct error error;
	if (asker_next(link, &answer, &error) < 0)
		link_die(&error);
	return answer;
}

struct answer_status link_status(struct asker *link)
{
	struct answer_line answer;
	struct error error;
	if (asker_ask_one(link, &(struct ask_line){.kind = ASK_LINE_STATUS}, ANSWER_LINE_STATUS, &answer, &error) < 0)
		link_die(&error);
	return answer.status;
}
