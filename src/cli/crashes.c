/* crashes.c: the crash reports of the mission's processes: a list, or one of them. */
#include "cli/cli.h"
#include "cli/options.h"
#include "serve/crash_report.h"

/* What stands behind `name: ` at the beginning of a line. */
static struct str value_of(struct str text, struct str name)
{
	struct str line, rest = text;
	while (str_cut(rest, '\n', &line, &rest))
		if (str_starts(line, name) &&
		    str_starts((struct str){line.at + name.len, line.len - name.len}, STR(": ")))
			return (struct str){line.at + name.len + 2, line.len - name.len - 2};
	return STR("");
}

static void list(void)
{
	static char names[CRASH_REPORTS_MAX][CRASH_NAME_BYTES];
	static uint8_t memory[CRASH_REPORT_BYTES_MAX];
	size_t n = crash_report_list(names);
	for (size_t i = 0; i < n; i++) {
		struct buf text = BUF(memory);
		if (!crash_report_read(names[i], &text))
			continue;
		struct str ended = value_of(buf_str(&text), STR("ended")),
			   panic = value_of(buf_str(&text), STR("panic"));
		struct str again = value_of(buf_str(&text), STR("again"));
		printf("%s  " STR_FMT "%s" STR_FMT "%s" STR_FMT "\n", names[i], STR_ARG(ended), panic.len ? ", " : "",
		       STR_ARG(panic), again.len ? ", again " : "", STR_ARG(again));
	}
	if (n == 0)
		printf("No process of this mission has crashed.\n");
}

int cli_crashes(int argc, char **argv)
{
	static uint8_t memory[CRASH_REPORT_BYTES_MAX];
	struct buf text = BUF(memory);
	const char *name = options_read(argc, argv, NULL, 0);
	if (!name) {
		list();
		return EXIT_OK;
	}
	if (!crash_report_read(name, &text)) {
		struct error error;
		error_set(&error, ERROR_INPUT, "there is no such report");
		error_remedy(&error, "`chancery crashes` lists them.");
		die(EXIT_USAGE, &error);
	}
	fwrite(text.at, 1, text.len, stdout);
	return EXIT_OK;
}
