"""The last seconds of a stream, kept so that a picture is there at once and a clip can begin before its event."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.domain.packets import Packet


@dataclass(slots=True)
class _Group:
    """A keyframe and what depends on it."""

    packets: list[Packet] = field(default_factory=list)
    size: int = 0


class PreRoll:
    """Whole groups of pictures, newest last, bounded in seconds and bytes.

    The oldest group goes once what is left still covers ``seconds``, or when ``max_bytes`` are exceeded. A single group
    larger than that is let go as well and counted in ``overflows``: until the next keyframe there is nothing to show.
    ``max_bytes`` may be changed at any time.
    """

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self._seconds, self.max_bytes = seconds, max_bytes
        self._groups: deque[_Group] = deque()
        self.size = 0
        self.overflows = 0

    def append(self, packet: Packet) -> None:
        """Adds the newest packet; one that belongs to no kept keyframe is left out."""
        if packet.keyframe:
            self._groups.append(_Group())
        elif not self._groups:
            return
        group = self._groups[-1]
        group.packets.append(packet)
        group.size += len(packet.data)
        self.size += len(packet.data)
        self._shrink(packet.arrived_at)

    def _shrink(self, now: float) -> None:
        while len(self._groups) > 1 and (
            now - self._groups[1].packets[0].arrived_at >= self._seconds or self.size > self.max_bytes
        ):
            self.size -= self._groups.popleft().size
        if self.size > self.max_bytes:
            self.overflows += 1
            self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self._groups.clear()
        self.size = 0

    def newest_group(self) -> list[Packet]:
        """The last keyframe and everything since, oldest first; empty before the first keyframe."""
        return list(self._groups[-1].packets) if self._groups else []

    def keyframe(self) -> Packet | None:
        """The last keyframe."""
        return self._groups[-1].packets[0] if self._groups else None

    def since(self, at: float) -> list[Packet]:
        """Packets from the last keyframe that arrived at or before ``at`` (Unix seconds); all if none is that old."""
        begin = 0
        for index, group in enumerate(self._groups):
            if group.packets[0].arrived_at <= at:
                begin = index
        return [packet for index, group in enumerate(self._groups) if index >= begin for packet in group.packets]

    def __iter__(self) -> Iterator[Packet]:
        for group in self._groups:
            yield from group.packets
