#!/usr/bin/python3
"""tiles.py on logs of sizes at which trees change their form, whole and with each kind of file broken. The logs are made here, with writer.py's tree."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tiles  # noqa: E402
import verify  # noqa: E402
import writer  # noqa: E402

SIZES = (1, 255, 256, 257, 600, 70000)
PATIENCE_S = 120

PASSED, FAILED = 0, 0


def check(name, ok, what=""):
    global PASSED, FAILED
    PASSED, FAILED = PASSED + bool(ok), FAILED + (not ok)
    if not ok:
        print(f"FAIL {name}: {what}")


def write(directory, place, data):
    path = os.path.join(directory, place)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def number_path(number):
    """By the words of C2SP: three-digit groups, all but the last with an x."""
    text = str(number)
    text = text.rjust((len(text) + 2) // 3 * 3, "0")
    groups = [text[i:i + 3] for i in range(0, len(text), 3)]
    return "/".join([*("x" + group for group in groups[:-1]), groups[-1]])


def export(mission, directory):
    """Every file of the log at its present size."""
    size = len(mission.bodies)
    write(directory, "checkpoint", mission.note(size))
    write(directory, "vkey", mission.key.vkey.encode())
    for level, number, hashes in writer.tiles(mission.leaves):
        width = len(hashes) // 32
        write(directory, f"tile/{level}/{number_path(number)}" + (f".p/{width}" if width < 256 else ""), hashes)
    for number in range(0, size, 256):
        some = mission.bodies[number:number + 256]
        bundle = b"".join(len(body).to_bytes(2, "big") + body for body in some)
        write(directory, f"tile/entries/{number_path(number // 256)}" + (f".p/{len(some)}" if len(some) < 256 else ""), bundle)


def says(directory):
    with open(os.path.join(directory, "vkey"), encoding="utf-8") as file:
        key = verify.Key(file.read(), verify.MISSION)
    try:
        return tiles.check_log(directory, key)
    except verify.Wrong as wrong:
        return str(wrong)


def check_paths():
    for number, path in ((0, "000"), (67, "067"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (10**9, "x001/x000/x000/000")):
        check(f"the path of tile {number}", tiles.place_of(3, number, 256) == f"tile/3/{path}", tiles.place_of(3, number, 256))
        check(f"the same by this test {number}", number_path(number) == path, number_path(number))
        check(f"of a partial tile {number}", tiles.place_of(3, number, 112) == f"tile/3/{path}.p/112", tiles.place_of(3, number, 112))


def check_sizes(scratch):
    mission = writer.Mission()
    for size in SIZES:
        directory = os.path.join(scratch, str(size))
        export(mission.grow(size), directory)
        check(f"{size} entries", says(directory) == size, says(directory))
    there = {place for place in ("tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1", "tile/entries/273.p/112")
             if os.path.exists(os.path.join(scratch, "70000", place))}
    check("70,000 leaves are in the files of C2SP's example", len(there) == 6, there)


def changed(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


# A log of 600 entries: which file, what becomes of it, and what is said
BROKEN = [
    ("checkpoint", lambda d: changed(d, 3), "checkpoint: line 1"),
    ("checkpoint", lambda d: changed(d, -10), "checkpoint: the signature"),
    ("checkpoint", lambda d: d[:-1], "checkpoint: "),
    ("checkpoint", lambda d: d + "— x AAAAAAA=\n".encode(), 600),
    ("tile/0/000", lambda d: changed(d, 0), "tile/0/000: hash 0 is not that of entry 0"),
    ("tile/0/001", lambda d: changed(d, -1), "tile/0/001: hash 255 is not that of entry 511"),
    ("tile/0/001", lambda d: d[:-32], "tile/0/001: has not 256 hashes"),
    ("tile/0/001", lambda d: d + bytes(32), "tile/0/001: has not 256 hashes"),
    ("tile/0/001", None, "tile/0/001: is missing"),
    ("tile/0/002.p/88", None, "tile/0/002.p/88: is missing"),
    ("tile/0/002.p/88", lambda d: changed(d, 32 * 87), "tile/0/002.p/88: hash 87 is not that of entry 599"),
    ("tile/0/002.p/88", lambda d: d + bytes(32), "tile/0/002.p/88: has not"),
    ("tile/1/000.p/2", lambda d: changed(d, 40), "tile/1/000.p/2: hash 1 is not that of tile 1 below"),
    ("tile/1/000.p/2", None, "tile/1/000.p/2: is missing"),
    ("tile/entries/000", None, "tile/entries/000: is missing"),
    ("tile/entries/000", lambda d: d[:-1], "tile/entries/000: ends within entry 255 of it"),
    ("tile/entries/000", lambda d: d + b"\0", "tile/entries/000: ends within entry 256 of it"),
    ("tile/entries/000", lambda d: d + b"\0\0", "tile/entries/000: has 257 entries"),
    ("tile/entries/000", lambda d: b"\xff\xff" + d[2:], "tile/entries/000: "),
    ("tile/entries/001", lambda d: d.replace(b"doors.held", b"doors.hold", 1), "tile/0/001: hash 3 is not that of entry 259"),
    ("tile/entries/001", lambda d: d.replace(b'"sequence":65', b'"sequence":66', 1), "entry 457: member from"),
    ("tile/entries/002.p/88", lambda d: d.replace(b"{", b" ", 1), "entry 512: "),
    ("tile/entries/002.p/88", None, "tile/entries/002.p/88: is missing"),
]


def check_broken(scratch):
    for place, change, expected in BROKEN:
        directory = os.path.join(scratch, "broken")
        shutil.copytree(os.path.join(scratch, "600"), directory)
        path = os.path.join(directory, place)
        with open(path, "rb") as file:
            data = file.read()
        os.unlink(path)
        if change:
            write(directory, place, change(data))
        found = says(directory)
        check(f"{place}: {expected}", str(found).startswith(str(expected)), found)
        shutil.rmtree(directory)


def check_grown(scratch):
    """The files of 600 entries serve a checkpoint of 300 too: the full tile stands for the partial one."""
    directory = os.path.join(scratch, "grown")
    shutil.copytree(os.path.join(scratch, "600"), directory)
    write(directory, "checkpoint", writer.Mission().grow(300).note(300))
    os.rename(os.path.join(directory, "tile/1/000.p"), os.path.join(directory, "tile/1/other"))
    write(directory, "tile/1/000.p/1", writer.root(writer.Mission().grow(256).leaves))
    check("an earlier checkpoint", says(directory) == 300, says(directory))


def check_program(scratch):
    def call(*words):
        return subprocess.run([sys.executable, tiles.__file__, *words], capture_output=True, text=True, timeout=PATIENCE_S)
    directory = os.path.join(scratch, "257")
    key = os.path.join(directory, "vkey")
    done = call(directory, key)
    check("a good log", done.returncode == verify.VERIFIED and "entries  257" in done.stdout, done)
    os.unlink(os.path.join(directory, "tile/0/001.p/1"))
    done = call(directory, key)
    check("a broken one", done.returncode == verify.WRONG and "tile/0/001.p/1: is missing" in done.stderr and not done.stdout, done)
    check("no directory", call(os.path.join(scratch, "none"), key).returncode == 1)
    check("no key", call(directory, os.path.join(directory, "checkpoint")).returncode == 1)
    check("usage", call(directory).returncode == verify.USAGE)


def main():
    check_paths()
    with tempfile.TemporaryDirectory(prefix="tiles-") as scratch:
        check_sizes(scratch)
        check_broken(scratch)
        check_grown(scratch)
        check_program(scratch)
    print(f"{PASSED} passed, {FAILED} failed")
    sys.exit(FAILED > 0)


if __name__ == "__main__":
    main()
