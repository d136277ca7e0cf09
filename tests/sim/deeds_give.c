/* deeds_give.c: commands of one person. */
#include "sim/sim_inner.h"

static struct talk_connection *officer(struct sim *sim)
{
	return deeds_by(sim, see_role("security_officer"));
}

static struct talk_connection *officer_or(struct sim *sim, const char *role)
{
	return deeds_by(sim, see_role("security_officer") | see_role(role));
}

void deed_enrol(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "reception");
	if (!c || sim->ledger.n_people + 8 > LEDGER_PEOPLE_MAX)
		return;
	struct buf b = arena_buf(&sim->scratch);
	place_enrol(&sim->values, (enum place_group)sim_roll(sim, PLACE_GROUPS), sim_thousandths(sim, 300), &b);
	deeds_command(sim, c, "people.enrol", arena_keep(&sim->scratch, &b));
}

/* Some badges are good for a while only. */
void deed_issue(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "reception");
	uint64_t person = deeds_person(sim);
	if (!c || deeds_is_gone(sim, person) || sim->ledger.n_badges + 8 > LEDGER_BADGES_MAX)
		return;
	struct buf b = arena_buf(&sim->scratch);
	place_issue(&sim->values, person, &b);
	if (sim_thousandths(sim, 400)) {
		b.len--;
		BUF_LIT(&b, ",\"until\":");
		buf_put_i64(&b, sim->ledger.wall + (int64_t)sim_roll(sim, INT64_C(7) * 24 * 3600 * 1000));
		BUF_LIT(&b, "}");
	}
	deeds_command(sim, c, "people.issue_badge", arena_keep(&sim->scratch, &b));
}

void deed_suspend(struct sim *sim)
{
	struct talk_connection *c =
	    deeds_by(sim, see_role("security_officer") | see_role("guard") | see_role("reception"));
	if (c)
		deeds_command(
		    sim, c, "people.suspend_badge",
		    deeds_text(sim, "{\"badge\":%llu,\"why\":\"lost\"}", (unsigned long long)deeds_badge(sim)));
}

void deed_restore(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (c)
		deeds_command(sim, c, "people.restore_badge",
			      deeds_text(sim, "{\"badge\":%llu}", (unsigned long long)deeds_badge(sim)));
}

void deed_key(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (!c)
		return;
	struct buf b = arena_buf(&sim->scratch);
	place_key(&sim->values, 1 + sim_roll(sim, PLACE_DOORS + 1), &b);
	deeds_command(sim, c, "doors.key_reader", arena_keep(&sim->scratch, &b));
}

static struct str text_of(struct sim *sim, enum value_kind kind, uint64_t person)
{
	char text[VALUE_BYTES + 1];
	value_text(values_new(&sim->values, kind, person), text);
	return arena_str(&sim->scratch, (struct str){text, VALUE_BYTES});
}

/* The picture is a file that was sent before, of this person; now and then one that was not kept. */
static struct str picture_of(struct sim *sim, uint64_t person)
{
	for (size_t i = 0; i < sim->talk.n_blobs; i++) {
		const struct talk_blob *blob = &sim->talk.blobs[i];
		if (blob->is_kept && blob->person == person && blob->value < VALUES_MAX)
			return deeds_text(sim, ",\"picture\":\"%s\"", blob->hash);
	}
	if (!sim_thousandths(sim, 50))
		return (struct str){0};
	return deeds_text(sim, ",\"picture\":\"%064x\"", 7);
}

void deed_dossier(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "reception");
	uint64_t person = deeds_person(sim);
	/* The trial looks for neither room nor people. */
	if (!c || person > sim->ledger.n_people || deeds_is_gone(sim, person) || ++sim->dossiers > LEDGER_DOSSIERS_MAX)
		return;
	struct str picture = picture_of(sim, person);
	struct str title = text_of(sim, VALUE_TITLE, person), health = text_of(sim, VALUE_HEALTH, person);
	struct str said = text_of(sim, VALUE_SAID, person), pin = text_of(sim, VALUE_PIN, person);
	struct str body = deeds_text(sim,
				     "{\"person\":%llu,\"title\":\"" STR_FMT "\",\"health\":\"" STR_FMT
				     "\",\"said\":\"" STR_FMT "\"%s" STR_FMT ",\"pin\":\"" STR_FMT "\"}",
				     (unsigned long long)person, STR_ARG(title), STR_ARG(health), STR_ARG(said),
				     sim_roll(sim, 2) ? ",\"colour\":\"red\"" : "", STR_ARG(picture), STR_ARG(pin));
	deeds_bad_command(sim, c, "trial.open_dossier", body);
}

