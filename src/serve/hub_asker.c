/* hub_asker.c: the lines of those who ask (src/schema/contract.yaml: AskLine, AnswerLine), and how the mission is. */
#include "serve/hub_inner.h"

#include "domain/doors/doors.h"
#include "domain/mission/mission.h"
#include "domain/record/record.h"
#include "schema/text.h"
#include "serve/cursor.h"

enum { ROOT_BASE64_BYTES = 44 };

void hub_asker_park(struct hub *hub, unsigned peer, const struct answer_line *line)
{
	struct buf b = hub_park_begin(hub);
	answer_line_write(&b, line);
	hub_park_end(hub, peer, &b);
}

bool hub_asker_send(struct hub *hub, unsigned peer, const struct answer_line *line)
{
	struct buf b = arena_buf(&hub->piece);
	answer_line_write(&b, line);
	if (hub_send(hub, peer, arena_keep(&hub->piece, &b)))
		return true;
	hub_detach(hub, peer);
	return false;
}

struct str hub_cursor(const struct hub *hub, uint64_t index, struct arena *arena)
{
	struct buf b = arena_buf(arena);
	cursor_write(&b, hub->options.cursor_key, index);
	return arena_keep(arena, &b);
}

/* Status */

static size_t driver_rows(struct hub *hub, bool sees, struct answer_driver *rows)
{
	for (size_t i = 0; i < hub->options.n_drivers; i++) {
		const struct driver *row = driver_by_name(&hub->core.state, hub->options.drivers[i].name);
		rows[i] = (struct answer_driver){.name = hub->options.drivers[i].name,
						 /* None yet of one that was given a table and has said nothing. */
						 .has_boot = row && row->boot.len > 0,
						 .boot = row ? text_str(row->boot) : (struct str){0},
						 .has_sequence = sees,
						 .sequence = row ? row->sequence : 0,
						 .issued = row ? row->issued : 0,
						 .confirmed = row ? row->confirmed : 0,
						 .wanted = hub_table_wanted(hub, i),
						 .has_until = row && row->has_until,
						 .until = row ? row->until : 0};
	}
	for (unsigned peer = 0; peer < hub->peers_end; peer++) {
		const struct peer *p = &hub->peers[peer];
		if (p->kind != PEER_DRIVER)
			continue;
		struct answer_driver *row = &rows[p->driver.index];
		row->connected = p->driver.said_hello;
		row->frames = p->driver.frames;
		row->bad = p->driver.bad_lines;
		row->spooled = p->driver.spooled;
		row->dropped = p->driver.dropped;
	}
	return hub->options.n_drivers;
}

static void status(struct hub *hub, unsigned peer)
{
	const struct state *state = &hub->core.state;
	struct answer_driver *drivers = ARENA_TAKE(&hub->batch, struct answer_driver, HUB_DRIVERS_MAX);
	uint8_t hash[32];
	char root_text[ROOT_BASE64_BYTES];
	struct buf root = BUF(root_text);
	journal_root(hub->journal, hash);
	buf_put_base64(&root, hash, sizeof hash);
	bool sees = viewer_sees_record(&hub->peers[peer].asker.viewer);
	struct answer_status answer = {.mission = hub->options.mission,
				       .has_size = sees,
				       .size = (int64_t)journal_size(hub->journal),
				       .wall = hub_wall(hub),
				       .has_root = sees,
				       .root = buf_str(&root),
				       .has_people = sees,
				       .doors = (int64_t)door_count(state),
				       .readers = (int64_t)reader_count(state),
				       .online = (int64_t)doors_online_count(state),
				       .people = (int64_t)person_count(state),
				       .rules = (int64_t)rulebook_size(hub->core.rulebooks.access),
				       .pending = (int64_t)order_count(state),
				       .commit_us = hub->commit_us,
				       .drivers = {driver_rows(hub, sees, drivers), drivers}};
	const struct environment *environment = environment_get(state, ENVIRONMENT_ROW);
	answer.locked_down = doors_are_held(state);
	answer.clock_doubted = record_clock_is_doubted(state);
	answer.space_low = hub_space_is_low(hub);
	answer.has_set_aside = sees;
	answer.has_space_free = sees && hub->watch.free_bytes < JSON_INT_MAX;
	answer.space_free = (int64_t)hub->watch.free_bytes;
	answer.set_aside = (int64_t)hub_set_aside_count(hub);
	answer.has_rulebook = sees && environment;
	answer.rulebook = environment ? text_str(environment->access) : (struct str){0};
	hub_list_status(hub, peer, &answer);
	hub_tlog_status(hub, sees, &answer);
	hub_asker_park(hub, peer, &(struct answer_line){.kind = ANSWER_LINE_STATUS, .status = answer});
}

void hub_asker_line(struct hub *hub, unsigned peer, struct str line)
{
	struct ask_line asked;
	struct json json = json_over(line, &hub->batch);
	struct peer_asker *asker = &hub->peers[peer].asker;
	if (!ask_line_read(&json, &asked)) {
		hub_bad_json(hub, peer, &json, "See src/schema/contract.yaml, AskLine.");
		return;
	}
	if (hub_tlog_line(hub, peer, &asked))
		return;
	if (asked.kind != ASK_LINE_COMMAND && asker->n_roles == 0) {
		hub_bad(hub, peer, 0, "whoever has no role here is told nothing",
			"Roles stand in mission.yaml, under operators.");
		return;
	}
	switch (asked.kind) {
	case ASK_LINE_COMMAND:
		hub_command(hub, peer, line, &asked.command);
		break;
	case ASK_LINE_NONCE:
		hub_command_nonce(hub, peer);
		break;
	case ASK_LINE_APPROVE:
		hub_command_approve(hub, peer, &asked.approve);
		break;
	case ASK_LINE_UNDO:
		hub_command_undo(hub, peer, &asked.undo);
		break;
	case ASK_LINE_HISTORY:
		hub_read_history(hub, peer, &asked.history);
		break;
	case ASK_LINE_FOLLOW:
		hub_read_follow(hub, peer, &asked.follow);
		break;
	case ASK_LINE_UNLOCK:
		hub_bad(hub, peer, 0, "the mission's keys are open", "There is nothing to unlock.");
		break;
	case ASK_LINE_STATUS:
		status(hub, peer);
		break;
	case ASK_LINE_WAITING:
		hub_list_ask(hub, peer, LIST_APPROVALS);
		break;
	case ASK_LINE_TABLES:
		hub_list_ask(hub, peer, LIST_TABLES);
		break;
	case ASK_LINE_RULEBOOK:
		hub_list_ask(hub, peer, LIST_RULEBOOK);
		break;
	case ASK_LINE_BLOB:
		hub_blob(hub, peer, &asked.blob);
		break;
	case ASK_LINE_BLOB_READ:
		hub_blob_read(hub, peer, &asked.blob_read);
		break;
	case ASK_LINE_RAW:
	case ASK_LINE_BLOB_NAMES:
	case ASK_LINE_BLOB_PART:
	case ASK_LINE_CHECKPOINT:
	case ASK_LINE_COSIGNATURES:
	case ASK_LINE_PROOF:
	case ASK_LINE_COSIGNED:
	case ASK_LINE_WITNESS_AHEAD:
	case ASK_LINE_WITNESS_STATE:
	case ASK_LINE_NONE:
		WRONG("a line that was read has a kind, and those of hub_tlog.c were taken");
	}
}
