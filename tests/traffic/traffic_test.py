#!/usr/bin/python3
"""The validator of traffic itself: each thing that may be wrong with a record is found, and each kind of thing that was never seen is told."""
import copy
import json
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import traffic  # noqa: E402
from strict import plain  # noqa: E402

HUTS = """about: Huts.
tables:
  Person: {about: Somebody., at_most: 8, fields: {person: id, name: {text: {max: 9}, personal: person, keep: 90d}}}
  Hut: {about: A hut., at_most: 8, fields: {hut: id, until: {time: {}, optional: true, due: hut_over}}}
refusals:
  HUTS_FULL: {about: No room., takes: {at_most: {int: {}}}, en: A, fr: A, es: A, ar: A}
commands:
  build:
    about: Builds.
    who: [guard]
    act: none
    takes:
      name: {like: Person.name}
      tags: {list: {of: {enum: [red, blue]}, max: 2}}
      code: {bytes: {max: 2}, optional: true}
      lock: {secret: {max: 2}, optional: true}
    gives: {hut: {ref: Hut}}
    refuses: [HUTS_FULL]
reports:
  seen: {about: Seen., takes: {hut: {ref: Hut}, well: {bool: {}}, ago: {duration: {max: 9}, or_null: true}}}
events:
  Built:
    about: Built.
    says: {en: A, fr: A, es: A, ar: A}
    fields:
      hut:  {ref: Hut}
      name: {like: Person.name}
      memo: {text: {max: 9}, personal: concerned, keep: 90d, optional: true}
      note: {text: {max: 9}, personal: hut, keep: 90d, purpose: true, optional: true}
  Lit: {about: Lit., says: {en: A, fr: A, es: A, ar: A}, fields: {hut: {ref: Hut}}}
reacts_to:
  huts.Built: [Lit]
"""

ENTRY = {"format": 1, "index": 3, "incarnation": 1, "wall": 5, "elapsed": 5, "env": 0, "salt": "00" * 16, "from": {"core": {}}, "checked": None,
         "input": {"kind": "command", "name": "huts.build", "body": {"name": "Ada", "tags": ["red"]}}, "refusal": None,
         "events": [{"name": "huts.Built", "body": {"hut": 1, "name": "Ada"}}, {"name": "huts.Lit", "body": {"hut": 1}}], "because": None, "law": None,
         "box": None}


def schemas():
    """The tree's lines and entries, with one domain of our own."""
    own = os.path.join(traffic.strict.ROOT, "src", "schema")
    read = plain.read_files([os.path.join(own, "contract.yaml"), os.path.join(own, "entry.yaml")])
    return plain.Schemas([*read, ("huts", plain.text.read_text("huts.yaml", HUTS))])


SCHEMAS = schemas()


def entry(**changes):
    return json.dumps({**today(ENTRY), **changes}, separators=(",", ":"), ensure_ascii=False)


def today(value):
    """The example with what entries of the tree's format have besides, in their order."""
    members = SCHEMAS.messages["Entry"].body.members
    value = {**value, "format": members["format"].type.low}
    return {name: value.get(name, [] if member.type.kind == "list" else None) for name, member in members.items()}


def with_event(**body):
    changed = copy.deepcopy(ENTRY)
    changed["events"][0]["body"].update(body)
    return entry(events=changed["events"])


def with_input(kind, name, body):
    return entry(input={"kind": kind, "name": name, "body": body})


def line(kind, **members):
    return json.dumps({kind: {name: value for name, value in members.items() if value is not None}}, separators=(",", ":"), ensure_ascii=False)


def done(index, gives, pending=None):
    return line("done", entry=index, at="m", pending=pending, gives=gives)


def told(events, index=None, input=None, refusal=None, names=(), masked=False, erased=False):
    """An entry, as a reader is told it."""
    return line("entry", at="m", index=index, wall=5, names=list(names), input=input, refusal=refusal,
                events=[{"name": name, "body": body} for name, body in events], masked=masked, erased=erased)


