"""gen/dispatch.{h,c}: from names to the functions that the domains define: decide, apply, reactions, timers, orders, refs."""
import c
from model import snake

DECLARED = """/* A command, a report or a start. */
struct input_type {
	enum entry_input_kind kind;
	struct str name; /* doors.add_door */
	size_t size;	 /* of the struct that it is read into */
	const struct str *who;
	size_t n_who;
	const enum refusal *refuses;
	size_t n_refuses;
	bool grave, life_safety;
	const struct str *approvers; /* roles of the second person; none: nobody else is asked */
	size_t n_approvers;
	int64_t approve_within, rate_every; /* ms */
	int64_t rate_times;	   /* 0: as often as one likes */
	struct str undo;	   /* the command that undoes it, or empty */
	struct str compartment;	   /* whose box each entry of it has, or empty */
	size_t box_bytes;
	int index;
};

/* NULL when there is none of that kind and name. */
const struct input_type *input_find(enum entry_input_kind kind, struct str name);
bool input_read(const struct input_type *type, struct json *j, void *ret_body);
/* s: the entry that it is written into; NULL: personal values stand where they belong. */
void input_write(const struct input_type *type, struct buf *b, const void *body, struct sealing *s);
void input_decide(const struct input_type *type, struct turn *t, const void *body);
bool input_refuses(const struct input_type *type, enum refusal code);

struct str event_name(enum event kind);
bool event_of(struct str name, enum event *ret_kind);
size_t event_size(enum event kind);
bool event_read(enum event kind, struct json *j, void *ret_body);
void event_write(enum event kind, struct buf *b, const void *body, struct sealing *s);
void event_apply(enum event kind, struct state *s, const void *body);
void event_react(enum event kind, struct turn *t, const void *body);
/* True when the event is an order: to which driver, and for how long it is good. */
bool event_order(enum event kind, const struct state *s, const void *body, struct str *ret_driver, int64_t *ret_valid_ms);
/* True when the event says how a device is to be from now on: which driver's, and the device, as in reader:3. */
bool event_desired(enum event kind, const struct state *s, const void *body, struct str *ret_driver, struct subject *ret_device);
/* The compartment that the event is hidden in, or empty. */
struct str event_compartment(enum event kind);
/* True when the event has its subject forgotten. */
bool event_forgets(enum event kind, const void *body, struct subject *ret_subject);
/* False when the state is the same without it. */
bool event_matters(enum event kind);

/* What the decisions of a domain may emit. */
struct turn_may events_of(struct str domain);

struct str refusal_name(enum refusal code);
void refusal_write(enum refusal code, struct buf *b, const void *takes, struct sealing *s);

struct str timer_name(enum timer timer);

/* False: there is none of that name. */
bool timer_of(struct str name, enum timer *ret_timer);
/* The row exists. */
void timer_run(enum timer timer, struct turn *t, uint64_t row);

/* Calls back for every ref in the body: the table as in door:3, the row's id, the member's name. */
typedef void ref_visitor(void *context, struct str table, uint64_t id, struct str member);
void input_refs(const struct input_type *type, const void *body, ref_visitor *visit, void *context);
void event_refs(enum event kind, const void *body, ref_visitor *visit, void *context);

/* Calls back for every blob that the input names, by its hash. */
typedef void blob_visitor(void *context, struct str hash);
void input_blobs(const struct input_type *type, const void *body, blob_visitor *visit, void *context);
"""


def decide_name(i):
    return f"{i.domain}_decide_{i.word}"


def apply_name(e):
    return f"{e.domain}_apply_{snake(e.word)}"


def on_name(reaction, tree):
    return f"{reaction.domain}_on_{tree.events[reaction.on].body.c_name}"


def due_name(table, f):
    return f"{table.domain}_due_{f.due}"


def owed(tree):
    """Declarations of what the domains must define."""
    lines = [f"void {decide_name(i)}(struct turn *t, const struct {i.takes.c_name} *ask);" for i in tree.inputs.values()]
    lines += [f"void {apply_name(e)}(struct state *s, const struct {e.body.c_name} *ev);" for e in tree.events.values() if e.changes]
    lines += [f"void {on_name(r, tree)}(struct turn *t, const struct {tree.events[r.on].body.c_name} *ev);" for r in tree.reactions]
    lines += [f"void {due_name(t, f)}(struct turn *t, const struct {t.c_name} *row);" for t, f in tree.timers()]
    return "\n".join(lines) + "\n"


