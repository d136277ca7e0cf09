"""gen/codec.{h,c}: each message from and to JSON (schema/json.h); of a message with personal members also as it stands in an entry (schema/sealing.h)."""
import c
from model import snake

INT_MAX = "JSON_INT_MAX"


def bound(value):
    if abs(value) == 2**53 - 1:
        return INT_MAX if value > 0 else "-" + INT_MAX
    return str(value)


# Reading


def read_value(type_, target, j="j"):
    """An expression that reads one value into `target`, an lvalue."""
    if type_.kind == "text":
        return f"json_text({j}, {type_.max}, &{target})"
    if type_.kind == "bytes":
        return f"json_bytes({j}, {type_.min}, {type_.max}, &{target})"
    if type_.kind in ("blob", "staged"):
        return f"json_bytes({j}, {c.HASH_BYTES}, {c.HASH_BYTES}, &{target})"
    if type_.kind == "secret":
        return f"json_secret({j}, {type_.min}, {type_.max}, {str(type_.key == 'door').lower()}, &{target})"
    if type_.kind in ("int", "time", "duration"):
        return f"json_int({j}, {bound(type_.min)}, {bound(type_.max)}, &{target})"
    if type_.kind in ("id", "ref"):
        return f"json_id({j}, &{target})"
    if type_.kind == "bool":
        return f"json_bool({j}, &{target})"
    if type_.kind == "json":
        return f"json_raw({j}, &{target})"
    if type_.kind == "enum":
        return f"read_{type_.enum.c_name}({j}, &{target})"
    if type_.kind == "message":
        return f"read_{type_.message.c_name}({j}, &{target})"
    return f"read_{c.list_name(type_)}_{type_.max}{text_max(type_)}({j}, &{target})"


def text_max(type_):
    return f"_{type_.of.max}" if type_.of.kind == "text" else ""


def enum_functions(e):
    names = ", ".join(["{0}"] + [c.str_of(value) for value in e.values])
    name = e.c_name
    return f"""static const struct str names_of_{name}[] = {{{names}}};

struct str {name}_name(enum {name} value)
{{
	ASSERT((size_t)value < ARRAY_LEN(names_of_{name}));
	return names_of_{name}[value];
}}

bool {name}_of(struct str text, enum {name} *ret_value)
{{
	for (size_t i = 1; i < ARRAY_LEN(names_of_{name}); i++)
		if (str_eq(text, names_of_{name}[i])) {{
			*ret_value = (enum {name})i;
			return true;
		}}
	return false;
}}

__attribute__((unused)) static bool read_{name}(struct json *j, enum {name} *ret)
{{
	unsigned i = 0;
	if (!json_enum(j, names_of_{name}, ARRAY_LEN(names_of_{name}), &i))
		return false;
	*ret = (enum {name})i;
	return true;
}}
"""


def list_reader(type_):
    name, of = c.list_name(type_), c.value_type(type_.of)
    return f"""static bool read_{name}_{type_.max}{text_max(type_)}(struct json *j, struct {name} *ret)
{{
	struct json_array a;
	if (!json_array_begin(j, &a, {type_.max}))
		return false;
	{of} *at = NULL;
	size_t size = 0;
	while (json_array_next(j, &a)) {{
		if (a.n > size)
			at = json_array_grow(j, at, &size, {type_.max}, sizeof *at);
		if (!({read_value(type_.of, 'at[a.n - 1]')}))
			return json_in_item(j, a.n - 1);
	}}
	*ret = (struct {name}){{a.n, at}};
	return !j->what;
}}
"""


def read_case(i, f):
    if f.personal:
        lines = ["from = json_personal(j, &apart);", f"good = from ? json_personal_end(j, from, {read_value(f.type, f'ret->{f.name}', 'from')}) : !j->what;",
                 f"ret->erased |= (uint64_t)!from << {i};"]
        lines += [f"ret->has_{f.name} = from != NULL;"] if f.may_lack() else []
        return f"\t\tcase {i}:\n" + "".join(f"\t\t\t{line}\n" for line in lines) + "\t\t\tbreak;\n"
    read = read_value(f.type, f"ret->{f.name}")
    if f.or_null:
        lines = [f"ret->has_{f.name} = !json_null(j);", f"good = !ret->has_{f.name} || {read};"]
    elif f.optional:
        lines = [f"ret->has_{f.name} = true;", f"good = {read};"]
    else:
        lines = [f"good = {read};"]
    return f"\t\tcase {i}:\n" + "".join(f"\t\t\t{line}\n" for line in lines) + "\t\t\tbreak;\n"


