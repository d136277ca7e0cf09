/* make_table.c: for the conformance test: a signed grant table on standard output, in hexadecimal digits,
 * behind its public key.
 *
 *     make_table DRIVER NUMBER DRIVER_KEY SEED MADE_MS READER CARD BITS
 *
 * The card opens the reader's door, which has the reader's number, from MADE_MS on, as long as the table is
 * good.
 */
#include "grant/grant_build.h"
#include "grant/grant_seal.h"

#include <sodium.h>

static struct grant_builder builder;
static struct grant_head head = {.mission = {"chancery/conformance", 20}};

static int64_t number(const char *text)
{
	int64_t value = 0;
	bool read = str_to_i64(str_of(text), 0, INT64_MAX, &value);
	ASSERT(read);
	return value;
}

static void ask(void *context, uint32_t person, uint32_t place, struct grant_times *ret_times)
{
	(void)context;
	ASSERT(person == 0 && place == 0);
	ret_times->at[0] = (struct grant_interval){head.made, head.until};
	ret_times->n = 1;
}

static void put_hex(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static _Alignas(16) uint8_t memory[GRANT_BUILD_BYTES];
	static uint8_t table[GRANT_BYTES_MAX];
	struct arena arena = arena_over(memory, sizeof memory);
	struct buf out = BUF(table);
	uint8_t key[GRANT_KEY_BYTES], seed[GRANT_SEED_BYTES], card[GRANT_CARD_BYTES_MAX];
	if (argc != 9 || sodium_init() < 0)
		return EXIT_USAGE;
	size_t card_bytes = strlen(argv[7]) / 2;
	bool read = card_bytes <= sizeof card && hex_read(str_of(argv[3]), key, sizeof key) &&
		    hex_read(str_of(argv[4]), seed, sizeof seed) && hex_read(str_of(argv[7]), card, card_bytes);
	if (!read)
		return EXIT_USAGE;
	head.driver = str_of(argv[1]);
	head.number = (uint64_t)number(argv[2]);
	head.made = number(argv[5]);
	head.until = head.made + GRANT_VALID_MS;
	randombytes_buf(head.salt, sizeof head.salt);
	struct grant_credential credential = {.until = INT64_MAX};
	uint64_t reader = (uint64_t)number(argv[6]);
	grant_token_key(key, key);
	grant_token(key, head.salt, (uint16_t)number(argv[8]), (struct str){(const char *)card, card_bytes},
		    credential.token);
	grant_begin(&builder, &head, &arena);
	grant_add_reader(&builder, &(struct grant_reader){reader, reader, 1000, 0}, STR("a door"));
	grant_add_credential(&builder, &credential, STR("somebody"));
	grant_schedule(&builder, ask, NULL);
	const char *wrong = grant_end(&builder, &out);
	if (wrong) {
		fprintf(stderr, "make_table: %s\n", wrong);
		return EXIT_FAILED;
	}
	grant_sign(table, out.len, seed);
	grant_public_key(seed, key);
	put_hex(key, sizeof key);
	put_hex(table, out.len);
	return EXIT_OK;
}
