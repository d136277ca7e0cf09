#!/usr/bin/python3
"""`chancery doctor`: each thing that it looks at is broken once, and its verdict and remedy are read.

    tests/system/doctor_test.py BUILD
"""
import hashlib
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mission import Mission, ROOT  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")


OWN_LOGIN = f"login: {pwd.getpwuid(os.getuid()).pw_name}"  # as `chancery init` wrote it


class Patient(Mission):
    def file(self, name):
        return os.path.join(self.path, name)

    def change(self, name, old, new):
        with open(self.file(name), encoding="utf-8") as file:
            text = file.read()
        assert old in text, (name, old)
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.file(name)), exist_ok=True)
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)

    def doctor(self, program="chancery", prefix=()):
        """(exit code, {"subject check": finding})."""
        done = subprocess.run([*prefix, self.program(program), "-C", self.path, "doctor", "--json"], capture_output=True, text=True, timeout=60)
        found = json.loads(done.stdout)
        return done.returncode, {f"{f['subject']} {f['check']}": f for f in found}

    def age_journal(self, ahead_ms):
        """The newest entry's time is moved; nobody but the doctor will read this journal again."""
        database = sqlite3.connect(self.file("journal.db"))
        (sequence, body), = database.execute("SELECT seq, body FROM entry ORDER BY seq DESC LIMIT 1")
        entry = json.loads(body)
        text = body if isinstance(body, str) else body.decode()
        text = text.replace(f'"wall":{entry["wall"]}', f'"wall":{int(time.time() * 1000) + ahead_ms}')
        database.execute("UPDATE entry SET body=? WHERE seq=?", (text.encode(), sequence))
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def crash(self):
        self.write("run/crash/2026-11-24T08-15-19.123Z-core", "chancery crash report\n")

    def log_error(self):
        at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        self.write("log/chancery.log", f'{{"at":"{at}","level":"error","who":"core","event":"failed","why":"the disk"}}\n')


# what is broken, how, which check sees it, its verdict, and words of what it says and of the remedy
BROKEN = [
    ("mission.yaml is no YAML", lambda m: m.write("mission.yaml", "name: [\n"), "files mission.yaml", "wrong", "mission.yaml:2", ""),
    ("an unknown member", lambda m: m.change("mission.yaml", "zone:", "zoen:"), "files mission.yaml", "wrong", "no member `zoen`", "mission_file.h"),
    ("no operator", lambda m: m.change("mission.yaml", OWN_LOGIN, "login: nobody-at-all"), "files operators", "wrong", "nobody on this machine", "Name a user"),
    ("an operator too many", lambda m: m.change("mission.yaml", "\ndrivers:", "\n  - {login: nobody-at-all, name: Gone, roles: [guard]}\ndrivers:"),
     "files operators", "care", "1 of 2", "take them out"),
    ("no such zone", lambda m: m.change("mission.yaml", "Europe/Lisbon", "Europe/Atlantis"), "files zone", "wrong", "Atlantis", ""),
    ("a rule", lambda m: m.write("rules/access/wrong.yaml", "rules: none\n"), "files rules", "wrong", "wrong.yaml:1", ""),
    ("no rules", lambda m: shutil.rmtree(m.file("rules")), "files rules", "wrong", "rules/access", ""),
    ("a directory for all to write", lambda m: os.chmod(m.path, 0o757), "files directory", "wrong", "every user", "chmod o-w"),
    ("a directory for its group to write", lambda m: os.chmod(m.path, 0o770), "files directory", "care", "group", "chmod g-w"),
    ("a directory for all to read", lambda m: os.chmod(m.path, 0o755), "files directory", "care", "look into it", "chmod o-rx"),
    ("no keys", lambda m: shutil.rmtree(m.file("keys")), "files keys", "wrong", "no directory keys", "Put keys/ back"),
    ("no seed", lambda m: os.unlink(m.file("keys/journal.seed")), "files keys", "wrong", "journal.seed", "back from where a copy"),
    ("keys for all to read", lambda m: os.chmod(m.file("keys/readers.yaml"), 0o644), "files keys", "wrong", "may read keys/readers.yaml", "chmod 600"),
    ("another one's key", lambda m: os.chown(m.file("keys/journal.seed"), 1, 1), "files keys", "wrong", "another user", "chown"),
    ("no public key", lambda m: os.unlink(m.file("keys/journal.vkey")), "files public key", "wrong", "journal.vkey", "from a copy"),
    ("no journal", lambda m: os.unlink(m.file("journal.db")), "files journal", "care", "none yet", "backup"),
    ("a journal that is none", lambda m: m.write("journal.db", "x" * 5000), "files journal", "wrong", "no journal", "chancery verify"),
    ("a clock that is behind", lambda m: m.age_journal(3600 * 1000), "files newest entry", "wrong", "ahead of this machine's clock", "Set the clock right"),
    ("a mission long asleep", lambda m: m.age_journal(-3 * 24 * 3600 * 1000), "files newest entry", "care", "3 days old", "Start the mission"),
    ("a crash", Patient.crash, "running crashes", "care", "1 reports, the newest is 2026-11-24T08-15-19.123Z-core", "chancery crashes"),
    ("an error in the log", Patient.log_error, "running log", "care", "1 errors within a day", "chancery log --level error"),
]


