#!/usr/bin/python3
"""What the pages say is so: their commands exist, their files exist, their links lead somewhere, and their recipes work when followed word for word."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build/release/chancery")

# Names that a mission or the build makes; nobody has them in the tree.
NOT_OURS = ("run/", "build/", "keys/", "rules/", "gen/", "log/", "lines/", "…/", "/", "~")
ENDINGS = (".md", ".yaml", ".c", ".h", ".py")
PATIENCE_S = 60

PASSED, FAILED = 0, 0


def check(name, ok, what=""):
    global PASSED, FAILED
    PASSED, FAILED = PASSED + bool(ok), FAILED + (not ok)
    if not ok:
        print(f"FAIL {name}: {what}")
    return ok


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def tree():
    names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return [name for name in names.stdout.decode().split("\0") if name and os.path.exists(os.path.join(ROOT, name))]


def run(*command, cwd=ROOT):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=PATIENCE_S)


# A page: its code blocks, its words in backticks, its links

def without_comments(line):
    return re.split(r"\s{2,}|\s#\s", line.strip())[0]


def code_lines(text):
    """Lines of fenced and of indented blocks, as written."""
    lines, fenced, blank = [], False, True
    for line in text.split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or (line.startswith("    ") and (blank or lines and lines[-1] is not None)):
            lines.append(line)
            continue
        blank = not line.strip()
        if not blank:
            lines.append(None)
    return [line for line in lines if line is not None]


def backticks(text):
    prose = "\n".join(line for line in text.split("\n") if not line.startswith(("    ", "```")))
    return [found.replace("\n", " ") for found in re.findall(r"`([^`]+)`", prose)]


def section(text, title):
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def blocks(text):
    """The indented blocks, each without its margin."""
    return [textwrap.dedent(found).strip("\n") + "\n" for found in re.findall(r"^ {4,}\S.*\n(?:(?: {4,}.*)?\n)*", text + "\n", re.MULTILINE)]


def first_block(text):
    return next(iter(blocks(text)), "")


# What pages name

def check_makes(path, text):
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for line in code_lines(text) + backticks(text):
        for word in re.findall(r"(?:^|[;&(] ?)make ([a-z]+)\b", without_comments(line)):
            check(f"{path}: make {word}", word in targets, f"the Makefile has only {sorted(targets)}")


def is_path(word):
    if re.search(r"[\s<>{}()|=*,;:“”]|://|\bX(?![a-z])|NAME|…|\.\.\.", word) or word.startswith(NOT_OURS):
        return False
    if word.endswith(ENDINGS):
        return True
    first = word.split("/")[0]
    return "/" in word and os.path.isdir(os.path.join(ROOT, first))


def check_paths(path, text, files):
    names = {os.path.basename(name) for name in files}
    here = os.path.dirname(os.path.join(ROOT, path))
    for word in sorted(set(filter(is_path, backticks(text)))):
        near = [os.path.join(ROOT, word), os.path.join(here, word)]
        there = any(map(os.path.exists, near)) if "/" in word else word in names
        check(f"{path}: `{word}`", there, "there is no such file")


def anchors(text):
    """As forges make them of headings."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


