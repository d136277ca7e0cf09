#include "world/reader_fault.h"

enum fits { ANY, MAC, CCRYPT, RMAC_I, POLL };

static const struct {
	struct str name;
	enum fits fits;
} faults[] = {[READER_FAULT_NONE] = {{"", 0}, ANY},
#define X(name, fits, what) [READER_FAULT_##name] = {{#name, sizeof(#name) - 1}, fits},
	      READER_FAULTS(X)
#undef X
};

enum reader_fault_kind reader_fault_named(struct str name)
{
	for (size_t i = 1; i < ARRAY_LEN(faults); i++)
		if (str_eq(faults[i].name, name))
			return (enum reader_fault_kind)i;
	return READER_FAULT_NONE;
}

bool reader_fault_takes(struct reader_fault *fault, enum reader_fault_kind kind)
{
	if (fault->kind != kind || fault->left == 0)
		return false;
	if (--fault->left == 0)
		fault->kind = READER_FAULT_NONE;
	return true;
}

static bool fits(enum reader_fault_kind kind, const struct reader_frame *f)
{
	switch (faults[kind].fits) {
	case ANY:
		return kind != READER_FAULT_NONE && kind != READER_FAULT_busy;
	case MAC:
		return f->has_mac;
	case CCRYPT:
		return f->block == READER_FRAME_CCRYPT;
	case RMAC_I:
		return f->block == READER_FRAME_RMAC_I;
	case POLL:
		return false; /* the reader itself builds those wrongly */
	}
	WRONG("a fault that fits nothing");
}

/* Makes the check right again, so that the panel meets the fault itself and not a broken check. */
static void close_again(uint8_t *answer, const struct reader_frame *f)
{
	reader_frame_close(answer, f->len - (f->crc ? 2 : 1), f->crc);
}

size_t reader_fault_spoil(struct reader_fault *fault, uint8_t *answer, size_t n, int64_t *ret_delay_ms)
{
	struct reader_frame f;
	reader_frame_find(answer, n, &f);
	ASSERT(f.len == n && f.well_formed);
	*ret_delay_ms = 0;
	enum reader_fault_kind kind = fault->kind;
	if (!fits(kind, &f) || !reader_fault_takes(fault, kind))
		return n;

	size_t data = (size_t)(f.data - f.bytes), last = data + f.data_len - 1;
	switch (kind) {
	case READER_FAULT_bad_check:
		answer[n - 1] ^= 0x01;
		return n;
	case READER_FAULT_cut:
		return n / 2;
	case READER_FAULT_late:
		*ret_delay_ms = READER_FAULT_LATE_MS;
		return n;
	case READER_FAULT_bad_length:
		answer[2] = answer[3] = 0xff;
		break;
	case READER_FAULT_wrong_address:
		answer[1] = (uint8_t)(0x80 | ((f.address + 1) & 0x7f));
		break;
	case READER_FAULT_wrong_sequence:
		answer[4] ^= 0x03;
		break;
	case READER_FAULT_bad_mac:
		answer[last + 1] ^= 0x01;
		break;
	case READER_FAULT_bad_cryptogram:
	case READER_FAULT_bad_rmac:
		answer[last] ^= 0x01;
		break;
	case READER_FAULT_wrong_key:
		answer[7] = 0x00;
		break;
	case READER_FAULT_refused:
		answer[7] = 0xff;
		break;
	default:
		WRONG("a fault that spoils nothing on the line");
	}
	close_again(answer, &f);
	return n;
}
