#include "driver/osdp/porter.h"

#include "driver/osdp/contract.h"
#include "grant/grant_seal.h"

/* Lockdown */

static bool is_held(const struct porter *porter, uint64_t reader)
{
	for (size_t i = 0; i < porter->panel->n_readers; i++) {
		const struct pd_settings *pd = &porter->panel->readers[i].settings;
		if (pd->reader == reader)
			return porter->held[pd->address / 8] >> pd->address % 8 & 1;
	}
	return false;
}

static bool obey_desired(struct porter *porter, const struct driver_desired *desired)
{
	struct arena arena = arena_over(porter->arena_memory, sizeof porter->arena_memory);
	struct osdp_held held;
	struct error error;
	if (contract_read_desired(desired->name, desired->body, &arena, &held, &error) < 0) {
		KIT_LOG(porter->kit, desired_not_read, .why = &error);
		return false;
	}
	memcpy(porter->held, held.addresses.at, sizeof porter->held);
	return true;
}

void porter_init(struct porter *porter, struct kit *kit, struct panel *panel, int64_t now_us)
{
	memset(porter, 0, offsetof(struct porter, arena_memory));
	porter->kit = kit;
	porter->panel = panel;
	porter->refused = limit_of(PORTER_REFUSED_BURST, PORTER_REFUSED_EVERY_US, now_us);
	for (size_t i = 0; i < panel->n_readers; i++) {
		porter->readers[i].cards = limit_of(PORTER_CARDS_BURST, PORTER_CARD_EVERY_US, now_us);
		porter->readers[i].states = limit_of(PORTER_STATES_BURST, PORTER_STATE_EVERY_US, now_us);
	}
	for (size_t i = 0; i < kit->desired.n; i++) {
		struct driver_desired desired = desired_line(&kit->desired.at[i]);
		obey_desired(porter, &desired);
	}
}

/* Orders */

/* An order that answers a card which was decided already would open the door a second time. */
static bool is_void(struct porter *porter, const struct kit_order *order)
{
	return order->answers > 0 && !gate_takes(&porter->gate, order->answers);
}

static bool obey_order(struct porter *porter, const struct kit_order *said, int64_t now_us)
{
	struct arena arena = arena_over(porter->arena_memory, sizeof porter->arena_memory);
	struct pd_order order = {.name = {said->entry, said->event, false}, .until_us = said->until_us};
	struct error error;
	uint64_t reader = 0;
	if (is_void(porter, said))
		return false;
	if (contract_read_order(said->name, said->body, &arena, &reader, &order, &error) == 0) {
		if (panel_order(porter->panel, reader, &order, now_us))
			return true;
		error_set(&error, ERROR_LIMIT, "order %llu.%u for reader %llu cannot be done",
			  (unsigned long long)said->entry, said->event, (unsigned long long)reader);
	}
	KIT_LOG(porter->kit, order_not_done, .why = &error);
	return false;
}

void porter_take(struct porter *porter, const struct kit_said *said, int64_t now_us)
{
	const struct kit_order *order = &said->order;
	const struct driver_desired *desired = &said->desired;
	if (said->kind == KIT_ORDER && !obey_order(porter, order, now_us))
		kit_expired(porter->kit, order->entry, order->event, now_us);
	if (said->kind != KIT_DESIRED)
		return;
	if (obey_desired(porter, desired))
		kit_desired(porter->kit, desired, now_us);
	else
		kit_expired(porter->kit, (uint64_t)desired->entry, (uint32_t)desired->event, now_us);
}

/* Cards */

static struct grant_answer ask_table(struct porter *porter, const struct gate_card *card, int64_t now_us)
{
	const struct kit *kit = porter->kit;
	const struct grant *grant = tables_grant(&kit->tables);
	uint8_t token[GRANT_TOKEN_BYTES];
	struct str bytes = {(const char *)card->bytes, (card->bits + 7U) / 8};
	if (grant)
		grant_token(kit->keys.token, grant->salt, card->bits, bytes, token);
	struct grant_question question = {.reader = card->reader,
					  .token = token,
					  .held = is_held(porter, card->reader),
					  .now = kit_wall_ms(kit, now_us)};
	return grant_decide(grant, &question);
}