def check_links(path, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
        if check(f"{path}: link to {target}", os.path.exists(os.path.join(ROOT, place)), f"there is no {place}") and anchor:
            check(f"{path}: place {target}", anchor in anchors(read(place)), f"{place} has no heading of that name")


def commands_named(text):
    """(word, second word or None) of each `chancery …` that a page shows."""
    pattern = re.compile(r"(?:^|[\s/])chancery((?: -C \S+)?) ([a-z][\w-]*)(?: ([a-z][a-z-]*)(?=\s|$))?")
    return sorted({(found[2], found[3]) for line in code_lines(text) + backticks(text) for found in pattern.finditer(line)}, key=str)


def check_commands(path, text):
    if not os.path.exists(PROGRAM):
        print(f"left out: the commands of {path}; build/release/chancery is not built")
        return
    lines = [line.split() for line in run(PROGRAM, "help").stdout.split("\n") if line.startswith("  ")]
    known = {line[0] for line in lines if line} | {"help"}
    if path != "README.md":  # which is for users; others may speak of children too
        known |= set(re.findall(r'^\t\{"(\w+)", NULL', read("src/cli/main.c"), re.MULTILINE))
    pairs = {tuple(line[:2]) for line in lines if len(line) > 1}
    domains = set(os.listdir(os.path.join(ROOT, "src/domain")))
    for word, second in commands_named(text):
        check(f"{path}: chancery {word}", word in known, "`chancery help` does not have it")
        if path == "README.md" and word in domains and second:
            check(f"{path}: chancery {word} {second}", (word, second) in pairs, "`chancery help` does not have it")


def check_page(path, files):
    text = read(path)
    check_makes(path, text)
    check_paths(path, text, files)
    check_links(path, text)
    check_commands(path, text)
    left = re.findall(r"@[A-Z_]+@", text)
    check(f"{path} has no gap", not left, f"{left} still wait to be written")


# The recipes of docs/adding.md

def check_access_rule(page, scratch):
    block = first_block(section(page, "An access rule"))
    head = re.match(r"# (rules/access/[\w-]+\.yaml)\n", block)
    if not check("An access rule: the file says where it belongs", head, block):
        return
    mission = os.path.join(scratch, "mission")
    shutil.copytree(os.path.join(ROOT, "sample"), mission)
    if not os.path.exists(PROGRAM):
        print("left out: the recipe's rulebook check; build/release/chancery is not built")
        return
    before = run(PROGRAM, "-C", mission, "rules", "check")
    check("the sample's rules are good without it", before.returncode == 0, before.stdout)
    place = os.path.join(mission, head[1])
    check("the recipe's file is new", not os.path.exists(place), f"the sample has {head[1]} already")
    with open(place, "w", encoding="utf-8") as file:
        file.write(block)
    after = run(PROGRAM, "-C", mission, "rules", "check")
    check("An access rule, word for word", after.returncode == 0, after.stdout)
    with open(place, "w", encoding="utf-8") as file:
        file.write(block.replace("outcome: permit", "outcome: perhaps"))
    wrong = run(PROGRAM, "-C", mission, "rules", "check")
    line = block[:block.index("outcome:")].count("\n") + 1
    named = f"{os.path.basename(place)}:{line}:" in wrong.stdout
    check("a mistake in it is told with file, line and column", wrong.returncode != 0 and named, wrong.stdout)


def schemas(files):
    """In the order of the build."""
    names = re.search(r"^domains = \[([^\]]*)\]", read("src/domain/meson.build"), re.MULTILINE)
    found = [f"src/domain/{name}/{name}.yaml" for name in re.findall(r"'(\w+)'", names[1])]
    check("src/domain/meson.build has a row for each domain", sorted(found) == sorted(f for f in files if re.match(r"src/domain/.*\.yaml$", f)), found)
    return ["src/schema/entry.yaml", "src/schema/contract.yaml", "src/schema/keeper.yaml", *found]


def generate(scratch, paths):
    return run(sys.executable, os.path.join(ROOT, "src/schema/generate.py"), os.path.join(scratch, "gen"), *paths, cwd=scratch)


def copy_all(paths, scratch):
    for path in paths:
        os.makedirs(os.path.dirname(os.path.join(scratch, path)), exist_ok=True)
        shutil.copy(os.path.join(ROOT, path), os.path.join(scratch, path))


def check_command(page, scratch, files):
    text = section(page, "A command")
    block = first_block(text)
    name = block.split(":")[0]
    paths = schemas(files)
    copy_all(paths, scratch)
    before = generate(scratch, paths)
    if not check("the schemas are good without it", before.returncode == 0, before.stdout):
        return
    doors = os.path.join(scratch, "src/domain/doors/doors.yaml")
    schema = read("src/domain/doors/doors.yaml")
    with open(doors, "w", encoding="utf-8") as file:
        file.write(schema.replace("\ncommands:\n", "\ncommands:\n" + textwrap.indent(block, "  "), 1))
    after = generate(scratch, paths)
    if not check("A command, word for word", after.returncode == 0, after.stdout):
        return
    function = re.search(r"asks for `(\w+)`", text)
    made = "".join(open(os.path.join(scratch, "gen", file), encoding="utf-8").read() for file in sorted(os.listdir(os.path.join(scratch, "gen"))))
    check("the linker asks for what the recipe says", function and f"void {function[1]}(struct turn" in made, f"gen/ declares no {function and function[1]}")
    shown = re.search(r"`chancery (\w+) ([\w-]+) --(\w+)", text)
    check("the command line is the schema's", shown and shown[1] == "doors" and shown[2] == name.replace("_", "-") and shown[3] in block, shown and shown[0])
    published = run(sys.executable, os.path.join(ROOT, "src/schema/publish.py"), os.path.join(scratch, "gen"), os.path.join(ROOT, "src/cli/main.c"),
                    os.path.join(ROOT, "src/base/error.h"), *paths, cwd=scratch)
    check("what is published is made of it", published.returncode == 0, published.stdout)
    for page, said in (("reference-doors.md", f"doors.{name}"), ("chancery-doors.1", name.replace("_", "-")), ("openapi.json", f"/api/doors/{name}")):
        with open(os.path.join(scratch, "gen", page), encoding="utf-8") as file:
            check(f"{page} has it", said in file.read(), f"gen/{page} does not name {said}")
    with open(doors, "w", encoding="utf-8") as file:
        file.write(schema.replace("\ncommands:\n", "\ncommands:\n" + textwrap.indent(block.replace("ref: Door", "ref: Dor"), "  "), 1))
    wrong = generate(scratch, paths)
    check("a mistake in it is told with file and line", wrong.returncode != 0 and re.search(r"doors\.yaml:\d+:\d+: .+; .+", wrong.stdout), wrong.stdout)


def check_domain(page, scratch, files):
    """The schema is good beside the others, and the C file is all that it asks for."""
    schema, code, *_ = [*blocks(section(page, "A domain")), "", ""]
    head = re.match(r"# (src/domain/(\w+)/\w+\.yaml)\n", schema)
    if not check("A domain: the schema says where it belongs", head, schema):
        return
    path, name = head[1], head[2]
    copy_all(schemas(files), scratch)
    os.makedirs(os.path.join(scratch, "src/domain", name))
    header = '#include "gen/dispatch.h"\n#include "schema/turn.h"\n'
    for file, content in ((path, schema), (f"src/domain/{name}/{name}.h", header), (f"src/domain/{name}/{name}.c", code)):
        with open(os.path.join(scratch, file), "w", encoding="utf-8") as out:
            out.write(content)
    made = generate(scratch, [*schemas(files), path])
    if not check("A domain, word for word", made.returncode == 0, made.stdout):
        return
    compiled = run("cc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wconversion", f"-I{scratch}", f"-I{scratch}/src", f"-I{ROOT}/src",
                   "-c", f"src/domain/{name}/{name}.c", "-o", "domain.o", cwd=scratch)
    if not check("A domain: its C file", compiled.returncode == 0, compiled.stdout):
        return
    with open(os.path.join(scratch, "gen/dispatch.h"), encoding="utf-8") as file:
        owed = set(re.findall(rf"^void ({name}_(?:decide|apply|on|due)_\w+)\(", file.read(), re.MULTILINE))
    defined = set(re.findall(r" T (\w+)", run("nm", "domain.o", cwd=scratch).stdout))
    check("A domain defines what it owes, and no more", owed and owed == defined, (sorted(owed), sorted(defined)))


def check_driver(page):
    """Each word of the contract that the recipe puts into backticks is a word of the contract; the driver it shows is the one that is tested."""
    contract = read("src/schema/contract.yaml") + read("src/schema/entry.yaml")
    ten_lines = "tests/conformance/ten_lines.py"
    check("A driver: what is shown is what is tested", first_block(section(page, "A driver")) == read(ten_lines), f"it differs from {ten_lines}")
    text = re.sub(r"\n7\. .*", "\n", section(page, "A driver"), flags=re.DOTALL)
    words = {word for word in backticks(text.replace("\n   ", "\n")) if re.fullmatch(r"[a-z_]+", word)}
    check("A driver: the recipe names the contract's lines", {"config", "hello", "ack", "order"} <= words, sorted(words))
    for word in sorted(words):
        check(f"A driver: `{word}`", re.search(rf"\b{word}\b", contract), "src/schema/contract.yaml does not have it")


# docs/operations.md

def check_events():
    """The table of the log's events is the program's own."""
    if not os.path.exists(PROGRAM):
        print("left out: the events of docs/operations.md; build/release/chancery is not built")
        return
    told = run(PROGRAM, "-C", os.path.join(ROOT, "sample"), "log", "--events").stdout
    rows = told.split("\n", 2)[2] if told.count("\n") > 2 else ""
    check("the page has every event of the log", rows and section(read("docs/operations.md"), "Every event of the log").strip().endswith(rows.strip()),
          "copy what `chancery log --events` prints to the end of docs/operations.md")


def check_version():
    version = re.search(r"^project\('chancery', 'c', version: '([^']+)'", read("meson.build"), re.MULTILINE)
    check("the package has the program's version", version and read("debian/changelog").startswith(f"chancery ({version[1]}) "),
          "add an entry for it to debian/changelog")


def main():
    files = tree()
    pages = sorted(name for name in files if name.endswith(".md"))
    check("there are pages", {"README.md", "docs/adding.md", "docs/architecture.md"} <= set(pages), pages)
    for path in pages:
        check_page(path, files)
    with tempfile.TemporaryDirectory(prefix="documents-") as scratch:
        page = read("docs/adding.md")
        check_access_rule(page, scratch)
        check_command(page, os.path.join(scratch, "command"), files)
        check_domain(page, os.path.join(scratch, "domain"), files)
        check_driver(page)
        check_events()
        check_version()
    print(f"{PASSED} passed, {FAILED} failed")
    sys.exit(FAILED > 0)


if __name__ == "__main__":
    main()
