"""A disk of its own for a mission: a file of blocks with ext4 on it, which can be unplugged.

What was written and not synced is in the kernel's memory and not in the file. So a copy of the file, taken while every process of the mission stands still, is
what a power failure would have left; it is mounted in the old one's place, as after a reboot.
"""
import filecmp
import os
import shutil
import subprocess
import tempfile

MEMORY = "/dev/shm"  # a file of blocks that is copied in a moment


def may_mount():
    return os.geteuid() == 0 and os.path.exists("/dev/loop-control")


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(words)}: {done.stderr}")


class Disk:
    def __init__(self, mebibytes):
        self.scratch = tempfile.mkdtemp(prefix="chancery-disk-", dir=MEMORY if os.path.isdir(MEMORY) else None)
        self.image = os.path.join(self.scratch, "blocks")
        self.path = tempfile.mkdtemp(prefix="chancery-")
        with open(self.image, "wb") as file:
            file.truncate(mebibytes << 20)

    def __enter__(self):
        run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        self.mount()
        return self

    def __exit__(self, *_):
        self.unmount()
        os.rmdir(self.path)
        shutil.rmtree(self.scratch)

    def mount(self):
        run("mount", "-o", "loop", self.image, self.path)

    def unmount(self):
        run("umount", self.path)

    def look(self):
        """What is on the disk now, in a file of its own. Nobody may write meanwhile; where the kernel did, it is taken again."""
        found, again = os.path.join(self.scratch, "found"), os.path.join(self.scratch, "again")
        run("cp", "--sparse=always", self.image, found)
        while True:
            run("cp", "--sparse=always", self.image, again)
            if filecmp.cmp(found, again, shallow=False):
                os.unlink(again)
                return found
            os.replace(again, found)

    def become(self, found):
        """The machine starts again with the disk as it was found."""
        self.unmount()
        os.replace(found, self.image)
        self.mount()

    def fill(self, leave):
        """Takes the room but for so many bytes; returns the file that takes it."""
        path = os.path.join(self.path, "junk")
        room = os.statvfs(self.path)
        free = room.f_bavail * room.f_frsize
        with open(path, "wb") as file:
            if leave > 0:
                os.posix_fallocate(file.fileno(), 0, max(free - leave, 1))
            else:
                try:
                    while True:
                        file.write(bytes(1 << 20))
                        file.flush()
                except OSError:
                    pass
        return path
