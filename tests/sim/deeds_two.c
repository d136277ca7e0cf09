/* deeds_two.c: what takes two persons, a passkey, or several steps: approvals, looks, rulebooks. */
#include "sim/sim_inner.h"

#include "sim/authenticator.h"
#include "sim/peek.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { PASSKEYS = 2 };

static struct talk_connection *officer(struct sim *sim)
{
	return deeds_by(sim, see_role("security_officer"));
}

/* Passkeys: two, whose keys are always the same. One belongs to ana, one to ben. */

static const struct {
	const char *login, *secret, *point;
} pairs[PASSKEYS] = {
    {"ana", "1111111111111111222222222222222233333333333333334444444444444444",
     "0416d78aa95428e540bf89ce1abfdf164fbfeec8c9202995b42528d19e0fd87cd"
     "19b96dfe0aa32a3950cca34f0942fead636eed2aa29be0d5a2117984d5e66a2ad"},
    {"ben", "5555555555555555666666666666666677777777777777778888888888888888",
     "0444c53668c0981f0534bc27606b6f101b2d0f6fb9073a8d23df58e34f4311618b"
     "22b78093949be47165e70ff231ebf23a49baba60f59ce7cfa56c1eec85e07094"},
};

static const struct authenticator *passkey(size_t i)
{
	static struct authenticator made[PASSKEYS];
	struct authenticator *a = &made[i];
	if (a->key)
		return a;
	authenticator_init(a, (uint8_t)(i + 1));
	EVP_PKEY_free(a->key);
	a->key = NULL;
	uint8_t secret[32];
	bool read = hex_read(str_of(pairs[i].secret), secret, sizeof secret) &&
		    hex_read(str_of(pairs[i].point), a->point, sizeof a->point);
	BIGNUM *number = BN_bin2bn(secret, sizeof secret, NULL);
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	ASSERT(read && number && b && context);
	int built = OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
		    OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, a->point, sizeof a->point) &&
		    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, number);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
	built = built && EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, &a->key, EVP_PKEY_KEYPAIR, params) == 1;
	ASSERT(built);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(context);
	BN_free(number);
	return a;
}

void deed_passkey(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	size_t i = sim_roll(sim, PASSKEYS);
	char credential[2 * 16 + 1], key[2 * 65 + 1];
	struct buf digits = BUF(credential), point = BUF(key);
	if (!c)
		return;
	if (sim_thousandths(sim, 200)) {
		deeds_command(sim, c, "operators.remove_passkey",
			      deeds_text(sim, "{\"passkey\":%llu}", 1 + (unsigned long long)sim_roll(sim, 6)));
		return;
	}
	buf_put_hex(&digits, passkey(i)->credential, sizeof passkey(i)->credential);
	buf_put_hex(&point, passkey(i)->point, sizeof passkey(i)->point);
	deeds_command(sim, c, "operators.enrol_passkey",
		      deeds_text(sim,
				 "{\"login\":\"%s\",\"label\":\"key\",\"credential\":\"" STR_FMT "\",\"key\":\"" STR_FMT
				 "\"}",
				 pairs[i].login, STR_ARG(buf_str(&digits)), STR_ARG(buf_str(&point))));
}

void deed_nonce(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (c && c->viewer.roles != 0)
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_NONCE}, "{\"nonce\":{}}");
}

/* `,"assertion":{…}` by the person's own passkey, or empty; sometimes another's, or over another body. */
static struct str assertion_of(struct sim *sim, struct talk_connection *c, struct str name, struct str body)
{
	uint8_t nonce[32];
	size_t i = c->who == PEOPLE_BEN;
	if (!c->has_nonce || !hex_read(str_of(c->nonce), nonce, sizeof nonce))
		return (struct str){0};
	if (sim_thousandths(sim, 100))
		i = 1 - i;
	if (sim_thousandths(sim, 100))
		body = STR("{}");
	struct authenticator said = *passkey(i);
	struct arena *arena = &sim->scratch;
	struct assertion a =
	    authenticator_assert(&said, name, body, (struct str){(const char *)nonce, sizeof nonce}, arena);
	struct buf b = arena_buf(arena);
	c->has_nonce = sim_thousandths(sim, 100); /* it is used up; whoever tries again is told so */
	BUF_LIT(&b, ",\"assertion\":");
	assertion_write(&b, &a);
	return arena_keep(arena, &b);
}

static void assert_command(struct sim *sim, struct talk_connection *c, const char *name, struct str body)
{
	struct str assertion = assertion_of(sim, c, str_of(name), body);
	struct talk_ask ask = {.kind = TALK_COMMAND,
			       .said = talk_say(&sim->talk, str_of(people_login(c->who)), str_of(name), body),
			       .may_be_bad = true};
	deeds_say(sim, c, ask, "{\"command\":{\"name\":\"%s\",\"body\":" STR_FMT STR_FMT "}}", name, STR_ARG(body),
		  STR_ARG(assertion));
}