/* The door first, then the report: nobody waits for the disk. */
static void decide(struct porter *porter, const struct gate_card *card, int64_t number, int64_t now_us)
{
	struct kit *kit = porter->kit;
	const struct grant *grant = tables_grant(&kit->tables);
	struct contract_decision decision = {.read = number > 0 ? outbox_sequence(&kit->outbox, number) : 0,
					     .at_ms = kit_wall_ms(kit, now_us),
					     .table = grant ? (int64_t)grant->number : 0,
					     .answer = ask_table(porter, card, now_us)};
	struct pd_order order = {.name = {.own = true},
				 .kind = decision.answer.granted ? PD_RELEASE : PD_SIGNAL_REFUSED,
				 .release_ms = decision.answer.release_ms,
				 .until_us = now_us + PORTER_OPEN_WITHIN_US};
	uint8_t memory[CONTRACT_BODY_BYTES_MAX];
	struct buf body = BUF(memory);
	panel_order(porter->panel, card->reader, &order, now_us);
	struct str name = contract_write_decision(&body, card, &decision);
	ASSERT(!body.over);
	kit_report(kit, name, buf_str(&body), true, now_us);
}

/* Reports */

static int64_t report(struct porter *porter, const struct notice *notice, bool keep)
{
	uint8_t memory[CONTRACT_BODY_BYTES_MAX];
	struct buf body = BUF(memory);
	struct str name = contract_write_notice(&body, notice);
	ASSERT(!body.over);
	return kit_report(porter->kit, name, buf_str(&body), keep, notice->at_us);
}

static void take_card(struct porter *porter, struct porter_reader *reader, const struct notice *notice, int64_t now_us)
{
	struct gate_read read = {.card = {.reader = notice->reader,
					  .format = (int)notice->card.format,
					  .bits = notice->card.bits,
					  .at_us = notice->at_us}};
	_Static_assert(sizeof read.card.bytes == sizeof notice->card.bytes, "a card is a card");
	memcpy(read.card.bytes, notice->card.bytes, sizeof read.card.bytes);
	if (!limit_take(&reader->cards, now_us)) {
		porter->kit->throttled++;
		return;
	}
	if (kit_core_answers(porter->kit)) {
		read.number = report(porter, notice, true);
		read.until_us = notice->at_us + porter->kit->answer_us;
		if (read.number > 0 && gate_wait(&porter->gate, &read))
			return;
	}
	decide(porter, &read.card, read.number, now_us);
}

static void take_state(struct porter *porter, struct porter_reader *reader, const struct notice *notice, int64_t now_us)
{
	reader->waits = !limit_take(&reader->states, now_us);
	reader->state = *notice;
	if (reader->waits)
		porter->kit->throttled++;
	else
		report(porter, notice, true);
}

static void take_notice(struct porter *porter, const struct notice *notice, int64_t now_us)
{
	size_t i = 0;
	while (i < porter->panel->n_readers && porter->panel->readers[i].settings.reader != notice->reader)
		i++;
	ASSERT(i < porter->panel->n_readers);
	switch (notice->kind) {
	case NOTICE_CARD:
		take_card(porter, &porter->readers[i], notice, now_us);
		break;
	case NOTICE_STATUS:
		take_state(porter, &porter->readers[i], notice, now_us);
		break;
	case NOTICE_ONLINE:
	case NOTICE_OFFLINE:
		report(porter, notice, true);
		break;
	case NOTICE_REFUSED:
		if (limit_take(&porter->refused, now_us))
			report(porter, notice, false);
		else
			porter->kit->throttled++;
		break;
	case NOTICE_DONE:
		if (!notice->order.own)
			kit_done(porter->kit, notice->order.entry, notice->order.event, notice->at_us);
		break;
	case NOTICE_EXPIRED:
		if (!notice->order.own)
			kit_expired(porter->kit, notice->order.entry, notice->order.event, notice->at_us);
	}
}

/* When the next throttled state may be reported. */
static int64_t report_throttled(struct porter *porter, int64_t now_us)
{
	int64_t next_us = INT64_MAX;
	for (size_t i = 0; i < porter->panel->n_readers; i++) {
		struct porter_reader *reader = &porter->readers[i];
		if (!reader->waits)
			continue;
		reader->waits = !limit_take(&reader->states, now_us);
		if (!reader->waits)
			report(porter, &reader->state, true);
		else if (reader->states.from_us + reader->states.every_us < next_us)
			next_us = reader->states.from_us + reader->states.every_us;
	}
	return next_us;
}

int64_t porter_due(struct porter *porter, int64_t now_us)
{
	struct notice notice;
	struct gate_card card;
	int64_t number;
	while (notice_take(&porter->panel->notices, &notice))
		take_notice(porter, &notice, now_us);
	gate_settled(&porter->gate, porter->kit->outbox.first - 1);
	while (gate_due(&porter->gate, now_us, &card, &number)) {
		kit_deaf(porter->kit);
		decide(porter, &card, number, now_us);
	}
	int64_t throttled_us = report_throttled(porter, now_us), gate_us = gate_due_us(&porter->gate);
	return throttled_us < gate_us ? throttled_us : gate_us;
}
