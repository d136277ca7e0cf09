#include "cli/options.h"

#include "base/str.h"

void options_usage(const char *usage)
{
	fprintf(stderr, "usage: chancery %s\n", usage);
	exit(EXIT_USAGE);
}

static struct option_value *find(struct option_value *values, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(word, "--", 2) == 0 && strcmp(values[i].name, word + 2) == 0)
			return &values[i];
	return NULL;
}

const char *options_read(int argc, char **argv, struct option_value *values, size_t n, const char *usage)
{
	const char *operand = NULL;
	for (int i = 1; i < argc; i++) {
		struct option_value *value = find(values, n, argv[i]);
		if (value && !value->flag && i + 1 == argc)
			options_usage(usage);
		if (value)
			value->value = value->flag ? argv[i] : argv[++i];
		else if (!operand && argv[i][0] != '-')
			operand = argv[i];
		else
			options_usage(usage);
	}
	return operand;
}

void options_number(const struct option_value *value, int64_t min, int64_t max, int64_t *ret_number)
{
	if (str_to_i64(str_of(value->value), min, max, ret_number))
		return;
	struct error error;
	error_set(&error, ERROR_INPUT, "--%s takes a number from %lld to %lld", value->name, (long long)min,
		  (long long)max);
	die(EXIT_USAGE, &error);
}
