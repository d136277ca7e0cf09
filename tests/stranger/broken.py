"""How a journal can be wrong: in its storage, in what an entry says, and by chance. What is not named here nobody has tried."""
import base64
import json
import re

import verify
import writer

# In the storage: SQL on a journal of 600 entries of which a witness has seen 300, and where that shows; None where it is no mistake.

STORAGE = [
    ("PRAGMA application_id=1", "the database"), ("PRAGMA user_version=1", "the database"), ("PRAGMA user_version=3", "the database"),
    *((f"DROP TABLE {table}", "the database") for table in verify.TABLES),
    *((f"ALTER TABLE {table} ADD COLUMN more", "the database") for table in verify.TABLES),
    ("ALTER TABLE entry RENAME TO e; CREATE VIEW entry AS SELECT * FROM e", "the database"),
    ("ALTER TABLE entry RENAME COLUMN body TO text", "the database"),
    ("CREATE TABLE other(x)", None),
    ("DELETE FROM blob", None), ("UPDATE blob SET data = zeroblob(16) WHERE owner = 'person:16'", "blob"), ("UPDATE blob SET data = 'x'", "blob"),
    ("UPDATE blob SET data = data || X'00' WHERE owner = 'person:16'", "blob"), ("UPDATE blob SET hash = zeroblob(32) WHERE owner = 'person:16'", "blob"),
    ("UPDATE blob SET hash = substr(hash, 1, 31)", "blob"), ("UPDATE blob SET owner = X'00'", "blob"), ("UPDATE blob SET hash = NULL", "blob"),
    ("UPDATE blob SET hash = hex(hash)", "blob"), ("INSERT INTO blob VALUES(X'', 'person:1', X'')", "blob"),

    ("DELETE FROM entry", "entry 0"), ("UPDATE entry SET seq = -1 WHERE seq = 0", "entry 0"), ("UPDATE entry SET seq = -5 WHERE seq = 7", "entry 0"),
    ("UPDATE entry SET seq = 1000 WHERE seq = 599", "entry 599"), ("UPDATE entry SET seq = seq + 1 WHERE seq > 598", "entry 599"),
    ("INSERT INTO entry SELECT 600, body FROM entry WHERE seq = 5", "entry 600"), ("INSERT INTO entry VALUES(600, X'7B7D')", "entry 600"),
    ("UPDATE entry SET body = CAST(body AS TEXT) WHERE seq = 3", "entry 3"), ("UPDATE entry SET body = X'' WHERE seq = 3", "entry 3"),
    ("UPDATE entry SET body = 7 WHERE seq = 3", "entry 3"), ("UPDATE entry SET body = zeroblob(65536) WHERE seq = 3", "entry 3"),
    ("UPDATE entry SET body = (SELECT body FROM entry WHERE seq = 2) WHERE seq = 3", "entry 3"),
    ("UPDATE entry SET body = (SELECT o.body FROM entry AS o WHERE o.seq = 599 - entry.seq) WHERE seq IN (299, 300)", "entry 299"),

    ("UPDATE tile SET hashes = zeroblob(64) WHERE level = 1", "tile"), ("UPDATE tile SET hashes = zeroblob(32) WHERE level = 1", "tile"),
    ("UPDATE tile SET hashes = hashes || X'00' WHERE level = 0 AND number = 2", "tile"),
    ("UPDATE tile SET hashes = zeroblob(33) WHERE level = 0 AND number = 2", "tile"),
    ("UPDATE tile SET hashes = X'' WHERE level = 0 AND number = 2", "tile"),
    *((f"DELETE FROM tile WHERE level = {level} AND number = {number}", "tile") for level, number in ((0, 0), (0, 1), (0, 2), (1, 0))),
    *((f"INSERT INTO tile VALUES({level}, {number}, zeroblob(32))", "tile")
      for level, number in ((0, 3), (1, 1), (2, 0), (-1, 0), (0, -1), (9, 0), ("'x'", 0))),
    ("INSERT INTO tile VALUES(1, 1, X'')", "tile"), ("UPDATE tile SET (level, number) = (7, 7) WHERE level = 1", "tile"),

    ("DELETE FROM checkpoint", "the checkpoint"), ("INSERT INTO checkpoint SELECT 601, note FROM checkpoint", "the checkpoint"),
    ("UPDATE checkpoint SET size = 601", "the checkpoint"), ("UPDATE checkpoint SET note = CAST(note AS TEXT)", "the checkpoint"),
    ("UPDATE checkpoint SET note = X''", "the checkpoint"), ("UPDATE checkpoint SET note = zeroblob(65537)", "the checkpoint"),
    ("UPDATE checkpoint SET (size, note) = (SELECT size, note FROM cosigned)", None),  # then what follows is a tail

    ("DELETE FROM cosigned", None), ("UPDATE cosigned SET size = 301", "cosigned"), ("UPDATE cosigned SET size = 'x'", "cosigned"),
    ("UPDATE cosigned SET size = 300.5", "cosigned"), ("UPDATE cosigned SET note = CAST(note AS TEXT)", "cosigned"),
    ("UPDATE cosigned SET witness = 'witness.example/w2'", "cosigned"), ("UPDATE cosigned SET witness = 'chancery/test'", "cosigned"),
    ("UPDATE cosigned SET witness = ''", "cosigned"), ("UPDATE cosigned SET (size, note) = (SELECT size, note FROM checkpoint)", "cosigned"),
    ("INSERT INTO cosigned SELECT 'other', size, note FROM cosigned", "cosigned"),
]


