#!/usr/bin/python3
"""What is made of the schemas for readers and other programs, each looked at by somebody who knows: mandoc, three shells, a validator of JSON Schema and the
OpenAPI project's own schema, the TypeScript compiler, the command line itself."""
import copy
import html.parser
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cli_table  # noqa: E402
import generate  # noqa: E402
import model  # noqa: E402
import plain  # noqa: E402
import publish  # noqa: E402
import said  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
PROGRAM = os.path.join(ROOT, "build", "release", "chancery")
OPENAPI_SCHEMA = "/usr/share/openapi-specification/schemas/v3.0/schema.json"


def read(path):
    return generate.read(os.path.join(ROOT, path))


BOOK = publish.read_book(read("src/cli/main.c"), read("src/base/error.h"), [generate.read(path) for path in plain.files_below(os.path.join(ROOT, "src"))])
MADE = publish.publish(BOOK)
COMMANDS = [i for i in BOOK.tree.inputs.values() if i.kind == "command"]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


class InADirectory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.TemporaryDirectory(prefix="published-")
        for name, content in MADE.items():
            with open(os.path.join(cls.place.name, name), "w", encoding="utf-8") as file:
                file.write(content)

    @classmethod
    def tearDownClass(cls):
        cls.place.cleanup()

    def path(self, name):
        return os.path.join(self.place.name, name)


class Pages(InADirectory):
    def test_mandoc_finds_nothing_to_say(self):
        pages = sorted(name for name in MADE if name.endswith(".1"))
        self.assertIn("chancery.1", pages)
        for page in pages:
            done = run("mandoc", "-Tlint", page, cwd=self.place.name)  # so that they find each other
            self.assertEqual((done.returncode, done.stdout), (0, ""), page)

    def shown(self, page):
        return re.sub(r"\s+", " ", re.sub(".\b", "", run("mandoc", "-Tutf8", "-O", "width=200", self.path(page)).stdout))

    def test_everything_that_a_subject_declares_stands_on_its_page(self):
        for domain in BOOK.domains():
            shown = self.shown(f"chancery-{domain}.1")
            for command in BOOK.commands_of(domain):
                self.assertIn(f"{domain} {command.word.replace('_', '-')}", shown)
                for f in command.takes.fields:
                    self.assertIn(f"--{f.name.replace('_', '-')}", shown)
                self.assertIn(", ".join(command.who), shown)
            for things in (BOOK.tree.events, BOOK.tree.refusals):
                for thing in BOOK.of(things, domain):
                    self.assertIn(thing.name, shown)

    def test_the_overview_has_every_command_and_every_exit_code(self):
        shown = self.shown("chancery.1")
        for command in BOOK.commands:
            for way in command.ways:
                self.assertIn(f"{command.name} {way}".strip(), shown)
        for domain in BOOK.domains():
            self.assertIn(f"chancery-{domain}(1)", shown)
        self.assertEqual([number for number, _ in BOOK.exit_codes], [0, 1, 2, 3, 4, 5])
        self.assertRegex(shown, r"3 The mission refused the command, and said why\.")

    def test_the_command_line_takes_every_example(self):
        """No mission runs there, so that an example goes as far as the connection."""
        examples = [line for name, page in MADE.items() if re.fullmatch(r"chancery-.*\.1", name) for line in re.findall(r"^chancery .*", page, re.MULTILINE)]
        self.assertEqual(len(examples), len(COMMANDS))
        with tempfile.TemporaryDirectory() as mission:
            run("cp", "-r", os.path.join(ROOT, "sample", "mission.yaml"), mission)
            for line in examples:
                done = run(PROGRAM, "-C", mission, *shlex.split(line)[1:])
                self.assertIn("no core answers", done.stderr, line)
            done = run(PROGRAM, "-C", mission, *shlex.split(examples[0])[1:], "--nonsense", "1")
            self.assertIn("does not belong here", done.stderr)


