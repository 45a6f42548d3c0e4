"""Time-based one-time passwords (RFC 6238): which step a code belongs to, and how a secret reaches a phone."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1
"""How many steps a phone's clock may be early or late."""
SECRET_BYTES = 20
"""What RFC 4226 asks of a secret for HMAC-SHA-1, the one hash that every authenticator app knows."""
ISSUER = "SharpEyes"
"""Without a space: some apps show the plus that would stand for it."""


def new_secret() -> bytes:
    """A secret at random."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(at: datetime) -> int:
    """The number of the time step since 1970."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """The code of a time step."""
    return _generator(secret).generate(step * STEP_SECONDS).decode()


def matching_step(secret: bytes, code: str, at: datetime) -> int | None:
    """The step near that time whose code this is, None if there is none. Takes as long whichever it is."""
    now, found = step_at(at), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_of(secret, step).encode(), code.encode()):
            found = step
    return found


def otpauth(secret: bytes, account: str) -> str:
    """The address that authenticator apps read from a QR code."""
    return _generator(secret).get_provisioning_uri(account, ISSUER)


def base32(secret: bytes) -> str:
    """The secret as it is typed by hand, without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def _generator(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)
