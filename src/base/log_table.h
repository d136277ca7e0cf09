/* log_table.h: everything that a process of a mission can say in its log, a row an event:
 *
 *     EVENT(name, LEVEL, "the sentence, with its {fields}", FIELDS)
 *
 * There is no other way to say something, so that nobody writes down a name, a card or a key in passing. A field is one of
 *
 *     NUMBER(f)   an int64_t
 *     NAME(f)     a name of our own: a child, an input's kind, a file of the mission; [A-Za-z0-9 ._:/+@-], LOG_NAME_BYTES_MAX
 *     LITERAL(f)  a text that stands in our source; printable ASCII, LOG_LITERAL_BYTES_MAX
 *     WHY(f)      a struct error: by its contract (error.h) without secret and personal value; LOG_ERROR_BYTES_MAX
 *
 * What does not belong is written as `?`, what is too long is cut. docs/operations.md has this table for who reads the log; a test compares.
 */
#ifndef BASE_LOG_TABLE_H
#define BASE_LOG_TABLE_H

/* clang-format off */
#define LOG_TABLE(EVENT, NUMBER, NAME, LITERAL, WHY) \
\
/* The keeper and its children */ \
EVENT(mission_began,     NOTICE,  "{program} runs the mission: {children} children", NAME(program) NUMBER(children)) \
EVENT(mission_ended,     NOTICE,  "the mission has ended", ) \
EVENT(child_started,     INFO,    "{child} is started", NAME(child)) \
EVENT(child_not_started, ERROR,   "{child} cannot be started: {why}", NAME(child) WHY(why)) \
EVENT(child_left,        NOTICE,  "{child} ended well; it starts again", NAME(child)) \
EVENT(child_failed,      WARNING, "{child} ended with code {code}; it starts again in {wait_ms} ms", \
      NAME(child) NUMBER(code) NUMBER(wait_ms)) \
EVENT(child_killed,      ERROR,   "{child} was ended by signal {signal}; it starts again in {wait_ms} ms", \
      NAME(child) NUMBER(signal) NUMBER(wait_ms)) \
EVENT(child_silent,      ERROR,   "{child} gave no sign of life for {silent_ms} ms and is ended", NAME(child) NUMBER(silent_ms)) \
EVENT(child_stubborn,    ERROR,   "{child} did not end when asked to and is killed", NAME(child)) \
EVENT(child_dismissed,   NOTICE,  "{child} is not in mission.yaml any more and is ended", NAME(child)) \
EVENT(core_missed,       WARNING, "the core was not given the socket of {child}: {why}", NAME(child) WHY(why)) \
EVENT(stood_still,       NOTICE,  "the machine or the keeper stood still for {still_ms} ms; nobody is blamed for it", NUMBER(still_ms)) \
\
/* What the keeper makes of what children write */ \
EVENT(lines_unknown,     WARNING, "{child} wrote {lines} lines that are none of a log; they are not kept", NAME(child) NUMBER(lines)) \
EVENT(lines_left_out,    WARNING, "{child} wrote {lines} lines too many at once; they are left out", NAME(child) NUMBER(lines)) \
EVENT(log_not_written,   ERROR,   "the log cannot be written: {why}", WHY(why)) \
EVENT(crash_reported,    NOTICE,  "chancery crashes {report} tells what was seen of it", NAME(report)) \
EVENT(crash_unreported,  ERROR,   "the crash report cannot be written: {why}", WHY(why)) \
EVENT(state_not_written, ERROR,   "run/keeper.json cannot be written: {why}", WHY(why)) \
\
/* Upgrade */ \
EVENT(upgrade_began,     NOTICE,  "the program on disk takes over", ) \
EVENT(upgrade_busy,      NOTICE,  "an upgrade is under way; it is not begun again", ) \
EVENT(upgrade_refused,   ERROR,   "the program on disk does not take over, and nothing was changed: {why}", WHY(why)) \
EVENT(upgrade_cold,      WARNING, "the program on disk does not know these children: all of them start again", ) \
EVENT(upgrade_taken,     NOTICE,  "{program} has taken over; the core starts again, then the drivers one by one", NAME(program)) \
EVENT(upgrade_core,      NOTICE,  "the core is ready, {away_ms} ms after the old one was asked to end", NUMBER(away_ms)) \
EVENT(upgrade_driver,    NOTICE,  "{child} is back, {away_ms} ms after it was asked to end", NAME(child) NUMBER(away_ms)) \
EVENT(upgrade_driver_late, WARNING, "{child} is not back after {away_ms} ms; the next one follows", NAME(child) NUMBER(away_ms)) \
EVENT(upgrade_done,      NOTICE,  "the upgrade is done in {took_ms} ms", NUMBER(took_ms)) \
EVENT(upgrade_back,      ALERT,   "the core of {program} did not become ready: the program before it goes on", NAME(program)) \
EVENT(upgrade_stuck,     ALERT,   "the core of {program} does not become ready, and there is none to go back to", NAME(program)) \
EVENT(handover_unreadable, WARNING, "what the keeper before left cannot be read: the children start again: {why}", WHY(why)) \
\
/* Every child */ \
EVENT(failed,            ERROR,   "{why}", WHY(why)) \
EVENT(panicked,          CRITICAL, "panic: {file}:{line}: {why}", NUMBER(pid) LITERAL(file) NUMBER(line) LITERAL(why)) \
EVENT(crashed,           CRITICAL, "signal {signal}; it was doing: {doing}", NUMBER(pid) NUMBER(signal) NAME(doing)) \
EVENT(crash_frame,       CRITICAL, "  {module} +{offset}", NUMBER(pid) NAME(module) NUMBER(offset)) \
EVENT(crash_told,        CRITICAL, "that is all of its stack", NUMBER(pid)) \
\
/* Core */ \
EVENT(journal_folding,   INFO,    "reading the journal: {folded} of {size} entries", NUMBER(folded) NUMBER(size)) \
EVENT(core_locked,       NOTICE,  "the mission's keys are closed: chancery unlock opens them; until then drivers decide by their tables", ) \
EVENT(unlock_failed,     WARNING, "user {user} tried to open the mission's keys, and they stay closed", NUMBER(user)) \
EVENT(rules_not_loaded,  WARNING, "rules/access does not load, what is in force stays so: {why}", WHY(why)) \
EVENT(table_not_made,    ERROR,   "no grant table for the driver of that number in mission.yaml, {driver}: {why}", NUMBER(driver) WHY(why)) \
EVENT(witness_ahead,     ALERT,   "a witness shows a checkpoint of ours for {size} entries that is not of this record: nothing is signed after {signed_size}", \
      NUMBER(size) NUMBER(signed_size)) \
