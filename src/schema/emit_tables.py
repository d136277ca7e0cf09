"""gen/tables.{h,c}: the mission's state: a typed face for each table over schema/table.h, and what is asked of all tables together."""
import c
import emit_codec
from model import snake


def indexed(t):
    return [f for f in t.fields if f.unique or f.indexed]


def dues(t):
    return [f for f in t.fields if f.due]


def key(f, value):
    kind = "text" if f.type.kind in ("text", "bytes") else "number"
    return f"key_{kind}({'(uint64_t)' if kind == 'number' else ''}{value})"


def key_type(f):
    return c.value_type(f.type)


def signatures(t):
    """[(declaration, body)] of a table's functions."""
    n = t.c_name
    table = f"&s->{n}"
    made = [
        (f"const struct {n} *{n}_get(const struct state *s, uint64_t id)", f"return table_get({table}, id);"),
        (f"struct {n} *{n}_edit(struct state *s, uint64_t id)", f"struct {n} *row = table_get({table}, id);\n\tASSERT(row);\n\treturn row;"),
        (f"const struct {n} *{n}_after(const struct state *s, uint64_t id)", f"return table_after({table}, id);"),
        (f"void {n}_add(struct state *s, const struct {n} *row)", f"table_add({table}, row);"),
        (f"void {n}_remove(struct state *s, uint64_t id)", f"table_remove({table}, id);"),
        (f"uint64_t {n}_next_id(const struct state *s)", f"return s->{n}.last_id + 1;"),
        (f"size_t {n}_count(const struct state *s)", f"return s->{n}.n;"),
        (f"bool {n}_full(const struct state *s)", f"return s->{n}.n == {c.upper(n)}_AT_MOST;"),
    ]
    for i, f in enumerate(indexed(t)):
        find = f"table_first_by({table}, {i}, {key(f, f.name)})"
        if f.unique:
            made.append((f"const struct {n} *{n}_by_{f.name}(const struct state *s, {key_type(f)} {f.name})", f"return {find};"))
        else:
            made.append((f"const struct {n} *{n}_first_by_{f.name}(const struct state *s, {key_type(f)} {f.name})", f"return {find};"))
            made.append((f"const struct {n} *{n}_next_by_{f.name}(const struct state *s, const struct {n} *row)", f"return table_next_by({table}, {i}, row);"))
        made.append((f"void {n}_set_{f.name}(struct state *s, uint64_t id, {key_type(f)} {f.name})", set_index(t, i, f)))
    for i, f in enumerate(dues(t)):
        has = f"\trow->has_{f.name} = true;\n" if f.may_lack() else ""
        made.append((f"void {n}_set_{f.name}(struct state *s, uint64_t id, int64_t {f.name})",
                     f"struct {n} *row = {n}_edit(s, id);\n{has}\trow->{f.name} = {f.name};\n\ttable_due_changed({table}, {i}, row);"))
        if f.may_lack():
            made.append((f"void {n}_clear_{f.name}(struct state *s, uint64_t id)",
                         f"struct {n} *row = {n}_edit(s, id);\n\trow->has_{f.name} = false;\n\trow->{f.name} = 0;\n\ttable_due_changed({table}, {i}, row);"))
    return made


def set_index(t, i, f):
    n = t.c_name
    store = f"text_set(&row->{f.name}, {f.name});" if f.type.kind in ("text", "bytes") else f"row->{f.name} = {f.name};"
    return (f"struct {n} *row = {n}_edit(s, id);\n\ttable_index_out(&s->{n}, {i}, row);\n\t{store}\n\ttable_index_in(&s->{n}, {i}, row);")


def column_kind(f):
    return "COLUMN_TEXT" if f.type.kind in ("text", "bytes") else "COLUMN_NUMBER"


