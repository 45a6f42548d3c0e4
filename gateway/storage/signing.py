"""The key that signs the audit's roots: Ed25519, from the environment or a file of the data folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.storage.secrets import KEY_BYTES, BadKey, read_key

KEY_VARIABLE = "SHARP_EYES_AUDIT_KEY"
KEY_FILE = "audit-key"


class Signer:
    """Signs; shows its public key and never the other."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != KEY_BYTES:
            raise BadKey(f"the key that signs the audit must have {KEY_BYTES} bytes, not {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public(self) -> bytes:
        """The public key's 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """The signature over the data."""
        return self._key.sign(data)


def open_signer(data: Path, environment: Mapping[str, str] | None = None) -> Signer:
    """The signer whose key is in the environment (base64 of 32 bytes) or else in ``data/audit-key``, made if need be.

    Raises ``BadKey`` for a malformed key or a key file that others may read.
    """
    return Signer(read_key(data / KEY_FILE, KEY_VARIABLE, environment))


def key_is_given(data: Path) -> bool:
    """True if the environment or that data folder has a key, so that none would be made."""
    return bool(os.environ.get(KEY_VARIABLE)) or (data / KEY_FILE).exists()


def signed_by(public: bytes, data: bytes, signature: bytes) -> bool:
    """True if the holder of that public key signed the data."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
