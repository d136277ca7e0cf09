#include "core/try.h"

#include "base/test.h"
#include "base/traffic.h"

enum { MEMORY_BYTES = 256 << 20, DUMP_ROWS_MAX = 1024, DUMP_BYTES = 8 << 20 };

/* 2026-11-23T09:00:00Z, a Monday. */
static const int64_t monday_morning = 1795424400000;

static void enter(struct try *try)
{
	const char *what = "";
	if (try->result.verdict == CORE_BAD)
		return;
	traffic_put(NULL, "Entry", try->result.entry);
	if (!core_fold(&try->twin, try->result.entry, &try->arena, &what)) {
		try->failures++;
		test_fail(__FILE__, __LINE__, "entry %llu does not fold: %s", (unsigned long long)try->result.index,
			  what);
	}
}

static struct core_moment moment(const struct try *try)
{
	return (struct core_moment){.wall = try->now, .elapsed = try->now - monday_morning};
}

static enum core_verdict turn(struct try *try, const struct core_input *input)
{
	struct core_moment now = moment(try);
	core_turn(&try->core, input, &now, &try->arena, &try->result);
	enter(try);
	return try->result.verdict;
}

static void begin(struct try *try)
{
	static const char body[] = "{\"program\":\"test\",\"schema\":"
				   "\"0000000000000000000000000000000000000000000000000000000000000000\",\"access\":"
				   "\"0000000000000000000000000000000000000000000000000000000000000000\","
				   "\"zone\":\"UTC\",\"offsets\":[{\"from\":0,\"minutes\":0}]}";
	struct core_input input = {.kind = ENTRY_INPUT_KIND_START,
				   .name = STR("mission.begin"),
				   .body = str_of(body),
				   .from = {.kind = ENTRY_FROM_CORE}};
	turn(try, &input);
}

void try_init(struct try *try, const struct rulebook *access)
{
	*try = (struct try){.arena = arena_map(MEMORY_BYTES),
			    .now = monday_morning,
			    .line = STR("line-1"),
			    .login = STR("test"),
			    .role = STR("security_officer")};
	try_vault_init(&try->vault);
	try->core_memory = arena_map(core_memory());
	try->twin_memory = arena_map(core_memory());
	core_init(&try->core, (struct rulebooks){access}, &try->vault.vault, &try->core_memory);
	core_init(&try->twin, (struct rulebooks){access}, &try->vault.vault, &try->twin_memory);
	begin(try);
}

/* The rows of one core, to hold those of another against. */
struct dump {
	struct arena *arena;
	struct str rows[DUMP_ROWS_MAX];
	uint64_t hash;
	size_t n;
};

static void dump_row(void *context, struct str line)
{
	struct dump *dump = context;
	dump->hash = dump->hash * 31 + str_hash(line);
	if (dump->n < DUMP_ROWS_MAX)
		dump->rows[dump->n] = arena_str(dump->arena, line);
	dump->n++;
}

static void say_difference(const struct dump *a, const struct dump *b)
{
	size_t i = 0;
	while (i < DUMP_ROWS_MAX && i < a->n && i < b->n && str_eq(a->rows[i], b->rows[i]))
		i++;
	bool there = i < DUMP_ROWS_MAX && i < a->n && i < b->n;
	test_fail(__FILE__, __LINE__, "the states differ in row %zu: " STR_FMT " and " STR_FMT, i,
		  STR_ARG(there ? a->rows[i] : STR("?")), STR_ARG(there ? b->rows[i] : STR("?")));
}

void try_check_same(const struct core *a, const struct core *b)
{
	struct arena arena = arena_map(2 * (DUMP_BYTES + sizeof(struct dump)));
	struct dump *dumps = ARENA_TAKE(&arena, struct dump, 2);
	dumps[0].arena = dumps[1].arena = &arena;
	state_dump(&a->state, dump_row, &dumps[0]);
	state_dump(&b->state, dump_row, &dumps[1]);
	if (!test_count(dumps[0].n == dumps[1].n && dumps[0].hash == dumps[1].hash))
		say_difference(&dumps[0], &dumps[1]);
	CHECK(a->env == b->env && a->size == b->size && a->wall == b->wall && a->elapsed == b->elapsed &&
	      a->incarnation == b->incarnation);
	arena_unmap(&arena);
}

void try_release(struct try *try)
{
	try_check_same(&try->core, &try->twin);
	try_give_back(try);
}

void try_give_back(struct try *try)
{
	arena_unmap(&try->core_memory);
	arena_unmap(&try->twin_memory);
	arena_unmap(&try->arena);
}

static bool has_blob(void *context, struct str hash)
{
	const struct try *try = context;
	return hash.len == 32 && !try->no_blobs;
}

