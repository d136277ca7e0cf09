#include "driver/kit/outbox.h"

#include "driver/kit/little.h"

void outbox_init(struct outbox *box, const struct spool_names *names)
{
	box->spool = NULL;
	box->names = *names;
	box->first = box->sent = box->next = box->began = box->origin = 1;
	box->hold_until_us = 0;
	box->dropped = 0;
}

void outbox_use(struct outbox *box, struct spool *spool)
{
	box->spool = spool;
	box->names = spool->names;
	box->first = box->sent = spool->first;
	box->next = box->began = box->origin = spool->next;
}

/* A report as bytes:
 *
 *     u8 kind, u64 entry, u32 event, u64 wall, u64 elapsed, machine 8 bytes,
 *     u8 length of name, u16 length of body, name, body
 */
static void put_number(struct buf *out, uint64_t value, size_t bytes)
{
	uint8_t at[8];
	little_put(at, value, sizeof at);
	buf_put(out, at, bytes);
}

static void encode(const struct outbox *box, const struct outbox_report *report, struct outbox_bytes *ret)
{
	struct buf out = BUF(ret->at);
	ASSERT(report->name.len <= OUTBOX_NAME_BYTES_MAX && report->body.len <= OUTBOX_BODY_BYTES_MAX);
	put_number(&out, report->kind, 1);
	put_number(&out, report->entry, 8);
	put_number(&out, report->event, 4);
	put_number(&out, (uint64_t)report->wall_ms, 8);
	put_number(&out, (uint64_t)report->at_us, 8);
	buf_put(&out, box->names.machine, SPOOL_BOOT_BYTES);
	put_number(&out, report->name.len, 1);
	put_number(&out, report->body.len, 2);
	buf_put_str(&out, report->name);
	buf_put_str(&out, report->body);
	ASSERT(!out.over);
	ret->n = (uint16_t)out.len;
}

/* What JSON and the contract can say. */
#define OUTBOX_NUMBER_MAX UINT64_C(9007199254740991)
enum { OUTBOX_EVENTS = 64 };

struct taking {
	const uint8_t *at, *end;
};

static uint64_t take_number(struct taking *from, size_t bytes)
{
	uint64_t value = little_get(from->at, bytes);
	from->at += bytes;
	return value;
}

static bool decode(const struct outbox *box, const uint8_t *at, size_t n, struct outbox_report *ret)
{
	struct taking from = {at, at + n};
	if (n < OUTBOX_HEAD_BYTES)
		return false;
	*ret = (struct outbox_report){.kind = (enum outbox_kind)take_number(&from, 1)};
	ret->entry = take_number(&from, 8);
	ret->event = (uint32_t)take_number(&from, 4);
	ret->wall_ms = (int64_t)take_number(&from, 8);
	ret->at_us = (int64_t)take_number(&from, 8);
	ret->earlier_start = memcmp(from.at, box->names.machine, SPOOL_BOOT_BYTES) != 0;
	from.at += SPOOL_BOOT_BYTES;
	ret->name.len = (size_t)take_number(&from, 1);
	ret->body.len = (size_t)take_number(&from, 2);
	ret->name.at = (const char *)from.at;
	ret->body.at = ret->name.at + ret->name.len;
	bool is_kind = ret->kind >= OUTBOX_REPORT && ret->kind <= OUTBOX_CONFIRMED;
	bool is_order = ret->entry <= OUTBOX_NUMBER_MAX && ret->event < OUTBOX_EVENTS;
	bool is_time = ret->wall_ms >= 0 && ret->at_us >= 0 && ret->wall_ms <= (int64_t)OUTBOX_NUMBER_MAX;
	return is_kind && is_order && is_time && ret->name.len <= OUTBOX_NAME_BYTES_MAX &&
	       ret->name.len + ret->body.len == (size_t)(from.end - from.at);
}

/* Putting */

static size_t capacity(const struct outbox *box)
{
	return box->spool ? box->spool->places : OUTBOX_MEMORY;
}

static struct outbox_bytes *memory_of(struct outbox *box, int64_t number)
{
	return &box->memory[(size_t)(number - box->origin) % OUTBOX_MEMORY];
}

int64_t outbox_put(struct outbox *box, const struct outbox_report *report, bool keep, bool *ret_failed,
		   struct error *error)
{
	size_t most = keep ? capacity(box) : capacity(box) / 4 * 3;
	*ret_failed = false;
	if (outbox_waiting(box) >= most) {
		box->dropped++;
		return 0;
	}
	if (box->first == box->next)
		box->origin = box->next;
	struct outbox_bytes *bytes = memory_of(box, box->next);
	encode(box, report, bytes);
	if (box->spool)
		*ret_failed = spool_put(box->spool, (struct str){(const char *)bytes->at, bytes->n}, error) < 0;
	return box->next++;
}

