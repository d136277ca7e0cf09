/* scan.h: what no reader of a record can do without, in one thread that does nothing else: all rows read, and hashed into the tree. */
#ifndef TESTS_BENCH_SCAN_H
#define TESTS_BENCH_SCAN_H

#include <stdint.h>

/* Returns how many entries there are. Nobody may have the journal open. */
uint64_t scan_and_hash(const char *path);

/* Of any file, its bytes. */
uint64_t hash_file(const char *path);

#endif
