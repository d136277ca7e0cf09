"""Each mistake that a schema can contain, and what is said of it: the table that schema_test.py runs.

schema_test.py fails when a place in text.py, tree.py or attributes.py that tells a mistake is reached by no row; a new mistake needs a row here.
"""

GOOD = """about: Huts and their keys.
see: [guard]
tables:
  Hut:
    about: A hut.
    at_most: 8
    label: name
    fields:
      hut:   id
      name:  {text: {max: 20}, unique: true, see: [guard]}
      until: {time: {}, optional: true, due: hut_over}
      pair:  Pair
messages:
  Pair: {about: Two numbers., fields: {a: {int: {}}, b: {int: {min: 1, max: 9}}}}
refusals:
  HUTS_FULL: {about: No room., takes: {at_most: {int: {}}},
              en: "At most {at_most}.", fr: "Au plus {at_most}.", es: "Como máximo {at_most}.", ar: "{at_most} كحد أقصى."}
commands:
  build:
    about: Builds a hut.
    who: [guard]
    act: none
    takes: {name: {like: Hut.name}, colour: {enum: [red, blue]}}
    gives: {hut: {ref: Hut}}
    refuses: [HUTS_FULL]
reports:
  seen: {about: A hut was seen., takes: {hut: {ref: Hut}, colour: {like: build.colour}}}
events:
  Built:
    about: A hut stands.
    says: {en: "{name} built", fr: "{name} bâti", es: "{name} hecho", ar: "بُني {name}"}
    fields: {hut: {ref: Hut}, name: {like: Hut.name}, pair: Pair}
  Painted:
    about: A hut has a colour.
    order: {driver: hut.name, not_after: 1000}
    says: {en: "{hut} painted", fr: "{hut} peint", es: "{hut} pintado", ar: "طُلي {hut}"}
    fields: {hut: {ref: Hut}}
reacts_to:
  huts.Built: [Painted]
facts:
  Request:
    about: What rules may ask.
    hut.name: {text: {}, about: Its name.}
"""

