"""A whole mission's record on its way outside: tiles, proofs, backups, and witnesses, honest and otherwise."""
import hashlib
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path[:0] = [os.path.dirname(__file__), os.path.join(os.path.dirname(__file__), "..", "system")]
BUILD = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
sys.argv[1:2] = [BUILD] if BUILD else []
import c2sp  # noqa: E402
import witness_test  # noqa: E402  takes the build from the command line
from c2sp import Key  # noqa: E402
from mission import Mission, ROOT  # noqa: E402
from scripted import Scripted, note_of, old_of, size_of  # noqa: E402
from witness_test import BUILD, Witness, make_certificate  # noqa: E402

STRANGER = os.path.join(ROOT, "tests", "stranger", "tiles.py")  # a checker of another hand, where the tree has one
SEED = witness_test.SEED


class Embassy(Mission):
    """A mission that can be given witnesses, and whose officer is the caller."""

    def vkey_path(self):
        return os.path.join(self.path, "keys", "journal.vkey")

    def key(self):
        with open(self.vkey_path(), encoding="utf-8") as file:
            return Key.of_vkey(file.read())

    def own_key(self):
        """The mission's key with its seed: what a thief of the disk has."""
        with open(os.path.join(self.path, "keys", "journal.seed"), encoding="utf-8") as file:
            return Key(self.key().name, c2sp.ED25519, seed=bytes.fromhex(file.read().strip()))

    def name_witnesses(self, *witnesses):
        """(name, key, url) each; `serve` reads them at its start."""
        path = os.path.join(self.path, "mission.yaml")
        with open(path, encoding="utf-8") as file:
            text = file.read().split("witnesses:")[0]
        rows = "".join(f"  - {{name: {name}, vkey: {key.vkey()}, url: '{url}'}}\n" for name, key, url in witnesses)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text + (f"witnesses:\n{rows}" if rows else ""))

    def at(self, *parts):
        return os.path.join(self.path, *parts)

    def read(self, *parts):
        with open(self.at(*parts), "rb") as file:
            return file.read()

    def enrol(self, n):
        link = self.link()
        for i in range(n):
            name = f"Guest {time.monotonic_ns()} {i}"
            link.ask({"command": {"name": "people.enrol", "body": {"name": name, "groups": ["visitor"], "clearance": 0}}})
        link.close()

    def bodies(self, path="journal.db"):
        database = sqlite3.connect(self.at(path))
        try:
            return [body for (body,) in database.execute("SELECT body FROM entry ORDER BY seq")]
        finally:
            database.close()

    def witness(self, name):
        return next(row for row in self.status()["witnesses"] if row["name"] == name)

    def says(self, name, words, patience=60):
        self.until(lambda: words in self.witness(name)["says"], f"witness {name}: {words}", patience)

    def seen(self, name, size, patience=60):
        return self.until(lambda: self.witness(name)["size"] >= size and self.witness(name), f"{name} has seen {size}", patience)


class Log:
    """What a Witness needs of a log that is a mission."""

    def __init__(self, mission):
        self.key = mission.key()


def check_directory(test, mission, directory, entries=None):
    """The exported directory stands for itself, by two checkers; returns its entries."""
    found = c2sp.check_tiles(lambda path: mission.read(directory, path), mission.key())
    if os.path.exists(STRANGER):
        done = subprocess.run(["/usr/bin/python3", STRANGER, mission.at(directory), mission.vkey_path()], capture_output=True, text=True)
        test.assertEqual(done.returncode, 0, done.stdout + done.stderr)
    if entries is not None:
        test.assertEqual(found, entries)
    return found


