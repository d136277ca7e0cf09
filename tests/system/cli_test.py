#!/usr/bin/python3
"""The command line as officers use it: of a running mission, by several Unix users, each thing with its exit code and its words.

    tests/system/cli_test.py BUILD
"""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mission import Mission, PATIENCE_S, ROOT, close  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3
# Users that every Debian has; nobody is in mission.yaml.
SECOND, GUARD, STRANGER = "games", "man", "nobody"
OPERATORS = f"""operators:
  - {{login: {SECOND}, name: Second officer, roles: [security_officer, duty_officer], clearance: secret}}
  - {{login: {GUARD}, name: Guard, roles: [guard]}}
"""
BLOB_BYTES_MAX = 1048576
LOOKS_MAX = 12  # an hour


class OurMission(Mission):
    def __enter__(self):
        super().__enter__()
        path = os.path.join(self.path, "mission.yaml")
        with open(path, encoding="utf-8") as file:
            settings = file.read()
        self.write("mission.yaml", settings.replace("operators:\n", OPERATORS))
        # Others reach the mission by its group, and a copy of the program, wherever this tree is.
        os.chmod(self.directory, 0o711)
        self.everybodys = os.path.join(self.directory, "programs")
        os.mkdir(self.everybodys, 0o755)
        shutil.copy(self.program("chancery"), self.everybodys)
        return self

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def by(self, login, *words):
        program = os.path.join(self.everybodys, "chancery")
        return subprocess.run(["setpriv", f"--reuid={login}", "--regid=0", "--clear-groups", program, "-C", self.path, *words],
                              capture_output=True, text=True, timeout=PATIENCE_S)

    def home(self, login):
        """A directory that is this user's alone."""
        path = os.path.join(self.directory, login)
        if not os.path.isdir(path):
            os.mkdir(path, 0o700)
            shutil.chown(path, login)
        return path


def setUpModule():
    Case.mission = OurMission(BUILD).__enter__()
    Case.mission.start()


def tearDownModule():
    Case.mission.__exit__(None, None, None)


@unittest.skipUnless(os.geteuid() == 0, "only root can be other users too")
class Case(unittest.TestCase):
    mission = None
    people = 0

    def does(self, *words, by=None):
        done = self.tried(*words, by=by)
        self.assertEqual((done.returncode, done.stderr), (OK, ""), words)
        return done.stdout

    def tried(self, *words, by=None):
        return self.mission.by(by, *words) if by else self.mission.run(*words, check=False)

    def fails(self, code, *words, by=None, says=()):
        """What was said on standard error."""
        done = self.tried(*words, by=by)
        self.assertEqual(done.returncode, code, (words, done.stdout, done.stderr))
        for part in [says] if isinstance(says, str) else says:
            self.assertIn(part, done.stderr, words)
        return done.stderr

    def somebody(self):
        """The ref of a person that no other test knows, and the name."""
        Case.people += 1
        name = f"Person {Case.people} of the test"
        said = self.does("people", "enrol", "--name", name, "--groups", "staff", "--clearance", "1")
        return re.fullmatch(r"done, entry \d+: (person:\d+)\n", said)[1], name

    def passkey(self, login=None):
        """A passkey that is enrolled: its file."""
        path = os.path.join(self.mission.home(login or "root"), f"passkey-{time.monotonic_ns()}")
        made = self.does("passkey", "new", path, "--label", "Duty’s laptop", by=login)
        enrol = re.search(r"^  chancery (operators enrol-passkey .*)$", made, re.MULTILINE)[1]
        done = subprocess.run(f"{self.mission.program('chancery')} -C {self.mission.path} {enrol}", shell=True, capture_output=True, text=True)
        self.assertRegex(done.stdout, r"^done, entry \d+: passkey:\d+\n$")
        return path

    def commands(self):
        """How many were ever given."""
        return sum(entry["input"]["kind"] == "command" for entry in self.mission.seen())

    def history(self, ref, *words, by=None):
        return self.does("history", ref, *words, by=by)

    def entries(self, ref, *words, by=None):
        return [json.loads(line) for line in self.history(ref, *words, "--json", by=by).splitlines()]


