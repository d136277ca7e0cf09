#!/usr/bin/python3
"""Every child is unable to open a file, a socket, or run a program: tried on the running children themselves.

    tests/children/children_test.py BUILD

attempt (attempt.c) makes a living child of a running mission try a system call, as one whose code was taken over could. The list of children is the
keeper's (run/keeper.json): a kind of child without a column here fails. What a row allows has its reason in it. After each death the
keeper has to bring the child back, and the mission to go on.
"""
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "witness"))
from c2sp import COSIGNATURE, Key  # noqa: E402
from mission import Mission  # noqa: E402
from unlock_test import BUILD, PASSPHRASE, closed, given  # noqa: E402  takes the build from the command line

ATTEMPT = os.path.join(BUILD, "attempt")
WITNESS = Key("witness.example/w1", COSIGNATURE, seed=bytes(32))
LONG_ENTRIES, IN_FLIGHT = 16384, 128  # from so many on the core is helped at its start (src/journal/journal_read.c)
COPIES_TRIED = 4  # attempts, from the first on, on copies of the core
IN_A_MISSION = 5  # attempts on one child before the keeper's patience between starts makes it slow

DIES, EACCES = f"signal {int(signal.SIGSYS)}", "errno 13"
WORKS = "it is its work"
AT_FDCWD, AF_UNIX, AF_INET, STREAM = -100 & 0xffffffffffffffff, 1, 2, 1

