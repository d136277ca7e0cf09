/* rules_bench.c: a rulebook of 500 rules loaded and searched, beside libfyaml only parsing its text, and 1,000 detection rules over events, beside cJSON only
 * reading the same events. */
#include "bench/bench.h"
#include "bench/json_peers.h"
#include "bench/mission.h"

#include "gen/facts.h"
#include "rules/detection_load.h"
#include "rules/rulebook_load.h"

#include <libfyaml.h>

enum {
	RULES = 500,
	ZONES = 12,
	LOADS = 15,
	DETECTIONS = 1000,
	WORDS = 3000, /* that rules and events are made of */
	EVENTS = 1000,
	ROUNDS = 25,
	TEXT_BYTES = 2 << 20,
	EVENT_BYTES = 1024,
};

static char text[TEXT_BYTES];

/* ---- a rulebook ---- */

static const char *const groups[] = {"staff",	   "diplomat", "guard",	   "cleaner",	     "local_staff",
				     "contractor", "visitor",  "registry", "communications", "driver"};

/* Permissions end before the night, and refusals are about the night: of every two of them it must be proved that no case
 * has both. One refusal a zone takes whom no rule names, so that it must be proved of all cases that one speaks. */
static void put_rule(struct buf *b, int i)
{
	bool refuses = i % 10 == 9;
	mission_put(b, "  - id: rule-%d\n    title: Rule %d\n    layer: mission\n    match:\n", i, i);
	mission_put(b, "      where: {door.zone: Zone %d}\n", i / 10 % ZONES);
	if (refuses && i < 10 * ZONES)
		mission_put(
		    b, "      night: {now.time|gte: '23:00'}\n      condition: where and night\n    outcome: refuse\n");
	else if (refuses)
		mission_put(
		    b,
		    "      who: {person.groups: %s}\n      night: {now.time|gte: '23:%02d', person.clearance|lt: %d}\n"
		    "      condition: who and where and night\n    outcome: refuse\n",
		    groups[i / 10 % 10], i % 60, i % 6);
	else
		mission_put(
		    b,
		    "      who: {person.groups: %s}\n      when: {now.time|gte: '%02d:00', now.time|lt: '%02d:30'}\n"
		    "      more: {%s}\n      condition: who and where and when and more\n    outcome: permit\n",
		    groups[i % 10], i % 12, 12 + i % 11,
		    i % 3 == 0	 ? "person.company|re: '^Company [0-9]+ works$'"
		    : i % 3 == 1 ? "person.clearance|gte: 3"
				 : "now.weekday: [mon, tue, wed, thu, fri]");
}

static struct str write_rulebook(void)
{
	struct buf b = BUF(text);
	mission_put(&b, "name: bench\nlayers: [mission]\nunsettled: conflict\n"
			"default: {outcome: refuse, reason: nobody said yes}\n"
			"covers:\n  night: {now.time|gte: '23:00', door.zone: [");
	for (int i = 0; i < ZONES; i++)
		mission_put(&b, "%sZone %d", i ? ", " : "", i);
	mission_put(&b, "]}\n  condition: night\nrules:\n");
	for (int i = 0; i < RULES; i++)
		put_rule(&b, i);
	ASSERT(!b.over);
	return buf_str(&b);
}

/* Nanoseconds. */
static double parse_by_peer(struct str yaml)
{
	double begin = bench_now();
	struct fy_document *document = fy_document_build_from_string(NULL, yaml.at, yaml.len);
	ASSERT(document);
	fy_document_destroy(document);
	return bench_now() - begin;
}

static void measure_load(void)
{
	static struct bench_rounds times, peer;
	struct str yaml = write_rulebook();
	struct arena arena = arena_map(RULEBOOK_MEMORY_BYTES_MAX);
	for (int i = 0; i < LOADS; i++) {
		const struct rulebook *rulebook;
		struct error error;
		arena_clear(&arena);
		double begin = bench_now();
		if (rulebook_load_text(&rulebook, &access_request_vocabulary, &arena, "bench.yaml", yaml, &error) < 0)
			die(EXIT_FAILED, &error);
		bench_add(&times, (bench_now() - begin) / 1e6);
		bench_add(&peer, parse_by_peer(yaml) / 1e6);
		ASSERT(rulebook_size(rulebook) == RULES);
	}
	bench_tell("500 rules, read and searched", bench_quantile(&times, 0.5), "ms", BENCH_BELOW(500),
		   "%.0f to %.0f ms; libfyaml parses their text in %.1f ms; %.1f MiB", bench_quantile(&times, 0),
		   bench_quantile(&times, 1), bench_quantile(&peer, 0.5), (double)arena.used / (1 << 20));
	arena_unmap(&arena);
}

/* ---- detections ---- */

static char words[WORDS][12];

static void make_words(void)
{
	for (int i = 0; i < WORDS; i++) {
		size_t len = 4 + mission_roll(7);
		for (size_t k = 0; k < len; k++)
			words[i][k] = (char)('a' + mission_roll(26));
	}
}

static const char *word(void)
{
	return words[mission_roll(WORDS)];
}

/* As most of Sigma's rules for processes are: a few names of programs, pieces of a command line, a filter; one in five
 * has an expression. */
