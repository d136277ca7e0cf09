#include "bench/scan.h"

#include "base/base.h"

#include <openssl/evp.h>
#include <sqlite3.h>

/* The tree's full subtrees, one a set bit of its size. */
struct tree {
	EVP_MD_CTX *context;
	EVP_MD *sha256;
	uint64_t size;
	uint8_t full[64][32];
};

static void hash(struct tree *tree, uint8_t prefix, const void *a, size_t a_len, const void *b, size_t b_len,
		 uint8_t ret_hash[32])
{
	EVP_DigestInit_ex2(tree->context, tree->sha256, NULL);
	EVP_DigestUpdate(tree->context, &prefix, 1);
	EVP_DigestUpdate(tree->context, a, a_len);
	EVP_DigestUpdate(tree->context, b, b_len);
	ASSERT(EVP_DigestFinal_ex(tree->context, ret_hash, NULL));
}

static void add(struct tree *tree, const void *body, size_t len)
{
	uint8_t node[32];
	unsigned height = 0;
	hash(tree, 0x00, body, len, NULL, 0, node);
	for (; tree->size >> height & 1; height++)
		hash(tree, 0x01, tree->full[height], 32, node, 32, node);
	memcpy(tree->full[height], node, 32);
	tree->size++;
}

uint64_t scan_and_hash(const char *path)
{
	struct tree tree = {.context = EVP_MD_CTX_new(), .sha256 = EVP_MD_fetch(NULL, "SHA256", NULL)};
	sqlite3 *db;
	sqlite3_stmt *rows;
	char uri[256];
	snprintf(uri, sizeof uri, "file:%s?immutable=1", path);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
	ASSERT(sqlite3_open_v2(uri, &db, flags, NULL) == SQLITE_OK);
	ASSERT(sqlite3_prepare_v2(db, "SELECT seq, body FROM entry ORDER BY seq", -1, &rows, NULL) == SQLITE_OK);
	while (sqlite3_step(rows) == SQLITE_ROW)
		add(&tree, sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1));
	sqlite3_finalize(rows);
	sqlite3_close(db);
	EVP_MD_CTX_free(tree.context);
	EVP_MD_free(tree.sha256);
	return tree.size;
}

uint64_t hash_file(const char *path)
{
	static uint8_t piece[1 << 16];
	uint8_t digest[32];
	uint64_t bytes = 0;
	size_t n;
	FILE *file = fopen(path, "re");
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ASSERT(file && context && EVP_DigestInit_ex2(context, EVP_sha256(), NULL));
	while ((n = fread(piece, 1, sizeof piece, file)) > 0) {
		EVP_DigestUpdate(context, piece, n);
		bytes += n;
	}
	ASSERT(EVP_DigestFinal_ex(context, digest, NULL));
	EVP_MD_CTX_free(context);
	fclose(file);
	return bytes;
}
