"""A core that is played: starts a driver's process, says lines, reads what the driver says, and holds each line against src/schema/contract.yaml."""
import json
import os
import queue
import re
import signal
import subprocess
import threading
import time

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_S = float(os.environ.get("PATIENCE_S", "8"))
LINE_BYTES_MAX = 65535


class Wrong(Exception):
    """Something that the contract does not allow: what, and what to do about it."""


def declared():
    with open(os.path.join(ROOT, "src/schema/contract.yaml"), encoding="utf-8") as file:
        return yaml.load(file, Loader=yaml.BaseLoader)["messages"]


MESSAGES = declared()


def check_int(value, bounds, path):
    if isinstance(value, bool) or not isinstance(value, int):
        raise Wrong(f"{path} is not a whole number; write it without quotes and fractions")
    low, high = int(bounds.get("min", -(2 ** 53))), int(bounds.get("max", 2 ** 53 - 1))
    if not low <= value <= high:
        raise Wrong(f"{path} is {value}; it must lie between {low} and {high}")


def check_text(value, bounds, path):
    if not isinstance(value, str):
        raise Wrong(f"{path} is not a text")
    if len(value.encode()) > int(bounds.get("max", LINE_BYTES_MAX)):
        raise Wrong(f"{path} is longer than {bounds['max']} bytes")


def check_bytes(value, bounds, path):
    if not isinstance(value, str) or not re.fullmatch(r"([0-9a-f]{2})*", value):
        raise Wrong(f"{path} is not lower-case hexadecimal digits")
    if "exactly" in bounds and len(value) != 2 * int(bounds["exactly"]):
        raise Wrong(f"{path} is not {bounds['exactly']} bytes long")


CHECKS = {"int": check_int, "duration": check_int, "time": check_int, "ref": lambda v, b, p: check_int(v, {"min": 0}, p), "text": check_text,
          "bytes": check_bytes, "json": lambda v, b, p: None}


def check_message(name, value, path):
    """The value has the members that the message declares, within their bounds, and no others."""
    fields = MESSAGES[name]["fields"]
    if not isinstance(value, dict):
        raise Wrong(f"{path} is not an object")
    for member in value:
        if member not in fields:
            raise Wrong(f"{path} has a member {member!r} that {name} does not declare; leave it out")
    for member, field in fields.items():
        if member not in value:
            if field.get("optional") != "true":
                raise Wrong(f"{path} has no member {member!r}; {name} demands it")
            continue
        kind = next(key for key in field if key in CHECKS)
        bounds = field[kind] if isinstance(field[kind], dict) else {}
        CHECKS[kind](value[member], bounds, f"{path}.{member}")


def no_twice(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Wrong("a member stands twice in one object")
    return members


def check_line(line):
    """A driver's line as (kind, fields); Wrong when it is not one."""
    if len(line) > LINE_BYTES_MAX:
        raise Wrong(f"a line of {len(line)} bytes; the longest is {LINE_BYTES_MAX}")
    try:
        value = json.loads(line.decode(), object_pairs_hook=no_twice)
    except ValueError as wrong:
        raise Wrong(f"{line[:80]!r} is not JSON ({wrong}); logs go to standard error") from wrong
    kinds = MESSAGES["DriverLine"]["one_of"]
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in kinds:
        raise Wrong(f"{line[:80]!r} is no object of exactly one of {', '.join(kinds)}")
    kind, fields = next(iter(value.items()))
    check_message(kinds[kind], fields, kind)
    return kind, fields


class Driver:
    """One process of the driver. What it says is checked line by line; sequences are checked over the whole of its life."""

    def __init__(self, command, equipment, key=None):
        self.equipment = equipment
        self.lines = queue.Queue()
        self.taken = []     # everything it said, in order, heartbeats too
        self.boot, self.expected, self.newest = None, {}, {}
        self.process = subprocess.Popen(command, cwd=equipment.directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=equipment.log)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if key:
            self.say("begin", contract=1, driver=equipment.name, key=key)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    # To the driver

    def say(self, kind, **fields):
        self.say_raw(json.dumps({kind: fields}, separators=(",", ":")).encode())

    def say_raw(self, line):
        try:
            self.process.stdin.write(line + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as gone:
            raise Wrong("the driver ended; it must go on until its input ends") from gone

    def say_config(self, accepted=None, settings=None, answer=1500, **more):
        fields = {"contract": 1, "driver": self.equipment.name, "now": int(time.time() * 1000), "answer": answer,
                  "settings": self.equipment.settings() if settings is None else settings, **more}
        if accepted:
            fields["accepted"] = {"boot": accepted[0], "sequence": accepted[1]}
        self.say("config", **fields)

    # From the driver

    def take(self, until):
        """The next line as (kind, fields), or None when none comes in time; the end of its output is Wrong."""
        try:
            line = self.lines.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None
        if line is None:
            raise Wrong("the driver closed its output; it must go on until its input ends")
        said = check_line(line.rstrip(b"\n"))
        self.taken.append(said)
        self.follow(*said)
        return said

    def follow(self, kind, fields):
        """Numbers rise by one from what hello said, or repeat what was said under that number."""
        if kind == "hello":
            self.boot = fields["boot"]
            self.expected[self.boot] = fields["next"]
        elif kind != "heartbeat":
            if self.boot is None:
                raise Wrong(f"{kind} came before hello; answer config with hello first")
            sequence, expected = fields["sequence"], self.expected[self.boot]
            if sequence > expected:
                raise Wrong(f"sequence {sequence} where {expected} was next; the core would wait for {expected} for ever")
            self.expected[self.boot] = max(expected, sequence + 1)
            self.newest[self.boot] = max(self.newest.get(self.boot, 0), sequence)

    def wait(self, kind, what=lambda fields: True, patience=PATIENCE_S, remedy=""):
        """The fields of the next line of that kind, of which `what` is true."""
        until = time.monotonic() + patience
        while True:
            said = self.take(until)
            if said is None:
                raise Wrong(f"no {kind} came within {patience} s{'; ' if remedy else ''}{remedy}")
            if said[0] == kind and what(said[1]):
                return said[1]

    def listen(self, seconds):
        """What is said in that time, heartbeats left out."""
        until, said = time.monotonic() + seconds, []
        while (line := self.take(until)) is not None:
            if line[0] != "heartbeat":
                said.append(line)
        return said

    def taken_reports(self):
        return [line for line in self.taken if line[0] not in ("hello", "heartbeat")]

    def first_boot(self):
        return next(fields["boot"] for kind, fields in self.taken if kind == "hello")

    def greet(self, accepted=None, **more):
        self.say_config(accepted, **more)
        return self.wait("hello", remedy="config is answered with hello")

    # The end

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.leave()

    def exit_code(self):
        """None when it does not end in time."""
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            return None

    def end(self):
        """Closes its input; its exit code."""
        self.process.stdin.close()
        code = self.exit_code()
        self.leave()
        return code

    def leave(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
