/* Compartments: what is hidden in an entry's box, and that nobody can tell whether anything is. */
#include "core/core.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

static struct try try;

static void begin(void)
{
	try_init(&try, NULL);
	CHECK_INT(try_command(&try, "keepsakes.raise_post", "{\"name\":\"Gate\",\"line\":\"line-1\",\"pin\":\"0042\"}"),
		  CORE_DONE);
}

static void press(int64_t after_ms)
{
	try.now += after_ms;
	CHECK_INT(try_command(&try, "keepsakes.press", "{\"post\":1}"), CORE_DONE);
}

static struct entry read_entry(struct str text)
{
	struct entry entry;
	struct json json = json_over(text, &try.arena);
	bool read = entry_read(&json, &entry);
	ASSERT(read);
	return entry;
}

TEST(an_event_of_a_compartment_stands_in_the_box_and_nowhere_else)
{
	begin();
	press(0);
	CHECK_STR(try_events(&try), STR("keepsakes.Pressed"));
	struct entry quiet = read_entry(try.result.entry);
	CHECK(quiet.has_box);
	CHECK_INT(core_unbox(&try.vault.vault, &quiet, &try.arena).n, 0);
	press(1000);
	CHECK_STR(try_events(&try), STR("keepsakes.Pressed"));
	struct entry call = read_entry(try.result.entry);
	struct entry_event_list hidden = core_unbox(&try.vault.vault, &call, &try.arena);
	CHECK_INT(hidden.n, 2);
	CHECK_STR(hidden.at[0].name, STR("keepsakes.Called"));
	CHECK_STR(hidden.at[0].body, STR("{\"post\":1}"));
	CHECK_STR(hidden.at[1].name, STR("keepsakes.LampLit"));
	CHECK(!str_contains(try.result.entry, STR("keepsakes.Called")) &&
	      !str_contains(try.result.entry, STR("LampLit")));
	try_release(&try);
}

/* But for time and salt, two entries of which one calls for help are the same outside their boxes. */
TEST(nothing_outside_the_box_tells_whether_there_is_anything_in_it)
{
	struct str entries[2];
	begin();
	for (size_t i = 0; i < 2; i++) {
		press(i == 0 ? 0 : 1000);
		struct entry entry = read_entry(try.result.entry);
		entry.index = entry.wall = entry.elapsed = 0;
		CHECK_INT(entry.box.len, (256 + 16 + 2) / 3 * 4);
		entry.box = STR("?");
		struct buf b = arena_buf(&try.arena);
		for (size_t k = 0; k < entry.events.n; k++) {
			struct entry_event *event = (struct entry_event *)(uintptr_t)&entry.events.at[k];
			event->body = STR("{}"); /* says when */
		}
		entry_write(&b, &entry);
		entries[i] = arena_keep(&try.arena, &b);
	}
	CHECK_STR(entries[0], entries[1]);
	try_release(&try);
}

TEST(a_refused_input_has_a_box_as_well)
{
	begin();
	CHECK_INT(try_command(&try, "keepsakes.press", "{\"post\":9}"), CORE_REFUSED);
	struct entry entry = read_entry(try.result.entry);
	CHECK(entry.has_box);
	CHECK_INT(core_unbox(&try.vault.vault, &entry, &try.arena).n, 0);
	try_command(&try, "keepsakes.raise_post", "{\"name\":\"Yard\",\"line\":\"line-1\",\"pin\":\"0042\"}");
	CHECK(!read_entry(try.result.entry).has_box); /* an input that hides nothing has none */
	try_release(&try);
}

/* Called before Pressed, LampLit behind it: `marked` is 1 × 1000 + 2 in this order and in no other. */
TEST(events_are_folded_in_the_order_in_which_they_were_made)
{
	begin();
	press(0);
	press(1000);
	CHECK_INT(post_get(&try.core.state, 1)->marked, 1002);
	CHECK_INT(post_get(&try.twin.state, 1)->marked, 1002);
	try_release(&try);
}

