"""Logs, checkpoints and proofs, written from the texts of C2SP and RFC 6962 alone: signed-note, tlog-checkpoint, tlog-cosignature,
tlog-witness, tlog-tiles, tlog-proof. Nothing here is shared with src/; Ed25519 is libcrypto's, where src/ signs with libsodium.
"""
import base64
import ctypes
import ctypes.util
import hashlib
import struct

ED25519, COSIGNATURE = 0x01, 0x04

crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for name in ("EVP_PKEY_new_raw_private_key", "EVP_PKEY_new_raw_public_key", "EVP_MD_CTX_new"):
    getattr(crypto, name).restype = ctypes.c_void_p
EVP_PKEY_ED25519 = 1087


class Key:
    """A name, an algorithm, a public key, and, of one's own, the seed."""

    def __init__(self, name, kind, seed=None, public=None):
        self.name, self.kind = name, kind
        if seed is not None:
            self.pkey = ctypes.c_void_p(crypto.EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, None, seed, ctypes.c_size_t(32)))
            out, size = ctypes.create_string_buffer(32), ctypes.c_size_t(32)
            crypto.EVP_PKEY_get_raw_public_key(self.pkey, out, ctypes.byref(size))
            self.public = out.raw
        else:
            self.public = public
            self.pkey = ctypes.c_void_p(crypto.EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, None, public, ctypes.c_size_t(32)))
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]

    @classmethod
    def of_vkey(cls, line):
        name, key_id, data = line.strip().split("+", 2)
        typed = base64.b64decode(data, validate=True)
        key = cls(name, typed[0], public=typed[1:])
        assert key.id.hex() == key_id, line
        return key

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def sign(self, message):
        context, out, size = ctypes.c_void_p(crypto.EVP_MD_CTX_new()), ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        done = crypto.EVP_DigestSignInit(context, None, None, None, self.pkey) == 1 \
            and crypto.EVP_DigestSign(context, out, ctypes.byref(size), message, ctypes.c_size_t(len(message))) == 1
        crypto.EVP_MD_CTX_free(context)
        assert done
        return out.raw

    def verifies(self, message, signature):
        context = ctypes.c_void_p(crypto.EVP_MD_CTX_new())
        done = crypto.EVP_DigestVerifyInit(context, None, None, None, self.pkey) == 1 \
            and crypto.EVP_DigestVerify(context, signature, ctypes.c_size_t(len(signature)), message, ctypes.c_size_t(len(message))) == 1
        crypto.EVP_MD_CTX_free(context)
        return done

    # Lines under a text

    def line(self, text, time=None):
        if self.kind == COSIGNATURE:
            blob = struct.pack(">Q", time) + self.sign(f"cosignature/v1\ntime {time}\n".encode() + text)
        else:
            blob = self.sign(text)
        return f"— {self.name} {base64.b64encode(self.id + blob).decode()}\n".encode()

    def check_line(self, line, text):
        """The time of a cosignature, True of a signature, None when the line is another key's; ValueError when it is wrong."""
        dash, name, data = line.decode().split(" ")
        blob = base64.b64decode(data, validate=True)
        if dash != "—" or name != self.name or blob[:4] != self.id:
            return None
        if self.kind == COSIGNATURE:
            time = struct.unpack(">Q", blob[4:12])[0]
            good = self.verifies(f"cosignature/v1\ntime {time}\n".encode() + text, blob[12:])
        else:
            time, good = True, self.verifies(text, blob[4:])
        if not good:
            raise ValueError(f"a wrong signature of {self.name}")
        return time

    def opens(self, note):
        """What check_line says of the newest of the key's lines under a note; None when there is none."""
        text, lines = split_note(note)
        return max((t for t in (self.check_line(line, text) for line in lines) if t is not None), default=None)


def split_note(note):
    """(text with its last LF, lines without theirs)"""
    text, _, signatures = note.rpartition(b"\n\n")
    assert signatures.endswith(b"\n"), note
    return text + b"\n", signatures[:-1].split(b"\n")


# The tree of RFC 6962, section 2.1, of a list of leaf hashes

def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return node(root(hashes[:k]), root(hashes[k:]))


def consistency(m, hashes, whole=True):
    """PROOF(m, D[n])"""
    n = len(hashes)
    if m == n:
        return [] if whole else [root(hashes)]
    k = split(n)
    if m <= k:
        return consistency(m, hashes[:k], whole) + [root(hashes[k:])]
    return consistency(m - k, hashes[k:], False) + [root(hashes[:k])]


def root_by_inclusion(index, size, leaf_hash, path):
    """The root that an inclusion proof leads to (RFC 9162, 2.1.3.2); None when the proof has not the right length."""
    fn, sn, r = index, size - 1, leaf_hash
    for p in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return r if sn == 0 else None


# Texts

def checkpoint_text(origin, size, root_hash, extension=""):
    return f"{origin}\n{size}\n{base64.b64encode(root_hash).decode()}\n{extension}".encode()


def read_checkpoint(note):
    """(origin, size, root)"""
    lines = split_note(note)[0].decode().split("\n")
    assert str(int(lines[1])) == lines[1], note
    return lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)


def request(old, proof, note):
    return b"".join([f"old {old}\n".encode(), *(base64.b64encode(h) + b"\n" for h in proof), b"\n", note])


class Log:
    """A log of invented entries, which can also have another history from an entry on."""

    def __init__(self, name, seed, size=0, fork=None):
        self.key = Key(name, ED25519, seed=bytes([seed]) * 32)
        self.hashes = [leaf(f"entry {i}{' forged' if fork is not None and i >= fork else ''}".encode()) for i in range(size)]

    def note(self, size=None, extension=""):
        text = checkpoint_text(self.key.name, len(self.hashes[:size]), root(self.hashes[:size]), extension)
        return text + b"\n" + self.key.line(text)

    def request(self, old, size):
        proof = consistency(old, self.hashes[:size]) if 0 < old <= size else []
        return request(old, proof, self.note(size))


# tlog-tiles

def tile_path(level, number, width=0):
    groups = [f"{number % 1000:03}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}" + (f".p/{width}" if width else "")


def read_bundle(data):
    entries = []
    while data:
        n = int.from_bytes(data[:2], "big")
        assert len(data) >= 2 + n
        entries.append(data[2:2 + n])
        data = data[2 + n:]
    return entries


def check_tiles(read, key):
    """Fetches a log through `read(path)`, the checkpoint first, every tile and bundle that its size requires; returns its entries.
    AssertionError where they do not fit each other or the checkpoint."""
    note = read("checkpoint")
    assert key.opens(note) is True
    origin, size, signed_root = read_checkpoint(note)
    assert origin == key.name
    hashes, entries, level = [], [], 0
    for start in range(0, size, 256):
        width = min(256, size - start) % 256
        entries += read_bundle(read(tile_path("entries", start // 256, width)))
    below = [leaf(entry) for entry in entries]
    assert len(below) == size and root(below) == signed_root
    while below:
        for start in range(0, len(below), 256):
            data = read(tile_path(level, start // 256, min(256, len(below) - start) % 256))
            assert data == b"".join(below[start:start + 256]), (level, start // 256)
        below = [root(below[i:i + 256]) for i in range(0, len(below) - 255, 256)]
        hashes.append(len(below))
        level += 1
    return entries