def shape(t):
    n, parts = t.c_name, []
    if indexed(t):
        rows = ",\n".join(f"\t{{offsetof(struct {n}, {f.name}), {column_kind(f)}, {str(f.unique).lower()}}}" for f in indexed(t))
        parts.append(f"static const struct column columns_of_{n}[] = {{\n{rows},\n}};\n")
    if dues(t):
        has = {f.name: f"offsetof(struct {n}, has_{f.name})" if f.may_lack() else "TABLE_NO_FIELD" for f in dues(t)}
        rows = ",\n".join(f"\t{{offsetof(struct {n}, {f.name}), {has[f.name]}}}" for f in dues(t))
        parts.append(f"static const struct due_column dues_of_{n}[] = {{\n{rows},\n}};\n")
    columns = f"columns_of_{n}, {len(indexed(t))}" if indexed(t) else "NULL, 0"
    due = f"dues_of_{n}, {len(dues(t))}" if dues(t) else "NULL, 0"
    parts.append(f'static const struct table_shape shape_of_{n} = {{"{n}", sizeof(struct {n}), {c.upper(n)}_AT_MOST,\n\t{columns}, {due}}};\n')
    return "".join(parts)


def row_value(f):
    return f"text_str(v->{f.name})" if c.stands_inside(f.type) else f"v->{f.name}"


def row_writer(t):
    return f"static void write_{t.c_name}(struct buf *b, const struct {t.c_name} *v)\n{{\n" + emit_codec.write_members(t.fields, row_value, row=True) + "}\n"


def dump(t):
    n = t.c_name
    return f"""static void dump_{n}(const struct state *s, void (*line)(void *context, struct str line), void *context)
{{
	static uint8_t memory[65536];
	struct buf head = BUF(memory);
	BUF_LIT(&head, "{n} ");
	buf_put_u64(&head, s->{n}.last_id);
	line(context, buf_str(&head));
	for (const struct {n} *row = {n}_after(s, 0); row; row = {n}_after(s, row->{t.key().name})) {{
		struct buf b = BUF(memory);
		BUF_LIT(&b, "{n} ");
		write_{n}(&b, row);
		ASSERT(!b.over);
		line(context, buf_str(&b));
	}}
}}
"""


def blanked(f):
    """Statements that blank a personal column of `row`."""
    return [f"memset(&row->{f.name}, 0, sizeof row->{f.name});"] + ([f"row->has_{f.name} = false;"] if f.may_lack() else [])


def forget(t):
    """What a table holds of a subject. A row of its own is got by id; others are looked for in all rows."""
    parts = []
    for whose in dict.fromkeys((f.personal.member, f.personal.table) for f in t.fields if f.personal):
        fields = [f for f in t.fields if f.personal and f.personal.member == whose[0]]
        n, owner = t.c_name, snake(whose[1])
        lines = []
        for f in fields:
            inner = blanked(f)
            i = next((i for i, g in enumerate(indexed(t)) if g is f), None)
            if i is not None:
                inner = [f"table_index_out(&s->{n}, {i}, row);", *inner, f"table_index_in(&s->{n}, {i}, row);"]
            lines += inner + [f"table_due_changed(&s->{n}, {i}, row);" for i, g in enumerate(dues(t)) if g is f]
        body = "".join(f"\t\t{line}\n" for line in lines)
        own = whose[0] == t.key().name
        loop = (f"\tstruct {n} *row = table_get(&s->{n}, id);\n\tif (row) {{\n{body}\t}}\n" if own else
                f"\tfor (uint64_t at = 0; table_after(&s->{n}, at);) {{\n\t\tstruct {n} *row = {n}_edit(s, *(const uint64_t *)table_after(&s->{n}, at));\n"
                f"\t\tat = row->{t.key().name};\n\t\tif (row->{whose[0]} != id)\n\t\t\tcontinue;\n{body}\t}}\n")
        name = f"forget_{n}_by_{whose[0]}"
        parts.append((owner, name, f"static void {name}(struct state *s, uint64_t id)\n{{\n{loop}}}\n"))
    return parts