def members(m, optional):
    rows = ", ".join(f"{{{c.str_of(chr(34) + f.name + chr(34) + ':')}, {optional(f)}}}" for f in m.fields)
    return f"\tstatic const struct json_member members[] = {{{rows}}};\n" if m.fields else ""


def message_reader(m):
    n = len(m.fields)
    table = "members" if n else "NULL"
    head = f"static bool read_{m.c_name}(struct json *j, struct {m.c_name} *ret)\n{{\n{members(m, lambda f: str(f.optional).lower())}"
    if not n:
        return head + """	struct json_object o;
	(void)ret;
	return json_object_begin(j, &o, NULL, 0) && json_object_next(j, &o) == JSON_LAST;
}
"""
    apart = "\tstruct json apart, *from;\n" if m.sealed() else ""
    return head + f"""	struct json_object o;
{apart}	*ret = (struct {m.c_name}){{0}};
	if (!json_object_begin(j, &o, {table}, {n}))
		return false;
	for (;;) {{
		int i = json_object_next(j, &o);
		bool good;
		switch (i) {{
{''.join(read_case(i, f) for i, f in enumerate(m.fields))}\t\tdefault:
			return i == JSON_LAST;
		}}
		if (!good)
			return json_in(j, &members[i]);
	}}
}}
"""


def one_of_reader(m):
    cases = "".join(f"\tcase {i}:\n\t\tret->kind = {c.upper(m.c_name)}_{c.upper(f.name)};\n"
                    f"\t\tgood = {read_value(f.type, 'ret->' + f.name)};\n\t\tbreak;\n" for i, f in enumerate(m.fields))
    return f"""static bool read_{m.c_name}(struct json *j, struct {m.c_name} *ret)
{{
{members(m, lambda f: 'true')}	struct json_object o;
	bool good;
	*ret = (struct {m.c_name}){{0}};
	if (!json_object_begin(j, &o, members, {len(m.fields)}))
		return false;
	int i = json_object_next(j, &o);
	switch (i) {{
{cases}	default:
		return i == JSON_WRONG ? false : json_fail(j, "has no member, and must have one");
	}}
	if (!good)
		return json_in(j, &members[i]);
	int next = json_object_next(j, &o);
	return next == JSON_LAST || (next >= 0 && json_fail(j, "has more than one member"));
}}
"""


# Writing


def write_value(type_, value, b="b", row=False):
    """A statement that writes one value; in a row, texts stand inside."""
    if type_.kind == "text":
        return f"json_put_text({b}, {value});"
    if type_.kind in ("bytes", "blob", "staged"):
        return f"json_put_bytes({b}, {value});"
    if type_.kind in ("int", "time", "duration"):
        return f"buf_put_i64({b}, {value});"
    if type_.kind in ("id", "ref", "secret"):
        return f"buf_put_u64({b}, {value});"
    if type_.kind == "bool":
        return f'buf_put_str({b}, {value} ? STR("true") : STR("false"));'
    if type_.kind == "json":
        return f"buf_put_str({b}, {value});"
    if type_.kind == "enum":
        return f"json_put_name({b}, {type_.enum.c_name}_name({value}));"
    if type_.kind == "message":
        return f"{type_.message.c_name}_write({b}, &{value});"
    return write_list(type_, value, b, row)


def write_list(type_, value, b, row):
    item = f"text_str({value}.at[i])" if row and c.stands_inside(type_.of) else f"{value}.at[i]"
    return (f"buf_put_char({b}, '[');\n\tfor (size_t i = 0; i < {value}.n; i++) {{\n\t\tif (i > 0)\n\t\t\tbuf_put_char({b}, ',');\n\t\t" +
            write_value(type_.of, item, b) + f"\n\t}}\n\tbuf_put_char({b}, ']');")


def whose(personal):
    """The subject of a personal member, in C."""
    if not personal.member:
        return "s->concerned"
    return f"(struct subject){{{c.str_of(snake(personal.table))}, v->{personal.member}}}"


def seal_value(f, value):
    """The same into a packet; where the value would stand, a marker."""
    statement = write_value(f.type, value, "apart")
    return (f"struct buf *apart = sealing_begin(s, {whose(f.personal)}, STR({c.string(f.personal.keep)}), {str(f.personal.of_row).lower()});\n"
            f"{statement}\nsealing_end(s, b);")


def indent(text, tabs):
    return "\n".join("\t" * tabs + line for line in text.split("\n")) + "\n"


