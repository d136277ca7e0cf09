#!/usr/bin/python3
"""Each rule of tidy.py catches what it is for, lets go what is right, and finds nothing in the tree as it is."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

MESSAGE = re.compile(r"^[\w./-]+:\d+: .+; .+$")
LONG = "x" * 161
C_71 = "int f(void)\n{\n" + "\tg();\n" * 68 + "}\n"
PYTHON_71 = "def f():\n" + "    g()\n" * 70
GUARD = "/* x.h: y */\n#ifndef {0}\n#define {0}\n#endif\n"
DOMAIN = {f"src/domain/site/{name}": "" for name in ("site.yaml", "site.h", "site.c", "site_test.c", "README.md")}
PAGE = {"docs/dependencies.md": "| SQLite 3.40 | rows | | public domain |\n"}


def included(path, name, *others):
    """A tree where path includes name."""
    return {**{other: "" for other in others}, path: f'\n#include "{name}"\n'}


# rule, the tree, path:line of the finding, a word of what it says
BAD = [
    (tidy.file_length, {"a.c": "\n" * 601}, "a.c:601", "601 lines"),
    (tidy.file_length, {"a_test.c": "\n" * 701}, "a_test.c:701", "701 lines"),
    (tidy.line_length, {"a.c": "\n" + LONG + "\n"}, "a.c:2", "161 characters"),
    (tidy.line_length, {"a.c": "\t" * 20 + "x\n"}, "a.c:1", "161 characters"),
    (tidy.line_length, {"a.md": LONG + "\n"}, "a.md:1", "161 characters"),
    (tidy.function_length, {"a.c": "\n" + C_71}, "a.c:2", "f has 71 lines"),
    (tidy.function_length, {"a.py": PYTHON_71}, "a.py:1", "f has 71 lines"),
    (tidy.function_length, {"tools/a": "#!/usr/bin/python3\n" + PYTHON_71}, "tools/a:2", "f has 71 lines"),
    (tidy.white_space, {"a.md": "one\ntwo \n"}, "a.md:2", "white space"),
    (tidy.white_space, {"a.c": "\t\n"}, "a.c:1", "white space"),
    (tidy.final_newline, {"a.c": "one\ntwo"}, "a.c:2", "does not end"),
    (tidy.final_newline, {"a.c": "one\n\n"}, "a.c:2", "empty line"),
    *[(tidy.banned_words, {"a.c": f"\n/* {word}: later */\n"}, "a.c:2", word) for word in tidy.BANNED_WORDS],
    (tidy.machine_paths, {"tools/x": "cd /" + "work/main\n"}, "tools/x:1", "/" + "work"),
    (tidy.machine_paths, {"a.c": 'open("/' + 'root/.x");\n'}, "a.c:1", "/" + "root"),
    (tidy.machine_paths, {"a.md": "see /" + "tmp/x\n"}, "a.md:1", "/" + "tmp"),
    *[(tidy.banned_calls, {"a.c": f"\n\tx = {call}(y);\n"}, "a.c:2", call) for call in tidy.BANNED_CALLS],
    (tidy.include_guard, {"src/base/x.h": GUARD.format("X_H")}, "src/base/x.h:2", "call it BASE_X_H"),
    (tidy.include_guard, {"src/base/x.h": "/* x.h: y */\n"}, "src/base/x.h:1", "missing"),
    (tidy.include_guard, {"src/base/x.h": "#ifndef BASE_X_H\n#define BASE_Y_H\n"}, "src/base/x.h:1", "guard"),
    (tidy.header_comment, {"a.h": "#ifndef A_H\n"}, "a.h:1", "/* a.h: "),
    (tidy.header_comment, {"a.h": "/* Some words. */\n"}, "a.h:1", "/* a.h: "),
    (tidy.stroke_comments, {"a.c": "int a; // why\n"}, "a.c:1", "two strokes"),
    (tidy.dead_code, {"a.c": "/* f(x); */\n"}, "a.c:1", "f(x);"),
    (tidy.dead_code, {"a.c": "/*\n\tif (a == b) {\n\t\tc();\n*/\n"}, "a.c:2", "if (a == b)"),
    (tidy.dead_code, {"a.c": "/* int64_t before = 0; */\n"}, "a.c:1", "before"),
    (tidy.dead_code, {"a.c": "/*\n * a->b = c + 1;\n */\n"}, "a.c:2", "a->b"),
    (tidy.dead_code, {"a.c": "int a;\n#if 0\nint b;\n#endif\n"}, "a.c:2", "#if 0"),
    (tidy.include_direction, included("src/base/a.c", "schema/json.h", "src/schema/json.h"), "src/base/a.c:2", "may not include src/schema"),
    (tidy.include_direction, included("src/base/a.c", "gen/types.h"), "src/base/a.c:2", "gen/types.h"),
    (tidy.include_direction, included("src/core/a.c", "journal/store.h", "src/journal/store.h"), "src/core/a.c:2", "journal"),
    (tidy.include_direction, included("src/cli/a.c", "journal/store.h", "src/journal/store.h"), "src/cli/a.c:2", "journal"),
    (tidy.include_direction, included("src/cli/a.c", "driver/osdp/pd.h", "src/driver/osdp/pd.h"), "src/cli/a.c:2", "pd.h"),
    (tidy.include_direction, included("src/domain/access/access.c", "core/core.h", "src/core/core.h"), "src/domain/access/access.c:2", "core.h"),
    (tidy.include_direction, included("src/domain/a/a.c", "domain/b/inner.h", "src/domain/b/inner.h"), "src/domain/a/a.c:2", "inner.h"),
    (tidy.include_direction, included("src/driver/osdp/a.c", "domain/b/b.h", "src/domain/b/b.h"), "src/driver/osdp/a.c:2", "b.h"),
    (tidy.include_direction, included("src/verify/a.c", "base/base.h", "src/base/base.h"), "src/verify/a.c:2", "base.h"),
    (tidy.include_direction, included("src/verify/a_test.c", "journal/note.h", "src/journal/note.h"), "src/verify/a_test.c:2", "note.h"),
    (tidy.include_direction, included("world/a.c", "driver/osdp/frame.h", "src/driver/osdp/frame.h"), "world/a.c:2", "frame.h"),
    (tidy.include_direction, included("src/core/a.c", "core/try.h", "src/serve/try.h"), "src/core/a.c:2", "nobody has core/try.h"),
    (tidy.include_direction, included("elsewhere/a.c", "base/base.h", "src/base/base.h"), "elsewhere/a.c:2", "may not"),
    (tidy.dead_headers, {"a.h": "", "b.h": "", "a.c": '#include "a.h"\n'}, "b.h:1", "nobody"),
    (tidy.build_lists, {"src/a/meson.build": "x = files('a.c')\n", "src/a/a.c": "", "src/a/b.c": ""}, "src/a/b.c:1", "no meson.build"),
    (tidy.build_lists, {"src/a/meson.build": "\nx = files('a.c')\n"}, "src/a/meson.build:2", "there is no src/a/a.c"),
    (tidy.build_lists, {"d/meson.build": "domains = ['site']\n", "d/site/site.c": ""}, "d/meson.build:1", "d/site/site_test.c"),
    (tidy.dependencies, {"meson.build": "\nx = dependency('libcurl')\n", **PAGE}, "meson.build:2", "libcurl"),
    *[(tidy.domain_files, {path: "" for path in DOMAIN if path != absent}, f"{absent}:1", "without it") for absent in DOMAIN],
    (tidy.said_in_the_log, {"src/serve/a.c": "\nfprintf(stderr, name);\n"}, "src/serve/a.c:2", "stderr"),
    (tidy.said_in_the_log, {"src/driver/osdp/a.c": "perror(name);\n"}, "src/driver/osdp/a.c:1", "perror"),
    (tidy.log_events_used, {"src/base/log_table.h": "\nEVENT(gone, INFO, \"gone\", ) \\\n", "src/a.c": "LOG(gone_too);\n", "src/a_test.c": "LOG(gone);\n"},
     "src/base/log_table.h:2", "gone"),
]

# What looks like a fault and is none.
GOOD = [
    (tidy.file_length, {"a.c": "\n" * 600, "a_test.c": "\n" * 700}),
    (tidy.line_length, {"a.c": "x" * 160 + "\n", "a.md": "| " + LONG + " |\n", "a.yaml": LONG + "\n"}),
    (tidy.function_length, {"a.c": C_71.replace("\tg();\n", "", 1), "a.py": PYTHON_71.replace("    g()\n", "", 1)}),
    (tidy.final_newline, {"a.c": "one\n", "empty": ""}),
    (tidy.banned_words, {"a.c": 'char path[] = "x.XX' + 'XXXX";\n'}),
    (tidy.machine_paths, {"a.c": 'mkdtemp("/tmp/x");\n', "a.md": "src/" + "work/ and tree/" + "root\n"}),
    (tidy.banned_calls, {"a.c": "/* strcpy(a) */ snprintf(\"system(\"); localtime_r(a); my_rand(); a->system(b);\n",
                         "src/base/base.h": "#define gets(...) banned()\n"}),
    (tidy.include_guard, {"src/base/x.h": GUARD.format("BASE_X_H"), "src/base/base.h": GUARD.format("BASE_H"),
                          "src/driver/osdp/pd.h": GUARD.format("OSDP_PD_H"), "src/domain/site/site.h": GUARD.format("DOMAIN_SITE_H")}),
    (tidy.stroke_comments, {"a.c": 'x = "http://x"; /* see https://x */\n'}),
    (tidy.dead_code, {"a.h": "/* a.h: so:\n *\n *     TEST(a)\n *             f(x);\n *\n * It says f(x), then ends; a = b holds. */\n"}),
    (tidy.include_direction, included("src/core/a.c", "domain/site/site.h", "src/domain/site/site.h")),
    (tidy.include_direction, included("src/domain/a/a.c", "domain/b/b.h", "src/domain/b/b.h")),
    (tidy.include_direction, included("src/domain/a/a_test.c", "core/try.h", "src/core/try.h")),
    (tidy.include_direction, included("src/journal/a_test.c", "sim/disk.h", "tests/sim/disk.h")),
    (tidy.include_direction, included("src/cli/a.c", "driver/osdp/driver.h", "src/driver/osdp/driver.h")),
    (tidy.include_direction, included("src/verify/a.c", "b.h", "src/verify/b.h")),
    (tidy.include_direction, included("src/serve/a.c", "gen/codec.h")),
    (tidy.build_lists, {"src/a/meson.build": "x = files('a.c')\n", "src/a/a.c": ""}),
    (tidy.dependencies, {"meson.build": "x = dependency('sqlite3')\n", **PAGE}),
    (tidy.domain_files, DOMAIN),
    (tidy.said_in_the_log, {"src/serve/a.c": "write(STDERR_FILENO, line, n);\n", "src/cli/a.c": "fprintf(stderr, x);\n", "src/base/error.c": "stderr\n"}),
    (tidy.log_events_used, {"src/base/log_table.h": "EVENT(gone, INFO, \"gone\", ) \\\n", "src/a.c": "LOG(gone);\n"}),
]

FAILED = []
PASSED = 0


def check(name, ok, what=""):
    global PASSED
    if ok:
        PASSED += 1
        return
    FAILED.append(name)
    print(f"FAIL {name}: {what}")


def rows_of_the_page(text):
    """Folder → the third column of docs/architecture.md's table."""
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.split("\n") if line.startswith("| `")]
    return {re.sub(r"/X$", "", row[0].strip("`").rstrip("/")): row[2] for row in rows if len(row) == 3}


