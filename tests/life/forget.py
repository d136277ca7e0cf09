#!/usr/bin/python3
"""Forgets a person in a running mission, and looks for her everywhere: views, history, the index, the record after a restart, an old copy of the disk.

Then gives the keys new root keys while people are enrolled and badges are shown, so that what the disk may still hold of the old key file opens nothing.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system")]
from mission import Mission, ROOT, close  # noqa: E402
from officers import Officers, may_be_two  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
NAME, CARD, BITS = "Ottiline Varkesh", "5b2e91d74c", 40
STALL_S = 2  # the longest that a command may wait for its answer meanwhile, on a machine that does other things too
NOBODY = "name: Nobody\nvocabulary: access.Request\nlayers: [mission]\ndefault: {outcome: refuse, reason: Nobody enters.}\n"


class Enrolling(threading.Thread):
    """Enrols people one behind the other, and remembers how long each answer took."""

    def __init__(self, mission):
        super().__init__(daemon=True)
        self.mission, self.ending, self.waits = mission, threading.Event(), []

    def run(self):
        link = self.mission.link()
        while not self.ending.is_set():
            body = {"name": f"Guest {len(self.waits)}", "groups": ["visitor"], "clearance": 0}
            begun = time.monotonic()
            answer = link.ask({"command": {"name": "people.enrol", "body": body}})
            self.waits.append(time.monotonic() - begun)
            assert "done" in answer, answer
        link.close()

    def end(self):
        self.ending.set()
        self.join()


def generation(directory, *words):
    """Of the key file in a copy of the mission's directory."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(os.path.join(directory, "keys"), os.path.join(place, "keys"))
        shutil.copy(os.path.join(directory, "mission.yaml"), place)
        done = subprocess.run([os.path.join(BUILD, "chancery"), "-C", place, "keys", "check", *words], capture_output=True, text=True, timeout=60)
    return int(done.stdout.split("generation ")[1].split(",")[0]) if done.returncode == 0 else None


class Forget(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="chancery-forget-")

    def tearDown(self):
        shutil.rmtree(self.place)

    def copy(self, mission, name):
        def left(directory, names):
            return [n for n in names if not os.path.isdir(os.path.join(directory, n)) and not os.path.isfile(os.path.join(directory, n))]
        target = os.path.join(self.place, name)
        shutil.copytree(mission.path, target, ignore=left, symlinks=True)
        return target

    def enter(self, mission):
        answer = mission.ask({"command": {"name": "people.enrol", "body": {"name": NAME, "groups": ["staff", "diplomat"], "clearance": 4}}})
        person = answer["done"]["gives"]["person"]
        badge = {"person": person, "card": CARD, "bits": BITS, "kind": "card"}
        self.assertIn("done", mission.ask({"command": {"name": "people.issue_badge", "body": badge}}))
        mission.badge("line-1/0", CARD, BITS)
        mission.until(lambda: mission.events("out", "line-1/0"), "she enters")
        return person

    def history(self, mission, ref):
        return mission.run("history", ref, "--limit", "100").stdout

    def who_entered(self, directory):
        """All names that a rulebook for nobody would have refused, by the mission's own program and keys."""
        rules = os.path.join(self.place, "nobody")
        os.makedirs(rules, exist_ok=True)
        with open(os.path.join(rules, "rulebook.yaml"), "w", encoding="utf-8") as file:
            file.write(NOBODY)
        done = subprocess.run([os.path.join(BUILD, "chancery"), "replay", directory, "--rules", rules], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    @unittest.skipUnless(may_be_two(), "left out: only root may be two officers")
    def test_a_person_is_forgotten_everywhere(self):
        with Mission(BUILD) as mission:
            officers = Officers(mission)
            mission.start()
            officers.enrol()
            person = self.enter(mission)
            ref = f"person:{person}"
            self.assertIn(NAME, json.dumps(mission.seen()))
            self.assertIn("Granted", self.history(mission, ref) + json.dumps(mission.seen()))
            entered = len(self.history(mission, ref).splitlines())
            before = self.copy(mission, "before")
            begun = time.monotonic()
            officers.forget(person)
            mission.until(lambda: any(e["name"] == "record.Erased" for entry in mission.seen() for e in entry["events"]), "keys are destroyed")
            print(f"two officers agreed, and {time.monotonic() - begun:.1f} s later her keys are destroyed", flush=True)
            self.check_gone(mission, ref, entered)
            mission.stop()
            self.check_old_copy(mission, before)
            mission.start(imported=False)
            self.check_gone(mission, ref, entered)
            mission.stop()
            self.assertEqual(mission.verify().returncode, 0)
            print("in no view, no history, not after a restart, and not in yesterday's copy of the disk with today's keys", flush=True)

    def check_gone(self, mission, ref, entered):
        seen = json.dumps(mission.seen(), ensure_ascii=False)
        self.assertNotIn(NAME, seen)
        self.assertNotIn(CARD, seen)
        found = self.history(mission, ref)
        self.assertNotIn(NAME, found)
        self.assertLess(len(found.splitlines()), entered, "the index knows no more where she was")

    def check_old_copy(self, mission, before):
        """Record, snapshots and index of before; with the keys of before they tell, with those of today they do not."""
        self.assertIn(NAME, self.who_entered(before))
        shutil.rmtree(os.path.join(before, "keys"))
        shutil.copytree(os.path.join(mission.path, "keys"), os.path.join(before, "keys"))
        self.assertNotIn(NAME, self.who_entered(before))

    def test_new_root_keys_while_the_mission_works(self):
        with Mission(BUILD, ("--load",)) as mission:
            mission.start()
            old = self.copy(mission, "old")
            usual = self.measure(mission, lambda: time.sleep(2))
            for keys, option in (("mission", []), ("doors", ["--door"])):
                waits = self.measure(mission, lambda name=keys: mission.run("record", "rekey", "--keys", name))
                self.assertLess(max(waits), STALL_S)
                self.assertEqual(generation(self.copy(mission, keys), *option), 2)
                print(f"a new root key for keys “{keys}”: {len(waits)} commands meanwhile, the longest took {max(waits) * 1000:.0f} ms,"
                      f" {max(usual) * 1000:.0f} ms without", flush=True)
            mission.stop()
            self.check_rekeyed(mission, old)

    def measure(self, mission, work):
        enrolling = Enrolling(mission)
        enrolling.start()
        work()
        time.sleep(0.3)
        enrolling.end()
        self.assertGreater(len(enrolling.waits), 5)
        return enrolling.waits

    def check_rekeyed(self, mission, old):
        """The old protectors open nothing of today's key files; the mission starts with the new ones, and its doors open."""
        for kind, pair in (("master", "subjects"), ("door", "doors")):
            mixed = self.copy(mission, f"mixed-{kind}")
            shutil.copy(os.path.join(old, "keys", kind), os.path.join(mixed, "keys", kind))
            self.assertIsNone(generation(mixed, *(["--door"] if kind == "door" else [])), f"{pair} open with the old root key")
        names = [event["name"] for entry in mission.entries() for event in entry["events"]]
        self.assertEqual((names.count("record.RekeyAsked"), names.count("record.Rekeyed")), (2, 2))
        with mission.lock:
            mission.happened.clear()
        mission.start(imported=False)
        mission.until(lambda: mission.events("out"), "a door opens")
        mission.stop()
        self.assertEqual(mission.verify().returncode, 0)


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
