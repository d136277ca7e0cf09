#!/usr/bin/python3
"""Holds recorded traffic against the schemas: traffic.py DIRECTORY [--schemas DIRECTORY] [--only-check]

tools/test lets every program of the release build append what was said and entered to a file in DIRECTORY (src/base/traffic.h). Here each line and each body
in it is checked strictly, by a reader that shares nothing with the generator (strict.py); what the core itself called ill-formed must be ill-formed here too.
Then everything that the schemas declare must have been seen: each input, event, refusal and message, each member of them, optional ones too, each `null` that
may be, each value of an enum, each refusal of each input that names it, each reaction. Nothing is excused: what no test makes happen is either tested or
deleted. With --only-check that second part is left out.
"""
import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import strict
from strict import Checker, Context, Wrong, plain

WRONG_SHOWN = 20
OURS = {"CoreLine", "AnswerLine", "Entry"}  # written by the core, so canonically
LINES = {"CoreLine", "DriverLine", "AskLine", "AnswerLine"}


class Record:
    """One program's traffic, in order."""

    def __init__(self, checker):
        self.checker = checker
        self.commands = {}  # entry → the command that it was, of the newest journal
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
        self.commands[value["index"]] = name if kind == "command" else None

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

    def CoreLine_refused(self, refused, *_):
        self.known_refusal(refused["name"], "refused.name")

    def AnswerLine_done(self, done, *_):
        command = self.commands.get(done["entry"])
        if command is None:
            raise Wrong(f"done.entry: entry {done['entry']} was no command")
        self.checker.gives(command, done["gives"], "done.gives")

    def AnswerLine_refused(self, refused, context, _):
        self.checker.thing("refusal", refused["name"], refused["takes"], "refused.takes", context)

    def AnswerLine_entry(self, answer, context, _):
        self.entry(answer["body"], context)

    def known_refusal(self, name, path):
        if name not in self.checker.schemas.refusals:
            raise Wrong(f"{path}: there is no refusal {name}")


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory")
    parser.add_argument("--schemas", default=os.path.join(strict.ROOT, "src"))
    parser.add_argument("--only-check", action="store_true")
    options = parser.parse_args()
    schemas = plain.Schemas(plain.read_files(plain.files_below(options.schemas)))
    files = sorted(os.path.join(options.directory, name) for name in os.listdir(options.directory))
    total, wrong, seen = 0, [], set()
    with ProcessPoolExecutor(max_workers=2) as pool:
        for n, mistakes, these in pool.map(check_file, files, [schemas] * len(files)):
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
