"""Near misses: a grant that gives the one who asks something, and at most one thing about it, or them, that is wrong.

Grants drawn wholly at random agree too easily: most give nothing, for several reasons at once, so that a decision that
forgets one of the reasons is seldom found out. Here it is the only reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from hypothesis import strategies as st

from gateway.domain.actions import Action
from gateway.domain.grants import Effect, Grant, GranteeKind, TargetKind
from gateway.domain.hours import Hours
from gateway.domain.operators import Operator, Role
from gateway.domain.schedules import schedule_from
from tests.contract.storage.district import D1, NOW, T1, T2, grant

HOUR = timedelta(hours=1)
C1, DEEP = "C-1", "C-1-1"
ABOVE = {T1: ("district",), D1: ("district",), C1: (T1, "district"), DEEP: (C1, T1, "district")}
CLOSED = Hours(schedule_from({"days": ["sun"], "hours": ["16:00-16:30"]}), 480)
"""Hours that are just over at ``NOW``, by half a minute."""
OPEN = Hours(schedule_from({"days": ["sun"], "hours": ["16:30-17:00"]}), 480)
ALL_OF_IT = frozenset({Action.DIRECTORY, Action.LIST, Action.VIEW_LIVE})
NARROW = (
    (TargetKind.ALL, ""),
    (TargetKind.CAMERA, "C-001"),
    (TargetKind.RECORDER, "R-1"),
    (TargetKind.KIND, "road"),
    (TargetKind.OWNED_BY, T1),
    (TargetKind.MAINTAINED_BY, T2),
    (TargetKind.LOCATED_IN, "320612001"),
    (TargetKind.GROUP, "G-1"),
    (TargetKind.AREA, "A-1"),
)
DEEPER = tuple((kind, name) for kind in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY) for name in ("district", T1))


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for what purpose, and the grants there are."""

    who: Operator
    purpose: str | None
    rows: tuple[Grant, ...]


Miss = Callable[[Operator, Grant], tuple[Operator, Grant]]


def of_person(**changes: object) -> Miss:
    return lambda who, row: (replace(who, **changes), row)  # type: ignore[arg-type]


def of_grant(**changes: object) -> Miss:
    return lambda who, row: (who, replace(row, **changes))  # type: ignore[arg-type]


def too_deep(who: Operator, row: Grant) -> tuple[Operator, Grant]:
    """The grant's target with what is below it, or no longer with it."""
    deep = row.target_kind in (TargetKind.OWNED_BY, TargetKind.MAINTAINED_BY) and not row.target_below
    return who, replace(row, target_below=deep)


OF_PERSONS: tuple[Miss, ...] = (
    of_person(disabled_at=NOW),
    of_person(valid_until=NOW),
    of_person(valid_until=NOW - HOUR),
    of_person(valid_from=NOW + HOUR),
    of_person(roles=frozenset({Role.GRID_MEMBER})),
    of_person(roles=frozenset()),
)
NOT_BELOW = of_grant(includes_below=False)
OF_GRANTS: tuple[Miss, ...] = (
    NOT_BELOW,
    too_deep,
    of_grant(hours=CLOSED),
    of_grant(not_before=NOW + HOUR),
    of_grant(not_after=NOW),
    of_grant(revoked_at=NOW),
    of_grant(purposes=frozenset({"PS-FLOOD"})),
    of_grant(purposes=frozenset()),
    of_grant(actions=frozenset({Action.DIRECTORY})),
    of_grant(actions=frozenset()),
    of_grant(grantee_id="you"),
    of_grant(grantee_within=T2),
)
HARMLESS: tuple[Miss, ...] = (
    of_person(valid_until=NOW + HOUR, valid_from=NOW),
    of_person(disabled_at=NOW + HOUR),
    of_grant(hours=OPEN),
    of_grant(not_after=NOW + HOUR),
    of_grant(revoked_at=NOW + HOUR),
    of_grant(purposes=frozenset({"PS-ORDER"})),
)


@st.composite
def given_things(draw: st.DrawFn, who: Operator) -> Grant:
    """A grant by which the asker may watch something now."""
    role, upper = sorted(who.roles)[0].value, draw(st.sampled_from(ABOVE[who.organisation_id]))
    holder, within, below = draw(
        st.sampled_from(
            [
                ((GranteeKind.OPERATOR, "me"), "", False),
                ((GranteeKind.SERVICE_ACCOUNT, "me"), "", False),
                ((GranteeKind.ORGANISATION, who.organisation_id), "", False),
                ((GranteeKind.ORGANISATION, upper), "", True),
                ((GranteeKind.ORGANISATION, upper), "", True),
                ((GranteeKind.ROLE, role), "", False),
                ((GranteeKind.ROLE, role), who.organisation_id, False),
                ((GranteeKind.ROLE, role), upper, True),
                ((GranteeKind.ROLE, role), upper, True),
            ]
        )
    )
    deep = draw(st.booleans())
    target = draw(st.sampled_from(DEEPER if deep else NARROW))
    return replace(
        grant(holder, target), grantee_within=within, includes_below=below, target_below=deep, actions=ALL_OF_IT
    )


@st.composite
def near_misses(draw: st.DrawFn) -> Asked:
    """One who asks, a grant that would do but for one thing, and now and then a deny that is just as nearly one."""
    role = draw(st.sampled_from([Role.SHIFT_LEADER, Role.TOWNSHIP_OPERATOR, Role.SERVICE]))
    who = Operator("me", "me", "me", draw(st.sampled_from(sorted(ABOVE))), frozenset({role}))
    rows = []
    if draw(st.integers(0, 2)) == 0:
        against = replace(draw(given_things(who)), effect=Effect.DENY)
        rows.append(draw(st.sampled_from(OF_GRANTS))(who, against)[1])
    allow = draw(given_things(who))
    below = (NOT_BELOW,) * 12 if allow.includes_below else ()
    who, allow = draw(st.sampled_from(OF_PERSONS + OF_GRANTS * 2 + below + HARMLESS))(who, allow)
    return Asked(who, draw(st.sampled_from([None, "PS-ORDER"])), (*rows, allow))
