#include "keys/vault.h"

#include "keys/marks.h"
#include "keys/month.h"

#include <sodium.h>

enum { PAD_BYTES = 32 };

_Static_assert((int)VAULT_MARK_BYTES == (int)MARK_BYTES, "docs/journal-format.md");
_Static_assert((int)VAULT_KEEP_BYTES_MAX == (int)RECORD_CLASS_BYTES_MAX, "every class has a month key");
_Static_assert((int)VAULT_TABLE_BYTES_MAX == (int)RECORD_NAME_BYTES_MAX, "every table has subject keys");

struct keys_vault {
	struct keys *keys;
	struct vault_month {
		struct marks marks; /* not built: marks.marks is NULL */
		uint64_t used;	    /* the greater the later */
	} months[VAULT_MONTHS_MAX];
	uint64_t uses;
	uint8_t spare[CRYPT_KEY_BYTES]; /* what is sealed after something went wrong; it is never committed */
};

/* Keys of packets */

static bool is_nobody(const struct subject *subject)
{
	return subject->id == 0;
}

/* A key for something that is sealed now. When there is none and none can be made, keys_sync will say so, and what
 * was sealed is lost with the batch. */
static const uint8_t *make(struct keys_vault *v, struct key_id id)
{
	const uint8_t *key;
	struct error error;
	if (keyfile_make(v->keys->file, &id, &key, &error) == 0)
		return key;
	keyfile_fail(v->keys->file, &error);
	return v->spare;
}

static const uint8_t *find(const struct keys_vault *v, struct key_id id)
{
	return keyfile_find(v->keys->file, &id);
}

static const uint8_t *find_month(const struct keys_vault *v, struct str keep, int64_t month)
{
	return find(v, key_of_month(keep, month));
}

static struct str bytes_of(const uint8_t *key)
{
	return (struct str){(const char *)key, CRYPT_KEY_BYTES};
}

/* s NULL: of nobody; m NULL: as long as the subject. */
static void packet_key(const uint8_t *s, const uint8_t *m, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	ASSERT(s || m);
	if (s && m)
		crypt_hash(s, STR("packet entry"), bytes_of(m), ret_key, CRYPT_KEY_BYTES);
	else if (s)
		crypt_hash(s, STR("packet row"), (struct str){0}, ret_key, CRYPT_KEY_BYTES);
	else
		crypt_hash(m, STR("packet nobody"), (struct str){0}, ret_key, CRYPT_KEY_BYTES);
}

/* Marks */

static void drop_marks(void *context)
{
	struct keys_vault *v = context;
	for (size_t i = 0; i < VAULT_MONTHS_MAX; i++)
		marks_release(&v->months[i].marks);
}

static void add_mark(void *context, uint32_t slot)
{
	struct keys_vault *v = context;
	for (size_t i = 0; i < VAULT_MONTHS_MAX; i++)
		if (v->months[i].marks.marks)
			marks_add(&v->months[i].marks, v->keys->file, slot);
}

static const struct marks *marks_for(struct keys_vault *v, struct str keep, int64_t month)
{
	struct vault_month *oldest = &v->months[0];
	for (size_t i = 0; i < VAULT_MONTHS_MAX; i++) {
		struct vault_month *m = &v->months[i];
		if (m->marks.marks && m->marks.month == month && str_eq(m->marks.keep, keep)) {
			m->used = ++v->uses;
			return &m->marks;
		}
		if (!m->marks.marks || (oldest->marks.marks && m->used < oldest->used))
			oldest = m;
	}
	marks_release(&oldest->marks);
	marks_build(&oldest->marks, keep, month, v->keys->file);
	oldest->used = ++v->uses;
	return &oldest->marks;
}

/* Sealing */

static void put_nonce(const struct vault_place *place, uint64_t number, uint8_t ret_nonce[CRYPT_NONCE_BYTES])
{
	memcpy(ret_nonce, place->salt, VAULT_SALT_BYTES);
	crypt_put_le(ret_nonce + VAULT_SALT_BYTES, number, 8);
}

/* `text` and blanks up to `size`, sealed; all of it in the arena, where nothing in clear stays. */
static struct str seal_padded(const uint8_t key[CRYPT_KEY_BYTES], const struct vault_place *place, uint64_t number,
			      struct str text, size_t size, struct arena *arena)
{
	uint8_t nonce[CRYPT_NONCE_BYTES], aad[8], *at = arena_take(arena, size + CRYPT_TAG_BYTES, 1);
	ASSERT(text.len <= size);
	memcpy(at, text.at, text.len);
	memset(at + text.len, ' ', size - text.len);
	put_nonce(place, number, nonce);
	crypt_put_le(aad, place->index, sizeof aad);
	int done = crypto_aead_xchacha20poly1305_ietf_encrypt(at, NULL, at, size, aad, sizeof aad, NULL, nonce, key);
	ASSERT(done == 0);
	return (struct str){(const char *)at, size + CRYPT_TAG_BYTES};
}

