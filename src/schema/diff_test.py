#!/usr/bin/python3
"""What a new version of the schemas may change, and what not; and that this tree still reads what the newest release wrote."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import diff  # noqa: E402
import model  # noqa: E402
import plain  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))

OLD = """about: Huts and their keys.
see: [guard]
tables:
  Hut:
    about: A hut.
    at_most: 8
    label: name
    fields:
      hut:   id
      name:  {text: {max: 20}, see: [guard]}
      guest: {text: {max: 40}, personal: hut, keep: 90d}
      until: {time: {}, optional: true, due: hut_over}
  Shed:
    about: A shed.
    at_most: 3
    fields:
      shed:   id
      rotten: {time: {}, due: shed_over}
messages:
  Pair: {about: Two numbers., fields: {a: {int: {}}, b: {int: {min: 1, max: 9}}}}
  Any:  {about: One of two., one_of: {pair: Pair, same: Pair}}
refusals:
  HUTS_FULL: {about: No room., takes: {at_most: {int: {}}}, en: "At most {at_most}.", fr: "Au plus {at_most}.", es: "{at_most}.", ar: "{at_most}."}
commands:
  build:
    about: Builds a hut.
    who: [guard]
    act: none
    takes: {name: {like: Hut.name}, colour: {enum: [red, blue]}, mark: {bytes: {exactly: 8}, optional: true}}
    gives: {hut: {ref: Hut}}
    undo: burn
    rate: {times: 3, every: 1h}
    refuses: [HUTS_FULL]
  burn: {about: Burns a hut., who: [guard], act: none, takes: {hut: {ref: Hut}}}
  flee: {about: Leaves all huts., who: [guard], act: none, box: {compartment: duress, bytes: 256}, takes: {}}
reports:
  seen: {about: A hut was seen., takes: {hut: {ref: Hut}, places: {list: {of: {text: {max: 9}}, max: 4}}, note: {text: {max: 9}, or_null: true}}}
starts:
  begin: {about: It begins., takes: {}}
events:
  Built:
    about: A hut stands.
    says: {en: "{name} built", fr: "{name} bâti", es: "{name} hecho", ar: "بُني {name}"}
    fields:
      hut:   {ref: Hut}
      name:  {like: Hut.name}
      guest: {like: Hut.guest}
      pair:  Pair
      size:  {int: {min: 0, max: 5}}
      code:  {text: {max: 8}, personal: hut, keep: 90d}
  Left:
    about: Somebody left something.
    says: {en: "Left", fr: "Laissé", es: "Dejado", ar: "ترك"}
    fields: {what: {text: {max: 8}, personal: concerned, keep: 90d}, plan: {blob: {max: 100}}, pin: {secret: {max: 4}}}
  Painted:
    about: A hut has a colour.
    order: {driver: hut.name, not_after: 1000}
    says: {en: "{hut} painted", fr: "{hut} peint", es: "{hut} pintado", ar: "طُلي {hut}"}
    fields: {hut: {ref: Hut}}
facts:
  Request:
    about: What rules may ask.
    hut.name: {text: {}, about: Its name.}
