"""Standing grants from files: the rules by which a district shares from its first day."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.actions import Action
from gateway.domain.conditions import Condition
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.hours import CHINA_MINUTES, Hours
from gateway.domain.ids import ENTROPY_BYTES, uuid7
from gateway.domain.operators import Role
from gateway.domain.schedules import schedule_from
from gateway.services.catalogue_files import LINE, Problem
from gateway.storage import grants

Standing = tuple[Grant, str]
"""A grant and the name of the policy it belongs to."""

POLICY = "catalogue"
"""The policy of a grant whose file names none."""


@dataclass(frozen=True, slots=True)
class Given:
    """A standing grant that was given, its policy, and the id of the one whose place it took."""

    grant: Grant
    policy: str
    replaced: str | None


@dataclass(slots=True)
class Stored:
    """How many standing grants were added, changed and left as they are, or would be; ``given`` were written."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    given: list[Given] = field(default_factory=list)


_NEEDED = frozenset({"grantee_kind", "grantee_id", "target_kind", "actions", "reason"})
_ALLOWED = frozenset(
    {"effect", "target_id", "purposes", "not_before", "not_after", "policy", "hours", "conditions"}
    | {"grantee_within", "includes_below", "target_below", "giver_id"}
)


def standing_grants(
    items: Sequence[Mapping[str, Any]], at: datetime, granted_by: str = "system"
) -> tuple[list[Standing], list[Problem]]:
    """The grants in a file's list, and what is wrong with the others; entries that end one are read elsewhere."""
    found: list[Standing] = []
    problems: list[Problem] = []
    for item in items:
        if "ends" in item:
            continue  # see ``standing_ends``
        try:
            found.append((_grant(item, at, granted_by), str(item.get("policy") or POLICY)))
        except (ValueError, TypeError) as error:
            problems.append(Problem(int(item.get(LINE, 0)), "", str(error), "grants"))
    return found, problems


async def store_standing(
    connection: AsyncConnection, wanted: Sequence[Standing], at: datetime, *, dry_run: bool = False
) -> Stored:
    """Gives the grants that are not there; one of the same policy, grantee and target with other terms is replaced."""
    records = await grants.every(connection, active_at=at, limit=1_000_000)
    there = {place_of(record.grant, record.policy): record.grant for record in records if record.policy}
    stored = Stored()
    for grant, policy in wanted:
        old = there.get(place_of(grant, policy))
        if old is not None and _terms(old) == _terms(grant):
            stored.unchanged += 1
            continue
        if old is None:
            stored.added += 1
        else:
            stored.changed += 1
        if dry_run:
            continue
        if old is not None:
            await grants.revoke(connection, old.id, at, grant.granted_by, "replaced by a newer file")
        await grants.insert(connection, grant, policy)
        stored.given.append(Given(grant, policy, None if old is None else old.id))
    return stored


def place_of(grant: Grant, policy: str) -> tuple[str, ...]:
    """What a standing grant is known by: another of the same place with other terms takes its place."""
    target = (grant.target_kind.value, grant.target_id)
    return (policy, grant.effect.value, grant.grantee_kind.value, grant.grantee_id, grant.grantee_within, *target)


def _terms(grant: Grant) -> tuple[Any, ...]:
    below = grant.includes_below, grant.target_below
    limits = grant.purposes, grant.not_after, grant.hours, grant.conditions
    return grant.actions, *limits, *below, grant.giver_id, grant.reason


def _grant(item: Mapping[str, Any], at: datetime, granted_by: str) -> Grant:
    if missing := _NEEDED - item.keys():
        raise ValueError(f"{', '.join(sorted(missing))} is missing: fill it in")
    if unknown := item.keys() - _NEEDED - _ALLOWED - {LINE}:
        raise ValueError(f"the key {', '.join(sorted(unknown))} is not known: take it out, or correct it")
    purposes = item.get("purposes")
    kind = TargetKind(one_of(item, "target_kind", [one.value for one in TargetKind]))
    target = str(item.get("target_id") or "")
    if (kind is TargetKind.ALL) != (target == ""):
        raise ValueError("target_id must be empty for the target_kind all, and name one thing for every other")
    grantee = GranteeKind(one_of(item, "grantee_kind", [one.value for one in GranteeKind]))
    if grantee is GranteeKind.ROLE:
        one_of(item, "grantee_id", [role.value for role in Role])
    return Grant(
        id=uuid7(at, os.urandom(ENTROPY_BYTES)),
        effect=Effect(one_of({"effect": "allow", **item}, "effect", [one.value for one in Effect])),
        grantee_kind=grantee,
        grantee_id=str(item["grantee_id"]),
        target_kind=kind,
        target_id=target,
        actions=frozenset(_action(action) for action in _list(item, "actions")),
        purposes=None if purposes is None else frozenset(str(purpose) for purpose in _list(item, "purposes")),
        not_before=_time(item.get("not_before")) or at,
        not_after=_time(item.get("not_after")),
        granted_by=granted_by,
        reason=str(item["reason"]),
        created_at=at,
        grantee_within=str(item.get("grantee_within") or ""),
        includes_below=truth(item, "includes_below"),
        target_below=truth(item, "target_below"),
        hours=_hours(item.get("hours")),
        conditions=frozenset(_condition(raw) for raw in (_list(item, "conditions") if "conditions" in item else ())),
        giver_id=str(item.get("giver_id") or ""),
    )


def one_of(item: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    """The word under that key. Raises ``ValueError`` if it is none of the choices."""
    value = str(item[name])
    if value not in choices:
        raise ValueError(f"{name} is {value!r}: write one of {', '.join(choices)}")
    return value


def _condition(raw: Any) -> Condition:
    return Condition(one_of({"conditions": raw}, "conditions", [condition.value for condition in Condition]))


def truth(item: Mapping[str, Any], name: str) -> bool:
    """What is said under that key, False if nothing is. Raises ``ValueError``."""
    value = item.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {value!r}: write true or false")
    return value


def _hours(raw: Any) -> Hours | None:
    """Hours written like a rule's schedule, with the offset of their clock in minutes (China's if it is missing)."""
    if raw is None:
        return None
    if not isinstance(raw, Mapping):
        raise ValueError("hours is a mapping with days and hours")
    offset = raw.get("offset_minutes", CHINA_MINUTES)
    if not isinstance(offset, int):
        raise ValueError(f"offset_minutes is {offset!r}: write minutes, like 480")
    return Hours(schedule_from({name: raw[name] for name in raw if name not in ("offset_minutes", LINE)}), offset)


def _action(raw: Any) -> Action:
    return Action(one_of({"actions": raw}, "actions", [action.value for action in Action]))


def _list(item: Mapping[str, Any], name: str) -> list[Any]:
    value = item[name]
    if not isinstance(value, list):
        raise ValueError(f"{name} must be a list: write [a, b]")
    return value


def _time(raw: Any) -> datetime | None:
    if raw is None:
        return None
    found = raw if isinstance(raw, datetime) else datetime.fromisoformat(str(raw))
    if found.tzinfo is None:
        raise ValueError(f"the time {raw} lacks its zone: write it like 2026-01-31T08:00:00+08:00")
    return found
