#!/usr/bin/python3
"""The Debian package: what is in it, and a mission that runs from it, unpacked, as another user.

    tests/system/deb_test.py PLACE      where tools/deb has put it

What only systemd could show (that the unit starts, that a reload is an upgrade there) is not tried: the unit is looked over by systemd-analyze.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import traceback
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mission import Mission, ROOT  # noqa: E402

PLACE = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "deb")
NOBODY = 65534
EXPOSURE_MAX = 2.0  # of systemd-analyze security, where 10 is a unit without any of it


class Unpacked(Mission):
    """The package's programs, and the world's from beside it."""

    def __init__(self, root, world):
        super().__init__(os.path.join(root, "usr/bin"))
        self.sample, self.world_program = os.path.join(root, "usr/share/chancery/sample"), world

    def __enter__(self):
        self.run("init", self.path, "--sample", self.sample, inside=False)
        return self

    def program(self, name):
        return self.world_program if name == "chancery-world" else super().program(name)


def as_nobody(act):
    """In a process of its own, so that this one stays who it is. True when it went well."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
            code = 0
        except BaseException:  # whatever it was, this process ends here and not in the parent's tests
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package, = [path for path in glob.glob(os.path.join(PLACE, "chancery_*.deb")) if "dbgsym" not in path]
        cls.root = tempfile.mkdtemp(prefix="chancery-root-")
        os.chmod(cls.root, 0o755)
        subprocess.run(["dpkg-deb", "-x", cls.package, cls.root], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.package, name], capture_output=True, text=True, check=True).stdout.strip()

    def test_it_has_what_a_mission_needs(self):
        for path in ("usr/bin/chancery", "usr/bin/chancery-verify", "lib/systemd/system/chancery@.service",
                     "usr/share/chancery/sample/mission.yaml", "usr/share/chancery/sample/rules/access/rulebook.yaml", "usr/share/doc/chancery/copyright"):
            self.assertTrue(os.path.exists(os.path.join(self.root, path)) or os.path.exists(os.path.join(self.root, "usr", path)), path)
        self.assertFalse(os.path.exists(os.path.join(self.root, "usr/bin/chancery-world")), "the simulated world is no part of it")
        for library in ("libsqlite3-0", "libsodium23", "libssl3", "libfyaml0", "libseccomp2", "libc6"):
            self.assertIn(library, self.field("Depends"))

    def test_its_version_is_the_program_s(self):
        said = subprocess.run([os.path.join(self.root, "usr/bin/chancery"), "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said.split("\n")[0], f"chancery {self.field('Version')}")

    def test_its_programs_are_hardened(self):
        for name in ("chancery", "chancery-verify"):
            told = subprocess.run(["readelf", "-lhdW", os.path.join(self.root, "usr/bin", name)], capture_output=True, text=True, check=True).stdout
            self.assertIn("DYN (", told, "position-independent")
            self.assertIn("GNU_RELRO", told)
            self.assertRegex(told, r"BIND_NOW|FLAGS.*NOW")
            self.assertRegex(told, r"GNU_STACK.* RW +0x")

    def test_a_crash_report_can_be_read_with_the_package_of_symbols(self):
        symbols, = glob.glob(os.path.join(PLACE, "chancery-dbgsym_*.deb"))
        build = subprocess.run([os.path.join(self.root, "usr/bin/chancery"), "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
        listed = subprocess.run(["dpkg-deb", "-c", symbols], capture_output=True, text=True, check=True).stdout
        self.assertIn(f"usr/lib/debug/.build-id/{build[:2]}/{build[2:]}.debug", listed)

    def test_its_scripts_are_shell(self):
        with tempfile.TemporaryDirectory() as scripts:
            subprocess.run(["dpkg-deb", "-e", self.package, scripts], check=True)
            for name in ("postinst", "prerm", "postrm"):
                path = os.path.join(scripts, name)
                if os.path.exists(path):
                    self.assertEqual(subprocess.run(["sh", "-n", path]).returncode, 0, name)
            with open(os.path.join(scripts, "postinst"), encoding="utf-8") as file:
                self.assertIn('systemctl reload "$unit"', file.read())

    @unittest.skipUnless(os.geteuid() == 0, "left out: only root may be somebody else")
    def test_a_mission_runs_from_it_as_another_user(self):
        world = os.path.join(self.root, "world")
        shutil.copy(os.path.join(ROOT, "build", "release", "chancery-world"), world)
        self.assertTrue(as_nobody(lambda: self.live(world)))

    def live(self, world):
        with Unpacked(self.root, world) as mission:
            mission.start()
            self.assertEqual(os.stat(mission.path).st_uid, NOBODY)
            self.assertNotRegex(mission.run("doctor").stdout, r"(?m)^wrong")
            before = mission.status()["size"]
            mission.badge("line-1/0", "ffffffc0")
            mission.until(lambda: mission.status()["size"] > before, "a badge is decided")
            self.assertIn("runs the mission", mission.run("upgrade").stdout)
            mission.wait_online()
            mission.stop()
            self.assertEqual(mission.verify().returncode, 0)

    def test_the_unit_is_one_that_systemd_takes_and_finds_little_fault_with(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("left out: there is no systemd-analyze")
        found = glob.glob(os.path.join(self.root, "**/chancery@.service"), recursive=True)
        unit = os.path.join(self.root, "chancery@test.service")
        with open(found[0], encoding="utf-8") as file:
            text = file.read().replace("/usr/bin/chancery", os.path.join(self.root, "usr/bin/chancery"))
        with open(unit, "w", encoding="utf-8") as file:
            file.write(text)
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        complaints = [line for line in verified.stderr.splitlines() if "chancery@" in line]
        self.assertEqual(complaints, [])
        told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True).stdout
        exposure = re.search(r"exposure level.*?: ([0-9.]+)", told)
        self.assertIsNotNone(exposure, told[-500:])
        print(f"exposure {exposure[1]}", flush=True)
        self.assertLessEqual(float(exposure[1]), EXPOSURE_MAX)


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
