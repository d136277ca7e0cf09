"""Values against the schemas as they are written, strictly: nothing of the generator or of the C that it makes is used.

A Checker reads JSON as docs/journal-format.md wants it, checks it against a message, input, event or refusal, and remembers what of everything declared it
has seen.
"""
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "src", "schema"))

import model  # noqa: E402
import plain  # noqa: E402

DEPTH_MAX, RAW_DEPTH, RAW_MEMBERS_MAX = 16, 3, 64  # docs/journal-format.md; a raw value is a member of a member
HEX = frozenset("0123456789abcdef")


class Wrong(Exception):
    """path: what"""


# JSON

def whole_number(digits):
    value = int(digits)
    if digits == "-0" or abs(value) > plain.INT_MAX:
        raise Wrong(f"the number {digits} is not in its shortest form, below 2^53")
    return value


def no_number(digits):
    raise Wrong(f"{digits} is no whole number")


def members_once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("a member stands twice in one object")
    return found


DECODER = json.JSONDecoder(object_pairs_hook=members_once, parse_int=whole_number, parse_float=no_number, parse_constant=no_number)


def read(data):
    """The value of a line's bytes, and the line as a text."""
    try:
        line = data.decode()
        return DECODER.decode(line), line
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Wrong(f"this is not JSON: {error}") from None


def canonical(value):
    """As whoever writes the record writes it; the members' order is checked with their names."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def check_string(value, path):
    """Also what Python lets pass: U+0000 and halves of pairs."""
    if type(value) is not str:
        raise Wrong(f"{path}: is not a text")
    try:
        bytes_ = value.encode()
    except UnicodeEncodeError:
        raise Wrong(f"{path}: holds half of a pair") from None
    if 0 in bytes_:
        raise Wrong(f"{path}: holds U+0000")
    return bytes_


def check_raw(value, path, depth=RAW_DEPTH):
    if depth > DEPTH_MAX:
        raise Wrong(f"{path}: is nested too deep")
    if type(value) is str:
        check_string(value, path)
    elif type(value) is list:
        for i, item in enumerate(value):
            check_raw(item, f"{path}[{i}]", depth + 1)
    elif type(value) is dict:
        if len(value) > RAW_MEMBERS_MAX:
            raise Wrong(f"{path}: has more than {RAW_MEMBERS_MAX} members")
        for name, item in value.items():
            check_string(name, path)
            check_raw(item, f"{path}.{name}", depth + 1)


class Context:
    """How a line is to be read: written by ourselves (members in declared order); inside an entry, with how many packets of sealed values; of an answer, as
    much as its reader may see: members may lack, and null stands for what `masked` and `erased` say."""

    def __init__(self, ours=False, packets=None, cut=False, masked=False, erased=False):
        self.ours, self.packets, self.cut, self.masked, self.erased = ours, packets, cut, masked, erased

    def may_be_null(self, member):
        """What a look would open, and what was kept under a key that is destroyed."""
        return (self.masked and bool(member.attributes.get("purpose"))) or (self.erased and member.sealed())


class Checker:
    def __init__(self, schemas):
        self.schemas = schemas
        self.seen = set()

    def see(self, *what):
        self.seen.add(what)

    def message(self, name, value, path="", context=Context()):
        self.body(f"message {name}", self.schemas.messages[name].body, value, path, context)

    def thing(self, kind, name, value, path, context):
        """The body of an input, event or refusal."""
        found = {"event": self.schemas.events, "refusal": self.schemas.refusals}.get(kind)
        thing = found.get(name) if found is not None else self.schemas.inputs.get((kind, name))
        if thing is None:
            raise Wrong(f"{path}: there is no {kind} {name}")
        self.body(f"{kind} {name}", thing.body, value, path, context)

    def gives(self, name, value, path):
        self.body(f"what {name} gives", self.schemas.inputs["command", name].gives, value, path, Context(ours=True))

    def body(self, owner, body, value, path, context):
        if type(value) is not dict:
            raise Wrong(f"{path}: is not an object")
        for name in value:
            if name not in body.members:
                raise Wrong(f"{path}: has no member called {name}")
        if body.one_of and len(value) != 1:
            raise Wrong(f"{path}: has not one member")
        if context.ours and list(value) != [name for name in body.members if name in value]:
            raise Wrong(f"{path}: its members are not in the declared order")
        for name, member in body.members.items():
            if name in value:
                self.member(owner, member, value[name], f"{path}.{name}" if path else name, context)
            elif not member.optional and not body.one_of and not context.cut:
                raise Wrong(f"{path}: has no member {name}")
        self.see(owner)

    def member(self, owner, member, value, path, context):
        if value is None and member.or_null:
            self.see(owner, member.name, "null")
            return
        if value is None and context.may_be_null(member):
            return
        if context.cut and member.type.kind == "secret":
            raise Wrong(f"{path}: a secret left the core")
        if context.packets is not None and member.sealed() and is_marker(value):
            if value[0] >= context.packets:
                raise Wrong(f"{path}: the marker names packet {value[0]} of {context.packets}")
        else:
            self.value(member.type, value, path, context)
        self.see(owner, member.name)

    def value(self, type_, value, path, context):
        getattr(self, "check_" + type_.kind)(type_, value, path, context)

    def check_text(self, type_, value, path, _):
        if len(check_string(value, path)) > type_.high:
            raise Wrong(f"{path}: is longer than {type_.high} bytes")

    def check_bytes(self, type_, value, path, _):
        digits = check_string(value, path)
        if not HEX.issuperset(value) or len(digits) % 2 or not type_.low <= len(digits) // 2 <= type_.high:
            raise Wrong(f"{path}: is not {type_.low} to {type_.high} bytes in hexadecimal digits")

    def check_int(self, type_, value, path, _):
        if type(value) is not int or not type_.low <= value <= type_.high:
            raise Wrong(f"{path}: is not a whole number from {type_.low} to {type_.high}")

    def check_secret(self, type_, value, path, context):
        """Taken in clear, and in an entry the number under which a file of keys has it."""
        if context.packets is not None:
            self.check_int(plain.Type("int"), value, path, context)
        else:
            self.check_bytes(type_, value, path, context)

    def check_blob(self, _, value, path, context):
        self.check_bytes(plain.Type("bytes", 32, 32), value, path, context)

    check_staged = check_blob
    check_time = check_duration = check_id = check_ref = check_int

    def check_bool(self, _, value, path, __):
        if type(value) is not bool:
            raise Wrong(f"{path}: is not true or false")

    def check_enum(self, type_, value, path, _):
        if value not in type_.values:
            raise Wrong(f"{path}: is not one of {', '.join(type_.values)}")
        self.see("value", type_.place, value)

    def check_list(self, type_, value, path, context):
        if type(value) is not list or len(value) > type_.high:
            raise Wrong(f"{path}: is not a list of at most {type_.high}")
        for i, item in enumerate(value):
            self.value(type_.of, item, f"{path}[{i}]", context)

    def check_message(self, type_, value, path, context):
        self.message(type_.name, value, path, context)

    def check_json(self, _, value, path, __):
        check_raw(value, path)


def is_marker(value):
    return type(value) is list and len(value) == 2 and all(type(number) is int and number >= 0 for number in value)