/* What waits, by number. */
static bool get(struct outbox *box, int64_t number, struct outbox_report *ret_report)
{
	if (number >= box->began && number >= box->next - OUTBOX_MEMORY) {
		const struct outbox_bytes *bytes = memory_of(box, number);
		return decode(box, bytes->at, bytes->n, ret_report);
	}
	struct buf bytes = BUF(box->read);
	return box->spool && spool_get(box->spool, number, &bytes, NULL) == 0 &&
	       decode(box, bytes.at, bytes.len, ret_report);
}

/* Sending */

enum outbox_found outbox_next(struct outbox *box, int64_t now_us, int64_t *ret_sequence,
			      struct outbox_report *ret_report)
{
	if (box->sent == box->next || now_us < box->hold_until_us)
		return OUTBOX_NONE;
	if (!get(box, box->sent, ret_report))
		return box->sent == box->first ? OUTBOX_GAP : OUTBOX_NONE;
	*ret_sequence = outbox_sequence(box, box->sent);
	return OUTBOX_NEXT;
}

void outbox_sent(struct outbox *box)
{
	ASSERT(box->sent < box->next);
	box->sent++;
}

static void settle(struct outbox *box, int64_t number)
{
	if (number < box->first)
		return;
	ASSERT(number < box->next);
	box->first = number + 1;
	if (box->sent < box->first)
		box->sent = box->first;
	if (box->spool)
		spool_settle(box->spool, number);
}

static bool waits(const struct outbox *box, int64_t number)
{
	return number >= box->first && number < box->next;
}

void outbox_ack(struct outbox *box, int64_t sequence)
{
	int64_t number = box->names.base + sequence;
	if (waits(box, number))
		settle(box, number);
}

void outbox_busy(struct outbox *box, int64_t sequence, int64_t until_us)
{
	int64_t number = box->names.base + sequence;
	if (!waits(box, number))
		return;
	if (number < box->sent)
		box->sent = number;
	box->hold_until_us = until_us;
}

/* Names */

static int name_anew(struct outbox *box, const uint8_t fresh_boot[SPOOL_BOOT_BYTES], struct error *error)
{
	memcpy(box->names.boot, fresh_boot, SPOOL_BOOT_BYTES);
	box->names.base = box->first - 1;
	box->names.unsure = 0;
	box->sent = box->first;
	return box->spool ? spool_name(box->spool, &box->names, error) : 0;
}

int outbox_config(struct outbox *box, const uint8_t *boot, int64_t sequence, const uint8_t fresh_boot[SPOOL_BOOT_BYTES],
		  struct error *error)
{
	bool known = boot && memcmp(boot, box->names.boot, SPOOL_BOOT_BYTES) == 0;
	int64_t taken = box->names.base + (known ? sequence : 0);
	int64_t unsure = box->names.unsure > 0 ? box->names.unsure : box->next;
	box->hold_until_us = 0;
	box->sent = box->first;
	if (taken >= box->first - 1 && taken < unsure) {
		settle(box, taken);
		box->sent = box->first;
		bool was_unsure = box->names.unsure > 0;
		box->names.unsure = 0;
		return box->spool && was_unsure ? spool_name(box->spool, &box->names, error) : 0;
	}
	/* It has more than we kept: then it has all that we kept before. */
	int64_t before = box->names.unsure > 0 ? box->names.unsure : box->began;
	if (taken >= unsure)
		settle(box, before - 1);
	return name_anew(box, fresh_boot, error);
}

int outbox_skip(struct outbox *box, const uint8_t fresh_boot[SPOOL_BOOT_BYTES], struct error *error)
{
	struct outbox_report report;
	while (box->first < box->next && !get(box, box->first, &report)) {
		settle(box, box->first);
		box->dropped++;
	}
	return name_anew(box, fresh_boot, error);
}

bool outbox_forsake(struct outbox *box, const uint8_t fresh_boot[SPOOL_BOOT_BYTES])
{
	int64_t oldest = box->next - OUTBOX_MEMORY > box->began ? box->next - OUTBOX_MEMORY : box->began;
	box->spool = NULL;
	if (box->first >= oldest)
		return false;
	box->dropped += (uint64_t)(oldest - box->first);
	settle(box, oldest - 1);
	name_anew(box, fresh_boot, NULL);
	return true;
}

int64_t outbox_ago_ms(const struct outbox_report *report, int64_t wall_ms, int64_t now_us)
{

	int64_t ago_ms = report->earlier_start ? wall_ms - report->wall_ms : (now_us - report->at_us) / 1000;
	return ago_ms > 0 ? ago_ms : 0;
}