# What is replaced in GOOD, by what, and what is then said: place, what, remedy.
MISTAKES = [
    ("tables:", "tabels:", "huts.yaml:3:1: there is no attribute of a schema “tabels”; did you mean “tables”?"),
    ("about: Huts and their keys.\n", "", "a schema has no “about”; write `about: …`"),
    ("about: Huts and their keys.", "about: Huts and their keys", "huts.yaml:1:8: documentation is a sentence; end it with a full stop"),
    ("    about: A hut.\n", "", "huts.yaml:4:3: Hut has no “about”"),
    ("    at_most: 8\n", "", "huts.yaml:4:3: Hut has no bound"),
    ("at_most: 8", "at_most: many", "huts.yaml:6:14: a whole number from 1 to 1048576 is wanted here"),
    ("label: name", "label: nam", "huts.yaml:7:12: “nam” is no text of Hut"),
    ("hut:   id", "hut:   {int: {}}", "huts.yaml:4:3: the first field of Hut, and no other, is its id"),
    ("  Hut:\n    about", "  hut:\n    about", "“hut” is no name of a table"),
    ("{text: {max: 20}, unique", "{txt: {max: 20}, unique", "a field has one type; this has none"),
    ("{text: {max: 20}, unique", "{text: {max: 20}, int: {}, unique", "a field has one type; this has 2"),
    ("{text: {max: 20}, unique", "{text: {}, unique", "a text has no end; write {max: BYTES}"),
    ("{text: {max: 20}, unique", "{text: {max: 20, min: 2}, unique", "there is no attribute of text “min”"),
    ("unique: true, see", "uniqe: true, see", "there is no attribute of a member “uniqe”; did you mean “unique”?"),
    ("unique: true, see", "unique: yes, see", "true or false is wanted here"),
    ("see: [guard]}\n      until", "see: [gard]}\n      until", "there is no role or member “gard”; did you mean “guard”?"),
    ("unique: true, see", "unique: true, optional: true, see", "name cannot be found by its value"),
    ("optional: true, due", "optional: true, or_null: true, due", "until cannot be both optional and or_null"),
    ("{time: {}, optional: true, due", "{int: {}, optional: true, due", "only a time can be due"),
    ("unique: true, see", "unique: true, personal: name, see", "something personal is kept for ever"),
    ("unique: true, see", "unique: true, personal: nobody, keep: 90d, see", "personal names the member whose person it is"),
    ("unique: true, see", "unique: true, keep: long, see", "keep is a number of days, months or years; write 90d, 6m or 2y"),
    ("unique: true, see", "unique: true, mark: hush, see", "this is no marking; one of: open, restricted, confidential, secret"),
    ("b: {int: {min: 1, max: 9}}", "a_b: {message: Pair}", "Pair holds itself"),
    ("b: {int: {min: 1, max: 9}}", "b: {message: Pairs}", "there is no message “Pairs”; did you mean “Pair”?"),
    ("b: {int: {min: 1, max: 9}}", "int: {int: {}}", "“int” is a word of C"),
    ("b: {int: {min: 1, max: 9}}", "b: {list: {of: {int: {}}, max: 3}}", "lists of int have no use yet"),
    ("b: {int: {min: 1, max: 9}}", "b: {list: {of: {text: {max: 3}}}}", "a list says what of, and how many"),
    ("b: {int: {min: 1, max: 9}}", "b: {bytes: {max: 3, exactly: 3}}", "bytes have one length"),
    ("b: {int: {min: 1, max: 9}}", "b: {like: Hut.height}", "there is no member “Hut.height”"),
    ("fields: {a:", "one_of: {a: Pair}, fields: {a:", "a message has fields, or is one of several"),
    ("HUTS_FULL: {", "FULL: {", "“FULL” does not say whose it is; call it HUTS_FULL"),
    ("es: \"Como máximo {at_most}.\", ", "", "HUTS_FULL has no “es”"),
    ("Au plus {at_most}.", "Au plus {most}.", "there is no member “most”; did you mean “at_most”?"),
    ("refuses: [HUTS_FULL]", "refuses: [HUTS_FUL]", "there is no refusal “HUTS_FUL”; did you mean “HUTS_FULL”?"),
    ("    refuses: [HUTS_FULL]\n", "", "nothing refuses with HUTS_FULL"),
    ("    who: [guard]\n", "", "huts.build does not say who may give it"),
    ("who: [guard]", "who: [gurad]", "there is no role “gurad”; did you mean “guard”?"),
    ("    act: none\n", "", "huts.build does not say what the law is asked"),
    ("act: none", "act: {nam: x}", "there is no attribute of an act “nam”; did you mean “name”?"),
    ("act: none", "act: none\n    undo: unbuild", "there is no command “unbuild”; did you mean “build”?"),
    ("    takes: {name: {like: Hut.name}, colour: {enum: [red, blue]}}\n", "", "huts.build does not say what it takes"),
    ("gives: {hut: {ref: Hut}}", "gives: {hut: {ref: Hat}}", "there is no table “Hat”; did you mean “Hut”?"),
    ("enum: [red, blue]", "enum: [red, red]", "“red” stands here twice"),
    ("enum: [red, blue]", "enum: [Red]", "this is no name of an enum"),
    ("    says: {en: \"{name} built\", fr: \"{name} bâti\", es: \"{name} hecho\", ar: \"بُني {name}\"}\n", "", "huts.Built has no sentence"),
    ("es: \"{name} hecho\"", "es: \"{nombre} hecho\"", "there is no member “nombre”"),
    ("es: \"{name} hecho\"", "es: \"{name} {hut} hecho\"", "the es sentence tells more than the English one"),
    ("driver: hut.name", "driver: hut.colour", "“hut.colour” names no driver"),
    (", not_after: 1000", "", "an order has no end"),
    ("about: A hut has a colour.", "about: A hut has a colour.\n    changes: little", "an event changes rows, or nothing; write changes: nothing"),
    ("huts.Built: [Painted]", "huts.Bulit: [Painted]", "there is no attribute of reacts_to “huts.Bulit”; did you mean “huts.Built”?"),
    ("huts.Built: [Painted]", "huts.Built: [Paint]", "there is no event “huts.Paint”; did you mean “huts.Painted”?"),
    ("huts.Built: [Painted]", "huts.Built: [Painted]\n  huts.Painted: [Built]",
     "these events make each other for ever: huts.Built → huts.Painted → huts.Built"),
    ("hut.name: {text: {}", "hutname: {text: {}", "“hutname” is no fact"),
    ("hut.name: {text: {}", "hut.name: {text: {}, number: {}", "“hut.name” is no fact"),
    ("at_most: 8", "at_most: 8\n    at_most: 9", "huts.yaml:7:5: “at_most” stands here twice; delete one of them"),
    ("about: A hut.", "about: &a A hut.", "schemas have no anchors or aliases"),
    ("about: A hut.", "about: [A hut.", "this is not YAML"),
    ("about: A hut.", "about: {a: b}", "“about” is a text that says something"),
    ("at_most: 8", "[at, most]: 8", "huts.yaml:6:5: a key must be a word; write `name: …`"),
    ("about: A hut.", "about: A \0 hut.", "huts.yaml:1:1: this is not YAML"),
    (GOOD, "- about\n", "huts.yaml:1:1: a schema is a map; begin it with `about: …`"),
    ("{text: {max: 20}, unique", "{text: 20, unique", "text is a map; write {max}"),
    ("due: hut_over", "due: Hut_Over", "“Hut_Over” is no name of that kind; it must match"),
    ("see: [guard]}\n      until", "see: guard}\n      until", "see is a list of names; write [one, two]"),
    ("b: {int: {min: 1, max: 9}}", "b: {like: [Hut]}", "like names a member; write `like: Table.field`"),
    ("{text: {max: 20}, unique", "{like: build.name, unique", "this is like itself; write the type out"),
    ("colour: {enum: [red, blue]}}\n    gives: {hut: {ref: Hut}}",
     "colour: {enum: [red, blue]}, gives_size: {enum: [big]}}\n    gives: {hut: {ref: Hut}, size: {enum: [small]}}",
     "two enums would be called huts_build_gives_size in C; rename the member"),
    ("b: {int: {min: 1, max: 9}}", "b: {int: {}, unique: true}", "only a table's field can be unique; delete it"),
    ("takes: {name: {like: Hut.name}, colour: {enum: [red, blue]}}", "takes: [name]", "members are a map; write {name: TYPE, …}"),
    ("{a: {int: {}}, b: {int: {min: 1, max: 9}}}", "{" + ", ".join(f"m{i}: {{int: {{}}}}" for i in range(65)) + "}",
     "there are more than 64 members; make a message of some"),
    ("fields: {a: {int: {}}, b: {int: {min: 1, max: 9}}}", "one_of: {a: {int: {}}}",
     "what it is one of are messages; name a message; call it anything but kind"),
    ("reports:\n  seen: {about: A hut was seen., takes: {hut: {ref: Hut}, colour: {like: build.colour}}}", "reports: [seen]",
     "reports is a map; write `reports:` and names under it"),
    ("  Pair: {about", "  Hut: {about", "“Hut” is declared twice; names of tables and messages are the mission's own: choose another"),
    ("  seen: {about", "  build: {about", "“huts.build” is declared twice; choose another name"),
    ("    fields: {hut: {ref: Hut}}\nreacts_to", "reacts_to", "huts.Painted has no fields; write fields: {…}"),
    ("facts:\n  Request:\n    about: What rules may ask.\n    hut.name: {text: {}, about: Its name.}", "facts: [Request]",
     "facts is a map; write `facts:` and names under it"),
    ("    about: What rules may ask.\n    hut.name: {text: {}, about: Its name.}", "    [about]", "Request is a map; write subject.fact:"),
    ("    hut.name: {text: {}, about: Its name.}", "".join(f"    hut.{'a' * i}: {{bool: {{}}, about: One.}}\n" for i in range(1, 34)),
     "there are more than 32 facts; schema/facts.h has the limit"),
    ("  Pair: {about", "  HutsBuild: {about: One., fields: {}}\n  Pair: {about", "two things would be called huts_build in C; rename one of them"),
]