class Help(Case):
    def test_every_command_tells_how_it_is_called(self):
        listed = re.findall(r"^  ([a-z-]+) +[a-z]", self.does("help").split("The mission's own")[0], re.MULTILINE)
        self.assertIn("approve", listed)
        for name in listed:
            told = self.does("help", name)
            self.assertRegex(told, rf"^usage: chancery {name}\b")
            self.assertEqual(self.does(name, "--help"), told)

    def test_the_mission_s_own_commands_tell_what_they_take_and_who_may(self):
        self.assertIn("people suspend-badge", self.does("people"))
        self.assertEqual(self.does("people"), self.does("help", "people"))
        told = self.does("people", "forget", "--help")
        self.assertEqual(told, self.does("help", "people", "forget"))
        for part in ("usage: chancery people forget --person … --why …", "--person        person:N or N", "asked_for, mistake or law",
                     "Who may: security officer or administrator.", "only with --passkey", "waits for a second person, for 24 h"):
            self.assertIn(part, told)
        self.assertIn("a second person reviews it within the hour", self.does("doors", "lock-down", "--help"))

    def test_wrong_words_change_nothing_and_what_is_meant_is_told(self):
        enrol = ("people", "enrol", "--name", "X", "--groups", "staff", "--clearance")
        rows = (
            (("nonsense",), ("there is no command nonsense", "chancery help")),
            (("help", "nonsense"), "there is no command nonsense"),
            (("people", "nonsense"), ("people has no command nonsense", "`chancery people` lists")),
            (("people", "enrol", "--nmae", "X"), ("--nmae does not belong here", "chancery people enrol --name …")),
            (("people", "enrol", "--name"), "--name has no value"),
            (("people", "enrol", "--name", "X", "--name", "Y"), "--name stands there twice"),
            (("people", "enrol", "--name", "X"), "--groups is missing"),
            ((*enrol, "6"), ("“6” is not a value of clearance", "a number from 0 to 5")),
            ((*enrol, "five"), "“five” is not a value of clearance"),
            (("people", "enrol", "--name", "x" * 121, "--groups", "staff", "--clearance", "1"), "a text of at most 120 bytes"),
            (("people", "enrol", "--name", "X", "--groups", "king", "--clearance", "1"), "staff, diplomat"),
            (("people", "suspend-badge", "--badge", "door:3", "--why", "lost"), "badge:N or N"),
            (("people", "set-photo", "--person", "1", "--photo", "picture.jpg"), "@FILE"),
            (("people", "set-photo", "--person", "1", "--photo", "@/nowhere/at/all"), "/nowhere/at/all: cannot open the file"),
            (("doors", "key-reader", "--line", "line-1", "--address", "0", "--key", "c0ffee"), ("“•••” is not a value of key", "best from a file")),
            (("approve",), "usage: chancery approve N"),
            (("approve", "first"), "N is a number from 0"),
            (("decline", "1"), "usage: chancery decline N --why TEXT"),
            (("undo", "1", "2"), "usage: chancery undo ENTRY"),
            (("history",), "usage: chancery history REF"),
            (("history", "door:1", "--limit", "0"), "--limit is a number from 1 to 1000"),
            (("history", "nobody at all"), ("neither a ref nor a name", "door:3 or person:12")),
            (("history", "door:1", "--older", "bogus"), "this page mark is not of this record"),
            (("history", "door:1", "--after", "bogus"), "this mark is not of this record"),
            (("watch", "--from", "1", "--after", "x"), "usage: chancery watch"),
            (("look", "person:1"), "usage: chancery look REF --purpose TEXT"),
            (("blob", "a1b2", "--out", "x"), "usage: chancery blob HASH --out FILE"),
            (("blob", "a1" * 32, "--out", "x"), "there is no such file for you"),
            (("passkey", "new", "x"), ("usage: chancery passkey new FILE", "\n       chancery passkey show FILE")),
            (("passkey", "show", "/nowhere/at/all"), "the passkey cannot be opened"),
            (("people", "forget", "--person", "1", "--why", "law", "--passkey", "/nowhere/at/all"), "the passkey cannot be opened"),
            (("rules", "enact", "a", "b"), "usage: chancery rules check"),
            (("pending", "now"), "usage: chancery pending"),
            (("status", "now"), "usage: chancery status"),
        )
        before = self.commands()
        for words, says in rows:
            with self.subTest(" ".join(words)[:60]):
                self.fails(USAGE, *words, says=says)
        self.assertEqual(self.commands(), before)

    def test_where_in_a_command_something_is_wrong_the_core_says_by_its_path(self):
        self.fails(USAGE, "people", "enrol", "--name", "X", "--groups", ",".join(["staff"] * 40), "--clearance", "1",
                   says=("chancery: people enrol: groups", "`chancery help`"))

    def test_without_a_core_it_is_told_how_to_start_one(self):
        with OurMission(BUILD) as mission:
            for words in (("status",), ("history", "door:1"), ("pending",), ("people", "suspend-badge", "--badge", "1", "--why", "lost")):
                done = mission.run(*words, check=False)
                self.assertEqual((done.returncode, done.stdout), (FAILED, ""))
                self.assertIn("Start the mission: chancery serve", done.stderr)


