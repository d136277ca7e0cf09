/* A rulebook as one text: what it holds, what is refused, and that a rulebook loaded from it in another process is whole. */
#include "rules/rules_text.h"
#include "base/test.h"
#include "rules/match.h"
#include "rules/rules_try.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[] = "/tmp/rules_text_test.XXXXXX";
static struct arena arena, texts;

static void put_file(const char *name, const char *text)
{
	char path[300];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	ASSERT(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void remove_directory(void)
{
	char command[300];
	DIR *open = opendir(directory);
	ASSERT(open);
	for (struct dirent *entry; (entry = readdir(open));) {
		snprintf(command, sizeof command, "%s/%.200s", directory, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(command);
	}
	closedir(open);
	rmdir(directory);
	memcpy(directory + sizeof directory - 7, "XXXXXX", 6);
}

static struct str collect(void)
{
	struct str text = {"", 0};
	struct error error = {0};
	if (!texts.at)
		texts = arena_map(2 * RULES_TEXT_BYTES_MAX);
	arena_clear(&texts);
	CHECK_OK(rulebook_collect(&text, directory, &texts, &error), &error);
	return text;
}

static int load(struct str text, const struct rulebook **ret_book, struct error *error)
{
	if (!arena.at)
		arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	arena_clear(&arena);
	*error = (struct error){0};
	return rulebook_load_json(ret_book, &try_vocabulary, &arena, "", text, error);
}

static const char head[] = "name: try # a comment\nlayers: [low]\n\ndefault: {outcome: refuse, reason: x}\n";

TEST(a_text_has_names_contents_and_places)
{
	ASSERT(mkdtemp(directory));
	put_file("rulebook.yaml", head);
	put_file("a.yaml", "rules: []\n");
	CHECK_STR(
	    collect(),
	    STR("{\"files\":[{\"name\":\"a.yaml\",\"documents\":[{\"rules\":[]}],\"places\":[[1,1,1,1,1,8]]},"
		"{\"name\":\"rulebook.yaml\",\"documents\":[{\"name\":\"try\",\"layers\":[\"low\"],\"default\":{"
		"\"outcome\":"
		"\"refuse\",\"reason\":\"x\"}}],\"places\":[[1,1,1,1,1,7,7,0,2,1,2,9,2,10,10,0,4,1,4,10,4,11,4,20,20,0,"
		"4,28,4,36,36,0]]}]}"));
	remove_directory();
}

/* The rule is on line 4 of its file, its second value in column 29. */
TEST(mistakes_are_told_by_lines_and_columns_of_the_files)
{
	const struct rulebook *book;
	struct error error, from_files = {0};
	ASSERT(mkdtemp(directory));
	put_file("rulebook.yaml", head);
	put_file("a.yaml", "# the first line\nrules:\n  - id: r\n    title: t\n    layer: low\n    outcome: permit\n"
			   "    match:\n      s: {level: [1, zwei]}\n      condition: s\n");
	struct str text = collect();
	CHECK_INT(load(text, &book, &error), ERROR_INPUT);
	CHECK_STR(str_of(error.where), STR("a.yaml:8:22"));
	CHECK(strstr(error.what, "\"level\" is a number, and \"zwei\" is not"));
	CHECK_INT(rulebook_load(&book, &try_vocabulary, &arena, directory, &from_files), ERROR_INPUT);
	CHECK(str_ends(str_of(from_files.where), STR("/a.yaml:8:22")));
	CHECK_STR(str_of(from_files.what), str_of(error.what));
	CHECK_STR(str_of(from_files.remedy), str_of(error.remedy));
	remove_directory();
}

static const char rules[] =
    "rules:\n"
    "- {id: p, title: t, layer: low, outcome: permit, match: {s: {name|re|i: '^an+', from|cidr: 192.0.2.0/24}, "
    "condition: s}}\n"
    "- {id: n, title: t, layer: low, outcome: refuse, match: {s: {zone: null}, condition: s}}\n"
    "- {id: w, title: t, layer: low, outcome: refuse, match: {s: {zone: 'null'}, condition: s}}\n";

TEST(a_rulebook_from_its_text_is_the_one_from_its_files)
{
	const struct rulebook *book, *from_files;
	struct error error;
	struct arena other = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	ASSERT(mkdtemp(directory));
	put_file("rulebook.yaml", head);
	put_file("a.yaml", rules);
	CHECK_OK(load(collect(), &book, &error), &error);
	CHECK_OK(rulebook_load(&from_files, &try_vocabulary, &other, directory, &error), &error);
	CHECK(memcmp(rulebook_hash(book), rulebook_hash(from_files), RULEBOOK_HASH_BYTES) == 0);
	CHECK_INT(rulebook_size(book), 3);
	/* What is null and what is the word are told apart, also by the hash. */
	put_file("a.yaml",
		 "rules:\n- {id: n, title: t, layer: low, outcome: refuse, match: {s: {zone: null}, condition: s}}\n");
	CHECK_OK(load(collect(), &book, &error), &error);
	uint8_t hash[RULEBOOK_HASH_BYTES];
	memcpy(hash, rulebook_hash(book), sizeof hash);
	put_file(
	    "a.yaml",
	    "rules:\n- {id: n, title: t, layer: low, outcome: refuse, match: {s: {zone: 'null'}, condition: s}}\n");
	CHECK_OK(load(collect(), &book, &error), &error);
	CHECK(memcmp(hash, rulebook_hash(book), sizeof hash) != 0);
	arena_unmap(&other);
	remove_directory();
}

TEST(without_places_a_mistake_is_told_by_its_place_in_the_text)
{
	const struct rulebook *book;
	struct error error;
	CHECK_INT(load(STR("{\"files\":[{\"name\":\"rulebook.yaml\",\"documents\":[{\"nam\":\"x\"}],\"places\":[]}]}"),
		       &book, &error),
		  ERROR_INPUT);
	CHECK_STR(str_of(error.where), STR("rulebook.yaml:1:55"));
	CHECK_INT(load(STR("{\"files\":[]}"), &book, &error), ERROR_INPUT);
	CHECK_STR(str_of(error.what), STR("there is no rulebook.yaml"));
}

#define FILE_OF(documents, places)                                                                                     \
	"{\"files\":[{\"name\":\"a.yaml\",\"documents\":" documents ",\"places\":" places "}]}"

TEST(a_text_that_is_not_as_it_must_be_is_refused_with_its_byte)
{
	static const char *const rows[][2] = {
	    {"", "has something where a value belongs"},
	    {"[]", "is no object"},
	    {"{}", "has not the members"},
	    {"{\"files\":{}}", "has files that are no list"},
	    {"{\"files\":[],\"x\":1}", "has a member too many"},
	    {"{\"files\":[]} x", "has something behind its end"},
	    {"{\"files\":[{\"name\":\"../a.yaml\",\"documents\":[\"x\"],\"places\":[]}]}", "without a name"},
	    {"{\"files\":[{\"name\":\"a\\tb\",\"documents\":[\"x\"],\"places\":[]}]}", "without a name"},
	    {"{\"files\":[{\"documents\":[\"x\"],\"places\":[]}]}", "has not the members"},
	    {"{\"files\":[{\"name\":\"b\",\"documents\":[\"x\"],\"places\":[]},{\"name\":\"a\",\"documents\":[\"x\"],"
	     "\"places\":[]}]}",
	     "not in the order of names"},
	    {FILE_OF("[]", "[]"), "has a file without a document"},
	    {FILE_OF("[\"x\",\"y\"]", "[]"), "more documents than it may have"},
	    {FILE_OF("[1]", "[]"), "no text, list or map"},
	    {FILE_OF("[true]", "[]"), "no text, list or map"},
	    {FILE_OF("[{\"a\":\"x\",\"a\":\"y\"}]", "[]"), "has a key twice"},
	    {FILE_OF("[\"\\u0001\"]", "[]"), "has a character"},
	    {FILE_OF("[\"\\u202e\"]", "[]"), "has a character"},
	    {FILE_OF("[\"x\"]", "[[1,1,1]]"), "places that do not fit"},
	    {FILE_OF("[\"x\"]", "[[1,1,1,0,0]]"), "places that do not fit"},
	    {FILE_OF("[\"x\"]", "[[1,1,1,2]]"), "quotes that do not fit"},
	    {FILE_OF("[null]", "[[1,1,1,1]]"), "quotes that do not fit"},
	    {FILE_OF("[\"null\"]", "[[1,1,1,0]]"), "quotes that do not fit"},
	    {FILE_OF("[\"x\"]", "[[1,1,1,0],[1,1]]"), "places that do not fit"},
	    {FILE_OF("[\"x\"]", "[[-1,1,1,0]]"), "places that do not fit"},
	    {FILE_OF("[[[[[[[[[[[[[[[[[[\"x\"]]]]]]]]]]]]]]]]]]", "[]"), "more than 16 levels"},
	    {"{\"files\":[{\"name\":\"a\",\"documents\":[{\"a\":", "has something where a value belongs"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct rulebook *book;
		struct error error;
		int code = load(str_of(rows[i][0]), &book, &error);
		if (!test_count(code < 0 && strstr(error.what, rows[i][1]) &&
				str_starts(str_of(error.where), STR("byte ")) && error.remedy[0] && arena.used == 0))
			test_fail(__FILE__, __LINE__, "%s: %d, %s: %s", rows[i][0], code, error.where, error.what);
	}
}

TEST(files_of_a_rulebook_have_a_limit)
{
	static char text[1 << 16];
	for (size_t n = RULEBOOK_FILES_MAX; n <= RULEBOOK_FILES_MAX + 1; n++) {
		struct buf b = {.at = (uint8_t *)text, .size = sizeof text};
		const struct rulebook *book;
		struct error error;
		BUF_LIT(&b, "{\"files\":[");
		for (size_t i = 0; i < n; i++) {
			char file[100];
			snprintf(file, sizeof file, "%s{\"name\":\"f%03zu\",\"documents\":[\"x\"],\"places\":[]}",
				 i ? "," : "", i);
			buf_put_str(&b, str_of(file));
		}
		BUF_LIT(&b, "]}");
		CHECK_INT(load(buf_str(&b), &book, &error), n > RULEBOOK_FILES_MAX ? ERROR_LIMIT : ERROR_INPUT);
	}
}

/* Reads a text of Sigma's kind, whose documents are of any shape. */
static int read_sigma(struct str text, struct error *error)
{
	struct rules_files files;
	struct arena work = arena_map(YAML_MEMORY_BYTES_MAX);
	*error = (struct error){0};
	int code = rules_text_read(text, &rules_kind_sigma, "", &work, &files, error);
	arena_unmap(&work);
	return code;
}

/* A file whose documents are written by `put`, so many or so deep as n says. */
static void check_limit(size_t limit, void (*put)(struct buf *b, size_t n))
{
	static char text[1 << 22];
	for (size_t n = limit; n <= limit + 1; n++) {
		struct buf b = BUF(text);
		struct error error;
		BUF_LIT(&b, "{\"files\":[{\"name\":\"");
		put(&b, n);
		BUF_LIT(&b, "],\"places\":[]}]}");
		ASSERT(!b.over);
		int code = read_sigma(buf_str(&b), &error);
		if (!test_count((code == 0) == (n == limit) && (code == 0 || error.remedy[0])))
			test_fail(__FILE__, __LINE__, "%zu: %d, %s", n, code, error.what);
	}
}

static void put_documents(struct buf *b, size_t n)
{
	BUF_LIT(b, "a.yml\",\"documents\":[");
	for (size_t i = 0; i < n; i++)
		buf_put_str(b, i ? STR(",\"x\"") : STR("\"x\""));
}

static void put_keys(struct buf *b, size_t n)
{
	BUF_LIT(b, "a.yml\",\"documents\":[");
	for (size_t i = 0; i < n; i++) {
		char key[40];
		snprintf(key, sizeof key, "%s\"k%zu\":\"x\"", i ? "," : "{", i);
		buf_put_str(b, str_of(key));
	}
	buf_put_char(b, '}');
}

static void put_levels(struct buf *b, size_t n)
{
	BUF_LIT(b, "a.yml\",\"documents\":[");
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, '[');
	BUF_LIT(b, "\"x\"");
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, ']');
}

/* The list is a node too. */
static void put_nodes(struct buf *b, size_t n)
{
	BUF_LIT(b, "a.yml\",\"documents\":[[");
	for (size_t i = 1; i < n; i++)
		buf_put_str(b, i > 1 ? STR(",\"x\"") : STR("\"x\""));
	buf_put_char(b, ']');
}

static void put_name(struct buf *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_put_char(b, 'n');
	BUF_LIT(b, "\",\"documents\":[\"x\"");
}

TEST(what_a_text_holds_has_limits)
{
	check_limit(RULES_DOCUMENTS_MAX, put_documents);
	check_limit(YAML_KEYS_MAX, put_keys);
	check_limit(YAML_DEPTH_MAX, put_levels);
	check_limit(YAML_NODES_MAX, put_nodes);
	check_limit(RULES_NAME_BYTES_MAX, put_name);
}

/* ---- another process ---- */

/* What the child leaves at the beginning of the shared memory. */
struct handed {
	const struct rulebook *book;
	size_t used;
};

static void decide(const struct rulebook *book, const char *request, enum outcome expected)
{
	struct try_request r;
	struct answer answer;
	try_request(&r, request);
	rulebook_decide(book, r.facts, &answer);
	CHECK_INT(answer.outcome, expected);
}

/* The child loads into shared memory and ends; of its own memory nothing is left for the parent to lean on. */
TEST(a_rulebook_that_a_child_has_loaded_decides_in_the_parent)
{
	size_t size = RULEBOOK_MEMORY_BYTES_MAX + 4096;
	ASSERT(mkdtemp(directory));
	put_file("rulebook.yaml", head);
	put_file("a.yaml", rules);
	struct str text = collect();
	uint8_t *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT(shared != MAP_FAILED);
	struct handed *handed = (struct handed *)shared;
	pid_t pid = fork();
	ASSERT(pid >= 0);
	if (pid == 0) {
		struct arena of_child = arena_over(shared + 4096, RULEBOOK_MEMORY_BYTES_MAX);
		struct error error;
		int code = rulebook_load_json(&handed->book, &try_vocabulary, &of_child, "", text, &error);
		handed->used = of_child.used;
		_exit(code == 0 ? 0 : 1);
	}
	int status = -1;
	ASSERT(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	CHECK((uint8_t *)handed->book >= shared && handed->used > 0);
	ASSERT(mprotect(shared, size, PROT_READ) == 0); /* a decision writes nothing into it */
	rulebook_ready();
	decide(handed->book, "name=ANNA; from=192.0.2.7; zone=x", OUTCOME_PERMIT);
	decide(handed->book, "name=bob; from=192.0.2.7; zone=x", OUTCOME_REFUSE);
	decide(handed->book, "name=ann; from=192.0.2.7; zone=-", OUTCOME_REFUSE);
	ASSERT(munmap(shared, size) == 0);
	remove_directory();
}
