#!/usr/bin/python3
"""thread_bench.py BUILD: from the moment a reader has told of a card to its OUT, through driver, core, commit and driver again, with 40 doors on
pseudo-terminals.

Lines and readers take no time here (chancery-world --instant), so what is left is the panel's own part and the commit. To tell the two apart the
mission runs twice: in memory, where a sync costs nothing, and on the disk, with SQLite's own commit of one such row on that disk beside it. Card and OUT
each pass a pseudo-terminal, which the kernel hands on by a worker: an echo over one, there and back, is measured too.
"""
import os
import pty
import shutil
import sqlite3
import sys
import tempfile
import time
import tty

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import mission  # noqa: E402

BADGES = 600
PAUSE_S = 0.02


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def places_and_cards(m):
    """Every reader's place, and the cards of those who may go everywhere, from the record."""
    places, cards, trusted = [], [], set()
    for entry in m.seen():
        for event in entry["events"]:
            if event["name"] == "doors.ReaderAdded":
                places.append(f"{event['body']['line']}/{event['body']['address']}")
            elif event["name"] == "people.Enrolled" and "security_officer" in event["body"]["groups"]:
                trusted.add(event["body"]["person"])
            elif event["name"] == "people.BadgeIssued" and event["body"]["person"] in trusted:
                cards.append((event["body"]["card"], event["body"]["bits"]))
    return places, cards


def hurry(m):
    """The fastest lines there are: the two characters of silence before each frame are all that is left of a line's time, 87 µs."""
    path = os.path.join(m.path, "mission.yaml")
    with open(path, encoding="utf-8") as file:
        settings = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(settings.replace("baud: 115200", "baud: 230400"))


def run(build, directory):
    """Microseconds from card to OUT, of every badge that was granted."""
    tempfile.tempdir = directory
    with mission.Mission(build, ("--still", "--instant")) as m:
        hurry(m)
        m.start()
        places, cards = places_and_cards(m)
        for i in range(BADGES):
            m.badge(places[i % len(places)], *cards[i % len(cards)])
            time.sleep(PAUSE_S)
        time.sleep(0.5)
        return [e["after_us"] for e in m.events("out")]


def bare_commits(directory):
    """Microseconds of SQLite committing one row of an entry's size, in WAL mode with synchronous=FULL."""
    path = os.path.join(directory, "thread_bench.db")
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE entry(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    times = []
    for _ in range(BADGES):
        begin = time.perf_counter_ns()
        db.execute("INSERT INTO entry(body) VALUES (?)", (b"x" * 900,))
        times.append((time.perf_counter_ns() - begin) / 1000)
        time.sleep(PAUSE_S / 10)
    db.close()
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)
    return times


def echoes():
    """Microseconds from a byte's writing to a raw pseudo-terminal until its echo by another process is read."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    child = os.fork()
    if child == 0:
        while True:
            os.write(slave, os.read(slave, 64))
    times = []
    for _ in range(BADGES):
        begin = time.perf_counter_ns()
        os.write(master, b"x" * 40)
        os.read(master, 64)
        times.append((time.perf_counter_ns() - begin) / 1000)
        time.sleep(PAUSE_S / 10)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return times


def report(name, times, target, limit):
    p99 = quantile(times, 0.99)
    wanted = f" | under {target}: {'reached' if p99 < target else 'MISSED'}" if target else ""
    print(f"{name:<40} {p99:9.0f} us    {wanted} | median {quantile(times, 0.5):.0f} us; {limit}; {len(times)} of {BADGES} badges granted", flush=True)


def main(build):
    on_disk = tempfile.mkdtemp(prefix="bench-", dir=build)
    try:
        memory, echo = run(build, "/dev/shm"), echoes()
        report("card to OUT, own part, p99", memory, 1000, f"a terminal's echo {quantile(echo, 0.5):.0f} us, {quantile(echo, 0.99):.0f} us p99")
        disk = run(build, on_disk)
        bare = bare_commits(on_disk)
        report("card to OUT, on this disk, p99", disk, None, f"SQLite's commit {quantile(bare, 0.5):.0f} us, {quantile(bare, 0.99):.0f} us p99")
    finally:
        shutil.rmtree(on_disk)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