def owners(tree):
    """Whose each row is: the subject that its personal columns name, or the row itself where personal members elsewhere name it."""
    subjects = {f.personal.table for m in tree.messages for f in m.fields if f.personal and f.personal.table}
    cases = ""
    for t in tree.tables.values():
        n = t.c_name
        named = next((f.personal for f in t.fields if f.personal), None)
        if named:
            cases += (f"\tif (str_eq(table, STR(\"{n}\"))) {{\n\t\tconst struct {n} *row = {n}_get(s, id);\n\t\tif (row)\n"
                      f"\t\t\t*ret_owner = (struct subject){{{c.str_of(snake(named.table))}, row->{named.member}}};\n\t\treturn row;\n\t}}\n")
        elif t.name in subjects:
            cases += f"\tif (str_eq(table, STR(\"{n}\"))) {{\n\t\t*ret_owner = (struct subject){{STR(\"{n}\"), id}};\n\t\treturn {n}_get(s, id);\n\t}}\n"
    return f"bool state_owner(const struct state *s, struct str table, uint64_t id, struct subject *ret_owner)\n{{\n{cases}\treturn false;\n}}\n"


def forgetting(tree):
    parts = [part for t in tree.tables.values() for part in forget(t)]
    calls = "".join(f"\tif (str_eq(table, STR(\"{owner}\")))\n\t\t{name}(s, id);\n" for owner, name, _ in parts)
    unused = "" if parts else "\t(void)s;\n\t(void)table;\n\t(void)id;\n"
    return "\n".join(text for _, _, text in parts) + f"\nvoid state_forget(struct state *s, struct str table, uint64_t id)\n{{\n{unused}{calls}}}\n"


def stop(t, f):
    """Clears the time, or sets it to one that never comes."""
    n = t.c_name
    call = f"{n}_clear_{f.name}(s, row)" if f.optional else f"{n}_set_{f.name}(s, row, INT64_MAX)"
    return f"\tcase {c.timer_constant(t, f)}:\n\t\tif ({n}_get(s, row))\n\t\t\t{call};\n\t\tbreak;\n"


def timers(tree):
    checks = "".join(f"\t{'if (by_date)' + chr(10) + chr(9) + chr(9) if f.by_date else ''}"
                     f"earliest(&s->{t.c_name}, {dues(t).index(f)}, {c.timer_constant(t, f)}, &found);\n" for t, f in tree.timers())
    stops = "".join(stop(t, f) for t, f in tree.timers())
    return f"""struct found {{
	int64_t due;
	enum timer timer;
	uint64_t row;
}};

/* Of timers due at the same time the one that is declared first comes first. */
static void earliest(const struct table *table, uint32_t column, enum timer timer, struct found *found)
{{
	int64_t due;
	const void *row = table_due_first(table, column, &due);
	if (!row || (found->timer != TIMER_NONE && due >= found->due))
		return;
	*found = (struct found){{due, timer, 0}};
	memcpy(&found->row, row, sizeof found->row);
}}

bool state_due(const struct state *s, bool by_date, int64_t *ret_due, enum timer *ret_timer, uint64_t *ret_row)
{{
	struct found found = {{0}};
{checks}	*ret_due = found.due;
	*ret_timer = found.timer;
	*ret_row = found.row;
	return found.timer != TIMER_NONE;
}}

void state_stop_timer(struct state *s, enum timer timer, uint64_t row)
{{
	switch (timer) {{
{stops}	default:
		WRONG("no such timer");
	}}
}}
"""


def names(tables):
    """What rows are called, and the way back."""
    labelled = [t for t in tables if t.label]
    named = "".join(f"""	if (str_eq(table, STR("{t.c_name}"))) {{
		const struct {t.c_name} *row = {t.c_name}_get(s, id);
		if (row)
			*ret_name = text_str(row->{t.label});
		return row;
	}}
""" for t in labelled)
    found = "".join(f"""	if (str_eq(table, STR("{t.c_name}")))
		for (const struct {t.c_name} *row = {t.c_name}_after(s, 0); row; row = {t.c_name}_after(s, row->{t.key().name}))
			if (str_eq(text_str(row->{t.label}), name)) {{
				*ret_id = row->{t.key().name};
				return true;
			}}
""" for t in labelled)
    has_row = "".join(f"\tif (str_eq(table, STR(\"{t.c_name}\")))\n\t\treturn {t.c_name}_get(s, id) != NULL;\n" for t in tables)
    is_one = " || ".join(f'str_eq(table, STR("{t.c_name}"))' for t in tables)
    return f"""bool state_has_table(struct str table)
{{
	return {is_one};
}}

bool state_has_row(const struct state *s, struct str table, uint64_t id)
{{
{has_row}	return false;
}}

bool state_name(const struct state *s, struct str table, uint64_t id, struct str *ret_name)
{{
{named}	return false;
}}

bool state_find(const struct state *s, struct str table, struct str name, uint64_t *ret_id)
{{
{found}	return false;
}}
"""