"""

# What the new version has instead of what, and what is then said (the place may be left out). None: nothing at all.
REFUSED = [
    ("  Built:\n    about", "  Erected:\n    about", "old/huts.yaml:41:3: event huts.Built is gone; if it is “huts.Erected” now, give it its old name again"),
    ("  build:\n    about", "  erect:\n    about", "command huts.build is gone; if it is “huts.erect” now"),
    ("  seen: {about", "  seem: {about", "report huts.seen is gone; if it is “huts.seem” now"),
    ("starts:\n  begin: {about: It begins., takes: {}}\n", "", "start huts.begin is gone; declare it as it was; what nobody makes any more is still read"),
    ("due: hut_over", "due: hut_done", "timer huts.hut_over is gone; if it is “huts.hut_done” now"),
    ("  HUTS_FULL: {about", "  HUTS_CROWDED: {about", "refusal HUTS_FULL is gone"),
    ("  Any:  {about", "  Some: {about", "message Any is gone; if it is “Some” now"),
    ("one_of: {pair: Pair, same: Pair}", "fields: {pair: Pair, same: Pair}", "message Any is an object of all its members now, and was not"),
    ("one_of: {pair: Pair, same: Pair}", "one_of: {pair: Pair}", "message Any: member same is gone"),
    ("fields: {a: {int: {}}, b", "fields: {b", "message Pair: member a is gone; leave it, optional if it is not written any more"),
    ("fields: {a: {int: {}}, b", "fields: {c: {int: {}}, b", "message Pair: member a is gone; if it is “c” now, give it its old name again"),
    ("fields: {a: {int: {}}, b", "fields: {a: {int: {}}, d: {int: {}}, b",
     "new/huts.yaml:20:54: message Pair: member d is new, and old entries do not have it; make it optional"),
    ("size:  {int: {min: 0, max: 5}}", "size:  {duration: {min: 0, max: 5}}", "event huts.Built: member size was an int and is a duration"),
    ("pair:  Pair\n", "pair:  Any\n", "event huts.Built: member pair was Pair and is Any"),
    ("size:  {int: {min: 0, max: 5}}", "size:  {int: {min: 1, max: 5}}", "event huts.Built: member size is at least 1 now, and was at least 0; leave 0"),
    ("size:  {int: {min: 0, max: 5}}", "size:  {int: {min: 0, max: 4}}", "event huts.Built: member size is at most 4 now, and was at most 5; leave 5"),
    ("name:  {text: {max: 20}", "name:  {text: {max: 19}", "event huts.Built: member name is at most 19 bytes now, and was at most 20; leave 20"),
    ("max: 9}}, max: 4}}", "max: 9}}, max: 3}}", "report huts.seen: member places is at most 3 items now, and was at most 4; leave 4"),
    ("max: 9}}, max: 4}}", "max: 8}}, max: 4}}", "report huts.seen: member places is at most 8 bytes now, and was at most 9"),
    ("mark: {bytes: {exactly: 8}", "mark: {bytes: {exactly: 9}", "command huts.build: member mark is at least 9 bytes now, and was at least 8"),
    ("mark: {bytes: {exactly: 8}, optional: true}", "mark: {bytes: {exactly: 8}}",
     "command huts.build: member mark is required now, and old entries may lack it"),
    ("or_null: true", "about: Some.", "report huts.seen: member note may not be null any more, and is in old entries"),
    ("enum: [red, blue]", "enum: [blue, green]", "command huts.build: member colour has no value red any more"),
    ("takes: {at_most: {int: {}}}", "takes: {at_most: {int: {}}, by: {int: {}}}", "refusal HUTS_FULL: member by is new"),
    ("name:  {text: {max: 20}", "name:  {text: {max: 20}, personal: hut",
     "event huts.Built: member name is sealed now, and stands in clear in old entries"),
    ("guest: {text: {max: 40}, personal: hut, keep: 90d}", "guest: {text: {max: 40}, about: A guest.}",
     "event huts.Built: member guest is in clear now, and sealed in old entries"),
    ("guest: {text: {max: 40}, personal: hut", "guest: {text: {max: 40}, personal: name",
     "event huts.Built: member guest is about another person than before, and forgetting that one does not reach old entries"),
    ("code:  {text: {max: 8}, personal: hut, keep: 90d}", "code:  {text: {max: 8}}",
     "event huts.Built: member code is in clear now, and sealed in old entries"),
    # Nobody was named, and somebody is: `hut` means a member as soon as there is one of that name.
    ("what: {text: {max: 8}, personal: concerned, keep: 90d}", "hut: {ref: Hut, optional: true}, what: {text: {max: 8}, personal: hut, keep: 90d}",
     "event huts.Left: member what is about another person than before"),
    # Folded again, a row must not hold what was forgotten.
    ("guest: {text: {max: 40}, personal: hut, keep: 90d}", "guest: {text: {max: 40}}",
     "table Hut: column guest is not forgotten any more with hut, as old entries promised"),
    # A blob that was sent is shown to whoever asks for it; a secret is read by whoever needs it: what is longer is there already.
    ("plan: {blob: {max: 100}}", "plan: {blob: {max: 99}}", "event huts.Left: member plan is at most 99 now, and was at most 100"),
    ("pin: {secret: {max: 4}}", "pin: {secret: {max: 3}}", "event huts.Left: member pin is at most 3 now, and was at most 4"),
    ("pin: {secret: {max: 4}}", "pin: {secret: {max: 4, key: door}}", "member pin was a secret of the mission and is a secret of the door"),
    # The number in a timer's entry names a row of its table.
    ("rotten: {time: {}, due: shed_over}", "rotten: {time: {}, due: hut_over}", "timer huts.hut_over is of Shed now, and names rows of Hut in old entries"),
    # Whoever has the compartment's key opens boxes of one size, of one key, under one name.
    ("box: {compartment: duress, bytes: 256}", "box: {compartment: duress, bytes: 128}", "command huts.flee has another `box` than before"),
    ("box: {compartment: duress, bytes: 256}", "grave: false", "command huts.flee has another `box` than before, which does not open old ones"),
    ("code:  {text: {max: 8}, personal: hut, keep: 90d}", "code:  {secret: {max: 8}}",
     "event huts.Built: member code was a text and is a secret of the mission"),
    ("gives: {hut: {ref: Hut}}", "gives: {hut: {ref: Hut}}\n    box: {compartment: duress, bytes: 256}", "command huts.build has another `box` than before"),
    ("    order: {driver: hut.name, not_after: 1000}\n", "", "event huts.Painted has another `order` than before"),
    ("not_after: 1000", "not_after: 2000", "event huts.Painted has another `order` than before; what is published keeps its meaning"),
    ("about: A hut has a colour.", "about: A hut has a colour.\n    desired: hut", "event huts.Painted has another `desired` than before"),
    ("about: A hut has a colour.", "about: A hut has a colour.\n    compartment: duress", "event huts.Painted has another `compartment` than before"),
    ("about: A hut has a colour.", "about: A hut has a colour.\n    changes: nothing", "event huts.Painted has another `changes` than before"),
    ("about: A hut has a colour.", "about: A hut has a colour.\n    forgets: hut", "event huts.Painted has another `forgets` than before"),
    ("at_most: 8\n", "at_most: 7\n", "table Hut has at most 7 rows now, and an old journal may make 8; leave 8"),
    ("see: [guard]}", "see: [guard], unique: true}", "table Hut: column name is unique now, and an old journal may make two rows of one value"),
]
TOLD = [
    ("see: [guard]}", "see: [guard, staff]}", "event huts.Built: member name has another `see` than before; it holds for what was written before, too"),
    ("code:  {text: {max: 8}, personal: hut, keep: 90d}", "code:  {text: {max: 8}, personal: hut, keep: 30d}",
     "member code has another `keep` than before; what was written is kept as it was promised"),
    ("code:  {text: {max: 8}", "code:  {text: {max: 8}, mark: restricted", "member code has another `mark` than before"),
    ("code:  {text: {max: 8}", "code:  {text: {max: 8}, purpose: true",
     "member code has another `purpose` than before; it holds for what was written before, too"),
    # Who may see is asked when an entry is read, whatever it is: of a domain, of a thing, of a member.
    ("see: [guard]\ntables", "see: [staff]\ntables", "told: new/huts.yaml:1:1: huts has another `see` than before"),
    ("    about: A hut stands.\n", "    about: A hut stands.\n    see: [staff]\n", "event huts.Built has another `see` than before"),
    ("    about: Builds a hut.\n", "    about: Builds a hut.\n    see: [staff]\n", "command huts.build has another `see` than before"),
    # What stood before a command is in its entry, and what stands before the next one whoever gives it by a program should know.
    ("    about: Builds a hut.\n", "    about: Builds a hut.\n    grave: true\n",
     "command huts.build has another `grave` than before; it holds for the next one"),
    ("    about: Builds a hut.\n", "    about: Builds a hut.\n    approve: {by: [guard], within: 1h}\n",
     "command huts.build has another `approve` than before"),
    ("takes: {hut: {ref: Hut}}}\n  flee", "life_safety: true, takes: {hut: {ref: Hut}}}\n  flee", "command huts.burn has another `life_safety` than before"),
    # It is blank also where nobody was told so: rather too much forgotten than too little.
    ("until: {time: {}, optional: true,", "until: {time: {}, optional: true, personal: hut, keep: 90d,", "table Hut: column until is forgotten with hut now"),
    ("due: hut_over}", "due: hut_over, by_date: true}", "table Hut: column until has another `by_date` than before"),
    ("    label: name\n", "", "rows of Hut are called by another column than before; old entries are worded so, too"),
    ("      hut:   id\n", "      hut:   id\n      roof:  {bool: {}}\n",
     "table Hut has other columns than before (roof); snapshots of the old version are discarded"),
    ("name:  {text: {max: 20}", "name:  {text: {max: 30}", "table Hut has other columns than before (name)"),
    ("gives: {hut: {ref: Hut}}", "gives: {hat: {ref: Hut}}", "new/huts.yaml:25:3: what huts.build gives is not what it gave"),
    ("hut.name: {text: {}", "hut.title: {text: {}", "fact huts.Request: hut.name is gone; rulebooks that ask for it do not load any more"),
    ("hut.name: {text: {}", "hut.name: {number: {}", "fact huts.Request: hut.name is of another kind"),
]
ALLOWED = [
    ("enum: [red, blue]", "enum: [green, blue, red]"),
    ("size:  {int: {min: 0, max: 5}}", "size:  {int: {min: -1, max: 6}}"),
    ("size:  {int: {min: 0, max: 5}}", "size:  {int: {min: 0, max: 5}}\n      more: {int: {}, optional: true}"),
    ("mark: {bytes: {exactly: 8}, optional: true}", "mark: {bytes: {max: 8}, optional: true}"),
    ("a: {int: {}}, b: {int: {min: 1, max: 9}}", "b: {int: {min: 1, max: 9}}, a: {int: {}, optional: true}"),
    ("b: {int: {min: 1, max: 9}}", "b: {int: {min: 1, max: 9}, or_null: true}"),
    ("one_of: {pair: Pair, same: Pair}", "one_of: {pair: Pair, same: Pair, other: Pair}"),
    ("name: {like: Hut.name}, colour", "name: {text: {max: 20}, see: [guard]}, colour"),
    # Of the next decision alone; the fold of an old journal asks for none of them.
    ("    who: [guard]\n", "    who: [staff]\n"),
    ("act: none\n", "act: {name: build, object: premises}\n"),
    ("rate: {times: 3, every: 1h}", "rate: {times: 1, every: 2h}"),
    ("    undo: burn\n", ""),
    ("    refuses: [HUTS_FULL]\n", ""),
    ("facts:\n", "reacts_to:\n  huts.Built: [Painted]\nfacts:\n"),
    ("  HUTS_FULL: {about", "  HUTS_FULL: {any_command: true, about"),
    ("rotten: {time: {}, due", "rotten: {time: {}, indexed: true, due"),
    ("hut.name: {text: {}", "hut.name: {personal: true, text: {}"),
    ("pin: {secret: {max: 4}}", "pin: {secret: {max: 5}}"),
    ("en: \"{name} built\"", "en: \"{name} stands\""),
    ("at_most: 8\n", "at_most: 9\n"),
    ("  Painted:\n", "  Mended:\n    about: A hut is whole.\n    says: {en: A, fr: A, es: A, ar: A}\n    fields: {hut: {ref: Hut}}\n  Painted:\n"),
]


def compare(old, new):
    return diff.compare([("huts", text.read_text("old/huts.yaml", old))], [("huts", text.read_text("new/huts.yaml", new))])


def changed_words(before, after):
    """Each word that has another value, or none, in one of the two."""
    def said(text_):
        return set(re.findall(r"""(\w+):(?= *(\{[^{}]*\}|\[[^]]*\]|"[^"]*"|[^\s,}]*))""", text_))
    return {word for word, _ in said(before) ^ said(after)}


