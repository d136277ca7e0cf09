/* What an earlier process left in the state file, and then lines of a core. The first byte says which part of
 * the state file the bytes before the first LF become, sealed with the driver's key; 0, the raw file. The lines
 * behind it are handed to the kit, and what the driver must act on is done. Whatever comes: what is sent are
 * lines of the contract, hello first, and the next process starts. */
#include "driver/kit/kit.h"
#include "driver/kit/memory_file_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kit kit;
static struct memory_file files[3];
static struct kit_disk disk;
static bool greeted;
static int64_t now_us;
static const uint8_t key[SEAL_KEY_BYTES] = {1};
static _Alignas(16) uint8_t line_memory[1 << 20];

static bool send(void *context, struct str text)
{
	struct arena arena = arena_over(line_memory, sizeof line_memory);
	struct json json = json_over(text, &arena);
	struct driver_line line;
	ASSERT(!context && driver_line_read(&json, &line) && json_end(&json));
	greeted |= line.kind == DRIVER_LINE_HELLO;
	ASSERT(greeted);
	return text.len % 16 != 5; /* now and then there is no room */
}

static void entropy(uint8_t *bytes, size_t n)
{
	memset(bytes, 0x5A, n);
}

static void say(enum log_event event, const void *fields)
{
	ASSERT(event < LOG_EVENTS && fields);
}

static void start(void)
{
	static const struct kit_outside outside = {.send = send, .entropy = entropy, .log = say};
	struct str settings;
	greeted = false;
	kit_init(&kit, STR("trial"), &outside, (const uint8_t *)"start 1", 1000000, now_us);
	kit_open(&kit, STR("line-1"), key, &disk, 1000000, now_us);
	kit_kept_settings(&kit, &settings);
}

/* Part `which` of the state file. */
static void leave(unsigned which, struct str bytes)
{
	struct seal_keys keys;
	disk = (struct kit_disk){memory_file(&files[0]), memory_file(&files[1]), memory_file(&files[2])};
	seal_keys_of(key, &keys);
	kept_init(&kit.kept, disk.state, keys.kept);
	if (which == 0)
		file_write(disk.state, 0, bytes.at, bytes.len, NULL);
	else if (bytes.len <= kit.kept.pairs[which % KEPT_WHATS].value_max)
		kept_write(&kit.kept, which % KEPT_WHATS, bytes.at, bytes.len, NULL);
}

static void take(struct str line)
{
	struct kit_said said;
	kit_line(&kit, line, now_us, &said);
	now_us += 1000;
	if (said.kind == KIT_ORDER && said.order.entry % 2)
		kit_done(&kit, said.order.entry, said.order.event, now_us);
	else if (said.kind == KIT_ORDER)
		kit_expired(&kit, said.order.entry, said.order.event, now_us);
	else if (said.kind == KIT_DESIRED)
		kit_desired(&kit, &said.desired, now_us);
	kit_report(&kit, STR("trial.happened"), STR("{}"), line.len % 2, now_us);
	kit_due(&kit, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = {(const char *)data + 1, size > 0 ? size - 1 : 0}, line;
	if (size == 0)
		return 0;
	seal_load();
	now_us = 1000000;
	if (!str_cut(rest, '\n', &line, &rest)) {
		line = rest;
		rest.len = 0;
	}
	leave(data[0], line);
	start();
	while (rest.len > 0) {
		if (!str_cut(rest, '\n', &line, &rest)) {
			line = rest;
			rest.len = 0;
		}
		take(line);
	}
	kit_close(&kit, now_us);
	start();
	return 0;
}
