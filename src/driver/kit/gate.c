#include "driver/kit/gate.h"

static void take_out(struct gate *gate, size_t at)
{
	gate->n--;
	memmove(gate->reads + at, gate->reads + at + 1, (gate->n - at) * sizeof gate->reads[0]);
}

/* Answered ones are kept as long as there is room: their orders may be on the way. */
static bool make_room(struct gate *gate)
{
	if (gate->n < GATE_READS_MAX)
		return true;
	for (size_t i = 0; i < gate->n; i++) {
		if (gate->reads[i].waits)
			continue;
		take_out(gate, i);
		return true;
	}
	return false;
}

bool gate_wait(struct gate *gate, const struct gate_read *read)
{
	if (!make_room(gate))
		return false;
	ASSERT(gate->n == 0 || gate->reads[gate->n - 1].number < read->number);
	gate->reads[gate->n] = *read;
	gate->reads[gate->n++].waits = true;
	return true;
}

void gate_settled(struct gate *gate, int64_t number)
{
	for (size_t i = 0; i < gate->n && gate->reads[i].number <= number; i++)
		gate->reads[i].waits = false;
}

bool gate_due(struct gate *gate, int64_t now_us, struct gate_card *ret_card, int64_t *ret_number)
{
	for (size_t i = 0; i < gate->n; i++) {
		const struct gate_read *read = &gate->reads[i];
		if (!read->waits || now_us < read->until_us)
			continue;
		*ret_card = read->card;
		*ret_number = read->number;
		take_out(gate, i);
		return true;
	}
	return false;
}

int64_t gate_due_us(const struct gate *gate)
{
	int64_t first_us = INT64_MAX;
	for (size_t i = 0; i < gate->n; i++)
		if (gate->reads[i].waits && gate->reads[i].until_us < first_us)
			first_us = gate->reads[i].until_us;
	return first_us;
}

bool gate_takes(struct gate *gate, int64_t number)
{
	for (size_t i = 0; i < gate->n; i++) {
		if (gate->reads[i].number != number)
			continue;
		gate->reads[i].waits = false;
		return true;
	}
	return false;
}
