#!/usr/bin/python3
"""The Debian package: what is in it, and a mission that runs from it, unpacked, as another user.

    tests/system/deb_test.py PLACE      where tools/deb has put it

What only systemd could show (that the unit starts, that a reload is an upgrade there) is not tried: the unit is looked over by systemd-analyze.
"""
import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import traceback
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mission import Mission, ROOT  # noqa: E402

PLACE = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else os.path.join(ROOT, "build", "deb")
NOBODY = 65534
PROGRAMS = ("chancery", "chancery-cosign", "chancery-verify", "chancery-witness")
EXPOSURE_MAX = 2.0  # of systemd-analyze security, where 10 is a unit without any of it

# PLACE SCRIPT ARGUMENT…
OVERLAID = """
mount --make-rprivate /
mount -t tmpfs tmpfs "$0"
mkdir "$0/changes" "$0/work" "$0/house"
mount -t overlay overlay -o "lowerdir=/,upperdir=$0/changes,workdir=$0/work" "$0/house"
mount -t proc proc "$0/house/proc"
mount --rbind /dev "$0/house/dev"
mount -t tmpfs tmpfs "$0/house/run"
exec chroot "$0/house" "$@"
"""


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
        for path in (*(f"usr/bin/{name}" for name in PROGRAMS), "lib/systemd/system/chancery@.service", "lib/systemd/system/chancery-witness@.service",
                     "usr/share/chancery/witnesses.conf", "usr/share/chancery/sample/mission.yaml",
                     "usr/share/chancery/sample/rules/access/rulebook.yaml", "usr/share/doc/chancery/copyright"):
            self.assertTrue(os.path.exists(os.path.join(self.root, path)) or os.path.exists(os.path.join(self.root, "usr", path)), path)
        self.assertFalse(os.path.exists(os.path.join(self.root, "usr/bin/chancery-world")), "the simulated world is no part of it")
        for library in ("libsqlite3-0", "libsodium23", "libssl3", "libfyaml0", "libseccomp2", "libgfshare2", "libpcre2-8-0", "libmicrohttpd12", "libcurl4",
                        "libc6"):
            self.assertIn(library, self.field("Depends"))

    def test_its_version_is_the_program_s(self):
        said = subprocess.run([os.path.join(self.root, "usr/bin/chancery"), "--version"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said.split("\n")[0], f"chancery {self.field('Version')}")

    def test_its_programs_are_hardened(self):
        for name in PROGRAMS:
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
        with Unpacked(self.root, world) as mission, tempfile.TemporaryDirectory() as beside:
            witness = self.witness(mission, beside)
            mission.start()
            self.assertEqual(os.stat(mission.path).st_uid, NOBODY)
            self.assertNotRegex(mission.run("doctor").stdout, r"(?m)^wrong")
            before = mission.status()["size"]
            mission.badge("line-1/0", "ffffffc0")
            mission.until(lambda: mission.status()["size"] > before, "a badge is decided")
            self.assertIn("runs the mission", mission.run("upgrade").stdout)
            mission.wait_online()
            mission.until(lambda: mission.status()["witnesses"][0]["size"] > before, "the package's witness has cosigned it")
            witness.terminate()
            self.assertEqual(witness.wait(30), 0)
            witness.stdout.close()
            mission.stop()
            self.assertEqual(mission.verify().returncode, 0)

    @staticmethod
    def witness(mission, directory):
        """A witness of the mission's, which is named in mission.yaml."""
        with socket.socket() as door:
            door.bind(("127.0.0.1", 0))
            port = door.getsockname()[1]
        with open(os.path.join(mission.path, "keys/journal.vkey"), encoding="utf-8") as file:
            vkey = file.read().strip()
        with open(os.path.join(directory, "witness.yaml"), "w", encoding="utf-8") as file:
            file.write(f"name: witness.example/w1\nlogs:\n  - {{vkey: {vkey}}}\n")
        process = subprocess.Popen([mission.program("chancery-witness"), directory, "--listen", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
        key = process.stdout.readline().strip()
        with open(os.path.join(mission.path, "mission.yaml"), "a", encoding="utf-8") as file:
            file.write(f"witnesses:\n  - {{name: Capital, vkey: {key}, url: 'http://127.0.0.1:{port}'}}\n")
        return process

    @unittest.skipUnless(os.geteuid() == 0, "left out: only root may install")
    def test_it_is_installed_upgraded_over_a_running_mission_and_purged(self):
        """In this machine's own system, with everything that is written laid over it in memory and gone afterwards."""
        world = os.path.join(ROOT, "build", "release", "chancery-world")
        script = os.path.join(ROOT, "tests", "system", "installed.sh")
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", OVERLAID, place, script, self.package, world],
                                  capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the record stayed", done.stdout)

    def test_systemd_takes_the_units_and_finds_little_fault_with_them(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("left out: there is no systemd-analyze")
        mission, witness = self.unit("chancery@test.service"), self.unit("chancery-witness@test.service")
        with open(mission, encoding="utf-8") as file:
            self.assertLess({"PrivateNetwork=yes", "IPAddressDeny=any", "RestrictAddressFamilies=AF_UNIX", "LimitMEMLOCK=64M"}, set(file.read().split("\n")))
        found = [self.exposure(mission), self.exposure(witness)]
        os.mkdir(f"{mission}.d")
        shutil.copy(os.path.join(self.root, "usr/share/chancery/witnesses.conf"), f"{mission}.d")
        found.append(self.exposure(mission))
        print(f"exposure of a mission {found[0]}, with witnesses {found[2]}, of a witness {found[1]}", flush=True)
        self.assertLess(found[0], found[2], "the drop-in opens something, and is read")
        self.assertLessEqual(max(found), EXPOSURE_MAX)

    def unit(self, name):
        """The package's unit as an instance, with its programs where they lie here."""
        template, = glob.glob(os.path.join(self.root, "**", name.replace("test", "")), recursive=True)
        with open(template, encoding="utf-8") as file:
            text = file.read().replace("/usr/bin/", os.path.join(self.root, "usr/bin/"))
        path = os.path.join(self.root, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def exposure(self, unit):
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True)
        self.assertEqual([line for line in verified.stderr.splitlines() if "chancery" in line], [])
        told = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True).stdout
        level = re.search(r"exposure level.*?: ([0-9.]+)", told)
        self.assertIsNotNone(level, told[-500:])
        return float(level[1])


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
