"""How types, members and their attributes are said to people, and invented values of them: what the emitters for readers share."""
from datetime import datetime, timezone

from model import INT_MAX, snake

# Values that a reader believes, by domain.member or member; whatever is not here is made of its type.
INVENTED = {"people.name": "Ana Brook", "people.company": "Verdant Ltd", "doors.name": "Garden gate", "site.name": "Visa hall", "line": "line-1",
            "bits": 26, "card": "80000000", "grade": 3, "groups": "staff", "zone": 2, "from_zone": 1}
INVENTED_TIME = datetime(2026, 11, 24, 8, 30, tzinfo=timezone.utc)

ATTRIBUTES = {
    "see": "seen by {}", "personal": "personal: of {}", "keep": "kept {}", "compartment": "compartment {}",
    "mark": "marked {}", "purpose": "masked until a look opens it", "grave": "grave: needs a passkey", "undo": "undone by {}",
    "life_safety": "life safety: done at once, reviewed afterwards", "approve": "needs a second person", "rate": "at most {}", "desired": "desired state of {}",
    "forgets": "forgets {}", "changes": "changes {}",
}


def spoken(word):
    """rename_door → rename-door, as the command line has it."""
    return word.replace("_", "-")


def type_words(type_):
    if type_.kind == "list":
        return f"list of at most {type_.max}: {type_words(type_.of)}"
    named = {"ref": lambda: f"ref of {type_.table}", "message": lambda: type_.message.name, "enum": lambda: "one of " + ", ".join(type_.enum.values),
             "text": lambda: f"text of at most {type_.max} bytes", "bytes": lambda: bytes_words(type_), "int": lambda: "whole number" + bounds(type_),
             "time": lambda: "time, ms since 1970-01-01T00:00Z", "duration": lambda: "duration, ms" + bounds(type_), "bool": lambda: "true or false",
             "secret": lambda: f"secret of {of_bytes(type_)}, kept with the {type_.key}'s keys",
             "blob": lambda: f"file of at most {type_.max} bytes, by its SHA-256", "staged": lambda: f"text of at most {type_.max} bytes, by its SHA-256",
             "json": lambda: "any JSON", "id": lambda: "number of the row"}
    return named[type_.kind]()


def bytes_words(type_):
    return f"{of_bytes(type_)} in hexadecimal"


def of_bytes(type_):
    return f"{type_.max} bytes" if type_.min == type_.max else f"at most {type_.max} bytes"


def bounds(type_):
    low = f" from {type_.min}" if type_.min > (0 if type_.kind == "duration" else -INT_MAX) else ""
    return low + (f" to {type_.max}" if type_.max < INT_MAX else "")


def marks(f):
    """What a member is besides its type: may it lack, how is it found, and its attributes in words."""
    found = [word for word, is_so in (("optional", f.optional), ("or null", f.or_null), ("unique", f.unique), ("indexed", f.indexed)) if is_so]
    return found + ([f"due: {spoken(f.due)}"] if f.due else []) + attribute_words(f.attributes)


def attribute_words(attributes):
    """In the order of ATTRIBUTES; `act` and what is not in force (false) is left out."""
    return [ATTRIBUTES[key].format(value_words(attributes[key])) for key in ATTRIBUTES if attributes.get(key, "false") != "false"]


def value_words(value):
    if isinstance(value, dict):
        return ", ".join(f"{key} {value_words(inner)}" for key, inner in value.items())
    return ", ".join(map(value_words, value)) if isinstance(value, list) else str(value)


def written(type_):
    """How it is typed on the command line (src/cli/words.c reads it), where its type does not say so already."""
    if type_.kind == "list":
        return ", ".join(filter(None, (written(type_.of), "with commas between")))
    return {"ref": lambda: f"{snake(type_.table)}:N or N", "time": lambda: "2026-11-24, 2026-11-24T08:30Z or in milliseconds",
            "duration": lambda: "5s, 500ms or in milliseconds", "secret": lambda: "in hexadecimal",
            "blob": lambda: "@FILE", "staged": lambda: "@FILE"}.get(type_.kind, lambda: "")()


def between(value, type_):
    return min(max(value, type_.min), type_.max)


def invented(domain, f):
    """A value of the member, as JSON has it."""
    known = INVENTED.get(f"{domain}.{f.name}", INVENTED.get(f.name))
    return invented_value(domain, f.name, f.type, known)


def invented_value(domain, name, type_, known=None):
    if type_.kind == "list":
        return [invented_value(domain, name, type_.of, known)]
    if type_.kind == "message":
        return {f.name: invented(domain, f) for f in message_fields(type_.message)}
    if known is not None and fits(known, type_):
        return known
    return {"text": lambda: name.replace("_", " ").capitalize()[:type_.max], "bytes": lambda: invented_bytes(type_), "int": lambda: between(1, type_),
            "time": lambda: int(INVENTED_TIME.timestamp() * 1000), "duration": lambda: between(5000, type_), "bool": lambda: True, "ref": lambda: 3,
            "secret": lambda: invented_bytes(type_), "blob": lambda: "a1b2c3d4" * 8, "staged": lambda: "a1b2c3d4" * 8,
            "id": lambda: 3, "enum": lambda: type_.enum.values[0], "json": dict}[type_.kind]()


def invented_bytes(type_):
    n = between(4, type_)
    return ("a1b2c3d4" * (n // 4 + 1))[:2 * n]


def message_fields(message):
    return message.fields[:1] if message.one_of else [f for f in message.fields if not f.optional]


def fits(value, type_):
    if isinstance(value, str):
        return (type_.kind == "text" and len(value) <= type_.max) or (type_.kind == "bytes" and type_.min <= len(value) // 2 <= type_.max) or (
            type_.kind == "enum" and value in type_.enum.values)
    return type_.kind in ("int", "ref") and (type_.kind == "ref" or type_.min <= value <= type_.max)


def typed(type_, value):
    """An invented value as a person types it."""
    if type_.kind == "list":
        return ",".join(typed(type_.of, item) for item in value)
    if type_.kind == "time":
        return INVENTED_TIME.strftime("%Y-%m-%dT%H:%MZ")
    if type_.kind == "duration":
        return f"{value // 1000}s" if value % 1000 == 0 else f"{value}ms"
    if type_.kind == "bool":
        return "true" if value else "false"
    if type_.kind in ("blob", "staged"):
        return "@file"
    return str(value)
