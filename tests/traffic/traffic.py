#!/usr/bin/python3
"""Holds recorded traffic against the schemas: traffic.py DIRECTORY [--schemas DIRECTORY] [--only-check]

tools/test lets every program of the release build append what was said and entered to a file in DIRECTORY (src/base/traffic.h). Here each line and each body
in it is checked strictly, by a reader that shares nothing with the generator (strict.py); what the core itself called ill-formed must be ill-formed here too.
Then everything that the schemas declare must have been seen: each input, event, refusal and message, each member of them, optional ones too, each `null` that
may be, each value of an enum, each refusal of each input that names it, each reaction. Nothing is excused: what no test makes happen is either tested or
deleted. With --only-check that second part is left out. Programs with the trial's subjects (tests/trial) are held against those too; what is there need not
be seen.
"""
import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import strict
from strict import Checker, Context, Wrong, model, plain

WRONG_SHOWN = 20
OURS = {"CoreLine", "AnswerLine", "Entry"}  # written by the core, so canonically
LINES = {"CoreLine", "DriverLine", "AskLine", "AnswerLine"}


class Record:
    """One program's traffic, in order."""

    def __init__(self, checker):
        self.checker = checker
        # Of the newest journal, by number.
        self.commands = {}  # the command that was done
        self.entries = {}  # (kind, name, names of events, name of the refusal, whether there is a box)
        self.tables = {model.snake(name) for name in checker.schemas.tables}
        self.kinds = {}  # driver → its kind

    def take(self, what, data):
        verdict, _, message = what.rpartition(" ")
        if message not in self.checker.schemas.messages or verdict not in ("", "not", "maybe"):
            raise Wrong(f"nothing is called {what}")
        if verdict == "":
            self.check(message, data)
            return
        before = set(self.checker.seen)
        try:
            self.check(message, data, bodies=True)
        except Wrong:
            self.checker.seen = before
            return
        if verdict == "not":
            raise Wrong("the core did not understand this line, and it is well-formed")

    def check(self, message, data, bodies=False):
        """`bodies`: of what came in, too; otherwise the entry that it became has it."""
        ours = message in OURS
        value, line = strict.read(data)
        if ours and not bodies and strict.canonical(value) != line:
            raise Wrong("it is not written canonically")
        context = Context(ours=ours and not bodies)
        if message == "Entry":
            self.entry(value, context)
            return
        self.checker.message(message, value, "", context)
        if message in LINES:
            (kind, inner), = value.items()
            getattr(self, f"{message}_{kind}", lambda *_: None)(inner, context, bodies)

    # What stands in members that are declared as any JSON

    def entry(self, value, context):
        context = Context(context.ours, len(value.get("sealed") or []) if type(value) is dict else 0)
        self.checker.message("Entry", value, "", context)
        kind, name = value["input"]["kind"], value["input"]["name"]
        self.checker.thing(kind, name, value["input"]["body"], "input.body", context)
        if value["checked"] is not None:
            self.checker.message("EntryChecked", value["checked"], "checked", context)
        for i, event in enumerate(value["events"]):
            self.checker.thing("event", event["name"], event["body"], f"events[{i}].body", context)
            self.event_body(event["name"], event["body"], f"events[{i}].body", context)
        if value["refusal"] is not None:
            self.checker.thing("refusal", value["refusal"]["name"], value["refusal"]["takes"], "refusal.takes", context)
            self.checker.see("refused", kind, name, value["refusal"]["name"])
        names = [event["name"] for event in value["events"]]
        for on, emits in self.checker.schemas.reactions:
            if on in names and emits in names[names.index(on):]:
                self.checker.see("reaction", on, emits)
        refusal = value["refusal"] and value["refusal"]["name"]
        self.commands[value["index"]] = name if kind == "command" and refusal is None else None
        self.entries[value["index"]] = (kind, name, names, refusal, value["box"] is not None)

    def event_body(self, name, body, path, context):
        if name == "drivers.OrderDone":
            self.checker.thing("event", body["name"], body["body"], f"{path}.body", context)

    def DriverLine_hello(self, hello, *_):
        self.kinds[hello["driver"]] = hello["kind"]

    def DriverLine_report(self, report, context, bodies):
        """A report that was put off or taken before was not looked into."""
        if bodies:
            self.checker.thing("report", report["name"], report["body"], "report.body", context)

    def AskLine_command(self, command, context, _):
        self.checker.thing("command", command["name"], command["body"], "command.body", context)

    def CoreLine_config(self, config, context, _):
        """Settings are of the kind that the driver said it is; before it said so they may be of any. Other kinds have what they like."""
        kind = self.kinds.get(config["driver"])
        if kind is None:
            self.some_settings(config["settings"], context)
        elif settings_of(kind) in self.checker.schemas.messages:
            self.checker.message(settings_of(kind), config["settings"], "config.settings", context)

    def some_settings(self, settings, context):
        before = set(self.checker.seen)
        for name in self.checker.schemas.messages:
            try:
                if name.endswith("Settings"):
                    self.checker.message(name, settings, "config.settings", context)
            except Wrong:
                self.checker.seen = set(before)

    def CoreLine_order(self, order, context, _):
        self.checker.thing("event", order["name"], order["body"], "order.body", context)

    def CoreLine_desired(self, desired, context, _):
        self.checker.thing("event", desired["name"], desired["body"], "desired.body", context)
        if desired["name"] == "doors.Held":
            self.checker.message("OsdpHeld", desired["body"], "desired.body", context)

    def CoreLine_refused(self, refused, *_):
        self.known_refusal(refused["name"], "refused.name")

    # What the core answers, cut to its reader's rights

    def AnswerLine_done(self, done, *_):
        """What gives nothing gives {}: also a command that waits, and what nobody who may not read the record is told the entry of."""
        command = self.commands.get(done["entry"]) if "entry" in done else None
        if "entry" in done and command is None:
            raise Wrong(f"done.entry: entry {done['entry']} was no command that was done")
        if "pending" in done and done["gives"] != {}:
            raise Wrong("done.gives: it waits, and gives something already")
        if command is not None and "pending" not in done:
            self.checker.gives(command, done["gives"], "done.gives")
        elif done["gives"] != {}:
            self.some_gives(done["gives"])

    def some_gives(self, gives):
        """Of a command that is not told: what one of all commands gives."""
        for (kind, name), thing in self.checker.schemas.inputs.items():
            if kind == "command" and thing.gives and set(thing.gives.members) == set(gives):
                self.checker.gives(name, gives, "done.gives")
                return
        raise Wrong("done.gives: no command gives this")

    def AnswerLine_refused(self, refused, context, _):
        self.checker.thing("refusal", refused["name"], refused["takes"], "refused.takes", context)

    def AnswerLine_entry(self, answer, context, _):
        context = Context(context.ours, cut=True, masked=answer["masked"], erased=answer["erased"])
        if "input" in answer and answer["input"]["kind"] == "timer":  # whose row is a number that nobody knows
            self.nothing(answer["input"]["body"], "entry.input.body")
        elif "input" in answer:
            self.checker.thing(answer["input"]["kind"], answer["input"]["name"], answer["input"]["body"], "entry.input.body", context)
        for i, event in enumerate(answer["events"]):
            self.checker.thing("event", event["name"], event["body"], f"entry.events[{i}].body", context)
        if "refusal" in answer:
            self.checker.thing("refusal", answer["refusal"]["name"], answer["refusal"]["takes"], "entry.refusal.takes", context)
        self.names(answer["names"], "entry.names")
        if "index" in answer:
            self.is_of_the_entry(answer)

    def is_of_the_entry(self, answer):
        """Nothing is told that the entry of this number does not have."""
        entry = self.entries.get(answer["index"])
        if entry is None:
            raise Wrong(f"entry.index: entry {answer['index']} was not entered")
        kind, name, events, refusal, boxed = entry
        if "input" in answer and (answer["input"]["kind"], answer["input"]["name"]) != (kind, name):
            raise Wrong(f"entry.input: entry {answer['index']} was {kind} {name}")
        told = [event["name"] for event in answer["events"]]
        if not boxed and not is_part(told, events):
            raise Wrong(f"entry.events: entry {answer['index']} has other events")
        if "refusal" in answer and answer["refusal"]["name"] != refusal:
            raise Wrong(f"entry.refusal: entry {answer['index']} was not refused so")

    def AnswerLine_waiting(self, row, context, _):
        if ("command", row["command"]) not in self.checker.schemas.inputs:
            raise Wrong(f"waiting.command: there is no command {row['command']}")
        if "body" in row:
            context = Context(context.ours, cut=not row["whole"], masked=row["masked"], erased=row["erased"])
            self.checker.thing("command", row["command"], row["body"], "waiting.body", context)
        elif row["whole"]:
            raise Wrong("waiting.whole: nothing is whole")
        self.names(row["names"], "waiting.names")

    def AnswerLine_table(self, table, *_):
        self.names(table["doors"], "table.doors")

    def names(self, names, path):
        for i, name in enumerate(names):
            table, _, number = name["ref"].partition(":")
            if table not in self.tables or not number.isdigit():
                raise Wrong(f"{path}[{i}].ref: is no row")

    def nothing(self, body, path):
        if body != {}:
            raise Wrong(f"{path}: says something")

    def known_refusal(self, name, path):
        if name not in self.checker.schemas.refusals:
            raise Wrong(f"{path}: there is no refusal {name}")