# The words behind `chancery `, the last of them in hand: what is offered, and what is not.
COMPLETED = [
    ("", ["people", "history", "help"], ["enrol", "check"]),
    ("pe", ["people"], ["history"]),
    ("people ", ["enrol", "suspend-badge"], ["history", "--name"]),
    ("-C somewhere people ", ["enrol", "suspend-badge"], ["history"]),
    ("people issue-badge --", ["--person", "--kind", "--until"], ["--groups"]),
    ("people issue-badge --kind ", ["card", "fob", "visitor_card"], ["--person"]),
    ("-C somewhere people issue-badge --kind f", ["fob"], ["card"]),
    ("people enrol --groups staff,gu", ["staff,guard"], ["staff,visitor"]),
    ("people suspend-badge --badge ", ["badge:"], ["lost"]),
    ("people enrol --name ", [], ["--groups", "staff"]),
    ("doors add-reader --secure ", ["true", "false"], []),
    ("rules ", ["check", "enact"], ["people"]),
    ("keys ", ["list", "rekey", "add-shares"], ["people"]),
    ("passkey ", ["new", "show"], ["people"]),
    ("history d", ["door:", "driver:"], ["check"]),
    ("history --", ["--limit", "--json"], ["--from"]),
    ("watch --from ", [], ["--from"]),
]


class Completion(InADirectory):
    def check(self, offered):
        for line, expected, forbidden in COMPLETED:
            with self.subTest(line):
                found = offered(line)
                self.assertEqual([word for word in expected if word not in found], [], found)
                self.assertEqual([word for word in forbidden if word in found], [], found)

    def test_bash(self):
        def offered(line):
            words = ["chancery", *line.split(" ")]
            script = (f"source {shlex.quote(self.path('chancery.bash'))}; COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}; "
                      '_chancery; printf "%s\\n" "${COMPREPLY[@]}"')
            done = run("bash", "--norc", "-c", script)
            self.assertEqual(done.stderr, "")
            return done.stdout.split("\n")
        self.check(offered)
        self.assertIn("-C", offered("-"))
        self.assertEqual(run("shellcheck", "-s", "bash", "-e", "SC2207", self.path("chancery.bash")).stdout, "")

    def test_zsh(self):
        """compadd as zsh has it needs a line being edited; this one says which of the offered words fit."""
        stubs = ("compset() { [[ ${words[CURRENT]} == *,* ]] && IPREFIX=${words[CURRENT]%,*}, || IPREFIX=; }; _files() { print FILES; }; "
                 "compadd() { while [[ $1 != -- ]]; do shift; done; shift; "
                 "for w in $@; do [[ $IPREFIX$w == ${words[CURRENT]}* ]] && print -r -- $IPREFIX$w; done; return 0; }; ")

        def offered(line):
            words = ["chancery", *line.split(" ")]
            script = f"{stubs} words=({' '.join(map(shlex.quote, words))}); CURRENT={len(words)}; source {shlex.quote(self.path('_chancery'))}"
            done = run("zsh", "-f", "-c", script)
            self.assertEqual(done.stderr, "")
            return done.stdout.split("\n")
        self.check(offered)
        self.assertIn("FILES", offered("import "))

    def test_fish(self):
        def offered(line):
            script = f"source {shlex.quote(self.path('chancery.fish'))}; complete -C {shlex.quote('chancery ' + line)}"
            done = run("fish", "--no-config", "-c", script, env={**os.environ, "HOME": self.place.name, "XDG_DATA_HOME": self.place.name})
            self.assertEqual(done.stderr, "")
            return [found.split("\t")[0] for found in done.stdout.split("\n")]
        self.check(offered)


# OpenAPI

def without_schemas(node):
    """The document without what 3.1 has otherwise than 3.0: its schemas."""
    if isinstance(node, dict):
        return {key: {} if key == "schema" else without_schemas(value) for key, value in node.items()}
    return [without_schemas(item) for item in node] if isinstance(node, list) else node


