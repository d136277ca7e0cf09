/* contract.h: the lines between this driver and the core, src/schema/contract.yaml, and what stands in them
 * for OSDP. Pure.
 *
 * Reading is strict: an object of exactly one known member, its fields all there, in their bounds, no others.
 * ERROR_INPUT says where (the field's path) and what.
 */
#ifndef OSDP_CONTRACT_H
#define OSDP_CONTRACT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "driver/osdp/notice.h"
#include "driver/osdp/pd.h"

enum { CONTRACT_BOOT_BYTES = 8, CONTRACT_READERS_MAX = 127, CONTRACT_NAME_MAX = 40 };

enum contract_kind {
	CONTRACT_CONFIG,
	CONTRACT_ORDER,
	CONTRACT_ACK,
	CONTRACT_REFUSED,
	CONTRACT_BUSY,
	CONTRACT_BAD,
	CONTRACT_SKIPPED, /* of no use to this driver */
};

struct contract_config {
	struct str driver, settings; /* settings: its JSON */
	bool has_accepted;
	uint8_t boot[CONTRACT_BOOT_BYTES]; /* of the accepted report */
	int64_t accepted;
};

struct contract_order {
	struct notice_order id;
	struct str name, body; /* body: its JSON */
	int64_t now_ms, not_after_ms;
};

struct contract_line {
	enum contract_kind kind;
	union {
		struct contract_config config;
		struct contract_order order;
		struct {
			int64_t sequence, retry_ms; /* ack, refused; busy has both */
		};
		struct str bad; /* what the core did not understand */
	};
};

/* What ret_line points to lies in the line or the arena. */
int contract_read(struct str line, struct arena *arena, struct contract_line *ret_line, struct error *error);

struct contract_settings {
	struct str device;
	int64_t baud;
	size_t n_readers;
	struct pd_settings readers[CONTRACT_READERS_MAX];
};

int contract_read_settings(struct str json, struct arena *arena, struct contract_settings *ret_settings,
			   struct error *error);

/* An order's body: the reader, and everything of ret_order but its time. ERROR_INPUT also for an order this
 * driver does not know. */
int contract_read_order(const struct contract_order *order, struct arena *arena, uint64_t *ret_reader,
			struct pd_order *ret_order, struct error *error);

/* Each writes one line, without its LF. */
void contract_write_hello(struct buf *out, struct str driver, const uint8_t boot[CONTRACT_BOOT_BYTES], int64_t next);
void contract_write_heartbeat(struct buf *out, uint64_t frames, uint64_t refused);
void contract_write_notice(struct buf *out, int64_t sequence, int64_t ago_ms, const struct notice *notice);

#endif
