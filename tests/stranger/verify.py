#!/usr/bin/python3
"""Verifies a journal of Chancery: by a stranger, from docs/journal-format.md and the standards that it names, with Python's standard library alone.

    verify.py JOURNAL.db VKEYFILE [VKEYFILE of a witness]…

Ends with 0 if the journal is verified, 5 if a part of it is proved, 4 if it is not what it must be, 1 if it cannot be read, 2 if called wrongly.
The mission must rest meanwhile, or JOURNAL.db be a copy (with the -wal beside it, if there is one). A million entries take some two minutes.
"""
import base64, contextlib, hashlib, json, os, re, shutil, sqlite3, sys, tempfile, time

VERIFIED, USAGE, WRONG, IN_PART = 0, 2, 4, 5
MISSION, WITNESS = 1, 4  # types of keys

class Wrong(ValueError): pass  # and what is wrong, beginning with where

@contextlib.contextmanager
def at(place):
    """Whatever is found wrong inside is said to be there."""
    try:
        yield
    except (ValueError, RecursionError) as wrong:  # UTF-8, base64 and JSON that are none are ValueErrors too
        raise Wrong(f"{place}: {wrong}") from None

def require(good, what):
    if not good:
        raise Wrong(what)

# Ed25519: RFC 8032, section 5.1. A point is (x, y).
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

def plus(p, q):
    (x1, y1), (x2, y2) = p, q
    both = D * x1 * x2 * y1 * y2 % P
    inverse = pow(1 - both * both, -1, P)
    return (x1 * y2 + x2 * y1) * (1 - both) * inverse % P, (y1 * y2 + x1 * x2) * (1 + both) * inverse % P

def times(n, p):
    half = times(n // 2, plus(p, p)) if n > 1 else (0, 1)
    return plus(half, p) if n % 2 else half

def point(data):  # section 5.1.3; None if there is no such point
    y, odd = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and odd):
        return None
    return (x if x % 2 == odd else P - x), y

BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))

def is_signed(public, message, signature):  # section 5.1.7
    if len(signature) != 64 or point(public) is None or point(signature[:32]) is None:
        return False
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return s < L and times(s, BASE) == plus(point(signature[:32]), times(k, point(public)))

# Keys and notes: C2SP signed-note, tlog-checkpoint, tlog-cosignature
def unbase64(text):
    data = base64.b64decode(text, validate=True)
    require(base64.b64encode(data).decode() == text, "base64 in another form")
    return data

def is_key_name(name): return name != "" and not any(c.isspace() or c in "+\x7f" for c in name)

class Key:
    def __init__(self, line, kind):
        self.name, number, data = (line.removesuffix("\n").split("+", 2) + ["", ""])[:3]
        data, self.kind = unbase64(data), kind
        require(is_key_name(self.name) and len(data) == 33 and data[0] == kind, "that is not a key of its kind")
        self.public, self.id = data[1:], hashlib.sha256(self.name.encode() + b"\n" + data).digest()[:4]
        require(number == self.id.hex(), "the key's id is not that of its name and bytes")

class Note:
    """A checkpoint: its text, size and root, and the lines under it as (name, bytes)."""
    def __init__(self, data, key):
        require(type(data) is bytes and len(data) <= 65536, "the note is not of its form")
        lines = data.decode().split("\n")
        require(len(lines) >= 6 and lines[3] == lines[-1] == "" and min("".join(lines)) >= " ", "the note is not of its form")
        require(lines[0] == key.name and re.match("chancery/.", lines[0]), "line 1: the origin is not the key's name")
        require(re.fullmatch("[1-9][0-9]{0,15}", lines[1]), "line 2: the size is not a number above 0")
        self.text, self.size, self.root = "\n".join(lines[:3]) + "\n", int(lines[1]), unbase64(lines[2])
        require(len(self.root) == 32, "line 3: the root has not 32 bytes")
        self.lines = []
        for number, line in enumerate(lines[4:-1], 5):
            dash, name, data = (line.split(" ", 2) + ["", ""])[:3]
            self.lines.append((name, unbase64(data)))
            require(dash == "—" and is_key_name(name) and len(self.lines[-1][1]) > 4, f"line {number} is not a signature")
        require(self.signed_by(key) is not None, f"no line is a signature by key {key.name}")

    def signed_by(self, key):
        """None if it is not; else 0, or when the witness has seen it, in seconds since 1970."""
        found = [data[4:] for name, data in self.lines if name == key.name and data[:4] == key.id]
        require(len(found) < 2, f"there is a second signature by key {key.name}")
        if not found:
            return None
        stamp = found[0][:8] if key.kind == WITNESS else b""
        seconds = int.from_bytes(stamp, "big")
        head = f"cosignature/v1\ntime {seconds}\n" if key.kind == WITNESS else ""
        require(is_signed(key.public, (head + self.text).encode(), found[0][len(stamp):]), f"the signature by key {key.name} is wrong")
        return seconds

