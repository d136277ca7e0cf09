"""gen/words.c: the data of schema/words.h."""
import c
from model import LANGUAGES, MARKS, ROLES, snake, who_see


def kind(type_):
    return "INT" if type_.kind == "id" else type_.kind.upper()


def member_row(f):
    type_ = f.type.item()
    table = c.str_of(snake(type_.table)) if type_.kind == "ref" else "{0}"
    values = f"values_of_{type_.enum.c_name}, {len(type_.enum.values)}" if type_.kind == "enum" else "NULL, 0"
    return (f"\t{{{c.str_of(f.name)}, WORD_{kind(type_)}, {str(f.type.kind == 'list').lower()}, {str(f.may_lack()).lower()}, {table}, "
            f"INT64_C({type_.min}), INT64_C({type_.max}), {values},\n\t {sight(f)}}},\n")


def sight(f):
    """Who may see it, as struct word_member has it."""
    roles = sum(1 << ROLES.index(role) for role in f.see)
    flag = {True: "true", False: "false"}
    whose = c.str_of(snake(f.personal.table)) if f.personal and f.personal.table else "{0}"
    return (f"{roles:#x}, {c.str_of(f.self) if f.self else '{0}'}, {MARKS.index(f.mark)}, {flag[f.purpose]}, {flag[bool(f.personal)]}, {whose}, "
            f"{c.str_of(f.personal.member) if f.personal and f.personal.member else '{0}'}")


def members(name, message):
    if message is None or not message.fields:
        return "", "{NULL, 0}"
    return (f"static const struct word_member {name}[] = {{\n{''.join(map(member_row, message.fields))}}};\n", f"{{{name}, {len(message.fields)}}}")


def sentences(says):
    return "{" + ", ".join(c.str_of(says[language]) for language in LANGUAGES) + "}"


def enum_values(tree):
    return "".join(f"__attribute__((unused)) static const struct str values_of_{e.c_name}[] = {{{', '.join(map(c.str_of, e.values))}}};\n"
                   for e in tree.enums.values())


def finder(what, rows, count):
    return f"""const struct {what}_words *words_of_{what}(struct str name)
{{
	for (size_t i = 0; i < {count}; i++)
		if (str_eq({rows}[i].name, name))
			return &{rows}[i];
	return NULL;
}}
"""


def owner_roles(tree, domain, owner):
    """Who sees that it is there at all: by its own `see`, or its domain's."""
    return sum(1 << ROLES.index(role) for role in who_see(owner.attributes.get("see", tree.sees[domain])))


def label_of(table):
    return next(f for f in table.fields if f.name == table.label)


def emit(tree):
    parts = [enum_values(tree)]
    inputs, events, refusals = [], [], []
    for i in sorted(tree.inputs.values(), key=lambda i: (i.kind != "command", i.name)):
        takes, takes_ref = members(f"takes_of_{i.takes.c_name}", i.takes)
        gives, gives_ref = members(f"gives_of_{i.takes.c_name}", i.gives)
        parts.append(takes + gives)
        inputs.append(f"\t{{{c.str_of(i.name)}, {c.str_of(i.about)}, {owner_roles(tree, i.domain, i):#x}, {takes_ref}, {gives_ref}}},\n")
    for e in tree.events.values():
        fields, ref = members(f"fields_of_{e.body.c_name}", e.body)
        parts.append(fields)
        events.append(f"\t{{{c.str_of(e.name)}, {c.str_of(e.about)}, {owner_roles(tree, e.domain, e):#x},\n\t {sentences(e.says)}, {ref}}},\n")
    for r in tree.refusals.values():
        takes, ref = members(f"takes_of_{r.takes.c_name}", r.takes)
        parts.append(takes)
        refusals.append(f"\t{{{c.str_of(r.name)}, {c.str_of(r.about)},\n\t {sentences(r.sentences)}, {ref}}},\n")
    labels = "".join(f"\t{{{c.str_of(t.c_name)},\n{member_row(label_of(t)).rstrip().rstrip(',')}}},\n" for t in tree.tables.values() if t.label)
    commands = [i for i in tree.inputs.values() if i.kind == "command"]
    domains = sorted({i.domain for i in commands})
    parts += [f"const struct input_words input_words[] = {{\n{''.join(inputs)}}};\nconst size_t n_input_words = ARRAY_LEN(input_words);\n"
              f"const size_t n_command_words = {len(commands)};\n",
              f"static const struct event_words event_words[] = {{\n{''.join(events)}}};\n",
              f"static const struct refusal_words refusal_words[] = {{\n{''.join(refusals)}}};\n",
              f"const struct label_words label_words[] = {{\n{labels}}};\nconst size_t n_label_words = ARRAY_LEN(label_words);\n",
              "const struct domain_words domain_words[] = {\n" + "".join(f"\t{{{c.str_of(d)}, {c.str_of(tree.abouts[d])}}},\n" for d in domains) +
              "};\nconst size_t n_domain_words = ARRAY_LEN(domain_words);\n",
              f"const struct str role_words[] = {{{', '.join(map(c.str_of, ROLES))}}};\nconst size_t n_role_words = ARRAY_LEN(role_words);\n",
              finder("event", "event_words", "ARRAY_LEN(event_words)"), finder("refusal", "refusal_words", "ARRAY_LEN(refusal_words)"),
              finder("input", "input_words", "ARRAY_LEN(input_words)"),
              finder("input", "input_words", "n_command_words").replace("words_of_input", "words_of_command")]
    return {"words.c": c.source(["schema/words.h"], "\n".join(part for part in parts if part))}
