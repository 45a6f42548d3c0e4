"""Standing grants that a file ends: named as they were given, by whoever runs the machine, as they came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.services.catalogue_files import LINE, Problem
from gateway.services.standing import POLICY, one_of, place_of, truth
from gateway.storage import grants

KEY = "ends"
"""What says of a file's entry that it ends the rule which it names, instead of giving it."""
_NEEDED = frozenset({"grantee_kind", "grantee_id", "target_kind", "reason"})
_ALLOWED = _NEEDED | {KEY, "policy", "effect", "target_id", "grantee_within", LINE}


@dataclass(frozen=True, slots=True)
class Ending:
    """The rule that is to end, by its place among the standing ones, and why."""

    place: tuple[str, ...]
    reason: str
    line: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A standing grant that was ended, its policy, and why."""

    grant: Grant
    policy: str
    reason: str


def standing_ends(items: Sequence[Mapping[str, Any]]) -> tuple[list[Ending], list[Problem]]:
    """The endings in a file's list of grants, and what is wrong with the others that say they are one."""
    found: list[Ending] = []
    problems: list[Problem] = []
    for item in items:
        line = int(item.get(LINE, 0))
        try:
            if KEY in item:
                found.append(_ending(item, line))
        except (ValueError, TypeError) as error:
            problems.append(Problem(line, KEY, str(error), "grants"))
    return found, problems


async def unknown_ends(connection: AsyncConnection, wanted: Sequence[Ending]) -> list[Problem]:
    """A sentence for each ending of a rule that never was: a slip of the pen would leave the real one in force."""
    ever = set(await _by_place(connection)) if wanted else set()
    said = "no standing grant was ever given with this policy, effect, grantee and target: correct what names it"
    return [Problem(one.line, KEY, said, "grants") for one in wanted if one.place not in ever]


async def end_standing(
    connection: AsyncConnection, wanted: Sequence[Ending], at: datetime, by: str, *, dry_run: bool
) -> list[Ended]:
    """Ends what is still in force, or to come; what was ended before is left as it is."""
    there = await _by_place(connection) if wanted else {}
    ended: list[Ended] = []
    for one in wanted:
        for record in there.get(one.place, ()):
            grant = record.grant
            if grant.revoked_at is not None or (grant.not_after is not None and grant.not_after <= at):
                continue
            if dry_run or await grants.revoke(connection, grant.id, at, by, one.reason):
                ended.append(Ended(grant, record.policy, one.reason))
    return ended


async def _by_place(connection: AsyncConnection) -> dict[tuple[str, ...], list[grants.GrantRecord]]:
    found: dict[tuple[str, ...], list[grants.GrantRecord]] = {}
    for record in await grants.every(connection, limit=1_000_000):
        if record.policy:
            found.setdefault(place_of(record.grant, record.policy), []).append(record)
    return found


def _ending(item: Mapping[str, Any], line: int) -> Ending:
    if not truth(item, KEY):
        raise ValueError(f"{KEY} is false: leave it out")
    if missing := _NEEDED - item.keys():
        raise ValueError(f"{', '.join(sorted(missing))} is missing: fill it in")
    if unknown := item.keys() - _ALLOWED:
        raise ValueError(f"the key {', '.join(sorted(unknown))} says nothing of an end: take it out")
    reason = str(item["reason"]).strip()
    if not reason:
        raise ValueError("reason is empty: say why the rule ends")
    place = (
        str(item.get("policy") or POLICY),
        one_of({"effect": "allow", **item}, "effect", [one.value for one in Effect]),
        one_of(item, "grantee_kind", [one.value for one in GranteeKind]),
        str(item["grantee_id"]),
        str(item.get("grantee_within") or ""),
        one_of(item, "target_kind", [one.value for one in TargetKind]),
        str(item.get("target_id") or ""),
    )
    return Ending(place, reason, line)