def waiting(command="huts.build", body=None, whole=False):
    return line("waiting", of="approval", number=1, at="m", wall=5, command=command, login="ana", may=True, names=[], body=body, whole=whole, masked=False,
                erased=False)


GOOD = [
    ("Entry", entry()),
    ("Entry", with_input("timer", "huts.hut_over", {"row": 1, "due": 7})),
    ("Entry", with_input("report", "huts.seen", {"hut": 1, "well": True, "ago": None})),
    ("Entry", entry(refusal={"name": "HUTS_FULL", "takes": {"at_most": 8}}, events=[])),
    ("AskLine", ' { "status" : { } } '),
    ("not AskLine", "{"),
    ("not AskLine", '{"status":{},"status":{}}'),
    ("not AskLine", '{"command":{"name":"huts.build","body":{"name":7}}}'),
    ("not AskLine", '{"command":{"name":"huts.burn","body":{}}}'),
    ("not DriverLine", '{"report":{"sequence":1,"ago":0,"name":"huts.seen","body":{}}}'),
    ("maybe CoreLine", "no line at all"),
    ("DriverLine", '{"report":{"sequence":1,"ago":0,"name":"huts.none","body":{}}}'),  # put off, and never read
    ("CoreLine", '{"order":{"entry":1,"event":0,"name":"huts.Lit","now":1,"not_after":2,"body":{"hut":1}}}'),
    ("CoreLine", '{"config":{"contract":1,"driver":"d","now":0,"answer":100,"settings":{"any":"thing"}}}'),  # it has not said what it is
    ("CoreLine", '{"config":{"contract":1,"driver":"d","now":0,"answer":100,"settings":{"device":"t","baud":9600,"readers":[]}}}'),
    ("maybe CoreLine", '{"refused":{"sequence":1,"name":"HUTS_FULL"}}'),
    ("CoreLine", '{"refused":{"sequence":1,"name":"HUTS_FULL"}}'),
    ("DriverLine", '{"hello":{"contract":1,"driver":"e","kind":"tiny","boot":"0000000000000000","next":1}}'),
    ("CoreLine", '{"config":{"contract":1,"driver":"e","now":0,"answer":100,"settings":{"any":"thing"}}}'),
    ("EntryCore", "{}"),
    ("Entry", entry()),
    ("AnswerLine", done(3, {"hut": 1})),
    ("AnswerLine", done(None, {"hut": 1})),
    ("AnswerLine", done(3, {}, pending=2)),
    ("AnswerLine", told(events=[("huts.Built", {"hut": 1, "name": "Ada"}), ("huts.Lit", {})], index=3)),
    ("AnswerLine", told(events=[("huts.Lit", {"hut": 1})], index=3, names=[{"ref": "hut:1", "name": "x"}])),
    ("AnswerLine", told(events=[("huts.Built", {"name": None})], erased=True)),
    ("AnswerLine", told(events=[("huts.Built", {"note": None})], masked=True)),
    ("AnswerLine", told(events=[], input={"kind": "timer", "name": "huts.hut_over", "body": {}})),
    ("AnswerLine", waiting(body={"tags": []})),
    ("AnswerLine", waiting(body={"name": "Ada", "tags": []}, whole=True)),
]
# What stands before each of the wrong ones.
BEFORE = [("Entry", entry()), ("Entry", entry(index=5, refusal={"name": "HUTS_FULL", "takes": {"at_most": 8}}, events=[])),
          ("DriverLine", '{"hello":{"contract":1,"driver":"d","kind":"osdp","boot":"0000000000000000","next":1}}')]
