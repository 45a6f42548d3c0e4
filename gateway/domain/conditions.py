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
