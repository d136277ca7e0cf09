#include "rules/rulebook_load.h"
#include "rules/index_build.h"
#include "rules/imply.h"
#include "rules/rule_bind.h"

#include <dirent.h>
#include <errno.h>
#include <sodium/crypto_hash_sha256.h>

enum {
	DEFAULT_REASON_BYTES_MAX = 500,
	/* The head's tree and one more, and room to write one as JSON or to compare rules. */
	WORK_BYTES = 2 * YAML_MEMORY_BYTES_MAX + 8 * YAML_BYTES_MAX + IMPLY_SCRATCH_BYTES,
	/* Drafts, the names of what they override, and those of files. */
	DRAFTS_BYTES = 32 << 20,
};

static const char head_file[] = "rulebook.yaml";

struct loader {
	struct rulebook *rulebook;
	struct arena *arena;
	struct arena work, kept; /* trees; and what is needed when they are gone */
	struct source source;
	struct str layers[RULEBOOK_LAYERS_MAX];
	struct rule_reader reader;
	struct rule_draft *drafts;
	size_t n;
	size_t bytes; /* of what was hashed */
	crypto_hash_sha256_state hash;
};

/* ---- the head ---- */

static int read_name(struct loader *l, const struct yaml *head)
{
	const struct yaml *node;
	struct str name;
	int code = source_member(&l->source, head, "name", &node);
	if (code == 0)
		code = source_text(&l->source, node, "name", RULEBOOK_NAME_BYTES_MAX, &name);
	if (code == 0)
		l->rulebook->name = arena_str(l->arena, name);
	return code;
}

static int check_vocabulary(const struct loader *l, const struct yaml *head)
{
	const struct yaml *node = yaml_get(head, "vocabulary");
	struct str name = l->rulebook->vocabulary->name;
	if (!node || (node->kind == YAML_TEXT && str_eq(node->text, name)))
		return 0;
	source_fail(&l->source, node, "these rules are asked about " STR_FMT, STR_ARG(name));
	return source_remedy(&l->source, "write vocabulary: " STR_FMT ", or leave it out", STR_ARG(name));
}

static int read_layer(struct loader *l, const struct yaml *node)
{
	struct str name;
	int code = source_text(&l->source, node, "layers", RULEBOOK_NAME_BYTES_MAX, &name);
	for (size_t i = 0; code == 0 && i < l->reader.n_layers; i++) {
		if (!str_eq(name, l->layers[i]))
			continue;
		code = source_fail(&l->source, node, "the layer \"" STR_FMT "\" stands here twice", STR_ARG(name));
		source_remedy(&l->source, "name each layer once, the highest first");
	}
	if (code == 0)
		l->layers[l->reader.n_layers++] = arena_str(l->arena, name);
	return code;
}

static int read_layers(struct loader *l, const struct yaml *head)
{
	const struct yaml *list;
	int code = source_member(&l->source, head, "layers", &list);
	if (code == 0 && (list->kind != YAML_LIST || list->n == 0 || list->n > RULEBOOK_LAYERS_MAX)) {
		source_fail(&l->source, list, "`layers` must be a list of 1 to %d names", RULEBOOK_LAYERS_MAX);
		code = source_remedy(&l->source, "write layers: [mission], or more, the highest first");
	}
	for (const struct yaml *node = code == 0 ? list->first : NULL; node && code == 0; node = node->next)
		code = read_layer(l, node);
	return code;
}