class Rows(unittest.TestCase):
    def changed(self, before, after):
        self.assertEqual(OLD.count(before), 1, f"“{before}” must stand once in the example")
        return OLD.replace(before, after)

    def test_the_example_is_a_schema(self):
        entry = "about: Kinds.\nmessages: {E: {about: Kinds., fields: {kind: {enum: [report]}}}}\n"
        tree.build([("entry", text.read_text("entry.yaml", entry)), ("huts", text.read_text("huts.yaml", OLD))])

    def test_each_attribute_has_a_row(self):
        """Of what a schema can say of a thing or a member, nothing changes without its row here."""
        attributes = {*tree.FIELD_ATTRIBUTES, *tree.TABLE_KEYS, *tree.EVENT_KEYS, *tree.REFUSAL_KEYS, "personal"}.union(*tree.INPUT_KEYS.values())
        words = {word for before, after, *_ in REFUSED + TOLD + ALLOWED for word in changed_words(before, after)}
        self.assertEqual(attributes - words - {"about"} - set(model.LANGUAGES[1:]), set())

    def test_a_version_may_be_itself(self):
        self.assertEqual(compare(OLD, OLD), ([], []))

    def test_what_an_old_journal_would_lose_is_refused(self):
        for before, after, said in REFUSED:
            with self.subTest(after):
                refused, _ = compare(OLD, self.changed(before, after))
                self.assertIn(said, "\n".join(refused))
                for line in refused:
                    self.assertRegex(line, r"^(old|new)/huts\.yaml:\d+:\d+: .+; .+")

    def test_what_somebody_should_know_is_told_and_not_refused(self):
        for before, after, said in TOLD:
            with self.subTest(after):
                refused, told = compare(OLD, self.changed(before, after))
                self.assertEqual(refused, [])
                self.assertIn(said, "\n".join(told))
                for line in told:
                    self.assertRegex(line, r"^told: (old|new)/huts\.yaml:\d+:\d+: .+; .+")

    def test_what_is_new_or_wider_is_allowed_in_silence(self):
        for before, after in ALLOWED:
            with self.subTest(after):
                self.assertEqual(compare(OLD, self.changed(before, after)), ([], []))

    def test_a_domain_that_is_gone_takes_everything_with_it(self):
        refused, told = diff.compare([("huts", text.read_text("old/huts.yaml", OLD))], [("sheds", text.read_text("new/sheds.yaml", "about: Sheds.\n"))])
        for kind in ("command huts.build", "report huts.seen", "start huts.begin", "timer huts.hut_over", "event huts.Built", "refusal HUTS_FULL",
                     "message Pair"):
            self.assertIn(f"{kind} is gone", "\n".join(refused))
        self.assertIn("table Hut is gone", "\n".join(told))


