#!/usr/bin/python3
"""The rules of the tree that a machine can hold: each finding is one line, file:line: what; remedy.

    tests/tidy/tidy.py         checks every file that git knows or would add

A rule is a function from a Tree to findings (path, line, what, remedy) and stands in RULES. tidy_test.py shows each of them something it must catch.
The include table is docs/architecture.md's; whoever changes one changes the other.
"""
import ast
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

C_LINES_MAX = 600
LINE_CHARACTERS_MAX = 160
FUNCTION_LINES_MAX = 70
# A test is mostly a table, and a table reads well at any length.
TEST_LINES_MAX, TEST_FUNCTION_LINES_MAX = 700, 100

BANNED_WORDS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
BANNED_CALLS = ["strcpy", "strncpy", "strcat", "strncat", "sprintf", "vsprintf", "strtok", "localtime", "gmtime", "rand", "random", "srand", "system",
                "popen", "gets", "atoi", "atol", "atof", "alloca", "mktemp", "tmpnam"]

# Directory → what its files may include, beside their own directory and the system's headers: directories, or single headers.
# `gen` is what the generator makes of the schemas; it counts as the schema's.
SCHEMA = ["src/base", "src/schema", "gen"]
DECIDING = [*SCHEMA, "src/rules", "src/grant", "src/domain"]
MAY_INCLUDE = {
    "src/base": [],
    "src/schema": ["src/base", "gen"],
    "src/rules": SCHEMA,
    "src/grant": ["src/base"],
    "src/domain": [*SCHEMA, "src/rules", "src/grant"],  # other domains by their X.h: see domain_header
    "src/core": DECIDING,
    "src/journal": ["src/base"],
    "src/keys": ["src/base", "src/schema/vault.h"],
    "src/serve": [*DECIDING, "src/core", "src/journal", "src/keys"],
    "src/tlog": [*SCHEMA, "src/journal", "src/serve/mission_file.h"],
    "src/driver/kit": [*SCHEMA, "src/grant"],
    "src/driver/osdp": [*SCHEMA, "src/grant", "src/driver/kit"],
    "src/cli": [*SCHEMA, "src/rules", "src/keys", "src/serve", "src/tlog", "src/journal/note.h", "src/journal/look.h",
                "src/driver/osdp/driver.h"],
    "src/verify": [],
    "world": ["src/base"],
    "tests/children": ["src/base"],
    "tests/life": ["src/base"],
    "tests/system": ["src/serve"],
    "tests/sim": [*DECIDING, "src/core", "src/journal", "src/keys", "src/serve", "src/verify", "src/driver/kit",
                  "src/driver/osdp"],
    "tests/trial": [*DECIDING, "src/core"],
    "tests/bench": [*DECIDING, "src/core", "src/journal", "src/keys", "src/serve", "src/tlog", "src/driver/kit",
                    "src/verify/sample.h"],
    "tests/conformance": ["src/base", "src/grant"],
}
# What test programs, fuzz targets and benches may include besides.
TESTS_MAY_INCLUDE = ["src/base/test.h", "src/core/try.h", "src/core/try_vault.h", "src/rules/rulebook_text.h", "tests/sim"]

INCLUDE_ROOTS = ["src", "tests", ""]


class Tree:
    """Paths relative to the root, each with its text. Files that are not text, and the fuzzers' corpora, are left out."""

    def __init__(self, files):
        self.files = files
        self.codes = {}

    @classmethod
    def of(cls, root):
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                               stdout=subprocess.PIPE, check=True).stdout.decode().split("\0")
        files = {}
        for name in sorted(set(names)):
            path = os.path.join(root, name)
            if not name or name.startswith("tests/corpus/") or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                data = file.read()
            if b"\0" not in data:
                files[name] = data.decode(errors="replace")
        return cls(files)

    def ending(self, *ends):
        return [(path, text) for path, text in self.files.items() if path.endswith(ends)]

    def code(self, path):
        """A C file with comments, texts and characters blanked, lines kept."""
        if path not in self.codes:
            self.codes[path] = blank(self.files[path])
        return self.codes[path]


