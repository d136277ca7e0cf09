/* ledger_oversight.c: who may give which command, who else must agree, who looks. */
#include "sim/ledger_inner.h"

#include "sim/people.h"

const struct ledger_pending *ledger_pending(const struct ledger *ledger, uint64_t pending)
{
	for (size_t i = ledger->n_pending; i > 0; i--)
		if (ledger->pending[i - 1].pending == pending)
			return &ledger->pending[i - 1];
	return NULL;
}

static struct ledger_pending *own_pending(const struct taken *t, int64_t pending)
{
	return (struct ledger_pending *)ledger_pending(t->ledger, (uint64_t)pending);
}

/* The gates before a decision, in this order: the role, the passkey, the second person. */
static const char *gate(const struct taken *t, const struct see_body *command)
{
	uint32_t roles = people_roles(t->login);
	int64_t pending = peek_int(t->checked, "pending", 0);
	if ((roles & (pending ? command->approvers : command->who)) == 0)
		return "MISSION_ROLE";
	if (command->grave && !peek_has(t->checked, "asserted"))
		return "OVERSIGHT_UNASSERTED";
	if (command->approvers == 0 || pending == 0)
		return NULL;
	const struct ledger_pending *asked = ledger_pending(t->ledger, (uint64_t)pending);
	if (!asked || !asked->is_open || asked->until <= t->wall || !str_eq(asked->command, t->name))
		return "OVERSIGHT_NO_PENDING";
	return str_eq(asked->login, t->login) ? "OVERSIGHT_SAME_PERSON" : NULL;
}

static bool is_gate(struct str refusal)
{
	return str_eq(refusal, STR("MISSION_ROLE")) || str_eq(refusal, STR("OVERSIGHT_UNASSERTED"));
}

/* How many of its events are called so. */
static size_t count_events(const struct taken *t, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < t->n_events; i++)
		n += taken_has(t, i, name);
	return n;
}

/* A passkey speaks for the person whose it is, and its counter is kept. */
static void check_passkey(const struct taken *t)
{
	const struct ledger *ledger = t->ledger;
	int64_t asserted = peek_int(t->checked, "asserted", 0);
	bool there = asserted >= 1 && (size_t)asserted <= ledger->n_passkeys && !ledger->passkeys[asserted].is_removed;
	MUST(asserted == 0 || (there && str_eq(ledger->passkeys[asserted].login, t->login)),
	     "entry %llu is asserted with passkey %lld, which is not of " STR_FMT, (unsigned long long)t->index,
	     (long long)asserted, STR_ARG(t->login));
	MUST(count_events(t, "operators.PasskeyUsed") == (asserted != 0 && !t->is_refused),
	     "entry %llu: a passkey was used and is not said to be, or the other way round",
	     (unsigned long long)t->index);
}

/* What waits for a second person does nothing yet; what a second person agreed to says so, and was asked for by
 * another. */
static void check_approval(const struct taken *t, const struct see_body *command)
{
	int64_t pending = peek_int(t->checked, "pending", 0);
	size_t approvals = count_events(t, "oversight.Approved"), used = count_events(t, "operators.PasskeyUsed");
	if (pending == 0) {
		MUST(t->is_refused || (t->n_events == 1 + used && taken_has(t, 0, "oversight.ApprovalAsked")),
		     "entry %llu: a command that two must want is done by one", (unsigned long long)t->index);
		return;
	}
	MUST(t->is_refused || approvals == 1, "an approved command does not say who agreed");
	const struct ledger_pending *asked = ledger_pending(t->ledger, (uint64_t)pending);
	if (!asked || t->is_refused)
		return;
	const struct ledger_entry *first = &t->ledger->entries[asked->entry];
	MUST(str_eq(first->name, t->name) && !str_eq(first->login, t->login),
	     "entry %llu is another command than was asked for, or of the same person", (unsigned long long)t->index);
	MUST(str_eq(first->input, t->input) || str_contains(first->input, STR("null")),
	     "entry %llu: what is agreed to is not what was asked for", (unsigned long long)t->index);
	MUST((people_roles(t->login) & command->approvers) != 0, "somebody approves who may not");
	MUST(t->wall < asked->until, "an approval comes too late");
}

static void check_command(const struct taken *t)
{
	const struct see_body *command = see_body_of(SEE_COMMAND, t->name);
	MUST(command, "a command of the unknown name " STR_FMT, STR_ARG(t->name));
	if (!command)
		return;
	const char *refusal = gate(t, command);
	MUST(refusal ? str_eq(t->refusal, str_of(refusal)) : !is_gate(t->refusal),
	     "entry %llu: " STR_FMT " by " STR_FMT " should be %s and is " STR_FMT, (unsigned long long)t->index,
	     STR_ARG(t->name), STR_ARG(t->login), refusal ? refusal : "decided", STR_ARG(t->refusal));
	check_passkey(t);
	if (command->approvers != 0)
		check_approval(t, command);
	if (command->life_safety && !refusal)
		MUST(!t->is_refused && count_events(t, "oversight.ReviewOwed") == 1,
		     "what saves life is not done, or is not to be reviewed");
	MUST(command->box_bytes == 0 || str_contains(t->text, STR("\"box\":\"")), "an entry without its box");
}

