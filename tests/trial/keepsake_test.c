/* Personal columns of every kind: what is blank when their person is forgotten, and that the table stays whole. */
#include "core/core.h"

#include "base/test.h"
#include "core/try.h"
#include "schema/text.h"

static struct try try;

static void leave(uint64_t person, const char *word, const char *more)
{
	char body[256];
	snprintf(body, sizeof body, "{\"person\":%llu,\"word\":\"%s\",\"post\":1,\"tags\":[\"red\",\"small\"]%s}",
		 (unsigned long long)person, word, more);
	CHECK_INT(try_command(&try, "keepsakes.leave", body), CORE_DONE);
}

static void begin(void)
{
	try_init(&try, NULL);
	try_furnish(&try);
	try_command(&try, "keepsakes.raise_post", "{\"name\":\"Gate\",\"line\":\"line-1\",\"pin\":\"0042\"}");
	leave(1, "umbrella", ",\"weight\":300,\"back\":1795424460000");
	leave(1, "scarf", ",\"back\":1795424470000");
	leave(2, "hat", ",\"weight\":90,\"back\":1795424480000");
}

static bool is_zero(const void *at, size_t n)
{
	const uint8_t *bytes = at;
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	return n == 0;
}

/* Not a byte is left of any personal column. */
static bool is_blank(const struct keepsake *row)
{
	return is_zero(&row->word, sizeof row->word) && is_zero(&row->tags, sizeof row->tags) && !row->has_weight &&
	       row->weight == 0 && row->post == 0 && !row->has_back && row->back == 0;
}

static void forget(uint64_t person)
{
	char body[64];
	snprintf(body, sizeof body, "{\"person\":%llu,\"why\":\"law\"}", (unsigned long long)person);
	try.was.asserted = true;
	try_command(&try, "people.forget", body);
	try.was.asserted = true;
	CHECK_INT(try_approve(&try, "second", "duty_officer", "people.forget", body), CORE_DONE);
	try_as(&try, "test", "security_officer");
}

TEST(every_value_of_whoever_is_forgotten_is_blank_and_nobody_else_s)
{
	begin();
	forget(1);
	CHECK(is_blank(keepsake_get(&try.core.state, 1)) && is_blank(keepsake_get(&try.core.state, 2)));
	const struct keepsake *other = keepsake_get(&try.core.state, 3);
	CHECK_STR(text_str(other->word), STR("hat"));
	CHECK(other->has_weight && other->weight == 90 && other->post == 1 && other->tags.n == 2 && other->has_back);
	try_release(&try);
}

TEST(what_is_blank_is_found_by_nobody_and_due_never)
{
	begin();
	forget(1);
	CHECK(!keepsake_by_word(&try.core.state, STR("umbrella")) && !keepsake_by_word(&try.core.state, STR("")));
	CHECK_INT(keepsake_first_by_post(&try.core.state, 1)->keepsake, 3);
	CHECK(!keepsake_next_by_post(&try.core.state, keepsake_first_by_post(&try.core.state, 1)));
	CHECK(!keepsake_first_by_post(&try.core.state, 0));
	/* The ref that says whose it is stays: what happened stays, without a name. */
	CHECK_INT(keepsake_first_by_person(&try.core.state, 1)->keepsake, 2);
	CHECK_INT(core_due(&try.core), 1795424480000);
	try.now = 1795424480000;
	CHECK(try_timer(&try));
	CHECK_STR(try_events(&try), STR("keepsakes.CameBack"));
	leave(2, "umbrella", ""); /* the word is free again */
	forget(2);
	CHECK_INT(core_due(&try.core), INT64_MAX);
	try_release(&try);
}

TEST(a_value_that_was_erased_in_the_record_is_none_in_the_state)
{
	begin();
	try_vault_erase_subject(&try.vault, "person", 1);
	leave(1, "watch", ",\"weight\":50,\"back\":1795424460000");
	CHECK(is_blank(keepsake_get(&try.twin.state, 4)));
	CHECK_STR(text_str(keepsake_get(&try.core.state, 4)->word), STR("watch"));
	try_give_back(&try);
}

TEST(a_refusal_tells_the_asker_everything_and_the_record_only_what_it_may)
{
	begin();
	CHECK_INT(try_command(&try, "keepsakes.leave", "{\"person\":2,\"word\":\"scarf\",\"post\":1,\"tags\":[]}"),
		  CORE_REFUSED);
	CHECK_STR(try.result.refusal_takes, STR("{\"word\":\"scarf\"}"));
	CHECK(
	    str_contains(try.result.entry, STR("\"refusal\":{\"name\":\"KEEPSAKES_NO\",\"takes\":{\"word\":[0,3]}}")));
	CHECK(!str_contains(try.result.entry, STR("scarf")));
	try_release(&try);
}
