"""Device passwords at rest: AES-256-GCM with a key from the environment or the data folder."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.storage.owning import give

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_VARIABLE = "SHARP_EYES_KEY"
KEY_FILE = "key"


class BadKey(Exception):
    """The key is missing, malformed or not the one; the text is one sentence for the operator."""


class SecretBox:
    """Encrypts and decrypts short secrets, each bound to the name of its row. Never shows its key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadKey(f"the key for stored passwords must have {KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)

    def seal(self, name: str, secret: str) -> bytes:
        """The secret encrypted, with its nonce in front; it opens only under the same name."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), name.encode())

    def open(self, name: str, sealed: bytes) -> str:
        """The secret. Raises ``BadKey`` if it was sealed with another key or for another name."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode()).decode()
        except (InvalidTag, ValueError):
            raise BadKey(
                f"the password stored as {name!r} does not open with this key: put back the key file of this data "
                f"folder, or the right {KEY_VARIABLE}, or set the password again"
            ) from None


def open_box(data: Path, environment: Mapping[str, str] | None = None) -> SecretBox:
    """The box whose key is in the environment (base64 of 32 bytes) or else in ``data/key``, made there if need be.

    Raises ``BadKey`` for a malformed key or a key file that others may read.
    """
    return SecretBox(read_key(data / KEY_FILE, KEY_VARIABLE, environment))


def read_key(path: Path, variable: str, environment: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a key from an environment variable or else a file, which is made if need be.

    Raises ``BadKey`` for what is not base64 or a file that others may read.
    """
    given = (os.environ if environment is None else environment).get(variable)
    if given:
        return _decoded(given, variable)
    if not path.exists():
        _write_key(path)
    if path.stat().st_mode & 0o077:
        raise BadKey(f"the key file {path} may be read by others: run chmod 600 on it")
    return _decoded(path.read_text("ascii", errors="replace"), str(path))


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error):
        raise BadKey(f"the key in {where} is not base64 of {KEY_BYTES} bytes") from None


def _write_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        give(descriptor, path.parent)
        os.write(descriptor, base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(temporary, path)  # unlike a rename, never replaces a key that someone else has just made
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