def write_member(f, lead, value, seal, row):
    """`lead` is what stands before the member's name."""
    key = c.string(f'{lead}"{f.name}":')
    if seal and f.personal:
        body = "{\n" + indent(seal_value(f, value), 1) + "}"
        if f.optional:
            return f"\tif (v->has_{f.name}) {{\n\t\tBUF_LIT(b, {key});\n" + indent(body, 2) + "\t}\n"
        return f"\tBUF_LIT(b, {key});\n" + indent(body, 1)
    statement = write_value(f.type, value, row=row)
    if f.or_null:
        return (f"\tBUF_LIT(b, {key});\n\tif (v->has_{f.name}) {{\n" + indent(statement, 2) + "\t} else {\n\t\tBUF_LIT(b, \"null\");\n\t}\n")
    if f.optional:
        return f"\tif (v->has_{f.name}) {{\n\t\tBUF_LIT(b, {key});\n" + indent(statement, 2) + "\t}\n"
    return f"\tBUF_LIT(b, {key});\n" + indent(statement, 1)


def write_members(fields, value, seal=False, row=False):
    """The members of an object, braces included. Before one that is always there, each writes a comma; the first comma then becomes the brace."""
    if not fields:
        return '\tBUF_LIT(b, "{}");\n'
    if all(f.optional for f in fields[:1]):
        body = "".join(write_member(f, ",", value(f), seal, row) for f in fields)
        return f"\tsize_t begin = b->len;\n{body}\tjson_put_object_end(b, begin);\n"
    body = "".join(write_member(f, "{" if i == 0 else ",", value(f), seal, row) for i, f in enumerate(fields))
    return body + "\tBUF_LIT(b, \"}\");\n"


def writer(m):
    head = f"void {m.c_name}_write(struct buf *b, const struct {m.c_name} *v)\n{{\n"
    if not m.one_of:
        unused = "" if m.fields else "\t(void)v;\n"
        return head + unused + write_members(m.fields, lambda f: f"v->{f.name}") + "}\n" + sealer(m)
    cases = "".join(f"\tcase {c.upper(m.c_name)}_{c.upper(f.name)}:\n\t\tBUF_LIT(b, {c.string('{' + chr(34) + f.name + chr(34) + ':')});\n"
                    f"\t\t{write_value(f.type, 'v->' + f.name)}\n\t\tbreak;\n" for f in m.fields)
    return head + f"\tswitch (v->kind) {{\n{cases}\tcase {c.upper(m.c_name)}_NONE:\n\t\tWRONG(\"one of nothing\");\n\t}}\n\tBUF_LIT(b, \"}}\");\n}}\n"


def sealer(m):
    if not m.sealed():
        return ""
    return (f"\nvoid {m.c_name}_seal(struct buf *b, const struct {m.c_name} *v, struct sealing *s)\n{{\n" +
            write_members(m.fields, lambda f: f"v->{f.name}", True) + "}\n")


def public_reader(m):
    return f"""bool {m.c_name}_read(struct json *j, struct {m.c_name} *ret)
{{
	return read_{m.c_name}(j, ret) && json_end(j);
}}
"""


def emit(tree):
    declared = [f"struct str {e.c_name}_name(enum {e.c_name} value);\nbool {e.c_name}_of(struct str text, enum {e.c_name} *ret_value);"
                for e in tree.enums.values()]
    declared += [f"bool {m.c_name}_read(struct json *j, struct {m.c_name} *ret);\nvoid {m.c_name}_write(struct buf *b, const struct {m.c_name} *v);"
                 for m in tree.messages]
    declared += [f"void {m.c_name}_seal(struct buf *b, const struct {m.c_name} *v, struct sealing *s);" for m in tree.messages if m.sealed()]
    parts = [enum_functions(e) for e in tree.enums.values()]
    lists = set()
    for m in tree.messages:
        for f in m.fields:
            name = f.type.kind == "list" and read_value(f.type, "")
            if name and name not in lists:
                lists.add(name)
                parts.append(list_reader(f.type))
        parts += [one_of_reader(m) if m.one_of else message_reader(m), public_reader(m), writer(m)]
    about = "Each message from and to JSON; a reader takes the whole text, and says in `j` what is wrong. X_seal writes it as it stands in an entry."
    return {"codec.h": c.header("CODEC", about, ["gen/types.h", "schema/json.h", "schema/sealing.h"], "\n".join(declared)),
            "codec.c": c.source(["gen/codec.h"], "\n".join(parts))}
