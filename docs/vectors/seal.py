"""Makes seal.json, recovery.kit, shares.txt and 00000002.json beside this file.

Shares no code with Lifeboat: HKDF from hmac, HPKE with X-Wing and Ed25519 from the package
`cryptography` (48 or later, PyPI), Argon2id from the command `argon2` (Debian), CBOR, JWS and
Shamir sharing by hand, from docs/format.md.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import subprocess

from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

here = pathlib.Path(__file__).parent
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def hkdf(secret, salt, label, length=32):
    prk = hmac.new(salt or bytes(32), secret, hashlib.sha256).digest()
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(prk, block + label.encode() + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


def xwing(seed):
    expanded = hashlib.shake_256(seed).digest(96)
    kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    ecdh = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    public = kem.public_key().public_bytes_raw() + ecdh.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(kem, ecdh), public


def signer(seed):
    key = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
    return key, key.public_key().public_bytes_raw()


def sign(key, label, message):
    return key.sign(label.encode() + b"\0" + message)


secret = bytes(range(32))
vault = bytes(range(0x40, 0x50))

# HKDF: every label of the format.
hkdf_vectors = [
    {"secret": secret.hex(), "salt": salt.hex(), "label": label, "output": hkdf(secret, salt, label, n).hex()}
    for salt, label, n in [
        (b"", "lifeboat v1 kit recipient", 32),
        (b"", "lifeboat v1 kit root", 32),
        (b"", "lifeboat v1 gear", 2048),
        (bytes(range(32, 64)), "lifeboat v1 footer", 32),
        (bytes(range(32, 64)), "lifeboat v1 index", 32),
        (bytes(range(32, 64)), "lifeboat v1 manifest header", 32),
        (b"crm", "lifeboat v1 dataset name", 16),
    ]
]

# The kit.
kit_seed = hkdf(secret, b"", "lifeboat v1 kit recipient")
kit_private, kit_public = xwing(kit_seed)
root_seed = hkdf(secret, b"", "lifeboat v1 kit root")
root, root_public = signer(root_seed)

# A message sealed to it. HPKE draws randomness: another run gives other bytes that open alike.
hpke_info, hpke_plaintext = b"an info", b"what is sealed"
hpke_sealed = SUITE.encrypt(hpke_plaintext, kit_private.public_key(), hpke_info)

# A tenant's key object, generation 3.
writer_seed = bytes(range(0x60, 0x80))
writer, writer_public = signer(writer_seed)
tenant_id = bytes(range(0x80, 0x90))
parts = {name: sha256(name.encode()) for name in ("private", "chunkId", "index", "name")}
_, tenant_public = xwing(parts["private"])


def cbor_text(text):
    return bytes([0x60 + len(text)]) + text.encode()


cbor = bytes([0xA5]) + cbor_text("tenant") + cbor_text("acme")
for name, value in parts.items():
    cbor += cbor_text(name) + b"\x58\x20" + value
prologue = b"LFBT" + b"K" + b"\x01" + b"\x00\x01" + vault + tenant_id + struct.pack(">I", 3)
label = "lifeboat v1 tenant key"
info = label.encode() + b"\0" + prologue + sha256(kit_public)
signed = prologue + SUITE.encrypt(cbor, kit_private.public_key(), info) + writer_public
key_object = signed + sign(writer, label, signed)

# The vault document.
payload = compact(
    {
        "format": 1,
        "suite": 1,
        "vault": vault.hex(),
        "generation": 2,
        "root": b64(root_public),
        "recipients": [{"name": "kit", "public": b64(kit_public)}],
        "writers": [{"name": "host-1", "public": b64(writer_public)}],
        "created": "2026-11-21T01:30:00.123Z",
    }
)
protected = compact({"alg": "EdDSA", "typ": "lifeboat-vault"})
signature = root.sign((b64(protected) + "." + b64(payload)).encode())
(here / "00000002.json").write_bytes(
    compact({"payload": b64(payload), "protected": b64(protected), "signature": b64(signature)})
)

# The kit file: 64 MiB, 3 passes, 4 lanes.
passphrase, salt = "correct horse battery staple", b"sixteen byte slt"
stretched = bytes.fromhex(
    subprocess.run(
        ["argon2", salt.decode(), "-id", "-v", "13", "-k", "65536", "-t", "3", "-p", "4", "-l", "32", "-r"],
        input=passphrase.encode(),
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.decode()
)
aad = b"lifeboat v1 kit file\0" + vault + struct.pack(">III", 65536, 3, 4) + salt
kit_file = json.dumps(
    {
        "format": "lifeboat recovery kit",
        "version": 1,
        "vault": vault.hex(),
        "argon2id": {"memoryKib": 65536, "passes": 3, "lanes": 4, "salt": b64(salt)},
        "sealed": b64(AESGCM(stretched).encrypt(bytes(12), secret, aad)),
        "sha256": "0" * 64,
    },
    indent=1,
).encode()
(here / "recovery.kit").write_bytes(kit_file.replace(b"0" * 64, sha256(kit_file).hex().encode()))


# Shares: 3 of 4.
def times(a, b):
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def point(x, coefficients):
    y = 0
    for coefficient in reversed(coefficients):
        y = times(y, x) ^ coefficient
    return y


def line_check(number, first, own):
    return sha256(b"lifeboat v1 share line\0" + bytes([number]) + first + own)[:2]


random = [sha256(b"first coefficients"), sha256(b"second coefficients")]
check = sha256(b"lifeboat v1 kit check\0" + root_public)[:8]
shares = []
for x in range(1, 5):
    share = bytes(point(x, [secret[i], random[0][i], random[1][i]]) for i in range(32))
    data = bytes([1, 3, 4, x]) + bytes.fromhex("5e75e75e") + vault + check + share
    lines = [data[i : i + 8] for i in range(0, 64, 8)]
    shares.append(
        "\n".join(
            f"{number}: {own.hex(' ', 2)}  {line_check(number, lines[0], own).hex()}"
            for number, own in enumerate(lines, 1)
        )
    )
(here / "shares.txt").write_text("\n\n".join(shares) + "\n")

(here / "seal.json").write_text(
    json.dumps(
        {
            "hkdf": hkdf_vectors,
            "kit": {
                "secret": secret.hex(),
                "vault": vault.hex(),
                "passphrase": passphrase,
                "privateKey": kit_seed.hex(),
                "publicKey": kit_public.hex(),
                "rootSeed": root_seed.hex(),
                "rootPublicKey": root_public.hex(),
            },
            "hpke": {
                "privateKey": kit_seed.hex(),
                "info": hpke_info.hex(),
                "plaintext": hpke_plaintext.hex(),
                "sealed": hpke_sealed.hex(),
            },
            "keyObject": {
                "key": f"keys/{tenant_id.hex()}/00000003-kit",
                "object": key_object.hex(),
                "tenant": "acme",
                "tenantPublicKey": tenant_public.hex(),
                "writerSeed": writer_seed.hex(),
                **{name: value.hex() for name, value in parts.items()},
            },
        },
        indent=1,
    )
    + "\n"
)
