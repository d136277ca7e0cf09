#include "core/try_vault.h"

#include "base/test.h"
#include "base/traffic.h"

/* A packet lies as "table:id|values". */

static struct str month_of(int64_t wall, struct str keep, int64_t *ret_month)
{
	time_t seconds = (time_t)(wall / 1000);
	struct tm utc;
	ASSERT(gmtime_r(&seconds, &utc));
	*ret_month = keep.len ? 12 * ((int64_t)utc.tm_year - 70) + utc.tm_mon + 1 : 0;
	return keep;
}

static bool is_erased(const struct try_vault *v, struct str whose, struct str keep, int64_t month)
{
	for (size_t i = 0; i < v->n_erased; i++) {
		char text[64];
		struct buf b = BUF(text);
		const struct try_vault_erased *e = &v->erased[i];
		buf_put_str(&b, str_of(e->table));
		buf_put_char(&b, ':');
		buf_put_u64(&b, e->id);
		if (e->month == 0 ? str_eq(buf_str(&b), whose) : e->month == month && str_eq(str_of(e->keep), keep))
			return true;
	}
	return false;
}

static void seal(void *context, const struct vault_place *place, const struct subject *subject, struct str keep,
		 struct str values, struct arena *arena, struct vault_packet *ret)
{
	struct buf b = arena_buf(arena);
	ASSERT(context && values.len > 0);
	buf_put_str(&b, subject->id ? subject->table : STR("nobody"));
	buf_put_char(&b, ':');
	buf_put_u64(&b, subject->id);
	buf_put_char(&b, '|');
	buf_put_str(&b, values);
	*ret = (struct vault_packet){.data = arena_keep(arena, &b)};
	ret->keep = month_of(place->wall, keep, &ret->month);
	memcpy(ret->mark, &subject->id, sizeof ret->mark);
}

/* "person:12" is what the mark says. */
static bool is_marked(struct str whose, const uint8_t *mark)
{
	struct str table, number;
	int64_t id;
	uint64_t marked;
	memcpy(&marked, mark, sizeof marked);
	return str_cut(whose, ':', &table, &number) && str_to_i64(number, 0, INT64_MAX, &id) && (uint64_t)id == marked;
}

static bool open_packet(void *context, const struct vault_place *place, const struct vault_packet *packet,
			struct arena *arena, struct str *ret_values, bool *ret_forged)
{
	struct str whose, values;
	*ret_forged = !str_cut(packet->data, '|', &whose, &values) || !is_marked(whose, packet->mark);
	if (*ret_forged || is_erased(context, whose, packet->keep, packet->month))
		return false;
	*ret_values = arena_str(arena, values);
	return place != NULL;
}

static void box(void *context, const struct vault_place *place, struct str compartment, struct str contents,
		size_t size, struct arena *arena, struct str *ret_box)
{
	char *at = arena_take(arena, size + 16, 1);
	ASSERT(context && compartment.len > 0 && contents.len <= size);
	for (size_t i = 0; i < size + 16; i++)
		at[i] = (char)place->salt[i % VAULT_SALT_BYTES];
	if (contents.len) {
		memcpy(at, contents.at, contents.len);
		traffic_put(NULL, "EntryBox", contents);
	}
	*ret_box = (struct str){at, size + 16};
}

static bool unbox(void *context, const struct vault_place *place, struct str compartment, struct str boxed,
		  struct arena *arena, struct str *ret_contents)
{
	ASSERT(context && place && compartment.len > 0);
	size_t end = boxed.len;
	while (end > 0 && boxed.at[end - 1] != '}')
		end--;
	if (!str_starts(boxed, STR("{\"events\":")))
		return false;
	*ret_contents = arena_str(arena, (struct str){boxed.at, end});
	return true;
}

void try_vault_init(struct try_vault *v)
{
	*v = (struct try_vault){.vault = {.seal = seal, .open = open_packet, .box = box, .unbox = unbox}};
	v->vault.context = v;
}

void try_vault_erase_subject(struct try_vault *v, const char *table, uint64_t id)
{
	ASSERT(v->n_erased < TRY_VAULT_ERASED_MAX);
	struct try_vault_erased *e = &v->erased[v->n_erased++];
	*e = (struct try_vault_erased){.id = id};
	snprintf(e->table, sizeof e->table, "%s", table);
}

void try_vault_erase_month(struct try_vault *v, const char *keep, int64_t month)
{
	ASSERT(v->n_erased < TRY_VAULT_ERASED_MAX);
	struct try_vault_erased *e = &v->erased[v->n_erased++];
	*e = (struct try_vault_erased){.month = month};
	snprintf(e->keep, sizeof e->keep, "%s", keep);
}