static int read_default(struct loader *l, const struct yaml *head)
{
	static const struct str keys[] = {{"outcome", 7}, {"reason", 6}};
	const struct yaml *map, *outcome, *reason;
	struct str text;
	int code = source_member(&l->source, head, "default", &map);
	if (code == 0)
		code = source_map(&l->source, map, "`default`", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = source_member(&l->source, map, "outcome", &outcome);
	if (code == 0 && (outcome->kind != YAML_TEXT || !str_eq(outcome->text, STR("refuse")))) {
		source_fail(&l->source, outcome, "the default can only refuse");
		code = source_remedy(&l->source, "write outcome: refuse, and rules for what is permitted");
	}
	if (code == 0)
		code = source_member(&l->source, map, "reason", &reason);
	if (code == 0)
		code = source_text(&l->source, reason, "reason", DEFAULT_REASON_BYTES_MAX, &text);
	if (code == 0)
		l->rulebook->default_reason = arena_str(l->arena, text);
	return code;
}

static int read_head(struct loader *l, const struct yaml *head)
{
	static const struct str keys[] = {{"name", 4}, {"vocabulary", 10}, {"layers", 6}, {"default", 7}, {"rules", 5}};
	int code = source_map(&l->source, head, "the head of a rulebook", keys, ARRAY_LEN(keys));
	if (code == 0)
		code = read_name(l, head);
	if (code == 0)
		code = check_vocabulary(l, head);
	if (code == 0)
		code = read_layers(l, head);
	if (code == 0)
		code = read_default(l, head);
	return code;
}

/* ---- rules and hash ---- */

static int read_rule(struct loader *l, const struct yaml *node)
{
	if (l->n == RULEBOOK_RULES_MAX) {
		source_limit(&l->source, node, "more than %d rules in one rulebook", RULEBOOK_RULES_MAX);
		return source_remedy(&l->source, "say of a group what is said of each of its members");
	}
	return rule_read(&l->reader, node, &l->drafts[l->n++]);
}

static int read_rules(struct loader *l, const struct yaml *list)
{
	int code = 0;
	if (list->kind != YAML_LIST) {
		source_fail(&l->source, list, "`rules` must be a list");
		return source_remedy(&l->source,
				     "begin each rule with `- id: …`; where there are none write rules: []");
	}
	for (const struct yaml *node = list->first; node && code == 0; node = node->next)
		code = read_rule(l, node);
	return code;
}

static int add_to_hash(struct loader *l, struct str name, const struct yaml *root)
{
	struct buf line = arena_buf(&l->work);
	buf_put_str(&line, name);
	buf_put_char(&line, '\t');
	yaml_put_json(&line, root);
	buf_put_char(&line, '\n');
	l->bytes += line.len;
	crypto_hash_sha256_update(&l->hash, line.at, line.len);
	if (!line.over && l->bytes <= RULEBOOK_BYTES_MAX)
		return 0;
	source_limit(&l->source, root, "the rulebook says more than %d MiB", RULEBOOK_BYTES_MAX >> 20);
	return source_remedy(&l->source, "take out rules that nobody needs");
}

/* A file, its name as the hash has it, and whether it holds the head too. */
static int read_tree(struct loader *l, struct str name, const struct yaml *root, bool with_head)
{
	static const struct str keys[] = {{"rules", 5}};
	const struct yaml *rules = yaml_get(root, "rules");
	int code = add_to_hash(l, name, root);
	if (code == 0 && !with_head) {
		code = source_map(&l->source, root, "a file of rules", keys, ARRAY_LEN(keys));
		if (code == 0)
			code = source_member(&l->source, root, "rules", &rules);
	}
	if (code == 0 && rules)
		code = read_rules(l, rules);
	return code;
}

static int finish(struct loader *l)
{
	int code = rule_bind(l->rulebook, l->drafts, l->n, l->arena, &l->work, l->source.error);
	if (code < 0)
		return code;
	index_build(l->rulebook, l->arena, &l->work);
	crypto_hash_sha256_final(&l->hash, l->rulebook->hash);
	return 0;
}

static void init(struct loader *l, const struct vocabulary *vocabulary, struct arena *arena, struct error *error)
{
	_Static_assert(crypto_hash_sha256_BYTES == RULEBOOK_HASH_BYTES, "the hash is SHA-256");
	ASSERT(vocabulary->n <= FACTS_MAX && arena->size - arena->used >= RULEBOOK_MEMORY_BYTES_MAX);
	*l = (struct loader){
	    .arena = arena, .work = arena_map(WORK_BYTES), .kept = arena_map(DRAFTS_BYTES), .source.error = error};
	l->rulebook = ARENA_TAKE(arena, struct rulebook, 1);
	l->rulebook->vocabulary = vocabulary;
	l->drafts = ARENA_TAKE(&l->kept, struct rule_draft, RULEBOOK_RULES_MAX);
	l->reader = (struct rule_reader){
	    .compiler = {.values = {.source = &l->source, .vocabulary = vocabulary, .arena = arena},
			 .scratch = &l->work},
	    .rulebook = l->rulebook,
	    .layers = l->layers,
	    .drafts = &l->kept,
	};
	crypto_hash_sha256_init(&l->hash);
}

/* What a load gives: on error the arena as it was. */
static int end(struct loader *l, int code, size_t used, const struct rulebook **ret_rulebook)
{
	if (code == 0)
		*ret_rulebook = l->rulebook;
	else
		l->arena->used = used;
	arena_unmap(&l->work);
	arena_unmap(&l->kept);
	return code;
}

static int load_text(struct loader *l, const char *file, struct str text)
{
	const struct yaml *root;
	l->source.name = file;
	int code = yaml_read(text, file, &l->work, &root, l->source.error);
	if (code == 0)
		code = read_head(l, root);
	if (code == 0)
		code = read_tree(l, str_of(file), root, true);
	return code < 0 ? code : finish(l);
}

int rulebook_load_text(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *file, struct str text, struct error *error)
{
	struct loader l;
	size_t used = arena->used;
	init(&l, vocabulary, arena, error);
	return end(&l, load_text(&l, file, text), used, ret_rulebook);
}

/* ---- the directory ---- */

struct files {
	size_t n;
	struct str at[RULEBOOK_FILES_MAX];
};

static int add_file(struct loader *l, struct files *files, const char *directory, struct str name)
{
	struct error *error = l->source.error;
	if (name.at[0] == '.')
		return 0;
	if (str_ends(name, STR(".yml"))) {
		error_set(error, ERROR_INPUT, "a file of rules ends in .yaml");
		error_where(error, "%s/" STR_FMT, directory, STR_ARG(name));
		return source_remedy(&l->source, "rename it, or take it away");
	}
	if (!str_ends(name, STR(".yaml")))
		return 0;
	if (files->n == RULEBOOK_FILES_MAX) {
		error_set(error, ERROR_LIMIT, "more than %d files of rules", RULEBOOK_FILES_MAX);
		error_where(error, "%s", directory);
		return source_remedy(&l->source, "put rules that belong together into one file");
	}
	files->at[files->n++] = arena_str(&l->kept, name);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static int list_files(struct loader *l, const char *directory, struct files *files)
{
	DIR *open = opendir(directory);
	int code = 0;
	if (!open) {
		error_system(l->source.error, "opening the rulebook's directory");
		error_where(l->source.error, "%s", directory);
		source_remedy(&l->source, "make it, with a file %s", head_file);
		return ERROR_SYSTEM;
	}
	errno = 0;
	for (struct dirent *entry; code == 0 && (entry = readdir(open)); errno = 0)
		code = add_file(l, files, directory, str_of(entry->d_name));
	if (code == 0 && errno != 0)
		code = error_system(l->source.error, "reading the directory %s", directory);
	closedir(open);
	qsort(files->at, files->n, sizeof files->at[0], compare);
	return code;
}

static int read_file(struct loader *l, const char *directory, struct str name, const struct yaml **ret_root)
{
	size_t size = strlen(directory) + name.len + 2;
	char *path = ARENA_TAKE(&l->kept, char, size);
	int written = snprintf(path, size, "%s/" STR_FMT, directory, STR_ARG(name));
	ASSERT(written > 0 && (size_t)written < size);
	l->source.name = path;
	return yaml_read_file(path, &l->work, ret_root, l->source.error);
}

static bool has_head(const struct files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		if (str_eq(files->at[i], str_of(head_file)))
			return true;
	}
	return false;
}

static int load_head(struct loader *l, const char *directory, const struct files *files, const struct yaml **ret_head)
{
	if (!has_head(files)) {
		error_set(l->source.error, ERROR_INPUT, "there is no %s", head_file);
		error_where(l->source.error, "%s", directory);
		return source_remedy(&l->source, "write it: name, layers, default");
	}
	int code = read_file(l, directory, str_of(head_file), ret_head);
	return code < 0 ? code : read_head(l, *ret_head);
}

static int load_file(struct loader *l, const char *directory, struct str name, const struct yaml *head)
{
	bool is_head = str_eq(name, str_of(head_file));
	size_t used = l->work.used;
	const struct yaml *root = head;
	const char *head_path = l->source.name;
	int code = is_head ? 0 : read_file(l, directory, name, &root);
	if (code == 0)
		code = read_tree(l, name, root, is_head);
	l->work.used = used;
	l->source.name = head_path;
	return code;
}

static int load(struct loader *l, const char *directory)
{
	struct files files = {0};
	const struct yaml *head = NULL;
	int code = list_files(l, directory, &files);
	if (code == 0)
		code = load_head(l, directory, &files, &head);
	for (size_t i = 0; code == 0 && i < files.n; i++)
		code = load_file(l, directory, files.at[i], head);
	return code < 0 ? code : finish(l);
}

int rulebook_load(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		  const char *directory, struct error *error)
{
	struct loader l;
	size_t used = arena->used;
	init(&l, vocabulary, arena, error);
	return end(&l, load(&l, directory), used, ret_rulebook);
}
