"""What an officer does with rules, without a running mission: `chancery rules check`, `explain` and `try`, on the sample's rules and on copies with a
mistake in them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
SAMPLE = "sample/rules/access"  # from the root, where commands are run
PATIENCE_S = 60
COLUMNS = 80

AT_THE_REGISTRY = ("person.groups=registry", "person.clearance=3", "door.zone=Registry", "zone.grade=4", "credential.kind=card",
                   "credential.age_days=100", "reader.secure=true", "now.weekday=tue")

LOGIN = """\
title: A sign-in that failed
name: failed
logsource: {product: linux}
detection:
    selection:
        message|contains: authentication failure
    filter:
        user|startswith: test-
    condition: selection and not filter
level: low
---
title: Three failures of one user in a minute
correlation:
    type: event_count
    rules: failed
    group-by: user
    timespan: 1m
    condition: {gte: 3}
generate: true
level: high
"""


def rules(*words, given=None):
    return subprocess.run([os.path.join(BUILD, "chancery"), "rules", *words], cwd=ROOT, input=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=PATIENCE_S)


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="chancery-rules-")
        self.addCleanup(shutil.rmtree, self.directory)

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def copy(self, name, old, new):
        """The sample's rules with one text in one file replaced."""
        shutil.copytree(os.path.join(ROOT, SAMPLE), self.directory, dirs_exist_ok=True)
        with open(os.path.join(ROOT, SAMPLE, name), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(text.count(old), 1)
        self.write(name, text.replace(old, new))

    def passes(self, *words, given=None):
        done = rules(*words, given=given)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        for line in done.stdout.splitlines():
            self.assertLessEqual(len(line), COLUMNS, line)
        return done.stdout

    def fails(self, *words, code=1, given=None):
        done = rules(*words, given=given)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def says(self, text, *parts):
        """The parts, one behind the other, however the lines are broken."""
        text, at = " ".join(text.split()), 0
        for part in parts:
            found = text.find(part, at)
            self.assertGreaterEqual(found, 0, f"no “{part}” in its place: {text}")
            at = found + len(part)


class Check(Case):
    def test_the_sample_is_sound_and_what_prohibition_settles_is_counted(self):
        brief = self.passes("check", "--rules", SAMPLE)
        self.says(brief, "30 rules", "none go round in circles", "covered", "pairs of a permission and a refusal are told apart by prohibition alone")
        pairs = int(brief.split("unsettled")[1].split()[0])
        self.assertGreater(pairs, 0)
        listed = self.passes("check", "--rules", SAMPLE, "--all")
        self.assertEqual(listed.count("\n  both when"), pairs)

    def test_a_slip_is_told_with_its_place_and_what_was_meant(self):
        self.copy("restricted.yaml", "watch: {person.groups: communications, person.clearance: 5}",
                  "watch: {person.group: communications, person.clearance: 5}")
        with open(os.path.join(self.directory, "restricted.yaml"), encoding="utf-8") as file:
            line = 1 + file.read().split("person.group:")[0].count("\n")
        self.says(self.fails("check", "--rules", self.directory), f"restricted.yaml:{line}:", "person.group", "person.groups")

    def test_a_gap_is_told_with_the_case_that_falls_into_it(self):
        self.copy("restricted.yaml", "condition: keeper and registry and not hours", "condition: keeper and registry and not hours and not registry")
        self.says(self.fails("check", "--rules", self.directory), "restricted.yaml:", "registry-after-hours", "can never speak")
        self.copy("restricted.yaml", 'hours: {now.time|gte: "07:00", now.time|lt: "21:00"}\n      condition: keeper and registry and not hours',
                  'hours: {now.time|gte: "07:00", now.time|lt: "23:00"}\n      condition: keeper and registry and not hours')
        self.says(self.fails("check", "--rules", self.directory), "rulebook.yaml:", "no rule speaks, and only the default is left, when",
                  "person.groups", "door.zone is Registry", "now.time is 2")

    def test_where_the_head_wants_it_an_unsettled_pair_is_a_conflict(self):
        self.copy("rulebook.yaml", "layers: [ambassador, mission]", "layers: [ambassador, mission]\nunsettled: conflict")
        self.says(self.fails("check", "--rules", self.directory), ".yaml:", "permits what", "refuses, and nothing but prohibition tells them apart, when")

    def test_a_circle_is_always_one(self):
        self.write("rulebook.yaml", "name: round\nlayers: [one]\ndefault: {outcome: refuse, reason: no}\nrules:\n" + "".join(
            f"- {{id: {name}, title: t, layer: one, outcome: {outcome}, overrides: {other}, match: {{s: {{person.clearance: 5}}, condition: s}}}}\n"
            for name, outcome, other in (("a", "permit", "b"), ("b", "refuse", "c"), ("c", "permit", "d"), ("d", "refuse", "a"))))
        self.says(self.fails("check", "--rules", self.directory), "rulebook.yaml:5:", "round in a circle, when person.clearance is 5")

    def test_words_that_mean_nothing_show_the_usage(self):
        for words in ((), ("check", "x"), ("explain",), ("try", "--event", "x"), ("try", "--all"), ("check", "--rules"), ("judge",)):
            self.says(self.fails(*words, code=2), "rules check", "rules explain RULE", "rules try FACT=VALUE")


class Explain(Case):
    def test_a_rule_is_told_in_words_with_its_neighbours(self):
        text = self.passes("explain", "registry-after-hours", "--rules", SAMPLE)
        self.says(text, "restricted.yaml:", "refuses", "stands on", "Standing order 5", "It speaks when", "person.groups has registry or communications",
                  "and door.zone is Registry", "It outweighs", "because it is the prohibition", "both speak when", "It is outweighed by",
                  "security-officers-everywhere, because its layer is higher")

    def test_a_rule_that_there_is_not_is_a_slip(self):
        self.says(self.fails("explain", "registry-at-wrok", "--rules", SAMPLE), "registry-at-wrok", "registry-at-work")


class Try(Case):
    def test_an_answer_comes_with_its_reason_and_the_smallest_change(self):
        text = self.passes("try", *AT_THE_REGISTRY, "now.time=22:00", "--rules", SAMPLE)
        self.says(text, "✗ refused", "because", "locked from 21:00 to 07:00", "decided by", "registry-after-hours", "permitted if", "now.time is 20:59")
        text = self.passes("try", *AT_THE_REGISTRY, "now.time=20:59", "--rules", SAMPLE)
        self.says(text, "✓ permitted", "decided by registry-at-work", "refused if", "person.groups has also visitor or if person.clearance is 2")

    def test_what_is_kept_is_not_changed(self):
        text = self.passes("try", *AT_THE_REGISTRY, "now.time=22:00", "--keep", "now.time", "--rules", SAMPLE)
        self.assertNotIn("now.time is", text)
        self.assertIn("now.time is", self.passes("try", *AT_THE_REGISTRY, "now.time=22:00", "--keep", "person.groups", "--rules", SAMPLE))

    def test_what_is_not_known_is_asked_for(self):
        text = self.passes("try", "person.groups=registry", "door.zone=Registry", "now.time=12:00", "--rules", SAMPLE)
        self.says(text, "✗ refused, because it is not known", "also spoke registry-at-work", "ask for", "person.clearance")

    def test_a_fact_or_value_that_there_is_not_is_a_slip(self):
        self.says(self.fails("try", "person.grup=x", "--rules", SAMPLE, code=2), "person.grup", "person.groups")
        self.says(self.fails("try", "now.time=25:00", "--rules", SAMPLE, code=2), "now.time", "07:00")


class Detect(Case):
    def event(self, user, at, message="pam: authentication failure"):
        return json.dumps({"user": user, "message": message, "time": f"2026-11-23T10:00:{at:02}Z"}) + "\n"

    def test_events_are_told_with_what_matched_and_what_they_mean_together(self):
        self.write("login.yml", LOGIN)
        stream = "".join([self.event("ann", 0), self.event("bob", 1), self.event("test-1", 2), self.event("ann", 3, "session opened"),
                          self.event("ann", 20), self.event("ann", 40)])
        text = self.passes("try", "--detection", self.directory, "--event", "-", "--time", "time", given=stream)
        self.says(text, "1 low A sign-in that failed message: pam: authentication failure", "2 low", "5 low", "6 low", "6 high Three failures of one user",
                  "4 of 6 events matched; rules: 1, correlations: 1")

    def test_an_event_that_cannot_be_read_is_told_and_nothing_ends_well(self):
        self.write("login.yml", LOGIN)
        error = self.fails("try", "--detection", self.directory, "--event", "-", given=self.event("ann", 0) + '{"user":\n' + self.event("ann", 1))
        self.says(error, "line 2, byte", "the event")
        self.says(self.fails("try", "--detection", self.directory, "--event", os.path.join(self.directory, "none.jsonl")), "none.jsonl")

    def test_a_rule_that_is_not_sigmas_is_refused_with_its_place(self):
        self.write("login.yml", LOGIN.replace("condition: selection and not filter", "condition: selection and not fliter"))
        self.says(self.fails("try", "--detection", self.directory, "--event", "-", given=""), "login.yml:9:", "fliter", "filter")


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
