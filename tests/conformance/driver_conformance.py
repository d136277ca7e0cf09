#!/usr/bin/python3
"""Whether a driver, in whatever language, keeps the contract with the core (src/schema/contract.yaml, docs/adding.md).

    driver_conformance.py [--equipment FILE.py [--with NAME=VALUE]…] [--only WORD] -- COMMAND…

COMMAND starts the driver: lines in on its standard input, lines out on its standard output, its log on standard error. Without equipment only
what needs none is tried. Each promise is a function below; its text says what is promised, and behind the colon what a failure means.
"""
import argparse
import importlib.util
import inspect
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from core import PATIENCE_S, ROOT, Driver, Wrong  # noqa: E402
from equipment import Equipment  # noqa: E402

QUIET_S = 0.4  # for so long nothing more comes, so nothing will
PART_BYTES = 24000


class Skipped(Exception):
    """What is promised does not concern this driver."""


class Trial:
    """The driver's command and its equipment, for one promise."""

    def __init__(self, command, equipment):
        self.command, self.equipment, self.drivers = command, equipment, []
        self.entry = 1000  # of the next order

    def start(self, begin=True):
        driver = Driver(self.command, self.equipment, self.equipment.key if begin else None)
        self.drivers.append(driver)
        return driver

    def start_greeted(self, ready=False, **config):
        driver = self.start()
        driver.greet(**self.terms(**config))
        if ready:
            self.equipment.ready(driver)
        return driver

    def terms(self, **config):
        if self.equipment.table_key:
            config["table_key"] = self.equipment.table_key
        return config

    def order(self, driver, left_ms=3000, what=None, **more):
        """Says an order; its entry."""
        name, body = what or self.equipment.order()
        self.entry += 1
        driver.say("order", entry=self.entry, event=0, name=name, now=50000, not_after=50000 + left_ms, body=body, **more)
        return self.entry

    def desire(self, driver, which, entry=None):
        name, key, *bodies = self.equipment.desired()
        self.entry += entry is None
        driver.say("desired", entry=entry or self.entry, event=1, name=name, key=key, body=bodies[which])
        return entry or self.entry

    def say_table(self, driver, number, table):
        parts = [table[i:i + PART_BYTES // 8] for i in range(0, len(table), PART_BYTES // 8)]
        for i, part in enumerate(parts):
            driver.say("table", number=number, part=i + 1, of=len(parts), data=part.hex())

    def make_reports(self, driver, n=3):
        """Lets n things be told; what was said of them."""
        entries = [self.order(driver, left_ms=0) for _ in range(n)]
        return [driver.wait("expired", lambda f, e=e: f["entry"] == e) for e in entries]

    def end(self):
        for driver in self.drivers:
            driver.leave()


def numbered(said):
    return {fields["sequence"]: (kind, fields) for kind, fields in said if kind != "hello"}


def same(a, b):
    """The same report, but for its age and for when it was said."""
    said = {"ago": 0, "sent": 0}
    return a[0] == b[0] and {**a[1], **said} == {**b[1], **said}


def check(ok, what):
    if not ok:
        raise Wrong(what)


# Hello, and what comes before it

def nothing_is_said_before_config(trial):
    """Nothing is said before config: a core would take it for an answer to something else."""
    driver = trial.start()
    said = driver.listen(1.0)
    check(not said, f"it said {said[:1]}; wait for config")


def config_is_answered_with_hello(trial):
    """Config is answered with hello, of the name that config gave: without it the core takes no report."""
    driver = trial.start()
    hello = driver.greet(**trial.terms())
    check(driver.taken[0][0] == "hello", f"{driver.taken[0][0]} came first")
    check(hello["driver"] == trial.equipment.name, f"hello names {hello['driver']!r}")
    check(hello["next"] == 1, f"a driver that has told nothing yet has next 1, not {hello['next']}")


def begin_may_be_missing(trial):
    """Config may be the first line: then nothing is kept, and everything else is as usual."""
    driver = trial.start(begin=False)
    driver.greet(**trial.terms())
    trial.make_reports(driver, 1)


def two_processes_have_two_boots(trial):
    """Boot is random: two drivers of one boot would be taken for one."""
    first, second = (trial.start(begin=False).greet()["boot"] for _ in range(2))
    check(first != second, "take eight bytes from the operating system's generator")


# Reports and their numbers

def reports_are_numbered_from_one_without_gaps(trial):
    """Reports, done and expired are numbered 1, 2, 3 …: the core waits for ever for a number that is left out."""
    driver = trial.start_greeted()
    trial.make_reports(driver, 4)
    numbers = sorted(numbered(driver.taken_reports()))
    check(numbers == list(range(1, len(numbers) + 1)), f"the numbers are {numbers}")


def what_happens_is_reported_with_its_age(trial):
    """What happens at the equipment is reported, and `ago` says how long ago that was."""
    driver = trial.start_greeted(ready=True)
    if not trial.equipment.stir():
        raise Skipped("there is no equipment to move")
    report = driver.wait("report", remedy="the equipment was moved")
    check(report["ago"] < 2000, f"it is {report['ago']} ms old already")
    driver.listen(1.0)
    driver.greet(**trial.terms())
    again = driver.wait("report", lambda r: r["sequence"] == report["sequence"])
    check(again["ago"] >= report["ago"] + 500, "said again after a second it is not a second older")


def what_is_not_acknowledged_is_said_again_to_the_next_core(trial):
    """After a second config everything that is not acknowledged is said again, behind hello, under the same numbers: the core may have died with it."""
    driver = trial.start_greeted()
    trial.make_reports(driver)
    before = numbered(driver.taken_reports() + driver.listen(QUIET_S))
    mark = len(driver.taken)
    hello = driver.greet(**trial.terms())
    check(hello["boot"] == driver.first_boot(), "the same process has another boot")
    check(hello["next"] == 1, f"nothing is settled, and next is {hello['next']}")
    driver.listen(QUIET_S)
    again = numbered(driver.taken[mark:])
    missing = [n for n in before if n not in again]
    check(not missing, f"{missing} did not come again")
    changed = [n for n in before if not same(before[n], again[n])]
    check(not changed, f"{changed} came with other contents")


def what_is_acknowledged_is_not_said_again(trial):
    """An ack is for everything up to its number, also when a config says it; what is said again after that is one too many."""
    driver = trial.start_greeted()
    trial.make_reports(driver, 4)
    driver.listen(QUIET_S)
    last = driver.newest[driver.boot]
    driver.say("ack", sequence=last - 2)
    for accepted, expected in ((last - 2, [last - 1, last]), (last - 1, [last])):
        mark = len(driver.taken)
        hello = driver.greet((driver.boot, accepted), **trial.terms())
        driver.listen(QUIET_S)
        found = sorted(numbered(driver.taken[mark:]))
        check(hello["next"] == expected[0], f"next is {hello['next']}, where {expected[0]} is the oldest that waits")
        check(found[:len(expected)] == expected, f"{found} came, not {expected}")


def what_is_refused_is_settled_too(trial):
    """A refused report is durable as an acknowledged one is: saying it again leads to nothing."""
    driver = trial.start_greeted()
    trial.make_reports(driver, 2)
    driver.listen(QUIET_S)
    last = driver.newest[driver.boot]
    driver.say("refused", sequence=last, name="DRIVERS_NO_ORDER")
    driver.listen(QUIET_S)
    mark = len(driver.taken)
    driver.greet(**trial.terms())  # a core that has forgotten gets what waits, and nothing waits
    driver.listen(QUIET_S)
    check(not numbered(driver.taken[mark:]), f"{numbered(driver.taken[mark:])} came again")


def a_busy_core_gets_the_same_again(trial):
    """After busy the report comes again, the same, and what was said behind it too: the core has taken none of them."""
    driver = trial.start_greeted()
    said = trial.make_reports(driver, 2)
    driver.listen(QUIET_S)
    mark = len(driver.taken)
    driver.say("busy", sequence=said[0]["sequence"], retry_ms=200)
    for report in said:
        driver.wait("expired", lambda f, r=report: f == r, remedy="say it again when retry_ms is over")
    order = [fields["sequence"] for kind, fields in driver.taken[mark:] if kind == "expired"]
    check(order == sorted(order), f"they came as {order}")


def a_core_that_has_forgotten_is_not_kept_waiting(trial):
    """A core that was restored from a backup may not know what it acknowledged. It expects number 1 of a boot that it does not know: so
    go on under a new boot, with what waits as 1, 2, 3 …"""
    driver = trial.start_greeted()
    trial.make_reports(driver, 2)
    driver.listen(QUIET_S)
    boot = driver.boot
    driver.say("ack", sequence=driver.newest[boot])
    driver.listen(QUIET_S)
    hello = driver.greet(**trial.terms())
    check(hello["boot"] != boot and hello["next"] == 1, f"hello says the same boot, next {hello['next']}")
    trial.make_reports(driver, 1)


# Lines that are not what they should be

def lines_that_are_not_understood_stop_nothing(trial):
    """Lines that are too long, no JSON, or unknown are passed over (and said in the log): to end would lose what is not acknowledged."""
    driver = trial.start_greeted()
    for line in (b"", b"x" * 70000, b"not JSON \xff", b"[1,2]", b"7", b"null", b'"order"', b"{}", b'{"dance":{}}', b'{"ack":{},"busy":{}}',
                 b'{"ack":{"sequence":"two"}}', b'{"ack":null}', b'{"order":{}}', b'{"order":{"entry":1}}', b'{"table":{"number":0}}', b'{"desired":[]}'):
        driver.say_raw(line)
    driver.say("bad", offset=3, what="an invented fault", remedy="none")
    driver.say("ack", sequence=2 ** 53 - 1)
    trial.make_reports(driver, 1)


def a_late_begin_does_nothing(trial):
    """`begin` counts only as the first line."""
    driver = trial.start_greeted()
    driver.say("begin", contract=1, driver=trial.equipment.name, key="11" * 32)
    trial.make_reports(driver, 1)


# Orders

def an_order_is_carried_out_and_answered(trial):
    """An order is carried out and answered with done: else the record says that nobody knows what became of it."""
    driver = trial.start_greeted(ready=True)
    before = trial.equipment.effects()
    entry = trial.order(driver)
    driver.wait("done", lambda f: f["entry"] == entry)
    check(before is None or trial.equipment.effects() == before + 1, "it was answered, and had no effect")


def an_order_is_carried_out_once(trial):
    """The same order (entry, event) said again is not carried out again: after a restart the core says all that it has no answer to."""
    driver = trial.start_greeted(ready=True)
    entry = trial.order(driver)
    driver.wait("done", lambda f: f["entry"] == entry)
    effects = trial.equipment.effects()
    trial.entry -= 1
    trial.order(driver)
    said = [fields for kind, fields in driver.listen(1.0) if kind in ("done", "expired") and fields["entry"] == entry]
    check(not said, f"it was answered twice: {said}")
    check(trial.equipment.effects() == effects, "it had its effect twice")


def an_order_that_comes_too_late_is_expired(trial):
    """What is past its not_after (by the core's own `now`) is answered expired, and not done: nobody stands at the door any more."""
    driver = trial.start_greeted(ready=True)
    effects = trial.equipment.effects()
    for left in (0, -5000):
        entry = trial.order(driver, left_ms=left)
        driver.wait("expired", lambda f, e=entry: f["entry"] == e)
    driver.listen(QUIET_S)
    check(trial.equipment.effects() == effects, "it had its effect all the same")


def an_order_that_is_not_known_is_expired(trial):
    """An order that the driver does not know, or whose body it does not understand, is answered expired at once."""
    if not trial.equipment.unknown_order():
        raise Skipped("it takes every order")
    driver = trial.start_greeted(ready=True)
    entry = trial.order(driver, what=trial.equipment.unknown_order())
    driver.wait("expired", lambda f: f["entry"] == entry)
    name, _ = trial.equipment.order()
    entry = trial.order(driver, what=(name, {"nonsense": [1, 2]}))
    driver.wait("expired", lambda f: f["entry"] == entry)


def a_late_order_for_what_was_decided_is_void(trial):
    """What the driver decided in the core's place stays decided: an order whose `answers` is that report is expired, or the door opens twice."""
    driver = trial.start_greeted(ready=True, answer=400)
    table = trial.equipment.table(50)
    if table:
        trial.say_table(driver, 50, table)
        driver.wait("confirmed")
    read = trial.equipment.decided(driver)
    if read is None:
        raise Skipped("it decides nothing by itself")
    driver.listen(QUIET_S)
    effects = trial.equipment.effects()
    driver.say("ack", sequence=driver.newest[driver.boot])
    entry = trial.order(driver, answers=read)
    driver.wait("expired", lambda f: f["entry"] == entry)
    driver.listen(QUIET_S)
    check(trial.equipment.effects() == effects, "the order was carried out")


# Desired states

def a_desired_state_is_answered_and_replaced(trial):
    """A desired state is answered with done when it is in force, and so is the one that takes its place; said again after the next hello it is not
    answered again."""
    driver = trial.start_greeted(ready=True)
    first = trial.desire(driver, 0)
    driver.wait("done", lambda f: f["entry"] == first)
    second = trial.desire(driver, 1)
    driver.wait("done", lambda f: f["entry"] == second)
    driver.listen(QUIET_S)
    driver.greet((driver.boot, driver.newest[driver.boot]), **trial.terms())
    trial.desire(driver, 1, second)
    said = [fields for kind, fields in driver.listen(1.0) if kind in ("done", "expired")]
    check(not said, f"it was answered again: {said}")


# Grant tables

def a_grant_table_is_confirmed_and_nothing_else_is(trial):
    """A whole table that the mission signed for this driver is confirmed, again when it is sent again; an older, damaged or foreign one never:
    confirmed means that this table decides."""
    table = trial.equipment.table(7)
    if not table:
        raise Skipped("it takes no grant tables")
    driver = trial.start_greeted()
    for _ in range(2):
        trial.say_table(driver, 7, table)
        driver.wait("confirmed", lambda f: f["number"] == 7)
    trial.say_table(driver, 6, trial.equipment.table(6))
    trial.say_table(driver, 8, trial.equipment.table(8, damaged=True))
    trial.say_table(driver, 8, trial.equipment.table(8, driver="another"))
    trial.say_table(driver, 9, trial.equipment.table(8))
    driver.say("table", number=10, part=2, of=2, data="00")
    said = [fields for kind, fields in driver.listen(1.5) if kind == "confirmed"]
    check(not said, f"{said} was confirmed")
    trial.say_table(driver, 8, trial.equipment.table(8))
    driver.wait("confirmed", lambda f: f["number"] == 8)


# Limits

def a_noisy_device_does_not_flood_the_core(trial):
    """Reports are limited by kind and source: one broken device must not fill the record. What is left out is counted in the heartbeat."""
    driver = trial.start_greeted(ready=True)
    driver.listen(QUIET_S)
    mark, begin = len(driver.taken), time.monotonic()
    if not trial.equipment.flood():
        raise Skipped("there is no equipment to move")
    driver.listen(2.0)
    reports = [f for kind, f in driver.taken[mark:] if kind == "report"]
    burst, each_second = trial.equipment.flood_reports
    took = time.monotonic() - begin
    check(len(reports) <= burst + each_second * took, f"{len(reports)} reports came in {took:.1f} s")
    beat = driver.wait("heartbeat")
    check(beat.get("throttled", 0) > 0, f"the heartbeat says {beat}")


def heartbeats_are_well_formed_and_not_too_many(trial):
    """Whoever sends heartbeats sends at most one a second: they are no reports."""
    driver = trial.start_greeted()
    mark = len(driver.taken)
    driver.listen(4.5)
    beats = [f for kind, f in driver.taken[mark:] if kind == "heartbeat"]
    check(len(beats) <= 5, f"{len(beats)} came in 4.5 s")
    if not beats:
        raise Skipped("it sends none")


# The end, and what comes after it

def the_end_of_the_input_ends_the_driver(trial):
    """At the end of its input the driver ends, with code 0: the keeper starts it again when it is wanted."""
    driver = trial.start_greeted()
    check(driver.end() == 0, f"it did not end well within {PATIENCE_S} s")


def other_settings_are_taken(trial):
    """A config with other settings is taken at once (hello), or ends the driver with code 0, so that it is started with them."""
    if trial.equipment.other_settings() is None:
        raise Skipped("it has no settings")
    driver = trial.start_greeted()
    driver.say_config(settings=trial.equipment.other_settings(), **trial.terms())
    try:
        driver.wait("hello")
    except Wrong:
        check(driver.exit_code() == 0, "it neither said hello nor ended with code 0")


def a_killed_driver_loses_nothing_and_says_nothing_twice(trial):
    """kill -9: a driver that keeps things goes on with boot and numbers, says again what was not acknowledged, and not what was. One that keeps
    nothing begins anew: a new boot, number 1."""
    driver = trial.start_greeted()
    trial.make_reports(driver, 4)
    driver.listen(QUIET_S)
    before, boot = numbered(driver.taken_reports()), driver.boot
    taken = max(before) - 2
    driver.say("ack", sequence=taken)
    driver.listen(QUIET_S)
    driver.kill()
    driver = trial.start()
    check(not driver.listen(1.0), "the new process said something before config")
    hello = driver.greet((boot, taken), **trial.terms())
    driver.listen(1.0)
    again = numbered(driver.taken_reports())
    if not trial.equipment.keeps:
        check(hello["boot"] != boot, "it has the dead one's boot, and not its reports")
        check(hello["next"] == 1, f"next is {hello['next']}")
        return
    check(hello["boot"] == boot and hello["next"] == taken + 1, f"hello says {hello}")
    lost = [n for n in before if n > taken and not (n in again and same(before[n], again[n]))]
    check(not lost, f"{lost} are lost or changed")
    twice = [n for n in again if n <= taken]
    check(not twice, f"{twice} came though they were acknowledged")


def a_killed_driver_does_no_order_again(trial):
    """An order that was carried out before the driver was killed is not carried out again when the core repeats it."""
    if not trial.equipment.keeps or trial.equipment.effects() is None:
        raise Skipped("it keeps nothing")
    driver = trial.start_greeted(ready=True)
    entry = trial.order(driver)
    driver.wait("done", lambda f: f["entry"] == entry)
    boot, effects = driver.boot, trial.equipment.effects()
    driver.kill()
    driver = trial.start()
    driver.greet((boot, driver.newest.get(boot, 0) or 1), **trial.terms())
    trial.equipment.ready(driver)
    trial.entry -= 1
    trial.order(driver)
    driver.listen(2.0)
    check(trial.equipment.effects() == effects, "it had its effect again")


def a_killed_driver_decides_by_its_table_before_any_core_speaks(trial):
    """A door driver that is started while no core is there decides by the table that it kept, and reports that when a core comes."""
    table = trial.equipment.table(5)
    if not trial.equipment.keeps or not table:
        raise Skipped("it keeps no grant tables")
    driver = trial.start_greeted(ready=True)
    trial.say_table(driver, 5, table)
    driver.wait("confirmed")
    boot, effects = driver.boot, trial.equipment.effects()
    driver.kill()
    driver = trial.start()
    until = time.monotonic() + 5
    while trial.equipment.effects() == effects and time.monotonic() < until:
        trial.equipment.stir()
        check(not driver.listen(0.5), "it said something before config")
    check(trial.equipment.effects() > effects, "the door did not open within 5 s")
    driver.greet((boot, 1), **trial.terms())
    report = driver.wait("report", lambda r: r["name"] == "access.card_decided")
    check(report["body"]["outcome"] == "granted" and report["body"]["table"] == 5, f"it says {report['body']}")


PROMISES = [value for value in list(globals().values())
            if inspect.isfunction(value) and list(inspect.signature(value).parameters) == ["trial"]]


def run(promise, command, equipment_class, options, log):
    """ok, --- (left out) or FAIL, and what there is to say of it."""
    equipment = equipment_class(options, log)
    trial = Trial(command, equipment)
    try:
        promise(trial)
        return "ok", ""
    except Skipped as why:
        return "---", f" (left out: {why})"
    except Wrong as what:
        return "FAIL", f"\n     it failed so: {what}\n     what it means: {' '.join(promise.__doc__.split())}"
    finally:
        trial.end()
        equipment.close()


def load(path):
    if not path:
        return Equipment
    spec = importlib.util.spec_from_file_location("chosen_equipment", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Equipment


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--equipment")
    parser.add_argument("--with", dest="options", action="append", default=[])
    parser.add_argument("--only", default="")
    parser.add_argument("command", nargs="+")
    words = parser.parse_args()
    command = [os.path.join(ROOT, word) if os.path.exists(os.path.join(ROOT, word)) else word for word in words.command]
    options = dict(word.split("=", 1) for word in words.options)
    passed = failed = 0
    chosen = load(words.equipment)
    log_path = os.path.join(ROOT, "build", f"conformance-{chosen.name}.log")
    with open(log_path, "wb") as log:
        for promise in PROMISES:
            if words.only not in promise.__name__:
                continue
            word, what = run(promise, command, chosen, options, log)
            print(f"{word:<4} {promise.__name__}{what}", flush=True)
            passed, failed = passed + (word == "ok"), failed + (word == "FAIL")
    if failed:
        print(f"the driver's log is in {log_path}; one promise alone: --only NAME")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
