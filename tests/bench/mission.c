#include "bench/mission.h"

#include "serve/init.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ZONES = 12, TEXT_BYTES = 1 << 20 };

static const char *const groups[] = {"staff",	   "diplomat", "guard",	   "cleaner",	     "local_staff",
				     "contractor", "visitor",  "registry", "communications", "driver"};

uint64_t mission_roll(uint64_t below)
{
	static uint64_t dice = 88172645463325252u;
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % below;
}

/* The sample that the mission is made from */

void mission_put(struct buf *b, const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ASSERT(n > 0 && (size_t)n < sizeof text);
	buf_put(b, text, (size_t)n);
}

static void write_text(const char *path, const struct buf *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT(fd >= 0 && !text->over && write(fd, text->at, text->len) == (ssize_t)text->len);
	close(fd);
}

/* Rules as missions have them: a group in a zone at certain hours, some by door, clearance or company (half of these by a
 * regular expression), one in ten a refusal. */
static void put_rule(struct buf *b, int i)
{
	mission_put(b, "  - id: rule-%d\n    title: Rule %d\n    layer: %s\n    match:\n", i, i,
		    i % 17 == 0 ? "standing" : "mission");
	mission_put(b, "      who: {person.groups: %s}\n", groups[i % 10]);
	mission_put(b, "      where: {door.zone: Zone %d}\n", i / 10 % ZONES);
	mission_put(b, "      when: {now.time|gte: '%02d:00', now.time|lt: '%02d:30'}\n", i % 12, 12 + i % 11);
	switch (i % 5) {
	case 0:
		mission_put(b, "      more: {person.clearance|gte: %d}\n", i % 4);
		break;
	case 1:
		mission_put(b, "      more: {door.name|startswith: Door %d}\n", i % 40);
		break;
	case 2:
		mission_put(b, "      more: {now.weekday: [mon, tue, wed, thu, fri]}\n");
		break;
	case 3:
		mission_put(b, "      more: {person.company|%s, credential.kind: card}\n",
			    i % 10 == 3 ? "contains: works" : "re: '^Company [0-9]+ works$'");
		break;
	default:
		mission_put(b, "      more: {zone.grade|lte: %d}\n", 2 + i % 4);
	}
	mission_put(b, "      condition: who and where and when and %smore\n    outcome: %s\n",
		    i % 7 == 0 ? "not " : "", i % 10 == 9 ? "refuse" : "permit");
}

static void write_rules(void)
{
	static char text[TEXT_BYTES];
	struct buf b = BUF(text);
	mission_put(&b, "name: bench\nvocabulary: access.Request\nlayers: [standing, mission]\n"
			"default: {outcome: refuse, reason: nobody said yes}\n");
	write_text("sample/rules/access/rulebook.yaml", &b);
	buf_clear(&b);
	mission_put(&b, "rules:\n");
	for (int i = 0; i < MISSION_RULES; i++)
		put_rule(&b, i);
	write_text("sample/rules/access/rules.yaml", &b);
}

/* Lines without a device: their drivers are the bench. */
static void write_sample(void)
{
	static char text[TEXT_BYTES];
	struct buf b = BUF(text);
	mkdir("sample", 0700);
	mkdir("sample/rules", 0700);
	mkdir("sample/rules/access", 0700);
	write_rules();
	mission_put(&b, "name: bench\nzone: UTC\noperators:\n  - {login: $USER, name: Bench, roles: [security_officer, "
			"reception, guard, staff]}\ndrivers:\n");
	for (int i = 0; i < MISSION_LINES; i++)
		mission_put(&b, "  - {name: line-%d, kind: osdp, device: run/lines/line-%d, baud: 115200}\n", i, i);
	write_text("sample/mission.yaml", &b);
	buf_clear(&b);
	mission_put(&b, "[]\n");
	write_text("sample/site.yaml", &b);
}

static char directory[512];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	(void)status, (void)kind, (void)place;
	return remove(path);
}

