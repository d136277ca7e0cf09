#include "serve/keeper_look.h"

#include "serve/keeper.h"
#include "serve/running.h"

#include <fcntl.h>
#include <unistd.h>

enum { STATE_BYTES_MAX = 256 << 10 };

int keeper_look(struct arena *arena, struct keeper_state *ret_state, struct error *error)
{
	int pid = running_keeper(), fd = pid > 0 ? open(KEEPER_STATE_PATH, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0) {
		error_set(error, ERROR_GONE, "no mission runs here");
		return error_remedy(error, "Start it: chancery serve");
	}
	char *text = arena_take(arena, STATE_BYTES_MAX, 1);
	ssize_t n = read(fd, text, STATE_BYTES_MAX);
	close(fd);
	struct json json = json_over((struct str){text, n > 0 ? (size_t)n : 0}, arena);
	if (keeper_state_read(&json, ret_state) && json_end(&json))
		return 0;
	error_set(error, ERROR_INPUT, "the keeper that runs is of another version than this program");
	error_where(error, "%s", KEEPER_STATE_PATH);
	return error_remedy(error, "Let it become this program: chancery upgrade");
}
