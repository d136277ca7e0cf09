#!/usr/bin/python3
"""Compares two versions of the schemas: diff.py OLD_DIR NEW_DIR (tools/schema-diff).

What a journal of the old version holds must be read by the new one and mean the same. What would break that is refused, file:line:column: what; remedy, and
the exit code is 1. What a journal survives but somebody should know is told the same way behind `told: `. What is new is not mentioned.

    refused  an event, input, timer, refusal or message that is gone; a member that is gone, new without being optional, of another type, narrower, or required
             where it was not; an enum's value that is gone; another `order`, `desired`, `compartment`, `forgets` or `changes` of an event, another `box`; a
             value that begins or ceases to be sealed, or is another person's; fewer rows of a table; a column that becomes unique, or that
             forgetting does not reach any more; a timer of another table
    told     who sees a value or a thing, its marking, what opens it, how long it is kept; what stands before a command (`grave`, `approve`, `life_safety`)
             and what it gives; a table's columns, label and what waits for the clock (a snapshot of the old version is discarded, the journal folded again);
             facts

Of the rest an entry says what came of it and not why: who may give a command, how often, what undoes it, what the law is asked, what refuses, what reacts,
sentences and indexes are the next decision's, and change in silence. Order counts nowhere: members, enum values and variants are read by their names. Both
versions are read as they are written (plain.py), so that this also works where the old one would no longer be accepted today.
"""
import difflib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import plain  # noqa: E402
import text  # noqa: E402

FROZEN = "what is published keeps its meaning: leave it, and write a new one under a new name beside it"
# What decides how an event acts on the state or on equipment when it is folded, or where it lies in the entry.
EVENT_FROZEN = ("order", "desired", "compartment", "forgets", "changes")
TOLD_OF_MEMBER = ("see", "mark", "purpose", "keep")
# What stands before the next one that is given; of those that were given the entry says what stood before them.
TOLD_OF_COMMAND = ("grave", "approve", "life_safety")
TOLD_OF_COLUMN = ("by_date",)


SEEN = "it holds for what was written before, too"
NEXT = "it holds for the next one; what was written says how it was then"


