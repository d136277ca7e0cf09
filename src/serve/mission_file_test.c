#include "serve/mission_file.h"

#include "base/test.h"
#include "base/yaml.h"

#include <pwd.h>
#include <unistd.h>

#define HEAD	  "name: Embassy\nzone: Europe/Lisbon\n"
#define OPERATORS "operators: [{login: root, name: Root, roles: [guard]}]\n"
#define LINE	  "{name: line-1, kind: osdp, device: run/lines/line-1, baud: 115200}"
#define DRIVERS	  "drivers: [" LINE "]\n"
#define TEN(x)	  x x x x x x x x x x

/* Reads a mission.yaml of that text in a directory of its own; NULL: there is none. */
static int read_text(const char *text, struct mission_file *ret_mission, struct error *error)
{
	static struct arena arena;
	char directory[] = "/tmp/mission_file_test.XXXXXX";
	if (!arena.at)
		arena = arena_map(YAML_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	ASSERT(mkdtemp(directory) && chdir(directory) == 0);
	if (text) {
		FILE *file = fopen("mission.yaml", "w");
		ASSERT(file && fputs(text, file) >= 0 && fclose(file) == 0);
	}
	int done = mission_file_read(ret_mission, &arena, error);
	ASSERT(!text || unlink("mission.yaml") == 0);
	ASSERT(chdir("/") == 0 && rmdir(directory) == 0);
	return done;
}

TEST(a_mission_file_is_read_as_it_is_written)
{
	struct mission_file m;
	struct error error = {0};
	const char *text = "name: Embassy of Ruritania\n"
			   "zone: Europe/Lisbon\n"
			   "operators:\n"
			   "  - {login: nobody-here, name: Ana Ruiz, roles: [security_officer, staff]}\n"
			   "  - {login: root, name: Root, roles: []}\n"
			   "drivers:\n"
			   "  - {name: line-1, kind: osdp, device: run/lines/line-1, baud: 115200}\n"
			   "  - {name: line-2, kind: osdp, device: /dev/ttyS1, baud: 9600}\n";
	CHECK_OK(read_text(text, &m, &error), &error);
	CHECK_STR(m.name, STR("Embassy of Ruritania"));
	CHECK_STR(m.zone, STR("Europe/Lisbon"));
	CHECK_INT(m.n_operators, 2);
	CHECK_STR(m.operators[0].login, STR("nobody-here"));
	CHECK_STR(m.operators[0].name, STR("Ana Ruiz"));
	CHECK_INT(m.operators[0].n_roles, 2);
	CHECK_STR(m.operators[0].roles[0], STR("security_officer"));
	CHECK_STR(m.operators[0].roles[1], STR("staff"));
	CHECK_INT(m.operators[1].n_roles, 0);
	CHECK_INT(m.n_drivers, 2);
	CHECK_STR(m.drivers[0].name, STR("line-1"));
	CHECK_STR(m.drivers[0].kind, STR("osdp"));
	CHECK_STR(m.drivers[0].device, STR("run/lines/line-1"));
	CHECK_INT(m.drivers[0].baud, 115200);
	CHECK_STR(m.drivers[1].device, STR("/dev/ttyS1"));
	CHECK_INT(m.drivers[1].baud, 9600);
}

TEST(an_operator_is_found_by_unix_user_and_an_unknown_login_is_nobody)
{
	struct mission_file m;
	struct error error = {0};
	CHECK_OK(read_text(HEAD "operators:\n"
				"  - {login: no-such-login-here, name: Nobody, roles: [security_officer]}\n"
				"  - {login: daemon, name: Daemon, roles: [guard]}\n"
				"drivers: []\n",
			   &m, &error),
		 &error);
	const struct passwd *daemon = getpwnam("daemon");
	ASSERT(daemon);
	CHECK(!m.operators[0].known);
	CHECK(m.operators[1].known);
	CHECK_INT(m.operators[1].uid, daemon->pw_uid);
	CHECK(mission_file_operator(&m, daemon->pw_uid) == &m.operators[1]);
	/* The unknown one's uid is zero in memory: it must not be taken for root. */
	CHECK(mission_file_operator(&m, 0) == NULL);
	CHECK(mission_file_operator(&m, daemon->pw_uid + 4711) == NULL);
}

TEST(every_rate_of_osdp_is_known)
{
	static const int rates[] = {9600, 19200, 38400, 57600, 115200, 230400};
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		char text[256];
		struct mission_file m;
		struct error error = {0};
		snprintf(text, sizeof text, HEAD OPERATORS "drivers: [{name: a, kind: osdp, device: b, baud: %d}]\n",
			 rates[i]);
		CHECK_OK(read_text(text, &m, &error), &error);
		CHECK_INT(m.drivers[0].baud, rates[i]);
	}
}

