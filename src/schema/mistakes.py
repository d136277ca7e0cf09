"""Each mistake that a schema can contain, and what is said of it: the table that schema_test.py runs.

schema_test.py fails when a place in text.py or tree.py that tells a mistake is reached by no row; a new mistake needs a row here.
"""

GOOD = """about: Huts and their keys.
tables:
  Hut:
    about: A hut.
    at_most: 8
    label: name
    fields:
      hut:   id
      name:  {text: {max: 20}, unique: true, see: [guard]}
      until: {time: {}, optional: true, due: hut_over}
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
    fields: {hut: {ref: Hut}, name: {like: Hut.name}}
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
    ("tables:", "tabels:", "huts.yaml:2:1: there is no attribute of a schema “tabels”; did you mean “tables”?"),
    ("about: Huts and their keys.\n", "", "a schema has no “about”; write `about: …`"),
    ("about: Huts and their keys.", "about: Huts and their keys", "huts.yaml:1:8: documentation is a sentence; end it with a full stop"),
    ("    about: A hut.\n", "", "huts.yaml:3:3: Hut has no “about”"),
    ("    at_most: 8\n", "", "huts.yaml:3:3: Hut has no bound"),
    ("at_most: 8", "at_most: many", "huts.yaml:5:14: a whole number from 1 to 1048576 is wanted here"),
    ("label: name", "label: nam", "huts.yaml:6:12: “nam” is no text of Hut"),
    ("hut:   id", "hut:   {int: {}}", "huts.yaml:3:3: the first field of Hut, and no other, is its id"),
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
    ("at_most: 8", "at_most: 8\n    at_most: 9", "huts.yaml:6:5: “at_most” stands here twice; delete one of them"),
    ("about: A hut.", "about: &a A hut.", "schemas have no anchors or aliases"),
    ("about: A hut.", "about: [A hut.", "this is not YAML"),
    ("about: A hut.", "about: {a: b}", "“about” is a text that says something"),
    ("at_most: 8", "[at, most]: 8", "huts.yaml:5:5: a key must be a word; write `name: …`"),
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

# A second schema beside the good one, sheds.yaml, and what is then said.
MISTAKES_OF_TWO = [
    ("about: Sheds.\nrefusals:\n  HUTS_FULL: {about: No room., takes: {}, any_command: true, en: A, fr: A, es: A, ar: A}\n",
     "sheds.yaml:3:3: “HUTS_FULL” is declared twice; choose another name"),
]
