"""Exports: copies of evidence that leave the gateway, by request, by another person's word, for a limited time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Variant(StrEnum):
    """What an export is for."""

    EVIDENCE = "evidence"
    """For one receiver: watermarked with who asked, encrypted."""
    PUBLIC = "public"
    """For everybody to see: stills alone, with faces, plates and names made unreadable by hand."""


class ExportState(StrEnum):
    """Where a request for an export stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Nobody decided in time."""
    PACKED = "packed"
    FETCHED = "fetched"
    EXPIRED = "expired"


class ExportMove(StrEnum):
    """What can happen to a request for an export."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"
    PACK = "pack"
    FETCH = "fetch"
    EXPIRE = "expire"


RULES: dict[tuple[ExportState, ExportMove], ExportState] = {
    (ExportState.REQUESTED, ExportMove.APPROVE): ExportState.APPROVED,
    (ExportState.REQUESTED, ExportMove.REFUSE): ExportState.REFUSED,
    (ExportState.REQUESTED, ExportMove.WITHDRAW): ExportState.WITHDRAWN,
    (ExportState.REQUESTED, ExportMove.LAPSE): ExportState.LAPSED,
    (ExportState.APPROVED, ExportMove.WITHDRAW): ExportState.WITHDRAWN,
    (ExportState.APPROVED, ExportMove.PACK): ExportState.PACKED,
    (ExportState.APPROVED, ExportMove.EXPIRE): ExportState.EXPIRED,
    (ExportState.PACKED, ExportMove.FETCH): ExportState.FETCHED,
    (ExportState.FETCHED, ExportMove.FETCH): ExportState.FETCHED,
    (ExportState.PACKED, ExportMove.EXPIRE): ExportState.EXPIRED,
    (ExportState.FETCHED, ExportMove.EXPIRE): ExportState.EXPIRED,
}
"""Every allowed move and where it leads; what is not here is not allowed."""

HELD = frozenset({ExportState.APPROVED, ExportState.PACKED, ExportState.FETCHED})
"""States that end by themselves when the time of the export is over."""


class IllegalExport(Exception):
    """The request cannot be moved so; the text is one sentence."""


def moved(state: ExportState, move: ExportMove) -> ExportState:
    """The state that a move leads to. Raises ``IllegalExport``."""
    found = RULES.get((state, move))
    if found is None:
        raise IllegalExport(f"an export that is {state} cannot be moved by {move}")
    return found


class PartState(StrEnum):
    """Where one managing unit's part of an export stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


def outcome(parts: tuple[PartState, ...]) -> ExportMove | None:
    """What the parts together do to the request: nothing while one waits, else approve if anything was approved."""
    if PartState.WAITING in parts:
        return None
    return ExportMove.APPROVE if PartState.APPROVED in parts else ExportMove.REFUSE


@dataclass(frozen=True, slots=True)
class ExportCaps:
    """How much one export may hold, and for how long it can be decided and fetched."""

    span: timedelta = timedelta(hours=24)
    cameras: int = 50
    files: int = 500
    lasts: timedelta = timedelta(hours=72)
    decide_within: timedelta = timedelta(hours=72)


DEFAULT_CAPS = ExportCaps()


class Cover(StrEnum):
    """How a region of a picture is made unreadable, so that nothing can bring it back."""

    FILL = "fill"
    PIXELS = "pixels"


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle to be made unreadable, in parts of the picture's width and height."""

    x: float
    y: float
    width: float
    height: float
    cover: Cover = Cover.FILL

    def __post_init__(self) -> None:
        whole = 0 <= self.x < 1 and 0 <= self.y < 1 and self.width > 0 and self.height > 0
        if not whole or self.x + self.width > 1.0001 or self.y + self.height > 1.0001:
            raise ValueError("a region lies within the picture")


@dataclass(frozen=True, slots=True)
class ExportItem:
    """One still or clip asked for. ``regions`` None means that nobody has looked at it for a public release yet."""

    event_id: str
    kind: str
    camera_id: str
    at: datetime
    sha256: str
    bytes: int
    regions: tuple[Region, ...] | None = None
    drawn_by: str | None = None
    drawn_at: datetime | None = None

    @property
    def id(self) -> str:
        """What tells it apart within its export."""
        return f"{self.event_id}/{self.kind}"


@dataclass(frozen=True, slots=True)
class ExportPart:
    """One managing unit's share of an export: its cameras, and who decided what.

    ``decided_for`` is the person whom a deputy stood in for.
    """

    id: str
    export_id: str
    owner_id: str
    state: PartState
    cameras: tuple[str, ...]
    reason: str = ""
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_for: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """The file that was made: its name in the exports' folder, its size and its hash."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """A wish that evidence of some cameras and a span be handed to a receiver, and how far it has come.

    ``sealed`` is the passphrase, sealed, until it was shown once. ``problem`` says why it could not be packed yet.
    """

    id: str
    asker_id: str
    organisation_id: str
    variant: Variant
    span: tuple[datetime, datetime]
    reason: str
    receiver: str
    letter: str
    ticket_id: str | None
    state: ExportState
    created_at: datetime
    approved_at: datetime | None = None
    expires_at: datetime | None = None
    package: Package | None = None
    sealed: bytes | None = None
    problem: str = ""
    version: int = 1


def why_not_signed(asker_id: str, items: tuple[ExportItem, ...], signers: frozenset[str]) -> str:
    """What still keeps a public release back, in one sentence; "" if nothing does."""
    undrawn = sum(item.regions is None for item in items if item.kind == "still")
    if undrawn:
        return f"{undrawn} pictures have not been looked through for faces, plates and names"
    if len(signers) < 2:
        return "two people must sign a public release"
    if not signers - {asker_id}:
        return "somebody else than who asked must sign"
    return ""
