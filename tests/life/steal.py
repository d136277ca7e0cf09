#!/usr/bin/python3
"""Steals a mission's disk: copies its directory while it runs, while it is stopped, after somebody was forgotten and after `destroy`, and searches the raw
bytes of every file for what was told to the mission.

Its keys are behind a passphrase, as a mission's are that is more than a sample. The files that the sample's people were imported from are in clear, and
are deleted before, as they say themselves.
"""
import base64
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system")]
from clerk import Clerk  # noqa: E402
from mission import Mission, ROOT, close  # noqa: E402
from officers import Officers, may_be_two  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
PASSPHRASE = "seven quiet lamps beyond the ferry"
DESTROY_S = 2
IMPORTED = ("people.yaml", "keys/readers.yaml")


def told(mission, words, line):
    """A command of the program, and a line that nobody else may read, on a descriptor."""
    reading, writing = os.pipe()
    os.write(writing, (line + "\n").encode())
    os.close(writing)
    command = [mission.program("chancery"), "-C", mission.path, *words, "--fd", str(reading)]
    done = subprocess.run(command, pass_fds=[reading], capture_output=True, text=True, timeout=60)
    os.close(reading)
    return done


def forms(secret):
    """What the bytes look like where somebody wrote them down: as they are, as digits, in base64 at any place, in two bytes a letter."""
    found = {secret, secret.hex().encode(), secret.hex().upper().encode(), b"\0".join(bytes([byte]) for byte in secret)}
    for at in range(3):
        coded = base64.b64encode(b"\0" * at + secret)
        found.add(coded[4 if at else 0:len(coded) // 4 * 4 - 4])
    return found


def files(directory):
    for place, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as file:
                    yield os.path.relpath(path, directory), file.read()


@unittest.skipUnless(may_be_two(), "left out: only root may be two officers")
class Steal(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="chancery-stolen-")
        self.card = secrets.token_bytes(20)
        self.reader_key = secrets.token_bytes(16)
        self.photo = b"\x89PNG" + secrets.token_bytes(50000)
        self.names = ["Ludovine Harkstead-Orm", "Fenwick Sarrabey"]
        self.secrets = {name: name.encode() for name in self.names}
        self.secrets |= {"card": self.card, "a reader's key": self.reader_key, "photograph": self.photo[2000:2032], "passphrase": PASSPHRASE.encode()}

    def tearDown(self):
        shutil.rmtree(self.place)

    def steal(self, mission, name):
        """As a thief has it: whatever was half written when he took it."""
        def left(directory, names):
            return [n for n in names if not os.path.isdir(os.path.join(directory, n)) and not os.path.isfile(os.path.join(directory, n))]
        copy = os.path.join(self.place, name)
        shutil.copytree(mission.path, copy, ignore=left, symlinks=True)
        return copy

    def search(self, directory, words):
        count, size = 0, 0
        for path, data in files(directory):
            count, size = count + 1, size + len(data)
            for what, secret in self.secrets.items():
                for form in forms(secret):
                    self.assertNotIn(form, data, f"{what} in {path}, {words}")
        print(f"{words}: {len(self.secrets)} secrets in none of {count} files, {size >> 10} KiB", flush=True)

    def tell(self, mission):
        """People, a card, a photograph, a reader's key: by the ways that they come in."""
        people = []
        for name in self.names:
            answer = mission.ask({"command": {"name": "people.enrol", "body": {"name": name, "groups": ["staff", "diplomat"], "clearance": 4}}})
            people.append(answer["done"]["gives"]["person"])
        badge = {"person": people[0], "card": self.card.hex(), "bits": 8 * len(self.card), "kind": "card"}
        self.assertIn("done", mission.ask({"command": {"name": "people.issue_badge", "body": badge}}))
        path = os.path.join(mission.directory, "photo.png")
        with open(path, "wb") as file:
            file.write(self.photo)
        mission.run("people", "set-photo", "--person", str(people[0]), "--photo", "@" + path)
        self.assertIn("done", mission.ask({"command": {"name": "doors.key_reader", "body": {"line": "line-1", "address": 9, "key": self.reader_key.hex()}}}))
        mission.badge("line-1/0", self.card.hex(), 8 * len(self.card))
        mission.until(lambda: mission.events("out", "line-1/0"), "she enters")
        return people

    def open_with(self, copy, passphrase):
        """What the thief's own program says to a stolen copy."""
        reading, writing = os.pipe()
        os.write(writing, (passphrase + "\n").encode())
        os.close(writing)
        done = subprocess.run([os.path.join(BUILD, "chancery"), "replay", copy, "--rules", self.nobody_enters(), "--by", "passphrase", "--fd", str(reading)],
                              pass_fds=[reading], capture_output=True, text=True, timeout=60)
        os.close(reading)
        return done

    def nobody_enters(self):
        """A rulebook that refuses everybody, so that a replay names all who ever entered."""
        rules = os.path.join(self.place, "nobody")
        if not os.path.isdir(rules):
            os.mkdir(rules)
            with open(os.path.join(rules, "rulebook.yaml"), "w", encoding="utf-8") as file:
                file.write("name: Nobody\nvocabulary: access.Request\nlayers: [mission]\ndefault: {outcome: refuse, reason: Nobody enters.}\n")
        return rules

    def test_what_a_thief_has(self):
        with Mission(BUILD) as mission:
            self.live(mission)

    def live(self, mission):
        officers = Officers(mission)
        told(mission, ["keys", "add-passphrase"], PASSPHRASE)
        self.assertEqual(told(mission, ["keys", "remove", "--protector", "1", "--by", "passphrase"], PASSPHRASE).returncode, 0)
        mission.start_world()
        mission.start_serve()
        self.assertEqual(told(mission, ["unlock"], PASSPHRASE).returncode, 0)
        mission.until(lambda: "status" in (mission.answers() or {}), "it is unlocked")
        mission.run("import", "site.yaml", "people.yaml", "keys/readers.yaml")
        mission.wait_online()
        for name in IMPORTED:
            os.unlink(os.path.join(mission.path, name))
        officers.enrol()
        people = self.tell(mission)
        clerk = Clerk(mission)
        clerk.start()
        time.sleep(1)
        self.search(self.steal(mission, "running"), "stolen while it runs")
        clerk.end()
        mission.run("backup", os.path.join(mission.path, "backup"), "--keys")
        self.search(os.path.join(mission.path, "backup"), "a backup with its keys")
        self.check_forgotten(mission, officers, people[0])
        self.check_destroyed(mission)

    def check_forgotten(self, mission, officers, person):
        before = self.steal(mission, "before")
        officers.forget(person)
        mission.until(lambda: any(e["name"] == "record.Erased" for entry in mission.seen() for e in entry["events"]), "keys are destroyed")
        mission.stop()
        after = self.steal(mission, "after")
        self.search(after, "stolen while it is stopped, one person forgotten")
        self.assertNotEqual(self.open_with(before, "another passphrase").returncode, 0)
        opened = self.open_with(before, PASSPHRASE)
        self.assertIn(self.names[0], opened.stdout, opened.stderr + "who has the passphrase reads what the mission could read")
        self.assertNotIn(self.names[0], self.open_with(after, PASSPHRASE).stdout)
        print("with the passphrase: her name from before, and not from behind the forgetting", flush=True)

    def check_destroyed(self, mission):
        mission.start_serve()
        with open(os.path.join(mission.path, "mission.yaml"), encoding="utf-8") as file:
            name = next(line.split(":", 1)[1].strip() for line in file if line.startswith("name:"))
        keys = [data[at:at + 64] for path, data in files(mission.path) if "keys/" in path for at in range(0, len(data) - 64, 16384) if any(data[at:at + 64])]
        seed = next(data.strip() for path, data in files(mission.path) if path == "keys/journal.seed")
        begun = time.monotonic()
        done = mission.run("destroy", "--yes", name)
        took = time.monotonic() - begun
        mission.stop()
        self.assertLess(took, DESTROY_S)
        copy = self.steal(mission, "destroyed")
        self.search(copy, f"destroyed in {took * 1000:.0f} ms, {len(keys)} places of key files looked for")
        whole = [data for path, data in files(copy) if not path.endswith("journal.vkey")]
        for key in [*keys, seed]:
            self.assertFalse(any(key in data for data in whole), "a key")
        self.assertIn("in ./backup/keys", done.stdout)
        opened = self.open_with(copy, PASSPHRASE)
        self.assertNotEqual(opened.returncode, 0)
        self.assertRegex(opened.stderr, re.compile("destroyed", re.IGNORECASE))

    def test_the_search_finds_what_is_there(self):
        for form in forms(self.card):
            self.assertGreater(len(form), 8)
        for text in (self.card, self.card.hex().encode(), base64.b64encode(b"ab" + self.card + b"c"), base64.b64encode(self.card)):
            self.assertTrue(any(form in b"before " + text + b" behind" for form in forms(self.card)), text)


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
