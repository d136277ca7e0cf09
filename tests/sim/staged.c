#include "sim/staged.h"

#include "domain/access/access.h"
#include "rules/rulebook_load.h"

#include <unistd.h>

static const char head[] = "name: house\n"
			   "layers: [mission]\n"
			   "default: {outcome: refuse, reason: nobody said yes}\n"
			   "unsettled: conflict\n";

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	ASSERT(file && fputs(text, file) >= 0);
	int closed = fclose(file);
	ASSERT(closed == 0);
}

static void remove_file(const char *directory, const char *name)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	unlink(path);
}

static int load(const struct rulebook **ret_rules, struct arena *arena, struct str text, struct error *error)
{
	return rulebook_load_json(ret_rules, &access_request_vocabulary, arena, "rules/access", text, error);
}

void staged_make(struct staged *staged, const char *rules)
{
	static struct arena memory;
	static uint8_t number;
	char directory[] = "/tmp/chancery-staged-XXXXXX";
	struct error error;
	if (!memory.at)
		memory = arena_map((size_t)1 << 30);
	*staged = (struct staged){.rules = NULL};
	memset(staged->hash, ++number, sizeof staged->hash);
	ASSERT(mkdtemp(directory));
	write_file(directory, "rulebook.yaml", head);
	write_file(directory, "rules.yaml", rules);
	CHECK_OK(rulebook_collect(&staged->text, directory, &memory, &error), &error);
	remove_file(directory, "rulebook.yaml");
	remove_file(directory, "rules.yaml");
	rmdir(directory);
	if (load(&staged->rules, &memory, staged->text, &error) == 0)
		memcpy(staged->hash, rulebook_hash(staged->rules), sizeof staged->hash);
}

void staged_install(const struct staged *staged)
{
	rig.options.load_rules = load;
	rig.options.rulebooks.access = staged->rules;
	rig.options.rules_text = staged->text;
	rig.options.environment.access = (struct str){(const char *)staged->hash, sizeof staged->hash};
}

int64_t staged_parts(const struct staged *staged)
{
	return (int64_t)((staged->text.len + STAGED_PART_BYTES - 1) / STAGED_PART_BYTES);
}

struct str staged_line(const struct staged *staged, int64_t part)
{
	size_t at = (size_t)(part - 1) * STAGED_PART_BYTES, left = staged->text.len - at;
	struct record_stage_part ask = {{(const char *)staged->hash, sizeof staged->hash},
					part,
					staged_parts(staged),
					{staged->text.at + at, left < STAGED_PART_BYTES ? left : STAGED_PART_BYTES}};
	struct buf body = arena_buf(&rig.arena);
	record_stage_part_write(&body, &ask);
	struct str text = arena_keep(&rig.arena, &body);
	struct buf b = arena_buf(&rig.arena);
	ask_line_write(&b, &(struct ask_line){.kind = ASK_LINE_COMMAND,
					      .command = {.name = STR("record.stage_part"), .body = text}});
	return arena_keep(&rig.arena, &b);
}

void staged_say(const struct staged *staged)
{
	for (int64_t part = 1; part <= staged_parts(staged); part++)
		rig_line(OFFICER, staged_line(staged, part));
	rig_commit();
	CHECK_HAS_NO(rig_heard(OFFICER), "{'refused':");
	rig_forget();
}

struct str staged_enact(const struct staged *staged)
{
	struct buf body = arena_buf(&rig.arena);
	mission_enact_write(&body, &(struct mission_enact){{(const char *)staged->hash, sizeof staged->hash}});
	struct str text = arena_keep(&rig.arena, &body);
	struct buf b = arena_buf(&rig.arena);
	ask_line_write(
	    &b, &(struct ask_line){.kind = ASK_LINE_COMMAND, .command = {.name = STR("mission.enact"), .body = text}});
	return arena_keep(&rig.arena, &b);
}
