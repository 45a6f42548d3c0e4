from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.packets import Packet
from gateway.worker.ring import PreRoll


def packet(index: int, key: bool, size: int = 10, at: float | None = None) -> Packet:
    return Packet(index * 9000, key, b"x" * size, index / 10 if at is None else at)


def filled(ring: PreRoll, count: int, group: int = 10, size: int = 10) -> PreRoll:
    for index in range(count):
        ring.append(packet(index, index % group == 0, size))
    return ring


def test_nothing_is_kept_before_the_first_keyframe():
    ring = PreRoll(5, 1000)
    ring.append(packet(0, False))
    assert ring.newest_group() == []
    assert ring.keyframe() is None


def test_keeps_whole_groups_that_cover_the_seconds():
    ring = filled(PreRoll(3.0, 10_000), 100)
    kept = list(ring)
    assert kept[0].keyframe
    assert 3.0 <= kept[-1].arrived_at - kept[0].arrived_at <= 4.1


def test_newest_group_begins_with_its_keyframe():
    ring = filled(PreRoll(3.0, 10_000), 25)
    assert [p.pts // 9000 for p in ring.newest_group()] == [20, 21, 22, 23, 24]


def test_since_begins_at_the_last_keyframe_before():
    ring = filled(PreRoll(10.0, 100_000), 60)
    assert ring.since(2.55)[0].pts == 20 * 9000
    assert ring.since(-1.0)[0].pts == 0


def test_a_group_larger_than_the_limit_is_let_go_and_counted():
    ring = filled(PreRoll(100.0, 500), 200, group=1000)
    assert ring.overflows > 0
    assert ring.size <= 500


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400), st.floats(0, 3)), max_size=120))
def test_bounds_hold_whatever_comes(items):
    ring, at = PreRoll(2.0, 2000), 0.0
    for index, (key, size, gap) in enumerate(items):
        at += gap
        ring.append(packet(index, key, size, at))
        kept = list(ring)
        assert ring.size == sum(len(p.data) for p in kept) <= 2000
        assert not kept or kept[0].keyframe
