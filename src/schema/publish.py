#!/usr/bin/python3
"""Makes from the schemas what people and other programs read: publish.py OUT MAIN.C ERROR.H SCHEMA.yaml…

Man pages, completions for three shells, OpenAPI, TypeScript types, reference pages. The program itself is made by generate.py; both stand on the same tree.
The first two files are where the command line declares its own commands and its exit codes.
"""
import os
import sys
from dataclasses import dataclass

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import cli_table  # noqa: E402
import emit_completion  # noqa: E402
import emit_man  # noqa: E402
import emit_openapi  # noqa: E402
import emit_reference  # noqa: E402
import emit_typescript  # noqa: E402
import generate  # noqa: E402
import model  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402

EMITTERS = (emit_man, emit_completion, emit_openapi, emit_typescript, emit_reference)


@dataclass
class Book:
    """What the emitters for readers are given."""
    tree: model.Tree
    homes: dict  # message → the schema that declares it
    commands: list  # cli_table.Command
    exit_codes: list

    def of(self, things, domain):
        """Those of the tree's things that a domain declares."""
        return [thing for thing in things.values() if thing.domain == domain]

    def commands_of(self, domain):
        return [i for i in self.of(self.tree.inputs, domain) if i.kind == "command"]

    def domains(self):
        """Not the schemas that declare nothing but messages."""
        kinds = (self.tree.tables, self.tree.inputs, self.tree.events, self.tree.refusals)
        return [name for name in self.tree.abouts if any(self.of(things, name) for things in kinds)]


def read_book(main_c, error_h, files):
    """main_c, error_h: (path, text); files: [(path, text)]. Raises text.Mistake or tree.Mistakes."""
    schemas = [(os.path.splitext(os.path.basename(path))[0], text.read_text(path, content)) for path, content in files]
    homes = {name: domain for domain, root in schemas for name in root.plain().get("messages", {})}
    return Book(tree.build(schemas), homes, cli_table.read_commands(*main_c), cli_table.read_exit_codes(*error_h))


def publish(book):
    """{path: text}"""
    made = {}
    for emitter in EMITTERS:
        made.update(emitter.emit(book))
    return made


def main(out, paths):
    return generate.write_all(out, paths, lambda files: publish(read_book(files[0], files[1], files[2:])))


if __name__ == "__main__":
    if len(sys.argv) < 5:
        sys.exit("usage: publish.py OUT MAIN.C ERROR.H SCHEMA.yaml…")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
