"""Where else a typed text stands: in the row of the object that its line speaks of, from which an erasure takes it too.

One table of data, by the kind of object and the field of the line. A house test holds that every field is in it, or is
listed as standing nowhere else, or as kept with the reason why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.storage.tables import (
    access_requests,
    camera_documents,
    camera_signs,
    cameras,
    candidates,
    delegations,
    emergencies,
    emergency_grants,
    emergency_steps,
    export_parts,
    exports,
    file_changes,
    grants,
    inquiries,
    inquiry_steps,
    legal_holds,
    need_reviews,
    notices,
    operators,
    oversight_alerts,
    passkeys,
    request_cameras,
    request_lines,
    request_parts,
    sessions,
    ticket_moves,
    tickets,
)

NAMELESS = "—"
"""What stands instead of an erased name where something must."""

Rows = Callable[[str], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Place:
    """A column that may hold the text, in the rows of one object; ``form`` is how the text is put there."""

    column: Column[Any]
    rows: Rows
    instead: str = ""
    form: str = "{}"


def _in(column: Column[Any], key: Column[Any], instead: str = "", form: str = "{}") -> Place:
    return Place(column, lambda object_id: key == object_id, instead, form)


def _of_request(object_id: str) -> ColumnElement[bool]:
    """The grants that were given on a request."""
    part = request_cameras.c.part_id == request_parts.c.id
    given = select(request_cameras.c.grant_id).join(request_parts, part)
    return grants.c.id.in_(given.where(request_parts.c.request_id == object_id))


def _of_emergency(object_id: str) -> ColumnElement[bool]:
    given = select(emergency_grants.c.grant_id).where(emergency_grants.c.emergency_id == object_id)
    return grants.c.id.in_(given)


def _inquiry(field: str) -> tuple[Place, ...]:
    typed = [inquiries.c[field]] if field in inquiries.c else []
    replies = [inquiries.c.reply, inquiries.c.appointed_place]
    own = [_in(column, inquiries.c.id) for column in dict.fromkeys([*typed, *replies])]
    return (*own, _in(inquiry_steps.c.why, inquiry_steps.c.inquiry_id))


PLACES: Mapping[tuple[str, str], tuple[Place, ...]] = {
    ("alert", "note"): (_in(oversight_alerts.c.note, oversight_alerts.c.id),),
    ("camera", "name"): (_in(camera_documents.c.name, camera_documents.c.camera_id, NAMELESS),),
    ("camera", "note"): (_in(need_reviews.c.note, need_reviews.c.camera_id),),
    ("camera", "place"): (_in(camera_signs.c.place, camera_signs.c.camera_id),),
    ("camera", "reason"): (_in(cameras.c.lifecycle_reason, cameras.c.id),),
    ("candidate", "note"): (
        _in(tickets.c.note, tickets.c.candidate_id),
        _in(candidates.c.decision_reason, candidates.c.id),
    ),
    ("candidate", "title"): (_in(tickets.c.title, tickets.c.candidate_id),),
    ("candidate", "reason"): (_in(candidates.c.decision_reason, candidates.c.id),),
    ("delegation", "reason"): (_in(delegations.c.reason, delegations.c.id),),
    ("emergency", "name"): (
        _in(emergencies.c.name, emergencies.c.id, NAMELESS),
        Place(grants.c.reason, _of_emergency, form="战时 emergency: {}"),
    ),
    ("emergency", "reason"): (
        _in(emergencies.c.reason, emergencies.c.id),
        _in(emergency_steps.c.text, emergency_steps.c.emergency_id),
    ),
    ("export", "letter"): (_in(exports.c.letter, exports.c.id),),
    ("export", "reason"): (
        _in(exports.c.reason, exports.c.id),
        _in(export_parts.c.reason, export_parts.c.export_id),
    ),
    ("export", "receiver"): (_in(exports.c.receiver, exports.c.id, NAMELESS),),
    ("grant", "reason"): (_in(grants.c.reason, grants.c.id), _in(grants.c.revoke_reason, grants.c.id)),
    ("inquiry", "contact"): _inquiry("contact"),
    ("inquiry", "name"): _inquiry("name"),
    ("inquiry", "place"): _inquiry("place"),
    ("inquiry", "reason"): _inquiry("reason"),
    ("inquiry", "why"): _inquiry("why"),
    ("legal_hold", "letter"): (_in(legal_holds.c.letter, legal_holds.c.id),),
    ("legal_hold", "reason"): (
        _in(legal_holds.c.reason, legal_holds.c.id),
        _in(legal_holds.c.wish_reason, legal_holds.c.id),
    ),
    ("operator", "contract"): (_in(operators.c.contract, operators.c.id),),
    ("operator", "name"): (_in(passkeys.c.name, passkeys.c.operator_id, NAMELESS),),
    ("request", "letter"): (_in(access_requests.c.letter, access_requests.c.id),),
    ("request", "reason"): (
        _in(access_requests.c.reason, access_requests.c.id),
        _in(request_parts.c.reason, request_parts.c.request_id),
        _in(request_lines.c.text, request_lines.c.request_id),
        Place(grants.c.reason, _of_request),
        Place(grants.c.revoke_reason, _of_request),
    ),
    ("request", "text"): (_in(request_lines.c.text, request_lines.c.request_id),),
    ("session", "reason"): (_in(sessions.c.ground, sessions.c.id),),
    ("session", "label"): (_in(sessions.c.label, sessions.c.id, NAMELESS),),
    ("ticket", "why"): (_in(ticket_moves.c.why, ticket_moves.c.ticket_id),),
}
"""By kind of object and field of the line: the columns that hold the same text."""

NOWHERE_ELSE = frozenset(
    {
        ("address", "address"),
        ("audit", "reason"),
        ("audit", "text"),
        ("audit_text", "reason"),
        ("catalogue", "file"),
        ("network", "address"),
        ("number", "gb_id"),
        ("view_record", "reason"),
    }
)
"""Fields whose text is kept beside the audit alone."""

KEPT: Mapping[tuple[str, str], str] = {
    ("area", "name_en"): "what an area is called: rub it out and draw it anew",
    ("area", "name_zh"): "what an area is called: rub it out and draw it anew",
    ("area", "tags"): "areas have none",
    ("grant", "policy"): "which standing rule a grant is: without it the grant would become another",
    ("group", "name_en"): "what a group is called now: rename it first",
    ("group", "name_zh"): "what a group is called now: rename it first",
    ("group", "tags"): "under what a group is found now: change it first",
    ("operator", "login"): "by what an account signs in, and who did what the audit says",
    ("operator", "name"): "who did what the audit and the register of views say; names of passkeys are erased",
    ("operator", "subject"): "by what the directory or the provider knows the account: unlinking takes it away",
    ("organisation", "unit"): "what a unit is called, which is no person",
}
"""What an erasure leaves in the object's row, and why."""

