"""Digest access authentication as a device does it (RFC 2617, RFC 7616 with MD5), for RTSP and HTTP alike."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from enum import Enum

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
NONCE_SECONDS = 300.0


class Verdict(Enum):
    """What a device thinks of a request's credentials."""

    GOOD = "good"
    MISSING = "missing"
    STALE = "stale"
    BAD = "bad"


def md5(text: str) -> str:
    """The MD5 of the text in hexadecimal digits, as the digest scheme wants it."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Gate:
    """Checks one device's user and password."""

    def __init__(self, realm: str, username: str, password: str, *, nonce_seconds: float = NONCE_SECONDS) -> None:
        self._realm = realm
        self.username = username
        self._key = secrets.token_bytes(16)
        self._nonce_seconds = nonce_seconds
        self._ha1 = md5(f"{username}:{realm}:{password}")
        self.locked = False
        """While true no password is right."""

    def challenge(self, *, stale: bool = False, qop: bool = False) -> str:
        """The value of WWW-Authenticate."""
        options = ', qop="auth"' if qop else ""
        return f'Digest realm="{self._realm}", nonce="{self._nonce()}"{options}, stale={"TRUE" if stale else "FALSE"}'

    def check(self, method: str, header: str | None) -> Verdict:
        """What the Authorization header of a request with that method is worth."""
        if header is None or not header.lower().startswith("digest "):
            return Verdict.MISSING
        fields = {m[1].lower(): m[2] if m[2] is not None else m[3] for m in _PAIR.finditer(header)}
        nonce = fields.get("nonce", "")
        if not self._is_ours(nonce):
            return Verdict.STALE
        ha2 = md5(f"{method}:{fields.get('uri', '')}")
        middle = nonce
        if "qop" in fields:
            middle = f"{nonce}:{fields.get('nc', '')}:{fields.get('cnonce', '')}:{fields['qop']}"
        expected = md5(f"{self._ha1}:{middle}:{ha2}")
        right = hmac.compare_digest(expected, fields.get("response", "")) and fields.get("username") == self.username
        if self.locked or not right:
            return Verdict.BAD
        return Verdict.GOOD if self._is_fresh(nonce) else Verdict.STALE

    def _nonce(self) -> str:
        stamp = f"{int(time.monotonic() * 1000):012x}"
        return stamp + self._seal(stamp)

    def _seal(self, stamp: str) -> str:
        return hmac.new(self._key, stamp.encode(), "sha256").hexdigest()[:20]

    def _is_ours(self, nonce: str) -> bool:
        return len(nonce) == 32 and hmac.compare_digest(self._seal(nonce[:12]), nonce[12:])

    def _is_fresh(self, nonce: str) -> bool:
        return time.monotonic() - int(nonce[:12], 16) / 1000 < self._nonce_seconds
