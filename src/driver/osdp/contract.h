/* contract.h: what stands in the contract's lines for OSDP: settings, the bodies of orders, desired states and
 * reports (src/schema/contract.yaml, the domains' schemas). Pure. The lines themselves are the kit's
 * (driver/kit/kit.h).
 *
 * Reading is strict: an object of exactly the declared members, in their bounds. ERROR_INPUT says where (the
 * member's path) and what.
 */
#ifndef OSDP_CONTRACT_H
#define OSDP_CONTRACT_H

#include "base/arena.h"
#include "base/error.h"
#include "driver/kit/gate.h"
#include "driver/osdp/notice.h"
#include "driver/osdp/pd.h"
#include "gen/codec.h"
#include "grant/grant.h"

enum { CONTRACT_READERS_MAX = 127, CONTRACT_BODY_BYTES_MAX = 512 };

struct contract_settings {
	struct str device;
	int64_t baud;
	size_t n_readers;
	struct pd_settings readers[CONTRACT_READERS_MAX];
};

/* What ret_settings points to lies in the JSON or the arena. */
int contract_read_settings(struct str json, struct arena *arena, struct contract_settings *ret_settings,
			   struct error *error);

/* An order by name and body: the reader, and everything of ret_order but its time. ERROR_INPUT also for an
 * order that this driver does not know. */
int contract_read_order(struct str name, struct str body, struct arena *arena, uint64_t *ret_reader,
			struct pd_order *ret_order, struct error *error);

/* A desired state: which readers' doors no grant table may open. */
int contract_read_desired(struct str name, struct str body, struct arena *arena, struct osdp_held *ret_held,
			  struct error *error);

/* Each writes a report's body and returns its name. A notice of an order is no report. */
struct str contract_write_notice(struct buf *body, const struct notice *notice);

/* A card that the grant table decided. `read` is the sequence of its card_read, 0 where it was not reported. */
struct contract_decision {
	int64_t read, at_ms, table;
	struct grant_answer answer;
};
struct str contract_write_decision(struct buf *body, const struct gate_card *card,
				   const struct contract_decision *decision);

#endif
