"""The second storey of the generator: nodes → the checked tree (model.py).

Every mistake is found here, with its place and a remedy: emitters meet none. What a schema may say is told in README.md; the tables below are its
grammar. What a member or command says of itself beside its type is attributes.py's business.
"""
import difflib
import re

from attributes import COMMAND_ATTRIBUTES, EVENT_ATTRIBUTES, INPUT_ATTRIBUTES, MEMBER_ATTRIBUTES, Attributes
from text import Mistake
from model import *  # noqa: F403

WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
CAPITAL_WORD = re.compile(r"[A-Z][a-zA-Z0-9]*$")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$")
FACT = re.compile(r"[a-z_]+\.[a-z_]+$")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

# C's words.
RESERVED = {"auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern", "float", "for", "goto", "if", "inline",
            "int", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void",
            "volatile", "while", "bool", "true", "false"}

SCHEMA_KEYS = {"about", "see", "tables", "messages", "facts", "refusals", "commands", "reports", "starts", "events", "reacts_to"}
TABLE_KEYS = {"about", "at_most", "label", "fields"}
MESSAGE_KEYS = {"about", "fields", "one_of"}
FACT_KEYS = {"about", "text", "texts", "number", "time", "date", "address", "bool", "personal"}
REFUSAL_KEYS = {"about", "takes", "any_command", *LANGUAGES}
INPUT_KEYS = {"command": {"about", "who", "takes", "gives", "refuses"} | COMMAND_ATTRIBUTES | INPUT_ATTRIBUTES,
              "report": {"about", "takes", "refuses"} | INPUT_ATTRIBUTES, "start": {"about", "takes", "refuses"} | INPUT_ATTRIBUTES}
EVENT_KEYS = {"about", "says", "fields", "order"} | EVENT_ATTRIBUTES
TYPE_KEYS = {"text": {"max"}, "bytes": {"max", "exactly"}, "int": {"min", "max"}, "time": set(), "duration": {"min", "max"}, "bool": set(), "ref": None,
             "enum": None, "list": {"of", "max"}, "json": set(), "message": None, "like": None, "secret": {"max", "exactly", "key"}, "blob": {"max"},
             "staged": {"max"}}
FIELD_ATTRIBUTES = {"optional", "or_null", "unique", "indexed", "due", "by_date", "about"} | MEMBER_ATTRIBUTES
SECRET_BYTES_MAX = 128
NUMBERS = ("int", "time", "duration", "bool", "enum")
# What is found by the member of a body that it is, and nowhere deeper.
UNFOUND = ("ref", "secret", "blob", "staged")
INDEXABLE = {"text", "bytes", "int", "time", "duration", "ref"}


def part_of(schema, section):
    """(name, node) of each thing in a section; of none where the section is no map, which was told already."""
    part = schema.value.get(section)
    return part.value.items() if part is not None and part.is_map() else ()


def inside(message):
    """All members of a message, and of the messages in it."""
    for f in message.fields if message else ():
        yield f
        yield from inside(f.type.item().message)