def flipped(data, i, bit=0):
    return data[:i] + bytes([data[i] ^ 1 << bit]) + data[i + 1:]


# In the signed text of a checkpoint of 20 entries, and in the lines under it

TEXTS = [
    lambda t: t.replace("test", "rest"), lambda t: t.replace("\n20\n", "\n020\n"), lambda t: t.replace("\n20\n", "\n+20\n"),
    lambda t: t.replace("\n20\n", "\n0\n"), lambda t: t.replace("\n20\n", "\n21\n"), lambda t: t.replace("\n20\n", "\n\n"),
    lambda t: t.replace("=\n", "\n"), lambda t: t + "more\n", lambda t: t[:-1], lambda t: t.replace("\n", "\r\n"),
    lambda t: t.replace("\n20\n", "\n99999999999999999999\n"), lambda t: t.replace("chancery/", ""),
]
LINES = [
    "— x AAAAAA==", "— x AAAAAAB=", "— x", "—", "- x AAAAAAA=", "— x  AAAAAAA=", "— x AAAAAAA= ", "— x+y AAAAAAA=", "— x\u2003y AAAAAAA=",
    "— x\u00a0 AAAAAAA=", "— x\u0085 AAAAAAA=", "— x\x7f AAAAAAA=", "— x\x01 AAAAAAA=", "", "— x AAAA-AA=", "—  AAAAAAA=", "x",
]

# In an entry, with all else right for it. These make changes of an entry.


def inside(*keys, value):
    """Sets what stands at the end of the keys."""
    def apply(entry):
        for key in keys[:-1]:
            entry = entry[key]
        entry[keys[-1]] = value
    return apply


def without(*keys):
    def apply(entry):
        for key in keys[:-1]:
            entry = entry[key]
        del entry[keys[-1]]
    return apply


def replaced(find, put):
    """Bytes, which need not be JSON any more."""
    def apply(entry):
        body = writer.dumped(entry)
        assert find in body, find
        return body.replace(find, put, 1)
    return apply


def sets(index, *keys, good=(), bad=()):
    """A row for each value that may stand there and each that may not."""
    return [(index, inside(*keys, value=value), True) for value in good] + [(index, inside(*keys, value=value), False) for value in bad]


def within(find, before, after=b"", good=(), bad=()):
    """A row for each run of bytes, put where `find` is."""
    return [(7, replaced(find, before + put + after), put in good) for put in (*good, *bad)]


def lacks(index, *keys, names):
    return [(index, without(*keys, name), False) for name in names]


