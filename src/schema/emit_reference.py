"""reference.md and .html: an index, and a page for each schema with everything that it declares, cross-linked, its sentences in every language."""
from model import LANGUAGES
from pages import STYLE, Code, Heading, Items, Link, Page, Paragraph, Table, as_html, markdown
from said import attribute_words, marks, spoken, type_words

INDEX = "reference"
LANGUAGE_NAMES = {"en": "English", "fr": "French", "es": "Spanish", "ar": "Arabic"}


def page_name(domain):
    return f"{INDEX}-{domain}"


class Places:
    """Where each thing stands: a link to it from a page."""

    def __init__(self, book):
        tree = book.tree
        self.at = {("message", name): home for name, home in book.homes.items()}
        self.at.update({("table", t.name): t.domain for t in tree.tables.values()})
        self.at.update({("refusal", r.name): r.domain for r in tree.refusals.values()})
        self.at.update({("input", i.name): i.domain for i in tree.inputs.values()})
        self.at.update({("event", e.name): e.domain for e in tree.events.values()})

    def link(self, here, kind, name, text=None):
        home = self.at[kind, name]
        return Link("" if home == here else page_name(home), anchor(name), text or name)


def anchor(name):
    """Names of inputs, events, refusals, tables and messages differ from each other."""
    return name


def type_text(places, here, type_):
    inner = type_.item()
    before = f"list of at most {type_.max}: " if type_.kind == "list" else ""
    if inner.kind == "ref":
        return [before + "ref of ", places.link(here, "table", inner.table)]
    if inner.kind == "message":
        return [before, places.link(here, "message", inner.message.name)]
    return [before + type_words(inner)]


def members(places, here, fields):
    if not fields:
        return [Paragraph(["No members."])]
    return [Table(["member", "type", "besides"], [[[Code(f.name)], type_text(places, here, f.type), ["; ".join(marks(f))]] for f in fields])]


def sentences(said):
    return [Table(["language", "sentence"], [[[LANGUAGE_NAMES[language]], [said[language]]] for language in LANGUAGES])]


def listed(things):
    """Parts with commas between."""
    return [part for i, thing in enumerate(things) for part in ((", ", thing) if i else (thing,))]


def table(places, t):
    label = f" A row is called by its {t.label}." if t.label else ""
    rows = "One row" if t.at_most == 1 else f"{t.at_most} rows"
    return [Heading(3, [Code(t.name)], anchor(t.name)), Paragraph([f"{t.about} {rows} at most; as a ref ", Code(f"{t.c_name}:1"), f".{label}"]),
            *members(places, t.domain, t.fields)]


def message(places, here, m):
    kind = " One of:" if m.one_of else ""
    return [Heading(3, [Code(m.name)], anchor(m.name)), Paragraph([m.about + kind]), *members(places, here, m.fields)]


def act_words(act):
    return "The law is not asked." if act == "none" else f"The law is asked about {act.get('name')} of {act.get('object')}."


def command_notes(i):
    act = [act_words(i.attributes["act"])] if "act" in i.attributes else []
    more = attribute_words({key: spoken(value) if key == "undo" else value for key, value in i.attributes.items()})
    return act + [f"{words[:1].upper()}{words[1:]}." for words in more]


def input_(places, i):
    given = [f" Given by {', '.join(i.who)}."] if i.who else []
    blocks = [Heading(3, [Code(i.name)], anchor(i.name)), Paragraph([i.about, *given, *(f" {note}" for note in command_notes(i))])]
    if i.kind == "command":
        blocks.append(Paragraph([Code(f"chancery {i.domain} {spoken(i.word)}"), " or ", Code(f"POST /api/{i.domain}/{i.word}")]))
    blocks += members(places, i.domain, i.takes.fields)
    if i.gives and i.gives.fields:
        blocks += [Paragraph(["Gives:"]), *members(places, i.domain, i.gives.fields)]
    if i.refuses:
        blocks.append(Paragraph(["Refused with ", *listed([places.link(i.domain, "refusal", code) for code in i.refuses]), "."]))
    return blocks


