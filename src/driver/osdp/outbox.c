#include "driver/osdp/outbox.h"

void outbox_init(struct outbox *box)
{
	box->first = box->sent = 1;
	box->n = 0;
	box->hold_until_us = 0;
}

static struct outbox_entry *entry(struct outbox *box, int64_t sequence)
{
	return &box->at[(size_t)sequence % OUTBOX_MAX];
}

static bool waits(const struct outbox *box, int64_t sequence)
{
	return sequence >= box->first && sequence < box->first + (int64_t)box->n;
}

void outbox_put(struct outbox *box, const struct notice *notice)
{
	ASSERT(box->n < OUTBOX_MAX);
	*entry(box, box->first + (int64_t)box->n++) = (struct outbox_entry){.notice = *notice};
}

const struct notice *outbox_next(const struct outbox *box, int64_t now_us, int64_t *ret_sequence)
{
	if (!waits(box, box->sent) || now_us < box->hold_until_us)
		return NULL;
	*ret_sequence = box->sent;
	return &box->at[(size_t)box->sent % OUTBOX_MAX].notice;
}

static void skip_settled(struct outbox *box)
{
	while (waits(box, box->sent) && entry(box, box->sent)->settled)
		box->sent++;
}

void outbox_sent(struct outbox *box)
{
	ASSERT(waits(box, box->sent));
	box->sent++;
	skip_settled(box);
}

static void forget_settled(struct outbox *box)
{
	while (box->n > 0 && entry(box, box->first)->settled) {
		box->first++;
		box->n--;
	}
	if (box->sent < box->first)
		box->sent = box->first;
	skip_settled(box);
}

void outbox_ack(struct outbox *box, int64_t sequence)
{
	if (!waits(box, sequence))
		return;
	for (int64_t i = box->first; i <= sequence; i++)
		entry(box, i)->settled = true;
	forget_settled(box);
}

void outbox_refused(struct outbox *box, int64_t sequence)
{
	if (!waits(box, sequence))
		return;
	entry(box, sequence)->settled = true;
	forget_settled(box);
}

void outbox_busy(struct outbox *box, int64_t sequence, int64_t until_us)
{
	if (!waits(box, sequence))
		return;
	if (sequence < box->sent)
		box->sent = sequence;
	box->hold_until_us = until_us;
	skip_settled(box);
}

void outbox_again(struct outbox *box)
{
	box->sent = box->first;
	box->hold_until_us = 0;
	skip_settled(box);
}
