"""The command line's own commands and its exit codes, read from where they are declared: src/cli/main.c and src/base/error.h."""
import re
from dataclasses import dataclass

from text import Mistake

TABLE = re.compile(r"^static const struct cli_command commands\[\] = \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
ROW = re.compile(r'\s*\{"([\w-]+)",\s*(?:NULL|"((?:[^"\\]|\\.)*)"),\s*"((?:[^"\\]|\\.)*)",\s*\w+,\s*(?:true|false)\},?\s*')
EXIT = re.compile(r"^\tEXIT_(\w+) = (\d+),\s*(?:/\* (.*?) \*/)?$", re.MULTILINE)


@dataclass
class Command:
    name: str
    usage: str  # without the name: "REF [--limit N] [--json]"
    about: str

    def options(self):
        """--limit → whether it takes a value."""
        return {name: bool(value) for name, value in re.findall(r"(--[a-z-]+)( [A-Z]+)?", self.usage)}

    def words(self):
        """What may stand behind the name as it is written: of `rules check|explain`, both."""
        first = self.usage.split(" ")[0]
        return first.split("|") if re.fullmatch(r"[a-z-]+(\|[a-z-]+)*", first) else []

    def operand(self):
        """FILE, DIR or REF, or ''."""
        found = re.search(r"(?:^|[^-a-z] |\s)(FILE|DIR|REF)", re.sub(r"\[[^\]]*\]|--[a-z-]+ [A-Z]+", "", self.usage))
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
            found.append(Command(row[1], row[2].removeprefix(row[1]).strip(), row[3]))
        at = row.end()
    return found


def read_exit_codes(path, code):
    """[(number, what it means)]"""
    found = [(int(number), words or "it was done") for _, number, words in EXIT.findall(code)]
    if not found:
        raise Mistake(f"{path}:1:1", "there are no exit codes", "write them as `EXIT_FAILED = 1, /* why */`")
    return found
