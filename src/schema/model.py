"""What the tree (tree.py) is made of: what a schema says, checked, with every reference resolved. Emitters read these and nothing else."""
import re
from dataclasses import dataclass, field

LANGUAGES = ("en", "fr", "es", "ar")
ROLES = ("head_of_mission", "security_officer", "duty_officer", "guard", "reception", "staff", "liaison", "auditor", "administrator")
# Who watches over somebody sees what they see; all of the mission see what its staff see.
ABOVE = {"staff": ("guard", "reception", "liaison", "duty_officer", "security_officer", "head_of_mission", "auditor"),
         "guard": ("duty_officer", "security_officer"), "reception": ("duty_officer", "security_officer"), "duty_officer": ("security_officer",)}
INT_MAX = 2**53 - 1  # docs/journal-format.md: integers are below 2^53
TEXT_MAX = 65535
MARKS = ("open", "restricted", "confidential", "secret")


def who_see(roles):
    """The roles of a `see`, and those above them."""
    return [role for role in ROLES if role in roles or any(role in ABOVE.get(below, ()) for below in roles)]


def snake(name):
    """DoorAdded → door_added"""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


@dataclass
class Enum:
    c_name: str  # person_groups
    values: list


@dataclass
class Type:
    """kind: text bytes int time duration bool id ref enum json message list secret blob staged"""
    kind: str
    min: int = 0
    max: int = 0  # of a text, bytes, secret, blob or staged: bytes; of a list: items
    key: str = ""  # of a secret: which file of keys it goes into, mission or door
    enum: Enum = None
    table: str = None  # of a ref: the table's name
    message: object = None
    of: object = None  # of a list: the item's Type

    def item(self):
        return self.of if self.kind == "list" else self


@dataclass
class Personal:
    """Whose a value is, and for how long it is kept."""
    member: str  # the sibling that names the subject's row; None: whom the input concerns
    table: str  # of that row; None with member
    keep: str  # "90d"
    of_row: bool  # kept as long as the subject is, and `keep` longer; else so long from the entry on


@dataclass
class Field:
    name: str
    type: Type
    about: str = ""
    personal: Personal = None
    see: list = field(default_factory=list)  # roles
    self: str = None  # the sibling that names the person who sees it too
    mark: str = "open"
    purpose: bool = False
    optional: bool = False
    or_null: bool = False
    unique: bool = False
    indexed: bool = False
    due: str = None  # the timer's name
    by_date: bool = False  # of a due time: it waits while the clock is doubted
    attributes: dict = field(default_factory=dict)  # as they were written
    every: dict = field(default_factory=dict)  # with those of what it is like

    def may_lack(self):
        return self.optional or self.or_null


@dataclass
class Message:
    c_name: str
    about: str
    fields: list
    one_of: bool = False
    name: str = ""

    def sealed(self):
        return [f for f in self.fields if f.personal]


@dataclass
class Table:
    name: str  # Door
    c_name: str  # door
    about: str
    at_most: int
    label: str
    fields: list
    domain: str = ""

    def key(self):
        return self.fields[0]


@dataclass
class Refusal:
    name: str
    about: str
    takes: Message
    sentences: dict
    domain: str = ""
    any_command: bool = False


@dataclass
class Input:
    kind: str  # command report start
    domain: str
    word: str  # add_door
    about: str
    takes: Message
    gives: Message = None
    who: list = field(default_factory=list)
    refuses: list = field(default_factory=list)
    grave: bool = False
    life_safety: bool = False
    approve: tuple = None  # (roles, within ms)
    rate: tuple = None  # (times, every ms)
    undo: str = None
    box: tuple = None  # (compartment, bytes)
    attributes: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.domain}.{self.word}"


@dataclass
class Order:
    ref: str  # the event's member that names a row
    table: str
    column: str  # whose text is the driver's name
    not_after: int  # ms


@dataclass
class Event:
    domain: str
    word: str  # Released
    about: str
    says: dict
    body: Message
    order: Order = None
    desired: Order = None  # without an end; `ref` is also what the device is called by
    compartment: str = None
    forgets: str = None  # the member whose row is forgotten
    changes: bool = True  # rows; then a domain must say how it is applied
    attributes: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.domain}.{self.word}"


@dataclass
class Reaction:
    domain: str
    on: str  # access.Granted
    emits: list


@dataclass
class Facts:
    c_name: str  # access_request
    name: str  # access.Request
    about: str
    facts: list  # (name, kind, about, personal)


@dataclass
class Tree:
    abouts: dict = field(default_factory=dict)  # domain → about
    sees: dict = field(default_factory=dict)  # domain → the roles that see what says nothing else
    tables: dict = field(default_factory=dict)
    messages: list = field(default_factory=list)  # all that have a codec, in the order in which C must see them
    refusals: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)
    events: dict = field(default_factory=dict)
    reactions: list = field(default_factory=list)
    facts: list = field(default_factory=list)
    enums: dict = field(default_factory=dict)

    def timers(self):
        return [(table, f) for table in self.tables.values() for f in table.fields if f.due]
