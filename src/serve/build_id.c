#include "serve/version.h"

#include "base/buf.h"

#include <elf.h>
#include <link.h>

/* The first object that is told of is the executable. */
static int find(struct dl_phdr_info *object, size_t size, void *context)
{
	(void)size;
	struct buf *id = context;
	for (unsigned i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		if (part->p_type != PT_NOTE)
			continue;
		const uint8_t *at = (const uint8_t *)(object->dlpi_addr + part->p_vaddr), *end = at + part->p_memsz;
		while (at + sizeof(ElfW(Nhdr)) <= end) {
			const ElfW(Nhdr) *note = (const void *)at;
			const uint8_t *name = at + sizeof *note, *value = name + ((note->n_namesz + 3) & ~3u);
			if (note->n_type == NT_GNU_BUILD_ID && memcmp(name, "GNU", 4) == 0)
				buf_put_hex(id, value, note->n_descsz);
			at = value + ((note->n_descsz + 3) & ~3u);
		}
	}
	return 1;
}

void version_build(char ret_build[VERSION_BUILD_BYTES])
{
	struct buf id = {.at = (uint8_t *)ret_build, .size = VERSION_BUILD_BYTES - 1};
	dl_iterate_phdr(find, &id);
	ret_build[id.len] = 0;
}
