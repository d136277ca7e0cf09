"""`chancery witness`, as its logs and monitors meet it: over HTTP, raced, killed, starved, and over TLS."""
import base64
import errno
import hashlib
import http.client
import os
import random
import re
import resource
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import c2sp  # noqa: E402
from c2sp import Key, Log  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "release")
SEED = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
LAKE, HARBOUR = Log("chancery/lakeside", 1, 400), Log("chancery/harbour", 2, 50)
FORGED = Log("chancery/lakeside", 1, 400, fork=120)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Witness:
    """A witness process in a directory of its own."""

    def __init__(self, logs=(LAKE, HARBOUR), more=""):
        self.directory = tempfile.mkdtemp(prefix="chancery-witness-")
        self.port, self.process = free_port(), None
        lines = "".join(f"  - {{vkey: {log.key.vkey()}}}\n" for log in logs)
        self.write("witness.yaml", f"name: witness.example/w1\n{more}logs:\n{lines}")

    def write(self, name, text):
        with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def rename(self, name):
        with open(os.path.join(self.directory, "witness.yaml"), encoding="utf-8") as file:
            text = file.read()
        self.write("witness.yaml", text.replace("witness.example/w1", name))

    def command(self, *words):
        return [os.path.join(BUILD, "chancery"), "witness", self.directory, *words]

    def start(self):
        self.log = open(os.path.join(self.directory, "log"), "ab")
        # What a sanitizer holds back from use is no memory of the witness's.
        environment = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
        self.process = subprocess.Popen(self.command("--listen", f"127.0.0.1:{self.port}"), stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment)
        self.key = Key.of_vkey(self.process.stdout.readline().decode())
        return self

    def stop(self, number=signal.SIGTERM):
        if self.process:
            self.process.send_signal(number)
            self.code = self.process.wait(30)
            self.process.stdout.close()
            self.log.close()
            self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        self.stop()
        if exception[0] is None:
            shutil.rmtree(self.directory)
        else:
            print("kept for you to look at:", self.directory)

    # Asking

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def ask(self, method, path, body=None, connection=None, headers=None):
        """(status, content type, body)"""
        own = connection or self.connect()
        own.request(method, path, body, headers or {})
        answer = own.getresponse()
        found = answer.status, answer.getheader("Content-Type"), answer.read()
        if not connection:
            own.close()
        return found

    def add(self, body, connection=None):
        return self.ask("POST", "/add-checkpoint", body, connection)

    def newest(self, log):
        return self.ask("GET", f"/{hashlib.sha256(log.key.name.encode()).hexdigest()}/checkpoint")

    def memory(self):
        """Resident memory of the process, KiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])


class Answers(unittest.TestCase):
    def setUp(self):
        self.witness = Witness()
        self.witness.start()

    def tearDown(self):
        self.witness.stop()
        shutil.rmtree(self.witness.directory)

    def check_cosigned(self, answer, log, size):
        """A cosignature's line of this witness, of now, under that checkpoint; returns its time."""
        status, kind, line = answer
        self.assertEqual(status, 200, line)
        self.assertEqual(line.count(b"\n"), 1)
        at = self.witness.key.opens(log.note(size) + line)
        self.assertLess(abs(at - time.time()), 30)
        return at

    def test_a_log_that_grows_is_cosigned_and_a_monitor_sees_the_newest(self):
        self.assertEqual(self.witness.newest(LAKE)[0], 404)
        sizes = [0, 1, 2, 3, 64, 65, 255, 256, 257, 400, 400]
        for old, size in zip(sizes, sizes[1:]):
            self.check_cosigned(self.witness.add(LAKE.request(old, size)), LAKE, size)
        status, kind, note = self.witness.newest(LAKE)
        self.assertEqual((status, kind), (200, "text/plain; charset=utf-8"))
        self.assertEqual(c2sp.read_checkpoint(note), ("chancery/lakeside", 400, c2sp.root(LAKE.hashes)))
        self.assertTrue(LAKE.key.opens(note) and self.witness.key.opens(note))
        self.assertEqual(self.witness.newest(HARBOUR)[0], 404)

    def test_each_refusal_has_its_status(self):
        self.check_cosigned(self.witness.add(LAKE.request(0, 100)), LAKE, 100)
        stranger, forger = Log("chancery/hillside", 3, 5), Log("chancery/lakeside", 4, 200)
        wrong = LAKE.request(100, 200).replace(b"chancery/lakeside\n200\n", b"chancery/lakeside\n201\n")
        proof = c2sp.consistency(100, LAKE.hashes[:200])
        for status, body in (
                (400, b""), (400, b"old\n\n" + LAKE.note(200)), (400, b"old 0100\n\n" + LAKE.note(200)),
                (400, b"old 100\nAAAA\n\n" + LAKE.note(200)), (400, b"old 100\n"), (400, b"old 100\n\n"),
                (400, c2sp.request(100, (proof * 64)[:64], LAKE.note(200))),  # more than 63 hashes
                (400, b"old 100\n\n" + LAKE.note(200)[:-1]), (400, b"\xff\xfe"),
                (404, stranger.request(0, 5)),
                (403, forger.request(100, 200)), (403, wrong),
                (400, LAKE.request(101, 100)),
                (409, LAKE.request(0, 200)), (409, LAKE.request(99, 200)), (409, LAKE.request(150, 200)),
                (422, c2sp.request(100, proof[:-1], LAKE.note(200))), (422, c2sp.request(100, [*proof, proof[0]], LAKE.note(200))),
                (422, FORGED.request(100, 200).replace(base64.b64encode(proof[0]), base64.b64encode(bytes(32)))),
                (422, c2sp.request(100, proof, LAKE.note(100)))):
            answer = self.witness.add(body)
            self.assertEqual(answer[0], status, (body[:60], answer))
            if status == 409:
                self.assertEqual(answer[1:], ("text/x.tlog.size", b"100\n"))
            else:
                self.assertTrue(answer[2].endswith(b"\n") and answer[1].startswith("text/plain"))
        self.check_cosigned(self.witness.add(LAKE.request(100, 200)), LAKE, 200)

    def test_another_history_is_never_cosigned(self):
        self.check_cosigned(self.witness.add(LAKE.request(0, 200)), LAKE, 200)
        for size in (200, 201, 400):
            self.assertEqual(self.witness.add(FORGED.request(200, size))[0], 422)
        self.assertEqual(self.witness.add(FORGED.request(0, 100))[0], 409)
        self.check_cosigned(self.witness.add(LAKE.request(200, 201)), LAKE, 201)

    def test_further_lines_of_a_checkpoint_are_signed_too(self):
        note = LAKE.note(7, extension="an extension\n") + HARBOUR.key.line(b"something else\n")
        status, _, line = self.witness.add(c2sp.request(0, [], note))
        self.assertEqual(status, 200)
        self.assertTrue(self.witness.key.opens(note + line))
        self.assertRaises(ValueError, self.witness.key.opens, LAKE.note(7) + line)

    def test_what_is_not_there_is_404_and_other_methods_405(self):
        digest = hashlib.sha256(b"chancery/lakeside").hexdigest()
        for method, path, status in (("GET", "/", 404), ("GET", "/checkpoint", 404), ("GET", f"/{digest}", 404),
                                     ("GET", f"/{digest.upper()}/checkpoint", 404), ("GET", f"/a{digest}/checkpoint", 404),
                                     ("GET", f"/{digest[:-1]}g/checkpoint", 404), ("GET", "/add-checkpoint", 404),
                                     ("POST", "/", 404), ("POST", f"/{digest}/checkpoint", 404),
                                     ("PUT", "/add-checkpoint", 405), ("DELETE", "/add-checkpoint", 405)):
            self.assertEqual(self.witness.ask(method, path, b"" if method == "POST" else None)[0], status, (method, path))

    def test_prefixes_are_the_keepers_matter(self):
        self.assertEqual(self.witness.ask("POST", "/some/prefix/add-checkpoint", LAKE.request(0, 5))[0], 200)
        digest = hashlib.sha256(b"chancery/lakeside").hexdigest()
        self.assertEqual(self.witness.ask("GET", f"/some/prefix/{digest}/checkpoint")[0], 200)

    def test_one_connection_serves_many_requests(self):
        connection = self.witness.connect()
        for size in range(1, 60):
            self.check_cosigned(self.witness.add(LAKE.request(size - 1, size), connection), LAKE, size)
        connection.close()

    def test_of_submitters_that_race_one_wins_each_step_and_the_others_learn_the_size(self):
        signed, lock = {}, threading.Lock()

        def submit(log):
            connection, old, seed = self.witness.connect(), 0, random.Random(SEED + id(log))
            while old < 300:
                size = min(old + seed.randrange(1, 12), 300)
                status, _, body = self.witness.add(log.request(old, size), connection)
                if status == 200:
                    with lock:
                        self.witness.key.opens(log.note(size) + body)
                        signed.setdefault(size, set()).add(c2sp.root(log.hashes[:size]))
                    old = size
                elif status == 409:
                    self.assertGreater(int(body), old)
                    old = int(body)
                else:
                    self.assertEqual(status, 422)
                    break
            connection.close()

        print(f"seed {SEED}", flush=True)
        crowd = [threading.Thread(target=submit, args=(log,)) for log in (LAKE, FORGED, LAKE, FORGED, LAKE, LAKE)]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        self.assertTrue(all(len(roots) == 1 for roots in signed.values()), "two roots of one size")
        self.assertGreater(len(signed), 20)


