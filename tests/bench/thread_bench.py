#!/usr/bin/python3
"""thread_bench.py BUILD: from the moment a reader has told of a card to its OUT, through driver, core, commit and driver again, with 40 doors on
pseudo-terminals.

Lines and readers take no time here (chancery-world --instant), so what is left is the panel's own part and the commit. To tell the two apart the
mission runs twice: in memory, where a sync costs nothing, and on the disk, with SQLite's own commit of one such row on that disk beside it.
"""
import os
import shutil
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
import mission  # noqa: E402

BADGES = 600
PAUSE_S = 0.02


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def places_and_cards(m):
    """Every reader's place by door, and the cards of all badges, from the record."""
    places, cards = [], []
    link = m.link()
    link.send({"follow": {"from": 0}})
    for _ in range(m.status()["size"]):
        for event in link.receive()["entry"]["body"]["events"]:
            if event["name"] == "doors.ReaderAdded":
                places.append(f"{event['body']['line']}/{event['body']['address']}")
            elif event["name"] == "people.BadgeIssued":
                cards.append((event["body"]["card"], event["body"]["bits"]))
    link.close()
    return places, cards


def run(build, directory):
    """Microseconds from card to OUT, of every badge that was granted."""
    tempfile.tempdir = directory
    with mission.Mission(build, ("--still", "--instant")) as m:
        m.start()
        places, cards = places_and_cards(m)
        for i in range(BADGES):
            card, bits = cards[i * 7 % len(cards)]
            m.badge(places[i % len(places)], card, bits)
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


def report(name, times, limit=""):
    print(f"{name:<28} {quantile(times, 0.5):8.0f} µs median, {quantile(times, 0.99):.0f} µs p99{limit}; {len(times)} of {BADGES} badges granted", flush=True)


def main(build):
    on_disk = tempfile.mkdtemp(prefix="bench-", dir=build)
    try:
        memory = run(build, "/dev/shm")
        report("card to OUT, own part", memory, " | target p99 1000 µs")
        disk = run(build, on_disk)
        bare = bare_commits(on_disk)
        report("card to OUT, on this disk", disk, f" | SQLite's commit {quantile(bare, 0.5):.0f} µs median, {quantile(bare, 0.99):.0f} µs p99")
    finally:
        shutil.rmtree(on_disk)


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