class Roles(Case):
    def test_whoever_has_no_role_is_told_nothing(self):
        for words in (("status",), ("history", "door:1"), ("pending",), ("undo", "3"), ("approve", "1"), ("rules", "enact")):
            done = self.tried(*words, by=STRANGER)
            self.assertIn((done.returncode, done.stdout), ((USAGE, ""),), words)
            self.assertIn("Roles stand in mission.yaml", done.stderr)
        self.fails(REFUSED, "people", "suspend-badge", "--badge", "1", "--why", "lost", by=STRANGER, says="uid:65534 has no role")

    def test_whoever_has_not_the_role_is_refused_by_name(self):
        said = self.fails(REFUSED, "doors", "lift-lockdown", by=GUARD)
        self.assertEqual(said, "Refused: man has no role that may give the command doors.lift_lockdown. Roles stand in mission.yaml.\n")
        self.assertRegex(self.fails(REFUSED, "doors", "lift-lockdown", by=SECOND), r"^Refused: There is no lockdown\. \(entry \d+\)\n$")

    def test_who_may_not_read_the_record_gets_marks_where_others_get_numbers(self):
        person, _ = self.somebody()
        self.does("people", "issue-badge", "--person", person, "--card", "d1d10000", "--bits", "26", "--kind", "card")
        badge = self.entries(person, "--limit", "1")[0]["events"][0]["body"]["badge"]
        said = self.does("people", "suspend-badge", "--badge", f"{badge}", "--why", "lost", by=GUARD)
        mark = re.match(r"done, mark (\S{64})\n", said)[1]
        self.assertEqual(self.history(f"badge:{badge}", "--after", mark, by=GUARD), f"Nothing newer that you may see mentions badge:{badge}.\n")
        self.does("people", "restore-badge", "--badge", f"{badge}")
        told = self.history(f"badge:{badge}", "--after", mark, by=GUARD)
        self.assertIn("restored", told)
        self.assertNotIn("suspended", told)
        self.assertNotIn("entry", told)
        self.assertNotIn("record ", self.does("status", by=GUARD))
        self.fails(USAGE, "watch", "--from", "0", by=GUARD, says="indexes are for those who may read the record")


class Doing(Case):
    def test_what_was_done_says_the_entry_and_what_it_gave(self):
        person, name = self.somebody()
        said = self.does("people", "issue-badge", "--person", person, "--card", "d0d00000", "--bits", "26", "--kind", "fob")
        entry, badge = re.fullmatch(r"done, entry (\d+): badge:(\d+)\n", said).groups()
        told = self.history(person, "--limit", "1")
        self.assertIn(f"Badge № {badge} issued to {name}", told)
        self.assertIn(f"entry {entry}", told)

    def test_what_can_be_undone_is_undone_and_the_rest_says_that_it_cannot(self):
        said = self.does("people", "suspend-badge", "--badge", "7", "--why", "stolen")
        entry = re.match(r"done, entry (\d+)\n", said)[1]
        self.assertRegex(said, "Not everywhere yet\\.[^$]*line-1: |Every driver has confirmed")
        self.fails(USAGE, "undo", entry, by=GUARD, says="there is nothing that undoes this entry")
        self.assertRegex(self.does("undo", entry, by=SECOND), r"^done, entry \d+\n$")
        self.assertIn("restored", self.history("badge:7", "--limit", "1"))
        self.fails(REFUSED, "undo", entry, says="in that state already")
        self.fails(USAGE, "undo", "0", says=("there is nothing that undoes this entry", "schema names what undoes it"))
        self.fails(USAGE, "undo", "999999", says="there is nothing that undoes this entry")

    def test_what_is_asked_too_often_is_not_done_and_says_when_to_ask_again(self):
        for _ in range(LOOKS_MAX):
            self.does("look", "person:1", "--purpose", "to count", "--limit", "1", by=SECOND)
        self.assertRegex(self.fails(FAILED, "look", "person:1", "--purpose", "to count", by=SECOND),
                         r"^Asked too often: nothing was done\. Ask again in \d+ min\.\n$")

    def test_with_wait_it_comes_back_when_every_door_has_it(self):
        said = self.does("people", "suspend-badge", "--badge", "8", "--why", "left", "--wait")
        self.assertIn("Every driver has confirmed: it holds at all doors.", said)
        self.mission.until(lambda: "TABLES" not in self.does("status"), "status has no older table", 30)


