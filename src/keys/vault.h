/* vault.h: seals and opens personal values with the keys of a key file: what schema/vault.h promises the core.
 * docs/journal-format.md, "What is sealed", is the specification.
 *
 * A packet names its subject by a mark that only the subject's key gives, so the vault keeps for each class and
 * month that is asked for a table from marks to subjects: built when the first packet of that month is opened (one
 * hash a subject), kept in step while keys are made, dropped when keys are destroyed. At most VAULT_MONTHS_MAX
 * tables of 12 bytes a place, two to four places a subject; the one longest unused makes room.
 *
 * A box, where it is not random, is the contents and blanks up to the size that the schema gives it, sealed under
 * H(compartment's key; "box") with the entry's salt and eight bytes 0xff for a nonce, and the entry's index as
 * additional data; it is CRYPT_TAG_BYTES longer than its size.
 *
 * The index by ref has rows of 16 bytes instead of refs, so that it says no more than the journal does: BLAKE2b
 * over "index " ‖ ref, under the index key for a ref that stands in clear, under the packet's key for one that is
 * sealed. When the keys of a packet are gone nobody can tell any more which rows came of it.
 */
#ifndef KEYS_VAULT_H
#define KEYS_VAULT_H

#include "keys/keys.h"
#include "schema/vault.h"

enum {
	VAULT_MONTHS_MAX = 16,
	VAULT_ROW_BYTES = 16,
	VAULT_BLOB_ID_BYTES = 16,
};

struct keys_vault;

/* The keys stay open until the vault is closed. What goes wrong while sealing keys_sync tells. */
struct keys_vault *keys_vault_open(struct keys *keys);
void keys_vault_close(struct keys_vault *vault);

/* What the core is given. */
struct vault keys_vault_of(struct keys_vault *vault);

/* Rows of the index: of a ref in clear, made with the index key, which is made when there is none … */
void keys_vault_row(struct keys_vault *vault, struct str ref, uint8_t ret_row[VAULT_ROW_BYTES]);

/* … and of a ref in a packet, whose data are not looked at; false when the packet is erased. */
bool keys_vault_packet_row(struct keys_vault *vault, const struct vault_packet *packet, struct str ref,
			   uint8_t ret_row[VAULT_ROW_BYTES]);

/* Every row under which the ref may stand in packets of this subject: as long as its row, then each class and
 * month that lives. Of nobody (id 0): each class and month. Begin with *cursor 0; false at the end. */
bool keys_vault_next_row(struct keys_vault *vault, const struct subject *subject, struct str ref, uint32_t *cursor,
			 uint8_t ret_row[VAULT_ROW_BYTES]);

/* The key of a blob (stream.h): H(S; "blob" ‖ id). The id is random and stands where the blob is named. False: the
 * subject's key is gone. To make one, its key is made where there is none. The caller wipes it. */
void keys_vault_make_blob_key(struct keys_vault *vault, const struct subject *subject,
			      const uint8_t id[VAULT_BLOB_ID_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES]);
bool keys_vault_blob_key(const struct keys_vault *vault, const struct subject *subject,
			 const uint8_t id[VAULT_BLOB_ID_BYTES], uint8_t ret_key[CRYPT_KEY_BYTES]);

#endif