def check_backup(test, mission, directory, original=None):
    """The copy is a journal with a tree that fits its checkpoint; its entries are the original's first."""
    database = sqlite3.connect(f"file:{mission.at(directory, 'journal.db')}?mode=ro", uri=True)
    bodies = [body for (body,) in database.execute("SELECT body FROM entry ORDER BY seq")]
    (size, note), = database.execute("SELECT size, note FROM checkpoint").fetchall()
    tiles = {(level, number): hashes for level, number, hashes in database.execute("SELECT level, number, hashes FROM tile")}
    cosigned = database.execute("SELECT witness, size, note FROM cosigned ORDER BY witness").fetchall()
    test.assertEqual(database.execute("PRAGMA user_version").fetchone(), (2,))
    database.close()
    below, level = [c2sp.leaf(body) for body in bodies], 0
    test.assertIs(mission.key().opens(note), True)
    test.assertEqual(c2sp.read_checkpoint(note), (mission.key().name, size, c2sp.root(below)))
    test.assertEqual(len(bodies), size)
    while below:
        for start in range(0, len(below), 256):
            test.assertEqual(tiles.pop((level, start // 256)), b"".join(below[start:start + 256]))
        below, level = [c2sp.root(below[i:i + 256]) for i in range(0, len(below) - 255, 256)], level + 1
    test.assertEqual(tiles, {})
    verified = subprocess.run([mission.program("chancery-verify"), mission.at(directory, "journal.db"), mission.vkey_path()],
                              capture_output=True, text=True)
    test.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
    if original is not None:
        test.assertEqual(bodies, original[:size])
    return size, cosigned


class Away(unittest.TestCase):
    """Tiles, proofs and backups."""

    def test_tiles_backups_and_proofs_of_a_running_mission_stand_for_themselves(self):
        with Embassy(BUILD, ("--load",)) as mission:
            mission.start()
            for _ in range(3):
                self.assertIn("entries in out", mission.run("export", "out").stdout)
                self.assertIn("entries in copy", mission.run("backup", "copy").stdout)
                check_directory(self, mission, "out")
                check_backup(self, mission, "copy")
                mission.enrol(100)
            mission.stop()
            original = mission.bodies()
            mission.run("export", "out")
            mission.run("backup", "copy")
            check_directory(self, mission, "out", original)
            self.assertEqual(check_backup(self, mission, "copy", original)[0], len(original))
            self.assertIn(", 0 of them new", mission.run("export", "out").stdout)
            for index in (0, 255, 256, len(original) - 1):
                mission.run("prove", str(index))
                self.check_proof(mission, index, original[index])

    def check_proof(self, mission, index, body):
        """By this test's own reading, then by `chancery prove --check`, then with the body changed."""
        name = f"entry-{index}"
        self.assertEqual(mission.read(f"{name}.json"), body)
        head, note = mission.read(f"{name}.tlog-proof").split(b"\n\n", 1)
        first, said, *path = head.decode().split("\n")
        self.assertEqual((first, said), ("c2sp.org/tlog-proof@v1", f"index {index}"))
        origin, size, root = c2sp.read_checkpoint(note)
        self.assertIs(mission.key().opens(note), True)
        hashes = [c2sp.base64.b64decode(line, validate=True) for line in path]
        self.assertEqual(c2sp.root_by_inclusion(index, size, c2sp.leaf(body), hashes), root)
        words = [mission.at(f"{name}.tlog-proof"), mission.at(f"{name}.json"), mission.vkey_path()]
        done = mission.run("prove", "--check", *words, inside=False)
        self.assertIn(f"This is entry {index} of the {size}", done.stdout)
        with open(words[1], "ab") as file:
            file.write(b"\n")
        done = mission.run("prove", "--check", *words, inside=False, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("line feed", done.stderr)

    def test_an_export_and_a_backup_that_are_killed_at_any_moment_are_completed_by_the_next(self):
        print(f"seed {SEED}", flush=True)
        seed = random.Random(SEED)
        with Embassy(BUILD) as mission:
            mission.start()
            mission.enrol(3000)
            cut = 0
            for _ in range(12):
                for command, directory in (("export", "out"), ("backup", "copy")):
                    child = subprocess.Popen([mission.program("chancery"), "-C", mission.path, command, directory],
                                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    time.sleep(seed.uniform(0.002, 0.04))
                    child.kill()
                    cut += child.wait() != 0
                    if os.path.exists(mission.at("out", "checkpoint")):
                        check_directory(self, mission, "out")
                mission.enrol(50)
            self.assertGreater(cut, 4)
            mission.run("export", "out")
            mission.run("backup", "copy")
            mission.stop()
            original = mission.bodies()
            check_directory(self, mission, "out")
            check_backup(self, mission, "copy", original)

    def test_while_it_runs_nothing_is_lost_by_the_core_dying_under_an_export(self):
        with Embassy(BUILD, ("--load",)) as mission:
            mission.start()
            mission.enrol(2000)
            failed = 0
            for i in range(6):
                child = subprocess.Popen([mission.program("chancery"), "-C", mission.path, "export", "out"], stderr=subprocess.DEVNULL,
                                         stdout=subprocess.DEVNULL)
                time.sleep(0.004 * i)
                mission.kill("core")
                failed += child.wait() != 0
                mission.until(mission.answers, "the core answers again")
            mission.run("export", "out")
            check_directory(self, mission, "out")

    def test_the_record_is_not_for_everybody(self):
        with Embassy(BUILD) as mission:
            path = mission.at("mission.yaml")
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace("[security_officer, reception, guard, staff]", "[guard, reception]"))
            mission.start_world()
            mission.start_serve()
            for words in (["export", "out"], ["backup", "copy"], ["prove", "0"]):
                done = mission.run(*words, check=False)
                self.assertEqual(done.returncode in (1, 2), True, words)
                self.assertIn("for the security officer, auditors and administrators", done.stderr)
            self.assertFalse(os.path.exists(mission.at("out", "checkpoint")))

    def test_what_cannot_be_proved_is_told(self):
        with Embassy(BUILD) as mission:
            mission.start_world()
            mission.start_serve()
            done = mission.run("prove", "999999", check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("is not signed", done.stderr)


class Witnessed(unittest.TestCase):
    """Honest witnesses."""

    def test_two_witnesses_cosign_and_whoever_was_away_catches_up(self):
        with Embassy(BUILD) as mission:
            first, second = Witness(logs=[Log(mission)]), Witness(logs=[Log(mission)])
            second.rename("witness.example/w2")
            with first, second:
                mission.name_witnesses(("Capital", first.key, f"http://127.0.0.1:{first.port}"),
                                       ("Neighbour", second.key, f"http://127.0.0.1:{second.port}/some/prefix"))
                second.stop()
                mission.start()
                size = mission.status()["size"]
                mission.seen("Capital", size)
                mission.says("Neighbour", "cannot be reached")
                self.assertIn("cannot be reached", mission.run("status").stdout)
                second.start()
                row = mission.seen("Neighbour", size)
                self.assertLess(abs(row["time"] / 1000 - time.time()), 60)
                mission.until(lambda: mission.witness("Neighbour")["says"] == "", "Neighbour is well")
                self.check_what_is_kept(mission, first, second, size)

    def check_what_is_kept(self, mission, first, second, size):
        """In a proof, in an export, in a backup, and over a restart."""
        mission.run("prove", "7")
        words = ["prove", "--check", mission.at("entry-7.tlog-proof"), mission.at("entry-7.json"), mission.vkey_path()]
        done = mission.run(*words, "--witness", first.key.vkey(), inside=False)
        self.assertIn("had seen it at", done.stdout)
        stranger = Key("witness.example/nobody", c2sp.COSIGNATURE, seed=bytes(32))
        done = mission.run(*words, "--witness", stranger.vkey(), inside=False, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("not signed by witness.example/nobody", done.stdout)
        mission.run("backup", "copy")
        mission.stop()
        _, rows = check_backup(self, mission, "copy", mission.bodies())
        self.assertEqual([row[0] for row in rows], ["witness.example/w1", "witness.example/w2"])
        for (_, seen, note), key in zip(rows, (first.key, second.key)):
            self.assertGreaterEqual(seen, size)
            self.assertTrue(key.opens(note) and mission.key().opens(note))
            self.assertEqual(len(c2sp.split_note(note)[1]), 2)
        mission.start_world()
        mission.start_serve()
        self.assertGreaterEqual(mission.witness("Capital")["size"], size)

    def test_a_core_and_a_cosign_that_are_killed_go_on(self):
        with Embassy(BUILD) as mission, Witness(logs=[Log(mission)]) as witness:
            mission.name_witnesses(("Capital", witness.key, f"http://127.0.0.1:{witness.port}"))
            mission.start()
            for word in ("core", "cosign", "core"):
                mission.until(lambda word=word: self.kill(mission, word), f"{word} runs")
                mission.until(mission.answers, "the core answers")
                mission.enrol(5)
                mission.seen("Capital", mission.status()["size"] - 2, 90)

    @staticmethod
    def kill(mission, word):
        for pid, words in mission.children():
            if any(os.path.basename(w) in (word, f"chancery-{word}") for w in words[:2]):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def test_the_one_who_talks_to_witnesses_is_locked_in(self):
        with Embassy(BUILD) as mission, Witness(logs=[Log(mission)]) as witness:
            mission.name_witnesses(("Capital", witness.key, f"http://127.0.0.1:{witness.port}"))
            mission.start()
            mission.seen("Capital", 1)
            pids = [pid for pid, words in mission.children() if os.path.basename(words[0]) == "chancery-cosign"] + [witness.process.pid]
            self.assertEqual(len(pids), 2)
            for pid in pids:
                with open(f"/proc/{pid}/status") as file:
                    state = file.read()
                self.assertIn("NoNewPrivs:\t1", state)
                self.assertIn("Seccomp:\t2", state)

    def test_over_tls_the_certificate_is_looked_at(self):
        with Embassy(BUILD) as mission:
            good, other = (Witness(logs=[Log(mission)], more="tls: {certificate: cert.pem, key: key.pem}\n") for _ in range(2))
            make_certificate(good.directory)
            make_certificate(other.directory)
            other.rename("witness.example/w2")
            with good, other:
                mission.name_witnesses(("Good", good.key, f"https://localhost:{good.port}"),
                                       ("Other", other.key, f"https://localhost:{other.port}"))
                os.environ["SSL_CERT_FILE"] = os.path.join(good.directory, "cert.pem")
                try:
                    mission.start()
                    mission.seen("Good", 1)
                    mission.says("Other", "certificate")
                    self.assertEqual(mission.witness("Other")["size"], 0)
                finally:
                    del os.environ["SSL_CERT_FILE"]

    def test_a_checkpoint_is_carried_to_a_witness_by_hand(self):
        with Embassy(BUILD) as mission:
            witness = Witness(logs=[Log(mission)])
            subprocess.run(witness.command("--add", "/dev/null"), capture_output=True)  # its key is made
            with open(os.path.join(witness.directory, "witness.vkey"), encoding="utf-8") as file:
                key = Key.of_vkey(file.read())
            mission.name_witnesses(("Capital", key, "https://witness.invalid"))
            mission.start()
            for _ in range(2):
                mission.run("cosign", "--out", "request")
                done = subprocess.run(witness.command("--add", mission.at("request")), capture_output=True, check=True)
                with open(mission.at("answer"), "wb") as file:
                    file.write(done.stdout)
                self.assertIn("1 cosignatures kept", mission.run("cosign", "--in", "answer").stdout)
                self.assertEqual(mission.witness("Capital")["size"], c2sp.read_checkpoint(done.stdout)[1])
                mission.enrol(10)
            with open(mission.at("answer"), "ab") as file:
                file.write(b"more")
            done = mission.run("cosign", "--in", "answer", check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn("not a signed note", done.stderr)
            shutil.rmtree(witness.directory)


class Ahead(unittest.TestCase):
    """A mission that was put back to an older record, and its witness, which remembers."""

    def test_a_mission_from_an_old_backup_stops_signing_and_its_doors_go_on(self):
        with Embassy(BUILD) as mission, Witness(logs=[Log(mission)]) as witness:
            mission.name_witnesses(("Capital", witness.key, f"http://127.0.0.1:{witness.port}"))
            mission.start()
            mission.run("backup", "copy")
            older = check_backup(self, mission, "copy")[0]
            mission.enrol(60)
            mission.seen("Capital", older + 50)
            mission.stop()
            shutil.copy(mission.at("copy", "journal.db"), mission.at("journal.db"))
            os.unlink(mission.at("journal.db-wal"))
            mission.start(imported=False)
            told = mission.until(lambda: not mission.status()["signing"] and mission.status(), "it stops signing", 60)
            self.assertEqual(told["ahead"]["witness"], witness.key.name)
            self.assertGreaterEqual(told["ahead"]["size"], older + 50)
            self.check_goes_on(mission, told["signed_size"])
            mission.stop()
            mission.start(imported=False)
            self.check_goes_on(mission, told["signed_size"])
            newest = c2sp.read_checkpoint(witness.newest(Log(mission))[2])
            self.assertEqual(newest[1], told["ahead"]["size"])
            self.assertEqual(newest[2].hex(), told["ahead"]["root"])

    def check_goes_on(self, mission, signed):
        """Entries are taken, badges decided, and nothing more is signed."""
        before = mission.status()["size"]
        opened = len(mission.events("led")) + len(mission.events("out"))
        mission.enrol(5)
        mission.badge("line-1/0", "00000100")
        mission.until(lambda: len(mission.events("led")) + len(mission.events("out")) > opened, "the reader answers")
        told = mission.status()
        self.assertGreaterEqual(told["size"], before + 5)
        self.assertEqual((told["signing"], told["signed_size"]), (False, signed))
        self.assertIn("NOTHING IS SIGNED", mission.run("status").stdout)

    def test_by_hand_too_another_history_is_recognised(self):
        with Embassy(BUILD) as mission:
            mission.start()
            forged = c2sp.checkpoint_text(mission.key().name, 100000, bytes(32))
            with open(mission.at("answer"), "wb") as file:
                file.write(forged + b"\n" + mission.own_key().line(forged))
            done = mission.run("cosign", "--in", "answer", check=False)
            self.assertEqual(done.returncode, 4)
            self.assertIn("not of our journal", done.stderr)
            self.assertFalse(mission.status()["signing"])


def shows_nothing(status, kind, body):
    """Answers requests so, and has no checkpoint to show."""
    return lambda method, path, request: (status, kind, body) if method == "POST" else (404, "text/plain", b"")


class Scripts(unittest.TestCase):
    """Witnesses that answer whatever a test wants."""

    def test_witnesses_that_refuse_lie_or_babble_are_told_in_words_and_harm_nobody(self):
        other, size = Key("w11", c2sp.COSIGNATURE, seed=bytes(32)), "text/x.tlog.size"
        nonsense = b"chancery/somebody\n123456\nAAAA\n"
        rows = [
            (shows_nothing(403, "text/plain", b"no\n"), "another key of this mission"),
            (shows_nothing(404, "text/plain", b"no\n"), "does not know this mission"),
            (shows_nothing(422, "text/plain", b"no\n"), "does not grow out of what it has cosigned"),
            (shows_nothing(409, "text/plain", b"7\n"), "answers 409"),
            (shows_nothing(409, size, b"007\n"), "answers 409"),
            (shows_nothing(409, size, b"7"), "answers 409"),
            (shows_nothing(429, "text/plain", b"no\n"), "asked too often"),
            (shows_nothing(500, "text/plain", b"no\n"), "answers 500"),
            (shows_nothing(200, "text/plain", b""), "not with its signature"),
            (shows_nothing(200, "text/plain", b"\xff\0\n"), "not with its signature"),
            (shows_nothing(200, "text/plain", b"a" * 70000), "too long"),
            (lambda method, path, body: (200, "text/plain", other.line(c2sp.split_note(note_of(body))[0], 1)), "not with its signature"),
            (lambda method, path, body: (200, "text/plain", witnesses[12].key.line(b"another text\n", 1)), "not with its signature"),
            (lambda *_: (307, "text/plain", b"", elsewhere.url + "/add-checkpoint"), "answers 307"),
            (shows_nothing(409, size, b"123456\n"), "says that it has cosigned 123456 entries"),
            (lambda method, path, body: (409, size, b"123456\n") if body else (200, "text/plain", nonsense),
             "says that it has cosigned 123456 entries"),
        ]
        witnesses = [Scripted(answer, f"w{i}", i + 1) for i, (answer, _) in enumerate(rows)]
        with Scripted(lambda *_: (200, "text/plain", b"")) as elsewhere, Embassy(BUILD) as mission:
            mission.name_witnesses(*((f"Script {i}", w.key, w.url) for i, w in enumerate(witnesses)))
            mission.start()
            for i, (_, words) in enumerate(rows):
                mission.says(f"Script {i}", words)
                self.assertEqual(mission.witness(f"Script {i}")["size"], 0)
            self.assertTrue(mission.status()["signing"])
            self.assertEqual(elsewhere.asked, [], "a redirection was followed")
        for witness in witnesses:
            witness.__exit__()

    def test_a_proof_is_sent_from_what_it_has_cosigned_and_another_history_of_ours_ends_the_signing(self):
        with Embassy(BUILD) as mission, Scripted() as witness:
            asked, paths = [], []

            def cosigns(method, path, body):
                if old_of(body) == 0:
                    return 409, "text/x.tlog.size", b"5\n"
                asked.append(body)
                return 200, "text/plain", witness.line_for(body, int(time.time()))

            def accuses(method, path, body):
                if method == "POST":
                    return 422, "text/plain", b"no\n"
                paths.append(path)
                return 200, "text/plain", shown

            text = c2sp.checkpoint_text(mission.key().name, 3, bytes(32))
            shown = text + b"\n" + mission.own_key().line(text) + witness.key.line(text, 1)
            witness.answer = lambda *_: (503, "text/plain", b"not yet\n")
            mission.name_witnesses(("Script", witness.key, witness.url))
            mission.start()
            witness.answer = cosigns
            mission.until(lambda: asked, "it is asked")
            mission.seen("Script", size_of(asked[0]))
            self.check_request(mission, asked[0])
            witness.answer = accuses
            mission.enrol(1)
            mission.until(lambda: not mission.status()["signing"], "it stops signing")
            mission.says("Script", "another history of this mission")
            self.assertEqual(mission.status()["ahead"], {"witness": witness.key.name, "size": 3, "root": "0" * 64})
            self.assertEqual(paths[0], f"/{hashlib.sha256(mission.key().name.encode()).hexdigest()}/checkpoint")

    def check_request(self, mission, body):
        """It is, byte for byte, what tlog-witness wants, by entries that the test fetched and hashed itself."""
        link = mission.link()
        link.send({"raw": {"from": 0, "to": size_of(body)}})
        lines = iter(link.file.readline, None)
        hashes = []
        for line in lines:
            if line.startswith(b'{"end"'):
                break
            hashes.append(c2sp.leaf(re.match(rb'\{"raw":\{"entry":\d+,"body":(.*)\}\}\n$', line)[1]))
        link.close()
        self.assertEqual(body, c2sp.request(5, c2sp.consistency(5, hashes), note_of(body)))
        self.assertIs(mission.key().opens(note_of(body)), True)


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
