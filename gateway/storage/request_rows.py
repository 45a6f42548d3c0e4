"""How requests for access are written in rows: scopes, terms, parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, null

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import GranteeKind
from gateway.domain.request_states import PartState
from gateway.domain.requests import AccessRequest, RequestPart, RequestScope, ScopeKind, Terms
from gateway.storage.grants import hours_document, hours_from


def request_row(item: AccessRequest) -> dict[str, Any]:
    """The row of a request."""
    return {
        "id": item.id,
        "asker_id": item.asker_id,
        "organisation_id": item.organisation_id,
        "grantee_kind": item.grantee_kind.value,
        "grantee_id": item.grantee_id,
        "scope": _scope_document(item.scope),
        **terms_row(item.terms),
        "reason": item.reason,
        "letter": item.letter,
        "ticket_id": item.ticket_id,
        "extends": item.extends,
        "created_at": item.created_at,
        "decide_by": item.decide_by,
        "routed_at": item.routed_at,
        "withdrawn_at": item.withdrawn_at,
        "version": item.version,
    }


def request_from(row: RowMapping) -> AccessRequest:
    """The request in a row."""
    terms = terms_from(row)
    assert terms is not None
    return AccessRequest(
        id=row["id"],
        asker_id=row["asker_id"],
        organisation_id=row["organisation_id"],
        grantee_kind=GranteeKind(row["grantee_kind"]),
        grantee_id=row["grantee_id"],
        scope=_scope_from(row["scope"]),
        terms=terms,
        reason=row["reason"],
        created_at=row["created_at"],
        decide_by=row["decide_by"],
        letter=row["letter"],
        ticket_id=row["ticket_id"],
        extends=row["extends"],
        routed_at=row["routed_at"],
        withdrawn_at=row["withdrawn_at"],
        version=row["version"],
    )


def terms_row(terms: Terms | None) -> dict[str, Any]:
    """The columns of terms; all empty for None."""
    if terms is None:
        return {
            "actions": null(),
            "purposes": null(),
            "not_before": None,
            "not_after": None,
            "hours": null(),
            "conditions": null(),
        }
    return {
        "actions": sorted(action.value for action in terms.actions),
        "purposes": sorted(terms.purposes),
        "not_before": terms.not_before,
        "not_after": terms.not_after,
        "hours": null() if terms.hours is None else hours_document(terms.hours),
        "conditions": sorted(condition.value for condition in terms.conditions),
    }


def terms_from(row: RowMapping) -> Terms | None:
    """The terms in a row, None if it has none."""
    if row["not_after"] is None:
        return None
    return Terms(
        actions=frozenset(Action(action) for action in row["actions"]),
        purposes=frozenset(row["purposes"]),
        not_before=row["not_before"],
        not_after=row["not_after"],
        hours=hours_from(row["hours"]),
        conditions=frozenset(Condition(condition) for condition in row["conditions"]),
    )


def part_from(row: RowMapping, cameras: Mapping[str, str | None]) -> RequestPart:
    """The part in a row with its cameras and their grants."""
    return RequestPart(
        id=row["id"],
        request_id=row["request_id"],
        owner_id=row["owner_id"],
        state=PartState(row["state"]),
        cameras=tuple(cameras),
        given={camera: grant for camera, grant in cameras.items() if grant is not None},
        terms=terms_from(row),
        reason=row["reason"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        decided_for=row["decided_for"],
        version=row["version"],
    )


def _scope_document(scope: RequestScope) -> dict[str, Any]:
    return {
        "kind": scope.kind.value,
        "ids": list(scope.ids),
        "centre": None if scope.centre is None else list(scope.centre),
        "radius_m": scope.radius_m,
        "outline": [list(point) for point in scope.outline],
    }


def _scope_from(document: Mapping[str, Any]) -> RequestScope:
    centre = document["centre"]
    return RequestScope(
        kind=ScopeKind(document["kind"]),
        ids=tuple(document["ids"]),
        centre=None if centre is None else (float(centre[0]), float(centre[1])),
        radius_m=float(document["radius_m"]),
        outline=tuple((float(one), float(other)) for one, other in document["outline"]),
    )
