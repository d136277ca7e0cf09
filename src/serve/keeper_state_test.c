#include "serve/keeper_inner.h"

#include "base/test.h"
#include "base/traffic.h"

#include <sys/mman.h>
#include <unistd.h>

static struct keeper keeper;

static void a_keeper(void)
{
	keeper = (struct keeper){.path = "/usr/bin/chancery",
				 .lock = 3,
				 .listener = 4,
				 .previous = -1,
				 .stage = KEEPER_STATE_STAGE_SETTLED,
				 .outcome = KEEPER_STATE_OUTCOME_NOTHING,
				 .since_ms = 1795508119123};
	keeper.arena = arena_map(8 << 20);
	child_init(&keeper.children[keeper.n++], child_kind_core(), "core", NULL, &keeper.arena);
	child_init(&keeper.children[keeper.n++], child_kind_driver(), "driver line-1", "osdp", &keeper.arena);
}

static struct str left(int fd)
{
	static char text[1 << 16];
	ssize_t n = pread(fd, text, sizeof text, 0);
	return (struct str){text, n > 0 ? (size_t)n : 0};
}

static int of_text(struct str text)
{
	int fd = memfd_create("test", 0);
	ASSERT(fd >= 0 && write(fd, text.at, text.len) == (ssize_t)text.len);
	return fd;
}

TEST(what_one_program_leaves_the_next_can_read)
{
	struct error error;
	a_keeper();
	for (int stage = KEEPER_STATE_STAGE_SETTLED; stage <= KEEPER_STATE_STAGE_DRIVERS; stage++)
		for (int outcome = KEEPER_STATE_OUTCOME_NOTHING; outcome <= KEEPER_STATE_OUTCOME_STUCK; outcome++) {
			keeper.stage = (enum keeper_state_stage)stage;
			keeper.outcome = (enum keeper_state_outcome)outcome;
			int fd = keeper_leave_state(&keeper, &error);
			CHECK(fd >= 0);
			CHECK_OK(keeper_check_state(fd, &error), &error);
			CHECK(str_contains(left(fd), STR("\"name\":\"driver line-1\"")));
			traffic_put(NULL, "KeeperState", left(fd));
			close(fd);
		}
}

TEST(the_longest_state_can_be_left)
{
	struct error error;
	char name[KEEPER_NAME_BYTES];
	a_keeper();
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = 0;
	while (keeper.n < KEEPER_CHILDREN_MAX) {
		struct child *child = &keeper.children[keeper.n++];
		child_init(child, child_kind_driver(), name, "osdp", &keeper.arena);
		memset(child->last, 'l', sizeof child->last - 1);
		memset(child->program, 'p', sizeof child->program - 1);
		memset(child->build, 'b', sizeof child->build - 1);
		child->started_us = child->backoff_ms = child->starts = child->bad_ends = JSON_INT_MAX;
	}
	int fd = keeper_leave_state(&keeper, &error);
	CHECK(fd >= 0);
	CHECK_OK(keeper_check_state(fd, &error), &error);
	close(fd);
}

TEST(a_state_of_another_form_is_not_read)
{
	static const char *const others[] = {"", "{}", "[]", "{\"format\":2}", "not JSON at all"};
	struct error error;
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		int fd = of_text(str_of(others[i]));
		CHECK_INT(keeper_check_state(fd, &error), ERROR_INPUT);
		close(fd);
	}
	CHECK_INT(keeper_check_state(-1, &error), ERROR_SYSTEM);
}

/* Children and descriptors are looked at before anything is adopted: this process has none of them. */
TEST(a_state_that_names_what_is_not_there_is_refused_and_nothing_is_taken)
{
	struct error error;
	a_keeper();
	keeper.lock = keeper.listener = 1000;
	int fd = keeper_leave_state(&keeper, &error);
	static struct keeper next;
	next = (struct keeper){.lock = -1, .listener = -1};
	CHECK_INT(keeper_take_state(&next, fd, &error), ERROR_INPUT);
	CHECK_INT(next.lock, -1);
	close(fd);
}

TEST(a_state_of_another_process_is_refused)
{
	struct error error;
	char text[1 << 14];
	a_keeper();
	int fd = keeper_leave_state(&keeper, &error);
	struct str state = left(fd), head, tail;
	CHECK(str_cut(state, ',', &head, &tail) && str_cut(tail, ',', &head, &tail));
	snprintf(text, sizeof text, "{\"format\":1,\"pid\":1," STR_FMT, STR_ARG(tail));
	int other = of_text(str_of(text));
	CHECK_OK(keeper_check_state(other, &error), &error);
	CHECK_INT(keeper_take_state(&keeper, other, &error), ERROR_INPUT);
	CHECK(strstr(error.what, "another process"));
	close(fd);
	close(other);
}