def takes_types(tree):
    """What the macro refuse() of schema/turn.h makes of a refusal's name."""
    return "".join(f"typedef struct {r.takes.c_name} {r.name}_takes;\n" for r in tree.refusals.values())


def switch(subject, cases, default):
    rows = "".join(f"\tcase {label}:\n\t\t{statement}\n\t\tbreak;\n" for label, statement in cases)
    return f"\tswitch ({subject}) {{\n{rows}\tdefault:\n\t\t{default}\n\t}}\n"


def returning(subject, cases, default):
    rows = "".join(f"\tcase {label}:\n\t\treturn {value};\n" for label, value in cases)
    return f"\tswitch ({subject}) {{\n{rows}\tdefault:\n\t\t{default}\n\t}}\n"


def array(type_name, name, values):
    return f"static const {type_name} {name}[] = {{{', '.join(values)}}};\n" if values else ""


def by_length(thing):
    return len(thing.name.encode()), thing.name.encode()


def sorted_inputs(tree):
    return sorted(tree.inputs.values(), key=by_length)


def input_attributes(item, i):
    """In the order of struct input_type."""
    flag = {True: "true", False: "false"}
    approvers = f"approvers_{i}, {len(item.approve[0])}" if item.approve else "NULL, 0"
    undo = c.str_of(f"{item.domain}.{item.undo}") if item.undo else "{0}"
    box = f"{c.str_of(item.box[0])}, {item.box[1]}" if item.box else "{0}, 0"
    times, every = item.rate or (0, 0)
    return (f"{flag[item.grave]}, {flag[item.life_safety]}, {approvers}, {item.approve[1] if item.approve else 0}, {every}, {times}, {undo}, {box}")


def written(message, body="body"):
    """The call that writes a message, sealed where it can be and is asked for."""
    plain = f"{message.c_name}_write(b, {body});"
    return f"if (s)\n\t\t\t{message.c_name}_seal(b, {body}, s);\n\t\telse\n\t\t\t{plain}" if message.sealed() else plain


def inputs(tree):
    ordered = sorted_inputs(tree)
    parts, rows = [], []
    for i, item in enumerate(ordered):
        parts.append(array("struct str", f"who_{i}", [c.str_of(role) for role in item.who]))
        parts.append(array("enum refusal", f"refuses_{i}", item.refuses + [r.name for r in tree.refusals.values() if r.any_command and item.kind == "command"]))
        n_refuses = len(item.refuses) + sum(r.any_command and item.kind == "command" for r in tree.refusals.values())
        parts.append(array("struct str", f"approvers_{i}", [c.str_of(role) for role in item.approve[0]] if item.approve else []))
        rows.append(f"\t{{ENTRY_INPUT_KIND_{item.kind.upper()}, {c.str_of(item.name)}, sizeof(struct {item.takes.c_name}),\n\t "
                    f"{f'who_{i}, {len(item.who)}' if item.who else 'NULL, 0'}, {f'refuses_{i}, {n_refuses}' if n_refuses else 'NULL, 0'},\n\t "
                    f"{input_attributes(item, i)}, {i}}},\n")
    parts.append(f"""/* By length, then by bytes: most names are told apart without looking at them. */
static int compare(struct str a, struct str b)
{{
	return a.len != b.len ? (a.len < b.len ? -1 : 1) : memcmp(a.at, b.at, a.len);
}}

/* In that order. */
static const struct input_type inputs[] = {{
{''.join(rows)}}};

const struct input_type *input_find(enum entry_input_kind kind, struct str name)
{{
	size_t low = 0, high = ARRAY_LEN(inputs);
	while (low < high) {{
		size_t middle = (low + high) / 2;
		int order = compare(inputs[middle].name, name);
		if (order == 0)
			return inputs[middle].kind == kind ? &inputs[middle] : NULL;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}}
	return NULL;
}}

bool input_refuses(const struct input_type *type, enum refusal code)
{{
	for (size_t i = 0; type && i < type->n_refuses; i++)
		if (type->refuses[i] == code)
			return true;
	return false;
}}
""")
    names = [i.takes.c_name for i in ordered]
    parts.append("bool input_read(const struct input_type *type, struct json *j, void *ret_body)\n{\n" +
                 returning("type->index", [(i, f"{n}_read(j, ret_body)") for i, n in enumerate(names)], 'WRONG("no such input");') + "}\n")
    parts.append("void input_write(const struct input_type *type, struct buf *b, const void *body, struct sealing *s)\n{\n" +
                 switch("type->index", [(i, written(x.takes)) for i, x in enumerate(ordered)], 'WRONG("no such input");') + "}\n")
    decide = [(i, f"{may_set(tree, x.domain)}{decide_name(x)}(t, body);") for i, x in enumerate(ordered)]
    parts.append(may_arrays(tree) + may_of(tree) + "\nvoid input_decide(const struct input_type *type, struct turn *t, const void *body)\n{\n" +
                 switch("type->index", decide, 'WRONG("no such input");') + "}\n")
    return "\n".join(part for part in parts if part)


