#include "rules/detection_load.h"
#include "rules/correlation_read.h"
#include "rules/filter_build.h"
#include "rules/regex_load.h"
#include "rules/rules_text.h"

enum {
	WORK_BYTES = 1 << 30, /* trees; one page is used only when it is needed */
	KEPT_BYTES = 256 << 20,
	WORK_TEXT_BYTES = 2 * RULES_TEXT_BYTES_MAX,
};

static const char placeholders_file[] = "placeholders.yaml";

struct loader {
	struct arena *arena;
	struct arena work, kept; /* trees; and drafts and tables, while compiling gives its memory back */
	struct source source;
	struct placeholders placeholders;
	struct predicates predicates;
	struct field_names fields;
	struct sigma_reader reader;
	struct bag drafts; /* of struct sigma_draft */
	struct detection *detection;
};

static void init(struct loader *l, struct arena *arena, struct error *error)
{
	ASSERT(arena->size - arena->used >= DETECTION_MEMORY_BYTES_MAX);
	*l = (struct loader){
	    .arena = arena, .work = arena_map(WORK_BYTES), .kept = arena_map(KEPT_BYTES), .source.error = error};
	l->predicates.memory = &l->kept;
	l->drafts = BAG(&l->kept, struct sigma_draft);
	l->detection = ARENA_TAKE(arena, struct detection, 1);
	field_names_init(&l->fields, arena);
	l->reader.compiler = (struct compiler){.values = {.source = &l->source,
							  .fields = &l->fields,
							  .placeholders = &l->placeholders,
							  .predicates = &l->predicates,
							  .arena = arena,
							  .scratch = &l->work,
							  .values_max = DETECTION_VALUES_MAX,
							  .regexes_max = DETECTION_REGEXES_MAX},
					       .scratch = &l->work};
	regex_ready();
}

static int end(struct loader *l, int code, size_t used, const struct detection **ret_detection)
{
	if (code == 0)
		*ret_detection = l->detection;
	else
		l->arena->used = used;
	arena_unmap(&l->work);
	arena_unmap(&l->kept);
	return code;
}

/* ---- files ---- */

static int read_placeholders(struct loader *l, const struct rules_file *file)
{
	l->source.name = file->shown;
	return expand_read(&l->source, file->documents[0], l->arena, &l->placeholders);
}

static int read_file(struct loader *l, const struct rules_file *file)
{
	int code = 0;
	l->source.name = file->shown;
	for (size_t i = 0; code == 0 && i < file->n; i++) {
		if (l->drafts.n == DETECTION_RULES_MAX) {
			source_limit(&l->source, file->documents[i], "more than %d rules", DETECTION_RULES_MAX);
			return source_remedy(&l->source, "load fewer together");
		}
		code = sigma_read(&l->reader, file->documents[i], &l->drafts);
	}
	return code;
}

static int read_files(struct loader *l, const struct rules_files *files)
{
	int code = 0;
	for (size_t i = 0; code == 0 && i < files->n; i++) {
		if (str_eq(files->at[i].name, str_of(placeholders_file)))
			code = read_placeholders(l, &files->at[i]);
	}
	for (size_t i = 0; code == 0 && i < files->n; i++) {
		if (!str_eq(files->at[i].name, str_of(placeholders_file)))
			code = read_file(l, &files->at[i]);
	}
	return code;
}

/* ---- the whole ---- */

/* Ids and names, so that what stands twice is seen. */
struct called {
	struct str word;
	size_t draft;
};

static int compare(const void *a, const void *b)
{
	const struct called *x = a, *y = b;
	int order = str_compare(x->word, y->word);
	return order ? order : x->draft < y->draft ? -1 : x->draft > y->draft;
}

