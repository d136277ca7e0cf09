"""Writes journals of format 2, right ones and wrong ones: what the tests beside it verify.

    mission = Mission()
    mission.grow(300)                  so many entries of a sample that has a bit of everything
    mission.grow(301, change)          change(entry) may make the last one wrong, or give other bytes for it
    mission.save(path)                 rows, tiles, checkpoint and cosigned notes, all of them right for the entries as they are

It has nothing of verify.py but the points of Ed25519: whatever both took from it wrongly, chancery-verify would take otherwise.
"""
import base64
import functools
import hashlib
import json
import os
import sqlite3

import verify

START_MS = 1700000000000
STEP_MS = 250
REBOOT = 200  # from this entry on the driver has another boot
WITNESSED_S = 1700000123


class Signer:
    """A key of RFC 8032 (section 5.1.5), its verifier key, and the lines that it writes under notes."""

    def __init__(self, name, seed, kind=verify.MISSION):
        digest = hashlib.sha512(seed).digest()
        self.name, self.kind, self.prefix = name, kind, digest[32:]
        self.scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
        self.public = encoded(verify.times(self.scalar, verify.BASE))
        data = bytes([kind]) + self.public
        self.id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{text64(data)}\n"

    @functools.lru_cache(maxsize=None)
    def sign(self, message):
        r = modulo(self.prefix + message)
        point = encoded(verify.times(r, verify.BASE))
        return point + ((r + modulo(point + self.public + message) * self.scalar) % verify.L).to_bytes(32, "little")

    def line(self, text, seconds=None):
        """A witness says when."""
        stamp = b"" if seconds is None else seconds.to_bytes(8, "big")
        head = "" if seconds is None else f"cosignature/v1\ntime {seconds}\n"
        return f"— {self.name} {text64(self.id + stamp + self.sign((head + text).encode()))}\n"


