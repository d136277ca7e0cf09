/* hub_read.c: what askers read: entries as far as they may see them (view.h), as they become durable and by what they mention. In pieces between two
 * batches, so that nobody's reading keeps a door waiting. */
#include "serve/hub_inner.h"

#include "base/lines.h"
#include "domain/mission/mission.h"
#include "schema/text.h"
#include "schema/words.h"
#include "serve/cursor.h"

/* Entries */

struct copy {
	struct hub *hub;
	struct str body;
};

static int keep_body(void *context, uint64_t index, struct str body)
{
	struct copy *copy = context;
	(void)index;
	copy->body = arena_str(&copy->hub->piece, body);
	return 0;
}

static int open_entry(struct hub *hub, uint64_t index, struct str body, struct hub_entry *ret_entry,
		      struct error *error)
{
	struct json json = json_over(body, &hub->piece);
	if (entry_read(&json, &ret_entry->entry) &&
	    core_open_packets(hub->core.vault, &ret_entry->entry, &hub->piece, &ret_entry->packets))
		return 0;
	error_set(error, ERROR_RECORD, "an entry that was good when it was folded is not good any more");
	error_where(error, "journal entry %llu", (unsigned long long)index);
	return error_remedy(error, "Run chancery-verify. Nothing was changed.");
}

int hub_read_entry(struct hub *hub, uint64_t index, struct hub_entry *ret_entry, struct error *error)
{
	struct copy copy = {.hub = hub};
	arena_clear(&hub->piece);
	int failed = journal_read(hub->journal, index, 1, keep_body, &copy, error);
	return failed < 0 ? failed : open_entry(hub, index, copy.body, ret_entry, error);
}

/* Which access rulebook was in force: the newest few environments are kept in mind. */
static const struct hub_environment *find_environment(const struct hub *hub, uint64_t entry)
{
	for (size_t i = 0; i < hub->n_environments; i++)
		if (hub->environments[i].entry == entry)
			return &hub->environments[i];
	return NULL;
}

static int learn_environment(struct hub *hub, uint64_t index, struct error *error)
{
	struct hub_entry read;
	struct hub_environment *row = &hub->environments[hub->n_environments % ENVIRONMENTS_MAX];
	int failed = hub_read_entry(hub, index, &read, error);
	if (failed < 0)
		return failed;
	*row = (struct hub_environment){.entry = index};
	for (size_t i = 0; i < read.entry.events.n; i++) {
		struct json json = json_over(read.entry.events.at[i].body, &hub->piece);
		struct mission_in_force in_force;
		if (!str_eq(read.entry.events.at[i].name, event_name(EVENT_MISSION_IN_FORCE)) ||
		    !mission_in_force_read(&json, &in_force))
			continue;
		row->known = true;
		memcpy(row->access, in_force.access.at, sizeof row->access);
	}
	if (hub->n_environments < ENVIRONMENTS_MAX)
		hub->n_environments++;
	return 0;
}

/* What an entry says fits into a line as the entry does; what its rows are called may be too much. */
static bool send_fitting(struct hub *hub, unsigned peer, const struct answer_entry *answer)
{
	struct answer_line line = {.kind = ANSWER_LINE_ENTRY, .entry = *answer};
	struct buf b = arena_buf(&hub->piece);
	answer_line_write(&b, &line);
	if (b.len > LINE_BYTES_MAX)
		line.entry.names = (struct answer_name_list){0};
	return hub_asker_send(hub, peer, &line);
}

/* One entry to one reader, when there is something of it that it may see; of an entry about a row, where it sees that it is. False in ret_sent also
 * when the reader was let go. */
