"""A whole mission in a temporary directory: keeper, core, drivers and the simulated world, as processes.

    with Mission(build) as mission:
        mission.start()
        mission.badge("line-1/0", card, bits)

Everything goes through what a user has: the commands, the socket, the journal file after the end.
"""
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATIENCE_S = 60


class Link:
    """A connection to the core: JSON lines out, JSON lines in. ConnectionError when the core went away."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        try:
            self.socket.connect(path)
        except OSError:
            self.socket.close()
            raise
        self.file = self.socket.makefile("rb")

    def send(self, line):
        data = line if isinstance(line, bytes) else json.dumps(line).encode()
        self.socket.sendall(data + b"\n")

    def receive(self):
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("the core went away")
        return json.loads(line)

    def ask(self, line):
        self.send(line)
        return self.receive()

    def close(self):
        self.file.close()
        self.socket.close()


class Mission:
    def __init__(self, build, world_arguments=("--still",), directory=None):
        """`directory` is somebody else's, and stays."""
        self.build = os.path.abspath(build)
        self.world_arguments = list(world_arguments)
        self.lent = directory is not None
        self.directory = directory or tempfile.mkdtemp(prefix="chancery-")
        self.path = os.path.join(self.directory, "mission")
        self.processes = {}
        self.happened = []  # what the world says physically happened
        self.kept = []  # entries
        self.lock = threading.Lock()

    def __enter__(self):
        self.run("init", self.path, "--sample", os.path.join(ROOT, "sample"), inside=False)
        return self

    def __exit__(self, *exception):
        self.stop()
        if self.lent:
            return
        if exception[0] is None:
            shutil.rmtree(self.directory)
        else:
            print("kept for you to look at:", self.path)

    def program(self, name):
        return os.path.join(self.build, name)

    def run(self, *words, inside=True, check=True):
        command = [self.program("chancery")] + (["-C", self.path] if inside else []) + list(words)
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    # Life and death

    def start(self, imported=True):
        self.start_world()
        self.start_serve()
        if imported:
            self.run("import", "site.yaml", "people.yaml", "keys/readers.yaml")
        self.wait_online()

    def start_world(self):
        with open(os.path.join(self.directory, "world.log"), "ab") as log:
            self.world = subprocess.Popen([self.program("chancery-world"), self.path, *self.world_arguments],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.processes["world"] = self.world
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def start_serve(self, path=None):
        """`path` is how the mission is called from the directory that it lies in."""
        with open(os.path.join(self.directory, "serve.log"), "ab") as log:
            self.processes["serve"] = subprocess.Popen([self.program("chancery"), "-C", path or self.path, "serve"],
                                                       stdout=log, stderr=log, cwd=self.directory)
        self.until(self.answers, "the core answers")

    def listen(self):
        for line in self.world.stdout:
            with self.lock:
                self.happened.append(json.loads(line))

    def stop(self, *names):
        for name in names or ("serve", "world"):
            process = self.processes.pop(name, None)
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE_S)
            if process and process.stdin:
                process.stdin.close()
                self.listener.join(PATIENCE_S)
                process.stdout.close()

    def children(self):
        """The keeper's children: [(pid, words of the command line)]."""
        keeper = self.processes["serve"].pid
        with open(f"/proc/{keeper}/task/{keeper}/children") as f:
            pids = [int(word) for word in f.read().split()]
        found = []
        for pid in pids:
            try:
                with open(f"/proc/{pid}/cmdline") as f:
                    found.append((pid, f.read().split("\0")))
            except OSError:
                pass
        return found

    def kill(self, word):
        """kill -9 of the first child whose command line has that word."""
        for pid, words in self.children():
            if word in words:
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    # Talking

    def link(self):
        return Link(os.path.join(self.path, "run", "core.sock"))

    def ask(self, line):
        link = self.link()
        try:
            return link.ask(line)
        finally:
            link.close()

    def answers(self):
        try:
            return self.ask({"status": {}})
        except (OSError, ConnectionError):
            return None

    def status(self):
        answer = self.answers()
        return answer and answer["status"]

    def badge(self, reader, card, bits=26):
        self.world.stdin.write(f"badge {reader} {card} {bits}\n".encode())
        self.world.stdin.flush()

    def events(self, what, reader=None):
        with self.lock:
            return [e for e in self.happened if e["what"] == what and reader in (None, e.get("reader"))]

    def until(self, condition, what, patience=PATIENCE_S):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"waited {patience} s in vain until {what}")

    def wait_online(self):
        def all_online():
            status = self.status()
            return status and status["readers"] > 0 and status["online"] == status["readers"]
        self.until(all_online, "all readers are online")

    def seen(self, start=0):
        """Every entry from `start` on so far, as the one who asks may see it."""
        link, size = self.link(), self.status()["size"]
        link.send({"follow": {"from": start}})
        found = [link.receive()["entry"] for _ in range(size - start)]
        link.close()
        return found

    def known(self):
        """Every entry so far, each as it was shown first: for looking again and again."""
        self.kept += self.seen(len(self.kept))
        return self.kept

    # The record, after the end

    def entries(self):
        """All entries of the stopped mission, read with another SQLite reader than the mission's."""
        database = sqlite3.connect(os.path.join(self.path, "journal.db"))
        try:
            return [json.loads(body) for (body,) in database.execute("SELECT body FROM entry ORDER BY seq")]
        finally:
            database.close()

    def verify(self):
        return subprocess.run([self.program("chancery-verify"), os.path.join(self.path, "journal.db"),
                               os.path.join(self.path, "keys", "journal.vkey")],
                              capture_output=True, text=True, timeout=PATIENCE_S)


def recorded(what, *path):
    """A file that a program wrote is held against its schema by tests/traffic, as a line is."""
    if os.environ.get("CHANCERY_TRAFFIC"):
        with open(os.path.join(*path), encoding="utf-8") as file, open(os.environ["CHANCERY_TRAFFIC"], "a", encoding="utf-8") as traffic:
            traffic.write(f"{what}\t{file.read().rstrip()}\n")


def close(result):
    """The closing line of a test program, and its end."""
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
