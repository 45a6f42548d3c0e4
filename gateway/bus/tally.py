"""What a bus counts; read by the metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class BusTally:
    """Counts since the start, and how deep the deepest subscriber queue is now."""

    published: int = 0
    delivered: int = 0
    dropped: int = 0
    failed: int = 0
    """Messages that the carrier did not take."""
    reconnects: int = 0
    depth: int = 0