class TwoPeople(Case):
    def forget(self, person, passkey):
        said = self.does("people", "forget", "--person", person, "--why", "asked_for", "--passkey", passkey)
        found = re.match(r"asked for, entry (\d+)\nIt waits for a second person: a security officer, duty officer or head of mission other than you, within "
                         r"24 h\nThat person's words: chancery approve (\d+) --passkey FILE   or   chancery decline \2 --why TEXT\n$", said)
        self.assertTrue(found, said)
        return found[2]

    def test_a_grave_command_wants_a_passkey_and_a_second_person(self):
        person, name = self.somebody()
        self.fails(REFUSED, "people", "forget", "--person", person, "--why", "law", says="people.forget needs your passkey")
        ours, theirs = self.passkey(), self.passkey(SECOND)
        number = self.forget(person, ours)
        self.assertIn("APPROVALS", self.does("status"))
        asked = f"people forget --person {name} --why asked for, asked by root"
        self.assertRegex(self.does("pending"), rf"(?s)Waits for approval.*{number}  {asked}.*\(entry \d+\)\n     24 h left\n     not by you\n")
        self.assertRegex(self.does("pending", by=SECOND),
                         rf"{asked}[^$]*chancery approve {number} --passkey FILE   or   chancery decline {number} --why TEXT\n")
        self.assertNotIn(name, self.does("pending", by=GUARD))
        row = json.loads(self.does("pending", "--json", by=SECOND).splitlines()[-1])
        self.assertEqual((row["command"], row["login"], row["may"], row["whole"]), ("people.forget", "root", True, True))
        self.fails(REFUSED, "approve", number, "--passkey", ours, says="root asked for it; somebody else must answer for it.")
        self.fails(REFUSED, "approve", number, by=SECOND, says="needs your passkey")
        self.fails(FAILED, "approve", number, by=GUARD, says=f"nothing waits for approval as {number}")
        said = self.does("approve", number, "--passkey", theirs, by=SECOND)
        self.assertRegex(said, rf"^{asked}[^\n]*\ndone, entry \d+\n(Not everywhere yet|Every driver has confirmed)")
        self.fails(FAILED, "approve", number, "--passkey", theirs, by=SECOND, says=("nothing waits for approval", "Its time may be over"))
        self.check_forgotten(person, name)

    def check_forgotten(self, person, name):
        self.mission.until(lambda: name not in self.history(person), "the keys are destroyed", 20)
        told = self.history(person)
        self.assertIn("(erased) enrolled", told)
        self.assertIn("erased  some of it was forgotten", told)
        self.assertIn("games approves people.forget, asked for by root", told)
        enrolled = self.entries(person)[-1]
        self.assertTrue(enrolled["erased"])
        self.assertEqual(enrolled["events"][0]["body"]["name"], None)

    def test_a_second_person_may_not_agree(self):
        person, name = self.somebody()
        number = self.forget(person, self.passkey())
        self.assertRegex(self.does("decline", number, "--why", "the law wants it kept", by=SECOND), r"^done, entry \d+\n$")
        self.assertIn("games declines people.forget: the law wants it kept", self.history(f"pending:{number}"))
        self.fails(FAILED, "approve", number, says=f"nothing waits for approval as {number}")
        self.fails(REFUSED, "decline", number, "--why", "again", by=SECOND, says=f"Nothing waits for approval as {number}.")
        self.assertIn(name, self.history(person))

    def test_a_passkey_speaks_for_its_owner_alone(self):
        person, _ = self.somebody()
        ours, theirs = self.passkey(), self.passkey(SECOND)
        self.assertEqual(stat.S_IMODE(os.stat(ours).st_mode), 0o600)
        self.fails(USAGE, "people", "forget", "--person", person, "--why", "law", "--passkey", theirs, says="this passkey's file is another user's")
        self.fails(FAILED, "passkey", "new", ours, "--label", "x", says="It is never written over")
        os.chmod(ours, 0o640)
        self.fails(USAGE, "people", "forget", "--person", person, "--why", "law", "--passkey", ours, says=("others may read this passkey", "chmod 600"))
        os.chmod(ours, 0o600)
        unknown = os.path.join(self.mission.home("root"), "unknown")
        self.does("passkey", "new", unknown, "--label", "x")
        self.fails(USAGE, "people", "forget", "--person", person, "--why", "law", "--passkey", unknown,
                   says=("chancery: people forget: that passkey is not one of yours", "Use one that is enrolled for you"))
        self.assertIn("was used 1 times", self.does("passkey", "show", unknown))

    def test_a_passkey_can_be_enrolled_as_it_is_made(self):
        path = os.path.join(self.mission.home("root"), "at-once")
        self.assertRegex(self.does("passkey", "new", path, "--label", "At once", "--enrol"), r"(?s)At once.*\ndone, entry \d+: passkey:\d+\n$")
        theirs = os.path.join(self.mission.home(GUARD), "at-once")
        done = self.tried("passkey", "new", theirs, "--label", "Guard’s", "--enrol", by=GUARD)
        self.assertEqual(done.returncode, REFUSED)
        self.assertIn("may give the command operators.enrol_passkey", done.stderr)
        self.assertIn("  chancery operators enrol-passkey --login 'man' --label 'Guard’s'", done.stdout)

    def test_what_saves_life_is_done_at_once_and_reviewed_by_a_second_person(self):
        said = self.does("doors", "lock-down", "--why", "drill")
        self.assertRegex(said, r"^done, entry \d+\nA second person is to review it within the hour: chancery pending\n$")
        entry = re.search(r"entry (\d+)", said)[1]
        status = self.does("status")
        self.assertIn("  LOCKDOWN   every door is held shut from outside: chancery doors lift-lockdown\n", status)
        self.assertRegex(status, r"  REVIEWS    \d+ wait")
        self.assertIn("  LOCKDOWN ", self.does("status", by=GUARD))
        told = self.does("pending", by=SECOND)
        row = rf"  \d+  doors lock-down --why drill, done by root \d+ s ago \(entry {entry}\)\n     60 min left\n     chancery (oversight review .*)\n"
        found = re.search(row, told)
        self.assertTrue(found, told)
        words = found[1].split()
        self.fails(REFUSED, *words, says="root asked for it; somebody else must answer for it.")
        self.does(*words, by=SECOND)
        self.assertNotIn(f"entry {entry}", self.does("pending"))
        self.does("undo", entry)
        self.assertNotIn("LOCKDOWN", self.does("status"))

    def test_an_import_goes_on_where_a_command_waits(self):
        person, _ = self.somebody()
        self.mission.write("grave.yaml", f"- {{do: people.forget, with: {{person: {person}, why: mistake}}}}\n"
                                         "- {do: site.add_building, as: hut, with: {name: Hut of the test}}\n")
        said = self.does("import", "grave.yaml", "--passkey", self.passkey())
        self.assertEqual(said, "1 commands done.\n1 wait for a second person: chancery pending\n")
        number = re.findall(r"^  (\d+)  people forget", self.does("pending"), re.MULTILINE)[-1]
        self.does("decline", number, "--why", "an end", by=SECOND)


