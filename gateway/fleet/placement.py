"""Placement: which worker owns which camera. Pure; as few cameras as possible move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def place(groups: Mapping[str, Sequence[str]], workers: Sequence[str], current: Mapping[str, str]) -> dict[str, str]:
    """Camera to worker, evenly over ``workers``. Cameras of one group stay together (a recorder counts its opens).

    ``groups`` are camera ids by group; ``current`` is who owns them now. Without workers nobody owns anything.
    """
    if not workers:
        return {}
    load = dict.fromkeys(sorted(workers), 0)
    owners: dict[str, str] = {}
    homeless: list[str] = []
    for group, cameras in sorted(groups.items()):
        keeper = _keeper(cameras, current, load)
        if keeper is None:
            homeless.append(group)
        else:
            owners[group] = keeper
            load[keeper] += len(cameras)
    for group in sorted(homeless, key=lambda name: (-len(groups[name]), name)):
        owners[group] = min(load, key=lambda worker: (load[worker], worker))
        load[owners[group]] += len(groups[group])
    _level(groups, owners, load)
    return {camera: owners[group] for group, cameras in groups.items() for camera in cameras}


def _keeper(cameras: Sequence[str], current: Mapping[str, str], load: Mapping[str, int]) -> str | None:
    """The living worker that owns most of the group already."""
    votes: dict[str, int] = {}
    for camera in cameras:
        worker = current.get(camera)
        if worker in load:
            votes[str(worker)] = votes.get(str(worker), 0) + 1
    return max(sorted(votes), key=lambda worker: votes[worker]) if votes else None


def _level(groups: Mapping[str, Sequence[str]], owners: dict[str, str], load: dict[str, int]) -> None:
    """Moves groups from the fullest to the emptiest worker while that makes the difference clearly smaller."""
    while True:
        full = max(load, key=lambda worker: (load[worker], worker))
        empty = min(load, key=lambda worker: (load[worker], worker))
        gap = load[full] - load[empty]
        fitting = [name for name, worker in owners.items() if worker == full and 0 < len(groups[name]) * 2 <= gap]
        if gap < max(2, sum(load.values()) // 20) or not fitting:
            return
        best = max(fitting, key=lambda name: (len(groups[name]), name))
        owners[best] = empty
        load[full] -= len(groups[best])
        load[empty] += len(groups[best])