static int send_entry(struct hub *hub, unsigned peer, uint64_t index, const struct subject *about, bool *ret_sent,
		      struct error *error)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	struct hub_entry read;
	*ret_sent = false;
	int failed = hub_read_entry(hub, index, &read, error);
	uint64_t env = failed < 0 ? 0 : (uint64_t)read.entry.env;
	if (failed == 0 && read.entry.has_because && !find_environment(hub, env)) {
		failed = learn_environment(hub, env, error);
		if (failed == 0)
			failed = hub_read_entry(hub, index, &read, error);
	}
	if (failed < 0)
		return failed;
	struct view view = {&hub->core.state, hub->core.vault, &asker->viewer, &hub->piece, about};
	struct answer_entry answer;
	if (!view_entry(&view, &read.entry, &answer))
		return 0;
	answer.at = hub_cursor(hub, index, &hub->piece);
	const struct hub_environment *environment = answer.has_because ? find_environment(hub, env) : NULL;
	answer.has_rules = environment && environment->known;
	if (answer.has_rules)
		answer.rules = (struct str){(const char *)environment->access, sizeof environment->access};
	*ret_sent = send_fitting(hub, peer, &answer);
	return 0;
}

/* The stream */

void hub_read_follow(struct hub *hub, unsigned peer, const struct ask_follow *follow)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	uint64_t size = journal_size(hub->journal);
	struct peer_stream stream = {.reading = true, .stop = size > HUB_BACK_ENTRIES ? size - HUB_BACK_ENTRIES : 0};
	if (follow->has_after + follow->has_from + follow->has_last > 1) {
		hub_bad(hub, peer, 0, "a stream begins in one place",
			"Send one of after, from, last, or none of them.");
		return;
	}
	if (follow->has_from && !viewer_sees_record(&asker->viewer)) {
		hub_bad(hub, peer, 0, "indexes are for those who may read the record as it is",
			"Resume with the mark of the last entry that came: after.");
		return;
	}
	if (follow->has_after) {
		if (!cursor_read(follow->after, hub->options.cursor_key, &stream.next) || stream.next >= size) {
			hub_bad(hub, peer, 0, "this mark is not of this record",
				"Begin anew, with last or without a mark.");
			return;
		}
		stream.next++;
	} else if (follow->has_from) {
		stream.next = (uint64_t)follow->from;
	} else if (follow->has_last) {
		stream.next = size;
		stream.back = (uint64_t)follow->last;
	}
	asker->stream = stream;
}

/* How many entries it is back to the last N is what the reader must not learn, so those that it may see are counted. */
static int walk_back(struct hub *hub, unsigned peer, struct error *error)
{
	const struct peer_asker *asker = &hub->peers[peer].asker;
	struct peer_stream *stream = &hub->peers[peer].asker.stream;
	for (int i = 0; i < HUB_PIECE_ENTRIES && stream->back > 0; i++) {
		struct view view = {&hub->core.state, hub->core.vault, &asker->viewer, &hub->piece, NULL};
		struct hub_entry read;
		struct answer_entry answer;
		if (stream->next == stream->stop) {
			stream->back = 0;
			return 0;
		}
		int failed = hub_read_entry(hub, --stream->next, &read, error);
		if (failed < 0)
			return failed;
		stream->back -= view_entry(&view, &read.entry, &answer);
	}
	return 0;
}

static int stream_piece(struct hub *hub, unsigned peer, struct error *error)
{
	struct peer_stream *stream = &hub->peers[peer].asker.stream;
	uint64_t size = journal_size(hub->journal), end = stream->next + HUB_PIECE_ENTRIES;
	if (stream->back > 0)
		return walk_back(hub, peer, error);
	while (hub_is_attached(hub, peer) && stream->next < size && stream->next < end) {
		bool sent;
		int failed = send_entry(hub, peer, stream->next, NULL, &sent, error);
		if (failed < 0)
			return failed;
		stream->next++;
	}
	return 0;
}

/* History: entries that mention a ref, newest first */

/* "door:3", or the name of a row, as far as the reader may know names. */
static bool find_ref(const struct hub *hub, const struct viewer *viewer, struct str ref, struct subject *ret_row)
{
	struct str number;
	int64_t id;
	if (str_cut(ref, ':', &ret_row->table, &number) && state_has_table(ret_row->table) &&
	    str_to_i64(number, 1, JSON_INT_MAX, &id)) {
		ret_row->id = (uint64_t)id;
		return true;
	}
	for (size_t i = 0; i < n_label_words; i++) {
		ret_row->table = label_words[i].table;
		if (state_find(&hub->core.state, ret_row->table, ref, &ret_row->id) &&
		    viewer_sees_name(viewer, &hub->core.state, ret_row))
			return true;
	}
	return false;
}