# What is added to the example: a column of Hut, a member of `build` or of Built, an attribute of either; or another member in Pair, which a row and an
# event hold.
def column(spec):
    return "hut:   id\n", f"hut:   id\n      more:  {spec}\n"


def taken(spec):
    return "colour: {enum: [red, blue]}}", f"colour: {{enum: [red, blue]}}, more: {spec}}}"


def told(spec):
    return "fields: {hut: {ref: Hut}, name", f"fields: {{more: {spec}, hut: {{ref: Hut}}, name"


def reported(spec):
    return "seen: {about: A hut was seen., takes: {", f"seen: {{about: A hut was seen., takes: {{more: {spec}, "


def of_command(attribute):
    return "act: none\n", f"act: none\n    {attribute}\n"


def of_event(attribute):
    return "about: A hut stands.\n", f"about: A hut stands.\n    {attribute}\n"


def in_pair(spec):
    return "fields: {a: {int: {}}", f"fields: {{a: {spec}"


PERSONAL = "{text: {max: 9}, personal: hut, keep: 90d}"

MISTAKES += [
    ("see: [guard]\ntables", "tables", "huts.yaml:1:1: nobody sees anything of huts; write see: [ROLE, …] for what says nothing else"),
    ("see: [guard]\ntables", "see: [gard]\ntables", "huts.yaml:2:1: there is no role or member “gard”; did you mean “guard”?"),
    # What is found by its number, or its hash
    (*column("{secret: {max: 129}}"), "a secret has at most 128 bytes; keep something larger as a blob"),
    (*column("{secret: {max: 8, key: cellar}}"), "there is no file of keys “cellar”; write key: door, or leave it out"),
    (*column("{secret: {}}"), "bytes have one length; write {max: N} or {exactly: N}"),
    (*column("{blob: {}}"), "a blob has no end; write {max: BYTES}"),
    (*taken("{staged: {}}"), "what is staged has no end; write {max: BYTES}"),
    (*reported("{secret: {max: 4}}"), "nobody sends a secret with a report; let a command bring it"),
    (*reported("{blob: {max: 4}}"), "nobody sends a blob with a report; let a command bring it"),
    # Rows
    (*column("{json: {}}"), "a row cannot hold json; use optional, or bytes"),
    (*column("{text: {max: 8}, or_null: true}"), "a row cannot hold null; use optional, or bytes"),
    (*column("{bool: {}, indexed: true}"), "more cannot be found by its value; index a member that is always there"),
    (*column("{time: {}, by_date: true}"), "nothing is due by more, which could wait for the clock; delete it, or write due: WORD"),
    (*taken("{time: {}, by_date: true}"), "only a table's field can be by_date; delete it"),
    # Messages in rows and bodies
    (*in_pair("{text: {max: 9}}"), "huts.yaml:12:7: a row cannot hold the text a of a message; make it a column of its own"),
    (*in_pair("{list: {of: {enum: [x]}, max: 2}}"), "a row cannot hold the list a of a message"),
    (*in_pair("{ref: Hut}"), "a in pair would not be looked after; make it a member of its own"),
    (*in_pair("{secret: {max: 4}}"), "a in pair would not be looked after"),
    (*in_pair("{int: {}, optional: true, personal: concerned, keep: 90d}"), "a in pair would not be looked after"),
    (*in_pair("{int: {}, see: [guard]}"), "a in pair would not be looked after"),
    (*in_pair("{like: Hut.name}"), "a in pair would not be looked after"),
    # Whose it is, and for how long
    (*told("{text: {max: 9}, keep: 90d}"), "only something personal is kept for a time; say whose it is: personal: MEMBER"),
    (*told("{text: {max: 9}, purpose: true}"), "only something personal is opened by a look; say whose it is: personal: MEMBER"),
    (*told("{text: {max: 9}, purpose: perhaps, personal: hut, keep: 90d}"), "true or false is wanted here"),
    (*told("{text: {max: 9}, personal: hut}"), "something personal is kept for ever; say how long: keep: 90d"),
    (*told("{int: {}, personal: hut, keep: 90d}"), "more could not be erased; make it optional, or one of: blob, bytes, json, list, ref, text"),
    (*told("{text: {max: 9}, personal: name, keep: 90d}"), "name names nobody; personal names a ref, or the row itself"),
    (*column("{text: {max: 9}, personal: concerned, keep: 90d}"), "a row concerns nobody but whom it names; name a member"),
    # Commands
    (*of_command("grave: maybe"), "true or false is wanted here"),
    (*of_command("life_safety: true\n    grave: true"), "what saves life waits for nobody; delete grave, approve and rate"),
    (*of_command("life_safety: true\n    rate: {times: 1, every: 1h}"), "what saves life waits for nobody"),
    (*of_command("life_safety: true\n    approve: {by: [guard], within: 1h}"), "what saves life waits for nobody"),
    (*of_command("approve: {by: [guard]}"), "approve has no “within”; write {by: …, within: …}"),
    (*of_command("approve: {by: [gard], within: 1h}"), "there is no role “gard”; did you mean “guard”?"),
    (*of_command("approve: {by: [guard], within: soon}"), "this is no duration; write 30s, 10m, 1h or 2d"),
    (*of_command("approve: {bye: [guard], within: 1h}"), "there is no attribute of approve “bye”; did you mean “by”?"),
    (*of_command("rate: {times: 3}"), "rate has no “every”; write {times: …, every: …}"),
    (*of_command("rate: {times: 0, every: 1h}"), "a whole number from 1 to 10000 is wanted here"),
    (*of_command("undo: build"), "huts.yaml:23:5: build cannot undo itself; name the command that does"),
    (*of_command("see: [gard]"), "there is no role or member “gard”; did you mean “guard”?"),
    (*of_command("box: {bytes: 256}"), "a box has no “compartment”; write {compartment: …, bytes: …}"),
    (*of_command("box: {compartment: duress, bytes: 63}"), "a whole number from 64 to 4096 is wanted here"),
    (*of_command("box: {compartment: Duress, bytes: 64}"), "“Duress” is no name of that kind"),
    (*of_command("box: [duress]"), "a box is a map"),
    ("    refuses: [HUTS_FULL]\n",
     "    refuses: [HUTS_FULL]\n    undo: wreck\n  wreck: {about: Ends it., who: [guard], act: none, takes: {hut: {ref: Hut}, by: {ref: Hut}}}\n",
     "wreck takes by, which build neither takes nor gives; give it, or name another command"),
    # Events
    (*of_event("mark: secret"), "there is no attribute of an event “mark”"),
    (*of_event("forgets: guest"), "“guest” names no row; name a ref of this event that is always there"),
    (*of_event("forgets: name"), "“name” names no row"),
    (*of_event("compartment: duress"), "there is no box of the compartment “duress”; known: none"),
    (*of_event("desired: {line: hut.name}"), "there is no attribute of desired “line”"),
    (*of_event("desired: {driver: name.hut}"), "“name.hut” names no driver; write MEMBER.COLUMN: a ref of this event, and a text of its row"),
    ("fields: {hut: {ref: Hut}}\nreacts_to", f"fields: {{hut: {{ref: Hut}}, more: {PERSONAL}}}\nreacts_to",
     "huts.Painted goes to a driver, and more is personal; name a row instead, or leave it out"),
    ("fields: {hut: {ref: Hut}, name", f"compartment: duress\n    fields: {{more: {PERSONAL}, hut: {{ref: Hut}}, name",
     "huts.Built lies in a box, where more could not be forgotten; name a row instead"),
]

# What a list may not hold: of these the codec, the rows and the sealing know one value and no list.
NOT_IN_LISTS = {
    "int": "{int: {}}", "time": "{time: {}}", "duration": "{duration: {}}", "bool": "{bool: {}}", "bytes": "{bytes: {max: 4}}", "id": "id", "ref": "{ref: Hut}",
    "json": "{json: {}}", "secret": "{secret: {max: 4}}", "blob": "{blob: {max: 4}}", "staged": "{staged: {max: 4}}",
    "list": "{list: {of: {text: {max: 3}}, max: 2}}",
}
MISTAKES += [(*place(f"{{list: {{of: {spec}, max: 3}}}}"), f"lists of {kind} have no use yet; list texts, enums or messages")
             for kind, spec in NOT_IN_LISTS.items() for place in (column, taken, told, in_pair)]

# A second schema beside the good one, sheds.yaml, and what is then said.
MISTAKES_OF_TWO = [
    ("about: Sheds.\nrefusals:\n  HUTS_FULL: {about: No room., takes: {}, any_command: true, en: A, fr: A, es: A, ar: A}\n",
     "sheds.yaml:3:3: “HUTS_FULL” is declared twice; choose another name"),
]
