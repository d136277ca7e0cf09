#include "sim/audit.h"

#include "sim/house.h"

#include "base/test.h"
#include "core/core.h"
#include "gen/codec.h"

#include <openssl/evp.h>

enum { PROMISES_FIRST = 1024, ENTRY_MEMORY = 8 << 20, BOOTS_MAX = 1024, BADGES_MAX = HOUSE_PEOPLE + 2 };

void audit_init(struct audit *audit)
{
	*audit = (struct audit){.size = PROMISES_FIRST};
	audit->promises = calloc(audit->size, sizeof *audit->promises);
	ASSERT(audit->promises);
}

void audit_release(struct audit *audit)
{
	free(audit->promises);
}

static struct audit_promise *promise(struct audit *audit, struct str name)
{
	if (audit->n == audit->size) {
		audit->size *= 2;
		audit->promises = realloc(audit->promises, audit->size * sizeof *audit->promises);
		ASSERT(audit->promises);
	}
	struct audit_promise *p = &audit->promises[audit->n++];
	*p = (struct audit_promise){0};
	ASSERT(name.len < sizeof p->name);
	if (name.len)
		memcpy(p->name, name.at, name.len);
	return p;
}

void audit_promise_entry(struct audit *audit, uint64_t entry)
{
	struct audit_promise *p = promise(audit, (struct str){0});
	p->kind = AUDIT_ENTRY;
	p->entry = entry;
}

void audit_promise_order(struct audit *audit, uint64_t entry, size_t event, struct str name)
{
	struct audit_promise *p = promise(audit, name);
	p->kind = AUDIT_ORDER;
	p->entry = entry;
	p->event = event;
}

void audit_promise_report(struct audit *audit, struct str driver, uint64_t boot, int64_t sequence)
{
	struct audit_promise *p = promise(audit, driver);
	p->kind = AUDIT_REPORT;
	p->boot = boot;
	p->sequence = sequence;
}

/* One look at the whole journal */

struct reading {
	struct audit *audit;
	const struct vault *vault;
	struct arena memory, scratch;
	struct entry *entries;
	uint64_t n, granted, denied;
	struct {
		char name[40];
		uint64_t boot;
		int64_t sequence;
	} boots[BOOTS_MAX];
	size_t n_boots;
	bool suspended[BADGES_MAX];
};

static uint64_t boot_number(struct str boot)
{
	uint64_t number = 0;
	for (size_t i = 0; i < boot.len; i++)
		number = number << 8 | (uint8_t)boot.at[i];
	return number;
}

/* Promise 5: of each boot the sequences 1, 2, 3 … each once. */
static void look_at_sequence(struct reading *reading, const struct entry_driver *from)
{
	size_t i = 0;
	while (i < reading->n_boots && !(reading->boots[i].boot == boot_number(from->boot) &&
					 str_eq(str_of(reading->boots[i].name), from->name)))
		i++;
	ASSERT(i < BOOTS_MAX && from->name.len < sizeof reading->boots[i].name);
	if (i == reading->n_boots) {
		reading->n_boots++;
		memcpy(reading->boots[i].name, from->name.at, from->name.len);
		reading->boots[i].boot = boot_number(from->boot);
	}
	CHECK_INT(from->sequence, reading->boots[i].sequence + 1);
	reading->boots[i].sequence = from->sequence;
}

/* Promise 4. In this house a person's badge has the person's number. */
static void look_at_event(struct reading *reading, const struct entry *entry, const struct entry_event *event,
			  const struct json_packets *packets)
{
	struct json json = json_over(event->body, &reading->scratch);
	json.packets = packets;
	struct people_badge_suspended suspended;
	struct people_badge_restored restored;
	struct access_granted granted;
	if (str_eq(event->name, STR("people.BadgeSuspended")) && people_badge_suspended_read(&json, &suspended)) {
		reading->suspended[suspended.badge] = true;
	} else if (str_eq(event->name, STR("people.BadgeRestored")) && people_badge_restored_read(&json, &restored)) {
		reading->suspended[restored.badge] = false;
	} else if (str_eq(event->name, STR("access.Granted"))) {
		CHECK(access_granted_read(&json, &granted));
		CHECK(house_permits(granted.person, entry->wall) && !reading->suspended[granted.badge]);
		reading->granted++;
	} else if (str_eq(event->name, STR("access.Denied"))) {
		reading->denied++;
	} else if (str_eq(event->name, STR("doors.Released"))) {
		CHECK_STR(entry->events.at[0].name, STR("access.Granted"));
	}
}

static int look_at_entry(void *context, uint64_t index, struct str body)
{
	struct reading *reading = context;
	struct json json = json_over(arena_str(&reading->memory, body), &reading->memory);
	struct entry *entry = &reading->entries[index];
	arena_clear(&reading->scratch);
	CHECK(entry_read(&json, entry));
	if (entry->from.kind == ENTRY_FROM_DRIVER)
		look_at_sequence(reading, &entry->from.driver);
	struct json_packets packets;
	CHECK(core_open_packets(reading->vault, entry, &reading->scratch, &packets));
	for (size_t i = 0; i < entry->events.n; i++)
		look_at_event(reading, entry, &entry->events.at[i], &packets);
	reading->n++;
	return 0;
}

static void check_promise(const struct reading *reading, const struct audit_promise *p)
{
	if (p->kind == AUDIT_REPORT) {
		int64_t newest = 0;
		for (size_t i = 0; i < reading->n_boots; i++)
			if (reading->boots[i].boot == p->boot && strcmp(reading->boots[i].name, p->name) == 0)
				newest = reading->boots[i].sequence;
		CHECK(p->sequence <= newest);
		return;
	}
	CHECK(p->entry < reading->n);
	if (p->entry >= reading->n || p->kind == AUDIT_ENTRY)
		return;
	CHECK(p->event < reading->entries[p->entry].events.n);
	if (p->event < reading->entries[p->entry].events.n)
		CHECK_STR(reading->entries[p->entry].events.at[p->event].name, str_of(p->name));
}

void audit_journal(struct audit *audit, struct journal *journal, const struct vault *vault, uint64_t size)
{
	static struct reading reading;
	struct error error;
	reading = (struct reading){
	    .audit = audit, .vault = vault, .memory = arena_map((size_t)1 << 32), .scratch = arena_map(ENTRY_MEMORY)};
	reading.entries = ARENA_TAKE(&reading.memory, struct entry, journal_size(journal) + 1);
	CHECK_INT(journal_size(journal), size);
	CHECK_OK(journal_read(journal, 0, journal_size(journal), look_at_entry, &reading, &error), &error);
	for (size_t i = 0; i < audit->n; i++)
		check_promise(&reading, &audit->promises[i]);
	audit->granted = reading.granted;
	audit->denied = reading.denied;
	arena_unmap(&reading.memory);
	arena_unmap(&reading.scratch);
}

static void hash_line(void *context, struct str line)
{
	EVP_DigestUpdate(context, line.at, line.len);
	EVP_DigestUpdate(context, "\n", 1);
}

void audit_state_hash(const struct state *state, uint8_t ret_hash[32])
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	ASSERT(hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL));
	state_dump(state, hash_line, hash);
	EVP_DigestFinal_ex(hash, ret_hash, NULL);
	EVP_MD_CTX_free(hash);
}
