#!/usr/bin/python3
"""stranger_test.py BUILD: chancery-verify and verify.py share nothing but docs/journal-format.md, and give the same answers: on good journals, on
every one that is broken in a way of broken.py, and on entries that chance has changed (CASES of them, from SEED).

A real mission's journal is put to both by check_mission(BUILD, directory).
"""
import contextlib
import functools
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import broken  # noqa: E402
import example  # noqa: E402
import verify  # noqa: E402
import writer  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CASES = int(os.environ.get("CASES", "800"))
SEED = int(os.environ.get("SEED", "1"))
PATIENCE_S = 60
GOOD = (verify.VERIFIED, verify.IN_PART)

PASSED, FAILED = 0, 0

# Curve arithmetic in Python is slow, and most journals here carry the same signatures.
verify.is_signed = functools.lru_cache(maxsize=None)(verify.is_signed)


def check(name, ok, what=""):
    global PASSED, FAILED
    PASSED, FAILED = PASSED + bool(ok), FAILED + (not ok)
    if not ok:
        print(f"FAIL {name}: {what}")
    return ok


# The two, and where each says that the first mistake is

def place(text):
    """"entry 7", also where a tile says so; or which tile, note or table."""
    entry = re.match(r"entry (-?\d+)|tile \(0, \d+\): hash \d+ is not that of entry (\d+)", text)
    other = re.match(r"tile|blob|the checkpoint|cosigned|the database", text)
    if entry:
        return f"entry {max(0, int(entry[1] or entry[2]))}"
    return other[0] if other else text


def ours(build, path, key, witnesses=()):
    """(exit code, place, words) of chancery-verify."""
    words = [word for witness in witnesses for word in ("--witness", witness)]
    program = os.path.join(build, "chancery-verify")
    done = subprocess.run([program, path, key, *words], capture_output=True, text=True, errors="replace", timeout=PATIENCE_S)
    if done.returncode in GOOD:
        return done.returncode, "", done.stdout
    says = (done.stderr.split("\n") + ["", ""])[1]
    return done.returncode, place(says), says or done.stderr


def read_key(path, kind):
    with open(path, encoding="utf-8") as file:
        return verify.Key(file.read(), kind)


def strangers(path, key, witnesses=()):
    """The same of verify.py, without starting a Python for each."""
    keys = [read_key(file, verify.WITNESS if i else verify.MISSION) for i, file in enumerate((key, *witnesses))]
    with contextlib.closing(sqlite3.connect(path)) as db:
        try:
            report, whole = verify.check_journal(db, keys[0], keys[1:])
        except (verify.Wrong, sqlite3.DatabaseError) as wrong:
            return verify.WRONG, place(str(wrong)), str(wrong)
    return verify.VERIFIED if whole else verify.IN_PART, "", "\n".join(report)


def agree(build, name, path, key=None, witnesses=(), code=None, where=None, good=None):
    """Both judge the journal alike and, as far as that is given, so: its exit code, where it is wrong, whether it is good."""
    one, other = (judge(path, key or path + ".vkey", witnesses) for judge in (functools.partial(ours, build), strangers))
    expected = all(given is None or given == found for given, found in ((code, one[0]), (where, one[1]), (good, one[0] in GOOD)))
    check(name, one[:2] == other[:2] and expected, f"expected {code} {where} {good}\n     chancery-verify: {one}\n     verify.py:       {other}")
    return one[0] in GOOD


# Good journals