TEST(a_mistake_is_told_with_its_place)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
	    {"zone: UTC\n" OPERATORS DRIVERS, "mission.yaml:1:1", "`name` must be a text"},
	    {"name: {}\nzone: UTC\n" OPERATORS DRIVERS, "mission.yaml:1:7", "`name` must be a text"},
	    {"name: [a]\nzone: UTC\n" OPERATORS DRIVERS, "mission.yaml:1:7", "`name` must be a text"},
	    {"name: a\n" OPERATORS DRIVERS, "mission.yaml:1:1", "`zone` must be a text"},
	    {HEAD OPERATORS DRIVERS "colour: red\n", "mission.yaml:5:1", "there is no member `colour`"},
	    {HEAD DRIVERS, "mission.yaml:1:1", "`operators` must be a list"},
	    {HEAD "operators: root\n" DRIVERS, "mission.yaml:1:1", "`operators` must be a list"},
	    {HEAD OPERATORS, "mission.yaml:1:1", "`drivers` must be a list"},
	    {HEAD OPERATORS "drivers: {}\n", "mission.yaml:1:1", "`drivers` must be a list"},
	    {HEAD "operators: [{name: a, roles: []}]\n" DRIVERS, "mission.yaml:3:13", "`login` must be a text"},
	    {HEAD "operators: [{login: a, roles: []}]\n" DRIVERS, "mission.yaml:3:13", "`name` must be a text"},
	    {HEAD "operators: [{login: a, name: b}]\n" DRIVERS, "mission.yaml:3:13", "`roles` must be a list"},
	    {HEAD "operators: [{login: a, name: b, roles: guard}]\n" DRIVERS, "mission.yaml:3:13",
	     "`roles` must be a list"},
	    {HEAD "operators: [{login: a, name: b, roles: [], role: c}]\n" DRIVERS, "mission.yaml:3:44",
	     "no member `role`"},
	    {HEAD "operators: [root]\n" DRIVERS, "mission.yaml:3:13", "this is not a map"},
	    {HEAD OPERATORS "drivers: [{kind: a, device: b, baud: 9600}]\n", "mission.yaml:4:11",
	     "`name` must be a text"},
	    {HEAD OPERATORS "drivers: [{name: a, device: b, baud: 9600}]\n", "mission.yaml:4:11",
	     "`kind` must be a text"},
	    {HEAD OPERATORS "drivers: [{name: a, kind: b, baud: 9600}]\n", "mission.yaml:4:11",
	     "`device` must be a text"},
	    {HEAD OPERATORS "drivers: [{name: a, kind: b, device: c}]\n", "mission.yaml:4:11", "`baud` must be a text"},
	    {HEAD OPERATORS "drivers: [{name: a, kind: b, device: c, baud: 9601}]\n", "mission.yaml:4:47",
	     "no reader speaks"},
	    {HEAD OPERATORS "drivers: [{name: a, kind: b, device: c, baud: fast}]\n", "mission.yaml:4:47",
	     "no reader speaks"},
	    {HEAD OPERATORS "drivers: [{name: a, kind: b, device: c, baud: 9600, x: y}]\n", "mission.yaml:4:53",
	     "no member `x`"},
	    {HEAD OPERATORS
	     "drivers: [{name: a, kind: b, device: c, baud: 9600}, {name: a, kind: b, device: d, baud: 9600}]\n",
	     "mission.yaml:4:54", "two drivers have one name"},
	    {HEAD "operators: [{login: a, name: b, roles: [janitor]}]\n" DRIVERS, "mission.yaml:3:41", "no such role"},
	    {HEAD "operators: [{login: a, name: b, roles: [[guard]]}]\n" DRIVERS, "mission.yaml:3:41", "no such role"},
	    {"- a\n", "mission.yaml:1:1", "this is not a map"},
	    {"name: a\nname: b\n", "mission.yaml:2:1", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mission_file m;
		struct error error = {0};
		CHECK_INT(read_text(rows[i].text, &m, &error), ERROR_INPUT);
		CHECK_STR(str_of(error.where), str_of(rows[i].where));
		CHECK(str_contains(str_of(error.what), str_of(rows[i].what)));
		CHECK(error.remedy[0] != 0);
	}
}

