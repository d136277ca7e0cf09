#!/usr/bin/python3
"""Sets the machine's clock under a running mission: by hours, by a year, and back.

No doubt is passed over: it is in the record, and until two people or a witness have said that the clock is right, the mission goes on by its own, nothing
expires and nothing is forgotten. Then it goes forward to the machine's, and what is due by date is done: the badge has expired, and of those months nobody can
read any more who was where, not with all that lies on the disk. Strikes and orders hang on another clock, which nobody sets, and notice nothing.
"""
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from datetime import datetime
from zoneinfo import ZoneInfo

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "witness")]
import outside_test  # noqa: E402  takes the build from the command line
from mission import PATIENCE_S, Mission, close, recorded  # noqa: E402
from outside_test import BUILD, Embassy, Log, Witness  # noqa: E402

ZONE = ZoneInfo("Europe/Lisbon")  # the sample's
HOUR_MS, DAY_MS, YEAR_MS = 3600 * 1000, 24 * 3600 * 1000, 365 * 24 * 3600 * 1000
STRIKE_MS, LOOK_S = 3000, 5  # as the sample's doors have it; how often the core looks at the machine's clock
SECOND = 65534  # nobody's user id: whoever may approve must be another one
GUEST, CARD, OTHER_CARD = "Wren Tallow", "b7c3a840", "b7c3a8c0"
AT_ANY_HOUR = "83ff9c8748", 37  # the sample's ambassador keeps no hours
SLOT = 256  # bytes of one key in keys/subjects.* (src/keys/slots.h), behind a head of 4096
HEAD = 4096
PROGRAMS = {"chancery": "chancery-stepped", "chancery-witness": "chancery-stepped-witness", "chancery-cosign": "chancery-cosign",
            "chancery-verify": "chancery-verify", "chancery-world": "chancery-world"}


class Machine:
    """Programs whose clock can be set, and the clock."""

    def __enter__(self):
        self.programs = tempfile.mkdtemp(prefix="chancery-stepped-")
        os.chmod(self.programs, 0o755)
        for name, program in PROGRAMS.items():
            shutil.copy(os.path.join(BUILD, program), os.path.join(self.programs, name))
        path = os.path.join(self.programs, "clock")
        with open(path, "w+b") as file:
            file.write(bytes(8))
            file.flush()
            self.clock = mmap.mmap(file.fileno(), 8)
        os.environ["CHANCERY_CLOCK"] = path
        outside_test.witness_test.BUILD = self.programs  # whose witness stands on this machine too
        return self

    def __exit__(self, *_):
        self.clock.close()
        shutil.rmtree(self.programs)

    def ahead(self):
        return struct.unpack("=q", self.clock[:])[0]

    def step(self, ms):
        self.clock[:] = struct.pack("=q", self.ahead() + ms)

    def now(self):
        return int(time.time() * 1000) + self.ahead()


class Stepped(Embassy):
    """A mission with two officers, who are two users of this machine."""

    def __enter__(self):
        super().__enter__()
        os.chmod(self.directory, 0o750)
        with open(self.at("mission.yaml"), encoding="utf-8") as file:
            text = file.read()
        row = "  - {login: nobody, name: Second officer, roles: [duty_officer], clearance: secret}\n"
        with open(self.at("mission.yaml"), "w", encoding="utf-8") as file:
            file.write(text.replace("operators:\n", "operators:\n" + row))
        return self

    def second(self, *words):
        return subprocess.run([self.program("chancery"), "-C", self.path, *words], capture_output=True, text=True, timeout=PATIENCE_S,
                              user=SECOND, group=os.stat(self.path).st_gid, extra_groups=[])

    def seen(self, start=0):
        return Mission.seen(self, start)

    def cosigned_by(self, name, size):
        return Embassy.seen(self, name, size)

    def all(self, name):
        """(entry as it is shown, event) of each event of that name."""
        return [(entry, event["body"]) for entry in self.known() for event in entry["events"] if event["name"] == name]

    def wait_for(self, name, n=1, patience=PATIENCE_S):
        return self.until(lambda: len(self.all(name)) >= n and self.all(name), f"{name} is in the record {n} times", patience)


