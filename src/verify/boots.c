#include "boots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOTS_BOOT_LEN 16

/* One table with two kinds of rows: under a name alone (boot is all zero) the boot in use and its last sequence; under
 * a name and a boot nothing but that this boot was heard. */
struct boots_slot {
	char *name; /* NULL: free */
	size_t name_len;
	char boot[BOOTS_BOOT_LEN];
	char boot_now[BOOTS_BOOT_LEN];
	int64_t sequence;
};

static void *boots_memory(void *memory)
{
	if (memory)
		return memory;
	fputs("chancery-verify: out of memory\n", stderr);
	exit(1);
}

static size_t boots_hash(const char *name, size_t len, const char *boot)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)name[i]) * UINT64_C(0x100000001b3);
	for (size_t i = 0; i < BOOTS_BOOT_LEN; i++)
		hash = (hash ^ (uint8_t)boot[i]) * UINT64_C(0x100000001b3);
	return (size_t)(hash ^ hash >> 32);
}

/* The row, or the free slot where it belongs. */
static struct boots_slot *boots_find(struct boots *boots, const char *name, size_t len, const char *boot)
{
	for (size_t i = boots_hash(name, len, boot);; i++) {
		struct boots_slot *slot = &boots->slot[i & (boots->slots - 1)];
		if (!slot->name)
			return slot;
		if (slot->name_len == len && memcmp(slot->boot, boot, BOOTS_BOOT_LEN) == 0 &&
		    memcmp(slot->name, name, len) == 0)
			return slot;
	}
}

/* At most half of the slots are used, with room for the two rows that one report can add. */
static void boots_grow(struct boots *boots)
{
	if ((boots->used + 2) * 2 <= boots->slots)
		return;
	struct boots bigger = {.slots = boots->slots ? boots->slots * 2 : 64, .used = boots->used};
	bigger.slot = boots_memory(calloc(bigger.slots, sizeof(*bigger.slot)));
	for (size_t i = 0; i < boots->slots; i++) {
		struct boots_slot *slot = &boots->slot[i];
		if (slot->name)
			*boots_find(&bigger, slot->name, slot->name_len, slot->boot) = *slot;
	}
	free(boots->slot);
	*boots = bigger;
}

static void boots_fill(struct boots *boots, struct boots_slot *slot, struct canonical_text name, const char *boot)
{
	slot->name = boots_memory(malloc(name.len + 1));
	memcpy(slot->name, name.at, name.len);
	slot->name_len = name.len;
	memcpy(slot->boot, boot, BOOTS_BOOT_LEN);
	boots->used++;
}

bool boots_report(struct boots *boots, struct canonical_text name, struct canonical_text boot, int64_t sequence,
		  struct complaint *complaint)
{
	static const char none[BOOTS_BOOT_LEN];
	boots_grow(boots);
	struct boots_slot *of_name = boots_find(boots, name.at, name.len, none);
	if (of_name->name && memcmp(of_name->boot_now, boot.at, BOOTS_BOOT_LEN) == 0) {
		if (sequence != of_name->sequence + 1)
			return complain(
			    complaint, "sequence %lld of driver \"" CANONICAL_FMT "\", boot %.16s, follows %lld",
			    (long long)sequence, CANONICAL_ARG(name), boot.at, (long long)of_name->sequence);
		of_name->sequence = sequence;
		return true;
	}
	struct boots_slot *of_boot = boots_find(boots, name.at, name.len, boot.at);
	if (of_boot->name)
		return complain(complaint, "driver \"" CANONICAL_FMT "\" reports under its older boot %.16s",
				CANONICAL_ARG(name), boot.at);
	boots_fill(boots, of_boot, name, boot.at);
	of_name = boots_find(boots, name.at, name.len, none);
	if (!of_name->name)
		boots_fill(boots, of_name, name, none);
	memcpy(of_name->boot_now, boot.at, BOOTS_BOOT_LEN);
	of_name->sequence = sequence;
	return true;
}

void boots_release(struct boots *boots)
{
	for (size_t i = 0; i < boots->slots; i++)
		free(boots->slot[i].name);
	free(boots->slot);
	*boots = (struct boots){0};
}