def encoded(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def modulo(message):
    return int.from_bytes(hashlib.sha512(message).digest(), "little") % verify.L


def text64(data):
    return base64.b64encode(data).decode()


def dumped(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# The tree, level by level: a hash without a neighbour goes up as it is

def leaf(body):
    return hashlib.sha256(b"\0" + body).digest()


def root(hashes):
    while len(hashes) > 1:
        paired = [hashlib.sha256(b"\1" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes) - 1, 2)]
        hashes = paired + hashes[len(hashes) & ~1:]
    return hashes[0]


def tiles(leaves):
    """(level, number, hashes) of each."""
    level = 0
    while leaves:
        for number in range(0, len(leaves), 256):
            yield level, number // 256, b"".join(leaves[number:number + 256])
        leaves = [root(leaves[i:i + 256]) for i in range(0, len(leaves) - 255, 256)]
        level += 1


# The sample

def packet(i, keep="90d", blocks=1):
    """Nobody has a key to it, but it is of the right form."""
    noise = hashlib.shake_128(b"%d" % i).digest(8 + 16 + 32 * blocks)
    month = (2023 - 1970) * 12 + 11 if keep else 0  # of START_MS and the hours behind it
    return {"keep": keep, "month": month, "mark": noise[:8].hex(), "data": text64(noise[8:])}


def start(i):
    body = {"program": "chancery 0.2", "zone": "Europe/Lisbon", "offsets": [{"from": 1767225600000, "minutes": 0}]}
    return {"from": {"core": {}}, "input": {"kind": "start", "name": "mission.begin", "body": body},
            "events": [{"name": "mission.InForce", "body": body}]}


def report(i):
    boot, first = ("00000000000000bb", REBOOT) if i >= REBOOT else ("00000000000000aa", 0)
    because = {"rulebook": "House rules", "outcome": "permit", "spoke": ["staff"], "outweighed": [{"rule": "night", "by": "staff", "why": "layer"}],
               "facts": [{"name": "zone.grade", "value": ["2"]}, {"name": "door.held", "value": [], "known": False}], "personal": [0, 2]}
    return {"from": {"driver": {"name": "gate", "boot": boot, "sequence": (i - first) // 4 + 1, "ago": i % 7}},
            "input": {"kind": "report", "name": "access.card_read", "body": {"reader": 1, "bits": 26, "card": [0, 0]}},
            "events": [{"name": "access.Granted", "body": {"door": 1, "person": [0, 1]}}], "because": because, "sealed": [packet(i, blocks=3)]}


def refused(i):
    return {"from": {"operator": {"login": "vera"}}, "checked": {"uid": 1000, "roles": ["guard"]},
            "input": {"kind": "command", "name": "doors.open", "body": {"door": 2, "why": "café \"quoted\" \\ \t \x01 / 門"}},
            "refusal": {"name": "NOT_PERMITTED", "takes": {"person": [0, 0]}}, "law": {"answer": "silent", "articles": [22, 29]},
            "sealed": [packet(i, keep="")]}


def timer(i):
    return {"from": {"core": {}}, "input": {"kind": "timer", "name": "doors.held", "body": {"door": 1, "of": [{"n": -1}, [1, 2, 3], ["x"], []]}},
            "events": [{"name": "doors.DoorHeld", "body": {"door": 1, "more": True}}]}


def enrol(i):
    return {"from": {"operator": {"login": "vera"}}, "checked": {}, "input": {"kind": "command", "name": "people.enrol", "body": {"name": [1, 0]}},
            "events": [{"name": "people.Enrolled", "body": {"person": i, "name": [1, 0], "card": [0, 0]}}],
            "sealed": [packet(i), packet(i + 1, keep="")], "box": text64(bytes(48))}


def entry(i):
    own = start(i) if i == 0 else (enrol, report, refused, timer)[i % 4](i)
    return {"format": 2, "index": i, "incarnation": 1, "wall": START_MS + i * STEP_MS, "elapsed": i * STEP_MS, "env": 0, "salt": "%032x" % i,
            "from": own["from"], "checked": own.get("checked"), "input": own["input"], "refusal": own.get("refusal"), "events": own.get("events", []),
            "because": own.get("because"), "law": own.get("law"), "sealed": own.get("sealed", []), "box": own.get("box")}


# The mission

SCHEMA = """
    PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA application_id=1128813433; PRAGMA user_version=2;
    CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE tile(level INTEGER, number INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, number)) WITHOUT ROWID;
    CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note BLOB NOT NULL);
    CREATE TABLE cosigned(witness TEXT PRIMARY KEY, size INTEGER NOT NULL, note BLOB NOT NULL);
    CREATE TABLE blob(hash BLOB PRIMARY KEY, owner TEXT NOT NULL, data BLOB NOT NULL);
"""


class Mission:
    def __init__(self, origin="chancery/test"):
        self.key = Signer(origin, bytes([7]) * 32)
        self.witness = Signer("witness.example/w1", bytes([8]) * 32, verify.WITNESS)
        self.bodies, self.leaves = [], []

    def grow(self, size, change=None):
        while len(self.bodies) < size:
            value = entry(len(self.bodies))
            other = change(value) if change and len(self.bodies) == size - 1 else None
            self.bodies.append(other if isinstance(other, bytes) else dumped(value))
            self.leaves.append(leaf(self.bodies[-1]))
        return self

    def text(self, size, top=None):
        return f"{self.key.name}\n{size}\n{text64(top or root(self.leaves[:size]))}\n"

    def note(self, size, *more, top=None):
        """The checkpoint of that size, with a line of each (witness, seconds) under it."""
        text = self.text(size, top)
        return (text + "\n" + self.key.line(text) + "".join(signer.line(text, seconds) for signer, seconds in more)).encode()

    def save(self, path, signed=None, cosigned=None):
        """`signed` entries are under the checkpoint, all without it; `cosigned` is the size that the witness saw, none without it."""
        if os.path.exists(path):
            os.unlink(path)
        db = sqlite3.connect(path)
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO entry VALUES(?, ?)", enumerate(self.bodies))
        db.executemany("INSERT INTO tile VALUES(?, ?, ?)", tiles(self.leaves))
        signed = signed or len(self.bodies)
        db.execute("INSERT INTO checkpoint VALUES(?, ?)", (signed, self.note(signed)))
        if cosigned:
            db.execute("INSERT INTO cosigned VALUES(?, ?, ?)", (self.witness.name, cosigned, self.note(cosigned, (self.witness, WITNESSED_S))))
        for size in (0, 16, 5000):
            data = hashlib.shake_128(b"blob").digest(size)
            db.execute("INSERT INTO blob VALUES(?, ?, ?)", (hashlib.sha256(data).digest(), f"person:{size}", data))
        db.commit()
        db.close()
        with open(path + ".vkey", "w", encoding="utf-8") as file:
            file.write(self.key.vkey)
        with open(path + ".witness", "w", encoding="utf-8") as file:
            file.write(self.witness.vkey)
