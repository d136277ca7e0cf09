#!/usr/bin/python3
"""Makes a golden journal: make.py BUILD NUMBER. What a mission of today writes, for later programs to read: golden_test.py says how.

A mission of the sample's house lives a short life in which nearly every kind of event happens, on a machine whose clock is set forward by some months. It
is backed up with its keys, and restored from that backup and what an outside reader has kept; the restored one is what is kept. Everything in it is
invented, its keys too: they open nothing else.
"""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD, NUMBER = os.path.abspath(sys.argv[1]), sys.argv[2]
sys.path[:0] = [os.path.join(HERE, "..", "life"), os.path.join(HERE, "..", "system")]
from clock import DAY_MS, Machine  # noqa: E402  takes the build from the command line
from golden_test import expected_of  # noqa: E402
from mission import Mission  # noqa: E402
from officers import Officers  # noqa: E402

KEPT = ("journal.db", "mission.yaml", "incarnation.json", "keys/journal.vkey", "keys/master", "keys/master.key", "keys/subjects.0", "keys/subjects.1")
FORGOTTEN, AGAIN, AMBASSADOR = "Ottiline Varkesh", "Severin Ashgrove", "Ysolde Marrantine"
LATER_DAYS = 125  # a month and the days that its card numbers are kept are over
KNOWN, UNKNOWN = ("83ff9c8748", 37), ("5b2e91d74c", 40)


def ask(mission, command, **body):
    answer = mission.ask({"command": {"name": command, "body": body}})
    if "done" not in answer:
        raise AssertionError(f"{command}: {answer}")
    return answer["done"]


def enrol(mission, name, **more):
    return ask(mission, "people.enrol", name=name, groups=["staff", "diplomat"], clearance=4, **more)["gives"]["person"]


def happens(mission, *names):
    def all_there():
        found = {event["name"] for entry in mission.seen() for event in entry["events"]}
        return found.issuperset(names)
    mission.until(all_there, f"{' and '.join(names)} happened")


def begin(mission):
    """The house and one guest; what is left undone then is over when the clock has been set forward and two officers have said that it is right."""
    mission.start_world()
    mission.start_serve()
    mission.run("import", "site.yaml", "keys/readers.yaml")
    mission.wait_online()
    guest = enrol(mission, "Wren Tallow")
    ask(mission, "people.issue_badge", person=guest, card="b7c3a840", bits=26, kind="visitor_card")
    mission.badge("line-1/0", "b7c3a840", 26)
    happens(mission, "access.Granted", "doors.StrikeReleased")
    mission.run("look", f"person:{guest}", "--purpose", "a golden journal")
    ask(mission, "doors.lock_down", why="drill")
    ask(mission, "doors.lift_lockdown")
    part = b"the first of two parts"
    ask(mission, "record.stage_part", hash=hashlib.sha256(part).hexdigest(), part=1, of=2, data=part.hex())


def later(mission, officers, machine):
    machine.step(LATER_DAYS * DAY_MS)
    happens(mission, "record.ClockDoubted")
    ask(mission, "record.confirm_clock")  # nobody agrees to this one
    officers.second("approve", str(ask(mission, "record.confirm_clock")["pending"]))
    happens(mission, "record.ClockTrusted", "record.MonthForgotten", "record.Erased", "record.StageDropped", "oversight.LookOver", "oversight.ReviewMissed",
            "oversight.ApprovalOver")


def people(mission):
    ambassador = enrol(mission, AMBASSADOR)
    ask(mission, "people.issue_badge", person=ambassador, card=KNOWN[0], bits=KNOWN[1], kind="card")
    person = enrol(mission, FORGOTTEN, company="Harbour Works")
    card = {"person": person, "card": UNKNOWN[0], "bits": UNKNOWN[1]}
    badge = ask(mission, "people.issue_badge", kind="card", **card)["gives"]["badge"]
    mission.badge("line-1/0", *UNKNOWN)
    happens(mission, "access.Granted", "doors.StrikeReleased")
    ask(mission, "people.suspend_badge", badge=badge, why="lost")
    mission.badge("line-1/0", *UNKNOWN)
    happens(mission, "access.Denied")
    ask(mission, "people.restore_badge", badge=badge)
    soon = mission.status()["wall"] + 2000
    ask(mission, "people.issue_badge", person=person, card="77aa01", bits=24, kind="visitor_card", until=soon)
    with open(os.path.join(mission.directory, "photo"), "wb") as file:
        file.write(bytes(range(256)) * 8)
    mission.run("people", "set-photo", "--person", str(person), "--photo", "@" + file.name)
    standing = ask(mission, "access.declare_standing", door=1, person=person)["gives"]["standing"]
    ask(mission, "access.revoke_standing", standing=standing)
    mission.run("look", f"person:{person}", "--purpose", "a golden journal")
    return person