static bool keep_secret(void *context, bool door, struct str value, uint64_t *ret_number)
{
	struct try *try = context;
	if (try->n_secrets == TRY_SECRETS_MAX)
		return false;
	try->secrets[try->n_secrets++] = (struct try_secret){door, arena_str(&try->arena, value)};
	*ret_number = try->n_secrets;
	return true;
}

enum core_verdict try_command(struct try *try, const char *name, const char *body)
{
	struct json_secrets secrets = {try, keep_secret};
	struct core_input input = {.kind = ENTRY_INPUT_KIND_COMMAND,
				   .name = str_of(name),
				   .body = str_of(body),
				   .from = {.kind = ENTRY_FROM_OPERATOR},
				   .checked = try->checked,
				   .was = try->was,
				   .roles = &try->role,
				   .n_roles = 1,
				   .secrets = &secrets,
				   .has_blob = has_blob,
				   .context = try};
	input.from.operator.login = try->login;
	try->was = (struct turn_checked){0};
	try->checked = (struct str){0};
	return turn(try, &input);
}

void try_as(struct try *try, const char *login, const char *role)
{
	try->login = str_of(login);
	try->role = str_of(role);
}

enum core_verdict try_approve(struct try *try, const char *login, const char *role, const char *name, const char *body)
{
	try->was.pending = try->result.pending;
	try->was.asked_by = try->login;
	try_as(try, login, role);
	return try_command(try, name, body);
}

enum core_verdict try_report(struct try *try, const char *name, const char *body)
{
	struct core_input input = {
	    .kind = ENTRY_INPUT_KIND_REPORT,
	    .name = str_of(name),
	    .body = str_of(body),
	    .from = {.kind = ENTRY_FROM_DRIVER,
		     .driver = {.name = try->line, .boot = STR("12345678"), .sequence = try->sequence + 1}}};
	if (turn(try, &input) != CORE_BAD)
		try->sequence++;
	return try->result.verdict;
}

enum core_verdict try_start(struct try *try, const char *name, const char *body)
{
	struct core_input input = {.kind = ENTRY_INPUT_KIND_START,
				   .name = str_of(name),
				   .body = str_of(body),
				   .from = {.kind = ENTRY_FROM_CORE}};
	return turn(try, &input);
}

void try_check_refusals(struct try *try, const struct try_refusal *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CHECK_INT(try_command(try, rows[i].command, rows[i].body), CORE_REFUSED);
		CHECK_STR(try->result.refusal, str_of(rows[i].refusal));
	}
}

bool try_timer(struct try *try)
{
	struct core_moment now = moment(try);
	if (!core_timer(&try->core, &now, &try->arena, &try->result))
		return false;
	enter(try);
	return true;
}

struct str try_events(const struct try *try)
{
	static char text[1024];
	struct buf b = BUF(text);
	struct arena arena = arena_map(1 << 20);
	struct json json = json_over(try->result.entry, &arena);
	struct entry entry;
	if (try->result.verdict != CORE_BAD && entry_read(&json, &entry))
		for (size_t i = 0; i < entry.events.n; i++) {
			if (i > 0)
				buf_put_char(&b, ' ');
			buf_put_str(&b, entry.events.at[i].name);
		}
	arena_unmap(&arena);
	return buf_str(&b);
}

void try_furnish(struct try *try)
{
	static const struct {
		const char *name, *body;
	} commands[] = {
	    {"site.add_building", "{\"name\":\"Main building\"}"},
	    {"site.add_zone", "{\"name\":\"Street\",\"building\":1,\"grade\":1,\"kind\":\"outside\"}"},
	    {"site.add_zone", "{\"name\":\"Chancery\",\"building\":1,\"grade\":3,\"kind\":\"office\"}"},
	    {"doors.add_door", "{\"name\":\"Front door\",\"zone\":2,\"from_zone\":1,\"release\":5000}"},
	    {"doors.add_door", "{\"name\":\"Back door\",\"zone\":2,\"from_zone\":1,\"release\":3000}"},
	    {"doors.add_reader", "{\"door\":1,\"line\":\"line-1\",\"address\":0,\"output\":0,\"secure\":true}"},
	    {"doors.add_reader", "{\"door\":2,\"line\":\"line-1\",\"address\":1,\"output\":0,\"secure\":true}"},
	    {"people.enrol", "{\"name\":\"Ana Brook\",\"groups\":[\"staff\"],\"clearance\":3}"},
	    {"people.enrol", "{\"name\":\"Odo Lim\",\"groups\":[\"visitor\"],\"clearance\":0}"},
	    {"people.issue_badge", "{\"person\":1,\"card\":\"80000000\",\"bits\":26,\"kind\":\"card\"}"},
	    {"people.issue_badge", "{\"person\":2,\"card\":\"40000000\",\"bits\":26,\"kind\":\"visitor_card\"}"},
	};
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (try_command(try, commands[i].name, commands[i].body) != CORE_DONE)
			test_fail(__FILE__, __LINE__, "%s was not done", commands[i].name);
}
