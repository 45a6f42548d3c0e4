"""Notes of how a chain ends, kept outside the database: what was cut off its end is found at once, not after a day."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from gateway.domain.audit_roots import ChainEnd

FORMAT = "sharp-eyes-audit-end-1"
NOTED = "note_chain_end"
"""The action of the line from which on a chain's end is noted outside the database."""
CHAIN = "audit_chain"
"""The kind of object that a chain is, for lines about chains."""
_CLI = "-cli"


class BadNote(ValueError):
    """This is no note of a chain's end."""


@dataclass(frozen=True, slots=True)
class EndNote:
    """That a chain had this line at its end, and the public key that this is signed with."""

    chain: str
    end: ChainEnd
    key: bytes
    strange: tuple[int, int] | None = None
    """The first and last line that stood in the chain without its only writer having written them."""


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note as it is kept: its exact bytes and the signature over them."""

    document: bytes
    signature: bytes

    @property
    def note(self) -> EndNote:
        """What the document says. Raises ``BadNote``."""
        try:
            told = json.loads(self.document)
            if told["format"] != FORMAT:
                raise BadNote
            end = ChainEnd(int(told["seq"]), bytes.fromhex(told["hash"]))
            first, last = told.get("strange") or (0, 0)
            strange = (int(first), int(last)) if first else None
            return EndNote(str(told["chain"]), end, bytes.fromhex(told["key"]), strange)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BadNote from None


@dataclass(frozen=True, slots=True)
class Added:
    """Lines that one transaction added to a chain: the first one's number and the hash before it, and the last one."""

    first: int
    previous: bytes
    last: ChainEnd

    @property
    def before(self) -> ChainEnd:
        """How the chain ended before."""
        return ChainEnd(self.first - 1, self.previous)

    def with_next(self, end: ChainEnd) -> Added:
        """These lines and one more."""
        return Added(self.first, self.previous, end)


def cli_chain(gateway_id: str) -> str:
    """The chain of what is done by commands on the machine of that gateway."""
    return f"{gateway_id}{_CLI}"


def is_shared(chain: str) -> bool:
    """True for a chain that several processes may write at once; that of a gateway is written by the gateway alone."""
    return chain.endswith(_CLI)


def own_chains(gateway_id: str) -> tuple[str, str]:
    """The chains that a gateway's machine writes: the gateway's and the commands'."""
    return gateway_id, cli_chain(gateway_id)


def document(note: EndNote) -> bytes:
    """The bytes that are signed."""
    told: dict[str, object] = {
        "format": FORMAT,
        "chain": note.chain,
        "seq": note.end.seq,
        "hash": note.end.hash.hex(),
        "key": note.key.hex(),
    }
    if note.strange is not None:
        told["strange"] = list(note.strange)
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def to_file(signed: SignedNote) -> bytes:
    """The note as a file: the document on one line, its signature on the next."""
    return signed.document + b"\n" + base64.b64encode(signed.signature) + b"\n"


def from_file(held: bytes) -> SignedNote:
    """The note in such a file. Raises ``BadNote``."""
    try:
        written, signature, rest = held.split(b"\n")
        signed = SignedNote(written, base64.b64decode(signature, validate=True))
    except (ValueError, binascii.Error):
        raise BadNote from None
    if rest:
        raise BadNote
    signed.note  # noqa: B018 - raises if it is none
    return signed
