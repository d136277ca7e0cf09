#!/usr/bin/python3
"""Loses a mission's disk, and makes the mission again of an old backup and of what others have kept.

The record says that it goes on after a fork, and what is lost; who was forgotten since the backup stays forgotten; doors work, by tables with higher numbers;
a witness takes nothing of it until it is told of the new key, and the old name stands still.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "witness")]
from mission import Mission, close, recorded  # noqa: E402
from officers import Officers, may_be_two  # noqa: E402
from outside_test import BUILD, Embassy, Log, Witness  # noqa: E402  takes the build from the command line

TABLE_BITS = 40  # of a table's number that count inside one incarnation
FORGOTTEN, KEPT, LOST = "Orvanne Telsk", "Ilmar Quendrow", "Tavi Brensholt"


def chancery(*words, check=0):
    done = subprocess.run([os.path.join(BUILD, "chancery"), *words], capture_output=True, text=True, timeout=60)
    if check is not None and done.returncode != check:
        raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def enrol(mission, name, **more):
    answer = mission.ask({"command": {"name": "people.enrol", "body": {"name": name, "groups": ["visitor"], "clearance": 0, **more}}})
    return answer["done"]["gives"]["person"]


def events(entries, name):
    return [event["body"] for entry in entries for event in entry["events"] if event["name"] == name]


def key_count(backup, kind):
    """Of the keys in a backup, as `chancery keys check` counts them."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(os.path.join(backup, "keys"), os.path.join(place, "keys"))
        shutil.copy(os.path.join(backup, "mission.yaml"), place)
        lines = chancery("-C", place, "keys", "check").stdout.splitlines()
    return int(next(line.split()[1] for line in lines if line.split()[:1] == [kind]))


