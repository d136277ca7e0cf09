#!/usr/bin/python3
"""Pulls the plug, again and again, while people are enrolled and badges are shown, and starts the mission anew from what the disk then held.

Every command that was acknowledged is there, the record verifies, and the doors work again.
"""
import os
import random
import signal
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from clerk import Clerk  # noqa: E402
from disk import Disk, may_mount  # noqa: E402
from mission import Mission, ROOT, close  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
TIMES = int(os.environ.get("UNPLUG_TIMES", "6"))
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


class Unplug(unittest.TestCase):
    @unittest.skipUnless(may_mount(), "left out: only root may mount")
    def test_the_plug_is_pulled_and_nothing_that_was_acknowledged_is_lost(self):
        seed = random.Random(SEED)
        print(f"seed {SEED}", flush=True)
        with Disk(512) as disk, Mission(BUILD, ("--load", "--seed", str(SEED)), directory=disk.path) as mission:
            mission.start()
            acknowledged = []
            for time_number in range(TIMES):
                acknowledged += self.unplug(mission, disk, seed)
                self.check(mission, acknowledged)
            print(f"{TIMES} times, {len(acknowledged)} commands acknowledged, {mission.status()['size']} entries")
            self.assertGreater(len(acknowledged), 20 * TIMES)

    def unplug(self, mission, disk, seed):
        clerk = Clerk(mission)
        clerk.start()
        time.sleep(seed.uniform(0.3, 2.5))
        pids = [mission.processes["serve"].pid] + [pid for pid, _ in mission.children()]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        known = list(clerk.acknowledged)  # what comes later was not acknowledged when the power failed
        found = disk.look()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        clerk.end()
        mission.stop()
        disk.become(found)
        return known

    def check(self, mission, acknowledged):
        verified = mission.verify()
        self.assertIn(verified.returncode, (0, 5), verified.stdout + verified.stderr)
        mission.start(imported=False)
        people = {(event["body"]["person"], event["body"]["name"]) for entry in mission.seen() for event in entry["events"]
                  if event["name"] == "people.Enrolled"}
        for _, person, name in acknowledged:
            self.assertIn((person, name), people)


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
