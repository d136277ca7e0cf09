#include "serve/mission_file.h"

#include "base/settings.h"
#include "schema/words.h"

#include <pwd.h>

static const struct settings settings = {"mission.yaml", "See the head of src/serve/mission_file.h for the members."};

static const struct yaml *list(const struct yaml *map, const char *key)
{
	const struct yaml *node = yaml_get(map, key);
	return node && node->kind == YAML_LIST ? node : NULL;
}

static void find_login(struct mission_operator *it)
{
	char name[MISSION_LOGIN_BYTES_MAX + 1];
	memcpy(name, it->login.at, it->login.len);
	name[it->login.len] = 0;
	const struct passwd *user = getpwnam(name);
	it->known = user != NULL;
	it->uid = user ? user->pw_uid : 0;
}

static bool is_role(const struct yaml *node)
{
	for (size_t i = 0; i < n_role_words; i++)
		if (node->kind == YAML_TEXT && str_eq(node->text, role_words[i]))
			return true;
	return false;
}

/* How much the person may see of what is marked, and who in the mission it is. */
static int read_standing(const struct yaml *node, struct mission_operator *it, struct error *error)
{
	static const char *const marks[] = {"open", "restricted", "confidential", "secret"};
	const struct yaml *clearance = yaml_get(node, "clearance"), *person = yaml_get(node, "person");
	int64_t id = 0;
	while (clearance && it->clearance < ARRAY_LEN(marks) &&
	       !(clearance->kind == YAML_TEXT && str_eq(clearance->text, str_of(marks[it->clearance]))))
		it->clearance++;
	if (it->clearance == ARRAY_LEN(marks))
		return settings_wrong(&settings, clearance, error, "there is no such clearance",
				      "One of open, restricted, confidential, secret.");
	if (person && !(person->kind == YAML_TEXT && str_to_i64(person->text, 1, INT64_MAX, &id)))
		return settings_wrong(&settings, person, error, "this is no number of a person",
				      "Write it as in person:12, only the number.");
	it->person = (uint64_t)id;
	return 0;
}

static int read_operator(const struct yaml *node, struct mission_operator *it, struct error *error)
{
	static const char *const keys[] = {"login", "name", "roles", "clearance", "person"};
	int failed = settings_keys(&settings, node, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, node, "login", MISSION_LOGIN_BYTES_MAX, &it->login, error);
	if (failed == 0)
		failed = settings_text(&settings, node, "name", MISSION_NAME_BYTES_MAX, &it->name, error);
	if (failed < 0)
		return failed;
	const struct yaml *roles = list(node, "roles");
	if (!roles || roles->n > MISSION_ROLES_MAX)
		return settings_wrong(&settings, node, error, "`roles` must be a list of at most 8",
				      "Write roles: [security_officer, …]");
	for (const struct yaml *role = roles->first; role; role = role->next) {
		if (!is_role(role))
			return settings_wrong(&settings, role, error, "there is no such role",
					      "Roles are those of `who:` in the schemas, as security_officer.");
		it->roles[it->n_roles++] = role->text;
	}
	find_login(it);
	return read_standing(node, it, error);
}

static int read_driver(const struct yaml *node, struct mission_driver *driver, struct error *error)
{
	static const char *const keys[] = {"name", "kind", "device", "baud"};
	static const int64_t rates[] = {9600, 19200, 38400, 57600, 115200, 230400};
	struct str baud;
	int failed = settings_keys(&settings, node, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, node, "name", 40, &driver->name, error);
	if (failed == 0)
		failed = settings_text(&settings, node, "kind", 40, &driver->kind, error);
	if (failed == 0)
		failed = settings_text(&settings, node, "device", 200, &driver->device, error);
	if (failed == 0)
		failed = settings_text(&settings, node, "baud", 6, &baud, error);
	if (failed < 0)
		return failed;
	if (!str_to_i64(baud, 9600, 230400, &driver->baud))
		driver->baud = 0;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++)
		if (driver->baud == rates[i])
			return 0;
	return settings_wrong(&settings, yaml_get(node, "baud"), error, "no reader speaks at that rate",
			      "One of 9600, 19200, 38400, 57600, 115200, 230400.");
}

/* Witnesses */

static bool all_of(struct str text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr(characters, text.at[i]))
			return false;
	return true;
}

#define DIGITS	"0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Host, perhaps a port, perhaps a path; nothing else that a URL may have. */
static bool is_prefix(struct str url)
{
	static const struct str https = {"https://", 8}, http = {"http://", 7};
	bool is_plain = str_starts(url, http);
	size_t scheme = is_plain ? http.len : https.len;
	if (!is_plain && !str_starts(url, https))
		return false;
	struct str rest = {url.at + scheme, url.len - scheme}, host = rest, port = {0}, behind = {0};
	str_cut(rest, '/', &host, &behind);
	struct str name = host, bracket;
	if (str_starts(host, STR("[")) && str_cut(host, ']', &name, &port))
		name = (struct str){host.at, name.len + 1};
	else
		str_cut(host, ':', &name, &port);
	if (str_starts(port, STR(":")) && !str_cut(port, ':', &bracket, &port))
		return false;
	if (is_plain && !str_eq(name, STR("127.0.0.1")) && !str_eq(name, STR("[::1]")) &&
	    !str_eq(name, STR("localhost")))
		return false;
	return name.len > 0 && all_of(name, DIGITS LETTERS "-.[:]") && port.len <= 5 && all_of(port, DIGITS) &&
	       all_of(behind, DIGITS LETTERS "-._~/") && url.at[url.len - 1] != '/' && url.at[url.len - 1] != ':';
}

