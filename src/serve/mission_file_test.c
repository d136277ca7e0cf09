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

TEST(there_is_room_for_64_operators_and_56_drivers)
{
	static const struct {
		int operators, drivers, expected;
	} rows[] = {{64, 56, 0}, {65, 0, ERROR_INPUT}, {0, 57, ERROR_INPUT}};
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

/* Witnesses */

#define VKEY	 "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define LOG_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define BOTH	 HEAD OPERATORS DRIVERS

TEST(witnesses_are_read_with_their_names_keys_and_places)
{
	struct mission_file m;
	struct error error = {0};
	CHECK_OK(read_text(BOTH, &m, &error), &error);
	CHECK_INT(m.n_witnesses, 0);
	CHECK_OK(read_text(BOTH "witnesses: [{vkey: " VKEY ", url: 'https://witness.example/w1'}]\n", &m, &error),
		 &error);
	CHECK_INT(m.n_witnesses, 1);
	CHECK_STR(m.witnesses[0].name, STR("witness.example/w1"));
	CHECK_STR(note_key_name(&m.witnesses[0].key), STR("witness.example/w1"));
	CHECK_STR(m.witnesses[0].url, STR("https://witness.example/w1"));
	CHECK_OK(
	    read_text(BOTH "witnesses: [{name: The capital, vkey: " VKEY ", url: 'http://[::1]:7380'}]\n", &m, &error),
	    &error);
	CHECK_STR(m.witnesses[0].name, STR("The capital"));
}

TEST(a_witness_is_reached_by_https_or_on_this_machine)
{
	static const struct {
		const char *url;
		bool good;
	} rows[] = {
	    {"https://witness.example", true},
	    {"https://witness.example:443/a/b-c_d.e~f", true},
	    {"https://203.0.113.7", true},
	    {"https://[2001:db8::7]:7380/w", true},
	    {"http://127.0.0.1:7380", true},
	    {"http://localhost/w", true},
	    {"http://[::1]", true},
	    {"http://witness.example", false},
	    {"http://127.0.0.1.example", false},
	    {"http://localhost.example", false},
	    {"http://[::1]x", false},
	    {"http://user@127.0.0.1", false},
	    {"ftp://witness.example", false},
	    {"https://", false},
	    {"https:///path", false},
	    {"https://:443", false},
	    {"https://witness.example:", false},
	    {"https://witness.example:123456", false},
	    {"https://witness.example:4x", false},
	    {"https://witness.example/", false},
	    {"https://witness.example/a?b", false},
	    {"https://witness.example/a#b", false},
	    {"https://witness.example/a b", false},
	    {"https://user:word@witness.example/a", false},
	    {"witness.example", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[512];
		struct mission_file m;
		struct error error = {0};
		snprintf(text, sizeof text, BOTH "witnesses: [{vkey: " VKEY ", url: '%s'}]\n", rows[i].url);
		int done = read_text(text, &m, &error);
		if ((done == 0) != rows[i].good)
			test_fail(__FILE__, __LINE__, "%s: %d %s", rows[i].url, done, error.what);
		test_count(true);
	}
}

TEST(a_mistake_in_a_witness_is_told_with_its_place)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
	    {"witnesses: no\n", "mission.yaml:5:12", "`witnesses` must be a list"},
	    {"witnesses: [a]\n", "mission.yaml:5:13", "this is not a map"},
	    {"witnesses: [{url: 'https://a'}]\n", "mission.yaml:5:13", "`vkey` must be a text"},
	    {"witnesses: [{vkey: " VKEY "}]\n", "mission.yaml:5:13", "`url` must be a text"},
	    {"witnesses: [{vkey: a, url: 'https://a'}]\n", "mission.yaml:5:20", "not a verifier key"},
	    {"witnesses: [{vkey: " LOG_VKEY ", url: 'https://a'}]\n", "mission.yaml:5:20", "not a witness's"},
	    {"witnesses: [{url: a, vkey: " VKEY "}]\n", "mission.yaml:5:19", "not where a witness can be"},
	    {"witnesses: [{name: '', url: 'https://a', vkey: " VKEY "}]\n", "mission.yaml:5:20", "`name` must be"},
	    {"witnesses: [{keys: 1, url: 'https://a', vkey: " VKEY "}]\n", "mission.yaml:5:14", "no member `keys`"},
	    {"witnesses:\n - {url: 'https://a', vkey: " VKEY "}\n - {url: 'https://b', vkey: " VKEY "}\n",
	     "mission.yaml:7:4", "have one name"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[1024];
		struct mission_file m;
		struct error error = {0};
		snprintf(text, sizeof text, BOTH "%s", rows[i].text);
		CHECK(read_text(text, &m, &error) < 0);
		CHECK_STR(str_of(error.where), str_of(rows[i].where));
		if (!strstr(error.what, rows[i].what) || !error.remedy[0])
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].text, error.what);
	}
}

TEST(there_is_room_for_16_witnesses_and_not_for_one_more)
{
	for (int n = MISSION_WITNESSES_MAX; n <= MISSION_WITNESSES_MAX + 1; n++) {
		static char text[16384];
		struct mission_file m;
		struct error error = {0};
		struct buf b = BUF(text);
		BUF_LIT(&b, BOTH "witnesses:\n");
		for (int i = 0; i < n; i++) {
			char name[16];
			uint8_t seed[NOTE_SEED_BYTES] = {(uint8_t)i};
			struct note_signer signer;
			int length = snprintf(name, sizeof name, "w%d", i);
			CHECK_OK(note_witness_init(&signer, (struct str){name, (size_t)length}, seed, &error), &error);
			BUF_LIT(&b, " - {url: 'https://a', vkey: ");
			note_key_write(&b, &signer.key);
			BUF_LIT(&b, "}\n");
		}
		buf_put_char(&b, 0);
		ASSERT(!b.over);
		CHECK_INT(read_text(text, &m, &error), n > MISSION_WITNESSES_MAX ? ERROR_INPUT : 0);
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
