/* mission.h: a large mission in memory, for benches: 10,000 people with a badge each, 40 doors on one line, an access rulebook of 500 rules. */
#ifndef TESTS_BENCH_MISSION_H
#define TESTS_BENCH_MISSION_H

#include "serve/hub.h"

enum { MISSION_PEOPLE = 10000, MISSION_DOORS = 40, MISSION_RULES = 500 };

/* A hub whose journal is `path`, furnished; what it sends goes to `send`. */
struct hub *mission_open(const char *path, bool (*send)(void *context, unsigned peer, struct str line));

const struct rulebook *mission_rulebook(void);

/* The card of person n (1 first), 8 hexadecimal digits. */
void mission_card(uint64_t person, char ret_hex[9]);

#endif