static int read_witness(const struct yaml *node, struct mission_witness *witness, struct error *error)
{
	static const char *const keys[] = {"name", "vkey", "url"};
	struct str vkey;
	int failed = settings_keys(&settings, node, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, node, "vkey", NOTE_VKEY_BYTES_MAX, &vkey, error);
	if (failed == 0)
		failed = settings_text(&settings, node, "url", 200, &witness->url, error);
	if (failed < 0)
		return failed;
	failed = note_witness_parse(vkey, &witness->key, error);
	if (failed < 0) {
		yaml_where(yaml_get(node, "vkey"), settings.path, error);
		return error_remedy(error, "Copy the line that `chancery witness` prints when it starts, whole.");
	}
	if (!is_prefix(witness->url))
		return settings_wrong(&settings, yaml_get(node, "url"), error, "this is not where a witness can be",
				      "https://HOST/PATH without a slash at the end; http:// only to this machine.");
	witness->name = note_key_name(&witness->key);
	return yaml_get(node, "name")
		   ? settings_text(&settings, node, "name", MISSION_NAME_BYTES_MAX, &witness->name, error)
		   : 0;
}

static int read_witnesses(const struct yaml *root, struct mission_file *mission, struct error *error)
{
	const struct yaml *witnesses = list(root, "witnesses");
	if (!yaml_get(root, "witnesses"))
		return 0;
	if (!witnesses || witnesses->n > MISSION_WITNESSES_MAX)
		return settings_wrong(&settings, yaml_get(root, "witnesses"), error,
				      "`witnesses` must be a list of at most 16",
				      "Write witnesses: and a line for each, or leave it out.");
	for (const struct yaml *node = witnesses->first; node; node = node->next) {
		struct mission_witness *witness = &mission->witnesses[mission->n_witnesses];
		int failed = read_witness(node, witness, error);
		if (failed < 0)
			return failed;
		for (size_t i = 0; i < mission->n_witnesses; i++)
			if (str_eq(note_key_name(&mission->witnesses[i].key), note_key_name(&witness->key)))
				return settings_wrong(&settings, node, error, "two witnesses' keys have one name",
						      "What they cosign is kept by it: name each witness once.");
		mission->n_witnesses++;
	}
	return 0;
}

static int read_lists(const struct yaml *root, struct mission_file *mission, struct error *error)
{
	const struct yaml *operators = list(root, "operators"), *drivers = list(root, "drivers");
	if (!operators || operators->n > MISSION_OPERATORS_MAX)
		return settings_wrong(&settings, root, error, "`operators` must be a list of at most 64",
				      "Write operators: and a line for each.");
	if (!drivers || drivers->n > MISSION_DRIVERS_MAX)
		return settings_wrong(&settings, root, error, "`drivers` must be a list of at most 64",
				      "Write drivers: and a line for each.");
	for (const struct yaml *node = operators->first; node; node = node->next) {
		int failed = read_operator(node, &mission->operators[mission->n_operators++], error);
		if (failed < 0)
			return failed;
	}
	for (const struct yaml *node = drivers->first; node; node = node->next) {
		struct mission_driver *driver = &mission->drivers[mission->n_drivers];
		int failed = read_driver(node, driver, error);
		if (failed < 0)
			return failed;
		for (size_t i = 0; i < mission->n_drivers; i++)
			if (str_eq(mission->drivers[i].name, driver->name))
				return settings_wrong(&settings, node, error, "two drivers have one name",
						      "Reports and orders go by it: rename one.");
		mission->n_drivers++;
	}
	return 0;
}

int mission_file_read(struct mission_file *ret_mission, struct arena *arena, struct error *error)
{
	static const char *const keys[] = {"name", "zone", "operators", "drivers", "witnesses"};
	const struct yaml *root;
	*ret_mission = (struct mission_file){0};
	int failed = yaml_read_file(settings.path, arena, &root, error);
	if (failed == 0)
		failed = settings_keys(&settings, root, keys, ARRAY_LEN(keys), error);
	if (failed == 0)
		failed = settings_text(&settings, root, "name", MISSION_NAME_BYTES_MAX, &ret_mission->name, error);
	if (failed == 0)
		failed = settings_text(&settings, root, "zone", 64, &ret_mission->zone, error);
	if (failed == 0)
		failed = read_lists(root, ret_mission, error);
	return failed < 0 ? failed : read_witnesses(root, ret_mission, error);
}

const struct mission_operator *mission_file_operator(const struct mission_file *mission, uint32_t uid)
{
	for (size_t i = 0; i < mission->n_operators; i++)
		if (mission->operators[i].known && mission->operators[i].uid == uid)
			return &mission->operators[i];
	return NULL;
}

struct str mission_file_origin(const struct mission_file *mission, int64_t incarnation, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	BUF_LIT(&b, "chancery/");
	for (size_t i = 0; i < mission->name.len; i++) {
		char c = mission->name.at[i];
		buf_put_char(&b, c == ' ' || c == '\t' || c == '\n' || c == '+' ? '-' : c);
	}
	if (incarnation > 1) {
		buf_put_char(&b, '/');
		buf_put_i64(&b, incarnation);
	}
	return arena_keep(arena, &b);
}
