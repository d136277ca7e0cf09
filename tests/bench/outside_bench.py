#!/usr/bin/python3
"""outside_bench.py BUILD: export and backup of a mission while it runs, and what a witness answers in a second, beside SQLite's own commit of such a row,
measured in turn in the same directory."""
import os
import socket
import sqlite3
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tests", "system"), os.path.join(ROOT, "tests", "witness")]
BUILD = os.path.abspath(sys.argv[1])
from mission import Mission  # noqa: E402
from witness_test import Log, Witness  # noqa: E402

PEOPLE = 9000
SIZES = 600
ROUNDS = 5


def enrol(mission, n):
    """As fast as the core takes them: lines are sent in heaps, answers read later."""
    link = mission.link()
    for begin in range(0, n, 200):
        lines = "".join(f'{{"command":{{"name":"people.enrol","body":{{"name":"Guest {i}","groups":["visitor"],"clearance":0}}}}}}\n'
                        for i in range(begin, begin + 200))
        link.socket.sendall(lines.encode())
        for _ in range(200):
            link.receive()
    link.close()


def run_outside():
    with Mission(BUILD) as mission:
        mission.start()
        enrol(mission, PEOPLE)
        size = mission.status()["size"]
        for command in ("export", "backup"):
            begin = time.monotonic()
            mission.run(command, "out-" + command)
            seconds = time.monotonic() - begin
            print(f"{command + ', the mission running':<36} {size / seconds:9.0f} /s, {size} entries")


def exchange(s, request):
    s.sendall(request)
    answer = s.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200"), answer


def http(body):
    return b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


def run_witness():
    log = Log("chancery/bench", 1, SIZES * ROUNDS + 1)
    requests = [http(log.request(size, size + 1)) for size in range(SIZES * ROUNDS)]
    with Witness(logs=[log]) as witness:
        database = sqlite3.connect(os.path.join(witness.directory, "bare.db"), isolation_level=None)
        database.executescript("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                               "CREATE TABLE seen(origin TEXT PRIMARY KEY, size, root, time, note) WITHOUT ROWID;"
                               "INSERT INTO seen VALUES('a', 0, zeroblob(32), 0, zeroblob(350))")
        ours, bare = [], []
        with socket.create_connection(("127.0.0.1", witness.port)) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for turn in range(ROUNDS):
                begin = time.monotonic()
                for request in requests[turn * SIZES:(turn + 1) * SIZES]:
                    exchange(s, request)
                middle = time.monotonic()
                for size in range(SIZES):
                    database.execute("UPDATE seen SET size = ?1, root = randomblob(32), note = randomblob(350) WHERE origin = 'a'", (size,))
                ours.append(SIZES / (middle - begin))
                bare.append(SIZES / (time.monotonic() - middle))
        rate, limit = sorted(ours)[ROUNDS // 2], sorted(bare)[ROUNDS // 2]
        print(f"{'a witness cosigns | SQLite commits':<36} {rate:9.0f} /s | {limit:9.0f} /s | {rate / limit:5.2f}")


def main():
    run_witness()
    run_outside()


if __name__ == "__main__":
    main()
