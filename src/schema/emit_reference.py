"""gen/reference.md: what the mission knows, takes, says and refuses, for reading."""
from model import snake


def type_words(f):
    type_ = f.type.item()
    word = {"ref": f"ref of {type_.table}", "enum": "one of " + ", ".join(type_.enum.values) if type_.enum else "",
            "message": type_.message.name if type_.message else "", "text": f"text, at most {type_.max} bytes",
            "bytes": f"{type_.max} bytes" if type_.min == type_.max else f"at most {type_.max} bytes",
            "time": "time, ms since 1970-01-01T00:00Z", "duration": "duration, ms"}.get(type_.kind, type_.kind)
    if f.type.kind == "list":
        word = f"list of at most {f.type.max}: {word}"
    marks = [mark for mark in ("optional", "unique", "indexed") if getattr(f, mark)] + (["or null"] if f.or_null else []) + ([f"due: {f.due}"] if f.due else [])
    return word + (f" ({', '.join(marks)})" if marks else "")


def fields(message_fields):
    return "".join(f"- `{f.name}` {type_words(f)}\n" for f in message_fields) + "\n"


def domain(tree, name):
    lines = [f"# {name}\n\n{tree.abouts[name]}\n\n"]
    for t in (t for t in tree.tables.values() if t.domain == name):
        lines.append(f"## {t.name}\n\n{t.about} At most {t.at_most}; as a ref: `{snake(t.name)}:1`.\n\n{fields(t.fields)}")
    for i in (i for i in tree.inputs.values() if i.domain == name):
        lines.append(f"## {i.kind} `{i.name}`\n\n{i.about}" + (f" Given by: {', '.join(i.who)}." if i.who else "") + f"\n\n{fields(i.takes.fields)}")
        if i.gives:
            lines.append("Gives\n\n" + fields(i.gives.fields))
        if i.refuses:
            lines.append("Refuses with " + ", ".join(f"`{code}`" for code in i.refuses) + ".\n\n")
    for e in (e for e in tree.events.values() if e.domain == name):
        order = f" An order, good for {e.order.not_after} ms." if e.order else ""
        lines.append(f"## event `{e.name}`\n\n{e.about} Says: “{e.says['en']}”{order}\n\n{fields(e.body.fields)}")
    for r in (r for r in tree.refusals.values() if r.domain == name):
        lines.append(f"## refusal `{r.name}`\n\n{r.about} Says: “{r.sentences['en']}”\n\n")
    return "".join(lines)


def emit(tree):
    return {"reference.md": "".join(domain(tree, name) for name in tree.abouts)}
