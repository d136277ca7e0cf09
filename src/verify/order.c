#include "order.h"

static bool order_rises(const char *member, int64_t value, int64_t before, struct complaint *complaint)
{
	return value >= before || complain(complaint, "member %s: is %lld, less than %lld in the entry before", member,
					   (long long)value, (long long)before);
}

bool order_check(struct order *order, const struct members *m, struct complaint *complaint)
{
	int64_t env = m->in_force ? (int64_t)order->entries : order->env;
	if (m->index != (int64_t)order->entries)
		return complain(complaint, "member index: is %lld, expected %llu", (long long)m->index,
				(unsigned long long)order->entries);
	if (order->entries == 0 && m->incarnation != 1)
		return complain(complaint, "member incarnation: is %lld, expected 1 at first",
				(long long)m->incarnation);
	if (!order_rises("incarnation", m->incarnation, order->incarnation, complaint) ||
	    !order_rises("wall", m->wall_ms, order->wall_ms, complaint) ||
	    !order_rises("elapsed", m->elapsed_ms, order->elapsed_ms, complaint))
		return false;
	if (m->env != env)
		return complain(complaint, "member env: is %lld, expected %lld, the newest entry with mission.InForce",
				(long long)m->env, (long long)env);
	if (!order->in_force && !m->in_force && !m->is_start)
		return complain(complaint, "member input: is no start, and nothing is in force yet");
	if (m->is_report && !boots_report(&order->boots, m->driver, m->boot, m->sequence, complaint))
		return complain_in(complaint, "member from");
	order->entries++;
	order->in_force |= m->in_force;
	order->incarnation = m->incarnation;
	order->wall_ms = m->wall_ms;
	order->elapsed_ms = m->elapsed_ms;
	order->env = env;
	return true;
}

void order_release(struct order *order)
{
	boots_release(&order->boots);
}
