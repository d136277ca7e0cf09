#!/usr/bin/python3
"""Operations, with real processes: an upgrade over a running mission, the watchdog, the log and what never stands in it, crash reports.

    tests/system/ops_test.py BUILD
"""
import glob
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mission import Mission, ROOT  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
ATTEMPT = os.path.join(BUILD, "attempt")
SANITIZED = "sanitize" in os.path.basename(BUILD)
PPOLL = 271
MAY_TRACE = os.path.exists(ATTEMPT) and os.geteuid() == 0


class OpsMission(Mission):
    """A mission whose programs are copies, so that others can be laid in their place as a package does."""

    def __init__(self, *arguments):
        self.installed = tempfile.mkdtemp(prefix="chancery-installed-")
        for name in ("chancery", "chancery-verify", "chancery-world"):
            shutil.copy(os.path.join(BUILD, name), self.installed)
        super().__init__(self.installed, *arguments)

    def __exit__(self, *exception):
        super().__exit__(*exception)
        shutil.rmtree(self.installed)

    def install(self, path):
        """Beside it, then in its place: the running program's file lives on without a name."""
        beside = os.path.join(self.installed, "chancery.new")
        shutil.copy(path, beside)
        os.rename(beside, os.path.join(self.installed, "chancery"))

    def begin(self):
        """Without readers: all processes, each driver with its line."""
        self.start_world()
        self.start_serve()
        self.until(lambda: all(driver["connected"] for driver in self.status()["drivers"]), "all drivers are connected")

    def keeper(self):
        with open(os.path.join(self.path, "run", "keeper.json"), encoding="utf-8") as file:
            return json.load(file)

    def child(self, name):
        return next(child for child in self.keeper()["children"] if child["name"] == name)

    def pids(self):
        return {child["name"]: child["pid"] for child in self.keeper()["children"]}

    def log(self, event=None):
        """The log's lines, oldest first; of one event, when one is asked for."""
        lines = []
        for path in sorted(glob.glob(os.path.join(self.path, "log", "chancery.log*")), reverse=True):
            with open(path, encoding="utf-8") as file:
                lines += [json.loads(line) for line in file]
        return [line for line in lines if event in (None, line["event"])]

    def until_logged(self, event, patience=60):
        return self.until(lambda: self.log(event), f"{event} is logged", patience)

    def everything_written(self):
        """What the mission says about itself: its log, crash reports, run/keeper.json, and the keeper's standard error."""
        paths = glob.glob(os.path.join(self.path, "log", "*")) + glob.glob(os.path.join(self.path, "run", "crash", "*"))
        paths += [os.path.join(self.path, "run", "keeper.json"), os.path.join(self.directory, "serve.log")]
        written = {}
        for path in paths:
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="surrogateescape") as file:
                    written[path] = file.read()
        return written


class Clerk(threading.Thread):
    """Enrols people as fast as the core answers; remembers each answer, and the longest time without one."""

    def __init__(self, mission):
        super().__init__()
        self.mission, self.ending = mission, threading.Event()
        self.acknowledged, self.longest_s = [], 0

    def run(self):
        link, last, number = None, time.monotonic(), 0
        while not self.ending.is_set():
            number += 1
            try:
                link = link or self.mission.link()
                answer = link.ask({"command": {"name": "people.enrol", "body": {
                    "name": f"Guest {number}", "groups": ["visitor"], "clearance": 0}}})
                self.acknowledged.append((answer["done"]["entry"], answer["done"]["gives"]["person"], f"Guest {number}"))
                now = time.monotonic()
                self.longest_s, last = max(self.longest_s, now - last), now
                time.sleep(0.002)
            except (OSError, ConnectionError):
                if link:
                    link.close()
                link = None
        if link:
            link.close()

    def end(self):
        self.ending.set()
        self.join()


