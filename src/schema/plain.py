"""Schemas as they are written, read a second time and without tree.py: every `like:` followed, every thing with its place.

What compares two versions (diff.py) must read schemas of which this version's tree.py may no longer think well; what checks recorded traffic (tests/traffic)
must not believe the generator whose codec it checks. Both stand on this. It expects schemas that were accepted once, and tells no mistakes.
"""
import os
import re
from dataclasses import dataclass, field, replace

import text

INT_MAX = 2**53 - 1
TYPES = ("text", "bytes", "int", "time", "duration", "bool", "ref", "enum", "list", "json", "message", "like", "secret", "blob", "staged")
# What a member that is like a column has of it too; `keep` it has not: what is like a column is kept as long as the column's row.
INHERITED = ("personal", "see", "mark", "purpose")
NOT_ATTRIBUTES = {*TYPES, "optional", "or_null", "about"}


@dataclass
class Type:
    kind: str  # one of TYPES but `like`, or id
    low: int = 0  # of a number; of bytes and texts: their length in bytes; of a list: items
    high: int = INT_MAX
    values: list = field(default_factory=list)  # of an enum
    name: str = ""  # of a ref: the table; of a message: the message; of a secret: the file of keys
    of: object = None  # of a list
    place: str = field(default="", compare=False)  # of an enum: where it is declared, which those that are like it share


@dataclass
class Member:
    name: str
    place: str
    type: Type
    optional: bool
    or_null: bool
    attributes: dict

    def sealed(self):
        """Whether an entry holds a marker where the value would stand."""
        return "personal" in self.attributes

    def whose(self, body):
        """The member of the body that names the person; a body without it concerns whom its decision says."""
        named = self.attributes["personal"]
        return named if named in body.members else "concerned"


@dataclass
class Body:
    place: str
    members: dict
    one_of: bool = False


@dataclass
class Thing:
    """A command, report, start, timer, event, refusal or table."""
    name: str
    place: str
    body: Body
    gives: Body = None
    attributes: dict = field(default_factory=dict)


