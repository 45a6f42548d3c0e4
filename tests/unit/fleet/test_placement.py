"""Cameras are spread evenly, recorders stay whole, and nothing moves without need."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.fleet.placement import place

GROUPS = {
    "R1": [f"R1-{n}" for n in range(32)],
    "R2": [f"R2-{n}" for n in range(16)],
    **{f"C{n}": [f"C{n}"] for n in range(40)},
}


def loads(owners: dict[str, str]) -> Counter[str]:
    return Counter(owners.values())


def test_everything_is_spread_evenly_and_recorders_stay_whole() -> None:
    owners = place(GROUPS, ["w1", "w2"], {})
    assert loads(owners) == {"w1": 44, "w2": 44}
    assert len({owners[camera] for camera in GROUPS["R1"]}) == 1
    assert len({owners[camera] for camera in GROUPS["R2"]}) == 1


def test_placing_again_moves_nothing() -> None:
    owners = place(GROUPS, ["w1", "w2", "w3"], {})
    assert place(GROUPS, ["w3", "w2", "w1"], owners) == owners


def test_a_lost_workers_cameras_go_to_the_others_and_theirs_stay() -> None:
    before = place(GROUPS, ["w1", "w2", "w3"], {})
    after = place(GROUPS, ["w1", "w3"], before)
    assert set(after.values()) == {"w1", "w3"}
    kept = [camera for camera, worker in before.items() if worker != "w2"]
    assert sum(after[camera] != before[camera] for camera in kept) <= 8


def test_a_new_worker_gets_its_share() -> None:
    before = place(GROUPS, ["w1"], {})
    after = place(GROUPS, ["w1", "w2"], before)
    assert abs(loads(after)["w1"] - loads(after)["w2"]) <= 4
    assert sum(after[camera] != before[camera] for camera in after) == loads(after)["w2"]


def test_without_workers_nobody_owns_anything() -> None:
    assert place(GROUPS, [], {"C1": "w1"}) == {}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 33), max_size=12),
    st.sets(st.sampled_from(["w1", "w2", "w3", "w4"]), min_size=1),
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.sampled_from(["w1", "w2", "w9"])),
)
def test_every_camera_has_one_living_owner_and_groups_are_whole(
    sizes: dict[str, int], workers: set[str], past: dict[str, str]
) -> None:
    groups = {name: [f"{name}.{n}" for n in range(size)] for name, size in sizes.items()}
    current = {camera: past[name] for name, cameras in groups.items() if name in past for camera in cameras}
    owners = place(groups, sorted(workers), current)
    assert set(owners) == {camera for cameras in groups.values() for camera in cameras}
    assert set(owners.values()) <= workers
    assert all(len({owners[camera] for camera in cameras}) == 1 for cameras in groups.values())