class Visitors(threading.Thread):
    """Show their cards at all readers in turn, each reader once a second: a driver throttles a reader that tells much more."""

    def __init__(self, mission):
        super().__init__()
        self.mission, self.ending = mission, threading.Event()
        with open(os.path.join(mission.path, "people.yaml"), encoding="utf-8") as file:
            self.cards = re.findall(r'card: "([0-9a-f]+)", bits: (\d+)', file.read())

    def run(self):
        readers = [f"line-{line}/{address}" for address in range(10) for line in range(1, 5)]
        for number in itertools.count():
            if self.ending.wait(1 / len(readers)):
                return
            self.mission.badge(readers[number % len(readers)], *self.cards[number % len(self.cards)])

    def end(self):
        self.ending.set()
        self.join()


class Upgrade(unittest.TestCase):
    def test_another_program_takes_over_while_people_badge_and_nothing_is_lost_or_twice(self):
        with OpsMission() as mission:
            mission.start()
            clerk, visitors = Clerk(mission), Visitors(mission)
            clerk.start()
            visitors.start()
            time.sleep(2)
            before, keeper = mission.pids(), mission.processes["serve"].pid
            mission.install(os.path.join(BUILD, "chancery-next"))
            done = mission.run("upgrade")
            self.assertIn("chancery 999.next runs the mission", done.stdout)
            time.sleep(1)
            clerk.end()
            visitors.end()
            after = mission.pids()
            self.assertEqual(mission.keeper()["pid"], keeper)
            self.assertFalse(set(before.values()) & set(after.values()), "every child runs the new program")
            self.check_order(mission)
            self.check_quiet(mission)
            entries = mission.seen()
            mission.stop()
            self.check_record(mission, clerk, entries)
            away = mission.log("upgrade_core")[0]["away_ms"], [line["away_ms"] for line in mission.log("upgrade_driver")]
            print(f"core away {away[0]} ms, longest wait of a command {clerk.longest_s * 1000:.0f} ms, drivers away {away[1]} ms, "
                  f"{len(clerk.acknowledged)} commands acknowledged", flush=True)

    def check_order(self, mission):
        """No driver is touched before the core is ready, and none before the one before it is back."""
        told = [(line["event"], line.get("child")) for line in mission.log()]
        begin = [event for event, _ in told].index("upgrade_taken")
        drivers = [f"driver line-{i}" for i in range(1, 5)]
        expected = ["upgrade_core"] + [step for driver in drivers for step in (("child_started", driver), ("upgrade_driver", driver))]
        found = [event if event == "upgrade_core" else (event, child) for event, child in told[begin:]
                 if event == "upgrade_core" or child in drivers]
        self.assertEqual(found, expected)
        self.assertEqual({child["program"] for child in mission.keeper()["children"]}, {"chancery 999.next"})

    def check_quiet(self, mission):
        """Everybody stands still, and every card that a reader took has become an entry."""
        last = [-1]

        def settled():
            now = mission.status()["size"]
            same, last[0] = now == last[0], now
            time.sleep(0.5)
            return same
        mission.until(settled, "nothing happens any more")
        mission.wait_online()

    def check_record(self, mission, clerk, entries):
        verified = mission.verify()
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        for index, person, name in clerk.acknowledged:
            body = entries[index]["events"][0]["body"]
            self.assertEqual((body["person"], body["name"]), (person, name))
        self.assertGreater(len(clerk.acknowledged), 100)
        reports = [json.dumps(entry["from"]["driver"], sort_keys=True) for entry in entries if "driver" in entry["from"]]
        self.assertEqual(len(reports), len(set(reports)), "a report is entered once")
        places = {e["body"]["reader"]: f"{e['body']['line']}/{e['body']['address']}"
                  for entry in entries for e in entry["events"] if e["name"] == "doors.ReaderAdded"}
        read, taken = {}, {}
        for entry in entries:
            if entry["input"]["name"] == "access.card_read":
                place = places[entry["input"]["body"]["reader"]]
                read[place] = read.get(place, 0) + 1
        for event in mission.events("badge"):
            taken[event["reader"]] = taken.get(event["reader"], 0) + 1
        self.assertGreater(sum(taken.values()), 100)
        self.assertEqual(read, taken, "each card that a reader took is one entry")
        self.assertIn("chancery 999.next", json.dumps([entry["events"] for entry in entries if entry["input"]["name"] == "mission.begin"]))

    def test_a_core_that_does_not_become_ready_is_given_up_and_the_program_before_goes_on(self):
        with OpsMission() as mission:
            mission.start()
            before, size = mission.pids(), mission.status()["size"]
            mission.install(os.path.join(BUILD, "chancery-broken"))
            done = mission.run("upgrade", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("the program before it goes on", done.stderr)
            self.assertEqual([line["level"] for line in mission.log("upgrade_back")], ["alert"])
            self.assertEqual(mission.log("upgrade_done"), [])
            after = mission.pids()
            self.assertNotEqual(before.pop("core"), after.pop("core"))
            self.assertEqual(before, after, "no driver was touched")
            self.assertEqual(mission.keeper()["program"], self.program())
            mission.wait_online()
            mission.run("people", "suspend-badge", "--badge", "1", "--why", "lost")
            self.assertGreater(mission.status()["size"], size)
            again = mission.run("doctor", check=False)
            self.assertIn("wrong running program", re.sub(" +", " ", again.stdout))

    @staticmethod
    def program():
        return subprocess.run([os.path.join(BUILD, "chancery"), "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]

    def test_a_program_that_does_not_run_is_refused_and_nothing_changes(self):
        with OpsMission() as mission:
            mission.begin()
            for other in ("/bin/false", __file__):
                before = mission.pids()
                mission.install(other)
                os.kill(mission.keeper()["pid"], signal.SIGHUP)
                mission.until(lambda: mission.keeper()["outcome"] == "refused", "the keeper refuses it")
                self.assertEqual(mission.pids(), before)
                mission.install(os.path.join(BUILD, "chancery"))
                self.assertIn("runs the mission", mission.run("upgrade").stdout)

    def test_a_mission_that_the_other_program_would_not_run_is_told_before_anything_is_touched(self):
        with OpsMission() as mission:
            mission.begin()
            before = mission.pids()
            with open(os.path.join(mission.path, "mission.yaml"), "a", encoding="utf-8") as file:
                file.write("wishes: none\n")
            done = mission.run("upgrade", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("did not take over", done.stderr)
            self.assertEqual(mission.pids(), before)
            self.assertIn("mission.yaml", json.dumps([line for line in mission.log("failed") if line["who"] == "program on disk"]))

    def test_a_child_that_dies_between_unpacking_and_upgrade_runs_the_keeper_s_program_still(self):
        with OpsMission() as mission:
            mission.begin()
            before = mission.child("core")
            mission.install(os.path.join(BUILD, "chancery-broken"))
            os.kill(before["pid"], signal.SIGKILL)
            mission.until(lambda: mission.child("core")["pid"] not in (0, before["pid"]), "the core starts again")
            mission.until(mission.answers, "and answers")
            self.assertEqual(mission.child("core")["build"], before["build"])

    def test_a_state_that_cannot_be_read_means_a_clean_start(self):
        with OpsMission() as mission:
            state = os.memfd_create("state", 0)
            os.write(state, b'{"format":2,"what":"is this"}')
            command = f"sleep 1000 & exec {mission.program('chancery')} -C {mission.path} serve --resume {state}"
            with open(os.path.join(mission.directory, "serve.log"), "ab") as log:
                mission.processes["serve"] = subprocess.Popen(["sh", "-c", command], pass_fds=[state], stdout=log, stderr=log)
            os.close(state)
            mission.until(mission.answers, "the core answers")
            self.assertEqual(len(mission.log("handover_unreadable")), 1)
            self.assertFalse([words for _, words in mission.children() if "sleep" in words], "what was left is ended")

    def test_what_mission_yaml_names_no_more_is_ended_at_an_upgrade_and_what_is_new_is_started(self):
        with OpsMission() as mission:
            mission.begin()
            path = os.path.join(mission.path, "mission.yaml")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("name: line-4", "name: line-5"))
            old = mission.child("driver line-4")["pid"]
            mission.run("upgrade")
            self.assertGreater(mission.child("driver line-5")["pid"], 0)
            self.assertNotIn("driver line-4", mission.pids())
            mission.until(lambda: not os.path.exists(f"/proc/{old}"), "the other one has ended")


class Watchdog(unittest.TestCase):
    @unittest.skipUnless(MAY_TRACE, "left out: only root may make a process hang that is not dumpable")
    def test_a_core_that_hangs_is_ended_tells_where_it_hung_and_comes_back(self):
        with OpsMission() as mission:
            mission.begin()
            core = mission.child("core")["pid"]
            begin = time.monotonic()
            subprocess.run([ATTEMPT, str(core), "hang", str(PPOLL), "0", "0", "0", "0"], check=True)
            told = mission.until_logged("child_silent")[0]
            heard = time.monotonic() - begin
            mission.until(mission.answers, "the core answers again")
            print(f"a core that hangs is ended after {heard:.1f} s and answers after {time.monotonic() - begin:.1f} s", flush=True)
            self.assertGreaterEqual(told["silent_ms"], 10000)
            self.assertLess(heard, 13)
            report = self.report(mission)
            self.assertIn("ended: signal 6: no sign of life for 10000 ms", report)
            self.assertGreaterEqual(report.count("\nframe: "), 2 if not SANITIZED else 0)

    def report(self, mission):
        names = mission.run("crashes").stdout.split()
        return mission.run("crashes", names[0]).stdout

    def test_a_core_that_not_even_hears_the_signal_is_killed(self):
        with OpsMission() as mission:
            mission.begin()
            core = mission.child("core")["pid"]
            os.kill(core, signal.SIGSTOP)
            mission.until(lambda: mission.child("core")["pid"] not in (0, core), "another core runs")
            mission.until(mission.answers, "and answers")
            self.assertIn("ended: signal 9: no sign of life for 10000 ms", self.report(mission))

    def test_time_in_which_the_keeper_itself_stood_still_is_nobody_s_silence(self):
        with OpsMission() as mission:
            mission.begin()
            before = mission.pids()
            keeper = mission.keeper()["pid"]
            for pid in (before["core"], keeper):
                os.kill(pid, signal.SIGSTOP)
            time.sleep(13)
            for pid in (keeper, before["core"]):
                os.kill(pid, signal.SIGCONT)
            mission.until_logged("stood_still")
            time.sleep(1.5)
            self.assertEqual(mission.pids(), before)


class Log(unittest.TestCase):
    def secrets(self, mission):
        """Everything personal or secret that this mission knows of: names and cards of people, keys of readers, the signing seed, names of guests."""
        with open(os.path.join(mission.path, "people.yaml"), encoding="utf-8") as file:
            people = file.read()
        found = set(re.findall(r"name: \"?([^,}\"\n]+?)\"?[,}]", people)) | set(re.findall(r"card: \"?([0-9a-f]{5,})", people))
        with open(os.path.join(mission.path, "keys", "readers.yaml"), encoding="utf-8") as file:
            found |= set(re.findall(r"key: \"?([0-9a-f]{32})", file.read()))
        with open(os.path.join(mission.path, "keys", "journal.seed"), encoding="utf-8") as file:
            found.add(file.read().strip())
        self.assertGreater(len(found), 250)
        return found | {"Guest 1", "Nobody Important", "ffffffc0", "Verdant"}

    def test_no_name_card_or_key_stands_in_anything_that_the_mission_says_of_itself(self):
        with OpsMission(("--load", "--seed", "3")) as mission:
            mission.start()
            clerk = Clerk(mission)
            clerk.start()
            mission.badge("line-1/0", "ffffffc0")
            self.provoke(mission)
            for word in ("core", "osdp", "core"):
                time.sleep(1)
                pid = next(pid for pid, words in mission.children() if word in words)
                os.kill(pid, signal.SIGABRT if SANITIZED else signal.SIGSEGV)
            time.sleep(2)
            clerk.end()
            secrets = self.secrets(mission)
            written = mission.everything_written()
            self.assertGreaterEqual(len([path for path in written if "crash" in path]), 2)
            for path, text in written.items():
                for secret in secrets:
                    self.assertNotIn(secret, text, path)
            for line in mission.log():
                self.assertEqual(list(line)[:4], ["at", "level", "who", "event"])

    def provoke(self, mission):
        """Mistakes that carry what must not be repeated: to the core as a stranger would make them, and on a child's standard error as a library would."""
        for line in (b'{"command":{"name":"people.enrol","body":{"nobody":"Nobody Important"}}}', b'{"Nobody Important":{}}',
                     b'{"history":{"ref":"Nobody Important","limit":1}}', b"Nobody Important"):
            link = mission.link()
            link.ask(line)
            link.close()
        mission.run("people", "enrol", "--name", "Nobody Important", "--groups", "visitor", "--clearance", "99", check=False)
        with open(f"/proc/{mission.child('driver line-1')['pid']}/fd/2", "wb", buffering=0) as errors:
            errors.write(b"Traceback: Nobody Important, card ffffffc0\n")
            errors.write(b'{"event":"child_left","child":"Nobody, Important!"}\n')

    @unittest.skipUnless(os.geteuid() == 0, "left out: only root may write on another process's standard error")
    def test_what_is_no_line_of_the_log_is_counted_and_too_many_lines_are_left_out(self):
        with OpsMission() as mission:
            mission.begin()
            driver = mission.child("driver line-2")["pid"]
            with open(f"/proc/{driver}/fd/2", "wb", buffering=0) as errors:
                errors.write(b"not a line\n" * 3)
                for _ in range(300):
                    errors.write(b'{"event":"backlog_quiet","reports":12345}\n')
                    time.sleep(0.001)
            unknown, many = mission.until_logged("lines_unknown")[0], mission.until_logged("lines_left_out")[0]
            self.assertEqual((unknown["child"], unknown["lines"]), ("driver line-2", 3))
            self.assertGreaterEqual(many["lines"], 100)
            self.assertLessEqual(len([line for line in mission.log("backlog_quiet") if line["who"] == "driver line-2"]), 200)

    def test_status_and_log_say_which_process_was_started_again_and_why(self):
        with OpsMission() as mission:
            mission.begin()
            mission.kill("core")
            mission.until(lambda: mission.child("core")["starts"] == 2 and mission.answers(), "the core is back")
            status = mission.run("status").stdout
            self.assertRegex(status, r"core +\d+ +2 +1  signal 9")
            self.assertIn("keeper: core was ended by signal 9; it starts again in 100 ms", mission.run("log", "--level", "error").stdout)

    def test_the_frames_of_a_report_can_be_named_with_the_program_that_ran_and_no_other(self):
        with OpsMission() as mission:
            mission.start_serve()
            os.kill(mission.child("core")["pid"], signal.SIGABRT)
            name = mission.until_logged("crash_reported")[0]["report"]
            report, tool = os.path.join(mission.path, "run", "crash", name), os.path.join(ROOT, "tools", "symbols")
            named = subprocess.run([tool, report, os.path.join(BUILD, "chancery")], capture_output=True, text=True)
            self.assertEqual(named.returncode, 0, named.stderr)
            self.assertRegex(named.stdout, r"(?m)^ +(core_process_run|main) at")
            other = subprocess.run([tool, report, os.path.join(BUILD, "chancery-next")], capture_output=True, text=True)
            self.assertEqual(other.returncode, 1)
            self.assertIn("take the program that ran", other.stderr)

    def test_systemd_is_told_that_the_mission_is_ready_lives_reloads_and_ends(self):
        with OpsMission() as mission:
            path = os.path.join(mission.directory, "notify")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(path)
                manager.settimeout(20)
                os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="400000")
                try:
                    mission.start_serve()
                finally:
                    del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
                self.assertIn(b"READY=1", self.heard(manager, b"READY=1"))
                self.heard(manager, b"WATCHDOG=1")
                os.kill(mission.keeper()["pid"], signal.SIGHUP)
                self.assertIn(b"MONOTONIC_USEC=", self.heard(manager, b"RELOADING=1"))
                self.heard(manager, b"READY=1")
                mission.stop()
                self.heard(manager, b"STOPPING=1")

    @staticmethod
    def heard(manager, word):
        while True:
            said = manager.recv(4096)
            if said.startswith(word):
                return said


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