def check_good(build, scratch):
    path = os.path.join(scratch, "good.db")
    for size in (1, 2, 3, 255, 256, 257, 513, 600):
        mission = writer.Mission().grow(size)
        mission.save(path)
        agree(build, f"{size} entries", path, code=verify.VERIFIED)
        agree(build, f"{size} entries, a witness that saw nothing", path, witnesses=[path + ".witness"], code=verify.IN_PART)
        for seen in {1, size // 2 + 1, size}:
            mission.save(path, cosigned=seen)
            agree(build, f"{size} entries, {seen} of them seen", path, witnesses=[path + ".witness"], code=verify.VERIFIED)
        for signed in {1, size // 2 + 1, size - 1} - {0, size}:
            mission.save(path, signed=signed)
            agree(build, f"{size} entries, {signed} of them signed", path, code=verify.IN_PART)
    fork = writer.Mission("chancery/test/2").grow(300, lambda e: e.update(incarnation=2))
    fork.save(path)
    agree(build, "a mission that went on after a fork", path, code=verify.VERIFIED)


# Broken ones

def change(path, sql, *values):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous=OFF")
        if values:
            db.execute(sql, values)
        else:
            db.executescript(sql)
        db.commit()


def copy(base, path):
    for end in ("", ".vkey", ".witness"):
        shutil.copyfile(base + end, path + end)


def check_storage(build, scratch):
    base, path = os.path.join(scratch, "base.db"), os.path.join(scratch, "broken.db")
    writer.Mission().grow(600).save(base, cosigned=300)
    for sql, where in broken.STORAGE:
        copy(base, path)
        change(path, sql)
        agree(build, sql, path, where=where or "", good=where is None)


def check_each_row(build, scratch):
    """Every row gone; a byte of every row, of every hash, of every note changed."""
    base, path = os.path.join(scratch, "base.db"), os.path.join(scratch, "broken.db")
    mission = writer.Mission().grow(258)
    mission.save(base, cosigned=257)
    chance = random.Random(SEED)
    for n, body in enumerate(mission.bodies):
        copy(base, path)
        change(path, "DELETE FROM entry WHERE seq = ?", n)
        agree(build, f"entry {n} gone", path, code=verify.WRONG, where=f"entry {n}")
        change(path, "INSERT INTO entry VALUES(?, ?)", n, broken.flipped(body, chance.randrange(len(body)), chance.randrange(8)))
        agree(build, f"entry {n} changed", path, code=verify.WRONG)  # of a boot, only a later report shows it
    for level, number, hashes in writer.tiles(mission.leaves):
        for i in range(0, len(hashes), 32 * 5):
            copy(base, path)
            change(path, "UPDATE tile SET hashes = ? WHERE level = ? AND number = ?", broken.flipped(hashes, i + chance.randrange(32)), level, number)
            where = f"entry {256 * number + i // 32}" if level == 0 else "tile"
            agree(build, f"tile ({level}, {number}), hash {i // 32} changed", path, code=verify.WRONG, where=where)


def check_each_byte_of_notes(build, scratch):
    base, path = os.path.join(scratch, "base.db"), os.path.join(scratch, "broken.db")
    mission = writer.Mission().grow(20)
    mission.save(base, cosigned=10)
    checkpoint, cosigned = mission.note(20), mission.note(10, (mission.witness, writer.WITNESSED_S))
    copy(base, path)
    for i in range(len(checkpoint)):
        change(path, "UPDATE checkpoint SET note = ?", broken.flipped(checkpoint, i))
        agree(build, f"byte {i} of the checkpoint", path, code=verify.WRONG, where="the checkpoint")
    copy(base, path)
    for i in range(len(cosigned)):
        change(path, "UPDATE cosigned SET note = ?", broken.flipped(cosigned, i))
        agree(build, f"byte {i} of what the witness signed", path, witnesses=[path + ".witness"])
        agree(build, f"byte {i} of it, by whoever has no witness's key", path)


def check_signed_wrongly(build, scratch):
    """Well signed by the mission, and wrong all the same; or strange, and right."""
    path, mission = os.path.join(scratch, "signed.db"), writer.Mission().grow(20)
    mission.save(path, cosigned=10)
    text, key, witness = mission.text(20), mission.key, mission.witness
    other, late = writer.Signer("chancery/test", bytes([9]) * 32), writer.Signer(witness.name, bytes([9]) * 32, verify.WITNESS)

    def noted(signed_text, *signers):
        return (signed_text + "\n" + "".join(signer.line(signed_text, 1 if signer.kind == verify.WITNESS else None) for signer in signers)).encode()
    rows = [(noted(change_text(text), key), False) for change_text in broken.TEXTS]
    rows += [(noted(text, key) + line.encode() + b"\n", False) for line in broken.LINES]
    rows += [(noted(text, key) + "— x ".encode() + b"A" * length + b"\n", True) for length in (8, 4000)]
    rows += [(noted(text, *signers), True) for signers in ((other, key), (key, witness), (late, key))]
    rows += [(noted(text, *signers), False) for signers in ((other,), (key, key), (witness,), (witness, key, witness))]
    rows.append((noted(text, key)[:-1], False))
    for note, good in rows:
        size = re.match(rb"[^\n]*\n([1-9][0-9]{0,15})\n", note)
        change(path, "DELETE FROM checkpoint")
        change(path, "INSERT INTO checkpoint VALUES(?, ?)", int(size[1]) if size else 20, note)
        agree(build, f"the checkpoint {note}", path, witnesses=[path + ".witness"], good=good)


def check_entries(build, scratch):
    path = os.path.join(scratch, "entry.db")
    for index, apply, good in broken.ENTRIES + broken.ORDERS:
        mission = writer.Mission().grow(index + 1, apply)
        mission.save(path)
        agree(build, f"entry {index}: {mission.bodies[index].decode(errors='replace')[:800]}", path, where="" if good else f"entry {index}", good=good)


def check_environment(build, scratch):
    """Entry 7 brings another environment in force; 8 stands under it, or says another."""
    path = os.path.join(scratch, "environment.db")
    for env, good in ((7, True), (0, False), (8, False)):
        mission = writer.Mission().grow(8, lambda e: e.update(env=7, events=[{"name": "mission.InForce", "body": {}}]))
        mission.grow(9, broken.inside("env", value=env)).save(path)
        agree(build, f"entry 8 under environment {env}", path, where="" if good else "entry 8", good=good)


    for second, good in (("start", True), ("timer", False)):  # before anything is in force, its rulebook is brought
        mission, first = writer.Mission().grow(1, broken.inside("events", value=[])), writer.entry(0)
        mission.grow(2, lambda e: e.update({**first, "index": 1, "events": [], "input": {**first["input"], "kind": second}})).save(path)
        agree(build, f"a {second} before anything is in force", path, where="" if good else "entry 1", good=good)
        mission.grow(3, lambda e: e.update({**first, "index": 2, "env": 2})).save(path)
        agree(build, f"a {second}, and then it comes in force", path, where="" if good else "entry 1", good=good)


def check_chance(build, scratch):
    """The last entry of a journal lies behind its checkpoint, so that only a tile has to follow each change."""
    path, chance, good = os.path.join(scratch, "chance.db"), random.Random(SEED), 0
    for last in (5, 6, 7, 8):
        mission = writer.Mission().grow(last + 1)
        mission.save(path, signed=last)
        for n in range(CASES // 4):
            body = broken.changed(mission.bodies[last], chance)
            change(path, "UPDATE entry SET body = ? WHERE seq = ?", body, last)
            change(path, "UPDATE tile SET hashes = ?", b"".join(mission.leaves[:last]) + writer.leaf(body))
            good += agree(build, f"seed {SEED}, entry {last}, case {n}: {body.decode(errors='replace')}", path)
    check("some of them are right and most are not", CASES < 100 or 0 < good < CASES // 2, f"{good} of {CASES}")


# Ed25519 by itself: the first three of RFC 8032's section 7.1

VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]


def check_signatures():
    for public, message, signature in VECTORS:
        public, message, signature = map(bytes.fromhex, (public, message, signature))
        check("RFC 8032, 7.1", verify.is_signed(public, message, signature))
        for i in range(0, 64, 7):
            check(f"RFC 8032, 7.1, byte {i} changed", not verify.is_signed(public, message, broken.flipped(signature, i)))
        s = int.from_bytes(signature[32:], "little") + verify.L
        check("RFC 8032, 5.1.7: S is below L", not verify.is_signed(public, message, signature[:32] + s.to_bytes(32, "little")))
        check("another message", not verify.is_signed(public, message + b"x", signature))
        check("another length", not verify.is_signed(public, message, signature + b"\0"))


# The programs as people call them

def call(*words):
    return subprocess.run([sys.executable, verify.__file__, *words], capture_output=True, text=True, timeout=PATIENCE_S)


def check_program(scratch):
    path = os.path.join(scratch, "program.db")
    mission = writer.Mission().grow(30)
    mission.save(path, cosigned=20)
    done = call(path, path + ".vkey", path + ".witness")
    seen = "saw 20 entries at 2023-11-14T22:15:23Z"
    check("a good journal", done.returncode == verify.VERIFIED and done.stdout.startswith("verified\n") and seen in done.stdout, done)
    mission.save(path, signed=20)
    done = call(path, path + ".vkey")
    tail = "10 entries, from entry 20 on, since 2023-11-14T22:13:25Z"
    check("a tail", done.returncode == verify.IN_PART and "ONLY" in done.stdout and tail in done.stdout, done)
    done = call(path, path + ".witness")
    check("not that key", done.returncode == 1 and "key" in done.stderr, done)
    done = call(path + ".none", path + ".vkey")
    check("no file", done.returncode == 1 and ".none" in done.stderr, done)
    check("usage", call(path).returncode == verify.USAGE, "")
    change(path, "UPDATE entry SET body = X'7B7D' WHERE seq = 4")
    done = call(path, path + ".vkey")
    check("a wrong one", done.returncode == verify.WRONG and "NOT VERIFIED" in done.stderr and "entry 4: " in done.stderr and not done.stdout, done)
    with contextlib.closing(sqlite3.connect(path)) as db:  # a mission that runs: what is new lies in the -wal alone
        db.execute("DELETE FROM entry WHERE seq = 2")
        db.commit()
        done = call(path, path + ".vkey")
        check("a -wal", "entry 2: " in done.stderr, done)
    with open(verify.__file__, encoding="utf-8") as file:
        check("it can be read in one sitting", sum(1 for _ in file) < 300)


def check_our_program(build, scratch):
    """What only chancery-verify has: notes kept from one time to the next, and its other exits."""
    path, kept = os.path.join(scratch, "ours.db"), os.path.join(scratch, "kept")

    def expect(name, code, *words, says="", key=path + ".vkey"):
        done = subprocess.run([os.path.join(build, "chancery-verify"), path, key, *words], capture_output=True, text=True, timeout=PATIENCE_S)
        check(f"chancery-verify, {name}", done.returncode == code and says in done.stdout + done.stderr, done)
        check(f"chancery-verify, {name}: said aloud", (code == verify.VERIFIED) == (done.stderr == ""), done)
    mission = writer.Mission().grow(30)
    mission.save(path)
    expect("a note to keep", verify.VERIFIED, "--save", kept, says="saved")
    with open(kept, "rb") as file:
        check("the kept note", file.read() == mission.note(30))
    mission.grow(40).save(path, cosigned=40)
    expect("grown", verify.VERIFIED, "--since", kept, says="still begins with the 30 entries")
    expect("a witness", verify.VERIFIED, "--witness", path + ".witness", says="witness.example/w1 saw 40 entries at 2023-11-14T22:15:23Z")
    mission.save(path, signed=35)
    expect("a tail", verify.IN_PART, "--since", kept, says="unproved  5, from entry 35 on, since 2023-11-14T22:13:28.750Z")
    expect("a witness that saw nothing", verify.IN_PART, "--witness", path + ".witness", says="nothing of witness.example/w1 lies here")
    mission.save(path, signed=25)
    expect("shorter", verify.WRONG, "--since", kept, says="25 signed entries, the saved checkpoint 30")
    writer.Mission().grow(9, broken.inside("box", value=None)).grow(40).save(path)
    expect("another past", verify.WRONG, "--since", kept, says="no longer begins with the 30 entries")
    writer.Mission("chancery/test/2").grow(40).save(path)
    expect("an incarnation later", verify.VERIFIED, "--since", kept, says="still begins with the 30 entries")
    late = 2**64 - 1
    change(path, "INSERT INTO cosigned VALUES('witness.example/w1', 40, ?)", writer.Mission("chancery/test/2").grow(40).note(40, (mission.witness, late)))
    expect("a witness whose clock is wrong by ages", verify.VERIFIED, "--witness", path + ".witness", says="saw 40 entries at")
    check("the same", strangers(path, path + ".vkey", [path + ".witness"])[0] == verify.VERIFIED)
    expect("not the mission's key", 1, key=path + ".witness", says="of type 0x04, expected 0x01")
    expect("not a witness's key", 1, "--witness", path + ".vkey", says="of type 0x01, expected 0x04")
    expect("no note", 1, "--since", kept + ".none", says="No such file")
    expect("no sense", verify.USAGE, "--sense", says="usage")
    expect("too many witnesses", verify.USAGE, *["--witness", path + ".witness"] * 17, says="usage")


def check_page():
    with open(os.path.join(ROOT, "docs/journal-format.md"), encoding="utf-8") as file:
        check("the page has the example as example.py makes it", example.block() in file.read(), "\n" + example.block())


# A real mission's journal, and one that passes for it here

def check_directory(build, scratch):
    directory = os.path.join(scratch, "mission")
    os.makedirs(os.path.join(directory, "keys"))
    writer.Mission().grow(300).save(os.path.join(directory, "journal.db"))
    os.rename(os.path.join(directory, "journal.db.vkey"), os.path.join(directory, "keys", "journal.vkey"))
    check("a mission's directory", check_mission(build, directory, breaks=10))


def check_mission(build, directory, breaks=40):
    """Both find it good; and both find, at the same entry, what is then broken in copies of it. True if all was so."""
    failed, chance, journal = FAILED, random.Random(SEED), os.path.join(directory, "journal.db")
    key = os.path.join(directory, "keys", "journal.vkey")
    with tempfile.TemporaryDirectory(prefix="stranger-") as scratch:
        base, path = os.path.join(scratch, "base.db"), os.path.join(scratch, "broken.db")
        for end in ("", "-wal") if os.path.exists(journal + "-wal") else ("",):
            shutil.copyfile(journal + end, base + end)
        with contextlib.closing(sqlite3.connect(base)) as db:
            rows = db.execute("SELECT seq, body FROM entry").fetchall()
            tiles = db.execute("SELECT level, number, hashes FROM tile").fetchall()
        agree(build, directory, base, key, good=True)
        for _ in range(breaks):
            (seq, body), (level, number, hashes) = chance.choice(rows), chance.choice(tiles)
            for sql, *values in (
                    ("DELETE FROM entry WHERE seq = ?", seq),
                    ("UPDATE entry SET body = ? WHERE seq = ?", broken.changed(body, chance), seq),
                    ("UPDATE tile SET hashes = ? WHERE level = ? AND number = ?", broken.flipped(hashes, chance.randrange(len(hashes))), level, number)):
                shutil.copyfile(base, path)
                change(path, sql, *values)
                agree(build, f"{directory}: {sql} {values}", path, key)
    return FAILED == failed


def main():
    build = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="stranger-") as scratch:
        check_page()
        check_signatures()
        check_program(scratch)
        for one in (check_our_program, check_good, check_storage, check_each_row, check_each_byte_of_notes, check_signed_wrongly, check_entries,
                    check_environment, check_chance, check_directory):
            one(build, scratch)
    print(f"{PASSED} passed, {FAILED} failed")
    sys.exit(FAILED > 0)


if __name__ == "__main__":
    main()