static void put_detection(struct buf *b, int i)
{
	mission_put(
	    b,
	    "%s{\"name\":\"r%04d.yml\",\"documents\":[{\"title\":\"Rule %d\",\"logsource\":{\"product\":\"windows\"},",
	    i ? "," : "", i, i);
	mission_put(b, "\"detection\":{\"selection_image\":{\"Image|endswith\":[\"\\\\%s.exe\",\"\\\\%s.exe\"]},",
		    word(), word());
	mission_put(b, "\"selection_line\":{\"CommandLine|contains%s\":[\" -%s\",\" -%s\",\" /%s\"]",
		    i % 2 ? "" : "|all", word(), word(), word());
	if (i % 5 == 0)
		mission_put(b, ",\"CommandLine|re\":\"%s\\\\s+[a-z]{3,8}\\\\.(exe|dll)$\"", word());
	mission_put(b, "},\"filter_user\":{\"User|contains\":\"%s\"},", word());
	mission_put(b,
		    "\"condition\":\"all of selection_* and not 1 of filter_*\"},\"level\":\"high\"}],\"places\":[]}");
}

static struct str write_detections(void)
{
	struct buf b = BUF(text);
	mission_put(&b, "{\"files\":[");
	for (int i = 0; i < DETECTIONS; i++)
		put_detection(&b, i);
	mission_put(&b, "]}");
	ASSERT(!b.over);
	return buf_str(&b);
}

static const struct detection *load_detections(struct arena *arena)
{
	static struct bench_rounds times;
	struct str collected = write_detections();
	const struct detection *detection = NULL;
	for (int i = 0; i < LOADS; i++) {
		struct error error;
		arena_clear(arena);
		double begin = bench_now();
		if (detection_load_json(&detection, arena, "", collected, &error) < 0)
			die(EXIT_FAILED, &error);
		bench_add(&times, (bench_now() - begin) / 1e6);
	}
	bench_tell("1,000 detections, read", bench_quantile(&times, 0.5), "ms", BENCH_NONE, "slowest %.1f ms",
		   bench_quantile(&times, 1));
	return detection;
}

static char events[EVENTS][EVENT_BYTES];

static void make_event(char *event)
{
	int n = snprintf(
	    event, EVENT_BYTES,
	    "{\"UtcTime\":\"2026-11-23 10:00:00.123\",\"ProcessId\":%d,"
	    "\"Image\":\"C:\\\\Windows\\\\System32\\\\%s.exe\","
	    "\"CommandLine\":\"C:\\\\Windows\\\\System32\\\\%s.exe -%s -%s /%s %s.dll\","
	    "\"CurrentDirectory\":\"C:\\\\Users\\\\%s\\\\\",\"User\":\"VELMARA\\\\%s\",\"IntegrityLevel\":\"High\","
	    "\"Hashes\":\"SHA256=963a6325d795b5e4d21b8e181eed6a259d4d96c3ebc16c5ecc9b85487347f3f4\","
	    "\"ParentImage\":\"C:\\\\Program Files\\\\%s\\\\%s.exe\",\"DestinationIp\":\"10.0.1.1\",\"EventID\":1}",
	    (int)mission_roll(65536), word(), word(), word(), word(), word(), word(), word(), word(), word(), word());
	ASSERT(n > 0 && n < EVENT_BYTES);
}

/* Nanoseconds an event, read and matched. */
static double match_all(struct detection_event *event)
{
	static size_t hits;
	struct detection_unread unread;
	struct detection_hit first;
	double begin = bench_now();
	for (int i = 0; i < EVENTS; i++) {
		bool read = detection_event_read(event, str_of(events[i]), &unread);
		ASSERT(read);
		hits += detection_match(event, &(struct detection_source){.product = STR("windows")}, &first, 1);
	}
	bench_use(&hits);
	return (bench_now() - begin) / EVENTS;
}

static double read_one_by_peer(struct str event)
{
	peers_begin(event);
	double begin = bench_now();
	for (int i = 0; i < EVENTS; i++)
		cjson_read();
	double took = (bench_now() - begin) / EVENTS;
	peers_end();
	return took;
}

static void measure_detection(void)
{
	static struct bench_rounds ours, peer, ratio;
	struct arena arena = arena_map(DETECTION_MEMORY_BYTES_MAX),
		     memory = arena_map(2 * DETECTION_EVENT_MEMORY_BYTES);
	struct detection_event event;
	make_words();
	detection_event_init(&event, load_detections(&arena), &memory);
	for (int i = 0; i < EVENTS; i++)
		make_event(events[i]);
	for (int i = 0; i < ROUNDS; i++) {
		double mine = match_all(&event), theirs = read_one_by_peer(str_of(events[i]));
		bench_add(&ours, 1e9 / mine);
		bench_add(&peer, 1e9 / theirs);
		bench_add(&ratio, theirs / mine);
	}
	bench_tell("events over 1,000 detections", bench_quantile(&ours, 0.5), "/s", BENCH_NONE,
		   "cJSON only reads them: %.0f /s; %.2f of it", bench_quantile(&peer, 0.5),
		   bench_quantile(&ratio, 0.5));
}

int main(void)
{
	measure_load();
	measure_detection();
	return EXIT_OK;
}