def doors(mission, officers):
    ask(mission, "doors.lock_down", why="drill")
    mission.badge("line-1/0", *KNOWN)
    happens(mission, "doors.LockedDown", "doors.Held", "drivers.DesiredReached", "oversight.ReviewOwed")
    waiting = officers.second("pending", "--json").stdout
    review = re.search(r'"review":\s*(\d+)', waiting)
    officers.second("oversight", "review", "--review", review[1] if review else "1", "--finding", "proper")
    ask(mission, "doors.lift_lockdown")
    ask(mission, "doors.add_door", name="Side gate", zone=2, from_zone=1, release=3000)
    happens(mission, "drivers.TableConfirmed")


def without_a_core(mission):
    """The doors' tables decide while the core stands still."""
    pid = next(pid for pid, words in mission.children() if "core" in words)
    os.kill(pid, signal.SIGSTOP)
    mission.badge("line-1/0", *KNOWN)
    time.sleep(2)
    os.kill(pid, signal.SIGCONT)
    happens(mission, "access.DecidedByTable")


def rules(mission):
    place = os.path.join(mission.directory, "rules")
    shutil.copytree(os.path.join(mission.path, "rules", "access"), place)
    with open(os.path.join(place, "rulebook.yaml"), "a", encoding="utf-8") as file:
        file.write("\n# Enacted while the mission ran.\n")
    with open(os.path.join(place, "everyone.yaml"), "r+", encoding="utf-8") as file:
        text = file.read().replace('"20:30"', '"20:45"')
        file.seek(0)
        file.write(text)
    mission.run("rules", "enact", place)
    mission.badge("line-1/0", *KNOWN)


def oversight(mission, officers, person):
    asked = mission.run("people", "forget", "--person", str(person), "--why", "mistake", "--passkey", officers.passkey("root"))
    number = re.search(r"approve (\d+)", asked.stdout)[1]
    officers.second("decline", number, "--why", "not yet")
    officers.forget(person)
    happens(mission, "oversight.Declined", "oversight.Approved", "people.PersonForgotten", "record.Baseline", "record.Erased")


def live(mission, machine):
    officers = Officers(mission)
    begin(mission)
    officers.enrol()
    later(mission, officers, machine)
    again = enrol(mission, AGAIN)
    person = people(mission)
    doors(mission, officers)
    without_a_core(mission)
    rules(mission)
    happens(mission, "people.BadgeExpired")
    for keys in ("mission", "doors"):
        mission.run("record", "rekey", "--keys", keys)
    oversight(mission, officers, person)
    spare = os.path.join(mission.directory, "spare")
    mission.run("passkey", "new", spare, "--label", "spare", "--enrol")
    mission.run("operators", "remove-passkey", "--passkey", "3")
    mission.run("backup", os.path.join(mission.directory, "backup"), "--keys")
    mission.stop("world")
    happens(mission, "doors.ReaderBecameOffline")
    mission.run("export", os.path.join(mission.directory, "export"))
    officers.forget(again)
    mission.run("backup", "--list-forgotten", os.path.join(mission.directory, "forgotten"))
    mission.run("export", os.path.join(mission.directory, "later"))
    mission.stop()


def restore(first, build):
    """With what an outside reader has of the time behind the backup; what came after that is lost, and only the list knows of it."""
    path = os.path.join(first.directory, "restored", "mission")
    subprocess.run([os.path.join(build, "chancery"), "restore", os.path.join(first.directory, "backup"), path, "--forgotten",
                    os.path.join(first.directory, "forgotten"), "--checkpoint", os.path.join(first.directory, "later", "checkpoint"),
                    "--tail", os.path.join(first.directory, "export")], check=True)
    for name in ("site.yaml", "world.yaml", "people.yaml"):
        shutil.copy(os.path.join(first.path, name), path)
    mission = Mission(build, directory=os.path.dirname(path))
    mission.start(imported=False)
    happens(mission, "record.Restored", "record.SubjectForgotten")
    mission.badge("line-1/0", *KNOWN)
    mission.until(lambda: mission.events("out", "line-1/0"), "the strike is released")
    happens(mission, "drivers.TableConfirmed")
    mission.until(lambda: any(e["name"] == "record.Erased" for entry in mission.seen()[-400:] for e in entry["events"]), "they are forgotten again")
    mission.run("backup", os.path.join(first.directory, "golden"), "--keys")
    mission.stop()
    return os.path.join(first.directory, "golden")


def keep(made, number, build):
    """Owners and times of the archive's files say nothing, and are left out."""
    def bare(member):
        member.uid = member.gid = member.mtime = 0
        member.uname = member.gname = ""
        return member
    with tarfile.open(os.path.join(HERE, f"{number}.tar.xz"), "w:xz", preset=9) as archive:
        for name in KEPT:
            archive.add(os.path.join(made, name), f"{number}/{name}", filter=bare)
    with tempfile.TemporaryDirectory() as place:
        with open(os.path.join(HERE, f"{number}.txt"), "w", encoding="utf-8") as file:
            file.write(expected_of(number, build, place))


def main():
    with Machine() as machine, Mission(machine.programs) as mission:
        os.chmod(mission.directory, 0o755)
        live(mission, machine)
        keep(restore(mission, machine.programs), NUMBER, BUILD)


if __name__ == "__main__":
    main()