def event(places, tree, e):
    notes = [f" An order to the driver that the {e.order.column} of its {e.order.ref} names, good for {e.order.not_after} ms."] if e.order else []
    notes += [f" {words[:1].upper()}{words[1:]}." for words in attribute_words(e.attributes)]
    blocks = [Heading(3, [Code(e.name)], anchor(e.name)), Paragraph([e.about, *notes]), *members(places, e.domain, e.body.fields)]
    reactions = [(r, name) for r in tree.reactions if r.on == e.name for name in r.emits]
    causes = [r.on for r in tree.reactions if e.name in r.emits]
    if reactions:
        blocks.append(Paragraph(["May lead to ", *listed([places.link(e.domain, "event", name) for _, name in reactions]), "."]))
    if causes:
        blocks.append(Paragraph(["May come of ", *listed([places.link(e.domain, "event", name) for name in causes]), "."]))
    return blocks + sentences(e.says)


def refusal(places, tree, r):
    users = [places.link(r.domain, "input", i.name) for i in tree.inputs.values() if r.name in i.refuses]
    of = ["Any command may be refused so."] if r.any_command else ["Refuses ", *listed(users), "."]
    return [Heading(3, [Code(r.name)], anchor(r.name)), Paragraph([r.about + " ", *of]), *members(places, r.domain, r.takes.fields), *sentences(r.sentences)]


def facts(f):
    return [Heading(3, [Code(f.name)], anchor(f.name)), Paragraph([f.about]),
            Table(["fact", "kind", "what it is"],
                  [[[Code(name)], [f"{kind}, personal" if personal else kind], [about]] for name, kind, about, personal in f.facts])]


def section(title, things, blocks_of):
    return [Heading(2, [title]), *(block for thing in things for block in blocks_of(thing))] if things else []


def timers(tree, domain):
    rows = [[[Code(f"{domain}.{f.due}")], [Link("", anchor(t.name), t.name), f", by its {f.name}"]] for t, f in tree.timers() if t.domain == domain]
    return [Heading(2, ["Timers"]), Table(["timer", "due of"], rows)] if rows else []


def page(book, places, domain):
    tree = book.tree
    inputs = book.of(tree.inputs, domain)
    blocks = [Paragraph([tree.abouts[domain], " ", Link(INDEX, "", "All pages")])]
    blocks += section("Tables", book.of(tree.tables, domain), lambda t: table(places, t))
    blocks += section("Messages", [m for m in tree.messages if book.homes.get(m.name) == domain], lambda m: message(places, domain, m))
    for title, kind in (("Commands", "command"), ("Reports", "report"), ("Starts", "start")):
        blocks += section(title, [i for i in inputs if i.kind == kind], lambda i: input_(places, i))
    blocks += timers(tree, domain)
    blocks += section("Events", book.of(tree.events, domain), lambda e: event(places, tree, e))
    blocks += section("Refusals", book.of(tree.refusals, domain), lambda r: refusal(places, tree, r))
    blocks += section("Facts", [f for f in tree.facts if f.name.startswith(f"{domain}.")], facts)
    return Page(page_name(domain), domain, blocks)


def index(book, places):
    tree = book.tree
    blocks = [Paragraph(["What the mission knows, takes, says and refuses, as its schemas declare it."])]
    blocks.append(Items([[Link(page_name(domain), "", domain), f": {about}"] for domain, about in tree.abouts.items()]))
    for title, kind, names in (("Commands", "input", [i.name for i in tree.inputs.values() if i.kind == "command"]),
                               ("Reports", "input", [i.name for i in tree.inputs.values() if i.kind == "report"]), ("Events", "event", list(tree.events)),
                               ("Refusals", "refusal", list(tree.refusals)), ("Tables", "table", list(tree.tables)), ("Messages", "message", list(book.homes))):
        blocks += [Heading(2, [title]), Items([[places.link("", kind, name)] for name in sorted(names)])]
    return Page(INDEX, "Reference", blocks)


def emit(book):
    places = Places(book)
    pages = [index(book, places), *(page(book, places, domain) for domain in book.tree.abouts)]
    return {"reference.css": STYLE, **{f"{p.name}.md": markdown(p) for p in pages}, **{f"{p.name}.html": as_html(p) for p in pages}}