#define ROLES "guard, staff, reception, liaison, auditor, duty_officer, security_officer, administrator"

TEST(limits_hold_at_the_limit_and_not_one_beyond)
{
	static const struct {
		const char *text;
		int expected;
	} rows[] = {
	    {"name: ''\nzone: UTC\n" OPERATORS DRIVERS, ERROR_INPUT},
	    {"name: 'a'\nzone: UTC\n" OPERATORS DRIVERS, 0},
	    {"name: " TEN("12345678") "\nzone: UTC\n" OPERATORS DRIVERS, 0},
	    {"name: " TEN("12345678") "9\nzone: UTC\n" OPERATORS DRIVERS, ERROR_INPUT},
	    {HEAD "operators: [{login: " TEN("1234") ", name: a, roles: []}]\n" DRIVERS, 0},
	    {HEAD "operators: [{login: " TEN("1234") "5, name: a, roles: []}]\n" DRIVERS, ERROR_INPUT},
	    {HEAD "operators: [{login: a, name: a, roles: [" ROLES "]}]\n" DRIVERS, 0},
	    {HEAD "operators: [{login: a, name: a, roles: [" ROLES ", guard]}]\n" DRIVERS, ERROR_INPUT},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mission_file m;
		struct error error = {0};
		CHECK_INT(read_text(rows[i].text, &m, &error), rows[i].expected);
	}
}

TEST(there_is_room_for_64_drivers_and_operators)
{
	static const struct {
		int operators, drivers, expected;
	} rows[] = {{64, 64, 0}, {65, 0, ERROR_INPUT}, {0, 65, ERROR_INPUT}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		static char text[16384];
		struct mission_file m;
		struct error error = {0};
		struct buf b = BUF(text);
		BUF_LIT(&b, HEAD "operators: [");
		for (int n = 0; n < rows[i].operators; n++)
			BUF_LIT(&b, "{login: no-such-login, name: a, roles: [guard]}, ");
		BUF_LIT(&b, "]\ndrivers: [");
		for (int n = 0; n < rows[i].drivers; n++) {
			BUF_LIT(&b, "{name: line-");
			buf_put_u64(&b, (uint64_t)n);
			BUF_LIT(&b, ", kind: osdp, device: run/line, baud: 9600}, ");
		}
		BUF_LIT(&b, "]\n\0");
		ASSERT(!b.over);
		CHECK_INT(read_text(text, &m, &error), rows[i].expected);
		if (rows[i].expected == 0)
			CHECK(m.n_operators == MISSION_OPERATORS_MAX && m.n_drivers == MISSION_DRIVERS_MAX);
	}
}

TEST(no_file_is_an_error_and_not_an_empty_mission)
{
	struct mission_file m;
	struct error error = {0};
	CHECK(read_text(NULL, &m, &error) < 0);
	CHECK(str_contains(str_of(error.what), STR("mission.yaml")) ||
	      str_contains(str_of(error.where), STR("mission.yaml")));
}
