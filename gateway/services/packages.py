"""Packages: what an export looks like on disk, made, encrypted, opened and verified.

A package is a ZIP without compression that holds ``package.segx`` and ``verify.html``. The first is an encrypted ZIP of
the files, ``manifest.json`` and ``manifest.sig``; the second opens and verifies it in a browser without a network.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import secrets
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.storage.signing import Signer, signed_by

MAGIC = b"SEGX1\n"
CLEAR, HALF = ".clear", ".part"
"""How files are named that are a package only in the making: the archive in clear, and its encrypted half."""
INNER, VERIFIER = "package.segx", "verify.html"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
SIGNED_AS = b"sharp-eyes-export-1\n"
"""What stands before the manifest when it is signed, so that no signature over anything else can pass for one."""
CHUNK = 1 << 16
MAX_HEADER = 4096
SCRYPT = {"n": 1 << 15, "r": 8, "p": 1}
MAX_N = 1 << 18
"""The costliest key that is derived for a file somebody hands in."""
_LOCAL = struct.Struct("<4s14sI4xHH")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class BadPackage(Exception):
    """The file is no package, was changed, or does not open; the text is one sentence."""


class WrongPassphrase(BadPackage):
    """The passphrase does not open the package."""

    def __init__(self) -> None:
        super().__init__("the passphrase does not open this package")


@dataclass(frozen=True, slots=True)
class Verified:
    """A package that holds: its manifest, and the public key that signed it."""

    manifest: Mapping[str, Any]
    key: str


def new_passphrase() -> str:
    """Six groups of four letters and digits that are not taken for one another: 118 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(6))


class Draft:
    """A package being made: files are added one by one to an archive beside the target. A context manager, because what
    lies there in clear is removed in any case; it is locked as long as somebody works on it, so that what a killed
    process left can be told from it. Blocks.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._clear, self._half = target.with_suffix(CLEAR), target.with_suffix(HALF)

    def __enter__(self) -> Draft:
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._clear.unlink(missing_ok=True)
        self._clear.touch(0o600)
        self._stream = self._clear.open("r+b")
        fcntl.flock(self._stream, fcntl.LOCK_EX)
        self._archive = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_STORED)
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()
        self._clear.unlink(missing_ok=True)
        self._half.unlink(missing_ok=True)
        self._stream.close()

    def add(self, name: str, data: bytes) -> None:
        """Adds a file."""
        self._archive.writestr(name, data)

    def finish(self, manifest: Mapping[str, Any], signer: Signer, passphrase: str) -> None:
        """Adds the signed manifest, encrypts everything, and puts the package in its place."""
        written = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1).encode()
        self.add(MANIFEST, written)
        self.add(SIGNATURE, signer.sign(SIGNED_AS + written).hex().encode())
        self._archive.close()
        self._stream.flush()
        self._half.touch(0o600)
        with self._clear.open("rb") as plain, zipfile.ZipFile(self._half, "w", zipfile.ZIP_STORED) as outer:
            outer.writestr(VERIFIER, verifier())
            with outer.open(INNER, "w") as stream:
                for piece in encrypted(plain, passphrase):
                    stream.write(piece)
        self._half.replace(self._target)


def remove_leftovers(folder: Path) -> list[str]:
    """Removes what killed processes left of drafts, the pictures in clear first; returns the names. Blocks."""
    removed = []
    for path in sorted([*folder.glob(f"*{CLEAR}"), *folder.glob(f"*{HALF}")]):
        if not _worked_on(path.with_suffix(CLEAR)):
            path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed


def _worked_on(clear: Path) -> bool:
    try:
        with clear.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def verifier() -> str:
    """The page that opens and verifies packages without a network."""
    return (Path(__file__).parent / "verify.html").read_text("utf-8")


def encrypted(plain: IO[bytes], passphrase: str) -> Iterator[bytes]:
    """The encrypted file in pieces: magic, header, and chunks that each prove their place and that none is missing."""
    salt, prefix = secrets.token_bytes(16), secrets.token_bytes(7)
    about: dict[str, Any] = {"cipher": "AES-256-GCM", "kdf": "scrypt", **SCRYPT, "salt": salt.hex()}
    key, check = _keys(passphrase, about)
    about |= {"check": check, "nonce": prefix.hex(), "chunk": CHUNK}
    header = json.dumps(about, sort_keys=True).encode()
    yield MAGIC + struct.pack("!I", len(header)) + header
    cipher, number, piece = AESGCM(key), 0, plain.read(CHUNK)
    while True:
        following = plain.read(CHUNK)
        yield cipher.encrypt(_nonce(prefix, number, not following), piece, header)
        if not following:
            return
        piece, number = following, number + 1


def decrypted(stream: IO[bytes], passphrase: str) -> bytes:
    """What was encrypted. Raises ``BadPackage`` or ``WrongPassphrase``."""
    if stream.read(len(MAGIC)) != MAGIC:
        raise BadPackage("this is not an export package")
    header, about = _header(stream)
    key, check = _keys(passphrase, about)
    if check != about["check"]:
        raise WrongPassphrase
    cipher, prefix, size = AESGCM(key), bytes.fromhex(about["nonce"]), about["chunk"] + 16
    plain, number, piece = bytearray(), 0, stream.read(size)
    while True:
        following = stream.read(size)
        try:
            plain += cipher.decrypt(_nonce(prefix, number, not following), piece, header)
        except (InvalidTag, ValueError):
            place = _last_name(bytes(plain))
            raise BadPackage(f"the package was altered or cut off in {place} or just behind it") from None
        if not following:
            return bytes(plain)
        piece, number = following, number + 1


def verify(file: Path, passphrase: str) -> Verified:
    """Opens the package and checks everything in it. Raises ``BadPackage``, which names what was altered. Blocks."""
    try:
        with file.open("rb") as stream:
            return verified(_plain(stream, passphrase))
    except OSError as problem:
        raise BadPackage(f"{file} cannot be read: {problem.strerror}") from None


def verified(plain: bytes) -> Verified:
    """Checks a decrypted package: the signature over the manifest, then each file. Raises ``BadPackage``."""
    files = dict(entries(plain))
    try:
        written, signature = files.pop(MANIFEST), files.pop(SIGNATURE)
        manifest = json.loads(written)
        key = str(manifest["key"])
        if not signed_by(bytes.fromhex(key), SIGNED_AS + written, bytes.fromhex(signature.decode())):
            raise BadPackage(f"{MANIFEST} was altered: its signature does not hold")
        for entry in manifest["files"]:
            _check_file(entry, files.pop(entry["name"], None))
    except (KeyError, ValueError, TypeError) as problem:
        raise BadPackage(f"the package is not whole ({type(problem).__name__})") from None
    if files:
        raise BadPackage(f"{min(files)} was added: the manifest does not list it")
    return Verified(manifest, key)


def _check_file(entry: Mapping[str, Any], data: bytes | None) -> None:
    if data is None:
        raise BadPackage(f"{entry['name']} is missing")
    for algorithm in ("sha256", "sm3"):
        wanted = entry.get(algorithm)
        if wanted is None or algorithm not in hashlib.algorithms_available:
            continue
        if hashlib.new(algorithm, data).hexdigest() != wanted:
            raise BadPackage(f"{entry['name']} was altered: its {algorithm.upper()} is another")


def entries(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents of an uncompressed ZIP, from its local headers: what is cut off ends it without a word."""
    stream = io.BytesIO(archive)
    while (found := _local(stream)) is not None:
        name, size = found
        yield name, stream.read(size)