def whole_state(tree):
    tables = list(tree.tables.values())
    memory = " + ".join(f"table_memory(&shape_of_{t.c_name})" for t in tables)
    inits = "".join(f"\ttable_init(&s->{t.c_name}, &shape_of_{t.c_name}, arena);\n" for t in tables)
    dumps = "".join(f"\tdump_{t.c_name}(s, line, context);\n" for t in tables)
    saves = "".join(f"\ttable_save(&s->{t.c_name}, out);\n" for t in tables)
    loads = " && ".join(f"table_load(&s->{t.c_name}, in)" for t in tables)
    return f"""size_t state_memory(void)
{{
	return {memory};
}}

void state_init(struct state *s, struct arena *arena)
{{
{inits}}}

{timers(tree)}
{names(tables)}
void state_dump(const struct state *s, void (*line)(void *context, struct str line), void *context)
{{
{dumps}}}

{forgetting(tree)}
{owners(tree)}
void state_save(const struct state *s, const struct table_out *out)
{{
{saves}}}

bool state_load(struct state *s, const struct table_in *in)
{{
	return {loads};
}}
"""


STATE_FUNCTIONS = """/* Bytes that state_init takes. */
size_t state_memory(void);
void state_init(struct state *s, struct arena *arena);

/* The timer that is due first; false when none is set. Those by date are left out when the date cannot be relied on. */
bool state_due(const struct state *s, bool by_date, int64_t *ret_due, enum timer *ret_timer, uint64_t *ret_row);

/* The row's timer does not run any more, as long as nobody sets it anew. */
void state_stop_timer(struct state *s, enum timer timer, uint64_t row);

/* What a row is called (the table's `label`); false when there is no such row, or nothing to call it by. A table is named as in refs: door. */
bool state_has_table(struct str table);
bool state_has_row(const struct state *s, struct str table, uint64_t id);
bool state_name(const struct state *s, struct str table, uint64_t id, struct str *ret_name);

/* The table's first row, in the order of ids, that is called so; every row is looked at. */
bool state_find(const struct state *s, struct str table, struct str name, uint64_t *ret_id);

/* Blanks what the rows hold of a subject. */
void state_forget(struct state *s, struct str table, uint64_t id);

/* Whose a row is, where it is anybody's: the subject under whose key refs to it are sealed. */
bool state_owner(const struct state *s, struct str table, uint64_t id, struct subject *ret_owner);

/* All rows as they lie in memory, and back into a state that was just made. False: they are of another program, or cut off. */
void state_save(const struct state *s, const struct table_out *out);
bool state_load(struct state *s, const struct table_in *in);

/* Every row as a line, in one order: two states are the same when their lines are. */
void state_dump(const struct state *s, void (*line)(void *context, struct str line), void *context);
"""


def emit(tree):
    tables = list(tree.tables.values())
    state = "struct state {\n" + "".join(f"\tstruct table {t.c_name};\n" for t in tables) + "};\n"
    declared = [state, STATE_FUNCTIONS]
    parts = []
    for t in tables:
        functions = signatures(t)
        declared.append("".join(f"{declaration};\n" for declaration, _ in functions))
        parts += [shape(t)] + [f"{declaration}\n{{\n\t{body}\n}}\n" for declaration, body in functions] + [row_writer(t), dump(t)]
    parts.append(whole_state(tree))
    about = "The mission's state in memory. Rows are written by apply functions alone; an indexed or due field by its set function."
    return {"tables.h": c.header("TABLES", about, ["gen/types.h", "schema/table.h", "schema/vault.h"], "\n".join(declared)),
            "tables.c": c.source(["gen/tables.h", "gen/codec.h", "schema/text.h"], "\n".join(parts))}
