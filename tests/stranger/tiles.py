#!/usr/bin/python3
"""Verifies a log of Chancery in the files of C2SP tlog-tiles, as `chancery export` writes them: checkpoint, tile/L/N, tile/entries/N.

    tiles.py DIRECTORY VKEYFILE

It needs verify.py beside it. Ends with 0 if the log is verified, 4 if it is not what it must be, 1 if it cannot be read, 2 if called wrongly.
"""
import os
import sys

import verify


def place_of(folder, number, width):
    """The path of a tile: 1234067 is x001/x234/067; one that is not full has its width behind it."""
    groups = ["%03d" % (number % 1000)]
    while number >= 1000:
        number //= 1000
        groups.insert(0, "x%03d" % (number % 1000))
    return f"tile/{folder}/{'/'.join(groups)}" + (f".p/{width}" if width < 256 else "")


def read(directory, folder, number, width):
    """Its path and bytes. Where the log has grown since, the full tile may stand for a partial one."""
    for place in (place_of(folder, number, width), place_of(folder, number, 256)):
        if os.path.exists(os.path.join(directory, place)):
            with open(os.path.join(directory, place), "rb") as file:
                return place, file.read()
    raise verify.Wrong(f"{place_of(folder, number, width)}: is missing")


def widths(count):
    """(number, width) of each tile of so many hashes or entries."""
    return [(number, min(256, count - 256 * number)) for number in range((count + 255) // 256)]


def entries_of(place, data, width):
    """A bundle: each entry with its length before it, in two bytes, big-endian."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at:at + 2], "big")
        verify.require(at + 2 + length <= len(data), f"{place}: ends within entry {len(entries)} of it")
        entries.append(data[at + 2:at + 2 + length])
        at += 2 + length
    verify.require(len(entries) == width or (len(entries) == 256 and f".p/{width}" not in place), f"{place}: has {len(entries)} entries, not {width}")
    return entries[:width]


def check_level(directory, level, hashes):
    for number, width in widths(len(hashes)):
        place, data = read(directory, level, number, width)
        verify.require(len(data) in (32 * width, 32 * 256 if place == place_of(level, number, 256) else 0), f"{place}: has not {width} hashes")
        for i, one in enumerate(hashes[256 * number:256 * number + width]):
            of = f"tile {256 * number + i} below" if level else f"entry {256 * number + i}"
            verify.require(data[32 * i:32 * i + 32] == one, f"{place}: hash {i} is not that of {of}")


def check_log(directory, key):
    """How many entries the log has; raises Wrong."""
    with open(os.path.join(directory, "checkpoint"), "rb") as file, verify.at("checkpoint"):
        checkpoint = verify.Note(file.read(), key)
    bodies = []
    for number, width in widths(checkpoint.size):
        bodies += entries_of(*read(directory, "entries", number, width), width)
    leaves, _ = verify.check_entries(enumerate(bodies))
    level, hashes = 0, leaves
    while hashes:
        check_level(directory, level, hashes)
        level, hashes = level + 1, [verify.root_of(hashes[i:i + 256]) for i in range(0, len(hashes) - 255, 256)]
    verify.require(verify.root_of(leaves) == checkpoint.root, f"checkpoint: line 3: the root is not that of the {checkpoint.size} entries")
    return checkpoint.size


def main(directory, key_file):
    with open(key_file, encoding="utf-8") as file:
        key = verify.Key(file.read(), verify.MISSION)
    try:
        size = check_log(directory, key)
    except verify.Wrong as wrong:
        print(f"NOT VERIFIED: {directory}\n{wrong}", file=sys.stderr)
        return verify.WRONG
    print(f"verified {directory}\nentries  {size}")
    return verify.VERIFIED


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(print(__doc__, file=sys.stderr) or verify.USAGE)
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, ValueError) as why:
        sys.exit(str(why))