CHANGES: Mapping[tuple[str, str], str] = {
    ("camera", "name"): "document",
    ("camera", "place"): "sign_place",
    ("camera", "reason"): "lifecycle_reason",
}
"""By kind and field of the line: the field of the file's history that holds the same text; a document's after its kind
and a colon.
"""

TOLD: Mapping[tuple[str, str], tuple[str, frozenset[str]]] = {
    ("emergency", "name"): ("name", frozenset({"emergency_began", "emergency_renewed", "emergency_ended"})),
}
"""By kind and field of the line: the word of a notice's detail that holds the same text, and the kinds of notices. They
are named because the notices of an object are found by their kind.
"""


async def blank(connection: AsyncConnection, kind: str, object_id: str, field: str, text: str) -> int:
    """Takes the text out of the object's rows, where it still stands as it was typed; returns out of how many."""
    count = 0
    for place in PLACES.get((kind, field), ()):
        put = {place.form.format(one) for one in (text, text.strip())}
        statement = (
            update(place.column.table)
            .where(place.rows(object_id), place.column.in_(put))
            .values({place.column.name: place.instead})
        )
        count += (await connection.execute(statement)).rowcount
    words = text.strip()
    if words and (kind, field) in CHANGES:
        count += await _blank_changes(connection, kind, object_id, CHANGES[kind, field], words)
    if words and (kind, field) in TOLD:
        count += await _blank_notices(connection, kind, object_id, TOLD[kind, field], words)
    return count


async def _blank_changes(connection: AsyncConnection, kind: str, object_id: str, field: str, text: str) -> int:
    columns = file_changes.c
    about = (columns.noun == kind, columns.object_id == object_id, columns.field == field)
    count = 0
    for row in (await connection.execute(select(columns.id, columns.old, columns.new).where(*about))).all():
        after = {"old": _without(row.old, field, text), "new": _without(row.new, field, text)}
        if after != {"old": row.old, "new": row.new}:
            await connection.execute(update(file_changes).where(columns.id == row.id).values(after))
            count += 1
    return count


async def _blank_notices(
    connection: AsyncConnection, kind: str, object_id: str, told: tuple[str, frozenset[str]], text: str
) -> int:
    (name, kinds), columns = told, notices.c
    about = (columns.kind.in_(sorted(kinds)), columns.object_kind == kind, columns.object_id == object_id)
    count = 0
    for row in (await connection.execute(select(columns.id, columns.detail).where(*about))).all():
        if row.detail.get(name) == text:
            detail = {**row.detail, name: NAMELESS}
            await connection.execute(update(notices).where(columns.id == row.id).values(detail=detail))
            count += 1
    return count


def _without(value: Any, field: str, text: str) -> Any:
    """The value of a field of the history with a dash instead of the text."""
    before = value.partition(": ")[0] + ": " if field == "document" and isinstance(value, str) else ""
    return before + NAMELESS if value == before + text else value
