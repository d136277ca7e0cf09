#include "cli/cli.h"
#include "cli/options.h"

#include "gen/facts.h"
#include "rules/rulebook_load.h"

enum { RULES_BYTES = 96 << 20 };

int cli_rules(int argc, char **argv)
{
	struct arena memory = arena_map(RULES_BYTES);
	const struct rulebook *rules;
	struct error error;
	if (argc != 2 || strcmp(argv[1], "check") != 0)
		options_usage("rules check");
	if (rulebook_load(&rules, &access_request_vocabulary, &memory, "rules/access", &error) < 0)
		die(EXIT_FAILED, &error);
	printf("%zu access rules, all well-formed. SHA-256 ", rulebook_size(rules));
	for (size_t i = 0; i < RULEBOOK_HASH_BYTES; i++)
		printf("%02x", rulebook_hash(rules)[i]);
	printf("\nA running mission decides by them after its next start.\n");
	arena_unmap(&memory);
	return EXIT_OK;
}
