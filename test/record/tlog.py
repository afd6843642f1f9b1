# SPDX-License-Identifier: AGPL-3.0-or-later
"""tlog.py: a second writer and reader of the public record's formats, from their specifications alone: for tests from outside. Standard library only.

RFC 8032 (Ed25519, plainly and slowly), RFC 6962 (tree and proofs by their recursive definitions), C2SP signed-note, tlog-checkpoint, tlog-cosignature,
tlog-witness and the tiles of tlog-tiles. Shares no code with the program.
"""
import base64
import functools
import hashlib
import os
import struct

# ---- Ed25519 (RFC 8032, section 5.1) ---------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(n, p):
    q = 0, 1, 1, 0
    while n:
        if n & 1:
            q = _add(q, p)
        p = _add(p, p)
        n >>= 1
    return q


def _recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    assert (x * x - square) % P == 0
    return x if x & 1 == sign else P - x


_by = 4 * pow(5, P - 2, P) % P
_bx = _recover_x(_by, 0)
BASE = _bx, _by, 1, _bx * _by % P


def _pack(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')


def _unpack(data):
    y = int.from_bytes(data, 'little')
    sign, y = y >> 255, y & (1 << 255) - 1
    x = _recover_x(y, sign)
    return x, y, 1, x * y % P


def _hash(data):
    return int.from_bytes(hashlib.sha512(data).digest(), 'little')


def _expand(seed):
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], 'little')
    return scalar & (1 << 254) - 8 | 1 << 254, digest[32:]


def ed25519_public(seed):
    return _pack(_times(_expand(seed)[0], BASE))


def ed25519_sign(seed, message):
    scalar, prefix = _expand(seed)
    public = _pack(_times(scalar, BASE))
    r = _hash(prefix + message) % L
    point = _pack(_times(r, BASE))
    return point + ((r + _hash(point + public + message) * scalar) % L).to_bytes(32, 'little')


def ed25519_is_right(public, message, signature):
    s = int.from_bytes(signature[32:], 'little')
    if len(signature) != 64 or s >= L:
        return False
    right = _add(_unpack(signature[:32]), _times(_hash(signature[:32] + public + message) % L, _unpack(public)))
    left = _times(s, BASE)
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---- trees (RFC 6962, section 2.1) -----------------------------------------------------------------------------------

def leaf_hash(entry):
    return hashlib.sha256(b'\0' + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b'\1' + left + right).digest()


def split_at(n):
    """The largest power of two smaller than n."""
    return 1 << (n - 1).bit_length() - 1


class Tree:
    """Leaf hashes, and everything that can be said of them. Only ever added to."""

    def __init__(self, entries=()):
        self.leaves = [leaf_hash(entry) for entry in entries]
        self.root_of = functools.lru_cache(None)(self._root_of)

    def add(self, entry):
        self.leaves.append(leaf_hash(entry))

    def _root_of(self, begin, end):
        if end - begin == 1:
            return self.leaves[begin]
        middle = begin + split_at(end - begin)
        return node_hash(self.root_of(begin, middle), self.root_of(middle, end))

    def root(self, size=None):
        size = len(self.leaves) if size is None else size
        return self.root_of(0, size) if size else hashlib.sha256(b'').digest()

    def consistency(self, old, size):
        """PROOF(m, D[n]) of section 2.1.2."""
        def sub(m, begin, end, whole):
            n = end - begin
            if m == n:
                return [] if whole else [self.root_of(begin, end)]
            k = split_at(n)
            if m <= k:
                return sub(m, begin, begin + k, whole) + [self.root_of(begin + k, end)]
            return sub(m - k, begin + k, end, False) + [self.root_of(begin, begin + k)]
        return sub(old, 0, size, True) if 0 < old else []

    def tile(self, level, index, width):
        step = 256 ** level
        return b''.join(self.root_of(i * step, (i + 1) * step) for i in range(index * 256, index * 256 + width))


def tile_of_path(path):
    """'tile/1/x001/234.p/5' -> (1, 1234, 5)."""
    parts, width = path.split('/'), 256
    if parts[-2].endswith('.p'):
        width = int(parts.pop())
        parts[-1] = parts[-1].removesuffix('.p')
    return int(parts[1]), int(''.join(part.removeprefix('x') for part in parts[2:])), width


# ---- signed notes, checkpoints, cosignatures -------------------------------------------------------------------------

NOTE, COSIGNATURE = 1, 4


class Key:
    def __init__(self, name, kind=NOTE, seed=None):
        self.name, self.kind, self.seed = name, kind, seed or os.urandom(32)
        self.public = ed25519_public(self.seed)
        self.id = hashlib.sha256(name.encode() + b'\n' + bytes([kind]) + self.public).digest()[:4]

    @property
    def vkey(self):
        return f'{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}'

    def sign(self, text):
        signature = ed25519_sign(self.seed, text.encode())
        return f'\u2014 {self.name} {base64.b64encode(self.id + signature).decode()}\n'

    def cosign(self, text, time):
        signature = ed25519_sign(self.seed, f'cosignature/v1\ntime {time}\n{text}'.encode())
        return f'\u2014 {self.name} {base64.b64encode(self.id + struct.pack(">Q", time) + signature).decode()}\n'


class Verifier:
    """From a vkey."""

    def __init__(self, vkey):
        self.vkey = vkey
        self.name, key_id, public = vkey.split('+', 2)
        self.id, data = bytes.fromhex(key_id), base64.b64decode(public, validate=True)
        self.kind, self.public = data[0], data[1:]
        assert hashlib.sha256(self.name.encode() + b'\n' + data).digest()[:4] == self.id, vkey

    def signed(self, text, line):
        """Is this one line a good signature of `text` by this key?"""
        dash, name, data = line.split(' ')
        data = base64.b64decode(data, validate=True)
        return dash == '\u2014' and name == self.name and data[:4] == self.id and ed25519_is_right(self.public, text.encode(), data[4:])

    def cosigned(self, text, lines):
        """The time of this witness's cosignature of `text`; None: there is no good one."""
        for line in lines.splitlines():
            dash, name, data = line.split(' ')
            data = base64.b64decode(data, validate=True)
            if dash != '\u2014' or name != self.name or data[:4] != self.id or len(data) != 76:
                continue
            time = struct.unpack('>Q', data[4:12])[0]
            if ed25519_is_right(self.public, f'cosignature/v1\ntime {time}\n{text}'.encode(), data[12:]):
                return time
        return None


def checkpoint_text(origin, size, root, *extensions):
    return f'{origin}\n{size}\n{base64.b64encode(root).decode()}\n' + ''.join(f'{line}\n' for line in extensions)


def note(text, *lines):
    return text + '\n' + ''.join(lines)


def note_parts(text):
    """(signed text, signature lines)."""
    at = text.rindex('\n\n') + 1
    return text[:at], text[at + 1:]


def checkpoint_parts(text):
    """(origin, size, root) of a note or its text."""
    origin, size, root = text.split('\n')[:3]
    return origin, int(size), base64.b64decode(root, validate=True)


def add_checkpoint(old, proof, signed):
    return f'old {old}\n' + ''.join(base64.b64encode(one).decode() + '\n' for one in proof) + '\n' + signed
