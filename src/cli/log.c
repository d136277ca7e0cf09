/* log.c: the mission's log in words: the file that is written now, newest last. */
#include "cli/cli.h"
#include "cli/options.h"
#include "serve/log_book.h"

#include <unistd.h>

/* Every event there is, for the page that documents them. */
static void print_events(void)
{
	printf("| event | level | what it says |\n|---|---|---|\n");
	for (int event = 0; event < LOG_EVENTS; event++)
		printf("| `%s` | %s | %s |\n", log_rows[event].name, log_level_name(log_rows[event].level),
		       log_rows[event].text);
}

static enum log_level level_of(const char *name)
{
	for (int level = LOG_ALERT; name && level <= LOG_INFO; level++)
		if (strcmp(log_level_name((enum log_level)level), name) == 0)
			return (enum log_level)level;
	if (name)
		options_usage();
	return LOG_INFO;
}

static void print_line(const struct log_kept *kept)
{
	char text[LOG_KEPT_BYTES_MAX];
	struct buf words = BUF(text);
	log_line_put_words(&words, &kept->line);
	printf(STR_FMT " %-8s " STR_FMT ": " STR_FMT "\n", STR_ARG(kept->at),
	       log_level_name(log_rows[kept->line.event].level), STR_ARG(kept->who), STR_ARG(buf_str(&words)));
}

int cli_log(int argc, char **argv)
{
	char line[LOG_KEPT_BYTES_MAX + 2];
	struct option_value values[] = {{.name = "level"}, {.name = "events", .flag = true}};
	if (options_read(argc, argv, values, ARRAY_LEN(values)))
		options_usage();
	if (values[1].value) {
		print_events();
		return EXIT_OK;
	}
	enum log_level least = level_of(values[0].value);
	FILE *file = fopen(LOG_BOOK_PATH, "re");
	if (!file) {
		struct error error;
		error_system(&error, "cannot open %s", LOG_BOOK_PATH);
		error_remedy(&error, "It is made when the mission is first run.");
		die(EXIT_FAILED, &error);
	}
	while (fgets(line, sizeof line, file)) {
		struct log_kept kept;
		struct str text = str_of(line);
		text.len -= str_ends(text, STR("\n"));
		if (log_line_read_kept(text, &kept) && log_rows[kept.line.event].level <= least)
			print_line(&kept);
	}
	fclose(file);
	return EXIT_OK;
}
