from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.timeline import TimeLine

FRAME = 9000
SECOND = 90_000


def fed(stamps, step=0.1, line=None):
    line = line or TimeLine()
    return [line.repaired(pts, 1000.0 + index * step).dts for index, pts in enumerate(stamps)], line


def test_good_stamps_pass_moved_to_zero():
    out, line = fed([5_000_000 + n * FRAME for n in range(5)])
    assert out == [n * FRAME for n in range(5)]
    assert (line.joins, line.strays) == (0, 0)


def test_a_picture_9800_s_back_is_restamped_after_the_last():
    stamps = [0, FRAME, 2 * FRAME - 9800 * SECOND, 3 * FRAME, 4 * FRAME]
    out, line = fed(stamps)
    assert out == [n * FRAME for n in range(5)]
    assert (line.joins, line.strays) == (0, 1)


def test_a_picture_37600_s_ahead_is_restamped_after_the_last():
    out, line = fed([0, FRAME, 37_600 * SECOND, 3 * FRAME])
    assert out == [n * FRAME for n in range(4)]
    assert line.strays == 1


def test_three_in_a_row_that_agree_are_a_new_time_line_joined_to_the_old():
    jump = 37_600 * SECOND
    out, line = fed([0, FRAME, *(jump + n * FRAME for n in range(6))])
    assert line.joins == 1
    assert out == [n * FRAME for n in range(8)]


def test_strays_that_do_not_agree_are_no_time_line():
    _, line = fed([0, FRAME, 9_000 * SECOND, 20_000 * SECOND, 37_600 * SECOND, 2 * FRAME])
    assert line.joins == 0


def test_a_32_bit_wrap_goes_on():
    start = (1 << 32) - 2 * FRAME
    out, line = fed([(start + n * FRAME) % (1 << 32) for n in range(6)])
    assert out == [n * FRAME for n in range(6)]
    assert (line.joins, line.strays) == (0, 0)


def test_duplicates_and_small_steps_back_grow_by_one():
    out, _ = fed([0, FRAME, FRAME, FRAME - 10, 2 * FRAME])
    assert out == [0, FRAME, FRAME + 1, FRAME + 2, 2 * FRAME]


def test_a_first_packet_without_a_stamp_takes_its_place_by_arrival():
    out, _ = fed([None, FRAME, 2 * FRAME])
    assert out[0] == 0
    assert 0 < out[1] <= FRAME
    assert out[2] - out[1] == FRAME


def test_a_silence_that_really_happened_is_no_stray():
    line = TimeLine()
    line.repaired(0, 1000.0)
    assert line.repaired(8 * SECOND, 1008.0) == (8 * SECOND, 0)
    assert line.strays == 0


@given(
    st.lists(
        st.tuples(st.none() | st.integers(-(2**40), 2**40), st.floats(0, 100, allow_nan=False)), min_size=1, max_size=60
    )
)
def test_whatever_comes_stamps_grow(packets):
    line, at, last = TimeLine(), 1000.0, -1
    for pts, gap in packets:
        at += gap
        out = line.repaired(pts, at)
        assert out.dts > last
        assert abs(out.offset) < 1 << 31
        last = out.dts


def shown(order: list[int], step: int = FRAME) -> list[int]:
    """Where pictures sent in that order are shown, the first of them at 0."""
    line = TimeLine()
    stamps = [line.repaired(7_000_000 + number * step, 1000.0 + index * 0.1) for index, number in enumerate(order)]
    assert all(later.dts > earlier.dts for earlier, later in pairwise(stamps))
    return [stamp.dts + stamp.offset for stamp in stamps]


@pytest.mark.parametrize(
    "group",
    [[0, 2, 1], [0, 3, 1, 2], [0, 4, 2, 1, 3], [0, 8, 4, 2, 1, 3, 6, 5, 7]],
)
@pytest.mark.parametrize("step", [FRAME, SECOND // 60])
def test_pictures_sent_out_of_order_keep_the_time_they_are_shown_at(group, step):
    length = max(group)
    order = [0, *(begin * length + number for begin in range(12) for number in group[1:])]
    assert shown(order, step) == [number * step for number in order]


def test_once_the_order_is_known_no_picture_is_shown_before_it_is_decoded():
    line = TimeLine()
    order = [0, *(begin * 4 + number for begin in range(12) for number in (4, 2, 1, 3))]
    stamps = [line.repaired(number * FRAME, 1000.0 + index * 0.1) for index, number in enumerate(order)]
    assert all(stamp.offset >= 0 for stamp in stamps[8:])
    assert max(stamp.offset for stamp in stamps[8:]) <= 5 * FRAME


def test_a_long_silence_does_not_hold_the_next_picture_back():
    line = TimeLine()
    for index, number in enumerate([0, 2, 1, 4, 3, 6, 5]):
        line.repaired(number * FRAME, 1000.0 + index * 0.1)
    after = line.repaired(600 * SECOND, 1600.0)
    assert (after.dts, after.offset) == (600 * SECOND, 0)
