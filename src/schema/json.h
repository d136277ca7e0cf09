/* json.h: strict JSON, read and written by generated code (gen/codec.c). Pure.
 *
 * What it reads: UTF-8; integers only, in their shortest form, magnitude below 2^53; no member twice, none unknown, none missing; no U+0000; at most
 * JSON_DEPTH_MAX deep; nothing behind the value. Members may come in any order and with white space between tokens. What it writes is canonical
 * (docs/journal-format.md): declared order, no white space, shortest escapes; and what is written so is read on a fast path.
 *
 * A text without escapes is a view into what is read, which must outlive it; everything else is taken from the arena.
 *
 * The first mistake ends the reading: `what` says it, `offset` is the byte where it stands, json_error_put adds the path of members to it.
 */
#ifndef SCHEMA_JSON_H
#define SCHEMA_JSON_H

#include "base/arena.h"

enum { JSON_DEPTH_MAX = 16, JSON_PATH_MAX = 2 * JSON_DEPTH_MAX, JSON_PACKET_VALUES_MAX = 512 };

#define JSON_INT_MAX INT64_C(9007199254740991)

/* Of an object the member, of an array the item. */
struct json_step {
	bool item;
	struct str member;
	size_t index;
};

/* What stands in the packets of an entry (sealing.h). A packet is opened when the first of its values is read: `open` sets its state to another than
 * closed, and its values. Where that is NULL packets stay closed, and their values read as erased. */
enum json_packet_state {
	JSON_PACKET_CLOSED,
	JSON_PACKET_OPEN,
	JSON_PACKET_ERASED,
	JSON_PACKET_CHANGED, /* it is not what was sealed */
};

struct json_packet {
	enum json_packet_state state;
	size_t n;
	const struct str *values; /* JSON */
};

struct json_packets {
	size_t n;
	struct json_packet *at;
	const void *context;
	void (*open)(const void *context, size_t number, struct json_packet *packet);
};

/* Takes a secret out of an input and gives it a number, which stands in its place from then on. False: there is no room for it. */
struct json_secrets {
	void *context;
	bool (*keep)(void *context, bool door, struct str secret, uint64_t *ret_number);
};

struct json {
	const char *at, *end, *start;
	struct arena *arena;
	const struct json_packets
	    *packets;  /* of the entry that is read; NULL: personal values stand where they belong */
	size_t packet; /* that the last personal value stood in */
	const struct json_secrets *secrets; /* of an input from outside; NULL: numbers stand where secrets were */
	const char *what;		    /* NULL: no mistake so far */
	struct str word;		    /* that `what` is about: an unknown member */
	const char
	    *bound; /* "at most %" and the like, with `limit` where the % stands; NULL when `what` is about no limit */
	int64_t limit;
	size_t offset;
	struct json_step path[JSON_PATH_MAX]; /* innermost first */
	size_t n_path;
};

/* `path` stays as it is: it is long, and says nothing before the first mistake. */
static inline struct json json_over(struct str text, struct arena *arena)
{
	struct json j;
	j.start = j.at = text.len ? text.at : "";
	j.end = j.at + text.len;
	j.arena = arena;
	j.packets = NULL;
	j.packet = 0;
	j.secrets = NULL;
	j.what = j.bound = NULL;
	j.word = (struct str){0};
	j.limit = 0;
	j.offset = j.n_path = 0;
	return j;
}

/* Reading: each takes one value and what stands before it; false at a mistake. */
bool json_text(struct json *j, size_t bytes_max, struct str *ret_text);
bool json_bytes(struct json *j, size_t bytes_min, size_t bytes_max, struct str *ret_bytes);
bool json_int(struct json *j, int64_t min, int64_t max, int64_t *ret_value);
bool json_id(struct json *j, uint64_t *ret_id);
bool json_bool(struct json *j, bool *ret_value);
/* Any value; ret_raw are its bytes as they stand. */
bool json_raw(struct json *j, struct str *ret_raw);
/* One of the names; ret_index is its number, 1 first. */
bool json_enum(struct json *j, const struct str *names, size_t n, unsigned *ret_index);
/* A personal value: what to read it from, `j` itself or the packet that the marker names, by `apart`. NULL: it was erased, or, with a
 * mistake in `j`, this is no marker. json_personal_end takes what the reading answered, and returns it; a mistake in the packet becomes one of `j`, with
 * its path, at the marker. */
struct json *json_personal(struct json *j, struct json *apart);
bool json_personal_end(struct json *j, struct json *from, bool good);
/* The array of a packet as its values, views into it, and the packet as open. */
bool json_packet_values(struct str array, struct arena *arena, struct json_packet *ret_packet);
bool json_secret(struct json *j, size_t bytes_min, size_t bytes_max, bool door, uint64_t *ret_number);
/* True, and takes it, when `null` is next. */
bool json_null(struct json *j);
/* Nothing but white space is left. */
bool json_end(struct json *j);

/* An object whose members are declared. Behind json_object_begin, json_object_next gives the number of the member whose value is next, JSON_LAST after
 * the last, or JSON_WRONG. */
enum { JSON_LAST = -1, JSON_WRONG = -2, JSON_MEMBERS_MAX = 64 };

struct json_member {
	struct str key; /* `"name":` */
	bool optional;
};

struct json_object {
	const struct json_member *members;
	int n, next;
	uint64_t seen;
};

bool json_object_begin(struct json *j, struct json_object *o, const struct json_member *members, int n);
int json_object_next(struct json *j, struct json_object *o);

/* An array of at most `max`: json_array_next is true while a value is next; afterwards j->what tells whether it ended well. */
struct json_array {
	size_t n, max;
};
bool json_array_begin(struct json *j, struct json_array *a, size_t max);
bool json_array_next(struct json *j, struct json_array *a);
/* A place for more items than *size, at most max, with those that there are; sets *size. */
void *json_array_grow(struct json *j, const void *items, size_t *size, size_t max, size_t each);

/* A mistake; returns false. The first one stays. */
bool json_fail(struct json *j, const char *what);
bool json_fail_word(struct json *j, const char *what, struct str word);
bool json_fail_limit(struct json *j, const char *what, const char *bound, int64_t limit);
/* The mistake lies inside this member, or this item; returns false. */
bool json_in(struct json *j, const struct json_member *member);
bool json_in_name(struct json *j, struct str name);
bool json_in_item(struct json *j, size_t index);

/* "readers[3].key: is longer than it may be (at most 32 bytes)". */
void json_error_put(const struct json *j, struct buf *b);
/* The same as a C string; what does not fit is left out. */
void json_error_text(const struct json *j, char *ret_text, size_t size);

/* Writing */
void json_put_text(struct buf *b, struct str text);
void json_put_bytes(struct buf *b, struct str bytes);
/* A text that needs no escapes: the name of an enum's value. */
void json_put_name(struct buf *b, struct str name);
/* Ends an object whose members, from `begin` on, each began with a comma. */
void json_put_object_end(struct buf *b, size_t begin);

#endif