void mission_remove(void)
{
	ASSERT(chdir("../..") == 0);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void mission_make(const char *name)
{
	struct error error;
	snprintf(directory, sizeof directory, "%s", name);
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	ASSERT(mkdir(directory, 0700) == 0 && chdir(directory) == 0);
	write_sample();
	if (init_mission("mission", "sample", &error) < 0)
		die(EXIT_FAILED, &error);
	ASSERT(chdir("mission") == 0);
	mkdir("run", 0700);
}

/* The hub */

/* A driver keeps its orders; what else anybody is told nobody hears. */
static bool keep_order(void *context, unsigned peer, struct str text)
{
	struct mission *m = context;
	uint8_t memory[1024];
	struct arena arena = arena_over(memory, sizeof memory);
	struct json j = json_over(text, &arena);
	struct core_line line;
	if (!str_starts(text, STR("{\"order\"")))
		return true;
	bool read = core_line_read(&j, &line);
	ASSERT(read && m->n_orders < MISSION_ORDERS_MAX);
	m->orders[m->n_orders++] = (struct mission_order){peer, line.order.entry, line.order.event};
	return true;
}

static bool has_room(void *context, unsigned peer)
{
	return context && peer < HUB_PEERS_MAX;
}

static uint64_t free_bytes(void *context)
{
	return core_outside_free_bytes(context);
}

static void work(void *context, int (*work_now)(void *hub, void *shared), void *hub)
{
	core_outside_work(context, work_now, hub);
}

static bool work_ended(void *context, bool *ret_done)
{
	return core_outside_work_ended(context, ret_done);
}

static void *shared(void *context, size_t size)
{
	ASSERT(size <= HUB_SHARED_BYTES);
	return ((struct mission *)context)->outside.shared;
}

static void fill_options(struct mission *m, struct hub_options *ret)
{
	struct installation *inst = &m->installation;
	*ret = (struct hub_options){.mission = inst->mission.name,
				    .journal = inst->journal,
				    .rulebooks = inst->rulebooks,
				    .rules_text = inst->rules_text,
				    .load_rules = installation_load_rules,
				    .keys = &inst->keys.keys,
				    .doors = &inst->doors.keys,
				    .index_path = "index.db",
				    .snapshots = {inst->snapshots[0], inst->snapshots[1]},
				    .snapshot_entries = m->snapshot_entries ? m->snapshot_entries : UINT64_MAX,
				    .danger = m->outside.danger,
				    .environment = inst->environment,
				    .drivers = m->drivers,
				    .n_drivers = MISSION_LINES,
				    .outside = {.context = m,
						.elapsed_us = core_outside_elapsed_us,
						.wall_ms = core_outside_wall_ms,
						.salt = core_outside_salt,
						.send = keep_order,
						.has_room = has_room,
						.free_bytes = free_bytes,
						.work = work,
						.work_ended = work_ended,
						.shared = shared},
				    .wall = core_outside_wall_ms(NULL)};
	memcpy(ret->cursor_key, inst->cursor_key, sizeof ret->cursor_key);
	for (size_t i = 0; i < MISSION_LINES; i++)
		m->drivers[i] = (struct hub_driver){inst->mission.drivers[i].name, inst->mission.drivers[i].kind,
						    inst->mission.drivers[i].device, inst->mission.drivers[i].baud};
}

void mission_open(struct mission *m)
{
	struct error error;
	struct hub_options options;
	if (core_outside_open(&m->outside, &error) < 0 || installation_open(&m->installation, NULL, &error) < 0)
		die(EXIT_FAILED, &error);
	ASSERT(m->installation.rulebooks.access && m->installation.mission.n_drivers == MISSION_LINES);
	m->orders = calloc(MISSION_ORDERS_MAX, sizeof *m->orders);
	ASSERT(m->orders);
	fill_options(m, &options);
	if (hub_open(&m->hub, &options, &error) < 0)
		die(EXIT_FAILED, &error);
}

void mission_close(struct mission *m)
{
	struct installation *inst = &m->installation;
	hub_close(m->hub);
	keyring_close(&inst->keys);
	keyring_close(&inst->doors);
	for (size_t i = 0; i < ARRAY_LEN(inst->snapshots); i++)
		file_close(inst->snapshots[i]);
	arena_unmap(&inst->memory);
	free(m->orders);
	*m = (struct mission){.snapshot_entries = m->snapshot_entries};
}

void mission_commit(struct mission *m)
{
	struct error error;
	if (hub_commit(m->hub, &error) < 0)
		die(EXIT_FAILED, &error);
}

void mission_settle(struct mission *m)
{
	struct error error;
	int more;
	while ((more = hub_commit(m->hub, &error)) > 0)
		;
	if (more < 0)
		die(EXIT_FAILED, &error);
}

/* What is in it */

static void command(struct mission *m, unsigned clerk, const char *name, const char *format, ...) PRINTF(4, 5);

static void command(struct mission *m, unsigned clerk, const char *name, const char *format, ...)
{
	char body[512], line[1024];
	va_list args;
	va_start(args, format);
	vsnprintf(body, sizeof body, format, args);
	va_end(args);
	snprintf(line, sizeof line, "{\"command\":{\"name\":\"%s\",\"body\":{%s}}}", name, body);
	hub_line(m->hub, clerk, str_of(line));
	if (hub_is_full(m->hub))
		mission_commit(m);
}

static void put_card(char ret_hex[9], uint64_t person)
{
	snprintf(ret_hex, 9, "%06x00", (unsigned)person);
}

static void furnish_house(struct mission *m, unsigned clerk)
{
	command(m, clerk, "site.add_building", "\"name\":\"House\"");
	for (int i = 0; i < ZONES; i++)
		command(m, clerk, "site.add_zone",
			"\"name\":\"Zone %d\",\"building\":1,\"grade\":%d,\"kind\":\"office\"", i, 1 + i % 5);
	for (int i = 0; i < MISSION_DOORS; i++) {
		command(m, clerk, "doors.add_door",
			"\"name\":\"Door %d\",\"zone\":%d,\"from_zone\":%d,\"release\":5000", i, 1 + i % ZONES,
			1 + (i + 1) % ZONES);
		command(m, clerk, "doors.add_reader",
			"\"door\":%d,\"line\":\"line-%d\",\"address\":%d,\"output\":0,\"secure\":true", i + 1,
			(i + 1) % MISSION_LINES, (i + 1) / MISSION_LINES);
		command(m, clerk, "doors.key_reader", "\"line\":\"line-%d\",\"address\":%d,\"key\":\"%032x\"",
			(i + 1) % MISSION_LINES, (i + 1) / MISSION_LINES, i + 1);
	}
}

void mission_furnish(struct mission *m)
{
	static const struct str roles[] = {{"security_officer", 16}};
	static const struct hub_person bench = {{"bench", 5}, 0, roles, 1, 0, 0};
	unsigned clerk = hub_attach_asker(m->hub, &bench);
	furnish_house(m, clerk);
	for (int i = 1; i <= MISSION_PEOPLE; i++) {
		char card[9];
		put_card(card, (uint64_t)i);
		command(m, clerk, "people.enrol",
			"\"name\":\"Person %d\",\"groups\":[\"%s\",\"%s\"],\"company\":\"Company %d "
			"works\",\"clearance\":%d",
			i, groups[i % 10], groups[(i / 10 + 1 + i % 10) % 10], i % 50, i % 6);
		command(m, clerk, "people.issue_badge", "\"person\":%d,\"card\":\"%s\",\"bits\":26,\"kind\":\"card\"",
			i, card);
	}
	hub_detach(m->hub, clerk);
	mission_settle(m);
}

void mission_attach(struct mission *m)
{
	char line[256];
	uint8_t boot[8];
	char boot_hex[17];
	core_outside_salt(NULL, boot, sizeof boot);
	struct buf hex = BUF(boot_hex);
	buf_put_hex(&hex, boot, sizeof boot);
	boot_hex[16] = 0;
	for (size_t i = 0; i < MISSION_LINES; i++) {
		m->peers[i] = hub_attach_driver(m->hub, i);
		m->sequence[i] = 0;
		snprintf(
		    line, sizeof line,
		    "{\"hello\":{\"contract\":1,\"driver\":\"line-%zu\",\"kind\":\"osdp\",\"boot\":\"%s\",\"next\":1}}",
		    i, boot_hex);
		hub_line(m->hub, m->peers[i], str_of(line));
	}
	mission_settle(m);
}

unsigned mission_badge(struct mission *m, uint64_t door, uint64_t person, struct buf *line)
{
	size_t on = door % MISSION_LINES;
	char card[9];
	put_card(card, person);
	BUF_LIT(line, "{\"report\":{\"sequence\":");
	buf_put_i64(line, ++m->sequence[on]);
	BUF_LIT(line, ",\"ago\":0,\"name\":\"access.card_read\",\"body\":{\"reader\":");
	buf_put_u64(line, door);
	BUF_LIT(line, ",\"format\":\"wiegand\",\"bits\":26,\"card\":\"");
	buf_put_str(line, str_of(card));
	BUF_LIT(line, "\"}}}");
	return m->peers[on];
}

static size_t line_of(const struct mission *m, unsigned peer)
{
	size_t line = 0;
	while (m->peers[line] != peer)
		line++;
	return line;
}

void mission_answer_orders(struct mission *m)
{
	for (size_t i = 0; i < m->n_orders; i++) {
		const struct mission_order *order = &m->orders[i];
		char line[128];
		snprintf(line, sizeof line, "{\"done\":{\"sequence\":%lld,\"entry\":%lld,\"event\":%lld}}",
			 (long long)++m->sequence[line_of(m, order->peer)], (long long)order->entry,
			 (long long)order->event);
		hub_line(m->hub, order->peer, str_of(line));
		if (hub_is_full(m->hub))
			mission_commit(m);
	}
	mission_commit(m);
	m->n_orders = 0;
}

void mission_fill(struct mission *m, uint64_t entries)
{
	while (journal_size(hub_journal(m->hub)) < entries) {
		for (int i = 0; i < HUB_BATCH_MAX; i++) {
			char text[256];
			struct buf line = BUF(text);
			uint64_t door = i % 4 == 0 ? MISSION_BUSY_DOOR : 1 + mission_roll(MISSION_DOORS);
			unsigned peer = mission_badge(m, door, 1 + mission_roll(MISSION_PEOPLE), &line);
			hub_line(m->hub, peer, buf_str(&line));
		}
		mission_commit(m);
		mission_answer_orders(m);
	}
}
