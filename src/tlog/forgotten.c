#include "tlog/forgotten.h"

#include "base/folder.h"
#include "gen/codec.h"
#include "gen/dispatch.h"

#include <inttypes.h>

enum {
	SUBJECTS_MAX = 16384,
	MONTHS_MAX = 1024,
	ENTRY_MEMORY = 16 << 20,
	FILE_BYTES_MAX = 2 << 20,
};

struct looking {
	struct arena *kept, entry;
	struct forgotten_subject *subjects;
	struct forgotten_month *months;
	size_t n_subjects, n_months;
	export_progress_fn *progress;
	uint64_t size;
	struct error *error;
};

static bool add_subject(struct looking *l, struct str table, int64_t id)
{
	for (size_t i = 0; i < l->n_subjects; i++)
		if (l->subjects[i].subject == id && str_eq(l->subjects[i].table, table))
			return true;
	if (l->n_subjects == SUBJECTS_MAX)
		return false;
	l->subjects[l->n_subjects++] = (struct forgotten_subject){arena_str(l->kept, table), id};
	return true;
}

static bool add_month(struct looking *l, struct str keep, int64_t month)
{
	for (size_t i = 0; i < l->n_months; i++)
		if (l->months[i].month == month && str_eq(l->months[i].keep, keep))
			return true;
	if (l->n_months == MONTHS_MAX)
		return false;
	l->months[l->n_months++] = (struct forgotten_month){arena_str(l->kept, keep), month};
	return true;
}

static bool add(struct looking *l, enum event kind, const void *body)
{
	struct subject subject;
	if (kind == EVENT_RECORD_SUBJECT_FORGOTTEN) {
		const struct record_subject_forgotten *again = body;
		return add_subject(l, again->table, again->subject);
	}
	if (kind == EVENT_RECORD_MONTH_FORGOTTEN) {
		const struct record_month_forgotten *past = body;
		return add_month(l, past->keep, past->month);
	}
	return !event_forgets(kind, body, &subject) || add_subject(l, subject.table, (int64_t)subject.id);
}

static int bad_entry(struct error *error, uint64_t index)
{
	error_set(error, ERROR_RECORD, "this is not as the schema of this program has it");
	error_where(error, "journal entry %" PRIu64, index);
	return error_remedy(error, "Use the program that has written it, or a newer one.");
}

/* What is sealed stays so: whom an event forgets stands in it in clear. */
static int look_at_event(struct looking *l, uint64_t index, const struct entry *entry, const struct entry_event *event)
{
	struct json_packets closed = {.n = entry->sealed.n,
				      .at = ARENA_TAKE(&l->entry, struct json_packet, entry->sealed.n)};
	enum event kind;
	if (!event_of(event->name, &kind))
		return bad_entry(l->error, index);
	void *body = arena_take(&l->entry, 1, event_size(kind));
	struct json json = json_over(event->body, &l->entry);
	json.packets = &closed;
	if (!event_read(kind, &json, body))
		return bad_entry(l->error, index);
	if (add(l, kind, body))
		return 0;
	return error_set(l->error, ERROR_LIMIT, "more is forgotten than %d rows or %d months", SUBJECTS_MAX,
			 MONTHS_MAX);
}

static int look_at(void *context, uint64_t index, struct str bytes)
{
	struct looking *l = context;
	struct entry entry;
	arena_clear(&l->entry);
	struct json json = json_over(bytes, &l->entry);
	if (!entry_read(&json, &entry))
		return bad_entry(l->error, index);
	int failed = 0;
	for (size_t i = 0; failed == 0 && i < entry.events.n; i++)
		failed = look_at_event(l, index, &entry, &entry.events.at[i]);
	if (l->progress && index % EXPORT_PROGRESS_ENTRIES == 0)
		l->progress(index, l->size);
	return failed;
}

int forgotten_list(struct source source, const struct note_key *key, export_progress_fn *progress, struct arena *arena,
		   struct forgotten *ret_forgotten, struct error *error)
{
	char note_bytes[NOTE_COSIGNED_BYTES_MAX];
	struct buf note = BUF(note_bytes);
	struct looking l = {.kept = arena, .progress = progress, .error = error};
	int failed = source_checkpoint(source, &note, &l.size, error);
	if (failed < 0)
		return failed;
	l.entry = arena_map(ENTRY_MEMORY);
	l.subjects = ARENA_TAKE(arena, struct forgotten_subject, SUBJECTS_MAX);
	l.months = ARENA_TAKE(arena, struct forgotten_month, MONTHS_MAX);
	failed = source_entries(source, 0, l.size, look_at, &l, error);
	arena_unmap(&l.entry);
	if (progress)
		progress(l.size, l.size);
	if (failed == 0)
		*ret_forgotten = (struct forgotten){.format = 1,
						    .origin = arena_str(arena, note_key_name(key)),
						    .entries = (int64_t)l.size,
						    .subjects = {l.n_subjects, l.subjects},
						    .months = {l.n_months, l.months}};
	return failed;
}

int forgotten_read_file(const char *path, struct str origin, struct arena *arena, struct forgotten *ret_forgotten,
			struct error *error)
{
	struct str text;
	struct forgotten read;
	char what[256];
	int failed = folder_read(path, arena, FILE_BYTES_MAX, &text, error);
	if (failed < 0)
		return failed;
	struct json json = json_over(text, arena);
	if (!forgotten_read(&json, &read)) {
		json_error_text(&json, what, sizeof what);
		error_set(error, ERROR_INPUT, "%s", what);
		error_where(error, "%s, byte %zu", path, json.offset);
		return error_remedy(error, "Such a list is made by chancery backup --list-forgotten FILE.");
	}
	if (!str_eq(read.origin, origin)) {
		error_set(error, ERROR_INPUT, "the list is of " STR_FMT ", the backup of " STR_FMT,
			  STR_ARG(read.origin), STR_ARG(origin));
		return error_where(error, "%s", path);
	}
	*ret_forgotten = read;
	return 0;
}
