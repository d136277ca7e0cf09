#!/usr/bin/python3
"""The schema language: what is a mistake, and what is said of it; and what the generator makes of what is none."""
import ast
import copy
import os
import re
import sys
import unittest

import yaml

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attributes  # noqa: E402
import generate  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402
from mistakes import GOOD, MISTAKES, MISTAKES_OF_TWO, NOT_IN_LISTS  # noqa: E402

ENTRY = ("entry.yaml", "about: Kinds.\nmessages: {E: {about: Kinds., fields: {kind: {enum: [report]}}}}\n")


def refused(schema, *more):
    """What is said of a schema; '' when it is good."""
    try:
        generate.generate([ENTRY, ("huts.yaml", schema), *more])
        return ""
    except (text.Mistake, tree.Mistakes) as mistake:
        return str(mistake)


def changed(old, new):
    """The example with the row's change; without `old` it is appended."""
    return GOOD.replace(old, new) if old else GOOD + new


def places(node, path=()):
    """The way to each node below this one, as keys and indexes."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def with_other(root, path, other):
    changed_root = copy.deepcopy(root)
    node = changed_root
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = other
    return changed_root


def judged(schema):
    """Whether there is a mistake in it."""
    try:
        tree.build([(name, text.read_text(f"{name}.yaml", said)) for name, said in (("entry", ENTRY[1]), ("huts", schema))])
        return False
    except (text.Mistake, tree.Mistakes):
        return True


class CallSites:
    """The places in the storeys that tell mistakes: all that there are, and those that were reached while this context was entered."""

    MODULES = (text, tree, attributes)
    TELLERS = ((text.Mistake, "__init__"), (tree.Builder, "wrong"), (tree.Builder, "unknown"))
    NAMES = {"Mistake", "wrong", "unknown"}

    def __init__(self):
        self.reached = set()

    @classmethod
    def declared(cls):
        found = set()
        for module in cls.MODULES:
            with open(module.__file__, encoding="utf-8") as file:
                calls = [node for node in ast.walk(ast.parse(file.read())) if isinstance(node, ast.Call)]
            found |= {(os.path.basename(module.__file__), node.lineno, node.col_offset) for node in calls
                      if getattr(node.func, "attr", getattr(node.func, "id", "")) in cls.NAMES}
        return found

    def watched(self, teller):
        def told(*arguments, **named):
            frame = sys._getframe(1)
            line, _, column, _ = list(frame.f_code.co_positions())[frame.f_lasti // 2]
            self.reached.add((os.path.basename(frame.f_code.co_filename), line, column))
            return teller(*arguments, **named)
        return told

    def __enter__(self):
        self.before = [(owner, name, getattr(owner, name)) for owner, name in self.TELLERS]
        for owner, name, teller in self.before:
            setattr(owner, name, self.watched(teller))
        return self

    def __exit__(self, *_):
        for owner, name, teller in self.before:
            setattr(owner, name, teller)


class Mistakes(unittest.TestCase):
    def test_the_example_is_good(self):
        self.assertEqual(refused(GOOD), "")

    def test_every_mistake_is_told_with_place_and_remedy(self):
        for old, new, said in MISTAKES:
            with self.subTest(new):
                self.assertTrue(not old or GOOD.count(old) == 1, f"“{old}” must stand once in the example")
                self.check(refused(changed(old, new)), said)
        for second, said in MISTAKES_OF_TWO:
            with self.subTest(second):
                self.check(refused(GOOD, ("sheds.yaml", second)), said)

    def check(self, found, said):
        self.assertIn(said, found)
        for line in found.splitlines():
            self.assertRegex(line, r"^\w+\.yaml:\d+:\d+: .+; .+")

    def test_every_place_that_tells_a_mistake_is_reached_by_a_row(self):
        with CallSites() as sites:
            for old, new, _ in MISTAKES:
                refused(changed(old, new))
            for second, _ in MISTAKES_OF_TWO:
                refused(GOOD, ("sheds.yaml", second))
        missing = sorted(CallSites.declared() - sites.reached)
        self.assertEqual([f"{file}:{line}:{column + 1}: no row; add one to mistakes.py" for file, line, column in missing], [])
        self.assertGreater(len(sites.reached), 60)

    def test_whatever_stands_where_something_else_is_wanted_is_a_mistake_and_no_crash(self):
        """Every place of the example, with things of every other kind put into it."""
        good = yaml.load(GOOD, Loader=yaml.BaseLoader)
        wrong = 0
        for path in places(good):
            for other in ("word", [], ["x"], {}, {"x": "y"}):
                schema = yaml.dump(with_other(good, path, other), allow_unicode=True, sort_keys=False)
                with self.subTest(path=path, other=other):
                    wrong += judged(schema)
        self.assertGreater(wrong, 400)

    def test_each_kind_may_stand_in_a_list_or_has_rows_that_say_that_it_may_not(self):
        for spec in ("{text: {max: 3}}", "{enum: [one, two]}", "Pair", "{message: Pair}"):
            self.assertEqual(refused(GOOD.replace("hut:   id\n", f"hut:   id\n      more:  {{list: {{of: {spec}, max: 3}}}}\n")), "", spec)
        self.assertEqual({"text", "enum", "message", "like", *NOT_IN_LISTS}, {*tree.TYPE_KEYS, "id"})

    def test_all_mistakes_are_told_at_once(self):
        found = refused(GOOD.replace("at_most: 8", "at_most: 0").replace("act: none", "act: {x: y}"))
        self.assertIn("from 1 to", found)
        self.assertIn("attribute of an act", found)

    def test_an_empty_file_is_not_a_schema(self):
        for nothing in ("", "- a\n", "a\n"):
            self.assertIn("huts.yaml:1:1: a schema is a map", refused(nothing))

    def test_what_is_not_yaml_at_all_is_told_too(self):
        self.assertIn("huts.yaml:1:1: this is not YAML", refused("about: \x00\n"))


class Documented(unittest.TestCase):
    def test_each_word_of_the_language_stands_in_its_page(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md"), encoding="utf-8") as file:
            words = {word for code in re.findall(r"`([^`]+)`", file.read()) for word in re.findall(r"\w+", code)}
        language = {*tree.SCHEMA_KEYS, *tree.TABLE_KEYS, *tree.MESSAGE_KEYS, *tree.FACT_KEYS, *tree.REFUSAL_KEYS, *tree.EVENT_KEYS, *tree.TYPE_KEYS,
                    *tree.FIELD_ATTRIBUTES}.union(*tree.INPUT_KEYS.values(), *(keys or () for keys in tree.TYPE_KEYS.values()))
        self.assertEqual(language - words, set())


class Made(unittest.TestCase):
    def made(self):
        return generate.generate([ENTRY, ("huts.yaml", GOOD)])

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
