"""The command line's own commands and its exit codes, read from where they are declared: src/cli/main.c and src/base/error.h."""
import re
from dataclasses import dataclass

from text import Mistake

TABLE = re.compile(r"^static const struct cli_command commands\[\] = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
TEXT = r'"(?:[^"\\]|\\.)*"'
ROW = re.compile(rf'\s*\{{"([\w-]+)",\s*(?:NULL|({TEXT}(?:\s*{TEXT})*)),\s*"((?:[^"\\]|\\.)*)",\s*\w+,\s*(?:true|false)\}},?\s*')
EXIT = re.compile(r"^\tEXIT_(\w+) = (\d+),\s*(?:/\* (.*?) \*/)?$", re.MULTILINE)


@dataclass
class Command:
    name: str
    ways: list  # to call it, each without the name: "REF [--limit N] [--json]"
    about: str

    def options(self):
        """--limit → whether it takes a value."""
        found = re.findall(r"(--[a-z-]+)( [A-Z]+| [a-z]+(?:\|[a-z]+)+)?", " ".join(self.ways))
        return {name: bool(value) for name, value in found}

    def words(self):
        """What may stand behind the name as it is written: of `keys check|combine`, both."""
        firsts = [way.split(" ")[0] for way in self.ways]
        return list(dict.fromkeys(word for first in firsts if re.fullmatch(r"[a-z]+(-[a-z]+)*(\|[a-z-]+)*", first) for word in first.split("|")))

    def operand(self):
        """FILE, DIR or REF; '' too where a word stands before it."""
        if self.words():
            return ""
        found = re.search(r"(?:^|[^-a-z] |\s)(FILE|DIR|REF)", re.sub(r"\[-[^\]]*\]|--[a-z-]+ [A-Z]+", "", "\n".join(self.ways)))
        return found[1] if found else ""


def read_commands(path, code):
    """Those that have a usage; the others are children of these."""
    table = TABLE.search(code)
    if not table:
        raise Mistake(f"{path}:1:1", "there is no table of commands", "it begins with `static const struct cli_command commands[] = {`")
    at, found = 0, []
    while at < len(table[1]):
        row = ROW.match(table[1], at)
        if not row:
            line = code[:table.start(1) + at].count("\n") + 1
            raise Mistake(f"{path}:{line}:1", "this row of the table of commands is not understood",
                          'write {"name", "name REF", "about", function, true}')
        if row[2] is not None:
            usage = "".join(text[1:-1] for text in re.findall(TEXT, row[2]))
            found.append(Command(row[1], [way.removeprefix(row[1]).strip() for way in usage.split("\\n")], row[3]))
        at = row.end()
    return found


def read_exit_codes(path, code):
    """[(number, what it means)]"""
    found = [(int(number), words or "it was done") for _, number, words in EXIT.findall(code)]
    if not found:
        raise Mistake(f"{path}:1:1", "there are no exit codes", "write them as `EXIT_FAILED = 1, /* why */`")
    return found