void deed_arm(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	if (c)
		assert_command(sim, c, "trial.arm",
			       deeds_text(sim, "{\"code\":%llu}", (unsigned long long)sim_roll(sim, 10)));
}

void deed_launch(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	uint64_t person = deeds_person(sim);
	char why[VALUE_BYTES + 1];
	if (!c || person > sim->ledger.n_people || deeds_is_gone(sim, person))
		return;
	value_text(values_new(&sim->values, VALUE_WHY, person), why);
	struct str body = deeds_text(sim, "{\"person\":%llu,\"why\":\"%s\"}", (unsigned long long)person, why);
	if (sim_roll(sim, 2))
		assert_command(sim, c, "trial.launch", body);
	else
		deeds_command(sim, c, "trial.propose", body);
}

/* For good: it takes a passkey and a second person. */
void deed_erase(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer") | see_role("administrator"));
	uint64_t person = deeds_person(sim);
	if (!c || person <= 1 || person > sim->ledger.n_people || deeds_is_gone(sim, person))
		return;
	sim->is_doomed[person] = true;
	assert_command(sim, c, "people.forget",
		       deeds_text(sim, "{\"person\":%llu,\"why\":\"law\"}", (unsigned long long)person));
}

/* Two persons */

static const struct ledger_pending *any_pending(struct sim *sim)
{
	const struct ledger *ledger = &sim->ledger;
	size_t n = ledger->n_pending < 8 ? ledger->n_pending : 8; /* the newest */
	return n > 0 ? &ledger->pending[ledger->n_pending - 1 - sim_roll(sim, n)] : NULL;
}

/* Asked as the second person's own command: an entry of the same name and body. What was erased meanwhile is not
 * there any more. */
void deed_approve(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer") | see_role("duty_officer"));
	const struct ledger_pending *pending = any_pending(sim);
	if (!c || !pending || c->viewer.roles == 0)
		return;
	const struct ledger_entry *asked = &sim->ledger.entries[pending->entry];
	char name[64];
	snprintf(name, sizeof name, STR_FMT, STR_ARG(asked->name));
	struct str assertion = sim_roll(sim, 3) ? assertion_of(sim, c, asked->name, asked->input) : (struct str){0};
	struct talk_ask ask = {.kind = TALK_COMMAND,
			       .said = talk_say(&sim->talk, str_of(people_login(c->who)), str_of(name), asked->input),
			       .may_be_bad = true};
	deeds_say(sim, c, ask, "{\"approve\":{\"pending\":%llu" STR_FMT "}}", (unsigned long long)pending->pending,
		  STR_ARG(assertion));
}

void deed_decline(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("duty_officer"));
	const struct ledger_pending *pending = any_pending(sim);
	if (c && pending)
		deeds_command(
		    sim, c, "oversight.decline",
		    deeds_text(sim, "{\"pending\":%llu,\"why\":\"no\"}", (unsigned long long)pending->pending));
}

void deed_review(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("duty_officer") | see_role("security_officer"));
	if (c)
		deeds_command(sim, c, "oversight.review",
			      deeds_text(sim, "{\"review\":%llu,\"finding\":\"proper\"}",
					 1 + (unsigned long long)sim_roll(sim, sim->ledger.n_reviews + 1)));
}

void deed_clock(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("duty_officer") | see_role("administrator"));
	if (c && (sim->ledger.clock_is_doubted || sim_thousandths(sim, 100)))
		deeds_command(sim, c, "record.confirm_clock", STR("{}"));
}

void deed_look(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer") | see_role("duty_officer"));
	if (c)
		deeds_command(sim, c, "oversight.look",
			      deeds_text(sim, "{\"purpose\":\"a look\",\"subjects\":[\"person:%llu\",\"person:%llu\"]}",
					 (unsigned long long)deeds_person(sim), (unsigned long long)deeds_person(sim)));
}

/* Undoing */

/* What undoes an entry takes each member from what was taken, else from the first event that has it. */
static bool find_member(const struct ledger_entry *entry, const char *name, struct str *ret_value)
{
	struct str event, body;
	if (peek(entry->input, name, ret_value))
		return true;
	for (struct peek_walk walk = peek_begin(entry->events); peek_item(&walk, &event);)
		if (peek(event, "body", &body) && peek(body, name, ret_value))
			return true;
	return false;
}