# Each alone, and what is said.
WRONG = [
    ("Gossip", "{}", "nothing is called Gossip"),
    ("perhaps Entry", "{}", "nothing is called perhaps Entry"),
    ("AskLine", "{", "this is not JSON"),
    ("AskLine", b"\xff", "this is not JSON"),
    ("AskLine", '{"status":{},"status":{}}', "a member stands twice"),
    ("AskLine", "[" * 5000, "this is not JSON"),
    ("AskLine", '{"follow":{"from":-0}}', "-0 is not in its shortest form"),
    ("AskLine", '{"follow":{"from":1.0}}', "1.0 is no whole number"),
    ("AskLine", '{"follow":{"from":9007199254740992}}', "below 2^53"),
    ("AskLine", '{"follow":{"from":-1}}', "follow.from: is not a whole number from 0 to 9007199254740991"),
    ("AskLine", '{"follow":{"from":true}}', "follow.from: is not a whole number"),
    ("AskLine", '{"undo":{}}', "undo: has no member entry"),
    ("AskLine", '{"follow":{"from":1,"to":2}}', "follow: has no member called to"),
    ("AskLine", '{"follow":[]}', "follow: is not an object"),
    ("AskLine", '{"follow":{"from":1},"status":{}}', "has not one member"),
    ("AskLine", "{}", "has not one member"),
    ("AskLine", '{"history":{"ref":"' + "x" * 121 + '","limit":1}}', "history.ref: is longer than 120 bytes"),
    ("AskLine", '{"history":{"ref":"\\u0000","limit":1}}', "history.ref: holds U+0000"),
    ("AskLine", '{"history":{"ref":"\\ud800","limit":1}}', "history.ref: holds half of a pair"),
    ("AskLine", '{"history":{"ref":7,"limit":1}}', "history.ref: is not a text"),
    ("AskLine", '{"command":{"name":"x","body":' + "[" * 15 + "]" * 15 + "}}", "is nested too deep"),
    ("AskLine", '{"command":{"name":"x","body":{' + ",".join(f'"{i}":1' for i in range(65)) + "}}}", "has more than 64 members"),
    ("AskLine", '{"command":{"name":"huts.build","body":{"name":"\\u0000","tags":[]}}}', "command.body.name: holds U+0000"),
    ("AskLine", '{"command":{"name":"huts.burn","body":{}}}', "command.body: there is no command huts.burn"),
    ("Entry", entry(checked={"by": ["\0"]}), "checked.by[0]: holds U+0000"),
    ("not AskLine", '{"status":{}}', "the core did not understand this line, and it is well-formed"),
    ("not AskLine", '{"command":{"name":"huts.build","body":{"name":"Ada","tags":[]}}}', "and it is well-formed"),
    ("DriverLine", '{"hello":{"contract":1,"driver":"d","kind":"k","boot":"00","next":1}}', "hello.boot: is not 8 to 8 bytes"),
    ("DriverLine", '{"hello":{"contract":1,"driver":"d","kind":"k","boot":"000000000000000G","next":1}}', "hello.boot: is not 8 to 8 bytes"),
    ("CoreLine", '{ "ack":{"sequence":1}}', "it is not written canonically"),
    ("CoreLine", '{"busy":{"retry_ms":1,"sequence":1}}', "its members are not in the declared order"),
    ("CoreLine", '{"order":{"entry":1,"event":0,"name":"huts.Lit","now":1,"not_after":2,"body":{}}}', "order.body: has no member hut"),
    ("CoreLine", '{"refused":{"sequence":1,"name":"HUTS_NONE"}}', "refused.name: there is no refusal HUTS_NONE"),
    ("CoreLine", '{"config":{"contract":1,"driver":"d","now":0,"answer":100,"settings":{"baud":1}}}', "config.settings: has no member device"),
    ("AnswerLine", done(3, {}), "done.gives: has no member hut"),
    ("AnswerLine", done(4, {}), "done.entry: entry 4 was no command that was done"),
    ("AnswerLine", done(5, {}), "done.entry: entry 5 was no command that was done"),  # it was refused
    ("AnswerLine", done(3, {"hut": 1}, pending=1), "done.gives: it waits, and gives something already"),
    ("AnswerLine", done(None, {"house": 1}), "done.gives: no command gives this"),
    ("AnswerLine", '{"refused":{"entry":5,"at":"m","name":"HUTS_FULL","takes":{}}}', "refused.takes: has no member at_most"),
    ("AnswerLine", told(events=[("huts.Built", {"hut": "1"})]), "entry.events[0].body.hut: is not a whole number"),
    ("AnswerLine", told(events=[("huts.Built", {"name": "Ada", "hut": 1})]), "members are not in the declared order"),
    ("AnswerLine", told(events=[("huts.Built", {"name": None})]), "entry.events[0].body.name: is not a text"),
    ("AnswerLine", told(events=[("huts.Built", {"name": None})], masked=True), "entry.events[0].body.name: is not a text"),
    ("AnswerLine", told(events=[("huts.Built", {"hut": None})], erased=True), "entry.events[0].body.hut: is not a whole number"),
    ("AnswerLine", told(events=[("huts.Built", {"memo": None})], masked=True), "entry.events[0].body.memo: is not a text"),
    ("AnswerLine", told(events=[("huts.Built", {"name": [0, 0]})]), "entry.events[0].body.name: is not a text"),
    ("AnswerLine", told(events=[("huts.Burnt", {})]), "entry.events[0].body: there is no event huts.Burnt"),
    ("AnswerLine", told(events=[("huts.Lit", {}), ("huts.Built", {})], index=3), "entry.events: entry 3 has other events"),
    ("AnswerLine", told(events=[], index=9), "entry.index: entry 9 was not entered"),
    ("AnswerLine", told(events=[], index=3, input={"kind": "report", "name": "huts.seen", "body": {}}), "entry.input: entry 3 was command huts.build"),
    ("AnswerLine", told(events=[], input={"kind": "command", "name": "huts.build", "body": {"lock": "00"}}), "a secret left the core"),
    ("AnswerLine", told(events=[], input={"kind": "timer", "name": "huts.hut_over", "body": {"row": 1}}), "entry.input.body: says something"),
    ("AnswerLine", told(events=[], index=3, refusal={"name": "HUTS_FULL", "takes": {}}), "entry.refusal: entry 3 was not refused so"),
    ("AnswerLine", told(events=[], names=[{"ref": "house:1", "name": "x"}]), "entry.names[0].ref: is no row"),
    ("AnswerLine", waiting("huts.burn"), "waiting.command: there is no command huts.burn"),
    ("AnswerLine", waiting(body={"name": "Ada"}, whole=True), "waiting.body: has no member tags"),
    ("AnswerLine", waiting(whole=True), "waiting.whole: nothing is whole"),
    ("Entry", entry(salt="00"), "salt: is not 16 to 16 bytes"),
    ("Entry", with_input("command", "huts.burn", {}), "input.body: there is no command huts.burn"),
    ("Entry", with_input("report", "huts.build", {}), "input.body: there is no report huts.build"),
    ("Entry", with_input("timer", "huts.hut_over", {"row": 1}), "input.body: has no member due"),
    ("Entry", with_input("report", "huts.seen", {"hut": None, "well": True, "ago": None}), "input.body.hut: is not a whole number"),
    ("Entry", with_input("report", "huts.seen", {"hut": 1, "well": 1, "ago": None}), "input.body.well: is not true or false"),
    ("Entry", with_input("report", "huts.seen", {"hut": 1, "well": True, "ago": 10}), "input.body.ago: is not a whole number from 0 to 9"),
    ("Entry", with_input("command", "huts.build", {"name": "Ada", "tags": ["green"]}), "input.body.tags[0]: is not one of red, blue"),
    ("Entry", with_input("command", "huts.build", {"name": "Ada", "tags": ["red"] * 3}), "input.body.tags: is not a list of at most 2"),
    ("Entry", with_event(hut="1"), "events[0].body.hut: is not a whole number"),
    ("Entry", with_event(hut=[0, 0]), "events[0].body.hut: is not a whole number"),
    ("Entry", with_event(name=[1, 0]), "events[0].body.name: the marker names packet 1 of"),
    ("Entry", with_event(name=[0, -1]), "events[0].body.name: is not a text"),
    ("Entry", entry(refusal={"name": "HUTS_NONE", "takes": {}}, events=[]), "refusal.takes: there is no refusal HUTS_NONE"),
]