void deed_close(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (c)
		deeds_command(sim, c, "trial.close_dossier",
			      deeds_text(sim, "{\"dossier\":%llu}",
					 1 + (unsigned long long)sim_roll(sim, sim->ledger.n_dossiers + 1)));
}

void deed_code(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "guard");
	if (c)
		deeds_command(sim, c, "trial.enter_code",
			      deeds_text(sim, "{\"code\":%d}", sim_roll(sim, 3) ? 123 : 999));
}

void deed_mode(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (c && sim->ledger.n_readers > 0)
		deeds_command(sim, c, "trial.set_mode",
			      deeds_text(sim, "{\"reader\":%llu,\"mode\":\"%s\"}",
					 1 + (unsigned long long)sim_roll(sim, sim->ledger.n_readers),
					 sim_roll(sim, 2) ? "card" : "card_and_pin"));
}

void deed_forget(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	uint64_t person = deeds_person(sim);
	/* Person 1 reads, and some stay. */
	if (!c || person <= 1 || person > sim->ledger.n_people || deeds_is_gone(sim, person))
		return;
	sim->is_doomed[person] = true;
	deeds_command(sim, c, "trial.forget", deeds_text(sim, "{\"person\":%llu}", (unsigned long long)person));
}

void deed_knock(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "guard");
	if (c)
		deeds_command(sim, c, "trial.knock", STR("{}"));
}

void deed_shout(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "guard");
	if (c)
		deeds_command(sim, c, "trial.shout", STR("{\"where\":\"hall\"}"));
}

void deed_lock_down(struct sim *sim)
{
	struct talk_connection *c =
	    deeds_by(sim, see_role("security_officer") | see_role("guard") | see_role("duty_officer"));
	if (c)
		deeds_command(sim, c, "doors.lock_down", STR("{\"why\":\"drill\"}"));
}

void deed_lift(struct sim *sim)
{
	struct talk_connection *c = officer_or(sim, "duty_officer");
	if (c && (sim->ledger.is_held || sim_thousandths(sim, 50)))
		deeds_command(sim, c, "doors.lift_lockdown", STR("{}"));
}

void deed_stand(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	unsigned long long door = 1 + sim_roll(sim, PLACE_DOORS + 1), person = deeds_person(sim);
	if (!c || sim->ledger.n_standing + 8 > LEDGER_STANDING_MAX)
		return;
	if (sim_roll(sim, 3) == 0)
		deeds_command(sim, c, "access.revoke_standing",
			      deeds_text(sim, "{\"standing\":%llu}",
					 1 + (unsigned long long)sim_roll(sim, sim->ledger.n_standing + 1)));
	else
		deeds_command(sim, c, "access.declare_standing",
			      deeds_text(sim, "{\"door\":%llu,\"person\":%llu}", door, person));
}

/* Lines that are none, or that mean nothing. */
#define SUSPEND(body) "{\"command\":{\"name\":\"people.suspend_badge\",\"body\":{" body "}}}"

void deed_mistake(struct sim *sim)
{
	static const char *const lines[] = {"{",
					    "null",
					    "[]",
					    "\xff",
					    "{\"command\":{}}",
					    "{\"command\":{\"name\":\"no.such\",\"body\":{}}}",
					    SUSPEND("\"badge\":\"one\",\"why\":\"lost\""),
					    SUSPEND("\"badge\":1"),
					    SUSPEND("\"badge\":1,\"why\":\"lost\",\"why\":\"lost\""),
					    "{\"history\":{\"ref\":\"no such name\",\"limit\":1}}",
					    "{\"undo\":{\"entry\":0}}",
					    "{\"approve\":{\"pending\":9007199254740991}}",
					    "{\"witness_state\":{\"witness\":\"w\",\"says\":\"\"}}"};
	struct talk_connection *c = deeds_by(sim, 0);
	if (c)
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_MISTAKE}, "%s",
			  lines[sim_roll(sim, ARRAY_LEN(lines))]);
}