/* Events */

static void asked(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	(void)event;
	ASSERT(ledger->n_pending < LEDGER_PENDING_MAX);
	ledger->pending[ledger->n_pending++] =
	    (struct ledger_pending){.pending = (uint64_t)peek_int(body, "pending", 0),
				    .entry = t->index,
				    .command = ledger_keep(ledger, t->name),
				    .login = ledger_keep(ledger, t->login),
				    .until = peek_int(body, "until", 0),
				    .is_open = true};
}

static void close_pending(const struct taken *t, struct str body)
{
	struct ledger_pending *pending = own_pending(t, peek_int(body, "pending", 0));
	MUST(pending && pending->is_open, "entry %llu closes what does not wait", (unsigned long long)t->index);
	if (pending)
		pending->is_open = false;
}

static void approved(const struct taken *t, unsigned event, struct str body)
{
	const struct ledger_pending *pending = own_pending(t, peek_int(body, "pending", 0));
	(void)event;
	MUST(pending && str_eq(peek_text(body, "asked_by"), pending->login) &&
		 str_eq(peek_text(body, "login"), t->login) && !str_eq(pending->login, t->login),
	     "entry %llu does not name two persons", (unsigned long long)t->index);
	close_pending(t, body);
}

static void no_more_pending(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	close_pending(t, body);
}

static void looked(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	struct str subjects = {0};
	(void)event;
	ASSERT(ledger->n_looks < LEDGER_LOOKS_MAX);
	MUST(peek(body, "subjects", &subjects) && peek_int(body, "until", 0) == t->wall + LEDGER_LOOK_MS,
	     "a look is for longer than it may be");
	ledger->looks[ledger->n_looks++] = (struct ledger_look){.look = (uint64_t)peek_int(body, "look", 0),
								.login = ledger_keep(ledger, t->login),
								.subjects = ledger_keep(ledger, subjects),
								.is_open = true};
}

static void look_over(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	(void)event;
	for (size_t i = 0; i < ledger->n_looks; i++)
		if (ledger->looks[i].look == (uint64_t)peek_int(body, "look", 0))
			ledger->looks[i].is_open = false;
}

bool ledger_look_is_open(const struct ledger *ledger, struct str login, struct str table, uint64_t id)
{
	char ref[64];
	snprintf(ref, sizeof ref, "\"" STR_FMT ":%llu\"", STR_ARG(table), (unsigned long long)id);
	for (size_t i = 0; i < ledger->n_looks; i++)
		if (ledger->looks[i].is_open && str_eq(ledger->looks[i].login, login) &&
		    str_contains(ledger->looks[i].subjects, str_of(ref)))
			return true;
	return false;
}

static void review_owed(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	t->ledger->n_reviews++;
}

static void dossier_opened(const struct taken *t, unsigned event, struct str body)
{
	(void)event;
	(void)body;
	t->ledger->n_dossiers++;
}

static void passkey_enrolled(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	(void)event;
	ASSERT(ledger->n_passkeys < LEDGER_PASSKEYS_MAX);
	MUST(peek_int(body, "passkey", 0) == (int64_t)ledger->n_passkeys + 1, "passkeys are not counted one by one");
	ledger->passkeys[++ledger->n_passkeys].login = ledger_keep(ledger, peek_text(body, "login"));
}

static void passkey_removed(const struct taken *t, unsigned event, struct str body)
{
	struct ledger *ledger = t->ledger;
	int64_t passkey = peek_int(body, "passkey", 0);
	bool there = passkey >= 1 && (size_t)passkey <= ledger->n_passkeys && !ledger->passkeys[passkey].is_removed;
	(void)event;
	MUST(there, "a passkey is removed that nobody has");
	if (there)
		ledger->passkeys[passkey].is_removed = true;
}

void ledger_oversight_decide(const struct taken *t)
{
	if (t->login.len > 0)
		check_command(t);
	else
		MUST(t->line.len > 0 || t->is_from_core, "an entry from nobody");
}

const struct ledger_event ledger_oversight_events[] = {
    {"oversight.ApprovalAsked", asked},
    {"oversight.Approved", approved},
    {"oversight.Declined", no_more_pending},
    {"oversight.ApprovalOver", no_more_pending},
    {"oversight.Looked", looked},
    {"oversight.LookOver", look_over},
    {"oversight.ReviewOwed", review_owed},
    {"trial.DossierOpened", dossier_opened},
    {"operators.PasskeyEnrolled", passkey_enrolled},
    {"operators.PasskeyRemoved", passkey_removed},
    {NULL, NULL},
};