/* The text without the blanks, in the arena. False: not sealed by this key for this place. */
static bool open_padded(const uint8_t key[CRYPT_KEY_BYTES], const struct vault_place *place, uint64_t number,
			struct str data, struct arena *arena, struct str *ret_text)
{
	uint8_t nonce[CRYPT_NONCE_BYTES], aad[8];
	size_t size = data.len - CRYPT_TAG_BYTES, used = arena->used;
	uint8_t *at = arena_take(arena, size, 1);
	put_nonce(place, number, nonce);
	crypt_put_le(aad, place->index, sizeof aad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(at, NULL, NULL, (const uint8_t *)data.at, data.len, aad,
						       sizeof aad, nonce, key) != 0) {
		arena->used = used;
		return false;
	}
	while (size > 0 && at[size - 1] == ' ')
		size--;
	*ret_text = (struct str){(const char *)at, size};
	return true;
}

static void seal(void *context, const struct vault_place *place, const struct subject *subject, struct str keep,
		 struct str values, struct arena *arena, struct vault_packet *ret_packet)
{
	struct keys_vault *v = context;
	struct vault_packet packet = {.keep = arena_str(arena, keep)};
	const uint8_t *s = NULL, *m = NULL;
	uint8_t key[CRYPT_KEY_BYTES];
	ASSERT(place->packet < VAULT_PACKETS_MAX);
	ASSERT(values.len >= 2 && values.at[values.len - 1] == ']');
	if (keep.len > 0) {
		packet.month = month_of(place->wall);
		m = make(v, key_of_month(keep, packet.month));
	}
	if (!is_nobody(subject)) {
		s = make(v, key_of_subject(subject->table, subject->id));
		marks_of(s, keep, packet.month, packet.mark);
	}
	packet_key(s, m, key);
	size_t padded = (values.len + PAD_BYTES - 1) / PAD_BYTES * PAD_BYTES;
	packet.data = seal_padded(key, place, place->packet, values, padded, arena);
	crypt_wipe(key, sizeof key);
	*ret_packet = packet;
}

/* Opening */

/* Tells for each key that a packet may have, one after the other: usually there is one. */
struct candidates {
	const struct marks *marks; /* NULL: of nobody */
	const uint8_t *m;
	uint32_t place;
	bool last;
};

/* False: the packet's month is gone. */
static bool candidates_begin(struct keys_vault *v, const struct vault_packet *packet, struct candidates *ret)
{
	*ret = (struct candidates){.m = NULL};
	if (packet->keep.len > 0 && !(ret->m = find_month(v, packet->keep, packet->month)))
		return false;
	if (!crypt_is_zero(packet->mark, VAULT_MARK_BYTES))
		ret->marks = marks_for(v, packet->keep, packet->month);
	return true;
}

static bool candidates_next(const struct keys_vault *v, const struct vault_packet *packet, struct candidates *c,
			    uint8_t ret_key[CRYPT_KEY_BYTES])
{
	uint32_t slot;
	if (c->last)
		return false;
	if (!c->marks) {
		c->last = true;
		packet_key(NULL, c->m, ret_key);
		return true;
	}
	if (!marks_find(c->marks, packet->mark, &c->place, &slot))
		return false;
	packet_key(keyfile_at(v->keys->file, slot), c->m, ret_key);
	return true;
}

/* Whether it can be a packet at all, whoever sealed it: by what its key follows from, and as a whole. */
static bool is_named(const struct vault_packet *packet)
{
	return (packet->keep.len > 0) == (packet->month > 0) &&
	       (packet->keep.len > 0 || !crypt_is_zero(packet->mark, VAULT_MARK_BYTES));
}

static bool is_formed(const struct vault_packet *packet)
{
	return is_named(packet) && packet->data.len >= PAD_BYTES + CRYPT_TAG_BYTES;
}

static bool open_packet(void *context, const struct vault_place *place, const struct vault_packet *packet,
			struct arena *arena, struct str *ret_values, bool *ret_forged)
{
	struct keys_vault *v = context;
	struct candidates c;
	uint8_t key[CRYPT_KEY_BYTES];
	bool tried = !is_formed(packet), is_open = false;
	if (!tried && candidates_begin(v, packet, &c))
		while (!is_open && candidates_next(v, packet, &c, key)) {
			tried = true;
			is_open = open_padded(key, place, place->packet, packet->data, arena, ret_values);
		}
	crypt_wipe(key, sizeof key);
	*ret_forged = tried && !is_open;
	return is_open;
}

/* Boxes */

static const uint64_t box_number = UINT64_MAX;

static void box_key(const uint8_t *compartment, uint8_t ret_key[CRYPT_KEY_BYTES])
{
	crypt_hash(compartment, STR("box"), (struct str){0}, ret_key, CRYPT_KEY_BYTES);
}

