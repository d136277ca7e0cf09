"""Two officers of one mission, by two Unix users, each with a passkey in a file: what is grave takes both of them.

    officers = Officers(mission)     before the mission starts
    officers.enrol()                 when it runs
    officers.forget(person)
"""
import os
import re
import subprocess

SECOND, NOBODY = "nobody", 65534


def may_be_two():
    return os.geteuid() == 0


class Officers:
    def __init__(self, mission):
        self.mission = mission
        with open(os.path.join(mission.path, "mission.yaml"), "r+", encoding="utf-8") as file:
            text = file.read()
            row = f"  - {{login: {SECOND}, name: Deputy, roles: [security_officer], clearance: secret}}\n"
            file.seek(0)
            file.write(text.replace("operators:\n", "operators:\n" + row, 1))

    def passkey(self, login):
        """In a directory of its owner's: the passkey counts how often it spoke."""
        return os.path.join(self.mission.directory, f"home-{login}", "passkey")

    def enrol(self):
        for login, uid in (("root", 0), (SECOND, NOBODY)):
            os.mkdir(os.path.dirname(self.passkey(login)))
            self.mission.run("passkey", "new", self.passkey(login), "--label", login, "--login", login, "--enrol")
            os.chown(os.path.dirname(self.passkey(login)), uid, -1)
            os.chown(self.passkey(login), uid, -1)

    def second(self, *words):
        """As the second officer, whom the first one lets as far as the socket."""
        for path in (self.mission.directory, self.mission.path, os.path.join(self.mission.path, "run")):
            os.chmod(path, os.stat(path).st_mode | 0o005)
        os.chmod(os.path.join(self.mission.path, "mission.yaml"), 0o644)
        os.chmod(os.path.join(self.mission.path, "run", "core.sock"), 0o666)
        command = [self.mission.program("chancery"), "-C", self.mission.path, *words]
        done = subprocess.run(command, user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def forget(self, person):
        asked = self.mission.run("people", "forget", "--person", str(person), "--why", "asked_for", "--passkey", self.passkey("root"))
        pending = re.search(r"(?:pending|approve) (\d+)", asked.stdout)
        if not pending:
            raise AssertionError(f"nothing waits for the second officer: {asked.stdout}")
        return self.second("approve", pending[1], "--passkey", self.passkey(SECOND))
