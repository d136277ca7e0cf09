/* verify_bench.c: chancery-verify as a program, on a journal of a million entries, beside what no verifier can do without: reading all rows and hashing
 * them into the tree, in one thread that does nothing else. */
#include "bench/bench.h"
#include "bench/scan.h"
#include "verify/sample.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ENTRIES = 1000000,
	ROUNDS = 7,
	STEP_MS = 2000, /* so that all entries are of one month */
};

#define START_MS 1698796800000 /* 2023-11-01T00:00:00Z */

static const char path[] = "verify_bench.db", key_path[] = "verify_bench.vkey";

/* Of three entries two are cards at a door, with an explanation and a packet, and one is the order's answer. */
static const char card[] =
    "\"checked\":null,\"input\":{\"kind\":\"report\",\"name\":\"access.card_read\",\"body\":{\"reader\":1,\"format\":"
    "\"wiegand\","
    "\"bits\":26,\"card\":[0,0]}},\"refusal\":null,\"events\":[{\"name\":\"access.Granted\",\"body\":{\"door\":1,"
    "\"reader\":1,"
    "\"person\":[0,1],\"badge\":[0,2]}},{\"name\":\"doors.Released\",\"body\":{\"door\":1,\"reader\":1,\"release\":"
    "3000}}],"
    "\"because\":{\"rulebook\":\"Access rules of the Embassy of Velmara\",\"outcome\":\"permit\",\"spoke\":["
    "\"staff-on-working-days\",\"some-keep-no-hours\"],\"outweighed\":[],\"facts\":[{\"name\":\"zone.grade\",\"value\":"
    "[\"2\"]},"
    "{\"name\":\"zone.kind\",\"value\":[\"reception\"]},{\"name\":\"now.time\",\"value\":[\"08:28\"]},{\"name\":"
    "\"now.weekday\",\"value\":[\"tue\"]}],\"personal\":[0,3]},\"law\":null,\"sealed\":[{\"keep\":\"90d\",\"month\":"
    "647,"
    "\"mark\":\"ffd9f332b83d86ce\",\"data\":\"LpwrXNs+o6ihLXWyuvy/tL8iNCt/"
    "54rIgv9nM2lm9O9UrEs38z0GqPZv4H5Wn1ZRSaQv0X3mTvnYKu8o"
    "+KXBdRzpmY43NbqeGY8DbkePgqx3+Gv8lGB1NLDugWfkTHZXTf0MSM+oiduBSyWDcsTD5w==\"}],\"box\":null}";
static const char answer[] = "\"checked\":null,\"input\":{\"kind\":\"report\",\"name\":\"drivers.done\",\"body\":{"
			     "\"entry\":479,\"event\":1}},\"refusal\":null,"
			     "\"events\":[{\"name\":\"drivers.OrderDone\",\"body\":{\"entry\":479,\"event\":1,\"name\":"
			     "\"doors.Released\",\"body\":{\"door\":1,"
			     "\"reader\":1,\"release\":3000}}},{\"name\":\"doors.StrikeReleased\",\"body\":{\"door\":1,"
			     "\"reader\":1}}],\"because\":null,"
			     "\"law\":null,\"sealed\":[],\"box\":null}";
static const char start[] =
    "\"from\":{\"core\":{}},\"checked\":null,\"input\":{\"kind\":\"start\",\"name\":\"mission.begin\",\"body\":{}},"
    "\"refusal\":null,"
    "\"events\":[{\"name\":\"mission.InForce\",\"body\":{}}],\"because\":null,\"law\":null,\"sealed\":[],\"box\":null}";