void hub_read_history(struct hub *hub, unsigned peer, const struct ask_history *ask)
{
	struct peer_asker *asker = &hub->peers[peer].asker;
	struct subject row;
	uint64_t before = journal_size(hub->journal) + hub->n_entries, after = 0;
	if (!find_ref(hub, &asker->viewer, ask->ref, &row)) {
		hub_bad(hub, peer, 0, "that is neither a ref nor a name",
			"Write a table and a number, as door:3 or person:12, or a name as it stands in the mission.");
		return;
	}
	if (ask->has_older && !cursor_read(ask->older, hub->options.cursor_key, &before)) {
		hub_bad(hub, peer, 0, "this page mark is not of this record", "Ask without one for the newest page.");
		return;
	}
	if (ask->has_after && !cursor_read(ask->after, hub->options.cursor_key, &after)) {
		hub_bad(hub, peer, 0, "this mark is not of this record", "Ask without one for all there is.");
		return;
	}
	ASSERT(row.table.len <= sizeof asker->history.table);
	asker->history = (struct peer_history){.reading = true,
					       .first = ask->has_after ? after + 1 : 0,
					       .before = before,
					       .left = ask->limit,
					       .id = row.id,
					       .table_len = row.table.len};
	memcpy(asker->history.table, row.table.at, row.table.len);
}

static void send_end(struct hub *hub, unsigned peer, bool more)
{
	struct peer_history *history = &hub->peers[peer].asker.history;
	struct answer_end end = {.has_older = more};
	arena_clear(&hub->piece);
	if (more)
		end.older = hub_cursor(hub, history->before, &hub->piece);
	history->reading = false;
	hub_asker_send(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_END, .end = end});
}

static int history_piece(struct hub *hub, unsigned peer, struct error *error)
{
	struct peer_history *history = &hub->peers[peer].asker.history;
	uint64_t found[HUB_PIECE_ENTRIES];
	struct subject ref = {{history->table, history->table_len}, history->id};
	/* The index runs behind the commit; what is asked for now is to be in it. */
	int n = hub_index_catch_up(hub, error);
	if (n != 0)
		return n < 0 ? n : 0;
	n = hub_index_find(hub, &ref, history->before, found, ARRAY_LEN(found), error);
	if (n < 0)
		return hub_index_mend(hub, n, error);
	for (int i = 0; i < n && history->left > 0; i++) {
		bool sent;
		if (found[i] < history->first) {
			send_end(hub, peer, false);
			return 0;
		}
		int failed = send_entry(hub, peer, found[i], &ref, &sent, error);
		if (failed < 0)
			return failed;
		if (!hub_is_attached(hub, peer))
			return 0;
		history->left -= sent;
		history->before = found[i];
	}
	if (n < (int)ARRAY_LEN(found) || history->left == 0)
		send_end(hub, peer, history->left == 0 && n > 0);
	return 0;
}

/* Whose turn it is */

static bool has_more(const struct hub *hub, unsigned peer)
{
	const struct peer *p = &hub->peers[peer];
	if (p->kind != PEER_ASKER)
		return false;
	const struct peer_stream *stream = &p->asker.stream;
	return p->asker.history.reading || hub_list_reads(hub, peer) || hub_tlog_reads(hub, peer) ||
	       (stream->reading && (stream->back > 0 || stream->next < journal_size(hub->journal)));
}

static int piece(struct hub *hub, unsigned peer, struct error *error)
{
	if (hub->peers[peer].asker.history.reading)
		return history_piece(hub, peer, error);
	if (hub_list_reads(hub, peer))
		return hub_list_piece(hub, peer, error);
	if (hub_tlog_reads(hub, peer))
		return hub_tlog_piece(hub, peer, error);
	return stream_piece(hub, peer, error);
}

bool hub_read_pieces(struct hub *hub, struct error *error, int *ret_failed)
{
	const struct hub_outside *outside = &hub->options.outside;
	bool more = false;
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		if (!has_more(hub, peer) || !outside->has_room(outside->context, peer))
			continue;
		int failed = piece(hub, peer, error);
		if (failed < 0) {
			*ret_failed = failed;
			return false;
		}
		more |= has_more(hub, peer) && outside->has_room(outside->context, peer);
	}
	return more;
}