class Builder(Attributes):
    def __init__(self):
        self.tree, self.mistakes = Tree(), []
        self.table_nodes, self.message_nodes = {}, {}  # name → (domain, node)
        self.type_nodes = {}  # (domain, owner, field) → (type node, owner's C name): what `like:` may name
        self.messages, self.growing = {}, []

    # Mistakes

    def wrong(self, node, what, remedy, at_key=False):
        self.mistakes.append(Mistake(node.key_place if at_key else node.place, what, remedy))

    def unknown(self, node, kind, word, known):
        near = difflib.get_close_matches(word, sorted(known), 1, 0.6)
        remedy = f"did you mean “{near[0]}”?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
        self.wrong(node, f"there is no {kind} “{word}”", remedy, at_key=True)

    def keys(self, node, known, kind):
        """Whether the node is a map; its unknown keys are mistakes."""
        if not node.is_map():
            self.wrong(node, f"{kind} is a map", f"write {{{', '.join(sorted(known))}}}")
            return False
        for key, value in node.value.items():
            if key not in known:
                self.unknown(value, f"attribute of {kind}", key, known)
        return True

    def text(self, node, key, of, pattern=None):
        """The text of a member that must be there; '' after a mistake."""
        child = node.value.get(key)
        if child is None:
            self.wrong(node, f"{of} has no “{key}”", f"write `{key}: …`", at_key=True)
        elif not child.is_text() or not child.value.strip():
            self.wrong(child, f"“{key}” is a text that says something", "write one line")
        elif pattern and not pattern.match(child.value):
            self.wrong(child, f"“{child.value}” is no name of that kind", f"it must match {pattern.pattern}")
        else:
            return child.value
        return ""

    def about(self, node, of):
        about = self.text(node, "about", of)
        if about and not about.rstrip().endswith((".", "?")):
            self.wrong(node.value["about"], "documentation is a sentence", "end it with a full stop")
        return about

    def number(self, node, low, high):
        if node.is_text() and re.fullmatch(r"-?(0|[1-9][0-9]*)", node.value) and low <= int(node.value) <= high:
            return int(node.value)
        self.wrong(node, f"a whole number from {low} to {high} is wanted here", "write digits only")
        return low

    def flag(self, node):
        if node.is_text() and node.value in ("true", "false"):
            return node.value == "true"
        self.wrong(node, "true or false is wanted here", "write true, or leave the attribute out")
        return False

    def words(self, node, kind, pattern=WORD):
        """A list of different names."""
        if not node.is_list() or not node.value:
            self.wrong(node, f"{kind} is a list of names", "write [one, two]")
            return []
        found = []
        for item in node.value:
            if not item.is_text() or not pattern.match(item.value):
                self.wrong(item, f"this is no name of {kind}", f"it must match {pattern.pattern}")
            elif item.value in found:
                self.wrong(item, f"“{item.value}” stands here twice", "delete one of them")
            else:
                found.append(item.value)
        return found

    def name(self, node, word, pattern, kind):
        if not pattern.match(word):
            self.wrong(node, f"“{word}” is no name of {kind}", f"it must match {pattern.pattern}", at_key=True)
        elif word in RESERVED:
            self.wrong(node, f"“{word}” is a word of C", "choose another name", at_key=True)

    # Types

    def find_like(self, domain, node):
        """`Person.groups`, `reader_offline.why`: the node of that type, and who owns it."""
        owner, _, member = node.value.partition(".")
        found = self.type_nodes.get((domain, owner, member)) or self.type_nodes.get(("", owner, member))
        if not found:
            known = {f"{o}.{m}" for d, o, m in self.type_nodes if d in (domain, "")}
            self.unknown(node, "member", node.value, known)
        return found

    def type_of(self, domain, node, c_owner, name, likes=()):
        """The Type that a field's node says; None after a mistake. c_owner names an enum that is declared here."""
        if node.is_text():
            return Type("id") if node.value == "id" else self.message_type(node)
        kinds = [key for key in node.value if key in TYPE_KEYS] if node.is_map() else []
        if len(kinds) != 1:
            self.wrong(node, f"a field has one type; this has {len(kinds) or 'none'}", f"one of: id, {', '.join(sorted(TYPE_KEYS))}", at_key=True)
            return None
        kind, spec = kinds[0], node.value[kinds[0]]
        if kind == "like":
            found = self.find_like(domain, spec) if spec.is_text() else self.wrong(spec, "like names a member", "write `like: Table.field`")
            if not found:
                return None
            if spec.value in likes:
                return self.wrong(spec, "this is like itself", "write the type out")
            return self.type_of(domain, found[0], found[1], found[2], (*likes, spec.value))
        if kind == "enum":
            return self.enum_type(spec, f"{c_owner}_{name}")
        if kind == "ref":
            if spec.is_text() and spec.value in self.table_nodes:
                return Type("ref", table=spec.value)
            return self.unknown(spec, "table", spec.value if spec.is_text() else "?", self.table_nodes)
        if kind == "message":
            return self.message_type(spec)
        if not self.keys(spec, TYPE_KEYS[kind], kind):
            return None
        return getattr(self, kind + "_type")(domain, spec, c_owner, name)

    def message_type(self, node):
        if not node.is_text() or node.value not in self.message_nodes:
            return self.unknown(node, "message", node.value if node.is_text() else "?", self.message_nodes)
        if node.value in self.growing:
            return self.wrong(node, f"{node.value} holds itself", "hold a ref to a row instead")
        return Type("message", message=self.message(node.value))

    def enum_type(self, node, c_name):
        values = self.words(node, "an enum")
        known = self.tree.enums.setdefault(c_name, Enum(c_name, values))
        if known.values != values:
            self.wrong(node, f"two enums would be called {c_name} in C", "rename the member")
        return Type("enum", enum=known)

    def bounds(self, node, low, high):
        low = self.number(node.value["min"], low, high) if "min" in node.value else low
        return low, self.number(node.value["max"], low, high) if "max" in node.value else high

    def text_type(self, _, node, *__):
        if "max" not in node.value:
            return self.wrong(node, "a text has no end", "write {max: BYTES}", at_key=True)
        return Type("text", max=self.number(node.value["max"], 1, TEXT_MAX))

    def bytes_type(self, _, node, *__):
        if ("max" in node.value) == ("exactly" in node.value):
            return self.wrong(node, "bytes have one length", "write {max: N} or {exactly: N}", at_key=True)
        n = self.number(node.value.get("max") or node.value["exactly"], 1, TEXT_MAX)
        return Type("bytes", min=n if "exactly" in node.value else 0, max=n)

    def int_type(self, _, node, *__):
        return Type("int", *self.bounds(node, -INT_MAX, INT_MAX))

    def time_type(self, *_):
        return Type("time", -INT_MAX, INT_MAX)

    def duration_type(self, _, node, *__):
        return Type("duration", *self.bounds(node, 0, INT_MAX))

    def bool_type(self, *_):
        return Type("bool")

    def json_type(self, *_):
        return Type("json")

    def secret_type(self, domain, node, *rest):
        """Its value goes into a file of keys; everywhere else stands its number."""
        key = self.text(node, "key", "a secret") if "key" in node.value else "mission"
        if key not in ("mission", "door"):
            self.wrong(node.value["key"], f"there is no file of keys “{key}”", "write key: door, or leave it out")
        found = self.bytes_type(domain, node)
        if found and found.max > SECRET_BYTES_MAX:
            self.wrong(node, f"a secret has at most {SECRET_BYTES_MAX} bytes", "keep something larger as a blob", at_key=True)
        return found and Type("secret", found.min, found.max, key=key)

    def blob_type(self, _, node, *__):
        if "max" not in node.value:
            return self.wrong(node, "a blob has no end", "write {max: BYTES}", at_key=True)
        return Type("blob", max=self.number(node.value["max"], 1, 2**26))

    def staged_type(self, _, node, *__):
        if "max" not in node.value:
            return self.wrong(node, "what is staged has no end", "write {max: BYTES}", at_key=True)
        return Type("staged", max=self.number(node.value["max"], 1, 2**24))

    def list_type(self, domain, node, c_owner, name):
        if "of" not in node.value or "max" not in node.value:
            return self.wrong(node, "a list says what of, and how many", "write {of: TYPE, max: N}", at_key=True)
        of = self.type_of(domain, node.value["of"], c_owner, name)
        if of and of.kind not in ("text", "enum", "message"):
            return self.wrong(node.value["of"], f"lists of {of.kind} have no use yet", "list texts, enums or messages")
        return of and Type("list", max=self.number(node.value["max"], 1, 16384), of=of)

    # Fields

    def field(self, domain, node, c_owner, name, in_table, siblings, see):
        self.name(node, name, WORD, "a member")
        type_ = self.type_of(domain, node, c_owner, name)
        if not type_:
            return None
        result = Field(name, type_)
        if node.is_text():
            self.attribute(domain, node, result, siblings, in_table, see)
            return result
        for key in set(node.value) - set(TYPE_KEYS) - FIELD_ATTRIBUTES:
            self.unknown(node.value[key], "attribute of a member", key, FIELD_ATTRIBUTES | set(TYPE_KEYS))
        for key in ("optional", "or_null", "unique", "indexed"):
            if key in node.value:
                setattr(result, key, self.flag(node.value[key]))
        if "due" in node.value:
            result.due = self.text(node, "due", name, WORD)
        if "by_date" in node.value:
            result.by_date = self.flag(node.value["by_date"])
        self.attribute(domain, node, result, siblings, in_table, see)
        self.check_field(node, result, in_table)
        return result

    def check_field(self, node, f, in_table):
        if f.optional and f.or_null:
            self.wrong(node, f"{f.name} cannot be both optional and or_null", "choose one", at_key=True)
        if not in_table:
            for key in ("unique", "indexed", "due", "by_date"):
                if key in node.value:
                    self.wrong(node.value[key], f"only a table's field can be {key}", "delete it", at_key=True)
            return
        if (f.unique or f.indexed) and (f.type.kind not in INDEXABLE or f.may_lack()):
            self.wrong(node, f"{f.name} cannot be found by its value", f"index a member that is always there, of: {', '.join(sorted(INDEXABLE))}", True)
        if f.due and f.type.kind != "time":
            self.wrong(node.value["due"], "only a time can be due", "make it {time: {}}", at_key=True)
        if f.by_date and not f.due:
            self.wrong(node.value["by_date"], f"nothing is due by {f.name}, which could wait for the clock", "delete it, or write due: WORD", at_key=True)
        if f.or_null or f.type.kind == "json":
            self.wrong(node, f"a row cannot hold {'null' if f.or_null else 'json'}", "use optional, or bytes", at_key=True)

    def fields(self, domain, node, c_owner, in_table=None, see=()):
        """The Fields of a map of members; in_table is the table's name."""
        if not node.is_map():
            self.wrong(node, "members are a map", "write {name: TYPE, …}")
            return []
        if len(node.value) > 64:
            self.wrong(node, "there are more than 64 members", "make a message of some")
        made = [self.field(domain, child, c_owner, name, in_table, list(node.value), see) for name, child in node.value.items()]
        found = [f for f in made if f]
        self.bind_personal(node, found, in_table)
        return found

    def check_messages(self, node, fields, in_table=False):
        """Of what lies in a message, inside a body or a row, nobody finds whose it is, who may see it and which rows it names: a body is cut, sealed and
        indexed by its own members. Texts and lists of a row stand inside it, and those of a message do not."""
        for f in fields:
            for inner in inside(f.type.item().message):
                kind = inner.type.kind
                if inner.every or inner.type.item().kind in UNFOUND:
                    self.wrong(node.value[f.name], f"{inner.name} in {f.name} would not be looked after", "make it a member of its own", at_key=True)
                if in_table and kind not in (*NUMBERS, "message"):
                    self.wrong(node.value[f.name], f"a row cannot hold the {kind} {inner.name} of a message", "make it a column of its own", at_key=True)

    def body(self, domain, node, key, c_name, about):
        """A message that an input, event or refusal holds; its fields stand under `key`. Who sees it says the owner, or else its domain."""
        see = self.see(node.value["see"], ()) if "see" in node.value else self.tree.sees.get(domain, ())
        fields = self.fields(domain, node.value[key], c_name, see=see) if key in node.value else []
        self.check_messages(node.value.get(key), fields)
        result = Message(c_name, about, fields)
        self.tree.messages.append(result)
        return result

    def message(self, name):
        if name in self.messages:
            return self.messages[name]
        domain, node = self.message_nodes[name]
        self.growing.append(name)
        c_name, one_of = snake(name), "one_of" in node.value
        if one_of == ("fields" in node.value):
            self.wrong(node, "a message has fields, or is one of several", "write `fields:` or `one_of:`", at_key=True)
        spec = node.value.get("one_of") or node.value.get("fields")
        result = Message(c_name, self.about(node, name), self.fields(domain, spec, c_name) if spec else [], one_of, name)
        if one_of:
            for f in result.fields:
                if f.type.kind != "message" or f.may_lack() or f.name == "kind":
                    self.wrong(spec.value[f.name], "what it is one of are messages", "name a message; call it anything but kind", at_key=True)
        self.growing.pop()
        self.messages[name] = result
        self.tree.messages.append(result)
        return result

    # Reading a file, one kind of thing after the other

    def sections(self, node, section, keys, kind, pattern):
        """The named things of a section, each a map with those keys."""
        part = node.value.get(section)
        if part is None:
            return
        if not part.is_map():
            self.wrong(part, f"{section} is a map", f"write `{section}:` and names under it")
            return
        for name, child in part.value.items():
            self.name(child, name, pattern, kind)
            if self.keys(child, keys, kind):
                yield name, child

    def declare(self, domain, node):
        """Names first, so that types may name what stands in a later file."""
        self.tree.abouts[domain] = self.about(node, "a schema")
        if "see" in node.value:
            self.tree.sees[domain] = self.see(node.value["see"], ())
        elif {"tables", "commands", "reports", "starts", "events"} & set(node.value):
            self.wrong(node, f"nobody sees anything of {domain}", "write see: [ROLE, …] for what says nothing else", at_key=True)
        for kind, section in (("tables", self.table_nodes), ("messages", self.message_nodes)):
            for name, child in self.sections(node, kind, TABLE_KEYS if kind == "tables" else MESSAGE_KEYS, "a " + kind[:-1], CAPITAL_WORD):
                if name in self.table_nodes or name in self.message_nodes:
                    self.wrong(child, f"“{name}” is declared twice", "names of tables and messages are the mission's own: choose another", at_key=True)
                section[name] = (domain, child)
                self.declare_types("", name, snake(name), child, "fields")
        for section in ("commands", "reports", "starts"):
            for name, child in self.sections(node, section, INPUT_KEYS[section[:-1]], "a " + section[:-1], WORD):
                self.declare_types(domain, name, f"{domain}_{name}", child, "takes")

    def declare_types(self, domain, owner, c_owner, node, key):
        part = node.value.get(key)
        if part is not None and part.is_map():
            for name, child in part.value.items():
                self.type_nodes[domain, owner, name] = (child, c_owner, name)

    def tables(self, domain, node):
        for name, child in self.sections(node, "tables", TABLE_KEYS, "a table", CAPITAL_WORD):
            about = self.about(child, name)
            at_most = self.number(child.value["at_most"], 1, 2**20) if "at_most" in child.value else 0
            if not at_most:
                self.wrong(child, f"{name} has no bound", "write at_most: N, so that its memory is known", at_key=True)
            fields = self.fields(domain, child.value["fields"], snake(name), name, self.tree.sees.get(domain, ())) if "fields" in child.value else []
            self.check_messages(child.value.get("fields"), fields, in_table=True)
            if not fields or fields[0].type.kind != "id" or any(f.type.kind == "id" for f in fields[1:]):
                self.wrong(child, f"the first field of {name}, and no other, is its id", f"write {snake(name)}: id", at_key=True)
                continue
            label = self.text(child, "label", name) if "label" in child.value else ""
            if label and not any(f.name == label and f.type.kind == "text" for f in fields):
                self.wrong(child.value["label"], f"“{label}” is no text of {name}", "name the field that people call a row by")
            self.tree.tables[name] = Table(name, snake(name), about, at_most, label, fields, domain)

    def refusals(self, domain, node):
        for name, child in self.sections(node, "refusals", REFUSAL_KEYS, "a refusal", CODE):
            if name in self.tree.refusals:
                self.wrong(child, f"“{name}” is declared twice", "choose another name", at_key=True)
            if not name.startswith(domain.upper() + "_"):
                self.wrong(child, f"“{name}” does not say whose it is", f"call it {domain.upper()}_{name}", at_key=True)
            about = self.about(child, name)
            takes = self.body(domain, child, "takes", f"refused_{name.lower()}", about)
            self.tree.refusals[name] = Refusal(name, about, takes, self.sentences(child, child, takes, name), domain,
                                               "any_command" in child.value and self.flag(child.value["any_command"]))

    def sentences(self, node, owner, body, name):
        """The same sentence in every language, with the same members in it."""
        found = {language: self.text(node, language, name) for language in LANGUAGES}
        members = {f.name for f in body.fields}
        for language, sentence in found.items():
            for word in PLACEHOLDER.findall(sentence):
                if word not in members:
                    self.unknown(node.value[language], "member", word, members)
            if sentence and found["en"] and set(PLACEHOLDER.findall(sentence)) - set(PLACEHOLDER.findall(found["en"])):
                self.wrong(node.value[language], f"the {language} sentence tells more than the English one", "use the same {members}", at_key=True)
        return found

    def inputs(self, domain, node):
        for section in ("commands", "reports", "starts"):
            kind = section[:-1]
            for word, child in self.sections(node, section, INPUT_KEYS[kind], "a " + kind, WORD):
                self.input(domain, kind, word, child)

    def input(self, domain, kind, word, node):
        name, c_name = f"{domain}.{word}", f"{domain}_{word}"
        if name in self.tree.inputs:
            self.wrong(node, f"“{name}” is declared twice", "choose another name", at_key=True)
        about = self.about(node, name)
        result = Input(kind, domain, word, about, self.body(domain, node, "takes", c_name, about))
        if "takes" not in node.value:
            self.wrong(node, f"{name} does not say what it takes", "write takes: {…}, or takes: {}", at_key=True)
        for f in result.takes.fields:
            if kind != "command" and f.type.kind in ("secret", "blob"):
                self.wrong(node.value["takes"].value[f.name], f"nobody sends a {f.type.kind} with a {kind}", "let a command bring it", at_key=True)
        if "gives" in node.value:
            result.gives = self.body(domain, node, "gives", c_name + "_gives", f"What {name} gives.")
        for code in self.words(node.value["refuses"], "refuses", CODE) if "refuses" in node.value else []:
            if code not in self.tree.refusals:
                self.unknown(node.value["refuses"], "refusal", code, self.tree.refusals)
            else:
                result.refuses.append(code)
        if "see" in node.value:
            result.attributes["see"] = node.value["see"].plain()
        if "box" in node.value:
            result.box = self.box(node.value["box"])
        if kind == "command":
            self.command(node, name, result)
        self.tree.inputs[name] = result

    def command(self, node, name, result):
        if "who" not in node.value:
            self.wrong(node, f"{name} does not say who may give it", "write who: [ROLE, …]", at_key=True)
        else:
            result.who = self.words(node.value["who"], "who")
            for role in set(result.who) - set(ROLES):
                self.unknown(node.value["who"], "role", role, ROLES)
        if "act" not in node.value:
            self.wrong(node, f"{name} does not say what the law is asked", "write act: {name: …, object: …}, or act: none", at_key=True)
        elif node.value["act"].plain() != "none":
            self.keys(node.value["act"], {"name", "object"}, "an act")
        self.command_attributes(node, result)

    def events(self, domain, node):
        for word, child in self.sections(node, "events", EVENT_KEYS, "an event", CAPITAL_WORD):
            name = f"{domain}.{word}"
            about = self.about(child, name)
            body = self.body(domain, child, "fields", f"{domain}_{snake(word)}", about)
            if "fields" not in child.value:
                self.wrong(child, f"{name} has no fields", "write fields: {…}", at_key=True)
            says = {}
            if "says" not in child.value or not self.keys(child.value["says"], set(LANGUAGES), "says"):
                self.wrong(child, f"{name} has no sentence", "write says: {en: …, fr: …, es: …, ar: …}", at_key=True)
            else:
                says = self.sentences(child.value["says"], child, body, name)
            order = self.order(child.value["order"], body) if "order" in child.value else None
            self.tree.events[name] = event = Event(domain, word, about, says, body, order)
            self.event_attributes(child, event)
            if (event.order or event.desired) and body.sealed():
                self.wrong(child, f"{name} goes to a driver, and {body.sealed()[0].name} is personal", "name a row instead, or leave it out", at_key=True)

    def driver_of(self, node, body, of):
        """(member, table, column): the driver is named in column `line` of the row that member `reader` names."""
        path = self.text(node, "driver", of)
        member, _, column = path.partition(".")
        ref = next((f for f in body.fields if f.name == member and f.type.kind == "ref" and not f.may_lack()), None)
        table = self.tree.tables.get(ref.type.table) if ref else None
        if table and any(f.name == column and f.type.kind == "text" for f in table.fields):
            return member, ref.type.table, column
        if path:
            self.wrong(node.value["driver"], f"“{path}” names no driver", "write MEMBER.COLUMN: a ref of this event, and a text of its row")
        return None

    def order(self, node, body):
        """{driver: reader.line, not_after: 3000}"""
        if not self.keys(node, {"driver", "not_after"}, "an order"):
            return None
        found = self.driver_of(node, body, "an order")
        not_after = self.number(node.value["not_after"], 1, 86400000) if "not_after" in node.value else 0
        if not not_after:
            self.wrong(node, "an order has no end", "write not_after: MILLISECONDS", at_key=True)
        return found and Order(*found, not_after)

    def reactions(self, domain, node):
        part = node.value.get("reacts_to")
        if part is None or not self.keys(part, set(self.tree.events), "reacts_to"):
            return
        for on, emits in part.value.items():
            made = [f"{domain}.{word}" for word in self.words(emits, "what it makes", CAPITAL_WORD)]
            for name in made:
                if name not in self.tree.events:
                    self.unknown(emits, "event", name, {n for n in self.tree.events if n.startswith(domain + ".")})
            if on in self.tree.events:
                self.tree.reactions.append(Reaction(domain, on, [name for name in made if name in self.tree.events]))

    def facts(self, domain, node):
        if "facts" in node.value and not node.value["facts"].is_map():
            self.wrong(node.value["facts"], "facts is a map", "write `facts:` and names under it")
        for name, child in part_of(node, "facts"):
            self.name(child, name, CAPITAL_WORD, "facts")
            if not child.is_map():
                self.wrong(child, f"{name} is a map", "write subject.fact: {KIND: {}, about: …} under it", at_key=True)
                continue
            found = []
            for fact, spec in child.value.items():
                if fact == "about":
                    continue
                kinds = set(spec.value) & (FACT_KEYS - {"about", "personal"}) if self.keys(spec, FACT_KEYS, "a fact") else set()
                if not FACT.match(fact) or len(kinds) != 1:
                    self.wrong(spec, f"“{fact}” is no fact", "write subject.fact: {KIND: {}, about: …}", at_key=True)
                    continue
                personal = "personal" in spec.value and self.flag(spec.value["personal"])
                found.append((fact, kinds.pop(), self.about(spec, fact), personal))
            if len(found) > 32:
                self.wrong(child, "there are more than 32 facts", "schema/facts.h has the limit", at_key=True)
            self.tree.facts.append(Facts(f"{domain}_{snake(name)}", f"{domain}.{name}", self.about(child, f"{domain}.{name}"), found))

    # What must hold of the whole

    def check_circles(self, schemas):
        """A reaction that makes, by itself or through others, what it reacts to, would never end."""
        makes = {}
        for reaction in self.tree.reactions:
            makes.setdefault(reaction.on, []).extend(reaction.emits)
        done = set()

        def visit(name, way):
            if name in way:
                circle = " → ".join([*way[way.index(name):], name])
                domain = name.partition(".")[0]
                node = next(schema.value["reacts_to"] for d, schema in schemas if "reacts_to" in schema.value and
                            any(r.domain == d and r.on in way for r in self.tree.reactions))
                self.wrong(node, f"these events make each other for ever: {circle}", f"let {domain} not make one of them", at_key=True)
            elif name not in done:
                for next_name in makes.get(name, ()):
                    visit(next_name, [*way, name])
                done.add(name)

        for name in list(makes):
            visit(name, [])

    def check_undo(self, schemas):
        for domain, schema in schemas:
            for word, node in part_of(schema, "commands"):
                undo = node.value.get("undo") if node.is_map() else None
                if undo is not None:
                    self.undo(domain, word, undo)

    def undo(self, domain, word, node):
        """What undoes a command takes nothing that the command did not take or give."""
        done, by = self.tree.inputs.get(f"{domain}.{word}"), self.tree.inputs.get(f"{domain}.{node.value}")
        if by is None or by.kind != "command":
            self.unknown(node, "command", node.value, {i.word for i in self.tree.inputs.values() if i.domain == domain})
            return
        if by is done:
            self.wrong(node, f"{word} cannot undo itself", "name the command that does", at_key=True)
        known = {f.name for f in done.takes.fields} | {f.name for f in (done.gives.fields if done.gives else ())}
        for f in by.takes.fields:
            if f.name not in known and not f.optional:
                self.wrong(node, f"{by.word} takes {f.name}, which {word} neither takes nor gives", "give it, or name another command")

    def check_use(self, schemas):
        """What is declared is used: a refusal that nothing refuses with is a mistake of somebody."""
        used = {code for i in self.tree.inputs.values() for code in i.refuses}
        for _, schema in schemas:
            for code, node in part_of(schema, "refusals"):
                refusal = self.tree.refusals.get(code)
                if refusal and not refusal.any_command and code not in used:
                    self.wrong(node, f"nothing refuses with {code}", "name it in a `refuses:`, or delete it", at_key=True)

    def check_boxes(self, schemas):
        """What a compartment hides lies in the box of its input's entry."""
        boxes = {i.box[0] for i in self.tree.inputs.values() if i.box}
        for domain, schema in schemas:
            for word, node in part_of(schema, "events"):
                event = self.tree.events.get(f"{domain}.{word}")
                if event and event.compartment and event.compartment not in boxes:
                    self.unknown(node.value["compartment"], "box of the compartment", event.compartment, boxes)

    def check_c_names(self, schemas):
        seen = {}
        for message in self.tree.messages:
            if message.c_name in seen:
                self.wrong(schemas[0][1], f"two things would be called {message.c_name} in C", "rename one of them")
            seen[message.c_name] = message


def build(schemas):
    """[(name, root Node)] → Tree. Raises a list of Mistakes, as one ExceptionGroup would."""
    b = Builder()
    for name, node in schemas:
        if b.keys(node, SCHEMA_KEYS, "a schema"):
            b.declare(name, node)
    for step in (b.tables, b.refusals, b.inputs, b.events, b.facts):
        for name, node in schemas:
            step(name, node)
    for name in b.message_nodes:
        b.message(name)
    for name, node in schemas:
        b.reactions(name, node)
    for check in (b.check_circles, b.check_undo, b.check_use, b.check_boxes, b.check_c_names):
        check(schemas)
    if b.mistakes:
        raise Mistakes(b.mistakes)
    return b.tree


class Mistakes(Exception):
    def __init__(self, mistakes):
        super().__init__("\n".join(dict.fromkeys(map(str, mistakes))))
