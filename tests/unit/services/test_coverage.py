"""Handing on what one holds: never more, never longer, never to cameras one does not hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.actions import Action
from gateway.domain.grants import CameraFacts, Effect, Grant, GranteeKind, TargetKind, permits, reaches
from gateway.domain.operators import Operator, Role
from gateway.services.coverage import Span, Target, covers, covers_span

AT = datetime(2026, 11, 23, tzinfo=UTC)
ME = Operator("me", "me", "me", "T-1", frozenset({Role.SHIFT_LEADER}))
YOU = Operator("you", "you", "you", "T-2", frozenset({Role.SHIFT_LEADER}))
NAMES = st.sampled_from(["x", "y"])
CAMERAS = st.builds(CameraFacts, NAMES, NAMES, NAMES, NAMES, NAMES, st.none() | NAMES)
TARGETS = st.tuples(st.sampled_from(TargetKind), NAMES).map(
    lambda pair: (pair[0], "" if pair[0] is TargetKind.ALL else pair[1])
)
ENDS = st.none() | st.integers(1, 3).map(lambda hours: AT + timedelta(hours=hours))
PURPOSES = st.none() | st.frozensets(st.sampled_from(["PS-ORDER", "PS-FIRE"]), min_size=1)


@st.composite
def grants_of_mine(draw: st.DrawFn) -> Grant:
    kind, name = draw(TARGETS)
    return Grant(
        draw(st.uuids()).hex,
        draw(st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY])),
        GranteeKind.OPERATOR,
        "me",
        kind,
        name,
        frozenset({Action.VIEW_LIVE}),
        draw(PURPOSES),
        AT,
        draw(ENDS),
        "boss",
        "",
        AT,
    )


@given(
    held=st.lists(grants_of_mine(), max_size=4),
    target=TARGETS,
    camera=CAMERAS,
    purposes=PURPOSES,
    end=ENDS,
    minutes=st.integers(0, 240),
    purpose=st.sampled_from(["PS-ORDER", "PS-FIRE"]),
)
def test_who_receives_never_sees_more_than_who_gave(
    held: list[Grant],
    target: tuple[TargetKind, str],
    camera: CameraFacts,
    purposes: frozenset[str] | None,
    end: datetime | None,
    minutes: int,
    purpose: str,
) -> None:
    """Whatever camera there is or will be: what the new grant lets you see, I could see at that time."""
    facts = camera if target[0] is TargetKind.CAMERA and target[1] == camera.id else None
    if target[0] is TargetKind.CAMERA and facts is None:
        return
    wanted = Target(target[0], target[1], facts)
    if not covers_span(held, ME, Action.VIEW_LIVE, wanted, AT, Span(purposes, end)):
        return
    assert covers(held, ME, Action.VIEW_LIVE, wanted, AT)
    new = Grant(
        "new",
        Effect.ALLOW,
        GranteeKind.OPERATOR,
        "you",
        target[0],
        target[1],
        frozenset({Action.VIEW_LIVE}),
        purposes,
        AT,
        end,
        "me",
        "",
        AT,
    )
    later = AT + timedelta(minutes=minutes)
    if reaches(new, camera) and permits(YOU, Action.VIEW_LIVE, camera, [new], later, purpose).allowed:
        assert permits(ME, Action.VIEW_LIVE, camera, held, later, purpose).allowed


def test_a_role_without_the_action_hands_on_nothing() -> None:
    member = Operator("me", "me", "me", "T-1", frozenset({Role.GRID_MEMBER}))
    everything = Grant(
        "g", Effect.ALLOW, GranteeKind.OPERATOR, "me", TargetKind.ALL, "", frozenset(Action), None, AT, None, "", "", AT
    )
    target = Target(TargetKind.ALL, "")
    assert covers([everything], ME, Action.SHARE, target, AT)
    assert not covers([everything], member, Action.SHARE, target, AT)