EVENT(traffic_recorded,  WARNING, "all traffic is written down, in clear, keys and names too: for tests alone", ) \
EVENT(core_ready,        NOTICE,  "{size} entries, ready", NUMBER(size)) \
\
/* Witnesses */ \
EVENT(cosign_ready,      INFO,    "{witnesses} witnesses", NUMBER(witnesses)) \
EVENT(witness_trouble,   WARNING, "witness {witness}: {why}", NAME(witness) WHY(why)) \
EVENT(witness_well,      NOTICE,  "witness {witness} is well again", NAME(witness)) \
EVENT(witness_serves,    NOTICE,  "cosigns the checkpoints of {logs} logs", NUMBER(logs)) \
\
/* Drivers */ \
EVENT(line_opened,       INFO,    "the line is open at {baud} baud, {readers} readers", NUMBER(baud) NUMBER(readers)) \
EVENT(line_lost,         WARNING, "the line is gone", ) \
EVENT(backlog_quiet,     WARNING, "{reports} reports wait for the core: no cards are asked for", NUMBER(reports)) \
EVENT(backlog_still,     WARNING, "{reports} reports wait for the core: the line stands still", NUMBER(reports)) \
EVENT(order_not_done,    WARNING, "an order cannot be done: {why}", WHY(why)) \
EVENT(desired_not_read,  WARNING, "a desired state cannot be brought about: {why}", WHY(why)) \
EVENT(desired_too_much,  WARNING, "a desired state is too long, or one too many", ) \
EVENT(desired_not_kept,  WARNING, "a desired state is in force, and not answered: it cannot be kept", ) \
EVENT(nothing_kept,      WARNING, "no key came before config: nothing is kept on disk", ) \
EVENT(kept_ended,        ERROR,   "nothing more is kept for the next start: {why}", WHY(why)) \
EVENT(kept_unreadable,   WARNING, "something kept does not open, and is begun anew: {why}", WHY(why)) \
EVENT(kept_not_ours,     WARNING, "what is kept as {what} is not what it should be, and is begun anew", LITERAL(what)) \
EVENT(spool_ended,       ERROR,   "reports are in memory only from now on: {why}", WHY(why)) \
EVENT(reports_waiting,   NOTICE,  "{reports} reports of an earlier process wait for the core", NUMBER(reports)) \
EVENT(reports_unreadable, ERROR,  "{reports} reports on disk do not open", NUMBER(reports)) \
EVENT(reports_lost,      ERROR,   "reports are gone from the disk; the others follow under a new boot", ) \
EVENT(report_refused,    WARNING, "the mission refused report {sequence}: {refusal}", NUMBER(sequence) NAME(refusal)) \
EVENT(telemetry_ended,   WARNING, "no telemetry is kept any more: {why}", WHY(why)) \
EVENT(table_decides,     INFO,    "grant table {number} decides from now on where the core does not", NUMBER(number)) \
EVENT(table_kept,        INFO,    "grant table {number} is there from before", NUMBER(number)) \
EVENT(table_refused,     ERROR,   "grant table {number} is refused: {why}", NUMBER(number) NAME(why)) \
EVENT(table_not_usable,  ERROR,   "the grant table on disk is not one that may decide here, or an older one was put back", ) \
EVENT(settings_not_kept, ERROR,   "the settings are other ones, which cannot be kept: those in use stay", ) \
EVENT(config_of_another, WARNING, "config names another driver, and is passed over", ) \
EVENT(line_before_config, WARNING, "a line of the core came before config, and is passed over", ) \
EVENT(begin_too_late,    WARNING, "begin comes first or not at all, and is passed over", ) \
EVENT(line_too_long,     WARNING, "a line of the core is too long, and is passed over", ) \
EVENT(line_not_read,     WARNING, "a line from the core is passed over: {why}", WHY(why)) \
EVENT(line_not_taken,    WARNING, "the core did not take a line: {why}", WHY(why))
/* clang-format on */

#endif