# call, number and arguments on x86-64, what becomes of each kind of child. SELF is the child's process id, KEEPER the keeper's.
# SQLite, which the core has for its journal, tries to open the directory of a log that it removes, and to look at files by name; libcurl, which cosign has,
# looks for files and for a name service's socket: they take a refusal well. Connections to witnesses are cosign's work, and nobody's else.
ATTEMPTS = [
    ("openat", [257, AT_FDCWD, "@/etc/hostname", 0], {"core": EACCES, "driver": DIES, "cosign": EACCES}),
    ("openat to write", [257, AT_FDCWD, "@run/made", 0o101, 0o600], {"core": EACCES, "driver": DIES, "cosign": EACCES}),
    ("socket", [41, AF_INET, STREAM, 0], {"core": DIES, "driver": DIES, "cosign": WORKS}),
    ("execve", [59, "@/bin/true", 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("ptrace", [101, 16, "KEEPER", 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("unlink", [87, "@mission.yaml"], {"core": EACCES, "driver": DIES, "cosign": DIES}),
    ("open", [2, "@/etc/hostname", 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("openat2", [437, AT_FDCWD, "@/etc/hostname", 0, 24], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("unix socket", [41, AF_UNIX, STREAM, 0], {"core": DIES, "driver": DIES, "cosign": EACCES}),
    ("socketpair", [53, AF_UNIX, STREAM, 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("connect", [42, 0, "@.........", 8], {"core": DIES, "driver": DIES, "cosign": WORKS}),
    ("bind", [49, 0, "@.........", 8], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("execveat", [322, 0, "@", 0, 0, 0x1000], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("fork", [57], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("clone", [56, 17, 0, 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("clone3", [435, 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("kill", [62, "KEEPER", 9], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("tgkill", [234, "KEEPER", "KEEPER", 9], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("pidfd_open", [434, "KEEPER", 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("process_vm_readv", [310, "KEEPER", 0, 0, 0, 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("memory that runs", [9, 0, 4096, 5, 0x22, 0xffffffffffffffff, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("mprotect", [10, 0, 4096, 7], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("memfd_create", [319, "@x", 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("io_uring_setup", [425, 8, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("bpf", [321, 0, 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("ioctl", [16, 0, 0x5412, "@x"], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("setuid", [105, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("unshare", [272, 0x10000000], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("mount", [165, "@x", "@/", "@x", 0, 0], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("chmod", [90, "@keys", 0o777], {"core": DIES, "driver": DIES, "cosign": DIES}),
    ("rename", [82, "@mission.yaml", "@gone"], {"core": DIES, "driver": DIES, "cosign": DIES}),
]


def kind_of(child):
    return child["name"].split()[0]


class RunningMission(Mission):
    """With each kind of child that there is; nobody answers as the witness."""

    def __enter__(self):
        super().__enter__()
        with open(os.path.join(self.path, "mission.yaml"), "a", encoding="utf-8") as file:
            file.write(f"witnesses:\n  - {{name: Capital, vkey: {WITNESS.vkey()}, url: 'http://127.0.0.1:9'}}\n")
        return self

    def children_of_keeper(self):
        with open(os.path.join(self.path, "run", "keeper.json"), encoding="utf-8") as file:
            return json.load(file)["children"]

    def child(self, name):
        return next(child for child in self.children_of_keeper() if child["name"] == name)

    def attempt(self, pid, words):
        names = {"KEEPER": self.processes["serve"].pid, "SELF": pid}
        command = [ATTEMPT, str(pid)] + [str(names.get(word, word)) for word in words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        return done.stdout.strip()

    def all_connected(self):
        status = self.status()
        return status and all(driver["connected"] for driver in status["drivers"])


@unittest.skipUnless(os.path.exists(ATTEMPT), "left out: attempt.c knows x86-64 alone")
@unittest.skipUnless(os.geteuid() == 0, "left out: only root may trace a process that is not dumpable")
class Children(unittest.TestCase):
    def test_each_kind_of_child_that_the_keeper_has_stands_in_the_table(self):
        with RunningMission(BUILD) as mission:
            mission.start_serve()
            kinds = {kind_of(child) for child in mission.children_of_keeper()}
        self.assertEqual(kinds, {"core", "driver", "cosign"})
        for call, _, outcomes in ATTEMPTS:
            self.assertEqual(kinds, set(outcomes), f"{call}: a column for each kind")

    def test_a_child_that_tries_is_ended_or_refused_and_comes_back(self):
        for first in range(0, len(ATTEMPTS), IN_A_MISSION):
            with RunningMission(BUILD) as mission:
                mission.start_world()
                mission.start_serve()
                self.try_all(mission, ATTEMPTS[first:first + IN_A_MISSION])

    def try_all(self, mission, attempts):
        names = [child["name"] for child in mission.children_of_keeper()]
        self.faults = []
        threads = [threading.Thread(target=self.try_child, args=(mission, name, attempts)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.faults, [])
        mission.until(mission.all_connected, "all drivers are back")
        for path in ("run/made", "gone"):
            self.assertFalse(os.path.exists(os.path.join(mission.path, path)))

    def try_child(self, mission, name, attempts):
        try:
            for call, words, outcomes in attempts:
                child = mission.until(lambda: self.running(mission, name), f"{name} runs")
                found, expected = mission.attempt(child["pid"], words), outcomes[kind_of(child)]
                if found != expected and not (expected == WORKS and found not in (DIES, EACCES)):
                    self.faults.append(f"{name}: {call}: {found}, expected {expected}")
                if found == DIES:
                    mission.until(lambda: self.is_told(mission, child), f"{name} is started again after {call}")
        except (AssertionError, subprocess.SubprocessError, OSError) as error:
            self.faults.append(f"{name}: {error}")

    @staticmethod
    def running(mission, name):
        child = mission.child(name)
        if not child["pid"]:
            return None
        with open(f"/proc/{child['pid']}/status", encoding="utf-8") as file:
            locked_in = "Seccomp:\t2" in file.read()
        return child if locked_in else None

    @staticmethod
    def is_told(mission, before):
        child = mission.child(before["name"])
        if not child["pid"] or child["pid"] == before["pid"]:
            return False
        return child["bad_ends"] == before["bad_ends"] + 1 and "sandbox forbids" in child["last"]

    def test_the_whole_mission_goes_on_after_each_of_its_children_was_caught(self):
        with RunningMission(BUILD) as mission:
            mission.start()
            for child in mission.children_of_keeper():
                self.assertEqual(mission.attempt(child["pid"], [59, "@/bin/sh", 0, 0]), DIES, child["name"])
            mission.until(mission.all_connected, "all drivers are back")
            mission.wait_online()
            before = mission.status()["size"]
            mission.badge("line-1/0", "ffffffc0")
            mission.until(lambda: mission.status()["size"] > before, "a badge is decided")
            reports = mission.run("crashes").stdout
            self.assertEqual(reports.count("a call that its sandbox forbids"), 6, reports)
            mission.stop()
            self.assertEqual(mission.verify().returncode, 0)

    def test_a_copy_that_the_core_makes_of_itself_has_its_sandbox(self):
        """The one that helps to read a long record, one that searches a rulebook, and one that makes a grant table; a snapshot's is made like these."""
        with RunningMission(BUILD) as mission:
            closed(mission)
            mission.start_world()
            mission.start_serve()
            self.unlock(mission)
            self.make_long(mission)
            badge = itertools.cycle(["suspend-badge", "restore-badge"])
            for call, words, outcomes in ATTEMPTS[:COPIES_TRIED]:
                mission.stop("serve")
                mission.start_serve()
                found = [self.of_copy(mission, words, lambda: self.unlock(mission))]
                self.settle(mission)
                found.append(self.of_copy(mission, words, lambda: self.enact(mission)))
                self.settle(mission)
                found.append(self.of_copy(mission, words, lambda: self.touch(mission, next(badge))))
                self.assertEqual(found, [outcomes["core"]] * 3, call)
            mission.stop()
            self.assertEqual(mission.verify().returncode, 0)

    @staticmethod
    def make_long(mission):
        """A record that two processes read."""
        mission.until(mission.status, "the mission is open")
        mission.run("import", "site.yaml", "people.yaml", "keys/readers.yaml")
        link = mission.link()
        for _ in range(0, LONG_ENTRIES, IN_FLIGHT):
            for _ in range(IN_FLIGHT):
                link.send({"command": {"name": "people.restore_badge", "body": {"badge": 1}}})
            for _ in range(IN_FLIGHT):
                link.receive()
        link.close()

    @staticmethod
    def settle(mission):
        def is_settled():
            status = mission.status()
            return status and all(driver["wanted"] == driver["issued"] == driver["confirmed"] for driver in status["drivers"])
        mission.until(is_settled, "every driver has its table")

    @staticmethod
    def unlock(mission):
        given(mission, ["unlock"], [PASSPHRASE])

    @staticmethod
    def touch(mission, command):
        """What makes a grant table old."""
        mission.run("people", command, "--badge", "1", *(["--why", "lost"] if command == "suspend-badge" else []))

    @staticmethod
    def enact(mission):
        """A rulebook that does not load: a copy of the core finds that out."""
        named = os.urandom(32).hex()
        mission.ask({"command": {"name": "record.stage_part", "body": {"hash": named, "part": 1, "of": 1, "data": b"{}".hex()}}})
        mission.ask({"command": {"name": "mission.enact", "body": {"rulebook": named}}})

    def of_copy(self, mission, words, trigger):
        """What becomes of the attempt in the next copy of the core, which `trigger` makes it make."""
        core = mission.child("core")["pid"]
        attempt = subprocess.Popen([ATTEMPT, str(core), "copy", *map(str, words)], stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(attempt.stdout.readline(), "watching\n")
            trigger()
            return attempt.communicate(timeout=20)[0].strip()
        finally:
            attempt.kill()
            attempt.wait()
            attempt.stdout.close()


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
