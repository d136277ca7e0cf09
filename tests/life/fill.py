#!/usr/bin/python3
"""Fills the disk: first below the low mark, then to the last byte, and makes room again.

Below the mark the mission takes what keeps people safe, and says why not to everything else; doors work. With no byte left nothing can be written down, so
nothing is decided; drivers decide by their tables. With room again everything goes on, and nothing that was acknowledged is lost.
"""
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import Disk, may_mount  # noqa: E402
from mission import Mission, ROOT, close  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
DISK_MIB, LOW_MIB = 900, 256  # the mark is core_process.c's; room is enough at twice as much


class Fill(unittest.TestCase):
    @unittest.skipUnless(may_mount(), "left out: only root may mount")
    def test_a_disk_fills_and_is_emptied(self):
        with Disk(DISK_MIB) as disk, Mission(BUILD, ("--load", "--seed", "5"), directory=disk.path) as mission:
            mission.start()
            self.settle(mission)
            self.below_the_mark(mission, disk)
            self.to_the_last_byte(mission, disk)
            entries = mission.known()
            mission.stop()
            verified = mission.verify()
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            names = [event["name"] for entry in entries for event in entry["events"]]
            self.assertEqual(names.count("doors.LockedDown"), 1)
            self.assertIn("access.DecidedByTable", names)

    @staticmethod
    def settle(mission):
        mission.until(lambda: all(d["confirmed"] > 0 and d["confirmed"] == d["issued"] for d in mission.status()["drivers"]),
                      "every driver has its table")

    @staticmethod
    def happened(mission, name):
        return [event["body"] for entry in mission.known() for event in entry["events"] if event["name"] == name]

    def enrol(self, mission, name):
        return mission.ask({"command": {"name": "people.enrol", "body": {"name": name, "groups": ["visitor"], "clearance": 0}}})

    def below_the_mark(self, mission, disk):
        junk = disk.fill(leave=(LOW_MIB - 40) << 20)
        mission.until(lambda: any(body["low"] for body in self.happened(mission, "record.SpaceChanged")), "the disk is seen to be low", 20)
        refused = self.enrol(mission, "Too Late")
        self.assertIn("nearly full", refused["bad"]["what"])
        self.assertIn("done", mission.ask({"command": {"name": "doors.lock_down", "body": {"why": "drill"}}}))
        before = len(self.happened(mission, "access.Denied"))
        mission.until(lambda: len(self.happened(mission, "access.Denied")) > before, "badges are decided all the same", 20)
        os.unlink(junk)
        mission.until(lambda: not self.happened(mission, "record.SpaceChanged")[-1]["low"], "there is room again", 20)
        self.assertIn("done", self.enrol(mission, "In Time"))
        self.assertIn("done", mission.ask({"command": {"name": "doors.lift_lockdown", "body": {}}}))

    @staticmethod
    def is_away(mission):
        """For longer than a driver waits for it: each start that fails makes the keeper's pause longer."""
        end = time.monotonic() + 4
        while time.monotonic() < end and mission.answers() is None:
            time.sleep(0.1)
        return time.monotonic() >= end

    def to_the_last_byte(self, mission, disk):
        acknowledged = [self.enrol(mission, f"Before {i}")["done"]["gives"]["person"] for i in range(5)]
        opened = len(mission.events("out"))
        junk = disk.fill(leave=0)
        mission.until(lambda: self.is_away(mission), "the core stays away, because nothing can be written down", 60)
        self.assertGreater(len(mission.events("out")), opened + 5, "doors open by their tables")
        os.unlink(junk)
        mission.until(mission.answers, "the core is back", 60)
        people = {body["person"] for body in self.happened(mission, "people.Enrolled")}
        self.assertLessEqual(set(acknowledged), people)
        mission.until(lambda: self.happened(mission, "access.DecidedByTable"), "drivers tell what they decided", 60)


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