def may_arrays(tree):
    """The events of each domain: what its decisions and timers may emit."""
    return "".join(array("enum event", f"events_of_{domain}", [c.event_constant(e) for e in tree.events.values() if e.domain == domain])
                   for domain in tree.abouts) + "\n"


def may_of(tree):
    cases = "".join(f"\tif (str_eq(domain, STR(\"{domain}\")))\n\t\treturn (struct turn_may){{events_of_{domain}, ARRAY_LEN(events_of_{domain})}};\n"
                    for domain in tree.abouts if any(e.domain == domain for e in tree.events.values()))
    return f"struct turn_may events_of(struct str domain)\n{{\n{cases}\tWRONG(\"no such domain\");\n}}\n"


def may_set(tree, domain):
    if not any(e.domain == domain for e in tree.events.values()):
        return "t->may = (struct turn_may){0};\n\t\t"
    return f"t->may = (struct turn_may){{events_of_{domain}, ARRAY_LEN(events_of_{domain})}};\n\t\t"


def events(tree):
    all_events = list(tree.events.values())
    label = c.event_constant
    names = ", ".join(["{0}"] + [c.str_of(e.name) for e in all_events])
    order = sorted(all_events, key=by_length)
    wrong = 'WRONG("no such event");'
    return "\n".join([
        f"static const struct str event_names[] = {{{names}}};\n/* In that order. */\n",
        f"static const enum event event_order_of_names[] = {{{', '.join(map(label, order))}}};\n",
        """struct str event_name(enum event kind)
{
	ASSERT(kind != EVENT_NONE && (size_t)kind < ARRAY_LEN(event_names));
	return event_names[kind];
}

bool event_of(struct str name, enum event *ret_kind)
{
	size_t low = 0, high = ARRAY_LEN(event_order_of_names);
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = compare(event_names[event_order_of_names[middle]], name);
		if (order == 0) {
			*ret_kind = event_order_of_names[middle];
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
""",
        "size_t event_size(enum event kind)\n{\n" + returning("kind", [(label(e), f"sizeof(struct {e.body.c_name})") for e in all_events], wrong) + "}\n",
        "bool event_read(enum event kind, struct json *j, void *ret_body)\n{\n" +
        returning("kind", [(label(e), f"{e.body.c_name}_read(j, ret_body)") for e in all_events], wrong) + "}\n",
        "void event_write(enum event kind, struct buf *b, const void *body, struct sealing *s)\n{\n" +
        switch("kind", [(label(e), written(e.body)) for e in all_events], wrong) + "}\n",
        "void event_apply(enum event kind, struct state *s, const void *body)\n{\n" +
        switch("kind", [(label(e), f"{apply_name(e)}(s, body);") for e in all_events if e.changes], "break; /* it changes nothing */") + "}\n",
        reactions(tree), orders(tree), desired(tree), compartments(tree), forgetting(tree), matters(all_events)])


