"""Conditions: how a picture may be shown where a grant allows it, and which of two grants binds less."""

from __future__ import annotations

from enum import StrEnum


class Condition(StrEnum):
    """A limit that a grant puts on the pictures it gives."""

    MASKED_ONLY = "masked_only"
    """Never without the camera's privacy masks; while it has none there is no picture."""
    SUB_ONLY = "sub_only"
    """The small stream, never the main one."""
    WATERMARK = "watermark"
    """With the viewer's name across it."""


_WEIGHT = {Condition.MASKED_ONLY: 4, Condition.SUB_ONLY: 2, Condition.WATERMARK: 1}


def burden(conditions: frozenset[Condition]) -> int:
    """How much the conditions bind together: of two grants the one with the smaller burden is relied on."""
    return sum(_WEIGHT[condition] for condition in conditions)


def burned_in(conditions: frozenset[Condition], program: bool) -> bool:
    """True if moving pictures reach the viewer only with the mark burned in: those of a program, for which no page of
    ours lays it over them, and those that a grant gives with the watermark alone.
    """
    return program or Condition.WATERMARK in conditions


def obstacle(conditions: frozenset[Condition], main: bool) -> Condition | None:
    """The condition under which that picture may not be shown, None if it may. ``main`` is True for the main stream.

    Cameras have no masks in this version, so what may only be shown masked is not shown at all.
    """
    if Condition.MASKED_ONLY in conditions:
        return Condition.MASKED_ONLY
    return Condition.SUB_ONLY if main and Condition.SUB_ONLY in conditions else None
