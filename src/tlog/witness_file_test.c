#include "base/test.h"
#include "base/yaml.h"
#include "tlog/witness_file.h"

#include <unistd.h>

#define VKEY   "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define VKEY2  "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define W_VKEY "witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define NAME   "name: witness.example/w1\n"
#define LOGS   "logs: [{vkey: " VKEY "}]\n"

static struct witness_file file;

static int read_text(const char *text, struct error *error)
{
	static struct arena arena;
	char directory[] = "/tmp/witness_file_test.XXXXXX";
	if (!arena.at)
		arena = arena_map(YAML_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	ASSERT(mkdtemp(directory) && chdir(directory) == 0);
	FILE *out = fopen("witness.yaml", "w");
	ASSERT(out && fputs(text, out) >= 0 && fclose(out) == 0);
	int done = witness_file_read(&file, &arena, error);
	ASSERT(unlink("witness.yaml") == 0 && chdir("/") == 0 && rmdir(directory) == 0);
	return done;
}

TEST(a_witness_file_is_read_as_it_is_written)
{
	struct error error;
	CHECK_OK(read_text(NAME "tls: {certificate: a.pem, key: a.key}\nlogs:\n"
				"  - {vkey: " VKEY "}\n"
				"  - {vkey: " VKEY2 ", origin: an origin of its own}\n",
			   &error),
		 &error);
	CHECK_STR(file.name, STR("witness.example/w1"));
	CHECK_STR(file.certificate, STR("a.pem"));
	CHECK_STR(file.key, STR("a.key"));
	CHECK_INT(file.n_logs, 2);
	CHECK_STR(file.logs[0].origin, STR("PeterNeumann"));
	CHECK_STR(file.logs[1].origin, STR("an origin of its own"));
	CHECK_STR(note_key_name(&file.logs[1].key), STR("EnochRoot"));
	CHECK_OK(read_text(NAME LOGS, &error), &error);
	CHECK_INT(file.certificate.len, 0);
}

TEST(a_mistake_is_told_with_its_place)
{
	static const struct {
		const char *text, *where, *what;
	} rows[] = {
	    {"- a\n", "witness.yaml:1:1", "not a map"},
	    {LOGS, "witness.yaml:1:1", "`name` must be"},
	    {"name: ''\n" LOGS, "witness.yaml:1:7", "`name` must be"},
	    {NAME, "witness.yaml:1:1", "`logs` must be"},
	    {NAME "logs: []\n", "witness.yaml:2:7", "`logs` must be"},
	    {NAME "logs: {}\n", "witness.yaml:2:7", "`logs` must be"},
	    {NAME "logs: [a]\n", "witness.yaml:2:8", "not a map"},
	    {NAME "logs: [{}]\n", "witness.yaml:2:8", "`vkey` must be"},
	    {NAME "logs: [{vkey: a}]\n", "witness.yaml:2:15", "not a verifier key"},
	    {NAME "logs: [{vkey: " W_VKEY "}]\n", "witness.yaml:2:15", "not Ed25519"},
	    {NAME "logs: [{vkey: " VKEY ", url: a}]\n", "witness.yaml:2:83", "no member `url`"},
	    {NAME "logs: [{origin: '', vkey: " VKEY "}]\n", "witness.yaml:2:17", "`origin` must be"},
	    {NAME "logs:\n - {vkey: " VKEY "}\n - {vkey: " VKEY2 ", origin: PeterNeumann}\n", "witness.yaml:4:4",
	     "one origin"},
	    {NAME LOGS "port: 80\n", "witness.yaml:3:1", "no member `port`"},
	    {NAME LOGS "tls: yes\n", "witness.yaml:3:6", "not a map"},
	    {NAME LOGS "tls: {key: a}\n", "witness.yaml:3:6", "`certificate` must be"},
	    {NAME LOGS "tls: {certificate: a}\n", "witness.yaml:3:6", "`key` must be"},
	    {NAME LOGS "tls: {certificate: a, key: b, ca: c}\n", "witness.yaml:3:31", "no member `ca`"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error error = {0};
		CHECK_INT(read_text(rows[i].text, &error) < 0, 1);
		CHECK_STR(str_of(error.where), str_of(rows[i].where));
		if (!strstr(error.what, rows[i].what) || !error.remedy[0])
			test_fail(__FILE__, __LINE__, "%s: %s", rows[i].text, error.what);
	}
}

TEST(there_is_room_for_1024_logs_and_not_for_one_more)
{
	for (int n = WITNESS_LOGS_MAX; n <= WITNESS_LOGS_MAX + 1; n++) {
		static char text[1 << 17];
		struct error error;
		struct buf b = BUF(text);
		BUF_LIT(&b, NAME "logs:\n");
		for (int i = 0; i < n; i++) {
			BUF_LIT(&b, " - {vkey: " VKEY ", origin: log ");
			buf_put_i64(&b, i);
			BUF_LIT(&b, "}\n");
		}
		buf_put_char(&b, 0);
		ASSERT(!b.over);
		CHECK_INT(read_text(text, &error), n > WITNESS_LOGS_MAX ? ERROR_INPUT : 0);
	}
}
