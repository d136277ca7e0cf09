#include "rules/rulebook_load.h"
#include "rules/case.h"
#include "rules/changes_build.h"
#include "rules/index_build.h"
#include "rules/regex_load.h"
#include "rules/rule_bind.h"
#include "rules/rulebook_head.h"
#include "rules/rules_text.h"
#include "rules/search.h"

#include <sodium/crypto_hash_sha256.h>

enum {
	/* All trees, and room to write one as JSON or to compare and search rules. */
	WORK_BYTES = 256 << 20,
	/* Drafts, the names of what they override, and the table of predicates. */
	DRAFTS_BYTES = 64 << 20,
};

static const char head_file[] = "rulebook.yaml";

struct loader {
	struct rulebook *rulebook;
	struct arena *arena;
	struct arena work, kept; /* trees; and what is needed when they are gone */
	struct source source;
	struct rulebook_head head;
	struct predicates predicates;
	struct rule_reader reader;
	struct rule_draft *drafts;
	size_t n;
	size_t bytes; /* of what was hashed */
	crypto_hash_sha256_state hash;
};

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

static int add_to_hash(struct loader *l, const struct rules_file *file)
{
	struct buf line = arena_buf(&l->work);
	rules_text_put_line(&line, file);
	buf_put_char(&line, '\n');
	l->bytes += line.len;
	crypto_hash_sha256_update(&l->hash, line.at, line.len);
	if (!line.over && l->bytes <= RULEBOOK_BYTES_MAX)
		return 0;
	source_limit(&l->source, file->documents[0], "the rulebook says more than %d MiB", RULEBOOK_BYTES_MAX >> 20);
	return source_remedy(&l->source, "take out rules that nobody needs");
}

static int read_file(struct loader *l, const struct rules_file *file, bool with_head)
{
	static const struct str keys[] = {{"rules", 5}};
	const struct yaml *root = file->documents[0], *rules = yaml_get(root, "rules");
	l->source.name = file->shown;
	int code = add_to_hash(l, file);
	if (code == 0 && !with_head) {
		code = source_map(&l->source, root, "a file of rules", keys, ARRAY_LEN(keys));
		if (code == 0)
			code = source_member(&l->source, root, "rules", &rules);
	}
	if (code == 0 && rules)
		code = read_rules(l, rules);
	return code;
}

/* ---- the whole ---- */

static int finish(struct loader *l, const struct rules_file *head)
{
	struct rulebook *b = l->rulebook;
	const struct yaml *covers = l->head.covers;
	int code = 0;
	l->source.name = head->shown;
	if (covers)
		code = compile_clause(&l->reader.compiler, covers, &b->covers, &b->covers_facts);
	if (code < 0)
		return code;
	b->n_predicates = l->predicates.n;
	const struct predicate **predicates = ARENA_TAKE(l->arena, const struct predicate *, b->n_predicates);
	for (size_t i = 0; i < b->n_predicates; i++)
		predicates[i] = l->predicates.at[i];
	b->predicates = predicates;
	code = rule_bind(b, l->drafts, l->n, l->arena, &l->work, l->source.error);
	if (code < 0)
		return code;
	index_build(b, l->arena, &l->work);
	changes_build(b, l->arena, &l->work);
	crypto_hash_sha256_final(&l->hash, b->hash);
	return search_rulebook(b, &l->source, covers, &l->work);
}

static const struct rules_file *find_head(const struct rules_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		if (str_eq(files->at[i].name, str_of(head_file)))
			return &files->at[i];
	}
	return NULL;
}

static int load(struct loader *l, const struct rules_files *files, const struct rules_file *head)
{
	l->source.name = head->shown;
	int code = rulebook_head_read(&l->source, head->documents[0], l->arena, l->rulebook, &l->head);
	l->reader.layers = l->head.layers;
	l->reader.n_layers = l->head.n_layers;
	for (size_t i = 0; code == 0 && i < files->n; i++)
		code = read_file(l, &files->at[i], &files->at[i] == head);
	return code < 0 ? code : finish(l, head);
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
	l->predicates.memory = &l->kept;
	l->reader = (struct rule_reader){
	    .compiler = {.values = {.source = &l->source,
				    .vocabulary = vocabulary,
				    .placeholders = &l->head.placeholders,
				    .predicates = &l->predicates,
				    .arena = arena,
				    .scratch = &l->work,
				    .values_max = RULEBOOK_VALUES_MAX,
				    .regexes_max = RULEBOOK_REGEXES_MAX},
			 .scratch = &l->work},
	    .rulebook = l->rulebook,
	    .drafts = &l->kept,
	};
	crypto_hash_sha256_init(&l->hash);
	regex_ready();
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

int rulebook_load_text(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *file, struct str text, struct error *error)
{
	struct loader l;
	size_t used = arena->used;
	const struct yaml *root;
	init(&l, vocabulary, arena, error);
	int code = yaml_read(text, file, &l.work, &root, error);
	struct rules_file only = {.name = str_of(file), .shown = file, .n = 1, .documents = &root};
	if (code == 0)
		code = load(&l, &(struct rules_files){1, &only}, &only);
	return end(&l, code, used, ret_rulebook);
}

/* Where the text stands for a directory, that is named. */
static int no_head(struct loader *l, const char *prefix)
{
	error_set(l->source.error, ERROR_INPUT, "there is no %s", head_file);
	error_where(l->source.error, "%s", prefix[0] ? prefix : "the text of the rules");
	return source_remedy(&l->source, "write it: name, layers, default");
}

int rulebook_load_json(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		       const char *prefix, struct str text, struct error *error)
{
	struct loader l;
	struct rules_files files;
	size_t used = arena->used;
	init(&l, vocabulary, arena, error);
	int code = rules_text_read(text, &rules_kind_rulebook, prefix, &l.work, &files, error);
	const struct rules_file *head = code == 0 ? find_head(&files) : NULL;
	if (code == 0)
		code = head ? load(&l, &files, head) : no_head(&l, prefix);
	return end(&l, code, used, ret_rulebook);
}

int rulebook_collect(struct str *ret_text, const char *directory, struct arena *arena, struct error *error)
{
	return rules_text_collect(ret_text, &rules_kind_rulebook, directory, arena, error);
}

int rulebook_load(const struct rulebook **ret_rulebook, const struct vocabulary *vocabulary, struct arena *arena,
		  const char *directory, struct error *error)
{
	struct arena memory = arena_map(2 * RULES_TEXT_BYTES_MAX);
	struct str text;
	int code = rulebook_collect(&text, directory, &memory, error);
	if (code == 0)
		code = rulebook_load_json(ret_rulebook, vocabulary, arena, directory, text, error);
	arena_unmap(&memory);
	return code;
}

void rulebook_ready(void)
{
	regex_ready();
}
