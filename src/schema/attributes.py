"""What a member, a command or an event says of itself beside its type: who sees it, whose it is, how long it is kept, who else must agree.

Part of the second storey (tree.py): a Builder inherits this. A member that is `like` a column has the column's attributes, unless it says otherwise.
"""
import re

from model import *  # noqa: F403

KEEP = re.compile(r"[1-9][0-9]{0,3}[dmy]$")
COMPARTMENT = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")

MEMBER_ATTRIBUTES = {"see", "personal", "keep", "mark", "purpose"}
COMMAND_ATTRIBUTES = {"act", "grave", "life_safety", "approve", "undo", "rate"}
INPUT_ATTRIBUTES = {"see", "box"}
EVENT_ATTRIBUTES = {"desired", "compartment", "forgets", "changes", "see"}
# A value of these that was erased is empty, or 0 where it would name a row; of any other kind it must be able to be missing.
ERASABLE = {"text", "bytes", "json", "list", "ref", "blob"}
DAY_MS = 24 * 60 * 60 * 1000


class Attributes:
    # Members

    def member_attributes(self, node, siblings):
        """The attributes that the member writes itself, their form checked."""
        found = {}
        for key in MEMBER_ATTRIBUTES & set(node.value):
            value = node.value[key]
            if key == "see":
                self.see(value, siblings)
            elif key == "keep" and not (value.is_text() and KEEP.match(value.value)):
                self.wrong(value, "keep is a number of days, months or years", "write 90d, 6m or 2y")
            elif key == "personal" and not (value.is_text() and value.value in [*siblings, "concerned"]):
                self.wrong(value, "personal names the member whose person it is", f"one of: {', '.join([*siblings, 'concerned'])}")
            elif key == "mark":
                self.mark(value)
            elif key == "purpose":
                self.flag(value)
            found[key] = value.plain()
        return found

    def mark(self, node):
        if node.is_text() and node.value in MARKS:
            return node.value
        self.wrong(node, "this is no marking", f"one of: {', '.join(MARKS)}")
        return MARKS[0]

    def see(self, node, members):
        """Roles, and members that name a person."""
        found = self.words(node, "see")
        for word in found:
            if word not in ROLES and word not in members:
                self.unknown(node, "role or member", word, ROLES)
        return found

    def inherited(self, domain, node, likes=()):
        """What `like` brings; {} without it."""
        if not node.is_map() or "like" not in node.value or not node.value["like"].is_text() or node.value["like"].value in likes:
            return {}
        name = node.value["like"].value
        found = self.type_nodes.get((domain, *name.split(".", 1))) or self.type_nodes.get(("", *name.split(".", 1)))
        if not found or not found[0].is_map():
            return {}
        like = found[0]
        return {**self.inherited(domain, like, (*likes, name)), **{key: like.value[key].plain() for key in MEMBER_ATTRIBUTES & set(like.value)}}

    def attribute(self, domain, node, result, siblings, in_table, default_see):
        """Fills a Field's attributes from what its node says, what it is like, and what its owner says."""
        own = self.member_attributes(node, siblings) if node.is_map() else {}
        every = {**self.inherited(domain, node), **own}
        result.attributes, result.every = own, every
        result.mark, result.purpose = every.get("mark", MARKS[0]), every.get("purpose") == "true"
        see = [word for word in every.get("see", default_see) if isinstance(word, str)]
        result.see = who_see(see)
        result.self = next((word for word in see if word not in ROLES and word in siblings), None)
        for key, use in (("keep", "kept for a time"), ("purpose", "opened by a look")):
            if key in own and "personal" not in every:
                self.wrong(node.value[key], f"only something personal is {use}", "say whose it is: personal: MEMBER", at_key=True)
        if "personal" in every:
            result.personal = self.personal(node, result, own, every, siblings, in_table)

    def personal(self, node, result, own, every, siblings, in_table):
        if "keep" not in every:
            self.wrong(node, "something personal is kept for ever", "say how long: keep: 90d", at_key=True)
        if result.type.kind not in ERASABLE and not result.optional:
            self.wrong(node, f"{result.name} could not be erased", f"make it optional, or one of: {', '.join(sorted(ERASABLE))}", at_key=True)
        member = every["personal"] if every["personal"] in siblings else None
        if in_table and not member:
            self.wrong(node.value["personal"], "a row concerns nobody but whom it names", "name a member")
        return Personal(member, None, every.get("keep", ""), "keep" not in own)

    def bind_personal(self, node, fields, table_name):
        """Once all members are known: the one that `personal` names must name a row."""
        for f in fields:
            if not f.personal or not f.personal.member:
                continue
            whose = next((g for g in fields if g.name == f.personal.member), None)
            if whose and whose.type.kind == "ref":
                f.personal.table = whose.type.table
            elif whose and whose.type.kind == "id" and table_name:
                f.personal.table = table_name
            elif whose:
                self.wrong(node.value[f.name], f"{whose.name} names nobody", "personal names a ref, or the row itself", at_key=True)

    # Inputs and events

    def duration(self, node):
        """Milliseconds of 30s, 10m, 1h, 2d."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})(s|m|h|d)", node.value) if node.is_text() else None
        if not found:
            self.wrong(node, "this is no duration", "write 30s, 10m, 1h or 2d")
            return DAY_MS
        return int(found[1]) * {"s": 1000, "m": 60000, "h": 3600000, "d": DAY_MS}[found[2]]

    def command_attributes(self, node, result):
        result.grave = "grave" in node.value and self.flag(node.value["grave"])
        result.life_safety = "life_safety" in node.value and self.flag(node.value["life_safety"])
        result.undo = node.value["undo"].plain() if "undo" in node.value else None
        result.attributes.update({key: node.value[key].plain() for key in COMMAND_ATTRIBUTES & set(node.value)})
        if "approve" in node.value and self.keys(node.value["approve"], {"by", "within"}, "approve"):
            result.approve = self.approve(node.value["approve"])
        if "rate" in node.value and self.keys(node.value["rate"], {"times", "every"}, "rate"):
            result.rate = self.rate(node.value["rate"])
        if result.life_safety and (result.grave or result.approve or result.rate):
            self.wrong(node, "what saves life waits for nobody", "delete grave, approve and rate", at_key=True)

    def both(self, node, first, second, of):
        missing = [key for key in (first, second) if key not in node.value]
        for key in missing:
            self.wrong(node, f"{of} has no “{key}”", f"write {{{first}: …, {second}: …}}", at_key=True)
        return not missing

    def approve(self, node):
        if not self.both(node, "by", "within", "approve"):
            return None
        roles = self.words(node.value["by"], "by")
        for role in set(roles) - set(ROLES):
            self.unknown(node.value["by"], "role", role, ROLES)
        return roles, self.duration(node.value["within"])

    def rate(self, node):
        if not self.both(node, "times", "every", "rate"):
            return None
        return self.number(node.value["times"], 1, 10000), self.duration(node.value["every"])

    def box(self, node):
        if not self.keys(node, {"compartment", "bytes"}, "a box") or not self.both(node, "compartment", "bytes", "a box"):
            return None
        return self.text(node, "compartment", "a box", COMPARTMENT), self.number(node.value["bytes"], 64, 4096)

    def event_attributes(self, node, event):
        event.attributes = {key: node.value[key].plain() for key in EVENT_ATTRIBUTES & set(node.value)}
        if "desired" in node.value:
            event.desired = self.desired(node.value["desired"], event.body)
        if "compartment" in node.value:
            event.compartment = self.text(node, "compartment", event.name, COMPARTMENT)
            if event.body.sealed():
                self.wrong(node, f"{event.name} lies in a box, where {event.body.sealed()[0].name} could not be forgotten", "name a row instead", at_key=True)
        if "forgets" in node.value:
            event.forgets = self.text(node, "forgets", event.name)
            if not any(f.name == event.forgets and f.type.kind == "ref" and not f.may_lack() for f in event.body.fields):
                self.wrong(node.value["forgets"], f"“{event.forgets}” names no row", "name a ref of this event that is always there")
        if "changes" in node.value:
            event.changes = node.value["changes"].plain() != "nothing"
            if event.changes:
                self.wrong(node.value["changes"], "an event changes rows, or nothing", "write changes: nothing, or leave it out")

    def desired(self, node, body):
        """{driver: reader.line}: as an order's, but until the next one of the same row."""
        if not self.keys(node, {"driver"}, "desired"):
            return None
        found = self.driver_of(node, body, "desired")
        return found and Order(*found, 0)
