#!/usr/bin/python3
"""The schema language: what is a mistake, and what is said of it; and what the generator makes of what is none."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import generate  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402

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


def refused(schema, name="huts.yaml"):
    """What is said of a schema; '' when it is good."""
    try:
        entry = ("entry.yaml", "about: Kinds.\nmessages: {E: {about: Kinds., fields: {kind: {enum: [report]}}}}\n")
        generate.generate([entry, (name, schema)])
        return ""
    except (text.Mistake, tree.Mistakes) as mistake:
        return str(mistake)


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
]


class Mistakes(unittest.TestCase):
    def test_the_example_is_good(self):
        self.assertEqual(refused(GOOD), "")

    def test_every_mistake_is_told_with_place_and_remedy(self):
        for old, new, said in MISTAKES:
            with self.subTest(new):
                self.assertEqual(GOOD.count(old), 1, f"“{old}” must stand once in the example")
                found = refused(GOOD.replace(old, new))
                self.assertIn(said, found)
                for line in found.splitlines():
                    self.assertRegex(line, r"^huts\.yaml:\d+:\d+: .+; .+")

    def test_all_mistakes_are_told_at_once(self):
        found = refused(GOOD.replace("at_most: 8", "at_most: 0").replace("act: none", "act: {x: y}"))
        self.assertIn("from 1 to", found)
        self.assertIn("attribute of an act", found)

    def test_an_empty_file_is_not_a_schema(self):
        for nothing in ("", "- a\n", "a\n"):
            self.assertIn("huts.yaml:1:1: a schema is a map", refused(nothing))


class Made(unittest.TestCase):
    def made(self):
        entry = ("entry.yaml", "about: Kinds.\nmessages: {E: {about: Kinds., fields: {kind: {enum: [report]}}}}\n")
        return generate.generate([entry, ("huts.yaml", GOOD)])

    def test_the_same_schema_makes_the_same_bytes(self):
        self.assertEqual(self.made(), self.made())

    def test_comments_and_white_space_do_not_change_the_schema(self):
        def hash_of(said):
            return generate.schema_hash([("huts", text.read_text("huts.yaml", said))])
        self.assertEqual(hash_of(GOOD), hash_of("# hello\n" + GOOD.replace("hut:   id", "hut: id  # its number")))
        self.assertNotEqual(hash_of(GOOD), hash_of(GOOD.replace("at_most: 8", "at_most: 9")))

    def test_a_domain_is_asked_for_what_it_owes(self):
        header = self.made()["dispatch.h"]
        for owed in ("void huts_decide_build(struct turn *t, const struct huts_build *ask);",
                     "void huts_apply_built(struct state *s, const struct huts_built *ev);",
                     "void huts_on_huts_built(struct turn *t, const struct huts_built *ev);", "void huts_due_hut_over(struct turn *t, const struct hut *row);"):
            self.assertIn(owed, header)

    def test_like_shares_the_enum(self):
        self.assertIn("\tenum huts_build_colour colour;\n", self.made()["types.h"].split("struct huts_seen {")[1])


def main():
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
