#!/usr/bin/python3
"""Reads journals that earlier programs have written, each of them kept here with its throw-away keys as N.tar.xz, and holds what this program makes of them
against N.txt: it verifies; it folds; each decision comes out as it was; the state at the end and what happened are the same.

Where this fails, somebody's record of ten years would not be read. Only one difference is none: a state that has more columns or tables than before has
another hash. Then look that nothing else has changed, and write the new one into N.txt.
"""
import collections
import glob
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system")]
from mission import ROOT, close, recorded  # noqa: E402

BUILD = os.path.join(ROOT, "build", "release")


def run(build, program, *words):
    done = subprocess.run([os.path.join(build, program), *words], capture_output=True, text=True, timeout=120)
    return f"{program}: exit {done.returncode}\n{done.stdout}{done.stderr}"


def events_of(path):
    """How often each happened, read by another SQLite reader than the mission's."""
    database = sqlite3.connect(path)
    counts = collections.Counter(event["name"] for (body,) in database.execute("SELECT body FROM entry") for event in json.loads(body)["events"])
    database.close()
    return "".join(f"{counts[name]:5} {name}\n" for name in sorted(counts))


def expected_of(number, build, place):
    """What the programs of this build say of a golden journal, unpacked in this place."""
    with tarfile.open(os.path.join(HERE, f"{number}.tar.xz")) as archive:
        archive.extractall(place)
    golden = os.path.join(place, number)
    os.chmod(os.path.join(golden, "keys"), 0o700)
    recorded("Incarnation", golden, "incarnation.json")
    journal = os.path.join(golden, "journal.db")
    said = run(build, "chancery-verify", journal, os.path.join(golden, "keys", "journal.vkey")) + run(build, "chancery", "replay", golden)
    lines = [line for line in (said + events_of(journal)).replace(place, "").splitlines() if not line.startswith("took ")]
    return "\n".join(lines) + "\n"


class Golden(unittest.TestCase):
    def test_journals_of_earlier_programs_are_read_and_decided_as_they_were(self):
        kept = sorted(os.path.basename(path)[:-len(".tar.xz")] for path in glob.glob(os.path.join(HERE, "*.tar.xz")))
        self.assertTrue(kept)
        for number in kept:
            with self.subTest(number), tempfile.TemporaryDirectory() as place:
                with open(os.path.join(HERE, f"{number}.txt"), encoding="utf-8") as file:
                    self.assertEqual(expected_of(number, BUILD, place), file.read())


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else BUILD
    close(unittest.main(exit=False, verbosity=2).result)
