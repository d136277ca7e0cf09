#include "world/orders.h"

enum { WORDS_MAX = 5 };

struct words {
	struct str at[WORDS_MAX];
	size_t n;
};

static bool split(struct str line, struct words *ret_words)
{
	*ret_words = (struct words){0};
	while (line.len > 0) {
		struct str word = line, rest = {0};
		str_cut(line, ' ', &word, &rest);
		line = rest;
		if (word.len == 0)
			continue;
		if (ret_words->n == WORDS_MAX)
			return false;
		ret_words->at[ret_words->n++] = word;
	}
	return true;
}

static bool take_reader(const struct plan *plan, const struct words *w, struct order *o)
{
	o->reader = w->n > 1 ? plan_find_reader(plan, w->at[1]) : PLAN_NONE;
	return o->reader != PLAN_NONE;
}

static bool take_on(const struct words *w, size_t at, struct order *o)
{
	o->on = str_eq(w->at[at], STR("on"));
	return o->on || str_eq(w->at[at], STR("off"));
}

static bool take_badge(const struct plan *plan, const struct words *w, struct order *o)
{
	int64_t bits;
	if (!take_reader(plan, w, o) || w->n != 4 || !str_to_i64(w->at[3], 1, PLAN_CARD_BYTES_MAX * 8, &bits))
		return false;
	size_t bytes = ((size_t)bits + 7) / 8;
	o->card.bits = (uint16_t)bits;
	return w->at[2].len == 2 * bytes && hex_read(w->at[2], o->card.bytes, bytes);
}

static bool take_silence(const struct plan *plan, const struct words *w, struct order *o)
{
	return take_reader(plan, w, o) && w->n == 3 && str_to_i64(w->at[2], 0, ORDERS_SILENCE_MS_MAX, &o->number);
}

static bool take_power(const struct plan *plan, const struct words *w, struct order *o)
{
	return take_reader(plan, w, o) && w->n == 2;
}

static bool take_tamper(const struct plan *plan, const struct words *w, struct order *o)
{
	return take_reader(plan, w, o) && w->n == 3 && take_on(w, 2, o);
}

static bool take_fault(const struct plan *plan, const struct words *w, struct order *o)
{
	int64_t count = 1;
	if (!take_reader(plan, w, o) || w->n < 3 || w->n > 4)
		return false;
	if (w->n == 4 && !str_to_i64(w->at[3], 1, READER_FAULT_COUNT_MAX, &count))
		return false;
	o->fault = (struct reader_fault){reader_fault_named(w->at[2]), (uint32_t)count};
	return o->fault.kind != READER_FAULT_NONE;
}

static bool take_noise(const struct plan *plan, const struct words *w, struct order *o)
{
	o->number = 64;
	o->line = PLAN_NONE;
	for (uint16_t i = 0; w->n > 1 && i < plan->lines_len; i++)
		if (str_eq(plan->lines[i].name, w->at[1]))
			o->line = i;
	if (o->line == PLAN_NONE || w->n > 3)
		return false;
	return w->n == 2 || str_to_i64(w->at[2], 1, ORDERS_NOISE_BYTES_MAX, &o->number);
}

static bool take_people(const struct plan *plan, const struct words *w, struct order *o)
{
	(void)plan;
	return w->n == 2 && take_on(w, 1, o);
}

static const struct form {
	const char *verb;
	enum order_what what;
	bool (*take)(const struct plan *plan, const struct words *w, struct order *o);
	const char *form;
} forms[] = {
    {"badge", ORDER_BADGE, take_badge, "badge LINE/ADDRESS HEX BITS, with two lower-case digits a byte"},
    {"silence", ORDER_SILENCE, take_silence, "silence LINE/ADDRESS MS"},
    {"power", ORDER_POWER, take_power, "power LINE/ADDRESS"},
    {"tamper", ORDER_TAMPER, take_tamper, "tamper LINE/ADDRESS on|off"},
    {"fault", ORDER_FAULT, take_fault, "fault LINE/ADDRESS NAME [COUNT], NAME from world/reader_fault.h"},
    {"noise", ORDER_NOISE, take_noise, "noise LINE [BYTES]"},
    {"people", ORDER_PEOPLE, take_people, "people on|off"},
};

int orders_read(const struct plan *plan, struct str line, struct order *ret_order, struct error *error)
{
	struct words w;
	const struct form *found = NULL;
	if (!split(line, &w) || w.n == 0) {
		error_set(error, ERROR_INPUT, "this is no order");
		return error_remedy(error, "Orders are: badge silence power tamper fault noise people.");
	}
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (str_eq(w.at[0], str_of(forms[i].verb)))
			found = &forms[i];
	if (!found) {
		error_set(error, ERROR_INPUT, "there is no order “" STR_FMT "”", STR_ARG(w.at[0]));
		return error_remedy(error, "Orders are: badge silence power tamper fault noise people.");
	}
	struct order o = {.what = found->what, .reader = PLAN_NONE, .line = PLAN_NONE};
	if (!found->take(plan, &w, &o)) {
		error_set(error, ERROR_INPUT, "“" STR_FMT "” is not understood", STR_ARG(line));
		return error_remedy(error, "The order is: %s; the reader or line stands in site.yaml.", found->form);
	}
	*ret_order = o;
	return 0;
}