TOKENS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def blank(text):
    """Of a text only the quotes stay, of a comment of two strokes only the strokes, of an included name all."""
    def replaced(match):
        found = match[0]
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        if found.startswith("//"):
            return "//" + " " * (len(found) - 2)
        return re.sub(r"[^\n]", " ", found)
    return TOKENS.sub(replaced, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_test(path):
    return re.search(r"_(test|fuzz|bench)\.[ch]$", path) is not None


# Files and lines

def file_length(tree):
    for path, text in tree.ending(".c", ".h"):
        n, most = text.count("\n"), TEST_LINES_MAX if path.endswith("_test.c") else C_LINES_MAX
        if n > most:
            yield path, most + 1, f"{n} lines, more than {most}", "split it by what its parts know of each other"


def line_length(tree):
    """Rows of Markdown tables and members of schemas cannot be broken."""
    for path, text in tree.files.items():
        if path.endswith((".yaml", ".json", ".svg")) or path == "LICENSE":
            continue
        for i, line in enumerate(text.split("\n"), 1):
            n = len(line.expandtabs(8)) if path.endswith((".c", ".h")) else len(line)
            if n > LINE_CHARACTERS_MAX and not (path.endswith(".md") and line.startswith("|")):
                yield path, i, f"{n} characters, more than {LINE_CHARACTERS_MAX}", "break the line"


def c_functions(code):
    """(name, first line, lines) of each function: it begins in the first column and its braces stand there."""
    lines = code.split("\n")
    begin, name = None, None
    for i, line in enumerate(lines):
        if re.match(r"[A-Za-z_].*\(", line) and not line.rstrip().endswith(";"):
            begin, name = i, re.search(r"(?:^TEST\()?(\w+)\s*[()]", line)[1]
        elif line.startswith("}"):
            if begin is not None:
                yield name, begin + 1, i - begin + 1
            begin = None
        elif line.rstrip().endswith(";") and not line.startswith(("\t", " ", "{")):
            begin = None


def function_length(tree):
    remedy = "give a part of it a name"
    for path, _ in tree.ending(".c", ".h"):
        most = TEST_FUNCTION_LINES_MAX if path.endswith("_test.c") else FUNCTION_LINES_MAX
        for name, line, n in c_functions(tree.code(path)):
            if n > most:
                yield path, line, f"{name} has {n} lines, more than {most}", remedy
    for path, text in python_files(tree):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                n = node.end_lineno - node.lineno + 1
                if n > FUNCTION_LINES_MAX:
                    yield path, node.lineno, f"{node.name} has {n} lines, more than {FUNCTION_LINES_MAX}", remedy


def python_files(tree):
    return [(path, text) for path, text in tree.files.items() if path.endswith(".py") or re.match(r"#!.*\bpython3?\b", text)]


def white_space(tree):
    for path, text in tree.files.items():
        for i, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield path, i, "white space at the end of the line", "delete it"


def final_newline(tree):
    for path, text in tree.files.items():
        if text and not text.endswith("\n"):
            yield path, line_of(text, len(text)), "the last line does not end", "end it with a newline"
        elif text.endswith("\n\n"):
            yield path, text.count("\n"), "an empty line at the end", "delete it"


# Words

def banned_words(tree):
    words = re.compile(r"\b(" + "|".join(BANNED_WORDS) + r")\b")
    for path, text in tree.files.items():
        for found in words.finditer(text):
            yield path, line_of(text, found.start()), f"the word {found[1]}", "do it, or write down elsewhere that it waits"


def machine_paths(tree):
    """In code a temporary directory is somewhere; in what people read it is only this machine's."""
    anywhere = r"(?<![\w.}~-])/(?:work|root|home)(?:/|\b)"
    pattern, in_documents = re.compile(anywhere), re.compile(anywhere + r"|(?<![\w.])/tmp/")
    for path, text in tree.files.items():
        if path.startswith("tests/tidy/"):
            continue
        for found in (in_documents if path.endswith(".md") else pattern).finditer(text):
            yield path, line_of(text, found.start()), f"the path {found[0]} of one machine", "make it relative to the tree or to the mission"


# C

def banned_calls(tree):
    calls = re.compile(r"(?<![\w.>])(" + "|".join(BANNED_CALLS) + r")\s*\(")
    for path, _ in tree.ending(".c", ".h"):
        if path == "src/base/base.h":
            continue
        code = tree.code(path)
        for found in calls.finditer(code):
            yield path, line_of(code, found.start()), f"a call of {found[1]}", "use src/base (buf.h, str.h, clock.h) or the call's bounded form"


def include_guard(tree):
    """The path, or its end from a folder on; a file that has its folder's name need not say it twice."""
    for path, text in tree.ending(".h"):
        parts = path[:-2].upper().split("/")
        good = ["_".join([*parts[i:], "H"]) for i in range(max(1, len(parts) - 1))]
        if parts[-1] in parts[-2:-1]:
            good += ["_".join([*parts[i:-1], "H"]) for i in range(len(parts) - 1)]
        found = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.MULTILINE)
        if not found or found[1] not in good or found[1] != found[2]:
            line = line_of(text, found.start()) if found else 1
            yield path, line, f"the guard is {found[1] if found else 'missing'}", f"call it {good[1 % len(good)]}"


