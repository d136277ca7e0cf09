"""The whole thread, with real processes: a badge is decided, recorded, proved, and the door opens."""
import json
import os
import random
import re
import sys
import time
import unittest

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "stranger")]
import stranger_test  # noqa: E402
from mission import Mission, ROOT, close  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
BREAKS = 4
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)


class ABadge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mission = Mission(BUILD)
        cls.mission.__enter__()
        cls.mission.start()
        cls.readers, cls.cards = cls.read_plan()

    @classmethod
    def tearDownClass(cls):
        """What became of all this is verified by a stranger too, and what is broken in it found by both at the same entry."""
        cls.mission.stop()
        agreed = stranger_test.check_mission(BUILD, cls.mission.path, breaks=BREAKS)
        cls.mission.__exit__(None, None, None)
        assert agreed, "our verifier and the stranger's do not agree"

    @classmethod
    def read_plan(cls):
        """Every reader's place, and one active card of each person, from the entries that made them."""
        readers, cards, suspended = {}, {}, set()
        link = cls.mission.link()
        link.send({"follow": {"from": 0}})
        size = cls.mission.status()["size"]
        for _ in range(size):
            for event in link.receive()["entry"]["events"]:
                body = event["body"]
                if event["name"] == "doors.ReaderAdded":
                    readers[body["door"]] = f"{body['line']}/{body['address']}"
                elif event["name"] == "people.BadgeIssued":
                    cards[body["badge"]] = body
                elif event["name"] == "people.BadgeSuspended":
                    suspended.add(body["badge"])
        link.close()
        return readers, {badge: body for badge, body in cards.items() if badge not in suspended}

    def show(self, badge, door):
        """Shows the badge at the door; returns the entry that came of it."""
        place = self.readers[door]
        size = self.mission.status()["size"]
        self.mission.badge(place, self.cards[badge]["card"], self.cards[badge]["bits"])
        link = self.mission.link()
        link.send({"follow": {"from": size}})
        while True:
            entry = link.receive()["entry"]
            if entry["input"]["name"] == "access.card_read":
                link.close()
                return entry

    def find(self, outcome):
        """A badge and a door for which the mission decides so, by showing badges until it does."""
        seed = random.Random(SEED)
        for _ in range(200):
            badge, door = seed.choice(sorted(self.cards)), seed.choice(sorted(self.readers))
            entry = self.show(badge, door)
            if entry["events"][0]["name"] == outcome:
                return badge, door, entry
            time.sleep(0.05)
        self.fail(f"no badge and door with {outcome}")

    def test_a_granted_badge_opens_the_door_and_history_says_why(self):
        badge, door, entry = self.find("access.Granted")
        place = self.readers[door]
        before = len(self.mission.events("out", place))
        self.show(badge, door)
        self.mission.until(lambda: len(self.mission.events("out", place)) > before, "the strike opens", 5)
        told = self.mission.run("history", f"door:{door}").stdout
        self.assertIn(entry["because"]["spoke"][0], told)
        self.assertIn("may pass", told)

    def test_a_refused_badge_gets_red_and_no_strike(self):
        badge, door, entry = self.find("access.Denied")
        place = self.readers[door]
        before = len(self.mission.events("out", place))
        red = len(self.mission.events("led", place))
        self.show(badge, door)
        self.mission.until(lambda: len(self.mission.events("led", place)) > red, "the reader shows it", 5)
        self.assertEqual(len(self.mission.events("out", place)), before)

    def test_an_unknown_card_opens_nothing(self):
        door = sorted(self.readers)[0]
        self.cards["unknown"] = {"card": "ffffffc0", "bits": 26}
        entry = self.show("unknown", door)
        self.assertEqual(entry["events"][0]["body"]["why"], "unknown_card")

    def test_who_always_passes_a_door_is_declared_and_revoked(self):
        door, person = sorted(self.readers)[0], next(iter(self.cards.values()))["person"]
        done = self.mission.run("access", "declare-standing", "--door", str(door), "--person", str(person))
        standing = re.search(r"standing[: ]+(\d+)", done.stdout)
        self.assertIsNotNone(standing, done.stdout)
        self.mission.run("access", "revoke-standing", "--standing", standing[1])

    def write(self, name, text):
        with open(os.path.join(self.mission.path, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_suspended_badge_opens_nothing_until_it_is_restored(self):
        badge, door, _ = self.find("access.Granted")
        done = self.mission.run("people", "suspend-badge", "--badge", str(badge), "--why", "lost")
        self.assertIn("done, entry", done.stdout)
        self.assertEqual(self.show(badge, door)["events"][0]["body"]["why"], "badge_suspended")
        again = self.mission.run("people", "suspend-badge", "--badge", str(badge), "--why", "lost", check=False)
        self.assertEqual(again.returncode, 3)
        self.assertIn("in that state already", again.stderr)
        self.mission.run("people", "restore-badge", "--badge", str(badge))
        self.assertEqual(self.show(badge, door)["events"][0]["name"], "access.Granted")

    def test_a_mistake_in_an_import_file_is_told_with_its_place_and_what_was_done_stays(self):
        self.write("wrong.yaml", "- {do: site.add_building, as: shed, with: {name: Shed}}\n"
                                 "- {do: site.add_zone, with: {name: Loft, building: $hut, grade: 1, kind: service}}\n")
        done = self.mission.run("import", "wrong.yaml", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("wrong.yaml:2:52", done.stderr)
        self.assertIn("1 commands were done", done.stderr)
        self.assertIn("Building Shed added", self.mission.run("history", "Shed").stdout)

    def test_a_mistake_in_a_rule_is_told_with_its_place_and_a_remedy(self):
        self.write("rules/access/wrong.yaml", "rules:\n  - id: wrong\n    title: Wrong\n    layer: mission\n"
                                              "    match: {who: {person.grops: staff}, condition: who}\n    outcome: permit\n")
        try:
            done = self.mission.run("rules", "check", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("wrong.yaml:5:", done.stderr)
            self.assertIn("person.groups", done.stderr)
        finally:
            os.unlink(os.path.join(self.mission.path, "rules/access/wrong.yaml"))
        self.assertIn("well-formed", self.mission.run("rules", "check").stdout)

    def test_bad_lines_are_answered_with_place_and_remedy_and_change_nothing(self):
        def commands():
            return sum("operator" in entry.get("from", {}) for entry in self.mission.seen())
        before = commands()
        self.assertGreater(before, 0)
        for line, expected in (
                (b"{", "offset"),
                (b'{"command":{"name":"people.enrol","body":{"name":7}}}', "name"),
                (b'{"command":{"name":"no.such","body":{}}}', "no.such"),
                (b'{"status":{},"status":{}}', "status"),
                (b"\xff\xfe", "offset"),
                (b"x" * 70000, "65,535")):
            link = self.mission.link()
            answer = link.ask(line)["bad"]
            link.close()
            self.assertIn(expected, json.dumps(answer), line[:60])
            self.assertTrue(answer["remedy"])
        self.assertEqual(commands(), before)


class ByARelativePath(unittest.TestCase):
    def test_the_mission_runs_and_gives_way_to_the_next_program(self):
        """What serve starts is in the mission's directory already."""
        with Mission(BUILD) as mission:
            mission.start_world()
            mission.start_serve("mission")
            mission.run("import", "site.yaml", "people.yaml", "keys/readers.yaml")
            mission.wait_online()
            mission.run("upgrade")
            mission.until(mission.answers, "the core answers after an upgrade")
            mission.wait_online()


class WithoutARole(unittest.TestCase):
    def test_whoever_mission_yaml_does_not_name_is_told_so_and_nothing_else(self):
        with Mission(BUILD) as mission:
            path = os.path.join(mission.path, "mission.yaml")
            with open(path, encoding="utf-8") as file:
                settings = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(re.sub(r"login: *[^,}\n]+", "login: somebody-else", settings))
            mission.start_world()
            mission.start_serve()
            for words in (["status"], ["history", "door:1"], ["watch"]):
                done = mission.run(*words, check=False)
                self.assertEqual(done.returncode, 2, words)
                self.assertIn("Roles stand in mission.yaml", done.stderr)
                self.assertEqual(done.stdout, "")
            done = mission.run("people", "suspend-badge", "--badge", "1", "--why", "lost", check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("has no role", done.stderr)


if __name__ == "__main__":
    close(unittest.main(exit=False, verbosity=2).result)
