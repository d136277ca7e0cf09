"""gen/types.h: enums, messages and rows as C structs."""
import c


def enum(e):
    values = [f"{c.upper(e.c_name)}_NONE"] + [c.enum_value(e, value) for value in e.values]
    return f"enum {e.c_name} {{\n" + "".join(f"\t{value},\n" for value in values) + "};\n"


def list_struct(type_):
    return f"struct {c.list_name(type_)} {{\n\tsize_t n;\n\tconst {c.value_type(type_.of)} *at;\n}};\n"


def member(f, type_name):
    has = f"\tbool has_{f.name};\n" if f.may_lack() else ""
    return f"{has}\t{type_name(f.type)} {f.name};\n"


def message(m):
    about = f"/* {m.about} */\n" if m.about else ""
    if not m.one_of:
        erased = "\tuint64_t erased; /* bit i: member i was sealed, and its key is gone */\n" if m.sealed() else ""
        return about + f"struct {m.c_name} {{\n" + "".join(member(f, c.value_type) for f in m.fields) + erased + "};\n"
    kinds = [f"{c.upper(m.c_name)}_NONE"] + [f"{c.upper(m.c_name)}_{c.upper(f.name)}" for f in m.fields]
    return (about + f"enum {m.c_name}_kind {{\n" + "".join(f"\t{kind},\n" for kind in kinds) + "};\n" +
            f"struct {m.c_name} {{\n\tenum {m.c_name}_kind kind;\n\tunion {{\n" +
            "".join(f"\t\t{c.value_type(f.type)} {f.name};\n" for f in m.fields) + "\t};\n};\n")


def text_struct(size):
    return f"struct text_{size} {{\n\tuint16_t len;\n\tchar at[{size}];\n}};\n"


def row_list(type_):
    return f"{c.row_type(type_)} {{\n\tuint16_t n;\n\t{c.row_type(type_.of)} at[{type_.max}];\n}};\n"


def table(t):
    return (f"/* {t.about} */\nenum {{ {c.upper(t.c_name)}_AT_MOST = {t.at_most} }};\n" +
            f"struct {t.c_name} {{\n" + "".join(member(f, c.row_type) for f in t.fields) + "};\n")


def constants(name, values):
    return f"enum {name} {{\n" + "".join(f"\t{value},\n" for value in values) + "};\n"


def emit(tree):
    parts = [enum(e) for e in tree.enums.values()]
    lists = {"str_list"}
    parts.append("struct str_list {\n\tsize_t n;\n\tconst struct str *at;\n};\n")
    for m in tree.messages:
        for f in m.fields:
            if f.type.kind == "list" and c.list_name(f.type) not in lists:
                lists.add(c.list_name(f.type))
                parts.append(list_struct(f.type))
        parts.append(message(m))
    columns = [f.type for t in tree.tables.values() for f in t.fields]
    parts += [text_struct(n) for n in sorted({c.row_bytes(x.item()) for x in columns if c.stands_inside(x.item())})]
    parts += list({c.row_type(x): row_list(x) for x in columns if x.kind == "list"}.values())
    parts += [table(t) for t in tree.tables.values()]
    parts.append(constants("event", ["EVENT_NONE"] + [c.event_constant(e) for e in tree.events.values()] +
                           [f"EVENT_{e.body.c_name} = {c.event_constant(e)}" for e in tree.events.values()]))
    parts.append(constants("refusal", ["REFUSAL_NONE"] + list(tree.refusals)))
    parts.append(constants("timer", ["TIMER_NONE"] + [c.timer_constant(t, f) for t, f in tree.timers()]))
    parts.append(constants("language", ["LANGUAGE_EN", "LANGUAGE_FR", "LANGUAGE_ES", "LANGUAGE_AR", "LANGUAGES"]))
    return {"types.h": c.header("TYPES", "Enums, messages and rows.", ["base/str.h"], "\n".join(parts))}