class Difference:
    def __init__(self, old, new):
        self.old, self.new = old, new
        self.refused, self.told = [], []

    def refuse(self, place, what, remedy=FROZEN):
        self.refused.append(str(text.Mistake(place, what, remedy)))

    def tell(self, place, what, remedy):
        self.told.append(f"told: {text.Mistake(place, what, remedy)}")

    # Things by name

    def things(self, kind, before, now):
        """Each thing of a kind that both have: (old, new); what the new version has not is refused, at the place where the old one had it."""
        added = [name for name in now if name not in before]
        for name, thing in before.items():
            if name in now:
                yield thing, now[name]
                continue
            alike = [other for other in added if list(now[other].body.members) == list(thing.body.members)]
            near = alike or difflib.get_close_matches(name, added, 1, 0.7)
            self.refuse(thing.place, f"{kind} {name} is gone", renamed(near) or "declare it as it was; what nobody makes any more is still read")

    def compare(self):
        for kind in ("command", "report", "start", "timer"):
            for old, new in self.things(kind, of_kind(self.old, kind), of_kind(self.new, kind)):
                self.body(f"{kind} {old.name}", old.body, new.body)
                self.gives(old, new)
                self.told_of(new.place, f"{kind} {old.name}", (*TOLD_OF_COMMAND, "see"), old, new)
                if kind == "timer" and old.attributes != new.attributes:
                    self.refuse(new.place, f"timer {old.name} is of {new.attributes['table']} now, and names rows of {old.attributes['table']} in old entries")
                if old.attributes.get("box") != new.attributes.get("box"):
                    self.refuse(new.place, f"{kind} {old.name} has another `box` than before, which does not open old ones")
        for old, new in self.things("event", self.old.events, self.new.events):
            self.body(f"event {old.name}", old.body, new.body)
            self.event(old, new)
        for old, new in self.things("refusal", self.old.refusals, self.new.refusals):
            self.body(f"refusal {old.name}", old.body, new.body)
        for old, new in self.things("message", self.old.messages, self.new.messages):
            self.body(f"message {old.name}", old.body, new.body)
        self.tables()
        self.domains()
        self.facts()
        return self

    def told_of(self, place, of, keys, old, new):
        for key in keys:
            if old.attributes.get(key) != new.attributes.get(key):
                remedy = {"keep": "what was written is kept as it was promised then", "see": SEEN, "mark": SEEN, "purpose": SEEN}.get(key, NEXT)
                self.tell(place, f"{of} has another `{key}` than before", remedy)

    def domains(self):
        """Who sees what says nothing else."""
        for name, root in self.old.roots.items():
            if name in self.new.roots and see_of(root) != see_of(self.new.roots[name]):
                self.tell(self.new.roots[name].place, f"{name} has another `see` than before", SEEN)

    def event(self, old, new):
        self.told_of(new.place, f"event {old.name}", ("see",), old, new)
        for key in EVENT_FROZEN:
            if old.attributes.get(key) != new.attributes.get(key):
                self.refuse(new.place, f"event {old.name} has another `{key}` than before")

    def gives(self, old, new):
        """It stands in no entry; but whoever asks relies on it."""
        if old.gives and shape(old.gives) != shape(new.gives):
            self.tell(new.gives.place, f"what {old.name} gives is not what it gave", "whoever asks for it by a program must follow")

    # Bodies

    def body(self, of, old, new):
        if old.one_of != new.one_of:
            self.refuse(new.place, f"{of} is {'one of several' if new.one_of else 'an object of all its members'} now, and was not")
            return
        for name, member in old.members.items():
            if name in new.members:
                self.member(f"{of}: member {name}", member, new.members[name])
                self.sealing(f"{of}: member {name}", (member, old), (new.members[name], new))
            else:
                self.gone_member(of, member, old, new)
        for name, member in new.members.items():
            if name not in old.members and not member.optional and not new.one_of:
                self.refuse(member.place, f"{of}: member {name} is new, and old entries do not have it", "make it optional")

    def gone_member(self, of, member, old, new):
        """The place is the old version's: the new one has none."""
        added = [other for other in new.members if other not in old.members]
        near = [other for other in added if new.members[other].type == member.type] or difflib.get_close_matches(member.name, added, 1, 0.6)
        self.refuse(member.place, f"{of}: member {member.name} is gone", renamed(near) or "leave it, optional if it is not written any more")

    def member(self, of, old, new):
        if old.optional and not new.optional:
            self.refuse(new.place, f"{of} is required now, and old entries may lack it", "leave it optional")
        if old.or_null and not new.or_null:
            self.refuse(new.place, f"{of} may not be null any more, and is in old entries", "leave or_null")
        self.type(of, new.place, old.type, new.type)

    def type(self, of, place, old, new):
        if (old.kind, old.name) != (new.kind, new.name):
            self.refuse(place, f"{of} was {of_type(old)} and is {of_type(new)}")
            return
        if new.low > old.low:
            self.refuse(place, f"{of} is at least {amount(old, new.low)} now, and was at least {old.low}", f"leave {old.low}")
        if new.high < old.high:
            self.refuse(place, f"{of} is at most {amount(old, new.high)} now, and was at most {old.high}", f"leave {old.high}")
        for value in old.values:
            if value not in new.values:
                self.refuse(place, f"{of} has no value {value} any more", "leave it; what is not written any more is still read")
        if old.of:
            self.type(of, place, old.of, new.of)

    def sealing(self, of, before, now):
        """Entries hold sealed values as markers, so that what was written in clear cannot become sealed afterwards, nor the other way. A packet says whose
        key opens it, so that old entries are read still when a value is somebody else's; but forgetting that one would not reach them."""
        (old, old_body), (new, new_body) = before, now
        if old.sealed() != new.sealed():
            self.refuse(new.place, f"{of} is {'sealed now, and stands in clear in old entries' if new.sealed() else 'in clear now, and sealed in old entries'}")
        elif old.sealed() and old.whose(old_body) != new.whose(new_body):
            self.refuse(new.place, f"{of} is about another person than before, and forgetting that one does not reach old entries")
        self.told_of(new.place, of, TOLD_OF_MEMBER, old, new)

    # Tables: the state is folded anew from the journal, so that a column may change as long as old events fit into it

    def tables(self):
        for name, old in self.old.tables.items():
            if name not in self.new.tables:
                self.tell(old.place, f"table {name} is gone", "nothing of old journals is lost; its rows are not made any more")
                continue
            new = self.new.tables[name]
            before, now = int(old.attributes["at_most"]), int(new.attributes["at_most"])
            if now < before:
                self.refuse(new.place, f"table {name} has at most {now} rows now, and an old journal may make {before}", f"leave {before}")
            if old.attributes.get("label") != new.attributes.get("label"):
                self.tell(new.place, f"rows of {name} are called by another column than before", "old entries are worded so, too")
            self.columns(name, old.body, new.body)

    def column(self, of, old, new):
        """Whether an old `forgets` blanks it as it did then: folded again, a row must not hold what was forgotten."""
        if old.sealed() and (not new.sealed() or old.attributes["personal"] != new.attributes["personal"]):
            self.refuse(new.place, f"{of} is not forgotten any more with {old.attributes['personal']}, as old entries promised")
        elif new.sealed() and not old.sealed():
            self.tell(new.place, f"{of} is forgotten with {new.attributes['personal']} now", "it is blank also of those who were forgotten before")
        self.told_of(new.place, of, TOLD_OF_COLUMN, old, new)

    def columns(self, name, old, new):
        changed = sorted(set(old.members) ^ set(new.members))
        for column, member in new.members.items():
            if column in old.members:
                self.column(f"table {name}: column {column}", old.members[column], member)
            if column in old.members and not is_flag(old.members[column], "unique") and is_flag(member, "unique"):
                self.refuse(member.place, f"table {name}: column {column} is unique now, and an old journal may make two rows of one value",
                            "refuse in `decide`, and leave the column")
            elif column in old.members and (member.type, member.optional) != (old.members[column].type, old.members[column].optional):
                changed.append(column)
        if changed:
            self.tell(new.place, f"table {name} has other columns than before ({', '.join(changed)})",
                      "snapshots of the old version are discarded, and the journal is folded again")

    def facts(self):
        for name, (place, kind) in self.old.facts.items():
            now = self.new.facts.get(name)
            if now is None or now[1] != kind:
                self.tell(now[0] if now else place, f"fact {name} is {'of another kind' if now else 'gone'}", "rulebooks that ask for it do not load any more")


