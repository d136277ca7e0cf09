/* deeds.c: what is done, and how often; and what those who do it share. */
#include "sim/sim_inner.h"

#include "sim/peek.h"

#include <stdarg.h>

const struct deed deeds[] = {
    {"show badge", 300, deed_show_badge},
    {"reader state", 30, deed_reader_state},
    {"line odd", 20, deed_line_odd},
    {"line restart", 8, deed_line_restart},
    {"line away", 6, deed_line_away},
    {"line reconnect", 8, deed_line_reconnect},
    {"poison report", 1, deed_poison_report},
    {"enrol", 8, deed_enrol},
    {"issue", 8, deed_issue},
    {"suspend", 20, deed_suspend},
    {"restore", 20, deed_restore},
    {"key", 4, deed_key},
    {"dossier", 10, deed_dossier},
    {"close", 5, deed_close},
    {"code", 6, deed_code},
    {"mode", 10, deed_mode},
    {"forget", 6, deed_forget},
    {"erase", 5, deed_erase},
    {"knock", 6, deed_knock},
    {"shout", 4, deed_shout},
    {"lock down", 2, deed_lock_down},
    {"lift", 6, deed_lift},
    {"stand", 4, deed_stand},
    {"mistake", 8, deed_mistake},
    {"poison", 1, deed_poison},
    {"nonce", 6, deed_nonce},
    {"passkey", 4, deed_passkey},
    {"arm", 6, deed_arm},
    {"launch", 8, deed_launch},
    {"approve", 14, deed_approve},
    {"decline", 3, deed_decline},
    {"undo", 6, deed_undo},
    {"look", 6, deed_look},
    {"review", 4, deed_review},
    {"clock", 4, deed_clock},
    {"stage", 5, deed_stage},
    {"enact", 6, deed_enact},
    {"follow", 8, deed_follow},
    {"history", 12, deed_history},
    {"raw", 4, deed_raw},
    {"status", 4, deed_status},
    {"checkpoint", 3, deed_checkpoint},
    {"proof", 3, deed_proof},
    {"slow", 6, deed_slow},
    {"hang up", 6, deed_hang_up},
    {"connect", 10, deed_connect},
    {"blob", 6, deed_blob},
    {"read blob", 6, deed_read_blob},
    {"plan", 2, deed_plan},
    {"wait", 40, deed_wait},
    {"wait minutes", 10, deed_wait_minutes},
    {"wait hours", 5, deed_wait_hours},
    {"wait days", 2, deed_wait_days},
    {"set clock", 3, deed_set_clock},
    {"rekey", 2, deed_rekey},
    {"copy", 3, deed_copy},
    {"copy record", 3, sim_copy_record},
    {NULL, 0, NULL},
};

void deeds_do(struct sim *sim)
{
	uint64_t total = 0;
	size_t i = 0;
	for (size_t k = 0; deeds[k].name; k++)
		total += sim->weights[k];
	uint64_t dice = sim_roll(sim, total);
	while (dice >= sim->weights[i])
		dice -= sim->weights[i++];
	deeds[i].fn(sim);
}

/* Speaking */

struct str deeds_text(struct sim *sim, const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	return arena_str(&sim->scratch, (struct str){text, (size_t)n});
}

void deeds_say(struct sim *sim, struct talk_connection *c, struct talk_ask ask, const char *format, ...)
{
	enum { SAID_BYTES_MAX = 65536 };
	static char text[SAID_BYTES_MAX];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	talk_ask(c, ask);
	sim_line(sim, c->peer, (struct str){text, (size_t)n}, people_login(c->who));
}

static void command(struct sim *sim, struct talk_connection *c, const char *name, struct str body, bool may_be_bad)
{
	struct talk_ask ask = {.kind = TALK_COMMAND,
			       .said = talk_say(&sim->talk, str_of(people_login(c->who)), str_of(name), body),
			       .may_be_bad = may_be_bad};
	/* White space between tokens changes nothing. */
	const char *space = !may_be_bad && sim_thousandths(sim, 50) ? " " : "";
	deeds_say(sim, c, ask, "{\"command\":{\"name\":\"%s\",\"body\":%s" STR_FMT "%s}}", name, space, STR_ARG(body),
		  space);
}

void deeds_command(struct sim *sim, struct talk_connection *c, const char *name, struct str body)
{
	command(sim, c, name, body, false);
}

void deeds_bad_command(struct sim *sim, struct talk_connection *c, const char *name, struct str body)
{
	command(sim, c, name, body, true);
}

/* Who */

static bool may_be_asked(const struct talk_connection *c, uint32_t roles)
{
	return c->is_open && !c->is_deaf && !talk_is_busy(c) && (roles == 0 || (c->viewer.roles & roles) != 0);
}

struct talk_connection *deeds_by(struct sim *sim, uint32_t roles)
{
	size_t first = sim_roll(sim, TALK_CONNECTIONS);
	/* Now and then somebody who may not. */
	if (sim_thousandths(sim, 40))
		roles = 0;
	for (size_t i = 0; i < TALK_CONNECTIONS; i++) {
		struct talk_connection *c = &sim->talk.at[(first + i) % TALK_CONNECTIONS];
		if (may_be_asked(c, roles))
			return c;
	}
	enum people_who who = (enum people_who)sim_roll(sim, PEOPLE);
	if (roles != 0 && (people_viewer(who).roles & roles) == 0)
		return NULL;
	return sim_connect(sim, who);
}

bool deeds_is_gone(const struct sim *sim, uint64_t person)
{
	return person <= sim->ledger.n_people && (sim->is_doomed[person] || sim->ledger.people[person].is_forgotten);
}

uint64_t deeds_person(struct sim *sim)
{
	uint64_t person = 1 + sim_roll(sim, sim->ledger.n_people + 1);
	for (int i = 0; i < 4 && deeds_is_gone(sim, person); i++)
		person = 1 + sim_roll(sim, sim->ledger.n_people + 1);
	return person;
}

uint64_t deeds_badge(struct sim *sim)
{
	return 1 + sim_roll(sim, sim->ledger.n_badges + 1);
}

/* Beginning */

void deeds_furnish(struct sim *sim)
{
	if (sim->furnished == PLACE_COMMANDS || !sim->hub)
		return;
	struct talk_connection *c = sim_connect(sim, PEOPLE_ANA);
	ASSERT(c);
	/* What an earlier life was told to do and did not make durable is done again; what it did is refused. */
	for (size_t n = 0; n < PLACE_COMMANDS && !sim->is_dead; n++) {
		arena_clear(&sim->scratch);
		struct buf b = arena_buf(&sim->scratch);
		place_command(n, &sim->values, &b);
		struct str line = arena_keep(&sim->scratch, &b), name = peek_text(line, "command.name"), body = {0};
		bool read = peek_path(line, "command.body", &body);
		ASSERT(read);
		char text[64];
		snprintf(text, sizeof text, STR_FMT, STR_ARG(name));
		deeds_command(sim, c, text, body);
		if (talk_is_busy(c))
			sim_commit(sim);
	}
	if (!sim->is_dead)
		sim_commit(sim);
	if (!sim->is_dead)
		sim->furnished = PLACE_COMMANDS;
}