def snapshot(directory):
    """{path: (mode, change time, hash)} of everything in it."""
    found = {}
    for base, directories, files in os.walk(directory):
        for name in directories + files:
            path = os.path.join(base, name)
            status = os.lstat(path)
            content = b""
            if name in files and os.path.isfile(path):
                with open(path, "rb") as file:
                    content = file.read()
            found[path] = (status.st_mode, status.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found


class Stopped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.original = Patient(BUILD)
        cls.original.__enter__()
        cls.original.start_world()
        cls.original.start_serve()
        cls.original.stop()
        database = sqlite3.connect(cls.original.file("journal.db"))
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        shutil.rmtree(cls.original.file("log"))

    @classmethod
    def tearDownClass(cls):
        cls.original.__exit__(None, None, None)

    def patient(self):
        """A copy of the mission, as it was made."""
        copy = Patient(BUILD)
        shutil.copytree(self.original.path, copy.path)
        self.addCleanup(shutil.rmtree, copy.directory)
        return copy

    def test_a_mission_that_is_well_has_nothing_wrong_and_only_waits_to_be_started(self):
        code, found = self.patient().doctor()
        self.assertEqual(code, 0)
        self.assertEqual([name for name, f in found.items() if f["verdict"] == "wrong"], [])
        care = {name for name, f in found.items() if f["verdict"] == "care"}
        self.assertLessEqual(care, {"running keeper", "machine clock", "machine file system", "machine landlock", "machine space", "files protectors",
                                    "files reader keys"})
        self.assertIn("chancery serve", found["running keeper"]["remedy"])

    def test_each_thing_that_is_broken_is_seen_and_has_a_remedy(self):
        for name, damage, check, verdict, what, remedy in BROKEN:
            with self.subTest(name):
                patient = self.patient()
                damage(patient)
                code, found = patient.doctor()
                finding = found[check]
                self.assertEqual(finding["verdict"], verdict, finding)
                self.assertIn(what, finding["what"])
                self.assertIn(remedy, finding["remedy"])
                self.assertEqual(code, 1 if "wrong" in {f["verdict"] for f in found.values()} else 0)

    def test_nothing_is_changed(self):
        patient = self.patient()
        before = snapshot(patient.path)
        patient.doctor()
        self.assertEqual(snapshot(patient.path), before)

    def test_for_people_it_is_one_line_a_check_and_a_count(self):
        patient = self.patient()
        os.unlink(patient.file("keys/journal.vkey"))
        told = patient.run("doctor", check=False)
        self.assertEqual(told.returncode, 1)
        _, found = patient.doctor()
        lines = told.stdout.strip().split("\n")
        self.assertEqual(len(lines), len(found) + 2)
        self.assertIn("wrong files public key", told.stdout)
        self.assertRegex(lines[-1], r"^\d+ ok, \d+ to take care of, 1 wrong$")

    @unittest.skipUnless(os.geteuid() == 0, "left out: only root may be somebody else")
    def test_another_user_is_told_what_he_may_not_see(self):
        patient = self.patient()
        for path in (patient.directory, patient.path):
            os.chmod(path, 0o755)
        os.chmod(patient.file("mission.yaml"), 0o644)
        _, found = patient.doctor(prefix=["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
        self.assertEqual((found["files keys"]["verdict"], found["files keys"]["what"]), ("care", "this user may not look at the keys"))
        self.assertIn("as root", found["files keys"]["remedy"])

    @unittest.skipUnless(os.geteuid() == 0, "left out: only root may mount")
    def test_a_disk_that_is_small_and_forgets_is_told(self):
        patient = self.patient()
        place = tempfile.mkdtemp(prefix="chancery-small-")
        self.addCleanup(os.rmdir, place)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", place], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("left out: nothing can be mounted here")
        self.addCleanup(subprocess.run, ["umount", place])
        small = Patient(BUILD)
        self.addCleanup(os.rmdir, small.directory)
        small.path = os.path.join(place, "mission")
        shutil.copytree(patient.path, small.path)
        _, found = small.doctor()
        self.assertEqual((found["machine space"]["verdict"], found["machine file system"]["verdict"]), ("wrong", "wrong"))
        self.assertIn("larger disk", found["machine space"]["remedy"])
        self.assertIn("local disk", found["machine file system"]["remedy"])


class Running(unittest.TestCase):
    def test_a_running_mission_is_asked_and_what_ails_it_is_told(self):
        with Patient(BUILD) as mission:
            mission.start()
            code, found = mission.doctor()
            self.assertEqual(code, 0, found)
            self.assertIn("4 connected", found["running drivers"]["what"])
            self.assertIn("40 of 40 online", found["running readers"]["what"])
            self.assertIn("open in the core", found["files journal"]["what"])
            _, found = mission.doctor("chancery-next")
            self.assertIn("another build", found["running program"]["what"])
            self.assertIn("chancery upgrade", found["running program"]["remedy"])
            mission.kill("core")
            mission.until(mission.answers, "the core is back")
            mission.processes["world"].kill()
            mission.until(lambda: self.ails(mission), "the drivers are away", 30)
            os.unlink(mission.file("run/core.sock"))
            code, found = mission.doctor()
            self.assertEqual(code, 1)
            self.assertEqual(found["running socket"]["verdict"], "wrong")
            self.assertIn("Restart the mission", found["running socket"]["remedy"])
            self.assertEqual(found["running core"]["verdict"], "wrong")

    def ails(self, mission):
        _, found = mission.doctor()
        return found["running drivers"]["verdict"] == "wrong" and found["running processes"]["verdict"] == "wrong" \
            and "driver line-" in found["running processes"]["what"]

    def test_a_user_without_a_role_is_told_that_the_core_says_nothing_to_him(self):
        with Patient(BUILD) as mission:
            mission.change("mission.yaml", OWN_LOGIN, "login: daemon")
            mission.start_world()
            mission.start_serve()
            _, found = mission.doctor()
            self.assertEqual(found["running core"]["verdict"], "care")
            self.assertIn("Roles stand in mission.yaml", found["running core"]["remedy"])


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
