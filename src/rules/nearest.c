#include "rules/nearest.h"
#include "rules/compiled.h"

enum { NAME_BYTES_MAX = 64 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance, row by row. */
static size_t distance(struct str a, struct str b)
{
	size_t rows[3][NAME_BYTES_MAX + 1];
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *over = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = fold(a.at[i - 1]), y = fold(b.at[j - 1]);
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == fold(b.at[j - 2]) && fold(a.at[i - 2]) == y)
				row[j] = least(row[j], over[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

size_t nearest_of(struct str wrong, const struct str *names, size_t n)
{
	size_t found = n, fewest = SIZE_MAX;
	if (wrong.len == 0 || wrong.len > NAME_BYTES_MAX)
		return n;
	for (size_t i = 0; i < n; i++) {
		if (names[i].len > NAME_BYTES_MAX)
			continue;
		size_t slips = distance(wrong, names[i]);
		size_t shorter = least(wrong.len, names[i].len), longer = wrong.len + names[i].len - shorter;
		if (slips < fewest && slips <= 1 + shorter / 4 && 2 * slips <= longer) {
			fewest = slips;
			found = i;
		}
	}
	return found;
}