def is_part(told, whole):
    """Whether the names are some of the others, in their order."""
    rest = iter(whole)
    return all(name in rest for name in told)


def settings_of(kind):
    return f"{kind.capitalize()}Settings"


def parts(record):
    what, _, data = record.partition(b"\t")
    return what, data


def records(path):
    """(line number, what, data, whether it may have been cut off) of each record. A process that is killed may leave a part of one; the next process begins
    with an empty record."""
    number, before = 0, b""
    with open(path, "rb") as file:
        for number, line in enumerate(file):
            line = line.rstrip(b"\n")
            if before:
                yield number, *parts(before), not line
            before = line
    if before:
        yield number + 1, *parts(before), False


def check_file(path, schemas):
    """(records, what is wrong, what was seen) of one file."""
    checker = Checker(schemas)
    record, wrong, n = Record(checker), [], 0
    for number, what, data, may_be_cut in records(path):
        n += 1
        try:
            record.take(what.decode(errors="replace"), data)
        except Wrong as mistake:
            if not may_be_cut:
                wrong.append(f"{os.path.basename(path)}:{number}: {what.decode(errors='replace')}: {mistake}: {data[:300].decode(errors='replace')}")
    return n, wrong, checker.seen


# What must be seen

def declared(schemas):
    """(what a Checker sees, place, words) of everything that is declared."""
    owners = [(f"message {name}", thing) for name, thing in schemas.messages.items()]
    owners += [(f"event {name}", thing) for name, thing in schemas.events.items()]
    owners += [(f"refusal {name}", thing) for name, thing in schemas.refusals.items()]
    owners += [(f"{kind} {name}", thing) for (kind, name), thing in schemas.inputs.items()]
    for owner, thing in owners:
        yield from of_body(owner, thing.body)
        if thing.gives and thing.gives.members:
            yield from of_body(f"what {thing.name} gives", thing.gives)
    for (kind, name), thing in schemas.inputs.items():
        for code in thing.attributes.get("refuses", ()):
            yield ("refused", kind, name, code), thing.place, f"{kind} {name} refused with {code}"
    for on, emits in schemas.reactions:
        yield ("reaction", on, emits), schemas.events[emits].place, f"{emits} as the reaction to {on}"


