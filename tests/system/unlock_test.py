"""A mission whose keys no file opens: what it does before somebody came, who may open it, and that a core which dies needs nobody."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from mission import Mission, ROOT  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
PASSPHRASE = "seven herons over a slate river"


def given(mission, words, lines):
    """A command that reads secrets from a descriptor."""
    reading, writing = os.pipe()
    os.write(writing, "".join(f"{line}\n" for line in lines).encode())
    os.close(writing)
    try:
        return subprocess.run([mission.program("chancery"), "-C", mission.path, *words, "--fd", str(reading)], capture_output=True, text=True,
                              timeout=60, pass_fds=[reading])
    finally:
        os.close(reading)


def closed(mission):
    """Three of five shares and a passphrase open it, and no file does. Returns the shares."""
    done = given(mission, ["keys", "add-passphrase"], [PASSPHRASE, PASSPHRASE])
    assert done.returncode == 0, done.stderr
    printed = mission.run("keys", "add-shares", "--threshold", "3", "--shares", "5").stdout
    shares, rows = [], []
    for line in printed.split("\n"):
        words = line.split()
        if len(words) == 5 and words[0].isdigit():
            rows.append(" ".join(words[1:]))
            if len(rows) == 4:
                shares.append(" ".join(rows))
                rows = []
    mission.run("keys", "remove", "--protector", "1")
    return shares


class Unlock(unittest.TestCase):
    def setUp(self):
        self.mission = Mission(BUILD)
        self.mission.__enter__()
        self.shares = closed(self.mission)
        self.assertEqual(len(self.shares), 5)
        self.mission.start_world()
        self.mission.start_serve()

    def tearDown(self):
        self.mission.__exit__(None, None, None)

    def events(self, name):
        return [event["body"] for entry in self.mission.seen() for event in entry["events"] if event["name"] == name]

    def open_it(self):
        done = given(self.mission, ["unlock"], [PASSPHRASE])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.mission.until(self.mission.status, "the record is read")

    def test_a_closed_mission_says_so_to_everything_and_opens_by_passphrase_alone(self):
        self.assertEqual(self.mission.answers(), {"locked": {"passphrase": True, "shares": 3}})
        for words in (["status"], ["history", "door:1"], ["people", "enrol", "--name", "Ana", "--groups", "staff", "--clearance", "1"]):
            done = self.mission.run(*words, check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("chancery unlock", done.stderr)
        self.assertEqual(self.mission.ask(b"{"), {"bad": {"offset": 0, "what": "this is no line of a kind that is known here",
                                                          "remedy": "See src/schema/contract.yaml, AskLine."}})
        wrong = given(self.mission, ["unlock"], ["not the passphrase of this mission"])
        self.assertNotEqual(wrong.returncode, 0)
        again = self.mission.ask({"unlock": {"passphrase": PASSPHRASE}})
        self.assertGreater(again["busy"]["retry_ms"], 0)
        self.mission.until(lambda: given(self.mission, ["unlock"], [PASSPHRASE]).returncode == 0, "somebody may try again", 10)
        self.mission.until(self.mission.status, "the record is read")
        self.assertEqual(self.events("mission.Unlocked"), [{"login": "root", "with": "passphrase"}])
        self.assertIn("are open", self.mission.run("unlock").stdout)
        self.assertIn("open", self.mission.ask({"unlock": {"passphrase": PASSPHRASE}})["bad"]["what"])

    def test_three_shares_open_it_and_two_do_not(self):
        few = given(self.mission, ["unlock", "--by", "shares"], self.shares[:2])
        self.assertNotEqual(few.returncode, 0)
        done = given(self.mission, ["unlock", "--by", "shares"], [self.shares[4], self.shares[0], self.shares[2]])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.mission.until(self.mission.status, "the record is read")
        self.assertEqual(self.events("mission.Unlocked"), [{"login": "root", "with": "shares"}])

    def test_both_or_neither_are_refused(self):
        for unlock in ({}, {"passphrase": PASSPHRASE, "shares": self.shares[:3]}):
            self.assertIn("or shares", self.mission.ask({"unlock": unlock})["bad"]["what"])

    def test_a_core_that_dies_comes_back_without_anybody_and_one_after_a_restart_does_not(self):
        self.open_it()
        size = self.mission.status()["size"]
        self.assertTrue(self.mission.kill("core"))
        self.mission.until(self.mission.status, "the core is back", 20)
        self.assertGreaterEqual(self.mission.status()["size"], size)
        self.mission.stop("serve")
        self.mission.start_serve()
        self.assertIn("locked", self.mission.answers())


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