def header_comment(tree):
    for path, text in tree.ending(".h"):
        name = os.path.basename(path)
        if not text.startswith(f"/* {name}: "):
            yield path, 1, "the header does not begin with what it is for", f"begin it with /* {name}: …"


def stroke_comments(tree):
    for path, _ in tree.ending(".c", ".h"):
        code = tree.code(path)
        for found in re.finditer("//", code):
            yield path, line_of(code, found.start()), "a comment of two strokes", "write /* … */"


CODE = re.compile(r"^(?:(?:if|for|while|switch|return|else|do)\b.*[;{]|[\w.>*\[\]-]+\s*[-+|&*/]?=[^=].*;|[\w.>-]+\(.*\);|#\s*(?:include|define|if)\b.*"
                  r"|(?:static |const )*(?:struct \w+|u?int\d*(?:_t)?|size_t|char|bool|void|long) [*\w]+(?: = .*|\[.*)?;|[{}];?)$")


def dead_code(tree):
    """An example in a manual is indented behind its star; code that was switched off stands at the margin."""
    remedy = "delete it; git remembers"
    for path, text in tree.ending(".c", ".h"):
        for comment in re.finditer(r"/\*(.*?)\*/", text, re.DOTALL):
            for i, line in enumerate(comment[1].split("\n")):
                starred = re.match(r"\s*\*(?: (?=\S))?(.*)$", line) if i else None
                words = starred[1] if starred else line.strip()
                if CODE.match(words):
                    yield path, line_of(text, comment.start()) + i, f"code in a comment: {words}", remedy
        code = tree.code(path)
        for found in re.finditer(r"^\s*#\s*if\s+0\b", code, re.MULTILINE):
            yield path, line_of(code, found.end()), "code under #if 0", remedy


# Who may include whom

def directory_of(path):
    """The row of the table that a path falls under, or None."""
    rows = [row for row in [*MAY_INCLUDE, "gen"] if path.startswith(row + "/")]
    return max(rows, key=len) if rows else None


def resolve(tree, path, name):
    """The included file's path in the tree; gen/… is made by the build."""
    if name.startswith("gen/"):
        return name
    candidates = [os.path.join(os.path.dirname(path), name)] + [os.path.join(root, name) for root in INCLUDE_ROOTS]
    return next((c for c in candidates if c in tree.files), None)


def domain_header(path):
    """src/domain/X/X.h"""
    return re.match(r"src/domain/(\w+)/\1\.h$", path) is not None


def may_include(path, target):
    home = directory_of(path)
    if home is None:
        return False
    if home == "src/domain":
        if os.path.dirname(path) == os.path.dirname(target) or domain_header(target):
            return True
    elif home == directory_of(target):
        return True
    # What tries a core on things is a test's, though no test itself.
    rows = MAY_INCLUDE[home] + (TESTS_MAY_INCLUDE if is_test(path) else [])
    if home not in ("src/verify",) and re.search(r"/(try|try_vault|test)\.[ch]$", path):
        rows = rows + TESTS_MAY_INCLUDE
    return any(target == row or target.startswith(row + "/") for row in rows)


def include_direction(tree):
    for path, text in tree.ending(".c", ".h"):
        for found in re.finditer(r'^\s*#\s*include "([^"]+)"', text, re.MULTILINE):
            line = line_of(text, found.start(1))
            target = resolve(tree, path, found[1])
            if target is None:
                yield path, line, f"nobody has {found[1]}", "write the path from src/, tests/ or the root"
            elif not may_include(path, target):
                yield path, line, f"{os.path.dirname(path)} may not include {target}", "ask through an event or a layer between; see docs/architecture.md"


