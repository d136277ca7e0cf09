/* json_bench.c: the generated codec beside two general libraries, on one entry of a card at a door, each way: bytes to what a program works with, and back. The
 * libraries make a tree, whose texts and numbers are yet to be taken out and checked; that is left out of their time. */
#include "bench/bench.h"
#include "bench/json_peers.h"
#include "gen/codec.h"

enum { ROUNDS = 201, TIMES = 500 };

static const char text[] =
    "{\"format\":2,\"index\":104729,\"incarnation\":1,\"wall\":1795424400000,\"elapsed\":86400123,\"env\":0,"
    "\"salt\":\"8f1c2d3e4b5a69788796a5b4c3d2e1f0\","
    "\"from\":{\"driver\":{\"name\":\"line-1\",\"boot\":\"dd01b38a4bc1ce9f\",\"sequence\":4711,\"ago\":0}},\"checked\":"
    "null,"
    "\"input\":{\"kind\":\"report\",\"name\":\"access.card_read\","
    "\"body\":{\"reader\":1,\"format\":\"wiegand\",\"bits\":26,\"card\":[0,0]}},\"refusal\":null,"
    "\"events\":[{\"name\":\"access.Granted\",\"body\":{\"door\":1,\"reader\":1,\"person\":[0,1],\"badge\":[0,2]}},"
    "{\"name\":\"doors.Released\",\"body\":{\"door\":1,\"reader\":1,\"release\":3000}}],"
    "\"because\":{\"rulebook\":\"Access rules of the Embassy of Velmara\",\"outcome\":\"permit\","
    "\"spoke\":[\"staff-on-working-days\",\"some-keep-no-hours\"],\"outweighed\":[],"
    "\"facts\":[{\"name\":\"zone.grade\",\"value\":[\"2\"]},{\"name\":\"now.weekday\",\"value\":[\"tue\"]}],"
    "\"personal\":[0,3]},"
    "\"law\":null,\"sealed\":[{\"keep\":\"90d\",\"month\":647,\"mark\":\"ffd9f332b83d86ce\","
    "\"data\":\"LpwrXNs+o6ihLXWyuvy/tL8iNCt/54rIgv9nM2lm9O9UrEs38z0GqPZv4H5Wn1ZRSaQv0X3mTvnYKu8o\"}],\"box\":null}";

static uint8_t memory[1 << 16], out[1 << 13];

static void ours_read(void)
{
	struct arena arena = arena_over(memory, sizeof memory);
	struct json j = json_over(str_of(text), &arena);
	struct entry entry;
	bool read = entry_read(&j, &entry);
	ASSERT(read);
	bench_use(&entry);
}

static struct entry entry;

static void ours_write(void)
{
	struct buf b = BUF(out);
	entry_write(&b, &entry);
	bench_use(b.at);
}

static double time_of(void (*run)(void))
{
	double begin = bench_now();
	for (int i = 0; i < TIMES; i++)
		run();
	return (bench_now() - begin) / TIMES;
}

static void compare(const char *name, void (*ours)(void), const char *peer, void (*theirs)(void), double target)
{
	static struct bench_rounds mine, others, ratios;
	mine.n = others.n = ratios.n = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double a = time_of(ours), b = time_of(theirs);
		bench_add(&mine, a);
		bench_add(&others, b);
		bench_add(&ratios, b / a);
	}
	bench_tell(name, bench_quantile(&ratios, 0.5), "times", BENCH_FROM(target), "%.0f ns, %s %.0f ns",
		   bench_quantile(&mine, 0.5), peer, bench_quantile(&others, 0.5));
}

int main(void)
{
	struct arena arena = arena_over((uint8_t[1 << 14]){0}, 1 << 14);
	struct json j = json_over(str_of(text), &arena);
	bool read = entry_read(&j, &entry);
	ASSERT(read);
	peers_begin(str_of(text));
	printf("an entry of %zu bytes\n", sizeof text - 1);
	compare("JSON read, faster than jansson", ours_read, "jansson", jansson_read, 10);
	compare("JSON read, faster than cJSON", ours_read, "cJSON", cjson_read, 3);
	compare("JSON written, faster than jansson", ours_write, "jansson", jansson_write, 10);
	compare("JSON written, faster than cJSON", ours_write, "cJSON", cjson_write, 3);
	peers_end();
	return 0;
}
