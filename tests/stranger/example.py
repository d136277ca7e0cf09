#!/usr/bin/python3
"""Makes the worked example of docs/journal-format.md, and prints it as it stands there.

The sealing is written out from RFC 8439 and draft-irtf-cfrg-xchacha (HChaCha20); src/verify/example_test.c opens it with libsodium.
"""
import base64
import hashlib
import re
import struct

import verify
import writer

SEED, WITNESS_SEED, S, M = (bytes(range(first, first + 32)) for first in (0x00, 0x20, 0x40, 0x60))
SALTS = [bytes(range(first, first + 16)) for first in (0x80, 0x90)]
WALL = 1767225600000  # 2026-01-01T00:00:00Z
VALUES = ["04a1b2c3", 12]
WITNESSED_S = 1767232800
LABEL = 15  # characters before a value


# XChaCha20-Poly1305

def rotated(word, bits):
    return (word << bits | word >> 32 - bits) & 0xffffffff


def rounds(words):
    """RFC 8439, section 2.3: twenty rounds, without the addition at their end."""
    w = list(words)
    for i in range(80):
        a, b, c, d = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))[i % 8]
        for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            w[x] = w[x] + w[y] & 0xffffffff
            w[z] = rotated(w[z] ^ w[x], bits)
    return w


def start(key, rest):
    return struct.unpack("<16I", b"expand 32-byte k" + key + rest)


def chacha20(key, count, nonce, data):
    out = b""
    for i in range(0, len(data), 64):
        words = start(key, struct.pack("<I", count + i // 64) + nonce)
        block = struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(rounds(words), words)))
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], block))
    return out


def poly1305(key, data):
    r, s = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff, int.from_bytes(key[16:], "little")
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i:i + 16] + b"\1", "little")) * r % (2**130 - 5)
    return (total + s & 2**128 - 1).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def xchacha20_poly1305(key, nonce, additional, plain):
    """Cipher text and tag."""
    words = rounds(start(key, nonce[:16]))
    key, nonce = struct.pack("<8I", *words[:4], *words[12:]), bytes(4) + nonce[16:]
    cipher = chacha20(key, 1, nonce, plain)
    return cipher + poly1305(chacha20(key, 0, nonce, bytes(32)), padded(additional) + padded(cipher) + struct.pack("<QQ", len(additional), len(cipher)))


def blake2b(key, message, size=32):
    return hashlib.blake2b(message, key=key, digest_size=size).digest()


# The example

def entry(index, sender, content, events, sealed):
    return writer.dumped({
        "format": 2, "index": index, "incarnation": 1, "wall": WALL + index * 3600000, "elapsed": index * 3600000, "env": 0, "salt": SALTS[index].hex(),
        "from": sender, "checked": None, "input": content, "refusal": None, "events": events, "because": None, "law": None, "sealed": sealed, "box": None})


def first():
    return entry(0, {"core": {}}, {"kind": "start", "name": "mission.begin", "body": {}}, [{"name": "mission.InForce", "body": {}}], [])


def month():
    return 12 * (2026 - 1970) + 1


def key_of_packet():
    return blake2b(S, b"packet entry" + M)


def plain():
    values = writer.dumped(VALUES)
    return values + b" " * (-len(values) % 32)


def second():
    mark = blake2b(S, b"packet mark 90d %d" % month(), 8)
    data = xchacha20_poly1305(key_of_packet(), SALTS[1] + struct.pack("<Q", 0), struct.pack("<Q", 1), plain())
    packet = {"keep": "90d", "month": month(), "mark": mark.hex(), "data": base64.b64encode(data).decode()}
    return entry(1, {"driver": {"name": "gate", "boot": "0011223344556677", "sequence": 1, "ago": 250}},
                 {"kind": "report", "name": "access.card_read", "body": {"reader": 3, "card": [0, 0]}},
                 [{"name": "access.Granted", "body": {"door": 3, "person": [0, 1]}}], [packet])


def rows():
    """(label, text) of each; entries are broken into lines, the note has its own."""
    key, witness = writer.Signer("chancery/example", SEED), writer.Signer("witness.example/w1", WITNESS_SEED, verify.WITNESS)
    bodies = [first(), second()]
    leaves = [writer.leaf(body) for body in bodies]
    root = writer.root(leaves)
    text = f"{key.name}\n2\n{base64.b64encode(root).decode()}\n"
    note = text + "\n" + key.line(text) + witness.line(text, WITNESSED_S)
    broken = [re.sub(',("(?:from|input|refusal|because|data|box)":)', ",\n\\1", body.decode()) for body in bodies]
    return [("seed", SEED.hex()), ("key", key.vkey), ("witness seed", WITNESS_SEED.hex()), ("witness key", witness.vkey), ("S", S.hex()), ("M", M.hex()),
            ("entry 0", broken[0]), ("leaf 0", leaves[0].hex()), ("entry 1", broken[1]), ("leaf 1", leaves[1].hex()),
            ("packet key", key_of_packet().hex()), ("values", plain().decode().rstrip()), ("root", root.hex()), ("note", note)]


def block():
    lines = []
    for label, text in rows():
        parts = text.rstrip("\n").split("\n")
        lines += [f"    {label:<{LABEL}}{parts[0]}", *(" " * (LABEL + 4) + part if part else "" for part in parts[1:])]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(block(), end="")
