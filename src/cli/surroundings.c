/* surroundings.c: what the terminal, the environment and the mission's directory tell. */
#include "cli/cli.h"
#include "cli/words.h"
#include "serve/mission_file.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MEMORY_BYTES = 8 << 20, USUAL_COLUMNS = 80, ZONE_BYTES_MAX = 64, PATH_BYTES = 4096 };

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

void cli_enter_mission(void)
{
	const char *directory = getenv("CHANCERY_MISSION");
	struct error error;
	if (!directory)
		directory = ".";
	if (chdir(directory) == 0 && access("mission.yaml", R_OK) == 0) {
		/* From here on it is there, also for the programs that this one starts: a relative path leads nowhere. */
		setenv("CHANCERY_MISSION", ".", 1);
		return;
	}
	error_set(&error, ERROR_INPUT, "there is no mission.yaml");
	error_where(&error, "%s", directory);
	error_remedy(&error,
		     "Name the mission's directory: chancery -C DIR …, or make one: chancery init DIR --sample sample");
	die(EXIT_USAGE, &error);
}

void cli_become(const char *ending, char **argv)
{
	char program[PATH_BYTES];
	struct error error;
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - strlen(ending) - 1);
	ASSERT(length > 0);
	/* The kernel's word for a program that was replaced while it ran; its neighbours were replaced with it. */
	static const char deleted[] = " (deleted)";
	size_t len = (size_t)length, tail = sizeof deleted - 1;
	if (len > tail && memcmp(program + len - tail, deleted, tail) == 0)
		len -= tail;
	memcpy(program + len, ending, strlen(ending) + 1);
	argv[0] = program;
	execv(program, argv);
	error_system(&error, "cannot run %s", program);
	error_remedy(&error, "It is installed beside chancery.");
	die(EXIT_FAILED, &error);
}