TIMER_BYTES = len(writer.dumped(writer.entry(7)))  # its door is a number of one digit
NOISE = base64.b64encode(bytes(48)).decode()
BECAUSE = ("rulebook", "outcome", "spoke", "outweighed", "facts", "personal")

# Of the writer's sample: 0 is a start, 5 a report, 6 a refused command, 7 a timer, 8 a command with two packets and a box.
ENTRIES = [
    *sets(7, "format", bad=(1, 3, 2.0, True, "2", None)), *sets(7, "index", bad=(6, 8, -7, "7")), *sets(7, "incarnation", good=(9,), bad=(0, -1, None)),
    *sets(7, "wall", good=(writer.START_MS + 10**9,), bad=(0, -1, writer.START_MS)), *sets(7, "elapsed", good=(10**9,), bad=(1, -1)),
    *sets(0, "incarnation", bad=(0, 2)), *sets(0, "elapsed", good=(1,), bad=(-1,)), *sets(0, "wall", good=(0,)), *sets(7, "env", bad=(7, 1, -1)),
    *sets(0, "events", 0, "name", good=("mission.Out",)), *sets(7, "events", 0, "name", bad=("mission.InForce",)),
    (7, lambda e: e.update(env=7, events=[{"name": "mission.InForce", "body": {}}]), True),
    *sets(7, "salt", bad=("", "0" * 31, "0" * 33, "0" * 31 + "g", "0" * 31 + "A", 0, None)),

    *sets(5, "from", "driver", "boot", good=("00000000000000cc",), bad=("00000000000000AA", "aa", 7)),
    *sets(5, "from", "driver", "sequence", good=(2,), bad=(0, 1, 3, -1, "2")),
    *sets(5, "from", "driver", "ago", good=(2**53 - 1,), bad=(-1, 2**53, "0", None)), *sets(5, "from", "driver", "name", good=("other",), bad=(7,)),
    *lacks(5, "from", "driver", names=("name", "boot", "sequence", "ago")), *sets(6, "from", "operator", bad=({"login": "x", "y": 1}, {}, None)),
    *sets(7, "from", bad=(None, {}, {"core": {"x": 1}}, {"core": None}, {"operator": {"login": "vera"}}, {"web": {}}, [])),
    *sets(5, "from", bad=({"core": {}},)), *sets(6, "from", bad=({"core": {}},)), *sets(7, "checked", good=({"x": [9, 9]},), bad=([], "", 0)),

    *sets(7, "input", "kind", good=("start",), bad=("report", "command", "wish", None)),
    *sets(7, "input", "name", good=("a-B_9.c",), bad=("held", "a.b.c", ".b", "a.", "", "a.é", "a b.c", "a.b\n")),
    *sets(7, "input", "body", good=({},), bad=(None, [], "")), *sets(7, "input", "more", bad=(1,)), *lacks(7, "input", names=("kind", "name", "body")),
    *sets(7, "refusal", bad=({"name": "NO", "takes": {}},)), *sets(6, "refusal", good=(None,), bad=({},)), *sets(6, "refusal", "takes", bad=(None,)),
    *sets(6, "refusal", "name", bad=(None,)), *sets(6, "events", bad=([{}], [{"name": "a.B", "body": {}}])),
    *sets(7, "events", good=([{"name": "a.B", "body": {}}] * 64, []), bad=([{"name": "a.B", "body": {}}] * 65, {}, None, [[]])),

    *(row for name in BECAUSE for row in sets(5, "because", name, bad=(7,))), *lacks(5, "because", names=BECAUSE),
    *sets(5, "because", good=(None,), bad=({}, [])), *sets(5, "because", "outweighed", 0, bad=({"rule": "x", "by": "y"}, "x")),
    *sets(5, "because", "personal", good=([0, 99],), bad=(None, [1, 0], [0], [0, 0, 0], [0, "0"], [-1, 0], [0, -1], {}, [])),
    *sets(5, "because", "facts", 1, good=({"name": "x", "value": []}, {"name": "x", "value": [], "known": False}),
          bad=({"name": "x", "value": ["y"], "known": False}, {"name": "x", "value": [], "known": True}, {"name": "x"}, {"value": [], "name": "x"},
               {"name": "x", "value": [1]})),
    *sets(5, "law", good=({"x": [1, 0]}, None), bad=([], "")),

    *sets(8, "sealed", good=([writer.packet(1)] * 2, [writer.packet(1)] * 64), bad=([], [writer.packet(1)], [writer.packet(1)] * 65, None, {})),
    *sets(5, "sealed", 0, "keep", good=("7y",), bad=("", None, 90)), *sets(5, "sealed", 0, "month", bad=(0, 646, 648, -1, "647")),
    *sets(8, "sealed", 1, "month", bad=(647,)), *sets(5, "sealed", 0, "mark", good=("0" * 16,), bad=("0" * 15, "0" * 17, "A" * 16, None)),
    *sets(5, "sealed", 0, "data", good=(NOISE,), bad=(
        NOISE[:-4], NOISE + "AAAA", NOISE[:-1], NOISE[:-1] + "=", NOISE[:-1] + "-", NOISE[:-1] + " ", NOISE[:-1] + "é", "", None, 7)),
    *sets(5, "sealed", 0, "data", good=[base64.b64encode(bytes(n)).decode() for n in (48, 80, 112)],
          bad=[base64.b64encode(bytes(n)).decode() for n in (16, 32, 47, 49, 64, 96)]),
    *lacks(5, "sealed", 0, names=("keep", "month", "mark", "data")), *sets(5, "sealed", 0, "more", bad=(1,)), *sets(5, "sealed", 0, bad=([], None)),
    *sets(8, "box", good=("", "AA==", None), bad=("AB==", "AA=", "A", "====", 7)),

    *sets(5, "input", "body", "card", good=([0, 9], [1, 0, 0], [1], [1, "0"], [1, True], [1, None], "[1,0]", [[0, 0], [0, 1]], [[], 7]),
          bad=([1, 0], [0, -1], [-1, 0], [[1, 0]], {"x": [{"y": [1, 0]}]})),
    *sets(5, "events", 0, "body", "person", bad=([1, 0],)), *sets(6, "refusal", "takes", "person", bad=([1, 0],)),
    *sets(7, "events", 0, "body", "more", good=([0, 0, 0],), bad=([0, 0],)),

    *lacks(7, names=writer.entry(7)), *sets(7, "more", bad=(1,)), (7, lambda e: writer.dumped(dict(sorted(e.items()))), False),
    *within(b'"door"', b'"door', b'"',
            good=(b"", b"\\u0001", b"\\u001f", b"\\b", b"\x7f", b"\xc3\xa9", b"\xf4\x8f\xbf\xbf", b"\xef\xbb\xbf"),
            bad=(b"\\u001F", b"\\u0000", b"\\u0020", b"\\u0008", b"\\/", b"\x01", b"\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                 b"\\u00e9", b"\\ud83d\\ude00", b"\\'")),
    *within(b'"of":[', b'"of":[', b",",
            good=(b"0", b"-1", b"9007199254740991", b"-9007199254740991", b"true", b"{}", b'{"a":1,"b":1}', b"[" * 12 + b"]" * 12,
                  b'{"x":' * 12 + b"1" + b"}" * 12),
            bad=(b"-0", b"00", b"01", b"+1", b"1.0", b"1e3", b"1E3", b"9007199254740992", b"-9007199254740992", b"9" * 5000, b"NaN",
                 b"Infinity", b"-Infinity", b"nul", b"True", b"'x'", b"", b" 1", b"1 ", b'{"a":1,"a":1}', b"{1:2}", b"[1,]", b'{"a":1,}',
                 b"[" * 13 + b"]" * 13, b"[" * 9000 + b"]" * 9000, b'{"x":' * 13 + b"1" + b"}" * 13)),
    (7, lambda e: writer.dumped(e) + b" ", False), (7, lambda e: writer.dumped(e) + b"{}", False), (7, lambda e: b" " + writer.dumped(e), False),
    (7, lambda e: b"\xef\xbb\xbf" + writer.dumped(e), False), (7, lambda e: writer.dumped(e)[:-1], False), (7, lambda e: b"[]", False),
    (7, lambda e: b"null", False), (7, lambda e: b"", False),
    *sets(7, "input", "body", "door", good=("x" * (65534 - TIMER_BYTES),), bad=("x" * (65535 - TIMER_BYTES),)),
]

# After others: the first report under a second boot, and the next
AGAIN = writer.REBOOT + 1
ORDERS = [
    *sets(AGAIN, "from", "driver", "sequence", good=(7,)), *sets(AGAIN, "from", "driver", "boot", bad=("00000000000000aa",)),
    *sets(AGAIN + 4, "from", "driver", "sequence", good=(2,), bad=(1, 3)), *sets(AGAIN + 4, "from", "driver", "boot", bad=("00000000000000aa",)),
    *sets(AGAIN + 4, "from", "driver", "name", good=("new",)),
]

# By chance

TOKEN = re.compile(rb'"(?:\\.|[^"\\])*"|-?\d+|true|false|null|[\[\]{},:]')
PARTS = [
    b"null", b"true", b"0", b"-0", b"-1", b"07", b"1.0", b"1e3", b"9007199254740991", b"9007199254740992", b'""', b'"x"', b"[]", b"{}", b"[0,0]", b"[1,0]",
    b"[2,0]", b"[0,-1]", b"[0,0,0]", b'{"a":1,"a":2}', b'"\\u0000"', b'"\\u001f"', b'"\\u001F"', b'"\\/"', b'"\\n"', b'"\xc3\xa9"', b"\xed\xa0\x80", b"\xff",
    b" ", b",", b":", b'"', b"\\", b"[", b"]", b"{", b"}", b'"report"', b'"mission.InForce"', b'"AAAA"', b'"AA=="', b'"keep"', b"\n",
]
VALUES = [
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, "", "x", "é", "\x01", "a.b", "0" * 16, "0" * 32, "AAAA", NOISE, [], {}, [0, 0], [1, 0], [-1, 0], [0],
    [0, 0, 0], ["x"], {"x": 1}, {"core": {}}, {"name": "a.b", "body": {}}, {"name": "NO", "takes": {}},
]


def changed_bytes(body, chance):
    """A bit, or a token: left out, doubled, replaced, or joined by another."""
    spans = [found.span() for found in TOKEN.finditer(body)]
    begin, end = chance.choice(spans)
    other = body[slice(*chance.choice(spans))]
    return chance.choice([
        flipped(body, chance.randrange(len(body)), chance.randrange(8)), body[:begin] + body[end:], body[:end] + body[begin:end] + body[end:],
        body[:begin] + other + body[end:], body[:end] + chance.choice(PARTS) + body[end:], body[:begin] + chance.choice(PARTS) + body[end:]])


def changed_value(value, chance):
    """The same with one part, at any depth, replaced, left out, moved or doubled."""
    if not isinstance(value, (dict, list)) or not value or chance.random() < 0.15:
        return chance.choice(VALUES)
    key, way = chance.choice(list(value) if isinstance(value, dict) else range(len(value))), chance.randrange(12)
    if way == 0:
        del value[key]
    elif way == 1 and isinstance(value, dict):
        value["more"] = chance.choice(VALUES)
    elif way == 1:
        value.append(value[key])
    elif way == 2 and isinstance(value, dict):
        value[key] = value.pop(key)
    else:
        value[key] = changed_value(value[key], chance)
    return value


def changed(body, chance):
    """Half of the time not even JSON; sometimes changed twice."""
    for _ in range(chance.choice((1, 1, 1, 2))):
        try:
            canonical = chance.random() < 0.5
            body = writer.dumped(changed_value(json.loads(body), chance)) if canonical else changed_bytes(body, chance)
        except (ValueError, RecursionError, IndexError):  # of what the first change has left
            return body
    return body
