"""Somebody who enrols people as fast as the core answers, and remembers each answer."""
import threading
import time


class Clerk(threading.Thread):
    def __init__(self, mission, name="Guest"):
        super().__init__(daemon=True)
        self.mission, self.who = mission, name
        self.acknowledged, self.ending = [], threading.Event()  # (entry, person, name)

    def run(self):
        link, number = None, 0
        while not self.ending.is_set():
            number += 1
            name = f"{self.who} {number}"
            try:
                link = link or self.mission.link()
                answer = link.ask({"command": {"name": "people.enrol", "body": {"name": name, "groups": ["visitor"], "clearance": 0}}})
                if "done" in answer:
                    self.acknowledged.append((answer["done"]["entry"], answer["done"]["gives"]["person"], name))
                else:
                    time.sleep(0.05)
            except (OSError, ConnectionError):
                if link:
                    link.close()
                link = None
                time.sleep(0.05)
        if link:
            link.close()

    def end(self):
        self.ending.set()
        self.join()
