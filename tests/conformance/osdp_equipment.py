"""OSDP readers for the conformance test: the sample mission's first line, its readers simulated over a pseudo-terminal by chancery-world.

Options: build=DIRECTORY, where chancery, chancery-world and make_table are.
"""
import json
import os
import subprocess
import threading
import time

import yaml
from core import ROOT, Wrong
from equipment import Equipment as Nothing

SEED = "07" * 32
CARD, BITS = "12345640", 26
READERS = 3


class Equipment(Nothing):
    name = "line-1"
    keeps = True
    flood_reports = 42, 4  # 20 cards, and one in half a second; each is read, and decided by table

    def __init__(self, options, log):
        super().__init__(options, log)
        self.build = os.path.abspath(options.get("build", os.path.join(ROOT, "build", "release")))
        self.directory = os.path.join(self.temporary.name, "mission")
        self.run("chancery", "init", self.directory, "--sample", os.path.join(ROOT, "sample"))
        self.happened, self.lock = [], threading.Lock()
        self.world = subprocess.Popen([self.program("chancery-world"), self.directory, "--still"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=log)
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()
        self.until(lambda: os.path.exists(self.device()), "the world's line")
        self.table_key = self.make_table(1)[0]

    def close(self):
        self.world.stdin.close()
        self.world.terminate()
        self.world.wait()
        self.listener.join()
        self.world.stdout.close()
        super().close()

    def program(self, name):
        return os.path.join(self.build, name)

    def run(self, name, *words):
        return subprocess.run([self.program(name), *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    def listen(self):
        for line in self.world.stdout:
            with self.lock:
                self.happened.append(json.loads(line))

    def count(self, what):
        with self.lock:
            return sum(event["what"] == what and event.get("reader", "").startswith("line-1/") for event in self.happened)

    @staticmethod
    def until(condition, what, patience=20):
        end = time.monotonic() + patience
        while not condition():
            if time.monotonic() > end:
                raise Wrong(f"waited {patience} s in vain for {what}")
            time.sleep(0.02)

    def device(self):
        return os.path.join(self.directory, "run", "lines", "line-1")

    def readers(self):
        """The first readers of the line, by address; their numbers are ours to choose."""
        with open(os.path.join(self.directory, "keys", "readers.yaml"), encoding="utf-8") as file:
            keys = {f"{item['with']['line']}/{item['with']['address']}": item["with"]["key"] for item in yaml.safe_load(file)}
        with open(os.path.join(self.directory, "site.yaml"), encoding="utf-8") as file:
            places = [item["with"] for item in yaml.safe_load(file) if item["do"] == "doors.add_reader"]
        found = sorted((p for p in places if p["line"] == "line-1"), key=lambda p: p["address"])[:READERS]
        return [{"reader": i + 1, "address": p["address"], "key": keys[f"line-1/{p['address']}"], "output": p["output"]}
                for i, p in enumerate(found)]

    def settings(self):
        return {"device": "run/lines/line-1", "baud": 115200, "readers": self.readers()}

    def other_settings(self):
        return {**self.settings(), "readers": self.readers()[:1]}

    def badge(self, reader=0, card=CARD):
        place = f"line-1/{self.readers()[reader]['address']}"
        self.world.stdin.write(f"badge {place} {card} {BITS}\n".encode())
        self.world.stdin.flush()

    def ready(self, driver):
        seen = set()
        while len(seen) < READERS:
            report = driver.wait("report", lambda r: r["name"] == "doors.reader_online", 20, "the simulated readers answer")
            seen.add(report["body"]["reader"])

    def order(self):
        return "doors.Released", {"door": 1, "reader": 1, "release": 1000}

    def unknown_order(self):
        return "lamps.Lit", {"lamp": 1}

    def effects(self):
        return self.count("out")

    def desired(self):
        address = self.readers()[1]["address"]
        held = bytes(1 << address % 8 if i == address // 8 else 0 for i in range(16)).hex()
        return "doors.Held", "driver:1", {"driver": 1, "readers": 1, "addresses": held}, {"driver": 1, "readers": 0, "addresses": "00" * 16}

    def stir(self):
        self.badge()
        return True

    def flood(self):
        for _ in range(80):
            self.badge(2, "ffffffc0")
            time.sleep(0.025)
        return True

    def decided(self, driver):
        self.badge()
        read = driver.wait("report", lambda r: r["name"] == "access.card_read")
        driver.wait("report", lambda r: r["name"] == "access.card_decided" and r["body"].get("read") == read["sequence"], 5,
                    "a card that the core does not answer is decided by the grant table")
        return read["sequence"]

    def make_table(self, number, driver=None):
        made = int(time.time() * 1000) - 1000
        lines = self.run("make_table", driver or self.name, str(number), self.key, SEED, str(made), "1", CARD, str(BITS)).split()
        return lines[0], bytes.fromhex(lines[1])

    def table(self, number, driver=None, damaged=False):
        table = bytearray(self.make_table(number, driver)[1])
        table[-1] ^= damaged
        return bytes(table)