class Tool(unittest.TestCase):
    def run_on(self, old, new):
        with tempfile.TemporaryDirectory(prefix="schemas-") as place:
            for name, content in (("old", old), ("new", new)):
                os.makedirs(os.path.join(place, name, "deep"))
                if content:
                    with open(os.path.join(place, name, "deep", "huts.yaml"), "w", encoding="utf-8") as file:
                        file.write(content)
            return subprocess.run([os.path.join(ROOT, "tools", "schema-diff"), "old", "new"], cwd=place, capture_output=True, text=True)

    def test_its_exit_code_is_the_answer(self):
        for new, code, said in ((OLD, 0, ""), (OLD.replace("at_most: 8", "at_most: 7"), 1, "new/deep/huts.yaml:4:3: table Hut has at most 7 rows now"),
                                (OLD.replace("[guard]}", "[staff]}"), 0, "told: "), ("about: [", 2, "this is not YAML"),
                                (None, 2, "there are no schemas here")):
            done = self.run_on(OLD, new)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn(said, done.stdout + done.stderr)


class Tree(unittest.TestCase):
    def test_the_tree_is_read_as_it_is(self):
        schemas = plain.read_files(plain.files_below(os.path.join(ROOT, "src")))
        self.assertGreater(len(schemas), 6)
        self.assertEqual(diff.compare(schemas, schemas), ([], []))

    def test_the_tree_reads_what_the_newest_release_wrote(self):
        newest = plain.newest_released(ROOT)
        if newest is None:
            self.assertFalse(os.path.isdir(os.path.join(ROOT, "docs", "released")), "docs/released holds no release")
            return
        refused, _ = diff.compare(plain.read_files(plain.files_below(newest)), plain.read_files(plain.files_below(os.path.join(ROOT, "src"))))
        self.assertEqual(refused, [])

    def test_the_newest_release_is_found_by_number(self):
        with tempfile.TemporaryDirectory() as place:
            self.assertIsNone(plain.newest_released(place))
            for version in ("0.2", "0.10", "0.9.3", "notes"):
                os.makedirs(os.path.join(place, "docs", "released", version))
            self.assertTrue(plain.newest_released(place).endswith(os.sep + "0.10"))

    def test_a_release_is_copied_once_and_held_against_the_last_one(self):
        with tempfile.TemporaryDirectory() as place:
            for name in ("tools", "src"):
                os.makedirs(os.path.join(place, name))
            subprocess.run(["cp", "-r", os.path.join(ROOT, "src", "schema"), os.path.join(place, "src")], check=True)
            subprocess.run(["cp", os.path.join(ROOT, "tools", "release-schema"), os.path.join(place, "tools")], check=True)

            def release(version):
                done = subprocess.run([sys.executable, os.path.join(place, "tools", "release-schema"), version], capture_output=True, text=True)
                return done.returncode, done.stdout + done.stderr
            self.assertEqual(release("0.1")[0], 0)
            self.assertEqual(sorted(os.listdir(os.path.join(place, "docs", "released", "0.1"))), ["backup.yaml", "contract.yaml", "entry.yaml", "keeper.yaml"])
            self.assertIn("never changed", release("0.1")[1])
            self.assertIn("is no version", release("one")[1])
            entry = os.path.join(place, "src", "schema", "entry.yaml")
            with open(entry, encoding="utf-8") as file:
                said = file.read()
            with open(entry, "w", encoding="utf-8") as file:
                file.write(re.sub(r"EntryCore\b", "EntryKernel", said))
            code, output = release("0.2")
            self.assertEqual(code, 1)
            self.assertIn("message EntryCore is gone", output)
            self.assertFalse(os.path.exists(os.path.join(place, "docs", "released", "0.2")))


def main():
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