def of_body(owner, body):
    yield (owner,), body.place, owner
    for name, member in body.members.items():
        words = f"{owner}: member {name}"
        yield (owner, name), member.place, words
        if member.or_null:
            yield (owner, name, "null"), member.place, f"{words} null"
        type_ = member.type.of or member.type
        for value in type_.values:
            yield ("value", type_.place, value), type_.place, f"{words} {value}"


def unseen(schemas, seen):
    """A line for each thing declared that was not seen; of a thing that was never seen its members are not told."""
    found, told = [], set()
    for what, place, words in declared(schemas):
        if what in seen or what in told or (what[0],) in told:
            continue
        told.add(what)
        found.append(f"{os.path.relpath(place, strict.ROOT)}: nothing that the suite recorded has {words}; write a test that makes it happen, or delete it")
    return found


def schemas_of(*directories):
    return plain.Schemas(plain.read_files([path for directory in directories for path in plain.files_below(directory)]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("--schemas", default=os.path.join(strict.ROOT, "src"))
    parser.add_argument("--only-check", action="store_true")
    options = parser.parse_args()
    schemas = schemas_of(options.schemas)
    known = schemas_of(options.schemas, os.path.join(strict.ROOT, "tests", "trial"))
    files = sorted(os.path.join(options.directory, name) for name in os.listdir(options.directory))
    total, wrong, seen = 0, [], set()
    with ProcessPoolExecutor(max_workers=2) as pool:
        for n, mistakes, these in pool.map(check_file, files, [known] * len(files)):
            total, wrong, seen = total + n, wrong + mistakes, seen | these
    missing = [] if options.only_check else unseen(schemas, seen)
    good = len(files) if options.only_check else len(set(what for what, _, _ in declared(schemas)) & seen)
    print("\n".join(wrong[:WRONG_SHOWN] + missing))
    if len(wrong) > WRONG_SHOWN:
        print(f"… and {len(wrong) - WRONG_SHOWN} more that are wrong")
    print(f"{total} records of {len(files)} programs; passed are {'programs' if options.only_check else 'things declared and seen'}")
    print(f"{good} passed, {len(wrong) + len(missing) + (total == 0)} failed")
    sys.exit(bool(wrong or missing or total == 0))


if __name__ == "__main__":
    main()