def record(*lines):
    return b"\n\n" + b"".join(what.encode() + b"\t" + (data if isinstance(data, bytes) else data.encode()) + b"\n" for what, data in lines)


def check(data):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return traffic.check_file(file.name, SCHEMAS)


class Records(unittest.TestCase):
    def test_what_is_well_formed_passes(self):
        n, wrong, _ = check(record(*GOOD))
        self.assertEqual((n, wrong), (len(GOOD), []))

    def test_each_thing_that_may_be_wrong_is_found(self):
        for what, data, said in WRONG:
            with self.subTest(what=what, said=said):
                _, wrong, _ = check(record(*BEFORE, (what, data)))
                self.assertEqual(len(wrong), 1)
                self.assertIn(said, wrong[0])

    def test_a_personal_value_is_a_marker_or_stands_there_and_only_in_entries(self):
        checker = traffic.Checker(SCHEMAS)
        body = {"hut": 1, "name": [0, 1], "memo": [0, 0]}
        checker.thing("event", "huts.Built", body, "", traffic.Context(packets=1))
        for context in (traffic.Context(packets=0), traffic.Context()):
            with self.assertRaises(traffic.Wrong):
                checker.thing("event", "huts.Built", body, "", context)

    def test_only_what_a_killed_process_may_have_cut_off_is_passed_over(self):
        cut = record(GOOD[0]) + b"Entry\t{\"format\":1,\"ind"
        n, wrong, _ = check(cut + record(GOOD[0]))
        self.assertEqual((n, wrong), (3, []))
        _, wrong, _ = check(cut + b"\n" + record(GOOD[0])[2:])
        self.assertEqual(len(wrong), 1)
        n, wrong, _ = check(record(GOOD[0], ("AskLine", "{")))
        self.assertEqual((n, len(wrong)), (2, 1))