def dead_headers(tree):
    included = set()
    for path, text in tree.ending(".c", ".h", ".py"):
        for found in re.finditer(r'#\s*include "([^"]+)"', text):
            included.add(resolve(tree, path, found[1]))
    for path, _ in tree.ending(".h"):
        if path not in included:
            yield path, 1, "nobody includes it", "delete it"


# The build

def built_files(tree):
    """(meson.build, line, path) of each C file that the build names."""
    for path, text in tree.ending("meson.build"):
        folder = os.path.dirname(path)
        for files in re.finditer(r"\bfiles\(([^)]*)\)", text):
            for found in re.finditer(r"(?<!\+ )'([\w/.-]+\.c)'", files[1]):
                yield path, line_of(text, files.start(1) + found.start()), os.path.normpath(os.path.join(folder, found[1]))
        names = re.search(r"^domains = \[([^\]]*)\]", text, re.MULTILINE)
        for name in re.findall(r"'(\w+)'", names[1]) if names else []:
            for end in (".c", "_test.c"):
                yield path, line_of(text, names.start()), os.path.normpath(os.path.join(folder, name, name + end))


def build_lists(tree):
    named = set()
    for build, line, path in built_files(tree):
        named.add(path)
        if path not in tree.files:
            yield build, line, f"there is no {path}", "take it out of the list, or write it"
    for path, _ in tree.ending(".c"):
        if path not in named:
            yield path, 1, "no meson.build lists it", "list it in its folder's, or delete it"


def dependencies(tree):
    page = "docs/dependencies.md"
    rows = [row.split("|")[1].lower() for row in tree.files.get(page, "").split("\n") if row.startswith("|")]
    for path, text in tree.ending("meson.build"):
        for found in re.finditer(r"\bdependency\('([^']+)'", text):
            word = re.sub(r"^lib|\d+$", "", found[1]).lower()
            if not any(word in row for row in rows):
                yield path, line_of(text, found.start()), f"{found[1]} has no row in {page}", "say what for, what else was looked at, and its licence"


def domain_files(tree):
    for name in sorted({path.split("/")[2] for path in tree.files if re.match(r"src/domain/\w+/", path)}):
        folder = f"src/domain/{name}"
        for file in (f"{name}.yaml", f"{name}.h", f"{name}.c", f"{name}_test.c", "README.md"):
            if f"{folder}/{file}" not in tree.files:
                yield f"{folder}/{file}", 1, "a domain without it", "write it; docs/adding.md says what stands in it"


# The log

# Who may write to standard error beside the log: what has no keeper yet, and the keeper itself when it was asked to pass things on.
SAY_IT_ALOUD = ["src/base/error.c", "src/base/panic.c", "src/serve/keeper_hear.c"]


def said_in_the_log(tree):
    """A process of a mission says nothing but rows of src/base/log_table.h; the commands of people and the verifier speak to people."""
    for path, _ in tree.ending(".c"):
        if path in SAY_IT_ALOUD or is_test(path) or not path.startswith("src/") or path.startswith(("src/cli/", "src/verify/")):
            continue
        code = tree.code(path)
        for found in re.finditer(r"\b(?:stderr|perror|syslog)\b", code):
            yield path, line_of(code, found.start()), f"{found[0]} in a process of the mission", "name a row of src/base/log_table.h and LOG it"


def log_events_used(tree):
    table = "src/base/log_table.h"
    code = "".join(tree.code(path) for path, _ in tree.ending(".c") if not is_test(path))
    for i, line in enumerate(tree.files.get(table, "").split("\n"), 1):
        row = re.match(r"EVENT\((\w+)", line)
        if row and not re.search(rf"\bLOG\({row[1]}\b|\bKIT_LOG\([^,]+, {row[1]}\b|\bLOG_EVENT_{row[1]}\b", code):
            yield table, i, f"nobody says {row[1]}", "delete the row"


RULES = [file_length, line_length, function_length, white_space, final_newline, banned_words, machine_paths, banned_calls, include_guard, header_comment,
         stroke_comments, dead_code, include_direction, dead_headers, build_lists, dependencies, domain_files,
         said_in_the_log, log_events_used]


def findings(tree, rules=None):
    found = [finding for rule in rules or RULES for finding in rule(tree)]
    return [f"{path}:{line}: {what}; {remedy}" for path, line, what, remedy in sorted(found)]


def main():
    found = findings(Tree.of(ROOT))
    print("\n".join(found))
    sys.exit(len(found) > 0)


if __name__ == "__main__":
    main()
