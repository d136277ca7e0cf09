#include "bench/json_peers.h"

#include <cjson/cJSON.h>
#include <jansson.h>

static struct str text;
static json_t *jansson_tree;
static cJSON *cjson_tree;
static char out[1 << 12];

void peers_begin(struct str bench_text)
{
	text = bench_text;
	jansson_tree = json_loadb(text.at, text.len, 0, NULL);
	cjson_tree = cJSON_ParseWithLength(text.at, text.len);
	ASSERT(jansson_tree && cjson_tree);
}

void peers_end(void)
{
	json_decref(jansson_tree);
	cJSON_Delete(cjson_tree);
}

void jansson_read(void)
{
	json_t *tree = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
	ASSERT(tree);
	json_decref(tree);
}

void jansson_write(void)
{
	size_t n = json_dumpb(jansson_tree, out, sizeof out, JSON_COMPACT);
	ASSERT(n == text.len);
}

void cjson_read(void)
{
	cJSON *tree = cJSON_ParseWithLength(text.at, text.len);
	ASSERT(tree);
	cJSON_Delete(tree);
}

void cjson_write(void)
{
	cJSON_bool printed = cJSON_PrintPreallocated(cjson_tree, out, sizeof out, 0);
	ASSERT(printed);
}
