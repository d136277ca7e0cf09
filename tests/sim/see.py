#!/usr/bin/python3
"""Who may see and do what, as C tables, read from the schemas as they are written: see.py OUT.c SCHEMA.yaml…

The simulator's oracle (tests/sim/see.h) must not believe the generator whose tables decide in the hub. So this reads with plain.py, which shares nothing with
it, and says once more which roles stand above which.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "schema"))
import plain  # noqa: E402

ROLES = ("head_of_mission", "security_officer", "duty_officer", "guard", "reception", "staff", "liaison", "auditor", "administrator")
# Who sees what the other sees.
ABOVE = {"staff": {"guard", "reception", "liaison", "duty_officer", "security_officer", "head_of_mission", "auditor"},
         "guard": {"duty_officer", "security_officer"}, "reception": {"duty_officer", "security_officer"}, "duty_officer": {"security_officer"}}
MARKS = ("open", "restricted", "confidential", "secret")
UNITS_MS = {"s": 1000, "m": 60000, "h": 3600000, "d": 86400000}


def bits(roles):
    return sum(1 << ROLES.index(role) for role in set(roles) if role in ROLES)


def sight(roles):
    return bits(set(roles).union(*(ABOVE.get(role, ()) for role in roles)))


def snake(name):
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def text(word):
    return f'"{word}"' if word else "NULL"


class Table:
    """Rows of the C tables, gathered by domain."""

    def __init__(self, schemas):
        self.schemas = plain.Schemas(schemas)
        self.sees = {domain: root.value["see"].plain() if "see" in root.value else [] for domain, root in schemas}
        self.members, self.bodies = [], []

    def body(self, kind, name, thing, domain):
        default = thing.attributes.get("see", self.sees[domain])
        rows = [self.member(member, thing.body.members, default) for member in thing.body.members.values()]
        a = thing.attributes
        commands = (f"{bits(a.get('who', []))}u, {bits(a['approve']['by'] if 'approve' in a else [])}u, {flag(a.get('grave') == 'true')}, "
                    f"{flag(a.get('life_safety') == 'true')}, {text(a.get('undo'))}, {self.box(a)}")
        self.bodies.append(f"    {{SEE_{kind.upper()}, {text(name)}, {sight(default)}u, {len(self.members)}, {len(rows)}, {commands}}},\n")
        self.members += rows

    @staticmethod
    def box(attributes):
        return int(attributes["box"]["bytes"]) if "box" in attributes else 0

    def member(self, member, siblings, default):
        a = member.attributes
        see = a.get("see", default)
        type_ = member.type.of if member.type.kind == "list" else member.type
        myself = next((word for word in see if word not in ROLES and word in siblings), None)
        whose = siblings.get(a.get("personal"))
        return (f"    {{{text(member.name)}, {sight(see)}u, {text(myself)}, {MARKS.index(a.get('mark', 'open'))}, {flag(a.get('purpose') == 'true')}, "
                f"{flag('personal' in a)}, {flag(type_.kind == 'secret')}, {text(snake(type_.name) if type_.kind == 'ref' else None)}, "
                f"{text(whose and whose.name)}, {text(whose and snake(whose.type.name))}}},\n")

    def emit(self):
        for (kind, name), thing in self.schemas.inputs.items():
            self.body(kind, name, thing, name.split(".")[0])
        for name, thing in self.schemas.events.items():
            self.body("event", name, thing, name.split(".")[0])
        for code, thing in self.schemas.refusals.items():
            self.body("refusal", code, thing, self.home(code))
        for name, thing in self.schemas.tables.items():
            self.body("table", snake(name), thing, self.home(name))
        roles = ", ".join(map(text, ROLES))
        labels = "".join(f"    {{{text(snake(name))}, {text(thing.attributes['label'])}}},\n"
                         for name, thing in self.schemas.tables.items() if "label" in thing.attributes)
        return ('#include "sim/see.h"\n\n'
                f"const char *const see_roles[] = {{{roles}}};\nconst size_t n_see_roles = {len(ROLES)};\n\n"
                f"const struct see_member see_members[] = {{\n{''.join(self.members)}}};\n\n"
                f"const struct see_body see_bodies[] = {{\n{''.join(self.bodies)}}};\nconst size_t n_see_bodies = {len(self.bodies)};\n\n"
                f"const struct see_label see_labels[] = {{\n{labels}}};\nconst size_t n_see_labels = ARRAY_LEN(see_labels);\n")

    def home(self, name):
        """The domain in whose file it stands."""
        return next(domain for domain, root in self.schemas.roots.items() for section in ("refusals", "tables") if name in dict(plain.parts(root, section)))


def flag(value):
    return "true" if value else "false"


def main():
    table = Table(plain.read_files(sys.argv[2:]))
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        out.write(table.emit())


if __name__ == "__main__":
    main()
