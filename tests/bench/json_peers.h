/* json_peers.h: jansson and cJSON behind four verbs each; their names would collide with ours. */
#ifndef TESTS_BENCH_JSON_PEERS_H
#define TESTS_BENCH_JSON_PEERS_H

#include "base/str.h"

void peers_begin(struct str text);
void peers_end(void);

void jansson_read(void);
void jansson_write(void);
void cjson_read(void);
void cjson_write(void);

#endif
