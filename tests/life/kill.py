#!/usr/bin/python3
"""Kills processes of the mission at random, core and drivers, and at last all of it at once, while badges are shown and people are enrolled.

Every command that was acknowledged is there once, the record verifies, and no strike opened but by an order or by a table.
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
from mission import Mission, ROOT, close  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
CHAOS_S = float(os.environ.get("CHAOS_S", "20"))
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


class Kill(unittest.TestCase):
    def test_kill_9_at_random_under_load_loses_nothing_that_was_acknowledged(self):
        print(f"seed {SEED}, {CHAOS_S} s", flush=True)
        seed = random.Random(SEED)
        with Mission(BUILD, ("--load", "--seed", str(SEED))) as mission:
            mission.start()
            clerk = Clerk(mission)
            clerk.start()
            kills = self.kill_at_random(mission, seed)
            self.kill_everything(mission)
            clerk.end()
            mission.wait_online()
            mission.stop("world")
            entries = mission.seen()
            mission.stop()
            self.check(mission, clerk.acknowledged, entries)
            print(f"{kills} kills, {len(clerk.acknowledged)} commands acknowledged, {len(entries)} entries")

    @staticmethod
    def kill_at_random(mission, seed):
        end, kills = time.monotonic() + CHAOS_S, 0
        while time.monotonic() < end:
            time.sleep(seed.uniform(0.2, 1.5))
            kills += mission.kill(seed.choice(["core", "core", "osdp"]))
        return kills

    @staticmethod
    def kill_everything(mission):
        """The keeper too, so that nobody is there to start anything again."""
        pids = [mission.processes["serve"].pid] + [pid for pid, _ in mission.children()]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        mission.stop("serve")
        mission.start_serve()

    def check(self, mission, acknowledged, entries):
        verified = mission.verify()
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        for index, person, name in acknowledged:
            body = entries[index]["events"][0]["body"]
            self.assertEqual((body["person"], body["name"]), (person, name))
        self.assertGreater(len(acknowledged), 100)
        self.check_doors(mission, entries)

    def check_doors(self, mission, entries):
        """Where a strike opened, the record has an order for that reader, or says that its driver's table has decided."""
        events = [event for entry in entries for event in entry["events"]]
        places = {e["body"]["reader"]: f"{e['body']['line']}/{e['body']['address']}" for e in events if e["name"] == "doors.ReaderAdded"}
        opened = {places[e["body"]["reader"]] for e in events if e["name"] == "doors.Released"}
        opened |= {places[e["body"]["reader"]] for e in events if e["name"] == "access.DecidedByTable" and e["body"]["outcome"] == "granted"}
        for place in {e["reader"] for e in mission.events("out")}:
            self.assertIn(place, opened, "a strike opened that nobody ordered")
        self.assertIn("doors.StrikeReleased", [event["name"] for event in events])


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
