/* Reading an entry again: what does not follow, or is not what it must be, is not folded; what is, gives the same state. */
#include "core/core.h"

#include "base/test.h"
#include "base/traffic.h"
#include "core/try.h"

#define CARD  "{\"reader\":1,\"format\":\"raw\",\"bits\":26,\"card\":\"ffffffc0\"}"
#define ENROL "{\"name\":\"Uma Ray\",\"groups\":[\"visitor\"],\"clearance\":0}"

/* Two cores that have come equally far. */
static struct try try, judge;

static void begin(void)
{
	try_init(&try, NULL);
	try_furnish(&try);
	try_init(&judge, NULL);
	try_furnish(&judge);
}

static void end(void)
{
	try_release(&try);
	try_give_back(&judge);
}

/* The last entry with one part replaced by another of any length. */
static struct str changed(const char *from, const char *to)
{
	struct str entry = try.result.entry;
	size_t at = 0, n = strlen(from);
	while (at + n <= entry.len && memcmp(entry.at + at, from, n) != 0)
		at++;
	if (at + n > entry.len)
		panic(__FILE__, __LINE__, from);
	struct buf b = arena_buf(&try.arena);
	buf_put(&b, entry.at, at);
	buf_put_str(&b, str_of(to));
	buf_put(&b, entry.at + at + n, entry.len - at - n);
	return arena_keep(&try.arena, &b);
}

struct row {
	const char *from, *to, *what; /* NULL: it is folded */
};

/* Each row changes the entry that `enter` makes behind the furniture; the judge stands before it. */
static void check(const struct row *rows, size_t n, void (*enter)(void))
{
	for (size_t i = 0; i < n; i++) {
		begin();
		enter();
		const char *what = NULL;
		struct str entry = changed(rows[i].from, rows[i].to);
		bool folded = core_fold(&judge.core, entry, &judge.arena, &what);
		if (folded)
			traffic_put(NULL, "Entry", entry);
		if (!test_count(folded == (rows[i].what == NULL)))
			test_fail(__FILE__, __LINE__, "%s was %s", rows[i].to, folded ? "folded" : what);
		CHECK_STR(str_of(what ? what : ""), str_of(rows[i].what ? rows[i].what : ""));
		end();
	}
}

static void read_card(void)
{
	CHECK_INT(try_report(&try, "access.card_read", CARD), CORE_DONE);
}

static void enrol(void)
{
	CHECK_INT(try_command(&try, "people.enrol", ENROL), CORE_DONE);
}

static void be_refused(void)
{
	CHECK_INT(try_command(&try, "people.suspend_badge", "{\"badge\":7,\"why\":\"lost\"}"), CORE_REFUSED);
}

TEST(an_entry_follows_the_one_before_it)
{
	static const struct row rows[] = {
	    {"\"index\":12", "\"index\":13", "its index is not the next one"},
	    {"\"index\":12", "\"index\":11", "its index is not the next one"},
	    {"\"wall\":1795424400000", "\"wall\":1795424399999", "its time lies before the last entry's"},
	    {"\"wall\":1795424400000", "\"wall\":1795424400001", NULL},
	    {"\"elapsed\":0", "\"elapsed\":1", NULL},
	    {"\"incarnation\":1", "\"incarnation\":2", NULL},
	    {"\"sequence\":1", "\"sequence\":2", "its driver's sequence is not the next one"},
	    {"\"sequence\":1", "\"sequence\":0", "is less than it may be"},
	    {"\"env\":0", "\"env\":5", "its env is not the newest InForce entry"},
	};
	check(rows, ARRAY_LEN(rows), read_card);
}

