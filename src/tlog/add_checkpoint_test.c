#include "base/test.h"
#include "tlog/add_checkpoint.h"

#define HASH "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
#define NOTE "example.com/behind-the-sofa\n20852163\n\n"
#define TEN  HASH HASH HASH HASH HASH HASH HASH HASH HASH HASH
#define MOST TEN TEN TEN TEN TEN TEN HASH HASH HASH

TEST(a_request_is_read_as_it_is_written)
{
	static const struct {
		const char *body;
		uint64_t old;
		size_t hashes;
	} rows[] = {
	    {"old 0\n\n" NOTE, 0, 0},
	    {"old 20852014\n" HASH HASH "\n" NOTE, 20852014, 2},
	    {"old 999999999999999999\n" MOST "\n" NOTE, 999999999999999999, 63},
	    {"old 5\n\n", 5, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct add_checkpoint request;
		struct error error;
		char again_bytes[8192];
		struct buf again = BUF(again_bytes);
		CHECK_OK(add_checkpoint_parse(str_of(rows[i].body), &request, &error), &error);
		CHECK_INT(request.old, rows[i].old);
		CHECK_INT(request.proof.n, rows[i].hashes);
		add_checkpoint_write(&again, &request);
		CHECK_STR(buf_str(&again), str_of(rows[i].body));
	}
}

TEST(what_is_no_request_is_refused_with_its_line)
{
	static const struct {
		const char *body, *where;
	} rows[] = {
	    {"", "line 1"},
	    {"old\n\n" NOTE, "line 1"},
	    {"old \n\n" NOTE, "line 1"},
	    {"old 01\n\n" NOTE, "line 1"},
	    {"old -1\n\n" NOTE, "line 1"},
	    {"old +1\n\n" NOTE, "line 1"},
	    {"old  1\n\n" NOTE, "line 1"},
	    {"old 1 \n\n" NOTE, "line 1"},
	    {"old 1000000000000000000\n\n" NOTE, "line 1"},
	    {"Old 1\n\n" NOTE, "line 1"},
	    {"old 1\r\n\r\n" NOTE, "line 1"},
	    {"old 1", "line 1"},
	    {"old 1\n", "line 2"},
	    {"old 1\n" HASH, "line 3"},
	    {"old 1\n" HASH "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw\n\n" NOTE, "line 3"},
	    {"old 1\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpka==\n\n" NOTE, "line 2"},
	    {"old 1\n" HASH " \n" NOTE, "line 3"},
	    {"old 1\n" MOST HASH "\n" NOTE, "line 65"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct add_checkpoint request;
		struct error error = {0};
		CHECK_INT(add_checkpoint_parse(str_of(rows[i].body), &request, &error), ERROR_INPUT);
		CHECK_STR(str_of(error.where), str_of(rows[i].where));
		CHECK(error.remedy[0]);
	}
}

TEST(a_request_with_the_longest_note_is_read_and_not_one_byte_more)
{
	static char body_bytes[ADD_CHECKPOINT_BYTES_MAX + 1];
	for (size_t more = 0; more < 2; more++) {
		struct buf b = BUF(body_bytes);
		struct add_checkpoint request;
		struct error error;
		buf_put_str(&b, STR("old 999999999999999999\n" MOST "\n"));
		size_t len = ADD_CHECKPOINT_BYTES_MAX + more;
		memset(b.at + b.len, 'a', len - b.len);
		CHECK_INT(add_checkpoint_parse((struct str){body_bytes, len}, &request, &error),
			  more ? ERROR_INPUT : 0);
		CHECK(more > 0 || request.note.len >= NOTE_BYTES_MAX);
	}
}
