/* deeds_read.c: what people read, who connects and who goes; and files. */
#include "sim/sim_inner.h"

#include "sim/peek.h"

static bool is_reading(const struct talk_connection *c)
{
	return c->follows || c->history.is_asked || c->reads_raw;
}

/* Somebody with a role, who is not reading yet. */
static struct talk_connection *reader(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, UINT32_MAX);
	return c && c->viewer.roles != 0 && !is_reading(c) ? c : NULL;
}

/* Streams have no answer of their own, so they are not asked for behind what may be one. */
void deed_follow(struct sim *sim)
{
	struct talk_connection *c = reader(sim);
	char line[128] = "{\"follow\":{}}";
	uint64_t size = sim->ledger.size, from = 0, last = sim_roll(sim, 30);
	if (!c || size == 0)
		return;
	if (sim_roll(sim, 2)) {
		snprintf(line, sizeof line, "{\"follow\":{\"last\":%llu}}", (unsigned long long)last);
		from = sight_last(&sim->ledger, &c->viewer, last);
	} else if (sim_roll(sim, 2) && see_may_read_record(&c->viewer)) {
		from = sim_roll(sim, size + 1);
		snprintf(line, sizeof line, "{\"follow\":{\"from\":%llu}}", (unsigned long long)from);
	}
	c->follows = true;
	c->follow_from = from;
	sim_line(sim, c->peer, str_of(line), people_login(c->who));
}

void deed_history(struct sim *sim)
{
	static const struct {
		const char *table;
		uint64_t most;
	} refs[] = {{"door", PLACE_DOORS},
		    {"person", PLACE_PEOPLE + 2},
		    {"badge", PLACE_PEOPLE + 2},
		    {"reader", PLACE_DOORS},
		    {"zone", 3}};
	struct talk_connection *c = reader(sim);
	size_t i = sim_roll(sim, ARRAY_LEN(refs));
	if (!c)
		return;
	struct talk_history *h = &c->history;
	*h = (struct talk_history){.is_asked = true,
				   .id = 1 + sim_roll(sim, refs[i].most),
				   .before = sim->ledger.size,
				   .left = 1 + (int64_t)sim_roll(sim, 60),
				   .next = UINT64_MAX};
	snprintf(h->table, sizeof h->table, "%s", refs[i].table);
	struct str line = deeds_text(sim, "{\"history\":{\"ref\":\"%s:%llu\",\"limit\":%lld}}", h->table,
				     (unsigned long long)h->id, (long long)h->left);
	sim_line(sim, c->peer, line, people_login(c->who));
}

void deed_raw(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("auditor") | see_role("administrator"));
	if (!c || is_reading(c) || !see_may_read_raw(&c->viewer))
		return;
	c->reads_raw = true;
	c->raw_next = sim_roll(sim, sim->ledger.size + 1);
	sim_line(sim, c->peer, deeds_text(sim, "{\"raw\":{\"from\":%llu}}", (unsigned long long)c->raw_next),
		 people_login(c->who));
}

void deed_status(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, UINT32_MAX);
	if (c && c->viewer.roles != 0)
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_STATUS}, "{\"status\":{}}");
}

void deed_checkpoint(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("auditor"));
	if (c && !c->reads_raw && see_may_read_raw(&c->viewer))
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_CHECKPOINT}, "{\"checkpoint\":{}}");
}

void deed_proof(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("auditor"));
	uint64_t size = sim->ledger.size;
	if (!c || !see_may_read_raw(&c->viewer) || size < 2)
		return;
	uint64_t to = 1 + sim_roll(sim, size), from = sim_roll(sim, to);
	deeds_say(sim, c, (struct talk_ask){.kind = TALK_PROOF},
		  "{\"proof\":{\"of\":\"%s\",\"from\":%llu,\"to\":%llu}}",
		  sim_roll(sim, 2) ? "inclusion" : "consistency", (unsigned long long)from, (unsigned long long)to);
}

/* Who cannot take more, and who does not listen at all, which ends the connection. */
void deed_slow(struct sim *sim)
{
	struct talk_connection *c = &sim->talk.at[sim_roll(sim, TALK_CONNECTIONS)];
	if (!c->is_open)
		return;
	c->is_slow = !c->is_slow;
	c->is_deaf = !c->is_slow && sim_thousandths(sim, 200);
}

void deed_hang_up(struct sim *sim)
{
	struct talk_connection *c = &sim->talk.at[sim_roll(sim, TALK_CONNECTIONS)];
	if (c->is_open)
		sim_disconnect(sim, c);
}

void deed_connect(struct sim *sim)
{
	sim_connect(sim, (enum people_who)sim_roll(sim, PEOPLE));
}

/* Files: in one part or two */

static void send_file(struct sim *sim, struct talk_connection *c, const struct talk_blob *blob, struct str subject)
{
	char text[VALUE_BYTES + 1] = "a plan";
	size_t number = sim->talk.n_blobs;
	if (number == TALK_BLOBS_MAX)
		return;
	sim->talk.blobs[sim->talk.n_blobs++] = *blob;
	if (blob->value < VALUES_MAX)
		value_text(blob->value, text);
	char digits[2 * VALUE_BYTES + 1];
	struct buf b = BUF(digits);
	buf_put_hex(&b, (const uint8_t *)text, strlen(text));
	digits[b.len] = 0;
	unsigned of = 1 + (unsigned)sim_roll(sim, 2);
	for (unsigned part = 1; part <= of; part++)
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_BLOB, .blob = number, .is_last = part == of},
			  "{\"blob\":{\"subject\":\"" STR_FMT "\",\"part\":%u,\"of\":%u,\"data\":\"%s\"}}",
			  STR_ARG(subject), part, of, part == 1 ? digits : "");
}

void deed_blob(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer") | see_role("reception"));
	uint64_t person = deeds_person(sim);
	if (!c || c->viewer.roles == 0 || deeds_is_gone(sim, person))
		return;
	struct talk_blob blob = {.value = values_new(&sim->values, VALUE_PICTURE, person), .person = person};
	send_file(sim, c, &blob, deeds_text(sim, "person:%llu", (unsigned long long)person));
}

void deed_plan(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, see_role("security_officer"));
	if (c && c->viewer.roles != 0)
		send_file(sim, c, &(struct talk_blob){.value = VALUES_MAX, .building = 1}, STR("building:1"));
}

void deed_read_blob(struct sim *sim)
{
	struct talk_connection *c = deeds_by(sim, UINT32_MAX);
	if (!c || c->viewer.roles == 0 || sim->talk.n_blobs == 0)
		return;
	size_t number = sim_roll(sim, sim->talk.n_blobs);
	const struct talk_blob *blob = &sim->talk.blobs[number];
	if (blob->is_kept)
		deeds_say(sim, c, (struct talk_ask){.kind = TALK_BLOB_READ, .blob = number},
			  "{\"blob_read\":{\"hash\":\"%s\"}}", blob->hash);
}