class Files(Case):
    def test_a_picture_goes_in_and_out_and_is_masked_until_somebody_looks(self):
        person, _ = self.somebody()
        picture = os.urandom(60000)
        self.mission.write("picture", picture)
        self.does("people", "set-photo", "--person", person, "--photo", "@picture")
        told = self.history(person, "--limit", "1")
        self.assertIn("masked  some of it opens to a look: chancery look REF --purpose TEXT", told)
        entry = self.entries(person, "--limit", "1")[0]
        self.assertTrue(entry["masked"])
        self.assertIsNone(entry["events"][0]["body"]["photo"])
        looked = self.does("look", person, "--purpose", "who is at the gate", "--limit", "1")
        self.assertIn("Open to you for a quarter of an hour", looked)
        self.assertNotIn("masked", looked)
        read = re.search(r"^     photo   chancery (blob [0-9a-f]{64} --out) FILE$", looked, re.MULTILINE)[1].split()
        self.assertIn(f"root looks at {person}: who is at the gate", self.history("look:" + self.look_of(person)))
        out = os.path.join(self.mission.home("root"), "out")
        self.does(*read, out)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), picture)
        self.assertEqual(stat.S_IMODE(os.stat(out).st_mode), 0o600)
        self.fails(USAGE, *read, os.path.join(self.mission.home(GUARD), "out"), by=GUARD, says="there is no such file for you")
        self.assertEqual(os.listdir(self.mission.home(GUARD)).count("out"), 0)

    def look_of(self, person):
        looks = [event["body"] for entry in self.mission.seen() for event in entry["events"] if event["name"] == "oversight.Looked"]
        return str(next(look["look"] for look in looks if look["subjects"] == [person]))

    def test_a_picture_that_nobody_has_looked_for_is_not_given_out(self):
        """Not even to whoever sent it, and so has its hash."""
        person, _ = self.somebody()
        part = b"picture"
        link = self.mission.link()
        photo = link.ask({"blob": {"subject": person, "part": 1, "of": 1, "data": part.hex()}})["blob"]["hash"]
        link.close()
        self.does("people", "set-photo", "--person", person, "--photo", photo)
        out = os.path.join(self.mission.home("root"), "unseen")
        self.fails(USAGE, "blob", photo, "--out", out, says="there is no such file for you")
        self.assertFalse(os.path.exists(out))
        self.does("look", person, "--purpose", "who it is")
        self.does("blob", photo, "--out", out)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), part)

    def test_a_file_has_a_size_and_an_owner(self):
        person, _ = self.somebody()
        self.mission.write("largest", b"x" * BLOB_BYTES_MAX)
        self.mission.write("larger", b"x" * (BLOB_BYTES_MAX + 1))
        self.does("people", "set-photo", "--person", person, "--photo", "@largest")
        self.fails(USAGE, "people", "set-photo", "--person", person, "--photo", "@larger", says=f"more than the {BLOB_BYTES_MAX} bytes")
        self.fails(USAGE, "people", "set-photo", "--person", "99999", "--photo", "@largest", says="this is nobody")

    def test_a_secret_is_read_from_a_file_and_told_to_nobody(self):
        with open(os.path.join(self.mission.path, "keys", "readers.yaml"), encoding="utf-8") as file:
            line, address, key = re.search(r'line: ([a-z0-9-]+), address: (\d+), key: "([0-9a-f]{32})"', file.read()).groups()
        words = ("doors", "key-reader", "--line", line, "--address", address, "--key")
        self.mission.write("scbk", key + "\n")
        self.does(*words, "@scbk")
        self.assertNotIn(key, json.dumps(self.mission.seen()))
        self.mission.write("scbk", "not digits\n")
        said = self.fails(USAGE, *words, "@scbk", says=("scbk: “•••” is not a value of key", "Write hexadecimal digits"))
        self.assertNotIn("not digits", said)