@unittest.skipUnless(may_be_two(), "left out: only root may be two officers")
class Restore(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="chancery-restore-")

    def tearDown(self):
        os.environ.get("KEEP") or shutil.rmtree(self.place)

    def at(self, *parts):
        return os.path.join(self.place, *parts)

    def size_of(self, directory, name, before, behind):
        with open(self.at(directory, name), encoding="utf-8") as file:
            return int(file.read().split(before, 1)[1].split(behind, 1)[0])

    def live(self):
        """A mission that is backed up, forgets somebody, is read from outside, and loses its disk."""
        with Mission(BUILD) as mission:
            officers = Officers(mission)
            mission.start()
            officers.enrol()
            forgotten = enrol(mission, FORGOTTEN)
            kept = enrol(mission, KEPT)
            with open(self.at("photo"), "wb") as file:
                file.write(bytes(range(256)) * 200)
            mission.run("people", "set-photo", "--person", str(kept), "--photo", "@" + file.name)
            mission.run("backup", self.at("backup"), "--keys")
            size = self.size_of("backup", "backup.json", '"entries":', ",")
            officers.forget(forgotten)
            mission.until(lambda: events(mission.seen(), "record.Erased"), "her keys are destroyed")
            mission.run("backup", "--list-forgotten", self.at("forgotten.json"))
            recorded("BackupIndex", self.at("backup", "backup.json"))
            recorded("Forgotten", self.at("forgotten.json"))
            mission.run("export", self.at("outside"))
            fetched = self.size_of("outside", "checkpoint", "\n", "\n") - size
            enrol(mission, LOST)
            mission.run("export", self.at("later"))
            known = self.size_of("later", "checkpoint", "\n", "\n")
            tables = [driver["issued"] for driver in mission.status()["drivers"]]
            mission.stop()
            for name in ("site.yaml", "world.yaml", "people.yaml"):
                shutil.copy(os.path.join(mission.path, name), self.place)
        print(f"backup of {size} entries; then one person forgotten, {fetched} entries seen from outside, {known} known, all lost", flush=True)
        return size, fetched, known, forgotten, tables

    def restore(self, *words):
        made = chancery("restore", self.at("backup"), self.at("mission"), *words)
        for name in ("site.yaml", "world.yaml", "people.yaml"):
            shutil.copy(self.at(name), self.at("mission"))
        return made.stdout

    def check_record(self, entries, size, fetched, known, forgotten):
        first = entries[size + fetched]
        self.assertEqual(first["input"]["name"], "record.restore")
        said = events([first], "record.Restored")[0]
        self.assertEqual((said["incarnation"], said["entries"], said["fetched"], said["known"]), (2, size, fetched, known))
        self.assertEqual("root" in said, known > size + fetched)
        again = events(entries[size + fetched:], "record.SubjectForgotten")
        self.assertEqual([(row["table"], row["subject"]) for row in again], forgotten)
        self.assertNotIn(FORGOTTEN, json.dumps(entries))
        self.assertIn(KEPT, json.dumps(entries))
        self.assertNotIn(LOST, json.dumps(entries))

    def check_doors(self, mission, tables):
        """Everybody's badge opens as before, and each driver has a table whose number is higher than any before the fork."""
        mission.badge("line-1/0", "83ff9c8748", 37)
        mission.until(lambda: mission.events("out", "line-1/0"), "the strike is released")
        mission.until(lambda: all(driver["confirmed"] >> TABLE_BITS == 2 for driver in mission.status()["drivers"]), "all drivers have a new table")
        self.assertGreater(min(driver["confirmed"] for driver in mission.status()["drivers"]), max(tables))

    def test_a_lost_disk_an_old_backup_and_what_others_have_kept(self):
        size, fetched, known, forgotten, tables = self.live()
        before = key_count(self.at("backup"), "subjects")
        said = self.restore("--tail", self.at("outside"), "--checkpoint", self.at("later", "checkpoint"))
        print(said, end="", flush=True)
        self.assertIn(f"{known - size - fetched} entries that were known outside are lost", said)
        self.assertEqual(key_count(self.at("backup"), "subjects"), before - 1, "her key is gone from the backup too")
        mission = Mission(BUILD, directory=self.place)
        try:
            mission.start(imported=False)
            self.check_record(mission.seen(), size, fetched, known, [])
            self.check_doors(mission, tables)
        finally:
            mission.stop()

    def test_without_a_tail_the_list_of_the_forgotten_says_who(self):
        size, fetched, known, forgotten, tables = self.live()
        before = key_count(self.at("backup"), "subjects")
        self.restore("--forgotten", self.at("forgotten.json"), "--checkpoint", self.at("later", "checkpoint"))
        self.assertEqual({key_count(self.at(place), "subjects") for place in ("backup", "mission")}, {before - 1}, "nobody can start it with her key")
        mission = Mission(BUILD, directory=self.place)
        try:
            mission.start(imported=False)
            mission.until(lambda: events(mission.seen()[size:], "record.Erased"), "she is forgotten again")
            self.check_record(mission.seen(), size, 0, known, [("person", forgotten)])
            self.check_doors(mission, tables)
            self.check_photo(mission)
            mission.run("backup", self.at("second"), "--keys")
        finally:
            mission.stop()
        self.check_names(mission)
        replayed = chancery("replay", self.at("mission")).stdout
        self.assertIn(" 0 different", replayed)
        print(replayed, end="", flush=True)
        chancery("restore", self.at("second"), self.at("third"))
        recorded("Incarnation", self.at("mission", "incarnation.json"))
        with open(self.at("third", "incarnation.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["incarnation"], 3)
        self.assertEqual(sorted(os.listdir(self.at("third", "earlier"))), ["1", "2"])

    def check_photo(self, mission):
        """What an entry names was in the backup, and opens by the keys that were."""
        photo = events(mission.seen(), "people.PhotoSet")[0]
        mission.run("look", f"person:{photo['person']}", "--purpose", "to see that it is there")
        photo = events(mission.seen(), "people.PhotoSet")[0]["photo"]
        mission.run("blob", photo, "--out", self.at("again"))
        with open(self.at("photo"), "rb") as one, open(self.at("again"), "rb") as other:
            self.assertEqual(one.read(), other.read())

    def check_names(self, mission):
        """The key of before does not fit the record any more, so that nobody overlooks the fork; what it has signed is still of this record."""
        verified = mission.verify()
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        db, new, old = (self.at("mission", "journal.db"), self.at("mission", "keys", "journal.vkey"), self.at("backup", "keys", "journal.vkey"))
        verify = os.path.join(BUILD, "chancery-verify")
        self.assertNotEqual(subprocess.run([verify, db, old], capture_output=True).returncode, 0)
        for notes in os.listdir(self.at("mission", "earlier", "1")):
            with open(self.at("mission", "earlier", "1", notes), encoding="utf-8") as file:
                self.assertNotIn("/2\n", file.read())
        with open(new, encoding="utf-8") as file:
            self.assertIn("/2+", file.read())

    def test_a_witness_takes_nothing_of_it_until_it_is_told_of_the_new_key(self):
        with Embassy(BUILD) as mission:
            witness = Witness(logs=[Log(mission)])
            self.addCleanup(witness.stop)
            witness.start()
            mission.name_witnesses(("Capital", witness.key, f"http://127.0.0.1:{witness.port}"))
            mission.start_serve()
            mission.enrol(20)
            mission.seen("Capital", 20)
            mission.run("backup", self.at("backup"), "--keys")
            mission.enrol(20)
            before = mission.seen("Capital", 40)["size"]
            mission.stop()
        chancery("restore", self.at("backup"), self.at("mission"))
        restored = Embassy(BUILD, directory=self.place)
        try:
            self.ask_witness(restored, witness, before)
        finally:
            restored.stop()
        shutil.rmtree(witness.directory)

    def ask_witness(self, mission, witness, before):
        mission.start_serve()
        mission.says("Capital", "does not know this mission")
        self.assertEqual(mission.witness("Capital")["size"], 0)
        self.assertTrue(mission.status()["signing"], "that somebody does not know it ends no signing")
        witness.stop()
        with open(os.path.join(witness.directory, "witness.yaml"), "a", encoding="utf-8") as file:
            file.write(f"  - {{vkey: {mission.key().vkey()}}}\n")
        witness.start()
        size = mission.status()["size"]
        mission.seen("Capital", size)
        print(f"a witness that had seen {before} entries takes {size} of the new name, and has not forgotten the old one", flush=True)
        mission.until(lambda: mission.witness("Capital")["says"] == "", "all is well with it")

    def test_a_backup_is_continued_and_holds_what_the_mission_has_now(self):
        with Mission(BUILD) as mission:
            mission.start_serve()
            extra = os.path.join(mission.path, "rules", "access", "extra.yaml")
            with open(extra, "w", encoding="utf-8") as file:
                file.write("rules: []\n")
            mission.run("backup", self.at("backup"), "--keys")
            used = chancery("restore", self.at("backup"), self.at("mission"), "--keys", os.path.join(mission.path, "keys"), check=1)
            self.assertIn("runs already", used.stderr)
            names = sorted(os.listdir(os.path.join(mission.path, "keys")))
            self.assertEqual(sorted(os.listdir(self.at("backup", "keys"))), names)
            self.assertTrue(os.path.exists(self.at("backup", "rules", "access", "extra.yaml")))
            os.unlink(extra)
            mission.run("backup", self.at("backup"))
            self.assertEqual(os.listdir(self.at("backup", "keys")), ["journal.vkey"])
            self.assertFalse(os.path.exists(self.at("backup", "rules", "access", "extra.yaml")))
        with open(self.at("backup", "backup.json"), encoding="utf-8") as file:
            index = json.load(file)
        self.assertEqual((index["keys"], index["blobs"]), (False, 0))
        self.assertIn("mission.yaml", [row["path"] for row in index["files"]])
        for row in index["files"]:
            with open(self.at("backup", row["path"]), "rb") as file:
                data = file.read()
            self.assertEqual((row["bytes"], row["hash"]), (len(data), hashlib.sha256(data).hexdigest()))
        chancery("-C", self.at("backup"), "verify")
        refused = chancery("restore", self.at("backup"), self.at("mission"), check=1)
        self.assertIn("--keys KEYS", refused.stderr)

    def test_what_does_not_fit_makes_no_mission(self):
        self.live()
        with open(self.at("backup", "mission.yaml"), "a", encoding="utf-8") as file:
            file.write("# changed\n")
        self.assertIn("backup.json", chancery("restore", self.at("backup"), self.at("mission"), check=4).stderr)
        with open(self.at("backup", "backup.json"), encoding="utf-8") as file:
            index = json.load(file)
        os.unlink(self.at("backup", "backup.json"))
        self.assertIn("backup.json", chancery("restore", self.at("backup"), self.at("mission"), check=1).stderr)
        self.assertEqual(index["keys"], True)
        self.assertFalse(os.path.exists(self.at("mission")))
        self.assertEqual([name for name in os.listdir(self.place) if "making" in name], [])


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
