/* json_bench.c: the generated codec beside two general libraries, on one entry of about 300 bytes, each way: bytes to what a program works with, and back. The
 * libraries make a tree, whose texts and numbers are yet to be taken out and checked; that is left out of their time. */
#include "bench/bench.h"
#include "bench/json_peers.h"
#include "gen/codec.h"

enum { ROUNDS = 201, TIMES = 500 };

static const char text[] =
    "{\"format\":1,\"index\":104729,\"incarnation\":1,\"wall\":1795424400000,\"elapsed\":86400123,\"env\":0,"
    "\"salt\":\"8f1c2d3e4b5a69788796a5b4c3d2e1f0\",\"from\":{\"core\":{}},\"checked\":null,"
    "\"input\":{\"kind\":\"timer\",\"name\":\"people.expire_badge\",\"body\":{\"row\":3,\"due\":1795424400000}},"
    "\"refusal\":null,"
    "\"events\":[],\"because\":null,\"law\":null,\"box\":null}";

static uint8_t memory[1 << 16], out[1 << 12];

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
	printf("%-28s %8.0f ns | %-8s %8.0f ns | %5.1f times, target %.0f\n", name, bench_quantile(&mine, 0.5), peer,
	       bench_quantile(&others, 0.5), bench_quantile(&ratios, 0.5), target);
}

int main(void)
{
	struct arena arena = arena_over((uint8_t[1 << 14]){0}, 1 << 14);
	struct json j = json_over(str_of(text), &arena);
	bool read = entry_read(&j, &entry);
	ASSERT(read);
	peers_begin(str_of(text));
	printf("an entry of %zu bytes\n", sizeof text - 1);
	compare("read", ours_read, "jansson", jansson_read, 10);
	compare("read", ours_read, "cJSON", cjson_read, 3);
	compare("write", ours_write, "jansson", jansson_write, 10);
	compare("write", ours_write, "cJSON", cjson_write, 3);
	peers_end();
	return 0;
}