static int check_called(struct loader *l)
{
	const struct sigma_draft *drafts = l->drafts.at;
	struct bag words = BAG(&l->work, struct called);
	for (size_t i = 0; i < l->drafts.n; i++) {
		const struct detection_words *w = &drafts[i].rule.words;
		if (w->id.len > 0)
			*(struct called *)bag_add(&words) = (struct called){w->id, i};
		if (w->name.len > 0 && !str_eq(w->name, w->id))
			*(struct called *)bag_add(&words) = (struct called){w->name, i};
	}
	struct called *called = words.at;
	if (words.n > 0)
		qsort(called, words.n, sizeof *called, compare);
	for (size_t i = 1; i < words.n; i++) {
		if (!str_eq(called[i - 1].word, called[i].word))
			continue;
		const struct sigma_draft *d = &drafts[called[i].draft], *other = &drafts[called[i - 1].draft];
		l->source.name = d->file;
		source_fail(&l->source, d->place, "\"" STR_FMT "\" is also what the rule at %s:%d is called",
			    STR_ARG(source_shown(called[i].word)), other->file, other->place->line);
		return source_remedy(&l->source, "give each rule an id and a name of its own");
	}
	return 0;
}

static void take_rules(struct loader *l, struct detected *rules)
{
	const struct sigma_draft *drafts = l->drafts.at;
	size_t n = 0;
	for (size_t i = 0; i < l->drafts.n; i++) {
		if (!drafts[i].correlation)
			rules[n++] = drafts[i].rule;
	}
	l->detection->n = n;
	l->detection->set_words = n / 64 + 1;
	l->detection->rules = rules;
}

static bool asks_for_all(const struct detection *d)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct node *top = d->rules[i].applies;
		for (const struct node *node = top; node < top + top->size; node++) {
			if (node->op == NODE_PREDICATE && node->predicate->fact == 0)
				return true;
		}
	}
	return false;
}

static int finish(struct loader *l)
{
	struct detection *d = l->detection;
	struct detected *rules = ARENA_TAKE(l->arena, struct detected, l->drafts.n);
	int code = check_called(l);
	if (code < 0)
		return code;
	take_rules(l, rules);
	code = correlation_read(&l->reader, l->drafts.at, l->drafts.n, rules, d);
	if (code < 0)
		return code;
	d->left_out = l->reader.left_out;
	d->n_fields = l->fields.names.n;
	d->fields = l->fields.names.at;
	d->field_slots = l->fields.slots;
	d->field_table = l->fields.table;
	d->keywords = asks_for_all(d);
	filter_build(d, l->arena, &l->work);
	return 0;
}

int detection_load_json(const struct detection **ret_detection, struct arena *arena, const char *prefix,
			struct str text, struct error *error)
{
	struct loader l;
	struct rules_files files;
	size_t used = arena->used;
	init(&l, arena, error);
	int code = rules_text_read(text, &rules_kind_sigma, prefix, &l.work, &files, error);
	if (code == 0)
		code = read_files(&l, &files);
	if (code == 0)
		code = finish(&l);
	return end(&l, code, used, ret_detection);
}

int detection_load_text(const struct detection **ret_detection, struct arena *arena, const char *file, struct str text,
			struct error *error)
{
	struct loader l;
	const struct yaml *list;
	size_t used = arena->used;
	init(&l, arena, error);
	int code = yaml_read_documents(text, file, RULES_DOCUMENTS_MAX, &l.work, &list, error);
	struct bag documents = BAG(&l.work, const struct yaml *);
	for (const struct yaml *document = code == 0 ? list->first : NULL; document; document = document->next)
		*(const struct yaml **)bag_add(&documents) = document;
	struct rules_file only = {str_of(file), file, documents.n, documents.at};
	if (code == 0)
		code = read_files(&l, &(struct rules_files){1, &only});
	if (code == 0)
		code = finish(&l);
	return end(&l, code, used, ret_detection);
}

int detection_collect(struct str *ret_text, const char *directory, struct arena *arena, struct error *error)
{
	return rules_text_collect(ret_text, &rules_kind_sigma, directory, arena, error);
}

int detection_load(const struct detection **ret_detection, struct arena *arena, const char *directory,
		   struct error *error)
{
	struct arena memory = arena_map(WORK_TEXT_BYTES);
	struct str text;
	int code = detection_collect(&text, directory, &memory, error);
	if (code == 0)
		code = detection_load_json(ret_detection, arena, directory, text, error);
	arena_unmap(&memory);
	return code;
}