def check_page():
    """The table of tidy.py and the one that people read name the same folders, and the page names what the table allows."""
    with open(os.path.join(tidy.ROOT, "docs/architecture.md"), encoding="utf-8") as file:
        page = rows_of_the_page(file.read())
    mine = {folder: rows for folder, rows in tidy.MAY_INCLUDE.items() if not folder.startswith("tests/")}
    check("the page has the table's folders", set(page) == set(mine), f"only in one: {sorted(set(page) ^ set(mine))}")
    everything = "all of the above"
    for folder, rows in mine.items():
        says = re.sub(r"`[^`]*`", "", page.get(folder, ""))
        named = {row.split("/")[1] for row in rows if "/" in row} - {"driver"}
        missing = [word for word in sorted(named) if not re.search(rf"\b{word}", says) and everything not in says]
        check(f"the page says what {folder} may include", not missing, f"docs/architecture.md does not name {missing}: “{says}”")
        forbidden = {row.split("/")[1] for row in tidy.MAY_INCLUDE if row.startswith("src/")} - named - {folder.split("/")[1] if "/" in folder else ""}
        extra = [word for word in ("base", "schema", "rules", "core", "journal", "keys") if word in forbidden and re.search(rf"\b{word}\b", says)]
        check(f"the table allows {folder} what the page says", not extra, f"tidy.py does not allow {extra}: “{says}”")


def main():
    for rule, files, place, word in BAD:
        found = tidy.findings(tidy.Tree(files), [rule])
        name = f"{rule.__name__} catches {place} {word}"
        check(name, any(line.startswith(place + ": ") and word in line for line in found), f"found {found}")
        check(name + ", in the form of a message", all(MESSAGE.match(line) for line in found), f"found {found}")
    for rule, files in GOOD:
        found = tidy.findings(tidy.Tree(files), [rule])
        check(f"{rule.__name__} lets {sorted(files)[0]} be", not found, f"found {found}")
    for rule in tidy.RULES:
        check(f"{rule.__name__} has something to catch", any(row[0] is rule for row in BAD), "add a row to BAD")
    check_page()
    tree = tidy.Tree.of(tidy.ROOT)
    check("git names the tree's files", "tests/tidy/tidy.py" in tree.files and len(tree.files) > 100, f"{len(tree.files)} files")
    for rule in tidy.RULES:
        found = tidy.findings(tree, [rule])
        check(f"the tree: {rule.__name__}", not found, "\n     " + "\n     ".join(found))
    print(f"{PASSED} passed, {len(FAILED)} failed")
    sys.exit(len(FAILED) > 0)


if __name__ == "__main__":
    main()