def matters(all_events):
    cases = [(c.event_constant(e), "false") for e in all_events if not (e.changes or e.order or e.desired or e.forgets)]
    return "bool event_matters(enum event kind)\n{\n" + returning("kind", cases, "return true;") + "}\n"


def reactions(tree):
    parts, cases = [], []
    for event in tree.events.values():
        statements = []
        for i, r in enumerate(r for r in tree.reactions if r.on == event.name):
            name = f"made_by_{on_name(r, tree)}"
            parts.append(array("enum event", name, [c.event_constant(tree.events[e]) for e in r.emits]))
            statements.append(f"t->may = (struct turn_may){{{name}, ARRAY_LEN({name})}};\n\t\t{on_name(r, tree)}(t, body);")
        if statements:
            cases.append((c.event_constant(event), "\n\t\t".join(statements)))
    return ("".join(parts) + "\nvoid event_react(enum event kind, struct turn *t, const void *body)\n{\n\tstruct turn_may before = t->may;\n" +
            switch("kind", cases, "break;") + "\tt->may = before;\n}\n")


def orders(tree):
    cases = "".join(f"""	case {c.event_constant(e)}: {{
		const struct {e.body.c_name} *ev = body;
		const struct {snake(e.order.table)} *row = {snake(e.order.table)}_get(s, ev->{e.order.ref});
		ASSERT(row);
		*ret_driver = text_str(row->{e.order.column});
		*ret_valid_ms = {e.order.not_after};
		return true;
	}}
""" for e in tree.events.values() if e.order)
    return ("bool event_order(enum event kind, const struct state *s, const void *body, struct str *ret_driver, int64_t *ret_valid_ms)\n{\n"
            f"\tswitch (kind) {{\n{cases}\tdefault:\n\t\treturn false;\n\t}}\n}}\n")


def desired(tree):
    cases = "".join(f"""	case {c.event_constant(e)}: {{
		const struct {e.body.c_name} *ev = body;
		const struct {snake(e.desired.table)} *row = {snake(e.desired.table)}_get(s, ev->{e.desired.ref});
		ASSERT(row);
		*ret_driver = text_str(row->{e.desired.column});
		*ret_device = (struct subject){{{c.str_of(snake(e.desired.table))}, ev->{e.desired.ref}}};
		return true;
	}}
""" for e in tree.events.values() if e.desired)
    unused = "" if cases else "\t(void)s;\n\t(void)body;\n\t(void)ret_driver;\n\t(void)ret_device;\n"
    return ("bool event_desired(enum event kind, const struct state *s, const void *body, struct str *ret_driver, struct subject *ret_device)\n{\n"
            f"{unused}\tswitch (kind) {{\n{cases}\tdefault:\n\t\treturn false;\n\t}}\n}}\n")


def compartments(tree):
    cases = [(c.event_constant(e), f"STR({c.string(e.compartment)})") for e in tree.events.values() if e.compartment]
    return "struct str event_compartment(enum event kind)\n{\n" + returning("kind", cases, "return (struct str){0};") + "}\n"


def forgetting(tree):
    cases = "".join(f"""	case {c.event_constant(e)}:
		*ret_subject = (struct subject){{{c.str_of(snake(table_of(e)))}, ((const struct {e.body.c_name} *)body)->{e.forgets}}};
		return true;
""" for e in tree.events.values() if e.forgets)
    unused = "" if cases else "\t(void)body;\n\t(void)ret_subject;\n"
    return ("bool event_forgets(enum event kind, const void *body, struct subject *ret_subject)\n{\n"
            f"{unused}\tswitch (kind) {{\n{cases}\tdefault:\n\t\treturn false;\n\t}}\n}}\n")


def table_of(event):
    """The table of the row that the event forgets."""
    return next(f.type.table for f in event.body.fields if f.name == event.forgets)


def refusals(tree):
    names = ", ".join(["{0}"] + [c.str_of(name) for name in tree.refusals])
    cases = [(name, written(r.takes, "takes")) for name, r in tree.refusals.items()]
    return f"""static const struct str refusal_names[] = {{{names}}};

struct str refusal_name(enum refusal code)
{{
	ASSERT(code != REFUSAL_NONE && (size_t)code < ARRAY_LEN(refusal_names));
	return refusal_names[code];
}}

void refusal_write(enum refusal code, struct buf *b, const void *takes, struct sealing *s)
{{
	(void)s;
{switch("code", cases, 'WRONG("no such refusal");')}}}
"""


