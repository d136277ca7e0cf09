#include "cli/options.h"

#include "base/str.h"
#include "schema/json.h"

static const char *running;

void options_begin(const char *usage)
{
	running = usage;
}

void options_put_usage(FILE *file, const char *usage)
{
	struct str line, rest = str_of(usage);
	const char *before = "usage: ";
	while (rest.len > 0) {
		struct str next = {0};
		if (!str_cut(rest, '\n', &line, &next))
			line = rest;
		fprintf(file, "%schancery " STR_FMT "\n", before, STR_ARG(line));
		before = "       ";
		rest = next;
	}
}

void options_usage(void)
{
	options_put_usage(stderr, running);
	exit(EXIT_USAGE);
}

static struct option_value *find(struct option_value *values, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(word, "--", 2) == 0 && strcmp(values[i].name, word + 2) == 0)
			return &values[i];
	return NULL;
}

const char *options_read(int argc, char **argv, struct option_value *values, size_t n)
{
	const char *operand = NULL;
	for (int i = 1; i < argc; i++) {
		struct option_value *value = find(values, n, argv[i]);
		if (value && !value->flag && i + 1 == argc)
			options_usage();
		if (value)
			value->value = value->flag ? argv[i] : argv[++i];
		else if (!operand && argv[i][0] != '-')
			operand = argv[i];
		else
			options_usage();
	}
	return operand;
}

_Noreturn static void no_number(const char *dashes, const char *name, int64_t min, int64_t max)
{
	struct error error;
	error_set(&error, ERROR_INPUT, "%s%s is a number from %lld to %lld", dashes, name, (long long)min,
		  (long long)max);
	die(EXIT_USAGE, &error);
}

void options_number(const struct option_value *value, int64_t min, int64_t max, int64_t *ret_number)
{
	if (!str_to_i64(str_of(value->value), min, max, ret_number))
		no_number("--", value->name, min, max);
}

int64_t options_operand(const char *operand, const char *name)
{
	int64_t number;
	if (!operand)
		options_usage();
	if (!str_to_i64(str_of(operand), 0, JSON_INT_MAX, &number))
		no_number("", name, 0, JSON_INT_MAX);
	return number;
}