# The tree: RFC 6962, section 2.1
def leaf_hash(body): return hashlib.sha256(b"\x00" + body).digest()

def root_of(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << (len(hashes) - 1).bit_length() - 1  # the largest power of two below their number
    return hashlib.sha256(b"\x01" + root_of(hashes[:k]) + root_of(hashes[k:])).digest()

def check_tiles(stored, hashes, level=0):
    """`stored` has them all by (level, number); `hashes` are what this level's tiles must hold."""
    parts = [hashes[i:i + 256] for i in range(0, len(hashes), 256)]
    for number, part in enumerate(parts):
        with at(f"tile ({level}, {number})"):
            found = stored.pop((level, number), None)
            require(type(found) is bytes and len(found) == 32 * len(part), f"is missing, or has not {len(part)} hashes")
            for i, one in enumerate(part):
                require(found[32 * i:32 * i + 32] == one, f"hash {i} is not that of {'tile' if level else 'entry'} {256 * number + i}")
    require(hashes or not stored, f"tile {min(stored, key=str, default=None)}: is too many")
    if hashes:
        check_tiles(stored, [root_of(part) for part in parts if len(part) == 256], level + 1)

# Canonical JSON: what Python writes again to the same bytes, but for a few things that Python is too kind to
def check_parts(value, depth=0):
    require(type(value) is not float, "a number is not an integer")
    require(type(value) is not int or abs(value) < 2**53, "an integer is too large")
    require(type(value) is not str or "\0" not in value, "U+0000 occurs")
    if type(value) in (dict, list):
        require(depth < 16, "nested more than 16 deep")
        for part in [*value, *value.values()] if type(value) is dict else value:
            check_parts(part, depth + 1)

def canonical(body):
    require(type(body) is bytes and len(body) <= 65535, "is not a blob of at most 65535 bytes")
    value = json.loads(body.decode())
    check_parts(value)
    require(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() == body, "is not canonical")
    return value

# An entry. Each of these answers whether a value is of a form, or makes such an answer.
def is_text(v): return type(v) is str
def is_count(v): return type(v) is int and v >= 0
def is_object(v): return type(v) is dict
def is_name(v): return is_text(v) and re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", v)
def is_base64(v): return is_text(v) and unbase64(v) is not None
def is_pair(v): return type(v) is list and [type(part) for part in v] == [int, int]
def is_marker(v): return is_pair(v) and min(v) >= 0
def hexadecimal(n): return lambda v: is_text(v) and re.fullmatch("[0-9a-f]{%d}" % n, v)
def or_null(form): return lambda v: v is None or form(v)
def array(form): return lambda v: type(v) is list and all(map(form, v))
def members(**forms): return lambda v: is_object(v) and list(v) == list(forms) and all(form(v[name]) for name, form in forms.items())
def either(*forms): return lambda v: any(form(v) for form in forms)

SENDER = either(members(driver=members(name=is_text, boot=hexadecimal(16), sequence=lambda n: is_count(n) and n > 0, ago=is_count)),
                members(operator=members(login=is_text)), members(core=members()))
FACT = either(members(name=is_text, value=array(is_text)), members(name=is_text, value=lambda v: v == [], known=lambda v: v is False))
BECAUSE = members(rulebook=is_text, outcome=is_text, spoke=array(is_text), outweighed=array(members(rule=is_text, by=is_text, why=is_text)),
                  facts=array(FACT), personal=is_marker)
PACKET = members(keep=is_text, month=is_count, mark=hexadecimal(16), data=is_base64)
ENTRY = {"format": lambda v: v == 2, "index": is_count, "incarnation": is_count, "wall": is_count, "elapsed": is_count, "env": is_count,
         "salt": hexadecimal(32), "from": SENDER, "checked": or_null(is_object), "input": members(kind=is_text, name=is_name, body=is_object),
         "refusal": or_null(members(name=is_text, takes=is_object)), "events": array(members(name=is_name, body=is_object)),
         "because": or_null(BECAUSE), "law": or_null(is_object), "sealed": array(PACKET), "box": or_null(is_base64)}
KINDS = {"driver": ["report"], "operator": ["command"], "core": ["timer", "start"]}

def pairs(value):
    """All arrays of exactly two integers, at any depth."""
    if is_pair(value):
        yield value
    elif type(value) in (dict, list):
        for part in value.values() if is_object(value) else value:
            yield from pairs(part)

def check_sealed(e):
    when = time.gmtime(e["wall"] // 1000)
    for packet in e["sealed"]:
        require(packet["month"] == (12 * (when.tm_year - 1970) + when.tm_mon if packet["keep"] else 0), "member sealed: the month is another")
        require(len(unbase64(packet["data"])) in range(48, 65536, 32), "member sealed: data is not 48 bytes, or 32, 64 … more")
    bodies = [e["input"]["body"], (e["refusal"] or {}).get("takes"), *(event["body"] for event in e["events"]), (e["because"] or {}).get("personal")]
    for found in pairs(bodies):
        require(is_marker(found) and found[0] < len(e["sealed"]), f"member sealed: there is no packet for the marker {found}")

def check_entry(body):
    """What it must be by itself."""
    e = canonical(body)
    require(is_object(e) and list(e) == list(ENTRY), "the members are not these, in this order")
    for name, form in ENTRY.items():
        require(form(e[name]), f"member {name}: is not of its form")
    require(e["input"]["kind"] in KINDS[min(e["from"])], f"member input: a {e['input']['kind']} does not come from there")
    require(len(e["events"]) <= 64 and not (e["refusal"] and e["events"]), "member events: are more than 64, or the input was refused")
    require(len(e["sealed"]) <= 64, "member sealed: has more than 64 packets")
    check_sealed(e)
    return e

def check_report(boots, name, boot, sequence, ago):
    reported = boots.setdefault(name, {})  # all boots of this driver, the newest last, with their newest sequence
    goes_on = next(reversed(reported), None) == boot
    require(goes_on or boot not in reported, f"member from: {boot} is an older boot of {name}")
    require(not goes_on or sequence == reported[boot] + 1, f"member from: sequence {sequence} does not follow")
    reported[boot] = sequence

def check_entries(rows):
    leaves, walls, boots, env = [], [], {}, None  # the first two of which are returned
    last = {"incarnation": 1, "wall": 0, "elapsed": 0}
    for n, (number, body) in enumerate(rows):
        with at(f"entry {n}"):
            require(type(number) is int and number == n, f"is missing; the next is {number}")
            e = check_entry(body)
            env = n if any(event["name"] == "mission.InForce" for event in e["events"]) else env
            require(e["index"] == n, f"member index: is {e['index']}")
            require(n > 0 or e["incarnation"] == 1, "member incarnation: is not 1 at first")
            for name in ("incarnation", "wall", "elapsed"):
                require(e[name] >= last[name], f"member {name}: is less than in the entry before")
            require(e["env"] == (env or 0) and (env is not None or e["input"]["kind"] == "start"), "member env: is not the newest entry in force")
            if "driver" in e["from"]:
                check_report(boots, **e["from"]["driver"])
        last = e
        leaves.append(leaf_hash(body))
        walls.append(e["wall"])
    return leaves, walls

# The database
TABLES = {"entry": "seq INTEGER, body BLOB", "tile": "level INTEGER, number INTEGER, hashes BLOB",
          "checkpoint": "size INTEGER, note BLOB", "cosigned": "witness TEXT, size INTEGER, note BLOB", "blob": "hash BLOB, owner TEXT, data BLOB"}

def check_file(db):
    for pragma, number in (("application_id", 1128813433), ("user_version", 2)):
        require(db.execute(f"PRAGMA {pragma}").fetchone() == (number,), f"the database: {pragma} is not {number}")
    for table, columns in TABLES.items():
        found = db.execute("SELECT (SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info(?1)) FROM sqlite_schema"
                           " WHERE name = ?1 AND type = 'table'", (table,)).fetchone()
        require(found == (columns,), f"the database: table {table} is missing or another")

def read_notes(db, key):
    """{place: note}: the checkpoint's first, then those of the witnesses."""
    rows = db.execute("SELECT 'the checkpoint', NULL, size, note FROM checkpoint").fetchall()
    require(len(rows) == 1, "the checkpoint: there is none, or more than one")
    rows += db.execute("SELECT 'cosigned by ' || witness, witness, size, note FROM cosigned ORDER BY size, witness")
    notes = {}
    for place, witness, size, data in rows:
        with at(place):
            note = notes[place] = Note(data, key)
            require(type(size) is int and size == note.size, f"line 2: the size is {note.size}, the row says {size}")
            require(size <= rows[0][2], "is newer than the checkpoint")
            require(len(notes) == 1 or (witness, 76) in [(name, len(line)) for name, line in note.lines], "no line is a cosignature of that name")
    return notes

def check_journal(db, key, witnesses=()):
    """What to tell, and whether all that was asked is proved."""
    db.text_factory = lambda text: text.decode(errors="replace")  # of what should be a blob, and must not end us
    check_file(db)
    notes = read_notes(db, key)
    seen = {witness.name: (0, 0) for witness in witnesses}
    for place, note in notes.items():
        for witness in witnesses:
            with at(place):
                if (seconds := note.signed_by(witness)) is not None:
                    seen[witness.name] = max(seen[witness.name], (note.size, seconds))
    size = notes["the checkpoint"].size
    leaves, walls = check_entries(db.execute("SELECT seq, body FROM entry ORDER BY seq"))
    require(len(leaves) >= size, f"entry {len(leaves)}: is missing; the checkpoint has {size} entries")
    check_tiles({row[:2]: row[2] for row in db.execute("SELECT level, number, hashes FROM tile")}, leaves)
    for place, note in notes.items():
        require(root_of(leaves[:note.size]) == note.root, f"{place}: line 3: the root is not that of the first {note.size} entries")
    for digest, owner, data in db.execute("SELECT hash, owner, data FROM blob"):
        require(type(owner) is str and type(data) is bytes and digest == hashlib.sha256(data).digest(), f"blob {digest}: is not what its hash says")
    report = [f"entries   {len(leaves)}, from {moment(walls[0] // 1000)} to {moment(walls[-1] // 1000)}"]
    if len(leaves) > size:
        report.append(f"UNSIGNED  {len(leaves) - size} entries, from entry {size} on, since {moment(walls[size] // 1000)}")
    for name, (entries, seconds) in seen.items():
        report.append(f"witness   {name} saw {entries} entries at {moment(seconds)}" if entries else f"UNSEEN    by {name}")
    return report, len(leaves) == size and all(entries for entries, _ in seen.values())

def moment(seconds): return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(seconds, 2**43)))  # which is far enough

def main(path, *files):
    keys = [Key(open(file, encoding="utf-8").read(), WITNESS if i else MISSION) for i, file in enumerate(files)]
    with tempfile.TemporaryDirectory() as folder:
        for end in ["", "-wal"] if os.path.exists(path + "-wal") else [""]:  # SQLite brings a -wal in when it opens, and nothing here may be changed
            shutil.copyfile(path + end, os.path.join(folder, "journal.db" + end))
        try:
            report, whole = check_journal(sqlite3.connect(os.path.join(folder, "journal.db")), keys[0], keys[1:])
        except (Wrong, sqlite3.DatabaseError) as wrong:
            return print(f"NOT VERIFIED: {path}\n{wrong}", file=sys.stderr) or WRONG
    print("verified" if whole else "VERIFIED IN PART ONLY", path, *report, sep="\n")
    return VERIFIED if whole else IN_PART

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(print(__doc__, file=sys.stderr) or USAGE)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, ValueError) as why:
        sys.exit(str(why))
