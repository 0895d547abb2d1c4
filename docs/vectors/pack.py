#!/usr/bin/env python3
"""Makes pack.hex from docs/format.md alone: needs python3-cryptography and the zstd command.

The sealed pack key comes from pack-key.hex (HPKE X-Wing has vectors of its own); everything else
is computed here. Run: /usr/bin/python3 docs/vectors/pack.py > docs/vectors/pack.hex
"""
import hashlib
import hmac
import pathlib
import struct
import subprocess
import textwrap

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def numbers(first, count=32):
    return bytes(range(first, first + count))


def hkdf(secret, salt, label):
    return HKDF(hashes.SHA256(), 32, salt, label.encode()).derive(secret)


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(value):
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return head(4, len(value)) + b"".join(map(cbor, value))


VAULT, TENANT = numbers(0, 16), numbers(16, 16)
PACK_KEY, INDEX_KEY, CHUNK_ID_KEY = numbers(0x40), numbers(0x60), numbers(0x80)
FRAMES = [(0, [b"lifeboat", b"floats"]), (1, [b"night after night " * 100])]

prologue = b"LFBT" + b"P" + struct.pack(">BH", 1, 1) + VAULT + TENANT + struct.pack(">I", 1)
key_file = pathlib.Path(__file__).with_name("pack-key.hex")
header = prologue + bytes.fromhex("".join(key_file.read_text().split()))
assert len(header) == 1212
h = hashlib.sha256(header).digest()

frames, directory = b"", []
for number, (codec, chunks) in enumerate(FRAMES):
    raw = b"".join(chunks)
    stored = raw
    if codec == 1:
        stored = subprocess.run(["zstd", "-3", "-c"], input=raw, capture_output=True, check=True).stdout
    sealed = AESGCM(PACK_KEY).encrypt(number.to_bytes(12, "big"), stored, h)
    ids = b"".join(hmac.new(CHUNK_ID_KEY, chunk, hashlib.sha256).digest() for chunk in chunks)
    directory.append([len(sealed), len(raw), codec, [len(chunk) for chunk in chunks], ids])
    frames += sealed

footer = AESGCM(hkdf(INDEX_KEY, h, "lifeboat v1 footer")).encrypt(bytes(12), cbor(directory), h)
pack = header + frames + footer + struct.pack(">I", len(footer)) + b"LFBE"
print("\n".join(textwrap.wrap(pack.hex(), 100)))