TEST(an_order_in_the_box_is_counted_behind_the_open_events_and_answered_like_any_other)
{
	char body[64];
	begin();
	press(0);
	press(1000);
	CHECK_INT(try.result.n_orders, 1);
	CHECK_INT(try.result.orders[0].event, 2); /* 0 Pressed, 1 Called, 2 LampLit */
	CHECK_STR(try.result.orders[0].name, STR("keepsakes.LampLit"));
	CHECK_STR(try.result.orders[0].body, STR("{\"post\":1}"));
	snprintf(body, sizeof body, "{\"entry\":%llu,\"event\":2}", (unsigned long long)try.result.index);
	CHECK_INT(try_report(&try, "drivers.done", body), CORE_DONE);
	CHECK_INT(order_count(&try.core.state), 0);
	try_release(&try);
}

static bool open_nothing(void *context, const struct vault_place *place, struct str compartment, struct str box,
			 struct arena *arena, struct str *ret_contents)
{
	return context && place && compartment.len && box.len && arena && !ret_contents;
}

TEST(whoever_has_not_the_compartment_s_key_folds_what_is_open)
{
	begin();
	struct vault blind = try.vault.vault;
	blind.unbox = open_nothing;
	try.twin.vault = &blind;
	press(0);
	press(1000);
	CHECK_INT(post_get(&try.core.state, 1)->calls, 1);
	CHECK_INT(post_get(&try.twin.state, 1)->calls, 0);
	CHECK_INT(post_get(&try.twin.state, 1)->pressed, 2);
	try_give_back(&try);
}

/* What a box could hold if its key were in wrong hands. */
static const char *contents;

static bool open_contents(void *context, const struct vault_place *place, struct str compartment, struct str box,
			  struct arena *arena, struct str *ret_contents)
{
	*ret_contents = str_of(contents);
	return context && place && compartment.len && box.len && arena;
}

TEST(a_box_whose_events_have_no_place_in_the_entry_is_not_folded)
{
	static const char *const rows[] = {
	    "{\"events\":[{\"at\":2,\"name\":\"keepsakes.Called\",\"body\":{\"post\":1}}]}", /* of two events none is the third */
	    ("{\"events\":[{\"at\":1,\"name\":\"keepsakes.Called\",\"body\":{\"post\":1}},"
	     "{\"at\":1,\"name\":\"keepsakes.Called\",\"body\":{\"post\":1}}]}"),
	    "{\"events\":[{\"at\":0,\"name\":\"keepsakes.Cold\",\"body\":{\"post\":1}}]}",
	    "{\"events\":[{\"at\":0,\"name\":\"keepsakes.Called\",\"body\":{}}]}",
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin();
		struct vault other = try.vault.vault;
		const char *what = "";
		other.unbox = open_contents;
		contents = rows[i];
		struct core_input input = {.kind = ENTRY_INPUT_KIND_COMMAND,
					   .name = STR("keepsakes.press"),
					   .body = STR("{\"post\":1}"),
					   .from = {.kind = ENTRY_FROM_CORE},
					   .roles = &try.role,
					   .n_roles = 1};
		struct core_moment now = {.wall = try.now};
		core_turn(&try.core, &input, &now, &try.arena, &try.result);
		try.twin.vault = &other;
		CHECK(!core_fold(&try.twin, try.result.entry, &try.arena, &what));
		CHECK_STR(str_of(what), STR("it has an event that this program does not know"));
		try_give_back(&try);
	}
}

TEST(a_secret_of_the_mission_is_told_from_one_of_the_doors)
{
	begin();
	CHECK_INT(try.n_secrets, 1);
	CHECK(!try.secrets[0].door);
	CHECK_STR(try.secrets[0].value, STR("\x00\x42"));
	CHECK_INT(post_get(&try.core.state, 1)->pin, 1);
	try_release(&try);
}
