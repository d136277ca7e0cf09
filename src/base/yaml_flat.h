/* yaml_flat.h: a YAML tree as bytes, as the parsing child sends it to its parent. Pure, and foreign bytes to the reader: whoever has taken over the parser
 * writes what it likes.
 *
 *     answer  = 'T' node | 'D' n:u32, n nodes | 'E' code:i32 where:text what:text remedy:text
 *     node    = kind:u8 quoted:u8 line:u32 column:u32 text_column:u32 ( text | list | map )
 *     kind    = 0 text, 1 list, 2 map                      text = n:u32, n bytes
 *     list    = n:u32, n nodes                             map  = n:u32, n of: key:text line:u32 column:u32 node
 *
 * Numbers are little endian. Nothing stands behind the answer. Everything that yaml.h promises of a tree is checked again.
 */
#ifndef BASE_YAML_FLAT_H
#define BASE_YAML_FLAT_H

#include "base/yaml.h"

enum { YAML_FLAT_BYTES_MAX = 8 << 20 };

void yaml_flat_write(struct buf *b, const struct yaml *root);
/* A list of documents (yaml_read_documents). */
void yaml_flat_write_documents(struct buf *b, const struct yaml *list);
void yaml_flat_write_error(struct buf *b, const struct error *error);

/* Either the tree, or the error that was sent, or ERROR_INPUT with `what` naming the byte where the answer is none. */
int yaml_flat_read(struct str flat, struct arena *arena, const struct yaml **ret_root, struct error *error);
/* The same for 1 to max documents. */
int yaml_flat_read_documents(struct str flat, size_t max, struct arena *arena, const struct yaml **ret_list,
			     struct error *error);

#endif