TEST(neither_elapsed_time_nor_the_incarnation_goes_back)
{
	static const struct row rows[] = {
	    {"\"elapsed\":1000", "\"elapsed\":999", "its time lies before the last entry's"},
	    {"\"incarnation\":3", "\"incarnation\":2", "its incarnation is older than the last entry's"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		begin();
		try.now += 1000;
		try.core.incarnation = 3;
		be_refused();
		const char *what;
		CHECK(core_fold(&judge.core, try.result.entry, &judge.arena, &what));
		CHECK_INT(judge.core.incarnation, 3);
		CHECK_INT(judge.core.elapsed, 1000);
		be_refused();
		CHECK(!core_fold(&judge.core, changed(rows[i].from, rows[i].to), &judge.arena, &what));
		CHECK_STR(str_of(what), str_of(rows[i].what));
		end();
	}
}

TEST(an_entry_has_the_members_that_the_format_says)
{
	static const struct row rows[] = {
	    {"\"format\":2", "\"format\":3", "is more than it may be"},
	    {"\"format\":2", "\"format\":1", "is less than it may be"},
	    {",\"box\":null}", "}", "has no member"},
	    {",\"box\":null}", ",\"box\":null,\"extra\":1}", "has no member called"},
	    {",\"box\":null}", ",\"box\":null}x", "there is something behind the value"},
	    {"\"from\":{\"driver\"", "\"from\":{\"river\"", "has no member called"},
	    {"\"salt\":\"00", "\"salt\":\"0", "has half a byte: an odd number of hexadecimal digits"},
	    {"\"kind\":\"report\"", "\"kind\":\"rumour\"", "is not one of its values:"},
	};
	check(rows, ARRAY_LEN(rows), read_card);
}

TEST(events_are_those_that_the_schema_declares)
{
	static const struct row rows[] = {
	    {"access.Denied", "access.Defied", "it has an event that this program does not know"},
	    {"\"why\":\"unknown_card\"", "\"why\":\"bad_temper\"", "it has an event that this program does not know"},
	    {"\"door\":1,\"reader\":1,\"why\"", "\"reader\":1,\"why\"",
	     "it has an event that this program does not know"},
	    /* What the format has and this version does not write. */
	    {"\"why\":\"unknown_card\"", "\"why\":\"facts_not_known\"", NULL},
	    {"\"law\":null", "\"law\":{\"outcome\":\"lawful\"}", NULL},
	    {"\"box\":null", "\"box\":\"AAAA\"", NULL}, /* an input that has no box: nobody opens it */
	};
	check(rows, ARRAY_LEN(rows), read_card);
}

TEST(a_refused_input_has_no_events)
{
	static const struct row rows[] = {
	    {"\"events\":[]", "\"events\":[{\"name\":\"people.BadgeRestored\",\"body\":{\"badge\":1,\"person\":1}}]",
	     "it was refused, and has events"},
	    {"\"badge\":7}},\"events\"", "\"badge\":8}},\"events\"", NULL},
	};
	check(rows, ARRAY_LEN(rows), be_refused);
}

/* The packet of Uma Ray's name. */
TEST(a_sealed_packet_that_was_changed_is_found_out)
{
	static const struct row rows[] = {
	    {"\"data\":\"", "\"data\":\"!!", "a sealed packet of it was changed"}, /* no base64 */
	    {"\"mark\":\"03", "\"mark\":\"04", "a sealed packet of it was changed"},
	};
	check(rows, ARRAY_LEN(rows), enrol);
}

TEST(what_stands_in_a_packet_is_named_by_a_marker_that_is_right)
{
	static const char from[] = "\"person\":3,\"name\":[0,1]",
			  what[] = "it has an event that this program does not know";
	static const struct row rows[] = {
	    {from, "\"person\":3,\"name\":[1,0]", what},       /* no such packet */
	    {from, "\"person\":3,\"name\":[0,2]", what},       /* no such value */
	    {from, "\"person\":3,\"name\":\"Uma Ray\"", what}, /* in the clear */
	    {from, "\"person\":3,\"name\":[0,0]", NULL},
	};
	check(rows, ARRAY_LEN(rows), enrol);
}

TEST(an_entry_that_does_not_follow_leaves_the_core_where_it_was)
{
	begin();
	enrol();
	const char *what;
	CHECK(!core_fold(&judge.core, changed("\"index\":12", "\"index\":13"), &judge.arena, &what));
	CHECK(core_fold(&judge.core, try.result.entry, &judge.arena, &what));
	try_check_same(&judge.core, &try.core);
	end();
}

TEST(anything_else_is_no_entry)
{
	static const struct {
		const char *entry, *what;
	} rows[] = {
	    {"", "is not an object"},
	    {"{}", "has no member"},
	    {"[]", "is not an object"},
	    {"null", "is not an object"},
	    {"{\"format\":2,\"format\":2}", "has a member twice:"},
	};
	begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *what = "";
		CHECK(!core_fold(&judge.core, str_of(rows[i].entry), &judge.arena, &what));
		CHECK_STR(str_of(what), str_of(rows[i].what));
	}
	end();
}
