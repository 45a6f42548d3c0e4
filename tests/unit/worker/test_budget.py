from hypothesis import given
from hypothesis import strategies as st

from gateway.worker import budget
from gateway.worker.budget import FULL, HALVED, KEYFRAMES, THINNED, Cost, share

CAMERA = Cost(fps=10.0, group=20.0, decode=0.0005, look=0.001)


def test_all_full_when_there_is_enough():
    assert share([CAMERA] * 100, 2.0) == [FULL] * 100


def test_what_is_missing_is_taken_evenly():
    rungs = share([CAMERA] * 100, 1.2)
    assert set(rungs) == {FULL, THINNED}
    assert sum(CAMERA.at(rung) for rung in rungs) <= 1.2


def test_the_better_rung_goes_round():
    first, second = share([CAMERA] * 10, 0.12, turn=0), share([CAMERA] * 10, 0.12, turn=5)
    assert sorted(first) == sorted(second)
    assert first != second


def test_the_last_rung_is_kept_even_if_it_does_not_fit():
    assert share([CAMERA] * 10, 0.0) == [KEYFRAMES] * 10


def test_no_camera_no_rung():
    assert share([], 1.0) == []


costs = st.builds(Cost, st.floats(0, 50), st.floats(1, 500), st.floats(0, 0.05), st.floats(0, 0.05))


@given(st.lists(costs, max_size=40), st.floats(0, 4), st.integers(0, 1000))
def test_fits_the_budget_and_stays_even(cameras, cores, turn):
    rungs = share(cameras, cores, turn)
    assert len(rungs) == len(cameras)
    assert not rungs or max(rungs) - min(rungs) <= 1
    if any(rung != KEYFRAMES for rung in rungs):
        assert sum(cost.at(rung) for cost, rung in zip(cameras, rungs, strict=True)) <= cores + 1e-9


def test_a_group_is_decoded_from_its_beginning_without_holes():
    for rung in (FULL, THINNED, HALVED, KEYFRAMES):
        wanted = [budget.wants_decoding(rung, position, 20) for position in range(20)]
        assert wanted[0]
        assert wanted == sorted(wanted, reverse=True)
    assert sum(budget.wants_decoding(HALVED, position, 20) for position in range(20)) == 10
    assert sum(budget.wants_looking(THINNED, position) for position in range(20)) == 10
