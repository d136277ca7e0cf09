"""chancery.ts: what the API and the contract's lines are made of, for TypeScript's strict mode; types alone, no code."""
from model import LANGUAGES, ROLES
from said import attribute_words, type_words

HEAD = """/* Chancery's inputs, events, refusals, rows and lines as TypeScript types. Made from the schemas; do not edit. */

/** Milliseconds since 1970-01-01T00:00Z. */
export type Time = number;
/** Milliseconds. */
export type Duration = number;
/** Bytes in lower-case hexadecimal digits. */
export type Hex = string;
/** A whole number, its magnitude below 2^53. */
export type Whole = number;
export type Json = null | boolean | number | string | readonly Json[] | { readonly [member: string]: Json };
/** A personal value where it is read; null: erased. */
export type Personal<T> = T | null;
"""


def pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def value(type_, readable=False):
    """A secret is read as its number alone."""
    if type_.kind == "list":
        inner = value(type_.of, readable)
        return f"readonly ({inner})[]" if "|" in inner else f"readonly {inner}[]"
    return {"text": lambda: "string", "bytes": lambda: "Hex", "secret": lambda: "Whole" if readable else "Hex", "blob": lambda: "Hex",
            "staged": lambda: "Hex", "int": lambda: "Whole", "time": lambda: "Time", "duration": lambda: "Duration",
            "bool": lambda: "boolean", "json": lambda: "Json", "id": lambda: "Whole", "ref": lambda: f"{type_.table}Ref",
            "enum": lambda: pascal(type_.enum.c_name), "message": lambda: type_name(type_.message)}[type_.kind]()


def type_name(message):
    return pascal(message.c_name)


def doc(words, indent=""):
    return f"{indent}/** {words.replace('*/', '* /')} */\n"


def member(f, readable=False, lacks=False):
    """`readable`: where it is read, a personal value may be erased; `lacks`: a reader may not see every member."""
    type_ = value(f.type, readable)
    if readable and "personal" in f.attributes:
        type_ = f"Personal<{type_}>"
    if f.or_null:
        type_ += " | null"
    words = "; ".join([type_words(f.type), *attribute_words(f.attributes)])
    return doc(words[:1].upper() + words[1:] + ".", "  ") + f"  readonly {f.name}{'?' if f.optional or lacks else ''}: {type_};\n"


def interface(name, about, fields, readable=False, key=None):
    if not fields:
        return doc(about) + f"export type {name} = {{ readonly [member: string]: never }};\n"
    body = "".join(member(f, readable, key is not None and f is not key) for f in fields)
    return doc(about) + f"export interface {name} {{\n{body}}}\n"


def message(m):
    if not m.one_of:
        return interface(type_name(m), m.about, m.fields)
    variants = "".join(f"  | {{ readonly {f.name}: {value(f.type)} }}\n" for f in m.fields)
    return doc(m.about) + f"export type {type_name(m)} =\n{variants.rstrip()};\n"


def union(words):
    return " | ".join(f'"{word}"' for word in words) or "never"


def index(name, about, rows):
    """An interface from names to what stands behind them."""
    body = "".join(f"  readonly {key}: {type_};\n" for key, type_ in rows)
    return doc(about) + f"export interface {name} {{\n{body}}}\n"


def command_row(tree, i):
    codes = i.refuses + [r.name for r in tree.refusals.values() if r.any_command]
    gives = type_name(i.gives) if i.gives else "Nothing"
    return f'"{i.name}"', f"{{ readonly takes: {type_name(i.takes)}; readonly gives: {gives}; readonly refuses: {union(codes)} }}"


def emit(book):
    tree = book.tree
    commands = [i for i in tree.inputs.values() if i.kind == "command"]
    reports = [i for i in tree.inputs.values() if i.kind == "report"]
    parts = [HEAD, f"export type Role = {union(ROLES)};\nexport type Language = {union(LANGUAGES)};\n",
             "/** Gives nothing. */\nexport type Nothing = { readonly [member: string]: never };\n"]
    parts += [f"export type {pascal(e.c_name)} = {union(e.values)};\n" for e in tree.enums.values()]
    parts += [doc(f"A row of {t.name}, by its number.") + f"export type {t.name}Ref = number;\n" for t in tree.tables.values()]
    parts += [message(m) for m in tree.messages if m.name]
    parts += [interface(t.name, f"{t.about} Members that the reader may not see are absent.", t.fields, True, t.key()) for t in tree.tables.values()]
    for i in tree.inputs.values():
        parts.append(interface(type_name(i.takes), i.about, i.takes.fields))
        parts += [interface(type_name(i.gives), i.gives.about, i.gives.fields)] if i.gives else []
    parts += [interface(type_name(e.body), f"{e.about} “{e.says['en']}”", e.body.fields, True) for e in tree.events.values()]
    parts += [interface(type_name(r.takes), f"{r.about} “{r.sentences['en']}”", r.takes.fields) for r in tree.refusals.values()]
    parts.append(index("Commands", "What a person may ask for: what it takes, gives and may be refused with.", [command_row(tree, i) for i in commands]))
    parts.append(index("Reports", "What a machine may say happened.", [(f'"{i.name}"', type_name(i.takes)) for i in reports]))
    parts.append(index("Events", "What the mission makes of it.", [(f'"{e.name}"', type_name(e.body)) for e in tree.events.values()]))
    parts.append(index("Refusals", "Why nothing is made of it.", [(r.name, type_name(r.takes)) for r in tree.refusals.values()]))
    parts.append(index("Tables", "What the mission knows, by the names that refs have.", [(t.c_name, t.name) for t in tree.tables.values()]))
    for one, many, body in (("Event", "Events", "body"), ("Refusal", "Refusals", "takes")):
        parts.append(f"export type {one} = {{ [Name in keyof {many}]: {{ readonly name: Name; readonly {body}: {many}[Name] }} }}[keyof {many}];\n")
    return {"chancery.ts": "\n".join(parts)}
