/* line_process.c: the process of a driver of ours: how it begins and ends, and the disk under it. */
#include "sim/line.h"

#include "sim/peek.h"
#include "sim/trace.h"

#include <sodium.h>

/* Under another boot the hub does not know any more what an order answers, and gives it again. */
static void new_boot(struct line *line, struct str boot)
{
	const struct ledger *ledger = line->talk->ledger;
	if (str_eq(boot, str_of(line->boot_text)))
		return;
	snprintf(line->boot_text, sizeof line->boot_text, STR_FMT, STR_ARG(boot));
	for (size_t i = 0; i < ledger->n_orders; i++) {
		int64_t reader = peek_int(ledger->orders[i].body, "reader", 0);
		if (ledger->orders[i].state == LEDGER_OPEN)
			line->shown[reader % LEDGER_READERS_MAX]++;
	}
}

static bool send(void *context, struct str text)
{
	struct line *line = context;
	/* A process that died says nothing. */
	if (disk_is_down(line->disk) || line->n_out == LINE_OUT_MAX)
		return false;
	struct line_out *out = &line->out[(line->out_first + line->n_out++) % LINE_OUT_MAX];
	ASSERT(text.len <= sizeof out->at);
	memcpy(out->at, text.at, text.len);
	out->len = text.len;
	if (str_starts(text, STR("{\"hello\"")))
		new_boot(line, peek_text(text, "hello.boot"));
	line_remember(line, text);
	return true;
}

static void entropy(uint8_t *bytes, size_t n)
{
	randombytes_buf(bytes, n);
}

/* What the keeper does: it gives the key that the core makes tables with. */
static bool open_disk(struct line *line)
{
	static const char *const names[] = {"state", "spool", "telemetry"};
	struct file files[ARRAY_LEN(names)];
	const struct machine *machine = line->machine;
	struct error error;
	uint8_t key[CRYPT_KEY_BYTES];
	size_t n = 0;
	while (n < ARRAY_LEN(names) && disk_file(line->disk, names[n], &files[n], &error) == 0)
		n++;
	for (size_t i = 0; i < n; i++)
		line->files[i] = files[i];
	line->n_files = n;
	if (n < ARRAY_LEN(names))
		return false;
	machine_driver_key(place_line(line->number), key);
	kit_open(&line->kit, place_line(line->number), key, &(struct kit_disk){files[0], files[1], files[2]},
		 machine->wall_ms, machine->elapsed_us);
	return true;
}

/* A step at which it dies, or a disk that is full or fails. */
static void plan_end(struct line *line)
{
	const struct line_manner *manner = &line->manner;
	disk_bound(line->disk, 0);
	disk_die_at(line->disk, DISK_NEVER);
	disk_fail_sync(line->disk, DISK_NEVER);
	if (manner->dies && chance_in_thousand(line->chance, 300))
		disk_die_at(line->disk, 1 + chance_below(line->chance, 300));
	if (manner->disk_fails && chance_in_thousand(line->chance, 200))
		disk_fail_sync(line->disk, 1 + chance_below(line->chance, 30));
	if (manner->disk_fails && chance_in_thousand(line->chance, 200))
		disk_bound(line->disk, disk_bytes(line->disk) + chance_below(line->chance, 100000));
}

void line_start(struct line *line)
{
	struct kit_outside outside = {.context = line, .send = send, .entropy = entropy, .log = log_write};
	const struct machine *machine = line->machine;
	struct str settings;
	line->has_left = false;
	if (line->manner.is_captured || line->is_alive)
		return;
	line->n_out = 0;
	plan_end(line);
	kit_init(&line->kit, STR("osdp"), &outside, line->start, machine->wall_ms, machine->elapsed_us);
	line->is_alive = true;
	line->is_set_up = false;
	/* A disk that is not there keeps nobody from the doors. */
	if (open_disk(line) && kit_kept_settings(&line->kit, &settings))
		line->is_set_up = line_set_up(line, settings);
	kept_wipe(&line->kit.kept);
}

void line_end(struct line *line)
{
	if (!line->is_alive)
		return;
	trace_say("line-%zu ends, %zu reports wait%s", line->number, outbox_waiting(&line->kit.outbox),
		  line->kit.spools ? "" : ", in memory");
	if (line->is_set_up)
		panel_release(&line->panel);
	for (size_t i = 0; i < line->n_files; i++)
		file_close(line->files[i]);
	line->n_files = 0;
	line->is_alive = line->is_set_up = false;
	if (!disk_is_down(line->disk))
		disk_end_process(line->disk);
	disk_restart(line->disk);
}

void line_lose_power(struct line *line)
{
	if (line->is_alive && !disk_is_down(line->disk))
		disk_crash(line->disk, chance_below(line->chance, UINT32_MAX));
	line_end(line);
	line->n_opened = 0; /* which orders were done may be forgotten */
	for (size_t i = 0; i < line->n_cards; i++)
		line->cards[i].may_be_lost = true;
	chance_bytes(line->chance, line->start, sizeof line->start);
}

void line_begin_anew(struct line *line)
{
	static const char *const names[] = {"state", "spool", "telemetry"};
	line_lose_power(line);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		disk_remove(line->disk, names[i]);
	line->n_out = 0;
	line->boot_text[0] = 0;
	line->has_failed = true; /* what it had reported may be in the record, or not any more */
}