class Life(unittest.TestCase):
    def test_the_key_is_made_once_is_secret_and_stays(self):
        with Witness() as witness:
            seed = os.path.join(witness.directory, "witness.seed")
            self.assertEqual(stat.S_IMODE(os.stat(seed).st_mode), 0o600)
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(witness.directory, "witness.db")).st_mode), 0o600)
            first = witness.key.vkey()
            self.assertEqual(witness.key.kind, c2sp.COSIGNATURE)
            with open(os.path.join(witness.directory, "witness.vkey")) as file:
                self.assertEqual(file.read(), first + "\n")
            witness.stop()
            self.assertEqual(witness.code, 0)
            witness.start()
            self.assertEqual(witness.key.vkey(), first)

    def test_a_witness_that_lost_its_memory_or_its_key_does_not_go_on(self):
        for lost in ("witness.db", "witness.seed"):
            with Witness() as witness:
                witness.add(LAKE.request(0, 5))
                witness.stop()
                os.unlink(os.path.join(witness.directory, lost))
                done = subprocess.run(witness.command(), capture_output=True, text=True, timeout=30)
                self.assertEqual(done.returncode, 1)
                self.assertIn("must not go on", done.stderr)

    def test_in_the_clear_it_serves_this_machine_only(self):
        witness = Witness()
        for address, what in (("0.0.0.0:0", "this machine only"), ("[::]:0", "this machine only"), ("192.0.2.1:80", "this machine only"),
                              ("localhost:80", "not an address"), ("127.0.0.1", "not an address"), ("127.0.0.1:http", "not an address")):
            done = subprocess.run(witness.command("--listen", address), capture_output=True, text=True, timeout=30)
            self.assertEqual(done.returncode, 2, address)
            self.assertIn(what, done.stderr)
        shutil.rmtree(witness.directory)

    def test_a_mistake_in_its_file_is_told_with_the_place(self):
        witness = Witness()
        witness.write("witness.yaml", "name: a b\nlogs: [{vkey: nonsense}]\n")
        done = subprocess.run(witness.command(), capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 1)
        self.assertIn("witness.yaml:2:15", done.stderr)
        shutil.rmtree(witness.directory)

    def test_a_request_carried_by_hand_is_answered_with_the_whole_note(self):
        with Witness() as witness:
            witness.add(LAKE.request(0, 5))
            path = os.path.join(witness.directory, "request")
            with open(path, "wb") as file:
                file.write(LAKE.request(5, 9))
            busy = subprocess.run(witness.command("--add", path), capture_output=True, timeout=30)
            self.assertEqual(busy.returncode, 1)
            self.assertIn(b"one process", busy.stderr)
            witness.stop()
            for log, old, size, code in ((LAKE, 5, 9, 0), (Log("chancery/lakeside", 1, 20, fork=3), 9, 20, 3)):
                with open(path, "wb") as file:
                    file.write(log.request(old, size))
                done = subprocess.run(witness.command("--add", path), capture_output=True, timeout=30)
                self.assertEqual(done.returncode, code, done.stderr)
                if code == 0:
                    self.assertEqual(c2sp.read_checkpoint(done.stdout)[1], 9)
                    self.assertTrue(LAKE.key.opens(done.stdout) and witness.key.opens(done.stdout))
                else:
                    self.assertIn(b"422", done.stderr)

    def test_kill_9_at_any_moment_never_brings_back_a_smaller_size_or_another_root(self):
        """Two histories are submitted while the witness is killed again and again; all that it ever answered is kept here."""
        print(f"seed {SEED}", flush=True)
        seed, answered = random.Random(SEED), []
        with Witness() as witness:
            for _ in range(25):
                killer = threading.Timer(seed.uniform(0.005, 0.12), witness.process.kill)
                killer.start()
                self.submit_until_killed(witness, seed, answered)
                killer.join()
                witness.stop(signal.SIGKILL)
                witness.start()
            newest = c2sp.read_checkpoint(witness.newest(LAKE)[2])[1]
        sizes = [size for _, size, _ in answered]
        self.assertGreater(len(answered), 60)
        self.assertEqual(sizes, sorted(sizes))
        self.assertGreaterEqual(newest, sizes[-1])
        roots = {}
        for _, size, root in answered:
            self.assertEqual(roots.setdefault(size, root), root)
        times = [at for at, _, _ in answered]
        self.assertEqual(times, sorted(times))
        print(f"{len(answered)} cosignatures over 25 kills, up to size {newest}")

    @staticmethod
    def submit_until_killed(witness, seed, answered):
        """Grows a log by one or two at a time from what the witness knows; now and then of another history."""
        connection, old = witness.connect(), 0
        try:
            while True:
                log = FORGED if seed.random() < 0.3 else LAKE
                size = min(old + seed.randrange(0, 3), 400)
                status, _, body = witness.add(log.request(old, size), connection)
                if status == 200:
                    answered.append((witness.key.opens(log.note(size) + body), size, c2sp.root(log.hashes[:size])))
                    old = size
                elif status == 409:
                    old = int(body)
        except (OSError, http.client.HTTPException):
            connection.close()


