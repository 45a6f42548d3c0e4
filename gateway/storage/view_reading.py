"""Reading the register of views for its verification, as plain rows and by the audit lines that cover them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.domain.audit import commitment
from gateway.domain.view_proofs import proof, together
from gateway.storage.audit_reading import Reader

BATCH = 5000
"""Audit lines whose records are held in memory at once."""

_LINES = (
    "SELECT seq, action, canonical FROM audit_entries "
    "WHERE chain = $1 AND seq BETWEEN $2 AND $3 AND object_kind = 'views' AND action IN ('begin_views', 'end_views')"
)
_BEGUN = (
    "SELECT begun_seq, reason, reason_salt, reason_seal, id, operator_id, organisation_id, session_id, camera_id, "
    "action, stream, transport, purpose, reason_seal, ticket_id, grant_id, remote, gateway_id, started_at, NULL "
    "FROM view_records WHERE gateway_id = $1 AND begun_seq BETWEEN $2 AND $3"
)
_BEGUN_SPANS = (
    "SELECT s.begun_seq, '', NULL, '', s.id, w.operator_id, w.organisation_id, w.session_id, s.camera_id, w.action, "
    "s.stream, w.transport, w.purpose, '', w.ticket_id, s.grant_id, w.remote, w.gateway_id, s.started_at, s.wall_id "
    "FROM wall_spans s JOIN wall_views w ON w.id = s.wall_id WHERE w.gateway_id = $1 AND s.begun_seq BETWEEN $2 AND $3"
)
_ERASED = (
    "SELECT 1 FROM audit_entries WHERE object_kind = 'view_record' AND object_id = $1 AND action = 'erase_text' LIMIT 1"
)
_ENDED = (
    "SELECT ended_seq, id, ended_at, bytes, result FROM view_records "
    "WHERE gateway_id = $1 AND ended_seq BETWEEN $2 AND $3"
)
_ENDED_SPANS = (
    "SELECT s.ended_seq, s.id, s.ended_at, s.bytes, s.result FROM wall_spans s "
    "JOIN wall_views w ON w.id = s.wall_id WHERE w.gateway_id = $1 AND s.ended_seq BETWEEN $2 AND $3"
)


class Fault(NamedTuple):
    """A line of the audit whose views are not those of the register."""

    seq: int
    message: str


def faults(reader: Reader, chain: str, first: int, last: int) -> list[Fault]:
    """What does not fit between the audit's lines about views and the register, in that range of lines."""
    lines = {(action, seq): _told(line) for seq, action, line in reader.ask(_LINES, chain, first, last)}
    begun, changed = _begun(reader, chain, first, last)
    there = {("begin_views", seq): proofs for seq, proofs in begun.items()}
    there |= {("end_views", seq): proofs for seq, proofs in _ended(reader, chain, first, last).items()}
    found = [
        Fault(seq, f"the reason of a view that line {seq} covers was changed, or is gone without an erasure")
        for seq in changed
    ]
    for action, seq in sorted(set(lines) | set(there), key=lambda key: key[1]):
        proofs = there.get((action, seq), [])
        if lines.get((action, seq)) != (len(proofs), together(proofs)):
            word = "began" if action == "begin_views" else "ended"
            found.append(Fault(seq, f"the views that {word} by line {seq} are not those in the register"))
    return sorted(found)


def _told(line: bytes) -> tuple[int, str] | None:
    try:
        detail = json.loads(line)["detail"]
        return detail["count"], detail["digest"]
    except (ValueError, KeyError, TypeError):
        return None


def _begun(reader: Reader, chain: str, first: int, last: int) -> tuple[Mapping[int, list[bytes]], list[int]]:
    found: dict[int, list[bytes]] = {}
    changed: list[int] = []
    for statement in (_BEGUN, _BEGUN_SPANS):
        for seq, reason, salt, seal, *facts in reader.ask(statement, chain, first, last):
            found.setdefault(seq, []).append(proof(facts))
            stands = salt is not None and commitment(bytes(salt), reason) == seal
            if (reason or seal) and not (stands if reason else reader.ask(_ERASED, facts[0])):
                changed.append(seq)
    return found, changed


def _ended(reader: Reader, chain: str, first: int, last: int) -> Mapping[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for statement in (_ENDED, _ENDED_SPANS):
        rows: Sequence[Any] = reader.ask(statement, chain, first, last)
        for seq, *facts in rows:
            found.setdefault(seq, []).append(proof(facts))
    return found