static bool undo_body(struct sim *sim, const struct ledger_entry *entry, const struct see_body *undo,
		      struct str *ret_body)
{
	struct buf b = arena_buf(&sim->scratch);
	BUF_LIT(&b, "{");
	for (size_t i = undo->first; i < undo->first + undo->n; i++) {
		struct str value;
		if (!find_member(entry, see_members[i].name, &value))
			continue;
		buf_put_str(&b, b.len > 1 ? STR(",\"") : STR("\""));
		buf_put_str(&b, str_of(see_members[i].name));
		BUF_LIT(&b, "\":");
		buf_put_str(&b, value);
	}
	BUF_LIT(&b, "}");
	*ret_body = arena_keep(&sim->scratch, &b);
	return ret_body->len > 2;
}

void deed_undo(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	const struct ledger *ledger = &sim->ledger;
	char full[64];
	struct str body, domain, rest;
	if (!c || ledger->size == 0 || !see_may_read_record(&c->viewer))
		return;
	uint64_t index = 0;
	const struct see_body *command = NULL;
	for (int i = 0; i < 40 && !(command && command->undo); i++) {
		index = sim_roll(sim, ledger->size);
		command = see_body_of(SEE_COMMAND, ledger->entries[index].name);
	}
	const struct ledger_entry *entry = &ledger->entries[index];
	if (!command || !command->undo || entry->refusal.len > 0 || entry->n_events == 0 ||
	    !str_cut(entry->name, '.', &domain, &rest))
		return;
	snprintf(full, sizeof full, STR_FMT ".%s", STR_ARG(domain), command->undo);
	const struct see_body *undo = see_body_of(SEE_COMMAND, str_of(full));
	if (!undo || !undo_body(sim, entry, undo, &body))
		return;
	struct talk_ask ask = {.kind = TALK_COMMAND,
			       .said = talk_say(&sim->talk, str_of(people_login(c->who)), str_of(full), body),
			       .may_be_bad = true};
	deeds_say(sim, c, ask, "{\"undo\":{\"entry\":%llu}}", (unsigned long long)index);
}

/* Rulebooks */

/* All of it in one part or in two; sometimes the second is not sent, or twice. */
void deed_stage(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	size_t number = sim_roll(sim, PLACE_RULEBOOKS + PLACE_BAD_RULEBOOKS);
	struct str text = sim_rules_text(number);
	char hash[65];
	if (!c)
		return;
	sim_rules_hash(number, hash);
	size_t of = 1 + sim_roll(sim, 2), half = text.len / of;
	for (size_t part = 1; part <= of; part++) {
		if (part == 2 && sim_thousandths(sim, 150))
			break;
		struct str data = part == of ? (struct str){text.at + (of - 1) * half, text.len - (of - 1) * half}
					     : (struct str){text.at, half};
		struct buf b = arena_buf(&sim->scratch);
		BUF_LIT(&b, "{\"hash\":\"");
		buf_put_str(&b, str_of(hash));
		BUF_LIT(&b, "\",\"part\":");
		buf_put_u64(&b, part);
		BUF_LIT(&b, ",\"of\":");
		buf_put_u64(&b, of);
		BUF_LIT(&b, ",\"data\":\"");
		buf_put_hex(&b, (const uint8_t *)data.at, data.len);
		BUF_LIT(&b, "\"}");
		deeds_command(sim, c, "record.stage_part", arena_keep(&sim->scratch, &b));
	}
}

/* What takes long is answered when it has come to its end. */
static void command_and_wait(struct sim *sim, struct talk_connection *c, const char *name, struct str body)
{
	struct talk_ask ask = {.kind = TALK_COMMAND,
			       .said = talk_say(&sim->talk, str_of(people_login(c->who)), str_of(name), body),
			       .is_enact = true,
			       .may_be_bad = true};
	c->enacts = true;
	deeds_say(sim, c, ask, "{\"command\":{\"name\":\"%s\",\"body\":" STR_FMT "}}", name, STR_ARG(body));
}

void deed_enact(struct sim *sim)
{
	struct talk_connection *c = officer(sim);
	char hash[65];
	if (!c || c->follows || c->history.is_asked)
		return;
	sim_rules_hash(sim_roll(sim, PLACE_RULEBOOKS + PLACE_BAD_RULEBOOKS), hash);
	command_and_wait(sim, c, "mission.enact", deeds_text(sim, "{\"rulebook\":\"%s\"}", hash));
}

/* Another root key for the mission's keys: of those before nothing may be left that opens what was forgotten. */
void deed_rekey(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer") | see_role("administrator"));
	if (c && !c->follows && !c->history.is_asked && sim->machine.n_roots < MACHINE_ROOTS_MAX / 2)
		command_and_wait(sim, c, "record.rekey", STR("{\"keys\":\"mission\"}"));
}