class Limits(unittest.TestCase):
    def test_a_request_is_at_most_68400_bytes(self):
        with Witness() as witness:
            for n, status in ((68400, 400), (68401, 413), (10_000_000, 413)):
                connection = witness.connect()
                try:
                    self.assertEqual(witness.add(b"a" * n, connection)[0], status)
                except (BrokenPipeError, ConnectionResetError):  # it did not wait for the rest
                    self.assertGreater(n, 68400)
                connection.close()
            connection = witness.connect()
            pieces = (b"a" * 10000 for _ in range(8))
            connection.request("POST", "/add-checkpoint", pieces, encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
            self.assertEqual(connection.getresponse().status, 413)
            connection.close()
            self.assertEqual(witness.add(LAKE.request(0, 5))[0], 200)

    def test_what_is_no_http_ends_the_connection_and_nothing_else(self):
        with Witness() as witness:
            for data in (b"\0" * 100, b"GET\r\n\r\n", b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
                         self.with_two_lengths(LAKE.request(0, 5)),
                         b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\n" + b"A: " + b"b" * 20000 + b"\r\n\r\n",
                         b"\x16\x03\x01\x02\x00\x01\x00"):
                with socket.create_connection(("127.0.0.1", witness.port), timeout=30) as s:
                    self.assertNotIn(b" 200 ", self.answer_to(s, data))
            self.assertEqual(witness.add(LAKE.request(0, 5))[0], 200)

    @staticmethod
    def answer_to(s, data):
        """As far as it comes: the other side may be gone before all is said."""
        answer = b""
        try:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            for piece in iter(lambda: s.recv(4096), b""):
                answer += piece
        except ConnectionError:
            pass
        except OSError as error:
            if error.errno != errno.ENOTCONN:
                raise
        return answer

    @staticmethod
    def with_two_lengths(body):
        """A request that would be cosigned, if one of its lengths were believed."""
        head = f"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)

    def test_one_address_has_32_connections_and_the_silent_are_let_go(self):
        with Witness() as witness:
            idle = [socket.create_connection(("127.0.0.1", witness.port), timeout=30) for _ in range(40)]
            time.sleep(0.5)
            self.assertRaises(OSError, self.must_answer, witness)
            begin = time.monotonic()
            for s in idle:
                s.recv(1)
                s.close()
            self.assertLess(time.monotonic() - begin, 15)
            self.assertEqual(witness.add(LAKE.request(0, 5))[0], 200)

    @staticmethod
    def must_answer(witness):
        connection = http.client.HTTPConnection("127.0.0.1", witness.port, timeout=2)
        try:
            witness.add(LAKE.request(0, 5), connection)
        except http.client.HTTPException as gone:
            raise OSError from gone
        finally:
            connection.close()

    def test_a_request_that_comes_byte_by_byte_is_let_go(self):
        with Witness() as witness, socket.create_connection(("127.0.0.1", witness.port), timeout=30) as s:
            begin = time.monotonic()
            s.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n")
            with self.assertRaises(OSError):
                while time.monotonic() - begin < 40:
                    s.sendall(b"a")
                    time.sleep(0.5)
            self.assertLess(time.monotonic() - begin, 30)
            self.assertEqual(witness.add(LAKE.request(0, 5))[0], 200)

    def test_its_memory_does_not_grow_with_what_it_refuses(self):
        with Witness() as witness:
            connection = witness.connect()
            for i in range(3000):
                if i == 500:
                    before = witness.memory()
                self.assertIn(witness.add(LAKE.request(3, 5) if i % 2 else b"a" * 5000, connection)[0], (400, 409))
            connection.close()
            self.assertLess(witness.memory() - before, 4096)

    def test_its_log_holds_no_address_of_who_asked(self):
        with Witness() as witness:
            for body in (b"", LAKE.request(0, 5), LAKE.request(0, 6), FORGED.request(5, 300)):
                witness.add(body)
            witness.stop()
            with open(os.path.join(witness.directory, "log"), encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertEqual([line for line in lines if "127.0.0.1" in line and f":{witness.port}" not in line], [])
            self.assertTrue(lines)


class Tls(unittest.TestCase):
    def test_with_a_certificate_it_speaks_tls_1_3_and_nothing_older(self):
        witness = Witness(more="tls: {certificate: cert.pem, key: key.pem}\n")
        make_certificate(witness.directory)
        with witness:
            trust = ssl.create_default_context(cafile=os.path.join(witness.directory, "cert.pem"))
            for old, size in ((0, 5), (5, 9)):
                connection = http.client.HTTPSConnection("localhost", witness.port, timeout=30, context=trust)
                self.assertEqual(witness.add(LAKE.request(old, size), connection)[0], 200)
                self.assertEqual(connection.sock.version(), "TLSv1.3")
                connection.close()
            trust.maximum_version = ssl.TLSVersion.TLSv1_2
            old = http.client.HTTPSConnection("localhost", witness.port, timeout=30, context=trust)
            with self.assertRaises((ssl.SSLError, OSError)):
                witness.add(LAKE.request(9, 10), old)
            old.close()
            with self.assertRaises((OSError, http.client.HTTPException)):
                witness.add(LAKE.request(9, 10))


def make_certificate(directory):
    """cert.pem and key.pem, for localhost, by itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
                   cwd=directory, check=True, capture_output=True)


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