class Declared(unittest.TestCase):
    def told(self, *lines):
        _, wrong, seen = check(record(*lines))
        self.assertEqual(wrong, [])
        return "\n".join(traffic.unseen(SCHEMAS, seen))

    def test_what_was_never_seen_is_told_with_its_place(self):
        told = self.told(("Entry", with_input("report", "huts.seen", {"hut": 1, "well": True, "ago": 1})))
        for words in ("command huts.build", "timer huts.hut_over", "refusal HUTS_FULL", "message AskHistory", "report huts.seen: member ago null",
                      "command huts.build refused with HUTS_FULL", "event huts.Built: member memo", "command huts.build: member tags blue",
                      "what huts.build gives"):
            self.assertRegex(told, rf"(?m)\.yaml:\d+:\d+: nothing that the suite recorded has {words};")
        for words in ("report huts.seen", "report huts.seen: member ago", "event huts.Built", "huts.Lit as the reaction to huts.Built"):
            self.assertNotIn(f"has {words};", told)

    def test_what_was_seen_is_not_told_any_more(self):
        told = self.told(*GOOD, ("Entry", with_input("command", "huts.build", {"name": "Ada", "tags": ["red", "blue"], "code": "00", "lock": 7})),
                         ("AnswerLine", done(3, {"hut": 1})), ("Entry", with_event(memo="x")), ("Entry", with_event(note="x")),
                         ("Entry", with_input("report", "huts.seen", {"hut": 1, "well": True, "ago": 1})))
        self.assertNotIn("huts.yaml", told)

    def test_a_reaction_is_one_only_behind_its_cause(self):
        swapped = [ENTRY["events"][1], ENTRY["events"][0]]
        self.assertIn("huts.Lit as the reaction to huts.Built", self.told(("Entry", entry(events=swapped))))

    def test_of_a_thing_never_seen_its_members_are_not_told(self):
        self.assertNotIn("AskHistory: member", self.told(("AskLine", '{"status":{}}')))


def main():
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