static size_t write_entry(char body[SAMPLE_BYTES_MAX], unsigned i)
{
	long long ms = (long long)i * STEP_MS;
	int len =
	    snprintf(body, SAMPLE_BYTES_MAX,
		     "{\"format\":2,\"index\":%u,\"incarnation\":1,\"wall\":%lld,\"elapsed\":%lld,\"env\":0,\"salt\":"
		     "\"%016llx%016llx\",",
		     i, START_MS + ms, ms, i * 0x9e3779b97f4a7c15ull, i * 0xbf58476d1ce4e5b9ull);
	if (i > 0)
		len +=
		    snprintf(body + len, SAMPLE_BYTES_MAX - (size_t)len,
			     "\"from\":{\"driver\":{\"name\":\"line-1\",\"boot\":\"dd01b38a4bc1ce9f\",\"sequence\":%u,"
			     "\"ago\":0}},",
			     i);
	len += snprintf(body + len, SAMPLE_BYTES_MAX - (size_t)len, "%s", i == 0 ? start : i % 3 == 0 ? answer : card);
	return (size_t)len;
}

static void write_key(const struct checkpoint_key *key)
{
	uint8_t bytes[1 + sizeof key->public] = {(uint8_t)key->type};
	char base64[64];
	FILE *file = fopen(key_path, "we");
	ASSERT(file);
	memcpy(bytes + 1, key->public, sizeof key->public);
	EVP_EncodeBlock((uint8_t *)base64, bytes, sizeof bytes);
	fprintf(file, "%s+%02x%02x%02x%02x+%s\n", key->name, key->id[0], key->id[1], key->id[2], key->id[3], base64);
	fclose(file);
}

/* Returns how many bytes all entries have. */
static size_t write_journal(void)
{
	struct sample mission;
	size_t bytes = 0;
	sample_open(&mission, path);
	sample_exec(&mission, "BEGIN");
	for (unsigned i = 0; i < ENTRIES; i++) {
		char body[SAMPLE_BYTES_MAX];
		size_t len = write_entry(body, i);
		sample_add(&mission, body, len);
		bytes += len;
	}
	sample_seal(&mission);
	sample_exec(&mission, "COMMIT");
	write_key(&mission.key.public);
	sample_release(&mission);
	return bytes;
}

/* Entries a second. The whole program, from its start to its end. */
static double verify(bool on_one)
{
	double begin = bench_now();
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		cpu_set_t one;
		CPU_ZERO(&one);
		CPU_SET(0, &one);
		if (on_one)
			sched_setaffinity(0, sizeof one, &one);
		if (freopen("/dev/null", "we", stdout))
			execl("./chancery-verify", "chancery-verify", path, key_path, (char *)NULL);
		_exit(127);
	}
	ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	return ENTRIES * 1e9 / (bench_now() - begin);
}

static double scan(void)
{
	double begin = bench_now();
	ASSERT(scan_and_hash(path) == ENTRIES);
	return ENTRIES * 1e9 / (bench_now() - begin);
}

/* Seconds that processors were this program's, or its ended children's: others on a busy machine do not change them much. */
static double processor_s(int who)
{
	struct rusage usage;
	getrusage(who, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void compare(const char *name, bool on_one)
{
	static struct bench_rounds mine, limit, ratio;
	double mine_s = -processor_s(RUSAGE_CHILDREN), limit_s = -processor_s(RUSAGE_SELF);
	mine.n = limit.n = ratio.n = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double a = verify(on_one), b = scan();
		bench_add(&mine, a);
		bench_add(&limit, b);
		bench_add(&ratio, a / b);
	}
	mine_s += processor_s(RUSAGE_CHILDREN);
	limit_s += processor_s(RUSAGE_SELF);
	bench_tell(name, bench_quantile(&ratio, 0.5), "", on_one ? BENCH_NONE : BENCH_FROM(0.8),
		   "%.0f /s, rows read and hashed %.0f /s; %.2f of its processor time", bench_quantile(&mine, 0.5),
		   bench_quantile(&limit, 0.5), mine_s / limit_s);
}

int main(void)
{
	size_t bytes = write_journal();
	printf("%d entries of %zu bytes\n", ENTRIES, bytes / ENTRIES);
	compare("verify, of a scan in one thread", false);
	compare("the same on one processor", true);
	unlink(path);
	unlink(key_path);
	return EXIT_SUCCESS;
}
