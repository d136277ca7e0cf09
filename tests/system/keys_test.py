"""A mission's keys from outside: who opens them, and that after `destroy` no raw byte of any file is one of a key."""
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from mission import Mission, ROOT  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
PASSPHRASE = "correct horse battery staple"
DESTROY_S = 2


def keys(mission, *words, lines=None, check=True):
    """`chancery keys …` with what nobody may read on a descriptor, a line each."""
    command = [mission.program("chancery"), "-C", mission.path, "keys", *words]
    reading, writing = os.pipe()
    os.write(writing, "".join(line + "\n" for line in lines or []).encode())
    os.close(writing)
    try:
        done = subprocess.run(command + (["--fd", str(reading)] if lines is not None else []), pass_fds=[reading],
                              capture_output=True, text=True, timeout=60)
    finally:
        os.close(reading)
    if check and done.returncode != 0:
        raise AssertionError(f"keys {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def shares_of(printed):
    """The rows of groups of each share on the printed sheet."""
    rows = [line.split(None, 1)[1] for line in printed.splitlines() if line[:8].strip().isdigit()]
    return [rows[i:i + 4] for i in range(0, len(rows), 4)]


class WhoOpens(unittest.TestCase):
    def test_a_sample_says_that_its_keys_lie_beside(self):
        with Mission(BUILD) as mission:
            self.assertIn("not for an embassy", keys(mission, "list").stdout)
            self.assertNotIn("not for an embassy", keys(mission, "list", "--door").stdout)
            self.assertIn("generation 1", keys(mission, "check").stdout)
            self.assertIn("generation 1", keys(mission, "check", "--door").stdout)

    def test_a_passphrase_and_shares_take_the_files_place(self):
        with Mission(BUILD) as mission:
            keys(mission, "add-passphrase", "--label", "duty officer", lines=[PASSPHRASE])
            sheet = keys(mission, "add-shares", "--threshold", "2", "--shares", "3", "--label", "the safe").stdout
            a, b, c = shares_of(sheet)
            keys(mission, "remove", "--protector", "1")
            listed = keys(mission, "list").stdout
            self.assertIn("duty officer", listed)
            self.assertIn("any 2 of 3", listed)
            self.assertNotIn("not for an embassy", listed)
            self.assertEqual(os.path.getsize(os.path.join(mission.path, "keys", "master.key")), 0)
            self.assertIn("generation 2", keys(mission, "check", lines=[PASSPHRASE]).stdout)
            self.assertIn("These shares open", keys(mission, "combine", lines=b + c).stdout)
            self.assertIn("These shares open", keys(mission, "combine", lines=[" ".join(a).lower(), "-".join(c)]).stdout)
            self.assertIn("generation 2", keys(mission, "check", "--by", "shares", lines=c + a).stdout)
            self.assertIn("new root key", keys(mission, "rekey", lines=[PASSPHRASE]).stdout)
            self.assertIn("generation 3", keys(mission, "check", "--by", "shares", lines=c + a).stdout)
            last = keys(mission, "remove", "--protector", "3", lines=[PASSPHRASE])
            self.assertIn("opens nothing any more", last.stdout)
            only = keys(mission, "remove", "--protector", "2", lines=[PASSPHRASE], check=False)
            self.assertEqual(only.returncode, 1)
            self.assertIn("the last protector", only.stderr)

    def test_mistakes_are_told_with_their_place(self):
        with Mission(BUILD) as mission, Mission(BUILD) as other:
            sheet = keys(mission, "add-shares", "--threshold", "2", "--shares", "2").stdout
            a, b = shares_of(sheet)
            foreign, _ = shares_of(keys(other, "add-shares", "--threshold", "2", "--shares", "2").stdout)
            wrong = a[1][:7] + ("0" if a[1][7] != "0" else "1") + a[1][8:]
            for lines, expected in (
                    ([a[0], wrong], "group 6: a character is wrong"),
                    ([a[0], a[1][:-1]], "group 8: a character is missing"),
                    (a + a, "this is share 1 again"),
                    (foreign, "another mission's"),
                    (a, "a line was expected"),
                    (["x" * 1025], "longer than 1024 bytes")):
                done = keys(mission, "combine", lines=lines, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(expected, done.stderr)
                self.assertNotIn(a[0][:5], done.stderr)
            short = keys(mission, "add-passphrase", lines=["too short"], check=False)
            self.assertIn("12 to 1024 bytes", short.stderr)
            for words in ([], ["burn"], ["add-shares"], ["remove"], ["check", "--by", "guessing"]):
                self.assertEqual(keys(mission, *words, check=False).returncode, 2, words)

    def test_keys_are_not_changed_under_a_running_mission(self):
        with Mission(BUILD) as mission:
            mission.start_world()
            mission.start_serve()
            done = keys(mission, "rekey", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("runs already", done.stderr)
            self.assertIn("opened by any of", keys(mission, "list").stdout)

    def test_a_terminal_does_not_show_a_passphrase(self):
        with Mission(BUILD) as mission:
            seen = self.at_terminal(mission, ["add-passphrase"],
                                    [("New passphrase: ", PASSPHRASE), ("The same again: ", PASSPHRASE)])
            self.assertIn("opens keys", seen)
            self.assertNotIn(PASSPHRASE, seen)

    def test_a_terminal_asks_again_for_a_row_with_a_mistake(self):
        with Mission(BUILD) as mission:
            a, b = shares_of(keys(mission, "add-shares", "--threshold", "2", "--shares", "2").stdout)
            typed = [("Share 1 from group 1 on: ", a[0]), ("Share 1 from group 5 on: ", a[1][:-1]),
                     ("a character is missing", ""), ("Share 1 from group 5 on: ", a[1])]
            typed += [(f"Share 1 from group {4 * row + 1} on: ", a[row]) for row in (2, 3)]
            typed += [("Share 2 from group 1 on: ", " ".join(a)), ("this is share 1 again", "")]
            typed += [(f"Share 2 from group {4 * row + 1} on: ", b[row]) for row in range(4)]
            self.assertIn("These shares open", self.at_terminal(mission, ["combine"], typed))

    @staticmethod
    def at_terminal(mission, words, dialogue):
        """What a terminal has shown at the end; of a dialogue each text is typed when what stands before it is seen."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(mission.program("chancery"), ["chancery", "-C", mission.path, "keys", *words])
        seen, at = b"", 0
        try:
            while True:
                while dialogue and dialogue[0][0].encode() in seen[at:]:
                    prompt, text = dialogue.pop(0)
                    at = seen.index(prompt.encode(), at) + len(prompt)
                    time.sleep(0.2)  # the echo is off by then
                    os.write(terminal, (text + "\n").encode() if text else b"")
                seen += os.read(terminal, 1000)
        except OSError:
            os.waitpid(pid, 0)
            os.close(terminal)
        return seen.decode()


class Destroyed(unittest.TestCase):
    def secrets(self, mission):
        """Everything in keys/ that opens something, as its bytes and as the digits that were in the file."""
        def read(name):
            with open(os.path.join(mission.path, "keys", name), "rb") as file:
                return file.read()
        found = [bytes.fromhex(read(name).decode().strip()) for name in ("journal.seed", "master.key", "door.key")]
        found += [bytes.fromhex(key.decode()) for key in re.findall(rb"key: \"?([0-9a-f]{32})", read("readers.yaml"))]
        wrapped = [read(name)[at:at + 32] for name in ("subjects.0", "doors.0") for at in (40, 4096, 200000)]
        wrapped += [read(name)[at:at + 32] for name in ("master", "door") for at in (256 + 128, 4096 + 256 + 128)]
        return found + [key.hex().encode() for key in found] + wrapped

    def files(self, mission):
        for directory, _, names in os.walk(mission.path):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield path, file.read()

    def check_nothing_is_left(self, mission, secrets):
        for path, data in self.files(mission):
            for secret in secrets:
                self.assertNotIn(secret, data, path)

    def name(self, mission):
        with open(os.path.join(mission.path, "mission.yaml"), encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("name:"))

    def test_a_running_mission_is_destroyed_and_its_record_still_verifies(self):
        with Mission(BUILD) as mission:
            mission.start()
            secrets = self.secrets(mission)
            self.assertTrue(all(any(s in data for _, data in self.files(mission)) for s in secrets[-10:]))
            begun = time.monotonic()
            done = mission.run("destroy", "--yes", self.name(mission))
            took = time.monotonic() - begun
            self.assertLess(took, DESTROY_S)
            self.assertIn("wiped 8192 master\n", done.stdout)
            self.assertIn("All keys are wiped", done.stdout)
            self.assertIn("The way out stays free", done.stdout)
            self.assertEqual(mission.processes["serve"].wait(10), 0)
            self.check_nothing_is_left(mission, secrets)
            size = len(mission.entries())
            self.assertRegex(done.stdout, rf"\njournal {size} \S{{44}}\n")
            with open(os.path.join(mission.path, "destroyed.note"), encoding="utf-8") as file:
                self.assertIn(file.read(), done.stdout)
            verified = mission.verify()
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            self.assertIn("not destroyed on purpose", keys(mission, "check", check=False).stderr)
            print(f"destroyed in {took * 1000:.0f} ms")

    def test_a_mission_of_which_everything_else_is_dead_is_destroyed_too(self):
        with Mission(BUILD) as mission:
            secrets = self.secrets(mission)
            with open(os.path.join(mission.path, "mission.yaml"), "w", encoding="utf-8") as file:
                file.write("{broken")
            with open(os.path.join(mission.path, "journal.db"), "wb") as file:
                file.write(b"no database")
            mission.run("destroy", "--yes", "this mission")
            self.check_nothing_is_left(mission, secrets)

    def test_a_process_that_does_not_listen_keeps_nothing(self):
        with Mission(BUILD) as mission:
            mission.start_world()
            mission.start_serve()
            secrets = self.secrets(mission)
            core = next(pid for pid, words in mission.children() if "core" in words)
            os.kill(core, signal.SIGSTOP)
            done = mission.run("destroy", "--yes", self.name(mission))
            self.assertIn("\njournal unread\n", done.stdout)
            self.assertLess(int(re.search(r"All keys are wiped after (\d+) ms", done.stdout)[1]), DESTROY_S * 1000)
            self.assertFalse(os.path.exists(f"/proc/{core}"))
            self.check_nothing_is_left(mission, secrets)

    def test_nothing_is_destroyed_under_another_name(self):
        with Mission(BUILD) as mission:
            before = self.secrets(mission)
            for words, typed in ((["--yes", "another embassy"], ""), ([], "another embassy\n"), ([], "")):
                done = self.destroy(mission, words, typed)
                self.assertEqual(done.returncode, 2)
                self.assertIn("nothing was destroyed", done.stderr)
            self.assertEqual(self.secrets(mission), before)
            done = self.destroy(mission, [], self.name(mission) + "\n")
            self.assertEqual(done.returncode, 0)
            self.check_nothing_is_left(mission, before)

    @staticmethod
    def destroy(mission, words, typed):
        return subprocess.run([mission.program("chancery"), "-C", mission.path, "destroy", *words], input=typed,
                              capture_output=True, text=True, timeout=60)


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