def timers(tree):
    pairs = tree.timers()
    names = ", ".join(["{0}"] + [c.str_of(f"{t.domain}.{f.due}") for t, f in pairs])
    cases = "".join(f"""	case {c.timer_constant(t, f)}:
		{may_set(tree, t.domain)}{due_name(t, f)}(t, {t.c_name}_get(t->state, row));
		break;
""" for t, f in pairs)
    return f"""static const struct str timer_names[] = {{{names}}};

struct str timer_name(enum timer timer)
{{
	ASSERT(timer != TIMER_NONE && (size_t)timer < ARRAY_LEN(timer_names));
	return timer_names[timer];
}}

bool timer_of(struct str name, enum timer *ret_timer)
{{
	for (size_t i = 1; i < ARRAY_LEN(timer_names); i++)
		if (str_eq(timer_names[i], name)) {{
			*ret_timer = (enum timer)i;
			return true;
		}}
	return false;
}}

void timer_run(enum timer timer, struct turn *t, uint64_t row)
{{
	switch (timer) {{
{cases}	default:
		WRONG("no such timer");
	}}
}}
"""


def ref_lines(fields, value):
    lines = []
    for f in fields:
        if f.type.kind == "ref":
            call = f'visit(context, STR("{snake(f.type.table)}"), {value}->{f.name}, STR("{f.name}"));'
            lines.append(f"if ({value}->has_{f.name})\n\t\t\t{call}" if f.may_lack() else call)
    return lines


def refs(tree):
    def cases(pairs):
        found = []
        for label, message in pairs:
            lines = ref_lines(message.fields, "v")
            if lines:
                body = "\n\t\t".join(lines)
                found.append(f"\tcase {label}: {{\n\t\tconst struct {message.c_name} *v = body;\n\t\t{body}\n\t\tbreak;\n\t}}\n")
        return "".join(found)
    of_inputs = cases((i, x.takes) for i, x in enumerate(sorted_inputs(tree)))
    of_events = cases((c.event_constant(e), e.body) for e in tree.events.values())
    return f"""void input_refs(const struct input_type *type, const void *body, ref_visitor *visit, void *context)
{{
	switch (type->index) {{
{of_inputs}	default:
		break;
	}}
}}

void event_refs(enum event kind, const void *body, ref_visitor *visit, void *context)
{{
	switch (kind) {{
{of_events}	default:
		break;
	}}
}}

{blobs(tree)}"""


def blobs(tree):
    cases = ""
    for i, x in enumerate(sorted_inputs(tree)):
        held = [f for f in x.takes.fields if f.type.kind == "blob"]
        calls = "".join(f"\t\t{f'if (v->has_{f.name}) ' if f.may_lack() else ''}visit(context, v->{f.name});\n" for f in held)
        cases += f"\tcase {i}: {{\n\t\tconst struct {x.takes.c_name} *v = body;\n{calls}\t\tbreak;\n\t}}\n" if held else ""
    unused = "" if cases else "\t(void)body;\n\t(void)visit;\n\t(void)context;\n"
    return ("void input_blobs(const struct input_type *type, const void *body, blob_visitor *visit, void *context)\n{\n"
            f"{unused}\tswitch (type->index) {{\n{cases}\tdefault:\n\t\tbreak;\n\t}}\n}}\n")


def emit(tree):
    declared = "\n".join(["struct turn;\nstruct turn_may;\n", takes_types(tree), DECLARED, "/* What the domains define. */\n\n" + owed(tree)])
    body = "\n".join([inputs(tree), events(tree), refusals(tree), timers(tree), refs(tree)])
    return {"dispatch.h": c.header("DISPATCH", "Names and what they do.", ["gen/codec.h", "gen/tables.h", "schema/sealing.h"], declared),
            "dispatch.c": c.source(["gen/dispatch.h", "schema/text.h", "schema/turn.h"], body)}
