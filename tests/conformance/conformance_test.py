#!/usr/bin/python3
"""The conformance test is tried on drivers that break the contract: ten_lines.py with one thing changed. Each must fail the promise that it breaks."""
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# the promise, what is changed in ten_lines.py, into what
MUTANTS = [
    ("nothing_is_said_before_config", "def send(i)", 'say("heartbeat", frames=0, refused=0); say("hello", contract=1)\ndef send(i)'),
    ("config_is_answered_with_hello", 'driver=said["driver"]', 'driver="somebody"'),
    ("config_is_answered_with_hello", "contract=1", "contract=2"),
    ("config_is_answered_with_hello", "contract=1", 'contract=1, colour="red"'),
    ("config_is_answered_with_hello", "next=settled + 1", "next=settled + 2"),
    ("begin_may_be_missing", "def take(kind, said):\n",
     "def take(kind, said):\n    if kind != 'begin' and not known: return\n    known.add('begin')\n"),
    ("two_processes_have_two_boots", "os.urandom(8).hex(), 0, []", '"11" * 8, 0, []'),
    ("reports_are_numbered_from_one_without_gaps", "settled + i + 1, **", "2 * (settled + i) + 1, **"),
    ("reports_are_numbered_from_one_without_gaps", "{kind: fields}", "{kind: {'x': 1, **fields} if kind != 'hello' else fields}"),
    ("what_is_not_acknowledged_is_said_again_to_the_next_core", 'if kind in ("config", "busy")', 'if kind in ("busy",)'),
    ("what_is_not_acknowledged_is_said_again_to_the_next_core", "[send(i) for i in range(len(waiting))]", "[send(i) for i in range(1, len(waiting))]"),
    ("what_is_acknowledged_is_not_said_again", "waiting, settled = waiting[n:], settled + n", "pass"),
    ("what_is_acknowledged_is_not_said_again", 'said.get("accepted", {}) if kind == "config" else {}', "{}"),
    ("what_is_refused_is_settled_too", '("ack", "refused")', '("ack",)'),
    ("a_busy_core_gets_the_same_again", '("config", "busy")', '("config",)'),
    ("a_core_that_has_forgotten_is_not_kept_waiting", "boot, settled = os.urandom(8).hex(), 0\n", "pass\n"),
    ("lines_that_are_not_understood_stop_nothing", "except Exception as wrong: print", "except ValueError as wrong: print"),
    ("a_late_begin_does_nothing", "def take(kind, said):\n", "def take(kind, said):\n    if kind == 'begin' and said['key'][0] == '1': os._exit(1)\n"),
    ("an_order_is_carried_out_and_answered", 'else "done"', 'else "expired"'),
    ("an_order_is_carried_out_once", "known.add(name)", "pass"),
    ("an_order_that_comes_too_late_is_expired", 'said["not_after"] <= said["now"]', 'said["not_after"] < said["now"]'),
    ("a_desired_state_is_answered_and_replaced", '("order", "desired")', '("order",)'),
    ("a_desired_state_is_answered_and_replaced", "known.add(name)", 'known.add(name) if kind == "order" else None'),
    ("heartbeats_are_well_formed_and_not_too_many", "def send(i)", "import threading, time\ndef beat():\n"
     "    while True: time.sleep(0.2); settled or waiting is None or hello and say('heartbeat', frames=1, refused=0)\n"
     "hello = True\nthreading.Thread(target=beat, daemon=True).start()\ndef send(i)"),
    ("the_end_of_the_input_ends_the_driver", "for line in sys.stdin.buffer:",
     "import time\nfor line in (sys.stdin.buffer.readline() or time.sleep(99) for _ in iter(int, 1)):"),
    ("other_settings_are_taken", 'if kind == "config": say("hello"', 'if kind == "config" and not known and not known.add(1): say("hello"'),
    ("a_killed_driver_loses_nothing_and_says_nothing_twice", "os.urandom(8).hex(), 0, []", '"11" * 8, 0, []'),
]


def tried(mutant):
    """None when the promise fails, as it must; else what is wrong."""
    promise, old, new = mutant
    with open(os.path.join(HERE, "ten_lines.py"), encoding="utf-8") as file:
        text = file.read()
    if old not in text:
        return f"{promise}: ten_lines.py has no {old!r} any more; change the mutant"
    with tempfile.TemporaryDirectory(prefix="mutant-") as directory:
        path = os.path.join(directory, "mutant.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))
        done = subprocess.run([sys.executable, os.path.join(HERE, "driver_conformance.py"), "--only", promise, "--", sys.executable, path],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env={**os.environ, "PATIENCE_S": "2"})
    as_it_must = f"FAIL {promise}" in done.stdout and "what it means" in done.stdout
    return None if as_it_must else f"{promise}: with {new!r} for {old!r} it passes:\n{done.stdout}"


def main():
    with ThreadPoolExecutor(max_workers=2) as pool:
        wrong = [text for text in pool.map(tried, MUTANTS) if text]
    for text in wrong:
        print("FAIL", text)
    print(f"{len(MUTANTS) - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(len(wrong) > 0)


if __name__ == "__main__":
    main()
