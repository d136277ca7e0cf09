"""gen/facts.{h,c}: the vocabularies that rules are written in (schema/facts.h)."""
import c


def emit(tree):
    declared, parts = [], []
    for v in tree.facts:
        names = [f"{c.upper(v.c_name)}_{c.upper(fact.replace('.', '_'))}" for fact, *_ in v.facts]
        constants = "".join(f"\t{name},\n" for name in names) + f"\t{c.upper(v.c_name)}_FACTS,\n"
        declared.append(f"/* {v.about} */\nenum {v.c_name}_fact {{\n{constants}}};\nextern const struct vocabulary {v.c_name}_vocabulary;\n")
        rows = "".join(f"\t{{{c.str_of(fact)}, FACT_{kind.upper()}, {c.str_of(about)}, {str(personal).lower()}}},\n"
                       for fact, kind, about, personal in v.facts)
        parts.append(f"static const struct fact_name facts_of_{v.c_name}[] = {{\n{rows}}};\n\n"
                     f"const struct vocabulary {v.c_name}_vocabulary = {{{c.str_of(v.name)}, facts_of_{v.c_name}, {len(v.facts)}}};\n")
    return {"facts.h": c.header("FACTS", "What rules may ask.", ["schema/facts.h"], "\n".join(declared)),
            "facts.c": c.source(["gen/facts.h"], "\n".join(parts))}
