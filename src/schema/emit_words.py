"""gen/words.c: the data of schema/words.h."""
import c
from model import LANGUAGES, ROLES, snake


def kind(type_):
    return "INT" if type_.kind == "id" else type_.kind.upper()


def member_row(f):
    type_ = f.type.item()
    table = c.str_of(snake(type_.table)) if type_.kind == "ref" else "{0}"
    values = f"values_of_{type_.enum.c_name}, {len(type_.enum.values)}" if type_.kind == "enum" else "NULL, 0"
    return (f"\t{{{c.str_of(f.name)}, WORD_{kind(type_)}, {str(f.type.kind == 'list').lower()}, {str(f.may_lack()).lower()}, {table}, "
            f"INT64_C({type_.min}), INT64_C({type_.max}), {values}}},\n")


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


def emit(tree):
    parts = [enum_values(tree)]
    commands, events, refusals = [], [], []
    for i in sorted((i for i in tree.inputs.values() if i.kind == "command"), key=lambda i: i.name):
        takes, takes_ref = members(f"takes_of_{i.takes.c_name}", i.takes)
        gives, gives_ref = members(f"gives_of_{i.takes.c_name}", i.gives)
        parts.append(takes + gives)
        commands.append(f"\t{{{c.str_of(i.name)}, {c.str_of(i.about)}, {takes_ref}, {gives_ref}}},\n")
    for e in tree.events.values():
        fields, ref = members(f"fields_of_{e.body.c_name}", e.body)
        parts.append(fields)
        events.append(f"\t{{{c.str_of(e.name)}, {c.str_of(e.about)},\n\t {sentences(e.says)}, {ref}}},\n")
    for r in tree.refusals.values():
        takes, ref = members(f"takes_of_{r.takes.c_name}", r.takes)
        parts.append(takes)
        refusals.append(f"\t{{{c.str_of(r.name)}, {c.str_of(r.about)},\n\t {sentences(r.sentences)}, {ref}}},\n")
    domains = sorted({i.domain for i in tree.inputs.values() if i.kind == "command"})
    parts += [f"const struct input_words command_words[] = {{\n{''.join(commands)}}};\nconst size_t n_command_words = ARRAY_LEN(command_words);\n",
              f"static const struct event_words event_words[] = {{\n{''.join(events)}}};\n",
              f"static const struct refusal_words refusal_words[] = {{\n{''.join(refusals)}}};\n",
              "const struct domain_words domain_words[] = {\n" + "".join(f"\t{{{c.str_of(d)}, {c.str_of(tree.abouts[d])}}},\n" for d in domains) +
              "};\nconst size_t n_domain_words = ARRAY_LEN(domain_words);\n",
              f"const struct str role_words[] = {{{', '.join(map(c.str_of, ROLES))}}};\nconst size_t n_role_words = ARRAY_LEN(role_words);\n",
              finder("event", "event_words", "ARRAY_LEN(event_words)"), finder("refusal", "refusal_words", "ARRAY_LEN(refusal_words)"),
              finder("input", "command_words", "ARRAY_LEN(command_words)").replace("words_of_input", "words_of_command")]
    return {"words.c": c.source(["schema/words.h"], "\n".join(part for part in parts if part))}