@unittest.skipUnless(os.geteuid() == 0, "left out: only root may be two people")
class Clock(unittest.TestCase):
    def test_the_clock_is_set_forward_by_hours_by_a_year_and_back(self):
        with Machine() as self.machine, Stepped(self.machine.programs) as self.mission:
            witness = Witness(logs=[Log(self.mission)])
            self.addCleanup(witness.stop)
            witness.start()  # makes its key
            witness.stop()
            self.mission.name_witnesses(("Capital", witness.key, f"http://127.0.0.1:{witness.port}"))
            self.mission.start()
            self.furnish()
            self.by_hours_and_two_people_say_that_it_is_right()
            self.by_a_year_and_a_witness_says_so(witness)
            self.back_and_time_goes_on(witness)
            self.check_record()
            witness.stop()
            shutil.rmtree(witness.directory)

    def say(self, words):
        print(f"   {words}", flush=True)

    # Someone is at the door

    def furnish(self):
        """A guest who came today, with a badge for six hours and one for a month."""
        person = self.do("people.enrol", name=GUEST, groups=["visitor"], clearance=0)["person"]
        self.until_ms = self.mission.status()["wall"] + 6 * HOUR_MS
        for card, until in (CARD, self.until_ms), (OTHER_CARD, self.until_ms + 30 * DAY_MS):
            self.do("people.issue_badge", person=person, card=card, bits=26, kind="visitor_card", until=until)
        self.visit = self.show(CARD)
        self.assertEqual(self.visit["events"][0]["body"]["person"], person)

    def do(self, command, **body):
        return self.mission.ask({"command": {"name": command, "body": body}})["done"]["gives"]

    def show(self, card, bits=26):
        """Shows it at the gate; returns the entry that it became."""
        size = self.mission.status()["size"]
        self.mission.badge("line-1/0", card, bits)
        return self.mission.until(lambda: next((entry for entry in self.mission.known()[size:]
                                                if entry["input"]["name"] == "access.card_read"), None), "the card is an entry")

    def door_works(self):
        """A card that is good at any hour opens, the strike falls back after its time, and the order was done in time; returns the entry."""
        opened, ended = (len(self.mission.events(what, "line-1/0")) for what in ("out", "out_ends"))
        entry = self.show(*AT_ANY_HOUR)
        self.mission.until(lambda: len(self.mission.events("out", "line-1/0")) > opened, "the strike opens", 5)
        self.assertEqual(self.mission.events("out", "line-1/0")[-1]["ms"], STRIKE_MS)
        self.mission.until(lambda: len(self.mission.events("out_ends", "line-1/0")) > ended, "and falls back", 2 * STRIKE_MS / 1000)
        self.mission.until(lambda: any(done["entry"] == entry["index"] for _, done in self.mission.all("drivers.OrderDone")),
                           "the record says that the order was done", 5)
        return entry

    # What is said of the clock

    def step(self, ms, why="jumped"):
        """Somebody sets it; the record says so within two looks at it. Returns the event."""
        before = len(self.mission.all("record.ClockDoubted"))
        wall = self.mission.status()["wall"]
        self.machine.step(ms)
        event = self.mission.wait_for("record.ClockDoubted", before + 1, 2 * LOOK_S + 2)[-1][1]
        self.assertEqual(event["why"], why)
        self.assertAlmostEqual(event["machine"], self.machine.now(), delta=60 * 1000)
        self.assertLess(self.mission.status()["wall"] - wall, 60 * 1000, "the mission's own clock goes on as before")
        self.assertIn("CLOCK", self.mission.run("status").stdout)
        return event

    def check_over(self, badges, months):
        """So many badges have expired, and whether any month is forgotten."""
        self.assertEqual(len(self.mission.all("people.BadgeExpired")), badges)
        self.assertEqual([bool(self.mission.all(name)) for name in ("record.MonthForgotten", "record.Erased")], [months, months])

    def two_people_confirm(self):
        """The one who asks cannot be the one who agrees."""
        self.mission.run("record", "confirm-clock")
        pending = self.mission.all("oversight.ApprovalAsked")[-1][1]["pending"]
        alone = self.mission.run("approve", str(pending), check=False)
        self.assertNotEqual(alone.returncode, 0)
        self.check_doubted_still()
        agreed = self.mission.second("approve", str(pending))
        self.assertEqual(agreed.returncode, 0, agreed.stdout + agreed.stderr)
        self.assertNotIn("witness", self.mission.all("record.ClockTrusted")[-1][1])

    def check_doubted_still(self):
        self.assertTrue(self.mission.status()["clock_doubted"])

    def time_of_day(self, entry):
        """By which the entry says it was decided."""
        return next(fact["value"][0] for fact in entry["because"]["facts"] if fact["name"] == "now.time")

    def local(self, ms):
        """That moment in the mission's zone, to the minute."""
        return datetime.fromtimestamp(ms / 1000, ZONE).strftime("%H:%M")

    # Three steps

    def by_hours_and_two_people_say_that_it_is_right(self):
        self.say("seven hours forward: doubted; doors work, the mission's day goes on, and the guest's badge does not expire")
        self.step(7 * HOUR_MS)
        entry = self.door_works()
        self.assertIn(self.time_of_day(entry), {self.local(entry["wall"] + ms) for ms in (0, -60 * 1000)})
        self.assertNotEqual(self.time_of_day(entry)[:2], self.local(self.machine.now())[:2])
        self.check_doubted_still()
        self.check_over(badges=0, months=False)
        self.say("two people say that the clock is right: it goes forward, and the badge has expired")
        self.two_people_confirm()
        self.assertGreaterEqual(self.mission.wait_for("people.BadgeExpired")[0][0]["wall"], self.until_ms)
        self.check_over(badges=1, months=False)
        self.assertAlmostEqual(self.mission.status()["wall"], self.machine.now(), delta=10 * 1000)
        self.door_works()

    def by_a_year_and_a_witness_says_so(self, witness):
        self.say("a year forward: doubted, over a restart too; nothing expires, and nothing is forgotten")
        self.step(YEAR_MS)
        self.door_works()
        self.mission.stop("serve")
        self.mission.start_serve()
        self.mission.wait_online()
        time.sleep(2 * LOOK_S)
        self.check_doubted_still()
        self.check_over(badges=1, months=False)
        self.assertEqual(self.mission.seen()[self.visit["index"]]["events"], self.visit["events"])
        before = self.slots()
        self.say("a witness whose clock says the same cosigns the record: the months are over, and their keys destroyed")
        witness.start()
        trusted = self.mission.wait_for("record.ClockTrusted", 2, 60)[-1][1]
        self.assertEqual(trusted["witness"], "Capital")
        self.assertAlmostEqual(self.mission.status()["wall"], self.machine.now(), delta=10 * 1000)
        self.check_forgotten(before)
        self.check_over(badges=2, months=True)
        self.door_works()

    def slots(self):
        """What lies in the files of keys, a piece for each key."""
        found = set()
        for name in ("subjects.0", "subjects.1"):
            bytes_of = self.mission.read("keys", name)
            found |= {bytes_of[at:at + SLOT] for at in range(HEAD, len(bytes_of), SLOT)}
        return found

    def months_erased(self):
        return sum(event["months"] for _, event in self.mission.all("record.Erased"))

    def check_forgotten(self, before):
        """In what anybody is shown, and in the bytes of every file."""
        self.mission.until(lambda: 0 < len(self.mission.all("record.MonthForgotten")) == self.months_erased(), "the keys of each month are destroyed")
        shown = self.mission.seen()[self.visit["index"]]
        self.assertTrue(shown["erased"])
        told = [shown["input"]["body"]["card"], *(shown["events"][0]["body"][of] for of in ("person", "badge"))]
        self.assertEqual(told, [None, None, None])
        gone = before - self.slots()
        self.assertGreaterEqual(len(gone), self.months_erased())
        listed = os.path.join(self.mission.path, "forgotten.json")
        self.mission.run("backup", "--list-forgotten", listed)
        recorded("Forgotten", listed)
        with open(listed, encoding="utf-8") as file:
            self.assertEqual(len(json.load(file)["months"]), self.months_erased())
        for directory, _, names in os.walk(self.mission.path):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        held = file.read()
                    self.assertFalse([slot for slot in gone if slot in held], f"a key that was destroyed lies in {path}")

    def back_and_time_goes_on(self, witness):
        self.say("two days back: doubted, and the witness, whose time does not go back, says nothing to it; the mission's goes on")
        self.step(-2 * DAY_MS)
        self.door_works()
        self.assertNotEqual(self.show(CARD)["events"][0]["name"], "access.Granted")
        cosigned = self.mission.cosigned_by("Capital", self.mission.status()["size"])
        self.assertGreater(cosigned["time"], self.machine.now())
        self.check_doubted_still()
        self.say("two people say that it is right: the mission's clock stays ahead of it, and is not doubted any more")
        self.two_people_confirm()
        wall = self.mission.status()["wall"]
        self.assertAlmostEqual(wall, self.machine.now() + 2 * DAY_MS, delta=10 * 1000)
        time.sleep(LOOK_S + 2)
        self.assertFalse(self.mission.status()["clock_doubted"])
        self.door_works()

    def check_record(self):
        entries = self.mission.seen()
        self.mission.stop()
        verified = self.mission.verify()
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        walls = [entry["wall"] for entry in entries]
        self.assertEqual(walls, sorted(walls), "no entry is older than the one before it")
        names = [event["name"] for entry in entries for event in entry["events"]]
        for name in ("drivers.OrderExpired", "drivers.OrderUnanswered", "access.DecidedByTable"):
            self.assertNotIn(name, names)
        self.say(f"{len(entries)} entries, {names.count('record.ClockDoubted')} doubts, {names.count('doors.StrikeReleased')} strikes released; verified")


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
