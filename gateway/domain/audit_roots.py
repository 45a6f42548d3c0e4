"""Daily roots: one signed document says how every chain ended, so that a chain cut off or written anew is found."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from gateway.domain.audit import ALGORITHMS, GENESIS, SHA256, digest

FORMAT = "sharp-eyes-audit-root-1"
OFFICE_HOURS = timedelta(hours=8)
"""The day of a root is a day in Shanghai, which is eight hours ahead all year."""


class BadRoot(ValueError):
    """This is not a root; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How one chain ended when the root was made."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Root:
    """One root: its number from 1, the day it closes (None if it was made on demand), the chains' ends, the digest
    of the root before it, and the public key that it is signed with.
    """

    number: int
    day: date | None
    at: datetime
    chains: Mapping[str, ChainEnd]
    previous: bytes
    key: bytes
    algorithm: str = SHA256


@dataclass(frozen=True, slots=True)
class SignedRoot:
    """A root as it is stored and handed out: its exact bytes and the signature over them."""

    document: bytes
    signature: bytes

    @property
    def root(self) -> Root:
        """What the document says. Raises ``BadRoot``."""
        return parsed(self.document)

    @property
    def digest(self) -> bytes:
        """What the next root names, and what is read aloud. Raises ``BadRoot``."""
        return digest(self.root.algorithm, self.document + self.signature)


def day_of(at: datetime) -> date:
    """The day in Shanghai."""
    return (at.astimezone(UTC) + OFFICE_HOURS).date()


def document(root: Root) -> bytes:
    """The bytes that are signed."""
    told = {
        "format": FORMAT,
        "number": root.number,
        "day": None if root.day is None else root.day.isoformat(),
        "at": root.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "chains": {name: {"seq": end.seq, "hash": end.hash.hex()} for name, end in root.chains.items()},
        "previous": root.previous.hex(),
        "key": root.key.hex(),
        "algorithm": root.algorithm,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def parsed(written: bytes) -> Root:
    """The root of a document. Raises ``BadRoot``."""
    try:
        told = json.loads(written)
        if told["format"] != FORMAT or told["algorithm"] not in ALGORITHMS:
            raise BadRoot("this root has a format that this version does not know")
        return Root(
            number=int(told["number"]),
            day=None if told["day"] is None else date.fromisoformat(told["day"]),
            at=datetime.fromisoformat(told["at"]),
            chains={
                str(name): ChainEnd(int(end["seq"]), bytes.fromhex(end["hash"])) for name, end in told["chains"].items()
            },
            previous=bytes.fromhex(told["previous"]),
            key=bytes.fromhex(told["key"]),
            algorithm=told["algorithm"],
        )
    except BadRoot:
        raise
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadRoot("this is not a root of an audit") from None


def to_file(signed: SignedRoot) -> str:
    """The root as a file that another machine keeps."""
    told = {
        "format": FORMAT,
        "document": base64.b64encode(signed.document).decode(),
        "signature": base64.b64encode(signed.signature).decode(),
        "digest": signed.digest.hex(),
    }
    return json.dumps(told, indent=1) + "\n"


def from_file(text: str) -> SignedRoot:
    """The root in such a file. Raises ``BadRoot``."""
    try:
        told = json.loads(text)
        signed = SignedRoot(
            base64.b64decode(told["document"], validate=True), base64.b64decode(told["signature"], validate=True)
        )
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise BadRoot("this is not a root file") from None
    parsed(signed.document)
    return signed


def grouped(fingerprint: bytes) -> str:
    """The bytes as groups of four characters, to be read aloud."""
    text = fingerprint.hex()
    return " ".join(text[index : index + 4] for index in range(0, len(text), 4))


def follows(root: Root, previous: SignedRoot | None) -> str:
    """Why the root does not follow the one before it; empty if it does."""
    if previous is None:
        return "" if root.number == 1 and root.previous == GENESIS else f"root {root.number} is not the first"
    before = previous.root
    if root.number != before.number + 1:
        return f"root {before.number + 1} is missing: the next one is {root.number}"
    if root.previous != previous.digest:
        return f"root {root.number} does not follow root {before.number}"
    for name, end in before.chains.items():
        now = root.chains.get(name)
        if now is None or now.seq < end.seq:
            return f"root {root.number} tells less of chain {name} than root {before.number}"
    return ""