def schemas_in(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "schema":
                yield value
            yield from schemas_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from schemas_in(item)


def refs_in(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        for value in node.values():
            yield from refs_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from refs_in(item)


class OpenAPI(unittest.TestCase):
    def setUp(self):
        self.document = json.loads(MADE["openapi.json"])

    def test_its_form_is_that_of_the_openapi_project(self):
        """Debian has that schema for 3.0. Outside of schema objects this document uses nothing that came with 3.1 but the licence's identifier."""
        self.assertEqual(self.document["openapi"], "3.1.0")
        older = copy.deepcopy(without_schemas(self.document))
        older["openapi"] = "3.0.3"
        self.assertTrue(older["info"]["license"].pop("identifier"))
        older["components"]["schemas"] = {}
        with open(OPENAPI_SCHEMA, encoding="utf-8") as file:
            judge = jsonschema.Draft4Validator(json.load(file))
        self.assertEqual([error.message for error in judge.iter_errors(older)], [])
        del older["paths"]["/api/events"]["get"]["responses"]
        self.assertFalse(judge.is_valid(older))

    def test_its_schemas_are_json_schemas_of_2020_12(self):
        found = list(schemas_in(self.document)) + list(self.document["components"]["schemas"].values())
        self.assertGreater(len(found), 60)
        for schema in found:
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_what_it_refers_to_is_there(self):
        for ref in set(refs_in(self.document)):
            node = self.document
            for step in ref.removeprefix("#/").split("/"):
                self.assertIn(step, node, ref)
                node = node[step]

    def operations(self):
        return [(path, method, operation) for path, item in self.document["paths"].items() for method, operation in item.items()]

    def test_each_operation_has_a_name_of_its_own_roles_and_its_parameters(self):
        names = [operation["operationId"] for _, _, operation in self.operations()]
        self.assertEqual(len(names), len(set(names)))
        for path, _, operation in self.operations():
            self.assertTrue(operation["security"], path)
            declared = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"}
            self.assertEqual(declared, set(re.findall(r"\{(\w+)\}", path)), path)

    def test_each_command_is_a_path_with_the_roles_of_its_who(self):
        for command in COMMANDS:
            operation = self.document["paths"][f"/api/{command.domain}/{command.word}"]["post"]
            self.assertEqual([requirement["session"] for requirement in operation["security"]], [[role] for role in command.who])
            for code in command.refuses:
                self.assertIn(f"#/components/schemas/refusal.{code}", json.dumps(operation["responses"]["409"]))

    def test_rows_are_shown_to_those_who_may_see_something_of_them(self):
        door = self.document["paths"]["/api/doors/door"]["get"]
        self.assertEqual({requirement["session"][0] for requirement in door["security"]}, {"staff", "guard", "security_officer"})
        self.assertEqual({p["name"] for p in door["parameters"] if "name" in p}, {"name", "zone", "from_zone"})
        self.assertNotIn("/api/mission/environment", self.document["paths"])

    def judge(self, name):
        return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}"}, resolver=jsonschema.RefResolver("", self.document))

    def test_examples_are_valid_and_what_the_codec_would_refuse_is_not(self):
        for command in COMMANDS:
            body = self.document["paths"][f"/api/{command.domain}/{command.word}"]["post"]["requestBody"]["content"]["application/json"]["example"]
            self.assertEqual(list(self.judge(command.name).iter_errors(body)), [], command.name)
            self.assertFalse(self.judge(command.name).is_valid({**body, "colour": 1}))
            for f in command.takes.fields:
                if f.name in body:
                    self.assertFalse(self.judge(command.name).is_valid({key: value for key, value in body.items() if key != f.name}), f.name)
                    self.assertFalse(self.judge(command.name).is_valid({**body, f.name: None}), f.name)

    def test_bounds_are_the_schema_s(self):
        reader = {"door": 3, "line": "line-1", "address": 126, "output": 0, "secure": True}
        self.assertTrue(self.judge("doors.add_reader").is_valid(reader))
        for wrong in ({"address": 127}, {"address": -1}, {"address": 1.5}, {"line": "x" * 41}, {"secure": "true"}):
            self.assertFalse(self.judge("doors.add_reader").is_valid({**reader, **wrong}), wrong)
        badge = {"person": 1, "card": "80000000", "bits": 26, "kind": "card"}
        self.assertTrue(self.judge("people.issue_badge").is_valid(badge))
        for wrong in ({"card": "8"}, {"card": "8G"}, {"card": "00" * 33}, {"kind": "ring"}):
            self.assertFalse(self.judge("people.issue_badge").is_valid({**badge, **wrong}), wrong)

    def test_events_and_refusals_are_told_apart_by_their_names(self):
        item = {"mark": "m", "wall": 1, "event": {"name": "people.BadgeRestored", "body": {"badge": 1, "person": 2}}}
        self.assertTrue(self.judge("Happened").is_valid(item))
        item["event"]["name"] = "people.BadgeStolen"
        self.assertFalse(self.judge("Happened").is_valid(item))


# TypeScript

USES = """import type { Commands, Event, Events, Refusal, Door, CoreLine, Personal, Role, Tables } from "./chancery";

export const ask: Commands["people.suspend_badge"]["takes"] = { badge: 3, why: "lost" };
export const role: Role = "guard";
export const row: Door = { door: 1 };
export const place: Tables["door"] = { door: 1, name: "Main gate" };
export function told(event: Event): string {
  return event.name === "access.Denied" ? event.body.why : event.name === "doors.Released" ? String(event.body.release) : "";
}
export function refused(refusal: Refusal): number {
  return refusal.name === "DOORS_FULL" ? refusal.takes.at_most : 0;
}
export function line(said: CoreLine): number {
  return "ack" in said ? said.ack.sequence : 0;
}
export function name(enrolled: Events["people.Enrolled"]): Personal<string> {
  return enrolled.name;
}
"""
MISUSES = ['export const a: Commands["people.suspend_badge"]["takes"] = { badge: 3, why: "bored" };',
           'export const b: Commands["people.suspend_badge"]["takes"] = { badge: 3 };',
           'export const c: Commands["people.suspend_badge"]["takes"] = { badge: 3, why: "lost", colour: 1 };',
           'export const d: Commands["people.none"]["takes"] = {};', 'export const e: Role = "king";', 'export const f: Door = {};',
           'export function g(door: Door) { door.door = 2; }', 'export const h: Commands["doors.add_door"]["refuses"] = "PEOPLE_FULL";']


class TypeScript(InADirectory):
    def compile(self, uses):
        with open(self.path("uses.ts"), "w", encoding="utf-8") as file:
            file.write(uses)
        return run("tsc", "--strict", "--noUnusedLocals", "--exactOptionalPropertyTypes", "--noEmit", "--target", "es2020", self.path("uses.ts"))

    def test_the_strict_compiler_takes_it_and_what_uses_it_rightly(self):
        done = self.compile(USES)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_what_uses_it_wrongly_does_not_compile(self):
        """Each misuse is expected to be an error, and it is an error when it is none."""
        head = 'import type { Commands, Door, Role } from "./chancery";\n'
        done = self.compile(head + "".join(f"// @ts-expect-error\n{line}\n" for line in MISUSES))
        self.assertEqual((done.returncode, done.stdout), (0, ""))


# Reference

class Html(html.parser.HTMLParser):
    VOID = {"meta", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.anchors, self.links, self.wrong = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.open += [tag] if tag not in self.VOID else []
        for key, value in attributes:
            self.anchors += [value] if key == "id" else []
            self.links += [value] if key == "href" else []

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


class Reference(unittest.TestCase):
    def pages(self):
        found = {}
        for name, content in MADE.items():
            if name.endswith(".html"):
                found[name] = Html()
                found[name].feed(content)
        return found

    def test_its_pages_are_well_formed_and_no_link_leads_nowhere(self):
        pages = self.pages()
        self.assertIn("reference.html", pages)
        for name, page in pages.items():
            self.assertEqual((page.open, page.wrong), ([], []), name)
            self.assertEqual(len(page.anchors), len(set(page.anchors)), name)
            for link in page.links:
                file, _, anchor = link.partition("#")
                self.assertIn(file or name, MADE, name)
                self.assertTrue(not anchor or anchor in pages[file or name].anchors, f"{name}: {link}")

    def test_markdown_has_the_same_links_and_places(self):
        for name, page in self.pages().items():
            markdown = MADE[name.replace(".html", ".md")]
            self.assertEqual(re.findall(r'<a id="([^"]+)">', markdown), page.anchors, name)
            links = [link.replace(".md", ".html") for link in re.findall(r"\]\(([^)]+)\)", markdown)]
            self.assertEqual(links, [link for link in page.links if link != "reference.css"], name)

    def test_everything_declared_has_its_place_and_every_language_its_sentence(self):
        anchors = {anchor for page in self.pages().values() for anchor in page.anchors}
        tree = BOOK.tree
        self.assertEqual({*tree.inputs, *tree.events, *tree.refusals, *tree.tables, *BOOK.homes, *(f.name for f in tree.facts)} - anchors, set())
        for event in tree.events.values():
            for sentence in event.says.values():
                self.assertIn(sentence, MADE[f"reference-{event.domain}.html"])
        self.assertIn('<td lang="ar" dir="rtl">', MADE["reference-doors.html"])

    def test_what_is_written_by_hand_is_not_taken_for_markup(self):
        page = publish.emit_reference.Page("p", "<p>", [publish.emit_reference.Paragraph(["a | b < c & d_e"])])
        self.assertIn("a \\| b \\< c & d\\_e", publish.emit_reference.markdown(page))
        self.assertIn("a | b &lt; c &amp; d_e", publish.emit_reference.as_html(page))


class Words(unittest.TestCase):
    def test_every_attribute_has_its_words(self):
        attributes = tree.MEMBER_ATTRIBUTES | tree.COMMAND_ATTRIBUTES | tree.INPUT_ATTRIBUTES | tree.EVENT_ATTRIBUTES
        # An act has words of its own, and a box is nobody's business but the record's.
        self.assertEqual(attributes - {"act", "box"}, set(said.ATTRIBUTES), "add a row to ATTRIBUTES in said.py")
        self.assertEqual(said.attribute_words({"changes": "nothing"}), ["changes nothing"])

    def test_an_invented_value_is_one_of_its_type(self):
        for kind, low, high, value in (("int", 2, 9, 2), ("int", -9, -2, -2), ("duration", 0, 100, 100), ("bytes", 3, 3, "a1b2c3"), ("bytes", 0, 2, "a1b2")):
            self.assertEqual(said.invented_value("huts", "size", model.Type(kind, low, high)), value)
        self.assertEqual(said.invented_value("huts", "roof_colour", model.Type("text", 0, 4)), "Roof")


class Inputs(unittest.TestCase):
    def test_the_command_line_s_table_is_read_as_it_is(self):
        code = ('static const struct cli_command commands[] = {\n    {"rules",\n     "rules check|try [--loud]\\n"\n'
                '     "rules add DIR --by a|b",\n     "look", cli_rules, true},\n'
                '    {"keep", "keep DIR --from N",\n     "keep \\"it\\"", cli_keep, false},\n    {"core", NULL, "a child", run_core, true},\n};\n')
        rules, keep = cli_table.read_commands("main.c", code)
        self.assertEqual((rules.ways, rules.words(), rules.options(), rules.operand()),
                         (["check|try [--loud]", "add DIR --by a|b"], ["check", "try", "add"], {"--loud": False, "--by": True}, ""))
        self.assertEqual((keep.ways, keep.words(), keep.options(), keep.operand()), (["DIR --from N"], [], {"--from": True}, "DIR"))

    def test_a_table_that_is_not_understood_is_told_with_its_line(self):
        rows = (("int x;\n", "main.c:1:1: there is no table of commands; it begins with"),
                ('static const struct cli_command commands[] = {\n    {"a", "a", "b", c, true},\n    {"d", usage, "e", f, true},\n};\n',
                 "main.c:3:1: this row of the table of commands is not understood; write"))
        for code, said in rows:
            with self.assertRaises(text.Mistake) as found:
                cli_table.read_commands("main.c", code)
            self.assertIn(said, str(found.exception))
        with self.assertRaises(text.Mistake) as found:
            cli_table.read_exit_codes("error.h", "")
        self.assertIn("error.h:1:1: there are no exit codes", str(found.exception))

    def test_the_build_makes_what_is_published(self):
        made = set(os.listdir(os.path.join(ROOT, "build", "release", "src", "gen")))
        self.assertEqual(set(MADE) - made, set(), "src/gen/meson.build does not name them")


def main():
    result = unittest.main(exit=False).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
