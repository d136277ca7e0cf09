#include "keys/marks.h"

#include "base/buf.h"

enum { PLACES_MIN = 64 };

static struct str put_text(uint8_t memory[MARK_TEXT_BYTES_MAX], struct str keep, int64_t month)
{
	struct buf b = {.at = memory, .size = MARK_TEXT_BYTES_MAX};
	BUF_LIT(&b, "packet mark ");
	buf_put_str(&b, keep);
	buf_put_char(&b, ' ');
	buf_put_i64(&b, month);
	ASSERT(!b.over);
	return buf_str(&b);
}

void marks_of(const uint8_t key[CRYPT_KEY_BYTES], struct str keep, int64_t month, uint8_t ret_mark[MARK_BYTES])
{
	uint8_t memory[MARK_TEXT_BYTES_MAX];
	crypt_hash(key, put_text(memory, keep, month), (struct str){0}, ret_mark, MARK_BYTES);
}

/* Marks are as good as random already. */
static void put(struct marks *m, uint64_t mark, uint32_t slot)
{
	uint32_t place = (uint32_t)mark & m->mask;
	while (m->slots[place])
		place = (place + 1) & m->mask;
	m->marks[place] = mark;
	m->slots[place] = slot + 1;
	m->n++;
}

static void take_places(struct marks *m, uint32_t places)
{
	m->marks = calloc(places, sizeof *m->marks);
	m->slots = calloc(places, sizeof *m->slots);
	ASSERT(m->marks && m->slots);
	m->mask = places - 1;
	m->n = 0;
}

static void grow(struct marks *m)
{
	struct marks old = *m;
	take_places(m, 2 * (old.mask + 1));
	for (uint32_t i = 0; i <= old.mask; i++)
		if (old.slots[i])
			put(m, old.marks[i], old.slots[i] - 1);
	marks_release(&old);
}

void marks_add(struct marks *m, const struct keyfile *file, uint32_t slot)
{
	uint64_t mark;
	if (2 * (m->n + 1) > m->mask + 1)
		grow(m);
	crypt_hash(keyfile_at(file, slot), (struct str){(const char *)m->text, m->text_len}, (struct str){0},
		   (uint8_t *)&mark, sizeof mark);
	put(m, mark, slot);
}

void marks_build(struct marks *m, struct str keep, int64_t month, const struct keyfile *file)
{
	struct keyfile_state state;
	struct key_id id;
	uint32_t places = PLACES_MIN, cursor = 0;
	keyfile_state(file, &state);
	while (places < 2 * state.used[KEY_SUBJECT] + 2)
		places *= 2;
	*m = (struct marks){.month = month};
	m->text_len = put_text(m->text, keep, month).len;
	m->keep = (struct str){(const char *)m->text + strlen("packet mark "), keep.len};
	take_places(m, places);
	while (keyfile_next(file, KEY_SUBJECT, &cursor, &id))
		marks_add(m, file, cursor - 1);
}

void marks_release(struct marks *m)
{
	free(m->marks);
	free(m->slots);
	m->marks = NULL;
	m->slots = NULL;
}

bool marks_find(const struct marks *m, const uint8_t mark[MARK_BYTES], uint32_t *place, uint32_t *ret_slot)
{
	uint64_t wanted;
	memcpy(&wanted, mark, sizeof wanted);
	uint32_t home = (uint32_t)wanted & m->mask;
	for (; m->slots[(home + *place) & m->mask]; ++*place) {
		uint32_t here = (home + *place) & m->mask;
		if (m->marks[here] != wanted)
			continue;
		*ret_slot = m->slots[here] - 1;
		++*place;
		return true;
	}
	return false;
}