def _local(stream: IO[bytes]) -> tuple[str, int] | None:
    """The name and size of the file whose data comes next, None behind the last."""
    head = stream.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
        return None
    *_, size, name_size, extra_size = _LOCAL.unpack(head)
    name = stream.read(name_size).decode("utf-8", "replace")
    stream.seek(extra_size, io.SEEK_CUR)
    return name, size


def _last_name(plain: bytes) -> str:
    return next(reversed([name for name, _ in entries(plain)]), "the first file")


def _plain(stream: IO[bytes], passphrase: str) -> bytes:
    if stream.read(4) != b"PK\3\4":
        stream.seek(0)
        return decrypted(stream, passphrase)
    stream.seek(0)
    while (found := _local(stream)) is not None:
        name, size = found
        if name == INNER:
            return decrypted(io.BytesIO(stream.read(size)), passphrase)
        stream.seek(size, io.SEEK_CUR)
    raise BadPackage("this is not an export package")


def _header(stream: IO[bytes]) -> tuple[bytes, dict[str, Any]]:
    try:
        (length,) = struct.unpack("!I", stream.read(4))
        if length > MAX_HEADER:
            raise ValueError(length)
        header = stream.read(length)
        about: dict[str, Any] = json.loads(header)
        costly = not 2 <= about["n"] <= MAX_N or about["r"] != 8 or about["p"] != 1
        if costly or not 1 <= about["chunk"] <= 1 << 24 or len(bytes.fromhex(about["nonce"])) != 7:
            raise ValueError(about)
        bytes.fromhex(about["salt"])
        str(about["check"])
    except (struct.error, ValueError, KeyError, TypeError):
        raise BadPackage("the package's header was altered") from None
    return header, about


def _keys(passphrase: str, about: Mapping[str, Any]) -> tuple[bytes, str]:
    """The key, and what the header says so that a wrong passphrase is told from an altered file."""
    salt, n, r = bytes.fromhex(about["salt"]), about["n"], about["r"]
    secret = passphrase.strip().encode()
    both = hashlib.scrypt(secret, salt=salt, n=n, r=r, p=about["p"], maxmem=n * r * 256, dklen=64)
    return both[:32], hashlib.sha256(both[32:]).hexdigest()[:16]


def _nonce(prefix: bytes, number: int, last: bool) -> bytes:
    return prefix + struct.pack("!I?", number, last)