def of_kind(schemas, kind):
    return {name: thing for (k, name), thing in schemas.inputs.items() if k == kind}


def shape(body):
    return {name: (member.type, member.optional, member.or_null) for name, member in body.members.items()}


def renamed(near):
    return f"if it is “{near[0]}” now, give it its old name again" if near else ""


def see_of(root):
    return root.value["see"].plain() if "see" in root.value else None


def is_flag(member, key):
    return member.attributes.get(key) == "true"


def amount(type_, n):
    unit = {"text": " bytes", "bytes": " bytes", "list": " items"}.get(type_.kind, "")
    return f"{n}{unit}"


def of_type(type_):
    named = {"ref": f"a ref of {type_.name}", "message": type_.name, "enum": "an enum", "int": "an int", "id": "an id",
             "secret": f"a secret of the {type_.name}"}
    return f"a list of {of_type(type_.of)}" if type_.kind == "list" else named.get(type_.kind, f"a {type_.kind}")


def compare(old, new):
    """(refused, told) of two sets of schemas [(name, root Node)]: lists of lines."""
    found = Difference(plain.Schemas(old), plain.Schemas(new)).compare()
    return found.refused, found.told


def main(old, new):
    try:
        read = [plain.read_files(plain.files_below(directory)) for directory in (old, new)]
    except text.Mistake as mistake:
        print(mistake, file=sys.stderr)
        return 2
    for directory, schemas in zip((old, new), read):
        if not schemas:
            print(f"{directory}: there are no schemas here; name a directory that holds YAML files", file=sys.stderr)
            return 2
    refused, told = compare(*read)
    print("\n".join(refused + told), end="\n" if refused or told else "")
    return 1 if refused else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: schema-diff OLD_DIR NEW_DIR")
    sys.exit(main(sys.argv[1], sys.argv[2]))
