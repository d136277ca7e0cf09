#include "base/log_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read as a line is one that could have been written: it can be said in words, kept, and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t kept[LOG_KEPT_BYTES_MAX], words[2 * LOG_KEPT_BYTES_MAX];
	struct str text = {(const char *)data, size};
	struct log_line line;
	struct log_kept again;
	log_line_read_kept(text, &again);
	if (!log_line_read(text, &line))
		return 0;
	struct buf b = BUF(kept), said = BUF(words);
	log_line_put_words(&said, &line);
	log_line_keep(&b, STR("2026-11-24T08:15:19.123Z"), STR("core"), &line, text);
	ASSERT(!said.over && !b.over && !memchr(said.at, '\n', said.len));
	ASSERT(log_line_read_kept(buf_str(&b), &again) && again.line.event == line.event);
	return 0;
}