class Rulebook(Case):
    def copied(self, change):
        """A copy of the rules, changed file by file."""
        directory = os.path.join(self.mission.directory, f"rules-{time.monotonic_ns()}")
        shutil.copytree(os.path.join(self.mission.path, "rules", "access"), directory)
        for name in os.listdir(directory):
            path = os.path.join(directory, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(change(name, text))
        return directory

    def show_a_badge(self):
        """The door at which somebody showed one; its entry has a rule's name."""
        cards = next(event["body"] for entry in self.mission.seen() for event in entry["events"] if event["name"] == "people.BadgeIssued")
        size = self.mission.status()["size"]
        self.mission.badge("line-1/1", cards["card"], cards["bits"])
        link = self.mission.link()
        link.send({"follow": {"from": size}})
        entry = link.receive()["entry"]
        while entry["input"]["name"] != "access.card_read":
            entry = link.receive()["entry"]
        link.close()
        return next(event["body"]["door"] for event in entry["events"] if "door" in event["body"]), entry

    def test_rules_are_enacted_and_history_has_their_words_from_the_record(self):
        self.assertEqual(self.does("rules", "enact"), "These rules are in force already; nothing was done.\n")
        before = self.mission.status()["rulebook"]
        changed = self.copied(lambda _, text: re.sub(r"(?m)^(\s+)title: (.*)$", r"\1title: Now \2", text))
        said = self.does("rules", "enact", changed)
        self.assertRegex(said, r"^done, entry \d+\nThese rules decide from now on; drivers get new tables\.\n$")
        self.assertNotEqual(self.mission.status()["rulebook"], before)
        door, entry = self.show_a_badge()
        told = self.history(f"door:{door}", "--limit", "5")
        for rule in entry["because"]["spoke"]:
            self.assertIn(f"{rule}: Now ", told)
        # What lies in rules/access decides nothing, and says nothing, until it is enacted.
        self.does("mission", "enact", "--rulebook", "@rules/access")
        self.assertEqual(self.mission.status()["rulebook"], before)

    def test_rules_that_do_not_load_leave_those_in_force_and_are_told_with_line_and_column(self):
        before, size = self.mission.status()["rulebook"], self.mission.status()["size"]
        wrong = self.copied(lambda name, text: text.replace("outcome: permit", "outcome: perhaps", 1) if name == "everyone.yaml" else text)
        with open(os.path.join(wrong, "everyone.yaml"), encoding="utf-8") as file:
            line = file.read().split("outcome: perhaps")[0].count("\n") + 1
        for words in (("rules", "enact", wrong), ("mission", "enact", "--rulebook", f"@{wrong}")):
            done = self.tried(*words)
            self.assertIn(done.returncode, (FAILED, USAGE))
            self.assertRegex(done.stderr, rf"everyone\.yaml:{line}:\d+: there is no outcome \"perhaps\"")
        self.assertEqual((self.mission.status()["rulebook"], self.mission.status()["size"]), (before, size))
        self.mission.write("text", "no rulebook")
        self.fails(REFUSED, "mission", "enact", "--rulebook", "@text", says="cannot come into force, and the one in force stays")
        self.assertEqual(self.mission.status()["rulebook"], before)

    def test_a_guard_enacts_nothing(self):
        changed = self.copied(lambda _, text: re.sub(r"(?m)^(\s+)title: (.*)$", r"\1title: Guard’s \2", text))
        os.chmod(changed, 0o755)
        self.fails(REFUSED, "rules", "enact", changed, by=GUARD, says="man has no role")


class Reading(Case):
    def test_history_comes_in_pages_and_goes_on_after_a_mark(self):
        person, name = self.somebody()
        for card in ("ca110000", "ca220000"):
            self.does("people", "issue-badge", "--person", person, "--card", card, "--bits", "26", "--kind", "card")
        page = self.history(person, "--limit", "2")
        self.assertEqual(page.count(f"issued to {name}"), 2)
        ref, mark = re.search(r"^Older: chancery history \"(.*)\" --older (\S+)$", page, re.MULTILINE).groups()
        self.assertEqual(ref, person)
        rest = self.history(person, "--older", mark)
        self.assertIn(f"{name} enrolled", rest)
        self.assertNotIn("issued", rest)
        self.assertNotIn("Older:", rest)
        self.assertEqual(self.history(person, "--older", mark, "--limit", "1").count("enrolled"), 1)
        newest, second = self.entries(person, "--limit", "2")
        self.assertEqual(self.entries(person, "--after", second["at"]), [newest])
        self.assertEqual(self.entries(person, "--after", newest["at"]), [])
        self.assertEqual(self.entries(person, "--older", newest["at"], "--limit", "1"), [second])

    def watched(self, *words, until):
        command = [self.mission.program("chancery"), "-C", self.mission.path, "watch", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            seen = []
            for line in process.stdout:
                seen.append(line)
                if until in line:
                    process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(PATIENCE_S), OK)
        return "".join(seen)

    def test_watch_begins_where_it_is_told_and_masks_what_is_not_for_everybody(self):
        person, name = self.somebody()
        mark = self.entries(person, "--limit", "1")[0]["at"]
        _, other = self.somebody()
        seen = self.watched("--after", mark, until=other)
        self.assertIn(f"{other} enrolled", seen)
        self.assertNotIn(name, seen)
        self.assertIn(name, self.watched("--from", str(self.mission.status()["size"] - 2), until=other))

    def test_status_tells_first_what_somebody_must_see_to(self):
        said = self.does("status")
        self.assertTrue(said.startswith("Embassy of the Republic of Velmara in Port Callis\n\n"))
        self.assertRegex(said, r"(?s)  record     \d+ entries, root \S{44}\n.*  doors      40, 40 of 40 readers online\n.*  driver +state.*  process +pid")
        self.fails(USAGE, "status", by=STRANGER, says="Roles stand in mission.yaml")


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