static void box(void *context, const struct vault_place *place, struct str compartment, struct str contents,
		size_t size, struct arena *arena, struct str *ret_box)
{
	struct keys_vault *v = context;
	uint8_t key[CRYPT_KEY_BYTES];
	if (contents.len == 0) {
		uint8_t *at = arena_take(arena, size + CRYPT_TAG_BYTES, 1);
		crypt_random(at, size + CRYPT_TAG_BYTES);
		*ret_box = (struct str){(const char *)at, size + CRYPT_TAG_BYTES};
		return;
	}
	ASSERT(contents.at[contents.len - 1] != ' ');
	box_key(make(v, key_of_compartment(compartment)), key);
	*ret_box = seal_padded(key, place, box_number, contents, size, arena);
	crypt_wipe(key, sizeof key);
}

static bool unbox(void *context, const struct vault_place *place, struct str compartment, struct str sealed,
		  struct arena *arena, struct str *ret_contents)
{
	const uint8_t *compartment_key = find(context, key_of_compartment(compartment));
	uint8_t key[CRYPT_KEY_BYTES];
	if (!compartment_key || sealed.len <= CRYPT_TAG_BYTES)
		return false;
	box_key(compartment_key, key);
	bool is_open = open_padded(key, place, box_number, sealed, arena, ret_contents);
	crypt_wipe(key, sizeof key);
	return is_open;
}

/* The index */

static void row_of(const uint8_t key[CRYPT_KEY_BYTES], struct str ref, uint8_t ret_row[VAULT_ROW_BYTES])
{
	crypt_hash(key, STR("index "), ref, ret_row, VAULT_ROW_BYTES);
}

void keys_vault_row(struct keys_vault *v, struct str ref, uint8_t ret_row[VAULT_ROW_BYTES])
{
	row_of(make(v, key_of_index()), ref, ret_row);
}

bool keys_vault_packet_row(struct keys_vault *v, const struct vault_packet *packet, struct str ref,
			   uint8_t ret_row[VAULT_ROW_BYTES])
{
	struct candidates c;
	uint8_t key[CRYPT_KEY_BYTES];
	if (!is_named(packet) || !candidates_begin(v, packet, &c) || !candidates_next(v, packet, &c, key))
		return false;
	row_of(key, ref, ret_row);
	crypt_wipe(key, sizeof key);
	return true;
}

/* The cursor is 0 before the row's own, then one more than the key file's. */
bool keys_vault_next_row(struct keys_vault *v, const struct subject *subject, struct str ref, uint32_t *cursor,
			 uint8_t ret_row[VAULT_ROW_BYTES])
{
	uint8_t key[CRYPT_KEY_BYTES];
	struct key_id id;
	bool nobody = is_nobody(subject);
	const uint8_t *s = nobody ? NULL : find(v, key_of_subject(subject->table, subject->id)), *m = NULL;
	if (!nobody && !s)
		return false;
	if (nobody && *cursor == 0)
		*cursor = 1;
	if (*cursor > 0) {
		--*cursor;
		if (!keyfile_next(v->keys->file, KEY_MONTH, cursor, &id))
			return false;
		m = keyfile_at(v->keys->file, *cursor - 1);
	}
	++*cursor;
	packet_key(s, m, key);
	row_of(key, ref, ret_row);
	crypt_wipe(key, sizeof key);
	return true;
}

/* Blobs */

static void blob_key(const uint8_t *s, const uint8_t id[VAULT_BLOB_ID_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES])
{
	crypt_hash(s, STR("blob"), (struct str){(const char *)id, VAULT_BLOB_ID_BYTES}, ret_key, CRYPT_KEY_BYTES);
}

void keys_vault_make_blob_key(struct keys_vault *v, const struct subject *subject,
			      const uint8_t id[VAULT_BLOB_ID_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES])
{
	blob_key(make(v, key_of_subject(subject->table, subject->id)), id, ret_key);
}

bool keys_vault_blob_key(const struct keys_vault *v, const struct subject *subject,
			 const uint8_t id[VAULT_BLOB_ID_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES])
{
	const uint8_t *s = find(v, key_of_subject(subject->table, subject->id));
	if (s)
		blob_key(s, id, ret_key);
	return s != NULL;
}

/* Life */

struct keys_vault *keys_vault_open(struct keys *keys)
{
	struct keys_vault *v = calloc(1, sizeof *v);
	ASSERT(v);
	v->keys = keys;
	crypt_random(v->spare, sizeof v->spare);
	keyfile_watch(keys->file, (struct keyfile_watcher){v, add_mark, drop_marks});
	return v;
}

void keys_vault_close(struct keys_vault *v)
{
	keyfile_watch(v->keys->file, (struct keyfile_watcher){.context = NULL});
	drop_marks(v);
	crypt_wipe(v, sizeof *v);
	free(v);
}

struct vault keys_vault_of(struct keys_vault *v)
{
	return (struct vault){v, seal, open_packet, box, unbox};
}
