/* rules_enact.c: `chancery rules enact [DIR]`: a rulebook goes into the record, and decides from then on. */
#include "cli/cli.h"
#include "cli/give.h"
#include "cli/rules.h"
#include "cli/send.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { MEMORY_BYTES = 192 << 20, BODY_BYTES = 128 };

static const char directory_usual[] = "rules/access";

/* What does not load here would not there; here it takes nobody's time, and nothing enters the record. */
int rules_read(const char *directory, struct arena *arena, struct str *ret_text, uint8_t ret_hash[RULEBOOK_HASH_BYTES],
	       struct error *error)
{
	struct arena memory = arena_map(MEMORY_BYTES);
	const struct rulebook *rules;
	int failed = rulebook_collect(ret_text, directory, arena, error);
	if (failed == 0)
		failed = rulebook_load_json(&rules, &access_request_vocabulary, &memory, directory, *ret_text, error);
	if (failed == 0)
		memcpy(ret_hash, rulebook_hash(rules), RULEBOOK_HASH_BYTES);
	arena_unmap(&memory);
	return failed;
}

static enum exit_code enact(struct asker *link, struct str hash)
{
	char memory[BODY_BYTES];
	struct buf body = BUF(memory);
	struct answer_line answer;
	struct giving giving = {.link = link};
	mission_enact_write(&body, &(struct mission_enact){hash});
	asker_forget(link);
	link->is_patient = true; /* another process searches it for conflicts and gaps */
	enum exit_code code = give_command(&giving, STR("mission.enact"), buf_str(&body), &answer);
	link->is_patient = false;
	if (code == EXIT_OK) {
		give_print_done(&giving, STR("mission.enact"), &answer.done);
		printf("These rules decide from now on; drivers get new tables.\n");
	}
	return code;
}

int rules_enact(const char *directory)
{
	struct arena arena = arena_map(MEMORY_BYTES);
	uint8_t hash[RULEBOOK_HASH_BYTES];
	struct str name = {(const char *)hash, sizeof hash};
	struct asker link;
	struct str text;
	struct error error;
	enum exit_code code = EXIT_OK;
	cli_enter_mission();
	directory = directory ? directory : directory_usual;
	if (rules_read(directory, &arena, &text, hash, &error) < 0)
		die(EXIT_FAILED, &error);
	link_open(&link);
	struct answer_status status = link_status(&link);
	if (status.has_rulebook && str_eq(status.rulebook, name)) {
		printf("These rules are in force already; nothing was done.\n");
	} else {
		if (send_staged(&link, directory, text, hash, &error) < 0)
			die(error.code == ERROR_INPUT ? EXIT_REFUSED : EXIT_FAILED, &error);
		code = enact(&link, name);
	}
	asker_release(&link);
	arena_unmap(&arena);
	return (int)code;
}
