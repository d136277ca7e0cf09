#!/usr/bin/python3
"""Makes gen/ from the schemas: generate.py OUT SCHEMA.yaml…

Three storeys, each of which knows nothing of the next: text.py (YAML → nodes with places), tree.py (nodes → the checked tree of model.py), emit_X.py
(tree → one target's files). Mistakes are told as file:line:column: what; remedy, and nothing is written.
"""
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import c  # noqa: E402
import emit_codec  # noqa: E402
import emit_dispatch  # noqa: E402
import emit_facts  # noqa: E402
import emit_tables  # noqa: E402
import emit_types  # noqa: E402
import emit_words  # noqa: E402
import text  # noqa: E402
import tree  # noqa: E402

EMITTERS = (emit_types, emit_codec, emit_tables, emit_dispatch, emit_facts, emit_words)


def schema_hash(schemas):
    """SHA-256 of what the schemas say: comments, white space and the order of files left out."""
    said = {name: node.plain() for name, node in schemas}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def generate(files):
    """{path: text} of a schema in files [(path, text)]. Raises text.Mistake or tree.Mistakes."""
    schemas = [(os.path.splitext(os.path.basename(path))[0], text.read_text(path, content)) for path, content in files]
    built = tree.build(schemas)
    made = {"schema_hash.h": c.header("SCHEMA_HASH", "What entries name as their schema.", [], f'#define SCHEMA_HASH "{schema_hash(schemas)}"')}
    for emitter in EMITTERS:
        made.update(emitter.emit(built))
    return made


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return path, file.read()


def write_all(out, paths, make):
    """Writes {name: text} that `make` makes of the files; an exit code."""
    try:
        made = make([read(path) for path in paths])
    except (text.Mistake, tree.Mistakes) as mistake:
        print(mistake, file=sys.stderr)
        return 1
    except (OSError, UnicodeDecodeError) as error:
        print(f"{error}; name schemas that can be read", file=sys.stderr)
        return 1
    os.makedirs(out, exist_ok=True)
    for name, content in made.items():
        with open(os.path.join(out, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
    return 0


def main(out, paths):
    return write_all(out, paths, generate)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: generate.py OUT SCHEMA.yaml…")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