class Schemas:
    """Everything that a set of schemas declares, by name."""

    def __init__(self, schemas):
        self.roots = dict(schemas)
        self.abouts = {name: node.value["about"].value for name, node in schemas}
        self.messages, self.tables, self.refusals, self.events, self.facts = {}, {}, {}, {}, {}
        self.reactions = []  # (on, emits): full names of events
        self.inputs = {}  # (kind, name), as an entry's input has them
        for domain, root in schemas:
            self.read(domain, root)

    def read(self, domain, root):
        for name, node in parts(root, "messages"):
            key = "one_of" if "one_of" in node.value else "fields"
            self.messages[name] = Thing(name, node.key_place, self.body(domain, node, key, key == "one_of"))
        for name, node in parts(root, "tables"):
            self.tables[name] = Thing(name, node.key_place, self.body(domain, node, "fields"), attributes=plain(node, "at_most", "label"))
            for column, spec in parts(node, "fields"):
                if spec.is_map() and "due" in spec.value:
                    timer = f"{domain}.{spec.value['due'].value}"
                    self.inputs["timer", timer] = Thing(timer, spec.value["due"].key_place, timer_body(spec.value["due"].place), attributes={"table": name})
        for section in ("commands", "reports", "starts"):
            for word, node in parts(root, section):
                kind, name = section[:-1], f"{domain}.{word}"
                gives = self.body(domain, node, "gives") if kind == "command" else None
                self.inputs[kind, name] = Thing(name, node.key_place, self.body(domain, node, "takes"), gives, others(node, "takes", "gives"))
        for word, node in parts(root, "events"):
            name = f"{domain}.{word}"
            self.events[name] = Thing(name, node.key_place, self.body(domain, node, "fields"), attributes=others(node, "fields"))
        for code, node in parts(root, "refusals"):
            self.refusals[code] = Thing(code, node.key_place, self.body(domain, node, "takes"), attributes=others(node, "takes"))
        for on, node in parts(root, "reacts_to"):
            self.reactions += [(on, f"{domain}.{word}") for word in node.plain()]
        for word, node in parts(root, "facts"):
            for fact, spec in node.value.items():
                if fact != "about":
                    kind = next(key for key in spec.value if key not in ("about", "personal"))
                    self.facts[f"{domain}.{word}: {fact}"] = (spec.key_place, kind)

    def body(self, domain, node, key, one_of=False):
        fields = node.value[key].value if key in node.value else {}
        return Body(node.key_place, {name: self.member(domain, name, spec) for name, spec in fields.items()}, one_of)

    def member(self, domain, name, node):
        spec = {} if node.is_text() else node.value
        attributes = {key: value.plain() for key, value in spec.items() if key not in NOT_ATTRIBUTES}
        inherited = self.inherited(domain, node)
        return Member(name, node.key_place, self.type_of(domain, node), is_true(spec, "optional"), is_true(spec, "or_null"), {**inherited, **attributes})

    def inherited(self, domain, node):
        if node.is_text() or "like" not in node.value:
            return {}
        home, other = self.find_like(domain, node.value["like"].value)
        further = self.inherited(home, other)
        own = {} if other.is_text() else {key: other.value[key].plain() for key in INHERITED if key in other.value}
        return {**further, **own}

    def find_like(self, domain, path):
        """The node that `like: Person.name` or `like: suspend_badge.why` names, and the domain it stands in."""
        owner, _, name = path.partition(".")
        for section, key in (("commands", "takes"), ("reports", "takes"), ("starts", "takes")):
            for word, node in parts(self.roots[domain], section):
                if word == owner and name in dict(parts(node, key)):
                    return domain, node.value[key].value[name]
        for home, root in self.roots.items():
            for section in ("tables", "messages"):
                for word, node in parts(root, section):
                    if word == owner and name in dict(parts(node, "fields")):
                        return home, node.value["fields"].value[name]
        raise KeyError(path)

    def type_of(self, domain, node):
        if node.is_text():
            return Type("id") if node.value == "id" else Type("message", name=node.value)
        kind = next(key for key in node.value if key in TYPES)
        spec = node.value[kind]
        if kind == "like":
            return self.type_of(*self.find_like(domain, spec.value))
        if kind in ("ref", "message"):
            return Type(kind, name=spec.value)
        if kind == "enum":
            return Type(kind, values=spec.plain(), place=spec.place)
        if kind == "list":
            return Type(kind, high=int(spec.value["max"].value), of=self.type_of(domain, spec.value["of"]))
        if kind == "secret":
            return replace(bounded(kind, spec.plain()), name=spec.value["key"].value if "key" in spec.value else "mission")
        return bounded(kind, spec.plain())


def bounded(kind, said):
    """A type of bounds."""
    lowest = {"int": -INT_MAX, "time": -INT_MAX}.get(kind, 0)
    exactly = said.get("exactly")
    return Type(kind, int(exactly or said.get("min", lowest)), int(exactly or said.get("max", INT_MAX)))


def timer_body(place):
    """What core.c writes as the body of a timer's input."""
    members = {"row": Member("row", place, Type("id"), False, False, {}),
               "due": Member("due", place, Type("time", -INT_MAX, INT_MAX), False, False, {})}
    return Body(place, members)


def is_true(spec, key):
    return key in spec and spec[key].value == "true"


def parts(node, section):
    part = node.value.get(section)
    return part.value.items() if part is not None and part.is_map() else ()


def plain(node, *keys):
    return {key: node.value[key].plain() for key in keys if key in node.value}


def others(node, *but):
    return plain(node, *(key for key in node.value if key not in but))


def files_below(directory):
    """The schemas of a tree or of a released copy: its YAML files, by name."""
    found = {}
    for folder, _, names in sorted(os.walk(directory)):
        for name in sorted(names):
            if re.fullmatch(r"[a-z][a-z0-9_]*\.yaml", name):
                found[name] = os.path.join(folder, name)
    return [found[name] for name in sorted(found)]


def newest_released(root):
    """The directory of the newest release's schemas, as tools/release-schema made it; None before the first release."""
    released = os.path.join(root, "docs", "released")
    versions = [name for name in os.listdir(released) if re.fullmatch(r"\d+(\.\d+)*", name)] if os.path.isdir(released) else []
    newest = max(versions, key=lambda name: [int(number) for number in name.split(".")], default=None)
    return newest and os.path.join(released, newest)


def read_files(paths):
    """[(name, root Node)]. Raises text.Mistake."""
    schemas = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:
            schemas.append((os.path.splitext(os.path.basename(path))[0], text.read_text(path, file.read())))
    return schemas
