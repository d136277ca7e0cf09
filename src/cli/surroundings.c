/* surroundings.c: what the terminal, the environment and the mission's directory tell. */
#include "cli/cli.h"
#include "cli/words.h"
#include "serve/mission_file.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { MEMORY_BYTES = 8 << 20, USUAL_COLUMNS = 80, ZONE_BYTES_MAX = 64 };

int cli_columns(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : USUAL_COLUMNS;
}

enum language cli_language(void)
{
	static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	static const char *const names[LANGUAGES] = {"en", "fr", "es", "ar"};
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		const char *value = getenv(variables[i]);
		for (int language = 0; value && language < LANGUAGES; language++)
			if (strncmp(value, names[language], 2) == 0)
				return (enum language)language;
		if (value && *value)
			break;
	}
	return LANGUAGE_EN;
}

void cli_use_mission_zone(void)
{
	static struct mission_file mission;
	struct arena arena = arena_map(MEMORY_BYTES);
	struct error error;
	char zone[ZONE_BYTES_MAX + 1];
	if (mission_file_read(&mission, &arena, &error) < 0)
		die(EXIT_USAGE, &error);
	snprintf(zone, sizeof zone, STR_FMT, STR_ARG(mission.zone));
	words_zone(zone);
	arena_unmap(&arena);
}
